//! Groups, and the habits of directories with them.

use super::*;

const GROUPS: &str = "/scim/v2/Groups";

fn body(name: &str, members: &[&str]) -> String {
    let members: Vec<Value> = members.iter().map(|id| json!({ "value": id })).collect();
    json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": name, "externalId": format!("x-{name}"), "members": members }).to_string()
}

fn group(directory: &Client, name: &str, members: &[&str]) -> String {
    let answer = directory.api("POST", GROUPS, &body(name, members));
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()["id"].as_str().unwrap().to_owned()
}

fn change(directory: &Client, id: &str, operations: Value) -> Answer {
    let body = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations });
    directory.api("PATCH", &format!("{GROUPS}/{id}"), &body.to_string())
}

fn inside(directory: &Client, id: &str) -> Vec<String> {
    let group = directory.get(&format!("{GROUPS}/{id}")).json();
    let mut ids: Vec<String> = group["members"]
        .as_array()
        .unwrap()
        .iter()
        .map(|member| member["value"].as_str().unwrap().to_owned())
        .collect();
    ids.sort();
    ids
}

fn two(app: &App, directory: &Client) -> [String; 2] {
    let mut ids = [taken_over(app, directory, CLEO), taken_over(app, directory, DOV)];
    ids.sort();
    ids
}

#[test]
fn a_group_is_made_shown_listed_changed_and_forgotten() {
    let app = App::new();
    let directory = directory(&app);
    let [one, other] = two(&app, &directory);
    let id = group(&directory, "Harbour", &[&one]);
    let shown = directory.get(&format!("{GROUPS}/{id}"));
    assert_eq!((shown.json()["displayName"].as_str(), shown.header("etag")), (Some("Harbour"), "W/\"1\"".to_owned()));
    assert_eq!(shown.json()["members"][0]["type"], "User");
    let list =
        directory.get(&format!("{GROUPS}?excludedAttributes=members&filter=displayName+eq+%22harbour%22")).json();
    assert_eq!((list["totalResults"].as_i64(), &list["Resources"][0]["members"]), (Some(1), &Value::Null));
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("filter", &format!("members[value eq \"{one}\"]"))
        .finish();
    assert_eq!(directory.get(&format!("{GROUPS}?{query}")).json()["totalResults"], 1);
    let user = directory.get(&format!("{USERS}/{one}")).json();
    assert_eq!(user["groups"][0]["display"], "Harbour");
    assert_eq!(found(&directory, &format!("groups.value eq \"{id}\"")).len(), 1);
    let replaced = directory.api("PUT", &format!("{GROUPS}/{id}"), &body("Quay", &[&other]));
    assert_eq!((replaced.status, inside(&directory, &id)), (200, vec![other.clone()]), "{}", replaced.text());
    assert_eq!(app.text(&format!("select name as text from groups where id = '{id}'")), "Quay");
    assert_eq!(directory.api("DELETE", &format!("{GROUPS}/{id}"), "").status, 204);
    refused(&directory.get(&format!("{GROUPS}/{id}")), 404, None);
    assert_eq!(app.count(&format!("select count(*) from groups where id = '{id}'")), 0);
}

