//! The row of an invitation and how it stands; one file per ability.

mod accept;
mod change;
mod create;
mod gifts;
mod send;

pub use accept::*;
pub use create::*;
pub use gifts::*;
pub use send::*;

use crate::access::{Actor, Permission, Permissions, ProjectId, ProjectRole, Thing, Verb, check};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Error, Result};
use crate::people::{GroupId, OrganisationRole, PersonId, RoleId};
use crate::typed_id;
use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Array, Nullable, Text, Timestamptz, Uuid as SqlUuid};

typed_id!(InvitationId);

/// Invitations on one page; an organisation has some dozens open.
pub const MAX_LISTED: i32 = 300;

/// How an invitation stands by itself; whether its inviter may still give it is asked when it is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Pending,
    Expired,
    Accepted,
    Revoked,
}

impl State {
    /// Message key.
    pub fn label(self) -> &'static str {
        match self {
            State::Pending => "invitation-pending",
            State::Expired => "invitation-expired",
            State::Accepted => "invitation-accepted",
            State::Revoked => "invitation-revoked",
        }
    }

    pub fn icon(self) -> (&'static str, &'static str) {
        match self {
            State::Pending => ("clock", "blue"),
            State::Expired => ("clock", "amber"),
            State::Accepted => ("check", "green"),
            State::Revoked => ("x", "grey"),
        }
    }

    /// Whether it can still be renewed.
    pub fn is_open(self) -> bool {
        matches!(self, State::Pending | State::Expired)
    }
}

#[derive(Debug, Clone, QueryableByName)]
pub struct Invitation {
    #[diesel(sql_type = SqlUuid)]
    pub id: InvitationId,
    /// None: for whoever has the link.
    #[diesel(sql_type = Nullable<Text>)]
    pub email: Option<String>,
    #[diesel(sql_type = Text)]
    pub role: OrganisationRole,
    #[diesel(sql_type = SqlUuid)]
    pub inviter_id: PersonId,
    /// A name.
    #[diesel(sql_type = Text)]
    pub inviter: String,
    #[diesel(sql_type = Timestamptz)]
    pub created_at: DateTime<Utc>,
    #[diesel(sql_type = Timestamptz)]
    pub expires_at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub accepted_at: Option<DateTime<Utc>>,
    /// Handle of who accepted.
    #[diesel(sql_type = Nullable<Text>)]
    pub accepted_by: Option<String>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub revoked_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Array<SqlUuid>)]
    groups: Vec<GroupId>,
    #[diesel(sql_type = Array<Text>)]
    pub group_names: Vec<String>,
    #[diesel(sql_type = Array<SqlUuid>)]
    custom_roles: Vec<RoleId>,
    #[diesel(sql_type = Array<Text>)]
    pub custom_role_names: Vec<String>,
    /// What the custom roles hold, now.
    #[diesel(sql_type = Array<Text>)]
    given: Vec<String>,
    #[diesel(sql_type = Array<SqlUuid>)]
    projects: Vec<ProjectId>,
    /// In the order of `projects`.
    #[diesel(sql_type = Array<Text>)]
    project_roles: Vec<ProjectRole>,
}

const SELECT: &str = "select i.id, i.email, i.role, i.inviter_id, p.name as inviter, i.created_at, i.expires_at, i.accepted_at,
    a.handle as accepted_by, i.revoked_at,
    array(select x.group_id from invitation_groups x where x.invitation_id = i.id order by 1) as groups,
    array(select g.name from invitation_groups x join groups g on g.id = x.group_id where x.invitation_id = i.id order by lower(g.name)) as group_names,
    array(select x.role_id from invitation_roles x where x.invitation_id = i.id order by 1) as custom_roles,
    array(select r.name from invitation_roles x join roles r on r.id = x.role_id where x.invitation_id = i.id order by lower(r.name)) as custom_role_names,
    array(select distinct rp.permission from invitation_roles x join role_permissions rp on rp.role_id = x.role_id where x.invitation_id = i.id) as given,
    array(select x.project_id from invitation_grants x where x.invitation_id = i.id order by x.project_id) as projects,
    array(select x.role from invitation_grants x where x.invitation_id = i.id order by x.project_id) as project_roles
    from invitations i join people p on p.id = i.inviter_id left join people a on a.id = i.accepted_by_id where ";

