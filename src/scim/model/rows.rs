//! What people and groups share: a page of them, and whether a caller saw what is there.

use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Conflict, Error, Result};
use crate::scim::attributes::Resource;
use crate::scim::model::select::{self, Ask};
use diesel::QueryableByName;
use diesel::pg::PgConnection;
use diesel::query_dsl::methods::LoadQuery;
use diesel::sql_types::BigInt;
use uuid::Uuid;

#[derive(QueryableByName)]
struct Total {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// A page, and how many there are. `from` ends in a condition; the rows' table is `s`. Names of the statements: rows, then count.
pub fn page<T>(
    tx: &mut Tx,
    (name, count_name): (&str, &str),
    resource: Resource,
    (columns, mut from): (&str, Sql),
    ask: &Ask,
) -> Result<(Vec<T>, i64)>
where
    Sql: for<'q> LoadQuery<'q, PgConnection, T>,
{
    if let Some(filter) = &ask.filter {
        from.push(" and ");
        select::push(&mut from, resource, filter)?;
    }
    let mut count = Sql::named(count_name, "select count(*) as count");
    count.append(&from);
    let mut sql = Sql::named(name, columns);
    sql.append(&from);
    select::order(&mut sql, resource, ask)?;
    sql.push(" limit ").bind(ask.count).push(" offset ").bind(ask.start - 1);
    let total = count.load::<Total>(tx.conn())?.into_iter().next().map_or(0, |total| total.count);
    let rows = if ask.count == 0 { Vec::new() } else { sql.load(tx.conn())? };
    Ok((rows, total))
}

/// These groups are shown otherwise from now on.
pub fn age_groups(tx: &mut Tx, groups: &[Uuid]) -> Result<()> {
    let mut sql = Sql::named("scim::age_groups", "update scim_groups set version = version + 1, updated_at = ");
    sql.bind(tx.now).push(" where group_id = any(").bind(groups.to_vec()).push(")");
    sql.execute(tx.conn())?;
    Ok(())
}

/// These people are shown otherwise, because their groups are part of it; nothing was said of them.
pub fn age_people(tx: &mut Tx, people: &[Uuid]) -> Result<()> {
    let mut sql = Sql::named("scim::age_people", "update scim_users set version = version + 1 where person_id = any(");
    sql.bind(people.to_vec()).push(")");
    sql.execute(tx.conn())?;
    Ok(())
}

/// `Conflict` (412) when `If-Match` names none of what is there.
pub fn check_seen(seen: Option<&str>, etag: &str) -> Result<()> {
    match seen {
        Some(tags) if !fits(tags, etag) => Err(Error::Conflict(Box::new(Conflict {
            field: "If-Match",
            theirs: etag.to_owned(),
            yours: tags.to_owned(),
            seen: etag.to_owned(),
        }))),
        _ => Ok(()),
    }
}

/// Whether one of the ETags of a condition is this one. Weak ones are compared by what is in the quotes.
pub fn fits(tags: &str, etag: &str) -> bool {
    let bare = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    tags.trim() == "*" || tags.split(',').any(|tag| bare(tag) == bare(etag))
}
