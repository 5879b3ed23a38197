//! What the records of a scope say, by rules: each statement with the record that it comes from. Everything begins at what `me`
//! may read, and `me` is the scope itself.

use super::Type;
use crate::access::{Actor, Kind, visible};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::Result;
use crate::memory;
use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Text, Uuid as SqlUuid};
use uuid::Uuid;

/// Of one heading; what is beyond is counted in the lists themselves.
pub const MAX_STATEMENTS: i32 = 30;

/// One heading of a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    Memory(memory::Type),
    Finished,
    UnderWay,
    Blocked,
    Decided,
    Standing,
    Risks,
    Ended,
    Running,
}

/// One statement and its record.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Statement {
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    #[diesel(sql_type = Text)]
    pub display_id: String,
    #[diesel(sql_type = Text)]
    pub title: String,
}

impl Type {
    /// In the order of the text.
    pub fn sections(self) -> Vec<Section> {
        use memory::Type as Known;
        match self {
            Type::Company => vec![
                Section::Memory(Known::Priority),
                Section::Memory(Known::Commitment),
                Section::Memory(Known::Constraint),
                Section::Memory(Known::Status),
                Section::UnderWay,
                Section::Blocked,
                Section::Decided,
                Section::Risks,
            ],
            Type::Daily => {
                vec![Section::Finished, Section::UnderWay, Section::Blocked, Section::Decided, Section::Ended]
            }
            Type::Weekly => vec![
                Section::Finished,
                Section::Blocked,
                Section::Decided,
                Section::Ended,
                Section::Risks,
                Section::Memory(Known::Learning),
                Section::Memory(Known::Commitment),
            ],
            Type::Cto => vec![
                Section::Memory(Known::Constraint),
                Section::Memory(Known::Assumption),
                Section::Blocked,
                Section::UnderWay,
                Section::Risks,
                Section::Running,
            ],
            Type::Strategy => vec![
                Section::Memory(Known::Priority),
                Section::Memory(Known::NonGoal),
                Section::Memory(Known::Assumption),
                Section::Standing,
                Section::Risks,
                Section::Running,
            ],
        }
    }
}

impl Section {
    /// Message key.
    pub fn label(self) -> String {
        match self {
            Section::Memory(kind) => kind.label(),
            Section::Finished => "snapshot-finished".to_owned(),
            Section::UnderWay => "snapshot-under-way".to_owned(),
            Section::Blocked => "snapshot-blocked".to_owned(),
            Section::Decided => "snapshot-decided".to_owned(),
            Section::Standing => "snapshot-standing".to_owned(),
            Section::Risks => "snapshot-risks".to_owned(),
            Section::Ended => "snapshot-ended".to_owned(),
            Section::Running => "snapshot-running".to_owned(),
        }
    }

    /// At most `MAX_STATEMENTS`, the weightiest or newest first.
    pub fn statements(self, tx: &mut Tx, me: &Actor, since: DateTime<Utc>) -> Result<Vec<Statement>> {
        let (kind, join, order) = match self {
            Section::Memory(kind) => return remembered(tx, me, kind),
            Section::Finished | Section::UnderWay | Section::Blocked => {
                (Kind::Ticket, "join tickets x on x.id = r.id", "x.priority, r.updated_at desc")
            }
            Section::Decided | Section::Standing => {
                (Kind::Decision, "join decisions x on x.id = r.id", "r.updated_at desc")
            }
            Section::Risks => (Kind::Risk, "join risks x on x.id = r.id", "x.score desc, r.updated_at desc"),
            Section::Ended | Section::Running => {
                (Kind::Experiment, "join experiments x on x.id = r.id", "r.updated_at desc")
            }
        };
        let mut sql = Sql::named(
            "snapshots::statements",
            &format!(
                "select r.id, r.display_id, r.title from records r {join} where r.archived_at is null and r.kind = "
            ),
        );
        sql.bind(kind).push(" and ").append(&visible::records(me)).append(&self.condition(tx, me, since));
        sql.push(&format!(" order by {order}, r.id limit ")).bind(MAX_STATEMENTS);
        Ok(sql.load(tx.conn())?)
    }

    /// A day counts from when it begins, where the scope is: what is dated the day on which one looks back to belongs to it.
    fn condition(self, tx: &Tx, me: &Actor, since: DateTime<Utc>) -> Sql {
        let day = |at: DateTime<Utc>| at.with_timezone(&me.zone()).date_naive();
        let mut sql = Sql::new("");
        match self {
            Section::Finished => drop(sql.push(" and x.status = 'done' and x.resolved_at >= ").bind(since)),
            Section::UnderWay => drop(sql.push(" and x.status in ('in_progress', 'in_review')")),
            Section::Blocked => drop(sql.push(" and x.status = 'blocked'")),
            Section::Decided => {
                sql.push(" and x.status = 'active' and (x.decided_on >= ").bind(day(since));
                sql.push(" or x.decided_on is null and r.created_at >= ").bind(since).push(")");
            }
            Section::Standing => drop(sql.push(" and x.status = 'active'")),
            // High and critical, see `risks::Level`.
            Section::Risks => drop(sql.push(" and x.status <> 'closed' and x.score >= 10")),
            // A last day that is still to come was a plan: it ended when somebody said so.
            Section::Ended => {
                sql.push(" and x.status in ('succeeded', 'failed', 'stopped') and case when x.end_on <= ");
                sql.bind(day(tx.now)).push(" then x.end_on >= ").bind(day(since));
                sql.push(" else r.updated_at >= ").bind(since).push(" end");
            }
            Section::Running => drop(sql.push(" and x.status = 'running'")),
            Section::Memory(_) => {}
        }
        sql
    }
}

fn remembered(tx: &mut Tx, me: &Actor, kind: memory::Type) -> Result<Vec<Statement>> {
    let statement = |item: memory::Item| Statement {
        id: item.record.id.0,
        display_id: item.record.display_id,
        title: item.record.title,
    };
    Ok(memory::context_of(tx, me, (None, Some(kind)), MAX_STATEMENTS)?.into_iter().map(statement).collect())
}
