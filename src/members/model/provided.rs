//! Groups that the company's directory keeps: the rows. Whoever calls has asked and keeps the entry; whole sets at a time, because a
//! group may be the company.

use super::Group;
use crate::access::Actor;
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Error, Result, on_constraint};
use crate::people::{GroupId, OrganisationId};
use crate::text::value::MAX_NAME_CHARS;
use diesel::QueryableByName;
use diesel::sql_types::Text;

/// How often a name may be taken before the directory must choose another.
const MAX_NAMESAKES: usize = 50;
/// " (directory 50)"
const SUFFIX_CHARS: usize = 15;

#[derive(QueryableByName)]
struct Free {
    #[diesel(sql_type = Text)]
    name: String,
}

impl Group {
    /// `Invalid` for who may not change what the directory keeps.
    pub(in crate::members) fn check_own(&self, me: &Actor) -> Result<()> {
        match self.is_managed && me.directory.is_none() {
            true => Err(Error::invalid("", "problem-group-managed")),
            false => Ok(()),
        }
    }

    /// A group with this name, or one like it where it is taken.
    pub fn provide(tx: &mut Tx, organisation: OrganisationId, id: GroupId, wanted: &str) -> Result<()> {
        let name = free_name(tx, id, wanted)?;
        let mut sql = Sql::named(
            "members::provide_group",
            "insert into groups (id, organisation_id, name, about, is_managed, created_at) values (",
        );
        sql.bind(id).push(", ").bind(organisation).push(", ").bind(name).push(", '', true, ").bind(tx.now).push(")");
        sql.execute(tx.conn()).map_err(Error::from).map_err(raced())?;
        Ok(())
    }

    /// The same for one that is there.
    pub fn rename_provided(tx: &mut Tx, id: GroupId, wanted: &str) -> Result<()> {
        let name = free_name(tx, id, wanted)?;
        let mut sql = Sql::named("members::rename_group", "update groups set version = version + 1, name = ");
        sql.bind(name).push(" where id = ").bind(id);
        sql.execute(tx.conn()).map_err(Error::from).map_err(raced())?;
        Ok(())
    }

    /// The directory knows it no more: it goes; but one that owns records or holds grants stays, empty, as a group of ours.
    pub fn release(&self, tx: &mut Tx) -> Result<()> {
        // Else it could be given access between the question and its end.
        let mut lock = Sql::named("members::hold_group", "select 1 as one from groups where id = ");
        lock.bind(self.id).push(" for update");
        lock.execute(tx.conn())?;
        let ties = self.ties(tx)?;
        if ties.records + ties.grants == 0 {
            let mut sql = Sql::named("members::delete_provided", "delete from groups where id = ");
            sql.bind(self.id);
            sql.execute(tx.conn())?;
            return Ok(());
        }
        self.id.keep_only(tx, &[])?;
        let mut sql = Sql::named(
            "members::release_group",
            "update groups set version = version + 1, is_managed = false where id = ",
        );
        sql.bind(self.id);
        sql.execute(tx.conn())?;
        Ok(())
    }
}

fn raced() -> impl Fn(Error) -> Error {
    on_constraint("groups_organisation_id_name_key", "uniqueness", "scim-taken-group")
}

/// The name on one line and short enough; with a word behind it while somebody else's group has it.
fn free_name(tx: &mut Tx, own: GroupId, wanted: &str) -> Result<String> {
    let line = wanted.split(|c: char| c.is_control() || c.is_whitespace()).filter(|word| !word.is_empty());
    let line: String = line.collect::<Vec<_>>().join(" ").chars().take(MAX_NAME_CHARS).collect();
    let short: String = line.chars().take(MAX_NAME_CHARS - SUFFIX_CHARS).collect();
    let mut names = vec![line, format!("{short} (directory)")];
    names.extend((2..=MAX_NAMESAKES).map(|number| format!("{short} (directory {number})")));
    let mut sql = Sql::named("members::free_name", "select x.name from unnest(");
    sql.bind(names).push("::text[]) with ordinality as x (name, place) where not exists (select 1 from groups g where lower(g.name) = lower(x.name) and g.id <> ");
    sql.bind(own).push(") order by x.place limit 1");
    let found = sql.load::<Free>(tx.conn())?.into_iter().next();
    found.map(|free| free.name).ok_or_else(|| Error::invalid("uniqueness", "scim-taken-group"))
}
