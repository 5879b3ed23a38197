//! Making an invitation.

use super::{Gifts, InvitationId, SendInvitation};
use crate::access::{Actor, Thing, Verb, may};
use crate::audit::{self, Act, ActKind};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Error, Msg, Result};
use crate::people::{Person, PersonId};
use crate::queue;
use crate::text::value::Email;
use chrono::Duration;

/// How long an invitation waits, unless another of the choices is taken.
pub const DEFAULT_DAYS: i64 = 7;
pub const DAYS: [i64; 3] = [1, 7, 30];
/// Addresses in one form: a department, not a list bought somewhere.
pub const MAX_AT_ONCE: usize = 50;

/// Invitations about to be made, all alike.
#[derive(Debug, Clone)]
pub struct NewInvitations {
    /// Empty: one for whoever gets the link.
    pub emails: Vec<Email>,
    pub gifts: Gifts,
    /// One of `DAYS`.
    pub days: i64,
}

impl NewInvitations {
    /// The first one's id. With addresses a mail goes to each; without, `link` is the SHA-256 of the token to hand over.
    pub fn create(self, tx: &mut Tx, me: &Actor, link: Option<Vec<u8>>) -> Result<InvitationId> {
        let gifts = self.gifts.clone().with_permissions(tx)?;
        gifts.check(tx, me)?;
        let whom: Vec<Option<&Email>> = match self.emails.is_empty() {
            true => vec![None],
            false => self.emails.iter().map(Some).collect(),
        };
        let mut first = None;
        for email in whom {
            let id = insert(tx, me, email, &gifts, self.days)?;
            match (email, &link) {
                (Some(_), _) => queue::enqueue(tx, None, &SendInvitation { invitation: id.0 })?,
                (None, Some(hash)) => id.add_link(tx, hash.clone(), false)?,
                (None, None) => return Err(Error::broken("an invitation without address and link")),
            }
            first.get_or_insert(id);
        }
        first.ok_or_else(|| Error::broken("nobody was invited"))
    }
}

fn insert(tx: &mut Tx, me: &Actor, email: Option<&Email>, gifts: &Gifts, days: i64) -> Result<InvitationId> {
    let id = InvitationId(tx.new_id());
    let thing = Thing::newcomer(PersonId(id.0), gifts.role, gifts.permissions);
    let permit = may(tx, me, Verb::Invite, &thing)?;
    if let Some(email) = email {
        check_free(tx, email)?;
    }
    let mut sql = Sql::named(
        "invitations::insert",
        "insert into invitations (id, organisation_id, email, role, inviter_id, created_at, expires_at) values (",
    );
    sql.bind(id).push(", ").bind(me.organisation_id().ok_or(Error::NotFound)?).push(", nullif(");
    sql.bind(email.map_or("", Email::as_str)).push(", ''), ").bind(gifts.role).push(", ");
    sql.bind(me.person_id().ok_or(Error::SignIn)?).push(", ").bind(tx.now).push(", ");
    sql.bind(tx.now + Duration::days(days)).push(")");
    sql.execute(tx.conn()).map_err(Error::from).map_err(|error| match (error, email) {
        // Another invitation of the same moment.
        (Error::Broken(text), Some(email)) if text.contains("invitations_email_key") => invited_already(email),
        (error, _) => error,
    })?;
    gifts.keep(tx, id)?;
    let act = Act::new(ActKind::InvitationCreated).target("invitation", id).change("role", None::<&str>, gifts.role);
    audit::record(tx, permit, noting(act, gifts))?;
    Ok(id)
}

/// Groups, roles and grants, by id.
pub(super) fn noting(act: Act, gifts: &Gifts) -> Act {
    act.note("groups", &gifts.groups).note("custom_roles", &gifts.custom_roles).note("grants", &gifts.grants)
}

fn invited_already(email: &Email) -> Error {
    Error::invalid("emails", Msg::new("problem-invited-already").with("email", email))
}

/// Who has an account is not invited, and who was shut out comes back through the door that shut, not by a mail. One that ran out
/// makes room.
fn check_free(tx: &mut Tx, email: &Email) -> Result<()> {
    if let Some(person) = Person::by_email(tx, email.as_str())? {
        let key =
            if person.deactivated_at.is_some() { "problem-invited-deactivated" } else { "problem-invited-member" };
        return Err(Error::invalid("emails", Msg::new(key).with("email", email).with("name", person.name)));
    }
    let mut sql = Sql::named("invitations::make_room", "update invitations set revoked_at = ");
    sql.bind(tx.now).push(" where accepted_at is null and revoked_at is null and expires_at <= ").bind(tx.now);
    sql.push(" and email = ").bind(email.as_str());
    sql.execute(tx.conn())?;
    let mut open = Sql::named(
        "invitations::open",
        "select 1 as one from invitations where accepted_at is null and revoked_at is null and email = ",
    );
    open.bind(email.as_str());
    if open.execute(tx.conn())? > 0 { Err(invited_already(email)) } else { Ok(()) }
}

impl InvitationId {
    /// By the SHA-256 of its token.
    pub(super) fn add_link(self, tx: &mut Tx, hash: Vec<u8>, is_mailed: bool) -> Result<()> {
        let mut sql = Sql::named(
            "invitations::add_link",
            "insert into invitation_links (token_hash, invitation_id, is_mailed, created_at) values (",
        );
        sql.bind(hash).push(", ").bind(self).push(", ").bind(is_mailed).push(", ").bind(tx.now).push(")");
        sql.execute(tx.conn())?;
        Ok(())
    }
}
