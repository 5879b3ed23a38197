//! `/settings/ai`, `/settings/ai/calls`, and the `/ai` of a project and of a group.

mod calls;
mod group;
mod project;
mod requests;

use super::pages::{Index, LOST_RACE, PolicyForm, Tested, connection, differing, level_choices, model_choices};
use super::{
    Asking, Budget, PageDesk, Policy, Prompt, Provider, Purpose, Source, Sphere, keeps_out, last_calls, outage,
    set_keeps_out,
};
use super::{Model, note_test, site};
use crate::access::{Ctx, Permission, holds};
use crate::error::{Error, Problems, Result};
use crate::web::{Flash, Form, Need, Reply, Routes, Shared};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// Nobody looks at a page longer than this to see whether it works.
pub const TEST_SECONDS: u64 = 20;

pub fn routes() -> Routes {
    Routes::new()
        .get("/settings/ai", Need::Session, index)
        .post("/settings/ai", Need::Session, update)
        .does("does-change-ai-policy")
        .post("/settings/ai/test", Need::Session, test::create)
        .does("does-test-ai")
        .post("/settings/ai/private", Need::Session, private::update)
        .get("/settings/ai/calls", Need::Session, calls::index)
        .post("/settings/ai/calls/export", Need::Session, calls::create)
        .does("does-export-ai-calls")
        .get("/ai/requests/{call}", Need::Session, requests::show)
        .get("/ai/requests/{call}/body", Need::Session, requests::body::show)
        .get("/settings/groups/{id}/ai", Need::Session, group::edit)
        .post("/settings/groups/{id}/ai", Need::Session, group::update)
        .does("does-change-ai-policy")
        .get("/projects/{key}/ai", Need::Session, project::edit)
        .post("/projects/{key}/ai", Need::Session, project::update)
}

async fn index(ctx: Ctx) -> Result<Reply> {
    page(&ctx, None, Vec::new(), 200, Problems::default()).await
}

async fn page(
    ctx: &Ctx,
    form: Option<PolicyForm>,
    tested: Vec<Tested>,
    status: u16,
    problems: Problems,
) -> Result<Reply> {
    let ai = &ctx.state.config.ai;
    let host = site(ai);
    let (policy, last, outage, spent, budgets, keeps_out) = ctx
        .read(move |tx, me| {
            let policy = Policy::find(tx, me, Sphere::Organisation)?;
            let asking = Asking::of(me, Purpose::ConnectionTest)?;
            let spent = Budget::spent_by(tx, asking.organisation.0)?;
            let (last, outage) = (last_calls(tx, me)?, outage(tx, &host)?);
            Ok((policy, last, outage, spent, Budget::list(tx, &asking, &[])?, keeps_out(tx, me)?))
        })
        .await?;
    let form = form.unwrap_or_else(|| PolicyForm::of_policy(&policy, ai));
    let theirs = differing(status, form.check(ai, &policy), &policy);
    let view = Index {
        shell: ctx.shell("settings")?,
        connection: connection(ai),
        is_configured: ai.openai_api_key.is_some(),
        levels: level_choices(&form.level),
        models: model_choices(ai, &form.models),
        can_manage: holds(&ctx.me()?, Permission::AiManage),
        form,
        policy,
        theirs,
        outage,
        last,
        spent,
        budgets,
        keeps_out,
        tested,
        problems,
    };
    ctx.page_with(status, &view)
}

async fn update(ctx: Ctx, sent: Form) -> Result<Reply> {
    let mut form = PolicyForm::of(&sent);
    let (typed, ai) = (form.clone(), ctx.state.config.ai.clone());
    let saved = ctx
        .write(move |tx, me| {
            // Who may not save is told so, and not what is wrong with the form.
            Sphere::Organisation.check(me)?;
            let saved = Policy::find(tx, me, Sphere::Organisation)?;
            typed.check(&ai, &saved)?.save(tx, me, Sphere::Organisation)
        })
        .await;
    match NotSaved::of(saved, &mut form.version)? {
        None => Ok(ctx.redirect("/settings/ai", Some(Flash::done("saved")))),
        Some(not) => page(&ctx, Some(form), Vec::new(), not.status, not.problems).await,
    }
}

/// Why the form of a policy comes back.
struct NotSaved {
    status: u16,
    problems: Problems,
}

impl NotSaved {
    /// None when it was saved. After a lost race the form's version is theirs, so that who saves again has seen it.
    fn of(saved: Result<()>, version: &mut String) -> Result<Option<NotSaved>> {
        match saved {
            Ok(()) => Ok(None),
            Err(Error::Invalid(problems)) => Ok(Some(NotSaved { status: 422, problems })),
            Err(Error::Conflict(conflict)) => {
                *version = conflict.seen;
                Ok(Some(NotSaved { status: LOST_RACE, problems: Problems::one("", "problem-ai-stale") }))
            }
            Err(other) => Err(other),
        }
    }
}

mod private {
    use super::*;

    /// One's own private records, out or in.
    pub async fn update(ctx: Ctx, sent: Form) -> Result<Reply> {
        let keeps = sent.is_checked("keeps_out");
        ctx.write(move |tx, me| set_keeps_out(tx, me, keeps)).await?;
        Ok(ctx.redirect("/settings/ai", Some(Flash::done("saved"))))
    }
}

mod test {
    use super::*;

    /// A short question to the fast model and one vector: both carry nothing but fixed words, through the same gate as everything.
    pub async fn create(ctx: Ctx, _: Form) -> Result<Reply> {
        let asking = ctx
            .write(|tx, me| {
                note_test(tx, me)?;
                Asking::of(me, Purpose::ConnectionTest)
            })
            .await?;
        // Who goes away leaves no call open behind them: it ends, and its row with it.
        let tested = crate::web::detached(try_both(ctx.state.clone(), ctx.caller.request_id, asking));
        let tested = tested.await.map_err(Error::broken)??;
        page(&ctx, None, tested, 200, Problems::default()).await
    }

    async fn try_both(state: Shared, request: Uuid, asking: Asking) -> Result<Vec<Tested>> {
        let provider = Provider::new(&state.config, state.net.clone()).hasty(Duration::from_secs(TEST_SECONDS));
        let mut desk = PageDesk::new(state, request);
        let instructions = "You are being tested. Answer with the single word: ready";
        let prompt = Prompt::new(Model::Fast, instructions).says("Are you ready?");
        let part = |what, began: Instant, fault| Tested { what, fault, milliseconds: began.elapsed().as_millis() };
        let began = Instant::now();
        let answer = provider.ask(&mut desk, &asking, &prompt).await?;
        let first = part("ai-test-answer", began, answer.err());
        let began = Instant::now();
        let vectors = provider.embed(&mut desk, &asking, &[(Source::Own, "A test of the connection.")]).await?;
        Ok(vec![first, part("ai-test-vectors", began, vectors.err())])
    }
}
