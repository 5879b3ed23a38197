//! RFC 7644 section 3: making, reading, replacing, forgetting.

use super::*;

#[test]
fn somebody_is_made_shown_replaced_and_forgotten() {
    let app = App::new();
    let directory = directory(&app);
    let answer = directory.api("POST", USERS, &mia().to_string());
    let user = answer.json();
    let id = user["id"].as_str().unwrap();
    assert_eq!((answer.status, answer.header("content-type")), (201, "application/scim+json".to_owned()));
    assert!(answer.location().ends_with(&format!("/scim/v2/Users/{id}")), "{}", answer.location());
    assert_eq!((answer.header("etag"), user["meta"]["version"].as_str()), ("W/\"1\"".to_owned(), Some("W/\"1\"")));
    assert_eq!(user["meta"]["location"], answer.location());
    for name in ["userName", "externalId", "displayName", "emails", "title", "active", "name", ENTERPRISE] {
        assert_eq!(user[name], mia()[name], "{name}");
    }
    assert_eq!(
        app.text(&format!("select name || ' ' || email || ' ' || handle as text from people where id = '{id}'")),
        "Mia Berg mia.berg@halden.example mia.berg"
    );
    assert_eq!(app.text(&format!("select role as text from memberships where person_id = '{id}'")), "member");
    let shown = directory.get(&format!("{USERS}/{id}"));
    assert_eq!((shown.json(), shown.header("etag")), (user.clone(), answer.header("etag")));
    let mut other = mia();
    other.as_object_mut().unwrap().remove("title");
    other["displayName"] = json!("Mia Sand");
    let replaced = directory.api("PUT", &format!("{USERS}/{id}"), &other.to_string());
    assert_eq!((replaced.status, replaced.header("etag")), (200, "W/\"2\"".to_owned()), "{}", replaced.text());
    assert!(replaced.json()["title"].is_null(), "what a PUT does not say is no more");
    assert_eq!(app.text(&format!("select name as text from people where id = '{id}'")), "Mia Sand");
    assert_eq!(directory.api("DELETE", &format!("{USERS}/{id}"), "").status, 204);
    refused(&directory.get(&format!("{USERS}/{id}")), 404, None);
    assert_eq!(app.count(&format!("select count(*) from people where id = '{id}' and deactivated_at is not null")), 1);
    for (action, count) in [("scim.registered", 1), ("scim.deleted", 1), ("member.added", 1), ("member.deactivated", 1)]
    {
        let sql = format!("select count(*) from audit_events where action = '{action}' and actor_kind = 'directory'");
        assert_eq!(app.count(&sql), count, "{action}");
    }
}

#[test]
fn an_answer_shows_the_attributes_that_were_asked_for() {
    let app = App::new();
    let directory = directory(&app);
    let id = made(&directory, &mia());
    let keys = |query: &str| {
        let user = directory.get(&format!("{USERS}/{id}?{query}")).json();
        user.as_object().unwrap().keys().cloned().collect::<Vec<_>>()
    };
    assert_eq!(keys("attributes=userName"), ["id", "schemas", "userName"]);
    assert_eq!(keys("attributes=USERNAME,name.familyName"), ["id", "name", "schemas", "userName"]);
    let parts = directory.get(&format!("{USERS}/{id}?attributes=name.familyName,emails.value")).json();
    assert_eq!(parts["name"], json!({ "familyName": "Berg" }));
    assert_eq!(parts["emails"], json!([{ "value": "mia.berg@halden.example" }, { "value": "mia@home.example" }]));
    let extension = directory.get(&format!("{USERS}/{id}?attributes={ENTERPRISE}:department")).json();
    assert_eq!(extension[ENTERPRISE], json!({ "department": "Harbour" }));
    assert!(!keys("excludedAttributes=emails,meta").contains(&"emails".to_owned()));
    assert!(keys("excludedAttributes=id").contains(&"id".to_owned()), "the id is always returned");
    assert_eq!(keys("attributes=nonsense"), ["id", "schemas"]);
}

