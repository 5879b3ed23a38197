//! How a store was found a moment ago: for probes that anybody may ask for, and that a balancer asks for all the time.

use super::{GLANCE_SECONDS, GLANCE_WAIT};
use std::sync::mpsc::channel;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

type Seen = Result<(), String>;

#[derive(Default)]
pub struct Glance {
    last: Mutex<Option<(Instant, Seen)>>,
}

impl Glance {
    /// What was seen lately; else what `look` sees now, when it sees it soon. Meanwhile others are told what was seen before.
    pub fn tell(&self, look: impl FnOnce() -> Seen + Send + 'static) -> Seen {
        if let Some(seen) = self.lately() {
            return seen;
        }
        let (say, hear) = channel();
        let begun = std::thread::Builder::new().name("storage-look".to_owned()).spawn(move || say.send(look()));
        let late = || Err(format!("the store has not answered within {} seconds", GLANCE_WAIT.as_secs()));
        match begun {
            Ok(_) => hear.recv_timeout(GLANCE_WAIT).unwrap_or_else(|_| {
                let seen = late();
                self.keep(&seen);
                seen
            }),
            Err(why) => Err(why.to_string()),
        }
    }

    pub fn keep(&self, seen: &Seen) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), seen.clone()));
    }

    /// None when it is time to look again; whoever is told so looks, and nobody else for a while.
    fn lately(&self) -> Option<Seen> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = last.as_ref().map_or(Ok(()), |(_, seen)| seen.clone());
        if last.as_ref().is_some_and(|(at, _)| at.elapsed() < Duration::from_secs(GLANCE_SECONDS)) {
            return Some(seen);
        }
        *last = Some((Instant::now(), seen));
        None
    }
}
