//! Name, handle, time zone, looks, and the sessions one is signed in with.

use crate::access::{Actor, Thing, Verb, may};
use crate::audit::{self, Act, ActKind};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::people::{Person, PersonId, Session, SessionId};
use crate::text::value::Name;
use crate::text_enum;

text_enum!(Theme { System = "system", Light = "light", Dark = "dark" });
text_enum!(Palette { Default = "default", Heather = "heather", Moss = "moss", Rust = "rust" });

/// The profile form as checked.
#[derive(Debug, Clone)]
pub struct Profile {
    pub name: Name,
    pub handle: String,
    /// IANA name; None follows the organisation.
    pub time_zone: Option<String>,
}

fn own(me: &Actor) -> Result<(PersonId, Thing)> {
    let id = me.person_id().ok_or(Error::SignIn)?;
    Ok((id, Thing::Own(id)))
}

/// One's own row.
pub fn myself(tx: &mut Tx, me: &Actor) -> Result<Person> {
    Person::find(tx, own(me)?.0)
}

impl Profile {
    /// `Invalid` at `handle` when somebody else has it.
    pub fn save(self, tx: &mut Tx, me: &Actor) -> Result<()> {
        let (id, thing) = own(me)?;
        let permit = may(tx, me, Verb::Edit, &thing)?;
        let old = Person::find(tx, id)?;
        let mut act = Act::new(ActKind::ProfileChanged).target("person", id);
        let before = (old.name.as_str(), old.handle.as_str(), old.time_zone.as_deref());
        if before == (self.name.as_str(), self.handle.as_str(), self.time_zone.as_deref()) {
            permit.unused(tx);
            return Ok(());
        }
        old.set_profile(tx, self.name.as_str(), &self.handle, self.time_zone.as_deref())?;
        for (field, old, new) in [("name", &old.name, self.name.as_str()), ("handle", &old.handle, &self.handle)] {
            if old != new {
                act = act.change(field, old, new);
            }
        }
        audit::record(tx, permit, act)
    }
}

/// A preference: no permission, no entry. None keeps what is.
pub fn set_look(tx: &mut Tx, me: &Actor, theme: Option<Theme>, palette: Option<Palette>) -> Result<()> {
    Person::set_look(tx, own(me)?.0, theme.map(Theme::as_str), palette.map(Palette::as_str))
}

/// One's live sessions, the last used first.
pub fn my_sessions(tx: &mut Tx, me: &Actor) -> Result<Vec<Session>> {
    Session::list(tx, own(me)?.0)
}

/// Another person's session, and one that has ended, is `NotFound`.
pub fn end_session(tx: &mut Tx, me: &Actor, id: SessionId) -> Result<()> {
    let (person, thing) = own(me)?;
    let permit = may(tx, me, Verb::Remove, &thing)?;
    if !Session::end(tx, person, id)? {
        return Err(Error::NotFound);
    }
    audit::record(tx, permit, Act::new(ActKind::SessionEnded).target("session", id))
}

/// All but the one asking; how many there were.
pub fn end_other_sessions(tx: &mut Tx, me: &Actor) -> Result<usize> {
    let (person, thing) = own(me)?;
    let permit = may(tx, me, Verb::Remove, &thing)?;
    let ended = Session::end_all(tx, person, me.session_id())?;
    if ended == 0 {
        permit.unused(tx);
        return Ok(0);
    }
    audit::record(tx, permit, Act::new(ActKind::SessionEnded).target("person", person).note("sessions", ended))?;
    Ok(ended)
}
