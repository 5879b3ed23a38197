//! `tow reembed`: all vectors anew, beside those that serve.

use super::progress::Progress;
use super::serve::Database;
use super::{Failure, say};
use crate::ai::{Fault, Provider, Reason, Stop};
use crate::clock::Clock;
use crate::config::Loaded;
use crate::net;
use crate::queue::Work;
use crate::ui;
use crate::vectors::{Held, Reembedded, reembed};
use std::collections::BTreeMap;

#[derive(clap::Args)]
pub struct Args {
    /// Also when the vectors are of the configured model already
    #[arg(long)]
    anew: bool,
}

pub fn run(args: Args, loaded: &Loaded) -> Result<(), Failure> {
    let database = Database::join(loaded)?;
    let (mut conn, clock) = (database.connect()?, Clock::default());
    let mut work = Work::new(&mut conn, &clock, &loaded.config);
    let stop = Stop::default();
    let provider = Provider::of_job(&loaded.config).until(stop.clone());
    let mut progress = Progress::of_all("passages");
    let mut said = |done: i64, all: i64| {
        let number = |number: i64| u64::try_from(number).unwrap_or_default();
        progress.at_of(number(done), number(all));
    };
    let done = net::wait(async {
        tokio::select! {
            done = reembed(&mut work, &provider, args.anew, &mut said) => done,
            () = interrupted(&stop) => Ok(Reembedded::Stopped { fault: Fault::new(Reason::Cancelled), held: Vec::new() }),
        }
    });
    progress.end();
    report(done.map_err(|fault| Failure::Away(fault.to_string()))??, loaded)
}

/// Lets the call under way end in order, and what waits for it say so: a set that was let go of can be taken up again at once. A second
/// interruption waits for nothing.
async fn interrupted(stop: &Stop) {
    if tokio::signal::ctrl_c().await.is_ok() {
        stop.stop();
        if tokio::signal::ctrl_c().await.is_ok() {
            return;
        }
    }
    std::future::pending().await
}

fn report(done: Reembedded, loaded: &Loaded) -> Result<(), Failure> {
    let ai = &loaded.config.ai;
    match done {
        Reembedded::Needless => {
            say("The vectors are of the configured model already. Nothing was done; --anew makes them all the same.\n")
        }
        Reembedded::Taken(until) => Err(Failure::Away(format!(
            "Another `tow reembed` is at work on these vectors, or was until it was killed. Nothing was done. Let it end; if none runs any more, try again after {} UTC.",
            until.format("%H:%M:%S")
        ))),
        Reembedded::Serves { vectors, held } => say(&format!(
            "Search now uses {vectors} vectors of {} numbers made by {}. Restart a server that was started with other values.\n{}",
            ai.embedding_dim,
            ai.openai_embedding_model,
            left_out(&held)
        )),
        Reembedded::Stopped { fault, held } => Err(Failure::Away(format!(
            "{} What was made is kept, and search goes on with the old vectors. Run `tow reembed` again, and it goes on where it stopped.\n{}",
            ui::say(&fault.msg()),
            left_out(&held)
        ))),
    }
}

/// What budgets and policies held back, and why; places of people are one line for each reason, because who has what is theirs.
pub fn left_out(held: &[Held]) -> String {
    if held.is_empty() {
        return String::new();
    }
    let mut lines: BTreeMap<(&str, String), i64> = BTreeMap::new();
    for held in held {
        *lines.entry((held.gap.name.as_str(), ui::say(&held.fault.msg()))).or_default() += held.gap.passages;
    }
    let line = |((name, why), count): ((&str, String), i64)| {
        let whose = if name.is_empty() { "people's private records" } else { name };
        format!("  {count} of {whose}: {why}\n")
    };
    let lines: String = lines.into_iter().map(line).collect();
    format!("Left out, and found by their words until they may be made:\n{lines}")
}