#[test]
fn a_list_has_pages_an_order_and_a_total() {
    let app = App::new();
    let directory = directory(&app);
    for (number, name) in ["delta", "Alpha", "charlie", "Bravo", "echo"].into_iter().enumerate() {
        let mut user = mia();
        user["userName"] = json!(format!("{name}@halden.example"));
        user["externalId"] = json!(format!("x{number}"));
        user["emails"] = json!([{ "value": format!("{name}@halden.example"), "primary": true }]);
        made(&directory, &user);
    }
    let page = |query: &str| {
        let list = directory.get(&format!("{USERS}?{query}"));
        assert_eq!(list.status, 200, "{}", list.text());
        let list = list.json();
        let names: Vec<String> = list["Resources"]
            .as_array()
            .unwrap()
            .iter()
            .map(|user| user["userName"].as_str().unwrap().split('@').next().unwrap().to_owned())
            .collect();
        assert_eq!(list["itemsPerPage"].as_u64().unwrap(), names.len() as u64);
        (list["totalResults"].as_i64().unwrap(), list["startIndex"].as_i64().unwrap(), names)
    };
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    assert_eq!(page("sortBy=userName&count=2"), (5, 1, names(&["Alpha", "Bravo"])));
    assert_eq!(page("sortBy=userName&startIndex=3&count=2"), (5, 3, names(&["charlie", "delta"])));
    assert_eq!(page("sortBy=userName&sortOrder=descending&count=1"), (5, 1, names(&["echo"])));
    assert_eq!(page("sortBy=emails&count=1"), (5, 1, names(&["Alpha"])));
    assert_eq!(page("count=0"), (5, 1, Vec::new()));
    assert_eq!(page("count=-7"), (5, 1, Vec::new()));
    assert_eq!(page("startIndex=-3&count=1&sortBy=userName"), (5, 1, names(&["Alpha"])));
    assert_eq!(page("startIndex=99").2, Vec::<String>::new());
    let search =
        json!({ "schemas": [tow::scim::SEARCH_SCHEMA], "filter": "userName sw \"a\"", "attributes": ["userName"] });
    for path in ["/scim/v2/.search", "/scim/v2/Users/.search"] {
        let answer = directory.api("POST", path, &search.to_string());
        assert_eq!((answer.status, answer.json()["totalResults"].as_i64()), (200, Some(1)), "{path} {}", answer.text());
    }
}

#[test]
fn an_etag_that_is_old_changes_nothing_and_one_that_is_new_sends_nothing() {
    let app = App::new();
    let directory = directory(&app);
    let id = made(&directory, &mia());
    let path = format!("{USERS}/{id}");
    assert_eq!(directory.clone().with("if-none-match", "W/\"1\"").get(&path).status, 304);
    assert_eq!(directory.clone().with("if-none-match", "W/\"7\"").get(&path).status, 200);
    let operations = json!([{ "op": "replace", "path": "title", "value": "Master" }]);
    let stale = patch(&directory.clone().with("if-match", "W/\"7\""), &id, operations.clone());
    refused(&stale, 412, None);
    assert_eq!(directory.get(&path).json()["title"], "Surveyor");
    assert_eq!(patch(&directory.clone().with("if-match", "W/\"1\""), &id, operations).status, 200);
    refused(&directory.clone().with("if-match", "W/\"1\"").api("DELETE", &path, ""), 412, None);
    app.as_(ADA).post("/people/mia.berg/deactivation", &[]);
    assert_eq!(directory.get(&path).header("etag"), "W/\"2-off\"", "what a person did here is another version too");
}

