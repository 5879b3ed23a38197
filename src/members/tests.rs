//! People and groups through the door.

use crate::harness::*;
use tow::members::one_time_password;

fn role(was: &'static str, role: &'static str) -> [(&'static str, &'static str); 2] {
    [("was", was), ("role", role)]
}

fn role_of(app: &App, who: Who, role: &str) -> bool {
    app.count(&format!("select count(*) from memberships where person_id = '{}' and role = '{role}'", who.id)) == 1
}

/// The password on the page that shows it once.
fn password_on(page: &Answer) -> String {
    let text = page.text();
    text.split("<code id=\"password\">").nth(1).expect("no password").split('<').next().unwrap().to_owned()
}

#[test]
fn everybody_sees_the_members_and_only_admins_see_forms() {
    let app = App::new();
    let page = app.as_(DOV).get("/settings/members");
    assert!(page.has("Cleo Marchetti") && page.has("Planners") && !page.has("/role\"") && !page.has("members/new"));
    let admin = app.as_(BEN).get("/settings/members");
    assert!(admin.has("/people/cleo/role") && admin.has("Halden has one owner") && !admin.has("/people/ada/role"));
}

#[test]
fn the_list_is_found_by_name_role_and_state_and_takes_the_same_number_of_queries_however_long() {
    let app = App::new();
    let found = app.as_(DOV).get("/settings/members?q=mARCH");
    assert!(found.has("Cleo Marchetti") && !found.has("Edda Holm"));
    assert!(app.as_(DOV).get("/settings/members?q=%25").has("Nobody fits"));
    assert!(app.as_(DOV).get("/settings/members?role=owner").has("Ada Lindqvist"));
    assert!(app.as_(DOV).get("/settings/members?state=deactivated").has("Hugo Brandt"));
    app.sql("insert into people (id, name, email, handle, created_at) select gen_random_uuid(), 'Zoe ' || n, 'z' || n || '@x.example', 'zoe' || n, '2026-01-01' from generate_series(1, 120) n;
             insert into memberships (id, organisation_id, person_id, role, created_at) select gen_random_uuid(), o.id, p.id, 'member', p.created_at from people p, organisations o where p.handle like 'zoe%'");
    let long = app.as_(DOV).get("/settings/members");
    assert_eq!(long.queries, found.queries);
    let next = long
        .text()
        .split("<nav class=\"pager\"")
        .nth(1)
        .unwrap()
        .split("href=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .replace("&#38;", "&");
    assert!(app.as_(DOV).get(&next).has("Zoe 50"));
    assert_eq!(app.as_(DOV).get("/settings/members?after=rubbish").status, 422);
}

#[test]
fn one_time_passwords_are_long_readable_and_never_twice_the_same() {
    let (one, two) = (one_time_password(), one_time_password());
    assert_ne!(one.reveal(), two.reveal());
    assert_eq!(one.reveal().len(), 23);
    assert!(one.reveal().chars().all(|c| c == '-' || "abcdefghjkmnpqrstuvwxyz23456789".contains(c)));
}

#[test]
fn nobody_gives_a_role_they_do_not_hold() {
    let app = App::new();
    assert_eq!(app.as_(BEN).post("/people/cleo/role", &role("member", "owner")).status, 403);
    assert_eq!(app.as_(BEN).post("/people/ada/role", &role("owner", "member")).status, 403);
    assert_eq!(
        app.as_(BEN).post("/people/ben/role", &role("admin", "member")).status,
        403,
        "nobody but an owner changes their own"
    );
    assert_eq!(app.as_(CLEO).post("/people/vera/role", &role("member", "admin")).status, 403);
    assert_eq!(app.as_(BEN).post("/people/cleo/role", &role("member", "admin")).status, 303);
    assert!(role_of(&app, CLEO, "admin"));
}

#[test]
fn an_owner_makes_another_and_then_may_step_back() {
    let app = App::new();
    let refused = app.as_(ADA).post("/people/ada/role", &role("owner", "member"));
    assert!(refused.status == 422 && refused.has("only active owner"));
    assert_eq!(app.as_(ADA).post("/people/ben/role", &role("admin", "owner")).status, 303);
    assert!(!app.as_(ADA).get("/settings/members").has("has one owner"));
    assert_eq!(app.as_(ADA).post("/people/ada/role", &role("owner", "member")).status, 303);
    assert_eq!(app.count("select count(*) from audit_events where action = 'member.role_changed'"), 2);
}

#[test]
fn two_owners_who_step_back_at_once_leave_one() {
    let app = App::own();
    app.as_(ADA).post("/people/ben/role", &role("admin", "owner"));
    let requests =
        [ADA, BEN].map(|who| app.as_(who).posting(&format!("/people/{}/role", who.handle()), &role("owner", "member")));
    let mut statuses: Vec<u16> = app.at_once(requests.into()).iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 422]);
    assert_eq!(app.count("select count(*) from memberships where role = 'owner'"), 1);
}

