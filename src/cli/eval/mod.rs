//! `tow eval`: questions with known answers, asked as the people who would ask them. It says how much of what should be found is found,
//! and that nothing is found by somebody who may not read it.

mod answers;
mod cases;
mod report;
mod retrieval;

pub use answers::ask_cases;
pub use cases::{Case, MAX_K, read_cases};
pub use report::{Citations, Cited, Report};
pub use retrieval::{Outcome, run_cases};

use super::serve::Database;
use super::{Failure, say};
use crate::ai::Provider;
use crate::clock::Clock;
use crate::config::Loaded;
use crate::net;
use crate::queue::Work;
use std::path::PathBuf;

#[derive(clap::Args)]
pub struct Args {
    /// A folder of case files (*.json), or one file
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
    /// How many results count, where a case does not say
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=MAX_K as u64))]
    k: u64,
    /// Fail when less than this part of what should be found is found, from 0 to 1
    #[arg(long, value_name = "PART", default_value_t = 0.0, value_parser = part)]
    least_recall: f64,
    /// Ask the model for answers too, and look at what they cite; costs tokens
    #[arg(long)]
    answers: bool,
}

fn part(typed: &str) -> Result<f64, String> {
    let parsed: f64 = typed.parse().map_err(|_| "a number from 0 to 1 is wanted, such as 0.8".to_owned())?;
    if (0.0..=1.0).contains(&parsed) {
        Ok(parsed)
    } else {
        Err("a number from 0 to 1 is wanted, such as 0.8".to_owned())
    }
}

pub fn run(args: Args, loaded: &Loaded) -> Result<(), Failure> {
    // Before anything is asked, so that a wrong file costs nothing.
    let cases = read_cases(&args.folder, usize::try_from(args.k).unwrap_or(MAX_K)).map_err(Failure::Failed)?;
    let database = Database::join(loaded)?;
    let (mut conn, clock) = (database.connect()?, Clock::default());
    let mut work = Work::new(&mut conn, &clock, &loaded.config);
    let provider = Provider::of_job(&loaded.config);
    let away = |fault: net::Fault| Failure::Away(fault.to_string());
    let outcomes = net::wait(run_cases(&mut work, &provider, &cases)).map_err(away)??;
    let citations = match args.answers {
        true => Citations::Asked(net::wait(ask_cases(&mut work, &provider, &cases)).map_err(away)??),
        false => Citations::NotAsked,
    };
    let report = Report::new(&cases, outcomes, citations);
    say(&report.to_string())?;
    report.verdict(args.least_recall).map_err(Failure::Failed)
}
