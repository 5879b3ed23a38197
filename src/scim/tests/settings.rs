//! The page.

use super::*;

const HERE: &str = "/settings/provisioning";

fn shown(page: &Answer) -> String {
    let text = page.text();
    let at = text.find(DIRECTORY_PREFIX).unwrap_or_else(|| panic!("no token: {text}"));
    text[at..].split('"').next().unwrap().to_owned()
}

#[test]
fn a_token_is_shown_once_rotated_with_overlap_and_revoked() {
    let app = App::new();
    let ada = app.as_(ADA);
    assert!(ada.get(HERE).has("No token yet"));
    let first = shown(&ada.post(&format!("{HERE}/tokens"), &[("name", "Entra ID"), ("days", "90")]));
    assert_eq!(app.holding(&first), Vec::<String>::new());
    assert!(!ada.get(HERE).has(&first));
    assert_eq!(app.bearer(&first).get(USERS).status, 200);
    let id = app.text("select id::text as text from scim_tokens");
    let page = ada.post(&format!("{HERE}/tokens/{id}/rotation"), &[]);
    let second = shown(&page);
    assert_eq!(ada.post(&format!("{HERE}/tokens/{id}/rotation"), &[]).status, 422, "it was replaced already");
    for token in [&first, &second] {
        assert_eq!(app.bearer(token).get(USERS).status, 200, "both live for some days");
    }
    app.advance(chrono::Duration::days(tow::scim::OVERLAP_DAYS));
    let ada = app.as_(ADA);
    assert_eq!((app.bearer(&first).get(USERS).status, app.bearer(&second).get(USERS).status), (401, 200));
    let id = app.text("select id::text as text from scim_tokens where replaces_id is not null");
    assert_eq!(ada.post(&format!("{HERE}/tokens/{id}/removal"), &[]).status, 303);
    assert_eq!(app.bearer(&second).get(USERS).status, 401);
    assert_eq!(ada.post(&format!("{HERE}/tokens/{id}/removal"), &[]).status, 404);
    for action in ["created", "rotated", "revoked"] {
        assert_eq!(
            app.count(&format!("select count(*) from audit_events where action = 'scim_token.{action}'")),
            1,
            "{action}"
        );
    }
}

#[test]
fn a_rotation_gives_the_lifetime_that_was_chosen_also_the_second_time_and_not_without_end() {
    let app = App::new();
    let ada = app.as_(ADA);
    ada.post(&format!("{HERE}/tokens"), &[("name", "Entra ID"), ("days", "90")]);
    let id = app.text("select id::text as text from scim_tokens");
    for _ in 0..2 {
        assert_eq!(ada.post(&format!("{HERE}/tokens/{id}/rotation"), &[]).status, 200);
        let next = app.text(&format!("select id::text as text from scim_tokens where replaces_id = '{id}'"));
        let lasts = format!(
            "select extract(day from expires_at - created_at)::bigint as count from scim_tokens where id = '{next}'"
        );
        assert_eq!(app.count(&lasts), 90);
        ada.post(&format!("{HERE}/tokens/{next}/removal"), &[]);
    }
    let live = || {
        app.text("select id::text as text from scim_tokens where revoked_at is null and not exists (select 1 from scim_tokens n where n.replaces_id = scim_tokens.id and n.revoked_at is null) limit 1")
    };
    let answers: Vec<u16> = (0..=tow::scim::MAX_SCIM_TOKENS_ROTATING)
        .map(|_| ada.post(&format!("{HERE}/tokens/{}/rotation", live()), &[]).status)
        .collect();
    assert!(
        answers.ends_with(&[422])
            && answers.iter().filter(|status| **status == 200).count() == tow::scim::MAX_SCIM_TOKENS_ROTATING - 1,
        "{answers:?}"
    );
}

#[test]
fn what_is_wrong_with_the_form_is_said_and_nobody_makes_tokens_without_end() {
    let app = App::new();
    let ada = app.as_(ADA);
    let path = format!("{HERE}/tokens");
    for form in [[("name", ""), ("days", "90")], [("name", "A"), ("days", "367")], [("name", "A"), ("days", "soon")]] {
        assert_eq!(ada.post(&path, &form).status, 422, "{form:?}");
    }
    for _ in 0..tow::scim::MAX_SCIM_TOKENS {
        assert_eq!(ada.post(&path, &[("name", "A"), ("days", "9")]).status, 200);
    }
    assert_eq!(ada.post(&path, &[("name", "A"), ("days", "9")]).status, 422);
}

#[test]
fn making_a_token_asks_once_more_who_one_is() {
    let app = App::new();
    let ada = app.as_(ADA);
    app.advance(chrono::Duration::seconds(901));
    let answer = ada.post(&format!("{HERE}/tokens"), &[("name", "Entra ID"), ("days", "90")]);
    assert!(answer.location().starts_with("/confirmation/"), "{}", answer.status);
    assert_eq!(app.count("select count(*) from scim_tokens"), 0);
}

#[test]
fn the_page_says_whom_the_directory_manages_shut_out_and_never_named() {
    let app = App::new();
    let directory = directory(&app);
    let cleo = taken_over(&app, &directory, CLEO);
    made(&directory, &mia());
    let page = app.as_(ADA).get(HERE);
    assert!(page.has("The directory manages 2 people"), "{}", page.text());
    assert!(page.has("Members whom the directory never named") && page.has("Dov Peretz"));
    assert!(!page.has("Shut out by the directory"));
    patch(&directory, &cleo, json!([{ "op": "replace", "path": "active", "value": false }]));
    let page = app.as_(ADA).get(HERE);
    assert!(page.has("Shut out by the directory") && page.has(CLEO.name), "{}", page.text());
    assert!(page.queries < 16, "{}", page.queries);
}

#[test]
fn the_page_says_where_a_group_differs_from_what_the_directory_believes() {
    let app = App::new();
    let directory = directory(&app);
    let (cleo, dov) = (taken_over(&app, &directory, CLEO), taken_over(&app, &directory, DOV));
    let taken = app.text(&format!("select name as text from groups where id = '{}'", PLANNERS.0));
    for (name, members) in [("Aaa", vec![]), (taken.as_str(), vec![&dov]), ("Harbour", vec![&cleo, &dov])] {
        let members: Vec<Value> = members.into_iter().map(|id| json!({ "value": id })).collect();
        let body = json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": name, "members": members });
        assert_eq!(directory.api("POST", "/scim/v2/Groups", &body.to_string()).status, 201);
    }
    app.as_(BEN).post("/people/cleo/deactivation", &[]);
    let page = app.as_(ADA).get(HERE).text();
    let table = page.split("groups-title").last().unwrap();
    let (same, renamed, differs) =
        (table.find("Aaa"), table.find(&format!("{taken} (directory)")), table.find("Harbour"));
    assert!(renamed.is_some() && differs < same && renamed < same, "what differs comes first: {table}");
    assert!(table.contains(CLEO.name) && !table.contains(DOV.name), "{table}");
}
