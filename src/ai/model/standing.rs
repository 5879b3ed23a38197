//! What applies to one call: the policies of all that is in it.

use super::policy::SELECT;
use super::{Asking, Endpoint, Level, Policy, is_named};
use crate::access::{Actor, ProjectId};
use crate::ai::{Fault, Masks, Reason};
use crate::db::Tx;
use crate::db::sql::{Bind, Sql};
use crate::error::{Error, Result};
use diesel::QueryableByName;
use diesel::sql_types::{Array, Bool, Nullable, Text, Uuid as SqlUuid};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// What applies to one call: the strictest of all policies that its records and its project touch.
#[derive(Debug, Clone)]
pub struct Standing {
    policies: Vec<Ruling>,
    is_kept: bool,
    assistant: Option<String>,
}

#[derive(Debug, Clone, QueryableByName)]
struct Ruling {
    #[diesel(sql_type = Text)]
    level: Level,
    #[diesel(sql_type = Nullable<Array<Text>>)]
    models: Option<Vec<String>>,
    #[diesel(sql_type = Nullable<Array<Text>>)]
    hosts: Option<Vec<String>>,
    #[diesel(sql_type = Nullable<Array<Text>>)]
    assistants: Option<Vec<String>>,
    /// Of the organisation or project; empty where the asker must not read it.
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    project_id: Option<Uuid>,
}

impl Standing {
    pub fn of(tx: &mut Tx, asking: &Asking, records: &[Uuid]) -> Result<Standing> {
        let mut sql = Sql::named(
            "ai::standing",
            "select p.level, p.models, p.hosts, p.assistants, coalesce(j.name, o.name) as name, p.project_id from ai_policies p join organisations o on o.id = p.organisation_id
             left join projects j on j.id = p.project_id where p.organisation_id = ",
        );
        sql.bind(asking.organisation).push(" and (p.project_id is null or p.project_id = ");
        sql.bind(asking.project.map(|id| id.0))
            .push(" or p.project_id in (select r.project_id from records r where r.id = any(");
        sql.bind(Bind::Uuids(records.to_vec())).push(")))");
        // Of the groups whose records are in it, and of those that whoever asks is in.
        sql.push(" union all select p.level, p.models, p.hosts, p.assistants, g.name, null::uuid from ai_group_policies p join groups g on g.id = p.group_id");
        sql.push(" where p.organisation_id = ").bind(asking.organisation);
        sql.push(" and (p.group_id in (select r.group_id from records r where r.id = any(");
        sql.bind(Bind::Uuids(records.to_vec()))
            .push(")) or p.group_id in (select m.group_id from group_members m where m.person_id = ");
        // Approvals bar as a list of hosts does, once that list was begun; also when nobody is on it any more.
        sql.bind(asking.person.map(|id| id.0))
            .push(")) union all select 'all', null, coalesce(array_agg(a.host), '{}'), null, '', null::uuid");
        sql.push(" from provider_approvals a where a.organisation_id = ").bind(asking.organisation);
        sql.push(" having count(*) > 0 or exists (select from provider_lists l where l.organisation_id = ");
        sql.bind(asking.organisation).push(") order by project_id nulls first, name");
        let mut policies: Vec<Ruling> = sql.load(tx.conn())?;
        Standing::hide_names(tx, asking, &mut policies)?;
        let (is_kept, assistant) = (Standing::kept(tx, asking, records)?, asking.assistant.clone());
        Ok(Standing { policies, is_kept, assistant })
    }

    /// A refusal names only a project that whoever asks may see.
    fn hide_names(tx: &mut Tx, asking: &Asking, policies: &mut [Ruling]) -> Result<()> {
        let may_refuse = |policy: &&mut Ruling| policy.project_id.is_some() && policy.level < Level::All;
        let mut named = policies.iter_mut().filter(may_refuse).peekable();
        if named.peek().is_none() {
            return Ok(());
        }
        let me = match asking.person.map(|person| Actor::of_person(tx, person)).transpose() {
            Err(Error::NotFound) => None,
            found => found?,
        };
        for policy in named {
            let id = policy.project_id.map(ProjectId);
            let is_seen = me.as_ref().zip(id).is_some_and(|(me, id)| me.project_by_id(id).is_some());
            if !is_seen {
                policy.name.clear();
            }
        }
        Ok(())
    }

    /// Private records go out for their owner and nobody else, and not at all when the owner keeps them out. Of a record that is not
    /// there (any more) nobody knows whose it was, so it is taken for such a one.
    fn kept(tx: &mut Tx, asking: &Asking, records: &[Uuid]) -> Result<bool> {
        #[derive(QueryableByName)]
        struct Kept {
            #[diesel(sql_type = Bool)]
            is_kept: bool,
        }
        if records.is_empty() {
            return Ok(false);
        }
        let records: BTreeSet<Uuid> = records.iter().copied().collect();
        let all = i64::try_from(records.len()).unwrap_or(i64::MAX);
        let mut sql = Sql::named("ai::kept", "select count(*) filter (where r.scope <> 'user' or (r.owner_id = ");
        sql.bind(asking.person.map(|id| id.0));
        sql.push(" and not exists (select from ai_refusals k where k.person_id = r.owner_id))) <> ").bind(all);
        sql.push(" as is_kept from records r where r.organisation_id = ").bind(asking.organisation);
        sql.push(" and r.id = any(").bind(Bind::Uuids(records.into_iter().collect())).push(")");
        Ok(sql.load::<Kept>(tx.conn())?.first().is_some_and(|row| row.is_kept))
    }

