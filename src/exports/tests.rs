//! The whole organisation as one file.

use crate::harness::*;
use std::collections::BTreeSet;
use tow::access::{Actor, Place};
use tow::comments::NewComment;
use tow::docs::NewDoc;
use tow::error::{Error, Result};
use tow::exports::{CONTENTS, read_export, sections, write_rows};
use tow::records::{LinkKind, Record};
use tow::storage::Store;
use tow::text::value::{Body, Title};
use tow::ui::say;

fn store(app: &App) -> Store {
    Store::of(&app.state().config.uploads)
}

fn export(app: &App, who: Option<Who>, with_uploads: bool) -> String {
    let mut out = Vec::new();
    let unclosed = app.tx(|tx| {
        let me = match who {
            Some(who) => Actor::of_person(tx, who.id)?.confirmed(),
            None => Actor::of_operator(tx)?,
        };
        write_rows(tx, &me, &mut out, with_uploads, &mut |_, _| {})
    });
    unclosed.close(&mut out, &store(app), &mut |_, _| {}).unwrap();
    String::from_utf8(out).unwrap()
}

fn import(app: &App, text: &str) -> Result<tow::exports::Restored> {
    let mut conn = app.state().pool.get().unwrap();
    tow::db::write(&mut conn, app.state().clock.now(), uuid::Uuid::nil(), |tx| {
        let me = Actor::of_operator(tx)?;
        read_export(tx, &me, text.as_bytes(), &store(app), &mut |_, _| {})
    })
}

fn refusal(result: Result<tow::exports::Restored>) -> String {
    match result {
        Err(Error::Invalid(problems)) => problems.iter().map(|(_, msg)| say(msg)).collect(),
        other => panic!("{other:?}"),
    }
}

/// The world with a tree of pages, links, a comment and a tag.
fn lived_in() -> App {
    let app = App::new();
    app.write(CLEO, |tx, me| {
        let page = |title: &str, body: &str, parent| NewDoc {
            place: Place::Project(ATLAS),
            parent,
            title: Title::parse(title).unwrap(),
            body: Body::parse(body).unwrap(),
            icon: "star",
        };
        let top = page("Tide windows", "See ATL-1 and [[Berths]].", None).create(tx, me)?;
        page("Berths", "A “quote”, a tab\t, and \u{1F6A2}.", Some(top.id())).create(tx, me)?;
        let (steel, crane) = (Record::find_any(tx, me, STEEL)?, Record::find_any(tx, me, CRANE)?);
        steel.link(tx, me, LinkKind::Blocks, &crane)?;
        NewComment::parse("@Edda, is DOC-1 right?", Some("windows"))?.write(tx, me, &top.record)?;
        steel.set_tags(tx, me, &tow::text::value::Tag::parse_list("steel, pier").unwrap())
    })
    .unwrap();
    remember(&app);
    app
}

/// An item of memory with its source, a proposed change of it, and a snapshot.
fn remember(app: &App) {
    let item =
        [("title", "Piles hold"), ("type", "fact"), ("confidence", "80"), ("importance", "3"), ("source", STEEL)];
    let placed = [&item[..], &[("place", "project:ATL"), ("passage", "forty tonnes")]].concat();
    assert_eq!(app.as_(CLEO).post("/memory", &placed).status, 303);
    let seen = app.as_(CLEO).tx(|tx, me| tow::memory::Item::find(tx, me, "MEM-1")).fingerprint();
    let about = [("act", "update"), ("target", "MEM-1"), ("shown", "MEM-1"), ("seen", &seen), ("body", "So far.")];
    let change = [&item[..], &about[..]].concat();
    assert_eq!(app.as_(CLEO).post("/diffs", &change).status, 303);
    app.sql(
        "insert into records (id, organisation_id, kind, number, display_id, scope, project_id, title, created_at, updated_at)
           select gen_random_uuid(), r.organisation_id, 'snapshot', 1, 'SNAP-1', r.scope, r.project_id, 'Week', r.created_at, r.created_at
           from records r where r.display_id = 'MEM-1';
         insert into snapshots (id, place_id, snapshot_type, status, since)
           select id, place_id, 'weekly_review', 'active', created_at from records where display_id = 'SNAP-1';
         insert into snapshot_sources (id, snapshot_id, position, statement, record_id)
           select gen_random_uuid(), s.id, 1, 'Piles hold', r.id from snapshots s, records r where r.display_id = 'MEM-1'",
    );
}

