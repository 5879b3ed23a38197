//! Closing a risk, and opening it again: a row says who closed it, when and why.

use super::{Field, Risk, Status};
use crate::access::{Actor, Verb, may};
use crate::audit::{Act, ActKind};
use crate::db::Tx;
use crate::db::sql::{Bind, Sql};
use crate::error::Result;
use crate::text::value::Body;
use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Nullable, Text, Timestamptz};

#[derive(Debug, Clone, QueryableByName)]
pub struct Closure {
    /// None when it was not a person.
    #[diesel(sql_type = Nullable<Text>)]
    pub closed_by: Option<String>,
    #[diesel(sql_type = Timestamptz)]
    pub closed_at: DateTime<Utc>,
    /// Markdown; empty for none.
    #[diesel(sql_type = Text)]
    pub note: String,
    #[diesel(sql_type = Text)]
    pub status_before: Status,
}

impl Risk {
    /// None while it is not closed.
    pub fn closure(&self, tx: &mut Tx) -> Result<Option<Closure>> {
        let mut sql = Sql::named(
            "risks::closure",
            "select p.name as closed_by, c.closed_at, c.note, c.status_before
             from risk_closures c left join people p on p.id = c.closed_by_id where c.risk_id = ",
        );
        sql.bind(self.record.id);
        Ok(sql.load(tx.conn())?.into_iter().next())
    }

    /// Closing what is closed changes nothing, also not who closed it.
    pub fn close(tx: &mut Tx, me: &Actor, display_id: &str, note: &Body) -> Result<Risk> {
        let risk = Risk::find_locked(tx, me, display_id)?;
        let permit = may(tx, me, Verb::Close, &risk.record.thing())?;
        let changed = risk.cell(Field::Status).choose(tx, risk.status, Some(Status::Closed))?;
        if changed.is_some() {
            let mut sql = Sql::named(
                "risks::close",
                "insert into risk_closures (risk_id, closed_by_id, closed_at, note, status_before)",
            );
            let (id, by, text) = (risk.record.id, me.person_id().map(|id| id.0), note.as_str());
            let values: [Bind; 5] = [id.into(), by.into(), tx.now.into(), text.into(), risk.status.into()];
            sql.add(" values (?, ?, ?, ?, ?)", values);
            sql.execute(tx.conn())?;
            risk.record.mention(tx, me, "closure", note)?;
        }
        let act = changed.map(|_| Act::new(ActKind::Closed).on(risk.record.id));
        risk.record.settle(tx, permit, act)?;
        Risk::find(tx, me, display_id)
    }

    /// Undoes `close`: it is again what it was before.
    pub fn reopen(tx: &mut Tx, me: &Actor, display_id: &str) -> Result<Risk> {
        let risk = Risk::find_locked(tx, me, display_id)?;
        let permit = may(tx, me, Verb::Close, &risk.record.thing())?;
        let act = match risk.closure(tx)? {
            None => None,
            Some(closure) => {
                let mut sql = Sql::named("risks::reopen", "delete from risk_closures where risk_id = ");
                sql.bind(risk.record.id);
                sql.execute(tx.conn())?;
                risk.cell(Field::Status).choose(tx, risk.status, Some(closure.status_before))?;
                risk.record.refer(tx, me, "closure", "")?;
                Some(Act::new(ActKind::Reopened).on(risk.record.id))
            }
        };
        risk.record.settle(tx, permit, act)?;
        Risk::find(tx, me, display_id)
    }
}
