//! `WAS` and `CHANGED`: what a field was, from the activity, which keeps each change with its old and its new value.

use super::field::{Field, History, Type};
use super::tree::{Value, When};
use super::value::Reader;
use super::{Fault, Outcome};
use crate::db::sql::{Bind, Sql};
use chrono::{DateTime, Utc};

/// The bounds of `AFTER` and `BEFORE`, and the people of `BY`.
struct Bounds {
    after: Option<DateTime<Utc>>,
    before: Option<DateTime<Utc>>,
    by: Option<Sql>,
}

impl Reader<'_, '_> {
    /// True where the field had one of the values at some time between the bounds, given by one of those people.
    pub fn was(&mut self, field: &Field, history: History, values: &[Value], when: &When) -> Outcome<Sql> {
        let held = self.held(field, "s.value", values)?;
        let bounds = self.bounds(when, "s.by_id")?;
        let mut sql = Sql::new("exists (with c as (select a.at, a.id, a.actor_id, ");
        sql.push(&format!("{} as old, {} as new ", side(history.old), side(history.old + 1)));
        sql.append(&changes_of(history)).push(&format!(
            ") select 1 from (select c.at as since, lead(c.at) over (order by c.at, c.id) as until, c.new as value, c.actor_id as by_id from c
             union all select r.created_at, (select min(c.at) from c),
               case when exists (select 1 from c) then (select c.old from c order by c.at, c.id limit 1) else {} end, r.author_id) s where ",
            history.now
        ));
        sql.append(&held);
        if let Some(after) = bounds.after {
            sql.push(" and (s.until is null or s.until > ").bind(after).push(")");
        }
        if let Some(before) = bounds.before {
            sql.push(" and s.since < ").bind(before);
        }
        if let Some(by) = bounds.by {
            sql.push(" and ").append(&by);
        }
        sql.push(")");
        Ok(sql)
    }

    /// True where the field was changed, from one of the values to one of the others, between the bounds, by one of those people.
    pub fn changed(
        &mut self,
        field: &Field,
        history: History,
        (from, to): (&[Value], &[Value]),
        when: &When,
    ) -> Outcome<Sql> {
        let bounds = self.bounds(when, "a.actor_id")?;
        let mut sql = Sql::new("exists (select 1 ");
        sql.append(&changes_of(history));
        for (side, values) in [(side(history.old), from), (side(history.old + 1), to)] {
            if !values.is_empty() {
                sql.push(" and ").append(&self.held(field, &side, values)?);
            }
        }
        if let Some(after) = bounds.after {
            sql.push(" and a.at >= ").bind(after);
        }
        if let Some(before) = bounds.before {
            sql.push(" and a.at < ").bind(before);
        }
        if let Some(by) = bounds.by {
            sql.push(" and ").append(&by);
        }
        sql.push(")");
        Ok(sql)
    }

    /// True where `expression`, as activity writes it, is one of the values. `EMPTY` is none at all.
    fn held(&mut self, field: &Field, expression: &str, values: &[Value]) -> Outcome<Sql> {
        let (empty, values): (Vec<Value>, Vec<Value>) = values.iter().cloned().partition(Value::is_empty);
        let mut sql = Sql::new("(");
        if !empty.is_empty() {
            sql.push(expression).push(" is null");
        }
        if !values.is_empty() {
            sql.push(if empty.is_empty() { "" } else { " or " });
            match field.of {
                Type::Person => sql.append(&self.whom(&values)?.holds(expression, "::text")),
                _ => {
                    let written = self.written(field, &values)?;
                    sql.push(expression).push(" = any(").bind(Bind::Texts(written)).push(")")
                }
            };
        }
        sql.push(")");
        Ok(sql)
    }

    fn bounds(&mut self, when: &When, by: &str) -> Result<Bounds, Fault> {
        let span = |name, value: &Option<Value>| value.as_ref().map(|value| self.span(name, value)).transpose();
        let after = span("AFTER", &when.after)?.map(|span| span.to);
        let before = span("BEFORE", &when.before)?.map(|span| span.from);
        let by = match when.by.is_empty() {
            true => None,
            false => Some(self.whom(&when.by)?.holds(by, "")),
        };
        Ok(Bounds { after, before, by })
    }
}

/// An empty text and none at all are both empty.
fn side(place: i32) -> String {
    format!("nullif(e.change->>{place}, '')")
}

fn changes_of(history: History) -> Sql {
    let mut sql = Sql::new("from activity a cross join lateral jsonb_array_elements(a.details->'changes') e(change)");
    sql.push(" where a.record_id = t.id and a.act = 'changed' and e.change->>0 = ").bind(history.word);
    // A change from before ids were kept beside names says nothing of ids.
    sql.push(&format!(" and jsonb_array_length(e.change) > {}", history.old + 1));
    sql
}
