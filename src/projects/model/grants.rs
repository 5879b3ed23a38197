//! Who was given which role. The rules ask for the higher of the old and the new one: nobody gives or takes more than they hold.

use super::Project;
use crate::access::{Actor, Permit, ProjectId, ProjectRole, Thing, Verb, may};
use crate::audit::{self, Act, ActKind};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Conflict, Error, Result};
use crate::people::{Face, GroupId, PersonId};
use crate::typed_id;
use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Int8, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use uuid::Uuid;

typed_id!(GrantId);

/// To whom a role is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grantee {
    Person(PersonId),
    Group(GroupId),
}

impl Grantee {
    /// `person:UUID` or `group:UUID`, as the form's select sends it.
    pub fn parse(text: &str) -> Option<Grantee> {
        let (kind, id) = text.split_once(':')?;
        let id: Uuid = id.parse().ok()?;
        match kind {
            "person" => Some(Grantee::Person(PersonId(id))),
            "group" => Some(Grantee::Group(GroupId(id))),
            _ => None,
        }
    }

    fn person(self) -> Option<Uuid> {
        if let Grantee::Person(id) = self { Some(id.0) } else { None }
    }

    fn group(self) -> Option<Uuid> {
        if let Grantee::Group(id) = self { Some(id.0) } else { None }
    }
}

/// A grant as the access page lists it.
#[derive(Debug, Clone, QueryableByName)]
pub struct Grant {
    #[diesel(sql_type = SqlUuid)]
    pub id: GrantId,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub person_id: Option<PersonId>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub group_id: Option<GroupId>,
    #[diesel(sql_type = Text)]
    pub name: String,
    /// Active members of a group.
    #[diesel(sql_type = Int8)]
    pub people: i64,
    #[diesel(sql_type = Text)]
    pub role: ProjectRole,
    #[diesel(sql_type = Timestamptz)]
    pub created_at: DateTime<Utc>,
}

const COLUMNS: &str = "select g.id, g.person_id, g.group_id, coalesce(p.name, n.name) as name, g.role, g.created_at,
    (select count(*) from group_members gm join people mp on mp.id = gm.person_id
      where gm.group_id = g.group_id and mp.deactivated_at is null) as people
    from project_grants g left join people p on p.id = g.person_id left join groups n on n.id = g.group_id where g.project_id = ";

/// A group that may be granted something.
#[derive(Debug, Clone, QueryableByName)]
pub struct GroupName {
    #[diesel(sql_type = SqlUuid)]
    pub id: GroupId,
    #[diesel(sql_type = Text)]
    pub name: String,
}

impl GroupName {
    /// By name.
    pub fn list(tx: &mut Tx) -> Result<Vec<GroupName>> {
        Ok(Sql::named("projects::groups", "select id, name from groups order by lower(name), id limit 2000")
            .load(tx.conn())?)
    }
}

impl Project {
    /// Groups first, then people, by name.
    pub fn grants(&self, tx: &mut Tx) -> Result<Vec<Grant>> {
        let mut sql = Sql::named("projects::grants", COLUMNS);
        sql.bind(self.id).push(" order by g.group_id is null, lower(coalesce(p.name, n.name)), g.id");
        Ok(sql.load(tx.conn())?)
    }

    fn grant(&self, tx: &mut Tx, id: GrantId) -> Result<Grant> {
        let mut sql = Sql::named("projects::grant", COLUMNS);
        sql.bind(self.id).push(" and g.id = ").bind(id);
        sql.load(tx.conn())?.into_iter().next().ok_or(Error::NotFound)
    }

    /// `Invalid` at `to` for who is unknown, or has a grant already (that one is changed instead).
    pub fn give(&self, tx: &mut Tx, me: &Actor, to: Grantee, role: ProjectRole) -> Result<()> {
        let permit = self.may_share(tx, me, role)?;
        let project = Project::find_locked(tx, me, &self.key)?;
        if project.grants(tx)?.iter().any(|grant| grant.is_to(to)) {
            return Err(Error::invalid("to", "problem-grant-twice"));
        }
        check_grantee(tx, to)?;
        let id = insert_grant(tx, self.id, to, role)?;
        audit::record(tx, permit, self.act(id, to).change("role", None::<ProjectRole>, role))
    }

