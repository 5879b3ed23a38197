//! Access reviews and practices, through their pages.

use crate::harness::*;
use chrono::Duration;
use tow::reviews;

const REVIEWS: &str = "/settings/reviews";

/// A review that Ada has just begun: where it is.
fn begun(app: &App) -> String {
    let answer = app.as_(ADA).post(REVIEWS, &[]);
    assert_eq!(answer.status, 303, "{}", answer.error);
    answer.location()
}

/// Where the form of a line goes.
fn line(app: &App, path: &str, kind: &str, subject: &str, what: &str) -> String {
    let sql = format!(
        "select l.position::bigint as count from review_lines l where l.kind = '{kind}' and l.subject = '{subject}' and l.what = '{what}'"
    );
    let page = app.as_(ADA).get(path).text();
    let row = page.split(&format!("<tr id=\"line-{}\">", app.count(&sql))).nth(1).expect("the line is shown");
    row.split("action=\"").nth(1).expect("the line has a form").split('"').next().unwrap().to_owned()
}

fn answer(app: &App, who: Who, line: &str, answer: &str) -> Answer {
    app.as_(who).post(line, &[("answer", answer)])
}

#[test]
fn every_access_is_a_line_and_is_confirmed_or_taken_away_by_its_own_verb() {
    let app = App::new();
    let path = begun(&app);
    let gone = [
        (
            "member",
            "Ben Okafor",
            "admin",
            "select count(*) from memberships m join people p on p.id = m.person_id where p.handle = 'ben' and m.role = 'member'",
        ),
        (
            "member",
            "Dov Peretz",
            "member",
            "select count(*) from people where handle = 'dov' and deactivated_at is not null",
        ),
        ("group_member", "Cleo Marchetti", "Planners", "select 1 - count(*) as count from group_members"),
        ("grant", "Vera Novak", "viewer", "select 1 - count(*) as count from project_grants where role = 'viewer'"),
    ];
    for (kind, subject, what, done) in gone {
        let line = line(&app, &path, kind, subject, what);
        let said = answer(&app, ADA, &line, "revoke");
        assert_eq!((said.status, app.count(done)), (303, 1), "{kind} {subject}: {}", said.error);
    }
    let kept = line(&app, &path, "member", "Ada Lindqvist", "owner");
    assert!(answer(&app, ADA, &kept, "confirm").follow().has("Confirmed."));
    let events = "select count(*) from audit_events where action in ('member.role_changed', 'member.deactivated', 'group.changed', 'project.grant_changed')";
    assert_eq!(app.count(events), 4, "each is audited in its own words");
    assert_eq!(app.count("select count(*) from audit_events where action = 'review.answered'"), 5);
}

#[test]
fn what_changed_since_the_review_began_is_noted_as_gone_and_left_alone() {
    let app = App::new();
    let path = begun(&app);
    let dov = line(&app, &path, "member", "Dov Peretz", "member");
    app.as_(ADA).post("/people/dov/role", &[("was", "member"), ("role", "admin")]);
    assert!(answer(&app, ADA, &dov, "revoke").follow().has("It was gone already"));
    assert_eq!(app.count("select count(*) from people where handle = 'dov' and deactivated_at is null"), 1);
}

#[test]
fn a_line_is_answered_once_and_a_reviewer_takes_away_no_more_than_they_hold() {
    let app = App::new();
    let path = begun(&app);
    let ada = line(&app, &path, "member", "Ada Lindqvist", "owner");
    assert_eq!(answer(&app, BEN, &ada, "revoke").status, 403, "an admin makes no owner a member");
    assert_eq!(answer(&app, ADA, &ada, "revoke").status, 422, "the last owner stays");
    assert_eq!(app.count("select count(*) from review_lines where answer is not null"), 0);
    answer(&app, BEN, &ada, "confirm");
    assert!(answer(&app, ADA, &ada, "revoke").has("answered this line already"));
    assert_eq!(answer(&app, ADA, &ada, "perhaps").status, 422);
}

