//! The features of this server, one line each, and their places in the sidebar. What is not listed here does not exist.

use crate::db::sealed::Sealed;
use crate::records::TextLoader;
use crate::ui::NavGroup;
use crate::web::{Feature, Group, Routes};
use std::collections::BTreeMap;

pub fn all() -> Vec<Feature> {
    vec![
        crate::setup::FEATURE,
        crate::signin::FEATURE,
        crate::tokens::FEATURE,
        crate::sso::FEATURE,
        crate::projects::FEATURE,
        crate::members::FEATURE,
        crate::scim::FEATURE,
        crate::ai::FEATURE,
        crate::invitations::FEATURE,
        crate::claims::FEATURE,
        crate::account::FEATURE,
        crate::settings::FEATURE,
        crate::fleet::FEATURE,
        crate::related::FEATURE,
        crate::files::FEATURE,
        crate::comments::FEATURE,
        crate::tickets::FEATURE,
        crate::boards::FEATURE,
        crate::decisions::FEATURE,
        crate::risks::FEATURE,
        crate::experiments::FEATURE,
        crate::memory::FEATURE,
        crate::docs::FEATURE,
        crate::diffs::FEATURE,
        crate::snapshots::FEATURE,
        crate::exports::FEATURE,
        crate::imports::FEATURE,
        crate::trail::FEATURE,
        crate::reviews::FEATURE,
        crate::vectors::FEATURE,
        crate::search::FEATURE,
        crate::agents::FEATURE,
        crate::chat::FEATURE,
        crate::leaving::FEATURE,
    ]
}

/// What each room has to say for the search index.
pub fn texts() -> Vec<TextLoader> {
    vec![
        crate::tickets::texts,
        crate::decisions::texts,
        crate::risks::texts,
        crate::experiments::texts,
        crate::docs::texts,
        crate::memory::texts,
        crate::snapshots::texts,
        crate::chat::texts,
        crate::comments::texts,
        crate::files::texts,
    ]
}

/// Every route of the server.
pub fn routes() -> Routes {
    all()
        .into_iter()
        .fold(crate::app::routes().and(crate::gallery::routes()), |routes, feature| routes.and((feature.routes)()))
}

/// Where stored secrets lie, for the change of their key.
pub fn sealed() -> Vec<Sealed> {
    vec![
        Sealed { table: "factors", id: "id", column: "sealed" },
        Sealed { table: "audit_streams", id: "id", column: "secret" },
        Sealed { table: "sso_connections", id: "id", column: "client_secret" },
        Sealed { table: "sso_keys", id: "id", column: "private_key" },
        Sealed { table: "sso_sessions", id: "session_id", column: "id_token" },
    ]
}

/// What each route says it does.
pub fn deeds() -> BTreeMap<&'static str, &'static str> {
    routes().list().into_iter().filter_map(|info| Some((info.path, info.deed?))).collect()
}

/// The sidebar.
pub fn nav() -> Vec<NavGroup> {
    let features = all();
    let group = |group: Group, label| NavGroup {
        label,
        items: features
            .iter()
            .filter_map(|feature| feature.nav.clone())
            .filter(|(of, _)| *of == group)
            .map(|(_, item)| item)
            .collect(),
    };
    let groups = [
        group(Group::CommandCentre, "nav-command-centre"),
        group(Group::CompanyMemory, "nav-company-memory"),
        group(Group::Execution, "nav-execution"),
    ];
    groups.into_iter().filter(|group| !group.items.is_empty()).collect()
}
