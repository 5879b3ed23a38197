//! `/settings/sign-on/domains`: what the company owns, and the record that proves it.

use crate::access::Ctx;
use crate::db::Chore;
use crate::error::{Error, Msg, Problems, Result};
use crate::net::Names;
use crate::sso::domain::{is_said, own_domain};
use crate::sso::pages::Domains;
use crate::sso::{Domain, DomainId};
use crate::web::{Flash, Form, Reply};
use actix_web::web::Path;

const HERE: &str = "/settings/sign-on/domains";

pub async fn index(ctx: Ctx) -> Result<Reply> {
    let typed = ctx.query("domain").unwrap_or_default().chars().take(253).collect();
    let view = page(&ctx, typed, Problems::default()).await?;
    ctx.page(&view)
}

async fn page(ctx: &Ctx, typed: String, problems: Problems) -> Result<Domains> {
    let domains = ctx.read(Domain::list).await?;
    Ok(Domains { shell: ctx.shell("settings")?, domains, typed, problems })
}

pub async fn create(ctx: Ctx, sent: Form) -> Result<Reply> {
    let typed = sent.text("domain").chars().take(253).collect::<String>();
    let added = match own_domain(&typed) {
        Ok(domain) => {
            ctx.write_once(&sent, move |tx, me| Domain::add(tx, me, &domain).map(|id| format!("{HERE}#d-{id}"))).await
        }
        Err(problem) => Err(Error::invalid("domain", problem)),
    };
    match added {
        Ok(to) => Ok(ctx.redirect(&to, Some(Flash::done("domain-added")))),
        Err(Error::Invalid(problems)) => {
            let view = page(&ctx, typed, problems).await?;
            ctx.page_with(422, &view)
        }
        Err(other) => Err(other),
    }
}

pub async fn destroy(ctx: Ctx, id: Path<String>, _: Form) -> Result<Reply> {
    let id = parse(&id)?;
    ctx.write(move |tx, me| Domain::remove(tx, me, id)).await?;
    Ok(ctx.redirect(HERE, Some(Flash::done("domain-removed"))))
}

fn parse(id: &str) -> Result<DomainId> {
    id.parse().map(DomainId).map_err(|_| Error::NotFound)
}

pub mod look {
    use super::*;

    /// Asks the domain name system now; what it says is told at once.
    pub async fn create(ctx: Ctx, id: Path<String>, _: Form) -> Result<Reply> {
        let id = parse(&id)?;
        let domain = ctx.touch(Chore::SignOn, move |tx, me| Domain::begin_check(tx, me, id)).await;
        let domain = match domain {
            Err(Error::Slow(_)) => return Ok(ctx.redirect(HERE, Some(Flash::failed("domain-check-slow")))),
            other => other?,
        };
        let found = Names::of(&ctx.state.config.auth).texts(&domain.record_name()).await;
        let told =
            |key: &'static str| Msg::new(key).with("domain", &domain.domain).with("record", domain.record_name());
        let flash = match found {
            Ok(records) if is_said(&records, &domain.record_text()) => {
                let found = domain.clone();
                ctx.write(move |tx, me| found.verify(tx, me)).await?;
                Flash::done(told("domain-verified"))
            }
            Ok(records) if records.is_empty() => Flash::failed(told("domain-record-absent")),
            Ok(_) => Flash::failed(told("domain-record-other")),
            Err(fault) => {
                tracing::warn!(name = "sso.domain_silent", domain = %domain.id, why = %fault, "a domain's record could not be looked for");
                Flash::failed(told("domain-silent"))
            }
        };
        Ok(ctx.redirect(HERE, Some(flash)))
    }
}
