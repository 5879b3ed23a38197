//! Asking, and what one does with an answer.

use super::*;

/// `parent` is the turn it follows; asking again or otherwise sends the same parent as what it replaces. `again` names the turn whose
/// question is asked once more.
pub async fn create(ctx: Ctx, id: Path<String>, form: Form) -> Result<Reply> {
    let asked = Asked::of(&form);
    let parent = form.id("parent")?.map(TurnId);
    let again = form.id("again")?.map(TurnId);
    let (display_id, sent) = (id.clone(), asked.clone());
    let done = ctx
        .write_once(&form, move |tx, me| {
            let chat = Chat::find_locked(tx, me, &display_id)?;
            let turn = match again {
                Some(again) => {
                    let old = Turn::find(tx, &chat, again)?;
                    let sources = old.sources();
                    NewTurn { question: old.question, parent: old.parent_id, assistant: old.assistant, sources }
                }
                None => {
                    let wanted = sent.assistant.unwrap_or_else(|| chat.assistant.clone());
                    let assistant = Assistant::find_or_default(tx, me, &wanted)?.key;
                    let sources = sent.sources.unwrap_or_else(|| chat.sources());
                    NewTurn { question: sent.question, parent, assistant, sources }
                }
            };
            turn.ask(tx, me, &chat)?;
            Ok(chat.record.path())
        })
        .await;
    match done {
        Ok(path) => {
            run_turn(&ctx, id.into_inner(), None).await?;
            Ok(ctx.redirect(&path, None))
        }
        Err(Error::Invalid(problems)) => {
            let editing = Editing { question: form.id("edited")?.map(TurnId), ..Editing::default() };
            page(&ctx, id.into_inner(), asked, editing, 422, problems).await
        }
        Err(other) => Err(other),
    }
}

/// On whichever server it runs.
pub async fn stop(ctx: Ctx, path: Path<(String, Uuid)>, _: Form) -> Result<Reply> {
    let (id, turn) = path.into_inner();
    let asked = id.clone();
    ctx.touch(Chore::Chat, move |tx, me| stop_turn(tx, me, &asked, TurnId(turn))).await?;
    if let Some(board) = Board::find(TurnId(turn)) {
        board.stop.stop();
    }
    Ok(ctx.redirect(&format!("/chats/{id}"), None))
}

pub async fn branch(ctx: Ctx, path: Path<(String, Uuid)>, _: Form) -> Result<Reply> {
    let (id, turn) = path.into_inner();
    let asked = id.clone();
    ctx.touch(Chore::Chat, move |tx, me| show_branch(tx, me, &asked, TurnId(turn))).await?;
    Ok(ctx.redirect(&format!("/chats/{id}#turn-{turn}"), None))
}

/// The person's click on words that an answer wants to look up in the web.
pub async fn search(ctx: Ctx, path: Path<(String, Uuid)>, form: Form) -> Result<Reply> {
    let (id, search) = path.into_inner();
    let (asked, is_allowed) = (id.clone(), form.text("allow") == "on");
    let decided = ctx.touch(Chore::Chat, move |tx, me| WebSearch::decide(tx, me, &asked, SearchId(search), is_allowed));
    let turn = decided.await?;
    run_turn(&ctx, id.clone(), Some(turn)).await?;
    Ok(ctx.redirect(&format!("/chats/{id}"), None))
}
