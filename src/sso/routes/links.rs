//! `/settings/me/sign-ons`: one's own ways in through providers.

use super::departing::{Failure, depart, parse};
use crate::access::{Ctx, Thing, Verb, check};
use crate::error::{Error, Problems, Result};
use crate::sso::pages::{Links, Row};
use crate::sso::trip::Aim;
use crate::sso::{Connection, Link};
use crate::web::{Flash, Form, Reply};
use actix_web::web::Path;

const HERE: &str = "/settings/me/sign-ons";

pub async fn index(ctx: Ctx) -> Result<Reply> {
    let view = page(&ctx, Problems::default()).await?;
    ctx.page(&view)
}

async fn page(ctx: &Ctx, problems: Problems) -> Result<Links> {
    let (links, open) = ctx
        .read(|tx, me| Ok((Link::list(tx, me.person_id().ok_or(Error::SignIn)?)?, Connection::open_ones(tx)?)))
        .await?;
    let is_new = |connection: &Connection| !links.iter().any(|link| link.connection_id == connection.id);
    let more = open.into_iter().filter(is_new).map(|connection| Row::bare(connection.id, connection.name)).collect();
    Ok(Links { shell: ctx.shell("settings")?, links, more, problems })
}

/// To the provider, to come back with another way into one's own account: asked now, so that nobody goes there for nothing.
pub async fn new(ctx: Ctx, id: Path<String>) -> Result<Reply> {
    let id = parse(&id)?;
    let (person, connection) = ctx
        .read(move |tx, me| {
            let person = me.person_id().ok_or(Error::SignIn)?;
            check(me, Verb::Add, &Thing::Account(person))?;
            // Coming back it is a change, which wants a recent sign-in: better asked before than after the way.
            if !me.is_confirmed {
                return Err(Error::Confirm);
            }
            Ok((person, Connection::open(tx, id)?))
        })
        .await?;
    match depart(&ctx, &connection, Aim::Connect { person }, HERE).await {
        Ok(reply) => Ok(reply),
        Err(Failure::Told(msg)) => Ok(ctx.redirect(HERE, Some(Flash::failed(msg)))),
        Err(Failure::Broken(error)) => Err(error),
    }
}

pub async fn destroy(ctx: Ctx, id: Path<String>, _: Form) -> Result<Reply> {
    let id = id.parse().map_err(|_| Error::NotFound)?;
    let removed = ctx.write(move |tx, me| Link::remove(tx, me, me.person_id().ok_or(Error::SignIn)?, id)).await;
    match removed {
        Ok(()) => Ok(ctx.redirect(HERE, Some(Flash::done("sign-on-disconnected")))),
        Err(Error::Invalid(problems)) => {
            let view = page(&ctx, problems).await?;
            ctx.page_with(422, &view)
        }
        Err(other) => Err(other),
    }
}
