//! `GET /sign-on/confirmation`: a fresh sign-in at the provider as proof that it is still the same person.

use super::arriving::is_fresh;
use super::departing::{Failure, depart};
use crate::access::Ctx;
use crate::error::{Error, Result};
use crate::people::{PersonId, SessionId};
use crate::signin::Confirmation;
use crate::sso::trip::{Aim, Trip};
use crate::sso::{Connection, Origin, Who};
use crate::web::{Flash, Reply, local};

/// Through the connection this session came by.
pub async fn new(ctx: Ctx) -> Result<Reply> {
    let back = local(&ctx.query("back").unwrap_or_else(|| "/".to_owned())).to_owned();
    let (person, session, connection) = ctx
        .read(|tx, me| {
            let (person, session) = me.person_id().zip(me.session_id()).ok_or(Error::SignIn)?;
            let (_, connection) = Origin::of(tx, session)?.ok_or(Error::NotFound)?;
            Ok((person, session, connection))
        })
        .await?;
    match depart(&ctx, &connection, Aim::Confirm { person, session }, &back).await {
        Ok(reply) => Ok(reply),
        Err(Failure::Told(msg)) => Ok(ctx.redirect(&back, Some(Flash::failed(msg)))),
        Err(Failure::Broken(error)) => Err(error),
    }
}

/// Only the same person, in the same session, who signed in there just now.
pub async fn create(
    inside: &Ctx,
    connection: &Connection,
    who: Who,
    trip: &Trip,
    (person, session): (PersonId, SessionId),
) -> std::result::Result<Reply, Failure> {
    if !is_fresh(&who, trip, inside.now()) {
        return Err(Failure::told("sign-on-not-fresh", connection));
    }
    let token = inside
        .write(move |tx, me| {
            let is_same = me.is(Some(person)) && me.session_id() == Some(session) && who.linked(tx)? == Some(person);
            let origin = Origin::of(tx, session)?.is_some_and(|(origin, _)| origin.subject == who.subject);
            match is_same && origin {
                true => Confirmation::succeed(tx, me, "sign_on"),
                false => Err(Error::invalid("", "sign-on-other-person")),
            }
        })
        .await?;
    Ok(Reply::redirect(&trip.back).cookie(inside.state.session_cookie(&token)))
}
