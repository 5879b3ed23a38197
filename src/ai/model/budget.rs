//! Tokens of this month, counted as calls end. A month is that of UTC. A call under way when the last token is spent ends as it would.

use super::Asking;
use crate::ai::{Fault, Reason};
use crate::db::Tx;
use crate::db::sql::{Bind, Sql};
use crate::error::Result;
use chrono::{DateTime, Datelike, NaiveDate, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Text, Uuid as SqlUuid};
use uuid::Uuid;

/// The first day of the month.
pub fn month(now: DateTime<Utc>) -> NaiveDate {
    let today = now.date_naive();
    today.with_day(1).unwrap_or(today)
}

/// What is spent and what may be, of one holder.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Budget {
    #[diesel(sql_type = SqlUuid)]
    pub holder: Uuid,
    /// Of the organisation or project; empty for a person.
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = BigInt)]
    pub limit: i64,
    #[diesel(sql_type = BigInt)]
    pub spent: i64,
}

impl Budget {
    /// Every budget that applies to a call, the organisation's first.
    pub fn list(tx: &mut Tx, asking: &Asking) -> Result<Vec<Budget>> {
        let mut sql = Sql::named(
            "ai::budgets",
            "select b.holder, b.name, b.tokens as limit, coalesce(u.tokens, 0) as spent from (
               select p.project_id is null as is_first, coalesce(p.project_id, p.organisation_id) as holder, coalesce(j.name, o.name) as name, p.monthly_tokens as tokens
               from ai_policies p join organisations o on o.id = p.organisation_id left join projects j on j.id = p.project_id where p.organisation_id = ",
        );
        sql.bind(asking.organisation)
            .push(" and p.monthly_tokens is not null and (p.project_id is null or p.project_id = ");
        sql.bind(asking.project.map(|id| id.0)).push(")");
        if let Some(person) = asking.person {
            sql.push(" union all select false, ")
                .bind(person)
                .push(", '', p.person_monthly_tokens from ai_policies p where p.organisation_id = ");
            sql.bind(asking.organisation).push(" and p.project_id is null and p.person_monthly_tokens is not null");
        }
        sql.push(") b left join ai_usage u on u.holder = b.holder and u.month = ").bind(month(tx.now));
        sql.push(" order by b.is_first desc, b.name desc");
        Ok(sql.load(tx.conn())?)
    }

    pub(in crate::ai) fn refusal(tx: &mut Tx, asking: &Asking) -> Result<Option<Fault>> {
        let empty = Budget::list(tx, asking)?.into_iter().find(|budget| budget.spent >= budget.limit);
        Ok(empty.map(|budget| Fault::new(Reason::Budget).about(budget.name)))
    }

    pub(in crate::ai) fn spend(tx: &mut Tx, asking: &Asking, tokens: i64) -> Result<()> {
        let mut holders = vec![asking.organisation.0];
        holders.extend(asking.project.map(|id| id.0));
        holders.extend(asking.person.map(|id| id.0));
        // Always in the same order, so that two calls that end together do not wait for each other in a circle.
        holders.sort_unstable();
        let mut sql = Sql::named("ai::spend", "insert into ai_usage as u (month, holder, tokens, calls) select ");
        sql.bind(month(tx.now)).push(", h, ").bind(tokens).push(", 1 from unnest(").bind(Bind::Uuids(holders));
        sql.push("::uuid[]) h on conflict (month, holder) do update set tokens = u.tokens + excluded.tokens, calls = u.calls + 1");
        sql.execute(tx.conn())?;
        Ok(())
    }

    /// Tokens of this month, whether there is a limit or not.
    pub fn spent_by(tx: &mut Tx, holder: Uuid) -> Result<i64> {
        #[derive(QueryableByName)]
        struct Spent {
            #[diesel(sql_type = BigInt)]
            tokens: i64,
        }
        let mut sql = Sql::named("ai::spent", "select tokens from ai_usage where holder = ");
        sql.bind(holder).push(" and month = ").bind(month(tx.now));
        Ok(sql.load::<Spent>(tx.conn())?.first().map(|row| row.tokens).unwrap_or_default())
    }

    /// 0 to 100.
    pub fn percent(&self) -> i64 {
        if self.limit == 0 { 100 } else { (self.spent.saturating_mul(100) / self.limit).clamp(0, 100) }
    }
}
