//! The trail through its pages and its exports.

use crate::harness::*;
use tow::access::Actor;
use tow::audit::{self, ActKind};
use tow::db::sql::Sql;
use tow::trail::{Event, Filter, Format, Names, piece, sample_event, sentence};
use tow::web::{Purpose, token_hash};

/// Ben changed Dov's role; Vera was refused; somebody failed to sign in.
fn lived() -> App {
    let app = App::new();
    let role = [("role", "admin"), ("was", "member")];
    assert_eq!(app.as_(BEN).post("/people/dov/role", &role).status, 303);
    app.advance(chrono::Duration::minutes(1));
    assert_eq!(app.as_(VERA).get("/settings/organisation").status, 403);
    app.advance(chrono::Duration::minutes(1));
    app.visitor().post("/sign-in", &[("email", &CLEO.email()), ("password", "wrong")]);
    app.tx(audit::seal);
    app
}

/// What a page says, without its markup.
fn words(answer: &Answer) -> String {
    let mut text = String::new();
    let mut inside = true;
    for c in answer.text().chars() {
        match c {
            '<' => inside = false,
            '>' => inside = true,
            c if inside => text.push(c),
            _ => {}
        }
    }
    text
}

#[test]
fn the_trail_says_in_words_who_did_what_with_before_and_after() {
    let app = lived();
    let page = app.as_(ADA).get("/settings/audit");
    let words = words(&page);
    assert_eq!(page.status, 200);
    assert!(words.contains("Ben Okafor changed the role of Dov Peretz"), "{words}");
    assert!(page.has("<del>member</del>") && page.has("<ins>admin</ins>"));
    assert!(words.contains("Vera Novak was refused at /settings/organisation"));
    assert!(words.contains("Somebody not signed in failed to sign in as Cleo Marchetti"));
    assert!(words.contains("203.0.113.7"));
}

#[test]
fn the_trail_is_for_who_holds_the_permission_and_a_refusal_to_see_it_stands_in_it() {
    let app = lived();
    assert_eq!(app.as_(BEN).get("/settings/audit").status, 200);
    assert_eq!(app.as_(CLEO).get("/settings/audit").status, 403);
    assert_eq!(app.visitor().get("/settings/audit").status, 303);
    assert!(words(&app.as_(ADA).get("/settings/audit")).contains("Cleo Marchetti was refused at /settings/audit"));
}

#[test]
fn filters_narrow_by_person_action_target_outcome_and_day() {
    let app = lived();
    let ada = app.as_(ADA);
    let found = |query: &str| {
        let page = ada.get(&format!("/settings/audit?{query}"));
        (page.status, page.text().matches("<details class=\"event\"").count())
    };
    assert_eq!(found(&format!("person={}", BEN.id)), (200, 1));
    assert_eq!(found("action=member"), (200, 1));
    assert_eq!(found("action=sign_in.failed"), (200, 1));
    assert_eq!(found("outcome=denied"), (200, 1));
    for target in ["dov", "@dov", "dov@halden.example", &DOV.id.to_string()] {
        assert_eq!(found(&format!("target={target}")), (200, 1), "{target}");
    }
    assert_eq!(found("from=2026-12-01&to=2026-12-01"), (200, 3));
    assert_eq!(found("from=2026-12-02"), (200, 0));
    assert_eq!(found("to=2026-11-30"), (200, 0));
}

#[test]
fn a_filter_that_makes_no_sense_says_so_beside_its_field() {
    let app = lived();
    let long = "x".repeat(3000);
    for (field, value) in [
        ("person", "nobody"),
        ("action", "everything"),
        ("outcome", "maybe"),
        ("from", "yesterday"),
        ("to", "2026-13-40"),
        ("target", "RISK-999"),
        ("target", "%00"),
        ("target", "\u{202e}evil"),
        ("target", &long),
    ] {
        let value: String = url::form_urlencoded::byte_serialize(value.as_bytes()).collect();
        let page = app.as_(ADA).get(&format!("/settings/audit?{field}={value}"));
        assert!(page.status == 422 && page.has(&format!("{field}-error")), "{field} {value:.20} {}", page.status);
    }
    assert_eq!(app.as_(ADA).get("/settings/audit?after=rubbish").status, 422);
}

