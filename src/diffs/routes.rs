//! `/diffs`.

use super::model::*;
use super::pages::{ChangeForm, Editing, Index, New, Show, WORDS, filter};
use crate::access::{Actor, Ctx, Verb, can};
use crate::db::Tx;
use crate::error::{Conflict, Error, Problems, Result};
use crate::memory::{Item, NewSource, StateForm, covers};
use crate::records::Record;
use crate::related::{Address, parse_place, place_choices};
use crate::ui::count_label;
use crate::web::{Flash, Form, Need, Reply, Routes, listed};
use actix_web::web::Path;
use uuid::Uuid;

pub fn routes() -> Routes {
    Routes::new()
        .get("/diffs", Need::Session, index)
        .get("/diffs/new", Need::Session, new)
        .post("/diffs", Need::Session, create)
        .post("/diffs/reading", Need::Session, reading::create)
        .get("/diffs/{id}", Need::Session, show)
        .post("/diffs/{id}/acceptance", Need::Session, acceptance::create)
        .post("/diffs/{id}/application", Need::Session, application::create)
        .post("/diffs/{id}/changes/{change}", Need::Session, changes::update)
        .post("/diffs/{id}/changes/{change}/decision", Need::Session, decision::create)
}

async fn index(ctx: Ctx) -> Result<Reply> {
    let query = Address::of(&ctx, "/diffs", &WORDS)?;
    let asked = query.clone();
    let (page, count) = ctx
        .read(move |tx, me| {
            let filter = filter(&asked, me)?;
            Ok((filter.page(tx, me, asked.after.as_ref())?, filter.count(tx, me)?))
        })
        .await?;
    ctx.page(&Index::new(ctx.shell("diffs")?, query, page, count_label(count)))
}

/// `?act=`, `?target=MEM-5`, `?source=DOC-7`, `?diff=`.
async fn new(ctx: Ctx) -> Result<Reply> {
    let asked = |name| ctx.query(name).unwrap_or_default();
    let mut form = ChangeForm {
        act: asked("act"),
        target: asked("target"),
        source: asked("source"),
        diff: asked("diff"),
        place: "organisation".to_owned(),
        ..ChangeForm::default()
    };
    let asked = form.target.trim().to_uppercase();
    let (places, target) = ctx
        .read(move |tx, me| {
            let target = if asked.is_empty() { None } else { Some(Item::find(tx, me, &asked)?) };
            Ok((place_choices(tx, me)?, target))
        })
        .await?;
    if let Some(target) = &target {
        form.show(target);
    }
    let view = New::new(ctx.shell("diffs")?, form, Problems::default(), &places, Vec::new());
    ctx.page(&New { target, ..view })
}

async fn create(ctx: Ctx, sent: Form) -> Result<Reply> {
    let form = ChangeForm::of(&sent);
    let typed = form.clone();
    match ctx.write_once(&sent, move |tx, me| Ok(propose(tx, me, &typed)?.path())).await {
        Ok(path) => Ok(ctx.redirect(&path, None)),
        Err(Error::Invalid(problems)) => draw_new(&ctx, form, 422, problems).await,
        // What is typed stays; the item as it is now stands beside it, and counts as seen.
        Err(Error::Conflict(theirs)) => {
            let form = ChangeForm { seen: theirs.seen, ..form };
            draw_new(&ctx, form, 409, Problems::one("target", "problem-diff-changed")).await
        }
        Err(other) => Err(other),
    }
}

/// The form again as typed; filled from the item when it was about another one, or about none.
async fn draw_new(ctx: &Ctx, mut form: ChangeForm, status: u16, problems: Problems) -> Result<Reply> {
    let typed = form.clone();
    let (places, narrower, target) = ctx
        .read(move |tx, me| {
            let act = ChangeAct::parse(&typed.act).unwrap_or(ChangeAct::Add);
            let target = target(tx, me, &typed, act).ok().flatten();
            Ok((place_choices(tx, me)?, narrower(tx, me, &typed)?, target))
        })
        .await?;
    if let Some(target) = target.as_ref().filter(|target| target.record.display_id != form.shown) {
        form.show(target);
    }
    let view = New::new(ctx.shell("diffs")?, form, problems, &places, narrower);
    ctx.page_with(status, &New { target, ..view })
}

