//! Who is in a group: whole sets at a time, because a group may be the company. The rooms that call these have asked first.

use super::{GroupId, PersonId};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::Result;
use diesel::QueryableByName;
use diesel::sql_types::Uuid as SqlUuid;
use uuid::Uuid;

#[derive(QueryableByName)]
struct InGroup {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

fn ids(sql: Sql, tx: &mut Tx) -> Result<Vec<Uuid>> {
    Ok(sql.load::<InGroup>(tx.conn())?.into_iter().map(|row| row.id).collect())
}

impl GroupId {
    /// Who is in it already stays so; answers who came.
    pub fn put_in(self, tx: &mut Tx, people: &[Uuid]) -> Result<Vec<Uuid>> {
        let mut sql =
            Sql::named("people::put_in_group", "insert into group_members (group_id, person_id, created_at) select ");
        sql.bind(self).push("::uuid, x, ").bind(tx.now).push("::timestamptz from unnest(").bind(people.to_vec());
        sql.push("::uuid[]) as x on conflict do nothing returning person_id as id");
        ids(sql, tx)
    }

    /// Answers who went.
    pub fn take_out(self, tx: &mut Tx, people: &[Uuid]) -> Result<Vec<Uuid>> {
        let mut sql = Sql::named("people::take_out_of_group", "delete from group_members where group_id = ");
        sql.bind(self).push(" and person_id = any(").bind(people.to_vec()).push(") returning person_id as id");
        ids(sql, tx)
    }

    /// Everybody else goes; answers who.
    pub fn keep_only(self, tx: &mut Tx, people: &[Uuid]) -> Result<Vec<Uuid>> {
        let mut sql = Sql::named("people::keep_only", "delete from group_members where group_id = ");
        sql.bind(self).push(" and not (person_id = any(").bind(people.to_vec()).push(")) returning person_id as id");
        ids(sql, tx)
    }

    /// Out of every group that the company's directory keeps; answers in which they were.
    pub fn leave_managed(tx: &mut Tx, person: PersonId) -> Result<Vec<Uuid>> {
        let mut sql =
            Sql::named("people::leave_managed", "delete from group_members gm using groups g where gm.person_id = ");
        sql.bind(person).push(" and g.id = gm.group_id and g.is_managed returning gm.group_id as id");
        ids(sql, tx)
    }
}
