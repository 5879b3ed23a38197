//! The description of the API (OpenAPI 3.1), made from the routes and the types they send and take.

use crate::web::{Need, Operation, RouteInfo};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

/// An answer that is a problem (RFC 9457, application/problem+json).
#[derive(Debug, serde::Serialize, ToSchema)]
pub struct Problem {
    /// urn:tow:problem: and a word: sign_in, forbidden, not_found, invalid, conflict, slow_down, reauthentication_required.
    pub r#type: String,
    pub title: String,
    pub status: u16,
    pub detail: Option<String>,
    /// What is wrong with each field or value of the query.
    pub fields: std::collections::BTreeMap<String, String>,
    /// Names this request in the server's log.
    pub request_id: String,
}

/// Of all routes that describe themselves.
pub fn description(routes: &[RouteInfo], server: &str) -> Value {
    let described = routes.iter().filter_map(|route| Some((route, route.operation.as_ref()?)));
    let (mut paths, mut schemas) = (Map::new(), Map::new());
    add_schemas(&mut schemas, &crate::web::Shape::of::<Problem>());
    for (route, operation) in described {
        operation.answer.iter().chain(&operation.body).for_each(|shape| add_schemas(&mut schemas, shape));
        let entry = paths.entry(route.path).or_insert_with(|| json!({}));
        if let Some(entry) = entry.as_object_mut() {
            entry.insert(route.method.as_str().to_lowercase(), described_route(route, operation));
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "TOW", "version": "1",
            "description": "Projects, tickets, decisions, risks, docs, memory and comments. Come with an access token or an API key. \
                Every answer says in RateLimit how many requests are left.",
        },
        "servers": [{ "url": server.trim_end_matches('/') }],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } },
        },
        "security": [{ "token": [] }],
    })
}

fn add_schemas(schemas: &mut Map<String, Value>, shape: &crate::web::Shape) {
    schemas.extend(shape.schemas());
}

fn described_route(route: &RouteInfo, operation: &Operation) -> Value {
    let in_path = route.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let mut parameters: Vec<Value> = in_path
        .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
        .collect();
    for param in &operation.query {
        let mut schema = json!({ "type": "string" });
        if !param.words.is_empty() {
            schema = json!({ "type": "string", "enum": param.words });
        }
        parameters.push(json!({ "name": param.name, "in": "query", "description": param.about, "schema": schema }));
    }
    let mut header = |name: &str, about: &str| {
        parameters.push(json!({ "name": name, "in": "header", "description": about, "schema": { "type": "string" } }));
    };
    if operation.makes {
        header(
            "Idempotency-Key",
            "The same request with the same key is done once; the first answer is repeated for 24 hours.",
        );
    }
    if operation.changes {
        header("If-Match", "The ETag that was seen; 412 when somebody has changed it since.");
    }
    let scope = match route.need {
        Need::Token(scope) if !scope.is_empty() => format!("Needs the scope {scope}."),
        _ => "Any token may.".to_owned(),
    };
    let mut described = json!({
        "operationId": operation_id(route), "summary": operation.summary, "description": scope, "parameters": parameters,
        "responses": responses(operation),
    });
    if let (Some(body), Some(described)) = (&operation.body, described.as_object_mut()) {
        let content = json!({ "application/json": { "schema": body.reference() } });
        described.insert("requestBody".to_owned(), json!({ "required": true, "content": content }));
    }
    described
}

fn responses(operation: &Operation) -> Value {
    let problem = json!({
        "description": "A problem",
        "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } },
    });
    let mut responses = Map::new();
    let content = operation.answer.as_ref().map(|shape| json!({ "application/json": { "schema": shape.reference() } }));
    responses.insert(operation.status.to_string(), json!({ "description": "Done", "content": content }));
    responses.insert("default".to_owned(), problem);
    Value::Object(responses)
}

/// `get_tickets_id`.
fn operation_id(route: &RouteInfo) -> String {
    let path = route.path.trim_start_matches("/api/v1/").replace(['{', '}'], "").replace('/', "_");
    format!("{}_{path}", route.method.as_str().to_lowercase())
}
