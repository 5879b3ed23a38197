//! Custom roles, ownership and server admins through the door: nobody gives what they lack.

use crate::harness::*;
use tow::access::{Actor, Permission, Permissions};
use tow::members::{HOLDERS_NAMED, MAX_ROLES};
use tow::people::OrganisationRole;

const AUDITOR: [(&str, &str); 3] = [("name", "Auditor"), ("about", "Reads along."), ("permissions", "audit.view")];

fn make(app: &App, who: Who, name: &str, permissions: &[&str]) -> Answer {
    let mut form = vec![("name", name), ("about", "")];
    form.extend(permissions.iter().map(|word| ("permissions", *word)));
    app.as_(who).post("/settings/roles", &form)
}

/// The address of a new role of Ada's.
fn role(app: &App, name: &str, permissions: &[&str]) -> String {
    let made = make(app, ADA, name, permissions);
    assert_eq!(made.status, 303, "{}", made.text());
    made.location()
}

fn give(app: &App, who: Who, whom: &str, role: &str) -> Answer {
    let id = role.rsplit('/').next().unwrap();
    app.as_(who).post(&format!("/people/{whom}/roles"), &[("custom_role", id)])
}

fn take(app: &App, who: Who, whom: &str, role: &str) -> Answer {
    let id = role.rsplit('/').next().unwrap();
    app.as_(who).post(&format!("/people/{whom}/roles/{id}/removal"), &[])
}

fn holds(app: &App, who: Who, permission: Permission) -> bool {
    app.tx(|tx| Ok(Actor::of_person(tx, who.id)?.has(permission)))
}

