//! `/chats`, and the assistants under `/settings/ai`.

mod actions;
mod assistants;
mod preview;
mod stream;
mod turns;

use super::board::{Board, Doing};
use super::model::*;
use super::pages::{Composer, EditedCard, Editing, Loaded, Pane, Show, WORDS};
use super::run;
use crate::access::{Actor, Ctx, Permission, ProjectId, holds};
use crate::ai::{Asking, Endpoint, Purpose, Target, assistants_allowed, foresee, requests_of};
use crate::db::{Chore, Tx};
use crate::error::{Error, Msg, Problems, Result};
use crate::files::Attachments;
use crate::records::resolve;
use crate::related::{Address, place_choices};
use crate::web::{Flash, Form, Need, Reply, Routes};
use actix_web::web::Path;
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

pub fn routes() -> Routes {
    Routes::new()
        .get("/chats", Need::Session, index)
        .post("/chats", Need::Session, create)
        .post("/chats/preview", Need::Session, preview::create)
        .get("/chats/{id}", Need::Session, show)
        .post("/chats/{id}/turns", Need::Session, turns::create)
        .post("/chats/{id}/turns/{turn}/stop", Need::Session, turns::stop)
        .post("/chats/{id}/turns/{turn}/branch", Need::Session, turns::branch)
        .get("/chats/{id}/turns/{turn}/stream", Need::Session, stream::show)
        .post("/chats/{id}/searches/{search}", Need::Session, turns::search)
        .post("/chats/{id}/actions/{action}", Need::Session, actions::create)
        .post("/chats/{id}/title", Need::Session, rename)
        .post("/chats/{id}/star", Need::Session, star)
        .post("/chats/{id}/deletion", Need::Session, delete)
        .get("/settings/ai/assistants", Need::Session, assistants::index)
        .post("/settings/ai/assistants", Need::Session, assistants::create)
        .does("does-change-assistants")
        .get("/settings/ai/assistants/new", Need::Session, assistants::new)
        .get("/settings/ai/assistants/{id}", Need::Session, assistants::edit)
        .post("/settings/ai/assistants/{id}", Need::Session, assistants::update)
        .does("does-change-assistants")
        .post("/settings/ai/assistants/{id}/archiving", Need::Session, assistants::archive)
        .does("does-change-assistants")
}

/// A new chat, beside the list of those there are.
async fn index(ctx: Ctx) -> Result<Reply> {
    new_page(&ctx, Asked::default(), 200, Problems::default()).await
}

/// What a person sends with a question.
#[derive(Debug, Clone, Default)]
struct Asked {
    question: String,
    assistant: Option<String>,
    /// None before anybody chose.
    sources: Option<Vec<SourceGroup>>,
}

impl Asked {
    fn of(form: &Form) -> Self {
        Asked {
            question: form.text("question").to_owned(),
            assistant: form.given("assistant").map(str::to_owned),
            sources: form.has("chosen").then(|| SourceGroup::parse_all(form.all("source"))),
        }
    }
}

async fn new_page(ctx: &Ctx, asked: Asked, status: u16, problems: Problems) -> Result<Reply> {
    let query = Address::of(ctx, "/chats", &WORDS)?;
    let (wanted, ai, key) = (query.clone(), ctx.state.config.ai.clone(), ctx.project_key());
    let kept = asked.clone();
    let (page, assistants, closed, has_web) = ctx
        .read(move |tx, me| {
            let page = filter(&wanted, me)?.page(tx, me, wanted.after.as_ref())?;
            let asking = Asking::of(me, Purpose::Chat)?.in_project(project_of(me, key.as_deref()));
            let all = Assistant::list(tx, me)?;
            Ok((page, offered(tx, &all, &asking)?, closed(tx, &asking, &ai)?, has_web(tx, &asking, &ai)?))
        })
        .await?;
    let me = ctx.me()?;
    let wanted = kept.assistant.unwrap_or_else(|| BuiltIn::Default.to_string());
    let chosen = assistants.iter().find(|one| one.key == wanted).or(assistants.first());
    let sources = kept.sources.or(chosen.map(|one| one.sources.clone())).unwrap_or_default();
    let mut composer = Composer::new(&assistants, &wanted, &sources, has_web);
    composer.question = asked.question;
    composer.closed = closed;
    composer.can_manage = holds(&me, Permission::AiManage);
    let view = Show {
        shell: ctx.shell("chat")?,
        pane: Pane::new(page, query, "", ctx.now(), me.zone()),
        chat: None,
        turns: Vec::new(),
        attachments: Attachments::default(),
        composer,
        is_renaming: false,
        problems,
    };
    ctx.page_with(status, &view)
}

