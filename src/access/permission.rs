//! The catalogue of permissions: acts on the organisation. One enters with the first verb that asks for it. Its words in the
//! interface (`permission-…`) also feed the page "Permissions" of the docs.

use crate::people::OrganisationRole;
use crate::text_enum;

text_enum!(
    /// Acts on the organisation, by area.
    Permission {
        OrganisationUpdate = "organisation.update", MembersView = "members.view", MembersInvite = "members.invite",
        MembersUpdate = "members.update", MembersChangeRole = "members.change_role", MembersRemove = "members.remove",
        GroupsManage = "groups.manage", RolesManage = "roles.manage",
        ProjectsCreate = "projects.create", ProjectsManageAll = "projects.manage_all",
        SecurityConfigurationManage = "security_configuration.manage", AuditView = "audit.view",
        AuditExport = "audit.export", AccessReviewExport = "access_review.export", DataExport = "data.export",
        DataImport = "data.import", MemoryCurate = "memory.curate", SnapshotsActivate = "snapshots.activate", AiManage = "ai.manage",
    }
);

impl Permission {
    /// The lowest built-in role that holds it by default.
    pub fn least_role(self) -> OrganisationRole {
        match self {
            Permission::MembersView | Permission::ProjectsCreate => OrganisationRole::Member,
            Permission::RolesManage | Permission::SecurityConfigurationManage => OrganisationRole::Owner,
            Permission::OrganisationUpdate
            | Permission::MembersInvite
            | Permission::MembersUpdate
            | Permission::MembersChangeRole
            | Permission::MembersRemove
            | Permission::GroupsManage
            | Permission::ProjectsManageAll
            | Permission::AuditView
            | Permission::AuditExport
            | Permission::AccessReviewExport
            | Permission::DataExport
            | Permission::DataImport
            | Permission::MemoryCurate
            | Permission::SnapshotsActivate
            | Permission::AiManage => OrganisationRole::Admin,
        }
    }

    /// Whether its acts (never mere reading) need a recent sign-in.
    pub fn is_sensitive(self) -> bool {
        match self {
            Permission::OrganisationUpdate
            | Permission::MembersChangeRole
            | Permission::MembersRemove
            | Permission::RolesManage
            | Permission::SecurityConfigurationManage
            | Permission::AuditExport
            | Permission::AccessReviewExport
            | Permission::DataExport
            | Permission::DataImport
            | Permission::AiManage => true,
            Permission::MembersView
            | Permission::MembersInvite
            | Permission::MembersUpdate
            | Permission::GroupsManage
            | Permission::ProjectsCreate
            | Permission::ProjectsManageAll
            | Permission::AuditView
            | Permission::MemoryCurate
            | Permission::SnapshotsActivate => false,
        }
    }

    /// What it is about: the word before the dot.
    pub fn area(self) -> &'static str {
        self.as_str().split('.').next().unwrap_or_default()
    }

    /// Message key of what it lets one do.
    pub fn label(self) -> String {
        format!("permission-{}", self.as_str().replace(['.', '_'], "-"))
    }

    const fn bit(self) -> u64 {
        1 << (self as u32)
    }
}

/// A set of permissions; cheap to copy, and a question to it is one comparison.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Permissions(u64);

impl Permissions {
    pub const NONE: Permissions = Permissions(0);

    /// What a built-in role gives by default.
    pub fn of(role: OrganisationRole) -> Self {
        Permission::ALL.iter().copied().filter(|permission| role >= permission.least_role()).collect()
    }

    /// The most that a program can hold, whatever its person does; nothing when it is narrowed to projects.
    pub fn of_programs(is_wide: bool) -> Self {
        let wide = [Permission::MembersView, Permission::ProjectsCreate, Permission::MemoryCurate];
        if is_wide { wide.into_iter().collect() } else { Permissions::NONE }
    }

    /// Words of the tables; those of another version of the server are left out.
    pub fn parse<S: AsRef<str>>(words: &[S]) -> Self {
        words.iter().filter_map(|word| Permission::parse(word.as_ref())).collect()
    }

    pub fn has(self, permission: Permission) -> bool {
        self.0 & permission.bit() != 0
    }

    /// There are no negative permissions: more roles only ever add.
    pub fn union(self, other: Permissions) -> Self {
        Permissions(self.0 | other.0)
    }

    /// What both hold: a token's right is the lesser of its own and its person's.
    pub fn intersection(self, other: Permissions) -> Self {
        Permissions(self.0 & other.0)
    }

    /// What of these the other lacks.
    pub fn without(self, other: Permissions) -> Self {
        Permissions(self.0 & !other.0)
    }

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// In the order of the catalogue.
    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL.iter().copied().filter(move |permission| self.has(*permission))
    }

    pub fn words(self) -> Vec<String> {
        self.iter().map(|permission| permission.as_str().to_owned()).collect()
    }
}

impl FromIterator<Permission> for Permissions {
    fn from_iter<I: IntoIterator<Item = Permission>>(permissions: I) -> Self {
        Permissions(permissions.into_iter().fold(0, |bits, permission| bits | permission.bit()))
    }
}