fn edit(name: &str, version: &str, permissions: &[&'static str]) -> Vec<(&'static str, String)> {
    let mut form = vec![("name", name.to_owned()), ("about", String::new()), ("version", version.to_owned())];
    form.extend(permissions.iter().map(|word| ("permissions", (*word).to_owned())));
    form
}

fn post(app: &App, who: Who, path: &str, form: &[(&'static str, String)]) -> Answer {
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    app.as_(who).post(path, &form)
}

#[test]
fn a_set_of_permissions_is_the_union_of_what_it_was_made_of() {
    let (member, owner) = (Permissions::of(OrganisationRole::Member), Permissions::of(OrganisationRole::Owner));
    assert!(member.without(owner).is_empty() && !owner.without(member).is_empty());
    assert_eq!(owner.iter().count(), Permission::ALL.len());
    assert_eq!(Permissions::parse(&owner.words()), owner);
    assert_eq!(Permissions::parse(&["audit.view", "from.the_future"]).words(), ["audit.view"]);
    assert_eq!(member.union(owner), owner);
    assert_eq!(member.intersection(owner), member);
    assert!(Permission::ALL.len() <= 64, "a set is 64 bits");
}

#[test]
fn owners_hold_the_security_configuration_and_default_admins_do_not() {
    let app = App::new();
    let permission = Permission::SecurityConfigurationManage;
    assert!(holds(&app, ADA, permission) && !holds(&app, BEN, permission) && !holds(&app, DOV, permission));
}

#[test]
fn the_security_configuration_is_delegated_through_a_custom_role_and_taken_back() {
    let app = App::new();
    let path = role(&app, "Security desk", &["security_configuration.manage"]);
    assert!(give(&app, ADA, "dov", &path).follow().has("holds the role now"));
    assert!(holds(&app, DOV, Permission::SecurityConfigurationManage));
    let page = app.as_(VERA).get(&path);
    assert!(page.has("Dov Peretz") && page.has("Set up sign-on") && !page.has("Delete role"));
    assert!(app.as_(VERA).get("/people/dov").has("Security desk"));
    let dov = app.as_(DOV);
    assert_eq!(take(&app, ADA, "dov", &path).status, 303);
    assert!(!holds(&app, DOV, Permission::SecurityConfigurationManage));
    assert_eq!(dov.get("/projects").status, 303, "sessions end with the role");
}

#[test]
fn a_role_that_loses_a_permission_ends_the_sessions_of_who_holds_it_and_one_that_gains_renews_them() {
    let app = App::new();
    let path = role(&app, "Security desk", &["security_configuration.manage"]);
    for handle in ["dov", "cleo"] {
        give(&app, ADA, handle, &path);
    }
    let (dov, cleo, vera) = (app.as_(DOV), app.as_(CLEO), app.as_(VERA));
    let old = dov.session_cookie();
    let change = |version: &str, permissions: &[&'static str]| {
        let answer = post(&app, ADA, &path, &edit("Security desk", version, permissions));
        assert_eq!(answer.status, 303, "{}", answer.text());
    };
    change("1", &["security_configuration.manage", "audit.view"]);
    assert_eq!((dov.get("/settings/audit").status, cleo.get("/settings/audit").status), (200, 200));
    assert_ne!(dov.session_cookie(), old, "a new token for more rights");
    change("2", &["audit.view", "members.invite"]);
    for (client, status) in [(&dov, 303), (&cleo, 303), (&vera, 200)] {
        assert_eq!(client.get("/projects").status, status, "what was begun with the lost permission does not go on");
    }
    assert!(!holds(&app, DOV, Permission::SecurityConfigurationManage) && holds(&app, DOV, Permission::AuditView));
    let told = "select count(*) from audit_events where action = 'role.updated' and after ? 'sessions'";
    assert_eq!(app.count(told), 1);
}

#[test]
fn nobody_makes_a_role_with_what_they_lack() {
    let app = App::new();
    assert_eq!(make(&app, BEN, "Mine", &["audit.view"]).status, 403, "admins do not make roles");
    let clerk = role(&app, "Role clerk", &["roles.manage", "audit.view"]);
    give(&app, ADA, "dov", &clerk);
    assert_eq!(make(&app, DOV, "Reader", &["audit.view"]).status, 303);
    let refused = make(&app, DOV, "Thief", &["audit.view", "security_configuration.manage"]);
    assert!(refused.status == 403 && refused.has("security_configuration.manage"));
    assert_eq!(app.count("select count(*) from roles where name = 'Thief'"), 0);
}

#[test]
fn nobody_edits_or_deletes_a_role_that_holds_what_they_lack() {
    let app = App::new();
    let desk = role(&app, "Security desk", &["security_configuration.manage"]);
    let reader = role(&app, "Reader", &["audit.view"]);
    give(&app, ADA, "dov", &role(&app, "Role clerk", &["roles.manage", "audit.view"]));
    assert_eq!(post(&app, DOV, &desk, &edit("Security desk", "1", &["audit.view"])).status, 403);
    assert_eq!(post(&app, DOV, &reader, &edit("Reader", "1", &["audit.view", "data.export"])).status, 403);
    assert_eq!(app.as_(DOV).post(&format!("{desk}/removal"), &[]).status, 403);
    assert_eq!(post(&app, DOV, &reader, &edit("Readers", "1", &["audit.view"])).status, 303);
    assert!(app.as_(DOV).get(&desk).has("Set up sign-on") && !app.as_(DOV).get(&desk).has("Delete role"));
}

#[test]
fn nobody_assigns_or_takes_a_role_that_holds_what_they_lack() {
    let app = App::new();
    let desk = role(&app, "Security desk", &["security_configuration.manage"]);
    let reader = role(&app, "Reader", &["audit.view"]);
    assert_eq!(give(&app, BEN, "dov", &desk).status, 403, "an admin lacks it");
    assert_eq!(give(&app, BEN, "dov", &reader).status, 303, "an admin holds it");
    assert_eq!(give(&app, DOV, "vera", &reader).status, 403, "a holder is no manager");
    assert_eq!(give(&app, BEN, "ben", &reader).status, 403, "nobody but an owner changes their own");
    give(&app, ADA, "vera", &desk);
    assert_eq!(take(&app, BEN, "vera", &desk).status, 403);
    assert_eq!(take(&app, BEN, "dov", &reader).status, 303);
}

#[test]
fn the_account_of_who_holds_more_is_not_touched_by_who_holds_less() {
    let app = App::new();
    give(&app, ADA, "dov", &role(&app, "Security desk", &["security_configuration.manage"]));
    for path in ["password", "deactivation"] {
        let refused = app.as_(BEN).post(&format!("/people/dov/{path}"), &[]);
        assert!(refused.status == 403 && refused.has("security_configuration.manage"), "{path}");
    }
    assert_eq!(app.as_(BEN).post("/people/dov/role", &[("was", "member"), ("role", "admin")]).status, 403);
    assert_eq!(app.as_(ADA).post("/people/dov/password", &[]).status, 200);
}

#[test]
fn a_role_for_all_projects_reaches_restricted_ones_and_the_access_page_says_so() {
    let app = App::new();
    assert_eq!(app.as_(DOV).get("/projects/ATL").status, 404);
    give(&app, ADA, "dov", &role(&app, "Overseer", &["projects.manage_all"]));
    assert_eq!(app.as_(DOV).get("/projects/ATL/settings").status, 200);
    let page = app.as_(EDDA).get("/projects/ATL/access");
    assert!(page.has("Dov Peretz") && page.has("Overseer"));
}

#[test]
fn a_held_role_is_not_deleted_and_the_refusal_names_the_holders() {
    let app = App::new();
    let path = role(&app, "Reader", &["audit.view"]);
    give(&app, ADA, "dov", &path);
    let refused = app.as_(ADA).post(&format!("{path}/removal"), &[]);
    assert!(refused.status == 422 && refused.has("held by Dov Peretz"));
    take(&app, ADA, "dov", &path);
    assert!(app.as_(ADA).post(&format!("{path}/removal"), &[]).follow().has("is deleted"));
    assert_eq!(app.as_(ADA).get(&path).status, 404);
}

#[test]
fn the_refusal_names_some_holders_and_counts_the_rest() {
    let app = App::new();
    let path = role(&app, "Reader", &["audit.view"]);
    let holders = [DOV, VERA, CLEO, EDDA, FINN, GRO, BEN];
    holders.iter().for_each(|who| assert_eq!(give(&app, ADA, &who.handle(), &path).status, 303));
    let refused = app.as_(ADA).post(&format!("{path}/removal"), &[]);
    assert!(refused.has(&format!("and {} more", holders.len() - HOLDERS_NAMED)), "{}", refused.text());
}

#[test]
fn the_database_itself_keeps_a_held_role() {
    let app = App::new();
    give(&app, ADA, "dov", &role(&app, "Reader", &["audit.view"]));
    let refused = app.write(ADA, |tx, _| {
        let id = tow::people::RoleId(tx_role(tx)?);
        tow::people::Role::delete(tx, id)
    });
    assert_eq!(refused.unwrap_err().to_string(), "invalid: : problem-role-just-given");
}

fn tx_role(tx: &mut tow::db::Tx) -> tow::error::Result<uuid::Uuid> {
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::Uuid)]
        id: uuid::Uuid,
    }
    Ok(tow::db::sql::Sql::new("select id from roles").load::<Row>(tx.conn())?[0].id)
}