    /// `Conflict` when the role is no longer the one the form showed.
    pub fn change_grant(
        &self,
        tx: &mut Tx,
        me: &Actor,
        id: GrantId,
        was: ProjectRole,
        role: ProjectRole,
    ) -> Result<()> {
        let project = Project::find_locked(tx, me, &self.key)?;
        let grant = project.grant(tx, id)?;
        let permit = self.may_share(tx, me, grant.role.max(role))?;
        if grant.role == role {
            permit.unused(tx);
            return Ok(());
        }
        if grant.role != was {
            let conflict = Conflict {
                field: "role",
                theirs: grant.role.to_string(),
                yours: role.to_string(),
                seen: grant.role.to_string(),
            };
            return Err(Error::Conflict(Box::new(conflict)));
        }
        let mut sql = Sql::named("projects::change_grant", "update project_grants set role = ");
        sql.bind(role).push(" where id = ").bind(id);
        sql.execute(tx.conn())?;
        audit::record(tx, permit, self.act(id, grant.to()?).change("role", grant.role, role))
    }

    /// Whoever is gone already is `NotFound`.
    pub fn take(&self, tx: &mut Tx, me: &Actor, id: GrantId) -> Result<Grant> {
        let project = Project::find_locked(tx, me, &self.key)?;
        let grant = project.grant(tx, id)?;
        let permit = self.may_share(tx, me, grant.role)?;
        let mut sql = Sql::named("projects::take_grant", "delete from project_grants where id = ");
        sql.bind(id);
        sql.execute(tx.conn())?;
        audit::record(tx, permit, self.act(id, grant.to()?).change("role", grant.role, None::<ProjectRole>))?;
        Ok(grant)
    }

    fn may_share(&self, tx: &mut Tx, me: &Actor, role: ProjectRole) -> Result<Permit> {
        may(tx, me, Verb::Share, &Thing::Grant { project: self.id, role })
    }

    fn act(&self, id: GrantId, to: Grantee) -> Act {
        let act = Act::new(ActKind::ProjectGrantChanged).in_project(self.id).note("grant", id);
        match to {
            Grantee::Person(person) => act.note("person", person),
            Grantee::Group(group) => act.note("group", group),
        }
    }
}

impl Grant {
    fn is_to(&self, to: Grantee) -> bool {
        self.person_id.map(|id| id.0) == to.person() && self.group_id.map(|id| id.0) == to.group()
    }

    fn to(&self) -> Result<Grantee> {
        match (self.person_id, self.group_id) {
            (Some(person), _) => Ok(Grantee::Person(person)),
            (_, Some(group)) => Ok(Grantee::Group(group)),
            _ => Err(Error::broken("a grant to nobody")),
        }
    }
}

fn check_grantee(tx: &mut Tx, to: Grantee) -> Result<()> {
    match to {
        Grantee::Person(id) => Face::active(tx, "to", id).map(drop),
        Grantee::Group(id) if GroupName::list(tx)?.iter().any(|group| group.id == id) => Ok(()),
        Grantee::Group(_) => Err(Error::invalid("to", "problem-choice")),
    }
}

/// At least this role for somebody who joins; a higher grant stays. The caller has asked whether it may be given.
pub fn raise_grant(tx: &mut Tx, project: ProjectId, to: Grantee, role: ProjectRole) -> Result<()> {
    let mut sql = Sql::named("projects::held_grant", "select role from project_grants where project_id = ");
    sql.bind(project).push(" and person_id is not distinct from ").bind(to.person());
    sql.push(" and group_id is not distinct from ").bind(to.group());
    let held: Vec<HeldRole> = sql.load(tx.conn())?;
    if held.iter().any(|held| held.role >= role) {
        return Ok(());
    }
    insert_grant(tx, project, to, role).map(drop)
}

#[derive(QueryableByName)]
struct HeldRole {
    #[diesel(sql_type = Text)]
    role: ProjectRole,
}

/// A person's lower grant is raised; a group has one or none. The caller holds the permit.
pub(in crate::projects) fn insert_grant(
    tx: &mut Tx,
    project: ProjectId,
    to: Grantee,
    role: ProjectRole,
) -> Result<GrantId> {
    let id = GrantId(tx.new_id());
    let mut sql = Sql::named(
        "projects::give_grant",
        "insert into project_grants (id, project_id, person_id, group_id, role, created_at) values (",
    );
    sql.bind(id)
        .push(", ")
        .bind(project)
        .push(", ")
        .bind(to.person())
        .push(", ")
        .bind(to.group())
        .push(", ")
        .bind(role);
    sql.push(", ").bind(tx.now).push(") on conflict (project_id, person_id) do update set role = excluded.role");
    sql.execute(tx.conn())?;
    Ok(id)
}
