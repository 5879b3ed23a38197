//! What leaves for a model provider, and what never does.

mod client;
mod gate;
mod limits;
mod masks;
mod pages;
mod policy;
mod sent;
mod web;

use crate::harness::*;
use tow::ai::{
    Answer, Asking, Coming, Fault, Heard, Material, Model, PageDesk, Prompt, Provider, Purpose, Source, Stop,
};
use uuid::Uuid;

pub fn provider(app: &App) -> Provider {
    Provider::new(&app.state().config, app.state().net.clone())
}

pub fn desk(app: &App) -> PageDesk {
    PageDesk::new(app.state().clone(), Uuid::nil())
}

pub fn asking(who: Who) -> Asking {
    Asking::new(Purpose::ConnectionTest, HALDEN, Some(who.id))
}

pub fn prompt() -> Prompt {
    Prompt::new(Model::Fast, "Answer in one word.").says("Are you ready?")
}

pub fn ask(app: &App, who: Who, prompt: &Prompt) -> Result<Answer, Fault> {
    app.wait(provider(app).ask(&mut desk(app), &asking(who), prompt)).unwrap()
}

/// In a task of its own, so that somebody may go away.
pub fn asked(provider: Provider, mut desk: PageDesk, prompt: Prompt) -> Coming<Answer> {
    Coming::of(|stop, _| async move { provider.until(stop).ask(&mut desk, &asking(CLEO), &prompt).await })
}

/// The answer and the pieces in which it came.
pub fn stream(app: &App, prompt: &Prompt) -> (Result<Answer, Fault>, Vec<Heard>) {
    let mut heard = Vec::new();
    let mut hear = |piece| heard.push(piece);
    let stop = Stop::default();
    let answer = app.wait(provider(app).stream(&mut desk(app), &asking(CLEO), prompt, &stop, &mut hear)).unwrap();
    (answer, heard)
}

pub fn id_of(app: &App, display_id: &str) -> Uuid {
    let id = display_id.to_owned();
    app.tx(move |tx| {
        let me = tow::access::Actor::of_person(tx, CLEO.id)?;
        Ok(tow::records::Record::find_any(tx, &me, &id)?.id.0)
    })
}

/// A prompt with the text of this record.
pub fn about(app: &App, display_id: &str) -> Prompt {
    prompt().material(&[material(app, display_id, &format!("The text of {display_id}"))])
}

pub fn material(app: &App, display_id: &str, text: &str) -> Material {
    let record = id_of(app, display_id);
    Material { record, display_id: display_id.to_owned(), title: "Title".to_owned(), text: text.to_owned() }
}

/// Rows of the ledger with this outcome and reason (`done:` for none).
pub fn calls(app: &App, what: &str) -> i64 {
    let (outcome, reason) = what.split_once(':').unwrap();
    app.count(&format!(
        "select count(*) from ai_calls where outcome = '{outcome}' and coalesce(reason, '') = '{reason}'"
    ))
}
