//! Inviting and joining, through the doors, and what attackers would try there.

use crate::harness::*;
use tow::invitations::{DEFAULT_DAYS, MAX_AT_ONCE};

const INES: &str = "ines@elsewhere.example";
const GOOD: [(&str, &str); 2] = [("name", "Ines Faro"), ("password", "nine green lanterns")];
const ATLAS_FIELD: &str = "project-00000000-0000-0000-0000-000000000011";

fn invite(app: &App, who: Who, fields: &[(&str, &str)]) -> Answer {
    app.as_(who).post("/settings/invitations", fields)
}

fn plain(email: &str) -> [(&str, &str); 2] {
    [("emails", email), ("role", "member")]
}

/// The path of the link in the last mail to Ines.
fn mailed(app: &App) -> String {
    app.mails().iter().rev().find(|mail| mail.to() == INES).expect("no mail to Ines").path("/invitation/")
}

/// The path of the link on the page that shows it once.
fn shown(page: &Answer) -> String {
    let text = page.text();
    let link = text.split("value=\"http://localhost:8080").nth(1).unwrap_or_else(|| panic!("no link: {text}"));
    link.split('"').next().unwrap().to_owned()
}

/// A browser that has followed the link.
fn follow(app: &App, path: &str) -> Client {
    let browser = app.visitor();
    assert_eq!(browser.get(path).location(), "/invitation");
    browser
}

fn accept(browser: &Client) -> Answer {
    browser.post("/invitation", &GOOD)
}

fn people(app: &App) -> i64 {
    app.count("select count(*) from people")
}

fn id_of(app: &App) -> String {
    let page = app.as_(ADA).get("/settings/invitations").text();
    page.split("/settings/invitations/").find(|rest| rest.starts_with("01")).expect("none listed")[..36].to_owned()
}

#[test]
fn who_is_invited_by_mail_becomes_a_member_with_what_was_promised_and_a_proved_address() {
    let app = App::new();
    app.sql("insert into roles (id, organisation_id, name, created_at) select '00000000-0000-0000-0000-000000000031', id, 'Guides', created_at from organisations");
    let planners = PLANNERS.0.to_string();
    let form = [
        ("emails", "Ines@Elsewhere.example"),
        ("role", "member"),
        ("groups", &planners),
        ("custom_roles", "00000000-0000-0000-0000-000000000031"),
        (ATLAS_FIELD, "viewer"),
    ];
    assert!(invite(&app, ADA, &form).follow().has("Planners, Atlas (viewer)"));
    let browser = follow(&app, &mailed(&app));
    assert!(browser.get("/invitation").has("Ada Lindqvist invites you"));
    assert_eq!(accept(&browser).location(), "/");
    assert_eq!(browser.get("/projects/ATL").status, 200);
    assert_eq!(browser.get("/projects/ATL/settings").status, 403);
    let got = "select count(*) from people p join memberships m on m.person_id = p.id and m.role = 'member'
        join group_members g on g.person_id = p.id join person_roles r on r.person_id = p.id
        where p.email = 'ines@elsewhere.example' and p.verified_at is not null";
    assert_eq!(app.count(got), 1);
    let acts = "select count(*) from audit_events where action in ('invitation.created', 'invitation.accepted', 'member.added')";
    assert_eq!(app.count(acts), 3);
}

#[test]
fn a_link_without_address_is_shown_once_and_the_typed_address_is_not_taken_for_proved() {
    let app = App::new();
    let page = invite(&app, BEN, &plain(""));
    let browser = follow(&app, &shown(&page));
    let answer = browser.post("/invitation", &[GOOD[0], GOOD[1], ("email", "Ines@Elsewhere.example")]);
    assert_eq!(answer.location(), "/", "{}", answer.text());
    assert_eq!(
        app.count("select count(*) from people where email = 'ines@elsewhere.example' and verified_at is null"),
        1
    );
    assert!(!app.as_(BEN).get(&format!("/settings/invitations/{}", id_of_ended(&app))).has("value=\"http"));
    assert!(app.mails().is_empty());
}

fn id_of_ended(app: &App) -> String {
    let page = app.as_(ADA).get("/settings/invitations?state=ended").text();
    page.split("/settings/invitations/").find(|rest| rest.starts_with("01")).expect("none listed")[..36].to_owned()
}