    /// The strictest of all.
    pub fn level(&self) -> Level {
        self.policies.iter().map(|policy| policy.level).min().unwrap_or(Level::All)
    }

    /// Whom all of them allow; None where none of them names any.
    pub fn assistants(&self) -> Option<Vec<String>> {
        let mut lists = self.policies.iter().filter_map(|policy| policy.assistants.as_ref());
        let first = lists.next()?.clone();
        Some(lists.fold(first, |left, list| left.into_iter().filter(|key| list.contains(key)).collect()))
    }

    fn allows_assistant(&self, key: &String) -> bool {
        self.assistants().is_none_or(|allowed| allowed.contains(key))
    }

    /// `host` with its port, unless it is the usual one.
    pub fn refusal(&self, endpoint: Endpoint, host: &str, model: &str) -> Option<Fault> {
        if let Some(policy) = self.policies.iter().find(|policy| policy.level < endpoint.needs()) {
            return Some(Fault::new(Reason::Policy).about(&policy.name));
        }
        if self.is_kept {
            return Some(Fault::new(Reason::Kept));
        }
        let bars = |policy: &&Ruling| {
            policy.hosts.as_ref().is_some_and(|hosts| !hosts.iter().any(|named| is_named(host, named)))
        };
        if self.policies.iter().any(|policy| bars(&policy)) {
            return Some(Fault::new(Reason::Host).about(host));
        }
        if let Some(assistant) = self.assistant.as_ref().filter(|key| !self.allows_assistant(key)) {
            return Some(Fault::new(Reason::Assistant).about(assistant));
        }
        if endpoint.is_web() {
            return None;
        }
        let forbids =
            |policy: &&Ruling| policy.models.as_ref().is_some_and(|models| !models.iter().any(|name| name == model));
        self.policies.iter().find(forbids).map(|_| Fault::new(Reason::Model).about(model))
    }
}

#[derive(QueryableByName)]
struct Placed {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    place_id: Uuid,
}

/// Those whose text may leave for this kind of call at all: one place with AI off, or one person who keeps theirs out, closes no
/// whole question.
pub fn open_records(tx: &mut Tx, asking: &Asking, endpoint: Endpoint, ids: &[Uuid]) -> Result<Vec<Uuid>> {
    let is_closed = |tx: &mut Tx, ids: &[Uuid]| -> Result<bool> {
        let standing = Standing::of(tx, asking, ids)?;
        Ok(standing.is_kept || standing.level() < endpoint.needs())
    };
    // Mostly nothing is closed, and one look tells.
    if ids.is_empty() || !is_closed(tx, ids)? {
        return Ok(ids.to_vec());
    }
    // What closes a text is a rule of its place, so one of each place speaks for the others.
    let mut places: BTreeMap<Uuid, bool> = BTreeMap::new();
    let mut open = Vec::new();
    let mut sql = Sql::named("ai::places", "select id, place_id from records where id = any(");
    sql.bind(Bind::Uuids(ids.to_vec())).push(")");
    let of: BTreeMap<Uuid, Uuid> =
        sql.load::<Placed>(tx.conn())?.into_iter().map(|row| (row.id, row.place_id)).collect();
    for id in ids {
        // Of what is not there any more nobody knows the place.
        let Some(place) = of.get(id) else { continue };
        let is_shut = match places.get(place) {
            Some(is_shut) => *is_shut,
            None => is_closed(tx, &[*id])?,
        };
        places.insert(*place, is_shut);
        if !is_shut {
            open.push(*id);
        }
    }
    Ok(open)
}

/// Keys of the assistants that may answer here; None: all.
pub fn assistants_allowed(tx: &mut Tx, asking: &Asking, records: &[Uuid]) -> Result<Option<Vec<String>>> {
    Ok(Standing::of(tx, asking, records)?.assistants())
}

/// Places whose texts must not leave at all: projects with AI off, people who keep theirs out, and all while the organisation has it
/// off. A query of ids, for who keeps what was made of such texts.
pub fn closed_places() -> Sql {
    Sql::new(
        "select p.project_id as id from ai_policies p where p.project_id is not null and p.level = 'off'
         union all select g.group_id from ai_group_policies g where g.level = 'off'
         union all select k.person_id from ai_refusals k
         union all select x.id from ai_policies p cross join lateral (
           select p.organisation_id as id union all select j.id from projects j where j.organisation_id = p.organisation_id
           union all select g.id from groups g where g.organisation_id = p.organisation_id
           union all select m.person_id from memberships m where m.organisation_id = p.organisation_id) x
         where p.project_id is null and p.level = 'off'",
    )
}

/// What is masked in everything that leaves.
pub fn masks(tx: &mut Tx, asking: &Asking) -> Result<Masks> {
    let mut sql = Sql::named("ai::masks", SELECT);
    sql.push("p.project_id is null and p.organisation_id = ").bind(asking.organisation);
    let policy: Option<Policy> = sql.load(tx.conn())?.into_iter().next();
    Ok(policy.map_or_else(Masks::default, |policy| Masks {
        addresses: policy.masks_addresses,
        secrets: policy.masks_secrets,
        words: policy.masked_words,
        patterns: policy.masked_patterns,
    }))
}
