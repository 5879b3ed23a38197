//! What a new page may begin from.

/// A page half written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Starter {
    /// Its word in addresses; `doc-starter-WORD` is its name, `doc-starter-WORD-words` says what for.
    pub key: &'static str,
    pub icon: &'static str,
    /// Markdown.
    pub body: &'static str,
}

/// The empty page first.
pub const STARTERS: [Starter; 4] = [
    Starter { key: "blank", icon: "doc", body: "" },
    Starter { key: "decision-brief", icon: "decision", body: include_str!("../starters/decision-brief.md") },
    Starter { key: "meeting-notes", icon: "users", body: include_str!("../starters/meeting-notes.md") },
    Starter { key: "runbook", icon: "check", body: include_str!("../starters/runbook.md") },
];

impl Starter {
    /// The empty page for a word that is not on the list.
    pub fn find(key: &str) -> Starter {
        let [blank, ..] = STARTERS;
        STARTERS.into_iter().find(|starter| starter.key == key).unwrap_or(blank)
    }

    pub fn label(&self) -> String {
        format!("doc-starter-{}", self.key)
    }
}
