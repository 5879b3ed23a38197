//! Decisions, as they leave in an export.

use crate::db::portable::Portable;

pub const TABLES: [Portable; 1] = [Portable::new(
    "decisions",
    &["id", "status", "context", "decision", "alternatives", "consequences", "decider_id", "decided_on", "review_on"],
    "x.id",
)
.within("x.id in ({visible})")];
