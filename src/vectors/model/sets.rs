//! Sets: the vectors of one model. One serves; another may be made beside it, whole, before it takes the place.

use super::lock_sets;
use crate::ai::Fault;
use crate::config::Ai;
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Error, Result};
use crate::text_enum;
use chrono::{DateTime, Duration, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Bool, Int4, Nullable, Text, Timestamptz};
use uuid::Uuid;

/// An index over whole numbers takes so many dimensions; above them vectors are kept in half precision (up to
/// `config::MAX_EMBEDDING_DIM`).
pub const MAX_WHOLE_DIM: i32 = 2_000;
/// Of the graph (Malkov, Yashunin 2018): ways from each vector, and how many others are looked at to choose them. With pgvector's own 16
/// and 64 a tenth is not found among a million; measured by `bench/vectors.rs`.
const WAYS: u8 = 24;
const CANDIDATES: u8 = 128;
/// One job at a time works on a set; one that died leaves it this long.
pub const LEASE_SECONDS: i64 = 600;
/// Of what a fault names; longer names are cut.
pub const MAX_ABOUT_CHARS: usize = 200;

text_enum!(
    SetState {
        /// Made by `tow reembed`, beside the one that serves.
        Building = "building",
        /// What search asks.
        Serving = "serving",
        /// Replaced; its vectors are on their way out.
        Retired = "retired",
    }
);

#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Set {
    #[diesel(sql_type = Int4)]
    pub id: i32,
    #[diesel(sql_type = Text)]
    pub model: String,
    #[diesel(sql_type = Int4)]
    pub dim: i32,
    #[diesel(sql_type = Text)]
    pub state: SetState,
    #[diesel(sql_type = Timestamptz)]
    pub created_at: DateTime<Utc>,
    /// How often in a row the provider would not.
    #[diesel(sql_type = Int4)]
    pub tries: i32,
    /// A word of `ai::Reason`.
    #[diesel(sql_type = Nullable<Text>)]
    pub fault: Option<String>,
    /// What its sentence names: a model, a number.
    #[diesel(sql_type = Nullable<Text>)]
    pub fault_about: Option<String>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub rests_until: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub leased_until: Option<DateTime<Utc>>,
    /// Each of its vectors has its bits (see `fill_bits`).
    #[diesel(sql_type = Bool)]
    pub has_bits: bool,
}

/// One job's hold on a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease(Uuid);

/// What `tow reembed` finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Build {
    /// The set that serves is of this configuration already.
    Needless,
    /// Another one is at work, or was until it was killed: until then nobody else may.
    Taken(DateTime<Utc>),
    Begun(Set, Lease),
}

const COLUMNS: &str = "id, model, dim, state, created_at, tries, fault, fault_about, rests_until, leased_until, bits_to is null as has_bits";

impl Set {
    /// The only one in this state; of the retired the first.
    pub fn find(tx: &mut Tx, state: SetState) -> Result<Option<Set>> {
        let mut sql = Sql::named("vectors::set", &format!("select {COLUMNS} from vector_sets where "));
        sql.push("state = ").bind(state).push(" order by id limit 1");
        Ok(sql.load(tx.conn())?.into_iter().next())
    }

    /// A new, empty one with its index.
    pub fn begin(tx: &mut Tx, ai: &Ai, state: SetState) -> Result<Set> {
        let mut sql =
            Sql::named("vectors::begin_set", "insert into vector_sets (model, dim, state, created_at) values (");
        sql.bind(ai.openai_embedding_model.as_str()).push(", ").bind(i32::from(ai.embedding_dim)).push(", ");
        sql.bind(state).push(", ").bind(tx.now);
        sql.push(&format!(") returning {COLUMNS}"));
        let set: Set = sql.load(tx.conn())?.into_iter().next().ok_or(Error::NotFound)?;
        Sql::new(&set.index()).execute(tx.conn())?;
        Ok(set)
    }

    /// The one that serves, unless it is an empty one of another model.
    fn useful(tx: &mut Tx, ai: &Ai) -> Result<Option<Set>> {
        Ok(match Set::find(tx, SetState::Serving)? {
            Some(set) if set.is_of(ai) || set.has_vectors(tx)? => Some(set),
            _ => None,
        })
    }

