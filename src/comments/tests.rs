//! Comments and the thread, through the doors.

use crate::harness::*;
use tow::access::Kind;
use tow::comments::{BIN_DAYS, MAX_COMMENT_BYTES, MAX_QUOTE_CHARS, Show, Thread, forget_removed};
use tow::records::{Record, seen};
use tow::ui::{Shell, filters};

/// The partial alone, as a record's page draws it.
#[derive(askama::Template)]
#[template(path = "comments/thread.html")]
struct Part {
    thread: Thread,
    record: Record,
    shell: Shell,
}

fn drawn(app: &App, who: Who, show: Show) -> String {
    let (record, thread) = app.as_(who).tx(|tx, me| {
        let record = Record::find_any(tx, me, STEEL)?;
        let thread = Thread::load(tx, me, &record, show)?;
        Ok((record, thread))
    });
    let part = Part { thread, record, shell: Shell::sample("tickets") };
    tow::ui::render(&part, app.state().clock.now(), chrono_tz::UTC).unwrap()
}

/// Writes one and answers its id.
fn say(app: &App, who: Who, body: &str) -> String {
    say_about(app, who, body, "")
}

fn say_about(app: &App, who: Who, body: &str, quote: &str) -> String {
    let answer = app.as_(who).post(&format!("/records/{STEEL}/comments"), &[("body", body), ("quote", quote)]);
    assert_eq!(answer.status, 303, "{}", answer.text());
    answer.location().rsplit_once("#comment-").unwrap().1.to_owned()
}

fn is_watching(app: &App, who: Who) -> bool {
    let sql = format!(
        "select count(*) from record_watchers w join records r on r.id = w.record_id where r.display_id = '{STEEL}' and w.person_id = '{}'",
        who.id.0
    );
    app.count(&sql) > 0
}

#[test]
fn a_comment_stands_on_the_page_with_its_author_and_markdown() {
    let app = App::new();
    let id = say(&app, CLEO, "The **office** answered, see DEC-1.");
    let html = drawn(&app, VERA, Show::All);
    assert!(
        html.contains("The <strong>office</strong> answered") && html.contains("href=\"/decisions/DEC-1\""),
        "{html}"
    );
    assert!(html.contains(&format!("id=\"comment-{id}\"")) && html.contains("Cleo Marchetti"));
    assert_eq!(app.count("select count(*) from activity where act = 'commented'"), 1);
}

#[test]
fn script_in_a_comment_a_quote_or_a_name_is_never_run() {
    let app = App::new();
    app.sql(&format!("update people set name = '<img src=x onerror=alert(1)>' where id = '{}'", CLEO.id.0));
    say_about(
        &app,
        CLEO,
        "<script>alert(1)</script> [x](javascript:alert(1)) <b onclick=alert(1)>b</b>",
        "<script>alert(2)</script>",
    );
    let html = drawn(&app, ADA, Show::All);
    assert!(
        !html.contains("<script")
            && !html.contains("href=\"javascript:")
            && !html.contains("onclick=")
            && !html.contains("<img src=x"),
        "{html}"
    );
    assert!(html.contains("&#60;script&#62;alert(2)") || html.contains("&lt;script&gt;alert(2)"), "{html}");
}

#[test]
fn a_comment_sent_twice_is_written_once_and_leads_to_the_same_place() {
    let app = App::new();
    let (cleo, once) = (app.as_(CLEO), uuid::Uuid::new_v4().to_string());
    let send = || cleo.post(&format!("/records/{STEEL}/comments"), &[("body", "Once."), ("_once", &once)]).location();
    assert_eq!(send(), send());
    assert_eq!(app.count("select count(*) from comments"), 1);
}

#[test]
fn an_empty_a_long_or_a_broken_text_comes_back_with_its_words_and_a_message() {
    let app = App::new();
    let cleo = app.as_(CLEO);
    let long = "x".repeat(MAX_COMMENT_BYTES + 1);
    let quote = "q".repeat(MAX_QUOTE_CHARS + 1);
    let cases = [
        ("  \n ", "", "Write something first."),
        (&long, "", "This text has 65 KB; at most 64 KB"),
        ("zero\0zero", "", "zero character"),
        ("kept words", &quote, "Shorten this to 2000 characters."),
    ];
    for (body, quote, problem) in cases {
        let answer = cleo.post(&format!("/records/{STEEL}/comments"), &[("body", body), ("quote", quote)]);
        assert_eq!((answer.status, answer.has(problem)), (422, true), "{problem}: {}", answer.text());
        assert!(answer.has(body.trim()));
    }
    assert_eq!(app.count("select count(*) from comments"), 0);
    assert_eq!(cleo.post(&format!("/records/{STEEL}/comments"), &[("body", &long[1..])]).status, 303);
}

