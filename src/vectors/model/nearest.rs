//! The passages nearest to a question, within what its reader may see. Three plans: who reads few passages has each of them compared,
//! through the index of places; who reads more has their bits compared and then those that look nearest; who reads most of them walks
//! the index of the set, which goes on until enough of what it meets may be read.

use super::sets::Number;
use super::{Set, closed, literal};
use crate::access::{Actor, visible};
use crate::db::Tx;
use crate::db::sql::{Bind, Sql};
use crate::error::Result;
use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Double, Json, Uuid as SqlUuid};
use serde_json::Value;
use uuid::Uuid;

/// Up to so many passages in reach each one is compared; so many are compared, too, of those whose bits are nearest. Bits say roughly how
/// near two vectors are (Charikar 2002: each differs as often as the angle between them is wide), so it is twenty times what is shown.
/// Measured by `bench/vectors.rs`.
pub const EXACT_UP_TO: i64 = 2_000;
/// So many are looked through by their bits, of which the first `EXACT_UP_TO` that may be read are compared: what is archived keeps its
/// vectors. Where more is left out than that, `MOST_MET`.
pub const LOOKED_THROUGH: i64 = 3 * EXACT_UP_TO;
/// Up to so many passages in reach their bits are compared, which takes a time of its own for each; the walk takes the longer the less
/// of what it meets may be read.
pub const BITS_UP_TO: i64 = 150_000;
/// Passages at most; several may be of one record.
pub const NEAREST: i32 = 100;
/// What is farther (cosine distance) has another meaning: something is always the nearest, also to a question about nothing here.
/// Measured with a real model on our own docs, see docs/search.md.
pub const FARTHEST: &str = "0.75";
/// How widely the walk looks around (pgvector's default is 40): wider finds more and takes longer.
pub const EF_SEARCH: &str = "200";
/// So many passages are met at most when few of them are near, or may be read; about what pgvector takes by itself.
pub const MOST_MET: &str = "20000";

/// A question's vector, and the set it can be compared with.
#[derive(Debug, Clone, PartialEq)]
pub struct Meaning {
    pub set: Set,
    pub vector: Vec<f32>,
}

/// Which of what the reader may see is asked for.
#[derive(Debug, Clone, Default)]
pub struct Reach {
    /// Kinds of records, `comment`, `file`; empty means all.
    pub kinds: Vec<String>,
    /// Empty means all.
    pub places: Vec<Uuid>,
    pub author: Option<Uuid>,
    pub since: Option<DateTime<Utc>>,
    /// Places left out: those closed to AI, whose vectors are removed, but bit by bit. `nearest` knows them.
    pub but: Vec<Uuid>,
}