#[test]
fn a_role_saved_meanwhile_is_not_overwritten_and_what_was_typed_stays() {
    let app = App::new();
    let path = role(&app, "Reader", &["audit.view"]);
    assert_eq!(post(&app, ADA, &path, &edit("Readers", "1", &["audit.view", "audit.export"])).status, 303);
    let late = post(&app, ADA, &path, &edit("Listeners", "1", &["data.export"]));
    assert!(late.status == 409 && late.has("Listeners") && late.has("Readers, with audit.export, audit.view"));
    assert_eq!(post(&app, ADA, &path, &edit("Listeners", "2", &["data.export"])).status, 303);
    assert_eq!(app.count("select count(*) from audit_events where action = 'role.updated'"), 2);
}

#[test]
fn bad_roles_come_back_beside_their_field_and_make_nothing() {
    let app = App::new();
    role(&app, "Reader", &["audit.view"]);
    let (long, huge) = ("x".repeat(81), "x".repeat(10 * 1024 * 1024));
    for name in ["", &long, &huge, "READER", "a\0b", "\u{202e}", "\u{200b}"] {
        let answer = make(&app, ADA, name, &["audit.view"]);
        assert!(answer.status == 422 && answer.has("name-error"), "{name:.10}");
        assert!(answer.has("value=\"audit.view\" checked"), "what was ticked stays");
    }
    for permissions in [&[][..], &["king.of_all"][..], &["audit.view", "a\0b"][..]] {
        assert!(make(&app, ADA, "New", permissions).has("permissions-error"), "{permissions:?}");
    }
    for id in ["rubbish", "00000000-0000-0000-0000-00000000ffff"] {
        assert_eq!(app.as_(ADA).get(&format!("/settings/roles/{id}")).status, 404);
        assert_eq!(post(&app, ADA, &format!("/settings/roles/{id}"), &edit("X", "1", &["audit.view"])).status, 404);
        assert!(give(&app, ADA, "dov", id).has("custom_role-error"), "{id}");
        assert_eq!(take(&app, ADA, "dov", id).status, 404);
    }
    assert_eq!(app.count("select count(*) from roles"), 1);
}