#[test]
fn a_review_is_signed_when_every_line_is_answered_and_then_stands() {
    let app = App::new();
    let path = begun(&app);
    let early = app.as_(ADA).post(&format!("{path}/signature"), &[("finding", "All well.")]);
    assert!(early.status == 422 && early.has("lines are still open") && early.has("All well."));
    let open = line(&app, &path, "member", "Dov Peretz", "member");
    app.sql("update review_lines set answer = 'confirmed', answered_at = '2026-12-01'");
    assert!(
        app.as_(ADA)
            .post(&format!("{path}/signature"), &[("finding", "All well.")])
            .follow()
            .has("signed by Ada Lindqvist")
    );
    assert_eq!(answer(&app, ADA, &open, "revoke").status, 422);
    assert_eq!(app.as_(ADA).post(&format!("{path}/signature"), &[]).status, 422);
    assert_eq!(app.count("select count(*) from audit_events where action = 'review.signed'"), 1);
    assert!(app.as_(ADA).get(&path).has("All well."));
}

#[test]
fn one_review_is_open_at_a_time() {
    let app = App::new();
    begun(&app);
    assert!(app.as_(BEN).post(REVIEWS, &[]).has("A review is open"));
    assert_eq!(app.count("select count(*) from reviews"), 1);
}

#[test]
fn the_export_names_everything_that_gives_access() {
    let provider = IdProvider::new();
    let app = provider.app();
    open_security_desk(&app);
    app.as_(ADA).post("/settings/invitations", &[("emails", "ines@elsewhere.example"), ("role", "member")]);
    enrol(&app, &app.as_(ADA));
    app.as_(ADA).post("/settings/sign-on/break-glass/owners", &[("person", &ADA.id.to_string())]);
    let (browser, door) = (app.visitor(), app.text("select '/sign-on/' || id::text as text from sso_connections"));
    browser.get(&provider.consent(&app, &browser.get(&door).location()));
    app.token(CLEO, &ALL_SCOPES, None);
    app.key(&ALL_SCOPES, None);
    app.as_(ADA).post("/settings/provisioning/tokens", &[("name", "Entra ID"), ("days", "90")]);
    let json = app.as_(ADA).post("/settings/reviews/export", &[("format", "json")]);
    let whole: serde_json::Value = serde_json::from_str(&json.text()).unwrap();
    let kinds: std::collections::BTreeSet<&str> =
        whole["access"].as_array().unwrap().iter().map(|access| access["kind"].as_str().unwrap()).collect();
    let all: std::collections::BTreeSet<&str> = reviews::AccessKind::ALL.iter().map(|kind| kind.as_str()).collect();
    assert_eq!(kinds, all);
    assert_eq!((&whole["format"], &whole["organisation"]), (&"tow-access-review".into(), &"Halden".into()));
    let csv = app.as_(ADA).post("/settings/reviews/export", &[("format", "csv")]);
    let rows = csv::Reader::from_reader(csv.body.as_slice()).records().count();
    assert_eq!(rows, whole["access"].as_array().unwrap().len());
    assert_eq!(app.count("select count(*) from audit_events where action = 'access_review.exported'"), 2);
    assert_eq!(app.as_(ADA).post("/settings/reviews/export", &[("format", "pdf")]).status, 422);
}

#[test]
fn a_name_that_is_a_formula_is_text_in_the_table() {
    let app = App::new();
    app.sql("update people set name = '=HYPERLINK(1)' where handle = 'dov'");
    let csv = app.as_(ADA).post("/settings/reviews/export", &[("format", "csv")]).text();
    assert!(csv.contains("'=HYPERLINK") && !csv.contains(",=HYPERLINK"));
}

#[test]
fn a_review_leaves_as_a_file_with_its_answers() {
    let app = App::new();
    let path = begun(&app);
    answer(&app, ADA, &line(&app, &path, "member", "Ada Lindqvist", "owner"), "confirm");
    let json = app.as_(ADA).post(&format!("{path}/export"), &[("format", "json")]);
    let whole: serde_json::Value = serde_json::from_str(&json.text()).unwrap();
    let ada = whole["lines"].as_array().unwrap().iter().find(|line| line["subject"] == "Ada Lindqvist").unwrap();
    assert_eq!((&ada["answer"], &ada["answered_by"]), (&"confirmed".into(), &"Ada Lindqvist".into()));
    assert!(app.as_(ADA).post(&format!("{path}/export"), &[("format", "csv")]).has("answered_by"));
}

