//! Tokens of this month, counted as calls end. A month is that of UTC. A call under way counts as what it may cost, so that many at
//! once do not each take the last token; it ends as it would when the last is spent.

use super::{Asking, LEASE_SECONDS, OF_THE_WEB};
use crate::ai::{Fault, Reason};
use crate::db::Tx;
use crate::db::sql::{Bind, Sql};
use crate::error::Result;
use chrono::{DateTime, Datelike, Duration, NaiveDate, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Text, Uuid as SqlUuid};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Roughly, of English text and JSON; what nobody counted is guessed by it.
pub const BYTES_PER_TOKEN: i64 = 4;
/// An answer that is not there yet is taken for so long.
pub const ANSWER_TOKENS: i64 = 2000;

/// The first day of the month.
pub fn month(now: DateTime<Utc>) -> NaiveDate {
    let today = now.date_naive();
    today.with_day(1).unwrap_or(today)
}

/// Whose budgets a call counts against: the organisation's, its person's, its project's and those of its records' projects.
pub fn holders(tx: &mut Tx, asking: &Asking, records: &[Uuid]) -> Result<Vec<Uuid>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = SqlUuid)]
        id: Uuid,
    }
    let mut holders = BTreeSet::from([asking.organisation.0]);
    holders.extend(asking.project.map(|id| id.0));
    holders.extend(asking.person.map(|id| id.0));
    if !records.is_empty() {
        let mut sql = Sql::named("ai::holders", "select distinct r.project_id as id from records r where r.id = any(");
        sql.bind(Bind::Uuids(records.to_vec())).push(") and r.project_id is not null");
        holders.extend(sql.load::<Row>(tx.conn())?.into_iter().map(|row| row.id));
    }
    Ok(holders.into_iter().collect())
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
    /// What calls under way may cost.
    #[diesel(sql_type = BigInt)]
    pub open: i64,
}

impl Budget {
    /// Every budget that applies to a call with these records, the organisation's first.
    pub fn list(tx: &mut Tx, asking: &Asking, records: &[Uuid]) -> Result<Vec<Budget>> {
        let holders = holders(tx, asking, records)?;
        let mut sql = Sql::named(
            "ai::budgets",
            "select b.holder, b.name, b.tokens as limit, coalesce(u.tokens, 0) as spent, coalesce(w.tokens, 0) as open from (
               select p.project_id is null as is_first, coalesce(p.project_id, p.organisation_id) as holder, coalesce(j.name, o.name) as name, p.monthly_tokens as tokens
               from ai_policies p join organisations o on o.id = p.organisation_id left join projects j on j.id = p.project_id where p.organisation_id = ",
        );
        sql.bind(asking.organisation)
            .push(" and p.monthly_tokens is not null and (p.project_id is null or p.project_id = any(");
        sql.bind(Bind::Uuids(holders)).push("))");
        if let Some(person) = asking.person {
            sql.push(" union all select false, ")
                .bind(person)
                .push(", '', p.person_monthly_tokens from ai_policies p where p.organisation_id = ");
            sql.bind(asking.organisation).push(" and p.project_id is null and p.person_monthly_tokens is not null");
        }
        sql.push(") b left join ai_usage u on u.holder = b.holder and u.month = ").bind(month(tx.now));
        sql.push(&format!(" left join lateral (select sum(case when c.{OF_THE_WEB} then 0 else c.bytes_out / "))
            .bind(BYTES_PER_TOKEN)
            .push(" end");
        sql.push(" + case when c.endpoint not in ('responses', 'stream') then 0 else ").bind(ANSWER_TOKENS);
        sql.push(" end)::bigint as tokens from ai_calls c where c.outcome = 'open' and c.holders @> array[b.holder]");
        sql.push(" and coalesce(c.alive_at, c.at) > ").bind(tx.now - Duration::seconds(LEASE_SECONDS));
        sql.push(") w on true order by b.is_first desc, b.name desc");
        Ok(sql.load(tx.conn())?)
    }

    /// What is spent is gone until the next month; what is only under way may be waited for.
    pub(in crate::ai) fn refusal(tx: &mut Tx, asking: &Asking, records: &[Uuid]) -> Result<Option<Fault>> {
        let budgets = Budget::list(tx, asking, records)?;
        if let Some(empty) = budgets.iter().find(|budget| budget.spent >= budget.limit) {
            return Ok(Some(Fault::new(Reason::Budget).about(&empty.name)));
        }
        let is_taken = budgets.iter().any(|budget| budget.spent + budget.open >= budget.limit);
        Ok(is_taken.then(|| Fault::new(Reason::Busy)))
    }

    /// Calls with their holders and tokens, added to the month.
    pub(in crate::ai) fn spend(tx: &mut Tx, calls: &[(&[Uuid], i64)]) -> Result<()> {
        // Always in the same order, so that two calls that end together do not wait for each other in a circle.
        let mut sums: BTreeMap<Uuid, (i64, i64)> = BTreeMap::new();
        for (holders, tokens) in calls {
            for holder in *holders {
                let sum = sums.entry(*holder).or_default();
                *sum = (sum.0 + tokens, sum.1 + 1);
            }
        }
        let sums: Vec<_> = sums.into_iter().map(|(holder, (tokens, calls))| json!([holder, tokens, calls])).collect();
        let mut sql = Sql::named("ai::spend", "insert into ai_usage as u (month, holder, tokens, calls) select ");
        sql.bind(month(tx.now))
            .push(", (s ->> 0)::uuid, (s ->> 1)::bigint, (s ->> 2)::bigint from jsonb_array_elements(");
        sql.bind(Bind::Json(sums.into())).push(
            ") s on conflict (month, holder) do update set tokens = u.tokens + excluded.tokens, calls = u.calls + excluded.calls",
        );
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