/// Rows of a section.
fn rows<'t>(text: &'t str, section: &str) -> Vec<&'t str> {
    let from = text.find(&format!("\n\"{section}\":[")).unwrap_or_else(|| panic!("no {section}"));
    let inside = &text[from..];
    let end = inside.find("\n]").unwrap();
    inside[..end].lines().skip(2).map(|line| line.trim_end_matches(',')).collect()
}

/// Without when and by whom it was made.
fn body(text: &str) -> &str {
    &text[text.find("\"sections\"").unwrap()..]
}

#[test]
fn an_export_comes_back_whole_into_a_database_before_set_up() {
    let text = export(&lived_in(), None, true);
    let empty = App::empty();
    import(&empty, &text).unwrap();
    let again = export(&empty, None, true);
    let ours = |text: &str| {
        body(text)
            .lines()
            .filter(|line| !line.contains("import.run") && !line.starts_with("\"rows\""))
            .map(|line| line.trim_end_matches(',').to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(ours(&text), ours(&again));
}

#[test]
fn a_snapshot_that_was_being_made_comes_back_as_one_that_was_not_made() {
    let app = lived_in();
    app.sql("update snapshots set status = 'generating'");
    let text = export(&app, None, false);
    let empty = App::empty();
    import(&empty, &text).unwrap();
    assert_eq!(empty.text("select status as text from snapshots"), "failed");
}

#[test]
fn after_set_up_the_account_with_the_same_address_is_kept_and_takes_the_old_one_s_place() {
    let text = export(&lived_in(), None, false);
    let empty = App::empty();
    empty.sql("insert into organisations (id, name, mode, created_at) values ('00000000-0000-0000-0000-0000000000aa', 'New', 'founder', '2026-01-01');
        insert into people (id, name, email, handle, password_hash, created_at) values ('00000000-0000-0000-0000-0000000000ab', 'Ada', 'ada@halden.example', 'ada.l', 'x', '2026-01-01');
        insert into memberships (id, organisation_id, person_id, role, created_at) values ('00000000-0000-0000-0000-0000000000ac', '00000000-0000-0000-0000-0000000000aa', '00000000-0000-0000-0000-0000000000ab', 'owner', '2026-01-01')");
    import(&empty, &text).unwrap();
    assert_eq!(empty.count("select count(*) from people"), 9);
    assert_eq!(empty.count("select count(*) from organisations where name = 'Halden'"), 1);
    assert_eq!(empty.count("select count(*) from records where author_id = '00000000-0000-0000-0000-0000000000ab'"), 2);
    assert_eq!(empty.count("select count(*) from people where password_hash is not null"), 1);
}

#[test]
fn nobody_s_private_records_leave_and_no_secret_does() {
    let app = lived_in();
    for text in [export(&app, None, false), export(&app, Some(BEN), false)] {
        for private in ["Ask about the night shift", "Leave in May", "argon2", "password"] {
            assert!(!text.contains(private), "{private}");
        }
        assert!(text.contains("Order steel for the north pier") && text.contains("Draft the spring plan"));
    }
    assert!(export(&app, Some(BEN), false).contains("\"made_by\":\"00000000"));
}

#[test]
fn who_may_not_export_is_refused() {
    let app = App::new();
    let asked = app.read(CLEO, |tx, me| write_rows(tx, me, &mut Vec::new(), false, &mut |_, _| {}));
    assert!(matches!(asked, Err(Error::Forbidden(_))), "{asked:?}");
}

/// Dov, who has no grant, with a custom role that gives these.
fn dov_holds(app: &App, permissions: &[&str]) {
    let (role, at) = (SECURITY_DESK, start().to_rfc3339());
    app.sql(&format!(
        "insert into roles (id, organisation_id, name, created_at) values ('{role}', '{}', 'Archive', '{at}');
         insert into person_roles values ('{}', '{role}', '{at}')",
        HALDEN.0, DOV.id
    ));
    for permission in permissions {
        app.sql(&format!("insert into role_permissions values ('{role}', '{permission}')"));
    }
}

#[test]
fn who_may_export_takes_not_a_word_of_a_project_a_group_s_records_or_a_private_one_out_of_their_reach() {
    let app = lived_in();
    dov_holds(&app, &["data.export"]);
    // What came from there keeps its history, not where it was.
    app.sql("update docs set parent_id = null; update records set scope = 'organisation', project_id = null where title = 'Tide windows'");
    let text = export(&app, Some(DOV), true);
    assert!(text.contains("Tide windows") && text.contains("Repaint the lighthouse door"));
    let (atlas, planners) = (ATLAS.to_string(), PLANNERS.to_string());
    for word in [
        "Atlas",
        "\"ATL\"",
        "Order steel",
        "Crane hire",
        "Piles",
        "spring plan",
        "by season",
        "night shift",
        "Leave in May",
        "Berths\"",
        &atlas,
    ] {
        assert!(!text.contains(word), "{word}");
    }
    for (section, place) in [("counters", &planners), ("counters", &CLEO.id.to_string()), ("records", &planners)] {
        assert!(!rows(&text, section).iter().any(|row| row.contains(place.as_str())), "{section}: {place}");
    }
    assert!(!text.contains("organisation.") && rows(&text, "project_grants").is_empty());
    import(&App::empty(), &text).unwrap();
}

#[test]
fn what_happened_to_the_organisation_leaves_with_who_reads_the_trail_and_nothing_of_a_project_they_do_not() {
    let app = lived_in();
    app.as_(FINN).post("/projects/ATL/grants", &[("to", &format!("person:{}", BEN.id)), ("role", "viewer")]);
    app.as_(BEN).post("/settings/groups", &[("name", "Divers"), ("about", "")]);
    let acts = |text: &str| ["group.created", "project.grant_changed"].map(|act| text.contains(act));
    assert_eq!(acts(&export(&app, Some(BEN), false)), [true, true]);
    assert_eq!(acts(&export(&app, None, false)), [true, true]);
    dov_holds(&app, &["data.export", "audit.view"]);
    assert_eq!(acts(&export(&app, Some(DOV), false)), [true, false]);
    app.sql("delete from role_permissions where permission = 'audit.view'");
    assert_eq!(acts(&export(&app, Some(DOV), false)), [false, false]);
}

#[test]
fn how_many_private_records_somebody_has_does_not_leave() {
    let app = lived_in();
    app.sql(&format!("insert into counters (place_id, kind, next) values ('{}', 'ticket', 9)", CLEO.id));
    for text in [export(&app, None, false), export(&app, Some(ADA), false)] {
        assert!(!rows(&text, "counters").iter().any(|row| row.contains(&CLEO.id.to_string())));
        assert!(rows(&text, "counters").iter().any(|row| row.contains(&ATLAS.to_string())));
    }
}

#[test]
fn the_page_about_the_form_names_every_section() {
    let page = std::fs::read_to_string(checkout().join("docs/export-format.md")).unwrap();
    for name in sections().iter().map(|section| section.table).chain([CONTENTS]) {
        assert!(page.lines().any(|line| line.starts_with("| `") && line.contains(&format!("`{name}`"))), "{name}");
    }
}

#[test]
fn an_import_is_refused_where_something_is_and_for_another_format_or_version() {
    let app = lived_in();
    let text = export(&app, None, false);
    assert!(refusal(import(&app, &text)).contains("Something is here already"));
    let empty = App::empty();
    assert!(refusal(import(&empty, &text.replacen("\"version\":1", "\"version\":2", 1))).contains("version 2"));
    assert!(refusal(import(&empty, &text.replacen("tow-export", "else", 1))).contains("no export of TOW"));
    assert!(refusal(import(&empty, "{}")).contains("no export of TOW"));
    assert!(refusal(import(&empty, &text.replacen("\"record_tags\"", "\"novelty\"", 1))).contains("novelty"));
}

#[test]
fn a_broken_file_names_its_place_and_writes_nothing() {
    let text = export(&lived_in(), None, false);
    let empty = App::empty();
    let cases = [
        (text[..text.len() / 2].to_owned(), "broken at line"),
        (text.replacen("\"status\" : \"todo\"", "\"status\" : \"mad\"", 1), "sections.tickets["),
        (text.replacen("\"act\" : \"created\"", "\"act\" : \"exploded\"", 1), "sections.activity["),
        (text.replacen("\"kind\" : \"ticket\"", "\"kind\" : \"rocket\"", 1), "sections.records["),
        (
            text.replacen("\"handle\" :", "\"password_hash\" : \"x\", \"handle\" :", 1),
            "`password_hash` is not known here",
        ),
    ];
    for (broken, wanted) in cases {
        assert_ne!(broken, text, "{wanted}");
        let said = refusal(import(&empty, &broken));
        assert!(said.contains(wanted), "{said}");
        assert_eq!(empty.count("select count(*) from people"), 0);
    }
}

#[test]
fn files_leave_with_their_content_when_asked_and_come_back() {
    let app = lived_in();
    let hash = tow::web::hex(&<sha2::Sha256 as sha2::Digest>::digest(b"tide"));
    let path = store(&app).path(&hash);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, b"tide").unwrap();
    app.sql(&format!(
        "insert into blobs (hash, bytes, created_at) values ('{hash}', 4, '2026-01-01');
         insert into files (id, record_id, name, content_type, bytes, hash, created_at)
         select gen_random_uuid(), id, 'tide.txt', 'text/plain', 4, '{hash}', created_at from records where display_id = 'ATL-1'"
    ));
    let (without, with) = (export(&app, None, false), export(&app, None, true));
    assert!(!without.contains("base64") && rows(&with, "files").len() == 1);
    let empty = App::empty();
    assert_eq!(import(&empty, &with).unwrap().files, 1);
    assert_eq!(std::fs::read(store(&empty).path(&hash)).unwrap(), b"tide");
    let other = App::empty();
    assert_eq!(import(&other, &without).unwrap().without_content, 1);
    let forged = with.replacen("dGlkZQ==", "dGlkZWQ=", 1);
    assert!(refusal(import(&App::empty(), &forged)).contains("does not fit its hash"));
}

#[test]
fn contents_are_read_when_the_transaction_is_over() {
    let app = lived_in();
    let hash = tow::web::hex(&<sha2::Sha256 as sha2::Digest>::digest(b"tide"));
    app.sql(&format!(
        "insert into blobs (hash, bytes, created_at) values ('{hash}', 4, '2026-01-01');
         insert into files (id, record_id, name, content_type, bytes, hash, created_at)
         select gen_random_uuid(), id, 'tide.txt', 'text/plain', 4, '{hash}', created_at from records where display_id = 'ATL-1'"
    ));
    let mut out = Vec::new();
    let unclosed = app.read(ADA, |tx, me| write_rows(tx, me, &mut out, true, &mut |_, _| {})).unwrap();
    let path = store(&app).path(&hash);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, b"tide").unwrap();
    assert_eq!(unclosed.close(&mut out, &store(&app), &mut |_, _| {}).unwrap().files, 1);
    assert!(String::from_utf8(out).unwrap().contains("dGlkZQ=="));
}

/// Tables that stay, and why.
const STAYS: &[(&str, &str)] = &[
    ("agents", "of this server's AI, as its policies are"),
    ("agent_bindings", "with them"),
    ("agent_versions", "with them"),
    ("agent_runs", "with them; what came of them travels"),
    ("ai_calls", "evidence about what left this server; its page has an export of its own"),
    ("ai_group_policies", "a decision about this server and its provider"),
    ("ai_policies", "a decision about this server and its provider"),
    ("ai_refusals", "about this server and its provider"),
    ("ai_requests", "what left this server, for the person it was for and nobody else"),
    ("ai_usage", "of this server's months"),
    ("assistants", "of this server's AI, as its policies are"),
    ("chat_actions", "what waits for a click does not travel"),
    ("chat_searches", "with them"),
    ("audit_events", "their chain belongs to this server; audit has its own export"),
    ("audit_details", "with them"),
    ("sessions", "secrets"),
    ("setup_tokens", "secrets"),
    ("tokens", "secrets"),
    ("token_projects", "with them"),
    ("token_uses", "with them"),
    ("api_answers", "of the moment"),
    ("scim_tokens", "secrets"),
    ("scim_token_uses", "with them"),
    ("scim_groups", "as scim_users; the groups themselves travel"),
    ("scim_users", "what this server's directory says; it says it again"),
    ("scim_conflicts", "of this server and its directory"),
    ("sso_connections", "of this server and its provider; they hold secrets"),
    ("sso_links", "with them"),
    ("sso_domains", "proven to this server"),
    ("sso_keys", "secrets of this server"),
    ("sso_rules", "of a connection"),
    ("sso_gifts", "with them; what they gave leaves as it is"),
    ("sso_sessions", "secrets"),
    ("sso_landings", "of the moment"),
    ("sso_spent", "of the moment"),
    ("sso_tests", "of this server"),
    ("sso_enforcements", "of this server"),
    ("backups", "about this server"),
    ("break_glass_owners", "of this server"),
    ("break_glass_uses", "of this server's trail"),
    ("throttles", "of the moment"),
    ("idempotency_keys", "of the moment"),
    ("kept_forms", "of the moment"),
    ("secret_sightings", "of this server"),
    ("sign_in_steps", "of the moment"),
    ("ceremonies", "of the moment"),
    ("factors", "secrets"),
    ("recovery_codes", "secrets"),
    ("sign_in_policies", "a decision about this server"),
    ("jobs", "of the moment"),
    ("instances", "of the moment"),
    ("schedule_runs", "of the moment"),
    ("search_passages", "made anew from what comes back"),
    ("search_progress", "of this database"),
    ("passages", "made anew from what comes back"),
    ("vector_holds", "of the moment"),
    ("vector_sets", "of this server and its provider"),
    ("vectors", "made anew"),
    ("vector_bits", "made of the vectors"),
    ("organisation_exports", "files of this server"),
    ("account_links", "secrets of the moment"),
    ("invitations", "their links lead to this server"),
    ("invitation_groups", "as invitations"),
    ("invitation_roles", "as invitations"),
    ("invitation_grants", "as invitations"),
    ("audit_counts", "of this server's minute"),
    ("audit_cuts", "evidence about this server, as the chain itself"),
    ("audit_streams", "leads to a place this server reaches, with a secret"),
    ("practice_notes", "about this server"),
    ("provider_approvals", "about this server"),
    ("provider_lists", "as provider_approvals"),
    ("review_lines", "evidence about this server's access; a page of its own exports it"),
    ("review_rhythms", "as reviews"),
    ("reviews", "as review_lines"),
    ("invitation_links", "secrets"),
];

/// Columns that stay, and why.
const STAYS_OF: &[(&str, &str)] = &[
    ("people.password_hash", "a secret"),
    ("groups.is_managed", "where they arrive nobody keeps them yet"),
    ("people.held_at", "of this server's directory"),
    ("people.verified_at", "what this server saw proves nothing to another"),
    ("people.server_admin", "a right over this machine, not over the content"),
    ("records.place_id", "generated"),
    ("records.assignee_id", "its ticket's, by a trigger"),
    ("records.reporter_id", "its ticket's, by a trigger"),
    ("memory_diffs.place_id", "generated"),
    ("files.removed_at", "what is in the bin stays"),
    ("activity.transaction_id", "of this database"),
    ("activity.token_id", "tokens stay"),
    ("comments.token_id", "tokens stay"),
    ("chats.head_id", "the latest turn is shown where it arrives"),
    ("chat_turns.claimed_at", "of the moment"),
    ("chat_turns.is_stopping", "of the moment"),
    ("risks.score", "computed where it arrives"),
];

#[test]
fn every_table_and_column_leaves_or_is_named_here_with_its_reason() {
    #[derive(diesel::QueryableByName)]
    struct Column {
        #[diesel(sql_type = diesel::sql_types::Text)]
        name: String,
    }
    let app = App::new();
    let sql = "select table_name || '.' || column_name as name from information_schema.columns
        where table_schema = 'public' and table_name not like '\\_\\_%' order by 1";
    let columns: Vec<Column> = app.tx(|tx| Ok(tow::db::sql::Sql::new(sql).load(tx.conn())?));
    let leaving: BTreeSet<String> = sections()
        .iter()
        .flat_map(|section| section.columns.iter().map(|column| format!("{}.{column}", section.table)))
        .collect();
    let mut needed = BTreeSet::new();
    let mut lost = Vec::new();
    for name in columns.iter().map(|column| column.name.as_str()).filter(|name| !leaving.contains(*name)) {
        let table = name.split('.').next().unwrap_or_default();
        match STAYS.iter().chain(STAYS_OF).find(|(stays, _)| *stays == table || *stays == name) {
            Some((stays, _)) => drop(needed.insert(*stays)),
            None => lost.push(name),
        }
    }
    assert!(lost.is_empty(), "add these to their room's portable.rs, or here with the reason why they stay: {lost:#?}");
    let idle: Vec<_> = STAYS.iter().chain(STAYS_OF).filter(|(stays, _)| !needed.contains(stays)).collect();
    assert!(idle.is_empty(), "nothing needs these lines: {idle:#?}");
    let gone: Vec<&String> =
        leaving.iter().filter(|name| !columns.iter().any(|column| column.name == **name)).collect();
    assert!(gone.is_empty(), "columns that are no more: {gone:?}");
}
