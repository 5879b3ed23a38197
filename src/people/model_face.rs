//! Faces: people as lists and menus show them, and how words name one of them.

use super::PersonId;
use crate::db::Tx;
use crate::db::sql::{Bind, Sql};
use crate::error::{Error, Msg, Result};
use diesel::prelude::*;
use uuid::Uuid;

/// Of what was typed, said back when it names nobody; longer than any name.
const MAX_SAID_CHARS: usize = 80;

/// What makes somebody an active member, of `people p`.
pub const IS_ACTIVE: &str =
    "(p.deactivated_at is null and exists (select 1 from memberships m where m.person_id = p.id))";

#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Face {
    #[diesel(sql_type = diesel::sql_types::Uuid)]
    pub id: PersonId,
    #[diesel(sql_type = diesel::sql_types::Text)]
    pub name: String,
    #[diesel(sql_type = diesel::sql_types::Text)]
    pub handle: String,
}

/// Who may be meant.
#[derive(Clone, Copy)]
enum Among {
    /// Active members, and this one in any case.
    Active(Option<PersonId>),
    /// Also who has left.
    All,
}

impl Face {
    /// The one person whom a form's words name: an id, `@ada`, `ada`, "Ada Lindqvist (@ada)", or a whole name. An active member, or
    /// `kept`, so that who has left can stay where they are. `Invalid` under `field` for nobody, and for a name that several have.
    pub fn named(tx: &mut Tx, field: &str, typed: &str, kept: Option<PersonId>) -> Result<Face> {
        find(tx, field, &Words::of(typed), Among::Active(kept))
    }

    /// As `named`; None for an empty field.
    pub fn optional(tx: &mut Tx, field: &str, typed: &str, kept: Option<PersonId>) -> Result<Option<Face>> {
        if typed.trim().is_empty() { Ok(None) } else { Face::named(tx, field, typed, kept).map(Some) }
    }

    /// As `named`, also of people who have left: for filters, because their work stays.
    pub fn ever(tx: &mut Tx, field: &str, typed: &str) -> Result<Face> {
        find(tx, field, &Words::of(typed), Among::All)
    }

    /// As `ever`; None for an empty field.
    pub fn someone(tx: &mut Tx, field: &str, typed: &str) -> Result<Option<Face>> {
        if typed.trim().is_empty() { Ok(None) } else { Face::ever(tx, field, typed).map(Some) }
    }

    /// An active member; `Invalid` under `field` for anybody else.
    pub fn active(tx: &mut Tx, field: &str, id: PersonId) -> Result<Face> {
        find(tx, field, &Words::Id(id.0), Among::Active(None))
    }

    /// An active member by handle alone, as programs name people, with `@` before it or not; `Invalid` under `field` for anybody else.
    pub fn by_handle(tx: &mut Tx, field: &str, handle: &str) -> Result<Face> {
        find(tx, field, &Words::handle(handle), Among::Active(None))
    }

    /// A handle as forms send people: an id, or nothing. `Invalid` under `field` for nobody who is here.
    pub fn sent(tx: &mut Tx, field: &str, handle: Option<&str>) -> Result<String> {
        match handle.map(str::trim).filter(|handle| !handle.is_empty()) {
            None => Ok(String::new()),
            Some(handle) => Ok(Face::by_handle(tx, field, handle)?.id.to_string()),
        }
    }

    /// The named people, also those who have left, so that old work keeps its names.
    pub fn of(tx: &mut Tx, ids: Vec<Uuid>) -> Result<Vec<Face>> {
        let mut sql = Sql::named("people::faces_of", "select id, name, handle from people where id = any(");
        sql.bind(ids).push(")");
        Ok(sql.load(tx.conn())?)
    }

    /// "Ada Lindqvist (@ada)": names nobody else, and `named` understands it.
    pub fn label(&self) -> String {
        format!("{} (@{})", self.name, self.handle)
    }
}

/// What was typed, by how it names people.
enum Words {
    Id(Uuid),
    Handle(String),
    Name(String),
}

impl Words {
    fn of(typed: &str) -> Words {
        let typed = typed.trim();
        let labelled = typed.strip_suffix(')').and_then(|typed| typed.rsplit_once("(@"));
        match (typed.parse(), labelled) {
            (Ok(id), _) => Words::Id(id),
            (_, Some((_, handle))) => Words::handle(handle),
            _ if typed.starts_with('@') => Words::handle(typed),
            _ => Words::Name(typed.replace('\0', "\u{FFFD}")),
        }
    }

    fn handle(typed: &str) -> Words {
        Words::Handle(typed.trim().trim_start_matches('@').to_lowercase().replace('\0', "\u{FFFD}"))
    }

    /// Who is meant is not there.
    fn unknown(&self, among: Among) -> Msg {
        let (unknown, nobody) = match among {
            Among::Active(_) => ("problem-person-unknown", "problem-person-nobody"),
            Among::All => ("problem-person-never-id", "problem-person-never"),
        };
        let said = |words: &str| words.chars().take(MAX_SAID_CHARS).collect::<String>();
        match self {
            Words::Id(_) => Msg::new(unknown),
            Words::Handle(handle) => Msg::new(nobody).with("typed", format!("@{}", said(handle))),
            Words::Name(name) => Msg::new(nobody).with("typed", said(name)),
        }
    }
}

fn find(tx: &mut Tx, field: &str, words: &Words, among: Among) -> Result<Face> {
    let mut sql = Sql::named("people::named", "select p.id, p.name, p.handle from people p where ");
    match words {
        Words::Id(id) => sql.push("p.id = ").bind(*id),
        Words::Handle(handle) => sql.push("p.handle = ").bind(handle.as_str()),
        Words::Name(name) => sql
            .push("(p.handle = lower(")
            .bind(name.as_str())
            .push(") or lower(p.name) = lower(")
            .bind(name.as_str())
            .push("))"),
    };
    if let Among::Active(kept) = among {
        sql.push(" and (").push(IS_ACTIVE).push(" or p.id = ").bind(Bind::MaybeUuid(kept.map(|id| id.0))).push(")");
    }
    sql.push(" limit 2");
    let mut found = sql.load::<Face>(tx.conn())?.into_iter();
    match (found.next(), found.next()) {
        (Some(face), None) => Ok(face),
        (Some(face), Some(_)) => Err(Error::invalid(field, Msg::new("problem-person-several").with("name", face.name))),
        (None, _) => Err(Error::invalid(field, words.unknown(among))),
    }
}
