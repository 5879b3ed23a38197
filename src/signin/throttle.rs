//! Failed tries, counted in the database so that every instance sees them. After a few free ones each further failure doubles the
//! wait. Per account and per address; a browser that signed in before has a count of its own, so that a stranger cannot lock it out.

use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Error, Msg, Result};
use crate::people::PersonId;
use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Int4, Timestamptz};
use sha2::{Digest, Sha256};
use std::net::IpAddr;
use std::time::Duration;

/// Typing errors that cost nothing.
pub const FREE_TRIES: i32 = 5;
/// One address may be a whole company behind one router.
pub const FREE_TRIES_PER_ADDRESS: i32 = 30;
/// The longest wait.
pub const MAX_WAIT_SECONDS: i64 = 900;
/// Counts are forgotten after this long without a failure.
const FORGET_SECONDS: i64 = 86_400;

/// One count and its number of free tries.
#[derive(Debug, Clone)]
pub struct Throttle {
    key: String,
    free: i32,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Int4)]
    failures: i32,
    #[diesel(sql_type = Timestamptz)]
    last_at: DateTime<Utc>,
}

/// What is counted of an address: all of IPv4, also when it comes dressed as IPv6; of IPv6 the first 64 bits, for whoever has one
/// such address has all that begin alike.
pub fn network_of(address: &str) -> String {
    match address.parse::<IpAddr>().map(|address| address.to_canonical()) {
        Ok(IpAddr::V6(address)) => format!("{:x}", address.to_bits() >> 64),
        Ok(IpAddr::V4(address)) => address.to_string(),
        Err(_) => address.to_owned(),
    }
}

/// What to say to who must wait.
pub fn slow(wait: Duration) -> Msg {
    Msg::new("problem-sign-in-slow").with("seconds", wait.as_secs().max(1))
}

impl Throttle {
    /// Hashed: the table need not know who was tried.
    fn new(kind: &str, value: &str, free: i32) -> Self {
        let digest = Sha256::digest(value.as_bytes());
        let short: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        Throttle { key: format!("{kind}:{short}"), free }
    }

    pub fn account(email: &str) -> Self {
        Throttle::new("account", &email.to_lowercase(), FREE_TRIES)
    }

    pub fn browser(known: &str) -> Self {
        Throttle::new("browser", known, FREE_TRIES)
    }

    pub fn address(address: &str) -> Self {
        Throttle::network("address", address, FREE_TRIES_PER_ADDRESS)
    }

    /// Of where somebody asks from.
    fn network(kind: &str, address: &str, free: i32) -> Self {
        Throttle::new(kind, &network_of(address), free)
    }

    /// Of somebody known, for one purpose.
    pub fn person(purpose: &str, person: PersonId) -> Self {
        Throttle::new(purpose, &person.to_string(), FREE_TRIES)
    }

    /// Links that lead nowhere, tried from one address.
    pub fn link(address: &str) -> Self {
        Throttle::network("link", address, FREE_TRIES_PER_ADDRESS)
    }

    /// Mails asked for from one address.
    pub fn asking(address: &str) -> Self {
        Throttle::network("asking", address, FREE_TRIES_PER_ADDRESS)
    }

    /// Mails asked for to one address of mail, by whomever.
    pub fn mails(email: &str) -> Self {
        Throttle::new("mails", &email.to_lowercase(), FREE_TRIES)
    }

    /// Questions to devices, which visitors ask for from one address; each is a row until it is answered or old.
    pub fn question(address: &str) -> Self {
        Throttle::network("question", address, FREE_TRIES_PER_ADDRESS)
    }

    /// Comings back from a provider that led to nothing, from one address: each makes us ask the provider.
    pub fn arriving(address: &str) -> Self {
        Throttle::network("arriving", address, FREE_TRIES_PER_ADDRESS)
    }

    pub fn setup(address: &str) -> Self {
        Throttle::network("setup", address, FREE_TRIES)
    }

    /// `Slow` while one must wait.
    pub fn check(&self, tx: &mut Tx) -> Result<()> {
        let mut sql = Sql::named("signin::throttle", "select failures, last_at from throttles where key = ");
        sql.bind(self.key.as_str());
        let Some(row) = sql.load::<Row>(tx.conn())?.into_iter().next() else { return Ok(()) };
        let over = row.failures - self.free;
        if over < 0 {
            return Ok(());
        }
        let wait = (1_i64 << over.min(20)).min(MAX_WAIT_SECONDS);
        let left = (row.last_at + chrono::Duration::seconds(wait) - tx.now).num_seconds();
        match u64::try_from(left) {
            Ok(left) if left > 0 => Err(Error::Slow(Duration::from_secs(left))),
            _ => Ok(()),
        }
    }

    /// Counts a try before it is made, so that those sent at once do not all meet the same count; `Slow` while one must wait.
    pub fn take(&self, tx: &mut Tx) -> Result<i32> {
        let mut turn = Sql::named("signin::throttle_turn", "select pg_advisory_xact_lock(hashtextextended(");
        turn.bind(self.key.as_str()).push(", 0))");
        turn.execute(tx.conn())?;
        self.check(tx)?;
        self.fail(tx)
    }

    /// Counts a failure; how many there are now.
    pub fn fail(&self, tx: &mut Tx) -> Result<i32> {
        let mut sql =
            Sql::named("signin::throttle_fail", "insert into throttles as t (key, failures, last_at) values (");
        sql.bind(self.key.as_str())
            .push(", 1, ")
            .bind(tx.now)
            .push(") on conflict (key) do update set failures = case when t.last_at < ");
        sql.bind(tx.now - chrono::Duration::seconds(FORGET_SECONDS))
            .push(" then 1 else t.failures + 1 end, last_at = ");
        sql.bind(tx.now).push(" returning failures, last_at");
        Ok(sql.load::<Row>(tx.conn())?.first().map(|row| row.failures).unwrap_or_default())
    }

    /// After a success.
    pub fn clear(&self, tx: &mut Tx) -> Result<()> {
        let mut sql = Sql::named("signin::throttle_clear", "delete from throttles where key = ");
        sql.bind(self.key.as_str());
        sql.execute(tx.conn())?;
        Ok(())
    }

    /// Forgets counts that no longer matter.
    pub fn forget_old(tx: &mut Tx) -> Result<usize> {
        let mut sql = Sql::named("signin::throttle_forget", "delete from throttles where last_at < ");
        sql.bind(tx.now - chrono::Duration::seconds(FORGET_SECONDS));
        Ok(sql.execute(tx.conn())?)
    }
}
