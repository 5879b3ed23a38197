//! Shutting out: at once, everywhere, and never who must stay.

use super::*;

fn shut_out(directory: &Client, id: &str) -> Answer {
    patch(directory, id, json!([{ "op": "replace", "path": "active", "value": false }]))
}

#[test]
fn the_next_click_and_the_next_call_of_who_is_shut_out_are_refused() {
    let app = App::new();
    let directory = directory(&app);
    let id = taken_over(&app, &directory, CLEO);
    let (browser, phone, robot) = (app.as_(CLEO), app.as_(CLEO), app.token(CLEO, &ALL_SCOPES, None));
    assert_eq!((browser.get("/tickets").status, robot.get("/api/v1/me").status), (200, 200));
    let answer = shut_out(&directory, &id);
    assert_eq!((answer.status, &answer.json()["active"]), (200, &json!(false)), "{}", answer.text());
    for client in [&browser, &phone] {
        assert!(client.get("/tickets").location().starts_with("/sign-in"));
    }
    assert_eq!(robot.get("/api/v1/me").status, 401);
    assert_eq!(
        app.count("select count(*) from audit_events where action = 'member.deactivated' and after ? 'scim_token'"),
        1
    );
    assert_eq!(
        app.count("select count(*) from records where author_id is not null and display_id = 'ATL-1'"),
        1,
        "work stays"
    );
}

#[test]
fn every_other_door_is_shut_too() {
    let app = App::new();
    let directory = directory(&app);
    let id = taken_over(&app, &directory, CLEO);
    shut_out(&directory, &id);
    let email = CLEO.email();
    let by_password = app.visitor().post("/sign-in", &[("email", &email), ("password", PASSWORD)]);
    assert_eq!(by_password.status, 422, "a password");
    app.visitor().post("/forgotten", &[("email", &email)]);
    app.run_jobs();
    assert!(
        !app.mails().iter().any(|mail| mail.to() == email && mail.header("subject").contains("password")),
        "a reset"
    );
    let invited = app.as_(ADA).post("/settings/invitations", &[("emails", &email), ("role", "member"), ("days", "7")]);
    assert!(invited.status == 422 && invited.has("was deactivated"), "an invitation: {}", invited.status);
    let sql = format!("select count(*) from sessions where person_id = '{}' and ended_at is null", CLEO.id);
    assert_eq!(app.count(&sql), 0);
    app.sql(&format!(
        "insert into sso_links (id, connection_id, issuer, subject, person_id, email, created_at, last_used_at)
         select gen_random_uuid(), c.id, c.issuer, 'cleo', '{}', '', c.created_at, c.created_at from sso_connections c",
        CLEO.id
    ));
    let who = tow::sso::Who {
        protocol: tow::sso::Protocol::Oidc,
        connection: tow::sso::ConnectionId(app.text("select id::text as text from sso_connections").parse().unwrap()),
        issuer: "https://id.halden.example".to_owned(),
        subject: "cleo".to_owned(),
        email: Some(email.clone()),
        is_verified: true,
        name: CLEO.name.to_owned(),
        authenticated_at: None,
        provider_session: None,
        name_words: None,
        said: tow::sso::Verdicts::default(),
    };
    let decision = app.tx(|tx| {
        let connection = tow::sso::Connection::by_id(tx, who.connection)?;
        who.decide(tx, &connection)
    });
    assert!(matches!(decision, tow::sso::Decision::Refuse(_)), "the provider's own sign-on: {decision:?}");
}

