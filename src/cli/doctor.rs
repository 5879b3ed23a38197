//! `tow doctor`: everything a support person asks first, each with what to do when it is wrong.

use super::serve::Database;
use super::{Failure, say};
use crate::audit;
use crate::backups;
use crate::clock::Clock;
use crate::config::{Loaded, Private};
use crate::db::embedded::{OLDEST_SERVER, Search, check_vector};
use crate::db::sql::Sql;
use crate::db::{self, Tx};
use crate::health::Check;
use crate::queue;
use crate::storage::Store;
use chrono::{DateTime, Utc};
use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::time::Duration;

/// Less than this is nearly full.
const LEAST_FREE_BYTES: u64 = 1024 * 1024 * 1024;
/// Sessions and tokens expire by the clock.
const MOST_DRIFT_SECONDS: i64 = 5;
/// A due job that nobody took for this long.
const STUCK_SECONDS: i64 = 900;
const HEALTH_LIMIT: Duration = Duration::from_secs(3);

#[derive(clap::Args)]
pub struct Args {
    /// Only ask the server that runs here whether it answers, for a container's health check
    #[arg(long)]
    healthz: bool,
}

pub fn run(args: Args, loaded: &Loaded) -> Result<(), Failure> {
    if args.healthz {
        return healthz(loaded.config.runtime.bind);
    }
    let mut checks = machine(loaded);
    checks.extend(database(loaded));
    let wrong = checks.iter().filter(|check| !check.is_ok).count();
    let lines: Vec<String> = checks.iter().map(line).collect();
    say(&format!("TOW {}\n{}\n", env!("CARGO_PKG_VERSION"), lines.join("\n")))?;
    match wrong {
        0 => say("Nothing is wrong.\n"),
        1 => Err(Failure::Failed("1 thing is wrong; see above.".to_owned())),
        count => Err(Failure::Failed(format!("{count} things are wrong; see above."))),
    }
}

fn line(check: &Check) -> String {
    match check.is_ok {
        true if check.words.is_empty() => format!("  ok     {}", check.name),
        true => format!("  note   {}: {}", check.name, check.words),
        false => format!("  WRONG  {}: {}", check.name, check.words),
    }
}

/// 200 within three seconds, over plain TCP to where this configuration listens.
fn healthz(bind: SocketAddr) -> Result<(), Failure> {
    let ip = match bind.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    let asked = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect_timeout(&SocketAddr::new(ip, bind.port()), HEALTH_LIMIT)?;
        stream.set_read_timeout(Some(HEALTH_LIMIT))?;
        stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut head = [0; 64];
        let read = stream.read(&mut head)?;
        Ok(String::from_utf8_lossy(head.get(..read).unwrap_or_default()).into_owned())
    };
    match asked() {
        Ok(head) if head.starts_with("HTTP/1.1 200") => Ok(()),
        Ok(head) => Err(Failure::Failed(format!("The server answered: {}", head.lines().next().unwrap_or_default()))),
        Err(error) => Err(Failure::Failed(format!("No server answers at {bind}: {error}."))),
    }
}

/// What can be seen without the database.
fn machine(loaded: &Loaded) -> Vec<Check> {
    let config = &loaded.config;
    let data = &config.runtime.data_dir;
    let programs = match loaded.secrets.database_url {
        Some(_) => Ok(()),
        None => Search::default().installation(None).map(drop).map_err(|error| error.to_string()),
    };
    let [env, folder, cluster] = Private::all(config);
    vec![
        Check::of("configuration", configuration(loaded)),
        stored_secrets(loaded),
        mails(config),
        models(config),
        web(config),
        Check::of(env.name, closed(&env)),
        Check::of(folder.name, closed(&folder)),
        Check::of(cluster.name, closed(&cluster)),
        Check::of("PostgreSQL's programs", programs),
        Check::of("uploads can be written", Store::of(&config.uploads).check()),
        Check::of("room for uploads", room(&config.uploads.upload_storage_path)),
        Check::of("room for data", room(data)),
    ]
}

