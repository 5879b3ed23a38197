//! What a sign-on gives.

use super::*;
use crate::harness::saml::{Assertion, bring, leave_for, response, saml_app};
use tow::access::Permission;

#[test]
fn what_rules_say_comes_with_the_sign_on_and_is_audited_with_its_rule() {
    let provider = IdProvider::new();
    let app = provider.app();
    link(&app, DOV);
    let auditor = custom_role(&app, "Auditor", &["audit.view"]);
    let group = rule(&app, "crane", planners());
    rule(&app, "books", auditor.clone());
    rule(&app, "desk", Gives::Admin);
    let browser = sign_on(&provider, &app, &["crane", "books", "others"]);
    assert!(is_in(&browser) && is_planner(&app, DOV) && holds(&app, DOV, &auditor));
    assert_eq!((role_of(&app, DOV).as_str(), gifts(&app)), ("member", 2));
    assert_eq!(browser.get("/settings/audit").status, 200, "the new session has the role at once");
    let told = format!(
        "select count(*) from audit_events where action = 'sso.rule_gave' and target_id = '{}' and after->>'sso_rule' = '{group}' and after->>'group' = '{PLANNERS}'",
        DOV.id
    );
    assert_eq!((app.count(&told), events(&app, "sso.rule_gave")), (1, 2));
    sign_on(&provider, &app, &["crane", "books"]);
    assert_eq!(
        (events(&app, "sso.rule_gave"), events(&app, "sso.rule_took")),
        (2, 0),
        "the second time nothing is new"
    );
}

#[test]
fn a_saml_attribute_gives_as_well_whether_its_values_are_together_or_apart() {
    for apart in [false, true] {
        let (app, id) = saml_app(|_| {});
        link(&app, DOV);
        rule(&app, "crane", planners());
        let on = |groups: &[&str]| {
            let browser = app.visitor();
            let asked = leave_for(&browser, id);
            let mut assertion = Assertion::answering(&app, &asked);
            match apart {
                false => assertion.attribute("groups", groups),
                true => {
                    assertion.attributes.extend(groups.iter().map(|one| ("groups".to_owned(), vec![(*one).to_owned()])))
                }
            }
            bring(&app, &browser, &response(&app, Some(&asked.id), &assertion.signed(0)));
            assert!(is_in(&browser));
        };
        on(&["quay", "crane"]);
        assert!(is_planner(&app, DOV), "apart: {apart}");
        on(&["quay", "harbour"]);
        assert!(!is_planner(&app, DOV), "apart: {apart}");
        assert_eq!((events(&app, "sso.rule_gave"), events(&app, "sso.rule_took")), (1, 1));
    }
}

#[test]
fn of_an_address_that_is_sent_twice_the_first_one_counts() {
    let (app, id) = saml_app(|_| {});
    rule(&app, "crane", planners());
    let browser = app.visitor();
    let asked = leave_for(&browser, id);
    let mut assertion = Assertion::answering(&app, &asked);
    let more =
        [("groups", "quay"), ("email", "ada@halden.example"), ("groups", "crane"), ("sub", "ada"), ("sub", "ada")];
    assertion.attributes.extend(more.map(|(name, value)| (name.to_owned(), vec![value.to_owned()])));
    bring(&app, &browser, &response(&app, Some(&asked.id), &assertion.signed(0)));
    let made = "select count(*) from people p join sso_links l on l.person_id = p.id and l.subject = '248289761001'
        join group_members gm on gm.person_id = p.id where p.email = 'wren@halden.example'";
    assert!(is_in(&browser) && app.count(made) == 1);
}

