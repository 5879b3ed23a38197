//! Many new tickets of one project in few statements: a table that is imported, ten thousand lines in seconds.

use super::{Status, TicketId, TicketKind, rank_of_new};
use crate::access::{Actor, Kind, Place, Thing, Verb, may_each};
use crate::audit::{self, Act, ActKind};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Error, Msg, Result};
use crate::people::PersonId;
use crate::records::{Planned, RecordId, insert_many, insert_references, insert_tags, insert_watchers};
use crate::text::markdown::references;
use crate::text::value::{Body, Tag, Title};
use chrono::{Duration, NaiveDate};
use serde_json::{Value, json};
use uuid::Uuid;

/// Tickets of one import.
pub const MAX_IMPORT: usize = 20_000;
/// Rows in one statement.
const BATCH: usize = 1000;

/// A ticket about to be made, every field checked; its parent's kind too.
#[derive(Debug, Clone)]
pub struct Imported {
    pub kind: TicketKind,
    pub title: Title,
    pub body: Body,
    pub status: Status,
    pub priority: i16,
    pub assignee: Option<PersonId>,
    pub labels: Vec<Tag>,
    pub start_on: Option<NaiveDate>,
    pub due_on: Option<NaiveDate>,
    pub estimate: Option<i32>,
    pub parent: Option<ImportedParent>,
}

/// Where a parent is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportedParent {
    /// Index in the same import.
    Row(usize),
    Ticket(TicketId),
}

/// Makes all of them in a project, in this order; answers how many. `Invalid` above `MAX_IMPORT`.
pub fn import_tickets(tx: &mut Tx, me: &Actor, place: Place, rows: &[&Imported]) -> Result<usize> {
    if rows.is_empty() {
        return Err(Error::invalid("file", "problem-import-none"));
    }
    if rows.len() > MAX_IMPORT {
        return Err(Error::invalid("file", Msg::new("problem-import-many").with("max", MAX_IMPORT)));
    }
    let prefix = match place {
        Place::Project(id) => me.project_by_id(id).ok_or(Error::NotFound)?.key.clone(),
        _ => "TOW".to_owned(),
    };
    let ids: Vec<Uuid> = rows.iter().map(|_| tx.new_id()).collect();
    let things: Vec<Thing> =
        ids.iter().map(|id| Thing::Record { id: *id, kind: Kind::Ticket, place, author: me.person_id() }).collect();
    let permit = may_each(tx, me, Verb::Add, &things)?;
    let planned: Vec<Planned> =
        ids.iter().zip(rows).map(|(id, row)| Planned { id: RecordId(*id), title: row.title.clone() }).collect();
    insert_many(tx, me, Kind::Ticket, place, &prefix, &planned)?;
    let values: Vec<Value> =
        ids.iter().zip(rows).enumerate().map(|(index, (id, row))| row.value(tx, *id, index)).collect();
    for batch in values.chunks(BATCH) {
        insert(tx, me, place, batch)?;
    }
    set_parents(tx, &ids, rows)?;
    let pairs = || ids.iter().copied().zip(rows);
    insert_tags(
        tx,
        pairs().flat_map(|(id, row)| row.labels.iter().map(move |tag| (id, tag.as_str().to_owned()))).collect(),
    )?;
    insert_watchers(tx, pairs().filter_map(|(id, row)| Some((id, row.assignee?.0))).collect())?;
    let found =
        pairs().flat_map(|(id, row)| references(row.body.as_str()).into_iter().map(move |reference| (id, reference)));
    insert_references(tx, me, "body", found.collect())?;
    let acts = ids.iter().map(|id| Act::new(ActKind::Imported).on(*id)).collect();
    audit::record_each(tx, permit, acts)?;
    Ok(rows.len())
}

impl Imported {
    fn value(&self, tx: &Tx, id: Uuid, index: usize) -> Value {
        // A microsecond each, so that neighbours keep the order of the file.
        let rank = rank_of_new(tx.now + Duration::microseconds(i64::try_from(index).unwrap_or_default()));
        json!({
            "id": id, "kind": self.kind.as_str(), "status": self.status.as_str(), "priority": self.priority, "body": self.body.as_str(),
            "assignee_id": self.assignee, "start_on": self.start_on, "due_on": self.due_on, "estimate": self.estimate, "rank": rank,
            "resolved_at": self.status.is_done().then_some(tx.now),
        })
    }
}

fn insert(tx: &mut Tx, me: &Actor, place: Place, batch: &[Value]) -> Result<()> {
    let mut sql = Sql::named(
        "tickets::import",
        "insert into tickets (id, place_id, kind, status, priority, body, assignee_id, reporter_id, start_on, due_on, estimate, rank, resolved_at)
         select v.id, ",
    );
    sql.bind(place.id())
        .push("::uuid, v.kind, v.status, v.priority, v.body, v.assignee_id, ")
        .bind(me.person_id().map(|id| id.0));
    sql.push(
        "::uuid, v.start_on, v.due_on, v.estimate, v.rank, v.resolved_at from jsonb_populate_recordset(null::tickets, ",
    );
    sql.bind(Value::Array(batch.to_vec())).push(") as v");
    sql.execute(tx.conn())?;
    Ok(())
}

/// When all stand, because a parent may come after its child.
fn set_parents(tx: &mut Tx, ids: &[Uuid], rows: &[&Imported]) -> Result<()> {
    let parent = |parent: ImportedParent| match parent {
        ImportedParent::Row(index) => ids.get(index).copied(),
        ImportedParent::Ticket(id) => Some(id.0),
    };
    let pairs = ids.iter().zip(rows).filter_map(|(id, row)| Some((*id, parent(row.parent?)?)));
    let (children, parents): (Vec<Uuid>, Vec<Uuid>) = pairs.unzip();
    if children.is_empty() {
        return Ok(());
    }
    let mut sql = Sql::named("tickets::import_parents", "update tickets t set parent_id = v.parent from unnest(");
    sql.bind(children).push("::uuid[], ").bind(parents).push("::uuid[]) as v(id, parent) where t.id = v.id");
    sql.execute(tx.conn())?;
    Ok(())
}
