//! Everybody, with role, groups and when they were last here.

use crate::access::{Actor, Permission, Permissions, Thing, Verb, check};
use crate::db::Tx;
use crate::db::paging::{Cursor, PAGE_SIZE, Page};
use crate::db::sql::{Sql, containing};
use crate::error::{Error, Result};
use crate::people::{OrganisationRole, PersonId};
use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Array, Bool, Int8, Nullable, Text, Timestamptz, Uuid as SqlUuid};

/// A person as the members page shows them.
#[derive(Debug, Clone, QueryableByName)]
pub struct Member {
    #[diesel(sql_type = SqlUuid)]
    pub id: PersonId,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Text)]
    pub email: String,
    #[diesel(sql_type = Text)]
    pub handle: String,
    #[diesel(sql_type = Text)]
    pub role: OrganisationRole,
    #[diesel(sql_type = Bool)]
    pub server_admin: bool,
    #[diesel(sql_type = Array<Text>)]
    pub groups: Vec<String>,
    /// Names of custom roles.
    #[diesel(sql_type = Array<Text>)]
    pub custom_roles: Vec<String>,
    /// What those give; words.
    #[diesel(sql_type = Array<Text>)]
    pub given: Vec<String>,
    /// None for who never signed in.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub last_seen_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Timestamptz)]
    pub created_at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub deactivated_at: Option<DateTime<Utc>>,
    /// The company's directory shut them out.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub held_at: Option<DateTime<Utc>>,
}

/// `people` is aliased p, `memberships` m.
const SELECT: &str = "select p.id, p.name, p.email, p.handle, m.role, p.server_admin, p.created_at, p.deactivated_at, p.held_at,
    array(select g.name from group_members gm join groups g on g.id = gm.group_id where gm.person_id = p.id order by lower(g.name)) as groups,
    array(select r.name from person_roles pr join roles r on r.id = pr.role_id where pr.person_id = p.id order by lower(r.name)) as custom_roles,
    array(select rp.permission from person_roles pr join role_permissions rp on rp.role_id = pr.role_id where pr.person_id = p.id) as given,
    (select max(s.last_seen_at) from sessions s where s.person_id = p.id) as last_seen_at
    from people p join memberships m on m.person_id = p.id where ";

/// What the list is narrowed to.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// In the name or the address.
    pub words: Option<String>,
    pub role: Option<OrganisationRole>,
    /// Those who may no longer enter, instead of those who may.
    pub is_deactivated: bool,
    pub after: Option<Cursor>,
}

/// How many there are of each sort.
#[derive(Debug, Clone, Default, QueryableByName)]
pub struct Counts {
    #[diesel(sql_type = Int8)]
    pub active: i64,
    #[diesel(sql_type = Int8)]
    pub deactivated: i64,
    #[diesel(sql_type = Int8)]
    pub owners: i64,
    #[diesel(sql_type = Int8)]
    pub admins: i64,
    #[diesel(sql_type = Int8)]
    pub groups: i64,
    /// Custom ones.
    #[diesel(sql_type = Int8)]
    pub roles: i64,
}

const SORT: &str = "name";

impl Filter {
    /// By name.
    pub fn page(&self, tx: &mut Tx, me: &Actor) -> Result<Page<Member>> {
        check(me, Verb::See, &Thing::Organisation(Permission::MembersView))?;
        let mut sql = Sql::named("members::list", SELECT);
        sql.push(if self.is_deactivated { "p.deactivated_at is not null" } else { "p.deactivated_at is null" });
        if let Some(words) = &self.words {
            let pattern = containing(words);
            sql.push(" and (p.name ilike ")
                .bind(pattern.as_str())
                .push(" or p.email ilike ")
                .bind(pattern.as_str())
                .push(")");
        }
        if let Some(role) = self.role {
            sql.push(" and m.role = ").bind(role);
        }
        if let Some(cursor) = &self.after {
            let Some(name) = cursor.value.as_deref().filter(|name| cursor.sort == SORT && !name.contains('\0')) else {
                return Err(Error::invalid("after", "problem-cursor"));
            };
            sql.push(" and (lower(p.name), p.id) > (lower(").bind(name).push("), ").bind(cursor.id).push(")");
        }
        sql.push(" order by lower(p.name), p.id limit ").number(PAGE_SIZE + 1);
        let rows: Vec<Member> = sql.load(tx.conn())?;
        let cursor = |row: &Member| Cursor { sort: SORT.to_owned(), value: Some(row.name.clone()), id: row.id.0 };
        Ok(Page::cut(rows, PAGE_SIZE, cursor))
    }
}

impl Counts {
    /// Active people with this built-in role.
    pub fn of(&self, role: OrganisationRole) -> i64 {
        match role {
            OrganisationRole::Owner => self.owners,
            OrganisationRole::Admin => self.admins,
            OrganisationRole::Member => self.active - self.owners - self.admins,
        }
    }

    pub fn load(tx: &mut Tx) -> Result<Counts> {
        let sql = Sql::named(
            "members::counts",
            "select count(*) filter (where p.deactivated_at is null) as active,
               count(*) filter (where p.deactivated_at is not null) as deactivated,
               count(*) filter (where p.deactivated_at is null and m.role = 'owner') as owners,
               count(*) filter (where p.deactivated_at is null and m.role = 'admin') as admins,
               (select count(*) from groups) as groups, (select count(*) from roles) as roles
             from people p join memberships m on m.person_id = p.id",
        );
        Ok(sql.load(tx.conn())?.into_iter().next().unwrap_or_default())
    }
}

impl Member {
    /// By handle, also those who may no longer enter.
    pub fn find(tx: &mut Tx, me: &Actor, handle: &str) -> Result<Member> {
        check(me, Verb::See, &Thing::Organisation(Permission::MembersView))?;
        let mut sql = Sql::named("members::find", SELECT);
        sql.push("p.handle = ").bind(handle.replace('\0', "").to_lowercase());
        sql.load(tx.conn())?.into_iter().next().ok_or(Error::NotFound)
    }

    pub fn by_id(tx: &mut Tx, me: &Actor, id: PersonId) -> Result<Member> {
        check(me, Verb::See, &Thing::Organisation(Permission::MembersView))?;
        let mut sql = Sql::named("members::by_id", SELECT);
        sql.push("p.id = ").bind(id);
        sql.load(tx.conn())?.into_iter().next().ok_or(Error::NotFound)
    }

    /// The actor as a member. `SignIn` for who is no person.
    pub fn myself(tx: &mut Tx, me: &Actor) -> Result<Member> {
        Member::by_id(tx, me, me.person_id().ok_or(Error::SignIn)?)
    }

    pub fn is_active(&self) -> bool {
        self.deactivated_at.is_none()
    }

    /// `/people/ada.lindqvist`.
    pub fn path(&self) -> String {
        format!("/people/{}", self.handle)
    }

    /// Everything they hold, by the built-in role and custom ones.
    pub fn permissions(&self) -> Permissions {
        Permissions::of(self.role).union(Permissions::parse(&self.given))
    }

    /// What the rules look at, with the highest role involved.
    pub fn thing(&self, role: OrganisationRole) -> Thing {
        self.thing_with(role, Permissions::NONE)
    }

    /// As `thing`, with what a custom role gives or would give beside.
    pub fn thing_with(&self, role: OrganisationRole, more: Permissions) -> Thing {
        let holds = self.permissions().union(Permissions::of(role)).union(more);
        Thing::Member { id: self.id, role: self.role.max(role), holds, is_server_admin: self.server_admin }
    }
}