#[test]
fn a_role_form_sent_twice_makes_one_role() {
    let app = App::new();
    let form = [&AUDITOR[..], &[("_once", "6f0d1cbe-1c55-4f2e-9d0a-0f5a1f6f3c13")]].concat();
    let paths = [
        app.as_(ADA).post("/settings/roles", &form).location(),
        app.as_(ADA).post("/settings/roles", &form).location(),
    ];
    assert!(paths[0] == paths[1] && paths[0].starts_with("/settings/roles/"));
    assert_eq!(app.count("select count(*) from roles"), 1);
}

#[test]
fn there_are_at_most_so_many_roles() {
    let app = App::new();
    app.sql(&format!(
        "insert into roles (id, organisation_id, name, created_at) select gen_random_uuid(), '{}', 'R' || n, '2026-01-01'
         from generate_series(1, {MAX_ROLES}) n",
        HALDEN.0
    ));
    let refused = make(&app, ADA, "One more", &["audit.view"]);
    assert!(refused.status == 422 && refused.has(&MAX_ROLES.to_string()));
}

#[test]
fn every_change_of_a_role_is_audited_with_what_it_was() {
    let app = App::new();
    let path = role(&app, "Reader", &["audit.view"]);
    give(&app, ADA, "dov", &path);
    give(&app, ADA, "dov", &path);
    take(&app, ADA, "dov", &path);
    take(&app, ADA, "dov", &path);
    app.as_(ADA).post(&format!("{path}/removal"), &[]);
    let count = |action: &str| app.count(&format!("select count(*) from audit_events where action = '{action}'"));
    assert_eq!((count("role.created"), count("member.role_changed"), count("role.deleted")), (1, 2, 1));
    assert_eq!(
        app.count("select count(*) from audit_events where action = 'role.deleted' and before->'permissions' = '[\"audit.view\"]'"),
        1
    );
}

fn transfer(app: &App, who: Who, to: Who, then: &str) -> Answer {
    app.as_(who).post("/settings/ownership", &[("person", &to.id.to_string()), ("then", then)])
}

fn role_of(app: &App, who: Who) -> String {
    let is = |role: &&OrganisationRole| {
        let sql = "select count(*) from memberships where person_id";
        app.count(&format!("{sql} = '{}' and role = '{role}'", who.id)) == 1
    };
    OrganisationRole::ALL.iter().find(is).unwrap().to_string()
}

