//! What the invited person sees.

use crate::access::{Actor, Ctx, PublicCtx};
use crate::db::Chore;
use crate::error::{Error, Msg, Problems, Result};
use crate::invitations::pages::{Accept, AcceptForm, Join, Told, Vouched, masked};
use crate::invitations::{Invitation, Newcomer, Standing, State, Way, join};
use crate::people::{Entry, Method, Organisation};
use crate::secret::Secret;
use crate::signin::{self, Offer};
use crate::sso::{self, Connection};
use crate::text::value::{Email, Name};
use crate::web::{Caller, Flash, Form, MailLink, Need, Reply, Routes};
use actix_web::web::Path;

const LINK: MailLink = MailLink { cookie: "tow_invitation", to: "/invitation" };

pub fn routes() -> Routes {
    Routes::new()
        .get("/invitation", Need::Nothing, show)
        .post("/invitation", Need::Nothing, create)
        .get("/invitation/joining", Need::Session, joining::show)
        .post("/invitation/joining", Need::Session, joining::create)
        .get("/invitation/{token}", Need::Nothing, land)
}

async fn land(ctx: PublicCtx, token: Path<String>) -> Result<Reply> {
    Ok(LINK.land(&ctx.state, &token))
}

/// How the link stands. One that leads nowhere is counted against the address it comes from.
async fn standing(ctx: &Ctx) -> Result<(Standing, String)> {
    let (hash, address) = (LINK.hash(&ctx.request), ctx.caller.address.clone());
    let found = ctx
        .read(move |tx, _| {
            let organisation = Organisation::only(tx)?.ok_or(Error::NotFound)?;
            Ok((Standing::of(tx, &hash, &address)?, organisation.name))
        })
        .await?;
    if matches!(found.0, Standing::Unknown) {
        let address = ctx.caller.address.clone();
        ctx.touch(Chore::Throttle, move |tx, _| Standing::miss(tx, &address)).await?;
    }
    Ok(found)
}

async fn show(ctx: PublicCtx) -> Result<Reply> {
    if is_signed_in(&ctx).await? {
        return Ok(Reply::redirect("/invitation/joining"));
    }
    draw(&ctx, AcceptForm::default(), Problems::default()).await
}

/// `PublicCtx` looks away from the session; here it matters.
async fn is_signed_in(ctx: &PublicCtx) -> Result<bool> {
    let Some(hash) = Caller::of(&ctx.request, &ctx.state).session else { return Ok(false) };
    ctx.read(move |tx, _| match Actor::of_session(tx, &hash, "", "") {
        Ok(_) => Ok(true),
        Err(Error::SignIn) => Ok(false),
        Err(other) => Err(other),
    })
    .await
}

async fn draw(ctx: &PublicCtx, form: AcceptForm, problems: Problems) -> Result<Reply> {
    let has_problems = !problems.is_empty();
    let (standing, organisation) = standing(ctx).await?;
    match standing {
        Standing::New(invitation) => {
            let offer = offer(ctx).await?;
            let vouched = vouched(ctx, &invitation).await?;
            let form = form.or_named(&vouched);
            let (csrf, flash) = (ctx.csrf(), ctx.flash());
            let page = Accept { csrf, organisation, invitation: *invitation, form, offer, vouched, flash, problems };
            ctx.page_with(if has_problems { 422 } else { 200 }, &page)
        }
        other => ctx.page_with(status(&other, has_problems), &told(ctx, organisation, &other)),
    }
}

/// The ways in of now.
async fn offer(ctx: &PublicCtx) -> Result<Offer> {
    let mode = ctx.state.config.auth.mode;
    ctx.read(move |tx, _| Offer::now(tx, mode)).await
}

/// Whom a provider has just vouched for in this browser, if anybody.
async fn vouched(ctx: &PublicCtx, invitation: &Invitation) -> Result<Vouched> {
    let Some(arrived) = sso::arrived(ctx) else { return Ok(Vouched::Nobody) };
    let (id, who) = (arrived.who.connection, arrived.who);
    let connection = ctx.read(move |tx, _| Connection::by_id(tx, id)).await?;
    Ok(match who.problem(&connection, invitation.email.as_deref()) {
        Some(problem) => Vouched::Other(problem),
        None => Vouched::Invited { name: who.name, email: who.email.unwrap_or_default(), by: connection.name },
    })
}

/// Who was about to accept learns that somebody was faster.
fn status(standing: &Standing, was_sent: bool) -> u16 {
    match standing {
        Standing::Unknown => 404,
        _ if was_sent => 409,
        _ => 200,
    }
}

fn told(ctx: &Ctx, organisation: String, standing: &Standing) -> Told {
    let (title, words) = match standing {
        Standing::Closed(State::Accepted) => ("invitation-is-accepted", "invitation-is-accepted-words"),
        Standing::Closed(State::Revoked) => ("invitation-is-revoked", "invitation-is-revoked-words"),
        Standing::Closed(_) => ("invitation-is-expired", "invitation-is-expired-words"),
        Standing::Void => ("invitation-is-void", "invitation-is-void-words"),
        Standing::Barred => ("invitation-is-barred", "invitation-is-barred-words"),
        Standing::Known(_) => ("invitation-is-known", "invitation-is-known-words"),
        Standing::Unknown | Standing::New(_) => ("invitation-is-unknown", "invitation-is-unknown-words"),
    };
    let link = match standing {
        Standing::Known(_) => Some(("sign-in", "/sign-in?back=/invitation/joining")),
        Standing::Closed(State::Accepted) => Some(("sign-in", "/sign-in")),
        _ => None,
    };
    Told { csrf: ctx.csrf(), organisation, title, words: Msg::new(words), link, can_sign_out: false }
}

