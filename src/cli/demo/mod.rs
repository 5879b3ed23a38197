//! `tow demo`: fills an empty database with Halden, which keeps ferries running where the tide decides. Everything goes through the
//! verbs that people use, as the people of the company, at the times it is said to have happened; the same company each time.

mod company;
mod script;
mod story;

use super::progress::Progress;
use super::serve::Database;
use super::user::new_password;
use super::{Failure, say};
use crate::config::Loaded;
use crate::error::{Error, Result as Done};
use crate::people::Organisation;

pub use company::OWNER_EMAIL;

/// In an empty database, nothing else. Answers how many records were made.
pub fn fill(tx: &mut crate::db::Tx, password_hash: String, progress: &mut dyn FnMut(&str, u64)) -> Done<usize> {
    if Organisation::only(tx)?.is_some() {
        return Err(Error::invalid("", "problem-demo-not-empty"));
    }
    let now = tx.now;
    let cast = company::found(tx, now, password_hash)?;
    let made = story::play(tx, now, &cast, progress);
    tx.now = now;
    made
}

pub fn run(loaded: &Loaded) -> Result<(), Failure> {
    let (password, hash) = new_password()?;
    let database = Database::join(loaded)?;
    let mut progress = Progress::begin("demo");
    let made = database.write(|tx, _| fill(tx, hash, &mut |what, done| progress.at(what, done)));
    progress.end();
    say(&format!(
        "Halden is here, with {} records. Open {} and sign in as\n  {OWNER_EMAIL}\n  {password}\nThe password is shown this once. The other people of the company cannot sign in.\n",
        made?, loaded.config.runtime.public_app_url
    ))
}
