//! The organisation's own row.

use crate::access::{Actor, Permission, Thing, Verb, may};
use crate::audit::{self, Act, ActKind};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Conflict, Error, Result};
use crate::people::{Mode, Organisation};
use crate::text::value::{Body, Name};

/// The organisation page as checked.
#[derive(Debug, Clone)]
pub struct OrganisationText {
    pub name: Name,
    pub about: Body,
    pub mode: Mode,
    /// IANA name.
    pub time_zone: String,
}

/// The organisation, for who is in it.
pub fn organisation(tx: &mut Tx) -> Result<Organisation> {
    Organisation::only(tx)?.ok_or(Error::NotFound)
}

/// A fingerprint of everything the form shows, so that two admins do not overwrite each other.
pub fn fingerprint(organisation: &Organisation) -> String {
    let Organisation { name, about, mode, time_zone, .. } = organisation;
    crate::ui::fingerprint(&format!("{name}\0{about}\0{mode}\0{time_zone}"))
}

impl OrganisationText {
    /// `Conflict` when somebody saved something else since the form was opened.
    pub fn save(self, tx: &mut Tx, me: &Actor, was: &str) -> Result<()> {
        let permit = may(tx, me, Verb::Administer, &Thing::Organisation(Permission::OrganisationUpdate))?;
        Sql::named("settings::lock", "select 1 as one from organisations for no key update").execute(tx.conn())?;
        let old = organisation(tx)?;
        let Some(act) = self.difference_from(&old) else {
            permit.unused(tx);
            return Ok(());
        };
        if fingerprint(&old) != was {
            let (seen, yours) = (fingerprint(&old), self.name.into_string());
            return Err(Error::Conflict(Box::new(Conflict { field: "organisation", theirs: old.name, yours, seen })));
        }
        let mut sql = Sql::named("settings::save_organisation", "update organisations set name = ");
        sql.bind(self.name.as_str()).push(", about = ").bind(self.about.as_str()).push(", mode = ").bind(self.mode);
        sql.push(", time_zone = ").bind(self.time_zone.as_str()).push(" where id = ").bind(old.id);
        sql.execute(tx.conn())?;
        audit::record(tx, permit, act)
    }

    /// None when all is as it was.
    fn difference_from(&self, old: &Organisation) -> Option<Act> {
        let mut act = Act::new(ActKind::OrganisationChanged).target("organisation", old.id);
        let pairs = [
            ("name", old.name.as_str(), self.name.as_str()),
            ("mode", old.mode.as_str(), self.mode.as_str()),
            ("time_zone", &old.time_zone, &self.time_zone),
        ];
        let mut is_same = old.about == self.about.as_str();
        if !is_same {
            act = act.text_change("about");
        }
        for (field, old, new) in pairs {
            if old != new {
                act = act.change(field, old, new);
                is_same = false;
            }
        }
        (!is_same).then_some(act)
    }
}