async fn create(ctx: PublicCtx, sent: Form) -> Result<Reply> {
    let form = AcceptForm::of(&sent);
    match accept(&ctx, &sent, &form).await {
        Ok(token) => {
            let reply = Reply::redirect("/").cookie(ctx.state.session_cookie(&token)).cookie(LINK.gone(&ctx.state));
            Ok(reply.cookie(sso::forgotten(&ctx)))
        }
        Err(Error::Invalid(problems)) => draw(&ctx, form, problems).await,
        Err(other) => Err(other),
    }
}

/// The token of the new session.
async fn accept(ctx: &PublicCtx, sent: &Form, form: &AcceptForm) -> Result<String> {
    let (Standing::New(invitation), organisation) = standing(ctx).await? else {
        return Err(Error::invalid("", "problem-invitation-ended"));
    };
    let (newcomer, method) = match sent.text("with") {
        "sign-on" => vouched_for(ctx, form)?,
        _ if !offer(ctx).await?.has_passwords => return Err(Error::forbidden("refused-no-passwords")),
        _ => (with_password(ctx, &invitation, (sent, form), &organisation).await?, Method::Password),
    };
    let entry = Entry::of(method, &ctx.caller, ctx.state.config.security.session_max_age_seconds);
    let (hash, state) = (LINK.hash(&ctx.request), ctx.state.clone());
    ctx.write(move |tx, me| newcomer.accept(tx, me, &hash, (entry, &state.vault))).await
}

/// As the provider says; only the name is theirs to write.
fn vouched_for(ctx: &PublicCtx, form: &AcceptForm) -> Result<(Newcomer, Method)> {
    let who = sso::arrived(ctx).ok_or_else(|| Error::invalid("", "sign-on-expired"))?.who;
    let (name, email) = form.check(Some(who.email.as_deref().unwrap_or_default())).map_err(Error::Invalid)?;
    let method = who.protocol.method();
    Ok((Newcomer { name, email, way: Way::SignOn(Box::new(who)) }, method))
}

async fn with_password(
    ctx: &PublicCtx,
    invitation: &Invitation,
    (sent, form): (&Form, &AcceptForm),
    organisation: &str,
) -> Result<Newcomer> {
    let (name, email, password) = check(invitation, sent, form, organisation)?;
    let password_hash = signin::hashed(ctx, password).await?;
    Ok(Newcomer { name, email, way: Way::Password(password_hash) })
}

/// Every problem of the form at once.
fn check(invitation: &Invitation, sent: &Form, form: &AcceptForm, organisation: &str) -> Result<(Name, Email, Secret)> {
    let (mut problems, parsed) = match form.check(invitation.email.as_deref()) {
        Ok(parsed) => (Problems::default(), Some(parsed)),
        Err(problems) => (problems, None),
    };
    let email = invitation.email.as_deref().unwrap_or(&form.email);
    let about = [form.name.as_str(), email, organisation];
    let password = problems.take("password", signin::check_strength(sent.text("password"), &about));
    match (parsed, password) {
        (Some((name, email)), Some(password)) => Ok((name, email, password)),
        _ => Err(Error::Invalid(problems)),
    }
}

mod joining {
    use super::*;

    pub async fn show(ctx: Ctx) -> Result<Reply> {
        draw(&ctx, Problems::default()).await
    }

    pub async fn create(ctx: Ctx, _: Form) -> Result<Reply> {
        let hash = LINK.hash(&ctx.request);
        match ctx.write(move |tx, me| join(tx, me, &hash)).await {
            Ok(()) => {
                let reply = ctx.redirect("/", Some(Flash::done("invitation-joined")));
                Ok(reply.cookie(LINK.gone(&ctx.state)))
            }
            Err(Error::Invalid(problems)) => draw(&ctx, problems).await,
            Err(other) => Err(other),
        }
    }

    async fn draw(ctx: &Ctx, problems: Problems) -> Result<Reply> {
        let was_sent = !problems.is_empty();
        let (standing, organisation) = standing(ctx).await?;
        let (me, csrf) = (ctx.me()?, ctx.csrf());
        let own = |me: &Actor| me.person.as_ref().map(|person| (person.name.clone(), person.email.clone()));
        let (person, email) = own(&me).unwrap_or_default();
        match standing {
            Standing::New(invitation) | Standing::Known(invitation) if invitation.is_for(&me) => {
                let page = Join { csrf, organisation, invitation: *invitation, person, problems };
                ctx.page_with(if was_sent { 422 } else { 200 }, &page)
            }
            Standing::New(invitation) | Standing::Known(invitation) => {
                let meant = masked(invitation.email.as_deref().unwrap_or_default());
                let words = Msg::new("invitation-is-others-words").with("meant", meant).with("own", email);
                let title = "invitation-is-others";
                ctx.page(&Told { csrf, organisation, title, words, link: None, can_sign_out: true })
            }
            other => ctx.page_with(status(&other, was_sent), &told(ctx, organisation, &other)),
        }
    }
}
