//! `/projects` and below.

use super::pages::{Area, Edit, EditForm, Index, New, NewForm, Show, leads, role_label};
use super::{Listed, Project, path_of};
use crate::access::{Actor, Ctx, Permission, Thing, Verb, can, check};
use crate::db::paging::Cursor;
use crate::error::{Error, Msg, Problems, Result};
use crate::people::Offered;
use crate::records;
use crate::ui::Shell;
use crate::web::{Flash, Form, Need, Principal, Reply, Routes};
use actix_web::web::Path;

mod access;

pub fn routes() -> Routes {
    Routes::new()
        .get("/projects", Need::Session, index)
        .post("/projects", Need::Session, create)
        .get("/projects/new", Need::Session, new)
        .get("/projects/{key}", Need::Session, show)
        .get("/projects/{key}/settings", Need::Session, edit)
        .post("/projects/{key}/settings", Need::Session, update)
        .post("/projects/{key}/archiving", Need::Session, archiving::create)
        .post("/projects/{key}/archiving/removal", Need::Session, archiving::destroy)
        .and(access::routes())
        .and(super::api::routes())
}

async fn index(ctx: Ctx) -> Result<Reply> {
    let listed = Listed {
        words: ctx.query("q").map(|words| words.trim().to_owned()).unwrap_or_default(),
        is_archived: ctx.query("show").is_some_and(|show| show == "archived"),
        after: ctx.query("after").map(|after| Cursor::decode(&after)).transpose()?,
    };
    let asked = listed.clone();
    let page = ctx.read(move |tx, me| asked.page(tx, me)).await?;
    ctx.page(&Index::new(ctx.shell("projects")?, &ctx.me()?, listed, ctx.query("for"), page))
}

async fn new(ctx: Ctx) -> Result<Reply> {
    let people = ctx
        .read(|tx, me| {
            check(me, Verb::Add, &Thing::Organisation(Permission::ProjectsCreate))?;
            Offered::of(tx, me.person_id(), &[])
        })
        .await?;
    let form = NewForm::blank(ctx.me()?.person_id());
    ctx.page(&new_page(&ctx, form, people, Problems::default())?)
}

async fn create(ctx: Ctx, sent: Form) -> Result<Reply> {
    let form = NewForm::of(&sent);
    let problems = match make(&ctx, &sent, &form).await {
        Ok(path) => return Ok(ctx.redirect(&path, Some(Flash::done("project-created")))),
        Err(Error::Invalid(problems)) => problems,
        Err(other) => return Err(other),
    };
    let people = ctx.read(|tx, me| Offered::of(tx, me.person_id(), &[])).await?;
    ctx.page_with(422, &new_page(&ctx, form, people, problems)?)
}

async fn make(ctx: &Ctx, sent: &Form, form: &NewForm) -> Result<String> {
    let typed = form.clone();
    ctx.write_once(sent, move |tx, me| Ok(path_of(&typed.check(tx)?.create(tx, me)?))).await
}

fn new_page(ctx: &Ctx, form: NewForm, people: Offered, problems: Problems) -> Result<New> {
    let leads = leads(&people, &form.lead);
    Ok(New { shell: ctx.shell("projects")?, form, leads, problems, is_first: ctx.me()?.projects.is_empty() })
}

async fn show(ctx: Ctx, key: Path<String>) -> Result<Reply> {
    let (project, about, counts, recent) = ctx
        .read(move |tx, me| {
            let project = Project::find(tx, me, &key)?;
            let about = records::resolve(tx, me, &[&project.about])?.html("", &project.about);
            let (counts, recent) = (project.counts(tx)?, project.recent(tx, me)?);
            Ok((project, about, counts, recent))
        })
        .await?;
    let (me, shell) = (ctx.me()?, shell_in(&ctx, &project)?);
    ctx.page(&Show {
        role: project.access(&me).map(|access| role_label(access.role)).unwrap_or_default(),
        areas: Area::list(&shell, &project.key, &counts),
        can_administer: can(&me, Verb::Administer, &project.thing()),
        can_remove: can(&me, Verb::Remove, &project.thing()),
        shell,
        project,
        about,
        recent,
    })
}

