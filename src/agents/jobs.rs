//! A run, performed: read, asked, checked, proposed. No transaction is open while a model is waited for, and what is proposed is
//! written together with the end of the run, so that no run proposes twice.

use super::model::*;
use super::outcome::{Made, Odd, by_rules, propose, read};
use super::task::{Task, prepare};
use crate::access::{Actor, Kind, Thing, Verb, check, may};
use crate::ai::{Answer, Desk, Fault, Provider, Reason, Stop};
use crate::db::{Chore, Tx};
use crate::error::{Error, Result};
use crate::net;
use crate::queue::{Job, Outcome, Work, enqueue_at};
use crate::records::{Record, RecordId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::time::Duration;
use uuid::Uuid;

/// How long a run waits when as many as may are at work.
pub const WAIT_SECONDS: i64 = 5;
/// How often a run at work says so, and hears that it shall stop.
pub const RUN_BEAT: Duration = Duration::from_secs(2);

/// Performs one run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RunAgent {
    pub run: RunId,
}

impl Job for RunAgent {
    const KIND: &'static str = "agents.run";
    const MAX_ATTEMPTS: i32 = 4;

    fn run(self, work: &mut Work) -> Result<Outcome> {
        let (id, whom, most) = (self.run, work.whom, work.config.jobs.ai_queue_max_concurrency);
        let run = match work.touch(Chore::Agent, |tx| take(tx, id, most))? {
            Taken::Mine(run) => *run,
            Taken::Over => return Ok(Outcome::Done),
            Taken::Full => {
                // A job of its own, because waiting for one's turn is no failed attempt.
                let at = work.now() + chrono::Duration::seconds(WAIT_SECONDS);
                work.touch(Chore::Agent, |tx| enqueue_at(tx, whom, &self, at))?;
                return Ok(Outcome::Done);
            }
        };
        match perform(work, &run) {
            Ok(None) => Ok(Outcome::Done),
            Ok(Some(failure)) => failure.settle(work, &run),
            Err(error) => Failure::afterwards(error).settle(work, &run),
        }
    }
}

/// Why there is no result.
enum Failure {
    /// It may go better later.
    Passing(Error),
    Final(String, String),
    /// Stopped by a person, or taken over by another worker.
    Stopped,
}

impl Failure {
    fn because(ended: Ended) -> Failure {
        Failure::Final(ended.to_string(), String::new())
    }

    /// Before anything was sent.
    fn at_once(error: Error) -> Failure {
        match error {
            Error::NotFound => Failure::because(Ended::Gone),
            Error::Forbidden(_) | Error::SignIn | Error::Confirm => Failure::because(Ended::Refused),
            Error::Invalid(_) => Failure::because(Ended::Off),
            passing => Failure::Passing(passing),
        }
    }

    /// When an answer may be there already.
    fn afterwards(error: Error) -> Failure {
        match error {
            Error::NotFound => Failure::because(Ended::Closed),
            Error::Forbidden(_) | Error::SignIn | Error::Confirm => Failure::because(Ended::Refused),
            Error::Invalid(_) => Failure::because(Ended::Broken),
            passing => Failure::Passing(passing),
        }
    }

    fn of_fault(fault: Fault) -> Failure {
        let (reason, about) = (fault.reason, fault.about.clone());
        match Error::from(fault) {
            _ if reason == Reason::Cancelled => Failure::Stopped,
            passing @ (Error::Away(_) | Error::Slow(_)) => Failure::Passing(passing),
            _ => Failure::Final(reason.to_string(), about),
        }
    }

    /// Where no model is asked, none may be, none can be, or none answers at last.
    fn leaves_it_to_rules(&self, attempt: i32) -> bool {
        match self {
            Failure::Final(reason, _) if *reason == Ended::Empty.to_string() => true,
            Failure::Final(reason, _) => {
                Reason::parse(reason).is_some_and(|reason| reason.is_forbidden() || reason == Reason::NoKey)
            }
            Failure::Passing(_) => attempt >= RunAgent::MAX_ATTEMPTS,
            Failure::Stopped => false,
        }
    }

