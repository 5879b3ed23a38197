//! What may leave: a policy of the organisation, one of each project that wants less, and people who keep their private records out.
//! The strictest that applies wins.

use crate::access::{Actor, Permission, ProjectId, Thing, Verb, can, check, may};
use crate::audit::{self, Act, ActKind};
use crate::db::Tx;
use crate::db::sql::{Bind, Sql};
use crate::error::{Conflict, Error, Result};
use crate::people::{GroupId, OrganisationId};
use crate::text_enum;
use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Bool, Int4, Nullable, Text, Timestamptz};
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
    /// Providers, by host or host and port. None: whatever tow.yaml names.
    #[diesel(sql_type = Nullable<Array<Text>>)]
    pub hosts: Option<Vec<String>>,
    /// By their keys. None: all.
    #[diesel(sql_type = Nullable<Array<Text>>)]
    pub assistants: Option<Vec<String>>,
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
    /// Regular expressions.
    #[diesel(sql_type = Array<Text>)]
    pub masked_patterns: Vec<String>,
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
            hosts: None,
            assistants: None,
            monthly_tokens: None,
            person_monthly_tokens: None,
            masks_addresses: false,
            masks_secrets: false,
            masked_words: Vec::new(),
            masked_patterns: Vec::new(),
            version: 0,
            updated_by: None,
            updated_at: None,
        }
    }
}

pub(super) const SELECT: &str =
    "select p.level, p.models, p.hosts, p.assistants, p.monthly_tokens, p.person_monthly_tokens, p.masks_addresses, p.masks_secrets,
    p.masked_words, p.masked_patterns, p.version, b.name as updated_by, p.updated_at
    from ai_policies p left join people b on b.id = p.updated_by_id where ";

/// As `SELECT`, of a group, which has neither budgets nor masks.
const SELECT_GROUP: &str =
    "select p.level, p.models, p.hosts, p.assistants, null::bigint as monthly_tokens, null::bigint as person_monthly_tokens, false as masks_addresses, false as masks_secrets,
    '{}'::text[] as masked_words, '{}'::text[] as masked_patterns, p.version, b.name as updated_by, p.updated_at
    from ai_group_policies p left join people b on b.id = p.updated_by_id where p.group_id = ";

/// Where a policy belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sphere {
    Organisation,
    /// People: what leaves for them, and the records of their group.
    Group(GroupId),
    Project(ProjectId),
}

impl Sphere {
    pub fn thing(self) -> Thing {
        match self {
            Sphere::Organisation | Sphere::Group(_) => Thing::Organisation(Permission::AiManage),
            Sphere::Project(id) => Thing::Project(id),
        }
    }

    /// An archived project is still made stricter by who may bring it back; its records are there to be read, after all.
    fn verb(self, me: &Actor) -> Verb {
        match self {
            Sphere::Project(id) if me.project_by_id(id).is_some_and(|project| project.is_archived) => Verb::Remove,
            _ => Verb::Administer,
        }
    }

    pub fn check(self, me: &Actor) -> Result<()> {
        check(me, self.verb(me), &self.thing())
    }

    pub fn can_change(self, me: &Actor) -> bool {
        can(me, self.verb(me), &self.thing())
    }

    fn project(self) -> Option<Uuid> {
        match self {
            Sphere::Organisation | Sphere::Group(_) => None,
            Sphere::Project(id) => Some(id.0),
        }
    }
}

impl Policy {
    /// Every member may know what may leave; a project's is for who sees the project.
    pub fn find(tx: &mut Tx, me: &Actor, sphere: Sphere) -> Result<Policy> {
        match sphere {
            Sphere::Organisation | Sphere::Group(_) if me.role.is_none() => return Err(Error::NotFound),
            Sphere::Organisation | Sphere::Group(_) => {}
            Sphere::Project(_) => check(me, Verb::See, &sphere.thing())?,
        }
        Ok(Policy::load(tx, sphere, "")?.unwrap_or_default())
    }

