//! Attachments, as they leave in an export: names and hashes here, content apart when it was asked for.

use crate::db::portable::Portable;

pub const TABLES: [Portable; 2] = [
    Portable::new("blobs", &["hash", "bytes", "created_at"], "x.created_at, x.hash").within(
        "exists (select from files f where f.hash = x.hash and f.removed_at is null and f.record_id in ({visible}))",
    ),
    Portable::new(
        "files",
        &[
            "id",
            "record_id",
            "comment_id",
            "name",
            "content_type",
            "bytes",
            "hash",
            "width",
            "height",
            "author_id",
            "created_at",
        ],
        "x.created_at, x.id",
    )
    .within("x.removed_at is null and x.record_id in ({visible})"),
];
