//! Who leaves: the list, the hand-over, the keys.

use crate::harness::*;
use tow::leaving::{MAX_HANDOVER, MAX_WORK_SHOWN};

const LIST: &str = "/people/cleo/leaving";

/// Cleo has a ticket in Atlas and one in Beacon, and leads Atlas.
fn loaded(app: &App) {
    app.sql(&format!(
        "update tickets set assignee_id = null; update projects set lead_id = null; update risks set owner_id = null; update experiments set owner_id = null;
         update tickets set assignee_id = '{id}' where id in (select id from records where display_id in ('{STEEL}', '{DOOR}'));
         update projects set lead_id = '{id}' where id = '{}'",
        ATLAS.0,
        id = CLEO.id
    ));
}

fn hand_over(client: &Client, to: Who, kinds: &[&str]) -> Answer {
    let id = to.id.to_string();
    let mut form: Vec<(&str, &str)> = kinds.iter().map(|kind| ("what", *kind)).collect();
    form.push(("person", &id));
    client.post(&format!("{LIST}/handover"), &form)
}

fn assignee(app: &App, ticket: &str) -> String {
    app.text(&format!("select p.handle as text from tickets t join records r on r.id = t.id join people p on p.id = t.assignee_id where r.display_id = '{ticket}'"))
}

#[test]
fn the_list_is_for_who_may_deactivate_the_person() {
    let app = App::new();
    loaded(&app);
    for (who, status) in [(ADA, 200), (BEN, 200), (DOV, 403), (VERA, 403)] {
        assert_eq!(app.as_(who).get(LIST).status, status, "{}", who.name);
        let sent = hand_over(&app.as_(who), BEN, &["risk"]).status;
        assert_eq!(sent, status, "{}", who.name);
    }
    assert_eq!(app.as_(ADA).get("/people/nobody/leaving").status, 404);
    assert!(app.as_(ADA).get("/people/cleo").has(LIST) && !app.as_(DOV).get("/people/cleo").has(LIST));
    app.as_(BEN).post("/people/cleo/deactivation", &[]);
    assert!(app.as_(BEN).get("/settings/members?state=deactivated").has(LIST));
    assert!(app.as_(BEN).get(LIST).has("may not sign in any more"));
}

#[test]
fn everything_open_goes_to_one_person_who_is_told_once() {
    let app = App::new();
    loaded(&app);
    let page = app.as_(ADA).get(LIST);
    assert!(page.has("2 tickets") && page.has(STEEL) && page.has("One project to lead"), "{}", page.text());
    assert!(page.queries < 24, "{}", page.queries);
    let done = hand_over(&app.as_(ADA), BEN, &["ticket", "project"]);
    assert!(done.status == 200 && done.has("Handed over to Ben Okafor") && !done.has("Stayed"), "{}", done.text());
    assert_eq!((assignee(&app, STEEL), assignee(&app, DOOR)), ("ben".to_owned(), "ben".to_owned()));
    assert_eq!(app.count(&format!("select count(*) from projects where lead_id = '{}'", BEN.id)), 1);
    let mails: Vec<String> = app
        .mails()
        .iter()
        .filter(|mail| mail.to() == BEN.email())
        .map(|mail| mail.header("subject").to_owned())
        .collect();
    assert_eq!(mails, ["3 things were handed over to you"]);
    assert_eq!(app.count("select count(*) from audit_events where action = 'member.work_handed_over'"), 1);
    assert!(app.as_(ADA).get(LIST).has("Nothing that you can see waits for them"));
    assert!(hand_over(&app.as_(ADA), BEN, &["ticket"]).has("Nothing went"), "sent again, nothing is left to go");
}

#[test]
fn what_the_other_may_not_see_stays_and_the_page_says_why() {
    let app = App::new();
    loaded(&app);
    let done = hand_over(&app.as_(ADA), DOV, &["ticket", "project"]);
    assert!(done.has("Dov Peretz may not see it") && done.has(STEEL), "{}", done.text());
    assert_eq!((assignee(&app, STEEL), assignee(&app, DOOR)), ("cleo".to_owned(), "dov".to_owned()));
    assert_eq!(app.count(&format!("select count(*) from projects where lead_id = '{}'", CLEO.id)), 1);
    assert_eq!(
        app.count(&format!(
            "select count(*) from project_grants where person_id = '{}' and project_id = '{}'",
            DOV.id, ATLAS.0
        )),
        0
    );
}

#[test]
fn what_the_actor_may_not_see_is_not_listed_and_does_not_go() {
    let app = App::new();
    app.sql(&format!(
        "update tickets set assignee_id = null; update tickets set assignee_id = '{}' where id in (select id from records where display_id = '{SECRET}')",
        CLEO.id
    ));
    let page = app.as_(ADA).get(LIST);
    assert!(!page.has(SECRET) && page.has("Nothing that you can see waits for them"), "{}", page.text());
    hand_over(&app.as_(ADA), BEN, &["ticket"]);
    assert_eq!(assignee(&app, SECRET), "cleo");
}

