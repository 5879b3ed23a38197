//! What a person looks for, as a vector: made for that person through the gate, kept for a few minutes, and done without when the
//! provider takes too long. A search never waits for it longer than `PATIENCE` and never fails over it.

use super::model::*;
use super::questions::{Key, questions};
use crate::access::{Actor, Ctx, ProjectId};
use crate::ai::{Asking, Coming, Endpoint, Fault, PageDesk, Provider, Purpose, Reason, Source, Target, foresee};
use crate::config::Ai;
use crate::db::Tx;
use crate::error::Result;
use crate::queue::Work;
use crate::web::Shared;
use std::time::Duration as Wait;
use uuid::Uuid;

/// How long the search page waits.
pub const PATIENCE: Wait = Wait::from_millis(1_500);
/// How long the palette does, which answers while somebody types.
pub const SHORT_PATIENCE: Wait = Wait::from_millis(600);
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
    let ai = ctx.state.config.ai.clone();
    if ai.openai_api_key.is_none() || !has_letters(text) {
        return Ok(Meant::Off);
    }
    let asked = ctx.read(move |tx, me| Wanted::of(tx, me, None, &ai)).await?;
    asked.find(&ctx.state, ctx.caller.request_id, text, patience).await
}

/// Who wants to know what something means, asked ahead of any text: None where nothing can be compared, or nothing may leave.
pub struct Wanted(Option<(Set, Asking)>);

impl Wanted {
    /// As `me`, at work in `project`, whose policy and budget count as well.
    pub fn of(tx: &mut Tx, me: &Actor, project: Option<ProjectId>, ai: &Ai) -> Result<Wanted> {
        ask(tx, me, project, ai).map(Wanted)
    }

    /// Holds no connection while it waits.
    pub async fn find(self, state: &Shared, request: Uuid, text: &str, patience: Wait) -> Result<Meant> {
        let Some((set, asking)) = self.0.filter(|_| has_letters(text)) else { return Ok(Meant::Off) };
        let (person, host) = (asking.person.map(|id| id.0), state.config.ai.openai_base_url.to_string());
        let key = Key { host, set: set.clone(), person, text: text.to_owned() };
        if let Some(vector) = questions().find(&key, state.clock.now()) {
            return Ok(Meant::Known(Box::new(Meaning { set, vector })));
        }
        ended(make(state.clone(), request, asking, key, patience), set, patience).await
    }
}

async fn ended(coming: Coming<Vec<f32>>, set: Set, patience: Wait) -> Result<Meant> {
    Ok(match tokio::time::timeout(patience, coming.end()).await {
        Ok(Ok(Ok(vector))) => Meant::Known(Box::new(Meaning { set, vector })),
        Ok(Ok(Err(fault))) if is_wanted(&fault) => Meant::Off,
        Ok(Err(error)) => return Err(error),
        _ => Meant::Away,
    })
}

/// As `mean`, for a command: where this person's question might leave it does, but on behalf of nobody, because they did not ask.
pub async fn mean_for(work: &mut Work<'_>, provider: &Provider, me: &Actor, text: &str) -> Result<Meant> {
    if !provider.is_configured() || !has_letters(text) {
        return Ok(Meant::Off);
    }
    let ai = work.config.ai.clone();
    let Some((set, asking)) = work.read(|tx| ask(tx, me, None, &ai))? else { return Ok(Meant::Off) };
    let asking = Asking { person: None, ..asking };
    let model = (set.model.as_str(), set.length());
    Ok(match provider.embed_as(work, &asking, model, &[(Source::Own, text)]).await? {
        Ok(vectors) => {
            let vector = vectors.into_iter().next().unwrap_or_default();
            Meant::Known(Box::new(Meaning { set, vector }))
        }
        Err(fault) if is_wanted(&fault) => Meant::Off,
        Err(_) => Meant::Away,
    })
}

/// None where nothing can be compared, or nothing may leave.
fn ask(tx: &mut Tx, me: &Actor, project: Option<ProjectId>, ai: &Ai) -> Result<Option<(Set, Asking)>> {
    let Some(set) = Set::find(tx, SetState::Serving)? else { return Ok(None) };
    let Ok(asking) = Asking::of(me, Purpose::Search) else { return Ok(None) };
    let (asking, target) = (asking.in_project(project), Target::of(ai, Endpoint::Embeddings, &set.model));
    let is_open = set.has_vectors(tx)? && foresee(tx, &asking, &target, &[])?.is_none();
    Ok(is_open.then_some((set, asking)))
}

fn has_letters(text: &str) -> bool {
    text.chars().filter(|c| c.is_alphanumeric()).count() >= LEAST_CHARS
}

fn is_wanted(fault: &Fault) -> bool {
    fault.reason.is_forbidden() || fault.reason == Reason::NoKey
}

fn make(state: Shared, request: Uuid, asking: Asking, key: Key, patience: Wait) -> Coming<Vec<f32>> {
    Coming::of(|stop, _| async move {
        let provider = Provider::new(&state.config, state.net.clone()).hasty(patience).until(stop);
        let now = state.clock.now();
        let mut desk = PageDesk::new(state, request);
        let model = (key.set.model.as_str(), key.set.length());
        let made = provider.embed_as(&mut desk, &asking, model, &[(Source::Own, key.text.as_str())]).await?;
        Ok(made.map(|vectors| {
            let vector = vectors.into_iter().next().unwrap_or_default();
            questions().keep(key, vector.clone(), now);
            vector
        }))
    })
}