#[test]
fn a_target_one_may_not_see_is_not_found_and_not_named() {
    let app = App::new();
    // Cleo's private ticket, by whatever way it came into the trail.
    app.sql(
        "insert into audit_events (id, at, actor_kind, action, target_kind, target_id, before, after, request_id, outcome)
           select gen_random_uuid(), r.created_at, 'system', 'import.run', 'record', r.id, '{}', '{}', r.id, 'succeeded'
           from records r where r.display_id = 'TOW-3'",
    );
    let page = app.as_(ADA).get("/settings/audit");
    assert!(page.status == 200 && !page.has("night shift") && !page.has("TOW-3"));
    assert_eq!(app.as_(ADA).get("/settings/audit?target=TOW-3").status, 422);
}

#[test]
fn pages_together_are_the_whole_trail_in_order_and_each_asks_at_most_six_times() {
    let app = App::new();
    many(&app, 120);
    let ada = app.as_(ADA);
    let (mut path, mut seen) = ("/settings/audit?action=import.run".to_owned(), Vec::new());
    loop {
        let page = ada.get(&path);
        assert!(page.queries <= 6, "{} queries", page.queries);
        let text = page.text();
        seen.extend(
            text.split("<span class=\"mono\">row-").skip(1).map(|rest| rest.split('<').next().unwrap().to_owned()),
        );
        seen.extend(text.split("<ins>row-").skip(1).map(|rest| rest.split('<').next().unwrap().to_owned()));
        match text.split("rel=\"next\" href=\"").nth(1) {
            Some(rest) => path = rest.split('"').next().unwrap().replace("&amp;", "&").replace("&#38;", "&"),
            None => break,
        }
    }
    let all: Vec<String> = (1..=120).rev().map(|number| number.to_string()).collect();
    assert_eq!(seen, all);
}

/// Events a second apart, numbered in `after`; several share a time when there are many.
fn many(app: &App, count: usize) {
    app.sql(&format!(
        "insert into audit_events (id, at, organisation_id, actor_kind, actor_id, action, target_kind, target_id, before, after, request_id, outcome)
           select ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, o.created_at + (n / 7) * interval '1 second', o.id, 'person',
             (select id from people order by id offset n % 7 limit 1), case when n % 97 = 0 and {count} > 1000 then 'group.changed' else 'import.run' end,
             'person', (select id from people order by id offset n % 5 limit 1), '{{}}', jsonb_build_object('row', 'row-' || n), o.id,
             case when n % 89 = 0 and {count} > 1000 then 'denied' else 'succeeded' end
           from organisations o, generate_series(1, {count}) n"
    ));
}

#[test]
fn on_a_big_trail_every_filter_walks_an_index() {
    let app = App::new();
    many(&app, 20_000);
    app.sql("analyze audit_events");
    let filters = [
        Filter::default(),
        Filter { actor: Some(ADA.id), ..Filter::default() },
        Filter { target: Some(BEN.id.0), ..Filter::default() },
        Filter { actions: Some(vec![ActKind::GroupChanged]), ..Filter::default() },
        Filter { outcome: tow::trail::EventOutcome::parse("denied"), ..Filter::default() },
        Filter {
            from: Some(start() - chrono::Duration::days(61)),
            until: Some(start() - chrono::Duration::days(59)),
            ..Filter::default()
        },
    ];
    for filter in filters {
        let plan = plan(&app, &filter);
        assert!(plan.contains("audit_events_") && !plan.contains("Seq Scan on audit_events"), "{filter:?}\n{plan}");
    }
}

