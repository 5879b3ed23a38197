//! The requests that Okta documents ("SCIM 2.0 protocol reference"), word for word but for names.

use super::*;

#[test]
fn okta_asks_makes_reads_replaces_disables_and_enables() {
    let app = App::new();
    let directory = directory(&app);
    let none =
        directory.get(&format!("{USERS}?filter=userName%20eq%20%22test.user%40okta.local%22&startIndex=1&count=100"));
    assert_eq!(
        (none.status, none.json()["totalResults"].as_i64(), none.json()["itemsPerPage"].as_i64()),
        (200, Some(0), Some(0))
    );
    let body = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "test.user@okta.example",
        "name": { "givenName": "Test", "familyName": "User" },
        "emails": [{ "primary": true, "value": "test.user@okta.example", "type": "work" }],
        "displayName": "Test User", "locale": "en-US", "externalId": "00ujl29u0le5T6Aj10h7", "groups": [],
        "password": "1mz050nq", "active": true,
    });
    let id = made(&directory, &body);
    assert_eq!(app.holding("1mz050nq"), Vec::<String>::new(), "a password is not kept");
    assert_eq!(app.count(&format!("select count(*) from people where id = '{id}' and password_hash is null")), 1);
    assert_eq!(directory.get(&format!("{USERS}/{id}")).json()["locale"], "en-US");
    let list = directory.get(&format!("{USERS}?startIndex=1&count=100"));
    assert_eq!(list.json()["totalResults"], 1);
    let replaced = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "id": id, "userName": "test.user@okta.example",
        "name": { "givenName": "Another", "middleName": "Excited", "familyName": "User" },
        "emails": [{ "primary": true, "value": "test.user@okta.example", "type": "work" }],
        "active": true, "groups": [], "externalId": "00ujl29u0le5T6Aj10h7",
        "meta": { "resourceType": "User" },
    });
    let answer = directory.api("PUT", &format!("{USERS}/{id}"), &replaced.to_string());
    assert_eq!(
        (answer.status, answer.json()["name"]["middleName"].as_str()),
        (200, Some("Excited")),
        "{}",
        answer.text()
    );
    assert_eq!(app.text(&format!("select name as text from people where id = '{id}'")), "Another User");
    for active in [false, true] {
        let answer = patch(&directory, &id, json!([{ "op": "replace", "value": { "active": active } }]));
        assert_eq!((answer.status, &answer.json()["active"]), (200, &json!(active)), "{}", answer.text());
    }
}
