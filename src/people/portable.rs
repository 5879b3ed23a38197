//! Who there is, as it leaves in an export: no password, no session, and nobody is a server admin by it.

use crate::db::portable::Portable;

pub const TABLES: [Portable; 8] = [
    Portable::new("organisations", &["id", "name", "about", "mode", "time_zone", "created_at"], "x.id"),
    Portable::new(
        "people",
        &["id", "name", "email", "handle", "theme", "palette", "time_zone", "created_at", "deactivated_at"],
        "x.created_at, x.id",
    ),
    Portable::new("memberships", &["id", "organisation_id", "person_id", "role", "created_at"], "x.created_at, x.id"),
    Portable::new("groups", &["id", "organisation_id", "name", "about", "version", "created_at"], "x.created_at, x.id"),
    Portable::new("roles", &["id", "organisation_id", "name", "about", "version", "created_at"], "x.created_at, x.id"),
    Portable::new("role_permissions", &["role_id", "permission"], "x.role_id, x.permission"),
    Portable::new("person_roles", &["person_id", "role_id", "created_at"], "x.role_id, x.created_at, x.person_id"),
    Portable::new("group_members", &["group_id", "person_id", "created_at"], "x.group_id, x.created_at, x.person_id"),
];
