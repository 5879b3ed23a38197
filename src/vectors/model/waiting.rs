//! Passages without a vector yet: which of them may leave, in batches that leave on behalf of one place, and what came back.

use super::Set;
use crate::access::ProjectId;
use crate::ai::{Asking, Purpose, closed_places};
use crate::db::Tx;
use crate::db::sql::{Bind, Sql};
use crate::error::Result;
use crate::people::{OrganisationId, PersonId};
use diesel::QueryableByName;
use diesel::sql_types::{Nullable, Text, Uuid as SqlUuid};
use uuid::Uuid;

/// Passages in one request: about 50,000 tokens at most.
pub const BATCH: i32 = 64;
/// Vectors of closed places that go in one transaction.
pub const CLOSED_AT_ONCE: i32 = 5_000;

/// A passage on its way.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Waiting {
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    pub record_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    pub place_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    organisation_id: Uuid,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    project_id: Option<Uuid>,
    /// Of a private record.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    owner_id: Option<Uuid>,
    #[diesel(sql_type = Text)]
    title: String,
    #[diesel(sql_type = Text)]
    text: String,
}

const SELECT: &str =
    "select p.id, p.record_id, p.place_id, r.organisation_id, r.project_id, r.owner_id, p.title, p.text
    from passages p join records r on r.id = p.record_id where ";

impl Waiting {
    /// What is sent, which is what the hash is of.
    pub fn words(&self) -> String {
        format!("{}\n{}", self.title, self.text)
    }

    /// On whose behalf it leaves: a private record's on its owner's, a project's on its budget.
    pub fn asking(&self) -> Asking {
        let (organisation, owner) = (OrganisationId(self.organisation_id), self.owner_id.map(PersonId));
        Asking::new(Purpose::Passages, organisation, owner).in_project(self.project_id.map(ProjectId))
    }
}

#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

/// Places with something waiting, but for those that keep it or are held back; asked place by place of the index.
pub fn waiting_places(tx: &mut Tx) -> Result<Vec<Uuid>> {
    let mut sql = Sql::named(
        "vectors::waiting_places",
        "with recursive places(id) as (
           (select place_id from passages where is_waiting order by place_id limit 1)
           union all
           select (select p.place_id from passages p where p.is_waiting and p.place_id > places.id order by p.place_id limit 1)
           from places where places.id is not null)
         select id from places where id is not null and id not in (",
    );
    sql.append(&closed_places()).push(") and id not in (select place_id from vector_holds)");
    Ok(sql.load::<Id>(tx.conn())?.into_iter().map(|row| row.id).collect())
}

/// The next of this place.
pub fn waiting(tx: &mut Tx, place: Uuid) -> Result<Vec<Waiting>> {
    let mut sql = Sql::named("vectors::waiting", SELECT);
    sql.push("p.is_waiting and p.place_id = ").bind(place).push(" order by p.id limit ").number(BATCH);
    Ok(sql.load(tx.conn())?)
}

/// What of a batch may still leave: what was removed, moved or closed since it was read may not, and words are read again.
pub fn still(tx: &mut Tx, batch: &[Waiting]) -> Result<Vec<Waiting>> {
    let ids: Vec<Uuid> = batch.iter().map(|row| row.id).collect();
    let mut sql = Sql::named("vectors::still", SELECT);
    sql.push("p.id = any(")
        .bind(Bind::Uuids(ids))
        .push(") and p.place_id = ")
        .bind(batch.first().map(|row| row.place_id));
    sql.push(" and p.place_id not in (").append(&closed_places()).push(") order by p.id");
    Ok(sql.load(tx.conn())?)
}

/// Those that this set lacks, from an id on, of every place but these.
pub fn lacking(tx: &mut Tx, set: &Set, but: &[Uuid], after: Uuid, limit: i32) -> Result<Vec<Waiting>> {
    let mut sql = Sql::named("vectors::set_lacks", SELECT);
    sql.push("p.id > ")
        .bind(after)
        .push(" and p.fault is null and not exists (select from vectors v where v.passage_id = p.id and v.set_id = ");
    sql.bind(set.id).push(") and p.place_id <> all(").bind(Bind::Uuids(but.to_vec()));
    sql.push(") and p.place_id not in (").append(&closed_places()).push(") order by p.id limit ").number(limit);
    Ok(sql.load(tx.conn())?)
}

