//! `/settings/sign-on`: connections, trials, enforcement. For who holds security_configuration.manage.

use super::departing::{Failure, depart, parse};
use crate::access::{Ctx, Permission, Thing, Verb, check};
use crate::error::{Error, Msg, Problems, Result};
use crate::sso::pages::{Around, ConnectionForm, Edit, Index, Preset, protocol_of};
use crate::sso::trip::Aim;
use crate::sso::{Connection, ConnectionId, Enforcement, Keeper, Outside, Test, Use};
use crate::web::{Flash, Form, Reply};
use actix_web::web::Path;

pub const HERE: &str = "/settings/sign-on";

pub async fn index(ctx: Ctx) -> Result<Reply> {
    let view = page(&ctx, Problems::default()).await?;
    ctx.page(&view)
}

/// The list, with what went wrong above it.
pub async fn page(ctx: &Ctx, problems: Problems) -> Result<Index> {
    let (connections, tests, around, waiting) = ctx
        .read(|tx, me| {
            let connections = Connection::list(tx, me)?;
            let tests = Test::list(tx, me.person_id().ok_or(Error::SignIn)?)?;
            let waiting = Use::list(tx, me)?.iter().filter(|used| used.reviewed_at.is_none()).count();
            let outside = match connections.iter().any(|one| one.enabled_at.is_some()) {
                true => Outside::now(tx)?,
                false => Outside::default(),
            };
            let (enforcement, keepers) = (Enforcement::now(tx)?, Keeper::list(tx)?);
            let around = Around { enforcement, keepers, candidates: Keeper::candidates(tx)?, outside };
            Ok((connections, tests, around, waiting))
        })
        .await?;
    let shell = ctx.shell("settings")?;
    Ok(Index::new(shell, (connections, &tests), around, (waiting, ctx.state.vault.is_ready()), problems))
}

/// Back to the list: done, or with what went wrong above it.
pub async fn answer(ctx: &Ctx, done: Result<Msg>) -> Result<Reply> {
    match done {
        Ok(msg) => Ok(ctx.redirect(HERE, Some(Flash::done(msg)))),
        Err(Error::Invalid(problems)) => {
            let view = page(ctx, problems).await?;
            ctx.page_with(422, &view)
        }
        Err(other) => Err(other),
    }
}

pub async fn new(ctx: Ctx) -> Result<Reply> {
    ctx.read(|_, me| check(me, Verb::See, &Thing::Organisation(Permission::SecurityConfigurationManage))).await?;
    let preset = Preset::of(&ctx.query("provider").unwrap_or_default());
    let form = preset.form(protocol_of(&ctx.query("protocol").unwrap_or_default()));
    let view = Edit::new(&ctx.state, ctx.shell("settings")?, None, (preset, form), Problems::default());
    ctx.page(&view)
}

pub async fn create(ctx: Ctx, sent: Form) -> Result<Reply> {
    let form = ConnectionForm::of(&sent);
    let (draft, state) = (form.check(&ctx.state.net), ctx.state.clone());
    let made = match draft {
        Ok(draft) => {
            ctx.write_once(&sent, move |tx, me| Ok(format!("{HERE}/{}", draft.create(tx, me, &state.vault)?))).await
        }
        Err(problems) => Err(Error::Invalid(problems)),
    };
    match made {
        Ok(to) => Ok(ctx.redirect(&to, Some(Flash::done("connection-made")))),
        Err(error) => again(&ctx, None, (Preset::of(sent.text("provider")), form), error).await,
    }
}

pub async fn edit(ctx: Ctx, id: Path<String>) -> Result<Reply> {
    let id = parse(&id)?;
    let (connection, test) = look(&ctx, id).await?;
    let form = ConnectionForm::of_connection(&connection);
    let view = Edit::new(
        &ctx.state,
        ctx.shell("settings")?,
        Some((connection, test)),
        (Preset::Other, form),
        Problems::default(),
    );
    ctx.page(&view)
}

async fn look(ctx: &Ctx, id: ConnectionId) -> Result<(Connection, Option<Test>)> {
    ctx.read(move |tx, me| {
        let connection = Connection::find(tx, me, id)?;
        let tests = Test::list(tx, me.person_id().ok_or(Error::SignIn)?)?;
        let test = tests.into_iter().find(|test| test.connection_id == id && test.revision == connection.revision);
        Ok((connection, test))
    })
    .await
}

