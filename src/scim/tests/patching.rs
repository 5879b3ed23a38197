//! RFC 7644 section 3.5.2.

use super::*;

#[test]
fn each_operation_does_what_the_protocol_says() {
    let app = App::new();
    let directory = directory(&app);
    let id = made(&directory, &mia());
    let work = |value: &str| json!({ "value": value, "type": "work", "primary": true });
    for (operation, field, after) in [
        (json!({ "op": "add", "path": "nickName", "value": "Mimi" }), "nickName", json!("Mimi")),
        (json!({ "op": "replace", "path": "title", "value": "Master" }), "title", json!("Master")),
        (json!({ "op": "remove", "path": "title" }), "title", Value::Null),
        (
            json!({ "op": "replace", "path": "name.familyName", "value": "Sand" }),
            "name",
            json!({ "givenName": "Mia", "familyName": "Sand" }),
        ),
        (
            json!({ "op": "replace", "path": "name", "value": { "middleName": "A" } }),
            "name",
            json!({ "givenName": "Mia", "familyName": "Sand", "middleName": "A" }),
        ),
        (
            json!({ "op": "remove", "path": "name.middleName" }),
            "name",
            json!({ "givenName": "Mia", "familyName": "Sand" }),
        ),
        (
            json!({ "op": "remove", "path": "emails[type eq \"home\"]" }),
            "emails",
            json!([work("mia.berg@halden.example")]),
        ),
        (
            json!({ "op": "remove", "path": "emails[type eq \"home\"]" }),
            "emails",
            json!([work("mia.berg@halden.example")]),
        ),
        (
            json!({ "op": "replace", "path": "emails[type eq \"work\"].value", "value": "mia@halden.example" }),
            "emails",
            json!([work("mia@halden.example")]),
        ),
        (
            json!({ "op": "add", "path": "emails", "value": [{ "value": "m@halden.example", "type": "other", "primary": true }] }),
            "emails",
            json!([{ "value": "mia@halden.example", "type": "work", "primary": false }, { "value": "m@halden.example", "type": "other", "primary": true }]),
        ),
        (
            json!({ "op": "replace", "path": "emails", "value": [work("mia@halden.example")] }),
            "emails",
            json!([work("mia@halden.example")]),
        ),
        (
            json!({ "op": "add", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "+47 1" }),
            "phoneNumbers",
            json!([{ "type": "mobile", "value": "+47 1" }]),
        ),
        (
            json!({ "op": "remove", "path": "phoneNumbers[type eq \"mobile\"].value" }),
            "phoneNumbers",
            json!([{ "type": "mobile" }]),
        ),
        (json!({ "op": "remove", "path": "phoneNumbers" }), "phoneNumbers", Value::Null),
        (
            json!({ "op": "replace", "path": format!("{ENTERPRISE}:department"), "value": "Quay" }),
            ENTERPRISE,
            json!({ "department": "Quay", "employeeNumber": "701984" }),
        ),
        (json!({ "op": "remove", "path": ENTERPRISE }), ENTERPRISE, Value::Null),
        (
            json!({ "op": "add", "value": { "nickName": "M", ENTERPRISE: { "division": "North" } } }),
            ENTERPRISE,
            json!({ "division": "North" }),
        ),
        (
            json!({ "op": "add", "path": "userName", "value": "mia@halden.example" }),
            "userName",
            json!("mia@halden.example"),
        ),
    ] {
        let answer = patch(&directory, &id, json!([operation]));
        assert_eq!((answer.status, &answer.json()[field]), (200, &after), "{operation}: {}", answer.text());
    }
    assert_eq!(
        app.text(&format!("select name || ' ' || email as text from people where id = '{id}'")),
        "Mia Berg mia@halden.example"
    );
    assert!(app.mails().iter().any(|mail| mail.to() == "mia.berg@halden.example"), "the old address is told");
}

#[test]
fn what_cannot_be_done_is_refused_by_its_word_and_undoes_what_came_before_it() {
    let app = App::new();
    let directory = directory(&app);
    let id = made(&directory, &mia());
    for (operation, word) in [
        (json!({ "op": "paint", "path": "title", "value": "x" }), "invalidSyntax"),
        (json!({ "op": "replace", "path": "id", "value": "x" }), "mutability"),
        (json!({ "op": "replace", "path": "meta.created", "value": "x" }), "mutability"),
        (json!({ "op": "remove", "path": "userName" }), "mutability"),
        (json!({ "op": "replace", "path": "userName", "value": "" }), "mutability"),
        (json!({ "op": "replace", "path": "nonsense", "value": "x" }), "invalidPath"),
        (json!({ "op": "replace", "path": "title[", "value": "x" }), "invalidPath"),
        (json!({ "op": "replace", "path": "title[type eq \"a\"]", "value": "x" }), "invalidPath"),
        (json!({ "op": "replace", "path": "department", "value": "x" }), "invalidPath"),
        (json!({ "op": "replace", "path": 7, "value": "x" }), "invalidPath"),
        (json!({ "op": "replace", "path": "emails[nonsense eq \"a\"].value", "value": "x" }), "invalidFilter"),
        (json!({ "op": "replace", "path": "emails[type eq \"other\"].value", "value": "x@y.example" }), "noTarget"),
        (json!({ "op": "remove" }), "noTarget"),
        (json!({ "op": "replace", "value": "x" }), "invalidValue"),
        (json!({ "op": "replace", "path": "active", "value": "perhaps" }), "invalidValue"),
        (json!({ "op": "replace", "path": "title", "value": { "a": 1 } }), "invalidValue"),
        (
            json!({ "op": "replace", "path": "emails", "value": [{ "value": "no address", "primary": true }] }),
            "invalidValue",
        ),
    ] {
        let answer =
            patch(&directory, &id, json!([{ "op": "replace", "path": "nickName", "value": "Mimi" }, operation]));
        refused(&answer, 400, Some(word));
    }
    let after = directory.get(&format!("{USERS}/{id}"));
    assert_eq!((after.header("etag"), &after.json()["nickName"]), ("W/\"1\"".to_owned(), &Value::Null));
    refused(&patch(&directory, &id, json!([])), 400, Some("invalidSyntax"));
    let many: Vec<Value> = vec![json!({ "op": "remove", "path": "title" }); tow::scim::MAX_PATCH_OPERATIONS + 1];
    refused(&patch(&directory, &id, json!(many)), 400, Some("invalidSyntax"));
    refused(&directory.api("PATCH", &format!("{USERS}/{id}"), "{\"Operations\":[]}"), 400, Some("invalidSyntax"));
    refused(
        &patch(&directory, "00000000-0000-0000-0000-000000000999", json!([{ "op": "remove", "path": "title" }])),
        404,
        None,
    );
    refused(&patch(&directory, "nobody", json!([{ "op": "remove", "path": "title" }])), 404, None);
}
