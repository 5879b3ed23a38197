//! Snapshots, as they leave in an export. A source leaves only for who reads both ends.

use crate::db::portable::Portable;

pub const TABLES: [Portable; 2] = [
    Portable::new(
        "snapshots",
        &["id", "place_id", "snapshot_type", "status", "body", "since", "made_at", "activated_at", "activated_by_id"],
        "x.id",
    )
    .within("x.id in ({visible})")
    // The job that would make it stays behind.
    .comes_back(&[("status", "case v.status when 'generating' then 'failed' else v.status end")]),
    Portable::new("snapshot_sources", &["id", "snapshot_id", "position", "statement", "record_id"], "x.id")
        .within("x.snapshot_id in ({visible}) and x.record_id in ({visible})"),
];