    /// Its page says what became of it, whatever the queue does.
    fn settle(self, work: &mut Work, run: &Run) -> Result<Outcome> {
        match self {
            Failure::Passing(error) if work.attempt < RunAgent::MAX_ATTEMPTS => {
                work.touch(Chore::Agent, |tx| put_back(tx, run))?;
                Ok(Outcome::Later(error.to_string()))
            }
            Failure::Passing(error) => {
                let word =
                    if matches!(error, Error::Broken(_)) { Ended::Broken.as_str() } else { Reason::Away.as_str() };
                work.touch(Chore::Agent, |tx| end(tx, run, RunState::Failed, Some((word, ""))))?;
                Ok(Outcome::Never(error.to_string()))
            }
            Failure::Final(reason, about) => {
                work.touch(Chore::Agent, |tx| end(tx, run, RunState::Failed, Some((&reason, &about))))?;
                Ok(Outcome::Done)
            }
            // Of one that another worker took over, `end` changes nothing.
            Failure::Stopped => {
                work.touch(Chore::Agent, |tx| end(tx, run, RunState::Cancelled, None))?;
                Ok(Outcome::Done)
            }
        }
    }
}

/// None when it is completed.
fn perform(work: &mut Work, run: &Run) -> Result<Option<Failure>> {
    let (new, version, task) = match work.read(|tx| begin(tx, run)) {
        Ok(begun) => begun,
        Err(error) => return Ok(Some(Failure::at_once(error))),
    };
    let answered = match task.prompt {
        Some(_) => net::wait(answer(work, run, &task)).map_err(|fault| Error::Away(fault.to_string()))??,
        None => Err(Failure::because(Ended::Empty)),
    };
    let (made, model) = match answered {
        Ok(answered) => answered,
        Err(failure) => match by_rules(&task).filter(|_| failure.leaves_it_to_rules(work.attempt)) {
            Some(made) => (made, String::new()),
            None => return Ok(Some(failure)),
        },
    };
    let read = if model.is_empty() { &task.sources } else { &task.sent() };
    let records = read.values().copied().collect();
    let done = Yield { result: made.text(), records, model, ..Yield::default() };
    let is_ended = match new.is_off_by_mode(&version) {
        true => work.touch(Chore::Agent, |tx| keep(tx, run, &done))?,
        false => work.write(|tx| propose_once(tx, run, &task, &made, done))?,
    };
    Ok((!is_ended).then_some(Failure::Stopped))
}

/// Asked anew when it runs: whether it may, by which words, and what there is to read.
fn begin(tx: &mut Tx, run: &Run) -> Result<(NewRun, Version, Task)> {
    let place = run.place()?;
    let reader = Actor::of_scope(tx, place)?;
    let agent = Agent::find(tx, &reader, &run.key)?;
    let record = match run.record_id {
        Some(id) => Some(Record::find_id(tx, &reader, RecordId(id))?),
        None => None,
    };
    let new = NewRun { agent, place, record, variant: run.variant.clone(), trigger: run.trigger };
    if let (Some(person), Trigger::Manual | Trigger::Test) = (run.person_id, run.trigger) {
        let asker = Actor::of_person(tx, person)?.confirmed();
        new.leave(tx, &asker)?.unused(tx);
    }
    // By the clock too: an archived project is read for nobody.
    let thing = Thing::Record { id: run.id.0, kind: Kind::Memory, place, author: reader.person_id() };
    check(&reader, Verb::Add, &thing)?;
    let mut version = match new.version(tx) {
        // The draft that should be tried was published or thrown away meanwhile.
        Err(Error::Invalid(_)) if run.trigger == Trigger::Test && !new.is_off(tx)? => return Err(Error::NotFound),
        version => version?,
    };
    // By the version it was begun with, unless that was a draft which is gone.
    if version.id != run.version_id {
        let number = run.number.ok_or(Error::NotFound)?;
        version = Versions::find(tx, &new.agent, number)?;
    }
    let task = prepare(tx, &new, &version)?;
    Ok((new, version, task))
}

