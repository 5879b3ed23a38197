//! PostgreSQL's own programs, told what to do and fed through pipes: a dump is written and read as a stream, so that memory does not
//! grow with the database.

use super::address::Address;
use super::fault::{Fault, Result};
use super::manifest::AuditHead;
use super::part::{Source, Writer};
use crate::config::SECRETS;
use crate::db::embedded::{Clients, Search};
use crate::secret::Secret;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// The end of what a program complained about, in bytes.
const COMPLAINT_BYTES: usize = 2000;
/// What of the list stays out of a restore: the target has them already, and making them anew takes more rights than its owner has.
const LEFT_OUT: [&str; 3] = [" EXTENSION ", " SCHEMA - public ", " SCHEMA public "];

/// `pg_dump` and `pg_restore` of a version that can do it.
#[derive(Debug, Clone)]
pub struct Programs(Clients);

impl Programs {
    /// At least as new as this server.
    pub fn for_server(major: u32) -> Result<Programs> {
        Ok(Programs(Search::default().clients(major)?))
    }

    pub fn major(&self) -> u32 {
        self.0.major
    }

    /// Everything of that instant into the part.
    pub fn dump(&self, url: &Secret, snapshot: &str, part: &mut Writer) -> Result<()> {
        let address = Address::of(url);
        let mut command = self.command("pg_dump");
        command.args(["--format=custom", "--no-owner", "--no-privileges", "--no-password"]);
        command.arg(format!("--snapshot={snapshot}")).arg(format!("--dbname={}", address.text));
        give_password(&mut command, &address);
        let mut run = Run::start("pg_dump", command.stdin(Stdio::null()).stdout(Stdio::piped()))?;
        let copied = match run.child.stdout.take() {
            Some(mut out) => io::copy(&mut BufReader::with_capacity(128 * 1024, &mut out), part).map(drop),
            None => Ok(()),
        };
        match copied {
            // The program would wait for ever for somebody to read on.
            Err(why) => {
                run.kill();
                Err(Fault::said(format!("The dump could not be written: {why}. Nothing was kept.")))
            }
            Ok(()) => run.end(),
        }
    }

    /// The table of contents, a line each.
    pub fn list(&self, dump: &Source) -> Result<String> {
        let mut command = self.command("pg_restore");
        let mut text = String::new();
        self.read(command.arg("--list"), dump, |out| out.read_to_string(&mut text).map(drop))?;
        Ok(text)
    }

    /// Where the audit chain in the dump ends: at its newest sealed event, else at the last cut.
    pub fn audit_head(&self, dump: &Source) -> Result<AuditHead> {
        let mut command = self.command("pg_restore");
        command.args(["--data-only", "--table=audit_events", "--table=audit_cuts", "--file=-"]);
        let mut heads = Heads::default();
        self.read(&mut command, dump, |out| heads.read(&mut BufReader::with_capacity(128 * 1024, out)))?;
        Ok(heads.end())
    }

    /// All or nothing, in one transaction.
    pub fn restore(&self, dump: &Source, url: &Secret, list: &str) -> Result<()> {
        let kept = |line: &&str| !LEFT_OUT.iter().any(|out| line.contains(out));
        let list: Vec<&str> = list.lines().filter(kept).collect();
        let mut file =
            tempfile::NamedTempFile::new().map_err(Fault::file("written", Path::new("A list of what to restore")))?;
        writeln!(file, "{}", list.join("\n")).map_err(Fault::file("written", file.path()))?;
        let address = Address::of(url);
        let mut command = self.command("pg_restore");
        command.args(["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", "--no-password"]);
        command.arg(format!("--use-list={}", file.path().display())).arg(format!("--dbname={}", address.text));
        give_password(&mut command, &address);
        self.read(&mut command, dump, |_| Ok(()))
    }

    /// Feeds the dump to `pg_restore`, whose answer is read at the same time.
    fn read(
        &self,
        command: &mut Command,
        dump: &Source,
        take: impl FnOnce(&mut dyn Read) -> io::Result<()>,
    ) -> Result<()> {
        let mut run = Run::start("pg_restore", command.stdin(Stdio::piped()).stdout(Stdio::piped()))?;
        let (into, out) = (run.child.stdin.take(), run.child.stdout.take());
        let (fed, taken) = std::thread::scope(|scope| {
            let feeding = scope.spawn(move || feed(dump, into));
            let taken = out.map_or(Ok(()), |mut out| take(&mut out));
            (feeding.join().unwrap_or_else(|_| Err(Fault::said("The dump could not be read."))), taken)
        });
        let ended = run.end();
        // What we could not give it comes first: then it can only say that there was too little.
        fed?;
        ended?;
        taken.map_err(|why| Fault::said(format!("The dump could not be read: {why}.")))
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.0.bin.join(program));
        // Our secrets are not its business; the rest (a home with certificates, the way to a socket) may be.
        for secret in &SECRETS {
            command.env_remove(secret.name);
        }
        command.env("LC_ALL", "C.UTF-8");
        command
    }
}