fn filter(query: &Address, me: &Actor) -> Result<ChatFilter> {
    Ok(ChatFilter {
        words: query.given("q"),
        project: query.project(me)?,
        is_starred: query.get("show") == "starred",
        is_archived: query.is_archived(),
    })
}

/// The one that the page is about; None when it is none of theirs.
fn project_of(me: &Actor, key: Option<&str>) -> Option<ProjectId> {
    me.project(key?).map(|project| project.id)
}

/// Why no question could be answered now; None when one could.
fn closed(tx: &mut Tx, asking: &Asking, ai: &crate::config::Ai) -> Result<Option<Msg>> {
    let target = Target::of(ai, Endpoint::Stream, &ai.openai_reasoning_model);
    Ok(foresee(tx, asking, &target, &[])?.map(|fault| fault.msg()))
}

/// Those that every policy lets answer here.
fn offered(tx: &mut Tx, all: &[Assistant], asking: &Asking) -> Result<Vec<Assistant>> {
    let allowed = assistants_allowed(tx, asking, &[])?;
    let is_allowed = |one: &&Assistant| allowed.as_ref().is_none_or(|keys| keys.contains(&one.key));
    Ok(all.iter().filter(is_allowed).cloned().collect())
}

/// Whether web tools are set up and no policy forbids them here.
fn has_web(tx: &mut Tx, asking: &Asking, ai: &crate::config::Ai) -> Result<bool> {
    Ok(foresee(tx, asking, &Target::of(ai, Endpoint::WebSearch, ""), &[])?.is_none())
}

/// The first question makes the chat.
async fn create(ctx: Ctx, form: Form) -> Result<Reply> {
    let (asked, key) = (Asked::of(&form), ctx.project_key());
    let sent = asked.clone();
    let begun = ctx
        .write_once(&form, move |tx, me| {
            check_question(&sent.question)?;
            let project = project_of(me, key.as_deref());
            let assistant = Assistant::find_or_default(tx, me, sent.assistant.as_deref().unwrap_or_default())?;
            let sources = sent.sources.unwrap_or_else(|| assistant.sources.clone());
            let new = NewChat {
                project,
                assistant: assistant.key.clone(),
                sources: sources.clone(),
                question: sent.question.clone(),
            };
            let chat = new.begin(tx, me)?;
            let turn = NewTurn { question: sent.question, parent: None, assistant: assistant.key, sources };
            turn.ask(tx, me, &chat)?;
            Ok(chat.record.path())
        })
        .await;
    match begun {
        Ok(path) => {
            let id = path.rsplit('/').next().unwrap_or_default().to_owned();
            run_turn(&ctx, id, None).await?;
            Ok(ctx.redirect(&path, None))
        }
        Err(Error::Invalid(problems)) => new_page(&ctx, asked, 422, problems).await,
        Err(other) => Err(other),
    }
}

/// Begins what was just asked (the last turn where none is named), unless somebody answers it already.
async fn run_turn(ctx: &Ctx, id: String, turn: Option<TurnId>) -> Result<()> {
    let claimed = ctx
        .touch(Chore::Chat, move |tx, me| {
            let chat = Chat::find(tx, me, &id)?;
            let Some(turn) = turn.or(chat.head_id) else { return Ok(None) };
            let turn = Turn::find(tx, &chat, turn)?.id;
            Ok(claim(tx, turn)?.then_some((chat.record.id.0, turn)))
        })
        .await?;
    let Some((chat, turn)) = claimed else { return Ok(()) };
    let person = ctx.me()?.person_id();
    run::begin(&ctx.state, ctx.caller.request_id, person, chat, turn)
}

async fn show(ctx: Ctx, id: Path<String>) -> Result<Reply> {
    let turn = |name: &str| ctx.query(name).and_then(|id| id.parse().ok());
    let editing = Editing {
        question: turn("edit").map(TurnId),
        card: turn("change").map(|id| EditedCard { id: ActionId(id), typed: None, problems: Problems::default() }),
        is_renaming: ctx.query("rename").is_some(),
    };
    page(&ctx, id.into_inner(), Asked::default(), editing, 200, Problems::default()).await
}

