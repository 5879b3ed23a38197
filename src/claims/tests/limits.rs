//! Bounds, and what nobody should send.

use super::*;
use crate::harness::saml::saml_app;
use tow::sso::{MAX_CLAIM_CHARS, MAX_RULES, MAX_VALUE_CHARS};

fn add(app: &App, claim: &str, value: &str, group: &str, role: &str) -> Answer {
    let path = format!("/settings/sign-on/{}/rules", connection(app));
    app.as_(ADA).post(&path, &[("claim", claim), ("value", value), ("group", group), ("role", role)])
}

#[test]
fn what_is_too_long_missing_or_no_line_is_refused_in_words_and_kept() {
    let (app, _) = saml_app(|_| {});
    let (claim, value) = ("c".repeat(MAX_CLAIM_CHARS + 1), "å".repeat(MAX_VALUE_CHARS + 1));
    let wrong = [
        (claim.as_str(), "x", "Planners", "", "At most 300"),
        ("groups", value.as_str(), "Planners", "", "At most 500"),
        ("", "x", "Planners", "", "Write the name of the claim"),
        ("groups", " ", "Planners", "", "Write what the claim must contain"),
        ("groups", "a\0b", "Planners", "", "Write what the claim must contain"),
        ("a\nb", "x", "Planners", "", "Write the name of the claim"),
        ("groups", "x", "", "", "Choose a group or a role"),
        ("groups", "x", "Planners", "admin", "Choose either a group or a role"),
        ("groups", "x", "Plannerz", "", "no group called “Plannerz”"),
        ("groups", "x", "Pla\0nners", "", "no group called"),
        ("groups", "x", "0192aaaa-0000-7000-8000-000000000000", "", "no group called"),
        ("groups", "x", "", "0192aaaa-0000-7000-8000-000000000000", "one of the offered values"),
        ("groups", "x", "", "nonsense", "one of the offered values"),
    ];
    for (claim, value, group, role, said) in wrong {
        let answer = add(&app, claim, value, group, role);
        assert!(answer.status == 422 && answer.has(&said.replace("At most ", "")), "{said}: {}", answer.text());
    }
    assert_eq!(app.count("select count(*) from sso_rules"), 0);
    let (claim, value) = ("c".repeat(MAX_CLAIM_CHARS), "å".repeat(MAX_VALUE_CHARS));
    assert_eq!(add(&app, &claim, &value, "Planners", "").status, 303, "exactly as long as it may be");
    let script = add(&app, "<script>alert(1)</script>", "<b>", "Planners", "").follow();
    assert!(!script.has("<script>alert(1)") && script.has("&#60;b&#62;"));
}

#[test]
fn a_connection_has_so_many_rules_and_the_same_rule_once() {
    let (app, id) = saml_app(|_| {});
    assert_eq!(add(&app, "groups", "crane", "Planners", "").status, 303);
    assert!(add(&app, "groups", "crane", "planners", "").has("gives the same for this claim and value already"));
    assert_eq!(add(&app, "groups", "crane", "", "admin").status, 303, "the same value may give more");
    app.sql(&format!(
        "insert into sso_rules (id, connection_id, claim, value, group_id, saved_by_id, saved_at)
         select gen_random_uuid(), '{id}', 'groups', 'g' || n, '{PLANNERS}', '{}', now() from generate_series(3, {MAX_RULES}) n",
        ADA.id
    ));
    let full = add(&app, "groups", "one more", "Planners", "");
    assert!(full.status == 422 && full.has(&format!("at most {MAX_RULES} rules")));
    assert!(full.has("as many rules as there can be"));
    assert_eq!(app.count("select count(*) from sso_rules"), i64::try_from(MAX_RULES).unwrap());
}

#[test]
fn a_browser_carries_what_all_rules_say_on_its_way_to_the_password() {
    let provider = IdProvider::new();
    let app = provider.app();
    app.sql("update people set verified_at = created_at where handle = 'dov'");
    provider.claim("email", json!("dov@halden.example"));
    app.sql(&format!(
        "insert into sso_rules (id, connection_id, claim, value, group_id, saved_by_id, saved_at)
         select gen_random_uuid(), c.id, 'groups', 'g' || n, '{PLANNERS}', '{}', now() from sso_connections c, generate_series(1, {MAX_RULES}) n;
         update sso_rules set number = default; update sso_rules set number = default",
        ADA.id
    ));
    let browser = sign_on(&provider, &app, &["g1", "g200"]);
    assert!(browser.cookie("tow_sign_on_who").unwrap().len() < 4000, "browsers keep no longer ones");
    browser.post("/sign-on/password", &[("password", PASSWORD)]);
    assert!(is_in(&browser) && is_planner(&app, DOV));
    assert_eq!(gifts(&app), 2);
}

#[test]
fn rules_of_another_connection_and_of_none_are_not_found() {
    let (app, _) = saml_app(|_| {});
    let id = rule(&app, "crane", planners());
    let (own, other) = (connection(&app), "0192aaaa-0000-7000-8000-000000000000");
    let ada = app.as_(ADA);
    for path in [
        format!("/settings/sign-on/{other}/rules"),
        "/settings/sign-on/nonsense/rules".to_owned(),
        format!("/settings/sign-on/{other}/rules/{id}"),
        format!("/settings/sign-on/{own}/rules/{other}"),
        format!("/settings/sign-on/{own}/rules/nonsense"),
    ] {
        assert_eq!(ada.get(&path).status, 404, "{path}");
    }
    let form = [("claim", "groups"), ("value", "x"), ("group", "Planners"), ("number", "1")];
    assert_eq!(ada.post(&format!("/settings/sign-on/{other}/rules"), &form).status, 404);
    assert_eq!(ada.post(&format!("/settings/sign-on/{other}/rules/{id}"), &form).status, 404);
    assert_eq!(ada.post(&format!("/settings/sign-on/{other}/rules/{id}/removal"), &[]).status, 404);
    assert_eq!(
        ada.post(
            &format!("/settings/sign-on/{own}/rules/{id}"),
            &[("claim", "groups"), ("value", "x"), ("group", "Planners"), ("number", "x")]
        )
        .status,
        422
    );
    assert_eq!(app.count("select count(*) from sso_rules"), 1);
}

#[test]
fn what_is_far_too_much_fails_nowhere() {
    let (app, _) = saml_app(|_| {});
    let much = "x".repeat(10 * 1024 * 1024);
    let path = format!("/settings/sign-on/{}/rules", connection(&app));
    for (claim, value, group) in
        [(much.as_str(), "x", "Planners"), ("x", much.as_str(), "Planners"), ("x", "y", much.as_str())]
    {
        assert_eq!(add(&app, claim, value, group, "").status, 422);
    }
    assert_eq!(app.as_(ADA).post(&format!("{path}/trial"), &[("claims", &much)]).status, 422);
}

#[test]
fn the_list_asks_as_much_with_many_rules_as_with_few() {
    let (app, id) = saml_app(|_| {});
    let path = format!("/settings/sign-on/{id}/rules");
    rule(&app, "crane", planners());
    let few = app.as_(ADA).get(&path).queries;
    app.sql(&format!(
        "insert into sso_rules (id, connection_id, claim, value, group_id, saved_by_id, saved_at)
         select gen_random_uuid(), '{id}', 'groups', 'g' || n, '{PLANNERS}', '{}', now() from generate_series(1, 100) n",
        ADA.id
    ));
    assert_eq!(app.as_(ADA).get(&path).queries, few);
}
