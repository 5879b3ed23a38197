//! Custom roles: named sets of permissions, and who holds them. The words of permissions are the catalogue's in `access`.

use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Error, Result, on_constraint};
use crate::people::{OrganisationId, PersonId, RoleId};
use crate::schema::roles;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = roles)]
pub struct Role {
    pub id: RoleId,
    pub organisation_id: OrganisationId,
    pub name: String,
    pub about: String,
    /// Counts changes of name, purpose and permissions.
    pub version: i32,
    pub created_at: DateTime<Utc>,
}

#[derive(QueryableByName)]
pub(in crate::people) struct Holder {
    #[diesel(sql_type = diesel::sql_types::Uuid)]
    pub person_id: PersonId,
}

fn name_taken() -> impl Fn(Error) -> Error {
    on_constraint("roles_organisation_id_name_key", "name", "problem-role-taken")
}

impl Role {
    /// `Invalid` at `name` when there is one of this name.
    pub fn insert(&self, tx: &mut Tx, permissions: Vec<String>) -> Result<()> {
        let done = diesel::insert_into(roles::table).values(self).execute(tx.conn());
        done.map_err(Error::from).map_err(name_taken())?;
        Role::set_permissions(tx, self.id, permissions)
    }

    /// `Invalid` at `name` when there is another of this name.
    pub fn save(tx: &mut Tx, id: RoleId, name: &str, about: &str, permissions: Vec<String>) -> Result<()> {
        let row = (roles::name.eq(name), roles::about.eq(about), roles::version.eq(roles::version + 1));
        let done = diesel::update(roles::table.find(id)).set(row).execute(tx.conn());
        done.map_err(Error::from).map_err(name_taken())?;
        Role::set_permissions(tx, id, permissions)
    }

    fn set_permissions(tx: &mut Tx, id: RoleId, permissions: Vec<String>) -> Result<()> {
        let mut sql = Sql::named("people::clear_permissions", "delete from role_permissions where role_id = ");
        sql.bind(id);
        sql.execute(tx.conn())?;
        let mut sql =
            Sql::named("people::set_permissions", "insert into role_permissions (role_id, permission) select ");
        sql.bind(id).push(", word from unnest(").bind(permissions).push("::text[]) as word");
        sql.execute(tx.conn())?;
        Ok(())
    }

    /// `Invalid` while somebody holds it or a rule of sign-on gives it: the database refuses, whatever was counted before.
    pub fn delete(tx: &mut Tx, id: RoleId) -> Result<()> {
        let done = diesel::delete(roles::table.find(id)).execute(tx.conn()).map_err(Error::from);
        let done = done.map_err(on_constraint("sso_rules_role_id_fkey", "", "problem-role-ruled"));
        done.map_err(on_constraint("person_roles_role_id_fkey", "", "problem-role-just-given"))?;
        Ok(())
    }

    /// False when they held it already.
    pub fn give(tx: &mut Tx, id: RoleId, person: PersonId) -> Result<bool> {
        let mut sql =
            Sql::named("people::give_role", "insert into person_roles (person_id, role_id, created_at) values (");
        sql.bind(person).push(", ").bind(id).push(", ").bind(tx.now).push(") on conflict do nothing");
        Ok(sql.execute(tx.conn())? > 0)
    }

    /// False when they did not hold it.
    pub fn take(tx: &mut Tx, id: RoleId, person: PersonId) -> Result<bool> {
        let mut sql = Sql::named("people::take_role", "delete from person_roles where role_id = ");
        sql.bind(id).push(" and person_id = ").bind(person);
        Ok(sql.execute(tx.conn())? > 0)
    }

    /// Takes it from all of them; answers who held it.
    pub fn take_from(tx: &mut Tx, id: RoleId, people: &[Uuid]) -> Result<Vec<PersonId>> {
        let mut sql = Sql::named("people::take_role_from", "delete from person_roles where role_id = ");
        sql.bind(id).push(" and person_id = any(").bind(people.to_vec()).push(") returning person_id");
        Ok(sql.load::<Holder>(tx.conn())?.into_iter().map(|row| row.person_id).collect())
    }

    /// All roles that exist of those named; for forms that name several.
    pub fn existing(tx: &mut Tx, ids: Vec<Uuid>) -> Result<Vec<Role>> {
        Ok(roles::table.filter(roles::id.eq_any(ids)).select(Role::as_select()).load(tx.conn())?)
    }
}
