//! What may leave: a policy of the organisation, one of each project that wants less, and people who keep their private records out.
//! The strictest that applies wins.

use super::{Asking, Endpoint, Sending};
use crate::access::{Actor, Permission, ProjectId, Thing, Verb, check, may};
use crate::ai::{Fault, Masks, Reason};
use crate::audit::{self, Act, ActKind};
use crate::db::Tx;
use crate::db::sql::{Bind, Sql};
use crate::error::{Conflict, Error, Result};
use crate::text_enum;
use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Bool, Int4, Nullable, Text, Timestamptz};
use std::collections::BTreeSet;
use uuid::Uuid;

text_enum!(
    /// Strictest first, so that the least of several holds.
    Level {
        /// Nothing leaves.
        Off = "off",
        /// Only texts to be made into vectors for search.
        Embeddings = "embeddings",
        /// Models, but no search in the web.
        NoWeb = "no_web",
        All = "all",
    }
);

/// Of one place.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Policy {
    #[diesel(sql_type = Text)]
    pub level: Level,
    /// None: whatever tow.yaml names.
    #[diesel(sql_type = Nullable<Array<Text>>)]
    pub models: Option<Vec<String>>,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub monthly_tokens: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub person_monthly_tokens: Option<i64>,
    #[diesel(sql_type = Bool)]
    pub masks_addresses: bool,
    #[diesel(sql_type = Bool)]
    pub masks_secrets: bool,
    /// In lower case.
    #[diesel(sql_type = Array<Text>)]
    pub masked_words: Vec<String>,
    /// 0 before anybody saved one.
    #[diesel(sql_type = Int4)]
    pub version: i32,
    #[diesel(sql_type = Nullable<Text>)]
    pub updated_by: Option<String>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub updated_at: Option<DateTime<Utc>>,
}

impl Default for Policy {
    /// Where nobody decided: what tow.yaml and its key allow.
    fn default() -> Self {
        Policy {
            level: Level::All,
            models: None,
            monthly_tokens: None,
            person_monthly_tokens: None,
            masks_addresses: false,
            masks_secrets: false,
            masked_words: Vec::new(),
            version: 0,
            updated_by: None,
            updated_at: None,
        }
    }
}

const SELECT: &str =
    "select p.level, p.models, p.monthly_tokens, p.person_monthly_tokens, p.masks_addresses, p.masks_secrets, p.masked_words, p.version, b.name as updated_by, p.updated_at
    from ai_policies p left join people b on b.id = p.updated_by_id where ";

/// Where a policy belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sphere {
    Organisation,
    Project(ProjectId),
}

impl Sphere {
    pub fn thing(self) -> Thing {
        match self {
            Sphere::Organisation => Thing::Organisation(Permission::AiManage),
            Sphere::Project(id) => Thing::Project(id),
        }
    }

    fn project(self) -> Option<Uuid> {
        match self {
            Sphere::Organisation => None,
            Sphere::Project(id) => Some(id.0),
        }
    }
}

impl Policy {
    /// Every member may know what may leave; a project's is for who sees the project.
    pub fn find(tx: &mut Tx, me: &Actor, sphere: Sphere) -> Result<Policy> {
        match sphere {
            Sphere::Organisation if me.role.is_none() => return Err(Error::NotFound),
            Sphere::Organisation => {}
            Sphere::Project(_) => check(me, Verb::See, &sphere.thing())?,
        }
        Ok(Policy::load(tx, sphere, "")?.unwrap_or_default())
    }

    fn load(tx: &mut Tx, sphere: Sphere, lock: &str) -> Result<Option<Policy>> {
        let mut sql = Sql::named("ai::policy", SELECT);
        sql.push("p.project_id is not distinct from ").bind(sphere.project()).push(lock);
        Ok(sql.load(tx.conn())?.into_iter().next())
    }

