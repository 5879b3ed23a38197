//! `tow audit`: is the trail whole, and what may go.

use super::serve::Database;
use super::{Failure, say};
use crate::audit::{self, Fault, Head};
use crate::clock::Clock;
use crate::config::Loaded;
use crate::db::{self, Chore};
use crate::trail;
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
    let now = Clock::default().now();
    db::touch(&mut database.connect()?, now, db::new_id(now), Chore::Seal, audit::seal)?;
    match args.act {
        Act::Verify { head } => verify(&database, &head),
        Act::Cut { before } => {
            let before = DateTime::<Utc>::from_naive_utc_and_offset(before.and_time(NaiveTime::MIN), Utc);
            let removed = database.write(|tx, me| {
                let unsent = trail::least_cursor(tx)?;
                audit::cut(tx, me, before, unsent)
            })?;
            say(&match removed {
                0 => "There is no sealed event before that day. Nothing was removed.\n".to_owned(),
                _ => {
                    format!("{removed} events were removed. The head before the rest is kept, and an event says so.\n")
                }
            })
        }
    }
}

fn verify(database: &Database, heads: &[Hash]) -> Result<(), Failure> {
    let (found, missing) = database.read(|tx, _| {
        let mut missing = Vec::new();
        for hash in heads {
            if !audit::has_head(tx, &hash.0)? {
                missing.push(audit::hex(&hash.0));
            }
        }
        Ok((audit::verify(tx)?, missing))
    })?;
    verdict(found, &missing)
}

fn verdict(found: Result<Head, Fault>, missing: &[String]) -> Result<(), Failure> {
    match (found, missing) {
        (Err(fault), _) => Err(Failure::Failed(format!(
            "The audit trail is broken: {fault}. Somebody changed it behind the server's back. Compare with the last backup."
        ))),
        (Ok(_), [first, ..]) => Err(Failure::Failed(format!(
            "The head {first} is not in the chain: its end was cut off, or all of it was made anew. Compare with the last backup."
        ))),
        (Ok(head), []) => {
            say(&format!("The audit trail is whole: {} events. Its head is\n{}\n", head.sequence, head.hex()))
        }
    }
}
