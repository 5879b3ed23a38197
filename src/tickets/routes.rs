//! `/tickets`.

use super::model::*;
use super::pages::{
    Assign, Index, Loaded, New, Show, TicketForm, WORDS, assignees, filter, priority_choices, status_choices, tabs,
};
use crate::access::{Actor, Ctx, Kind};
use crate::comments::{Show as Shown, Thread};
use crate::db::Tx;
use crate::db::paging::Page;
use crate::error::{Error, Msg, Problems, Result};
use crate::files::Attachments;
use crate::people::{Offered, PersonId};
use crate::records::{Edit, SavedView, resolve};
use crate::related::{
    Address, Bulk, Parts, Whom, archive_all, place_choices, place_here, sort_choices, sort_of, view_tabs,
};
use crate::ui::{FieldProblem, QueryBox, list_count};
use crate::web::{Flash, Form, Need, Reply, Routes, local};
use actix_web::web::Path;

pub fn routes() -> Routes {
    Routes::new()
        .get("/tickets", Need::Session, index)
        .get("/tickets/new", Need::Session, new)
        .post("/tickets", Need::Session, create)
        .post("/tickets/bulk", Need::Session, bulk::create)
        .get("/tickets/{id}", Need::Session, show)
        .post("/tickets/{id}/fields", Need::Session, update)
        .and(super::api::routes())
}

async fn index(ctx: Ctx) -> Result<Reply> {
    let asked = Address::of(&ctx, "/tickets", &WORDS)?;
    let again = asked.clone();
    let list = match ctx.read(move |tx, me| Listed::load(tx, me, asked, false)).await {
        Err(error) if error.is_too_slow() && !again.get("tql").is_empty() => {
            ctx.read(move |tx, me| Listed::load(tx, me, again, true)).await?
        }
        list => list?,
    };
    let (query, here, me) = (list.query, list.here, ctx.me()?.person_id());
    let status = if list.tql.problem.is_some() { 422 } else { 200 };
    let view = Index {
        shell: ctx.shell("tickets")?,
        next: list.page.next.as_ref().map(|cursor| query.next(cursor)),
        page: list.page,
        count: list.count,
        tabs: tabs(&query),
        saved: view_tabs(&list.views, "/tickets", &here, me),
        statuses: status_choices(query.get("status")),
        priorities: priority_choices(query.get("priority")),
        people: list.whom.chooser(&list.offered),
        assignees: assignees(&list.offered, me),
        colleagues: list.offered.chooser(&[], ""),
        sorts: sort_choices(&SORTS, query.get("sort")),
        tql: list.tql,
        query,
    };
    ctx.page_with(status, &view)
}

/// A list as it was asked for, with what stands around it.
struct Listed {
    query: Address,
    here: String,
    page: Page<Row>,
    count: String,
    tql: QueryBox,
    views: Vec<SavedView>,
    offered: Offered,
    whom: Whom,
}

impl Listed {
    /// `is_too_slow`: it was tried.
    fn load(tx: &mut Tx, me: &Actor, query: Address, is_too_slow: bool) -> Result<Listed> {
        let (offered, whom) = query.offered(tx, me, "assignee")?;
        let views = SavedView::list(tx, me, Kind::Ticket)?;
        let sort = sort_of(&SORTS, query.get("sort"));
        let place = Place { path: "/tickets", address: &query, sort: Some(sort), is_too_slow };
        let (filter, tql) = filter(&query, me, &whom)?.or_tql(tx, me, &place, whom.in_tql(&offered))?;
        let (page, count) = match filter {
            None => (Page { rows: Vec::new(), next: None }, String::new()),
            Some(filter) => {
                let page = filter.page(tx, me, sort, query.after.clone())?;
                let count = match tql.text.is_empty() {
                    true => Some(filter.count(tx, me)?),
                    false => filter.count_in_time(tx, me)?,
                };
                (page, count.map_or_else(|| "…".to_owned(), list_count))
            }
        };
        Ok(Listed { here: query.address(), query, page, count, tql, views, offered, whom })
    }
}

async fn new(ctx: Ctx) -> Result<Reply> {
    let asked = |name| ctx.query(name).unwrap_or_default();
    let mut form = TicketForm {
        title: asked("title"),
        parent: asked("parent"),
        status: asked("status"),
        kind: asked("kind"),
        priority: asked("priority"),
        assignee: asked("assignee"),
        tags: asked("tags"),
        is_another: ctx.query("another").is_some(),
        ..TicketForm::default()
    };
    let wanted = asked("place");
    let key = ctx.project_key();
    let (places, offered, place) = ctx
        .read(move |tx, me| {
            // Where one is; else the first project; else the organisation.
            let first = me.projects.iter().find(|project| !project.is_archived).map(|project| project.key.as_str());
            let place = place_here(me, key.as_deref().filter(|key| me.project(key).is_some()).or(first));
            Ok((place_choices(tx, me)?, Offered::of(tx, me.person_id(), &[])?, place))
        })
        .await?;
    form.place = places.iter().find(|choice| choice.value == wanted).map_or(place, |choice| choice.value.clone());
    ctx.page(&New::new(ctx.shell("tickets")?, form, Problems::default(), &places, &offered))
}

