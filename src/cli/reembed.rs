//! `tow reembed`: all vectors anew, beside those that serve.

use super::progress::Progress;
use super::serve::Database;
use super::{Failure, say};
use crate::ai::Provider;
use crate::clock::Clock;
use crate::config::Loaded;
use crate::net;
use crate::queue::Work;
use crate::ui;
use crate::vectors::{Reembedded, reembed};

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
    let provider = Provider::of_job(&loaded.config);
    let mut progress = Progress::of_all("passages");
    let mut said = |done: i64, all: i64| {
        let number = |number: i64| u64::try_from(number).unwrap_or_default();
        progress.at_of(number(done), number(all));
    };
    let done = net::wait(reembed(&mut work, &provider, args.anew, &mut said));
    progress.end();
    let ai = &loaded.config.ai;
    match done.map_err(|fault| Failure::Away(fault.to_string()))?? {
        Reembedded::Needless => {
            say("The vectors are of the configured model already. Nothing was done; --anew makes them all the same.\n")
        }
        Reembedded::Serves(count) => say(&format!(
            "Search now uses {count} vectors of {} numbers made by {}. Restart a server that was started with other values.\n",
            ai.embedding_dim, ai.openai_embedding_model
        )),
        Reembedded::Stopped(fault) => Err(Failure::Away(format!(
            "{} What was made is kept, and search goes on with the old vectors. Run `tow reembed` again, and it goes on where it stopped.",
            ui::say(&fault.msg())
        ))),
    }
}
