//! Who must have a second factor.

use crate::access::{Actor, Permission, Thing, Verb, may};
use crate::audit::{self, Act, ActKind};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Error, Result};
use crate::people::PersonId;
use crate::signin::passkeys;
use crate::text_enum;
use crate::web::State;
use diesel::QueryableByName;
use diesel::sql_types::{Int8, Text};

text_enum!(
    /// Of those who sign in with a password.
    Required { Nobody = "nobody", Owners = "owners", Admins = "admins", Everyone = "everyone" }
);

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    second_factor: Required,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = Int8)]
    count: i64,
}

const WITHOUT: &str = "not exists (select 1 from factors f where f.person_id = p.id and f.confirmed_at is not null)";

/// The policy as it is.
pub fn required(tx: &mut Tx) -> Result<Required> {
    let sql = Sql::named("signin::policy", "select second_factor from sign_in_policies limit 1");
    Ok(sql.load::<Row>(tx.conn())?.first().map(|row| row.second_factor).unwrap_or(Required::Nobody))
}

/// How many active people with a password have none, of all and by the least role each choice asks for: everyone, admins, owners.
pub fn lacking(tx: &mut Tx) -> Result<[i64; 3]> {
    let mut counts = [0; 3];
    for (count, roles) in
        counts.iter_mut().zip([vec!["member", "admin", "owner"], vec!["admin", "owner"], vec!["owner"]])
    {
        let mut sql = Sql::named(
            "signin::lacking",
            "select count(*) as count from people p join memberships m on m.person_id = p.id
             where p.deactivated_at is null and p.password_hash is not null and ",
        );
        let roles: Vec<String> = roles.into_iter().map(str::to_owned).collect();
        sql.push(WITHOUT).push(" and m.role = any(").bind(roles).push(")");
        *count = sql.load::<Count>(tx.conn())?.first().map(|row| row.count).unwrap_or_default();
    }
    Ok(counts)
}

/// Whether this person must have one. (Whether they owe one is `Actor::owes_factor`.)
pub(in crate::signin) fn required_of(tx: &mut Tx, person: PersonId) -> Result<bool> {
    let roles: &[&str] = match required(tx)? {
        Required::Nobody => return Ok(false),
        Required::Owners => &["owner"],
        Required::Admins => &["admin", "owner"],
        Required::Everyone => &["member", "admin", "owner"],
    };
    let mut sql = Sql::named("signin::required_of", "select count(*) as count from memberships where person_id = ");
    let roles: Vec<String> = roles.iter().map(|role| (*role).to_owned()).collect();
    sql.bind(person).push(" and role = any(").bind(roles).push(")");
    Ok(sql.load::<Count>(tx.conn())?.first().is_some_and(|row| row.count > 0))
}

/// `Invalid` when nobody could follow it: no key for authenticator apps, and no host name for passkeys.
pub fn require(tx: &mut Tx, me: &Actor, state: &State, whom: Required) -> Result<()> {
    let permit = may(tx, me, Verb::Administer, &Thing::Organisation(Permission::SecurityConfigurationManage))?;
    let old = required(tx)?;
    if old == whom {
        permit.unused(tx);
        return Ok(());
    }
    if whom != Required::Nobody && !state.vault.is_ready() && passkeys::relying_party(&state.config).is_err() {
        return Err(Error::invalid("second_factor", "problem-policy-unreachable"));
    }
    let organisation = me.organisation_id().ok_or(Error::NotFound)?;
    let mut sql = Sql::named(
        "signin::require",
        "insert into sign_in_policies (organisation_id, second_factor, updated_at) values (",
    );
    sql.bind(organisation).push(", ").bind(whom).push(", ").bind(tx.now);
    sql.push(") on conflict (organisation_id) do update set second_factor = excluded.second_factor, updated_at = excluded.updated_at");
    sql.execute(tx.conn())?;
    let act =
        Act::new(ActKind::OrganisationChanged).target("organisation", organisation).change("second_factor", old, whom);
    audit::record(tx, permit, act)
}