#[test]
fn ownership_is_handed_over_in_one_step() {
    let app = App::new();
    let (ada, other) = (app.as_(ADA), app.as_(ADA));
    let done = ada.post("/settings/ownership", &[("person", &CLEO.id.to_string()), ("then", "admin")]);
    assert!(done.follow().has("Cleo Marchetti is an owner now, and you are an admin"));
    assert_eq!((role_of(&app, CLEO), role_of(&app, ADA)), ("owner".to_owned(), "admin".to_owned()));
    assert_eq!(other.get("/projects").status, 303, "their other sessions end");
    assert_eq!(app.count("select count(*) from audit_events where action = 'owner.transferred'"), 1);
    assert_eq!(ada.get("/settings/ownership").status, 403);
}

#[test]
fn ownership_is_shared_and_the_advice_goes() {
    let app = App::new();
    assert!(app.as_(ADA).get("/settings/members").has("/settings/ownership"));
    assert_eq!(transfer(&app, ADA, BEN, "owner").status, 303);
    assert!(!app.as_(ADA).get("/settings/members").has("has one owner"));
    assert_eq!(transfer(&app, ADA, BEN, "owner").status, 422, "they are one already");
    assert_eq!(transfer(&app, ADA, BEN, "admin").status, 303, "but one may still step down");
    assert_eq!(role_of(&app, ADA), "admin");
}

#[test]
fn ownership_goes_to_nobody_who_cannot_enter_and_from_nobody_who_has_none() {
    let app = App::new();
    assert_eq!(app.as_(BEN).get("/settings/ownership").status, 403);
    assert_eq!(transfer(&app, BEN, BEN, "owner").status, 403);
    for (to, then) in [(HUGO.id.to_string(), "admin"), (ADA.id.to_string(), "admin"), ("x".to_owned(), "owner")] {
        let refused = app.as_(ADA).post("/settings/ownership", &[("person", &to), ("then", then)]);
        assert!(refused.status == 422 && refused.has("person-error"), "{to}");
    }
    assert!(transfer(&app, ADA, BEN, "king").has("then-error"));
    assert_eq!((role_of(&app, ADA), role_of(&app, HUGO)), ("owner".to_owned(), "member".to_owned()));
}

#[test]
fn only_a_server_admin_makes_one_and_one_always_remains() {
    let app = App::new();
    assert_eq!(app.as_(BEN).post("/people/dov/server-admin", &[]).status, 403);
    assert_eq!(app.as_(BEN).post("/people/gro/server-admin/removal", &[]).status, 403);
    assert_eq!(app.as_(GRO).post("/people/dov/server-admin", &[]).status, 303);
    assert_eq!(app.as_(ADA).post("/people/hugo/server-admin", &[]).status, 422);
    let dov = app.as_(DOV);
    assert_eq!(app.as_(ADA).post("/people/dov/server-admin/removal", &[]).status, 303);
    assert_eq!(dov.get("/projects").status, 303);
    assert_eq!(app.as_(ADA).post("/people/gro/server-admin/removal", &[]).status, 303);
    let last = app.as_(ADA).post("/people/ada/server-admin/removal", &[]);
    assert!(last.status == 422 && last.has("only active server admin"));
    assert_eq!(app.count("select count(*) from audit_events where action = 'server_admin.changed'"), 3);
}

#[test]
fn the_other_server_admins_hear_of_a_new_one() {
    let app = App::new();
    app.as_(GRO).post("/people/dov/server-admin", &[]);
    let told = |who: Who| {
        app.count(&format!(
            "select count(*) from jobs where kind = 'mail.send' and payload->>'to' = '{}' and payload->>'text' like '%Gro Solberg made Dov Peretz%'",
            who.email()
        ))
    };
    assert_eq!((told(ADA), told(DOV), told(GRO), told(BEN)), (1, 1, 0, 0));
}

