//! An answer as it comes, as server-sent events (HTML standard, section 9.2). Each event is the whole answer so far, so that a
//! connection that broke loses nothing: the next one begins with all of it. Between two events it holds no connection to the database;
//! it ends with the session.

use super::*;
use crate::chat::board::{Doing, Seen};
use crate::chat::pages::{Said, cited};
use crate::web::Events;
use std::time::{Duration, Instant};

/// Between two looks at an answer that comes quickly; a long one is drawn less often.
const LEAST_PAUSE: Duration = Duration::from_millis(120);
/// One more pause for so many bytes.
const BYTES_PER_PAUSE: usize = 16 * 1024;
/// How often it is asked whether the session is still there, and whether an answer of another server has grown.
const LOOK_EVERY: Duration = Duration::from_secs(2);

pub async fn show(ctx: Ctx, path: Path<(String, Uuid)>) -> Result<Reply> {
    let (id, turn) = (path.0.clone(), TurnId(path.1));
    let first = look(&ctx, id.clone(), turn).await?;
    Ok(Events::reply(async move |events| {
        let mut said = String::new();
        if let Some(board) = Board::find(turn) {
            let mut watched = board.watch();
            let mut looked = Instant::now();
            loop {
                // Also while words flow: the session may have ended meanwhile.
                if looked.elapsed() >= LOOK_EVERY {
                    looked = Instant::now();
                    if look(&ctx, id.clone(), turn).await.is_err() {
                        return;
                    }
                }
                let seen = watched.borrow_and_update().clone();
                let is_over = seen.is_over;
                if !is_over && !send(&events, seen.clone(), &mut said).await {
                    return;
                }
                if is_over {
                    break;
                }
                let pause = LEAST_PAUSE * u32::try_from(1 + seen.text.len() / BYTES_PER_PAUSE).unwrap_or(1);
                tokio::time::sleep(pause).await;
                loop {
                    match tokio::time::timeout(LOOK_EVERY, watched.changed()).await {
                        Ok(Ok(())) => break,
                        Ok(Err(_)) => break,
                        // Nothing new: is anybody still allowed to hear it?
                        Err(_) if look(&ctx, id.clone(), turn).await.is_err() || !events.beat().await => return,
                        Err(_) => {}
                    }
                }
            }
        } else {
            let mut turn_now = Some(first);
            while let Some(now) = turn_now.take().filter(Turn::is_running) {
                let seen = Seen { text: now.answer, doing: Doing::Thinking, records: now.records, is_over: false };
                if !send(&events, seen, &mut said).await {
                    return;
                }
                tokio::time::sleep(LOOK_EVERY).await;
                match look(&ctx, id.clone(), turn).await {
                    Ok(next) => turn_now = Some(next),
                    Err(_) => return,
                }
            }
        }
        events.send("end", "").await;
    }))
}

/// With the rights of now: the session may have ended meanwhile.
async fn look(ctx: &Ctx, id: String, turn: TurnId) -> Result<Turn> {
    ctx.read_anew(move |tx, me| {
        let chat = Chat::find(tx, me, &id)?;
        Turn::find(tx, &chat, turn)
    })
    .await
}

/// False when nobody listens any more. Citations become marks when it is whole.
async fn send(events: &Events, seen: Seen, said: &mut String) -> bool {
    let (html, _) = cited("live", &seen.text, &[], &crate::records::Resolved::default(), &[]);
    let view = Said { html, doing: crate::ui::text(&format!("chat-doing-{}", seen.doing)) };
    let Ok(drawn) = askama::Template::render(&view) else { return false };
    if drawn == *said {
        return true;
    }
    let is_heard = events.send("said", &drawn).await;
    *said = drawn;
    is_heard
}
