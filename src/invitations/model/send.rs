//! The mail with the link. Its token is made by the job that sends it, so that it lies in no table and no queue; a second try makes
//! another, and both lead to the invitation until it is renewed or ends.

use super::{Invitation, InvitationId, State};
use crate::db::Chore;
use crate::error::{Error, Msg, Result};
use crate::mail::{self, Letter, address, deliver};
use crate::people::Organisation;
use crate::queue::{Job, Outcome, Work};
use crate::web::{random_token, token_hash};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Serialize, Deserialize)]
pub struct SendInvitation {
    pub invitation: Uuid,
}

impl Job for SendInvitation {
    const KIND: &'static str = "invitations.send";
    const MAX_ATTEMPTS: i32 = mail::MAX_ATTEMPTS;

    fn run(self, work: &mut Work) -> Result<Outcome> {
        let (id, token) = (InvitationId(self.invitation), random_token());
        let hash = token_hash(&token);
        let found = work.touch(Chore::MailedLink, |tx| {
            let invitation = Invitation::locked(tx, id)?;
            let organisation = Organisation::only(tx)?.ok_or(Error::NotFound)?;
            if invitation.state(tx.now) != State::Pending {
                return Ok(None);
            }
            id.add_link(tx, hash, true)?;
            Ok(Some((invitation, organisation.name)))
        })?;
        let Some((invitation, organisation)) = found else { return Ok(Outcome::Done) };
        let Some(email) = invitation.email.clone() else { return Ok(Outcome::Never("it has no address".to_owned())) };
        let mail = letter(&invitation, &organisation, address(work.config, &format!("/invitation/{token}"))?);
        deliver(work, &mail.to(&email, work.config)?)
    }
}

fn letter(invitation: &Invitation, organisation: &str, url: String) -> Letter {
    let said = |key| Msg::new(key).with("inviter", &invitation.inviter).with("organisation", organisation);
    let until = invitation.expires_at.format("%-d %B %Y, %H:%M UTC");
    Letter::new(said("mail-invitation"))
        .line(said("mail-invitation-words"))
        .link(Msg::new("mail-invitation-link"), url)
        .note(Msg::new("mail-invitation-once").with("until", until))
        .note(Msg::new("mail-not-expected"))
}