#[test]
fn what_they_had_begun_before_leads_nowhere() {
    let app = App::new();
    let directory = directory(&app);
    let id = taken_over(&app, &directory, CLEO);
    let (phone, codes) = enrol(&app, &app.as_(CLEO));
    app.advance(chrono::Duration::seconds(60));
    // Half way in: the password was right, the code is still to come.
    let half = app.visitor();
    assert_eq!(
        half.post("/sign-in", &[("email", &CLEO.email()), ("password", PASSWORD)]).location(),
        "/sign-in/second"
    );
    let by_recovery = app.visitor();
    by_recovery.post("/sign-in", &[("email", &CLEO.email()), ("password", PASSWORD)]);
    app.visitor().post("/forgotten", &[("email", &CLEO.email())]);
    app.run_jobs();
    let link = app.mails().iter().rev().find(|mail| mail.to() == CLEO.email()).unwrap().path("/reset/");
    let confirming = app.as_(CLEO);
    assert_eq!(shut_out(&directory, &id).status, 200);
    half.post("/sign-in/second", &[("code", &phone.code(&app))]);
    by_recovery.post("/sign-in/second", &[("code", &codes[0])]);
    let reset = app.visitor();
    reset.get(&link);
    assert_ne!(reset.post("/reset", &[("password", "a long new password of mine")]).status, 200, "a link");
    confirming.post("/confirmation", &[("password", PASSWORD)]);
    for (what, client) in
        [("a code", &half), ("a recovery code", &by_recovery), ("a link", &reset), ("a step-up", &confirming)]
    {
        assert!(client.get("/tickets").location().starts_with("/sign-in"), "{what}");
    }
    let sql = format!("select count(*) from sessions where person_id = '{}' and ended_at is null", CLEO.id);
    assert_eq!(app.count(&sql), 0);
    assert!(shut_out(&directory, &id).json()["active"] == json!(false));
    patch(&directory, &id, json!([{ "op": "replace", "path": "active", "value": true }]));
    let again = app.visitor();
    assert_eq!(
        again.post("/sign-in", &[("email", &CLEO.email()), ("password", PASSWORD)]).location(),
        "/sign-in/second",
        "the password was not changed"
    );
}

#[test]
fn an_invitation_from_before_opens_nothing_for_who_the_directory_shut_out() {
    let app = App::new();
    let directory = directory(&app);
    let email = "nia@halden.example";
    app.as_(ADA).post("/settings/invitations", &[("emails", email), ("role", "member"), ("days", "7")]);
    app.run_jobs();
    let link = app.mails().iter().rev().find(|mail| mail.to() == email).unwrap().path("/invitation/");
    let shut_out = json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": email,
        "active": false, "emails": [{ "value": email, "primary": true }] });
    made(&directory, &shut_out);
    let visitor = app.visitor();
    assert_eq!(visitor.get(&link).location(), "/invitation");
    visitor.post("/invitation", &[("name", "Nia Storm"), ("password", "ten green lanterns")]);
    assert!(visitor.get("/tickets").location().starts_with("/sign-in"));
    let sql = format!("select count(*) from sessions s join people p on p.id = s.person_id where p.email = '{email}'");
    assert_eq!(app.count(&sql), 0);
}

#[test]
fn only_the_directory_or_an_owner_lets_them_in_again() {
    let app = App::new();
    let directory = directory(&app);
    let id = taken_over(&app, &directory, CLEO);
    shut_out(&directory, &id);
    let by_admin = app.as_(BEN).post("/people/cleo/deactivation/removal", &[]);
    assert_eq!(by_admin.status, 403, "{}", by_admin.text());
    assert!(by_admin.has("Only the directory or an owner"), "{}", by_admin.text());
    assert_eq!(app.as_(ADA).post("/people/cleo/deactivation/removal", &[]).status, 303);
    assert_eq!(app.as_(CLEO).get("/tickets").status, 200);
    shut_out(&directory, &id);
    let answer = patch(&directory, &id, json!([{ "op": "replace", "path": "active", "value": true }]));
    assert_eq!((answer.status, &answer.json()["active"]), (200, &json!(true)));
    assert_eq!(app.as_(CLEO).get("/tickets").status, 200);
}

