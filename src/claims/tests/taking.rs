//! What is taken back, and what never is.

use super::*;
use tow::claims::remove_rule;
use tow::sso::{Connection, Gift, Target};

fn take_out(app: &App, who: Who) {
    let path = format!("/settings/groups/{}/members/{}/removal", PLANNERS.0, who.id);
    assert_eq!(app.as_(BEN).post(&path, &[]).status, 303);
}

fn put_in(app: &App, who: Who) {
    let path = format!("/settings/groups/{}/members", PLANNERS.0);
    assert_eq!(app.as_(BEN).post(&path, &[("person", &who.id.to_string())]).status, 303);
}

#[test]
fn a_mover_loses_what_is_no_longer_said_and_gets_what_is() {
    let provider = IdProvider::new();
    let app = provider.app();
    link(&app, DOV);
    let auditor = custom_role(&app, "Auditor", &["audit.view"]);
    rule(&app, "crane", planners());
    let role = rule(&app, "books", auditor.clone());
    let first = sign_on(&provider, &app, &["crane", "books"]);
    let second = sign_on(&provider, &app, &["crane"]);
    assert!(is_planner(&app, DOV) && !holds(&app, DOV, &auditor));
    assert!(!is_in(&first) && is_in(&second), "with a role the sessions end that had it, but the one that begins");
    assert_eq!(second.get("/settings/audit").status, 403);
    let told =
        format!("select count(*) from audit_events where action = 'sso.rule_took' and after->>'sso_rule' = '{role}'");
    assert_eq!(app.count(&told), 1);
    let third = sign_on(&provider, &app, &["books"]);
    assert!(!is_planner(&app, DOV) && holds(&app, DOV, &auditor));
    assert!(is_in(&second) && is_in(&third), "leaving a group ends none");
}

#[test]
fn an_admin_by_rule_is_a_member_again_when_nothing_says_it_and_their_sessions_end() {
    let provider = IdProvider::new();
    let app = provider.app();
    link(&app, DOV);
    rule(&app, "desk", Gives::Admin);
    let first = sign_on(&provider, &app, &["desk"]);
    let second = sign_on(&provider, &app, &[]);
    assert_eq!(role_of(&app, DOV), "member");
    assert!(!is_in(&first) && is_in(&second));
}

#[test]
fn what_somebody_gave_by_hand_is_not_touched() {
    let provider = IdProvider::new();
    let app = provider.app();
    link(&app, CLEO);
    rule(&app, "crane", planners());
    sign_on(&provider, &app, &["crane"]);
    assert_eq!((gifts(&app), events(&app, "sso.rule_gave")), (0, 0), "Cleo is a planner already");
    sign_on(&provider, &app, &[]);
    assert!(is_planner(&app, CLEO));
    app.sql("delete from sso_links");
    link(&app, BEN);
    rule(&app, "desk", Gives::Admin);
    sign_on(&provider, &app, &["desk"]);
    sign_on(&provider, &app, &[]);
    assert_eq!(role_of(&app, BEN), "admin");
}

#[test]
fn what_came_by_rule_and_is_then_given_by_hand_stays() {
    let provider = IdProvider::new();
    let app = provider.app();
    link(&app, DOV);
    let auditor = custom_role(&app, "Auditor", &["audit.view"]);
    let Gives::Role(role) = auditor else { panic!() };
    rule(&app, "crane", planners());
    rule(&app, "books", auditor.clone());
    rule(&app, "desk", Gives::Admin);
    sign_on(&provider, &app, &["crane", "books", "desk"]);
    assert_eq!(gifts(&app), 3);
    put_in(&app, DOV);
    assert_eq!(app.as_(ADA).post("/people/dov/roles", &[("custom_role", &role.to_string())]).status, 303);
    for (was, role) in [("admin", "owner"), ("owner", "admin")] {
        assert_eq!(app.as_(ADA).post("/people/dov/role", &[("was", was), ("role", role)]).status, 303);
    }
    assert_eq!(gifts(&app), 0);
    sign_on(&provider, &app, &[]);
    assert!(is_planner(&app, DOV) && holds(&app, DOV, &auditor));
    assert_eq!(role_of(&app, DOV), "admin");
}

#[test]
fn what_somebody_took_by_hand_stays_taken_until_the_rule_has_not_fitted_once() {
    let provider = IdProvider::new();
    let app = provider.app();
    link(&app, DOV);
    rule(&app, "crane", planners());
    sign_on(&provider, &app, &["crane"]);
    take_out(&app, DOV);
    sign_on(&provider, &app, &["crane"]);
    assert!(!is_planner(&app, DOV), "a colleague's decision stands");
    sign_on(&provider, &app, &[]);
    sign_on(&provider, &app, &["crane"]);
    assert!(is_planner(&app, DOV), "a mover who came back");
    take_out(&app, DOV);
    put_in(&app, DOV);
    sign_on(&provider, &app, &[]);
    assert!(is_planner(&app, DOV), "by hand again");
}

