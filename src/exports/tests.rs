//! The whole organisation as one file.

use crate::harness::*;
use std::collections::BTreeSet;
use tow::access::{Actor, Place};
use tow::comments::NewComment;
use tow::docs::NewDoc;
use tow::error::{Error, Result};
use tow::exports::{read_export, sections, write_export};
use tow::files::Store;
use tow::records::{LinkKind, Record};
use tow::text::value::{Body, Title};
use tow::ui::say;

fn store(app: &App) -> Store {
    Store::of(&app.state().config.uploads)
}

fn export(app: &App, who: Option<Who>, with_uploads: bool) -> String {
    let mut out = Vec::new();
    let uploads = with_uploads.then(|| store(app));
    app.tx(|tx| {
        let me = match who {
            Some(who) => Actor::of_person(tx, who.id)?.confirmed(),
            None => Actor::of_operator(tx)?,
        };
        write_export(tx, &me, &mut out, uploads.as_ref(), &mut |_, _| {})
    });
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
    app
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
    let asked = app.read(CLEO, |tx, me| write_export(tx, me, &mut Vec::new(), None, &mut |_, _| {}));
    assert!(matches!(asked, Err(Error::Forbidden(_))), "{asked:?}");
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

/// Tables that stay, and why.
const STAYS: &[(&str, &str)] = &[
    ("audit_events", "their chain belongs to this server; audit has its own export"),
    ("audit_details", "with them"),
    ("sessions", "secrets"),
    ("setup_tokens", "secrets"),
    ("tokens", "secrets"),
    ("token_projects", "with them"),
    ("token_uses", "with them"),
    ("api_answers", "of the moment"),
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
    ("schedule_runs", "of the moment"),
    ("search_passages", "made anew from what comes back"),
    ("search_progress", "of this database"),
    ("organisation_exports", "files of this server"),
    ("import_files", "of the moment"),
    ("account_links", "secrets of the moment"),
    ("invitations", "their links lead to this server"),
    ("invitation_groups", "as invitations"),
    ("invitation_roles", "as invitations"),
    ("invitation_grants", "as invitations"),
    ("invitation_links", "secrets"),
];

/// Columns that stay, and why.
const STAYS_OF: &[(&str, &str)] = &[
    ("people.password_hash", "a secret"),
    ("people.verified_at", "what this server saw proves nothing to another"),
    ("people.server_admin", "a right over this machine, not over the content"),
    ("records.place_id", "generated"),
    ("files.removed_at", "what is in the bin stays"),
    ("activity.transaction_id", "of this database"),
    ("activity.token_id", "tokens stay"),
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
    let is_kept = |name: &str| {
        STAYS.iter().any(|(table, _)| name.split('.').next() == Some(table))
            || STAYS_OF.iter().any(|(column, _)| *column == name)
    };
    let lost: Vec<String> = columns
        .iter()
        .map(|column| column.name.clone())
        .filter(|name| !leaving.contains(name) && !is_kept(name))
        .collect();
    assert!(lost.is_empty(), "add these to their room's portable.rs, or here with the reason why they stay: {lost:#?}");
    let gone: Vec<&String> =
        leaving.iter().filter(|name| !columns.iter().any(|column| column.name == **name)).collect();
    assert!(gone.is_empty(), "columns that are no more: {gone:?}");
}
