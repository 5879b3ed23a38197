//! Where an agent may run: on the server, in the organisation, in a project, for a person. Off at one level is off below it.

use super::{Agent, AgentId, BuiltIn, Contract, Rhythm, Schedule};
use crate::access::{Actor, Permission, Place, ProjectId, Thing, Verb, can, may};
use crate::audit::{self, Act, ActKind};
use crate::db::Tx;
use crate::db::sql::{Bind, Sql};
use crate::error::{Error, Result};
use crate::people::PersonId;
use crate::text_enum;
use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Bool, Int4, Nullable, Text, Timestamptz, Uuid as SqlUuid};

text_enum!(
    /// The widest first.
    Level { Server = "server", Organisation = "organisation", Project = "project", User = "user" }
);

impl Level {
    /// Message key.
    pub fn label(self) -> String {
        format!("agent-level-{self}")
    }

    /// Message key of "off at this level".
    pub fn off_words(self) -> String {
        format!("agent-off-{self}")
    }
}

/// Whose decision a binding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Post {
    Server,
    Organisation,
    Project(ProjectId),
    Person(PersonId),
}

impl Post {
    pub fn level(self) -> Level {
        match self {
            Post::Server => Level::Server,
            Post::Organisation => Level::Organisation,
            Post::Project(_) => Level::Project,
            Post::Person(_) => Level::User,
        }
    }

    /// As a form names it: `server`, `organisation`, `project:ATL`, `private`. `Invalid` for what one does not see.
    pub fn parse(me: &Actor, value: &str) -> Result<Post> {
        let found = match value.split_once(':') {
            None if value == "server" => Some(Post::Server),
            None if value == "organisation" => Some(Post::Organisation),
            None if value == "private" => me.person_id().map(Post::Person),
            Some(("project", key)) => me.project(key).map(|found| Post::Project(found.id)),
            _ => None,
        };
        found.ok_or_else(|| Error::invalid("place", "problem-place"))
    }

    pub fn value(self, me: &Actor) -> String {
        match self {
            Post::Server | Post::Organisation => self.level().to_string(),
            Post::Person(_) => "private".to_owned(),
            Post::Project(id) => {
                format!("project:{}", me.project_by_id(id).map(|found| found.key.as_str()).unwrap_or_default())
            }
        }
    }

    fn thing(self) -> (Verb, Thing) {
        match self {
            Post::Server => (Verb::Administer, Thing::Server),
            Post::Organisation => (Verb::Administer, Thing::Organisation(Permission::AiManage)),
            Post::Project(id) => (Verb::Administer, Thing::Project(id)),
            Post::Person(person) => (Verb::Edit, Thing::Own(person)),
        }
    }

    pub fn can_manage(self, me: &Actor) -> bool {
        let (verb, thing) = self.thing();
        can(me, verb, &thing)
    }

    /// Those that hold for a run in this place, the widest first.
    fn of_place(place: Place) -> Vec<Post> {
        let all = [Post::Server, Post::Organisation];
        let own = match place {
            Place::Project(id) => Some(Post::Project(id)),
            Place::Person(person) => Some(Post::Person(person)),
            Place::Organisation(_) | Place::Group(_) => None,
        };
        all.into_iter().chain(own).collect()
    }
}

#[derive(Debug, Clone, QueryableByName)]
pub struct Binding {
    #[diesel(sql_type = SqlUuid)]
    pub agent_id: AgentId,
    #[diesel(sql_type = Text)]
    level: Level,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    project_id: Option<ProjectId>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    person_id: Option<PersonId>,
    #[diesel(sql_type = Bool)]
    pub is_enabled: bool,
    /// None: the newest.
    #[diesel(sql_type = Nullable<Int4>)]
    pub version: Option<i32>,
    #[diesel(sql_type = Int4)]
    pub edition: i32,
    #[diesel(sql_type = Nullable<Text>)]
    pub updated_by: Option<String>,
    #[diesel(embed)]
    pub schedule: Schedule,
    /// None where it does not run by itself.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub due_at: Option<DateTime<Utc>>,
}

const COLUMNS: &str = "select b.agent_id, b.level, b.project_id, b.person_id, b.is_enabled, b.version, b.edition,
    b.rhythm, b.at_minute, b.weekday, b.every_hours, b.variant, b.due_at,
    (select p.name from people p where p.id = b.updated_by_id) as updated_by
    from agent_bindings b join agents a on a.id = b.agent_id where a.organisation_id = ";

/// Whether it may run in a place, and by which version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Leave {
    /// The widest level that switched it off.
    pub off_at: Option<Level>,
    /// Named by the narrowest level that names one.
    pub version: Option<i32>,
}

impl Binding {
    pub fn post(&self) -> Option<Post> {
        match self.level {
            Level::Server => Some(Post::Server),
            Level::Organisation => Some(Post::Organisation),
            Level::Project => self.project_id.map(Post::Project),
            Level::User => self.person_id.map(Post::Person),
        }
    }

    /// Of the server, the organisation, the projects one sees, and oneself; nobody else's own.
    pub fn list(tx: &mut Tx, me: &Actor) -> Result<Vec<Binding>> {
        let projects: Vec<_> = me.projects.iter().map(|project| project.id.0).collect();
        let mut sql = Sql::named("agents::bindings", COLUMNS);
        sql.bind(me.organisation_id().map(|id| id.0))
            .push(" and (b.level in ('server', 'organisation') or b.project_id = any(");
        sql.bind(projects).push(") or b.person_id = ").bind(me.person_id().map(|id| id.0)).push(")");
        Ok(sql.load(tx.conn())?)
    }