#[test]
fn what_two_rules_give_stays_while_one_of_them_fits() {
    let provider = IdProvider::new();
    let app = provider.app();
    link(&app, DOV);
    rule(&app, "crane", planners());
    let quay = rule(&app, "quay", planners());
    sign_on(&provider, &app, &["crane"]);
    sign_on(&provider, &app, &["quay"]);
    assert!(is_planner(&app, DOV));
    sign_on(&provider, &app, &["crane", "quay"]);
    assert_eq!((gifts(&app), events(&app, "sso.rule_gave"), events(&app, "sso.rule_took")), (2, 1, 0));
    let id = connection(&app);
    assert_eq!(app.write(ADA, |tx, me| remove_rule(tx, me, (id, quay))).unwrap(), 0);
    assert!(is_planner(&app, DOV));
    sign_on(&provider, &app, &[]);
    assert!(!is_planner(&app, DOV));
}

#[test]
fn what_two_connections_give_stays_until_neither_does() {
    let provider = IdProvider::new();
    let app = provider.app();
    link(&app, DOV);
    rule(&app, "crane", planners());
    app.sql(&format!(
        "insert into sso_connections (id, source, name, issuer, client_id, scopes, username_claim, email_claim, email_verified_claim,
           given_name_claim, family_name_claim, require_email_verified, provider_logout_enabled, allowed_domains, acr_values, revision, created_at)
         select gen_random_uuid(), 'page', 'Other', 'https://other.example', 'x', 'openid', 'a', 'b', 'c', 'd', 'e', true, false, '{{}}', '', 1, created_at from organisations;
         insert into sso_rules (id, connection_id, claim, value, group_id, saved_by_id, saved_at)
         select gen_random_uuid(), c.id, 'groups', 'other', '{PLANNERS}', p.id, p.created_at from sso_connections c, people p where c.name = 'Other' and p.handle = 'ada'"
    ));
    let first = format!("select id::text as text from sso_connections where issuer = '{}'", provider.issuer());
    let id = app.text(&first);
    let on = |groups: &[&str]| {
        provider.claim("groups", json!(groups));
        let browser = app.visitor();
        let there = browser.get(&format!("/sign-on/{id}")).location();
        browser.get(&provider.consent(&app, &there));
        assert!(is_in(&browser));
    };
    on(&["crane"]);
    app.sql(&format!(
        "insert into sso_gifts (person_id, rule_id, given_at) select '{}', id, saved_at from sso_rules where value = 'other'",
        DOV.id
    ));
    on(&[]);
    assert!(is_planner(&app, DOV) && gifts(&app) == 1, "the other connection gave it too");
    let other =
        ConnectionId(app.text("select id::text as text from sso_connections where name = 'Other'").parse().unwrap());
    app.write(ADA, |tx, me| Connection::remove(tx, me, other)).unwrap();
    assert!(!is_planner(&app, DOV));
}

#[test]
fn a_removed_rule_takes_back_at_once_from_everybody_and_says_from_how_many() {
    let provider = IdProvider::new();
    let app = provider.app();
    link(&app, DOV);
    let auditor = custom_role(&app, "Auditor", &["audit.view"]);
    let id = rule(&app, "books", auditor.clone());
    let browser = sign_on(&provider, &app, &["books"]);
    app.sql(&format!(
        "insert into person_roles (person_id, role_id, created_at) select '{}', role_id, created_at from person_roles;
         insert into sso_gifts (person_id, rule_id, given_at) values ('{}', '{id}', now())",
        VERA.id, VERA.id
    ));
    let here = format!("/settings/sign-on/{}/rules", connection(&app));
    let ada = app.as_(ADA);
    assert!(ada.get(&format!("{here}/{id}")).has("2 people lose at once"));
    let done = ada.post(&format!("{here}/{id}/removal"), &[]).follow();
    assert!(done.has("taken back from 2 people") && done.has("No rules yet"), "{}", done.text());
    assert!(!holds(&app, DOV, &auditor) && !holds(&app, VERA, &auditor) && !is_in(&browser));
    assert_eq!((gifts(&app), app.count("select count(*) from sso_rules")), (0, 0));
    let told = "select count(*) from audit_events where action = 'sso.rule_removed' and jsonb_array_length(after->'people') = 2";
    assert_eq!(app.count(told), 1);
}

