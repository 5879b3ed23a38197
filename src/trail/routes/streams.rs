//! `/settings/audit/streams`.

use crate::access::{Ctx, Permission, Thing, Verb, check};
use crate::error::{Error, Msg, Problems, Result};
use crate::trail::streams::{NewStream, OneStream, SecretOnce, StreamForm, Streams, transport_choices};
use crate::trail::{Stream, StreamId, StreamText, send_test};
use crate::web::{Flash, Form, Reply};
use actix_web::web::Path;

pub async fn index(ctx: Ctx) -> Result<Reply> {
    let streams = ctx.read(Stream::list).await?;
    ctx.page(&Streams { shell: ctx.shell("settings")?, streams })
}

fn asks(me: &crate::access::Actor) -> Result<()> {
    check(me, Verb::See, &Thing::Organisation(Permission::SecurityConfigurationManage))
}

pub async fn new(ctx: Ctx) -> Result<Reply> {
    ctx.read(|_, me| asks(me)).await?;
    blank(&ctx, StreamForm::default(), 200, Problems::default())
}

fn blank(ctx: &Ctx, form: StreamForm, status: u16, problems: Problems) -> Result<Reply> {
    let transports = transport_choices(if form.transport.is_empty() { "tls" } else { &form.transport });
    let has_key = ctx.state.vault.is_ready();
    ctx.page_with(status, &NewStream { shell: ctx.shell("settings")?, form, transports, has_key, problems })
}

/// A webhook's secret is shown in the answer, and never again.
pub async fn create(ctx: Ctx, sent: Form) -> Result<Reply> {
    let form = StreamForm::of(&sent);
    match made(&ctx, &form).await {
        Ok((stream, Some(secret))) => once(&ctx, stream, secret),
        Ok((stream, None)) => Ok(ctx.redirect(&stream.path(), Some(Flash::done("stream-made")))),
        Err(Error::Invalid(problems)) => {
            ctx.read(|_, me| asks(me)).await?;
            blank(&ctx, form, 422, problems)
        }
        Err(other) => Err(other),
    }
}

async fn made(ctx: &Ctx, form: &StreamForm) -> Result<(Stream, Option<String>)> {
    let text: StreamText = form.check(&ctx.state.config.security).map_err(Error::Invalid)?;
    let (vault, since) = (ctx.state.vault.clone(), form.since());
    ctx.write(move |tx, me| {
        let (id, secret) = text.create(tx, me, &vault, since)?;
        Ok((Stream::find(tx, me, id)?, secret))
    })
    .await
}

fn once(ctx: &Ctx, stream: Stream, secret: String) -> Result<Reply> {
    ctx.page(&SecretOnce { shell: ctx.shell("settings")?, stream, secret })
}

pub async fn show(ctx: Ctx, id: Path<StreamId>) -> Result<Reply> {
    one(&ctx, *id, None, 200, Problems::default()).await
}

async fn one(ctx: &Ctx, id: StreamId, form: Option<StreamForm>, status: u16, problems: Problems) -> Result<Reply> {
    let stream = ctx.read(move |tx, me| Stream::find(tx, me, id)).await?;
    let form = form.unwrap_or_else(|| StreamForm::of_stream(&stream));
    ctx.page_with(status, &OneStream { shell: ctx.shell("settings")?, stream, form, problems })
}

pub async fn update(ctx: Ctx, id: Path<StreamId>, sent: Form) -> Result<Reply> {
    let mut form = StreamForm::of(&sent);
    match saved(&ctx, *id, &mut form).await {
        Ok(stream) => Ok(ctx.redirect(&stream.path(), Some(Flash::done("saved")))),
        Err(Error::Invalid(problems)) => one(&ctx, *id, Some(form), 422, problems).await,
        Err(Error::Conflict(conflict)) => {
            form.version = conflict.seen;
            one(&ctx, *id, Some(form), 409, Problems::one("", "problem-stream-stale")).await
        }
        Err(other) => Err(other),
    }
}

