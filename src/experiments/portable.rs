//! Experiments, as they leave in an export.

use crate::db::portable::Portable;

pub const TABLES: [Portable; 1] = [Portable::new(
    "experiments",
    &[
        "id",
        "status",
        "hypothesis",
        "method",
        "metric",
        "target",
        "result",
        "learnings",
        "owner_id",
        "start_on",
        "end_on",
    ],
    "x.id",
)
.within("x.id in ({visible})")];
