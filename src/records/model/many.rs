//! Many rows in one statement: a tree of pages that moves or goes, a set that is imported. The caller holds the permit.

use super::parent::{Columns, sequence_of};
use super::{RecordId, next_number};
use crate::access::{Actor, Kind, Place, visible};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Error, Result};
use crate::text::reference::Reference;
use crate::text::value::Title;
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// Moves all of them at once, so that keys which bind them to each other hold.
pub fn set_place_of(tx: &mut Tx, ids: Vec<Uuid>, place: Place) -> Result<()> {
    let columns = Columns::of(place);
    let mut sql = Sql::named("records::set_place_of", "update records set scope = ");
    sql.bind(place.scope()).push(", project_id = ").bind(columns.project).push(", group_id = ").bind(columns.group);
    sql.push(", owner_id = ").bind(columns.owner).push(" where id = any(").bind(ids).push(")");
    sql.execute(tx.conn())?;
    Ok(())
}

/// Archives them at this instant; None brings them back.
pub fn set_archived_of(tx: &mut Tx, ids: Vec<Uuid>, at: Option<DateTime<Utc>>) -> Result<()> {
    let mut sql = Sql::named("records::set_archived_of", "update records set updated_at = ");
    sql.bind(tx.now).push(", archived_at = ");
    match at {
        Some(at) => sql.bind(at),
        None => sql.push("null"),
    };
    sql.push(" where id = any(").bind(ids).push(")");
    sql.execute(tx.conn())?;
    Ok(())
}

/// Deletes rows with everything that hangs on them; activity stays, without the record. Answers how many.
pub fn delete_for_good(tx: &mut Tx, ids: Vec<Uuid>) -> Result<usize> {
    let mut sql = Sql::named("records::delete_for_good", "delete from records where id = any(");
    sql.bind(ids).push(")");
    Ok(sql.execute(tx.conn())?)
}

/// A row of `insert_many`.
#[derive(Debug, Clone)]
pub struct Planned {
    pub id: RecordId,
    pub title: Title,
}

/// Inserts records of one kind and place, numbered in order; answers the first number. The
/// prefix of tickets in a project is its key.
pub fn insert_many(
    tx: &mut Tx,
    me: &Actor,
    kind: Kind,
    place: Place,
    prefix: &str,
    planned: &[Planned],
) -> Result<i32> {
    let organisation = me.organisation_id().ok_or_else(|| Error::broken("a record needs an organisation"))?;
    let count = i32::try_from(planned.len()).map_err(Error::broken)?;
    let first = next_number(tx, sequence_of(kind, place, organisation), kind, count)?;
    let columns = Columns::of(place);
    let mut sql = Sql::named(
        "records::insert_many",
        "insert into records (id, organisation_id, kind, number, display_id, scope, project_id, group_id, owner_id,
           title, author_id, created_at, updated_at) select new.id, ",
    );
    sql.bind(organisation).push("::uuid, ").bind(kind).push(", ").bind(first - 1).push(" + new.nr::int, ").bind(prefix);
    sql.push(" || '-' || (")
        .bind(first - 1)
        .push(" + new.nr::int), ")
        .bind(place.scope())
        .push(", ")
        .bind(columns.project);
    sql.push("::uuid, ").bind(columns.group).push("::uuid, ").bind(columns.owner).push("::uuid, new.title, ");
    sql.bind(me.person_id().map(|id| id.0)).push("::uuid, ").bind(tx.now).push("::timestamptz, ").bind(tx.now);
    sql.push("::timestamptz from unnest(")
        .bind(planned.iter().map(|row| row.id.0).collect::<Vec<_>>())
        .push("::uuid[], ");
    sql.bind(planned.iter().map(|row| row.title.as_str().to_owned()).collect::<Vec<_>>());
    sql.push("::text[]) with ordinality as new(id, title, nr)");
    sql.execute(tx.conn())?;
    Ok(first)
}

/// Watchers of new records.
pub fn insert_watchers(tx: &mut Tx, pairs: Vec<(Uuid, Uuid)>) -> Result<()> {
    if pairs.is_empty() {
        return Ok(());
    }
    let (ids, people): (Vec<Uuid>, Vec<Uuid>) = pairs.into_iter().unzip();
    let mut sql = Sql::named(
        "records::insert_many_watchers",
        "insert into record_watchers (record_id, person_id, created_at) select new.id, new.person, ",
    );
    sql.bind(tx.now).push("::timestamptz from unnest(").bind(ids).push("::uuid[], ").bind(people);
    sql.push("::uuid[]) as new(id, person) on conflict do nothing");
    sql.execute(tx.conn())?;
    Ok(())
}

/// Tags of new records.
pub fn insert_tags(tx: &mut Tx, pairs: Vec<(Uuid, String)>) -> Result<()> {
    if pairs.is_empty() {
        return Ok(());
    }
    let (ids, tags): (Vec<Uuid>, Vec<String>) = pairs.into_iter().unzip();
    let mut sql =
        Sql::named("records::insert_many_tags", "insert into record_tags (record_id, tag) select * from unnest(");
    sql.bind(ids).push("::uuid[], ").bind(tags).push("::text[]) on conflict do nothing");
    sql.execute(tx.conn())?;
    Ok(())
}

/// What the texts of new records name, within what `me` may see. As `Record::refer`, for many.
pub fn insert_references(tx: &mut Tx, me: &Actor, source: &str, found: Vec<(Uuid, Reference)>) -> Result<()> {
    let (mut by_id, mut by_title) = ((Vec::new(), Vec::new()), (Vec::new(), Vec::new()));
    for (from, reference) in found {
        match reference {
            Reference::Id { prefix, number } => push(&mut by_id, from, format!("{prefix}-{number}")),
            Reference::Title(title) => push(&mut by_title, from, title.to_lowercase()),
            Reference::Handle(_) | Reference::Name(_) => {}
        }
    }
    if !by_id.0.is_empty() {
        refer_by(tx, me, source, by_id, "r.display_id = found.word")?;
    }
    if !by_title.0.is_empty() {
        refer_by(tx, me, source, by_title, "r.kind = 'doc' and r.archived_at is null and lower(r.title) = found.word")?;
    }
    Ok(())
}

fn push(pairs: &mut (Vec<Uuid>, Vec<String>), from: Uuid, word: String) {
    pairs.0.push(from);
    pairs.1.push(word);
}

fn refer_by(tx: &mut Tx, me: &Actor, source: &str, pairs: (Vec<Uuid>, Vec<String>), fits: &'static str) -> Result<()> {
    let mut sql = Sql::named(
        "records::refer_many",
        "insert into record_references (from_id, to_id, source) select distinct found.id, r.id, ",
    );
    sql.bind(source).push(" from unnest(").bind(pairs.0).push("::uuid[], ").bind(pairs.1);
    sql.push(&format!("::text[]) as found(id, word) join records r on {fits} where r.id <> found.id and "));
    sql.append(&visible::records(me)).push(" on conflict do nothing");
    sql.execute(tx.conn())?;
    Ok(())
}
