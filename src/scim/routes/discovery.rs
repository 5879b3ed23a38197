//! What this server can, in the words of RFC 7643 sections 5 to 7.

use super::answers::{MAX_COUNT, home, listed, reply};
use crate::access::Api;
use crate::error::{Error, Msg, Result};
use crate::scim::attributes::{ENTERPRISE, Resource};
use crate::scim::bulk::{MAX_BULK_BYTES, MAX_BULK_OPERATIONS};
use crate::scim::model::Ask;
use crate::ui;
use crate::web::Reply;
use actix_web::web::Path;
use serde_json::{Value, json};

const RESOURCES: [Resource; 2] = [Resource::User, Resource::Group];

pub async fn configuration(api: Api) -> Result<Reply> {
    enter(&api).await?;
    let home = home(api.state());
    Ok(reply(
        200,
        &json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
            "documentationUri": "https://datatracker.ietf.org/doc/html/rfc7644",
            "patch": { "supported": true },
            "bulk": { "supported": true, "maxOperations": MAX_BULK_OPERATIONS, "maxPayloadSize": MAX_BULK_BYTES },
            "filter": { "supported": true, "maxResults": MAX_COUNT },
            "changePassword": { "supported": false },
            "sort": { "supported": true },
            "etag": { "supported": true },
            "authenticationSchemes": [{
                "type": "oauthbearertoken", "name": "Bearer token", "primary": true,
                "description": ui::text("scim-authentication"), "specUri": "https://datatracker.ietf.org/doc/html/rfc6750",
            }],
            "meta": { "resourceType": "ServiceProviderConfig", "location": format!("{home}/ServiceProviderConfig") },
        }),
    ))
}

/// Asks who it is, and refuses a filter, as section 4 of RFC 7644 wants it.
async fn enter(api: &Api) -> Result<()> {
    let is_filtered = api.pairs().iter().any(|(name, _)| name.eq_ignore_ascii_case("filter"));
    api.read(move |_, _| match is_filtered {
        true => Err(Error::forbidden("scim-filter-here")),
        false => Ok(()),
    })
    .await
}

fn whole(all: Vec<Value>) -> Reply {
    let total = i64::try_from(all.len()).unwrap_or_default();
    reply(200, &listed(all, total, &Ask { start: 1, ..Ask::default() }))
}

pub async fn types(api: Api) -> Result<Reply> {
    enter(&api).await?;
    let home = home(api.state());
    Ok(whole(RESOURCES.into_iter().map(|resource| described_type(resource, &home)).collect()))
}

pub async fn resource_type(api: Api, id: Path<String>) -> Result<Reply> {
    enter(&api).await?;
    let found = RESOURCES.into_iter().find(|resource| resource.name() == id.as_str()).ok_or(Error::NotFound)?;
    Ok(reply(200, &described_type(found, &home(api.state()))))
}

fn described_type(resource: Resource, home: &str) -> Value {
    let extensions = match resource {
        Resource::User => json!([{ "schema": ENTERPRISE, "required": false }]),
        Resource::Group => json!([]),
    };
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],
        "id": resource.name(), "name": resource.name(), "endpoint": resource.endpoint(), "schema": resource.schema(),
        "schemaExtensions": extensions,
        "meta": { "resourceType": "ResourceType", "location": format!("{home}/ResourceTypes/{}", resource.name()) },
    })
}

pub async fn schemas(api: Api) -> Result<Reply> {
    enter(&api).await?;
    Ok(whole(all_schemas(&home(api.state()))))
}

pub async fn schema(api: Api, id: Path<String>) -> Result<Reply> {
    enter(&api).await?;
    let all = all_schemas(&home(api.state()));
    let found = all.iter().find(|schema| schema.get("id").and_then(Value::as_str) == Some(id.as_str()));
    Ok(reply(200, found.ok_or(Error::NotFound)?))
}

fn all_schemas(home: &str) -> Vec<Value> {
    let mut all = Vec::new();
    for resource in RESOURCES {
        let (core, extension) = resource.attributes();
        all.push((resource.schema(), resource.name(), core));
        if !extension.is_empty() {
            all.push((ENTERPRISE, "EnterpriseUser", extension));
        }
    }
    let described = |(id, name, attributes): (&str, &str, &'static [crate::scim::Attribute])| {
        json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"], "id": id, "name": name,
            "attributes": attributes.iter().map(|attribute| attribute.describe()).collect::<Vec<_>>(),
            "meta": { "resourceType": "Schema", "location": format!("{home}/Schemas/{id}") },
        })
    };
    all.into_iter().map(described).collect()
}

/// A directory is nobody in particular, so that there is no resource that is it (RFC 7644 section 3.11).
pub async fn me(api: Api) -> Result<Reply> {
    enter(&api).await?;
    let error = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": "501",
        "detail": ui::say(&Msg::new("scim-me")),
    });
    Ok(reply(501, &error))
}
