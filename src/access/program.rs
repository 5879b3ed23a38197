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

    fn writes_records(&self) -> bool {
        self.scopes.iter().any(|scope| scope.is_write() && scope.kind().is_some())
    }

    /// None when its scopes do not stand in the way; the rules go on from there. Which kind of record a scope opens is held by the
    /// route, which names its scope, and by `visible`, which shows no other kind.
    pub(in crate::access) fn refusal(&self, verb: Verb, thing: &Thing) -> Option<Answer> {
        let unless = |is_open: bool, scope: Scope| (!is_open).then(|| scope_missing(scope));
        match *thing {
            Thing::Record { place, .. } | Thing::Remark { place, .. } if self.is_outside(place) => Some(match verb {
                Verb::Add => Answer::No(Msg::new("refused-narrowed")),
                _ => Answer::Hidden,
            }),
            Thing::Record { .. } if verb == Verb::See => None,
            Thing::Record { .. } => unless(self.writes_records(), Scope::TicketsWrite),
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

fn scope_missing(scope: Scope) -> Answer {
    Answer::No(Msg::new("refused-scope").with("scope", scope))
}
