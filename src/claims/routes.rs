//! `/settings/sign-on/{id}/rules`. For who holds security_configuration.manage.

use super::pages::{Edit, Index, Of, Offer, RuleForm, Trial, parse_claims};
use super::{offered_roles, remove_rule};
use crate::access::{Actor, Ctx};
use crate::db::Tx;
use crate::error::{Error, Msg, Problems, Result};
use crate::members::Group;
use crate::sso::{Connection, ConnectionId, Rule, RuleId};
use crate::web::{Flash, Form, Need, Reply, Routes};
use actix_web::web::Path;

/// Groups offered before anything is typed.
const OFFERED: i32 = 50;

pub fn routes() -> Routes {
    Routes::new()
        .get("/settings/sign-on/{id}/rules", Need::Session, index)
        .post("/settings/sign-on/{id}/rules", Need::Session, create)
        .does("does-add-rule")
        .post("/settings/sign-on/{id}/rules/trial", Need::Session, trial::create)
        .get("/settings/sign-on/{id}/rules/{rule}", Need::Session, edit)
        .post("/settings/sign-on/{id}/rules/{rule}", Need::Session, update)
        .does("does-change-rule")
        .post("/settings/sign-on/{id}/rules/{rule}/removal", Need::Session, destroy)
        .does("does-remove-rule")
}

fn parse(id: &str) -> Result<ConnectionId> {
    id.parse().map(ConnectionId).map_err(|_| Error::NotFound)
}

fn parse_both(path: Path<(String, String)>) -> Result<(ConnectionId, RuleId)> {
    let (connection, rule) = path.into_inner();
    Ok((parse(&connection)?, rule.parse().map(RuleId).map_err(|_| Error::NotFound)?))
}

fn home(connection: ConnectionId) -> String {
    format!("/settings/sign-on/{connection}/rules")
}

fn offer(tx: &mut Tx, me: &Actor) -> Result<Offer> {
    let (roles, has_admin) = offered_roles(tx, me)?;
    Ok(Offer { groups: Group::offered(tx, me, "", OFFERED)?, roles, has_admin })
}

async fn index(ctx: Ctx, id: Path<String>) -> Result<Reply> {
    let view = page(&ctx, parse(&id)?, None, Problems::default()).await?;
    ctx.page(&view)
}

async fn page(ctx: &Ctx, id: ConnectionId, form: Option<RuleForm>, problems: Problems) -> Result<Index> {
    let (connection, rules, offer) =
        ctx.read(move |tx, me| Ok((Connection::find(tx, me, id)?, Rule::list(tx, me, id)?, offer(tx, me)?))).await?;
    let connection = Of::connection(connection, ctx.state.config.auth.oidc.groups_claim.as_deref());
    let form = form.unwrap_or_else(|| RuleForm::fresh(&connection));
    let shell = ctx.shell("settings")?;
    Ok(Index { shell, connection, rules, form, offer, claims: String::new(), trial: None, problems })
}

async fn create(ctx: Ctx, id: Path<String>, sent: Form) -> Result<Reply> {
    let (id, form) = (parse(&id)?, RuleForm::of(&sent));
    let made = match form.check() {
        Ok(draft) => ctx.write_once(&sent, move |tx, me| Ok(draft.create(tx, me, id)?.to_string())).await,
        Err(problems) => Err(Error::Invalid(problems)),
    };
    match made {
        Ok(_) => Ok(ctx.redirect(&home(id), Some(Flash::done("rule-added")))),
        Err(Error::Invalid(problems)) => {
            let view = page(&ctx, id, Some(form), problems).await?;
            ctx.page_with(422, &view)
        }
        Err(other) => Err(other),
    }
}

async fn edit(ctx: Ctx, path: Path<(String, String)>) -> Result<Reply> {
    let view = one(&ctx, parse_both(path)?, None, Problems::default()).await?;
    ctx.page(&view)
}

async fn one(
    ctx: &Ctx,
    (id, rule): (ConnectionId, RuleId),
    form: Option<RuleForm>,
    problems: Problems,
) -> Result<Edit> {
    let (connection, rule, offer) = ctx
        .read(move |tx, me| Ok((Connection::find(tx, me, id)?, Rule::find(tx, me, id, rule)?, offer(tx, me)?)))
        .await?;
    let form = form.unwrap_or_else(|| RuleForm::of_rule(&rule));
    let connection = Of::connection(connection, ctx.state.config.auth.oidc.groups_claim.as_deref());
    Ok(Edit { shell: ctx.shell("settings")?, connection, rule, form, offer, problems })
}

async fn update(ctx: Ctx, path: Path<(String, String)>, sent: Form) -> Result<Reply> {
    let (ids, mut form) = (parse_both(path)?, RuleForm::of(&sent));
    let (status, problems) = match save(&ctx, ids, &form).await {
        Ok(ended) => {
            let msg = if ended == 0 { Msg::new("saved") } else { Msg::new("rule-saved").with("count", ended) };
            return Ok(ctx.redirect(&home(ids.0), Some(Flash::done(msg))));
        }
        Err(Error::Invalid(problems)) => (422, problems),
        Err(Error::Conflict(conflict)) => {
            form.number = conflict.seen;
            (409, Problems::one("", Msg::new("problem-rule-stale").with("now", conflict.theirs)))
        }
        Err(other) => return Err(other),
    };
    let view = one(&ctx, ids, Some(form), problems).await?;
    ctx.page_with(status, &view)
}

async fn save(ctx: &Ctx, ids: (ConnectionId, RuleId), form: &RuleForm) -> Result<usize> {
    let draft = form.check().map_err(Error::Invalid)?;
    let seen = form.number.parse().map_err(|_| Error::invalid("", "problem-form-damaged"))?;
    ctx.write(move |tx, me| draft.save(tx, me, ids, seen)).await
}

async fn destroy(ctx: Ctx, path: Path<(String, String)>, _: Form) -> Result<Reply> {
    let ids = parse_both(path)?;
    let ended = ctx.write(move |tx, me| remove_rule(tx, me, ids)).await?;
    let flash = Flash::done(Msg::new("rule-removed").with("count", ended));
    Ok(ctx.redirect(&home(ids.0), Some(flash)))
}

mod trial {
    use super::*;

    /// Says what the rules make of claims, and keeps none of them.
    pub async fn create(ctx: Ctx, id: Path<String>, sent: Form) -> Result<Reply> {
        let typed = sent.text("claims").to_owned();
        let mut view = page(&ctx, parse(&id)?, None, Problems::default()).await?;
        let status = match parse_claims(&typed) {
            Ok(claims) => {
                view.trial = Some(Trial::of(&view.rules, &claims));
                200
            }
            Err(problem) => {
                view.problems = Problems::one("claims", problem);
                422
            }
        };
        view.claims = typed;
        ctx.page_with(status, &view)
    }
}
