//! What an answer would do: applied, with or without changes, or dismissed.

use super::super::pages::{EditedCard, fields_sent};
use super::*;

pub async fn create(ctx: Ctx, path: Path<(String, Uuid)>, form: Form) -> Result<Reply> {
    let (id, action) = path.into_inner();
    let (asked, action) = (id.clone(), ActionId(action));
    if form.text("do") == "dismiss" {
        ctx.touch(Chore::Chat, move |tx, me| Action::dismiss(tx, me, &asked, action)).await?;
        return Ok(ctx.redirect(&format!("/chats/{id}"), None));
    }
    let edited =
        ActionKind::parse(form.text("kind")).filter(|_| form.has("edited")).map(|kind| fields_sent(kind, &form));
    let typed = edited.clone();
    match ctx.write(move |tx, me| Action::apply(tx, me, &asked, action, edited.as_ref())).await {
        Ok(made) => {
            let flash = Flash::done(Msg::new("chat-applied").with("id", &made.display_id));
            Ok(ctx.redirect(&format!("/chats/{id}"), Some(flash)))
        }
        Err(Error::Invalid(problems)) => {
            let card = EditedCard { id: action, typed, problems: problems.clone() };
            let editing = Editing { card: Some(card), ..Editing::default() };
            page(&ctx, id, Asked::default(), editing, 422, problems).await
        }
        Err(other) => Err(other),
    }
}