/// The answer, asked for once more when it does not fit.
async fn answer(work: &mut Work<'_>, run: &Run, task: &Task) -> Result<Result<(Made, String), Failure>> {
    let stop = Stop::default();
    let provider = Provider::of_job(work.config).until(stop.clone()).beating(RUN_BEAT);
    let asking = task.asking.clone().kept_with_run(run.id.0, run.id.0);
    let Some(mut prompt) = task.prompt.clone() else { return Ok(Err(Failure::Stopped)) };
    let mut desk = RunDesk { work, run, stop };
    let mut odd = Odd::Uncited;
    for _ in 0..2 {
        let said: Answer = match provider.ask(&mut desk, &asking, &prompt).await? {
            Ok(said) => said,
            Err(fault) => return Ok(Err(Failure::of_fault(fault))),
        };
        let spent = (i64::from(said.usage.input_tokens), i64::from(said.usage.output_tokens));
        desk.work.touch(Chore::Agent, |tx| spend(tx, run.id, spent))?;
        odd = match read(task, &said.text) {
            Ok(made) => return Ok(Ok((made, said.model))),
            Err(odd) => odd,
        };
        prompt.carry(&said);
        prompt = prompt.says(&repair(&odd));
    }
    Ok(Err(match odd {
        Odd::Shape(about) => Failure::Final(Ended::OddAnswer.to_string(), about),
        Odd::Uncited => Failure::Final(Ended::Uncited.to_string(), String::new()),
    }))
}

fn repair(odd: &Odd) -> String {
    match odd {
        Odd::Shape(about) => {
            format!("This cannot be used: {about}. Answer once more, whole, in the shape that was asked for.")
        }
        Odd::Uncited => {
            "No statement names a record that you were given. Answer once more, each statement with the IDs of its \
                         sources."
                .to_owned()
        }
    }
}

fn keep(tx: &mut Tx, run: &Run, done: &Yield) -> Result<bool> {
    let is_mine = hold(tx, run.id, run.attempts)?;
    if is_mine {
        complete(tx, run.id, done)?;
    }
    Ok(is_mine)
}

/// The proposal and the end of the run in one transaction: both, once, or neither.
fn propose_once(tx: &mut Tx, run: &Run, task: &Task, made: &Made, done: Yield) -> Result<bool> {
    let place = run.place()?;
    let scope = Actor::of_scope(tx, place)?;
    // An answer that proposes nothing new asked nevertheless.
    let thing = Thing::Record { id: run.id.0, kind: Kind::Memory, place, author: scope.person_id() };
    may(tx, &scope, Verb::Add, &thing)?.unused(tx);
    if !hold(tx, run.id, run.attempts)? {
        return Ok(false);
    }
    // What was closed meanwhile is not told to who reads this place now.
    let read: BTreeSet<Uuid> = done.records.iter().copied().collect();
    if Record::find_ids(tx, &scope, read.iter().copied().collect())?.len() < read.len() {
        return Err(Error::NotFound);
    }
    let (diff, snapshot) = propose(tx, place, &task.matter, made, done.model.is_empty())?;
    complete(tx, run.id, &Yield { diff, snapshot, ..done })?;
    Ok(true)
}

/// The desk of a run: each time the call gives its sign of life, the run does too, and stops the call when it shall end.
struct RunDesk<'a, 'w> {
    work: &'a mut Work<'w>,
    run: &'a Run,
    stop: Stop,
}

impl Desk for RunDesk<'_, '_> {
    fn book<T: Send + 'static>(
        &mut self,
        f: impl FnOnce(&mut Tx) -> Result<T> + Send + 'static,
    ) -> impl Future<Output = Result<T>> {
        let (id, attempt) = (self.run.id, self.run.attempts);
        let goes_on = self.work.touch(Chore::Agent, |tx| beat(tx, id, attempt));
        if !matches!(goes_on, Ok(true) | Err(_)) {
            self.stop.stop();
        }
        std::future::ready(self.work.touch(Chore::Egress, f))
    }

    fn work<T: Send + 'static>(
        &mut self,
        f: impl FnOnce() -> Result<T> + Send + 'static,
    ) -> impl Future<Output = Result<T>> {
        std::future::ready(f())
    }
}