#[test]
fn by_its_rhythm_a_review_begins_and_people_are_reminded() {
    let app = App::new();
    let ada = app.as_(ADA);
    assert_eq!(ada.post("/settings/reviews/rhythm", &[("months", "6")]).status, 303);
    let config = app.state().config.clone();
    let begin = |app: &App| app.tx(|tx| reviews::begin_due(tx, &config));
    let remind = |app: &App| app.tx(|tx| reviews::remind(tx, &config));
    assert!(!begin(&app));
    app.advance(Duration::days(184));
    assert!(begin(&app) && !begin(&app), "once");
    assert!(app.as_(ADA).get(REVIEWS).has("0 of"));
    assert_eq!(
        app.count("select count(*) from audit_events where action = 'review.started' and actor_kind = 'system'"),
        1
    );
    assert_eq!(remind(&app), 0, "they were told a moment ago");
    app.advance(Duration::days(15));
    assert_eq!((remind(&app), remind(&app)), (2, 0), "owner and admin, once a week");
    assert_eq!(app.count("select count(*) from jobs where kind = 'mail.send'"), 4);
}

#[test]
fn a_rhythm_is_a_number_of_months_or_nothing() {
    let app = App::new();
    for bad in ["0", "25", "-1", "soon", "999999999999"] {
        let answer = app.as_(ADA).post("/settings/reviews/rhythm", &[("months", bad)]);
        assert!(answer.status == 422 && answer.has("months-error"), "{bad}");
    }
    for good in ["1", "24", ""] {
        assert_eq!(app.as_(ADA).post("/settings/reviews/rhythm", &[("months", good)]).status, 303, "{good}");
    }
    assert_eq!(app.count("select count(*) from review_rhythms"), 0);
}

#[test]
fn lines_of_another_review_and_strangers_ids_are_not_found() {
    let app = App::new();
    let path = begun(&app);
    let dov = line(&app, &path, "member", "Dov Peretz", "member");
    let elsewhere = dov.replace(path.rsplit('/').next().unwrap(), "00000000-0000-0000-0000-000000000999");
    assert_eq!(answer(&app, ADA, &elsewhere, "confirm").status, 404);
    assert_eq!(answer(&app, ADA, &format!("{path}/lines/rubbish"), "confirm").status, 404);
    for who in [CLEO, GRO] {
        assert_eq!(answer(&app, who, &dov, "confirm").status, 403, "{}", who.name);
        assert_eq!(app.as_(who).get(&path).status, 403, "{}", who.name);
    }
}

#[test]
fn the_page_of_a_review_takes_few_queries_however_many_lines_there_are() {
    let app = App::new();
    let path = begun(&app);
    app.sql(
        "insert into review_lines (id, review_id, position, kind, subject, what, detail, reference)
         select gen_random_uuid(), r.id, 1000 + n, 'grant', 'Somebody ' || n, 'member', '', '{}' from reviews r, generate_series(1, 1000) n",
    );
    let page = app.as_(ADA).get(&path);
    assert!(page.queries <= 6, "{}", page.queries);
    let next =
        page.text().split("rel=\"next\" href=\"").nth(1).unwrap().split('"').next().unwrap().replace("&#38;", "&");
    assert!(app.as_(ADA).get(&next).has("Somebody"));
}

#[test]
fn what_only_people_know_is_written_down_kept_and_exported() {
    let app = App::new();
    let form = [("ingress", "Caddy on edge-1, Edda answers for it"), ("recovery_time", "four hours")];
    assert!(app.as_(ADA).post("/settings/practices", &form).follow().has("Caddy on edge-1"));
    assert_eq!(
        app.count(
            "select count(*) from audit_events where action = 'practices.changed' and after::text not like '%Caddy%'"
        ),
        1
    );
    let whole = app.as_(ADA).post("/settings/reviews/export", &[("format", "json")]).text();
    assert!(whole.contains("Caddy on edge-1"));
    app.as_(ADA).post("/settings/practices", &[("ingress", "")]);
    assert_eq!(app.count("select count(*) from practice_notes"), 1);
    let long = "x".repeat(tow::reviews::MAX_NOTE_CHARS + 1);
    for bad in [long.as_str(), "a\0b"] {
        let answer = app.as_(ADA).post("/settings/practices", &[("ingress", bad)]);
        assert_eq!(answer.status, 422);
    }
}