fn plan(app: &App, filter: &Filter) -> String {
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::Text, column_name = "QUERY PLAN")]
        line: String,
    }
    let mut sql = Sql::new("explain ");
    sql.append(&Event::list_sql(filter, None).unwrap());
    let rows: Vec<Row> = app.tx(|tx| Ok(sql.load(tx.conn())?));
    rows.into_iter().map(|row| row.line + "\n").collect()
}

#[test]
fn who_has_left_keeps_their_name_in_the_trail() {
    let app = lived();
    app.as_(ADA).post("/people/dov/deactivation", &[]);
    let page = app.as_(ADA).get("/settings/audit");
    assert!(words(&page).contains("deactivated Dov Peretz") && page.has("Dov Peretz (left)"));
}

fn export(app: &App, who: Who, fields: &[(&str, &str)]) -> Answer {
    app.as_(who).post("/settings/audit/export", fields)
}

#[test]
fn an_export_holds_every_event_as_lines_of_json_or_a_table_and_stands_in_the_trail_itself() {
    let app = lived();
    let lines = export(&app, ADA, &[("format", "ndjson")]);
    assert_eq!(lines.status, 200, "{}", lines.error);
    assert!(lines.header("content-disposition").contains("tow-audit-2026-12-01.ndjson"));
    let events: Vec<serde_json::Value> = lines.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(events.len() as i64, app.count("select count(*) from audit_events where action <> 'audit.exported'"));
    assert!(events.iter().all(|event| event["sequence"].is_i64() && event["hash"].is_string()));
    let change = events.iter().find(|event| event["action"] == "member.role_changed").unwrap();
    assert_eq!((&change["before"]["role"], &change["actor"]["name"]), (&"member".into(), &"Ben Okafor".into()));
    let table = export(&app, ADA, &[("format", "csv")]);
    let mut rows = csv::Reader::from_reader(table.body.as_slice());
    assert_eq!(rows.headers().unwrap().get(3), Some("action"));
    assert_eq!(rows.records().count(), events.len() + 1, "with the first export");
    assert_eq!(app.count("select count(*) from audit_events where action = 'audit.exported'"), 2);
}

#[test]
fn an_export_keeps_to_its_filter() {
    let app = lived();
    let lines = export(&app, ADA, &[("format", "ndjson"), ("outcome", "denied")]);
    assert_eq!(lines.text().lines().count(), 1);
    assert_eq!(export(&app, ADA, &[("format", "ndjson"), ("outcome", "maybe")]).status, 422);
    assert_eq!(export(&app, ADA, &[("format", "docx")]).status, 422);
}

#[test]
fn a_long_export_comes_in_pieces_and_complete() {
    let app = App::new();
    many(&app, 1234);
    let lines = export(&app, ADA, &[("format", "ndjson")]);
    let rows: Vec<String> = lines
        .text()
        .lines()
        .map(|line| {
            serde_json::from_str::<serde_json::Value>(line).unwrap()["after"]["row"].as_str().unwrap().to_owned()
        })
        .collect();
    let all: Vec<String> = (1..=1234).map(|number| format!("row-{number}")).collect();
    assert_eq!(rows, all);
}

#[test]
fn nobody_without_the_permission_takes_the_trail_out() {
    let app = lived();
    assert_eq!(export(&app, CLEO, &[("format", "csv")]).status, 403);
    assert_eq!(app.count("select count(*) from audit_events where action = 'audit.exported'"), 0);
}

#[test]
fn a_browser_that_calls_itself_a_formula_is_text_in_the_table() {
    for formula in ["=HYPERLINK(1)", "+1", "-1", "@sum(1)", "\t=1", "\r=1"] {
        assert_eq!(tow::text::csv::harmless(formula), format!("'{formula}"));
    }
    assert_eq!(tow::text::csv::harmless("a=1"), "a=1");
    let app = App::new();
    let thief = app.visitor().with("user-agent", "=cmd|' /C calc'!A0");
    thief.post("/sign-in", &[("email", "@halden.example"), ("password", "x")]);
    let table = export(&app, ADA, &[("format", "csv")]).text();
    assert!(table.contains("'=cmd|") && !table.contains(",=cmd") && !table.contains("\"=cmd"));
}