#[test]
fn whom_a_person_deactivated_here_the_directory_does_not_let_in() {
    let app = App::new();
    let directory = directory(&app);
    let id = taken_over(&app, &directory, CLEO);
    app.as_(BEN).post("/people/cleo/deactivation", &[]);
    let answer = patch(&directory, &id, json!([{ "op": "replace", "path": "active", "value": true }]));
    assert_eq!((answer.status, &answer.json()["active"]), (200, &json!(false)), "{}", answer.text());
    assert!(app.as_(ADA).get("/settings/provisioning").has("A person deactivated this account here"));
    assert_eq!(app.as_(BEN).post("/people/cleo/deactivation/removal", &[]).status, 303);
}

#[test]
fn the_last_owner_stays_with_the_reason_and_all_owners_are_told_once() {
    let app = App::new();
    let directory = directory(&app);
    let id = taken_over(&app, &directory, ADA);
    for _ in 0..3 {
        refused(&shut_out(&directory, &id), 409, None);
    }
    let answer = directory.api("DELETE", &format!("{USERS}/{id}"), "");
    refused(&answer, 409, None);
    assert!(answer.json()["detail"].as_str().unwrap().contains("owner"), "{}", answer.text());
    assert_eq!(app.as_(ADA).get("/tickets").status, 200);
    let told = app
        .mails()
        .iter()
        .filter(|mail| mail.to() == ADA.email() && mail.header("subject").contains("must stay"))
        .count();
    assert_eq!(told, 1, "a directory asks again and again");
    assert!(app.as_(ADA).get("/settings/provisioning").has("4 times"));
}

#[test]
fn one_of_two_owners_may_go_but_not_who_is_named_for_the_emergency_entrance() {
    let app = App::new();
    let directory = directory(&app);
    app.sql(&format!("update memberships set role = 'owner' where person_id in ('{}', '{}')", BEN.id, CLEO.id));
    app.sql(&format!("insert into break_glass_owners (person_id, named_by, named_at) select '{}', '{}', created_at from organisations", BEN.id, ADA.id));
    let (ben, cleo) = (taken_over(&app, &directory, BEN), taken_over(&app, &directory, CLEO));
    let answer = shut_out(&directory, &ben);
    refused(&answer, 409, None);
    assert!(answer.json()["detail"].as_str().unwrap().contains("emergency"), "{}", answer.text());
    assert_eq!(shut_out(&directory, &cleo).status, 200);
    let told: Vec<String> = app
        .mails()
        .iter()
        .filter(|mail| mail.header("subject").contains("must stay"))
        .map(|mail| mail.to().to_owned())
        .collect();
    assert_eq!(told.len(), 3, "all owners of that moment: {told:?}");
}

#[test]
fn who_was_forgotten_and_comes_back_is_the_same_person() {
    let app = App::new();
    let directory = directory(&app);
    let id = made(&directory, &mia());
    assert_eq!(directory.api("DELETE", &format!("{USERS}/{id}"), "").status, 204);
    let mut again = mia();
    again["externalId"] = json!("another");
    assert_eq!(made(&directory, &again), id);
    assert_eq!(directory.get(&format!("{USERS}/{id}")).json()["active"], true);
}

#[test]
fn whom_both_shut_out_both_must_let_in() {
    let app = App::new();
    let directory = directory(&app);
    let id = taken_over(&app, &directory, CLEO);
    let back = |client: &Client| client.post("/people/cleo/deactivation/removal", &[]).status;
    let on = json!([{ "op": "replace", "path": "active", "value": true }]);
    app.as_(BEN).post("/people/cleo/deactivation", &[]);
    app.advance(chrono::Duration::minutes(1));
    assert_eq!(shut_out(&directory, &id).status, 200);
    assert_eq!(back(&app.as_(BEN)), 403, "they left the company, whoever shut them out first");
    assert_eq!(patch(&directory, &id, on.clone()).json()["active"], false, "a person here wanted them outside as well");
    assert_eq!(back(&app.as_(BEN)), 303);
    assert_eq!(shut_out(&directory, &id).status, 200);
    app.advance(chrono::Duration::minutes(1));
    app.as_(ADA).post("/people/cleo/deactivation", &[]);
    assert_eq!(
        patch(&directory, &id, on).json()["active"],
        false,
        "and so for who was shut out by the directory first"
    );
    assert_eq!(
        app.count(
            "select count(*) from people where handle = 'cleo' and held_at is null and deactivated_at is not null"
        ),
        1
    );
}

