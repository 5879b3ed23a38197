//! A new project. Who makes one becomes its admin, so that it can be shared and changed without asking an administrator.

use super::grants::{Grantee, insert_grant};
use super::{Visibility, free_key};
use crate::access::{Actor, Permission, ProjectId, ProjectRole, Thing, Verb, may};
use crate::audit::{self, Act, ActKind};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Error, Result, on_constraint};
use crate::people::{Face, PersonId};
use crate::text::value::{Body, Name, ProjectKey};

/// A project about to be made.
#[derive(Debug, Clone)]
pub struct NewProject {
    pub name: Name,
    /// None: made from the name.
    pub key: Option<ProjectKey>,
    pub about: Body,
    pub visibility: Visibility,
    pub lead: Option<PersonId>,
}

impl NewProject {
    /// The answer is the key. `Invalid` at `key` when it is taken.
    pub fn create(self, tx: &mut Tx, me: &Actor) -> Result<String> {
        let permit = may(tx, me, Verb::Add, &Thing::Organisation(Permission::ProjectsCreate))?;
        let organisation = me.organisation_id().ok_or(Error::NotFound)?;
        check_lead(tx, self.lead)?;
        let key = self.key_to_use(tx)?;
        let id = ProjectId(tx.new_id());
        let maker = me.person_id();
        let mut sql = Sql::named(
            "projects::create",
            "insert into projects (id, organisation_id, key, name, about, visibility, lead_id, created_by_id, created_at) values (",
        );
        sql.bind(id)
            .push(", ")
            .bind(organisation)
            .push(", ")
            .bind(key.as_str())
            .push(", ")
            .bind(self.name.as_str())
            .push(", ");
        sql.bind(self.about.as_str())
            .push(", ")
            .bind(self.visibility)
            .push(", ")
            .bind(self.lead.map(|lead| lead.0))
            .push(", ");
        sql.bind(maker.map(|maker| maker.0)).push(", ").bind(tx.now).push(")");
        let taken = on_constraint("projects_organisation_id_key_key", "key", "problem-key-taken");
        sql.execute(tx.conn()).map_err(Error::from).map_err(taken)?;
        if let Some(maker) = maker {
            insert_grant(tx, id, Grantee::Person(maker), ProjectRole::Admin)?;
        }
        if let Some(lead) = self.lead.filter(|lead| Some(*lead) != maker) {
            insert_grant(tx, id, Grantee::Person(lead), ProjectRole::Lead)?;
        }
        let act = Act::new(ActKind::ProjectCreated).in_project(id).change("key", None::<&str>, key.as_str());
        audit::record(
            tx,
            permit,
            act.change("visibility", None::<&str>, self.visibility).change("lead", None::<&str>, self.lead),
        )?;
        Ok(key.into_string())
    }

    fn key_to_use(&self, tx: &mut Tx) -> Result<ProjectKey> {
        match &self.key {
            Some(key) => Ok(key.clone()),
            None => free_key(tx, self.name.as_str())?.ok_or_else(|| Error::invalid("key", "problem-key-none")),
        }
    }
}

/// A lead is an active member.
pub(in crate::projects) fn check_lead(tx: &mut Tx, lead: Option<PersonId>) -> Result<()> {
    lead.map_or(Ok(()), |lead| Face::active(tx, "lead", lead).map(drop))
}
