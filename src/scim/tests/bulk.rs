//! RFC 7644 section 3.7: many operations in one request.

use super::*;
use tow::scim::{MAX_BULK_BYTES, MAX_BULK_ID_CHARS, MAX_BULK_OPERATIONS};

const BULK: &str = "/scim/v2/Bulk";

fn body(operations: &[Value]) -> Value {
    json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": operations })
}

fn send(directory: &Client, body: &Value) -> Answer {
    directory.api("POST", BULK, &body.to_string())
}

/// The answers of a request that was taken.
fn done(directory: &Client, operations: &[Value]) -> Vec<Value> {
    let answer = send(directory, &body(operations));
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (200, "application/scim+json".to_owned()),
        "{}",
        answer.text()
    );
    let answer = answer.json();
    assert_eq!(answer["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:BulkResponse"]));
    answer["Operations"].as_array().unwrap().clone()
}

fn statuses(answers: &[Value]) -> Vec<&str> {
    answers.iter().map(|answer| answer["status"].as_str().unwrap()).collect()
}

fn somebody(bulk_id: &str, name: &str) -> Value {
    json!({ "method": "POST", "path": "/Users", "bulkId": bulk_id, "data": {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": format!("{name}@halden.example"), "displayName": name,
    } })
}

fn crew(bulk_id: &str, name: &str, members: &[&str]) -> Value {
    let members: Vec<Value> = members.iter().map(|id| json!({ "value": id })).collect();
    json!({ "method": "POST", "path": "/Groups", "bulkId": bulk_id, "data": {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": name, "members": members,
    } })
}

fn id_of(answer: &Value) -> String {
    answer["location"].as_str().unwrap_or_else(|| panic!("{answer}")).rsplit('/').next().unwrap().to_owned()
}