#[test]
fn a_lower_role_ends_sessions_and_a_higher_one_does_not() {
    let app = App::new();
    let (cleo, ben) = (app.as_(CLEO), app.as_(BEN));
    app.as_(ADA).post("/people/cleo/role", &[("was", "member"), ("role", "admin")]);
    assert_eq!(cleo.get("/projects").status, 200);
    app.as_(ADA).post("/people/ben/role", &[("was", "admin"), ("role", "member")]);
    assert_eq!(ben.get("/projects").status, 303);
}

#[test]
fn who_was_demoted_while_waiting_for_their_turn_promotes_nobody() {
    let app = App::own();
    app.as_(ADA).post("/people/ben/role", &[("was", "admin"), ("role", "owner")]);
    for round in 0..5 {
        let requests = vec![
            app.as_(ADA).posting("/people/ben/role", &[("was", "owner"), ("role", "member")]),
            app.as_(BEN).posting("/people/dov/role", &[("was", "member"), ("role", "owner")]),
        ];
        // Whoever came second was either refused, or had no session any more.
        let answers = app.at_once(requests);
        let done = answers[1].location() == "/people/dov";
        assert!(done || answers[1].status == 403 || answers[1].location().starts_with("/sign-in"), "round {round}");
        assert_eq!(role_of(&app, DOV) == "owner", done, "round {round}");
        app.sql(&format!(
            "update memberships set role = 'owner' where person_id = '{}';
             update memberships set role = 'member' where person_id = '{}'",
            BEN.id, DOV.id
        ));
    }
}

#[test]
fn rights_taken_away_during_the_wait_are_gone_when_it_ends() {
    let app = App::new();
    let refused = app.write(BEN, |tx, me| {
        let stale = me.clone();
        let mut sql = tow::db::sql::Sql::new("update memberships set role = 'member' where person_id = ");
        sql.bind(BEN.id);
        sql.execute(tx.conn())?;
        tow::members::Member::find(tx, &stale, "dov")?.change_role(
            tx,
            &stale,
            OrganisationRole::Member,
            OrganisationRole::Admin,
        )
    });
    assert_eq!(refused.unwrap_err().kind(), "forbidden");
}

#[test]
fn fields_smuggled_into_a_form_about_a_person_change_nothing_else() {
    let app = App::new();
    let more = [
        ("server_admin", "true"),
        ("custom_role", &SECURITY_DESK.to_string()),
        ("permissions", "roles.manage"),
        ("is_owner", "1"),
        ("deactivated_at", "2020-01-01"),
        ("person_id", &ADA.id.to_string()),
    ]
    .map(|(name, value)| (name, value.to_owned()));
    open_security_desk(&app);
    let more: Vec<(&str, &str)> = more.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let with = |own: &[(&'static str, &'static str)]| [own, &more[..]].concat();
    app.as_(CLEO)
        .post("/settings/me", &with(&[("name", "Cleo M"), ("handle", "cleo"), ("time_zone", ""), ("role", "owner")]));
    app.as_(CLEO).post("/settings/me/look", &with(&[("theme", "dark"), ("role", "owner")]));
    app.as_(BEN).post("/people/cleo/role", &with(&[("was", "member"), ("role", "admin")]));
    app.as_(BEN).post("/settings/invitations", &with(&[("emails", "ines@halden.example"), ("role", "member")]));
    app.as_(BEN).post(
        &format!("/settings/groups/{}", PLANNERS.0),
        &with(&[("name", "Planners"), ("about", ""), ("version", "1"), ("role", "admin")]),
    );
    assert_eq!(app.count("select count(*) from people where server_admin"), 2);
    assert_eq!(app.count("select count(*) from memberships where role = 'owner'"), 1);
    assert_eq!(app.count("select count(*) from person_roles"), 1);
    assert_eq!(role_of(&app, CLEO), "admin");
    assert!(!holds(&app, CLEO, Permission::RolesManage));
}

