//! Comments, as they leave in an export.

use crate::db::portable::Portable;

pub const TABLES: [Portable; 1] = [Portable::new(
    "comments",
    &[
        "id",
        "record_id",
        "author_id",
        "body",
        "quote",
        "created_at",
        "edited_at",
        "removed_at",
        "resolved_at",
        "resolved_by_id",
    ],
    "x.created_at, x.id",
)
.within("x.record_id in ({visible})")];
