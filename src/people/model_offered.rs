//! Whom a page offers when a person is to be chosen: everybody, as long as that is a list one can read.

use super::face::IS_ACTIVE;
use super::{Face, PersonId};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::Result;
use crate::ui::{Choice, Chooser};
use diesel::prelude::*;
use diesel::sql_types::{Bool, Integer};
use uuid::Uuid;

/// Up to so many active members are a select; of more, one types the name.
pub const MAX_OFFERED: i32 = 50;
/// People of one's own groups who are offered before anything is typed.
pub const MAX_NEAR: i32 = 8;

#[derive(Debug, Clone)]
pub struct Offered {
    /// Active members by name: all, or those whom one is likely to mean.
    pub faces: Vec<Face>,
    /// Asked for by id, and no active members any more.
    pub gone: Vec<Face>,
    pub is_all: bool,
}

#[derive(QueryableByName)]
struct OfferedRow {
    #[diesel(embed)]
    face: Face,
    #[diesel(sql_type = Bool)]
    is_active: bool,
    #[diesel(sql_type = Integer)]
    members: i32,
}

impl Offered {
    /// For `me`; those of `chosen` are among them, also when they have left. One query.
    pub fn of(tx: &mut Tx, me: Option<PersonId>, chosen: &[Option<PersonId>]) -> Result<Offered> {
        let ids: Vec<Uuid> = chosen.iter().flatten().map(|id| id.0).collect();
        let ids_and_me: Vec<Uuid> = me.iter().map(|me| me.0).chain(ids).collect();
        let mut sql = Sql::named("people::offered", "with few as materialized (select p.id from memberships m ");
        sql.push("join people p on p.id = m.person_id where p.deactivated_at is null limit ").number(MAX_OFFERED + 1);
        sql.push("), size as materialized (select count(*)::int4 as members from few), near as (");
        sql.push("select distinct other.person_id as id from group_members mine ");
        sql.push("join group_members other on other.group_id = mine.group_id ");
        sql.push("join people p on p.id = other.person_id where p.deactivated_at is null ");
        sql.push("and other.person_id <> mine.person_id and mine.person_id = any(");
        sql.bind(me.iter().map(|me| me.0).collect::<Vec<_>>()).push(") limit ").number(MAX_NEAR);
        sql.push("), ids as (select few.id from few, size where size.members <= ").bind(MAX_OFFERED);
        sql.push(" union select near.id from near, size where size.members > ").bind(MAX_OFFERED);
        sql.push(" union select unnest(").bind(ids_and_me).push(")) select p.id, p.name, p.handle, size.members, ");
        sql.push(IS_ACTIVE).push(" as is_active from ids join people p using (id), size order by lower(p.name), p.id");
        let rows = sql.load::<OfferedRow>(tx.conn())?;
        let is_all = rows.first().is_none_or(|row| row.members <= MAX_OFFERED);
        let (here, gone): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.is_active);
        let faces = |rows: Vec<OfferedRow>| rows.into_iter().map(|row| row.face).collect();
        Ok(Offered { faces: faces(here), gone: faces(gone), is_all })
    }

    /// Nobody yet; for samples.
    pub fn none() -> Offered {
        Offered { faces: Vec::new(), gone: Vec::new(), is_all: true }
    }

    /// None for somebody who was not asked for.
    pub fn find(&self, id: Option<PersonId>) -> Option<&Face> {
        self.faces.iter().chain(&self.gone).find(|face| Some(face.id) == id)
    }

    /// To be typed in any case, where people who have left are meant as well.
    pub fn typed(self) -> Offered {
        Offered { is_all: false, ..self }
    }

    /// But for those.
    pub fn without(mut self, is_out: impl Fn(&Face) -> bool) -> Offered {
        self.faces.retain(|face| !is_out(face));
        self
    }

    /// `words` stand before the people, value and label; the one with an empty value is for nobody chosen. `chosen` is an id, one of
    /// the words, or what somebody typed.
    pub fn chooser(&self, words: &[(&str, String)], chosen: &str) -> Chooser {
        let face = chosen.parse().ok().and_then(|id| self.find(Some(PersonId(id))));
        let words = words.iter().map(|(value, label)| Choice::new(value, label, *value == chosen));
        if self.is_all {
            let gone = face.filter(|face| self.gone.contains(face));
            let person = |face: &Face| Choice::new(face.id, self.shown(face), face.id.to_string() == chosen);
            let choices = words.chain(self.faces.iter().chain(gone).map(person)).collect();
            return Chooser { choices, ..Chooser::default() };
        }
        let typed = face.map_or(chosen.to_owned(), Face::label);
        let person = |face: &Face| Choice::new(face.label(), &face.name, false);
        let choices = words.filter(|choice| !choice.value.is_empty()).chain(self.faces.iter().map(person)).collect();
        Chooser { choices, typed: Some(typed), problem: None }
    }

    /// The name; with the handle where two have the same.
    fn shown(&self, face: &Face) -> String {
        let has_twin = self.faces.iter().any(|other| other.name == face.name && other.id != face.id);
        if has_twin { face.label() } else { face.name.clone() }
    }
}