#[test]
fn ten_megabytes_of_text_are_refused_and_come_back() {
    let app = App::new();
    let answer = app.as_(CLEO).post(&format!("/records/{STEEL}/comments"), &[("body", &"y".repeat(10_000_000))]);
    assert_eq!(answer.status, 422);
    assert!(answer.body.len() > 10_000_000);
}

#[test]
fn who_only_reads_may_not_comment_and_who_cannot_see_finds_nothing() {
    let app = App::new();
    let send = |who, record| app.as_(who).post(&format!("/records/{record}/comments"), &[("body", "x")]).status;
    assert_eq!((send(VERA, STEEL), send(DOV, STEEL), send(ADA, SECRET), send(CLEO, "ATL-999")), (403, 404, 404, 404));
    assert!(!drawn(&app, VERA, Show::All).contains("<textarea"));
    assert!(drawn(&app, CLEO, Show::All).contains("<textarea"));
}

#[test]
fn the_author_and_whom_a_comment_mentions_watch_but_nobody_who_cannot_see() {
    let app = App::new();
    assert!(!is_watching(&app, EDDA) && !is_watching(&app, VERA));
    say(&app, EDDA, "What do you think, @vera? And @dov, @nobody?");
    assert!(is_watching(&app, EDDA) && is_watching(&app, VERA) && !is_watching(&app, DOV));
}

#[test]
fn a_comments_references_show_on_the_other_side_until_it_is_removed() {
    let app = App::new();
    let backlinks =
        || app.as_(CLEO).tx(|tx, me| Ok(Record::find(tx, me, Kind::Decision, SUPPLIERS)?.backlinks(tx, me)?.len()));
    let id = say(&app, CLEO, "As in DEC-1.");
    assert_eq!(backlinks(), 1);
    app.as_(CLEO).post(&format!("/comments/{id}/removal"), &[]);
    assert_eq!(backlinks(), 0);
}

#[test]
fn an_author_edits_and_the_page_says_so() {
    let app = App::new();
    let (id, cleo) = (say(&app, CLEO, "Frist words."), app.as_(CLEO));
    let page = cleo.get(&format!("/comments/{id}/edit"));
    assert!(page.status == 200 && page.has("Frist words.") && page.has(&seen("Frist words.")));
    let answer = cleo.post(&format!("/comments/{id}"), &[("body", "First words."), ("was", &seen("Frist words."))]);
    assert_eq!(answer.location(), format!("/tickets/{STEEL}#comment-{id}"));
    let html = drawn(&app, VERA, Show::Comments);
    assert!(html.contains("First words.") && html.contains("edited"));
}

#[test]
fn nobody_else_edits_a_comment_not_even_an_owner() {
    let app = App::new();
    let id = say(&app, CLEO, "Mine.");
    for (who, status) in [(ADA, 403), (FINN, 403), (VERA, 403), (DOV, 404)] {
        let answer = app.as_(who).post(&format!("/comments/{id}"), &[("body", "Theirs."), ("was", &seen("Mine."))]);
        assert_eq!(
            (answer.status, app.as_(who).get(&format!("/comments/{id}/edit")).status),
            (status, status),
            "{}",
            who.name
        );
    }
    assert_eq!(app.count("select count(*) from comments where body = 'Mine.'"), 1);
}

#[test]
fn a_lost_race_shows_both_texts_and_the_second_sending_keeps_ones_own() {
    let app = App::new();
    let (id, cleo) = (say(&app, CLEO, "One."), app.as_(CLEO));
    let edit = |body, was: &str| cleo.post(&format!("/comments/{id}"), &[("body", body), ("was", was)]);
    assert_eq!(edit("Two, on the phone.", &seen("One.")).status, 303);
    let lost = edit("Two, at the desk.", &seen("One."));
    assert!(lost.status == 409 && lost.has("Two, on the phone.") && lost.has("Two, at the desk."), "{}", lost.text());
    assert_eq!(edit("Two, at the desk.", &seen("Two, on the phone.")).status, 303);
    assert_eq!(edit("", &seen("Two, at the desk.")).status, 422);
}

