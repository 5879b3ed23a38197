//! Settings, archive, restore.

use super::Project;
use super::create::check_lead;
use super::grants::{Grantee, insert_grant};
use crate::access::reach::Roster;
use crate::access::{Actor, ProjectRole, Verb, may};
use crate::audit::{self, Act, ActKind};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Conflict, Error, Result};
use crate::people::PersonId;
use crate::text::value::{Body, Name};

/// The settings page as checked.
#[derive(Debug, Clone)]
pub struct Settings {
    pub name: Name,
    pub about: Body,
    pub lead: Option<PersonId>,
    /// The version that the form showed.
    pub version: i32,
}

impl Project {
    /// `Conflict` when somebody saved other settings since the form was opened.
    pub fn update(&self, tx: &mut Tx, me: &Actor, settings: &Settings) -> Result<()> {
        let permit = may(tx, me, Verb::Administer, &self.thing())?;
        let old = Project::find_locked(tx, me, &self.key)?;
        let act = old.difference_to(settings);
        let Some(act) = act else {
            permit.unused(tx);
            return Ok(());
        };
        if old.version != settings.version {
            let yours = settings.name.as_str().to_owned();
            let conflict = Conflict { field: "version", theirs: old.name, yours, seen: old.version.to_string() };
            return Err(Error::Conflict(Box::new(conflict)));
        }
        if old.lead_id != settings.lead {
            check_lead(tx, settings.lead)?;
        }
        let mut sql = Sql::named("projects::update", "update projects set version = version + 1, name = ");
        sql.bind(settings.name.as_str()).push(", about = ").bind(settings.about.as_str()).push(", lead_id = ");
        sql.bind(settings.lead.map(|lead| lead.0)).push(" where id = ").bind(self.id);
        sql.execute(tx.conn())?;
        let is_admitted = old.lead_id != settings.lead && old.admit_lead(tx, settings.lead)?;
        audit::record(tx, permit, if is_admitted { act.note("granted", settings.lead) } else { act })
    }

    /// None when all is as it was.
    fn difference_to(&self, new: &Settings) -> Option<Act> {
        let mut act = Act::new(ActKind::ProjectChanged).in_project(self.id);
        let same = (self.name == new.name.as_str(), self.about == new.about.as_str(), self.lead_id == new.lead);
        if !same.0 {
            act = act.change("name", &self.name, new.name.as_str());
        }
        if !same.1 {
            act = act.text_change("about");
        }
        if !same.2 {
            act = act.change("lead", self.lead_id, new.lead);
        }
        (same != (true, true, true)).then_some(act)
    }

    /// Whom somebody names as lead must be able to lead: gives the role unless they hold it already.
    fn admit_lead(&self, tx: &mut Tx, lead: Option<PersonId>) -> Result<bool> {
        let Some(lead) = lead else { return Ok(false) };
        if Roster::of(tx, self.id)?.role_of(lead) >= Some(ProjectRole::Lead) {
            return Ok(false);
        }
        insert_grant(tx, self.id, Grantee::Person(lead), ProjectRole::Lead)?;
        Ok(true)
    }

    /// Makes it read-only and takes it out of lists; nothing in it changes.
    pub fn archive(&self, tx: &mut Tx, me: &Actor) -> Result<()> {
        let permit = may(tx, me, Verb::Remove, &self.thing())?;
        let mut sql = Sql::named("projects::archive", "update projects set archived_at = ");
        sql.bind(tx.now).push(" where archived_at is null and id = ").bind(self.id);
        if sql.execute(tx.conn())? == 0 {
            permit.unused(tx);
            return Ok(());
        }
        audit::record(tx, permit, Act::new(ActKind::ProjectArchived).in_project(self.id))
    }

    /// Undoes `archive`.
    pub fn restore(&self, tx: &mut Tx, me: &Actor) -> Result<()> {
        let permit = may(tx, me, Verb::Remove, &self.thing())?;
        let mut sql = Sql::named(
            "projects::restore",
            "update projects set archived_at = null where archived_at is not null and id = ",
        );
        sql.bind(self.id);
        if sql.execute(tx.conn())? == 0 {
            permit.unused(tx);
            return Ok(());
        }
        audit::record(tx, permit, Act::new(ActKind::ProjectRestored).in_project(self.id))
    }
}