fn propose(tx: &mut Tx, me: &Actor, form: &ChangeForm) -> Result<Diff> {
    let act = ChangeAct::parse(&form.act).ok_or_else(|| Error::invalid("act", "problem-choice"))?;
    let target = target(tx, me, form, act)?;
    target.as_ref().map_or(Ok(()), |target| check_shown(form, target))?;
    let state = if act == ChangeAct::Archive { None } else { Some(form.state.check()?) };
    let joined = form.diff.trim().parse::<Uuid>().ok().map(DiffId);
    let place = match (&target, joined) {
        (Some(target), _) => target.record.place(),
        (None, Some(diff)) => joined_diff(tx, me, diff)?.place(),
        (None, None) => parse_place(me, &form.place)?,
    };
    let mut evidence = Vec::new();
    if !form.source.trim().is_empty() {
        let source = NewSource { record: form.source.clone(), passage: form.passage.clone() };
        evidence.push(NewEvidence::find(tx, me, &source, place, &listed(&form.widen))?);
    }
    let reason = parse_reason(&form.reason).map_err(|msg| Error::invalid("reason", msg))?;
    let change = NewChange { act, target, other: None, state, evidence, finding: None };
    if let Some(diff) = joined {
        let diff = joined_diff(tx, me, diff)?;
        return Diff::add(tx, me, diff.id, &change);
    }
    let made = NewDiff { place, origin: Origin::Person, reason }.create(tx, me, vec![change])?;
    let diff = made.ok_or_else(|| Error::broken("a change without a finding is always new"))?;
    if form.at_once {
        Diff::accept_all(tx, me, diff.id, None)?;
        return Diff::apply(tx, me, diff.id, None);
    }
    Ok(diff)
}

/// `Invalid` for one that is not there.
fn joined_diff(tx: &mut Tx, me: &Actor, id: DiffId) -> Result<Diff> {
    match Diff::find(tx, me, id) {
        Err(Error::NotFound) => Err(Error::invalid("", "problem-diff-gone")),
        found => found,
    }
}

/// What the change is about; None when something is added.
fn target(tx: &mut Tx, me: &Actor, form: &ChangeForm, act: ChangeAct) -> Result<Option<Item>> {
    if act == ChangeAct::Add {
        return Ok(None);
    }
    match Item::find(tx, me, &form.target.trim().to_uppercase()) {
        Err(Error::NotFound) => Err(Error::invalid("target", "problem-memory-unknown")),
        found => found.map(Some),
    }
}

/// `Invalid` when the form was not filled in from this item, `Conflict` when somebody changed it since: a proposal says what the item
/// shall be, so it would undo what its author never saw.
fn check_shown(form: &ChangeForm, target: &Item) -> Result<()> {
    if form.shown != target.record.display_id {
        return Err(Error::invalid("target", "problem-diff-look"));
    }
    let now = target.fingerprint();
    if form.seen == now {
        return Ok(());
    }
    let (theirs, yours) = (target.record.title.clone(), form.state.title.clone());
    Err(Error::Conflict(Box::new(Conflict { field: "target", theirs, yours, seen: now })))
}

/// The typed evidence when not everybody in the place may read it; nothing while either is not understood.
fn narrower(tx: &mut Tx, me: &Actor, form: &ChangeForm) -> Result<Vec<Record>> {
    let target = Record::find_many(tx, me, vec![form.target.trim().to_uppercase()])?.into_iter().next();
    let place = match (target, form.diff.trim().parse::<Uuid>()) {
        (Some(target), _) if form.act != ChangeAct::Add.as_str() => target.place(),
        (_, Ok(diff)) => match Diff::find(tx, me, DiffId(diff)) {
            Ok(diff) => diff.place(),
            Err(_) => return Ok(Vec::new()),
        },
        _ => match parse_place(me, &form.place) {
            Ok(place) => place,
            Err(_) => return Ok(Vec::new()),
        },
    };
    let found = Record::find_many(tx, me, vec![form.source.trim().to_uppercase()])?;
    Ok(found.into_iter().filter(|record| !covers(me, record.place(), place)).collect())
}

mod reading {
    use super::*;

    /// Reads the page `doc` by rules.
    pub async fn create(ctx: Ctx, form: Form) -> Result<Reply> {
        let (doc, asked) = (form.text("doc").to_owned(), form.text("doc").to_owned());
        match ctx.write(move |tx, me| Diff::extract(tx, me, &asked)).await? {
            Some(diff) => Ok(ctx.redirect(&diff.path(), Some(Flash::done("diff-read")))),
            None => Ok(ctx.redirect(&format!("/docs/{doc}"), Some(Flash::failed("diff-read-nothing")))),
        }
    }
}

async fn show(ctx: Ctx, id: Path<Uuid>) -> Result<Reply> {
    let view = draw(&ctx, DiffId(id.into_inner())).await?;
    let editing = ctx.query("edit").and_then(|id| id.parse().ok()).map(ChangeId);
    let editing = editing.and_then(|change| open(&view, change, None, Problems::default()));
    ctx.page(&Show { editing, ..view })
}