#[test]
fn practices_show_how_the_server_stands_and_only_who_may_writes() {
    let app = App::configured(&[("DATA_ENCRYPTION_KEY", "")]);
    let page = app.as_(ADA).get("/settings/practices");
    assert!(
        page.has("There is one owner")
            && page.has("Without one: Ada Lindqvist")
            && page.has("DATA_ENCRYPTION_KEY is not set")
    );
    assert_eq!(app.as_(CLEO).get("/settings/practices").status, 403);
    assert_eq!(app.as_(CLEO).post("/settings/practices", &[("ingress", "Mine")]).status, 403);
}

#[test]
fn the_docs_page_says_what_the_page_of_practices_shows() {
    let kept = std::fs::read_to_string(checkout().join("docs/production.md")).unwrap();
    assert_eq!(kept, reviews::markdown(), "run bin/regenerate");
}

/// Begins a review, takes one line of it away as Ada, and answers what the page said.
fn revoked(app: &App, (kind, subject, what): (&str, &str, &str)) {
    let path = begun(app);
    let line = line(app, &path, kind, subject, what);
    let said = answer(app, ADA, &line, "revoke");
    assert_eq!(said.status, 303, "{kind}: {}", said.text());
    assert_eq!(app.count("select count(*) from review_lines where answer = 'revoked'"), 1, "{kind}");
}

#[test]
fn a_person_taken_away_in_a_review_is_out_at_the_next_click() {
    let app = App::new();
    let dov = app.as_(DOV);
    assert_eq!(dov.get("/projects").status, 200);
    revoked(&app, ("member", "Dov Peretz", "member"));
    assert_eq!(dov.get("/projects").status, 303);
    let again = app.visitor().post("/sign-in", &[("email", &DOV.email()), ("password", PASSWORD)]);
    assert_eq!(again.status, 422);
}

#[test]
fn a_role_taken_away_in_a_review_is_gone_at_the_next_click() {
    let app = App::new();
    assert_eq!(app.as_(BEN).get("/settings/organisation").status, 200);
    revoked(&app, ("member", "Ben Okafor", "admin"));
    assert_eq!(app.as_(BEN).get("/settings/organisation").status, 403);
    let app = App::new();
    open_security_desk(&app);
    let sami = app.as_(SAMI);
    assert_eq!(sami.get("/settings/sign-on").status, 200);
    revoked(&app, ("custom_role", "Sami Aho", "Security desk"));
    assert_ne!(sami.get("/settings/sign-on").status, 200);
    assert_eq!(app.as_(SAMI).get("/settings/sign-on").status, 403);
}

#[test]
fn a_grant_and_a_place_in_a_group_taken_away_in_a_review_are_gone_at_the_next_click() {
    let app = App::new();
    let vera = app.as_(VERA);
    assert_eq!(vera.get("/projects/ATL").status, 200);
    revoked(&app, ("grant", "Vera Novak", "viewer"));
    assert_eq!(vera.get("/projects/ATL").status, 404);
    let app = App::new();
    let cleo = app.as_(CLEO);
    app.sql("update project_grants set group_id = (select id from groups), person_id = null where person_id = (select id from people where handle = 'cleo')");
    assert_eq!(cleo.get("/projects/ATL").status, 200);
    revoked(&app, ("group_member", "Cleo Marchetti", "Planners"));
    assert_eq!(cleo.get("/projects/ATL").status, 404);
}

#[test]
fn an_invitation_taken_away_in_a_review_lets_nobody_in() {
    let app = App::new();
    app.as_(ADA).post("/settings/invitations", &[("emails", "ines@elsewhere.example"), ("role", "member")]);
    let link = app.mails().last().expect("no mail").path("/invitation/");
    let browser = app.visitor();
    browser.get(&link);
    revoked(&app, ("invitation", "ines@elsewhere.example", "member"));
    assert!(browser.get("/invitation").has("This invitation was withdrawn"));
    let form = [("name", "Ines Faro"), ("password", "nine green lanterns")];
    assert_eq!(browser.post("/invitation", &form).status, 409);
    assert_eq!(app.count("select count(*) from people where email = 'ines@elsewhere.example'"), 0);
}