#[test]
fn ids_of_other_things_in_forms_reach_nothing() {
    let app = App::new();
    open_security_desk(&app);
    let (desk, planners, cleo) = (SECURITY_DESK.to_string(), PLANNERS.0.to_string(), CLEO.id.to_string());
    for (path, form, status) in [
        (
            format!("/settings/roles/{planners}"),
            vec![("name", "X"), ("permissions", "audit.view"), ("version", "1")],
            404,
        ),
        (format!("/settings/roles/{planners}/removal"), vec![], 404),
        (format!("/settings/groups/{desk}"), vec![("name", "X"), ("version", "1")], 404),
        (format!("/settings/groups/{desk}/members"), vec![("person", cleo.as_str())], 404),
        (format!("/settings/groups/{planners}/members"), vec![("person", desk.as_str())], 422),
        (format!("/settings/groups/{planners}/members"), vec![("person", planners.as_str())], 422),
        ("/people/dov/roles".to_owned(), vec![("custom_role", planners.as_str())], 422),
        ("/people/dov/roles".to_owned(), vec![("custom_role", cleo.as_str())], 422),
        (format!("/people/dov/roles/{planners}/removal"), vec![], 404),
        ("/settings/ownership".to_owned(), vec![("person", desk.as_str()), ("then", "owner")], 422),
    ] {
        assert_eq!(app.as_(ADA).post(&path, &form).status, status, "{path} {form:?}");
    }
    assert_eq!(app.count("select count(*) from person_roles"), 1);
}

#[test]
fn who_manages_groups_puts_nobody_into_one_whose_records_or_projects_they_do_not_reach() {
    let app = App::new();
    give(&app, ADA, "dov", &role(&app, "Group clerk", &["groups.manage"]));
    let into = |path: &str, whom: Who| {
        app.as_(DOV).post(&format!("{path}/members"), &[("person", &whom.id.to_string())]).status
    };
    let planners = format!("/settings/groups/{}", PLANNERS.0);
    assert_eq!(into(&planners, DOV), 403, "the Planners own records");
    let made = app.as_(DOV).post("/settings/groups", &[("name", "Safety"), ("about", "")]).location();
    assert_eq!(into(&made, DOV), 303, "an empty group gives nothing");
    let group = format!("group:{}", made.rsplit('/').next().unwrap());
    app.as_(FINN).post("/projects/ATL/grants", &[("to", &group), ("role", "admin")]);
    assert_eq!(into(&made, VERA), 303, "who is in the group reaches what it holds");
    app.as_(FINN).post("/projects/ATL/grants", &[("to", &format!("group:{}", PLANNERS.0)), ("role", "viewer")]);
    app.sql("delete from record_references; update records set group_id = null, scope = 'organisation' where scope = 'group'");
    app.as_(ADA).post(&format!("{made}/members/{}/removal", DOV.id), &[]);
    assert_eq!(into(&planners, CLEO), 403, "the Planners reach Atlas, Dov does not");
}

#[test]
fn everybody_reads_what_roles_give_and_a_page_of_roles_takes_few_queries() {
    let app = App::new();
    let page = app.as_(DOV).get("/settings/roles");
    assert!(page.has("security_configuration") || page.has("Set up sign-on"));
    assert!(page.has("No custom roles yet") && !page.has("/settings/roles/new"));
    assert!(page.queries <= 4, "{}", page.queries);
    assert!(app.as_(ADA).get("/settings/roles").has("/settings/roles/new"));
}

#[test]
fn custom_roles_cost_no_query() {
    let app = App::new();
    let before = app.as_(DOV).get("/tickets").queries;
    give(&app, ADA, "dov", &role(&app, "Reader", &["audit.view"]));
    assert_eq!(app.as_(DOV).get("/tickets").queries, before);
}
