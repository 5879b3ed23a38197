//! Reading a page for what ought to be remembered, by rules: how a line begins, and under which heading a list stands.

use crate::memory::{MAX_PASSAGE_CHARS, Type};
use crate::text::markdown::plain;
use crate::text::value::Title;
use std::collections::HashSet;

/// A statement of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub kind: Type,
    pub title: Title,
    /// The line as it stands there.
    pub passage: String,
}

/// Said before a colon; taken off.
const LABELS: [(&str, Type); 18] = [
    ("priority", Type::Priority),
    ("goal", Type::Priority),
    ("constraint", Type::Constraint),
    ("non-goal", Type::NonGoal),
    ("not a goal", Type::NonGoal),
    ("assumption", Type::Assumption),
    ("fact", Type::Fact),
    ("decision", Type::Commitment),
    ("decided", Type::Commitment),
    ("commitment", Type::Commitment),
    ("promise", Type::Commitment),
    ("learning", Type::Learning),
    ("lesson", Type::Learning),
    ("preference", Type::Preference),
    ("status", Type::Status),
    ("entscheidung", Type::Commitment),
    ("annahme", Type::Assumption),
    ("ziel", Type::Priority),
];

/// How a sentence begins; the longer first. Kept.
const BEGINNINGS: [(&str, Type); 16] = [
    ("we must not ", Type::Constraint),
    ("we must ", Type::Constraint),
    ("we may not ", Type::Constraint),
    ("we cannot ", Type::Constraint),
    ("we have to ", Type::Constraint),
    ("we will not ", Type::NonGoal),
    ("we won't ", Type::NonGoal),
    ("we do not plan ", Type::NonGoal),
    ("we don't plan ", Type::NonGoal),
    ("we will ", Type::Commitment),
    ("we promise ", Type::Commitment),
    ("we assume ", Type::Assumption),
    ("we learned ", Type::Learning),
    ("we learnt ", Type::Learning),
    ("we prefer ", Type::Preference),
    ("we decided ", Type::Commitment),
];

/// Headings under which every item of a list counts.
const HEADINGS: [(&str, Type); 13] = [
    ("priorities", Type::Priority),
    ("goals", Type::Priority),
    ("constraints", Type::Constraint),
    ("non-goals", Type::NonGoal),
    ("non goals", Type::NonGoal),
    ("assumptions", Type::Assumption),
    ("facts", Type::Fact),
    ("decisions", Type::Commitment),
    ("commitments", Type::Commitment),
    ("learnings", Type::Learning),
    ("lessons learned", Type::Learning),
    ("lessons learnt", Type::Learning),
    ("preferences", Type::Preference),
];

/// The statements of a Markdown text, in its order, each title once, in whichever capitals. Code is passed over.
pub fn read_statements(source: &str) -> Vec<Found> {
    let (mut found, mut known) = (Vec::new(), HashSet::new());
    let (mut fence, mut section) = (None, None);
    for line in source.lines() {
        let line = line.trim();
        let mark = ["```", "~~~"].into_iter().find(|mark| line.starts_with(mark));
        match (fence, mark) {
            (None, Some(mark)) => fence = Some(mark),
            (Some(open), Some(mark)) if open == mark => fence = None,
            _ => {}
        }
        if fence.is_some() || mark.is_some() || line.is_empty() {
            continue;
        }
        if let Some(heading) = line.strip_prefix('#') {
            section = of_heading(heading.trim_start_matches('#'));
        } else if let Some(statement) = statement(line, section)
            && known.insert(statement.title.as_str().to_lowercase())
        {
            found.push(statement);
        }
    }
    found
}

fn of_heading(heading: &str) -> Option<Type> {
    let words = plain(heading).trim().trim_end_matches(':').to_lowercase();
    HEADINGS.into_iter().find(|(known, _)| *known == words).map(|(_, kind)| kind)
}

fn statement(line: &str, section: Option<Type>) -> Option<Found> {
    let item = of_list(line);
    let words = plain(item.unwrap_or(line)).trim().to_owned();
    let (kind, words) = labelled(&words)
        .or_else(|| begun(&words).map(|kind| (kind, words.clone())))
        .or_else(|| section.filter(|_| item.is_some()).map(|kind| (kind, words.clone())))?;
    let title = Title::parse(&words).ok()?;
    let passage = line.chars().take(MAX_PASSAGE_CHARS).collect();
    Some(Found { kind, title, passage })
}

/// What follows the mark of a list item, of a task and of a quotation.
fn of_list(line: &str) -> Option<&str> {
    let numbered = || {
        let (number, rest) = line.split_once(['.', ')'])?;
        (!number.is_empty() && number.chars().all(|c| c.is_ascii_digit())).then_some(rest)
    };
    let rest = ["- ", "* ", "+ "].into_iter().find_map(|mark| line.strip_prefix(mark)).or_else(numbered)?.trim_start();
    Some(["[ ] ", "[x] ", "[X] "].into_iter().find_map(|mark| rest.strip_prefix(mark)).unwrap_or(rest))
}

fn labelled(words: &str) -> Option<(Type, String)> {
    let (label, rest) = words.split_once(':')?;
    let label = label.trim().to_lowercase();
    let kind = LABELS.into_iter().find(|(known, _)| *known == label).map(|(_, kind)| kind)?;
    let rest = rest.trim();
    (!rest.is_empty()).then(|| (kind, rest.to_owned()))
}

fn begun(words: &str) -> Option<Type> {
    let lower = words.to_lowercase().replace('’', "'");
    BEGINNINGS.into_iter().find(|(begin, _)| lower.starts_with(begin)).map(|(_, kind)| kind)
}
