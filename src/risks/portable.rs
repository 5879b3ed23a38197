//! Risks, as they leave in an export. The score is computed where they arrive.

use crate::db::portable::Portable;

pub const TABLES: [Portable; 2] = [
    Portable::new(
        "risks",
        &[
            "id",
            "status",
            "category",
            "description",
            "mitigation",
            "contingency",
            "likelihood",
            "impact",
            "owner_id",
            "review_on",
        ],
        "x.id",
    )
    .within("x.id in ({visible})"),
    Portable::new("risk_closures", &["risk_id", "closed_by_id", "closed_at", "note", "status_before"], "x.risk_id")
        .within("x.risk_id in ({visible})"),
];
