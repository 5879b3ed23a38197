//! What the directory asked for in vain, kept for who looks after it; and the owners told when it tried to shut out who must stay.

use crate::access::{Actor, Permission, Thing, Verb, check};
use crate::config::Config;
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Error, Msg, Result};
use crate::mail::{self, Letter, address};
use crate::web::CONFLICT;
use chrono::{DateTime, Duration, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Int4, Jsonb, Nullable, Text, Timestamptz};
use serde_json::{Value, json};

/// Shown, the latest first.
const MAX_CONFLICTS: i64 = 100;
/// Of one subject and reason, a mail at most so often: a directory asks again and again.
const ALARM_EVERY_HOURS: i64 = 6;
/// Forgotten when they were not seen for so long.
const KEEP_DAYS: i64 = 90;
const MAX_SUBJECT_CHARS: usize = 200;

/// The sentences that are kept. A key of another version of this server is said in general.
const REASONS: [&str; 11] = [
    "scim-taken-external",
    "scim-taken-user-name",
    "scim-taken-email",
    "scim-not-ours",
    "scim-keeper",
    "scim-deactivated-here",
    "scim-email-kept",
    "problem-last-owner",
    "problem-last-server-admin",
    "problem-enforce-no-break-glass",
    "scim-taken-group",
];

#[derive(Debug, Clone, QueryableByName)]
pub struct Conflict {
    /// As the directory calls whom it is about.
    #[diesel(sql_type = Text)]
    pub subject: String,
    #[diesel(sql_type = Text)]
    reason: String,
    #[diesel(sql_type = Jsonb)]
    arguments: Value,
    /// How often.
    #[diesel(sql_type = Int4)]
    pub number: i32,
    #[diesel(sql_type = Timestamptz)]
    pub last_at: DateTime<Utc>,
}

#[derive(QueryableByName)]
struct Kept {
    #[diesel(sql_type = Nullable<Timestamptz>)]
    last_at: Option<DateTime<Utc>>,
}

#[derive(QueryableByName)]
struct Owner {
    #[diesel(sql_type = Text)]
    email: String,
}

impl Conflict {
    pub fn sample() -> Self {
        Conflict {
            subject: "ada@halden.example".to_owned(),
            reason: "problem-last-owner".to_owned(),
            arguments: json!({}),
            number: 3,
            last_at: DateTime::<Utc>::UNIX_EPOCH,
        }
    }

    /// In words.
    pub fn words(&self) -> Msg {
        let key = REASONS.into_iter().find(|known| *known == self.reason).unwrap_or("scim-conflict-other");
        const NAMES: [&str; 4] = ["name", "value", "email", "person"];
        let given = |name: &&'static str| Some((*name, self.arguments.get(*name)?.as_str()?.to_owned()));
        NAMES.iter().filter_map(given).fold(Msg::new(key), |msg, (name, value)| msg.with(name, value))
    }

    /// The latest first.
    pub fn list(tx: &mut Tx, me: &Actor) -> Result<Vec<Conflict>> {
        check(me, Verb::See, &Thing::Organisation(Permission::SecurityConfigurationManage))?;
        let mut sql = Sql::named(
            "scim::conflicts",
            "select subject, reason, arguments, number, last_at from scim_conflicts order by last_at desc, id limit ",
        );
        sql.bind(MAX_CONFLICTS);
        Ok(sql.load(tx.conn())?)
    }

    /// Writes one down, or counts it once more.
    pub fn note(tx: &mut Tx, me: &Actor, subject: &str, reason: &Msg) -> Result<()> {
        Conflict::keep(tx, me, subject, reason).map(drop)
    }

    /// The same for a refusal that was rolled back; the owners are told when it was about who must stay.
    pub fn refused(tx: &mut Tx, me: &Actor, subject: &str, error: &Error, config: &Config) -> Result<()> {
        let Error::Invalid(problems) = error else { return Ok(()) };
        let reason = problems.first();
        let before = Conflict::keep(tx, me, subject, &reason)?;
        // By the clock and not by the last time: a directory that asks every forty minutes would never be told of again.
        let period = |at: DateTime<Utc>| at.timestamp().div_euclid(ALARM_EVERY_HOURS * 3_600);
        let is_fresh = before.is_none_or(|at| period(at) != period(tx.now));
        if problems.get(CONFLICT).is_some() && is_fresh {
            tell_owners(tx, subject, reason, config)?;
        }
        Ok(())
    }

    /// When it was last seen before.
    fn keep(tx: &mut Tx, me: &Actor, subject: &str, reason: &Msg) -> Result<Option<DateTime<Utc>>> {
        let subject: String = subject.chars().filter(|c| !c.is_control()).take(MAX_SUBJECT_CHARS).collect();
        let organisation = me.organisation_id().ok_or(Error::NotFound)?;
        let mut old = Sql::named("scim::old_conflicts", "delete from scim_conflicts where last_at < ");
        old.bind(tx.now - Duration::days(KEEP_DAYS));
        old.execute(tx.conn())?;
        let mut sql = Sql::named(
            "scim::keep_conflict",
            "with old as (select last_at from scim_conflicts where organisation_id = ",
        );
        sql.bind(organisation).push(" and subject = ").bind(subject.as_str()).push(" and reason = ").bind(reason.key);
        sql.push(
            ") insert into scim_conflicts as c (id, organisation_id, subject, reason, arguments, number, first_at, last_at) values (",
        );
        let arguments: serde_json::Map<String, Value> =
            reason.args.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        sql.bind(tx.new_id()).push(", ").bind(organisation).push(", ").bind(subject).push(", ").bind(reason.key);
        sql.push(", ").bind(Value::Object(arguments)).push(", 1, ").bind(tx.now).push(", ").bind(tx.now).push(
            ") on conflict (organisation_id, subject, reason) do update set number = c.number + 1,
             last_at = excluded.last_at, arguments = excluded.arguments returning (select last_at from old) as last_at",
        );
        Ok(sql.load::<Kept>(tx.conn())?.into_iter().next().and_then(|kept| kept.last_at))
    }
}

fn tell_owners(tx: &mut Tx, subject: &str, reason: Msg, config: &Config) -> Result<()> {
    let letter = Letter::new(Msg::new("mail-scim-subject"))
        .line(Msg::new("mail-scim-words").with("name", subject))
        .line(reason)
        .link(Msg::new("mail-scim-link"), address(config, "/settings/provisioning")?)
        .note(Msg::new("mail-scim-note"));
    let owners = Sql::named(
        "scim::owners",
        "select p.email from people p join memberships m on m.person_id = p.id where p.deactivated_at is null and m.role = 'owner'",
    );
    for owner in owners.load::<Owner>(tx.conn())? {
        mail::send(tx, &letter.to(&owner.email, config)?)?;
    }
    Ok(())
}