    fn load(tx: &mut Tx, sphere: Sphere, lock: &str) -> Result<Option<Policy>> {
        if let Sphere::Group(group) = sphere {
            let mut sql = Sql::named("ai::group_policy", SELECT_GROUP);
            sql.bind(group.0).push(lock);
            return Ok(sql.load(tx.conn())?.into_iter().next());
        }
        let mut sql = Sql::named("ai::policy", SELECT);
        sql.push("p.project_id is not distinct from ").bind(sphere.project()).push(lock);
        Ok(sql.load(tx.conn())?.into_iter().next())
    }

    /// `Conflict` when somebody saved it since version `self.version` was read.
    pub fn save(&self, tx: &mut Tx, me: &Actor, sphere: Sphere) -> Result<()> {
        let verb = sphere.verb(me);
        let permit = may(tx, me, verb, &sphere.thing())?;
        let organisation = me.organisation_id().ok_or(Error::NotFound)?;
        let old = Policy::load(tx, sphere, " for update of p")?.unwrap_or_default();
        if self.is_same(&old) {
            permit.unused(tx);
            return Ok(());
        }
        if old.version != self.version {
            return Err(self.stale(&old));
        }
        if verb == Verb::Remove && !self.is_stricter(&old) {
            return Err(Error::invalid("level", "problem-ai-archived"));
        }
        let mut sql = match sphere {
            Sphere::Group(group) => self.of_group(tx, me, organisation, group),
            Sphere::Organisation | Sphere::Project(_) => self.of_place(tx, me, organisation, sphere),
        };
        sql.push(" where p.version = ").bind(self.version);
        // Two may both be the first: there was no row to lock.
        if sql.execute(tx.conn())? == 0 {
            let theirs = Policy::load(tx, sphere, "")?.unwrap_or_default();
            return Err(self.stale(&theirs));
        }
        let mut act = Act::new(ActKind::AiPolicyChanged);
        act = match sphere {
            Sphere::Organisation => act.target("organisation", organisation),
            Sphere::Group(group) => act.target("group", group),
            Sphere::Project(project) => act.in_project(project),
        };
        let changes = self.differences(&old);
        audit::record(tx, permit, changes.into_iter().fold(act, |act, (field, was, is)| act.change(field, was, is)))
    }

    fn of_group(&self, tx: &mut Tx, me: &Actor, organisation: OrganisationId, group: GroupId) -> Sql {
        let mut sql = Sql::named(
            "ai::save_group_policy",
            "insert into ai_group_policies as p (group_id, organisation_id, level, models, hosts, assistants, updated_by_id, updated_at) values (",
        );
        sql.bind(group.0).push(", ").bind(organisation).push(", ").bind(self.level);
        self.lists(&mut sql);
        sql.push(", ").bind(me.person_id().map(|id| id.0)).push(", ").bind(tx.now);
        sql.push(
            ") on conflict (group_id) do update set level = excluded.level, models = excluded.models, hosts = excluded.hosts,
               assistants = excluded.assistants,
               updated_by_id = excluded.updated_by_id, updated_at = excluded.updated_at, version = p.version + 1",
        );
        sql
    }

