//! Editing before it is trusted, and activating: then it is the one of its type in its place.

use super::{Snapshot, Status};
use crate::access::{Actor, Permission, Permit, Place, Thing, Verb, can, may};
use crate::audit::{Act, ActKind};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Error, Result};
use crate::records::{Cell, Edit, LinkKind};
use crate::text_enum;
use diesel::QueryableByName;
use diesel::sql_types::Text;

text_enum!(
    /// What can be edited in place, while it waits for its review.
    Field { Title = "title", Body = "body" }
);

#[derive(QueryableByName)]
struct Named {
    #[diesel(sql_type = Text)]
    display_id: String,
}

impl Snapshot {
    /// It waits for its review: until it is trusted, or put away.
    pub fn is_open(&self) -> bool {
        self.status == Status::Pending && !self.record.is_archived()
    }

    /// The field as a form sends it.
    pub fn value(&self, field: Field) -> String {
        match field {
            Field::Title => self.record.title.clone(),
            Field::Body => self.body.clone(),
        }
    }

    /// `Conflict` with both values when somebody else changed the same field since it was read.
    pub fn edit(tx: &mut Tx, me: &Actor, display_id: &str, edit: &Edit<Field>) -> Result<Snapshot> {
        let snapshot = Snapshot::find_locked(tx, me, display_id)?;
        edit.check(edit.field.as_str(), &snapshot.value(edit.field))?;
        let permit = may(tx, me, Verb::Edit, &snapshot.record.thing())?;
        if !snapshot.is_open() {
            return Err(Error::invalid(edit.field.as_str(), "problem-snapshot-closed"));
        }
        let act = match edit.field {
            Field::Title => snapshot.record.retitle(tx, &edit.value)?,
            Field::Body => {
                let cell = Cell::of(&snapshot.record, "snapshots", "body");
                cell.text(tx, me, &snapshot.body, &edit.value)?
            }
        };
        snapshot.record.settle(tx, permit, act)?;
        Snapshot::find(tx, me, display_id)
    }

    /// What activating asks for: in the whole organisation a permission, in a project its lead, elsewhere who writes there.
    fn activation(&self) -> (Verb, Thing) {
        match self.record.place() {
            Place::Organisation(_) => (Verb::Decide, Thing::Organisation(Permission::SnapshotsActivate)),
            Place::Project(id) => (Verb::Administer, Thing::Project(id)),
            Place::Group(_) | Place::Person(_) => (Verb::Decide, self.record.thing()),
        }
    }

    pub fn can_activate(&self, me: &Actor) -> bool {
        let (verb, thing) = self.activation();
        can(me, verb, &thing) && can(me, Verb::Decide, &self.record.thing())
    }

    fn leave_to_activate(&self, tx: &mut Tx, me: &Actor) -> Result<Permit> {
        let (verb, thing) = self.activation();
        may(tx, me, Verb::Decide, &self.record.thing())?.unused(tx);
        may(tx, me, verb, &thing)
    }

    /// The one that was active is superseded, and both show it. `Invalid` unless it waits for its review.
    pub fn activate(tx: &mut Tx, me: &Actor, display_id: &str) -> Result<Snapshot> {
        let snapshot = Snapshot::find(tx, me, display_id)?;
        let permit = snapshot.leave_to_activate(tx, me)?;
        // One activation at a time in a place, so that the second sees what the first did.
        let mut sql = Sql::named("snapshots::one_at_a_time", "select pg_advisory_xact_lock(7462, hashtext(");
        sql.bind(snapshot.record.place().id().to_string()).push("))");
        sql.execute(tx.conn())?;
        let snapshot = Snapshot::find_locked(tx, me, display_id)?;
        if !snapshot.is_open() {
            return Err(Error::invalid("", "problem-snapshot-closed"));
        }
        let old = snapshot.rival(tx)?;
        if let Some(old) = &old {
            snapshot.displace(tx, me, old)?;
        }
        let mut sql = Sql::named("snapshots::activate", "update snapshots set status = ");
        sql.bind(Status::Active).push(", activated_at = ").bind(tx.now).push(", activated_by_id = ");
        sql.bind(me.person_id().map(|id| id.0)).push(" where id = ").bind(snapshot.record.id);
        sql.execute(tx.conn())?;
        let act = Act::new(ActKind::Changed).on(snapshot.record.id).change("status", Status::Pending, Status::Active);
        snapshot.record.settle(tx, permit, Some(act))?;
        Snapshot::find(tx, me, display_id)
    }

    /// Display ID of the one that is active now.
    fn rival(&self, tx: &mut Tx) -> Result<Option<String>> {
        let mut sql = Sql::named(
            "snapshots::rival",
            "select r.display_id from snapshots s join records r on r.id = s.id where s.status = 'active' and s.snapshot_type = ",
        );
        sql.bind(self.kind).push(" and s.place_id = ").bind(self.record.place().id());
        Ok(sql.load::<Named>(tx.conn())?.into_iter().next().map(|row| row.display_id))
    }

    fn displace(&self, tx: &mut Tx, me: &Actor, old: &str) -> Result<()> {
        let old = Snapshot::find_locked(tx, me, old)?;
        let permit = may(tx, me, Verb::Decide, &old.record.thing())?;
        let mut sql = Sql::named("snapshots::displace", "update snapshots set status = ");
        sql.bind(Status::Superseded).push(" where id = ").bind(old.record.id);
        sql.execute(tx.conn())?;
        let act = Act::new(ActKind::Superseded).on(old.record.id).note("by", self.record.id);
        old.record.settle(tx, permit, Some(act))?;
        self.record.link(tx, me, LinkKind::Supersedes, &old.record)
    }
}
