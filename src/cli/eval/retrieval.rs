//! Asks search as the person of each case, and looks at what came back by another way than the one it came by.

use super::Case;
use crate::access::Actor;
use crate::ai::Provider;
use crate::db::Tx;
use crate::error::{Error, Msg, Result};
use crate::people::Face;
use crate::queue::Work;
use crate::records::Record;
use crate::search::{Question, RESULTS_SHOWN, Words, unreadable};
use crate::vectors::{Meant, Reach, mean_for, nearest};
use uuid::Uuid;

/// What came of one case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// What it means was asked for too; None where nothing is embedded or nothing may leave.
    pub is_meant: Option<bool>,
    /// Of `finds`, what was among the first `k`.
    pub found: Vec<String>,
    pub missed: Vec<String>,
    /// Display IDs of what came back and must not have.
    pub leaks: Vec<String>,
}

/// One after the other; nothing is written but the ledger's rows of what left.
pub async fn run_cases(work: &mut Work<'_>, provider: &Provider, cases: &[Case]) -> Result<Vec<Outcome>> {
    let mut outcomes = Vec::with_capacity(cases.len());
    for case in cases {
        let me = work.read(|tx| reader(tx, case))?;
        let meant = match Words::parse(&case.question).filter(Words::has_meaning) {
            Some(words) => mean_for(work, provider, &me, &words.text).await?,
            None => Meant::Off,
        };
        outcomes.push(work.read(|tx| ask(tx, &me, case, &meant))?);
    }
    Ok(outcomes)
}

pub(super) fn reader(tx: &mut Tx, case: &Case) -> Result<Actor> {
    let unknown = |error| match error {
        Error::Invalid(_) | Error::NotFound => {
            Error::invalid("as", Msg::new("problem-eval-person").with("at", &case.at).with("handle", &case.person))
        }
        other => other,
    };
    let face = Face::by_handle(tx, "as", &case.person).map_err(unknown)?;
    Actor::of_person(tx, face.id).map_err(unknown)
}

fn ask(tx: &mut Tx, me: &Actor, case: &Case, meant: &Meant) -> Result<Outcome> {
    let words = Words::parse(&case.question).ok_or(Error::NotFound)?;
    let question = Question {
        kinds: case.kinds.clone(),
        meaning: meant.known().cloned(),
        size: case.k.max(RESULTS_SHOWN),
        ..Question::new(words)
    };
    let answer = question.answer(tx, me)?;
    let mut records: Vec<Uuid> = answer.hits.iter().map(|hit| hit.record.id.0).collect();
    if let Some(meaning) = &question.meaning {
        let reach = Reach { kinds: case.kinds.clone(), ..Reach::default() };
        // Every passage that is near, whether it came as far as the page or not.
        records.extend(nearest(tx, me, meaning, &reach)?.into_iter().map(|near| near.record_id));
    }
    let mut leaks: Vec<String> = unreadable(tx, me, records)?.into_iter().map(|record| record.display_id).collect();
    let forbidden = |record: &&Record| case.never.iter().any(|name| is_named(record, name));
    leaks.extend(answer.hits.iter().map(|hit| &hit.record).filter(forbidden).map(|record| record.display_id.clone()));
    leaks.sort_unstable();
    leaks.dedup();
    let first: Vec<&Record> = answer.hits.iter().take(case.k).map(|hit| &hit.record).collect();
    let is_found = |name: &&String| first.iter().any(|record| is_named(record, name));
    let (found, missed) = case.finds.iter().partition::<Vec<_>, _>(is_found);
    let owned = |names: Vec<&String>| names.into_iter().cloned().collect();
    let is_meant = if *meant == Meant::Off { None } else { Some(!meant.is_away()) };
    Ok(Outcome { is_meant, found: owned(found), missed: owned(missed), leaks })
}

/// By display ID or whole title.
pub(super) fn is_named(record: &Record, name: &str) -> bool {
    record.display_id.eq_ignore_ascii_case(name) || record.title.to_lowercase() == name.to_lowercase()
}
