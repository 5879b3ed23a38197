//! A program behind a request: what its token was allowed bounds what the rules allow, always. It never gains more than was chosen.

use crate::access::{Answer, Kind, Permission, Place, Scope, Thing, Verb};
use crate::error::Msg;
use crate::people::TokenId;

/// What came with a token or key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    pub id: TokenId,
    /// As its maker called it.
    pub name: String,
    pub scopes: Vec<Scope>,
    /// To some projects: nothing outside them is there for it, also no private record.
    pub is_narrowed: bool,
}

impl Program {
    pub fn may(&self, wanted: Scope) -> bool {
        self.scopes.iter().any(|scope| scope.covers(wanted))
    }

    /// The kinds of records that are there for it.
    pub fn kinds(&self) -> Vec<Kind> {
        let mut kinds: Vec<Kind> = self.scopes.iter().filter_map(|scope| scope.kind()).collect();
        kinds.sort();
        kinds.dedup();
        kinds
    }

    fn reads(&self, kind: Kind) -> bool {
        self.scopes.iter().any(|scope| scope.kind() == Some(kind))
    }

    /// None when its scopes do not stand in the way; the rules go on from there. A record of a kind that no scope of it opens is not
    /// there, as in `visible`.
    pub(in crate::access) fn refusal(&self, verb: Verb, thing: &Thing) -> Option<Answer> {
        let unless = |is_open: bool, scope: Scope| (!is_open).then(|| scope_missing(scope));
        match *thing {
            Thing::Record { place, .. } | Thing::Remark { place, .. } if self.is_outside(place) => Some(match verb {
                Verb::Add => Answer::No(Msg::new("refused-narrowed")),
                _ => Answer::Hidden,
            }),
            Thing::Record { kind, .. } if verb == Verb::Add && !self.reads(kind) => Some(kind_missing(kind)),
            Thing::Record { kind, .. } | Thing::Remark { kind, .. } if !self.reads(kind) => Some(Answer::Hidden),
            Thing::Record { .. } if verb == Verb::See => None,
            Thing::Record { kind, .. } => {
                let is_open = Scope::writing(kind).is_some_and(|scope| self.may(scope));
                (!is_open).then(|| kind_missing(kind))
            }
            Thing::Remark { .. } if verb == Verb::See => unless(self.may(Scope::CommentsRead), Scope::CommentsRead),
            Thing::Remark { .. } => unless(self.may(Scope::CommentsWrite), Scope::CommentsWrite),
            Thing::Project(_) if verb == Verb::See => None,
            Thing::Project(_) => unless(self.may(Scope::ProjectsWrite), Scope::ProjectsWrite),
            Thing::Organisation(Permission::ProjectsCreate) if !self.is_narrowed => {
                unless(self.may(Scope::ProjectsWrite), Scope::ProjectsWrite)
            }
            // Access, identity, settings and whatever asks for a recent sign-in: a person does that.
            _ => Some(Answer::No(Msg::new("refused-program"))),
        }
    }

    fn is_outside(&self, place: Place) -> bool {
        self.is_narrowed && !matches!(place, Place::Project(_))
    }
}

fn kind_missing(kind: Kind) -> Answer {
    Scope::writing(kind).map_or_else(|| Answer::No(Msg::new("refused-program")), scope_missing)
}

fn scope_missing(scope: Scope) -> Answer {
    Answer::No(Msg::new("refused-scope").with("scope", scope))
}
