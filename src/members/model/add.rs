//! Adding a person by hand, with a password made here and shown once. (Invitations by e-mail come to stand beside it.)

use super::groups::{Group, add_row};
use crate::access::{Actor, Permissions, Thing, Verb, may};
use crate::audit::{self, Act, ActKind};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::people::{GroupId, Membership, OrganisationRole, Person, PersonId};
use crate::secret::Secret;
use crate::text::value::{Email, Name};
use crate::web::random_token;

/// Letters and digits that nobody mistakes for another; the 9 stands twice to make 32.
const READABLE: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz234567899";
/// Five of them a group, four groups: about 99 bits.
const GROUP_CHARS: usize = 5;
const GROUPS: usize = 4;

/// A person about to be added.
#[derive(Debug, Clone)]
pub struct NewMember {
    pub name: Name,
    pub email: Email,
    pub role: OrganisationRole,
    pub groups: Vec<GroupId>,
    /// argon2id, PHC format.
    pub password_hash: String,
}

impl NewMember {
    /// The answer is the handle. `Invalid` at `email` when the address has an account.
    pub fn create(self, tx: &mut Tx, me: &Actor) -> Result<String> {
        let organisation_id = me.organisation_id().ok_or(Error::NotFound)?;
        let id = PersonId(tx.new_id());
        let permit = may(tx, me, Verb::Invite, &Thing::newcomer(id, self.role, Permissions::NONE))?;
        let handle = Person::free_handle(tx, self.name.as_str())?;
        let person = self.person(tx, id, &handle);
        let membership =
            Membership { id: tx.new_id(), organisation_id, person_id: id, role: self.role, created_at: tx.now };
        person.insert(tx, &membership)?;
        for group in &self.groups {
            let group = Group::find(tx, me, *group).map_err(|_| Error::invalid("groups", "problem-choice"))?;
            group.check_gives(tx, me)?;
            add_row(tx, group.id, id)?;
        }
        let act =
            Act::new(ActKind::MemberAdded).target("person", id).change("role", None::<OrganisationRole>, self.role);
        audit::record(tx, permit, act.note("groups", &self.groups))?;
        Ok(handle)
    }

    fn person(&self, tx: &Tx, id: PersonId, handle: &str) -> Person {
        Person {
            id,
            name: self.name.as_str().to_owned(),
            email: self.email.as_str().to_owned(),
            handle: handle.to_owned(),
            password_hash: Some(self.password_hash.clone()),
            server_admin: false,
            theme: "system".to_owned(),
            palette: "default".to_owned(),
            time_zone: None,
            created_at: tx.now,
            deactivated_at: None,
            verified_at: None,
        }
    }
}

/// Easy to read aloud and to type, impossible to guess: `k7mq2-x9fhd-3npwr-t8ver`.
pub fn one_time_password() -> Secret {
    let random = crate::web::token_hash(&random_token());
    let letters: Vec<char> = random
        .iter()
        .filter_map(|byte| READABLE.get(usize::from(byte & 31)))
        .map(|letter| char::from(*letter))
        .take(GROUP_CHARS * GROUPS)
        .collect();
    let groups: Vec<String> = letters.chunks(GROUP_CHARS).map(|group| group.iter().collect()).collect();
    Secret::new(groups.join("-"))
}