async fn saved(ctx: &Ctx, id: StreamId, form: &mut StreamForm) -> Result<Stream> {
    let stream = ctx.read(move |tx, me| Stream::find(tx, me, id)).await?;
    // How it travels stays: another way is another stream.
    form.transport = stream.transport.to_string();
    let text = form.check(&ctx.state.config.security).map_err(Error::Invalid)?;
    let version = form.version.parse().unwrap_or_default();
    ctx.write(move |tx, me| stream.update(tx, me, &text, version).map(|()| stream)).await
}

pub mod pause {
    use super::*;

    pub async fn create(ctx: Ctx, id: Path<StreamId>, _: Form) -> Result<Reply> {
        set(&ctx, *id, true, "stream-paused-now").await
    }

    pub async fn destroy(ctx: Ctx, id: Path<StreamId>, _: Form) -> Result<Reply> {
        set(&ctx, *id, false, "stream-goes-on").await
    }

    async fn set(ctx: &Ctx, id: StreamId, is_paused: bool, said: &'static str) -> Result<Reply> {
        let path = ctx
            .write(move |tx, me| {
                let stream = Stream::find(tx, me, id)?;
                stream.set_paused(tx, me, is_paused)?;
                Ok(stream.path())
            })
            .await?;
        Ok(ctx.redirect(&path, Some(Flash::done(said))))
    }
}

pub mod again {
    use super::*;

    /// Sends again from a day on, or everything.
    pub async fn create(ctx: Ctx, id: Path<StreamId>, sent: Form) -> Result<Reply> {
        let (id, form) = (*id, StreamForm::of(&sent));
        let asked = form.clone();
        let done = ctx
            .write(move |tx, me| {
                let stream = Stream::find(tx, me, id)?;
                let since = asked.again(me.zone()).map_err(Error::Invalid)?;
                stream.rewind(tx, me, since).map(|()| stream.path())
            })
            .await;
        match done {
            Ok(path) => Ok(ctx.redirect(&path, Some(Flash::done("stream-again-done")))),
            Err(Error::Invalid(problems)) => {
                let stream = ctx.read(move |tx, me| Stream::find(tx, me, id)).await?;
                let form = StreamForm { day: form.day, ..StreamForm::of_stream(&stream) };
                one(&ctx, id, Some(form), 422, problems).await
            }
            Err(other) => Err(other),
        }
    }
}

pub mod secret {
    use super::*;

    pub async fn create(ctx: Ctx, id: Path<StreamId>, _: Form) -> Result<Reply> {
        let (id, vault) = (*id, ctx.state.vault.clone());
        let changed = ctx
            .write(move |tx, me| {
                let stream = Stream::find(tx, me, id)?;
                let secret = stream.change_secret(tx, me, &vault)?;
                Ok((stream, secret))
            })
            .await;
        match changed {
            Ok((stream, secret)) => once(&ctx, stream, secret),
            Err(Error::Invalid(problems)) => one(&ctx, id, None, 422, problems).await,
            Err(other) => Err(other),
        }
    }
}

pub mod test {
    use super::*;

    /// Kept first, then sent; nothing is held while the other side takes its time.
    pub async fn create(ctx: Ctx, id: Path<StreamId>, _: Form) -> Result<Reply> {
        let id = *id;
        let stream = ctx
            .write(move |tx, me| {
                let stream = Stream::find(tx, me, id)?;
                stream.note_test(tx, me)?;
                Ok(stream)
            })
            .await?;
        let (state, now, path) = (ctx.state.clone(), ctx.now(), stream.path());
        let sent = ctx.work(move || Ok(send_test(&stream, &state.config, now))).await?;
        let flash = match sent {
            Ok(()) => Flash::done("stream-test-arrived"),
            Err(why) => Flash::failed(Msg::new("stream-test-failed").with("why", why)),
        };
        Ok(ctx.redirect(&path, Some(flash)))
    }
}

pub async fn destroy(ctx: Ctx, id: Path<StreamId>, _: Form) -> Result<Reply> {
    let id = *id;
    ctx.write(move |tx, me| Stream::find(tx, me, id)?.delete(tx, me)).await?;
    Ok(ctx.redirect("/settings/audit/streams", Some(Flash::done("stream-removed"))))
}
