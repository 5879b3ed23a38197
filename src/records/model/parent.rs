//! The row itself: made, found, renamed, archived, moved.

use crate::access::{Actor, Kind, Permit, Place, ProjectId, Thing, Verb, may, visible};
use crate::audit::{self, Act, ActKind};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Error, Result};
use crate::people::{GroupId, OrganisationId, PersonId};
use crate::text::value::Title;
use crate::{text_enum, typed_id};
use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Int4, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use uuid::Uuid;

typed_id!(RecordId);

text_enum!(Scope { Organisation = "organisation", Project = "project", Group = "group", Person = "user" });

/// The columns every record has. In lists `sort_value` carries the cursor's value.
#[derive(Debug, Clone, QueryableByName)]
pub struct Record {
    #[diesel(sql_type = SqlUuid)]
    pub id: RecordId,
    #[diesel(sql_type = SqlUuid)]
    pub organisation_id: OrganisationId,
    #[diesel(sql_type = Text)]
    pub kind: Kind,
    #[diesel(sql_type = Int4)]
    pub number: i32,
    #[diesel(sql_type = Text)]
    pub display_id: String,
    #[diesel(sql_type = Text)]
    pub scope: Scope,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub project_id: Option<ProjectId>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub group_id: Option<GroupId>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub owner_id: Option<PersonId>,
    #[diesel(sql_type = Text)]
    pub title: String,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub author_id: Option<PersonId>,
    #[diesel(sql_type = Timestamptz)]
    pub created_at: DateTime<Utc>,
    #[diesel(sql_type = Timestamptz)]
    pub updated_at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub archived_at: Option<DateTime<Utc>>,
}

/// What `Record` reads; `records` is aliased `r`.
pub const RECORD_COLUMNS: &str =
    "r.id, r.organisation_id, r.kind, r.number, r.display_id, r.scope, r.project_id, r.group_id,
    r.owner_id, r.title, r.author_id, r.created_at, r.updated_at, r.archived_at";

impl Record {
    /// For samples in the gallery.
    pub fn sample(kind: Kind, display_id: &str, title: &str) -> Record {
        let at = DateTime::<Utc>::UNIX_EPOCH + chrono::Duration::days(20_000);
        Record {
            id: RecordId(Uuid::nil()),
            organisation_id: OrganisationId(Uuid::nil()),
            kind,
            number: 1,
            display_id: display_id.to_owned(),
            scope: Scope::Organisation,
            project_id: None,
            group_id: None,
            owner_id: None,
            title: title.to_owned(),
            author_id: None,
            created_at: at,
            updated_at: at,
            archived_at: None,
        }
    }

    pub fn place(&self) -> Place {
        match (self.project_id, self.group_id, self.owner_id) {
            (Some(project), _, _) => Place::Project(project),
            (_, Some(group), _) => Place::Group(group),
            (_, _, Some(person)) => Place::Person(person),
            _ => Place::Organisation(self.organisation_id),
        }
    }

    pub fn thing(&self) -> Thing {
        Thing::Record { id: self.id.0, kind: self.kind, place: self.place(), author: self.author_id }
    }

    pub fn is_archived(&self) -> bool {
        self.archived_at.is_some()
    }

    /// `/tickets/APP-42`.
    pub fn path(&self) -> String {
        path_of(self.kind, &self.display_id)
    }

    /// By display ID, within what `me` may see; anything else is `NotFound`. Also of the wrong kind.
    pub fn find(tx: &mut Tx, me: &Actor, kind: Kind, display_id: &str) -> Result<Record> {
        let mut sql =
            Sql::named("records::find", &format!("select {RECORD_COLUMNS} from records r where r.display_id = "));
        sql.bind(display_id).push(" and r.kind = ").bind(kind).push(" and ").append(&visible::records(me));
        sql.load(tx.conn())?.into_iter().next().ok_or(Error::NotFound)
    }

    /// By display ID of any kind.
    pub fn find_any(tx: &mut Tx, me: &Actor, display_id: &str) -> Result<Record> {
        Record::find_many(tx, me, vec![display_id.to_owned()])?.into_iter().next().ok_or(Error::NotFound)
    }

    /// Those of the display IDs that `me` may see, in no order. For references and completion.
    pub fn find_many(tx: &mut Tx, me: &Actor, display_ids: Vec<String>) -> Result<Vec<Record>> {
        if display_ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut sql = Sql::named(
            "records::find_many",
            &format!("select {RECORD_COLUMNS} from records r where r.display_id = any("),
        );
        sql.bind(display_ids).push(") and ").append(&visible::records(me));
        Ok(sql.load(tx.conn())?)
    }

    pub fn find_id(tx: &mut Tx, me: &Actor, id: RecordId) -> Result<Record> {
        let mut sql = Sql::named("records::find_id", &format!("select {RECORD_COLUMNS} from records r where r.id = "));
        sql.bind(id).push(" and ").append(&visible::records(me));
        sql.load(tx.conn())?.into_iter().next().ok_or(Error::NotFound)
    }

