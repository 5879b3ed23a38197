//! Who there is, as it leaves in an export: no password, no session, and nobody is a server admin by it.

use crate::db::portable::Portable;

pub const TABLES: [Portable; 5] = [
    Portable::new("organisations", &["id", "name", "about", "mode", "time_zone", "created_at"], "x.id"),
    Portable::new(
        "people",
        &["id", "name", "email", "handle", "theme", "palette", "time_zone", "created_at", "deactivated_at"],
        "x.created_at, x.id",
    ),
    Portable::new("memberships", &["id", "organisation_id", "person_id", "role", "created_at"], "x.created_at, x.id"),
    Portable::new("groups", &["id", "organisation_id", "name", "about", "version", "created_at"], "x.created_at, x.id"),
    Portable::new("group_members", &["group_id", "person_id", "created_at"], "x.group_id, x.created_at, x.person_id"),
];
