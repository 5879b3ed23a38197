//! Projects and who may be there, as they leave in an export.

use crate::db::portable::Portable;

pub const TABLES: [Portable; 2] = [
    Portable::new(
        "projects",
        &[
            "id",
            "organisation_id",
            "key",
            "name",
            "about",
            "visibility",
            "lead_id",
            "created_by_id",
            "version",
            "created_at",
            "archived_at",
        ],
        "x.created_at, x.id",
    )
    .within("x.id in ({projects})"),
    Portable::new(
        "project_grants",
        &["id", "project_id", "person_id", "group_id", "role", "created_at"],
        "x.created_at, x.id",
    )
    .within("x.project_id in ({projects})"),
];