#[test]
fn a_link_that_was_handed_over_proves_no_address_even_when_the_invitation_has_one() {
    let app = App::new();
    invite(&app, ADA, &plain(INES));
    let path = format!("/settings/invitations/{}/refreshing", id_of(&app));
    let link = shown(&app.as_(ADA).post(&path, &[("by", "link")]));
    assert_eq!(accept(&follow(&app, &link)).location(), "/");
    assert_eq!(app.count(&format!("select count(*) from people where email = '{INES}' and verified_at is null")), 1);
}

#[test]
fn nobody_invites_to_more_than_they_hold() {
    let app = App::new();
    app.sql("insert into roles (id, organisation_id, name, created_at) select '00000000-0000-0000-0000-000000000031', id, 'Keepers', created_at from organisations;
      insert into role_permissions values ('00000000-0000-0000-0000-000000000031', 'security_configuration.manage')");
    assert_eq!(invite(&app, CLEO, &plain(INES)).status, 403);
    assert_eq!(invite(&app, BEN, &[("emails", INES), ("role", "owner")]).status, 403);
    let keepers = ("custom_roles", "00000000-0000-0000-0000-000000000031");
    assert_eq!(invite(&app, BEN, &[("emails", INES), ("role", "member"), keepers]).status, 403);
    assert_eq!(invite(&app, ADA, &[("emails", INES), ("role", "member"), keepers]).status, 303);
    // Members of whom one may invite, by a custom role, and no more.
    app.sql("insert into role_permissions values ('00000000-0000-0000-0000-000000000031', 'members.invite');
      delete from role_permissions where permission = 'security_configuration.manage';
      insert into person_roles select id, '00000000-0000-0000-0000-000000000031', created_at from people where handle in ('dov', 'edda')");
    let atlas = |role| [("emails", "new@elsewhere.example"), ("role", "member"), (ATLAS_FIELD, role)];
    assert_eq!(invite(&app, DOV, &atlas("viewer")).status, 422);
    assert_eq!(invite(&app, EDDA, &atlas("admin")).status, 403);
    assert_eq!(invite(&app, EDDA, &[("emails", "new@elsewhere.example"), ("role", "admin")]).status, 403);
    assert_eq!(invite(&app, EDDA, &atlas("lead")).status, 303);
}

#[test]
fn what_the_inviter_has_lost_since_is_not_given() {
    for loss in [
        "update memberships set role = 'member' where person_id in (select id from people where handle = 'ben')",
        "update people set deactivated_at = created_at where handle = 'ben'",
    ] {
        let app = App::new();
        invite(&app, BEN, &[("emails", INES), ("role", "admin")]);
        let browser = follow(&app, &mailed(&app));
        app.sql(loss);
        assert!(browser.get("/invitation").has("no longer holds"), "{loss}");
        assert_eq!(accept(&browser).status, 409);
        assert_eq!(people(&app), 9);
    }
}

#[test]
fn each_state_has_its_page_and_none_lets_in() {
    let app = App::new();
    invite(&app, ADA, &plain(INES));
    let path = mailed(&app);
    let tells = |words: &str, status: u16| {
        let browser = follow(&app, &path);
        assert!(browser.get("/invitation").has(words), "{words}: {}", browser.get("/invitation").text());
        assert_eq!(accept(&browser).status, status, "{words}");
    };
    app.undoing(|| {
        app.sql("update invitations set expires_at = created_at + interval '1 second'");
        app.advance(chrono::Duration::seconds(2));
        tells("has run out", 409);
        assert!(app.as_(ADA).get("/settings/invitations").has("Expired"));
    });
    app.undoing(|| {
        app.as_(ADA).post(&format!("/settings/invitations/{}/removal", id_of(&app)), &[]);
        tells("was withdrawn", 409);
    });
    accept(&follow(&app, &path));
    tells("was used", 409);
    assert!(follow(&app, "/invitation/rubbish").get("/invitation").has("leads nowhere"));
    assert_eq!(app.visitor().get("/invitation").status, 404);
    assert_eq!(people(&app), 10);
}

#[test]
fn an_invitation_runs_out_after_seven_days_or_when_it_was_said() {
    let app = App::new();
    invite(&app, ADA, &plain(INES));
    invite(&app, ADA, &[("emails", "b@elsewhere.example"), ("role", "member"), ("days", "1")]);
    let browser = follow(&app, &mailed(&app));
    app.advance(chrono::Duration::days(DEFAULT_DAYS) - chrono::Duration::minutes(1));
    assert_eq!(app.count("select count(*) from invitations where expires_at = created_at + interval '1 day'"), 1);
    assert_eq!(browser.get("/invitation").status, 200);
    assert!(browser.get("/invitation").has("Join Halden"));
    app.advance(chrono::Duration::minutes(2));
    assert!(browser.get("/invitation").has("has run out"));
    assert_eq!(
        invite(&app, ADA, &[("emails", "c@elsewhere.example"), ("role", "member"), ("days", "3650")]).status,
        422
    );
}

#[test]
fn of_two_who_accept_at_once_one_wins() {
    let app = App::own();
    let page = app.as_(ADA).post("/settings/invitations", &plain(""));
    let path = shown(&page);
    let request = |email: &str| follow(&app, &path).posting("/invitation", &[GOOD[0], GOOD[1], ("email", email)]);
    let answers = app.at_once(vec![request("one@elsewhere.example"), request("two@elsewhere.example")]);
    let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 409]);
    assert_eq!(people(&app), 10);
}