#[test]
fn who_wrote_what_does_not_change() {
    let app = App::new();
    loaded(&app);
    let authors = || {
        app.text(
            "select md5(string_agg(id::text || coalesce(author_id::text, ''), ',' order by id)) as text from records",
        )
    };
    let past = || app.count(&format!("select count(*) from activity where actor_id = '{}'", CLEO.id));
    let before = (authors(), past());
    assert_eq!(hand_over(&app.as_(ADA), BEN, &["ticket", "risk", "experiment", "project"]).status, 200);
    assert_eq!((authors(), past()), before);
}

#[test]
fn what_cannot_be_handed_over_is_said_and_changes_nothing() {
    let app = App::new();
    loaded(&app);
    app.as_(ADA).post("/people/dov/deactivation", &[]);
    let ada = app.as_(ADA);
    for (to, kinds) in [(BEN, vec![]), (BEN, vec!["nonsense"]), (CLEO, vec!["ticket"]), (DOV, vec!["ticket"])] {
        assert_eq!(hand_over(&ada, to, &kinds).status, 422, "{} {kinds:?}", to.name);
    }
    assert_eq!(ada.post(&format!("{LIST}/handover"), &[("what", "ticket"), ("person", "x")]).status, 422);
    assert_eq!(assignee(&app, STEEL), "cleo");
    app.advance(chrono::Duration::seconds(901));
    let late = hand_over(&ada, BEN, &["ticket"]);
    assert!(late.location().starts_with("/confirmation/"), "{}", late.status);
}

#[test]
fn one_step_takes_so_many_and_the_page_shows_the_first() {
    let app = App::new();
    app.sql(&format!(
        "insert into projects (id, organisation_id, key, name, about, visibility, lead_id, version, created_at)
         select gen_random_uuid(), organisation_id, 'P' || n, 'Pier ' || n, '', visibility, '{}', 1, created_at from projects, generate_series(1, {MAX_HANDOVER}) n where id = '{}'",
        CLEO.id, BEACON.0
    ));
    let page = app.as_(ADA).get(LIST);
    assert!(page.has(&format!("One step takes {MAX_HANDOVER} of a kind")), "{}", page.text());
    assert_eq!(page.text().matches("<div class=\"row-title\"><a href=\"/projects/P").count(), MAX_WORK_SHOWN);
}

#[test]
fn keys_end_in_one_step_with_an_entry_each() {
    let app = App::new();
    let (browser, robot) = (app.as_(CLEO), app.token(CLEO, &ALL_SCOPES, None));
    assert_eq!((browser.get("/tickets").status, robot.get("/api/v1/me").status), (200, 200));
    let end = |kinds: &[(&str, &str)]| app.as_(ADA).post(&format!("{LIST}/keys/removal"), kinds);
    assert_eq!(end(&[]).status, 422);
    assert_eq!(end(&[("what", "token")]).status, 303);
    assert_eq!((browser.get("/tickets").status, robot.get("/api/v1/me").status), (200, 401), "only what was chosen");
    assert_eq!(end(&[("what", "session"), ("what", "token")]).status, 303);
    assert!(browser.get("/tickets").location().starts_with("/sign-in"));
    assert_eq!(app.count("select count(*) from audit_events where action = 'token.revoked'"), 1);
    assert_eq!(end(&[("what", "session"), ("what", "token")]).status, 422, "nothing is left");
}

#[test]
fn keys_of_the_organisation_are_for_who_manages_them() {
    let app = App::new();
    let robot = app.key(&ALL_SCOPES, None);
    app.as_(ADA).post("/settings/provisioning/tokens", &[("name", "Entra ID"), ("days", "90")]);
    app.sql(&format!(
        "update tokens set creator_id = '{id}'; update scim_tokens set creator_id = '{id}'",
        id = CLEO.id
    ));
    let kinds = [("what", "key"), ("what", "directory")];
    assert!(!app.as_(BEN).get(LIST).has("of the organisation that they made"));
    assert_eq!(app.as_(BEN).post(&format!("{LIST}/keys/removal"), &kinds).status, 422);
    assert_eq!(robot.get("/api/v1/projects").status, 200);
    let page = app.as_(ADA).get(LIST);
    assert!(
        page.has("One API key of the organisation that they made")
            && page.has("One token of the directory that they made")
    );
    assert_eq!(app.as_(ADA).post(&format!("{LIST}/keys/removal"), &kinds).status, 303);
    assert_eq!(robot.get("/api/v1/projects").status, 401);
    assert_eq!(app.count("select count(*) from scim_tokens where revoked_at is null"), 0);
}
