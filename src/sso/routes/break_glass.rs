//! `/sign-in/break-glass`, and what owners see of it.

use super::settings::{HERE, answer};
use crate::access::{Ctx, PublicCtx};
use crate::db::Chore;
use crate::error::{Error, Msg, Problems, Result};
use crate::people::{Entry, Method, Organisation, PersonId};
use crate::secret::Secret;
use crate::signin::{Attempt, Begun, fits, known, slow};
use crate::sso::pages::{BreakGlass, Sheet, UsePage, UsesPage};
use crate::sso::{BREAK_GLASS_SECONDS, Keeper, Use, UseId};
use crate::text::value::{Body, Title};
use crate::web::{Flash, Form, Reply};
use actix_web::web::Path;

pub async fn new(ctx: PublicCtx) -> Result<Reply> {
    check_door(&ctx).await?;
    page(&ctx, &Form::default(), 200, Problems::default()).await
}

async fn page(ctx: &PublicCtx, sent: &Form, status: u16, problems: Problems) -> Result<Reply> {
    let organisation = ctx.read(|tx, _| Organisation::only(tx)).await?;
    let cut = |name: &str| sent.text(name).chars().take(254).collect();
    let view = BreakGlass {
        csrf: ctx.csrf(),
        organisation: organisation.map(|organisation| organisation.name).unwrap_or_default(),
        email: cut("email"),
        reason: cut("reason"),
        problems,
    };
    ctx.page_with(status, &view)
}

/// `NotFound` while people come in by other doors.
async fn check_door(ctx: &PublicCtx) -> Result<()> {
    let mode = ctx.state.config.auth.mode;
    if ctx.read(move |tx, _| Use::is_door(tx, mode)).await? { Ok(()) } else { Err(Error::NotFound) }
}

/// The same words for a wrong password and for who is not named.
pub async fn create(ctx: PublicCtx, sent: Form) -> Result<Reply> {
    check_door(&ctx).await?;
    match enter(&ctx, &sent).await {
        Ok((token, reason)) => Ok(second::ask(&ctx, token, reason)),
        Err(Error::SignIn) => page(&ctx, &sent, 422, Problems::one("", "problem-break-glass")).await,
        Err(Error::Invalid(problems)) => page(&ctx, &sent, 422, problems).await,
        Err(Error::Slow(wait)) => page(&ctx, &sent, 429, Problems::one("", slow(wait))).await,
        Err(other) => Err(other),
    }
}

/// Inside, and told at once where one is.
fn come_in(ctx: &PublicCtx, token: &str) -> Reply {
    ctx.redirect(HERE, Some(Flash::failed("break-glass-begun"))).cookie(ctx.state.session_cookie(token))
}

fn entry(ctx: &PublicCtx) -> Entry {
    Entry::of(Method::BreakGlass, &ctx.caller, BREAK_GLASS_SECONDS)
}

/// The token of the second half, and why they come.
async fn enter(ctx: &PublicCtx, sent: &Form) -> Result<(String, Title)> {
    let (email, password) = (sent.text("email").trim().to_lowercase(), Secret::new(sent.text("password")));
    let mut problems = Problems::default();
    let reason = problems.take("reason", Title::parse(sent.text("reason")));
    problems.check()?;
    let reason = reason.ok_or_else(|| Error::invalid("reason", "problem-title-missing"))?;
    let known = known(ctx, &email);
    let attempt = Attempt { email: email.clone(), address: ctx.caller.address.clone(), known };
    let asked = attempt.clone();
    let Begun { stored, tries } = ctx.touch(Chore::Throttle, move |tx, _| asked.begin(tx)).await?;
    let (mode, of) = (ctx.state.config.auth.mode, attempt.clone());
    let begun = match fits(ctx, password, stored).await? {
        true => {
            ctx.write(move |tx, me| {
                let begun = Use::begin(tx, me, &email, mode)?;
                of.clear(tx)?;
                Ok(begun)
            })
            .await
        }
        false => Err(Error::SignIn),
    };
    if matches!(begun, Err(Error::SignIn)) {
        ctx.touch(Chore::Throttle, move |tx, me| attempt.fail(tx, me, tries)).await?;
    }
    Ok((begun?, reason))
}

/// `/sign-in/break-glass/second`: the second factor, without which nobody passes.
pub mod second {
    use super::*;
    use crate::signin::{Half, Opens, STEP_MAX_SECONDS};
    use crate::sso::trip::{signed_cookie, signed_value};

    const PATH: &str = "/sign-in/break-glass/second";
    /// Carries the step and the reason between the two halves.
    const COOKIE: &str = "tow_break_glass";

    pub fn ask(ctx: &PublicCtx, token: String, reason: Title) -> Reply {
        let kept = (token, reason.into_string());
        Reply::redirect(PATH).cookie(signed_cookie(&ctx.state, COOKIE, &kept, STEP_MAX_SECONDS))
    }

