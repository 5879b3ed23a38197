//! The thread that keeps this machine's own disk tidy, beside `tow serve`: the schedule runs at one instance only.

use crate::clock::Clock;
use crate::config::Config;
use crate::jobs::{TIDY_EVERY, tidy};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};

/// Ends with what holds it.
pub struct Tidying {
    _stop: Sender<()>,
}

impl Tidying {
    /// At once, and then again and again.
    pub fn begin(config: Config, clock: Clock) -> std::io::Result<Tidying> {
        let (stop, stopped) = channel();
        std::thread::Builder::new().name("tidy".to_owned()).spawn(move || {
            loop {
                tidy(&config, clock.now());
                if stopped.recv_timeout(TIDY_EVERY) != Err(RecvTimeoutError::Timeout) {
                    return;
                }
            }
        })?;
        Ok(Tidying { _stop: stop })
    }
}
