//! The directory: what it sends, what becomes of it, and what it never reaches.

mod attacks;
mod bulk;
mod deactivation;
mod entra;
mod filters;
mod groups;
mod okta;
mod patching;
mod settings;
mod users;

use crate::harness::*;
use serde_json::{Value, json};
use tow::web::{DIRECTORY_PREFIX, bearer_hint, fresh_bearer, token_hash};

pub const USERS: &str = "/scim/v2/Users";
pub const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// A token of the directory, which ends 90 days after the clock's beginning.
pub fn token(app: &App) -> String {
    let token = fresh_bearer(DIRECTORY_PREFIX);
    let hash: String = token_hash(&token).iter().map(|byte| format!("{byte:02x}")).collect();
    app.sql(&format!(
        "insert into scim_tokens (id, organisation_id, name, creator_id, token_hash, hint, created_at, expires_at)
         values (gen_random_uuid(), '{}', 'Entra ID', '{}', '\\x{hash}', '{}', '{start}', '{}')",
        HALDEN.0,
        ADA.id,
        bearer_hint(&token),
        (start() + chrono::Duration::days(90)).to_rfc3339(),
        start = start().to_rfc3339(),
    ));
    token
}

/// The directory itself.
pub fn directory(app: &App) -> Client {
    app.bearer(&token(app))
}

/// The company's domain is its own: an open connection says so, and it is proven.
pub fn own_domain(app: &App) {
    app.sql(&format!(
        "insert into sso_connections (id, source, name, issuer, client_id, scopes, username_claim, email_claim, email_verified_claim,
           given_name_claim, family_name_claim, require_email_verified, provider_logout_enabled, allowed_domains, acr_values, revision, enabled_at, created_at)
         values (gen_random_uuid(), 'page', 'Halden ID', 'https://id.halden.example', 'tow', 'openid email', 'preferred_username', 'email',
           'email_verified', 'given_name', 'family_name', true, false, '{{halden.example}}', '', 1, '{at}', '{at}')",
        at = start().to_rfc3339()
    ));
    prove_domain(app, "halden.example");
}

/// The address of this person is proven.
pub fn prove(app: &App, who: Who) {
    app.sql(&format!("update people set verified_at = created_at where id = '{}'", who.id));
}

pub fn mia() -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE],
        "externalId": "00ujl29u0le5T6Aj10h7", "userName": "Mia.Berg@halden.example", "active": true,
        "name": { "givenName": "Mia", "familyName": "Berg" }, "displayName": "Mia Berg", "title": "Surveyor",
        "emails": [
            { "value": "mia.berg@halden.example", "type": "work", "primary": true },
            { "value": "mia@home.example", "type": "home" },
        ],
        ENTERPRISE: { "department": "Harbour", "employeeNumber": "701984" },
    })
}

/// Makes somebody, and answers their id.
pub fn made(directory: &Client, body: &Value) -> String {
    let answer = directory.api("POST", USERS, &body.to_string());
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()["id"].as_str().unwrap().to_owned()
}

/// The directory takes over somebody of the world.
pub fn taken_over(app: &App, directory: &Client, who: Who) -> String {
    if app.count("select count(*) from sso_connections") == 0 {
        own_domain(app);
    }
    prove(app, who);
    let body = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": who.email(), "displayName": who.name,
        "externalId": format!("ext-{}", who.handle()), "active": true,
    });
    let id = made(directory, &body);
    assert_eq!(id, who.id.to_string());
    id
}

pub fn patch(directory: &Client, id: &str, operations: Value) -> Answer {
    let body = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations });
    directory.api("PATCH", &format!("{USERS}/{id}"), &body.to_string())
}

/// Ids that a filter finds.
pub fn found(directory: &Client, filter: &str) -> Vec<String> {
    let answer = listed(directory, filter);
    assert_eq!(answer.status, 200, "{filter}: {}", answer.text());
    let answer = answer.json();
    answer["Resources"].as_array().unwrap().iter().map(|user| user["userName"].as_str().unwrap().to_owned()).collect()
}

pub fn listed(directory: &Client, filter: &str) -> Answer {
    let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("filter", filter).finish();
    directory.get(&format!("{USERS}?{query}"))
}

/// The error body of RFC 7644 section 3.12.
pub fn refused(answer: &Answer, status: u16, word: Option<&str>) {
    assert_eq!(answer.status, status, "{}", answer.text());
    let body = answer.json();
    assert_eq!(answer.header("content-type"), "application/scim+json", "{body}");
    assert_eq!(body["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:Error"]));
    assert_eq!(
        (body["status"].as_str(), body["scimType"].as_str()),
        (Some(status.to_string().as_str()), word),
        "{body}"
    );
    assert!(body["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{body}");
}