#[test]
fn two_owners_who_demote_each_other_at_once_leave_one() {
    let app = App::own();
    app.as_(ADA).post("/people/ben/role", &role("admin", "owner"));
    let requests = [(ADA, "ben"), (BEN, "ada")]
        .map(|(who, other)| app.as_(who).posting(&format!("/people/{other}/role"), &role("owner", "admin")));
    app.at_once(requests.into());
    assert_eq!(app.count("select count(*) from memberships where role = 'owner'"), 1);
}

#[test]
fn a_role_that_changed_meanwhile_or_is_no_word_is_not_taken() {
    let app = App::new();
    assert_eq!(app.as_(ADA).post("/people/cleo/role", &role("admin", "owner")).status, 409);
    assert_eq!(app.as_(ADA).post("/people/cleo/role", &role("member", "king")).status, 422);
    assert_eq!(app.as_(ADA).post("/people/nobody/role", &role("member", "admin")).status, 404);
}

#[test]
fn a_deactivated_persons_next_click_fails_and_they_can_be_let_in_again() {
    let app = App::new();
    let cleo = app.as_(CLEO);
    assert_eq!(cleo.get("/projects").status, 200);
    let done = app.as_(BEN).post("/people/cleo/deactivation", &[]).follow();
    assert!(done.has("cannot come back in") && done.has("Let them in again") && done.has("Undo"));
    assert_eq!(cleo.get("/projects").status, 303);
    let sign_in = [("email", "cleo@halden.example"), ("password", PASSWORD)];
    assert_eq!(app.visitor().post("/sign-in", &sign_in).status, 422);
    app.as_(BEN).post("/people/cleo/deactivation/removal", &[]);
    assert_eq!(cleo.get("/projects").status, 303, "the old session stays ended");
    assert_eq!(app.visitor().post("/sign-in", &sign_in).status, 303);
}

#[test]
fn who_holds_more_cannot_be_put_out_and_nobody_puts_out_themselves() {
    let app = App::new();
    for (who, whom) in [(BEN, ADA), (BEN, GRO), (BEN, BEN), (ADA, ADA), (CLEO, VERA)] {
        assert_eq!(
            app.as_(who).post(&format!("/people/{}/deactivation", whom.handle()), &[]).status,
            403,
            "{} {}",
            who.name,
            whom.name
        );
    }
    assert_eq!(app.as_(ADA).post("/people/gro/deactivation", &[]).status, 303, "a server admin may");
}

#[test]
fn a_new_password_ends_all_sessions_and_is_bounded_by_what_one_holds() {
    let app = App::new();
    let cleo = app.as_(CLEO);
    let page = app.as_(BEN).post("/people/cleo/password", &[]);
    assert_eq!(cleo.get("/projects").status, 303);
    let sign_in = [("email", "cleo@halden.example"), ("password", &password_on(&page))];
    assert_eq!(app.visitor().post("/sign-in", &sign_in).location(), "/");
    for whom in [ADA, GRO, BEN] {
        assert_eq!(app.as_(BEN).post(&format!("/people/{}/password", whom.handle()), &[]).status, 403, "{}", whom.name);
    }
    assert_eq!(app.as_(DOV).post("/people/cleo/password", &[]).status, 403);
    assert_eq!(app.as_(BEN).post("/people/hugo/password", &[]).status, 422);
}

