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
    let first = look(&ctx, id.clone(), turn, Vec::new()).await?;
    Ok(Events::reply(async move |events| {
        let mut told = Told { ctx, id, turn, events, said: String::new() };
        let is_heard = match Board::find(turn) {
            Some(board) => told.follow_board(&board).await,
            None => told.follow_rows(first).await,
        };
        if is_heard {
            told.events.send("end", "").await;
        }
    }))
}

/// An answer being told to one reader.
struct Told {
    ctx: Ctx,
    id: String,
    turn: TurnId,
    events: Events,
    /// What was sent last.
    said: String,
}

impl Told {
    /// What this server answers, as it comes; false when nobody listens any more, or nobody may.
    async fn follow_board(&mut self, board: &Board) -> bool {
        let mut watched = board.watch();
        let mut looked: Option<Instant> = None;
        loop {
            let seen = watched.borrow_and_update().clone();
            if seen.is_over {
                return true;
            }
            // Before the first word and while they flow: the session, or a right to what the answer is made from, may have ended.
            if looked.is_none_or(|at| at.elapsed() >= LOOK_EVERY) {
                looked = Some(Instant::now());
                match self.look(seen.records.clone()).await {
                    Ok(_) => {}
                    Err(error) => return matches!(error, Error::NotFound),
                }
            }
            let pause = LEAST_PAUSE * u32::try_from(1 + seen.text.len() / BYTES_PER_PAUSE).unwrap_or(1);
            if !self.send(&seen).await {
                return false;
            }
            tokio::time::sleep(pause).await;
            // Nothing new for so long: who listens, and may they still?
            while tokio::time::timeout(LOOK_EVERY, watched.changed()).await.is_err() {
                looked = Some(Instant::now());
                let may_listen = self.look(watched.borrow().records.clone()).await;
                if may_listen.is_err() || !self.events.beat().await {
                    return may_listen.is_err_and(|error| matches!(error, Error::NotFound));
                }
            }
        }
    }

    /// What another server answers, as far as its row says.
    async fn follow_rows(&mut self, first: Turn) -> bool {
        let mut now = match self.look(first.records).await {
            Ok(now) => now,
            Err(error) => return matches!(error, Error::NotFound),
        };
        while now.is_running() {
            let seen = Seen { text: now.answer, doing: Doing::Thinking, records: now.records, is_over: false };
            if !self.send(&seen).await || !self.events.beat().await {
                return false;
            }
            tokio::time::sleep(LOOK_EVERY).await;
            now = match self.look(seen.records).await {
                Ok(next) => next,
                Err(error) => return matches!(error, Error::NotFound),
            };
        }
        true
    }

    async fn look(&self, records: Vec<Uuid>) -> Result<Turn> {
        look(&self.ctx, self.id.clone(), self.turn, records).await
    }

    /// Citations become marks when it is whole.
    async fn send(&mut self, seen: &Seen) -> bool {
        let (html, _) = cited("live", &seen.text, &[], &crate::records::Resolved::default(), &[]);
        let view = Said { html, doing: crate::ui::text(&format!("chat-doing-{}", seen.doing)) };
        let Ok(drawn) = askama::Template::render(&view) else { return false };
        if drawn == self.said {
            return true;
        }
        self.said = drawn;
        self.events.send("said", &self.said).await
    }
}

/// With the rights of now: the session may have ended meanwhile. `NotFound` also when one of `records` is closed by now: the page then
/// says so.
async fn look(ctx: &Ctx, id: String, turn: TurnId, records: Vec<Uuid>) -> Result<Turn> {
    ctx.read_anew(move |tx, me| {
        let chat = Chat::find(tx, me, &id)?;
        let readable = readable(tx, me, &records)?;
        match records.iter().all(|record| readable.contains(record)) {
            true => Turn::find(tx, &chat, turn),
            false => Err(Error::NotFound),
        }
    })
    .await
}
