//! Who wants to hear of changes.

use super::Record;
use crate::access::{Actor, Verb, may};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Error, Result};
use crate::people::{Face, PersonId};

impl Record {
    /// In order of name.
    pub fn watchers(&self, tx: &mut Tx) -> Result<Vec<Face>> {
        let mut sql = Sql::named(
            "records::watchers",
            "select p.id, p.name, p.handle from record_watchers w join people p on p.id = w.person_id where w.record_id = ",
        );
        sql.bind(self.id).push(" order by lower(p.name), p.id");
        Ok(sql.load(tx.conn())?)
    }

    /// Whoever sees a record may watch it; watching twice is watching once.
    pub fn watch(&self, tx: &mut Tx, me: &Actor) -> Result<()> {
        let permit = may(tx, me, Verb::See, &self.thing())?;
        let person = me.person_id().ok_or(Error::SignIn)?;
        self.add_watcher(tx, person)?;
        permit.unused(tx);
        Ok(())
    }

    /// Undoes `watch`.
    pub fn unwatch(&self, tx: &mut Tx, me: &Actor) -> Result<()> {
        let permit = may(tx, me, Verb::See, &self.thing())?;
        let mut sql = Sql::named("records::unwatch", "delete from record_watchers where record_id = ");
        sql.bind(self.id).push(" and person_id = ").bind(me.person_id().map(|id| id.0));
        sql.execute(tx.conn())?;
        permit.unused(tx);
        Ok(())
    }

    /// Without asking: creators, assignees, commenters and the mentioned watch by themselves.
    pub fn add_watcher(&self, tx: &mut Tx, person: PersonId) -> Result<()> {
        let mut sql = Sql::named(
            "records::add_watcher",
            "insert into record_watchers (record_id, person_id, created_at) values (",
        );
        sql.bind(self.id).push(", ").bind(person).push(", ").bind(tx.now).push(") on conflict do nothing");
        sql.execute(tx.conn())?;
        Ok(())
    }
}
