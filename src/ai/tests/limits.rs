//! Limits of time and number that the other tests do not reach, with a shorter patience than the server's.

use super::*;
use std::time::{Duration, Instant};
use tow::ai::{
    ANSWER_SECONDS, BEAT, FIRST_SECONDS, IDLE_SECONDS, LONGEST_QUEUE, MAX_OPEN_PER_PERSON, MAX_WAITING, Reason, Seats,
    Waits,
};

const SHORT: Duration = Duration::from_millis(250);

fn took(began: Instant) {
    let took = began.elapsed();
    assert!(took >= SHORT / 2, "{took:?}");
    nobody_waited(began);
}

#[test]
fn a_provider_has_minutes_for_a_whole_answer_a_minute_to_begin_and_minutes_of_silence() {
    let seconds = Duration::from_secs;
    let Waits { answer, first, idle, .. } = Waits::default();
    assert_eq!((answer, first, idle), (seconds(ANSWER_SECONDS), seconds(FIRST_SECONDS), seconds(IDLE_SECONDS)));
    assert!(BEAT < first, "a call that waits says so meanwhile");
}

#[test]
fn a_whole_answer_that_takes_too_long_is_none() {
    let models = Models::new();
    let app = models.app();
    models.then((0..3).map(|_| Turn::Late(FAR_TOO_LATE)));
    let began = Instant::now();
    let short = provider(&app).hasty(FAR_TOO_LATE).waiting(Waits { answer: SHORT, ..Waits::default() });
    let fault = app.wait(short.ask(&mut desk(&app), &asking(CLEO), &prompt())).unwrap().unwrap_err();
    assert_eq!((fault.reason, calls(&app, "failed:away")), (Reason::Away, 1));
    took(began);
}

#[test]
fn a_streamed_answer_that_does_not_begin_or_falls_silent_is_ended() {
    let models = Models::new();
    let app = models.app();
    let run = |turn: Turn, waits: Waits| {
        models.then([turn]);
        let (short, stop) = (provider(&app).hasty(FAR_TOO_LATE).waiting(waits), Stop::default());
        let (began, mut heard) = (Instant::now(), 0);
        let mut hear = |_| heard += 1;
        let fault = app.wait(short.stream(&mut desk(&app), &asking(CLEO), &prompt(), &stop, &mut hear)).unwrap();
        took(began);
        (fault.unwrap_err().reason, heard)
    };
    let first = Waits { first: SHORT, ..Waits::default() };
    assert_eq!(run(Turn::Late(FAR_TOO_LATE), first), (Reason::Away, 0));
    let idle = Waits { idle: SHORT, ..Waits::default() };
    assert_eq!(run(Turn::Hangs, idle), (Reason::Cut, 1));
}

#[test]
fn who_waits_at_the_gate_is_told_after_a_while() {
    let models = Models::new();
    let app = models.app();
    for _ in 0..MAX_OPEN_PER_PERSON {
        app.sql(&format!(
            "insert into ai_calls (id, organisation_id, at, purpose, endpoint, host, model, person_id, records, attempt, bytes_out, hash, outcome)
             values (gen_random_uuid(), '{}', '{}', 'connection_test', 'responses', 'h', 'm', '{}', '{{}}', 1, 1, '', 'open')",
            HALDEN.0, start().to_rfc3339(), CLEO.id
        ));
    }
    let began = Instant::now();
    let short = provider(&app).queueing(SHORT);
    let fault = app.wait(short.ask(&mut desk(&app), &asking(CLEO), &prompt())).unwrap().unwrap_err();
    assert_eq!((fault.reason, models.asked().len()), (Reason::Busy, 0));
    took(began);
    assert!(began.elapsed() < LONGEST_QUEUE);
}

#[test]
fn so_many_wait_at_the_gate_and_the_next_is_told_at_once() {
    let seats = Seats::new();
    let mut taken: Vec<_> = (0..MAX_WAITING).map(|_| seats.take().unwrap()).collect();
    assert!(seats.take().is_none());
    taken.pop();
    assert!(seats.take().is_some());
}

#[test]
fn the_ledger_says_in_which_project_and_by_which_assistant() {
    let models = Models::new();
    let app = models.app();
    let asked = asking(CLEO).in_project(Some(ATLAS)).by("chief_of_staff");
    app.wait(provider(&app).ask(&mut desk(&app), &asked, &prompt())).unwrap().unwrap();
    ask(&app, CLEO, &prompt()).unwrap();
    assert_eq!(app.count("select count(*) from ai_calls where agent = 'chief_of_staff'"), 1);
    let page = app.as_(CLEO).get("/settings/ai/calls");
    assert!(
        page.has("<span class=\"key\">chief_of_staff</span>") && page.has("href=\"/projects/ATL\">ATL</a>"),
        "{}",
        page.text()
    );
    // Who may see all calls and not the project reads no key of it.
    open_security_desk(&app);
    let audits = app.as_(SAMI).get("/settings/ai/calls");
    assert!(audits.has("chief_of_staff") && !audits.has(">ATL</a>"));
    let lines = app.as_(ADA).post("/settings/ai/calls/export", &[("format", "ndjson")]).text();
    let first: serde_json::Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    assert_eq!((&first["project"], &first["agent"]), (&serde_json::json!("ATL"), &serde_json::json!("chief_of_staff")));
}
