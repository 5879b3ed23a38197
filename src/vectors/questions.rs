//! Vectors of questions, in memory for a few minutes: who pages through results or goes back asks the same again.

use super::model::Set;
use chrono::{DateTime, Duration, Utc};
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use uuid::Uuid;

/// The latest asked.
pub const MAX_KEPT: usize = 500;
pub const KEEP_MINUTES: i64 = 10;

/// Each person's own: how fast an answer comes must not tell what others looked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Key {
    /// Of the provider.
    pub host: String,
    pub set: Set,
    pub person: Option<Uuid>,
    pub text: String,
}

impl Key {
    fn is(&self, other: &Key) -> bool {
        self.host == other.host
            && (self.set.id, &self.set.model, self.set.dim) == (other.set.id, &other.set.model, other.set.dim)
            && self.person == other.person
            && self.text == other.text
    }
}

struct Kept {
    key: Key,
    vector: Vec<f32>,
    at: DateTime<Utc>,
}

impl Kept {
    /// A clock that was set back makes nothing fresh for longer.
    fn is_fresh(&self, now: DateTime<Utc>) -> bool {
        (now - self.at).abs() < Duration::minutes(KEEP_MINUTES)
    }
}

/// The oldest first.
pub struct Questions(VecDeque<Kept>);

impl Questions {
    pub const fn new() -> Self {
        Questions(VecDeque::new())
    }

    /// What is too old goes now, and not only when `MAX_KEPT` newer ones came. (Of this provider: the servers that tests run in one
    /// process have a clock each.)
    pub fn find(&mut self, key: &Key, now: DateTime<Utc>) -> Option<Vec<f32>> {
        self.0.retain(|kept| kept.key.host != key.host || kept.is_fresh(now));
        self.0.iter().find(|kept| kept.key.is(key)).map(|kept| kept.vector.clone())
    }

    pub fn keep(&mut self, key: Key, vector: Vec<f32>, at: DateTime<Utc>) {
        self.0.retain(|kept| !kept.key.is(&key));
        self.0.push_back(Kept { key, vector, at });
        if self.0.len() > MAX_KEPT {
            self.0.pop_front();
        }
    }

    pub fn count(&self) -> usize {
        self.0.len()
    }
}

impl Default for Questions {
    fn default() -> Self {
        Questions::new()
    }
}

static ALL: Mutex<Questions> = Mutex::new(Questions::new());

/// Those of this process.
pub(super) fn questions() -> MutexGuard<'static, Questions> {
    ALL.lock().unwrap_or_else(PoisonError::into_inner)
}
