//! `tow export`: the organisation as one file, without anybody's private records.

use super::progress::Progress;
use super::serve::Database;
use super::{Failure, say};
use crate::config::Loaded;
use crate::exports::{note_export, write_rows};
use crate::storage::Store;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

#[derive(clap::Args)]
pub struct Args {
    /// The file to make; it must not be there yet
    file: PathBuf,
    /// Also the content of attachments
    #[arg(long)]
    with_uploads: bool,
}

pub fn run(args: Args, loaded: &Loaded) -> Result<(), Failure> {
    if args.file.exists() {
        return Err(Failure::Usage(format!(
            "{} is there already. Name another file, or move that one away.",
            args.file.display()
        )));
    }
    let folder = args.file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Readable by its owner alone, and under its name only when it is whole.
    let mut file = NamedTempFile::new_in(folder).map_err(|error| unwritable(&args.file, &error))?;
    let database = Database::join(loaded)?;
    database.write(|tx, me| note_export(tx, me, args.with_uploads))?;
    let mut progress = Progress::begin("export");
    let mut out = BufWriter::new(&mut file);
    let unclosed = database
        .read(|tx, me| write_rows(tx, me, &mut out, args.with_uploads, &mut |what, done| progress.at(what, done)))?;
    let store = Store::of(&loaded.config.uploads);
    let written = unclosed.close(&mut out, &store, &mut |what, done| progress.at(what, done))?;
    drop(out);
    progress.end();
    file.persist_noclobber(&args.file).map_err(|error| unwritable(&args.file, &error.error))?;
    let missing = match written.missing {
        0 => String::new(),
        count => format!(" The content of {count} files is not in the store and was left out."),
    };
    say(&format!(
        "{} holds {} rows and the content of {} files.{missing}\nIt holds everything but people's private records. Send it only through approved channels, and remove it after use.\n",
        args.file.display(),
        written.rows,
        written.files
    ))
}

fn unwritable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::Failed(format!("{} cannot be written: {error}.", path.display()))
}