pub async fn update(ctx: Ctx, id: Path<String>, sent: Form) -> Result<Reply> {
    let id = parse(&id)?;
    let (form, state) = (ConnectionForm::of(&sent), ctx.state.clone());
    let seen = sent.text("revision").parse().unwrap_or_default();
    let saved = match form.check(&ctx.state.net) {
        Ok(draft) => ctx.write(move |tx, me| draft.save(tx, me, (id, seen), &state.vault)).await,
        Err(problems) => Err(Error::Invalid(problems)),
    };
    match saved {
        Ok(()) => Ok(ctx.redirect(&format!("{HERE}/{id}"), Some(Flash::done("connection-saved")))),
        Err(error) => again(&ctx, Some(id), (Preset::Other, form), error).await,
    }
}

async fn again(ctx: &Ctx, id: Option<ConnectionId>, form: (Preset, ConnectionForm), error: Error) -> Result<Reply> {
    let Error::Invalid(problems) = error else { return Err(error) };
    // Who may not save is told so, and not what is wrong with the form.
    ctx.read(|_, me| check(me, Verb::See, &Thing::Organisation(Permission::SecurityConfigurationManage))).await?;
    let known = match id {
        Some(id) => Some(look(ctx, id).await?),
        None => None,
    };
    let view = Edit::new(&ctx.state, ctx.shell("settings")?, known, form, problems);
    ctx.page_with(422, &view)
}

pub async fn destroy(ctx: Ctx, id: Path<String>, _: Form) -> Result<Reply> {
    let id = parse(&id)?;
    let done = ctx.write(move |tx, me| Connection::remove(tx, me, id)).await;
    answer(&ctx, done.map(|()| "connection-removed".into())).await
}

pub mod test {
    use super::*;

    /// To the provider, by way of trial.
    pub async fn new(ctx: Ctx, id: Path<String>) -> Result<Reply> {
        let id = parse(&id)?;
        let (person, connection) = ctx
            .read(move |tx, me| {
                let person = me.person_id().ok_or(Error::SignIn)?;
                // The first trial gives one's account another way in.
                check(me, Verb::Add, &Thing::Account(person))?;
                // Coming back it is a change, which wants a recent sign-in: better asked before than after the way.
                if !me.is_confirmed {
                    return Err(Error::Confirm);
                }
                Ok((person, Connection::find(tx, me, id)?))
            })
            .await?;
        let here = format!("{HERE}/{id}");
        match depart(&ctx, &connection, Aim::Test { person }, &here).await {
            Ok(reply) => Ok(reply),
            Err(Failure::Told(msg)) => Ok(ctx.redirect(&here, Some(Flash::failed(msg)))),
            Err(Failure::Broken(error)) => Err(error),
        }
    }
}

pub mod opening {
    use super::*;

    pub async fn create(ctx: Ctx, id: Path<String>, _: Form) -> Result<Reply> {
        let id = parse(&id)?;
        let done = ctx.write(move |tx, me| Connection::set_open(tx, me, id, true)).await;
        answer(&ctx, done.map(|()| "connection-opened".into())).await
    }

    pub async fn destroy(ctx: Ctx, id: Path<String>, _: Form) -> Result<Reply> {
        let id = parse(&id)?;
        let done = ctx.write(move |tx, me| Connection::set_open(tx, me, id, false)).await;
        answer(&ctx, done.map(|()| "connection-closed".into())).await
    }
}

pub mod enforcement {
    use super::*;

    pub async fn create(ctx: Ctx, sent: Form) -> Result<Reply> {
        let done = match sent.id("connection") {
            Ok(Some(id)) => ctx.write(move |tx, me| Enforcement::begin(tx, me, ConnectionId(id))).await,
            Ok(None) => Err(Error::invalid("", "problem-choice")),
            Err(error) => Err(error),
        };
        answer(&ctx, done.map(|ended| Msg::new("enforcement-on").with("count", ended))).await
    }

    pub async fn destroy(ctx: Ctx, _: Form) -> Result<Reply> {
        let done = ctx.write(Enforcement::lift).await;
        answer(&ctx, done.map(|()| "enforcement-off".into())).await
    }
}