    /// `Conflict` when somebody saved it since version `self.version` was read.
    pub fn save(&self, tx: &mut Tx, me: &Actor, sphere: Sphere) -> Result<()> {
        let permit = may(tx, me, Verb::Administer, &sphere.thing())?;
        let organisation = me.organisation_id().ok_or(Error::NotFound)?;
        let old = Policy::load(tx, sphere, " for update of p")?.unwrap_or_default();
        if self.is_same(&old) {
            permit.unused(tx);
            return Ok(());
        }
        if old.version != self.version {
            return Err(self.stale(&old));
        }
        let mut sql = Sql::named(
            "ai::save_policy",
            "insert into ai_policies as p (id, organisation_id, project_id, level, models, monthly_tokens, person_monthly_tokens, masks_addresses,
               masks_secrets, masked_words, updated_by_id,
               updated_at) values (",
        );
        sql.bind(tx.new_id())
            .push(", ")
            .bind(organisation)
            .push(", ")
            .bind(sphere.project())
            .push(", ")
            .bind(self.level)
            .push(", ");
        match &self.models {
            Some(models) => sql.bind(Bind::Texts(models.clone())),
            None => sql.push("null"),
        };
        for number in [self.monthly_tokens, self.person_monthly_tokens] {
            // 0 means that nothing may leave, which is not the same as no limit.
            sql.push(", nullif(").bind(number.unwrap_or(-1)).push(", -1)");
        }
        sql.push(", ").bind(self.masks_addresses).push(", ").bind(self.masks_secrets).push(", ");
        sql.bind(Bind::Texts(self.masked_words.clone()));
        sql.push(", ").bind(me.person_id().map(|id| id.0)).push(", ").bind(tx.now);
        sql.push(
            ") on conflict (organisation_id, project_id) do update set level = excluded.level, models = excluded.models,
               monthly_tokens = excluded.monthly_tokens, person_monthly_tokens = excluded.person_monthly_tokens, masks_addresses = excluded.masks_addresses,
               masks_secrets = excluded.masks_secrets, masked_words = excluded.masked_words,
               updated_by_id = excluded.updated_by_id, updated_at = excluded.updated_at, version = p.version + 1
               where p.version = ",
        );
        sql.bind(self.version);
        // Two may both be the first: there was no row to lock.
        if sql.execute(tx.conn())? == 0 {
            let theirs = Policy::load(tx, sphere, "")?.unwrap_or_default();
            return Err(self.stale(&theirs));
        }
        let mut act = Act::new(ActKind::AiPolicyChanged);
        act = match sphere {
            Sphere::Organisation => act.target("organisation", organisation),
            Sphere::Project(project) => act.in_project(project),
        };
        audit::record(
            tx,
            permit,
            self.differences(&old).into_iter().fold(act, |act, (field, was, is)| act.change(field, was, is)),
        )
    }

    fn stale(&self, theirs: &Policy) -> Error {
        Error::Conflict(Box::new(Conflict {
            field: "version",
            theirs: theirs.level.to_string(),
            yours: self.level.to_string(),
            seen: theirs.version.to_string(),
        }))
    }

    fn is_same(&self, old: &Policy) -> bool {
        self.differences(old).is_empty()
    }

    /// Field, what it was, what it is.
    pub fn differences(&self, old: &Policy) -> Vec<(&'static str, String, String)> {
        let number = |number: Option<i64>| number.map(|number| number.to_string()).unwrap_or_default();
        let models = |models: &Option<Vec<String>>| models.as_ref().map(|names| names.join(" ")).unwrap_or_default();
        let all = [
            ("level", old.level.to_string(), self.level.to_string()),
            ("models", models(&old.models), models(&self.models)),
            ("monthly_tokens", number(old.monthly_tokens), number(self.monthly_tokens)),
            ("person_monthly_tokens", number(old.person_monthly_tokens), number(self.person_monthly_tokens)),
            ("masks_addresses", old.masks_addresses.to_string(), self.masks_addresses.to_string()),
            ("masks_secrets", old.masks_secrets.to_string(), self.masks_secrets.to_string()),
        ];
        let mut found: Vec<_> = all.into_iter().filter(|(_, was, is)| was != is).collect();
        if self.masked_words != old.masked_words {
            // How many; the words themselves are what must not be told.
            let count = |policy: &Policy| policy.masked_words.len().to_string();
            found.push(("masked_words", count(old), count(self)));
        }
        found
    }
}