/// Not wrong without it, but good to know.
fn stored_secrets(loaded: &Loaded) -> Check {
    let words = "DATA_ENCRYPTION_KEY is not set, so sign-on, webhooks and mailboxes cannot keep secrets. Make one with: openssl rand -hex 32";
    let words = if loaded.secrets.data_encryption_key.is_some() { "" } else { words };
    Check { name: "key for stored secrets", is_ok: true, words: words.to_owned() }
}

/// A mail that nobody receives is fine while trying out, and a note.
fn mails(config: &crate::config::Config) -> Check {
    match crate::mail::check(config) {
        Ok(words) => Check { name: "mail", is_ok: true, words: words.to_owned() },
        Err(why) => Check::of("mail", Err(why)),
    }
}

/// Without a key it is a note; no call is made.
fn models(config: &crate::config::Config) -> Check {
    match crate::ai::check_provider(config) {
        Ok(words) => Check { name: "model provider", is_ok: true, words: words.to_owned() },
        Err(why) => Check::of("model provider", Err(why)),
    }
}

/// As `models`.
fn web(config: &crate::config::Config) -> Check {
    match crate::ai::check_web(config) {
        Ok(words) => Check { name: "web tools", is_ok: true, words: words.to_owned() },
        Err(why) => Check::of("web tools", Err(why)),
    }
}

fn configuration(loaded: &Loaded) -> Result<(), String> {
    let warnings: Vec<String> = loaded.warnings.iter().map(ToString::to_string).collect();
    if warnings.is_empty() { Ok(()) } else { Err(warnings.join("; ")) }
}

fn closed(private: &Private) -> Result<(), String> {
    let path = private.path.display();
    match private.open_mode() {
        None => Ok(()),
        Some(mode) => Err(format!(
            "{path} has mode {mode:o}, so other users of this machine can read it. Run: chmod go-rwx {path}"
        )),
    }
}

fn room(path: &Path) -> Result<(), String> {
    let there = path.ancestors().find(|path| path.exists()).unwrap_or(Path::new("."));
    let there = if there.as_os_str().is_empty() { Path::new(".") } else { there };
    let found = rustix::fs::statvfs(there).map_err(|error| format!("{}: {error}", there.display()))?;
    let free = found.f_bavail.saturating_mul(found.f_frsize);
    match free >= LEAST_FREE_BYTES {
        true => Ok(()),
        false => Err(format!(
            "only {} MB are free at {}. Make room before the disk is full: the database stops then.",
            free / 1_000_000,
            there.display()
        )),
    }
}

/// What the database says; one line when it does not answer.
fn database(loaded: &Loaded) -> Vec<Check> {
    let reached = Database::running(loaded).map_or_else(|| Database::open_as_is(loaded), Ok);
    let conn = reached.and_then(|database| database.connect().map(|conn| (database, conn)));
    let (_database, mut conn) = match conn {
        Ok(found) => found,
        Err(failure) => return vec![Check::of("database", Err(failure.to_string()))],
    };
    let now = Clock::default().now();
    let pending = db::migrate::pending(&mut conn).map_err(|error| error.to_string());
    let is_current = pending.as_ref().is_ok_and(Vec::is_empty);
    let mut checks = vec![Check::of("database", Ok(()))];
    let mut see = |name, look: fn(&mut Tx) -> crate::error::Result<Result<(), String>>| {
        let seen = db::read(&mut conn, now, uuid::Uuid::nil(), look);
        checks.push(Check::of(name, seen.map_err(|error| error.to_string()).and_then(|seen| seen)));
    };
    see("database's version and extensions", version);
    see("clock", clock);
    if is_current {
        see("audit chain", chain);
        see("background work", jobs);
    }
    if is_current {
        let seen = db::read(&mut conn, now, uuid::Uuid::nil(), |tx| Ok(secret_ages(loaded, tx)));
        checks.extend(seen.ok());
        let seen = db::read(&mut conn, now, uuid::Uuid::nil(), |tx| Ok(last_backup(backups::last(tx)?, tx.now)));
        checks.extend(seen.ok());
    }
    checks.push(Check::of(
        "migrations",
        pending.and_then(|pending| match pending.len() {
            0 => Ok(()),
            count => Err(format!("{count} are pending. Run: tow migrate")),
        }),
    ));
    checks
}

