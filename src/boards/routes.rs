//! `/board`.

use super::pages::{Card, Column, More, OneCard, Show};
use crate::access::{Actor, Ctx};
use crate::db::paging::{Cursor, Page};
use crate::error::{Error, Result};
use crate::people::{Face, PersonId};
use crate::tickets::{Filter, Status, Ticket};
use crate::ui::Choice;
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

/// What the board is narrowed to, from its address.
#[derive(Debug, Clone, Default)]
struct Asked {
    q: String,
    assignee: String,
    project: String,
}

impl Asked {
    fn of(ctx: &Ctx) -> Self {
        let text = |name| ctx.query(name).unwrap_or_default().replace('\0', "");
        Asked { q: text("q"), assignee: text("assignee"), project: text("project") }
    }

    /// `NotFound` for a project that one cannot see.
    fn filter(&self, me: &Actor) -> Result<Filter> {
        let project = match self.project.as_str() {
            "" => None,
            key => Some(me.project(key).ok_or(Error::NotFound)?.id),
        };
        let assignee = match self.assignee.as_str() {
            "" => None,
            "me" => me.person_id().map(Some),
            "none" => Some(None),
            id => id.parse().ok().map(|id| Some(PersonId(id))),
        };
        let words = Some(self.q.trim().to_owned()).filter(|words| !words.is_empty());
        Ok(Filter { words, assignee, project, ..Filter::default() })
    }

    fn address(&self) -> String {
        let pairs = [("q", &self.q), ("assignee", &self.assignee), ("project", &self.project)];
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(pairs.into_iter().filter(|(_, value)| !value.is_empty()));
        query.finish()
    }
}

async fn show(ctx: Ctx) -> Result<Reply> {
    let asked = Asked::of(&ctx);
    let wanted = asked.clone();
    let (columns, faces) = ctx
        .read(move |tx, me| {
            let (filter, address) = (wanted.filter(me)?, wanted.address());
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
            Ok((columns, Face::list(tx)?))
        })
        .await?;
    let people =
        faces.iter().map(|face| Choice::new(face.id, &face.name, face.id.to_string() == asked.assignee)).collect();
    let is_empty = columns.iter().all(|column| column.cards.is_empty());
    ctx.page(&Show { shell: ctx.shell("board")?, columns, people, q: asked.q, assignee: asked.assignee, is_empty })
}

mod cards {
    use super::*;

    /// The cards of one column that follow a cursor, as list items.
    pub async fn index(ctx: Ctx) -> Result<Reply> {
        let asked = Asked::of(&ctx);
        let status = ctx.query("status").and_then(|status| Status::parse(&status)).ok_or(Error::NotFound)?;
        let after = ctx.query("after").map(|after| Cursor::decode(&after)).transpose()?;
        let column = ctx
            .read(move |tx, me| {
                let page = asked.filter(me)?.column(tx, me, status, after)?;
                Ok(Column::new(status, 0, page, me, &asked.address()))
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
