//! `/projects/{key}/access`, `grants`, `visibility`.

use super::shell_in;
use crate::access::reach::{Reason, Roster};
use crate::access::{Ctx, ProjectRole, Verb, can, check};
use crate::error::{Error, Msg, Problems, Result};
use crate::people::{Face, Offered};
use crate::projects::pages::{Access, GrantLine, VisibilityChange, role_choices};
use crate::projects::{Grant, GrantId, Grantee, GroupName, Preview, Project, Visibility};
use crate::ui::Choice;
use crate::web::{Flash, Form, Need, Reply, Routes};
use actix_web::web::Path;

pub fn routes() -> Routes {
    Routes::new()
        .get("/projects/{key}/access", Need::Session, index)
        .post("/projects/{key}/grants", Need::Session, grants::create)
        .post("/projects/{key}/grants/{id}", Need::Session, grants::update)
        .post("/projects/{key}/grants/{id}/removal", Need::Session, grants::destroy)
        .get("/projects/{key}/visibility", Need::Session, visibility::edit)
        .post("/projects/{key}/visibility", Need::Session, visibility::update)
}

async fn index(ctx: Ctx, key: Path<String>) -> Result<Reply> {
    let page = page(&ctx, key.into_inner(), &Form::default(), Problems::default()).await?;
    ctx.page(&page)
}

struct Loaded {
    project: Project,
    grants: Vec<Grant>,
    roster: Roster,
    people: Offered,
    groups: Vec<GroupName>,
}

async fn page(ctx: &Ctx, key: String, sent: &Form, problems: Problems) -> Result<Access> {
    let loaded = ctx
        .read(move |tx, me| {
            let project = Project::find(tx, me, &key)?;
            let (grants, roster) = (project.grants(tx)?, Roster::of(tx, project.id)?);
            Ok(Loaded {
                project,
                grants,
                roster,
                people: Offered::of(tx, me.person_id(), &[])?,
                groups: GroupName::list(tx)?,
            })
        })
        .await?;
    let Loaded { project, grants, roster, people, groups } = loaded;
    let me = ctx.me()?;
    let to = sent.text("to");
    let reach = roster.reach();
    let by_role = |reason: &Reason| matches!(reason, Reason::Organisation(_));
    let standing: Vec<&str> =
        reach.iter().filter(|reach| reach.reasons.iter().any(by_role)).map(|reach| reach.name.as_str()).collect();
    let chosen = ProjectRole::parse(sent.text("role")).unwrap_or(ProjectRole::Member);
    Ok(Access {
        shell: shell_in(ctx, &project)?,
        people: if people.is_all { free_people(&people.faces, &grants, to) } else { Vec::new() },
        person: (!people.is_all).then(|| people.chooser(&[], sent.text("person"))),
        groups: free_groups(&groups, &grants, to),
        roles: role_choices(&project, &me, chosen),
        can_share: can(&me, Verb::Share, &project.thing()),
        standing: standing.join(", "),
        grants: grants.into_iter().map(|grant| GrantLine::of(grant, &project, &me)).collect(),
        reach,
        project,
        problems,
    })
}

fn free_people(people: &[Face], grants: &[Grant], to: &str) -> Vec<Choice> {
    let free = people.iter().filter(|face| !grants.iter().any(|grant| grant.person_id == Some(face.id)));
    let choice = |face: &Face| {
        let value = format!("person:{}", face.id);
        let is_chosen = value == to;
        Choice::new(value, format!("{} (@{})", face.name, face.handle), is_chosen)
    };
    free.map(choice).collect()
}

fn free_groups(groups: &[GroupName], grants: &[Grant], to: &str) -> Vec<Choice> {
    let free = groups.iter().filter(|group| !grants.iter().any(|grant| grant.group_id == Some(group.id)));
    let choice = |group: &GroupName| {
        let value = format!("group:{}", group.id);
        let is_chosen = value == to;
        Choice::new(value, &group.name, is_chosen)
    };
    free.map(choice).collect()
}

/// The page again with what was wrong, or on to it with a message.
async fn answer(ctx: &Ctx, key: String, sent: &Form, done: Result<(), Error>, flash: Flash) -> Result<Reply> {
    let (status, problems) = match done {
        Ok(()) => return Ok(ctx.redirect(&format!("{}/access", crate::projects::path_of(&key)), Some(flash))),
        Err(Error::Invalid(problems)) => (422, problems),
        Err(Error::Conflict(conflict)) => {
            (409, Problems::one("", Msg::new("problem-grant-stale").with("role", conflict.theirs)))
        }
        Err(other) => return Err(other),
    };
    let page = page(ctx, key, sent, problems).await?;
    ctx.page_with(status, &page)
}

fn role_of(sent: &Form, name: &str) -> Result<ProjectRole> {
    ProjectRole::parse(sent.text(name)).ok_or_else(|| Error::invalid(name, "problem-choice"))
}

mod grants {
    use super::*;