#[test]
fn who_was_deactivated_here_and_is_forgotten_by_the_directory_is_held() {
    let app = App::new();
    let directory = directory(&app);
    let id = taken_over(&app, &directory, CLEO);
    app.as_(BEN).post("/people/cleo/deactivation", &[]);
    assert_eq!(directory.api("DELETE", &format!("{USERS}/{id}"), "").status, 204);
    assert_eq!(app.as_(BEN).post("/people/cleo/deactivation/removal", &[]).status, 403);
}

#[test]
fn links_mailed_before_the_directory_changed_an_address_no_longer_work() {
    let app = App::new();
    let directory = directory(&app);
    let id = taken_over(&app, &directory, CLEO);
    app.visitor().post("/forgotten", &[("email", &CLEO.email())]);
    app.run_jobs();
    assert_eq!(app.count("select count(*) from account_links where purpose = 'reset'"), 1);
    app.sql(&format!(
        "insert into account_links (token_hash, purpose, person_id, email, created_at, expires_at)
         select '\\x00'::bytea, 'email', '{}', 'cleo@home.example', created_at, expires_at from account_links",
        CLEO.id
    ));
    let moved =
        json!([{ "op": "add", "path": "emails", "value": [{ "value": "cleo.new@halden.example", "primary": true }] }]);
    assert_eq!(patch(&directory, &id, moved).status, 200);
    assert_eq!(app.text(&format!("select email as text from people where id = '{id}'")), "cleo.new@halden.example");
    assert_eq!(app.count("select count(*) from account_links"), 0);
}

#[test]
fn the_owners_are_told_again_while_the_directory_asks_again() {
    let app = App::new();
    let directory = directory(&app);
    let id = taken_over(&app, &directory, ADA);
    for _ in 0..10 {
        refused(&shut_out(&directory, &id), 409, None);
        app.advance(chrono::Duration::minutes(40));
    }
    let told = app.mails().iter().filter(|mail| mail.header("subject").contains("must stay")).count();
    assert_eq!(told, 2, "once in six hours, however often it asks");
}

#[test]
fn what_the_directory_is_shown_anew_has_another_version() {
    let app = App::new();
    let directory = directory(&app);
    let id = taken_over(&app, &directory, CLEO);
    let version = || directory.get(&format!("{USERS}/{id}")).header("etag");
    let mut seen = vec![version()];
    shut_out(&directory, &id);
    seen.push(version());
    patch(&directory, &id, json!([{ "op": "replace", "path": "active", "value": true }]));
    seen.push(version());
    let crew = json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Harbour", "members": [{ "value": id }] });
    let group = directory.api("POST", "/scim/v2/Groups", &crew.to_string()).json()["id"].as_str().unwrap().to_owned();
    seen.push(version());
    let renamed = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [{ "op": "replace", "path": "displayName", "value": "Quay" }] });
    directory.api("PATCH", &format!("/scim/v2/Groups/{group}"), &renamed.to_string());
    seen.push(version());
    directory.api("DELETE", &format!("/scim/v2/Groups/{group}"), "");
    seen.push(version());
    let different: std::collections::BTreeSet<&String> = seen.iter().collect();
    assert_eq!(different.len(), seen.len(), "{seen:?}");
}

#[test]
fn a_name_that_the_directory_gives_back_leaves_an_entry() {
    let app = App::new();
    let directory = directory(&app);
    let id = taken_over(&app, &directory, CLEO);
    app.sql(&format!("update people set name = 'Somebody' where id = '{id}'"));
    assert_eq!(patch(&directory, &id, json!([{ "op": "replace", "path": "active", "value": true }])).status, 200);
    assert_eq!(app.text(&format!("select name as text from people where id = '{id}'")), CLEO.name);
    assert_eq!(
        app.count("select count(*) from activity where act = 'profile_changed' and actor_kind = 'directory'"),
        1
    );
}
