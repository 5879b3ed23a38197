//! `/board`.

use super::pages::{Card, Column, More, OneCard, Show};
use crate::access::{Actor, Ctx};
use crate::db::paging::Page;
use crate::error::{Error, Result};
use crate::related::{Address, Whom};
use crate::tickets::{Filter, Status, Ticket};
use crate::web::{Form, Need, Reply, Routes};
use actix_web::web::Path;

/// Cancelled tickets are found in the list; the board shows work.
const COLUMNS: [Status; 6] =
    [Status::Backlog, Status::Todo, Status::InProgress, Status::Blocked, Status::InReview, Status::Done];

pub fn routes() -> Routes {
    Routes::new().get("/board", Need::Session, show).get("/board/cards", Need::Session, cards::index).post(
        "/board/{id}/move",
        Need::Session,
        update,
    )
}

/// What the board can be narrowed to, in its address.
const WORDS: [&str; 3] = ["q", "assignee", "project"];

/// `NotFound` for a project that one cannot see.
fn filter(query: &Address, me: &Actor, whom: &Whom) -> Result<Filter> {
    let (words, assignee) = (query.given("q"), whom.person());
    Ok(Filter { words, assignee, project: query.project(me)?, ..Filter::default() })
}

async fn show(ctx: Ctx) -> Result<Reply> {
    let wanted = Address::of(&ctx, "/board", &WORDS)?;
    let (columns, people, query) = ctx
        .read(move |tx, me| {
            let (offered, whom) = wanted.offered(tx, me, "assignee")?;
            let (filter, address) = (filter(&wanted, me, &whom)?, wanted.address());
            let counts = filter.column_counts(tx, me)?;
            let mut columns = Vec::new();
            for status in COLUMNS {
                let count = counts.iter().find(|row| row.status == status).map_or(0, |row| row.count);
                let page = if count == 0 {
                    Page { rows: Vec::new(), next: None }
                } else {
                    filter.column(tx, me, status, None)?
                };
                columns.push(Column::new(status, count, page, me, &address));
            }
            Ok((columns, whom.chooser(&offered), wanted))
        })
        .await?;
    let is_empty = columns.iter().all(|column| column.cards.is_empty());
    ctx.page(&Show { shell: ctx.shell("board")?, columns, people, query, is_empty })
}

mod cards {
    use super::*;

    /// The cards of one column that follow a cursor, as list items.
    pub async fn index(ctx: Ctx) -> Result<Reply> {
        let query = Address::of(&ctx, "/board", &WORDS)?;
        let status = ctx.query("status").and_then(|status| Status::parse(&status)).ok_or(Error::NotFound)?;
        let column = ctx
            .read(move |tx, me| {
                let whom = query.ask_for(tx, me, "assignee")?;
                let page = filter(&query, me, &whom)?.column(tx, me, status, query.after.clone())?;
                Ok(Column::new(status, 0, page, me, &query.address()))
            })
            .await?;
        ctx.page(&More { shell: ctx.shell("board")?, column })
    }
}

/// Moves a card: `status`, and the display IDs of the cards above (`before`) and below (`after`), empty at an end. The script gets the
/// card back; without one it is 303 to the board.
async fn update(ctx: Ctx, id: Path<String>, form: Form) -> Result<Reply> {
    let status = Status::parse(form.text("status")).ok_or_else(|| Error::invalid("status", "problem-choice"))?;
    let neighbour = |name| form.given(name).map(str::to_owned);
    let (before, after) = (neighbour("before"), neighbour("after"));
    let card = ctx
        .write(move |tx, me| {
            let row = Ticket::drop_card(tx, me, &id, status, before.as_deref(), after.as_deref())?;
            Ok(Card::of(row, me))
        })
        .await?;
    if ctx.request.headers().contains_key("hx-request") {
        return ctx.page(&OneCard { shell: ctx.shell("board")?, card });
    }
    let back = crate::web::local(form.given("back").unwrap_or("/board")).to_owned();
    Ok(ctx.redirect(&back, None))
}