    fn of_place(&self, tx: &mut Tx, me: &Actor, organisation: OrganisationId, sphere: Sphere) -> Sql {
        let mut sql = Sql::named(
            "ai::save_policy",
            "insert into ai_policies as p (id, organisation_id, project_id, level, models, hosts, assistants, monthly_tokens, person_monthly_tokens,
               masks_addresses, masks_secrets, masked_words, masked_patterns, updated_by_id,
               updated_at) values (",
        );
        sql.bind(tx.new_id())
            .push(", ")
            .bind(organisation)
            .push(", ")
            .bind(sphere.project())
            .push(", ")
            .bind(self.level);
        self.lists(&mut sql);
        for number in [self.monthly_tokens, self.person_monthly_tokens] {
            // 0 means that nothing may leave, which is not the same as no limit.
            sql.push(", nullif(").bind(number.unwrap_or(-1)).push(", -1)");
        }
        sql.push(", ").bind(self.masks_addresses).push(", ").bind(self.masks_secrets).push(", ");
        sql.bind(Bind::Texts(self.masked_words.clone())).push(", ").bind(Bind::Texts(self.masked_patterns.clone()));
        sql.push(", ").bind(me.person_id().map(|id| id.0)).push(", ").bind(tx.now);
        sql.push(
            ") on conflict (organisation_id, project_id) do update set level = excluded.level, models = excluded.models,
               hosts = excluded.hosts, assistants = excluded.assistants, masked_patterns = excluded.masked_patterns, monthly_tokens = excluded.monthly_tokens, person_monthly_tokens = excluded.person_monthly_tokens, masks_addresses = excluded.masks_addresses,
               masks_secrets = excluded.masks_secrets, masked_words = excluded.masked_words,
               updated_by_id = excluded.updated_by_id, updated_at = excluded.updated_at, version = p.version + 1",
        );
        sql
    }

    /// Models, providers and assistants, each after a comma.
    fn lists(&self, sql: &mut Sql) {
        for list in [&self.models, &self.hosts, &self.assistants] {
            match list {
                Some(names) => sql.push(", ").bind(Bind::Texts(names.clone())),
                None => sql.push(", null"),
            };
        }
    }

    fn is_same(&self, old: &Policy) -> bool {
        self.differences(old).is_empty()
    }

    /// What a group decides: neither budgets nor masks.
    pub fn of_people(self) -> Policy {
        let Policy { level, models, hosts, assistants, version, .. } = self;
        Policy { level, models, hosts, assistants, version, ..Policy::default() }
    }

    /// In what a project decides.
    fn is_stricter(&self, old: &Policy) -> bool {
        let tokens = |policy: &Policy| policy.monthly_tokens.unwrap_or(i64::MAX);
        let is_within = |mine: &Option<Vec<String>>, theirs: &Option<Vec<String>>| match (mine, theirs) {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some(mine), Some(theirs)) => mine.iter().all(|name| theirs.contains(name)),
        };
        let is_narrower = is_within(&self.hosts, &old.hosts) && is_within(&self.assistants, &old.assistants);
        self.level <= old.level && tokens(self) <= tokens(old) && is_narrower
    }

    fn stale(&self, theirs: &Policy) -> Error {
        Error::Conflict(Box::new(Conflict {
            field: "version",
            theirs: theirs.level.to_string(),
            yours: self.level.to_string(),
            seen: theirs.version.to_string(),
        }))
    }

    /// Field, what it was, what it is.
    pub fn differences(&self, old: &Policy) -> Vec<(&'static str, String, String)> {
        let number = |number: Option<i64>| number.map(|number| number.to_string()).unwrap_or_default();
        let list = |names: &Option<Vec<String>>| names.as_ref().map(|names| names.join(" ")).unwrap_or_default();
        let all = [
            ("level", old.level.to_string(), self.level.to_string()),
            ("models", list(&old.models), list(&self.models)),
            ("hosts", list(&old.hosts), list(&self.hosts)),
            ("assistants", list(&old.assistants), list(&self.assistants)),
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
        if self.masked_patterns != old.masked_patterns {
            let count = |policy: &Policy| policy.masked_patterns.len().to_string();
            found.push(("masked_patterns", count(old), count(self)));
        }
        found
    }
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

/// Groups are known to every member; `NotFound` for anybody else, and when there is none.
pub fn group_name(tx: &mut Tx, me: &Actor, group: GroupId) -> Result<String> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        name: String,
    }
    let organisation = me.organisation_id().filter(|_| me.role.is_some()).ok_or(Error::NotFound)?;
    let mut sql = Sql::named("ai::group_name", "select name from groups where id = ");
    sql.bind(group.0).push(" and organisation_id = ").bind(organisation);
    sql.load::<Row>(tx.conn())?.pop().map(|row| row.name).ok_or(Error::NotFound)
}
