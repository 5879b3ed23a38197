//! `tow import`: an export into an empty server, pages from a folder or zip, tickets from a table.

use super::progress::Progress;
use super::serve::Database;
use super::{Failure, say};
use crate::access::{Actor, Place};
use crate::config::Loaded;
use crate::db::Tx;
use crate::docs::import_set;
use crate::error::{Error, Msg, Result as Done};
use crate::exports::read_export;
use crate::imports::{Found, enclose, read_set, read_tickets};
use crate::storage::Store;
use crate::text::import::Problem;
use crate::ui;
use std::fs::File;
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Args {
    /// An export of TOW; the server must be empty
    #[arg(required = true)]
    file: Option<PathBuf>,
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(clap::Subcommand)]
enum What {
    /// Pages from a folder of Markdown files, or a zip of one
    Docs {
        path: PathBuf,
        /// Where they go: organisation, or project:KEY
        #[arg(long, default_value = "organisation")]
        scope: String,
        /// Only say what would be made
        #[arg(long)]
        dry_run: bool,
    },
    /// Tickets from a table (CSV)
    Tickets {
        file: PathBuf,
        /// Key of the project they go to
        #[arg(long)]
        project: String,
        /// Only say what would be made
        #[arg(long)]
        dry_run: bool,
        /// Leave out lines that are wrong, instead of making nothing
        #[arg(long)]
        skip_bad_lines: bool,
    },
}

pub fn run(args: Args, loaded: &Loaded) -> Result<(), Failure> {
    match (args.what, args.file) {
        (Some(What::Docs { path, scope, dry_run }), _) => docs(&path, &scope, dry_run, loaded),
        (Some(What::Tickets { file, project, dry_run, skip_bad_lines }), _) => {
            tickets(&file, &project, dry_run, skip_bad_lines, loaded)
        }
        (None, Some(file)) => whole(&file, loaded),
        (None, None) => Err(Failure::Usage("Name the file to import.".to_owned())),
    }
}

fn open(path: &Path) -> Result<File, Failure> {
    File::open(path).map_err(|error| Failure::Failed(format!("{} cannot be read: {error}.", path.display())))
}

fn whole(path: &Path, loaded: &Loaded) -> Result<(), Failure> {
    let file = open(path)?;
    let store = Store::of(&loaded.config.uploads);
    let mut progress = Progress::begin("import");
    let restored = Database::join(loaded)?
        .write(|tx, me| read_export(tx, me, file, &store, &mut |what, done| progress.at(what, done)));
    progress.end();
    let restored = restored?;
    let left = match restored.without_content {
        0 => String::new(),
        count => format!(
            " {count} files came without their content and were left out; export with --with-uploads to take them along."
        ),
    };
    say(&format!(
        "{} rows and {} files came back.{left}\nNobody has a password yet but who did the set-up: tow user reset-password EMAIL\n",
        restored.rows, restored.files
    ))
}

fn docs(path: &Path, scope: &str, dry_run: bool, loaded: &Loaded) -> Result<(), Failure> {
    if !path.is_dir() {
        open(path)?;
    }
    let sources = [(path.file_name().unwrap_or_default().to_string_lossy().into_owned(), path.to_owned())];
    let uploads = &loaded.config.uploads;
    let set = read_set(&sources, uploads)?;
    let database = Database::join(loaded)?;
    if dry_run {
        database.read(|_, me| place_of(me, scope))?;
        report(&set.problems)?;
        let lines: Vec<String> = set.docs.iter().map(|doc| format!("  {}: {}", doc.path, doc.title)).collect();
        return say(&format!("{}\n{} pages would be made. Nothing was written.\n", lines.join("\n"), set.docs.len()));
    }
    let enclosed = enclose(&sources, &set, uploads)?;
    let made = database.write(|tx, me| {
        let place = place_of(me, scope)?;
        import_set(tx, me, place, &set, Some(enclosed))
    })?;
    report(&made.problems)?;
    say(&format!("{} pages were made.\n", made.made.len()))
}

fn report(problems: &[Problem]) -> Result<(), Failure> {
    problems.iter().try_for_each(|problem| say(&format!("  {}: {}\n", problem.about, ui::say(&problem.msg))))
}

/// `organisation` or `project:KEY`.
fn place_of(me: &Actor, scope: &str) -> Done<Place> {
    let unknown = || Error::invalid("scope", Msg::new("problem-import-scope").with("scope", scope));
    match scope.split_once(':') {
        None if scope == "organisation" => {
            me.organisation_id().map(Place::Organisation).ok_or_else(|| Error::invalid("", "problem-not-set-up"))
        }
        Some(("project", key)) => {
            me.project(&key.to_uppercase()).map(|project| Place::Project(project.id)).ok_or_else(unknown)
        }
        _ => Err(unknown()),
    }
}

fn tickets(path: &Path, key: &str, dry_run: bool, skip_bad_lines: bool, loaded: &Loaded) -> Result<(), Failure> {
    let file = open(path)?;
    let read = |tx: &mut Tx, me: &Actor| -> Done<(Place, Found)> {
        let place = place_of(me, &format!("project:{key}"))?;
        Ok((place, read_tickets(tx, me, place, file)?))
    };
    let database = Database::join(loaded)?;
    if dry_run {
        let (_, found) = database.read(read)?;
        problems(&found)?;
        return say(&format!(
            "{} tickets would be made, {} lines are wrong. Nothing was written.\n",
            found.good.len(),
            found.bad.len()
        ));
    }
    let (made, found) = database.write(|tx, me| {
        let (place, found) = read(tx, me)?;
        if !found.bad.is_empty() && !skip_bad_lines {
            // Told below, with the lines.
            return Err(Error::invalid(
                "file",
                Msg::new("problem-import-lines").with("count", found.bad.len()).with("first", first_line(&found)),
            ));
        }
        Ok((found.create(tx, me, place)?, found))
    })?;
    problems(&found)?;
    say(&format!("{made} tickets were made, {} lines left out.\n", found.bad.len()))
}

fn first_line(found: &Found) -> String {
    found.bad.first().map(|bad| format!("{}: {}", bad.line, ui::say(&bad.msg))).unwrap_or_default()
}

fn problems(found: &Found) -> Result<(), Failure> {
    found.bad.iter().try_for_each(|bad| say(&format!("  line {}: {}\n", bad.line, ui::say(&bad.msg))))
}