fn see() -> Thing {
    Thing::Organisation(Permission::MembersInvite)
}

impl Invitation {
    /// The open ones, or those that ended; the last made first.
    pub fn list(tx: &mut Tx, me: &Actor, has_ended: bool) -> Result<Vec<Invitation>> {
        check(me, Verb::See, &see())?;
        let mut sql = Sql::named("invitations::list", SELECT);
        sql.push(match has_ended {
            true => "(i.accepted_at is not null or i.revoked_at is not null)",
            false => "i.accepted_at is null and i.revoked_at is null",
        });
        sql.push(" order by i.created_at desc, i.id desc limit ").number(MAX_LISTED);
        Ok(sql.load(tx.conn())?)
    }

    pub fn find(tx: &mut Tx, me: &Actor, id: InvitationId) -> Result<Invitation> {
        check(me, Verb::See, &see())?;
        Invitation::by_id(tx, id)
    }

    fn by_id(tx: &mut Tx, id: InvitationId) -> Result<Invitation> {
        let mut sql = Sql::named("invitations::find", SELECT);
        sql.push("i.id = ").bind(id);
        sql.load(tx.conn())?.into_iter().next().ok_or(Error::NotFound)
    }

    /// Waits for whoever else ends or renews it, then reads it anew.
    fn locked(tx: &mut Tx, id: InvitationId) -> Result<Invitation> {
        let mut sql = Sql::named("invitations::lock", "select 1 as one from invitations where id = ");
        sql.bind(id).push(" for update");
        sql.execute(tx.conn())?;
        Invitation::by_id(tx, id)
    }

    pub fn state(&self, now: DateTime<Utc>) -> State {
        match (self.accepted_at, self.revoked_at) {
            (Some(_), _) => State::Accepted,
            (_, Some(_)) => State::Revoked,
            _ if self.expires_at <= now => State::Expired,
            _ => State::Pending,
        }
    }

    pub fn gifts(&self) -> Gifts {
        let grants = self.projects.iter().copied().zip(self.project_roles.iter().copied()).collect();
        let (groups, custom_roles) = (self.groups.clone(), self.custom_roles.clone());
        Gifts { role: self.role, groups, custom_roles, grants, permissions: Permissions::parse(&self.given) }
    }

    /// Projects by name with the role there, as far as the reader may see them.
    pub fn projects_seen(&self, me: &Actor) -> Vec<(String, ProjectRole)> {
        let seen = |(id, role): (ProjectId, ProjectRole)| Some((me.project_by_id(id)?.name.clone(), role));
        self.gifts().grants.into_iter().filter_map(seen).collect()
    }

    pub fn path(&self) -> String {
        format!("/settings/invitations/{}", self.id)
    }

    /// The act is judged by what the invitation gives: nobody cancels or renews what they could not give.
    pub fn thing(&self) -> Thing {
        let gifts = self.gifts();
        Thing::newcomer(PersonId(self.id.0), gifts.role, gifts.permissions)
    }
}

impl Invitation {
    /// For the gallery.
    pub fn sample() -> Self {
        let at = DateTime::<Utc>::UNIX_EPOCH + chrono::Duration::days(20_000);
        Invitation {
            id: InvitationId(uuid::Uuid::nil()),
            email: Some("ines@halden.example".to_owned()),
            role: OrganisationRole::Member,
            inviter_id: PersonId(uuid::Uuid::nil()),
            inviter: "Ada Lindqvist".to_owned(),
            created_at: at,
            expires_at: at + chrono::Duration::days(7),
            accepted_at: None,
            accepted_by: None,
            revoked_at: None,
            groups: Vec::new(),
            group_names: Vec::new(),
            custom_roles: Vec::new(),
            custom_role_names: Vec::new(),
            given: Vec::new(),
            projects: Vec::new(),
            project_roles: Vec::new(),
        }
    }
}