#[test]
fn a_second_one_of_the_same_name_is_a_conflict_and_makes_nobody() {
    let app = App::new();
    let directory = directory(&app);
    let first = made(&directory, &mia());
    let people = app.count("select count(*) from people");
    let twin = |field: &str, value: Value| {
        let mut user = mia();
        user["externalId"] = json!("other");
        user["userName"] = json!("other@halden.example");
        user["emails"] = json!([{ "value": "other@halden.example" }]);
        user[field] = value;
        directory.api("POST", USERS, &user.to_string())
    };
    refused(&twin("userName", json!("MIA.BERG@HALDEN.EXAMPLE")), 409, Some("uniqueness"));
    refused(&twin("externalId", mia()["externalId"].clone()), 409, Some("uniqueness"));
    refused(&twin("emails", mia()["emails"].clone()), 409, Some("uniqueness"));
    assert_eq!(app.count("select count(*) from people"), people);
    let other = twin("title", json!("Pilot")).json()["id"].as_str().unwrap().to_owned();
    refused(
        &patch(
            &directory,
            &other,
            json!([{ "op": "replace", "path": "userName", "value": "mia.berg@halden.example" }]),
        ),
        409,
        Some("uniqueness"),
    );
    assert_ne!(first, other);
    assert_eq!(app.count("select count(*) from scim_conflicts"), 4);
}

#[test]
fn two_directories_at_once_make_one_account() {
    let app = App::own();
    let directory = directory(&app);
    let requests = (0..4).map(|_| directory.api_request("POST", USERS, &mia().to_string())).collect();
    let mut statuses: Vec<u16> = app.at_once(requests).iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409, 409]);
    assert_eq!(app.count("select count(*) from people where email = 'mia.berg@halden.example'"), 1);
}

#[test]
fn somebody_who_is_here_is_taken_over_by_a_proven_address_of_the_companys_own_domain_alone() {
    let app = App::new();
    let directory = directory(&app);
    let cleo = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": CLEO.email(), "displayName": CLEO.name, "active": true,
    }).to_string();
    refused(&directory.api("POST", USERS, &cleo), 409, Some("uniqueness"));
    prove(&app, CLEO);
    refused(&directory.api("POST", USERS, &cleo), 409, Some("uniqueness"));
    app.sql("update people set verified_at = null");
    own_domain(&app);
    refused(&directory.api("POST", USERS, &cleo), 409, Some("uniqueness"));
    prove(&app, CLEO);
    let answer = directory.api("POST", USERS, &cleo);
    assert_eq!((answer.status, answer.json()["id"].as_str().unwrap()), (201, CLEO.id.to_string().as_str()));
    assert_eq!(app.as_(CLEO).get("/tickets/ATL-1").status, 200, "with all that they had");
    let page = app.as_(ADA).get("/settings/provisioning");
    assert!(page.has("it is not proven that it is the same person") && page.has("3 times"), "{}", page.text());
}

#[test]
fn somebody_who_signs_on_with_the_same_subject_is_taken_over_by_it() {
    let app = App::new();
    own_domain(&app);
    app.sql(&format!(
        "insert into sso_links (id, connection_id, issuer, subject, person_id, email, created_at, last_used_at)
         select gen_random_uuid(), c.id, c.issuer, '00u77', '{}', '', c.created_at, c.created_at from sso_connections c", CLEO.id));
    let body = |subject: &str| {
        json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "externalId": subject, "userName": CLEO.email(), "displayName": CLEO.name,
    }).to_string()
    };
    let directory = directory(&app);
    refused(&directory.api("POST", USERS, &body("00u78")), 409, Some("uniqueness"));
    assert_eq!(directory.api("POST", USERS, &body("00u77")).json()["id"], CLEO.id.to_string());
}

#[test]
fn who_comes_from_the_directory_signs_on_through_the_provider_at_once() {
    let app = App::new();
    let directory = directory(&app);
    own_domain(&app);
    let id = made(&directory, &mia());
    let proven = "select count(*) from people where verified_at is not null and id = ";
    assert_eq!(app.count(&format!("{proven}'{id}'")), 1, "the directory vouches for the company's own domain");
    let mut guest = mia();
    guest["userName"] = json!("guest@elsewhere.example");
    guest["externalId"] = json!("guest");
    guest["emails"] = json!([]);
    let id = made(&directory, &guest);
    assert_eq!(app.count(&format!("{proven}'{id}'")), 0, "and for no other");
}

