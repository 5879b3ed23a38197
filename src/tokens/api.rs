//! `/api/v1/me`: what a token is, for whoever holds it.

use crate::access::{Actor, Api, Scope};
use crate::error::{Error, Result};
use crate::web::{Operation, Reply, Routes};
use actix_web::http::Method;
use serde::Serialize;
use utoipa::ToSchema;

pub fn routes() -> Routes {
    Routes::new().api(
        Method::GET,
        "/api/v1/me",
        "",
        Operation::shows::<Me>("What this token is, and what it reaches"),
        show,
    )
}

/// The program that asks.
#[derive(Debug, Serialize, ToSchema)]
pub struct Me {
    /// `token` acts as its person, `service` is a key of the organisation.
    pub kind: String,
    /// As its maker called it.
    pub name: String,
    /// The person that a token acts as; null for a key.
    pub person: Option<String>,
    pub scopes: Vec<String>,
    /// Keys of the projects it reaches.
    pub projects: Vec<String>,
    pub organisation: String,
}

async fn show(api: Api) -> Result<Reply> {
    let me = api.read(|_, me| Me::of(me).ok_or(Error::SignIn)).await?;
    api.show(&me)
}

impl Me {
    fn of(me: &Actor) -> Option<Me> {
        let program = me.program.as_deref()?;
        Some(Me {
            kind: me.kind.to_string(),
            name: program.name.clone(),
            person: me.person.as_ref().map(|person| person.name.clone()),
            scopes: program.scopes.iter().map(Scope::to_string).collect(),
            projects: me.projects.iter().map(|project| project.key.clone()).collect(),
            organisation: me.organisation.as_ref().map(|card| card.name.clone()).unwrap_or_default(),
        })
    }
}