    pub async fn create(ctx: Ctx, key: Path<String>, sent: Form) -> Result<Reply> {
        let key = key.into_inner();
        let done = give(&ctx, key.clone(), &sent).await;
        answer(&ctx, key, &sent, done, Flash::done("grant-given")).await
    }

    async fn give(ctx: &Ctx, key: String, sent: &Form) -> Result<()> {
        let (to, typed) = (Grantee::parse(sent.text("to")), sent.given("person").map(str::to_owned));
        // One of the two: of many people one is typed, beside the list of groups.
        if to.is_some() == typed.is_some() {
            return Err(Error::invalid("to", "problem-grant-to"));
        }
        let role = role_of(sent, "role")?;
        ctx.write(move |tx, me| {
            let project = Project::find(tx, me, &key)?;
            let to = match (to, typed) {
                (None, Some(typed)) => Grantee::Person(Face::named(tx, "person", &typed, None)?.id),
                (to, _) => to.ok_or_else(|| Error::invalid("to", "problem-grant-to"))?,
            };
            project.give(tx, me, to, role)
        })
        .await
    }

    pub async fn update(ctx: Ctx, path: Path<(String, String)>, sent: Form) -> Result<Reply> {
        let (key, id) = path.into_inner();
        let done = change(&ctx, key.clone(), grant_id(&id)?, &sent).await;
        answer(&ctx, key, &Form::default(), done, Flash::done("grant-changed")).await
    }

    async fn change(ctx: &Ctx, key: String, id: GrantId, sent: &Form) -> Result<()> {
        let (was, role) = (role_of(sent, "was")?, role_of(sent, "role")?);
        ctx.write(move |tx, me| Project::find(tx, me, &key)?.change_grant(tx, me, id, was, role)).await
    }

    pub async fn destroy(ctx: Ctx, path: Path<(String, String)>, _: Form) -> Result<Reply> {
        let (key, id) = path.into_inner();
        let (of, id) = (key.clone(), grant_id(&id)?);
        let taken = ctx.write(move |tx, me| Project::find(tx, me, &of)?.take(tx, me, id)).await?;
        let flash = Flash::done(Msg::new("grant-taken").with("name", taken.name));
        // Who took their own access away goes where they still may be.
        let is_own = taken.person_id.is_some() && taken.person_id == ctx.me()?.person_id();
        let to = if is_own { "/projects".to_owned() } else { format!("{}/access", crate::projects::path_of(&key)) };
        Ok(ctx.redirect(&to, Some(flash)))
    }

    fn grant_id(text: &str) -> Result<GrantId> {
        text.parse().map(GrantId).map_err(|_| Error::NotFound)
    }
}

mod visibility {
    use super::*;

    /// First step: what it would mean.
    pub async fn edit(ctx: Ctx, key: Path<String>) -> Result<Reply> {
        let to = ctx.query("to").and_then(|word| Visibility::parse(&word));
        let (project, preview) = load(&ctx, key.into_inner(), to).await?;
        if project.visibility == preview.to {
            return Ok(ctx.redirect(&format!("{}/access", project.path()), Some(Flash::done("visibility-same"))));
        }
        ctx.page(&view(&ctx, project, preview, false)?)
    }

    /// Second step: doing it, unless it would now mean something else.
    pub async fn update(ctx: Ctx, key: Path<String>, sent: Form) -> Result<Reply> {
        let key = key.into_inner();
        let to = Visibility::parse(sent.text("to")).ok_or_else(|| Error::invalid("to", "problem-choice"))?;
        let (of, seen) = (key.clone(), sent.text("seen").to_owned());
        let done = ctx.write(move |tx, me| Project::find(tx, me, &of)?.set_visibility(tx, me, to, &seen)).await;
        match done {
            Ok(()) => Ok(ctx.redirect(
                &format!("{}/access", crate::projects::path_of(&key)),
                Some(Flash::done("visibility-changed")),
            )),
            Err(Error::Conflict(_)) => {
                let (project, preview) = load(&ctx, key, Some(to)).await?;
                ctx.page_with(409, &view(&ctx, project, preview, true)?)
            }
            Err(other) => Err(other),
        }
    }

    /// Without a word the other one is meant.
    async fn load(ctx: &Ctx, key: String, to: Option<Visibility>) -> Result<(Project, Preview)> {
        ctx.read(move |tx, me| {
            let project = Project::find(tx, me, &key)?;
            check(me, Verb::Share, &project.thing())?;
            let other = if project.is_restricted() { Visibility::Open } else { Visibility::Restricted };
            let preview = project.preview(tx, to.unwrap_or(other))?;
            Ok((project, preview))
        })
        .await
    }

    fn view(ctx: &Ctx, project: Project, preview: Preview, is_stale: bool) -> Result<VisibilityChange> {
        Ok(VisibilityChange { shell: shell_in(ctx, &project)?, can_share: true, project, preview, is_stale })
    }
}
