//! Rows of people and what they belong to. Who may change them is asked in the rooms that do.

use crate::db::Tx;
use crate::error::Result;
use crate::schema::{groups, memberships, organisations, people};
use crate::{text_enum, typed_id};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

typed_id!(OrganisationId);
typed_id!(PersonId);
typed_id!(GroupId);
typed_id!(RoleId);
typed_id!(SessionId);

text_enum!(
    /// Built-in organisation roles, lowest first, so that a check is a comparison.
    OrganisationRole { Member = "member", Admin = "admin", Owner = "owner" }
);

text_enum!(
    /// How a small or larger company works; changes guidance only.
    Mode { Founder = "founder", Organization = "organization" }
);

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = organisations)]
pub struct Organisation {
    pub id: OrganisationId,
    pub name: String,
    pub about: String,
    pub mode: Mode,
    pub time_zone: String,
    pub created_at: DateTime<Utc>,
}

impl Organisation {
    /// The one organisation of this server; None before set-up.
    pub fn only(tx: &mut Tx) -> Result<Option<Organisation>> {
        Ok(organisations::table.select(Organisation::as_select()).first(tx.conn()).optional()?)
    }
}

#[derive(Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = people)]
pub struct Person {
    pub id: PersonId,
    pub name: String,
    /// Lower case.
    pub email: String,
    /// What `@` mentions name; unique.
    pub handle: String,
    /// argon2id, PHC format; None when the person signs in elsewhere.
    pub password_hash: Option<String>,
    pub server_admin: bool,
    pub theme: String,
    pub palette: String,
    pub time_zone: Option<String>,
    pub created_at: DateTime<Utc>,
    pub deactivated_at: Option<DateTime<Utc>>,
    /// When a link mailed to the address was followed, or the company's directory vouched for it; None while it is only typed.
    pub verified_at: Option<DateTime<Utc>>,
}

impl std::fmt::Debug for Person {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Person").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Person {
    /// Somebody new, who cannot sign in yet.
    pub fn new(id: PersonId, name: String, email: String, handle: String, now: DateTime<Utc>) -> Person {
        Person {
            id,
            name,
            email,
            handle,
            password_hash: None,
            server_admin: false,
            theme: "system".to_owned(),
            palette: "default".to_owned(),
            time_zone: None,
            created_at: now,
            deactivated_at: None,
            verified_at: None,
        }
    }

    pub fn find(tx: &mut Tx, id: PersonId) -> Result<Person> {
        Ok(people::table.find(id).select(Person::as_select()).first(tx.conn())?)
    }

    /// None when nobody has this address (compared in lower case).
    pub fn by_email(tx: &mut Tx, email: &str) -> Result<Option<Person>> {
        let found = people::table.filter(people::email.eq(email.to_lowercase())).select(Person::as_select());
        Ok(found.first(tx.conn()).optional()?)
    }

    /// A free handle made from a name: "Ada Lindqvist" → `ada.lindqvist`, then `ada.lindqvist2`.
    pub fn free_handle(tx: &mut Tx, name: &str) -> Result<String> {
        let base = handle_from(name);
        let taken: Vec<String> =
            people::table.filter(people::handle.like(format!("{base}%"))).select(people::handle).load(tx.conn())?;
        let free = (1..=taken.len() + 1)
            .map(|n| if n == 1 { base.clone() } else { format!("{base}{n}") })
            .find(|handle| !taken.contains(handle));
        Ok(free.unwrap_or(base))
    }
}

fn handle_from(name: &str) -> String {
    let mut handle = String::new();
    for c in name.to_lowercase().chars() {
        if c.is_alphanumeric() {
            handle.push(c);
        } else if !handle.is_empty() && !handle.ends_with('.') {
            handle.push('.');
        }
    }
    let handle = handle.trim_end_matches('.').chars().take(40).collect::<String>();
    if handle.is_empty() { "someone".to_owned() } else { handle }
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = memberships)]
pub struct Membership {
    pub id: Uuid,
    pub organisation_id: OrganisationId,
    pub person_id: PersonId,
    pub role: OrganisationRole,
    pub created_at: DateTime<Utc>,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = groups)]
pub struct Group {
    pub id: GroupId,
    pub organisation_id: OrganisationId,
    pub name: String,
    pub about: String,
    pub version: i32,
    pub created_at: DateTime<Utc>,
}