async fn page(ctx: &Ctx, id: String, asked: Asked, editing: Editing, status: u16, problems: Problems) -> Result<Reply> {
    let query = Address::of(ctx, "/chats", &WORDS)?;
    let (wanted, ai) = (query.clone(), ctx.state.config.ai.clone());
    let (loaded, offered, list, closed, has_web) = ctx
        .read(move |tx, me| {
            let loaded = load(tx, me, &id)?;
            let asking = Asking::of(me, Purpose::Chat)?.in_project(loaded.chat.project(me));
            let list = filter(&wanted, me)?.page(tx, me, wanted.after.as_ref())?;
            let offered = offered(tx, &loaded.assistants, &asking)?;
            Ok((loaded, offered, list, closed(tx, &asking, &ai)?, has_web(tx, &asking, &ai)?))
        })
        .await?;
    let me = ctx.me()?;
    let turns = loaded.turns(&editing);
    let chosen = asked.assistant.unwrap_or_else(|| loaded.chat.assistant.clone());
    let sources = asked.sources.unwrap_or_else(|| loaded.chat.sources());
    let mut composer = Composer::new(&offered, &chosen, &sources, has_web);
    composer.question = asked.question;
    composer.parent = loaded.branch.last().map(|turn| turn.id.to_string()).unwrap_or_default();
    composer.closed = closed;
    composer.can_manage = holds(&me, Permission::AiManage);
    let view = Show {
        shell: ctx.shell("chat")?,
        pane: Pane::new(list, query, &loaded.chat.record.display_id, ctx.now(), me.zone()),
        attachments: loaded.attachments.clone(),
        chat: Some(loaded.chat),
        turns,
        composer,
        is_renaming: editing.is_renaming,
        problems,
    };
    ctx.page_with(status, &view)
}

fn load(tx: &mut Tx, me: &Actor, id: &str) -> Result<Loaded> {
    let chat = Chat::find(tx, me, id)?;
    let all = Turn::list(tx, &chat)?;
    let mut branch = Turn::branch(&all, chat.head_id);
    let doing = take_in(&mut branch);
    let ids: Vec<Uuid> = branch.iter().map(|turn| turn.id.0).collect();
    let read: Vec<Uuid> = branch.iter().flat_map(|turn| turn.records.clone()).collect();
    let texts: Vec<&str> = branch.iter().flat_map(|turn| [turn.question.as_str(), turn.answer.as_str()]).collect();
    let proposed = Action::list(tx, &ids)?;
    let places = if proposed.is_empty() { Vec::new() } else { place_choices(tx, me)? };
    let mut actions = Vec::new();
    for action in proposed {
        let preview = preview(tx, me, &action, &places)?;
        actions.push((action, preview));
    }
    let made: BTreeSet<Uuid> = actions.iter().filter_map(|(action, _)| action.result_id).collect();
    Ok(Loaded {
        readable: readable(tx, me, &read)?,
        resolved: resolve(tx, me, &texts)?,
        results: if made.is_empty() {
            Vec::new()
        } else {
            crate::records::Record::find_ids(tx, me, made.into_iter().collect())?
        },
        searches: WebSearch::list(tx, &ids)?,
        pages: CitedPage::list(tx, &ids)?,
        assistants: Assistant::list(tx, me)?,
        attachments: Attachments::load(tx, me, &chat.record)?,
        calls: requests_of(tx, me, &ids)?,
        actions,
        branch,
        doing,
        all,
        chat,
    })
}

/// What this server answers just now, as far as it came; its row is a second behind.
fn take_in(branch: &mut [Turn]) -> HashMap<TurnId, Doing> {
    let running = branch.iter_mut().filter(|turn| turn.is_running());
    running
        .filter_map(|turn| {
            let seen = Board::find(turn.id)?.now();
            (turn.answer, turn.records) = (seen.text, seen.records);
            Some((turn.id, seen.doing))
        })
        .collect()
}

async fn rename(ctx: Ctx, id: Path<String>, form: Form) -> Result<Reply> {
    let (asked, title) = (id.clone(), form.text("title").to_owned());
    match ctx.write(move |tx, me| Chat::rename(tx, me, &asked, &title)).await {
        Ok(chat) => Ok(ctx.redirect(&chat.record.path(), None)),
        Err(Error::Invalid(problems)) => {
            let editing = Editing { is_renaming: true, ..Editing::default() };
            page(&ctx, id.into_inner(), Asked::default(), editing, 422, problems).await
        }
        Err(other) => Err(other),
    }
}

async fn star(ctx: Ctx, id: Path<String>, form: Form) -> Result<Reply> {
    let (asked, is_starred) = (id.clone(), form.text("star") == "on");
    ctx.touch(Chore::Chat, move |tx, me| Chat::star(tx, me, &asked, is_starred)).await?;
    Ok(ctx.redirect(&format!("/chats/{id}"), None))
}

async fn delete(ctx: Ctx, id: Path<String>, _: Form) -> Result<Reply> {
    ctx.write(move |tx, me| Chat::delete(tx, me, &id)).await?;
    Ok(ctx.redirect("/chats", Some(Flash::done("chat-deleted"))))
}