/// What applies to one call: the strictest of all policies that its records and its project touch.
#[derive(Debug, Clone)]
pub struct Standing {
    policies: Vec<Ruling>,
    is_kept: bool,
}

#[derive(Debug, Clone, QueryableByName)]
struct Ruling {
    #[diesel(sql_type = Text)]
    level: Level,
    #[diesel(sql_type = Nullable<Array<Text>>)]
    models: Option<Vec<String>>,
    /// Of the organisation or project.
    #[diesel(sql_type = Text)]
    name: String,
}

impl Standing {
    pub fn of(tx: &mut Tx, asking: &Asking, records: &[Uuid]) -> Result<Standing> {
        let mut sql = Sql::named(
            "ai::standing",
            "select p.level, p.models, coalesce(j.name, o.name) as name from ai_policies p join organisations o on o.id = p.organisation_id
             left join projects j on j.id = p.project_id where p.organisation_id = ",
        );
        sql.bind(asking.organisation).push(" and (p.project_id is null or p.project_id = ");
        sql.bind(asking.project.map(|id| id.0))
            .push(" or p.project_id in (select r.project_id from records r where r.id = any(");
        sql.bind(Bind::Uuids(records.to_vec())).push("))) order by p.project_id nulls first");
        let policies = sql.load(tx.conn())?;
        Ok(Standing { policies, is_kept: Standing::kept(tx, asking, records)? })
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

    pub fn refusal(&self, sending: &Sending) -> Option<Fault> {
        let least = if sending.endpoint == Endpoint::Embeddings { Level::Embeddings } else { Level::NoWeb };
        if let Some(policy) = self.policies.iter().find(|policy| policy.level < least) {
            return Some(Fault::new(Reason::Policy).about(&policy.name));
        }
        if self.is_kept {
            return Some(Fault::new(Reason::Kept));
        }
        let forbids = |policy: &&Ruling| policy.models.as_ref().is_some_and(|models| !models.contains(&sending.model));
        self.policies.iter().find(forbids).map(|_| Fault::new(Reason::Model).about(&sending.model))
    }
}

/// Places whose texts must not leave at all: projects with AI off, people who keep theirs out, and all while the organisation has it
/// off. A query of ids, for who keeps what was made of such texts.
pub fn closed_places() -> Sql {
    Sql::new(
        "select p.project_id as id from ai_policies p where p.project_id is not null and p.level = 'off'
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
    }))
}

/// Whether this person keeps their private records out.
pub fn keeps_out(tx: &mut Tx, me: &Actor) -> Result<bool> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Bool)]
        is_kept: bool,
    }
    let mut sql = Sql::named("ai::keeps_out", "select exists (select from ai_refusals where person_id = ");
    sql.bind(me.person_id().map(|id| id.0)).push(") as is_kept");
    Ok(sql.load::<Row>(tx.conn())?.first().is_some_and(|row| row.is_kept))
}

pub fn set_keeps_out(tx: &mut Tx, me: &Actor, keeps: bool) -> Result<()> {
    let person = me.person_id().ok_or(Error::SignIn)?;
    let permit = may(tx, me, Verb::Edit, &Thing::Own(person))?;
    if keeps_out(tx, me)? == keeps {
        permit.unused(tx);
        return Ok(());
    }
    let mut sql = match keeps {
        true => Sql::named("ai::keep_out", "insert into ai_refusals (person_id, at) values ("),
        false => Sql::named("ai::let_in", "delete from ai_refusals where person_id = "),
    };
    sql.bind(person);
    if keeps {
        sql.push(", ").bind(tx.now).push(") on conflict do nothing");
    }
    sql.execute(tx.conn())?;
    audit::record(
        tx,
        permit,
        Act::new(ActKind::ProfileChanged).target("person", person).change("ai_private", !keeps, keeps),
    )
}

/// Keeps that somebody is about to send a test, which leaves the server.
pub fn note_test(tx: &mut Tx, me: &Actor) -> Result<()> {
    let organisation = me.organisation_id().ok_or(Error::NotFound)?;
    let permit = may(tx, me, Verb::Administer, &Thing::Organisation(Permission::AiManage))?;
    audit::record(tx, permit, Act::new(ActKind::AiConnectionTested).target("organisation", organisation))
}
