//! The requests that Microsoft documents for Entra ID ("Develop a SCIM endpoint"), word for word but for names.

use super::*;

#[test]
fn entra_asks_makes_asks_again_changes_and_disables() {
    let app = App::new();
    let directory = directory(&app);
    let none = directory.get(&format!("{USERS}?filter=userName+eq+%22Test_User_ab6490ee%40testuser.example%22"));
    assert_eq!((none.status, none.json()["totalResults"].as_i64()), (200, Some(0)));
    assert_eq!(none.json()["Resources"], json!([]));
    let body = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE],
        "externalId": "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef", "userName": "Test_User_ab6490ee@testuser.example", "active": true,
        "emails": [{ "primary": true, "type": "work", "value": "Test_User_fd0ea19b@testuser.example" }],
        "meta": { "resourceType": "User" },
        "name": { "formatted": "givenName familyName", "familyName": "familyName", "givenName": "givenName" },
        "roles": [],
    });
    let id = made(&directory, &body);
    assert_eq!(found(&directory, r#"externalId eq "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef""#).len(), 1);
    assert_eq!(found(&directory, r#"emails[type eq "work"].value eq "test_user_fd0ea19b@testuser.example""#).len(), 1);
    let answer = patch(
        &directory,
        &id,
        json!([
            { "op": "Replace", "path": "emails[type eq \"work\"].value", "value": "updatedEmail@testuser.example" },
            { "op": "Replace", "path": "name.familyName", "value": "updatedFamilyName" },
            { "op": "Add", "path": "addresses[type eq \"work\"].locality", "value": "Halden" },
            { "op": "Add", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager", "value": "26118915" },
            { "op": "Add", "path": "roles[primary eq \"True\"].value", "value": "owner" },
        ]),
    );
    let user = answer.json();
    assert_eq!((answer.status, &user["emails"][0]["value"]), (200, &json!("updatedEmail@testuser.example")), "{user}");
    assert_eq!(
        (&user["name"]["familyName"], &user["addresses"]),
        (&json!("updatedFamilyName"), &json!([{ "type": "work", "locality": "Halden" }]))
    );
    assert_eq!(
        (&user[ENTERPRISE]["manager"]["value"], &user["roles"]),
        (&json!("26118915"), &json!([{ "primary": true, "value": "owner" }]))
    );
    assert_eq!(
        app.text(&format!("select m.role as text from memberships m where person_id = '{id}'")),
        "member",
        "a role is a word"
    );
    let renamed = patch(
        &directory,
        &id,
        json!([{ "op": "Replace", "path": "userName", "value": "5b50642d-79fc-4410-9e90-4c077cdd1a59@testuser.example" }]),
    );
    assert_eq!(
        (renamed.status, renamed.json()["userName"].as_str()),
        (200, Some("5b50642d-79fc-4410-9e90-4c077cdd1a59@testuser.example"))
    );
    let disabled = patch(&directory, &id, json!([{ "op": "Replace", "path": "active", "value": "False" }]));
    assert_eq!((disabled.status, &disabled.json()["active"]), (200, &json!(false)), "{}", disabled.text());
    let again = patch(
        &directory,
        &id,
        json!([{ "op": "Replace", "value": { "active": "True", "name.givenName": "Dotted", "id": id } }]),
    );
    assert_eq!(
        (&again.json()["active"], &again.json()["name"]["givenName"]),
        (&json!(true), &json!("Dotted")),
        "{}",
        again.text()
    );
    let urned = patch(
        &directory,
        &id,
        json!([{ "op": "Add", "value": {
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber": "42",
        "urn:ietf:params:scim:schemas:core:2.0:User:title": "Pilot",
        "urn:ietf:params:scim:schemas:extension:CustomExtensionName:2.0:User:tag": "x",
    } }]),
    );
    assert_eq!(
        (&urned.json()[ENTERPRISE]["employeeNumber"], &urned.json()["title"]),
        (&json!("42"), &json!("Pilot")),
        "{}",
        urned.text()
    );
    assert_eq!(directory.api("DELETE", &format!("{USERS}/{id}"), "").status, 204);
    assert_eq!(directory.api("DELETE", &format!("{USERS}/{id}"), "").status, 404);
}
