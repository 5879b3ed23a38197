//! The description of the API and its page in the docs, held against what the API does.

use crate::harness::*;
use serde_json::Value;
use std::collections::BTreeSet;

#[test]
fn the_description_names_every_route_and_no_other_and_every_type_it_refers_to() {
    let app = App::new();
    let text = app.visitor().get("/api/v1/openapi.json");
    let document = text.json();
    assert_eq!((text.status, document["openapi"].as_str()), (200, Some("3.1.0")));
    let mut described = BTreeSet::new();
    for (path, entry) in document["paths"].as_object().unwrap() {
        described.extend(entry.as_object().unwrap().keys().map(|method| format!("{} {path}", method.to_uppercase())));
    }
    let routes = tow::features::routes().list();
    let served: BTreeSet<String> = routes
        .iter()
        .filter(|route| route.path.starts_with("/api/") && !route.path.ends_with("openapi.json"))
        .map(|route| format!("{} {}", route.method, route.path))
        .collect();
    assert_eq!(described, served);
    let text = text.text();
    for reference in text.split("#/components/schemas/").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        assert!(document["components"]["schemas"].get(reference).is_some(), "{reference}");
    }
}

#[test]
fn what_comes_back_is_what_the_description_says() {
    let app = App::new();
    crate::doors::furnish(&app);
    let robot = app.token(CLEO, &ALL_SCOPES, None);
    let document = app.visitor().get("/api/v1/openapi.json").json();
    for (pattern, path) in [
        ("/api/v1/me", "/api/v1/me"),
        ("/api/v1/projects", "/api/v1/projects"),
        ("/api/v1/projects/{key}", "/api/v1/projects/ATL"),
        ("/api/v1/tickets", "/api/v1/tickets"),
        ("/api/v1/tickets/{id}", "/api/v1/tickets/ATL-1"),
        ("/api/v1/decisions", "/api/v1/decisions"),
        ("/api/v1/decisions/{id}", "/api/v1/decisions/DEC-2"),
        ("/api/v1/risks/{id}", "/api/v1/risks/RISK-9"),
        ("/api/v1/docs", "/api/v1/docs"),
        ("/api/v1/docs/{id}", "/api/v1/docs/DOC-101"),
        ("/api/v1/records/{id}/comments", "/api/v1/records/ATL-1/comments"),
    ] {
        let schema = &document["paths"][pattern]["get"]["responses"]["200"]["content"]["application/json"]["schema"];
        let answer = robot.get(path);
        assert_eq!(answer.status, 200, "{path}");
        fits(&document, schema, &answer.json(), path);
    }
    let problem = &document["components"]["schemas"]["Problem"];
    fits(&document, problem, &robot.get("/api/v1/tickets/NO-1").json(), "a problem");
    fits(&document, problem, &robot.api("POST", "/api/v1/tickets", "{}").json(), "a problem with fields");
}

/// The part of JSON Schema that the description uses; every property that comes must be described.
fn fits(document: &Value, schema: &Value, value: &Value, at: &str) {
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.rsplit('/').next().unwrap();
        return fits(document, &document["components"]["schemas"][name], value, at);
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        let is_null = choices.iter().any(|choice| choice["type"] == "null");
        let rest: Vec<_> = choices.iter().filter(|choice| choice["type"] != "null").collect();
        assert!(is_null && rest.len() == 1, "{at}: {schema}");
        if !value.is_null() {
            fits(document, rest[0], value, at);
        }
        return;
    }
    let own = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let types: Vec<&str> = match &schema["type"] {
        Value::String(one) => vec![one],
        Value::Array(many) => many.iter().map(|one| one.as_str().unwrap()).collect(),
        _ => vec!["object"],
    };
    assert!(types.contains(&own), "{at}: {value} is no {types:?}");
    if let (Some(words), false) = (schema["enum"].as_array(), value.is_null()) {
        assert!(words.contains(value), "{at}: {value} is not among {words:?}");
    }
    if let Some(list) = value.as_array() {
        list.iter().for_each(|item| fits(document, &schema["items"], item, &format!("{at}[]")));
    }
    if let Some(fields) = value.as_object().filter(|_| schema["additionalProperties"].is_null()) {
        let (mut known, mut required) = (serde_json::Map::new(), Vec::new());
        collect(document, schema, &mut known, &mut required);
        for (name, field) in fields {
            let schema = known.get(name).unwrap_or_else(|| panic!("{at}: {name} is not described"));
            fits(document, schema, field, &format!("{at}.{name}"));
        }
        let missing: Vec<_> = required.iter().filter(|name| !fields.contains_key(*name)).collect();
        assert!(missing.is_empty(), "{at}: {missing:?}");
    }
}

fn collect(document: &Value, schema: &Value, known: &mut serde_json::Map<String, Value>, required: &mut Vec<String>) {
    if let Some(name) = schema["$ref"].as_str() {
        return collect(
            document,
            &document["components"]["schemas"][name.rsplit('/').next().unwrap()],
            known,
            required,
        );
    }
    for part in schema["allOf"].as_array().into_iter().flatten() {
        collect(document, part, known, required);
    }
    known.extend(schema["properties"].as_object().cloned().unwrap_or_default());
    required.extend(schema["required"].as_array().into_iter().flatten().map(|name| name.as_str().unwrap().to_owned()));
}

#[test]
fn the_examples_of_the_docs_work() {
    let app = App::new();
    let robot = app.token(EDDA, &ALL_SCOPES, None);
    let text = std::fs::read_to_string(checkout().join("docs/api.md")).unwrap();
    let examples = text.split("```sh\n").skip(1).map(|rest| rest.split("\n```").next().unwrap().replace("\\\n", " "));
    let mut tried = 0;
    for example in examples.filter(|example| example.starts_with("curl ")) {
        let words = words_of(&example);
        let after = |flag: &str| words.iter().position(|word| word == flag).map(|at| words[at + 1].clone());
        let url = words.iter().find(|word| word.starts_with("https://")).expect("an address");
        let path = url.trim_start_matches("https://tow.example");
        let body = after("-d").unwrap_or_default();
        let method = after("-X").unwrap_or_else(|| if body.is_empty() { "GET" } else { "POST" }.to_owned());
        assert!(words.contains(&"Authorization: Bearer $TOW_TOKEN".to_owned()), "{example}");
        let headers = words
            .iter()
            .filter_map(|word| word.split_once(": "))
            .filter(|(name, _)| *name != "Authorization" && *name != "Content-Type");
        let client = headers.fold(robot.clone(), |client, (name, value)| client.with(&name.to_lowercase(), value));
        let answer = client.api(&method, path, &body);
        assert!((200..300).contains(&answer.status), "{example}: {} {}", answer.status, answer.text());
        tried += 1;
    }
    assert!(tried >= 6, "only {tried} examples found");
}

/// As a shell takes a line apart: single and double quotes, nothing else.
fn words_of(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), String::new(), None);
    for c in line.chars() {
        match (c, quote) {
            ('\'' | '"', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            (c, None) if c.is_whitespace() => {
                words.extend(Some(std::mem::take(&mut word)).filter(|word| !word.is_empty()))
            }
            (c, _) => word.push(c),
        }
    }
    words.extend(Some(word).filter(|word| !word.is_empty()));
    words
}