#[test]
fn what_is_wrong_with_a_body_is_said_by_the_word_of_the_protocol() {
    let app = App::new();
    let directory = directory(&app);
    let with = |field: &str, value: Value| {
        let mut user = mia();
        user[field] = value;
        user.to_string()
    };
    let long = "x".repeat(tow::scim::MAX_TEXT_CHARS + 1);
    let many: Vec<Value> = (0..=tow::scim::MAX_VALUES).map(|n| json!({ "value": format!("{n}@x.example") })).collect();
    for (body, word) in [
        ("{".to_owned(), "invalidSyntax"),
        ("[]".to_owned(), "invalidSyntax"),
        (with("schemas", json!([])), "invalidSyntax"),
        (with("userName", json!("")), "invalidValue"),
        (with("userName", json!(7)), "invalidValue"),
        (with("userName", json!("x".repeat(256))), "invalidValue"),
        (with("title", json!(["a"])), "invalidValue"),
        (with("title", json!(long)), "invalidValue"),
        (with("title", json!("a\u{0}b")), "invalidSyntax"),
        (with("active", json!("perhaps")), "invalidValue"),
        (with("emails", json!(many)), "invalidValue"),
        (with("emails", json!([{ "value": "no address" }])), "invalidValue"),
        (
            with(
                "emails",
                json!([{ "value": "a@b.example", "primary": true }, { "value": "c@d.example", "primary": true }]),
            ),
            "invalidValue",
        ),
    ] {
        refused(&directory.api("POST", USERS, &body), 400, Some(word));
    }
    assert_eq!(app.count("select count(*) from scim_users"), 0);
    refused(&directory.post_raw(USERS, "text/plain", mia().to_string()), 415, None);
    assert_eq!(directory.post_raw(USERS, "application/scim+json; charset=utf-8", mia().to_string()).status, 201);
}

#[test]
fn the_server_says_what_it_can_and_does_no_more() {
    let app = App::new();
    let directory = directory(&app);
    let configuration = directory.get("/scim/v2/ServiceProviderConfig").json();
    assert_eq!(configuration["patch"]["supported"], true);
    assert_eq!(configuration["filter"], json!({ "supported": true, "maxResults": tow::scim::MAX_COUNT }));
    assert_eq!(configuration["etag"]["supported"], true);
    assert_eq!(configuration["changePassword"]["supported"], false);
    let types = directory.get("/scim/v2/ResourceTypes").json();
    for found in types["Resources"].as_array().unwrap() {
        let one = directory.get(&format!("/scim/v2/ResourceTypes/{}", found["id"].as_str().unwrap()));
        assert_eq!(&one.json(), found);
        assert_eq!(directory.get(&format!("/scim/v2{}", found["endpoint"].as_str().unwrap())).status, 200);
    }
    let schemas = directory.get("/scim/v2/Schemas").json();
    let ids: Vec<&str> =
        schemas["Resources"].as_array().unwrap().iter().map(|schema| schema["id"].as_str().unwrap()).collect();
    assert!(ids.contains(&ENTERPRISE), "{ids:?}");
    for id in ids {
        let one = directory.get(&format!("/scim/v2/Schemas/{id}")).json();
        for attribute in one["attributes"].as_array().unwrap() {
            for characteristic in [
                "name",
                "type",
                "multiValued",
                "description",
                "required",
                "caseExact",
                "mutability",
                "returned",
                "uniqueness",
            ] {
                assert!(!attribute[characteristic].is_null(), "{id} {attribute}: {characteristic}");
            }
        }
    }
    refused(&directory.get("/scim/v2/Schemas?filter=id+pr"), 403, None);
    refused(&directory.get("/scim/v2/Schemas/urn:nothing"), 404, None);
    for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
        refused(&directory.api(method, "/scim/v2/Me", ""), 501, None);
    }
}