/// The sentence of every act that can be kept, so that a new one cannot come without words.
#[test]
fn every_privileged_act_has_its_sentence() {
    let names = Names::default();
    let mut text = String::new();
    for kind in ActKind::ALL.iter().filter(|kind| kind.is_privileged() && **kind != ActKind::Refused) {
        let said = sentence(&sample_event(kind.as_str(), "succeeded"), &names);
        assert!(!said.contains(kind.as_str()), "{kind}: give it a message audit-did-… in locales/en/trail.ftl");
        text.push_str(&format!("{:<32} {said}\n", kind.as_str()));
    }
    text.push_str(&format!("{:<32} {}\n", "refused", sentence(&sample_event("refused", "denied"), &names)));
    golden("audit_sentences.txt", &text);
}

#[test]
fn the_right_to_an_export_is_asked_again_for_each_piece() {
    let app = lived();
    let losses = [
        ("update memberships set role = 'member' where person_id = '{}'", 403),
        ("update people set deactivated_at = created_at where id = '{}'", 401),
        ("update sessions set ended_at = created_at where person_id = '{}'", 401),
    ];
    for (loss, status) in losses {
        let ben = app.as_(BEN);
        let token = app.state().keys.verify(Purpose::Session, &ben.session_cookie().unwrap()).unwrap();
        let (first, second) = app.undoing(|| {
            let me = app.tx(|tx| Actor::of_session(tx, &token_hash(&token), "", "")).confirmed();
            let ask = || app.tx(|tx| Ok(piece(tx, &me, &Filter::default(), Format::Ndjson, None).map(drop)));
            let first = ask();
            app.sql(&loss.replace("{}", &BEN.id.to_string()));
            (first, ask())
        });
        assert!(first.is_ok(), "{first:?}");
        assert_eq!(second.unwrap_err().status(), status, "{loss}");
    }
}

#[test]
fn what_happened_a_moment_ago_is_in_an_export_numbered_also_when_it_is_much() {
    let app = lived();
    app.sql(&format!(
        "insert into audit_events (id, at, actor_kind, action, target_kind, before, after, request_id, outcome)
         select gen_random_uuid(), e.at, e.actor_kind, e.action, e.target_kind, e.before, e.after, e.request_id, e.outcome
         from audit_events e, generate_series(1, {}) where e.sequence = 1",
        audit::SEAL_BATCH + 100
    ));
    let lines = export(&app, ADA, &[("format", "ndjson")]).text();
    let events: Vec<serde_json::Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(events.len() > audit::SEAL_BATCH as usize && events.iter().all(|event| event["sequence"].is_i64()));
}

#[test]
fn what_was_done_with_a_token_says_which_on_the_page_and_in_both_exports() {
    let app = lived();
    app.token(BEN, &ALL_SCOPES, None);
    app.sql("update audit_events set token_id = (select id from tokens) where action = 'member.role_changed'");
    let page = app.as_(ADA).get("/settings/audit?action=member.role_changed");
    assert!(words(&page).contains("by token Harbour robot"), "{}", words(&page));
    let id = app.text("select id::text as text from tokens");
    let json = export(&app, ADA, &[("format", "ndjson"), ("action", "member.role_changed")]).text();
    let event: serde_json::Value = serde_json::from_str(json.lines().next().unwrap()).unwrap();
    assert_eq!(
        (event["token"]["id"].as_str(), event["token"]["name"].as_str()),
        (Some(id.as_str()), Some("Harbour robot"))
    );
    let csv = export(&app, ADA, &[("format", "csv"), ("action", "member.role_changed")]).text();
    assert!(csv.contains(",token_id,token_name,") && csv.contains(&format!(",{id},Harbour robot,")), "{csv}");
}