    /// Those of the ids that `me` may see, in no order.
    pub fn find_ids(tx: &mut Tx, me: &Actor, ids: Vec<Uuid>) -> Result<Vec<Record>> {
        let mut sql =
            Sql::named("records::find_ids", &format!("select {RECORD_COLUMNS} from records r where r.id = any("));
        sql.bind(ids).push(") and ").append(&visible::records(me));
        Ok(sql.load(tx.conn())?)
    }

    /// Holds the row until the transaction ends, so that two editors take turns; the newest state.
    pub fn lock(&self, tx: &mut Tx) -> Result<Record> {
        let mut sql = Sql::named("records::lock", &format!("select {RECORD_COLUMNS} from records r where r.id = "));
        sql.bind(self.id).push(" for no key update");
        sql.load(tx.conn())?.into_iter().next().ok_or(Error::NotFound)
    }

    /// As `lock`, of several at once, in one order: two who hold the same two never wait for each other.
    pub fn lock_all(tx: &mut Tx, ids: Vec<Uuid>) -> Result<()> {
        let mut sql = Sql::named("records::lock_all", "select 1 as one from records where id = any(");
        sql.bind(ids).push(") order by id for no key update");
        sql.execute(tx.conn())?;
        Ok(())
    }

    /// Of the two of which the newer replaces the older: holds the older one and, when there is one already, the newer. `Invalid`
    /// under `supersedes` when it is not there. Whoever makes the newer one asks before it has a number: who holds a record and then
    /// takes a number would otherwise wait for them for ever.
    pub fn hold_older(
        tx: &mut Tx,
        me: &Actor,
        (kind, old): (Kind, &str),
        newer: Option<&Record>,
        unknown: &'static str,
    ) -> Result<Record> {
        let unknown = |error| match error {
            Error::NotFound => Error::invalid("supersedes", unknown),
            other => other,
        };
        let old = Record::find(tx, me, kind, &old.trim().to_uppercase()).map_err(unknown)?;
        Record::lock_all(tx, newer.map(|newer| newer.id.0).into_iter().chain([old.id.0]).collect())?;
        Record::find(tx, me, kind, &old.display_id).map_err(unknown)
    }

    /// The change clock of lists; each verb that changes a record's own content winds it.
    pub fn touch(&self, tx: &mut Tx) -> Result<()> {
        let mut sql = Sql::named("records::touch", "update records set updated_at = ");
        sql.bind(tx.now).push(" where id = ").bind(self.id);
        sql.execute(tx.conn())?;
        Ok(())
    }

    pub fn rename(&self, tx: &mut Tx, title: &Title) -> Result<()> {
        let mut sql = Sql::named("records::rename", "update records set title = ");
        sql.bind(title.as_str()).push(", updated_at = ").bind(tx.now).push(" where id = ").bind(self.id);
        sql.execute(tx.conn())?;
        Ok(())
    }

    /// Takes it out of active lists; its links and references stay.
    pub fn archive(&self, tx: &mut Tx, me: &Actor) -> Result<()> {
        let permit = may(tx, me, Verb::Remove, &self.thing())?;
        if self.is_archived() {
            permit.unused(tx);
            return Ok(());
        }
        let now = tx.now;
        self.set_archived(tx, Some(now))?;
        audit::record(tx, permit, Act::new(ActKind::Archived).on(self.id))
    }

    /// Undoes `archive`.
    pub fn restore(&self, tx: &mut Tx, me: &Actor) -> Result<()> {
        let permit = may(tx, me, Verb::Remove, &self.thing())?;
        if !self.is_archived() {
            permit.unused(tx);
            return Ok(());
        }
        self.set_archived(tx, None)?;
        audit::record(tx, permit, Act::new(ActKind::Restored).on(self.id))
    }

    fn set_archived(&self, tx: &mut Tx, at: Option<DateTime<Utc>>) -> Result<()> {
        let mut sql = Sql::named("records::set_archived", "update records set updated_at = ");
        sql.bind(tx.now).push(", archived_at = ");
        match at {
            Some(at) => sql.bind(at),
            None => sql.push("null"),
        };
        sql.push(" where id = ").bind(self.id);
        sql.execute(tx.conn())?;
        Ok(())
    }

    /// Moves it to another scope; the act names both. Tickets have their own move, because their key changes.
    pub fn move_to(&self, tx: &mut Tx, me: &Actor, place: Place) -> Result<()> {
        let leave = may(tx, me, Verb::Share, &self.thing())?;
        if self.place() == place {
            leave.unused(tx);
            return Ok(());
        }
        let enter =
            may(tx, me, Verb::Add, &Thing::Record { id: self.id.0, kind: self.kind, place, author: self.author_id })?;
        self.set_place(tx, place)?;
        enter.unused(tx);
        let act = Act::new(ActKind::Moved).on(self.id).change("scope", self.scope, place.scope());
        audit::record(tx, leave, act)
    }