/// The frame with this project chosen, so that the sidebar leads on within it.
fn shell_in(ctx: &Ctx, project: &Project) -> Result<Shell> {
    let mut shell = ctx.shell("projects")?;
    shell.project = ctx.me()?.frame_project(&project.key);
    Ok(shell)
}

async fn edit(ctx: Ctx, key: Path<String>) -> Result<Reply> {
    let (project, people) = ctx
        .read(move |tx, me| {
            let project = Project::find(tx, me, &key)?;
            // An archived project's settings still open, so that it can be restored.
            check(me, Verb::Administer, &project.thing())
                .or_else(|refusal| if can(me, Verb::Remove, &project.thing()) { Ok(()) } else { Err(refusal) })?;
            let people = Offered::of(tx, me.person_id(), &[project.lead_id])?;
            Ok((project, people))
        })
        .await?;
    let form = EditForm::of_project(&project);
    ctx.page(&edit_page(&ctx, project, people, form, Problems::default())?)
}

async fn update(ctx: Ctx, key: Path<String>, sent: Form) -> Result<Reply> {
    let mut form = EditForm::of(&sent);
    let (status, problems) = match save(&ctx, &key, &form).await {
        Ok(path) => return Ok(ctx.redirect(&format!("{path}/settings"), Some(Flash::done("project-saved")))),
        Err(Error::Invalid(problems)) => (422, problems),
        Err(Error::Conflict(conflict)) => {
            form.version = conflict.seen;
            (409, Problems::one("", "problem-project-stale"))
        }
        Err(other) => return Err(other),
    };
    let key = key.into_inner();
    let (project, people) = ctx
        .read(move |tx, me| {
            let project = Project::find(tx, me, &key)?;
            let people = Offered::of(tx, me.person_id(), &[project.lead_id])?;
            Ok((project, people))
        })
        .await?;
    let mut page = edit_page(&ctx, project, people, form, problems)?;
    page.is_stale = status == 409;
    ctx.page_with(status, &page)
}

async fn save(ctx: &Ctx, key: &str, form: &EditForm) -> Result<String> {
    let (key, typed) = (key.to_owned(), form.clone());
    ctx.write(move |tx, me| {
        let project = Project::find(tx, me, &key)?;
        let settings = typed.check(tx, project.lead_id)?;
        project.update(tx, me, &settings)?;
        Ok(project.path())
    })
    .await
}

fn edit_page(ctx: &Ctx, project: Project, people: Offered, form: EditForm, problems: Problems) -> Result<Edit> {
    let me: Actor = ctx.me()?;
    Ok(Edit {
        shell: shell_in(ctx, &project)?,
        leads: leads(&people, &form.lead),
        can_administer: can(&me, Verb::Administer, &project.thing()),
        can_remove: can(&me, Verb::Remove, &project.thing()),
        is_stale: false,
        project,
        form,
        problems,
    })
}

mod archiving {
    use super::*;

    pub async fn create(ctx: Ctx, key: Path<String>, _: Form) -> Result<Reply> {
        let project = change(&ctx, key.into_inner(), Project::archive).await?;
        let undo = format!("{}/archiving/removal", project.path());
        Ok(ctx.redirect(
            &project.path(),
            Some(Flash::done(Msg::new("project-archived").with("project", &project.name)).undo(&undo)),
        ))
    }

    pub async fn destroy(ctx: Ctx, key: Path<String>, _: Form) -> Result<Reply> {
        let project = change(&ctx, key.into_inner(), Project::restore).await?;
        Ok(ctx
            .redirect(&project.path(), Some(Flash::done(Msg::new("project-restored").with("project", &project.name)))))
    }

    async fn change(
        ctx: &Ctx,
        key: String,
        verb: fn(&Project, &mut crate::db::Tx, &Actor) -> Result<()>,
    ) -> Result<Project> {
        ctx.write(move |tx, me| {
            let project = Project::find(tx, me, &key)?;
            verb(&project, tx, me)?;
            Ok(project)
        })
        .await
    }
}
