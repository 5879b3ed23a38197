//! `/sign-on/password`: an account has the address the provider vouches for; its password, typed once, connects the two.

use super::arriving::{Arrived, arrived, enter, forgotten};
use crate::access::PublicCtx;
use crate::db::Chore;
use crate::error::{Error, Msg, Problems, Result};
use crate::people::Organisation;
use crate::secret::Secret;
use crate::signin::{Attempt, Begun, fits, known, slow};
use crate::sso::pages::Proof;
use crate::sso::{Connection, Decision};
use crate::web::{Flash, Form, Reply};

pub async fn new(ctx: PublicCtx) -> Result<Reply> {
    match arrived(&ctx) {
        Some(arrived) => page(&ctx, arrived, 200, Problems::default()).await,
        None => Ok(late(&ctx)),
    }
}

pub async fn create(ctx: PublicCtx, form: Form) -> Result<Reply> {
    let Some(arrived) = arrived(&ctx) else { return Ok(late(&ctx)) };
    let (back, id) = (arrived.back.clone(), arrived.who.connection);
    match prove(&ctx, &arrived, Secret::new(form.text("password"))).await {
        Ok(token) => {
            let connection = ctx.read(move |tx, _| Connection::by_id(tx, id)).await?;
            let told = Flash::done(Msg::new("sign-on-connected").with("name", connection.name));
            let reply = ctx.redirect(&back, Some(told));
            Ok(reply.cookie(ctx.state.session_cookie(&token)).cookie(forgotten(&ctx)))
        }
        Err(Error::SignIn) => page(&ctx, arrived, 422, Problems::one("password", "problem-proof")).await,
        Err(Error::Slow(wait)) => page(&ctx, arrived, 429, Problems::one("password", slow(wait))).await,
        Err(Error::Invalid(problems)) => page(&ctx, arrived, 422, problems).await,
        Err(other) => Err(other),
    }
}

/// Everything is decided anew: ten minutes may have passed.
async fn prove(ctx: &PublicCtx, arrived: &Arrived, password: Secret) -> Result<String> {
    let email = arrived.who.email.clone().ok_or(Error::SignIn)?;
    let known = known(ctx, &email);
    let attempt = Attempt { email, address: ctx.caller.address.clone(), known };
    let asked = attempt.clone();
    let Begun { stored, tries } = ctx.touch(Chore::Throttle, move |tx, _| asked.begin(tx)).await?;
    if !fits(ctx, password, stored).await? {
        ctx.touch(Chore::Throttle, move |tx, me| attempt.fail(tx, me, tries)).await?;
        return Err(Error::SignIn);
    }
    let who = arrived.who.clone();
    let asked = who.clone();
    let decision = ctx
        .read(move |tx, _| {
            let connection = Connection::open(tx, asked.connection)?;
            asked.decide(tx, &connection)
        })
        .await?;
    ctx.touch(Chore::Throttle, move |tx, _| attempt.clear(tx)).await?;
    match decision {
        Decision::Prove(_) => enter(ctx, who, decision, None).await,
        Decision::Refuse(msg) => Err(Error::invalid("", msg)),
        _ => Err(Error::SignIn),
    }
}

async fn page(ctx: &PublicCtx, arrived: Arrived, status: u16, problems: Problems) -> Result<Reply> {
    let id = arrived.who.connection;
    let (organisation, connection) =
        ctx.read(move |tx, _| Ok((Organisation::only(tx)?, Connection::by_id(tx, id)?))).await?;
    let view = Proof {
        csrf: ctx.csrf(),
        organisation: organisation.map(|organisation| organisation.name).unwrap_or_default(),
        connection: connection.name,
        email: arrived.who.email.unwrap_or_default(),
        problems,
    };
    ctx.page_with(status, &view)
}

fn late(ctx: &PublicCtx) -> Reply {
    ctx.redirect("/sign-in", Some(Flash::failed("sign-on-expired")))
}
