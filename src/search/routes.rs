//! `/search`, `/palette`, `/complete`.

use super::model::*;
use super::offers::Offers;
use super::pages::{Index, Palette, SearchQuery};
use crate::access::{Ctx, Kind};
use crate::error::{Error, Result};
use crate::members::Group;
use crate::people::Offered;
use crate::tickets::query_hints;
use crate::vectors::{Meant, PATIENCE, SHORT_PATIENCE, mean};
use crate::web::{Need, Reply, Routes};
use std::time::Duration;

pub fn routes() -> Routes {
    Routes::new().get("/search", Need::Session, index).get("/palette", Need::Session, palette).get(
        "/complete",
        Need::Session,
        complete,
    )
}

async fn index(ctx: Ctx) -> Result<Reply> {
    let query = SearchQuery::of(&ctx);
    let asked = query.clone();
    let meant = meaning_of(&ctx, &query.q, PATIENCE).await?;
    let is_by_words_alone = meant.is_away();
    let (answer, people) = ctx
        .read(move |tx, me| {
            let (author, people) = asked.author(tx, me)?;
            let Some(mut question) = asked.question(me, tx.now)? else { return Ok((Answer::default(), people)) };
            question.author = author;
            question.meaning = meant.known().cloned();
            Ok((question.answer(tx, me)?, people))
        })
        .await?;
    ctx.page(&Index { is_by_words_alone, ..Index::new(ctx.shell("search")?, query, answer, people) })
}

/// Nothing leaves for a question that is none, or that says exactly what it wants.
async fn meaning_of(ctx: &Ctx, typed: &str, patience: Duration) -> Result<Meant> {
    match Words::parse(typed).filter(Words::has_meaning) {
        Some(words) => mean(ctx, &words.text, patience).await,
        None => Ok(Meant::Off),
    }
}

async fn palette(ctx: Ctx) -> Result<Reply> {
    let (q, key) = (ctx.query("q").unwrap_or_default(), ctx.project_key().unwrap_or_default());
    let (typed, project) = (q.clone(), key.clone());
    // Somebody types: what it means is asked when a word is behind them.
    let meant = if q.trim().contains(' ') { meaning_of(&ctx, &q, SHORT_PATIENCE).await? } else { Meant::Off };
    let records = ctx
        .read(move |tx, me| {
            let query = SearchQuery { q: typed, project, ..SearchQuery::default() };
            let Some(mut question) = query.question(me, tx.now)? else {
                return recent(tx, me, me.project(&query.project).map(|project| project.id));
            };
            question.meaning = meant.known().cloned();
            question.size = usize::try_from(PALETTE_SHOWN).unwrap_or_default();
            question.records(tx, me)
        })
        .await?;
    ctx.page(&Palette::new(&ctx.me()?, &ctx.shell("search")?.frame, q, &key, records))
}

/// Offers nothing for a kind it does not know.
async fn complete(ctx: Ctx) -> Result<Reply> {
    let (kind, q) = (ctx.query("kind").unwrap_or_default(), ctx.query("q").unwrap_or_default());
    let offers = ctx
        .read(move |tx, me| {
            Ok(match kind.as_str() {
                "doc" => Offers::of_docs(complete_records(tx, me, Some(Kind::Doc), &q)?),
                "record" => Offers::of_records(complete_records(tx, me, None, &q)?),
                "person" if me.role.is_some() => Offers::of_people(complete_people(tx, &q)?),
                // A whole field: nothing is typed in it yet, so those whom one is likely to mean.
                "face" | "whose" if me.role.is_some() && q.trim().is_empty() => {
                    Offers::of_faces(Offered::of(tx, me.person_id(), &[])?.faces).after_words(&kind, "")
                }
                "face" | "whose" if me.role.is_some() => {
                    Offers::of_faces(complete_people(tx, &q)?).after_words(&kind, &q)
                }
                "tql" => Offers::of_hints(query_hints(tx, me, &q, complete_people)?),
                "group" if me.role.is_some() => Offers::of_groups(Group::offered(tx, me, &q, OFFERED)?),
                "person" | "face" | "whose" | "group" => return Err(Error::NotFound),
                _ => Offers { offers: Vec::new() },
            })
        })
        .await?;
    ctx.page(&offers)
}
