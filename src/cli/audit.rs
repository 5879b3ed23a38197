//! `tow audit`: is the trail whole, and what may go.

use super::serve::Database;
use super::{Failure, say};
use crate::audit::{self, Cut, Fault, Head};
use crate::clock::Clock;
use crate::config::Loaded;
use crate::db::{self, Chore};
use crate::trail::{self, Least};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};

#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    act: Act,
}

#[derive(clap::Subcommand)]
enum Act {
    /// Walk the chain: which event was altered, removed or inserted, if any
    Verify {
        /// A head that was kept elsewhere (in the log, a backup, the stream) and must be in the chain; may be given several times
        #[arg(long, value_name = "HASH", value_parser = parse_head)]
        head: Vec<Hash>,
    },
    /// Remove events before a day; the head at which the trail is cut is kept
    Cut {
        /// The first day that stays, as 2025-01-31
        #[arg(long, value_name = "DAY")]
        before: NaiveDate,
    },
}

#[derive(Debug, Clone)]
struct Hash(Vec<u8>);

/// 64 hexadecimal digits.
fn parse_head(text: &str) -> Result<Hash, String> {
    let digits = text.trim();
    let byte = |at: usize| digits.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
    let bytes: Option<Vec<u8>> = (0..64).step_by(2).map(byte).collect();
    bytes.filter(|_| digits.len() == 64).map(Hash).ok_or_else(|| "a head has 64 hexadecimal digits".to_owned())
}

pub fn run(args: Args, loaded: &Loaded) -> Result<(), Failure> {
    let database = Database::join(loaded)?;
    // What was committed a moment ago belongs to it. Another sealer at work does the same.
    seal(&database)?;
    match args.act {
        Act::Verify { head } => verify(&database, &head),
        Act::Cut { before } => {
            let before = DateTime::<Utc>::from_naive_utc_and_offset(before.and_time(NaiveTime::MIN), Utc);
            let (removed, least) = database.write(|tx, me| {
                let least = trail::least_cursor(tx)?;
                let removed = audit::cut(tx, me, before, least.as_ref().map(|least| least.cursor))?;
                let is_kept = audit::can_cut(tx, before)?;
                Ok((removed, least.filter(|_| is_kept)))
            })?;
            say(&told(removed, least.as_ref()))
        }
    }
}

/// Everything that was committed until now, go by go.
pub(super) fn seal(database: &Database) -> Result<(), Failure> {
    let mut conn = database.connect()?;
    loop {
        let now = Clock::default().now();
        let sealed = db::touch(&mut conn, now, db::new_id(now), Chore::Seal, audit::seal)?;
        if !sealed.is_some_and(|sealed| sealed.has_more()) {
            return Ok(());
        }
    }
}

/// What a cut did; `least` is the stream that keeps older events from going.
pub fn told(removed: usize, least: Option<&Least>) -> String {
    let done = match removed {
        0 => "Nothing was removed.".to_owned(),
        _ => format!("{removed} events were removed. The head before the rest is kept, and an event says so."),
    };
    match least {
        Some(least) => format!(
            "{done} Older ones stay, because the stream \"{}\" has got the events up to {} only. Let it catch up, or delete it under Settings, Audit, Streams.\n",
            least.name, least.cursor
        ),
        None if removed == 0 => format!("There is no sealed event before that day. {done}\n"),
        None => format!("{done}\n"),
    }
}

fn verify(database: &Database, heads: &[Hash]) -> Result<(), Failure> {
    let (found, cuts, missing) = database.read(|tx, _| {
        let mut missing = Vec::new();
        for hash in heads {
            if !audit::has_head(tx, &hash.0)? {
                missing.push(audit::hex(&hash.0));
            }
        }
        Ok((audit::verify(tx)?, audit::cuts(tx)?, missing))
    })?;
    verdict(found, &cuts, &missing)
}

/// A cut is said each time: whoever writes to the database can tell of one too, and only people know whether they made it.
fn verdict(found: Result<Head, Fault>, cuts: &[Cut], missing: &[String]) -> Result<(), Failure> {
    match (found, missing) {
        (Err(fault), _) => Err(Failure::Failed(format!(
            "The audit trail is broken: {fault}. Somebody changed it behind the server's back. Compare with the last backup."
        ))),
        (Ok(_), [first, ..]) => Err(Failure::Failed(format!(
            "The head {first} is not in the chain: its end was cut off, or all of it was made anew. Compare with the last backup."
        ))),
        (Ok(head), []) => {
            let line = |cut: &Cut| {
                let day = cut.at.format("%Y-%m-%d");
                format!(
                    "Event {} says that the events up to {} were cut off on {day}. Was that you?\n",
                    cut.told_by, cut.up_to
                )
            };
            let told: String = cuts.iter().map(line).collect();
            say(&format!("The audit trail is whole: {} events. Its head is\n{}\n{told}", head.sequence, head.hex()))
        }
    }
}