#[test]
fn people_come_and_go_in_every_way_that_entra_and_okta_say_it() {
    let app = App::new();
    let directory = directory(&app);
    let [one, other] = two(&app, &directory);
    let id = group(&directory, "Harbour", &[]);
    let both = vec![one.clone(), other.clone()];
    for (operations, after) in [
        (json!([{ "op": "Add", "path": "members", "value": [{ "$ref": null, "value": one }] }]), vec![one.clone()]),
        (json!([{ "op": "Add", "path": "members", "value": [{ "value": one }, { "value": other }] }]), both.clone()),
        (json!([{ "op": "Remove", "path": "members", "value": [{ "value": one }] }]), vec![other.clone()]),
        (json!([{ "op": "remove", "path": format!("members[value eq \"{other}\"]") }]), vec![]),
        (json!([{ "op": "remove", "path": format!("members[value eq \"{other}\"]") }]), vec![]),
        (
            json!([{ "op": "replace", "path": "members", "value": [{ "value": other, "display": "dov" }] }]),
            vec![other.clone()],
        ),
        (json!([{ "op": "add", "value": { "members": [{ "value": one }] } }]), both.clone()),
        (
            json!([{ "op": "replace", "value": { "id": id, "displayName": "Harbour crew", "members": [{ "value": one }] } }]),
            vec![one.clone()],
        ),
        (json!([{ "op": "remove", "path": "members", "value": [] }]), vec![one.clone()]),
        (json!([{ "op": "remove", "path": "members" }]), vec![]),
        (
            json!([{ "op": "add", "path": "members", "value": [{ "value": one }, { "value": other }] }, { "op": "remove", "path": format!("members[value eq \"{one}\" or value eq \"nobody\"]") }]),
            vec![other.clone()],
        ),
    ] {
        let answer = change(&directory, &id, operations.clone());
        assert_eq!((answer.status, inside(&directory, &id)), (204, after), "{operations}: {}", answer.text());
    }
    assert_eq!(app.text(&format!("select name as text from groups where id = '{id}'")), "Harbour crew");
    let shown = directory.api("PATCH", &format!("{GROUPS}/{id}?attributes=displayName"),
        &json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [{ "op": "Replace", "path": "displayName", "value": "Crew" }] }).to_string());
    assert_eq!((shown.status, shown.json()["displayName"].as_str()), (200, Some("Crew")));
}

#[test]
fn what_cannot_be_is_refused_and_changes_nothing() {
    let app = App::new();
    let directory = directory(&app);
    let [one, _] = two(&app, &directory);
    let id = group(&directory, "Harbour", &[&one]);
    let inner = group(&directory, "Inner", &[]);
    for (operation, word) in [
        (json!({ "op": "add", "path": "members", "value": [{ "value": inner, "type": "Group" }] }), "invalidValue"),
        (json!({ "op": "add", "path": "members", "value": [{ "value": inner }] }), "invalidValue"),
        (json!({ "op": "add", "path": "members", "value": [{ "value": ADA.id.to_string() }] }), "invalidValue"),
        (json!({ "op": "add", "path": "members", "value": [{ "value": "nobody" }] }), "invalidValue"),
        (json!({ "op": "replace", "path": format!("members[value eq \"{one}\"]"), "value": {} }), "noTarget"),
        (json!({ "op": "remove", "path": "members[display eq \"Cleo\"]" }), "invalidFilter"),
        (json!({ "op": "remove", "path": "displayName" }), "mutability"),
        (json!({ "op": "replace", "path": "displayName", "value": "" }), "mutability"),
        (json!({ "op": "replace", "path": "id", "value": "x" }), "mutability"),
        (json!({ "op": "replace", "path": "owner", "value": "x" }), "invalidPath"),
    ] {
        let answer = change(&directory, &id, json!([{ "op": "remove", "path": "members" }, operation]));
        refused(&answer, 400, Some(word));
    }
    assert_eq!(inside(&directory, &id), [one]);
    refused(&directory.api("POST", GROUPS, &body("Harbour", &[])), 409, Some("uniqueness"));
    for blank in ["", " ", "\u{1}\u{2}"] {
        refused(&directory.api("POST", GROUPS, &body(blank, &[])), 400, Some("invalidValue"));
    }
    refused(&directory.api("POST", GROUPS, &body(&"x".repeat(256), &[])), 400, Some("invalidValue"));
    refused(
        &change(&directory.clone().with("if-match", "W/\"9\""), &id, json!([{ "op": "remove", "path": "members" }])),
        412,
        None,
    );
}

#[test]
fn a_name_that_is_taken_here_is_kept_apart_and_given_back_as_sent() {
    let app = App::new();
    let directory = directory(&app);
    let name = app.text(&format!("select name as text from groups where id = '{}'", PLANNERS.0));
    let id = group(&directory, &name, &[]);
    assert_eq!(directory.get(&format!("{GROUPS}/{id}")).json()["displayName"], name);
    assert_eq!(app.text(&format!("select name as text from groups where id = '{id}'")), format!("{name} (directory)"));
    let long = "A very long name of a group that a directory may well have and that we cut to what fits here";
    let id = group(&directory, long, &[]);
    assert_eq!(
        app.text(&format!("select name as text from groups where id = '{id}'")),
        long.chars().take(80).collect::<String>()
    );
    assert_eq!(directory.get(&format!("{GROUPS}/{id}")).json()["displayName"], long);
}