#[test]
fn a_token_and_a_key_taken_away_in_a_review_are_dead_at_once() {
    let app = App::new();
    let robot = app.token(CLEO, &ALL_SCOPES, None);
    assert_eq!(robot.get("/api/v1/me").status, 200);
    let name = app.text("select name as text from tokens");
    revoked(&app, ("token", "Cleo Marchetti", &name));
    assert_eq!(robot.get("/api/v1/me").status, 401);
    let app = App::new();
    let robot = app.key(&ALL_SCOPES, None);
    assert_eq!(robot.get("/api/v1/me").status, 200);
    revoked(&app, ("key", "Harbour robot", "Harbour robot"));
    assert_eq!(robot.get("/api/v1/me").status, 401);
}

#[test]
fn a_way_in_through_the_provider_taken_away_in_a_review_ends_its_sessions_and_opens_no_more() {
    let provider = IdProvider::new();
    let app = provider.app();
    let (browser, door) = (app.visitor(), app.text("select '/sign-on/' || id::text as text from sso_connections"));
    let go = |browser: &Client| browser.get(&provider.consent(&app, &browser.get(&door).location()));
    go(&browser);
    assert_eq!(browser.get("/projects").status, 200);
    app.sql("update sso_connections set allowed_domains = '{}'");
    revoked(&app, ("link", "Wren Aldous", &app.text("select name as text from sso_connections")));
    assert_eq!(browser.get("/projects").status, 303);
    go(&browser);
    assert_eq!(browser.get("/projects").status, 303, "and the provider alone brings them back no more");
    assert_eq!(app.count("select count(*) from sso_links"), 0);
}

#[test]
fn a_token_of_the_directory_is_a_line_and_revoked_it_opens_nothing() {
    let app = App::new();
    let page = app.as_(ADA).post("/settings/provisioning/tokens", &[("name", "Entra ID"), ("days", "90")]).text();
    let at = page.find("tow_scim_").unwrap();
    let token = page[at..].split('"').next().unwrap().to_owned();
    assert_eq!(app.bearer(&token).get("/scim/v2/Users").status, 200);
    let path = begun(&app);
    let found = line(&app, &path, "directory_token", "Entra ID", "directory");
    assert!(app.as_(ADA).get(&path).has("Token of the directory"));
    answer(&app, ADA, &found, "revoke");
    assert_eq!(app.bearer(&token).get("/scim/v2/Users").status, 401);
    assert_eq!(app.count("select count(*) from audit_events where action = 'scim_token.revoked'"), 1);
}

#[test]
fn a_break_glass_owner_taken_off_in_a_review_stays_outside() {
    let app = App::new();
    enrol(&app, &app.as_(ADA));
    app.as_(ADA).post("/settings/sign-on/break-glass/owners", &[("person", &ADA.id.to_string())]);
    app.require_sign_on();
    let come_in = |browser: &Client| {
        let form =
            [("email", ADA.email()), ("password", PASSWORD.to_owned()), ("reason", "The provider is down".to_owned())];
        let form: Vec<_> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        browser.post("/sign-in/break-glass", &form).status
    };
    assert_eq!(come_in(&app.visitor()), 303);
    // The last one is not taken off while nobody else could get in.
    app.sql("delete from sso_enforcements");
    revoked(&app, ("break_glass", "Ada Lindqvist", "owner"));
    app.require_sign_on();
    assert_eq!(come_in(&app.visitor()), 422);
}

#[test]
fn a_review_reads_who_comes_in_through_which_provider_and_who_comes_in_past_it() {
    let provider = IdProvider::new();
    let app = provider.app();
    app.require_sign_on();
    app.sql("insert into break_glass_owners (person_id, named_by, named_at) select id, id, created_at from people where handle = 'ada'");
    let json = app.as_(ADA).post("/settings/reviews/export", &[("format", "json")]).text();
    let whole: serde_json::Value = serde_json::from_str(&json).unwrap();
    let one =
        |kind: &str| whole["access"].as_array().unwrap().iter().find(|access| access["kind"] == kind).cloned().unwrap();
    assert_eq!(one("connection")["what"], "required for everybody");
    assert!(
        one("connection")["detail"].as_str().unwrap().contains(&provider.issuer()) && !json.contains(CLIENT_SECRET)
    );
    assert_eq!(
        (&one("break_glass")["subject"], &one("break_glass")["detail"]),
        (&"Ada Lindqvist".into(), &"ada@halden.example, no second factor".into())
    );
}