#[test]
fn who_begins_at_the_providers_page_gets_it_too() {
    let (app, id) = saml_app(|draft| draft.saml.allows_unsolicited = true);
    link(&app, DOV);
    rule(&app, "crane", planners());
    let browser = app.visitor();
    let mut assertion = Assertion::new(&app);
    assertion.attribute("groups", &["crane"]);
    let page = bring(&app, &browser, &response(&app, None, &assertion.signed(0)));
    let code = page.text().split("name=\"code\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    assert!(!is_planner(&app, DOV), "before the click");
    browser.post("/sign-on/saml/arrival", &[("code", &code)]);
    assert!(is_in(&browser) && is_planner(&app, DOV) && connection(&app) == id);
}

#[test]
fn somebody_new_has_it_from_the_first_sign_on() {
    let provider = IdProvider::new();
    let app = provider.app();
    let auditor = custom_role(&app, "Auditor", &["audit.view"]);
    rule(&app, "crane", planners());
    rule(&app, "books", auditor);
    let browser = sign_on(&provider, &app, &["crane", "books"]);
    assert_eq!(browser.get("/settings/audit").status, 200);
    let made = "select count(*) from people p join group_members gm on gm.person_id = p.id join person_roles pr on pr.person_id = p.id
        join memberships m on m.person_id = p.id and m.role = 'member' where p.email = 'wren@halden.example'";
    assert_eq!((app.count(made), gifts(&app)), (1, 2));
}

#[test]
fn who_accepts_an_invitation_through_the_provider_gets_it_too() {
    let provider = IdProvider::new();
    let app = provider.app_with(&[("TOW_AUTH__MODE", "oidc")]);
    provider.claim("email", json!("ines@elsewhere.example"));
    provider.claim("groups", json!(["crane"]));
    rule(&app, "crane", planners());
    let invited = [("emails", "ines@elsewhere.example"), ("role", "member")];
    assert_eq!(app.as_(ADA).post("/settings/invitations", &invited).status, 303);
    let link = app.mails().last().unwrap().path("/invitation/");
    let browser = app.visitor();
    browser.get(&link);
    let page = browser.get("/invitation").text();
    let door = page.split("href=\"/sign-on/").nth(1).unwrap().split('"').next().unwrap().replace("&amp;", "&");
    let there = browser.get(&format!("/sign-on/{door}")).location();
    browser.get(&provider.consent(&app, &there));
    assert_eq!(gifts(&app), 0, "the provider's word alone makes nobody");
    browser.post("/invitation", &[("with", "sign-on"), ("name", "Ines Faro")]);
    let made = "select count(*) from people p join group_members gm on gm.person_id = p.id where p.name = 'Ines Faro'";
    assert!(is_in(&browser) && app.count(made) == 1 && gifts(&app) == 1);
}

#[test]
fn who_proves_an_account_by_its_password_gets_it_with_the_session_that_begins_then() {
    let provider = IdProvider::new();
    let app = provider.app();
    app.sql("update people set verified_at = created_at where handle = 'dov'");
    provider.claim("email", json!("dov@halden.example"));
    rule(&app, "crane", planners());
    let browser = sign_on(&provider, &app, &["crane"]);
    assert!(!is_in(&browser) && !is_planner(&app, DOV));
    assert_eq!(browser.post("/sign-on/password", &[("password", PASSWORD)]).status, 303);
    assert!(is_in(&browser) && is_planner(&app, DOV));
}

#[test]
fn an_owner_stays_what_they_are_and_gets_groups_like_everybody() {
    let provider = IdProvider::new();
    let app = provider.app();
    link(&app, ADA);
    rule(&app, "desk", Gives::Admin);
    rule(&app, "crane", planners());
    sign_on(&provider, &app, &["desk", "crane"]);
    assert_eq!((role_of(&app, ADA).as_str(), gifts(&app)), ("owner", 1));
    assert!(is_planner(&app, ADA));
    sign_on(&provider, &app, &[]);
    assert_eq!((role_of(&app, ADA).as_str(), gifts(&app)), ("owner", 0));
    assert_eq!(app.count("select count(*) from people where server_admin"), 2, "Ada and Gro, as before");
}

#[test]
fn a_member_becomes_an_admin_by_rule_and_nothing_more() {
    let provider = IdProvider::new();
    let app = provider.app();
    link(&app, DOV);
    rule(&app, "desk", Gives::Admin);
    let browser = sign_on(&provider, &app, &["desk"]);
    assert_eq!(role_of(&app, DOV), "admin");
    assert_eq!((browser.get("/settings/sign-on").status, browser.get("/settings/audit").status), (403, 200));
    assert!(!app.tx(|tx| tow::access::Actor::of_person(tx, DOV.id)).has(Permission::RolesManage));
}

#[test]
fn who_may_no_longer_enter_gets_nothing() {
    let provider = IdProvider::new();
    let app = provider.app();
    link(&app, HUGO);
    rule(&app, "crane", planners());
    let browser = sign_on(&provider, &app, &["crane"]);
    assert!(!is_in(&browser) && !is_planner(&app, HUGO));
    assert_eq!(gifts(&app), 0);
}

#[test]
fn a_trial_gives_nothing_and_says_what_a_sign_on_would_give() {
    let provider = IdProvider::new();
    let app = provider.app();
    provider.claim("email", json!("ada@halden.example"));
    let ada = app.as_(ADA);
    let tried = |groups: &[&str]| {
        provider.claim("groups", json!(groups));
        let there = ada.get(&format!("/settings/sign-on/{}/test", connection(&app))).location();
        ada.get(&provider.consent(&app, &there)).follow().text()
    };
    assert!(tried(&["crane"]).contains("It works: you came back as ada@halden.example.<"));
    rule(&app, "crane", planners());
    assert!(tried(&["crane"]).contains("The rules that fit you give: the group Planners."));
    assert!(tried(&["quay"]).contains("None of the rules fits you"));
    assert!(!is_planner(&app, ADA) && gifts(&app) == 0);
}

#[test]
fn claims_that_are_told_only_when_asked_count_and_a_provider_that_does_not_answer_keeps_nobody_out() {
    let provider = IdProvider::new();
    let app = provider.app();
    link(&app, DOV);
    rule(&app, "crane", planners());
    provider.habits().userinfo = json!({ "sub": SUBJECT, "groups": ["crane"], "acr": "forged" });
    assert!(is_in(&sign_on_as_is(&provider, &app)) && is_planner(&app, DOV));
    provider.habits().instead.insert("/userinfo", Said::text(503, "text/plain", "later"));
    assert!(is_in(&sign_on_as_is(&provider, &app)) && is_planner(&app, DOV), "nothing said, nothing taken");
    provider.habits().instead.clear();
    provider.habits().userinfo = json!({ "sub": "another", "groups": [] });
    assert!(!is_in(&sign_on_as_is(&provider, &app)) && is_planner(&app, DOV));
}

#[test]
fn two_sign_ons_of_the_same_person_at_once_give_once() {
    let provider = IdProvider::new();
    let app = provider.own_app();
    link(&app, DOV);
    rule(&app, "crane", planners());
    provider.claim("groups", json!(["crane"]));
    let browsers: Vec<Client> = (0..4).map(|_| app.visitor()).collect();
    let door = format!("/sign-on/{}", connection(&app));
    let requests = browsers.iter().map(|browser| {
        let back = provider.consent(&app, &browser.get(&door).location());
        browser.request(actix_web::test::TestRequest::get(), &back)
    });
    let answers = app.at_once(requests.collect());
    assert!(
        answers.iter().all(|answer| answer.location() == "/"),
        "{:?}",
        answers.iter().map(|one| one.status).collect::<Vec<_>>()
    );
    assert_eq!((gifts(&app), events(&app, "sso.rule_gave")), (1, 1));
    assert_eq!(app.count("select count(*) from sessions where method = 'oidc' and ended_at is null"), 4);
}
