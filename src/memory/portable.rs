//! Memory, as it leaves in an export. A source leaves only for who reads both ends.

use crate::db::portable::Portable;

pub const TABLES: [Portable; 3] = [
    Portable::new(
        "memory_items",
        &["id", "item_type", "status", "body", "confidence", "importance", "valid_from", "valid_until", "needs_review"],
        "x.id",
    )
    .within("x.id in ({visible})"),
    Portable::new(
        "memory_sources",
        &["id", "memory_id", "record_id", "passage", "author_id", "created_at", "widened_by_id", "widened_at"],
        "x.id",
    )
    .within("x.memory_id in ({visible}) and x.record_id in ({visible})"),
    Portable::new(
        "memory_revisions",
        &[
            "memory_id",
            "number",
            "title",
            "item_type",
            "status",
            "body",
            "confidence",
            "importance",
            "valid_from",
            "valid_until",
            "needs_review",
            "author_id",
            "at",
        ],
        "x.memory_id, x.number",
    )
    .within("x.memory_id in ({visible})"),
];