#[test]
fn practices_show_how_old_secrets_and_keys_are_and_what_stands_between_people_and_the_provider() {
    let app = App::new();
    app.tx(|tx| tow::db::sightings::see(tx, &app.state().fingerprints));
    app.token(CLEO, &ALL_SCOPES, None);
    let page = app.as_(ADA).get("/settings/practices");
    assert!(page.has("APP_SECRET since today") && page.has("No token or API key is old or unused"), "{}", page.text());
    assert!(page.has("no provider is connected") && page.has("Nobody is named as break-glass owner"));
    app.advance(Duration::days(80));
    app.sql("update tokens set expires_at = expires_at + interval '2 years'");
    app.advance(Duration::days(11));
    let page = app.as_(ADA).get("/settings/practices");
    assert!(page.has("APP_SECRET for 91 days") && page.has("One token or API key is old or unused"), "{}", page.text());
    app.require_sign_on();
    assert!(app.as_(ADA).get("/settings/practices").has("Everybody signs in through the provider"));
}

#[test]
fn what_a_reviewer_cannot_see_is_not_noted_as_gone() {
    let app = App::new();
    app.sql(
        "insert into roles (id, organisation_id, name, created_at) select '00000000-0000-0000-0000-000000000032', id, 'Reviewer', created_at from organisations;
         insert into role_permissions values ('00000000-0000-0000-0000-000000000032', 'access_review.export');
         insert into person_roles select id, '00000000-0000-0000-0000-000000000032', created_at from people where handle = 'dov'",
    );
    let path = begun(&app);
    let line = line(&app, &path, "grant", "Vera Novak", "viewer");
    assert_eq!(answer(&app, DOV, &line, "revoke").status, 403);
    assert_eq!(app.count("select count(*) from review_lines where answer is not null"), 0);
    assert_eq!(app.as_(VERA).get("/projects/ATL").status, 200);
}

#[test]
fn what_ended_by_itself_since_a_review_began_is_noted_as_gone() {
    let app = App::new();
    app.key(&ALL_SCOPES, None);
    app.as_(ADA).post("/settings/invitations", &[("emails", "ines@elsewhere.example"), ("role", "member")]);
    let path = begun(&app);
    let key = line(&app, &path, "key", "Harbour robot", "Harbour robot");
    let invitation = line(&app, &path, "invitation", "ines@elsewhere.example", "member");
    let group = line(&app, &path, "group_member", "Cleo Marchetti", "Planners");
    app.sql("update tokens set revoked_at = created_at; update invitations set accepted_at = created_at, accepted_by_id = inviter_id; delete from group_members");
    for line in [key, invitation, group] {
        assert!(answer(&app, ADA, &line, "revoke").follow().has("It was gone already"));
    }
    assert_eq!(app.count("select count(*) from review_lines where answer = 'gone'"), 3);
}

#[test]
fn an_approved_provider_stands_with_its_terms_and_travels_with_the_review() {
    let app = App::new();
    let form =
        [("endpoint", "https://api.openai.com/v1"), ("purpose", "Answers"), ("terms", "Keeps nothing for 30 days")];
    assert_eq!(app.as_(CLEO).post("/settings/practices/providers", &form).status, 403);
    assert_eq!(app.as_(BEN).post("/settings/practices/providers", &form).status, 303);
    app.as_(ADA).post("/settings/practices", &[("database", "Frankfurt; Edda"), ("recovery_point", "15 minutes")]);
    let page = app.as_(ADA).get("/settings/practices");
    assert!(page.has("Keeps nothing for 30 days") && page.has("Ben") && page.has("15 minutes"));
    let file = app.as_(ADA).post("/settings/reviews/export", &[("format", "json")]).json();
    assert_eq!(file["providers"][0]["host"], "api.openai.com");
    assert_eq!(
        (&file["practices"]["database"]["text"], &file["providers"][0]["terms"]),
        (&"Frankfurt; Edda".into(), &"Keeps nothing for 30 days".into())
    );
    let path = begun(&app);
    let one = app.as_(ADA).post(&format!("{path}/export"), &[("format", "json")]).json();
    assert_eq!(one["providers"][0]["host"], "api.openai.com");
    assert_eq!(one["as_of"], one["at"], "what the server is like was looked at now, not when it was signed");
    assert_eq!(app.count("select count(*) from audit_events where action = 'ai.provider_approved'"), 1);
}

