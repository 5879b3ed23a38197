//! Loads an actor: two queries a request.

use crate::access::actor::{Actor, ActorKind, OrganisationCard, Persona, ProjectAccess, ProjectId, ProjectRole};
use crate::access::permission::{Permission, Permissions};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Error, Result};
use crate::people::{GroupId, OrganisationId, OrganisationRole, PersonId, SessionId};
use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Array, Bool, Int4, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use std::sync::Arc;

#[derive(QueryableByName)]
struct SessionRow {
    #[diesel(sql_type = Nullable<SqlUuid>)]
    session_id: Option<SessionId>,
    #[diesel(sql_type = Bool)]
    is_break_glass: bool,
    #[diesel(sql_type = Bool)]
    owes_token: bool,
    #[diesel(sql_type = Timestamptz)]
    authenticated_at: DateTime<Utc>,
    #[diesel(sql_type = Timestamptz)]
    last_seen_at: DateTime<Utc>,
    #[diesel(sql_type = SqlUuid)]
    person_id: PersonId,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    email: String,
    #[diesel(sql_type = Bool)]
    server_admin: bool,
    #[diesel(sql_type = Text)]
    theme: String,
    #[diesel(sql_type = Text)]
    palette: String,
    #[diesel(sql_type = Nullable<Text>)]
    time_zone: Option<String>,
    #[diesel(sql_type = SqlUuid)]
    organisation_id: OrganisationId,
    #[diesel(sql_type = Text)]
    organisation: String,
    #[diesel(sql_type = Text)]
    organisation_zone: String,
    #[diesel(sql_type = Text)]
    role: OrganisationRole,
    #[diesel(sql_type = Array<SqlUuid>)]
    groups: Vec<GroupId>,
    /// By custom roles; words.
    #[diesel(sql_type = Array<Text>)]
    given: Vec<String>,
    #[diesel(sql_type = Bool)]
    owes_factor: bool,
}

const PERSON: &str = "p.id as person_id, p.name, p.email, p.server_admin, p.theme, p.palette, p.time_zone,
    o.id as organisation_id, o.name as organisation, o.time_zone as organisation_zone, m.role,
    array(select g.group_id from group_members g where g.person_id = p.id) as groups,
    array(select rp.permission from person_roles pr join role_permissions rp on rp.role_id = pr.role_id
      where pr.person_id = p.id) as given";

/// True when the organisation wants a second factor of who signs in so, and this person has none.
const OWES_FACTOR: &str = ", s.method in ('password', 'setup') and exists (select 1 from sign_in_policies y
      where y.organisation_id = o.id and (y.second_factor = 'everyone' or y.second_factor = 'admins' and m.role in ('owner', 'admin')
        or y.second_factor = 'owners' and m.role = 'owner'))
    and not exists (select 1 from factors f where f.person_id = p.id and f.confirmed_at is not null) as owes_factor";

impl Actor {
    /// The actor of a live session. `SignIn` when it ended, expired, or its person may no longer enter.
    pub fn of_session(tx: &mut Tx, token_hash: &[u8], address: &str, browser: &str) -> Result<Actor> {
        let now = tx.now;
        let mut sql = Sql::named(
            "access::of_session",
            "select s.id as session_id, s.method = 'break_glass' as is_break_glass,
             s.rights_changed_at is not null as owes_token, s.authenticated_at, s.last_seen_at, ",
        );
        sql.push(PERSON).push(OWES_FACTOR).push(
            " from sessions s join people p on p.id = s.person_id
             join memberships m on m.person_id = p.id join organisations o on o.id = m.organisation_id
             where p.deactivated_at is null and s.ended_at is null and s.token_hash = ",
        );
        sql.bind(token_hash.to_vec()).push(" and s.expires_at > ").bind(now);
        let row: Option<SessionRow> = sql.load(tx.conn())?.into_iter().next();
        let row = row.ok_or(Error::SignIn)?;
        row.into_actor(tx, address, browser)
    }

    /// The same actor with the rights that are left of those it came with: for verbs that waited for a lock, while somebody may
    /// have changed them. `SignIn` for who may no longer enter.
    pub fn again(&self, tx: &mut Tx) -> Result<Actor> {
        let Some(person) = self.person_id() else { return Ok(self.clone()) };
        let now = Actor::of_person(tx, person).map_err(|error| match error {
            Error::NotFound => Error::SignIn,
            other => other,
        })?;
        Ok(Actor {
            role: self.role.min(now.role),
            permissions: self.permissions.intersection(now.permissions),
            server_admin: self.server_admin && now.server_admin,
            ..self.clone()
        })
    }

    /// As whom a job acts, read anew when it runs: `NotFound` when that person may no longer enter.
    pub fn of_job(tx: &mut Tx, whom: crate::queue::For) -> Result<Actor> {
        match whom {
            Some(person) => Ok(Actor::of_person(tx, PersonId(person))?.confirmed()),
            None => Ok(Actor::system()),
        }
    }

    /// Whoever runs `tow` in a shell: reaches every project, and no private record.
    pub fn of_operator(tx: &mut Tx) -> Result<Actor> {
        let organisation = crate::people::Organisation::only(tx)?;
        let card =
            organisation.map(|found| OrganisationCard { id: found.id, name: found.name, time_zone: found.time_zone });
        let projects = ProjectRow::reach(tx, PersonId(uuid::Uuid::nil()), &[], true)?;
        Ok(Actor { projects: Arc::new(projects), ..Actor::operator(card) })
    }

