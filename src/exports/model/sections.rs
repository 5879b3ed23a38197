//! What a file holds, in its order: each section may only name rows of sections before it, or of itself.

use crate::db::portable::Portable;
use crate::{
    audit, chat, comments, decisions, diffs, docs, experiments, files, memory, people, projects, records, risks,
    snapshots, tickets,
};

/// First member of every file.
pub const FORMAT: &str = "tow-export";
/// Counted up when a reader of the old form would misread the new one.
pub const VERSION: u64 = 1;
/// The last section: content of files, by hash.
pub const CONTENTS: &str = "contents";

/// Every section but the contents.
pub fn sections() -> Vec<Portable> {
    let mut all = Vec::new();
    all.extend(people::portable::TABLES);
    all.extend(projects::portable::TABLES);
    all.extend(records::portable::RECORDS);
    all.extend(tickets::portable::TABLES);
    all.extend(decisions::portable::TABLES);
    all.extend(risks::portable::TABLES);
    all.extend(experiments::portable::TABLES);
    all.extend(docs::portable::TABLES);
    all.extend(memory::portable::TABLES);
    all.extend(diffs::portable::TABLES);
    all.extend(snapshots::portable::TABLES);
    all.extend(chat::portable::TABLES);
    all.extend(comments::portable::TABLES);
    all.extend(files::portable::TABLES);
    all.extend(records::portable::HANGING);
    all.push(audit::portable::ACTIVITY);
    all
}
