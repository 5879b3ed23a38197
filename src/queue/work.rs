//! What a job or an entry of the schedule receives: a connection without a transaction, the clock, the configuration.

use crate::clock::Clock;
use crate::config::Config;
use crate::db::{self, Chore, Tx};
use crate::error::Result;
use crate::queue::For;
use chrono::{DateTime, Utc};
use diesel::PgConnection;
use uuid::Uuid;

pub struct Work<'c> {
    conn: &'c mut PgConnection,
    pub clock: &'c Clock,
    pub config: &'c Config,
    /// The spine makes an actor of it.
    pub whom: For,
    /// Of the job; a fresh one for the schedule. Stands in audit events as request id.
    pub id: Uuid,
    /// 1 at the first.
    pub attempt: i32,
}

impl<'c> Work<'c> {
    pub fn new(conn: &'c mut PgConnection, clock: &'c Clock, config: &'c Config) -> Self {
        let id = db::new_id(clock.now());
        Work { conn, clock, config, whom: None, id, attempt: 1 }
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    pub fn read<T>(&mut self, f: impl FnOnce(&mut Tx) -> Result<T>) -> Result<T> {
        db::read(self.conn, self.clock.now(), self.id, f)
    }

    /// Commits when a permit was asked for and settled, as in a request.
    pub fn write<T>(&mut self, f: impl FnOnce(&mut Tx) -> Result<T>) -> Result<T> {
        db::write(self.conn, self.clock.now(), self.id, f)
    }

    pub fn touch<T>(&mut self, chore: Chore, f: impl FnOnce(&mut Tx) -> Result<T>) -> Result<T> {
        db::touch(self.conn, self.clock.now(), self.id, chore, f)
    }
}