fn give_password(command: &mut Command, address: &Address) {
    if let Some(password) = &address.password {
        command.env("PGPASSWORD", password.reveal());
    }
}

/// A program that has read enough closes its end; that is no fault.
fn feed(dump: &Source, into: Option<std::process::ChildStdin>) -> Result<()> {
    let Some(mut into) = into else { return Ok(()) };
    match io::copy(&mut dump.open()?, &mut into) {
        Err(why) if why.kind() != io::ErrorKind::BrokenPipe => Err(Fault::file("read", &dump.path)(why)),
        _ => Ok(()),
    }
}

struct Run {
    program: &'static str,
    child: Child,
    complaints: File,
}

impl Run {
    fn start(program: &'static str, command: &mut Command) -> Result<Run> {
        let mut started = || {
            let complaints = tempfile::tempfile()?;
            let child = command.stderr(Stdio::from(complaints.try_clone()?)).spawn()?;
            Ok::<_, io::Error>(Run { program, child, complaints })
        };
        started().map_err(|why| Fault::said(format!("{program} could not be started: {why}.")))
    }

    fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Waits for it. What it complained about is the message.
    fn end(mut self) -> Result<()> {
        let status = self.child.wait().map_err(|why| Fault::said(format!("{} was lost: {why}.", self.program)))?;
        if status.success() {
            return Ok(());
        }
        let mut said = Vec::new();
        let _ = self.complaints.rewind().and_then(|()| self.complaints.read_to_end(&mut said));
        let said = said.get(said.len().saturating_sub(COMPLAINT_BYTES)..).unwrap_or_default();
        Err(Fault::said(format!(
            "{} did not succeed. It said:\n{}",
            self.program,
            String::from_utf8_lossy(said).trim_end()
        )))
    }
}

/// What `COPY` texts of the two tables say of the chain's end.
#[derive(Default)]
struct Heads {
    event: Option<(i64, String)>,
    cut: Option<(i64, String)>,
}

impl Heads {
    fn read(&mut self, out: &mut dyn BufRead) -> io::Result<()> {
        let mut table: Option<Columns> = None;
        let mut line = Vec::new();
        while {
            line.clear();
            out.read_until(b'\n', &mut line)?
        } > 0
        {
            let text = String::from_utf8_lossy(&line);
            let text = text.trim_end_matches('\n');
            match &table {
                Some(_) if text == "\\." => table = None,
                Some(columns) => {
                    let seen = columns.head(text);
                    let newest = if columns.is_cuts { &mut self.cut } else { &mut self.event };
                    if seen.as_ref().map(|(sequence, _)| *sequence) > newest.as_ref().map(|(sequence, _)| *sequence) {
                        *newest = seen;
                    }
                }
                None => table = Columns::of(text),
            }
        }
        Ok(())
    }

    fn end(self) -> AuditHead {
        let (sequence, hash) = self.event.or(self.cut).unwrap_or_else(|| (0, "0".repeat(64)));
        AuditHead { sequence, hash }
    }
}

/// Where the number and the hash stand in a table's lines.
struct Columns {
    is_cuts: bool,
    sequence: usize,
    hash: usize,
}

impl Columns {
    /// Of `COPY public.audit_events (id, …) FROM stdin;`.
    fn of(line: &str) -> Option<Columns> {
        let (table, columns) = line.strip_prefix("COPY ")?.split_once(" (")?;
        let names: Vec<&str> = columns.split(')').next()?.split(", ").collect();
        let at = |name: &str| names.iter().position(|found| *found == name);
        Some(Columns { is_cuts: table.ends_with("audit_cuts"), sequence: at("sequence")?, hash: at("hash")? })
    }

    /// None for an event that was not sealed yet.
    fn head(&self, line: &str) -> Option<(i64, String)> {
        let values: Vec<&str> = line.split('\t').collect();
        let hash = values.get(self.hash)?.strip_prefix("\\\\x")?;
        Some((values.get(self.sequence)?.parse().ok()?, hash.to_owned()))
    }
}

/// Whether a list names what a dump of ours has: another program's dump is told from it.
pub fn is_ours(list: &str) -> bool {
    ["TABLE DATA public audit_events", "TABLE DATA public organisations", "TABLE DATA public blobs"]
        .iter()
        .all(|table| list.contains(table))
}