fn inside(directory: &Client, id: &str) -> Vec<String> {
    let group = directory.get(&format!("/scim/v2/Groups/{id}")).json();
    group["members"].as_array().unwrap().iter().map(|member| member["value"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn people_and_their_group_are_made_in_one_request_whatever_the_order() {
    let app = App::new();
    let directory = directory(&app);
    let patch = json!({ "method": "patch", "path": "/Groups/bulkId:crew", "bulkId": "later", "data": {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [
            { "op": "add", "path": "members", "value": [{ "value": "bulkId:nils" }] },
            { "op": "remove", "path": "members[value eq \"bulkId:mia\"]" },
        ] } });
    let answers = done(
        &directory,
        &[patch, crew("crew", "Harbour", &["bulkId:mia"]), somebody("mia", "mia"), somebody("nils", "nils")],
    );
    assert_eq!(statuses(&answers), ["200", "201", "201", "201"], "{answers:?}");
    let ids: Vec<&str> = answers.iter().map(|answer| answer["bulkId"].as_str().unwrap()).collect();
    assert_eq!(ids, ["later", "crew", "mia", "nils"], "answered in the order of the request");
    let methods: Vec<&str> = answers.iter().map(|answer| answer["method"].as_str().unwrap()).collect();
    assert_eq!(methods, ["PATCH", "POST", "POST", "POST"]);
    let (group, nils) = (id_of(&answers[1]), id_of(&answers[3]));
    assert_eq!(inside(&directory, &group), std::slice::from_ref(&nils));
    let shown = directory.get(&format!("{USERS}/{nils}")).json();
    assert_eq!((&answers[3]["location"], &answers[3]["version"]), (&shown["meta"]["location"], &json!("W/\"1\"")));
    assert_eq!(shown["meta"]["version"], "W/\"2\"", "the group came after");
    assert_eq!(answers[0]["version"], "W/\"2\"");
    assert_eq!(app.count("select count(*) from audit_events where action = 'scim.registered'"), 2);
}

#[test]
fn the_manager_of_somebody_may_be_made_in_the_same_request() {
    let app = App::new();
    let directory = directory(&app);
    let mut mia = somebody("mia", "mia");
    mia["data"][ENTERPRISE] = json!({ "manager": { "value": "bulkId:boss" } });
    let answers = done(&directory, &[mia, somebody("boss", "boss")]);
    let shown = directory.get(&format!("{USERS}/{}", id_of(&answers[0]))).json();
    assert_eq!(shown[ENTERPRISE]["manager"]["value"].as_str(), Some(id_of(&answers[1]).as_str()));
}

#[test]
fn every_method_does_what_its_own_route_does() {
    let app = App::new();
    let directory = directory(&app);
    let made = done(&directory, &[somebody("mia", "mia"), crew("crew", "Harbour", &["bulkId:mia"])]);
    let (user, group) = (format!("/Users/{}", id_of(&made[0])), format!("/Groups/{}", id_of(&made[1])));
    let mut replaced = somebody("x", "mia");
    replaced["data"]["displayName"] = json!("Mia Sand");
    let answers = done(
        &directory,
        &[
            json!({ "method": "PUT", "path": user, "version": "W/\"2\"", "data": replaced["data"] }),
            json!({ "method": "PUT", "path": user, "version": "W/\"2\"", "data": replaced["data"] }),
            json!({ "method": "PATCH", "path": user, "data": { "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{ "op": "replace", "path": "active", "value": false }] } }),
            json!({ "method": "PUT", "path": group, "data": { "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Quay" } }),
            json!({ "method": "DELETE", "path": group }),
            json!({ "method": "DELETE", "path": user }),
            json!({ "method": "DELETE", "path": user }),
        ],
    );
    assert_eq!(statuses(&answers), ["200", "412", "200", "200", "204", "204", "404"], "{answers:?}");
    assert_eq!(answers[0]["version"], "W/\"3\"", "joining a group was the second");
    assert!(answers[1]["location"].as_str().unwrap().ends_with(&user), "one that fails says what it was about");
    assert!(answers[5]["version"].is_null() && answers[5]["response"].is_null());
    assert_eq!(app.text(&format!("select name as text from people where id = '{}'", &user[7..])), "Mia Sand");
    assert_eq!(app.count("select count(*) from scim_users") + app.count("select count(*) from scim_groups"), 0);
}

#[test]
fn one_that_fails_undoes_no_other_and_says_why_in_its_own_answer() {
    let app = App::new();
    let directory = directory(&app);
    let answers = done(
        &directory,
        &[
            somebody("one", "mia"),
            somebody("two", "mia"),
            crew("crew", "Harbour", &["bulkId:two"]),
            crew("nobody", "Quay", &["bulkId:never"]),
            crew("nested", "Dock", &["bulkId:crew"]),
            somebody("three", "nils"),
        ],
    );
    assert_eq!(statuses(&answers), ["201", "409", "409", "400", "409", "201"], "{answers:?}");
    for (answer, word) in answers[1..5].iter().zip([Some("uniqueness"), None, Some("invalidValue"), None]) {
        let said = &answer["response"];
        assert_eq!((&said["status"], said["scimType"].as_str()), (&answer["status"], word), "{answer}");
        assert_eq!(said["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:Error"]));
        assert!(!said["detail"].as_str().unwrap().is_empty() && answer["location"].is_null(), "{answer}");
    }
    assert_eq!((app.count("select count(*) from scim_users"), app.count("select count(*) from scim_groups")), (2, 0));
    assert_eq!(app.count("select count(*) from scim_conflicts"), 1, "what clashed is told on the page");
}

#[test]
fn after_as_many_errors_as_were_allowed_nothing_more_is_done() {
    let app = App::new();
    let directory = directory(&app);
    let all = [somebody("a", "mia"), somebody("b", "mia"), somebody("c", "mia"), somebody("d", "nils")];
    for (allowed, statuses_then) in
        [(1, vec!["201", "409"]), (2, vec!["409", "409"]), (9, vec!["409", "409", "409", "201"])]
    {
        let mut body = body(&all);
        body["failOnErrors"] = json!(allowed);
        let answer = send(&directory, &body).json();
        assert_eq!(statuses(answer["Operations"].as_array().unwrap()), statuses_then, "{allowed}");
    }
    for wrong in [json!(0), json!(-1), json!("one"), json!(1.5)] {
        let mut body = body(&all);
        body["failOnErrors"] = wrong;
        refused(&send(&directory, &body), 400, Some("invalidValue"));
    }
}

#[test]
fn a_circle_is_refused_and_the_rest_is_done() {
    let app = App::new();
    let directory = directory(&app);
    let lead = |mut user: Value, by: &str| {
        user["data"][ENTERPRISE] = json!({ "manager": { "value": format!("bulkId:{by}") } });
        user
    };
    let answers = done(
        &directory,
        &[
            crew("a", "A", &["bulkId:b"]),
            crew("b", "B", &["bulkId:a"]),
            lead(somebody("self", "selma"), "self"),
            crew("after", "After", &["bulkId:self"]),
            somebody("mia", "mia"),
        ],
    );
    assert_eq!(statuses(&answers), ["409", "409", "409", "409", "201"], "{answers:?}");
    assert!(answers[0]["response"]["detail"].as_str().unwrap().contains("circle"), "{answers:?}");
    assert_eq!(app.count("select count(*) from scim_groups"), 0);
}

#[test]
fn a_long_chain_of_references_is_followed_from_its_end() {
    let app = App::new();
    let directory = directory(&app);
    let link = |at: usize| json!({ "method": "DELETE", "path": format!("/Users/bulkId:{}", at + 1), "bulkId": at.to_string() });
    let chain: Vec<Value> = (0..MAX_BULK_OPERATIONS).map(link).collect();
    let answers = done(&directory, &chain);
    assert_eq!(statuses(&answers[..2]), ["409", "409"]);
    assert_eq!(answers.last().unwrap()["status"], "400", "the last one refers to nothing");
}

#[test]
fn what_is_no_operation_is_refused() {
    let app = App::new();
    let directory = directory(&app);
    let user = somebody("x", "mia")["data"].clone();
    for (operation, status, word) in [
        (json!({ "method": "POST", "path": "/Users", "data": user }), "400", "invalidSyntax"),
        (json!({ "method": "GET", "path": "/Users", "bulkId": "x" }), "400", "invalidSyntax"),
        (json!({ "path": "/Users/1" }), "400", "invalidSyntax"),
        (json!({ "method": "POST", "path": "/Users/1", "bulkId": "x", "data": user }), "400", "invalidPath"),
        (json!({ "method": "PUT", "path": "/Users", "data": user }), "400", "invalidPath"),
        (json!({ "method": "DELETE", "path": "/Tokens/1" }), "400", "invalidPath"),
        (json!({ "method": "DELETE", "path": "/Users/1/../2" }), "400", "invalidPath"),
        (json!({ "method": "POST", "path": "/Bulk", "bulkId": "x", "data": {} }), "400", "invalidPath"),
        (json!({ "method": "POST", "path": "/Users", "bulkId": "x" }), "400", "invalidSyntax"),
    ] {
        let answers = done(&directory, std::slice::from_ref(&operation));
        assert_eq!(
            (answers[0]["status"].as_str(), answers[0]["response"]["scimType"].as_str()),
            (Some(status), Some(word)),
            "{operation}"
        );
    }
    let twice = body(&[somebody("x", "mia"), somebody("x", "nils")]);
    let long = body(&[somebody(&"x".repeat(MAX_BULK_ID_CHARS + 1), "mia")]);
    for wrong in [twice, long, body(&[json!("POST")]), body(&[json!({ "method": 7 })]), json!({ "Operations": [] })] {
        refused(&send(&directory, &wrong), 400, Some("invalidSyntax"));
    }
    assert_eq!(app.count("select count(*) from scim_users"), 0);
}

#[test]
fn what_is_too_much_for_one_request_is_refused_before_anything_is_done_and_by_the_announced_limit() {
    let app = App::new();
    let directory = directory(&app);
    let said = directory.get("/scim/v2/ServiceProviderConfig").json()["bulk"].clone();
    assert_eq!(
        said,
        json!({ "supported": true, "maxOperations": MAX_BULK_OPERATIONS, "maxPayloadSize": MAX_BULK_BYTES })
    );
    let mut many = vec![somebody("x", "mia")];
    many.resize(MAX_BULK_OPERATIONS + 1, json!({ "method": "DELETE", "path": "/Users/1" }));
    let answer = send(&directory, &body(&many));
    refused(&answer, 413, None);
    assert!(answer.has("maxOperations") && answer.has(&MAX_BULK_OPERATIONS.to_string()), "{}", answer.text());
    let mut huge = body(&[somebody("x", "mia")]);
    huge["padding"] = json!("x".repeat(MAX_BULK_BYTES));
    let answer = send(&directory, &huge);
    refused(&answer, 413, None);
    assert!(answer.has("maxPayloadSize") && answer.has(&MAX_BULK_BYTES.to_string()), "{}", answer.text());
    assert_eq!(app.count("select count(*) from scim_users"), 0);
}

#[test]
fn many_at_once_reach_no_more_than_one_by_one() {
    let app = App::new();
    let directory = directory(&app);
    let ada = taken_over(&app, &directory, ADA);
    let off = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [{ "op": "replace", "path": "active", "value": false }] });
    let answers = done(
        &directory,
        &[
            json!({ "method": "PATCH", "path": format!("/Users/{ada}"), "data": off }),
            json!({ "method": "PATCH", "path": format!("/Users/{}", CLEO.id), "data": off }),
            json!({ "method": "DELETE", "path": format!("/Groups/{}", PLANNERS.0) }),
        ],
    );
    assert_eq!(statuses(&answers), ["409", "404", "404"], "{answers:?}");
    assert_eq!(app.as_(ADA).get("/tickets").status, 200);
    app.sql("update scim_tokens set revoked_at = created_at");
    refused(&send(&directory, &body(&[somebody("x", "mia")])), 401, None);
}