#[test]
fn an_edit_that_changes_nothing_leaves_no_trace() {
    let app = App::new();
    let id = say(&app, CLEO, "Same.");
    let answer = app.as_(CLEO).post(&format!("/comments/{id}"), &[("body", "Same."), ("was", &seen("Same."))]);
    assert_eq!((answer.status, app.count("select count(*) from activity where act = 'comment_edited'")), (303, 0));
    assert_eq!(app.count("select count(*) from comments where edited_at is not null"), 0);
}

#[test]
fn a_removed_comment_leaves_a_line_without_its_words_and_can_come_back() {
    let app = App::new();
    let id = say(&app, CLEO, "Spoken too soon.");
    assert_eq!(app.as_(VERA).post(&format!("/comments/{id}/removal"), &[]).status, 403);
    assert_eq!(app.as_(EDDA).post(&format!("/comments/{id}/removal"), &[]).status, 303);
    let html = drawn(&app, VERA, Show::All);
    assert!(html.contains("This comment was removed.") && !html.contains("Spoken"));
    assert_eq!(app.as_(CLEO).get(&format!("/comments/{id}/edit")).status, 404);
    assert_eq!(app.as_(CLEO).post(&format!("/comments/{id}/restoration"), &[]).status, 303);
    assert!(drawn(&app, VERA, Show::All).contains("Spoken too soon."));
}

#[test]
fn a_removed_comments_words_are_forgotten_after_the_bin() {
    let app = App::new();
    let id = say(&app, CLEO, "Spoken too soon.");
    app.as_(CLEO).post(&format!("/comments/{id}/removal"), &[]);
    assert_eq!(app.tx(forget_removed), 0);
    app.advance(chrono::Duration::days(BIN_DAYS + 1));
    assert_eq!(app.tx(forget_removed), 1);
    assert_eq!(app.count("select count(*) from comments where body = ''"), 1);
    assert_eq!(app.as_(CLEO).post(&format!("/comments/{id}/restoration"), &[]).status, 404);
    assert!(drawn(&app, VERA, Show::All).contains("This comment was removed."));
}

#[test]
fn a_comment_on_a_passage_is_resolved_and_reopened_another_is_not() {
    let app = App::new();
    let (about, plain) = (say_about(&app, CLEO, "Is this so?", "in week 12"), say(&app, CLEO, "Good."));
    let post = |who, id: &str, act: &str| app.as_(who).post(&format!("/comments/{id}/{act}"), &[]).status;
    assert!(drawn(&app, EDDA, Show::All).contains("in week 12"));
    assert_eq!(post(EDDA, &about, "resolution"), 303);
    assert!(drawn(&app, EDDA, Show::All).contains("Resolved by Edda Holm"));
    assert_eq!(
        (post(EDDA, &about, "resolution/removal"), post(VERA, &about, "resolution"), post(DOV, &about, "resolution")),
        (303, 403, 404)
    );
    assert!(!drawn(&app, EDDA, Show::All).contains("Resolved by"));
    assert_eq!(post(EDDA, &plain, "resolution"), 422);
}

#[test]
fn files_that_a_comment_shows_go_and_come_back_with_it() {
    let app = App::new();
    let cleo = app.as_(CLEO);
    let csrf = cleo.csrf();
    let body = format!(
        "--b\r\nContent-Disposition: form-data; name=\"_csrf\"\r\n\r\n{csrf}\r\n--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\nx\r\n--b--\r\n"
    );
    let sent = cleo.clone().with("accept", "application/json").post_raw(
        &format!("/records/{STEEL}/files"),
        "multipart/form-data; boundary=b",
        body,
    );
    let markdown =
        serde_json::from_slice::<serde_json::Value>(&sent.body).unwrap()["markdown"].as_str().unwrap().to_owned();
    let path = markdown.split(['(', ')']).nth(1).unwrap().to_owned();
    let id = say(&app, CLEO, &format!("See {markdown}"));
    assert!(drawn(&app, VERA, Show::All).contains(&format!("href=\"{path}\"")));
    cleo.post(&format!("/comments/{id}/removal"), &[]);
    assert_eq!(cleo.get(&path).status, 404);
    cleo.post(&format!("/comments/{id}/restoration"), &[]);
    assert_eq!(cleo.get(&path).status, 200);
}

