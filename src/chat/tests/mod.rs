//! Chats, through the doors: what is read for a person, what never is, and what only their click does.

mod answers;
mod hostile;
mod web;

use crate::harness::*;
use crate::vectors_tests::index;
use std::time::Duration;

/// Lets what was begun go on.
pub fn rest(app: &App, milliseconds: u64) {
    app.wait(async { tokio::time::sleep(Duration::from_millis(milliseconds)).await });
}

/// Until nothing is answered and nothing is under way.
pub fn settle(app: &App) {
    for _ in 0..400 {
        rest(app, 25);
        let busy = "select (select count(*) from chat_turns where state = 'running') + (select count(*) from ai_calls where outcome = 'open') as count";
        if app.count(busy) == 0 {
            // A title may still be asked for.
            rest(app, 75);
            if app.count(busy) == 0 {
                return;
            }
        }
    }
    panic!("an answer never ended");
}

/// The page of a chat begun with this question, answered.
pub fn chat(app: &App, who: Who, question: &str, more: &[(&str, &str)]) -> String {
    let fields: Vec<(&str, &str)> = [("question", question)].into_iter().chain(more.iter().copied()).collect();
    let answer = app.as_(who).post("/chats", &fields);
    assert_eq!(answer.status, 303, "{}", answer.text());
    settle(app);
    answer.location()
}

/// Its next question, answered.
pub fn ask(app: &App, who: Who, path: &str, question: &str) {
    let parent = app
        .text("select coalesce((select id::text from chat_turns order by asked_at desc, id desc limit 1), '') as text");
    let answer = app.as_(who).post(&format!("{path}/turns"), &[("question", question), ("parent", &parent)]);
    assert_eq!(answer.status, 303, "{}", answer.text());
    settle(app);
}

/// Of the latest turn.
pub fn last(app: &App, column: &str) -> String {
    app.text(&format!(
        "select coalesce({column}::text, '') as text from chat_turns order by asked_at desc, id desc limit 1"
    ))
}

/// What models were asked in answers; titles aside.
pub fn answered(models: &Models) -> Vec<serde_json::Value> {
    models.bodies().into_iter().filter(|body| body["stream"] == serde_json::json!(true)).collect()
}

pub fn says(text: &str) -> Turn {
    Turn::Says(text.to_owned())
}

/// An app with everything indexed.
pub fn ready(models: &Models) -> App {
    let app = models.app();
    index(&app);
    app
}