    /// For a server that embeds: the set that serves, made when there is none or an empty one of another model.
    pub fn ensure(tx: &mut Tx, ai: &Ai) -> Result<Set> {
        if let Some(set) = Set::useful(tx, ai)? {
            return Ok(set);
        }
        lock_sets(tx)?;
        // Somebody may have begun one meanwhile.
        if let Some(set) = Set::useful(tx, ai)? {
            return Ok(set);
        }
        if let Some(set) = Set::find(tx, SetState::Serving)? {
            set.retire(tx)?;
        }
        Set::begin(tx, ai, SetState::Serving)
    }

    /// What `tow reembed` makes, or goes on making, for whoever asks first.
    pub fn build(tx: &mut Tx, ai: &Ai, is_anew: bool) -> Result<Build> {
        lock_sets(tx)?;
        let under_way = Set::find(tx, SetState::Building)?;
        if let Some(until) = under_way.as_ref().filter(|set| set.is_leased(tx.now)).and_then(|set| set.leased_until) {
            return Ok(Build::Taken(until));
        }
        let serves = Set::find(tx, SetState::Serving)?.is_some_and(|set| set.is_of(ai));
        let under_way = match under_way {
            Some(set) if set.is_of(ai) && (is_anew || !serves) => Some(set),
            Some(set) => set.retire(tx).map(|()| None)?,
            None => None,
        };
        let set = match under_way {
            Some(set) => set,
            None if serves && !is_anew => return Ok(Build::Needless),
            None => {
                // Another model may take what this one did not.
                Sql::named("vectors::forgive", "update passages set fault = null where fault is not null")
                    .execute(tx.conn())?;
                Set::begin(tx, ai, SetState::Building)?
            }
        };
        let lease =
            set.lease(tx, Uuid::nil())?.ok_or_else(|| Error::broken("a set that nobody has could not be taken"))?;
        Ok(Build::Begun(set, lease))
    }

    /// Whether it is made of what tow.yaml names.
    pub fn is_of(&self, ai: &Ai) -> bool {
        self.model == ai.openai_embedding_model && self.dim == i32::from(ai.embedding_dim)
    }

    /// A job has it, or one had that died less than `LEASE_SECONDS` ago.
    pub fn is_leased(&self, now: DateTime<Utc>) -> bool {
        self.leased_until.is_some_and(|until| until > now)
    }

    pub fn is_resting(&self, now: DateTime<Utc>) -> bool {
        self.rests_until.is_some_and(|until| until > now)
    }

    pub fn has_vectors(&self, tx: &mut Tx) -> Result<bool> {
        let mut sql = Sql::named("vectors::has_vectors", "select 1::bigint as number from vectors where set_id = ");
        sql.bind(self.id).push(" limit 1");
        Ok(!sql.load::<Number>(tx.conn())?.is_empty())
    }

    /// Its vectors, counted.
    pub fn count(&self, tx: &mut Tx) -> Result<i64> {
        let mut sql = Sql::named("vectors::count", "select count(*) as number from vectors where set_id = ");
        sql.bind(self.id);
        Ok(sql.load::<Number>(tx.conn())?.first().map(|row| row.number).unwrap_or_default())
    }

    /// As the client counts them.
    pub fn length(&self) -> u16 {
        u16::try_from(self.dim).unwrap_or(u16::MAX)
    }