fn change(app: &App, field: &str, value: &str) {
    let answer = app.as_(CLEO).post(&format!("/tickets/{STEEL}/fields"), &[("field", field), ("value", value)]);
    assert_eq!(answer.status, 303, "{}", answer.text());
}

/// The story's lines as plain text.
fn story(app: &App) -> Vec<String> {
    let thread = app.as_(CLEO).tx(|tx, me| {
        let record = Record::find_any(tx, me, STEEL)?;
        Thread::load(tx, me, &record, Show::Changes)
    });
    let lines = thread.entries.iter().filter_map(|entry| entry.line());
    lines.map(|line| line.pieces.iter().map(|piece| piece.text.as_str()).collect()).collect()
}

#[test]
fn changes_of_one_person_in_ten_minutes_make_one_sentence() {
    let app = App::new();
    change(&app, "status", "in_progress");
    app.advance(chrono::Duration::minutes(4));
    change(&app, "estimate", "8");
    app.advance(chrono::Duration::minutes(20));
    change(&app, "due_on", "2026-12-24");
    change(&app, "assignee", "");
    let expected = [
        "created this",
        "moved it from To do to In progress and set the estimate to 8",
        "set the due date to 24 Dec 2026 and cleared the assignee (it was Cleo Marchetti)",
    ];
    assert_eq!(story(&app), expected);
}

#[test]
fn what_was_set_back_within_a_burst_is_not_told() {
    let app = App::new();
    change(&app, "status", "done");
    change(&app, "status", "todo");
    change(&app, "title", "Order more steel");
    change(&app, "body", "Two hundred tonnes.");
    assert_eq!(story(&app), ["created this", "renamed it to Order more steel and rewrote the description"]);
}

#[test]
fn comments_and_changes_stand_in_the_order_they_came_and_are_shown_apart_on_demand() {
    let app = App::new();
    say(&app, CLEO, "Before.");
    app.advance(chrono::Duration::minutes(1));
    change(&app, "status", "done");
    app.advance(chrono::Duration::minutes(1));
    say(&app, CLEO, "After.");
    let all = drawn(&app, CLEO, Show::of(Some("nonsense")));
    let at = |text: &str| all.find(text).unwrap();
    assert!(at("created this") < at("Before.") && at("Before.") < at("moved it") && at("moved it") < at("After."));
    let (comments, changes) = (drawn(&app, CLEO, Show::Comments), drawn(&app, CLEO, Show::Changes));
    assert!(comments.contains("Before.") && !comments.contains("moved it"));
    assert!(changes.contains("moved it") && !changes.contains("Before."));
}

#[test]
fn a_link_to_what_the_reader_cannot_see_does_not_name_it() {
    let app = App::new();
    app.write(CLEO, |tx, me| {
        let (steel, secret) = (Record::find_any(tx, me, STEEL)?, Record::find_any(tx, me, SECRET)?);
        let permit = tow::access::may(tx, me, tow::access::Verb::Edit, &steel.thing())?;
        tow::audit::record(
            tx,
            permit,
            tow::audit::Act::new(tow::audit::ActKind::Linked).on(steel.id).note("other", secret.id),
        )
    })
    .unwrap();
    assert!(drawn(&app, VERA, Show::All).contains("linked this with another record"));
    assert!(drawn(&app, CLEO, Show::All).contains(SECRET));
}

#[test]
fn a_long_thread_shows_the_newest_and_leads_to_all() {
    let app = App::new();
    for n in 0..30 {
        say(&app, CLEO, &format!("Number {n}, see DEC-1 and @vera."));
    }
    app.sql(&format!(
        "insert into comments (id, record_id, author_id, body, created_at) select gen_random_uuid(), r.id, '{}', 'old ' || n, r.created_at
         from records r, generate_series(1, 200) n where r.display_id = '{STEEL}'",
        CLEO.id.0
    ));
    let html = drawn(&app, VERA, Show::All);
    assert!(
        html.contains("Older comments are left out here.")
            && html.contains("Number 29")
            && html.matches("class=\"comment\"").count() == 200
    );
    assert_eq!(drawn(&app, VERA, Show::Comments).matches("class=\"comment\"").count(), 230);
}
