//! What a reader of the trail looks for.

use crate::access::{Actor, visible};
use crate::audit::ActKind;
use crate::db::Tx;
use crate::db::sql::{Bind, Sql};
use crate::error::Result;
use crate::people::{MAX_OFFERED, PersonId};
use crate::text_enum;
use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Nullable, Text, Uuid as SqlUuid};
use uuid::Uuid;

text_enum!(EventOutcome { Succeeded = "succeeded", Denied = "denied", Failed = "failed" });

/// Empty: everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    pub actor: Option<PersonId>,
    /// None: all. Else any of these.
    pub actions: Option<Vec<ActKind>>,
    pub target: Option<Uuid>,
    pub outcome: Option<EventOutcome>,
    /// Included.
    pub from: Option<DateTime<Utc>>,
    /// Not included.
    pub until: Option<DateTime<Utc>>,
}

/// Somebody who could stand in an event, also who has left.
#[derive(Debug, Clone, QueryableByName)]
pub struct Somebody {
    #[diesel(sql_type = SqlUuid)]
    pub id: PersonId,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Nullable<diesel::sql_types::Timestamptz>)]
    pub deactivated_at: Option<DateTime<Utc>>,
}

impl Filter {
    /// Adds what stands after `where`; events are aliased e.
    pub(in crate::trail) fn narrow(&self, sql: &mut Sql) {
        sql.push("true");
        if let Some(actor) = self.actor {
            sql.push(" and e.actor_id = ").bind(actor);
        }
        if let Some([action]) = self.actions.as_deref() {
            // Equality keeps the order of the index by time.
            sql.push(" and e.action = ").bind(*action);
        } else if let Some(actions) = &self.actions {
            let words = actions.iter().map(|action| action.as_str().to_owned()).collect();
            sql.push(" and e.action = any(").bind(Bind::Texts(words)).push(")");
        }
        if let Some(target) = self.target {
            sql.push(" and e.target_id = ").bind(target);
        }
        if let Some(outcome) = self.outcome {
            sql.push(" and e.outcome = ").bind(outcome);
            if outcome != EventOutcome::Succeeded {
                // Word for word what the index over the few says.
                sql.push(" and e.outcome <> 'succeeded'");
            }
        }
        if let Some(from) = self.from {
            sql.push(" and e.at >= ").bind(from);
        }
        if let Some(until) = self.until {
            sql.push(" and e.at < ").bind(until);
        }
    }

    pub fn is_empty(&self) -> bool {
        *self == Filter::default()
    }
}

/// The acts of one area (`member`), or one act by its whole word; None for what is no act that is kept here.
pub fn actions(word: &str) -> Option<Vec<ActKind>> {
    let kept = ActKind::ALL.iter().copied().filter(|kind| kind.is_privileged());
    let found: Vec<ActKind> = kept.filter(|kind| kind.as_str() == word || area(*kind) == word).collect();
    (!found.is_empty()).then_some(found)
}

/// The word before the dot.
pub fn area(kind: ActKind) -> &'static str {
    kind.as_str().split('.').next().unwrap_or_default()
}

/// What an event may be about, as people name it: an id, RISK-12, a project's key, a person's handle or address. None when there is
/// no such thing, or none that the reader may see.
pub fn find_target(tx: &mut Tx, me: &Actor, text: &str) -> Result<Option<Uuid>> {
    #[derive(QueryableByName)]
    struct Found {
        #[diesel(sql_type = SqlUuid)]
        id: Uuid,
    }
    let text = text.trim().trim_start_matches('@').replace('\0', "");
    if let Ok(id) = text.parse() {
        return Ok(Some(id));
    }
    let mut sql = Sql::named("trail::find_target", "select r.id from records r where r.display_id = ");
    sql.bind(text.to_uppercase()).push(" and ").append(&visible::records(me));
    sql.push(" union all select p.id from projects p where p.key = ").bind(text.to_uppercase()).push(" and ");
    sql.append(&visible::projects(me))
        .push(" union all select id from people where handle = ")
        .bind(text.to_lowercase());
    sql.push(" or email = ").bind(text.to_lowercase());
    sql.push(" union all select id from groups where lower(name) = ").bind(text.to_lowercase()).push(" limit 1");
    Ok(sql.load::<Found>(tx.conn())?.into_iter().next().map(|found| found.id))
}

impl Somebody {
    /// By name, who is here before who has left; one more than can be offered when there are too many.
    pub fn list(tx: &mut Tx) -> Result<Vec<Somebody>> {
        let mut sql = Sql::named(
            "trail::people",
            "select id, name, deactivated_at from people order by deactivated_at is not null, lower(name), id limit ",
        );
        sql.bind(MAX_OFFERED + 1);
        Ok(sql.load(tx.conn())?)
    }
}
