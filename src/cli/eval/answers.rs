//! Asks a model for an answer in words, as a chat would without its tools, and looks at what it cites. On behalf of nobody, because the
//! people named in the cases did not ask: so their private records keep an answer from being asked for.

use super::retrieval::{is_named, reader};
use super::{Case, Cited};
use crate::access::Actor;
use crate::ai::{Asking, Provider};
use crate::chat::{Draft, SourceGroup, prepare};
use crate::db::Tx;
use crate::error::Result;
use crate::queue::Work;
use crate::records::Record;
use crate::search::unreadable;
use crate::text::{Reference, references};

/// Of each case that says what to cite, one after the other.
pub async fn ask_cases(work: &mut Work<'_>, provider: &Provider, cases: &[Case]) -> Result<Vec<Cited>> {
    let mut all = Vec::new();
    for case in cases.iter().filter(|case| !case.cites.is_empty()) {
        let (me, prepared, leaks) = work.read(|tx| {
            let me = reader(tx, case)?;
            let prepared = prepare(tx, &me, &draft(case), None)?;
            let leaks = unreadable(tx, &me, prepared.prompt.records())?;
            Ok((me, prepared, leaks))
        })?;
        let leaks = leaks.into_iter().map(|record| record.display_id).collect();
        let asking = Asking { person: None, ..prepared.asking };
        let at = case.at.clone();
        let one = match provider.ask(work, &asking, &prepared.prompt).await? {
            Ok(answer) => {
                let (cited, right) = work.read(|tx| cited(tx, &me, case, &answer.text))?;
                Cited { at, cited, right, leaks, fault: None }
            }
            Err(fault) => Cited { at, cited: Vec::new(), right: 0, leaks, fault: Some(fault.words()) },
        };
        all.push(one);
    }
    Ok(all)
}

fn draft(case: &Case) -> Draft {
    let sources = SourceGroup::ALL.iter().copied().filter(|source| *source != SourceGroup::Web).collect();
    let (question, assistant) = (case.question.clone(), "default".to_owned());
    Draft { chat: None, project: None, earlier: Vec::new(), question, assistant, sources }
}

/// What the answer names, and how much of it the case names too. An ID of nothing counts as cited: it is a wrong one.
fn cited(tx: &mut Tx, me: &Actor, case: &Case, text: &str) -> Result<(Vec<String>, usize)> {
    let ids = references(text).into_iter().filter_map(|reference| match reference {
        Reference::Id { prefix, number } => Some(format!("{prefix}-{number}")),
        _ => None,
    });
    let ids: Vec<String> = ids.collect();
    let found = Record::find_many(tx, me, ids.clone())?;
    let is_right = |record: &&Record| case.cites.iter().any(|name| is_named(record, name));
    Ok((ids, found.iter().filter(is_right).count()))
}