    /// For a run in a place, whoever asked for it.
    pub fn leave(tx: &mut Tx, agent: AgentId, place: Place) -> Result<Leave> {
        let mut sql = Sql::named(
            "agents::leave",
            "select b.agent_id, b.level, b.project_id, b.person_id, b.is_enabled, b.version, b.edition,
               b.rhythm, b.at_minute, b.weekday, b.every_hours, b.variant, b.due_at, null::text as updated_by
             from agent_bindings b where b.agent_id = ",
        );
        sql.bind(agent).push(" and (b.level in ('server', 'organisation') or b.project_id = ").bind(place.id());
        sql.push(" or b.person_id = ").bind(place.id()).push(")");
        Ok(Leave::of(&sql.load::<Binding>(tx.conn())?, agent, place))
    }
}

impl Leave {
    pub fn of(bindings: &[Binding], agent: AgentId, place: Place) -> Leave {
        let mut leave = Leave::default();
        for post in Post::of_place(place) {
            let found = bindings.iter().find(|binding| binding.agent_id == agent && binding.post() == Some(post));
            let Some(binding) = found else { continue };
            if !binding.is_enabled {
                leave.off_at = leave.off_at.or(Some(post.level()));
            }
            leave.version = binding.version.or(leave.version);
        }
        leave
    }
}

/// As a form sends it.
#[derive(Debug, Clone, Default)]
pub struct BindingForm {
    pub is_enabled: bool,
    /// None: the newest.
    pub version: Option<i32>,
    /// What was seen; 0 where nothing was decided.
    pub edition: i32,
    pub schedule: Schedule,
}

impl BindingForm {
    /// `Invalid` when somebody else decided meanwhile, or the version was never published.
    pub fn save(&self, tx: &mut Tx, me: &Actor, agent: &Agent, post: Post) -> Result<()> {
        let (verb, thing) = post.thing();
        let permit = may(tx, me, verb, &thing)?;
        if let Some(number) = self.version {
            super::Versions::find(tx, agent, number).map_err(|_| Error::invalid("version", "problem-choice"))?;
        }
        self.check_schedule(agent, post)?;
        let id = agent.ensure(tx, me)?;
        if self.write(tx, me, id, post)? == 0 {
            return Err(Error::invalid("", "problem-agent-stale"));
        }
        let act = Act::new(ActKind::AgentChanged).target("agent", id);
        let act = match post {
            Post::Project(project) => act.in_project(project),
            _ => act,
        };
        audit::record(tx, permit, act.note("level", post.level()).note("enabled", self.is_enabled))
    }

    /// The whole server is no place to run for, and a doc is named each time.
    fn check_schedule(&self, agent: &Agent, post: Post) -> Result<()> {
        if self.schedule.rhythm == Rhythm::Off {
            return Ok(());
        }
        if !can_be_scheduled(agent, post) {
            return Err(Error::invalid("rhythm", "problem-choice"));
        }
        let is_type = crate::snapshots::Type::parse(&self.schedule.variant).is_some();
        match agent.contract == Contract::Snapshot && !is_type {
            true => Err(Error::invalid("variant", "problem-choice")),
            false => Ok(()),
        }
    }

    fn write(&self, tx: &mut Tx, me: &Actor, agent: AgentId, post: Post) -> Result<usize> {
        let (project, person) = match post {
            Post::Project(id) => (Some(id.0), None),
            Post::Person(id) => (None, Some(id.0)),
            _ => (None, None),
        };
        let mut sql = Sql::named(
            "agents::bind",
            "insert into agent_bindings as b (id, agent_id, level, project_id, person_id, is_enabled, version, updated_by_id, updated_at,
               rhythm, at_minute, weekday, every_hours, variant, due_at)",
        );
        let schedule = &self.schedule;
        let values: [Bind; 14] = [
            tx.new_id().into(),
            agent.into(),
            post.level().into(),
            project.into(),
            person.into(),
            self.is_enabled.into(),
            Bind::MaybeInt(self.version),
            me.person_id().map(|id| id.0).into(),
            tx.now.into(),
            schedule.rhythm.into(),
            schedule.at_minute.into(),
            schedule.weekday.into(),
            schedule.every_hours.into(),
            schedule.variant.as_str().into(),
        ];
        sql.add(" values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ", values);
        let zone = me.organisation.as_ref().and_then(|organisation| organisation.time_zone.parse().ok());
        match schedule.next(tx.now, zone.unwrap_or(chrono_tz::UTC)).filter(|_| self.is_enabled) {
            Some(next) => sql.bind(next),
            None => sql.push("null"),
        };
        sql.push(
            ") on conflict (agent_id, level, project_id, person_id) do update set is_enabled = excluded.is_enabled, version = excluded.version,
              rhythm = excluded.rhythm, at_minute = excluded.at_minute, weekday = excluded.weekday, every_hours = excluded.every_hours,
              variant = excluded.variant, due_at = excluded.due_at,
              updated_by_id = excluded.updated_by_id, updated_at = excluded.updated_at, edition = b.edition + 1 where b.edition = ",
        );
        sql.bind(self.edition);
        Ok(sql.execute(tx.conn())?)
    }
}

/// Whether it may run there by itself.
pub fn can_be_scheduled(agent: &Agent, post: Post) -> bool {
    post != Post::Server && agent.built_in() != Some(BuiltIn::DocMemoryReviewer)
}