/// Gives those a vector whose words have one already somewhere, and answers the others.
pub fn copy_known(tx: &mut Tx, set: &Set, batch: Vec<Waiting>) -> Result<Vec<Waiting>> {
    let ids: Vec<Uuid> = batch.iter().map(|row| row.id).collect();
    let mut sql = Sql::named("vectors::copy_known", "with ");
    still_there(&mut sql, &ids);
    sql.push(
        " insert into vectors (set_id, passage_id, place_id, whole, half)
         select k.set_id, p.id, p.place_id, k.whole, k.half from p
         cross join lateral (select v.set_id, v.whole, v.half from passages o join vectors v on v.passage_id = o.id
           where o.hash = p.hash and v.set_id = ",
    );
    sql.bind(set.id).push(" limit 1) k on conflict do nothing");
    sql.execute(tx.conn())?;
    looked_at(tx, set, &ids)?;
    // Also those that another job gave one: they are not paid for twice.
    let mut sql = Sql::named("vectors::have", "select passage_id as id from vectors where set_id = ");
    sql.bind(set.id).push(" and passage_id = any(").bind(Bind::Uuids(ids)).push(")");
    let have: Vec<Uuid> = sql.load::<Id>(tx.conn())?.into_iter().map(|row| row.id).collect();
    Ok(batch.into_iter().filter(|row| !have.contains(&row.id)).collect())
}

/// `p`: those whose row nobody is removing or moving at this moment. To wait for who does would end in a broken reference, and lose
/// the whole batch.
fn still_there(sql: &mut Sql, ids: &[Uuid]) {
    sql.push("p as materialized (select id, place_id, hash from passages where id = any(")
        .bind(Bind::Uuids(ids.to_vec()));
    sql.push(") and place_id not in (").append(&closed_places()).push(") order by id for key share skip locked)");
}

/// Writes what came back, for passages that are still there and may still have one.
pub fn store(tx: &mut Tx, set: &Set, batch: &[Waiting], vectors: &[&[f32]]) -> Result<()> {
    let ids: Vec<Uuid> = batch.iter().map(|row| row.id).collect();
    let texts: Vec<String> = vectors.iter().map(|vector| literal(vector)).collect();
    let mut sql = Sql::named("vectors::store", "with ");
    still_there(&mut sql, &ids);
    sql.push(&format!(" insert into vectors (set_id, passage_id, place_id, {}) select ", set.column()));
    sql.bind(set.id).push(&format!(", p.id, p.place_id, x.vector::{} from unnest(", set.sql_type()));
    sql.bind(Bind::Uuids(ids.clone())).push("::uuid[], ").bind(Bind::Texts(texts));
    sql.push("::text[]) as x(id, vector) join p on p.id = x.id on conflict do nothing");
    sql.execute(tx.conn())?;
    looked_at(tx, set, &ids)?;
    set.go_on(tx)
}

/// As pgvector reads it.
pub fn literal(vector: &[f32]) -> String {
    let numbers: Vec<String> = vector.iter().map(|number| format!("{number}")).collect();
    format!("[{}]", numbers.join(","))
}

/// Those that have a vector now, and only while this set serves: else they wait for the one that took its place.
fn looked_at(tx: &mut Tx, set: &Set, ids: &[Uuid]) -> Result<()> {
    let mut sql = Sql::named(
        "vectors::looked_at",
        "with serves as materialized (select id from vector_sets where state = 'serving' and id = ",
    );
    sql.bind(set.id)
        .push(" for share) update passages p set is_waiting = false from serves s where p.is_waiting and p.id = any(");
    sql.bind(Bind::Uuids(ids.to_vec()))
        .push(") and exists (select from vectors v where v.set_id = s.id and v.passage_id = p.id)");
    sql.execute(tx.conn())?;
    Ok(())
}

/// The provider does not take this text, whatever else happens; a new text of it is a new passage.
pub fn give_up(tx: &mut Tx, passage: Uuid, fault: &str) -> Result<()> {
    let mut sql = Sql::named("vectors::give_up", "update passages set is_waiting = false, fault = ");
    sql.bind(fault).push(" where id = ").bind(passage);
    sql.execute(tx.conn())?;
    Ok(())
}

/// Places whose texts may not leave at all.
pub fn closed(tx: &mut Tx) -> Result<Vec<Uuid>> {
    let mut sql = Sql::named("vectors::closed", "select id from (");
    sql.append(&closed_places()).push(") closed");
    Ok(sql.load::<Id>(tx.conn())?.into_iter().map(|row| row.id).collect())
}

/// Removes some vectors of places whose texts may not leave any more, which nobody finds from that moment on (see `nearest`); their
/// passages wait until they may again. Answers how many.
pub fn close(tx: &mut Tx) -> Result<usize> {
    let closed = closed(tx)?;
    if closed.is_empty() {
        return Ok(0);
    }
    let mut sql = Sql::named(
        "vectors::close",
        "with gone as (delete from vectors where (set_id, passage_id) in
           (select v.set_id, v.passage_id from vectors v where v.place_id = any(",
    );
    sql.bind(Bind::Uuids(closed)).push(") limit ").number(CLOSED_AT_ONCE);
    sql.push(") returning passage_id) update passages set is_waiting = true where id in (select passage_id from gone)");
    Ok(sql.execute(tx.conn())?)
}