#[test]
fn a_profile_shows_only_tickets_and_projects_that_the_reader_may_see() {
    let app = App::new();
    let vera = app.as_(VERA).get("/people/cleo");
    assert!(vera.has(STEEL) && vera.has("Atlas"));
    let dov = app.as_(DOV).get("/people/CLEO");
    assert!(dov.status == 200 && !dov.has(STEEL) && !dov.has("Atlas") && dov.has("Beacon"));
    assert_eq!(app.as_(DOV).get("/people/nobody").status, 404);
    assert_eq!(app.as_(DOV).get("/people/hugo").status, 200);
}

#[test]
fn groups_are_made_named_filled_and_emptied() {
    let app = App::new();
    let made = app.as_(BEN).post("/settings/groups", &[("name", "Safety"), ("about", "Nobody falls in.")]);
    let path = made.location();
    assert!(made.follow().has("Nobody is in this group"));
    let dov = DOV.id.to_string();
    assert!(app.as_(BEN).post(&format!("{path}/members"), &[("person", &dov)]).follow().has("Dov Peretz"));
    app.as_(BEN).post(&path, &[("name", "Safety first"), ("about", ""), ("version", "1")]);
    let late = app.as_(ADA).post(&path, &[("name", "Mine"), ("about", ""), ("version", "1")]);
    assert!(late.status == 409 && late.has("Mine") && late.has("Safety first"));
    assert!(app.as_(BEN).post(&format!("{path}/members/{dov}/removal"), &[]).follow().has("Nobody is in this group"));
    assert!(app.as_(BEN).post(&format!("{path}/removal"), &[]).follow().has("is deleted"));
    assert_eq!(app.as_(BEN).get(&path).status, 404);
}

#[test]
fn a_group_that_owns_or_holds_something_is_not_deleted() {
    let app = App::new();
    let path = format!("/settings/groups/{}", PLANNERS.0);
    let refused = app.as_(ADA).post(&format!("{path}/removal"), &[]);
    assert!(refused.status == 422 && refused.has("owns 2 records and holds 0 grants"), "{}", refused.text());
    assert_eq!(app.as_(DOV).get(&path).status, 200);
    for (suffix, form) in [
        ("", vec![("name", "X"), ("about", ""), ("version", "1")]),
        ("/removal", vec![]),
        ("/members", vec![("person", "x")]),
    ] {
        let status = app.as_(CLEO).post(&format!("{path}{suffix}"), &form).status;
        assert_eq!(status, if suffix == "/members" { 422 } else { 403 }, "{suffix}");
    }
}

#[test]
fn bad_groups_come_back_beside_their_field() {
    let app = App::new();
    let long = "x".repeat(81);
    for name in ["", &long, "planners", "\u{200b}"] {
        let answer = app.as_(BEN).post("/settings/groups", &[("name", name), ("about", "Kept")]);
        assert!(answer.status == 422 && answer.has("name-error") && answer.has("Kept"), "{name:.10}");
    }
    let path = format!("/settings/groups/{}/members", PLANNERS.0);
    for person in ["", "x", &HUGO.id.to_string()] {
        assert!(app.as_(BEN).post(&path, &[("person", person)]).has("person-error"), "{person}");
    }
    assert_eq!(app.as_(BEN).get("/settings/groups/rubbish").status, 404);
}

#[test]
fn what_a_group_holds_is_named_only_for_projects_one_sees() {
    let app = App::new();
    app.as_(FINN).post("/projects/ATL/grants", &[("to", &format!("group:{}", PLANNERS.0)), ("role", "viewer")]);
    assert!(app.as_(VERA).get("/settings/groups").has("Atlas: viewer"));
    assert!(!app.as_(DOV).get("/settings/groups").has("Atlas"));
}