#[test]
fn people_here_use_the_directorys_group_and_do_not_change_it() {
    let app = App::new();
    let directory = directory(&app);
    let dov = taken_over(&app, &directory, DOV);
    let id = group(&directory, "Harbour", &[&dov]);
    let ada = app.as_(ADA);
    let page = ada.get(&format!("/settings/groups/{id}"));
    assert!(page.has("The company") && page.has("directory") && !page.has("/members/"), "{}", page.text());
    for (path, form) in [
        (format!("/settings/groups/{id}"), vec![("name", "Ours"), ("version", "1")]),
        (format!("/settings/groups/{id}/removal"), vec![]),
        (format!("/settings/groups/{id}/members"), vec![("person", "00000000-0000-0000-0000-000000000103")]),
    ] {
        assert_eq!(ada.post(&path, &form).status, 422, "{path}");
    }
    let out = ada.post(&format!("/settings/groups/{id}/members/{dov}/removal"), &[]);
    assert_eq!((out.status, inside(&directory, &id)), (422, vec![dov]));
    assert_eq!(app.as_(DOV).get("/tickets/ATL-1").status, 404);
    app.sql(&format!("insert into project_grants (id, project_id, group_id, role, created_at) select gen_random_uuid(), '{}', '{id}', 'member', created_at from organisations", ATLAS.0));
    assert_eq!(app.as_(DOV).get("/tickets/ATL-1").status, 200, "what it may is given to it here");
    assert_eq!(directory.api("DELETE", &format!("{GROUPS}/{id}"), "").status, 204);
    assert_eq!(app.as_(DOV).get("/tickets/ATL-1").status, 404);
    assert_eq!(
        app.count(&format!("select count(*) from groups where id = '{id}' and not is_managed")),
        1,
        "what holds grants stays, empty"
    );
}

#[test]
fn groups_of_ours_are_not_there_for_the_directory() {
    let app = App::new();
    let directory = directory(&app);
    let cleo = taken_over(&app, &directory, CLEO);
    assert_eq!(directory.get(GROUPS).json()["totalResults"], 0);
    let path = format!("{GROUPS}/{}", PLANNERS.0);
    refused(&directory.get(&path), 404, None);
    refused(&change(&directory, &PLANNERS.0.to_string(), json!([{ "op": "remove", "path": "members" }])), 404, None);
    refused(&directory.api("DELETE", &path, ""), 404, None);
    assert!(directory.get(&format!("{USERS}/{cleo}")).json()["groups"].is_null(), "also not as a group of a person");
}

