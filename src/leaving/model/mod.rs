//! One file per ability.

mod handover;
mod keys;
mod work;

pub use handover::*;
pub use keys::*;
pub use work::*;

use crate::access::{Actor, Verb, check};
use crate::db::Tx;
use crate::error::Result;
use crate::members::Member;

/// Everything that the page shows.
#[derive(Debug, Clone)]
pub struct Checklist {
    pub member: Member,
    pub keys: Keys,
    pub work: Vec<Work>,
    pub written: Vec<Written>,
}

impl Checklist {
    /// `Forbidden` for who may not take this person's place away.
    pub fn load(tx: &mut Tx, me: &Actor, handle: &str) -> Result<Checklist> {
        let member = leaver(tx, me, handle)?;
        let (keys, work) = (Keys::of(tx, me, &member)?, Work::of(tx, me, &member)?);
        let written = Written::of(tx, me, &member)?;
        Ok(Checklist { member, keys, work, written })
    }
}

pub(in crate::leaving) fn leaver(tx: &mut Tx, me: &Actor, handle: &str) -> Result<Member> {
    let member = Member::find(tx, me, handle)?;
    check(me, Verb::Remove, &member.thing(member.role))?;
    Ok(member)
}