    pub fn set_place(&self, tx: &mut Tx, place: Place) -> Result<()> {
        let columns = Columns::of(place);
        let mut sql = Sql::named("records::set_place", "update records set scope = ");
        sql.bind(place.scope()).push(", project_id = ").bind(columns.project).push(", group_id = ").bind(columns.group);
        sql.push(", owner_id = ")
            .bind(columns.owner)
            .push(", updated_at = ")
            .bind(tx.now)
            .push(" where id = ")
            .bind(self.id);
        sql.execute(tx.conn())?;
        Ok(())
    }
}

/// `/tickets/APP-42`.
pub fn path_of(kind: Kind, display_id: &str) -> String {
    match kind {
        // One says "memory", not "memorys".
        Kind::Memory => format!("/memory/{display_id}"),
        _ => format!("/{kind}s/{display_id}"),
    }
}

pub(super) struct Columns {
    pub(super) project: Option<Uuid>,
    pub(super) group: Option<Uuid>,
    pub(super) owner: Option<Uuid>,
}

impl Columns {
    pub(super) fn of(place: Place) -> Self {
        let mut columns = Columns { project: None, group: None, owner: None };
        match place {
            Place::Project(id) => columns.project = Some(id.0),
            Place::Group(id) => columns.group = Some(id.0),
            Place::Person(id) => columns.owner = Some(id.0),
            Place::Organisation(_) => {}
        }
        columns
    }
}

/// A record about to be made.
#[derive(Debug, Clone)]
pub struct NewRecord {
    pub kind: Kind,
    pub place: Place,
    pub title: Title,
}

impl NewRecord {
    /// Asks, numbers and inserts the parent row. The permit is settled by the caller, when its own row stands too.
    pub fn insert(self, tx: &mut Tx, me: &Actor) -> Result<(Record, Permit)> {
        let id = tx.new_id();
        let permit =
            may(tx, me, Verb::Add, &Thing::Record { id, kind: self.kind, place: self.place, author: me.person_id() })?;
        let organisation = me.organisation_id().ok_or_else(|| Error::broken("a record needs an organisation"))?;
        let number = next_number(tx, sequence_of(self.kind, self.place, organisation), self.kind, 1)?;
        let display_id = format!("{}-{number}", prefix(me, self.kind, self.place)?);
        let columns = Columns::of(self.place);
        let mut sql = Sql::named(
            "records::insert",
            "insert into records as r (id, organisation_id, kind, number, display_id, scope, project_id, group_id, owner_id,
               title, author_id, created_at, updated_at) values (",
        );
        sql.bind(id).push(", ").bind(organisation).push(", ").bind(self.kind).push(", ").bind(number).push(", ");
        sql.bind(display_id).push(", ").bind(self.place.scope()).push(", ").bind(columns.project).push(", ");
        sql.bind(columns.group).push(", ").bind(columns.owner).push(", ").bind(self.title.as_str()).push(", ");
        sql.bind(me.person_id().map(|id| id.0)).push(", ").bind(tx.now).push(", ").bind(tx.now);
        sql.push(&format!(") returning {RECORD_COLUMNS}"));
        let record = sql.load::<Record>(tx.conn())?.into_iter().next();
        Ok((record.ok_or_else(|| Error::broken("no row came back"))?, permit))
    }
}

/// Tickets count per project; everything else per organisation.
pub(super) fn sequence_of(kind: Kind, place: Place, organisation: OrganisationId) -> Uuid {
    match (kind, place) {
        (Kind::Ticket, Place::Project(project)) => project.0,
        _ => organisation.0,
    }
}

fn prefix(me: &Actor, kind: Kind, place: Place) -> Result<String> {
    Ok(match (kind, place) {
        (Kind::Ticket, Place::Project(id)) => me.project_by_id(id).ok_or(Error::NotFound)?.key.clone(),
        (Kind::Ticket, _) => "TOW".to_owned(),
        (Kind::Decision, _) => "DEC".to_owned(),
        (Kind::Risk, _) => "RISK".to_owned(),
        (Kind::Experiment, _) => "EXP".to_owned(),
        (Kind::Doc, _) => "DOC".to_owned(),
        (Kind::Memory, _) => "MEM".to_owned(),
        (Kind::Snapshot, _) => "SNAP".to_owned(),
        (Kind::Chat, _) => "CHAT".to_owned(),
    })
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = Int4)]
    next: i32,
}

/// Takes `count` numbers of a sequence; the first of them. Its row stays locked until the transaction ends, so two creators
/// take turns and a rolled-back number is given out again.
pub fn next_number(tx: &mut Tx, sequence: Uuid, kind: Kind, count: i32) -> Result<i32> {
    let mut sql = Sql::named("records::next_number", "insert into counters as c (place_id, kind, next) values (");
    sql.bind(sequence).push(", ").bind(kind).push(", 1 + ").bind(count);
    sql.push(") on conflict (place_id, kind) do update set next = c.next + ").bind(count).push(" returning next");
    let next = sql.load::<Number>(tx.conn())?.first().map(|row| row.next);
    Ok(next.ok_or_else(|| Error::broken("no number came back"))? - count)
}
