//! What somebody gets by joining, and whether who gives it holds it.

use crate::access::{Actor, Permissions, ProjectId, ProjectRole, Thing, Verb, check};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Error, Result};
use crate::invitations::InvitationId;
use crate::members::{self, Group};
use crate::people::{GroupId, OrganisationRole, PersonId, Role, RoleId};
use crate::projects::{self, Grantee};
use crate::sso::{Gift, Target};
use diesel::QueryableByName;
use diesel::sql_types::{Array, Text, Uuid as SqlUuid};

#[derive(Debug, Clone)]
pub struct Gifts {
    pub role: OrganisationRole,
    pub custom_roles: Vec<RoleId>,
    pub groups: Vec<GroupId>,
    pub grants: Vec<(ProjectId, ProjectRole)>,
    /// What the custom roles hold; `with_permissions` reads it.
    pub permissions: Permissions,
}

#[derive(QueryableByName)]
struct Held {
    #[diesel(sql_type = SqlUuid)]
    role_id: RoleId,
    #[diesel(sql_type = Text)]
    permission: String,
}

/// A custom role that somebody may give along.
#[derive(Debug, Clone, QueryableByName)]
pub struct RoleOffer {
    #[diesel(sql_type = SqlUuid)]
    pub id: RoleId,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Array<Text>)]
    given: Vec<String>,
}

impl RoleOffer {
    /// Those of which the reader holds everything, by name.
    pub fn list(tx: &mut Tx, me: &Actor) -> Result<Vec<RoleOffer>> {
        let sql = Sql::named(
            "invitations::offers",
            "select r.id, r.name, array(select rp.permission from role_permissions rp where rp.role_id = r.id) as given
             from roles r order by lower(r.name), r.id limit 200",
        );
        let mut offers: Vec<RoleOffer> = sql.load(tx.conn())?;
        offers.retain(|offer| Permissions::parse(&offer.given).without(me.permissions).is_empty());
        Ok(offers)
    }
}

impl Gifts {
    /// Reads what the custom roles hold. `Invalid` at `custom_roles` for one that does not exist.
    pub fn with_permissions(mut self, tx: &mut Tx) -> Result<Gifts> {
        let ids: Vec<uuid::Uuid> = self.custom_roles.iter().map(|id| id.0).collect();
        let mut sql = Sql::named(
            "invitations::held",
            "select r.id as role_id, coalesce(rp.permission, '') as permission from roles r
             left join role_permissions rp on rp.role_id = r.id where r.id = any(",
        );
        sql.bind(ids).push(")");
        let held: Vec<Held> = sql.load(tx.conn())?;
        if !self.custom_roles.iter().all(|id| held.iter().any(|row| row.role_id == *id)) {
            return Err(Error::invalid("custom_roles", "problem-choice"));
        }
        self.permissions = Permissions::parse(&held.iter().map(|row| row.permission.as_str()).collect::<Vec<_>>());
        Ok(self)
    }

    /// Nobody gives what they lack: `Forbidden` names what that is. `Invalid` for what does not exist to them.
    pub fn check(&self, tx: &mut Tx, giver: &Actor) -> Result<()> {
        check(giver, Verb::Invite, &Thing::newcomer(PersonId(uuid::Uuid::nil()), self.role, self.permissions))?;
        for id in &self.groups {
            let group = Group::find(tx, giver, *id).map_err(|_| Error::invalid("groups", "problem-choice"))?;
            group.check_gives(tx, giver)?;
        }
        for (project, role) in &self.grants {
            check(giver, Verb::Share, &Thing::Grant { project: *project, role: *role }).map_err(unknown_project)?;
        }
        Ok(())
    }

    /// Projects that fell asleep since are left out: nothing can be granted there.
    pub fn awake(mut self, giver: &Actor) -> Gifts {
        self.grants.retain(|(id, _)| giver.project_by_id(*id).is_some_and(|project| !project.is_archived));
        self
    }

    pub(super) fn keep(&self, tx: &mut Tx, id: InvitationId) -> Result<()> {
        let mut rows = |table: &str, of: Vec<uuid::Uuid>| -> Result<()> {
            let mut sql = Sql::named("invitations::keep", table);
            sql.push(" select ")
                .bind(id)
                .push("::uuid, x from unnest(")
                .bind(of)
                .push("::uuid[]) as x on conflict do nothing");
            sql.execute(tx.conn())?;
            Ok(())
        };
        rows("insert into invitation_groups (invitation_id, group_id)", self.groups.iter().map(|id| id.0).collect())?;
        rows(
            "insert into invitation_roles (invitation_id, role_id)",
            self.custom_roles.iter().map(|id| id.0).collect(),
        )?;
        for (project, role) in &self.grants {
            let mut sql = Sql::named(
                "invitations::keep_grant",
                "insert into invitation_grants (invitation_id, project_id, role) values (",
            );
            sql.bind(id).push(", ").bind(*project).push(", ").bind(*role).push(")");
            sql.execute(tx.conn())?;
        }
        Ok(())
    }

    /// Gives groups, custom roles and grants to who has joined; what they have already stays, and is never lowered.
    pub(super) fn hand_over(&self, tx: &mut Tx, person: PersonId) -> Result<()> {
        for group in &self.groups {
            members::add_row(tx, *group, person)?;
        }
        for role in &self.custom_roles {
            Role::give(tx, *role, person)?;
            Gift::make_own(tx, person, Target::Role(*role))?;
        }
        for (project, role) in &self.grants {
            projects::raise_grant(tx, *project, Grantee::Person(person), *role)?;
        }
        Ok(())
    }
}

fn unknown_project(error: Error) -> Error {
    match error {
        Error::NotFound => Error::invalid("projects", "problem-choice"),
        other => other,
    }
}
