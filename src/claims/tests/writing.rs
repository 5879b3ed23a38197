//! Who may write which rule.

use super::*;
use crate::harness::saml::saml_app;
use tow::error::Error;

fn here(app: &App) -> String {
    format!("/settings/sign-on/{}/rules", connection(app))
}

fn add(app: &App, who: Who, group: &str, role: &str) -> Answer {
    let form = [("claim", "groups"), ("value", "crane"), ("group", group), ("role", role)];
    app.as_(who).post(&here(app), &form)
}

fn rules(app: &App) -> i64 {
    app.count("select count(*) from sso_rules")
}

#[test]
fn a_rule_is_added_read_changed_and_removed_on_its_pages_without_a_script() {
    let (app, _) = saml_app(|_| {});
    let ada = app.as_(ADA);
    let home = here(&app);
    let door = ada.get(home.trim_end_matches("/rules"));
    assert!(door.has(&format!("href=\"{home}\"")), "the connection's page leads there");
    let empty = ada.get(&home);
    assert!(empty.has("No rules yet") && empty.has("crane-drivers") && empty.has("Which claim holds groups?"));
    assert!(empty.has("<option value=\"Planners\">") && empty.has("value=\"groups\""));
    let added = add(&app, ADA, " planners ", "");
    assert_eq!((added.status, added.location()), (303, home.clone()));
    let list = added.follow();
    assert!(list.has("the group Planners") && list.has("<code>crane</code>") && list.has("nobody yet"));
    let path = list.text().split(&format!("href=\"{home}/")).nth(1).unwrap().split('"').next().unwrap().to_owned();
    let one = ada.get(&format!("{home}/{path}"));
    assert!(one.has("value=\"Planners\"") && one.has("Saved by Ada Lindqvist"));
    let number = app.text("select number::text as text from sso_rules");
    let form =
        [("claim", "roles"), ("value", "CN=crane, OU=quay"), ("group", ""), ("role", "admin"), ("number", &number)];
    assert!(ada.post(&format!("{home}/{path}"), &form).follow().has("the role admin"));
    assert!(ada.post(&format!("{home}/{path}/removal"), &[]).follow().has("No rules yet"));
    let told =
        "select count(*) from audit_events where action in ('sso.rule_added', 'sso.rule_changed', 'sso.rule_removed')";
    assert_eq!((rules(&app), app.count(told)), (0, 3));
}

#[test]
fn the_connection_of_the_file_and_one_that_is_required_have_rules_too() {
    let provider = IdProvider::new();
    let app = provider.app();
    app.require_sign_on();
    assert!(app.as_(ADA).get(&here(&app)).has("value=\"groups\""));
    assert_eq!(add(&app, ADA, "Planners", "").status, 303);
    assert!(app.as_(ADA).get(&here(&app)).has("the group Planners"));
}

#[test]
fn nobody_makes_a_rule_that_gives_what_they_could_not_give() {
    let (app, id) = saml_app(|_| {});
    open_security_desk(&app);
    for who in [BEN, CLEO, GRO] {
        assert_eq!(add(&app, who, "Planners", "").status, 403, "{}", who.name);
        assert_eq!(app.as_(who).get(&here(&app)).status, 403, "{}", who.name);
    }
    assert_eq!(app.as_(SAMI).get(&here(&app)).status, 200, "sign-on is his");
    for (group, role) in [("Planners", ""), ("", "admin"), ("", &SECURITY_DESK.to_string())] {
        let refused = add(&app, SAMI, group, role);
        assert_eq!(refused.status, 403, "{group}{role}: groups and roles are not");
    }
    assert!(!app.as_(SAMI).get(&here(&app)).has("<option value=\"admin\">"), "nor is it offered");
    app.sql(&format!("insert into role_permissions values ('{SECURITY_DESK}', 'groups.manage'), ('{SECURITY_DESK}', 'members.change_role')"));
    assert_eq!(add(&app, SAMI, "", "admin").status, 403, "he is none");
    let auditor = custom_role(&app, "Exporter", &["data.export"]);
    let Gives::Role(role) = auditor else { panic!() };
    assert_eq!(add(&app, SAMI, "", &role.to_string()).status, 403, "it holds what he lacks");
    app.sql(&format!(
        "insert into project_grants (id, project_id, group_id, role, created_at) values (gen_random_uuid(), '{}', '{PLANNERS}', 'lead', now())",
        ATLAS.0
    ));
    assert_eq!(add(&app, SAMI, "Planners", "").status, 403, "the group leads a project that he does not see");
    let own = add(&app, SAMI, "", &SECURITY_DESK.to_string());
    assert_eq!((own.status, rules(&app)), (303, 1), "{}", own.text());
    let stolen = app.write(SAMI, |tx, me| draft("x", Gives::Admin).create(tx, me, id));
    assert!(matches!(stolen, Err(Error::Forbidden(_))));
}

