//! The parent row and what hangs on it, as it leaves in an export.

use crate::access::Kind;
use crate::db::portable::Portable;

pub const RECORDS: [Portable; 2] = [
    Portable::new(
        "records",
        &[
            "id",
            "organisation_id",
            "kind",
            "number",
            "display_id",
            "scope",
            "project_id",
            "group_id",
            "owner_id",
            "title",
            "author_id",
            "created_at",
            "updated_at",
            "archived_at",
        ],
        "x.created_at, x.id",
    )
    .within("x.id in ({visible})")
    .words(&[("kind", |word| Kind::parse(word).is_some())]),
    Portable::new("counters", &["place_id", "kind", "next"], "x.place_id, x.kind").within("x.place_id in ({places})"),
];

/// After every kind of record.
pub const HANGING: [Portable; 5] = [
    Portable::new("record_tags", &["record_id", "tag"], "x.record_id, x.tag").within("x.record_id in ({visible})"),
    Portable::new("record_links", &["id", "from_id", "to_id", "kind", "author_id", "created_at"], "x.created_at, x.id")
        .within("x.from_id in ({visible}) and x.to_id in ({visible})"),
    Portable::new("record_references", &["from_id", "to_id", "source"], "x.from_id, x.source, x.to_id")
        .within("x.from_id in ({visible}) and x.to_id in ({visible})"),
    Portable::new(
        "record_watchers",
        &["record_id", "person_id", "created_at"],
        "x.record_id, x.created_at, x.person_id",
    )
    .within("x.record_id in ({visible})"),
    Portable::new(
        "saved_views",
        &["id", "organisation_id", "owner_id", "kind", "name", "query", "shared", "created_at"],
        "x.created_at, x.id",
    )
    .within("(x.shared or x.owner_id = {me})")
    .words(&[("kind", |word| Kind::parse(word).is_some())]),
];