#[test]
fn approving_again_changes_the_words_and_withdrawing_takes_it_off() {
    let app = App::new();
    let ben = app.as_(BEN);
    for terms in ["30 days", "None"] {
        let form = [("endpoint", "API.example.com:8443"), ("purpose", "Answers"), ("terms", terms)];
        assert_eq!(ben.post("/settings/practices/providers", &form).status, 303);
    }
    assert_eq!(
        app.count("select count(*) from provider_approvals where host = 'api.example.com:8443' and terms = 'None'"),
        1
    );
    let id = app.text("select id::text as text from provider_approvals");
    let path = format!("/settings/practices/providers/{id}/removal");
    assert_eq!((ben.post(&path, &[]).status, ben.post(&path, &[]).status), (303, 404));
    assert_eq!(app.count("select count(*) from provider_approvals"), 0);
    let changes = "select string_agg(before::text || after::text, ' ' order by at, id) as text from audit_events where action like 'ai.provider%'";
    let changes = app.text(changes);
    for word in ["30 days", "None"] {
        assert!(changes.contains(word), "{word} in {changes}");
    }
}

#[test]
fn the_words_of_an_approval_can_be_changed_also_when_the_list_is_full() {
    let app = App::new();
    app.sql(&format!(
        "insert into provider_approvals (id, organisation_id, host, purpose, terms, approved_at)
         select gen_random_uuid(), o.id, 'h' || n || '.example', 'p', 't', o.created_at from organisations o, generate_series(1, {}) n",
        tow::ai::MAX_APPROVALS
    ));
    let form = [("endpoint", "h7.example"), ("purpose", "Answers"), ("terms", "None")];
    assert_eq!(app.as_(BEN).post("/settings/practices/providers", &form).status, 303);
    let form = [("endpoint", "new.example"), ("purpose", "Answers"), ("terms", "None")];
    assert_eq!(app.as_(BEN).post("/settings/practices/providers", &form).status, 422);
}

#[test]
fn the_list_is_ended_only_when_it_is_empty_and_that_is_kept() {
    let app = App::new();
    let ben = app.as_(BEN);
    let form = [("endpoint", "api.example.com"), ("purpose", "Answers"), ("terms", "None")];
    assert_eq!(ben.post("/settings/practices/providers", &form).status, 303);
    let end = || ben.post("/settings/practices/providers/ending", &[]);
    assert!(end().has("Withdraw every approval first"));
    let id = app.text("select id::text as text from provider_approvals");
    ben.post(&format!("/settings/practices/providers/{id}/removal"), &[]);
    assert!(ben.get("/settings/practices").has("End the list"));
    assert_eq!((end().status, end().status), (303, 303));
    assert_eq!(app.count("select count(*) from audit_events where action = 'ai.provider_list_ended'"), 1);
    assert!(!ben.get("/settings/practices").has("End the list"));
}

#[test]
fn what_is_no_host_or_says_nothing_comes_back_as_typed() {
    let app = App::new();
    for endpoint in ["", "not a host", "ftp://x.example", "https://u:p@x.example", "x.example/?key=1"] {
        let form = [("endpoint", endpoint), ("purpose", "Answers"), ("terms", " ")];
        let page = app.as_(BEN).post("/settings/practices/providers", &form);
        assert!(page.status == 422 && page.has("This is no host") && page.has("Write something here"), "{endpoint}");
    }
    let long = "x".repeat(tow::ai::MAX_APPROVAL_CHARS + 1);
    let form = [("endpoint", "x.example"), ("purpose", long.as_str()), ("terms", "None")];
    assert_eq!(app.as_(BEN).post("/settings/practices/providers", &form).status, 422);
    app.sql(&format!(
        "insert into provider_approvals (id, organisation_id, host, purpose, terms, approved_at)
         select gen_random_uuid(), o.id, 'h' || n, 'p', 't', o.created_at from organisations o, generate_series(1, {}) n",
        tow::ai::MAX_APPROVALS
    ));
    let form = [("endpoint", "x.example"), ("purpose", "Answers"), ("terms", "None")];
    assert!(app.as_(BEN).post("/settings/practices/providers", &form).has("approved already"));
}
