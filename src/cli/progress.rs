//! How long work shows itself: a moving line on a terminal, plain lines otherwise.

use super::warn_plain;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::time::Duration;

/// Rows between two plain lines.
const LINE_EVERY: u64 = 10_000;

pub struct Progress {
    bar: Option<ProgressBar>,
    said: u64,
}

impl Progress {
    pub fn begin(what: &'static str) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new_spinner().with_message(what);
            if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {pos} {elapsed}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        Progress { bar, said: 0 }
    }

    pub fn at(&mut self, what: &str, done: u64) {
        match &self.bar {
            Some(bar) => {
                bar.set_message(what.replace('_', " "));
                bar.set_position(done);
            }
            None if done >= self.said + LINE_EVERY => {
                self.said = done;
                warn_plain(&format!("{}: {done}", what.replace('_', " ")));
            }
            None => {}
        }
    }

    /// As `begin`, when it is known how many there are: a bar that fills.
    pub fn of_all(what: &'static str) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(0).with_message(what);
            if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {pos} of {len}, {eta} left") {
                bar.set_style(style);
            }
            bar
        });
        Progress { bar, said: 0 }
    }

    pub fn at_of(&mut self, done: u64, all: u64) {
        match &self.bar {
            Some(bar) => {
                bar.set_length(all);
                bar.set_position(done);
            }
            None if done >= self.said + LINE_EVERY => {
                self.said = done;
                warn_plain(&format!("{done} of {all}"));
            }
            None => {}
        }
    }

    pub fn end(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}
