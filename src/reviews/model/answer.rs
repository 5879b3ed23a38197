//! A line's answer: kept as it is, or taken away by the same verb that its own page calls, which asks for its own permission.

use super::access::from_all;
use super::{AccessKind, Line, LineId, Reply, Review, ReviewId, allowed};
use crate::access::{Actor, Verb, may};
use crate::audit::{self, Act, ActKind};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Error, Result};
use crate::invitations::{Invitation, InvitationId};
use crate::members::{Group, Member};
use crate::people::{GroupId, OrganisationRole, PersonId, RoleId, TokenId};
use crate::projects::{GrantId, Project};
use crate::scim::{ScimToken, ScimTokenId};
use crate::sso::{Keeper, Link};
use crate::tokens;
use serde_json::Value;
use uuid::Uuid;

impl Line {
    /// Still needed. A line that was answered stays as it is.
    pub fn confirm(tx: &mut Tx, me: &Actor, review: ReviewId, id: LineId) -> Result<Reply> {
        let line = Line::open(tx, me, review, id)?;
        line.keep(tx, me, Reply::Confirmed)
    }

    /// No longer needed: taken away now. What is gone already is noted as gone.
    pub fn revoke(tx: &mut Tx, me: &Actor, review: ReviewId, id: LineId) -> Result<Reply> {
        let line = Line::open(tx, me, review, id)?;
        if !line.stands(tx)? {
            return line.keep(tx, me, Reply::Gone);
        }
        // It stands: who is told that it is not there may not see it.
        let reply = match line.take_away(tx, me) {
            Ok(()) => Reply::Revoked,
            Err(Error::NotFound) => return Err(Error::forbidden("refused-review-unseen")),
            Err(other) => return Err(other),
        };
        line.keep(tx, me, reply)
    }

    fn open(tx: &mut Tx, me: &Actor, review: ReviewId, id: LineId) -> Result<Line> {
        let review = Review::lock(tx, me, review)?;
        if review.signed_at.is_some() {
            return Err(Error::invalid("", "problem-review-signed"));
        }
        let line = Line::hold(tx, review.id, id)?;
        match line.answer {
            Some(_) => Err(Error::invalid("", "problem-line-answered")),
            None => Ok(line),
        }
    }

    fn keep(&self, tx: &mut Tx, me: &Actor, reply: Reply) -> Result<Reply> {
        let permit = may(tx, me, Verb::Decide, &allowed())?;
        let mut sql = Sql::named("reviews::answer", "update review_lines set answer = ");
        sql.bind(reply).push(", answered_at = ").bind(tx.now).push(", answered_by_id = ");
        sql.bind(me.person_id().map(|id| id.0)).push(" where id = ").bind(self.id);
        sql.execute(tx.conn())?;
        let act = Act::new(ActKind::ReviewAnswered).target("review", self.review_id).note("line", self.id);
        let act = act.note("kind", self.kind).note("reference", self.reference.clone()).change(
            "answer",
            None::<Reply>,
            reply,
        );
        audit::record(
            tx,
            permit,
            match self.person_id {
                Some(person) => act.note("person", person),
                None => act,
            },
        )?;
        Ok(reply)
    }

    /// Whether there is such an access now, whoever may see it.
    fn stands(&self, tx: &mut Tx) -> Result<bool> {
        let mut sql = Sql::named("reviews::stands", "select 1 as one from ");
        sql.append(&from_all(tx)).push(" where a.kind = ").bind(self.kind).push(" and a.reference = ");
        sql.bind(self.reference.clone());
        Ok(sql.execute(tx.conn())? > 0)
    }

    /// By the verb of the room it belongs to.
    fn take_away(&self, tx: &mut Tx, me: &Actor) -> Result<()> {
        match self.kind {
            AccessKind::Member => self.lessen(tx, me),
            AccessKind::CustomRole => {
                Member::find(tx, me, self.word("handle")?)?.take_role(tx, me, RoleId(self.id_of("role")?))
            }
            AccessKind::GroupMember => {
                Group::find(tx, me, GroupId(self.id_of("group")?))?.take_out(tx, me, PersonId(self.id_of("person")?))
            }
            AccessKind::Grant => {
                let project = Project::find(tx, me, self.word("project")?)?;
                project.take(tx, me, GrantId(self.id_of("grant")?)).map(drop)
            }
            AccessKind::Invitation => Invitation::find(tx, me, InvitationId(self.id_of("invitation")?))?.cancel(tx, me),
            AccessKind::Key => tokens::delete_key(tx, me, TokenId(self.id_of("token")?)),
            AccessKind::Token => self.revoke_token(tx, me),
            AccessKind::DirectoryToken => ScimToken::revoke(tx, me, ScimTokenId(self.id_of("directory_token")?)),
            AccessKind::Link => self.disconnect(tx, me),
            AccessKind::BreakGlass => self.unname(tx, me),
            AccessKind::Left | AccessKind::Role | AccessKind::Group | AccessKind::Connection => Err(Error::NotFound),
        }
    }

    /// An owner or admin becomes a member; a member may no longer enter.
    fn lessen(&self, tx: &mut Tx, me: &Actor) -> Result<()> {
        let member = Member::find(tx, me, self.word("handle")?)?;
        let was = OrganisationRole::parse(self.word("role")?).ok_or(Error::NotFound)?;
        if !member.is_active() || member.role != was {
            return Err(Error::NotFound);
        }
        match was {
            OrganisationRole::Member => member.deactivate(tx, me),
            OrganisationRole::Admin | OrganisationRole::Owner => {
                member.change_role(tx, me, was, OrganisationRole::Member)
            }
        }
    }

    /// One's own as on one's own page; another's by who may change that person's account.
    fn revoke_token(&self, tx: &mut Tx, me: &Actor) -> Result<()> {
        let id = TokenId(self.id_of("token")?);
        let member = Member::find(tx, me, self.word("handle")?)?;
        match me.is(Some(member.id)) {
            true => tokens::revoke_token(tx, me, id),
            false => member.revoke_token(tx, me, id),
        }
    }

    /// One's own as on one's own page, where the only way in stays.
    fn disconnect(&self, tx: &mut Tx, me: &Actor) -> Result<()> {
        let member = Member::find(tx, me, self.word("handle")?)?;
        let id = self.id_of("link")?;
        if me.is(Some(member.id)) { Link::remove(tx, me, member.id, id) } else { member.disconnect(tx, me, id) }
    }

    fn unname(&self, tx: &mut Tx, me: &Actor) -> Result<()> {
        match Keeper::unname(tx, me, PersonId(self.id_of("person")?))? {
            true => Ok(()),
            false => Err(Error::NotFound),
        }
    }

    /// What pressing "revoke" does, as a message key.
    pub fn revoke_label(&self) -> &'static str {
        match (self.kind, self.what.as_str()) {
            (AccessKind::Member, "member") => "review-revoke-deactivate",
            (AccessKind::Member, _) => "review-revoke-to-member",
            (AccessKind::Invitation, _) => "review-revoke-cancel",
            (AccessKind::Link, _) => "sso-link-remove",
            (AccessKind::BreakGlass, _) => "keeper-unname",
            _ => "review-revoke",
        }
    }

    fn word(&self, name: &str) -> Result<&str> {
        self.reference.get(name).and_then(Value::as_str).ok_or(Error::NotFound)
    }

    fn id_of(&self, name: &str) -> Result<Uuid> {
        self.word(name)?.parse().map_err(|_| Error::NotFound)
    }
}
