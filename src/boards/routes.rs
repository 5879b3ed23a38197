//! `/board`.

use super::pages::{Card, Column, More, OneCard, Show};
use crate::access::{Actor, Ctx};
use crate::db::Tx;
use crate::db::paging::Page;
use crate::error::{Error, Result};
use crate::related::{Address, Whom};
use crate::tickets::{Filter, Place, Status, Ticket};
use crate::ui::{Chooser, QueryBox};
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
const WORDS: [&str; 4] = ["q", "assignee", "project", "tql"];

/// `NotFound` for a project that one cannot see.
fn filter(query: &Address, me: &Actor, whom: &Whom) -> Result<Filter> {
    let (words, assignee) = (query.given("q"), whom.person());
    Ok(Filter { words, assignee, project: query.project(me)?, ..Filter::default() })
}

async fn show(ctx: Ctx) -> Result<Reply> {
    let wanted = Address::of(&ctx, "/board", &WORDS)?;
    let again = wanted.clone();
    let board = match ctx.read(move |tx, me| Board::load(tx, me, wanted, false)).await {
        Err(error) if error.is_too_slow() && !again.get("tql").is_empty() => {
            ctx.read(move |tx, me| Board::load(tx, me, again, true)).await?
        }
        board => board?,
    };
    let Board { columns, people, tql, query } = board;
    let is_empty = columns.iter().all(|column| column.cards.is_empty());
    let status = if tql.problem.is_some() { 422 } else { 200 };
    ctx.page_with(status, &Show { shell: ctx.shell("board")?, columns, people, tql, query, is_empty })
}

struct Board {
    columns: Vec<Column>,
    people: Chooser,
    tql: QueryBox,
    query: Address,
}

impl Board {
    /// `is_too_slow`: it was tried.
    fn load(tx: &mut Tx, me: &Actor, query: Address, is_too_slow: bool) -> Result<Board> {
        let (offered, whom) = query.offered(tx, me, "assignee")?;
        let place = Place { path: "/board", address: &query, sort: None, is_too_slow };
        let (filter, tql) = filter(&query, me, &whom)?.or_tql(tx, me, &place, whom.in_tql(&offered))?;
        let mut columns = Vec::new();
        if let Some(filter) = filter {
            let (counts, address) = (filter.column_counts(tx, me)?, query.address());
            for status in COLUMNS {
                let count = counts.iter().find(|row| row.status == status).map_or(0, |row| row.count);
                let page = if count == 0 {
                    Page { rows: Vec::new(), next: None }
                } else {
                    filter.column(tx, me, status, None)?
                };
                columns.push(Column::new(status, count, page, me, &address));
            }
        }
        Ok(Board { columns, people: whom.chooser(&offered), tql, query })
    }
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
                let place = Place { path: "/board", address: &query, sort: None, is_too_slow: false };
                let (filter, _) = filter(&query, me, &whom)?.or_tql(tx, me, &place, None)?;
                let page = filter.ok_or(Error::NotFound)?.column(tx, me, status, query.after.clone())?;
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