/// Never wrong: when to change one is the operator's to say.
fn secret_ages(loaded: &Loaded, tx: &mut Tx) -> Check {
    let ages = super::secrets::fingerprints(loaded).and_then(|prints| db::sightings::ages(tx, &prints));
    let line = |(name, days): &(&str, i64)| format!("{name} {days} days");
    let words = ages.map(|ages| ages.iter().map(line).collect::<Vec<_>>().join(", "));
    Check { name: "age of the secrets", is_ok: true, words: words.unwrap_or_else(|error| error.to_string()) }
}

/// None yet is a note: a server may be backed up by other means.
fn last_backup(last: Option<backups::Last>, now: DateTime<Utc>) -> Check {
    let name = "last backup";
    let Some(last) = last else {
        let words = "none was made with tow backup create. Have one made every day: see docs/backup.md";
        return Check { name, is_ok: true, words: words.to_owned() };
    };
    let hours = (now - last.made_at).num_hours();
    let open = if last.is_encrypted { "" } else { ", not encrypted" };
    match last.is_old(now) {
        false => Check { name, is_ok: true, words: format!("{} is {hours} hours old{open}", last.name) },
        true => Check::of(
            name,
            Err(format!("{} is {} days old. Look at what should make one every day.", last.name, hours / 24)),
        ),
    }
}

fn holds(tx: &mut Tx, question: Sql) -> crate::error::Result<bool> {
    Ok(question.execute(tx.conn())? > 0)
}

fn version(tx: &mut Tx) -> crate::error::Result<Result<(), String>> {
    let mut sql =
        Sql::named("doctor::version", "select 1 as one where current_setting('server_version_num')::int / 10000 >= ");
    sql.bind(i32::try_from(OLDEST_SERVER).unwrap_or_default());
    if !holds(tx, sql)? {
        return Ok(Err(format!("PostgreSQL {OLDEST_SERVER} or newer is needed. Upgrade the server.")));
    }
    let sql = Sql::named(
        "doctor::extensions",
        "select 1 as one from pg_extension where extname in ('vector', 'pg_trgm') having count(*) = 2",
    );
    let missing = "the extensions vector and pg_trgm are needed. As superuser, run: CREATE EXTENSION vector; CREATE EXTENSION pg_trgm;";
    if !holds(tx, sql)? {
        return Ok(Err(missing.to_owned()));
    }
    Ok(check_vector(tx.conn()).map_err(|error| error.to_string()))
}

fn clock(tx: &mut Tx) -> crate::error::Result<Result<(), String>> {
    let mut sql = Sql::named("doctor::clock", "select 1 as one where abs(extract(epoch from clock_timestamp() - ");
    sql.bind(tx.now).push("::timestamptz)) <= ").bind(MOST_DRIFT_SECONDS).push("::bigint");
    let drift = format!(
        "this machine and the database differ by more than {MOST_DRIFT_SECONDS} seconds. Switch on time synchronisation on both."
    );
    Ok(if holds(tx, sql)? { Ok(()) } else { Err(drift) })
}

fn chain(tx: &mut Tx) -> crate::error::Result<Result<(), String>> {
    Ok(match audit::verify(tx)? {
        Ok(_) => Ok(()),
        Err(fault) => Err(format!("{fault}, behind the server's back. Compare with the last backup.")),
    })
}

fn jobs(tx: &mut Tx) -> crate::error::Result<Result<(), String>> {
    let tally = queue::tally(tx)?;
    Ok(match tally {
        _ if tally.oldest_seconds > STUCK_SECONDS => Err(format!(
            "{} jobs wait, the oldest for {} minutes. Is a server with --role all or worker running?",
            tally.waiting,
            tally.oldest_seconds / 60
        )),
        _ if tally.failed > 0 => Err(format!("{} jobs have failed for good; the log says why.", tally.failed)),
        _ => Ok(()),
    })
}
