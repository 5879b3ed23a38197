//! What a person looks for, as a vector: made for that person through the gate, kept for a few minutes, and done without when the
//! provider takes too long. A search never waits for it longer than `PATIENCE` and never fails over it.

use super::model::*;
use crate::access::Ctx;
use crate::ai::{Asking, Fault, PageDesk, Provider, Purpose, Reason, Source, foresee};
use crate::error::Result;
use crate::web::Shared;
use chrono::{DateTime, Duration, Utc};
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration as Wait;
use uuid::Uuid;

/// How long the search page waits.
pub const PATIENCE: Wait = Wait::from_millis(1_500);
/// How long the palette does, which answers while somebody types.
pub const SHORT_PATIENCE: Wait = Wait::from_millis(600);
/// Vectors of questions in memory, the latest asked.
pub const MAX_KEPT: usize = 500;
pub const KEEP_MINUTES: i64 = 10;
/// Letters and numbers; less has no meaning yet.
pub const LEAST_CHARS: usize = 3;

#[derive(Debug, Clone, PartialEq)]
pub enum Meant {
    /// Nothing is embedded, or a policy wants no question to leave: search is by words, as it always was.
    Off,
    Known(Box<Meaning>),
    /// It would be there, but the provider did not answer.
    Away,
}

impl Meant {
    pub fn known(&self) -> Option<&Meaning> {
        match self {
            Meant::Known(meaning) => Some(meaning),
            _ => None,
        }
    }

    pub fn is_away(&self) -> bool {
        *self == Meant::Away
    }
}

/// For the person of this request, on whose behalf it leaves.
pub async fn mean(ctx: &Ctx, text: &str, patience: Wait) -> Result<Meant> {
    let ai = &ctx.state.config.ai;
    if ai.openai_api_key.is_none() || text.chars().filter(|c| c.is_alphanumeric()).count() < LEAST_CHARS {
        return Ok(Meant::Off);
    }
    let asked = ctx.read(ask).await?;
    let Some((set, asking)) = asked else { return Ok(Meant::Off) };
    let key = Key {
        host: ai.openai_base_url.to_string(),
        set: set.clone(),
        person: asking.person.map(|id| id.0),
        text: text.to_owned(),
    };
    if let Some(vector) = kept(&key, ctx.now()) {
        return Ok(Meant::Known(Box::new(Meaning { set, vector })));
    }
    // It goes on when this page does not wait for its end: the ledger's row is closed, and the next page has the vector.
    let made = tokio::task::spawn_local(make(ctx.state.clone(), ctx.caller.request_id, asking, key, patience));
    Ok(match tokio::time::timeout(patience, made).await {
        Ok(Ok(Ok(Ok(vector)))) => Meant::Known(Box::new(Meaning { set, vector })),
        Ok(Ok(Ok(Err(fault)))) if is_wanted(&fault) => Meant::Off,
        Ok(Ok(Err(error))) => return Err(error),
        _ => Meant::Away,
    })
}

/// None where nothing can be compared, or nothing may leave.
fn ask(tx: &mut crate::db::Tx, me: &crate::access::Actor) -> Result<Option<(Set, Asking)>> {
    let Some(set) = Set::find(tx, SetState::Serving)? else { return Ok(None) };
    let Ok(asking) = Asking::of(me, Purpose::Search) else { return Ok(None) };
    let is_open = set.has_vectors(tx)? && foresee(tx, &asking, &set.model, &[])?.is_none();
    Ok(is_open.then_some((set, asking)))
}

fn is_wanted(fault: &Fault) -> bool {
    matches!(fault.reason, Reason::NoKey | Reason::Policy | Reason::Kept | Reason::Model | Reason::Budget)
}

async fn make(
    state: Shared,
    request: Uuid,
    asking: Asking,
    key: Key,
    patience: Wait,
) -> Result<Result<Vec<f32>, Fault>> {
    let provider = Provider::new(&state.config, state.net.clone()).hasty(patience);
    let now = state.clock.now();
    let mut desk = PageDesk::new(state, request);
    let model = (key.set.model.as_str(), key.set.length());
    let made = provider.embed_as(&mut desk, &asking, model, &[(Source::Own, key.text.as_str())]).await?;
    Ok(made.map(|vectors| {
        let vector = vectors.into_iter().next().unwrap_or_default();
        keep(key, vector.clone(), now);
        vector
    }))
}

/// Each person's own: how fast an answer comes must not tell what others looked for.
#[derive(Debug, Clone, PartialEq)]
struct Key {
    host: String,
    set: Set,
    person: Option<Uuid>,
    text: String,
}

impl Key {
    fn is(&self, other: &Key) -> bool {
        self.host == other.host
            && (self.set.id, &self.set.model, self.set.dim) == (other.set.id, &other.set.model, other.set.dim)
            && self.person == other.person
            && self.text == other.text
    }
}

struct Kept {
    key: Key,
    vector: Vec<f32>,
    at: DateTime<Utc>,
}

static KEPT: Mutex<VecDeque<Kept>> = Mutex::new(VecDeque::new());

fn kept(key: &Key, now: DateTime<Utc>) -> Option<Vec<f32>> {
    let all = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    let is_fresh = |kept: &&Kept| now - kept.at < Duration::minutes(KEEP_MINUTES);
    all.iter().filter(is_fresh).find(|kept| kept.key.is(key)).map(|kept| kept.vector.clone())
}

fn keep(key: Key, vector: Vec<f32>, at: DateTime<Utc>) {
    let mut all = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    all.retain(|kept| !kept.key.is(&key));
    all.push_back(Kept { key, vector, at });
    if all.len() > MAX_KEPT {
        all.pop_front();
    }
}
