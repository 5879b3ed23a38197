//! `/api/v1/projects`: the same verbs as the pages. Who may be in a project is changed by people.

use super::model::*;
use super::pages::{EditForm, NewForm};
use crate::access::{Actor, Api, ProjectRole, Verb, may};
use crate::db::Tx;
use crate::db::paging::Page;
use crate::error::{Error, Result};
use crate::people::Face;
use crate::web::{Listed, Operation, Reply, Routes, sent};
use actix_web::http::Method;
use actix_web::web::Path;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

const READ: &str = "projects:read";
const WRITE: &str = "projects:write";

pub fn routes() -> Routes {
    let shown = Operation::shows::<ProjectShape>;
    let list = Operation::shows::<Listed<ProjectShape>>("List the projects this token reaches, without their texts");
    let made = Operation::makes::<NewProjectBody, ProjectShape>("Make a project");
    let changed = Operation::changes::<ProjectChanges, ProjectShape>("Change name, text or lead of a project");
    Routes::new()
        .api(Method::GET, "/api/v1/projects", READ, list, index)
        .api(Method::POST, "/api/v1/projects", WRITE, made, create)
        .api(Method::GET, "/api/v1/projects/{key}", READ, shown("Show a project"), show)
        .api(Method::PATCH, "/api/v1/projects/{key}", WRITE, changed, update)
        .api(Method::POST, "/api/v1/projects/{key}/archiving", WRITE, shown("Archive a project"), archiving::create)
        .api(
            Method::DELETE,
            "/api/v1/projects/{key}/archiving",
            WRITE,
            shown("Bring a project back"),
            archiving::destroy,
        )
}

/// A project.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProjectShape {
    pub key: String,
    pub name: String,
    /// Markdown; left out in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    #[schema(inline)]
    pub visibility: Visibility,
    /// A handle.
    pub lead: Option<String>,
    /// What the token may be at most in it.
    #[schema(inline)]
    pub role: Option<ProjectRole>,
    pub created_at: DateTime<Utc>,
    pub archived_at: Option<DateTime<Utc>>,
    /// Where people read it, below the address of this server.
    pub page: String,
}

/// A project to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewProjectBody {
    pub name: String,
    /// Made from the name when it is left out.
    #[serde(default)]
    pub key: String,
    /// Markdown.
    #[serde(default)]
    pub about: String,
    /// `open` unless it says `restricted`.
    pub visibility: Option<String>,
    /// A handle.
    pub lead: Option<String>,
}

/// Fields of a project to change; what is left out stays, null empties.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProjectChanges {
    pub name: Option<String>,
    pub about: Option<String>,
    #[serde(default, deserialize_with = "sent")]
    #[schema(value_type = Option<String>)]
    pub lead: Option<Option<String>>,
}

async fn index(api: Api) -> Result<Reply> {
    api.query().await?;
    let listed = api
        .read(|tx, me| {
            let page = Page { rows: Project::list(tx, me)?, next: None };
            Ok(Listed::of(page, |project| ProjectShape::of(me, project, false)))
        })
        .await?;
    Ok(Reply::json(&listed))
}

impl ProjectShape {
    fn of(me: &Actor, project: Project, with_text: bool) -> Self {
        ProjectShape {
            role: project.access(me).map(|access| access.role),
            page: project.path(),
            key: project.key,
            name: project.name,
            about: with_text.then_some(project.about),
            visibility: project.visibility,
            lead: project.lead_handle,
            created_at: project.created_at,
            archived_at: project.archived_at,
        }
    }

    fn find(tx: &mut Tx, me: &Actor, key: &str) -> Result<Self> {
        Ok(ProjectShape::of(me, Project::find(tx, me, key)?, true))
    }
}

async fn show(api: Api, key: Path<String>) -> Result<Reply> {
    let project = api.read(move |tx, me| ProjectShape::find(tx, me, &key)).await?;
    api.show(&project)
}

async fn create(api: Api) -> Result<Reply> {
    let body: NewProjectBody = api.json().await?;
    api.create(move |tx, me| {
        let form = NewForm {
            lead: lead_sent(tx, body.lead.as_deref())?,
            visibility: body.visibility.unwrap_or_else(|| Visibility::Open.to_string()),
            name: body.name,
            key: body.key,
            about: body.about,
        };
        let key = form.check().map_err(Error::Invalid)?.create(tx, me)?;
        let me = me.program_again(tx)?;
        Ok((format!("/api/v1/projects/{key}"), ProjectShape::find(tx, &me, &key)?))
    })
    .await
}

/// A handle as forms send people: an id, or nothing.
fn lead_sent(tx: &mut Tx, handle: Option<&str>) -> Result<String> {
    match handle.filter(|handle| !handle.is_empty()) {
        None => Ok(String::new()),
        Some(handle) => Ok(Face::by_handle(tx, "lead", handle)?.id.to_string()),
    }
}

async fn update(api: Api, key: Path<String>) -> Result<Reply> {
    let (changes, seen) = (api.json::<ProjectChanges>().await?, api.seen());
    let project = api
        .write(move |tx, me| {
            let project = Project::find_locked(tx, me, &key)?;
            may(tx, me, Verb::Administer, &project.thing())?.unused(tx);
            seen.check(&ProjectShape::of(me, project.clone(), true))?;
            let mut form = EditForm::of_project(&project);
            if let Some(lead) = changes.lead {
                form.lead = lead_sent(tx, lead.as_deref())?;
            }
            form.name = changes.name.unwrap_or(form.name);
            form.about = changes.about.unwrap_or(form.about);
            project.update(tx, me, &form.check().map_err(Error::Invalid)?)?;
            ProjectShape::find(tx, me, &key)
        })
        .await?;
    api.show(&project)
}

mod archiving {
    use super::*;

    pub async fn create(api: Api, key: Path<String>) -> Result<Reply> {
        change(api, key.into_inner(), Project::archive).await
    }

    pub async fn destroy(api: Api, key: Path<String>) -> Result<Reply> {
        change(api, key.into_inner(), Project::restore).await
    }

    async fn change(api: Api, key: String, verb: fn(&Project, &mut Tx, &Actor) -> Result<()>) -> Result<Reply> {
        let project = api
            .write(move |tx, me| {
                verb(&Project::find(tx, me, &key)?, tx, me)?;
                ProjectShape::find(tx, me, &key)
            })
            .await?;
        api.show(&project)
    }
}
