//! One file per ability.

mod board;
mod bulk;
mod change;
mod create;
mod import;
mod list;
mod query;
mod status;

pub use crate::records::{rank_between, rank_of_new};
pub use board::*;
pub use bulk::*;
pub use change::*;
pub use create::*;
pub use import::*;
pub use list::*;
pub use query::*;
pub use status::*;

use crate::access::{Actor, Kind, visible};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Error, Result};
use crate::people::PersonId;
use crate::records::{RECORD_COLUMNS, Record};
use crate::typed_id;
use chrono::{DateTime, NaiveDate, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Date, Int4, Int8, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid};

typed_id!(TicketId);

/// A ticket with its parent row.
#[derive(Debug, Clone, QueryableByName)]
pub struct Ticket {
    #[diesel(embed)]
    pub record: Record,
    #[diesel(sql_type = Text)]
    pub ticket_kind: TicketKind,
    #[diesel(sql_type = Text)]
    pub status: Status,
    /// 1 urgent to 5 lowest.
    #[diesel(sql_type = SmallInt)]
    pub priority: i16,
    /// Markdown.
    #[diesel(sql_type = Text)]
    pub body: String,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub assignee_id: Option<PersonId>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub reporter_id: Option<PersonId>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub parent_id: Option<TicketId>,
    #[diesel(sql_type = Nullable<Date>)]
    pub start_on: Option<NaiveDate>,
    #[diesel(sql_type = Nullable<Date>)]
    pub due_on: Option<NaiveDate>,
    /// Points.
    #[diesel(sql_type = Nullable<Int4>)]
    pub estimate: Option<i32>,
    #[diesel(sql_type = Text)]
    pub rank: String,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub resolved_at: Option<DateTime<Utc>>,
}

pub(in crate::tickets) const TICKET_COLUMNS: &str =
    ", t.kind as ticket_kind, t.status, t.priority, t.body, t.assignee_id,
    t.reporter_id, t.parent_id, t.start_on, t.due_on, t.estimate, t.rank, t.resolved_at";

/// A ticket named by another, as far as the reader may see it.
#[derive(Debug, Clone, QueryableByName)]
pub struct Child {
    #[diesel(embed)]
    pub record: Record,
    #[diesel(sql_type = Text)]
    pub ticket_kind: TicketKind,
    #[diesel(sql_type = Text)]
    pub status: Status,
    #[diesel(sql_type = SmallInt)]
    pub priority: i16,
    #[diesel(sql_type = Nullable<Text>)]
    pub assignee: Option<String>,
}

#[derive(QueryableByName)]
struct Tally {
    #[diesel(sql_type = Int8)]
    done: i64,
    #[diesel(sql_type = Int8)]
    open: i64,
}

impl Ticket {
    pub fn id(&self) -> TicketId {
        TicketId(self.record.id.0)
    }

    /// By display ID; the invisible is `NotFound`.
    pub fn find(tx: &mut Tx, me: &Actor, display_id: &str) -> Result<Ticket> {
        let mut sql = Sql::named(
            "tickets::find",
            &format!(
                "select {RECORD_COLUMNS}{TICKET_COLUMNS} from records r join tickets t on t.id = r.id where r.kind = "
            ),
        );
        sql.bind(Kind::Ticket)
            .push(" and r.display_id = ")
            .bind(display_id)
            .push(" and ")
            .append(&visible::records(me));
        sql.load(tx.conn())?.into_iter().next().ok_or(Error::NotFound)
    }

    /// Those of the display IDs that `me` may see, in no order.
    pub fn find_many(tx: &mut Tx, me: &Actor, display_ids: Vec<String>) -> Result<Vec<Ticket>> {
        let mut sql = Sql::named(
            "tickets::find_many",
            &format!(
                "select {RECORD_COLUMNS}{TICKET_COLUMNS} from records r join tickets t on t.id = r.id where r.kind = "
            ),
        );
        sql.bind(Kind::Ticket).push(" and r.display_id = any(").bind(display_ids).push(") and ");
        sql.append(&visible::records(me));
        Ok(sql.load(tx.conn())?)
    }

    /// As `find`, and holds the row until the transaction ends, so that two editors take turns.
    pub fn find_locked(tx: &mut Tx, me: &Actor, display_id: &str) -> Result<Ticket> {
        let mut sql =
            Sql::named("tickets::lock", "select 1 as one from tickets t join records r on r.id = t.id where r.kind = ");
        sql.bind(Kind::Ticket)
            .push(" and r.display_id = ")
            .bind(display_id)
            .push(" and ")
            .append(&visible::records(me));
        sql.push(" for no key update of t, r");
        sql.execute(tx.conn())?;
        Ticket::find(tx, me, display_id)
    }

    /// The parent, when the reader may see it.
    pub fn parent(&self, tx: &mut Tx, me: &Actor) -> Result<Option<Record>> {
        let Some(parent) = self.parent_id else { return Ok(None) };
        match Record::find_id(tx, me, crate::records::RecordId(parent.0)) {
            Ok(record) => Ok(Some(record)),
            Err(Error::NotFound) => Ok(None),
            Err(other) => Err(other),
        }
    }

    /// Tickets below this one, the open first.
    pub fn children(&self, tx: &mut Tx, me: &Actor) -> Result<Vec<Child>> {
        let mut sql = Sql::named(
            "tickets::children",
            &format!("select {RECORD_COLUMNS}, t.kind as ticket_kind, t.status, t.priority, p.name as assignee
             from tickets t join records r on r.id = t.id left join people p on p.id = t.assignee_id where t.parent_id = "),
        );
        sql.bind(self.id()).push(" and r.archived_at is null and ").append(&visible::records(me));
        sql.push(" order by t.status in ('done', 'canceled'), t.priority, r.number limit 200");
        Ok(sql.load(tx.conn())?)
    }

    /// Done and open tickets below this one: (done, all).
    pub fn progress_below(&self, tx: &mut Tx, me: &Actor) -> Result<(i64, i64)> {
        let mut sql = Sql::named(
            "tickets::progress_below",
            "select count(*) filter (where t.status = 'done') as done, count(*) filter (where t.status not in ('done', 'canceled')) as open
             from tickets t join records r on r.id = t.id where r.archived_at is null and t.parent_id = ",
        );
        sql.bind(self.id()).push(" and ").append(&visible::records(me));
        let tally = sql.load::<Tally>(tx.conn())?.into_iter().next();
        Ok(tally.map(|tally| (tally.done, tally.done + tally.open)).unwrap_or_default())
    }
}

impl Child {
    /// Message key, and the name of the symbol.
    pub fn priority_label(&self) -> String {
        priority_label(self.priority)
    }
}

/// What tickets say, for the search index.
pub fn texts(tx: &mut Tx, ids: &[uuid::Uuid]) -> Result<Vec<crate::records::RecordText>> {
    let mut sql = Sql::named(
        "tickets::texts",
        "select id as record_id, 'body' as source, body as text, null::uuid as author_id, null::timestamptz as at from tickets where id = any(",
    );
    sql.bind(ids.to_vec()).push(")");
    Ok(sql.load(tx.conn())?)
}