    /// The column of `vectors` that holds them.
    pub fn column(&self) -> &'static str {
        if self.dim <= MAX_WHOLE_DIM { "whole" } else { "half" }
    }

    fn kind(&self) -> &'static str {
        if self.dim <= MAX_WHOLE_DIM { "vector" } else { "halfvec" }
    }

    /// `vector(1536)`; a number of ours, never text of anybody.
    pub fn sql_type(&self) -> String {
        format!("{}({})", self.kind(), self.dim)
    }

    /// The expression that its index is over; vectors are aliased `v`.
    pub fn expression(&self) -> String {
        format!("(v.{}::{})", self.column(), self.sql_type())
    }

    /// Of its own index, with nothing in it that anybody typed.
    pub fn index_name(&self) -> String {
        format!("vectors_set_{}_idx", self.id)
    }

    fn index(&self) -> String {
        let (id, name, column, kind) = (self.id, self.index_name(), self.column(), self.kind());
        format!(
            "/* vectors::index */ create index {name} on vectors using hnsw (({column}::{}) {kind}_cosine_ops) with (m = {WAYS}, ef_construction = {CANDIDATES}) where set_id = {id}",
            self.sql_type()
        )
    }

    /// Has it for this job alone, a while; None when another one has it. A job that was taken over from a dead server has it at once:
    /// its first holder can do nothing more with the old lease. Nil for what is no job.
    pub fn lease(&self, tx: &mut Tx, job: Uuid) -> Result<Option<Lease>> {
        let lease = Lease(tx.new_id());
        let mut sql = Sql::named("vectors::lease", "update vector_sets set leased_for = ");
        sql.bind(job)
            .push(", leased_by = ")
            .bind(lease.0)
            .push(", leased_until = ")
            .bind(tx.now + Duration::seconds(LEASE_SECONDS));
        sql.push(" where state <> 'retired' and id = ").bind(self.id);
        sql.push(" and (leased_until is null or leased_until <= ").bind(tx.now);
        if !job.is_nil() {
            sql.push(" or leased_for = ").bind(job);
        }
        sql.push(")");
        Ok((sql.execute(tx.conn())? > 0).then_some(lease))
    }

    /// The job that holds it still works; false when it was too slow and another one has it, or when the set was replaced.
    pub fn extend(&self, tx: &mut Tx, lease: Lease) -> Result<bool> {
        let mut sql = Sql::named("vectors::extend", "update vector_sets set leased_until = ");
        sql.bind(tx.now + Duration::seconds(LEASE_SECONDS)).push(" where state <> 'retired' and id = ").bind(self.id);
        sql.push(" and leased_by = ").bind(lease.0);
        Ok(sql.execute(tx.conn())? > 0)
    }

    pub fn give_back(&self, tx: &mut Tx, lease: Lease) -> Result<()> {
        let mut sql = Sql::named(
            "vectors::give_back",
            "update vector_sets set leased_until = null, leased_by = null where id = ",
        );
        sql.bind(self.id).push(" and leased_by = ").bind(lease.0);
        sql.execute(tx.conn())?;
        Ok(())
    }

    /// The provider took something.
    pub fn go_on(&self, tx: &mut Tx) -> Result<()> {
        let mut sql = Sql::named(
            "vectors::go_on",
            "update vector_sets set tries = 0, fault = null, fault_about = null, rests_until = null where id = ",
        );
        sql.bind(self.id).push(" and fault is not null");
        sql.execute(tx.conn())?;
        Ok(())
    }

    /// The provider would not.
    pub fn rest(&self, tx: &mut Tx, fault: &Fault, until: DateTime<Utc>) -> Result<()> {
        let about: String = fault.about.chars().take(MAX_ABOUT_CHARS).collect();
        let mut sql = Sql::named("vectors::rest", "update vector_sets set tries = tries + 1, fault = ");
        sql.bind(fault.reason).push(", fault_about = ").bind(about).push(", rests_until = ").bind(until);
        sql.push(" where id = ").bind(self.id);
        sql.execute(tx.conn())?;
        Ok(())
    }
}

#[derive(QueryableByName)]
pub(super) struct Number {
    #[diesel(sql_type = BigInt)]
    pub number: i64,
}

/// Why a server with this configuration must not start: what it would embed could not be compared with what is there. In words for
/// the operator; None when all is well.
pub fn guard(tx: &mut Tx, ai: &Ai) -> Result<Option<String>> {
    if ai.openai_api_key.is_none() {
        return Ok(None);
    }
    let Some(set) = Set::find(tx, SetState::Serving)?.filter(|set| !set.is_of(ai)) else { return Ok(None) };
    let is_under_way = Set::find(tx, SetState::Building)?.is_some_and(|set| set.is_of(ai));
    if is_under_way || !set.has_vectors(tx)? {
        return Ok(None);
    }
    let (count, dim, model) = (set.count(tx)?, set.dim, &set.model);
    Ok(Some(format!(
        "ai.embedding_dim is {} and ai.openai_embedding_model is {}, but search holds {count} vectors of {dim} numbers made by {model}, and the two cannot be compared.\n\
         Either put back ai.embedding_dim: {dim} and ai.openai_embedding_model: {model}, or run `tow reembed`: it makes the vectors anew as tow.yaml says now, while the old ones still serve. Then start again.",
        ai.embedding_dim, ai.openai_embedding_model
    )))
}
