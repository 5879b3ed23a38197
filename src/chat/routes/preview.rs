//! What would be sent for a question, looked at before it is asked. Nothing leaves for it, not even to find out what the question
//! means; so the records found by meaning may come to it when it is asked.

use super::*;
use crate::ai::{PageDesk, Sent, masks};
use crate::chat::pages::Preview;
use crate::records::Record;
use std::collections::BTreeMap;

pub async fn create(ctx: Ctx, form: Form) -> Result<Reply> {
    let (asked, parent, key) = (Asked::of(&form), form.id("parent")?.map(TurnId), ctx.project_key());
    let id = form.given("chat").map(str::to_owned);
    let question = match check_question(&asked.question) {
        Ok(question) => question,
        Err(Error::Invalid(problems)) => {
            return match id {
                Some(id) => page(&ctx, id, asked, Editing::default(), 422, problems).await,
                None => new_page(&ctx, asked, 422, problems).await,
            };
        }
        Err(other) => return Err(other),
    };
    let (typed, chat, ai) = (question, id.clone(), ctx.state.config.ai.clone());
    let (prepared, masks, closed) = ctx
        .read(move |tx, me| {
            let assistant = Assistant::find_or_default(tx, me, asked.assistant.as_deref().unwrap_or_default())?;
            let sources = asked.sources.unwrap_or_else(|| assistant.sources.clone());
            let draft = match chat {
                Some(id) => {
                    let chat = Chat::find(tx, me, &id)?;
                    Draft::after(tx, me, chat, parent, typed, assistant.key, sources)?
                }
                None => {
                    let project = project_of(me, key.as_deref());
                    let (chat, earlier, assistant) = (None, Vec::new(), assistant.key);
                    Draft { chat, project, earlier, question: typed, assistant, sources }
                }
            };
            let prepared = prepare(tx, me, &draft, None)?;
            let target = Target::of(&ai, Endpoint::Stream, &ai.openai_reasoning_model);
            let closed = foresee(tx, &prepared.asking, &target, &prepared.prompt.records())?;
            let masks = masks(tx, &prepared.asking)?;
            Ok((prepared, masks, closed.map(|fault| fault.msg())))
        })
        .await?;
    let mut desk = PageDesk::new(ctx.state.clone(), ctx.caller.request_id);
    let prompt = crate::chat::attach::attach(&ctx.state, &mut desk, &prepared).await?;
    let prompt = crate::chat::tools::offer(prompt, &prepared.sources);
    let records = prompt.records();
    let seen: BTreeMap<Uuid, Record> = ctx
        .read(move |tx, me| {
            Ok(Record::find_ids(tx, me, records)?.into_iter().map(|record| (record.id.0, record)).collect())
        })
        .await?;
    let view = Preview {
        shell: ctx.shell("chat")?,
        sent: Sent::of_prompt(&prompt, &ctx.state.config.ai, &masks, &seen)?,
        back: id.map_or_else(|| "/chats".to_owned(), |id| format!("/chats/{id}")),
        closed,
    };
    ctx.page(&view)
}
