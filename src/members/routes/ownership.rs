//! `/settings/ownership`, and the flag of server admins on a person's page.

use super::person::{answer, change};
use crate::access::{Ctx, Verb, check};
use crate::error::{Error, Msg, Problems, Result};
use crate::members::pages::Ownership;
use crate::members::{Counts, Member};
use crate::people::{Face, Offered, OrganisationRole};
use crate::ui::text;
use crate::web::{Flash, Form, Need, Reply, Routes};
use actix_web::web::Path;

pub fn routes() -> Routes {
    Routes::new()
        .get("/settings/ownership", Need::Session, new)
        .post("/settings/ownership", Need::Session, create)
        .does("does-hand-over")
        .post("/people/{handle}/server-admin", Need::Session, server_admin::create)
        .does("does-make-server-admin")
        .post("/people/{handle}/server-admin/removal", Need::Session, server_admin::destroy)
        .does("does-unmake-server-admin")
}

async fn new(ctx: Ctx) -> Result<Reply> {
    let page = page(&ctx, String::new(), false, Problems::default()).await?;
    ctx.page(&page)
}

async fn page(ctx: &Ctx, chosen: String, steps_down: bool, problems: Problems) -> Result<Ownership> {
    let (people, counts) = ctx
        .read(|tx, me| {
            let mine = Member::myself(tx, me)?;
            check(me, Verb::Share, &mine.thing(OrganisationRole::Owner))?;
            Ok((Offered::of(tx, me.person_id(), &[])?, Counts::load(tx)?))
        })
        .await?;
    let me = ctx.me()?;
    let people = people.without(|face| me.is(Some(face.id))).chooser(&[("", text("group-choose"))], &chosen);
    Ok(Ownership { shell: ctx.shell("members")?, counts, people, steps_down, problems })
}

async fn create(ctx: Ctx, sent: Form) -> Result<Reply> {
    let steps_down = sent.text("then") == "admin";
    match make(&ctx, &sent, steps_down).await {
        Ok(name) => {
            let key = if steps_down { "ownership-handed-over" } else { "ownership-shared" };
            Ok(ctx.redirect("/settings/members", Some(Flash::done(Msg::new(key).with("name", name)))))
        }
        Err(Error::Invalid(problems)) => {
            let page = page(&ctx, sent.text("person").to_owned(), steps_down, problems).await?;
            ctx.page_with(422, &page)
        }
        Err(other) => Err(other),
    }
}

async fn make(ctx: &Ctx, sent: &Form, steps_down: bool) -> Result<String> {
    let mut problems = Problems::default();
    let typed = problems.take("person", sent.given("person").map(str::to_owned).ok_or("problem-person-choose".into()));
    if !matches!(sent.text("then"), "owner" | "admin") {
        problems.add("then", "problem-choice");
    }
    problems.check()?;
    let typed = typed.unwrap_or_default();
    ctx.write(move |tx, me| {
        let person = Face::named(tx, "person", &typed, None)?;
        let member = Member::by_id(tx, me, person.id).map_err(|_| Error::invalid("person", "problem-choice"))?;
        member.make_owner(tx, me, steps_down)?;
        Ok(member.name)
    })
    .await
}

mod server_admin {
    use super::*;

    async fn set(ctx: &Ctx, handle: String, is_server_admin: bool) -> Result<Member> {
        let state = ctx.state.clone();
        change(ctx, handle, move |member, tx, me| member.set_server_admin(tx, me, is_server_admin, &state.config)).await
    }

    pub async fn create(ctx: Ctx, handle: Path<String>, _: Form) -> Result<Reply> {
        let handle = handle.into_inner();
        let done = set(&ctx, handle.clone(), true).await;
        answer(&ctx, handle, done, "member-server-admin-made", None).await
    }

    pub async fn destroy(ctx: Ctx, handle: Path<String>, _: Form) -> Result<Reply> {
        let handle = handle.into_inner();
        let done = set(&ctx, handle.clone(), false).await;
        answer(&ctx, handle, done, "member-server-admin-unmade", None).await
    }
}
