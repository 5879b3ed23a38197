//! What a program may be allowed to do: chosen when its token is made, and never more.

use crate::access::Kind;
use crate::text_enum;

text_enum!(
    /// A closed list. Writing includes reading.
    Scope {
        ProjectsRead = "projects:read", ProjectsWrite = "projects:write", TicketsRead = "tickets:read",
        TicketsWrite = "tickets:write", DecisionsRead = "decisions:read", DecisionsWrite = "decisions:write",
        RisksRead = "risks:read", RisksWrite = "risks:write", DocsRead = "docs:read", DocsWrite = "docs:write",
        MemoryRead = "memory:read", MemoryWrite = "memory:write",
        CommentsRead = "comments:read", CommentsWrite = "comments:write",
    }
);

impl Scope {
    pub fn is_write(self) -> bool {
        self.as_str().ends_with(":write")
    }

    /// `tickets` of `tickets:write`.
    pub fn area(self) -> &'static str {
        self.as_str().split(':').next().unwrap_or_default()
    }

    /// Whether who was given this may do what asks for that.
    pub fn covers(self, wanted: Scope) -> bool {
        self.area() == wanted.area() && (self.is_write() || !wanted.is_write())
    }

    /// The kind of records it opens; None for projects and comments.
    pub fn kind(self) -> Option<Kind> {
        match self {
            Scope::TicketsRead | Scope::TicketsWrite => Some(Kind::Ticket),
            Scope::DecisionsRead | Scope::DecisionsWrite => Some(Kind::Decision),
            Scope::RisksRead | Scope::RisksWrite => Some(Kind::Risk),
            Scope::DocsRead | Scope::DocsWrite => Some(Kind::Doc),
            Scope::MemoryRead | Scope::MemoryWrite => Some(Kind::Memory),
            Scope::ProjectsRead | Scope::ProjectsWrite | Scope::CommentsRead | Scope::CommentsWrite => None,
        }
    }

    /// What opens a kind for writing; None for a kind that no program reaches.
    pub fn writing(kind: Kind) -> Option<Scope> {
        Scope::ALL.iter().copied().find(|scope| scope.is_write() && scope.kind() == Some(kind))
    }

    /// Message key.
    pub fn label(self) -> String {
        format!("scope-{}", self.as_str().replace(':', "-"))
    }
}
