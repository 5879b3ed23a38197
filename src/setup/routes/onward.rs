//! Setting up where people sign in through a provider: what was typed waits in a signed cookie while the owner signs in there.

use super::ask_token;
use crate::access::PublicCtx;
use crate::config::AuthMode;
use crate::error::{Error, Msg, Problems, Result};
use crate::people::{Entry, Method};
use crate::setup::FirstAccount;
use crate::setup::pages::{Onward, SetupForm};
use crate::sso::{self, Connection, signed_cookie, signed_value};
use crate::text::value::{Email, Name};
use crate::web::{Flash, Reply};

const COOKIE: &str = "tow_setup";
const COOKIE_SECONDS: i64 = 3600;

/// The provider's name where the first account comes from one.
pub async fn connection(ctx: &PublicCtx) -> Result<Option<String>> {
    match ctx.state.config.auth.mode {
        AuthMode::Builtin => Ok(None),
        AuthMode::Oidc => {
            let open = ctx.read(|tx, _| Connection::open_ones(tx)).await?;
            Ok(open.into_iter().next().map(|connection| connection.name))
        }
    }
}

/// What went wrong on the way back from the provider.
pub fn told(ctx: &PublicCtx) -> Problems {
    match ctx.flash() {
        Some(flash) => Problems::one("", Msg::new("setup-told").with("words", crate::ui::flash_text(&flash))),
        None => Problems::default(),
    }
}

/// Keeps what was typed and shows the way to the provider.
pub async fn create(ctx: &PublicCtx, form: &SetupForm) -> Result<Reply> {
    let mut problems = Problems::default();
    let place = form.place(&mut problems);
    problems.check()?;
    let (organisation, ..) = place.ok_or_else(|| Error::invalid("", "problem-choice"))?;
    match ask_token(ctx, &form.token).await {
        Err(Error::Slow(wait)) => return Err(Error::invalid("token", crate::signin::slow(wait))),
        done => done?,
    }
    let (address, trip, connection) = sso::begin_set_up(ctx).await.map_err(|msg| Error::invalid("", msg))?;
    let kept = signed_cookie(&ctx.state, COOKIE, form, COOKIE_SECONDS);
    let view = Onward { organisation: organisation.into_string(), connection: connection.name, address };
    Ok(ctx.page(&view)?.cookie(trip).cookie(kept))
}

/// Back from the provider: whom it vouched for becomes the owner.
pub async fn show(ctx: PublicCtx) -> Result<Reply> {
    let (arrived, form) = (sso::arrived(&ctx), signed_value::<SetupForm>(&ctx, COOKIE));
    let made = match arrived.zip(form) {
        Some((arrived, form)) => make(&ctx, arrived.who, form).await,
        None => Err(Error::invalid("", "sign-on-expired")),
    };
    match made {
        Ok(token) => {
            let reply = ctx.redirect("/projects/new", Some(Flash::done("setup-done")));
            Ok(reply.cookie(ctx.state.session_cookie(&token)).cookie(ctx.state.gone(COOKIE)))
        }
        Err(Error::Invalid(problems)) => {
            let msg = problems.iter().next().map(|(_, msg)| msg.clone()).unwrap_or_else(|| "sign-on-gone".into());
            Ok(ctx.redirect("/setup", Some(Flash::failed(msg))))
        }
        Err(other) => Err(other),
    }
}

async fn make(ctx: &PublicCtx, who: sso::Who, form: SetupForm) -> Result<String> {
    let id = who.connection;
    let connection = ctx.read(move |tx, _| Connection::open(tx, id)).await?;
    let refuse = |key: &'static str| Error::invalid("", Msg::new(key).with("name", &connection.name));
    let email = who.email.as_deref().ok_or_else(|| refuse("sign-on-no-email"))?;
    if connection.require_email_verified && !who.is_verified {
        return Err(refuse("sign-on-email-unverified"));
    }
    let email = Email::parse(email).map_err(|msg| Error::invalid("", msg))?;
    let name = Name::parse(&who.name).map_err(|msg| Error::invalid("", msg))?;
    let (organisation, mode, time_zone) =
        form.place(&mut Problems::default()).ok_or_else(|| Error::invalid("", "sign-on-expired"))?;
    let account = FirstAccount { token: form.token, organisation, mode, time_zone, name, email, password_hash: None };
    let entry = Entry::of(Method::Oidc, &ctx.caller, ctx.state.config.security.session_max_age_seconds);
    let state = ctx.state.clone();
    ctx.write(move |tx, me| account.create(tx, me, entry, Some((&who, &state.vault)))).await
}