impl Reach {
    /// Not only by places: then much of what is near is not asked for.
    fn leaves_out_much(&self) -> bool {
        !self.kinds.is_empty() || self.author.is_some() || self.since.is_some()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plan {
    /// Every passage in reach is compared.
    Each,
    /// The bits of every passage in reach are compared, then the vectors of those that look nearest.
    Bits,
    /// The index is walked.
    Walk,
}

#[derive(Debug, Clone, PartialEq, QueryableByName)]
pub struct Near {
    #[diesel(sql_type = SqlUuid)]
    pub passage_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    pub record_id: Uuid,
    /// 0 to 2.
    #[diesel(sql_type = Double)]
    pub distance: f64,
}

/// The nearest first.
pub fn nearest(tx: &mut Tx, me: &Actor, meaning: &Meaning, reach: &Reach) -> Result<Vec<Near>> {
    let plan = plan(tx, me, &meaning.set, reach)?;
    nearest_by(tx, me, meaning, reach, plan)
}

/// By the plan that is given; for benchmarks and tests.
pub fn nearest_by(tx: &mut Tx, me: &Actor, meaning: &Meaning, reach: &Reach, plan: Plan) -> Result<Vec<Near>> {
    // Asked before, because inside the statement their number would be guessed, and a wrong guess loses the index.
    let reach = Reach { but: closed(tx)?, ..reach.clone() };
    let statement = statement(me, meaning, &reach, plan);
    if plan != Plan::Walk {
        return Ok(statement.load(tx.conn())?);
    }
    walk_on(tx)?;
    let found = statement.load(tx.conn())?;
    Sql::named("vectors::walk_off", "select set_config('enable_sort', 'on', true)").execute(tx.conn())?;
    Ok(found)
}

/// For this transaction: the walk does not end at its first round, of which nothing may be readable; and each reader's statement is
/// planned for their places, because a plan for everybody takes them for few and does not walk. Without sorting, because which of the two
/// is cheaper was decided already, and the guessed cost of a walk hangs on the height of a graph that is drawn at random.
pub fn walk_on(tx: &mut Tx) -> Result<()> {
    let mut sql = Sql::named(
        "vectors::walk_on",
        "select set_config('hnsw.iterative_scan', 'relaxed_order', true), set_config('plan_cache_mode', 'force_custom_plan', true), set_config('enable_sort', 'off', true), set_config('hnsw.ef_search', ",
    );
    sql.bind(EF_SEARCH).push(", true), set_config('hnsw.max_scan_tuples', ").bind(MOST_MET).push(", true)");
    sql.execute(tx.conn())?;
    Ok(())
}

/// By how many passages are in reach, counted no further than needed; of more than a few PostgreSQL's own guess is good enough.
pub fn plan(tx: &mut Tx, me: &Actor, set: &Set, reach: &Reach) -> Result<Plan> {
    let mut sql = Sql::named(
        "vectors::plan",
        &format!("select count(*) as number from (select from vectors v where v.set_id = {} and ", set.id),
    );
    in_reach(&mut sql, me, reach);
    sql.push(" limit ").bind(EXACT_UP_TO + 1).push(") counted");
    let count = sql.load::<Number>(tx.conn())?.first().map(|row| row.number).unwrap_or_default();
    Ok(match count {
        ..=EXACT_UP_TO => Plan::Each,
        _ if set.has_bits && guess(tx, me, set, reach)? <= BITS_UP_TO as f64 => Plan::Bits,
        _ => Plan::Walk,
    })
}

/// About how many passages are in reach, by the statistics that every planner has: to count a million takes as long as to search it.
fn guess(tx: &mut Tx, me: &Actor, set: &Set, reach: &Reach) -> Result<f64> {
    let mut sql = Sql::named(
        "vectors::guess",
        &format!("explain (format json) select from vector_bits v where v.set_id = {} and ", set.id),
    );
    in_reach(&mut sql, me, reach);
    let plans = sql.load::<Guess>(tx.conn())?;
    Ok(plans.first().and_then(|row| row.plan.pointer("/0/Plan/Plan Rows")?.as_f64()).unwrap_or_default())
}

#[derive(QueryableByName)]
struct Guess {
    #[diesel(sql_type = Json, column_name = "QUERY PLAN")]
    plan: Value,
}

/// Places narrow it, through an index or as it is walked; the reader's right is asked of the record itself.
fn in_reach(sql: &mut Sql, me: &Actor, reach: &Reach) {
    let few = if reach.places.is_empty() { visible::few_places(me) } else { Some(reach.places.clone()) };
    match few {
        Some(places) => sql.push("v.place_id = any(").bind(Bind::Uuids(places)).push(")"),
        None => sql.push("v.place_id in (").append(&visible::place_ids(me)).push(")"),
    };
}

/// For EXPLAIN as well.
pub fn statement(me: &Actor, meaning: &Meaning, reach: &Reach, plan: Plan) -> Sql {
    match plan {
        Plan::Each => each(me, meaning, reach),
        Plan::Bits => bits(me, meaning, reach),
        Plan::Walk => walk(me, meaning, reach),
    }
}

/// Distances first, of what is in the reader's places: only what is near enough is looked at any further. Ordered outside, so that no
/// index of distances can be used.
fn each(me: &Actor, meaning: &Meaning, reach: &Reach) -> Sql {
    let mut sql = Sql::named("vectors::each", "with compared as materialized (select v.passage_id, ");
    distance(&mut sql, meaning);
    sql.push(&format!(" from vectors v where v.set_id = {} and ", meaning.set.id));
    in_reach(&mut sql, me, reach);
    sql.push(&format!(
        ") select v.passage_id, p.record_id, v.distance from compared v join passages p on p.id = v.passage_id
           join records r on r.id = p.record_id where v.distance <= {FARTHEST} and "
    ));
    readable(&mut sql, me, reach);
    sql.push(" order by distance, passage_id limit ").bind(NEAREST);
    sql
}

/// Bits first, then in their order what of it may be read, until enough was compared. Inside is what must be looked up row by row: that way
/// nothing is looked up that is not needed, and the order holds.
fn bits(me: &Actor, meaning: &Meaning, reach: &Reach) -> Sql {
    let (mut sql, set) = (asked("vectors::bits", meaning), &meaning.set);
    sql.push(&format!(
        "looks as materialized (select v.passage_id from vector_bits v where v.set_id = {} and ",
        set.id
    ));
    in_reach(&mut sql, me, reach);
    if !reach.but.is_empty() {
        sql.push(" and v.place_id <> all(").bind(Bind::Uuids(reach.but.clone())).push(")");
    }
    let most = match reach.leaves_out_much() || me.program.is_some() {
        true => MOST_MET.to_owned(),
        false => LOOKED_THROUGH.to_string(),
    };
    sql.push(&format!(
        " order by v.bits <~> (select binary_quantize(vector) from asked) limit {most}), near as materialized (
           select near.* from looks cross join lateral (
             select v.passage_id, p.record_id, {} <=> (select vector from asked) as distance
             from vectors v join passages p on p.id = v.passage_id join records r on r.id = p.record_id
             where v.set_id = {} and v.passage_id = looks.passage_id and ",
        set.expression(),
        set.id
    ));
    readable(&mut sql, me, reach);
    sql.push(&format!(
        " offset 0) near limit {EXACT_UP_TO})
         select passage_id, record_id, distance from near where distance <= {FARTHEST} order by distance, passage_id limit "
    ));
    sql.bind(NEAREST);
    sql
}

/// The index is walked as long as it is asked for more, by the very expression it is over. What is too far is asked about inside: a walk
/// that begins among passages of another meaning must not end with these.
fn walk(me: &Actor, meaning: &Meaning, reach: &Reach) -> Sql {
    let (mut sql, set, expression) = (asked("vectors::walk", meaning), &meaning.set, meaning.set.expression());
    sql.push(&format!(
        "near as materialized (select v.passage_id, p.record_id, {expression} <=> (select vector from asked) as distance"
    ));
    sql.push(" from vectors v join passages p on p.id = v.passage_id join records r on r.id = p.record_id where ");
    // In these words the planner takes it for nearly always true, and so it is of what a walk meets.
    sql.push(&format!(
        "v.set_id = {} and nullif({expression} <=> (select vector from asked) <= {FARTHEST}, false) is not null and ",
        set.id
    ));
    readable(&mut sql, me, reach);
    if !reach.places.is_empty() {
        sql.push(" and ");
        in_reach(&mut sql, me, reach);
    }
    sql.push(" order by distance limit ").bind(NEAREST);
    sql.push(") select passage_id, record_id, distance from near order by distance, passage_id");
    sql
}

/// The beginning of a statement that knows the question as `(select vector from asked)`.
fn asked(name: &str, meaning: &Meaning) -> Sql {
    let mut sql = Sql::named(name, "with asked as materialized (select ");
    sql.bind(literal(&meaning.vector)).push(&format!("::text::{} as vector), ", meaning.set.sql_type()));
    sql
}

fn distance(sql: &mut Sql, meaning: &Meaning) {
    let set = &meaning.set;
    // A query of its own is read once; without it the text would be read anew for each row, which takes ten times the comparison.
    sql.push(&format!("{} <=> (select ", set.expression())).bind(literal(&meaning.vector));
    sql.push(&format!("::text::{}) as distance", set.sql_type()));
}

fn readable(sql: &mut Sql, me: &Actor, reach: &Reach) {
    sql.push("r.archived_at is null and ").append(&visible::records(me));
    if !reach.but.is_empty() {
        sql.push(" and r.place_id <> all(").bind(Bind::Uuids(reach.but.clone())).push(")");
    }
    narrow(sql, reach);
}

fn narrow(sql: &mut Sql, reach: &Reach) {
    if !reach.kinds.is_empty() {
        sql.push(" and p.kind = any(").bind(Bind::Texts(reach.kinds.clone())).push(")");
    }
    if let Some(person) = reach.author {
        sql.push(" and p.author_id = ").bind(person);
    }
    if let Some(since) = reach.since {
        sql.push(" and p.at >= ").bind(since);
    }
}