#[test]
fn a_rule_is_not_bent_to_what_one_could_not_give_either() {
    let (app, id) = saml_app(|_| {});
    open_security_desk(&app);
    let made = rule(&app, "crane", Gives::Admin);
    let number: i64 = app.text("select number::text as text from sso_rules").parse().unwrap();
    let bent = app.write(SAMI, |tx, me| draft("mine", Gives::Admin).save(tx, me, (id, made), number));
    assert!(matches!(bent, Err(Error::Forbidden(_))));
    assert_eq!(app.text("select value as text from sso_rules"), "crane");
}

#[test]
fn no_rule_makes_an_owner_or_a_server_admin_or_touches_a_group_of_the_directory() {
    let (app, _) = saml_app(|_| {});
    for role in ["owner", "member", "server_admin", "Admin"] {
        assert_eq!(add(&app, ADA, "", role).status, 422, "{role}");
    }
    assert!(!app.as_(ADA).get(&here(&app)).has("<option value=\"owner\""));
    app.sql("update groups set is_managed = true");
    let managed = add(&app, ADA, "Planners", "");
    assert!(managed.status == 422 && managed.has("directory keeps this group") && managed.has("value=\"Planners\""));
    assert!(!app.as_(ADA).get(&here(&app)).has("<option value=\"Planners\">"));
    assert_eq!(rules(&app), 0);
}

#[test]
fn a_group_that_the_directory_took_over_since_gets_and_loses_nobody_by_rule() {
    let provider = IdProvider::new();
    let app = provider.app();
    link(&app, DOV);
    rule(&app, "crane", planners());
    app.sql("update groups set is_managed = true");
    assert!(is_in(&sign_on(&provider, &app, &["crane"])) && !is_planner(&app, DOV));
    app.sql("update groups set is_managed = false");
    sign_on(&provider, &app, &["crane"]);
    app.sql("update groups set is_managed = true");
    sign_on(&provider, &app, &[]);
    assert!(is_planner(&app, DOV) && gifts(&app) == 0, "who is in it is the directory's to say");
}

#[test]
fn a_group_that_a_rule_names_is_not_deleted_under_it() {
    let (app, _) = saml_app(|_| {});
    app.sql("insert into groups (id, organisation_id, name, created_at) select gen_random_uuid(), id, 'Quay', created_at from organisations");
    rule(&app, "quay", Gives::Group("quay".to_owned()));
    let group = app.text("select id::text as text from groups where name = 'Quay'");
    let ada = app.as_(ADA);
    let refused = ada.post(&format!("/settings/groups/{group}/removal"), &[]);
    assert!(refused.status == 422 && refused.has("A rule of sign-on puts people into this group"));
}

#[test]
fn a_role_that_a_rule_gives_is_not_deleted_under_it() {
    let (app, _) = saml_app(|_| {});
    let auditor = custom_role(&app, "Auditor", &["audit.view"]);
    let Gives::Role(role) = auditor.clone() else { panic!() };
    rule(&app, "books", auditor);
    let refused = app.as_(ADA).post(&format!("/settings/roles/{role}/removal"), &[]);
    assert!(refused.status == 422 && refused.has("A rule of sign-on gives this role"), "{}", refused.status);
}

#[test]
fn groups_are_offered_by_the_words_of_their_name() {
    let app = App::new();
    app.sql(
        "insert into groups (id, organisation_id, name, created_at, is_managed) select gen_random_uuid(), id, n.name, created_at, n.managed
         from organisations, (values ('Plan B', false), ('The planned', false), ('100%', false), ('Plan of the directory', true)) n(name, managed)",
    );
    let cleo = app.as_(CLEO);
    let found = cleo.get("/complete?kind=group&q=plan");
    assert!(found.has("Planners") && found.has("Plan B") && found.has("The planned"));
    assert!(!found.has("directory") && !found.has("100%"));
    assert!(!cleo.get("/complete?kind=group&q=%25").has("Planners"));
    assert!(cleo.get("/complete?kind=group&q=100%25").has("100%"));
}
