//! `/api/v1/projects`: the same verbs as the pages. Who may be in a project is changed by people.

use super::model::*;
use super::pages::{EditForm, NewForm};
use crate::access::{Actor, ProjectRole};
use crate::db::Tx;
use crate::db::paging::Page;
use crate::error::{Error, Result};
use crate::people::Face;
use crate::site;
use crate::web::{Deeds, Listed, Operation, Query, Resource, Routes, Sent, Site, resource};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub fn routes() -> Routes {
    resource::<Actor, ProjectShape>()
}

const DEEDS: Deeds = Deeds {
    list: "List the projects this token reaches, without their texts",
    make: "Make a project",
    show: "Show a project",
    change: "Change name, text or lead of a project",
    archive: "Archive a project",
    restore: "Bring a project back",
};

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
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub name: Sent<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub about: Sent<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub lead: Sent<String>,
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
}

impl Resource<Actor> for ProjectShape {
    type New = NewProjectBody;
    type Changes = ProjectChanges;
    const SITE: Site = site!("projects", "{key}", DEEDS);

    /// All of them stand on one page.
    fn asked(list: Operation) -> Operation {
        Operation { query: Vec::new(), ..list }
    }

    fn list(tx: &mut Tx, me: &Actor, _: &Query) -> Result<Listed<Self>> {
        let page = Page { rows: Project::list(tx, me)?, next: None };
        Ok(Listed::of(page, |project| ProjectShape::of(me, project, false)))
    }

    fn find(tx: &mut Tx, me: &Actor, key: &str) -> Result<Self> {
        Ok(ProjectShape::of(me, Project::find(tx, me, key)?, true))
    }

    fn make(tx: &mut Tx, me: &Actor, new: NewProjectBody) -> Result<(String, Self)> {
        let form = NewForm {
            lead: Face::sent(tx, "lead", new.lead.as_deref())?,
            visibility: new.visibility.unwrap_or_else(|| Visibility::Open.to_string()),
            name: new.name,
            key: new.key,
            about: new.about,
        };
        let key = form.check(tx)?.create(tx, me)?;
        let me = me.program_again(tx)?;
        match ProjectShape::find(tx, &me, &key) {
            // A key of the organisation is nobody's, so nobody would be in it.
            Err(Error::NotFound) => Err(Error::invalid("visibility", "problem-project-out-of-reach")),
            found => Ok((key, found?)),
        }
    }

    fn hold(tx: &mut Tx, me: &Actor, key: &str) -> Result<()> {
        Project::find_locked(tx, me, key).map(drop)
    }

    fn change(tx: &mut Tx, me: &Actor, key: &str, changes: ProjectChanges) -> Result<()> {
        let project = Project::find(tx, me, key)?;
        let mut form = EditForm::of_project(&project);
        if let Some(lead) = changes.lead.or_stays() {
            form.lead = Face::sent(tx, "lead", lead.as_deref())?;
        }
        form.name = changes.name.text().unwrap_or(form.name);
        form.about = changes.about.text().unwrap_or(form.about);
        let settings = form.check(tx, project.lead_id)?;
        project.update(tx, me, &settings)
    }

    fn archive(tx: &mut Tx, me: &Actor, key: &str) -> Result<()> {
        Project::find(tx, me, key)?.archive(tx, me)
    }

    fn restore(tx: &mut Tx, me: &Actor, key: &str) -> Result<()> {
        Project::find(tx, me, key)?.restore(tx, me)
    }
}