#[test]
fn a_renewed_invitation_has_only_its_new_link_and_whoever_renews_stands_behind_it() {
    let app = App::new();
    invite(&app, ADA, &[("emails", INES), ("role", "owner")]);
    let old = mailed(&app);
    let path = format!("/settings/invitations/{}/refreshing", id_of(&app));
    assert_eq!(app.as_(BEN).post(&path, &[]).status, 403, "an admin renews no owner's invitation");
    assert_eq!(app.as_(CLEO).post(&path, &[]).status, 403);
    app.advance(chrono::Duration::days(30));
    assert_eq!(app.as_(ADA).post(&path, &[]).status, 303);
    let new = mailed(&app);
    assert!(old != new && follow(&app, &old).get("/invitation").has("leads nowhere"));
    assert_eq!(accept(&follow(&app, &new)).location(), "/");
    assert_eq!(app.as_(ADA).post(&path, &[]).status, 422, "what was accepted is not renewed");
    assert_eq!(app.count("select count(*) from audit_events where action = 'invitation.refreshed'"), 1);
}

#[test]
fn the_newcomers_form_decides_nothing_but_name_and_password() {
    let app = App::new();
    invite(&app, ADA, &plain(INES));
    let more = [
        GOOD[0],
        GOOD[1],
        ("email", "eve@evil.example"),
        ("role", "owner"),
        ("server_admin", "on"),
        ("groups", "00000000-0000-0000-0000-000000000021"),
        (ATLAS_FIELD, "admin"),
        ("back", "https://evil.example/"),
    ];
    assert_eq!(follow(&app, &mailed(&app)).post("/invitation", &more).location(), "/");
    let got = format!("select count(*) from people p join memberships m on m.person_id = p.id where p.email = '{INES}' and m.role = 'member' and not p.server_admin
        and not exists (select from group_members g where g.person_id = p.id) and not exists (select from project_grants g where g.person_id = p.id)");
    assert_eq!(app.count(&got), 1);
}

#[test]
fn who_was_shut_out_does_not_come_back_by_an_invitation() {
    let app = App::new();
    assert!(invite(&app, ADA, &plain(&HUGO.email())).has("was deactivated"));
    // Invited before, shut out since.
    invite(&app, ADA, &plain(INES));
    let path = mailed(&app);
    app.sql(&format!("update people set email = '{INES}' where handle = 'hugo'"));
    let browser = follow(&app, &path);
    assert!(browser.get("/invitation").has("Your account here was closed"));
    assert_eq!(accept(&browser).status, 409);
    // Nor by a link for whoever has it.
    let link = shown(&invite(&app, ADA, &plain("")));
    let answer = follow(&app, &link).post("/invitation", &[GOOD[0], GOOD[1], ("email", INES)]);
    assert!(answer.status == 422 && answer.has("email-error"));
}

#[test]
fn somebody_elses_invitation_is_not_accepted_by_who_is_signed_in_and_its_address_stays_half_hidden() {
    let app = App::new();
    invite(&app, ADA, &[("emails", INES), ("role", "admin")]);
    let dov = app.as_(DOV);
    dov.get(&mailed(&app));
    assert_eq!(dov.get("/invitation").location(), "/invitation/joining");
    let page = dov.get("/invitation/joining");
    assert!(page.has("for somebody else") && page.has("i…@elsewhere.example") && !page.has(INES));
    assert_eq!(dov.post("/invitation/joining", &[]).status, 404);
    assert_eq!(app.count("select count(*) from invitations where accepted_at is not null"), 0);
}

#[test]
fn a_member_who_accepts_a_link_gets_what_it_adds_and_loses_nothing() {
    let app = App::new();
    let planners = PLANNERS.0.to_string();
    let form = [("emails", ""), ("role", "member"), ("groups", planners.as_str()), (ATLAS_FIELD, "viewer")];
    for who in [DOV, EDDA] {
        let client = app.as_(who);
        client.get(&shown(&invite(&app, ADA, &form)));
        assert!(client.get("/invitation/joining").has("Ada Lindqvist invites you to more"));
        assert_eq!(client.post("/invitation/joining", &[]).location(), "/");
        assert_eq!(client.get("/projects/ATL").status, 200);
    }
    let grants = "select count(*) from project_grants g join people p on p.id = g.person_id where (p.handle, g.role) in (('dov', 'viewer'), ('edda', 'lead'))";
    assert_eq!(app.count(grants), 2);
    assert_eq!(app.count("select count(*) from group_members"), 3);
}

#[test]
fn a_higher_role_by_invitation_needs_an_inviter_who_may_change_roles() {
    let app = App::new();
    app.sql("insert into roles (id, organisation_id, name, created_at) select '00000000-0000-0000-0000-000000000031', id, 'Hosts', created_at from organisations;
      insert into role_permissions values ('00000000-0000-0000-0000-000000000031', 'members.invite');
      insert into person_roles select id, '00000000-0000-0000-0000-000000000031', created_at from people where handle = 'edda'");
    let (dov, hosts) = (app.as_(DOV), ("custom_roles", "00000000-0000-0000-0000-000000000031"));
    dov.get(&shown(&invite(&app, EDDA, &[("emails", ""), ("role", "member"), hosts])));
    assert_eq!(dov.post("/invitation/joining", &[]).status, 403);
    dov.get(&shown(&invite(&app, ADA, &[("emails", ""), ("role", "admin"), hosts])));
    assert_eq!(dov.post("/invitation/joining", &[]).location(), "/");
    assert_eq!(dov.get("/settings/invitations").status, 200);
}

#[test]
fn the_token_lies_in_no_table_no_queue_and_no_address_bar() {
    let app = App::new();
    invite(&app, ADA, &plain(INES));
    app.sql("create table before_sending as select * from jobs");
    let path = mailed(&app);
    let token = path.trim_start_matches("/invitation/");
    assert_eq!(token.len(), 43, "256 bits");
    for table in ["invitations", "invitation_links", "jobs", "before_sending", "activity", "audit_events"] {
        let found = app.count(&format!("select count(*) from {table} t where t::text like '%{token}%'"));
        assert_eq!(found, 0, "{table}");
    }
    let hash: String = tow::web::token_hash(token).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(app.count(&format!("select count(*) from invitation_links where token_hash = '\\x{hash}'")), 1);
    let landing = app.visitor().get(&path);
    assert_eq!((landing.status, landing.location().as_str()), (303, "/invitation"));
    let cookie = landing.header("set-cookie");
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("Max-Age=3600") && cookie.contains("SameSite=Lax"),
        "{cookie}"
    );
}

#[test]
fn guessing_links_slows_down() {
    let app = App::new();
    let statuses: Vec<u16> = (0..35)
        .map(|number| {
            let browser = app.visitor();
            browser.get(&format!("/invitation/guess{number}")).follow().status
        })
        .collect();
    assert_eq!((statuses[0], *statuses.last().unwrap()), (404, 429));
}

#[test]
fn links_are_made_from_the_configured_address_whatever_host_the_request_names() {
    let app = App::new();
    let ada = app.as_(ADA).with("Host", "evil.example").with("X-Forwarded-Host", "evil.example");
    ada.post("/settings/invitations", &plain(INES));
    let page = ada.post("/settings/invitations", &plain(""));
    assert!(shown(&page).starts_with("/invitation/") && !page.has("evil.example"));
    assert!(app.mails().iter().all(|mail| !mail.all.contains("evil.example")));
}

#[test]
fn bad_input_comes_back_beside_its_field_and_nobody_is_half_invited() {
    let app = App::new();
    let many: String = (0..=MAX_AT_ONCE).map(|n| format!("p{n}@elsewhere.example ")).collect();
    let long = "x".repeat(10_000);
    for (field, value) in [
        ("emails", "ines"),
        ("emails", "a@elsewhere.example, b@@"),
        ("emails", many.as_str()),
        ("emails", "eve@evil.example\r\nBcc:x@evil.example"),
        ("emails", "a\0b@c.example"),
        ("emails", long.as_str()),
        ("emails", "cleo@halden.example"),
        ("role", "emperor"),
        ("groups", "rubbish"),
        ("groups", "00000000-0000-0000-0000-00000000dead"),
        ("custom_roles", "00000000-0000-0000-0000-00000000dead"),
        ("project-rubbish", "admin"),
        (ATLAS_FIELD, "emperor"),
        ("days", "-1"),
    ] {
        let mut form = vec![("emails", "ok@elsewhere.example"), ("role", "member")];
        form.retain(|(name, _)| *name != field);
        form.push((field, value));
        let answer = invite(&app, ADA, &form);
        let beside = if field.starts_with("project") { "projects" } else { field };
        assert!(
            answer.status == 422 && answer.has(&format!("{beside}-error")),
            "{field} {value:.30}: {}",
            answer.status
        );
    }
    invite(&app, ADA, &plain(INES));
    let answer = invite(&app, BEN, &plain(&format!("other@elsewhere.example {INES}")));
    assert!(answer.has("has an open invitation") && answer.has("other@elsewhere.example"));
    assert_eq!(app.count("select count(*) from invitations"), 1);
}

#[test]
fn a_weak_password_or_no_name_is_told_beside_the_field_and_the_invitation_stays_open() {
    let app = App::new();
    invite(&app, ADA, &plain(INES));
    let browser = follow(&app, &mailed(&app));
    for (field, value) in [("name", ""), ("name", "\u{200b}"), ("password", "short"), ("password", "ines faro 12")] {
        let form = GOOD.map(|(name, old)| (name, if name == field { value } else { old }));
        let answer = browser.post("/invitation", &form);
        assert!(answer.status == 422 && answer.has(&format!("{field}-error")), "{field} {value}");
        assert!(!answer.has("nine green lanterns"), "a password is never echoed");
    }
    assert_eq!(accept(&browser).location(), "/");
}

#[test]
fn a_form_sent_twice_invites_once() {
    let app = App::new();
    let ada = app.as_(ADA);
    let form = [("emails", ""), ("role", "member"), ("_once", "00000000-0000-0000-0000-0000000000aa")];
    assert_eq!(ada.post("/settings/invitations", &form).status, 200);
    let again = ada.post("/settings/invitations", &form);
    assert!(again.status == 303 && again.location().starts_with("/settings/invitations/0"));
    assert_eq!(app.count("select count(*) from invitations"), 1);
}

#[test]
fn projects_that_a_reader_does_not_see_are_not_named_on_an_invitation() {
    let app = App::new();
    app.sql("insert into roles (id, organisation_id, name, created_at) select '00000000-0000-0000-0000-000000000031', id, 'Hosts', created_at from organisations;
      insert into role_permissions values ('00000000-0000-0000-0000-000000000031', 'members.invite');
      insert into person_roles select id, '00000000-0000-0000-0000-000000000031', created_at from people where handle = 'dov'");
    invite(&app, ADA, &[("emails", INES), ("role", "member"), (ATLAS_FIELD, "viewer")]);
    assert!(app.as_(BEN).get("/settings/invitations").has("Atlas (viewer)"));
    let page = app.as_(DOV).get("/settings/invitations");
    assert!(page.has(INES) && !page.has("Atlas"));
    mailed(&app);
}

#[test]
fn who_was_made_an_owner_while_joining_stays_one() {
    let app = App::new();
    let link = shown(&invite(&app, ADA, &[("emails", ""), ("role", "admin")]));
    let hash = tow::web::token_hash(link.rsplit('/').next().unwrap());
    let joined = app.write(DOV, |tx, me| {
        let mut sql = tow::db::sql::Sql::new("update memberships set role = 'owner' where person_id = ");
        sql.bind(DOV.id);
        sql.execute(tx.conn())?;
        tow::invitations::join(tx, me, &hash)
    });
    joined.unwrap();
    let role = format!("select count(*) from memberships where person_id = '{}' and role = 'owner'", DOV.id);
    assert_eq!(app.count(&role), 1);
}
