//! The places of the settings: one list for their column, their first page and the palette.

use super::{Frame, text};

/// A page of the settings; label and words are message keys.
#[derive(Debug)]
pub struct SettingsPlace {
    key: &'static str,
    pub href: &'static str,
    pub icon: &'static str,
    pub label: &'static str,
    pub words: &'static str,
    needs: Needs,
}

/// Who is shown a place. What they may do there is decided there.
#[derive(Debug, Clone, Copy)]
enum Needs {
    Nothing,
    Managing,
    Permission(&'static str),
    ServerAdmin,
}

/// With its name, ready to print.
#[derive(Debug)]
pub struct SettingsGroup {
    pub name: String,
    pub places: Vec<&'static SettingsPlace>,
}

impl SettingsPlace {
    pub fn is(&self, key: &str) -> bool {
        self.key == key
    }
}

const fn place(
    key: &'static str,
    href: &'static str,
    icon: &'static str,
    [label, words]: [&'static str; 2],
    needs: Needs,
) -> SettingsPlace {
    SettingsPlace { key, href, icon, label, words, needs }
}

const SECURITY: Needs = Needs::Permission("security_configuration.manage");
const REVIEW: Needs = Needs::Permission("access_review.export");

const YOURS: [SettingsPlace; 4] = [
    place("me", "/settings/me", "user", ["settings-me", "settings-me-words"], Needs::Nothing),
    place("factors", "/settings/me/factors", "lock", ["settings-factors", "settings-factors-words"], Needs::Nothing),
    place("tokens", "/settings/me/tokens", "key", ["token-page-title", "settings-tokens-words"], Needs::Nothing),
    place("sign-ons", "/settings/me/sign-ons", "enter", ["sso-links-title", "settings-sign-ons-words"], Needs::Nothing),
];

const ORGANISATION: [SettingsPlace; 6] = [
    place(
        "organisation",
        "/settings/organisation",
        "building",
        ["settings-general", "settings-general-words"],
        Needs::Managing,
    ),
    place("members", "/settings/members", "user", ["settings-members", "settings-members-words"], Needs::Nothing),
    place(
        "invitations",
        "/settings/invitations",
        "mail",
        ["invitations-title", "settings-invitations-words"],
        Needs::Managing,
    ),
    place("groups", "/settings/groups", "users", ["settings-groups", "settings-groups-words"], Needs::Nothing),
    place("roles", "/settings/roles", "shield", ["settings-roles", "settings-roles-words"], Needs::Nothing),
    place(
        "explain",
        "/settings/access/explain",
        "eye",
        ["explain-title", "settings-explain-words"],
        Needs::Permission("members.change_role"),
    ),
];

const SAFETY: [SettingsPlace; 7] = [
    place("sign-on", "/settings/sign-on", "enter", ["sso-title", "settings-sign-on-words"], SECURITY),
    place("provisioning", "/settings/provisioning", "users", ["scim-title", "settings-provisioning-words"], SECURITY),
    place(
        "second-factor",
        "/settings/second-factor",
        "lock",
        ["policy-title", "settings-second-factor-words"],
        SECURITY,
    ),
    place("keys", "/settings/keys", "plug", ["key-page-title", "settings-keys-words"], SECURITY),
    place("reviews", "/settings/reviews", "check", ["reviews-title", "settings-reviews-words"], REVIEW),
    place("practices", "/settings/practices", "list", ["practices-title", "settings-practices-words"], REVIEW),
    place(
        "audit",
        "/settings/audit",
        "history",
        ["audit-title", "settings-audit-words"],
        Needs::Permission("audit.view"),
    ),
];

const SERVER: [SettingsPlace; 7] = [
    place("ai", "/settings/ai", "agent", ["ai-title", "settings-ai-words"], Needs::Nothing),
    place("import", "/imports", "upload", ["import-title", "settings-import-words"], Needs::Nothing),
    place("export", "/settings/export", "download", ["export-title", "settings-export-words"], Needs::Managing),
    place("mail", "/settings/mail", "mail", ["mail-page-title", "settings-mail-words"], Needs::ServerAdmin),
    place("server", "/settings/server", "settings", ["server-title", "settings-server-words"], Needs::ServerAdmin),
    place(
        "instances",
        "/settings/instances",
        "server",
        ["instances-title", "settings-instances-words"],
        Needs::ServerAdmin,
    ),
    place("queue", "/settings/queue", "task", ["queue-title", "settings-queue-words"], Needs::ServerAdmin),
];

impl Frame {
    /// What who looks is shown of the settings, in order; no group without a place.
    pub fn settings(&self) -> Vec<SettingsGroup> {
        let group = |name: String, places: &'static [SettingsPlace]| SettingsGroup {
            name,
            places: places.iter().filter(|place| self.is_shown(place.needs)).collect(),
        };
        let groups = [
            group(text("settings-yours"), &YOURS),
            group(self.organisation.clone(), &ORGANISATION),
            group(text("settings-security"), &SAFETY),
            group(text("settings-server"), &SERVER),
        ];
        groups.into_iter().filter(|group| !group.places.is_empty()).collect()
    }

    fn is_shown(&self, needs: Needs) -> bool {
        match needs {
            Needs::Nothing => true,
            Needs::Managing => self.can_manage,
            Needs::Permission(word) => self.holds(word),
            Needs::ServerAdmin => self.is_server_admin,
        }
    }
}
