//! Tickets, as they leave in an export.

use crate::db::portable::Portable;

pub const TABLES: [Portable; 1] = [Portable::new(
    "tickets",
    &[
        "id",
        "place_id",
        "kind",
        "status",
        "priority",
        "body",
        "assignee_id",
        "reporter_id",
        "parent_id",
        "start_on",
        "due_on",
        "estimate",
        "progress",
        "rank",
        "resolved_at",
    ],
    "x.id",
)
.within("x.id in ({visible})")
.later(&["parent_id"])
.words(&[("status", |word| super::Status::parse(word).is_some())])];
