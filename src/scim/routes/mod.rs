//! `/scim/v2` for the directory, `/settings/provisioning` for who looks after it.

mod answers;
mod bulk;
mod discovery;
mod groups;
mod settings;
mod users;

pub use answers::{LIST_SCHEMA, MAX_COUNT, SEARCH_SCHEMA};

use crate::web::{Need, Routes};
use actix_web::http::Method;

pub fn routes() -> Routes {
    pages().and(doors())
}

fn pages() -> Routes {
    Routes::new()
        .get("/settings/provisioning", Need::Session, settings::index)
        .post("/settings/provisioning/tokens", Need::Session, settings::create)
        .does("does-make-scim-token")
        .post("/settings/provisioning/tokens/{id}/rotation", Need::Session, settings::rotation::create)
        .does("does-rotate-scim-token")
        .post("/settings/provisioning/tokens/{id}/removal", Need::Session, settings::destroy)
        .does("does-revoke-scim-token")
}

fn doors() -> Routes {
    let me = "/scim/v2/Me";
    Routes::new()
        .directory(Method::GET, "/scim/v2/ServiceProviderConfig", discovery::configuration)
        .directory(Method::GET, "/scim/v2/ResourceTypes", discovery::types)
        .directory(Method::GET, "/scim/v2/ResourceTypes/{id}", discovery::resource_type)
        .directory(Method::GET, "/scim/v2/Schemas", discovery::schemas)
        .directory(Method::GET, "/scim/v2/Schemas/{id}", discovery::schema)
        .directory(Method::POST, "/scim/v2/Bulk", bulk::create)
        .directory(Method::POST, "/scim/v2/.search", users::search_all)
        .directory(Method::POST, "/scim/v2/Users/.search", users::search)
        .directory(Method::GET, "/scim/v2/Users", users::index)
        .directory(Method::POST, "/scim/v2/Users", users::create)
        .directory(Method::GET, "/scim/v2/Users/{id}", users::show)
        .directory(Method::PUT, "/scim/v2/Users/{id}", users::replace)
        .directory(Method::PATCH, "/scim/v2/Users/{id}", users::update)
        .directory(Method::DELETE, "/scim/v2/Users/{id}", users::destroy)
        .directory(Method::POST, "/scim/v2/Groups/.search", groups::search)
        .directory(Method::GET, "/scim/v2/Groups", groups::index)
        .directory(Method::POST, "/scim/v2/Groups", groups::create)
        .directory(Method::GET, "/scim/v2/Groups/{id}", groups::show)
        .directory(Method::PUT, "/scim/v2/Groups/{id}", groups::replace)
        .directory(Method::PATCH, "/scim/v2/Groups/{id}", groups::update)
        .directory(Method::DELETE, "/scim/v2/Groups/{id}", groups::destroy)
        .directory(Method::GET, me, discovery::me)
        .directory(Method::POST, me, discovery::me)
        .directory(Method::PUT, me, discovery::me)
        .directory(Method::PATCH, me, discovery::me)
        .directory(Method::DELETE, me, discovery::me)
}