#[test]
fn ten_thousand_people_move_in_a_handful_of_statements() {
    let app = App::new();
    let directory = directory(&app);
    let made = start().to_rfc3339();
    app.sql(&format!(
        "insert into people (id, name, email, handle, created_at) select md5(n::text)::uuid, 'P' || n, 'p' || n || '@many.example', 'p' || n, '{made}' from generate_series(1, 10000) n;
         insert into memberships (id, organisation_id, person_id, role, created_at) select gen_random_uuid(), o.id, p.id, 'member', p.created_at from organisations o, people p where p.email like '%@many.example';
         insert into scim_users (person_id, organisation_id, user_name, attributes, created_at, updated_at) select p.id, o.id, p.email, '{{}}', p.created_at, p.created_at from organisations o, people p where p.email like '%@many.example'"));
    let ids: Vec<String> = app
        .text("select string_agg(person_id::text, ',') as text from scim_users")
        .split(',')
        .map(str::to_owned)
        .collect();
    let id = group(&directory, "Everybody", &[]);
    let everybody: Vec<Value> = ids.iter().map(|id| json!({ "value": id })).collect();
    for (operation, count) in [
        (json!({ "op": "add", "path": "members", "value": everybody }), 10_000),
        (json!({ "op": "remove", "path": "members", "value": &everybody[..4_000] }), 6_000),
        (json!({ "op": "replace", "path": "members", "value": everybody }), 10_000),
    ] {
        let answer = change(&directory, &id, json!([operation]));
        assert_eq!(answer.status, 204, "{}", answer.text());
        assert!(answer.queries < 16, "{}", answer.queries);
        assert_eq!(app.count(&format!("select count(*) from group_members where group_id = '{id}'")), count);
    }
    let shown = directory.get(&format!("{GROUPS}/{id}"));
    assert_eq!((shown.json()["members"].as_array().unwrap().len(), shown.queries < 10), (10_000, true));
    // A page holds so many people, and as many groups as that allows; the next page begins where it ended.
    let (second, third) = (group(&directory, "Everybody again", &[]), group(&directory, "Everybody once more", &[]));
    app.sql(&format!("insert into group_members (group_id, person_id, created_at) select g.id, person_id, m.created_at from group_members m, (values ('{second}'::uuid), ('{third}')) g (id) where m.group_id = '{id}'"));
    assert_eq!(tow::scim::MAX_PAGE_MEMBERS, 20_000, "two of them");
    let page = |query: &str| {
        let answer = directory.get(&format!("{GROUPS}?sortBy=displayName&{query}"));
        let page = answer.json();
        (page["itemsPerPage"].as_i64().unwrap(), page["totalResults"].as_i64().unwrap())
    };
    assert_eq!(page("count=100"), (2, 3));
    assert_eq!(page("count=100&startIndex=3"), (1, 3));
    assert_eq!(page("count=100&excludedAttributes=members"), (3, 3));
    app.sql(&format!("insert into people (id, name, email, handle, created_at) select md5('x' || n)::uuid, 'Q' || n, 'q' || n || '@many.example', 'q' || n, '{made}' from generate_series(1, 10001) n;
        insert into group_members (group_id, person_id, created_at) select '{id}', md5('x' || n)::uuid, '{made}' from generate_series(1, 10001) n"));
    assert_eq!(page("count=100"), (1, 3), "one that is larger than a page is a page of its own");
}

#[test]
fn whom_the_directory_forgets_is_in_none_of_its_groups() {
    let app = App::new();
    let directory = directory(&app);
    let [one, other] = two(&app, &directory);
    let id = group(&directory, "Harbour", &[&one, &other]);
    app.sql(&format!("insert into group_members (group_id, person_id, created_at) select '{}', '{one}', created_at from organisations on conflict do nothing", PLANNERS.0));
    let before = directory.get(&format!("{GROUPS}/{id}")).header("etag");
    assert_eq!(directory.api("DELETE", &format!("{USERS}/{one}"), "").status, 204);
    let after = directory.get(&format!("{GROUPS}/{id}")).header("etag");
    assert!(inside(&directory, &id) == [other.clone()] && before != after);
    assert_eq!(directory.api("PUT", &format!("{GROUPS}/{id}"), &body("Harbour", &[&other])).status, 200);
    let own = format!("select count(*) from group_members where group_id = '{}' and person_id = '{one}'", PLANNERS.0);
    assert_eq!(app.count(&own), 1, "groups of ours are ours");
}

#[test]
fn a_thousand_operations_of_one_person_each_are_a_handful_of_statements() {
    let app = App::new();
    let directory = directory(&app);
    let [one, other] = two(&app, &directory);
    let id = group(&directory, "Harbour", &[]);
    let each = |at: usize| json!({ "op": "add", "path": "members", "value": [{ "value": if at.is_multiple_of(2) { &one } else { &other } }] });
    let answer = change(&directory, &id, (0..tow::scim::MAX_PATCH_OPERATIONS).map(each).collect());
    assert!(answer.status == 204 && answer.queries < 20, "{} {}", answer.status, answer.queries);
    assert_eq!(inside(&directory, &id), [one, other]);
}

#[test]
fn a_group_with_proposed_changes_of_memory_stays_when_the_directory_forgets_it() {
    let app = App::new();
    let directory = directory(&app);
    let id = group(&directory, "Harbour", &[]);
    app.sql(&format!(
        "insert into memory_diffs (id, organisation_id, scope, group_id, origin, status, created_at)
         select gen_random_uuid(), id, 'group', '{id}', 'stale', 'pending', created_at from organisations"
    ));
    assert_eq!(directory.api("DELETE", &format!("{GROUPS}/{id}"), "").status, 204);
    assert_eq!(app.count(&format!("select count(*) from groups where id = '{id}' and not is_managed")), 1);
}