async fn draw(ctx: &Ctx, id: DiffId) -> Result<Show> {
    let (diff, changes, can_decide, can_add) = ctx
        .read(move |tx, me| {
            let diff = Diff::find(tx, me, id)?;
            let changes = diff.changes(tx, me)?;
            let can = |verb| can(me, verb, &diff.thing());
            let (can_decide, can_add) = (can(Verb::Decide), can(Verb::Add));
            Ok((diff, changes, can_decide, can_add))
        })
        .await?;
    let shell = ctx.shell("diffs")?;
    ctx.work(move || Ok(Show::new(shell, diff, changes, can_decide, can_add))).await
}

/// The form of one change, with its proposed words or those typed. None when there is nothing to edit.
fn open(view: &Show, change: ChangeId, typed: Option<StateForm>, problems: Problems) -> Option<Editing> {
    let card = view.cards.iter().find(|card| card.proposed.change.id == change)?;
    let form = match typed {
        Some(form) => form,
        None => StateForm::of_state(&card.proposed.state()?),
    };
    let (types, importances) = (form.types(), form.importances());
    Some(Editing { change, seen: card.proposed.seen_now(), form, types, importances, problems })
}

/// After an act on a diff: the page again, with what is wrong or what somebody else changed.
async fn answer(ctx: &Ctx, id: DiffId, done: Result<Diff>, flash: Option<Flash>) -> Result<Reply> {
    match done {
        Ok(diff) => Ok(ctx.redirect(&diff.path(), flash)),
        Err(Error::Invalid(problems)) => {
            let view = draw(ctx, id).await?;
            ctx.page_with(422, &Show { problems, ..view })
        }
        Err(Error::Conflict(_)) => {
            let view = draw(ctx, id).await?;
            ctx.page_with(409, &Show { problems: Problems::one("", "problem-diff-outdated"), ..view })
        }
        Err(other) => Err(other),
    }
}

mod acceptance {
    use super::*;

    pub async fn create(ctx: Ctx, id: Path<Uuid>, form: Form) -> Result<Reply> {
        let (id, seen) = (DiffId(id.into_inner()), form.text("seen").to_owned());
        let done = ctx.write(move |tx, me| Diff::accept_all(tx, me, id, Some(&seen))).await;
        answer(&ctx, id, done, None).await
    }
}

mod application {
    use super::*;

    pub async fn create(ctx: Ctx, id: Path<Uuid>, form: Form) -> Result<Reply> {
        let (id, seen) = (DiffId(id.into_inner()), form.text("seen").to_owned());
        let done = ctx.write(move |tx, me| Diff::apply(tx, me, id, Some(&seen))).await;
        answer(&ctx, id, done, Some(Flash::done("diff-applied"))).await
    }
}

mod changes {
    use super::*;

    /// Other words for a change, and accepted with them.
    pub async fn update(ctx: Ctx, path: Path<(Uuid, Uuid)>, form: Form) -> Result<Reply> {
        let (id, change) = path.into_inner();
        let (id, change) = (DiffId(id), ChangeId(change));
        let (typed, seen) = (StateForm::of(&form), form.text("seen").to_owned());
        let wanted = typed.clone();
        let done = ctx.write(move |tx, me| Diff::edit_change(tx, me, (id, change), &wanted.check()?, &seen)).await;
        match done {
            Err(Error::Invalid(problems)) => {
                let view = draw(&ctx, id).await?;
                let editing = open(&view, change, Some(typed), problems);
                ctx.page_with(422, &Show { editing, ..view })
            }
            Err(Error::Conflict(_)) => {
                let view = draw(&ctx, id).await?;
                let editing = open(&view, change, Some(typed), Problems::default());
                ctx.page_with(409, &Show { problems: Problems::one("", "problem-diff-outdated"), editing, ..view })
            }
            done => answer(&ctx, id, done, None).await,
        }
    }
}

mod decision {
    use super::*;

    /// `decision` is accepted, refused, or open to take either back; `seen` is what the page showed.
    pub async fn create(ctx: Ctx, path: Path<(Uuid, Uuid)>, form: Form) -> Result<Reply> {
        let (id, change) = path.into_inner();
        let (id, change) = (DiffId(id), ChangeId(change));
        let offered = |word: &str| {
            let decision = Decision::parse(word)?;
            matches!(decision, Decision::Accepted | Decision::Refused | Decision::Open).then_some(decision)
        };
        let (decision, seen) = (form.word("decision", offered)?, form.text("seen").to_owned());
        let done = ctx.write(move |tx, me| Diff::decide(tx, me, (id, change), decision, &seen)).await;
        answer(&ctx, id, done, None).await
    }
}
