//! Pages with all their revisions, as they leave in an export.

use crate::db::portable::Portable;

pub const TABLES: [Portable; 2] = [
    Portable::new(
        "docs",
        &["id", "place_id", "parent_id", "rank", "icon", "body", "revision", "removed_at", "remover_id"],
        "x.id",
    )
    .within("x.id in ({visible})")
    .later(&["parent_id"]),
    Portable::new(
        "doc_revisions",
        &["id", "doc_id", "number", "title", "body", "note", "restored_number", "author_id", "created_at"],
        "x.doc_id, x.number",
    )
    .within("x.doc_id in ({visible})"),
];