#[test]
fn a_changed_rule_takes_back_what_the_old_one_gave_and_one_that_asks_the_same_takes_nothing() {
    let provider = IdProvider::new();
    let app = provider.app();
    link(&app, DOV);
    let id = rule(&app, "crane", planners());
    sign_on(&provider, &app, &["crane"]);
    let here = format!("/settings/sign-on/{}/rules/{id}", connection(&app));
    let number = || app.text(&format!("select number::text as text from sso_rules where id = '{id}'"));
    let save = |value: &str, absence: &str, number: &str| {
        let form = [
            ("claim", "groups"),
            ("value", value),
            ("takes_absence", absence),
            ("group", "planners"),
            ("number", number),
        ];
        app.as_(ADA).post(&here, &form)
    };
    let old = number();
    assert_eq!(save("crane", "on", &old).status, 303);
    assert!(is_planner(&app, DOV), "only what an absent claim means has changed");
    let stale = save("quay", "", &old);
    assert!(
        stale.status == 409
            && stale.has("It is now: the group Planners (groups: crane).")
            && stale.has("value=\"quay\"")
    );
    assert!(is_planner(&app, DOV));
    assert!(save("quay", "", &number()).follow().has("One person lost what the rule gave before"));
    assert!(!is_planner(&app, DOV) && gifts(&app) == 0);
    sign_on(&provider, &app, &["quay"]);
    assert!(is_planner(&app, DOV));
}

#[test]
fn whoever_was_judged_by_an_older_rule_gets_nothing_by_the_new_one() {
    let provider = IdProvider::new();
    let app = provider.app();
    app.sql("update people set verified_at = created_at where handle = 'dov'");
    provider.claim("email", json!("dov@halden.example"));
    let id = rule(&app, "crane", planners());
    let browser = sign_on(&provider, &app, &["crane"]);
    let (home, number) = (connection(&app), app.text("select number::text as text from sso_rules").parse().unwrap());
    app.write(ADA, |tx, me| draft("crane", Gives::Admin).save(tx, me, (home, id), number)).unwrap();
    browser.post("/sign-on/password", &[("password", PASSWORD)]);
    assert!(is_in(&browser) && !is_planner(&app, DOV));
    assert_eq!(role_of(&app, DOV), "member");
}

#[test]
fn a_removed_connection_takes_back_what_its_rules_gave_and_a_closed_one_nothing() {
    let (app, id) = crate::harness::saml::saml_app(|_| {});
    rule(&app, "crane", planners());
    app.sql(&format!(
        "insert into group_members select '{PLANNERS}', '{dov}', created_at from organisations;
         insert into sso_gifts select '{dov}', id, saved_at from sso_rules",
        dov = DOV.id
    ));
    app.write(ADA, |tx, me| Connection::set_open(tx, me, id, false)).unwrap();
    assert!(is_planner(&app, DOV));
    app.write(ADA, |tx, me| Connection::remove(tx, me, id)).unwrap();
    assert!(!is_planner(&app, DOV) && is_planner(&app, CLEO), "Cleo is one by hand");
    assert_eq!(app.count("select count(*) from sso_rules"), 0);
    let told = format!(
        "select count(*) from audit_events where action = 'sso.deleted' and after->'people' = '[\"{}\"]'",
        DOV.id
    );
    assert_eq!(app.count(&told), 1);
}

#[test]
fn who_comes_no_more_through_a_connection_loses_what_its_rules_gave() {
    let provider = IdProvider::new();
    let app = provider.app();
    link(&app, DOV);
    rule(&app, "crane", planners());
    sign_on(&provider, &app, &["crane"]);
    let link = app.text("select id::text as text from sso_links");
    assert_eq!(app.as_(ADA).post(&format!("/people/dov/sign-ons/{link}/removal"), &[]).status, 303);
    assert!(!is_planner(&app, DOV) && gifts(&app) == 0);
}

#[test]
fn a_page_says_what_came_by_rule_and_a_review_too() {
    let provider = IdProvider::new();
    let app = provider.app();
    link(&app, DOV);
    let auditor = custom_role(&app, "Auditor", &["audit.view"]);
    rule(&app, "crane", planners());
    rule(&app, "books", auditor);
    rule(&app, "desk", Gives::Admin);
    let ada = app.as_(ADA);
    assert!(!ada.get("/people/dov").has("by sign-on rule"));
    sign_on(&provider, &app, &["crane", "books", "desk"]);
    assert_eq!(ada.get("/people/dov").text().matches("by sign-on rule").count(), 3);
    assert!(!ada.get("/people/cleo").has("by sign-on rule"), "a planner by hand");
    let listed = ada.post("/settings/reviews/export", &[("format", "csv")]);
    assert_eq!(listed.text().matches("by a rule of sign-on").count(), 3);
    let found = app.tx(|tx| Gift::list(tx, DOV.id));
    assert!(found.iter().any(|gift| gift.target() == Target::Group(PLANNERS)));
}