    /// `SignIn` without the cookie.
    fn half(ctx: &PublicCtx) -> Result<(Half, Title)> {
        let (token, reason): (String, String) = signed_value(ctx, COOKIE).ok_or(Error::SignIn)?;
        let reason = Title::parse(&reason).map_err(|_| Error::SignIn)?;
        let (back, other) = (HERE.to_owned(), "/sign-in/break-glass");
        Ok((Half { opens: Opens::BreakGlass, token, action: PATH, back, other }, reason))
    }

    pub async fn new(ctx: PublicCtx) -> Result<Reply> {
        let page = match half(&ctx) {
            Ok((half, _)) => half.page(&ctx, 200, Problems::default()).await,
            Err(error) => Err(error),
        };
        match page {
            Err(Error::SignIn) => Ok(Reply::redirect("/sign-in/break-glass")),
            answer => answer,
        }
    }

    pub async fn create(ctx: PublicCtx, sent: Form) -> Result<Reply> {
        let (half, reason) = half(&ctx)?;
        let (state, entry) = (ctx.state.clone(), entry(&ctx));
        let entered = half
            .enter(&ctx, &sent, move |tx, me, step, shown| Use::finish(tx, me, (step, shown, &reason), entry, &state))
            .await;
        match entered {
            Ok(token) => Ok(come_in(&ctx, &token).cookie(ctx.state.gone(COOKIE))),
            Err(error) => half.again(&ctx, error).await,
        }
    }

    pub async fn question(ctx: PublicCtx, _: Form) -> Result<Reply> {
        half(&ctx)?.0.question(&ctx).await
    }
}

fn parse(id: &str) -> Result<UseId> {
    id.parse().map(UseId).map_err(|_| Error::NotFound)
}

pub mod uses {
    use super::*;

    const LIST: &str = "/settings/sign-on/break-glass";

    pub async fn index(ctx: Ctx) -> Result<Reply> {
        let uses = ctx.read(Use::list).await?;
        ctx.page(&UsesPage { shell: ctx.shell("settings")?, uses })
    }

    pub async fn show(ctx: Ctx, id: Path<String>) -> Result<Reply> {
        let view = draw(&ctx, parse(&id)?, "", Problems::default()).await?;
        ctx.page(&view)
    }

    async fn draw(ctx: &Ctx, id: UseId, finding: &str, problems: Problems) -> Result<UsePage> {
        let (used, trail, is_own) = ctx
            .read(move |tx, me| {
                let used = Use::find(tx, me, id)?;
                let trail = used.trail(tx)?;
                let is_own = me.is(Some(used.person_id));
                Ok((used, trail, is_own))
            })
            .await?;
        Ok(UsePage { shell: ctx.shell("settings")?, used, trail, is_own, finding: finding.to_owned(), problems })
    }

    pub async fn update(ctx: Ctx, id: Path<String>, sent: Form) -> Result<Reply> {
        let id = parse(&id)?;
        let finding = Body::parse(sent.text("finding")).and_then(|body| match body.as_str().trim() {
            "" => Err(Msg::new("problem-finding-missing")),
            _ => Ok(body),
        });
        let done = match finding {
            Ok(finding) => {
                ctx.write(move |tx, me| Use::find(tx, me, id)?.review(tx, me, finding.as_str().trim())).await
            }
            Err(msg) => Err(Error::invalid("finding", msg)),
        };
        match done {
            Ok(()) => Ok(ctx.redirect(LIST, Some(Flash::done("break-glass-reviewed")))),
            Err(Error::Invalid(problems)) => {
                let view = draw(&ctx, id, sent.text("finding"), problems).await?;
                ctx.page_with(422, &view)
            }
            Err(other) => Err(other),
        }
    }
}

pub mod owners {
    use super::*;

    pub async fn create(ctx: Ctx, sent: Form) -> Result<Reply> {
        let done = match sent.id("person") {
            Ok(Some(id)) => ctx.write(move |tx, me| Keeper::name(tx, me, PersonId(id))).await,
            Ok(None) => Err(Error::invalid("person", "problem-choice")),
            Err(error) => Err(error),
        };
        answer(&ctx, done.map(|()| "keeper-named".into())).await
    }

    pub async fn destroy(ctx: Ctx, id: Path<String>, _: Form) -> Result<Reply> {
        let id = id.parse().map(PersonId).map_err(|_| Error::NotFound)?;
        let done = ctx.write(move |tx, me| Keeper::unname(tx, me, id)).await;
        answer(&ctx, done.map(|_| "keeper-unnamed".into())).await
    }
}

pub mod sheet {
    use super::*;
    use crate::access::{Permission, Thing, Verb, check};
    use crate::sso::own_address;

    /// For the printer, and then for the safe. It holds no secret until somebody writes one on it.
    pub async fn show(ctx: Ctx) -> Result<Reply> {
        let keepers = ctx
            .read(|tx, me| {
                check(me, Verb::See, &Thing::Organisation(Permission::SecurityConfigurationManage))?;
                Keeper::list(tx)
            })
            .await?;
        let address = own_address(&ctx.state, "/sign-in/break-glass").to_string();
        ctx.page(&Sheet { shell: ctx.shell("settings")?, keepers, address, printed_at: ctx.now(), back: HERE })
    }
}