    /// The actor a person is, without a session and not confirmed: for background work done for them, tokens, and tests.
    pub fn of_person(tx: &mut Tx, person: PersonId) -> Result<Actor> {
        let now = tx.now;
        let mut sql = Sql::named(
            "access::of_person",
            "select null::uuid as session_id, false as is_break_glass, false as owes_token, ",
        );
        sql.bind(now)
            .push(" as authenticated_at, ")
            .bind(now)
            .push(" as last_seen_at, ")
            .push(PERSON)
            .push(", false as owes_factor");
        sql.push(
            " from people p join memberships m on m.person_id = p.id join organisations o on o.id = m.organisation_id
             where p.deactivated_at is null and p.id = ",
        );
        sql.bind(person);
        let row: Option<SessionRow> = sql.load(tx.conn())?.into_iter().next();
        row.ok_or(Error::NotFound)?.into_actor(tx, "", "")
    }
}

impl SessionRow {
    fn into_actor(self, tx: &mut Tx, address: &str, browser: &str) -> Result<Actor> {
        let permissions = Permissions::of(self.role).union(Permissions::parse(&self.given));
        let manages_all = permissions.has(Permission::ProjectsManageAll);
        let projects = ProjectRow::reach(tx, self.person_id, &self.groups, manages_all)?;
        Ok(Actor {
            kind: ActorKind::Person,
            program: None,
            directory: None,
            stands_for: None,
            organisation: Some(Arc::new(OrganisationCard {
                id: self.organisation_id,
                name: self.organisation,
                time_zone: self.organisation_zone,
            })),
            role: Some(self.role),
            permissions,
            server_admin: self.server_admin,
            is_confirmed: false,
            owes_factor: self.owes_factor,
            groups: Arc::new(self.groups),
            projects: Arc::new(projects),
            address: address.into(),
            browser: browser.into(),
            person: Some(Arc::new(Persona {
                id: self.person_id,
                name: self.name,
                email: self.email,
                theme: self.theme,
                palette: self.palette,
                time_zone: self.time_zone,
                session_id: self.session_id,
                is_break_glass: self.is_break_glass,
                owes_token: self.owes_token,
                authenticated_at: self.authenticated_at,
                last_seen_at: self.last_seen_at,
            })),
        })
    }
}

#[derive(QueryableByName)]
pub(in crate::access) struct ProjectRow {
    #[diesel(sql_type = SqlUuid)]
    id: ProjectId,
    #[diesel(sql_type = Text)]
    key: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Bool)]
    is_restricted: bool,
    #[diesel(sql_type = Bool)]
    is_archived: bool,
    #[diesel(sql_type = Int4)]
    rank: i32,
    #[diesel(sql_type = Bool)]
    is_granted: bool,
}

impl ProjectRow {
    /// The effective role is the highest of all that apply; an open project gives every member at least `member`.
    fn reach(tx: &mut Tx, person: PersonId, groups: &[GroupId], manages_all: bool) -> Result<Vec<ProjectAccess>> {
        let mut sql = Sql::named(
            "access::projects",
            "select * from (select p.id, p.key, p.name, p.visibility = 'restricted' as is_restricted,
               p.archived_at is not null as is_archived,
               own.rank is not null as is_granted, greatest(case when ",
        );
        sql.bind(manages_all).push(
            " then 4 when p.visibility = 'open' then 2 else 0 end,
               coalesce(own.rank, 0)) as rank from projects p left join (
                 select g.project_id, max(case g.role when 'admin' then 4 when 'lead' then 3 when 'member' then 2 else 1 end) as rank
                 from project_grants g where g.person_id = ",
        );
        sql.bind(person).push(" or g.group_id = any(").bind(groups.iter().map(|group| group.0).collect::<Vec<_>>());
        sql.push(") group by g.project_id) own on own.project_id = p.id) reach where rank > 0");
        let rows: Vec<ProjectRow> = sql.load(tx.conn())?;
        Ok(ProjectRow::sorted(rows))
    }

    /// By name, archived ones last. Here, because every request does it, and the database takes half a millisecond to sort 500.
    fn sorted(rows: Vec<ProjectRow>) -> Vec<ProjectAccess> {
        let mut projects: Vec<_> = rows.into_iter().map(ProjectRow::into_access).collect();
        projects.sort_by_cached_key(|project| (project.is_archived, project.by_name()));
        projects
    }

    /// What a key reaches: the named projects, or for None every open one.
    pub(in crate::access) fn of_service(tx: &mut Tx, narrowed_to: Option<&[ProjectId]>) -> Result<Vec<ProjectAccess>> {
        let mut sql = Sql::named(
            "access::projects_of_service",
            "select p.id, p.key, p.name, p.visibility = 'restricted' as is_restricted, p.archived_at is not null as is_archived,
               2 as rank, false as is_granted from projects p where ",
        );
        match narrowed_to {
            Some(ids) => sql.push("p.id = any(").bind(ids.iter().map(|id| id.0).collect::<Vec<_>>()).push(")"),
            None => sql.push("p.visibility = 'open'"),
        };
        Ok(ProjectRow::sorted(sql.load(tx.conn())?))
    }

    fn into_access(self) -> ProjectAccess {
        let role = match self.rank {
            4.. => ProjectRole::Admin,
            3 => ProjectRole::Lead,
            2 => ProjectRole::Member,
            _ => ProjectRole::Viewer,
        };
        ProjectAccess {
            id: self.id,
            key: self.key,
            name: self.name,
            role,
            is_restricted: self.is_restricted,
            is_archived: self.is_archived,
            is_granted: self.is_granted,
        }
    }
}