async fn create(ctx: Ctx, sent: Form) -> Result<Reply> {
    let form = TicketForm::of(&sent);
    let typed = form.clone();
    let made = ctx.write_once(&sent, move |tx, me| Ok(typed.check(tx, me)?.create(tx, me)?.record.path())).await;
    match made {
        Ok(path) if sent.is_checked("another") => {
            let flash = Flash::done(Msg::new("ticket-created").with("id", path.trim_start_matches("/tickets/")));
            Ok(ctx.redirect(&form.another(ctx.project_key().as_deref()), Some(flash)))
        }
        Ok(path) => Ok(ctx.redirect(&path, None)),
        Err(Error::Invalid(problems)) => {
            let chosen = form.assignee.parse().ok().map(PersonId);
            let offered = move |tx: &mut Tx, me: &Actor| Offered::of(tx, me.person_id(), &[chosen]);
            let (places, offered) = ctx.read(move |tx, me| Ok((place_choices(tx, me)?, offered(tx, me)?))).await?;
            ctx.page_with(422, &New::new(ctx.shell("tickets")?, form, problems, &places, &offered))
        }
        Err(other) => Err(other),
    }
}

async fn show(ctx: Ctx, id: Path<String>) -> Result<Reply> {
    let thread = Shown::of(ctx.query("show").as_deref());
    let loaded = ctx.read(move |tx, me| load(tx, me, &id, thread)).await?;
    let editing = ctx.query("edit");
    ctx.page(&Show::new(ctx.shell("tickets")?, loaded, editing.as_deref(), None))
}

fn load(tx: &mut Tx, me: &Actor, display_id: &str, thread: Shown) -> Result<Loaded> {
    let ticket = Ticket::find(tx, me, display_id)?;
    let body_html = resolve(tx, me, &[&ticket.body])?.html("", &ticket.body);
    Ok(Loaded {
        parent: ticket.parent(tx, me)?,
        children: ticket.children(tx, me)?,
        parts: Parts::load(tx, me, &ticket.record)?,
        thread: Thread::load(tx, me, &ticket.record, thread)?,
        attachments: Attachments::load(tx, me, &ticket.record)?,
        offered: Offered::of(tx, me.person_id(), &[ticket.assignee_id, ticket.reporter_id])?,
        body_html,
        ticket,
    })
}

/// One field, edited in place. A refused or lost edit draws the page again with both values.
async fn update(ctx: Ctx, id: Path<String>, form: Form) -> Result<Reply> {
    let field = form.word("field", Field::parse)?;
    let edit = Edit::of(field, &form);
    let (asked, wanted) = (id.clone(), edit.clone());
    match ctx.write(move |tx, me| Ticket::edit(tx, me, &asked, &wanted)).await {
        Ok(ticket) => Ok(ctx.redirect(&ticket.record.path(), None)),
        Err(error) => {
            let (status, problem) = FieldProblem::of(error, field.as_str(), &edit.value, form.text("was"))?;
            let loaded = ctx.read(move |tx, me| load(tx, me, &id, Shown::All)).await?;
            ctx.page_with(status, &Show::new(ctx.shell("tickets")?, loaded, None, Some(&problem)))
        }
    }
}

mod bulk {
    use super::*;

    /// From the list: `id` once per ticket, and one button: `act` archive or restore, or `set` with `field=value` or `assignee`, which
    /// is typed beside it; taking that back sends it again with `old`, once per ticket.
    pub async fn create(ctx: Ctx, form: Form) -> Result<Reply> {
        let bulk = Bulk::of(&form, "/tickets");
        if ["archive", "restore"].contains(&form.text("act")) {
            let act =
                |tx: &mut Tx, me: &Actor, ids: &[String], restore| archive_all(tx, me, Kind::Ticket, ids, restore);
            return bulk.archive(&ctx, &form, "/tickets/bulk", &[], act).await;
        }
        let Some(set) = set_of(&form) else {
            let flash = Flash::failed("problem-choice");
            return Ok(ctx.redirect(local(form.given("back").unwrap_or("/tickets")), Some(flash)));
        };
        let set = match whom(&ctx, &bulk, set.clone()).await {
            Err(Error::Invalid(problems)) => return ask_again(&ctx, &bulk, set.value, problems).await,
            named => named?,
        };
        // What is taken back is not offered again.
        let bulk = if set.back.is_none() { bulk.undo("/tickets/bulk", &[]) } else { bulk };
        let run = move |tx: &mut Tx, me: &Actor, ids: &[String]| {
            let old = set_all(tx, me, ids, &set)?.into_iter().map(|old| ("old".to_owned(), old));
            Ok([("set".to_owned(), format!("{}={}", set.field, set.value))].into_iter().chain(old).collect())
        };
        bulk.run(&ctx, "tickets-changed", run).await
    }

    /// With the person whom its words name, before anything is written: what is wrong with them is said beside the field.
    async fn whom(ctx: &Ctx, bulk: &Bulk, set: BulkSet) -> Result<BulkSet> {
        if bulk.check().is_err() {
            return Ok(set);
        }
        ctx.read(move |tx, _| set.named(tx)).await
    }

    /// The tickets are still chosen, and the words still there.
    async fn ask_again(ctx: &Ctx, bulk: &Bulk, typed: String, problems: Problems) -> Result<Reply> {
        let offered = ctx.read(|tx, me| Offered::of(tx, me.person_id(), &[])).await?;
        let people = offered.chooser(&[], &typed);
        let (ids, back) = (bulk.ids().to_vec(), bulk.back().to_owned());
        ctx.page_with(422, &Assign { shell: ctx.shell("tickets")?, ids, back, people, problems })
    }

    fn set_of(form: &Form) -> Option<BulkSet> {
        // A person is typed beside the button; empty is nobody only where a button says so.
        let typed = || Some((form.text("set"), form.given("assignee")?)).filter(|(field, _)| *field == "assignee");
        let (field, value) = form.text("set").split_once('=').or_else(typed)?;
        let is_offered = |field: &Field| matches!(field, Field::Status | Field::Priority | Field::Assignee);
        let field = Field::parse(field).filter(is_offered)?;
        let back: Vec<String> = form.all("old").map(str::to_owned).collect();
        Some(BulkSet { field, value: value.to_owned(), back: Some(back).filter(|back| !back.is_empty()) })
    }
}
