//! Events as sentences: "moved it from To do to In progress and set the estimate to 8".

use crate::audit::ActKind;
use crate::records::{Event, Record};
use crate::ui::{is_known, say_with, text};
use chrono::{DateTime, Duration, NaiveDate, Utc};

/// Changes of one person that follow each other this closely make one line.
pub const FOLD_MINUTES: i64 = 10;
/// Longer values are cut: the record itself shows the whole.
const MAX_VALUE_CHARS: usize = 120;
/// Stands around what is printed bold, until the sentence is cut into pieces.
const MARK: char = '\u{1}';

/// One line of a record's story.
#[derive(Debug, Clone)]
pub struct Line {
    /// None for the server itself.
    pub actor: Option<String>,
    pub icon: &'static str,
    pub pieces: Vec<Piece>,
    /// Of the last change in it.
    pub at: DateTime<Utc>,
}

/// A part of a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    pub text: String,
    pub is_strong: bool,
}

/// A changed field: the value before the first and after the last of several changes.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Change {
    field: String,
    old: Option<String>,
    new: Option<String>,
}

/// Lines in the order of the events. `others` are the records that links name, as far as the reader may see them.
pub fn lines(record: &Record, events: &[Event], others: &[Record]) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut rest = events;
    while let Some((event, after)) = rest.split_first() {
        let more = if event.act == ActKind::Changed {
            after.iter().take_while(|next| is_same_burst(event, next)).count()
        } else {
            0
        };
        let (burst, after) = rest.split_at_checked(more + 1).unwrap_or((rest, &[]));
        let sentence = match event.act {
            ActKind::Changed => changes(record, burst),
            _ => sentence(event, others),
        };
        if let Some(sentence) = sentence {
            let at = burst.last().map_or(event.at, |last| last.at);
            lines.push(Line { actor: event.actor_name.clone(), icon: event.act.icon(), pieces: cut(&sentence), at });
        }
        rest = after;
    }
    lines
}

fn is_same_burst(first: &Event, next: &Event) -> bool {
    next.act == ActKind::Changed
        && next.actor_id == first.actor_id
        && next.at - first.at <= Duration::minutes(FOLD_MINUTES)
}

/// None for what the thread shows otherwise.
fn sentence(event: &Event, others: &[Record]) -> Option<String> {
    let key = match event.act {
        ActKind::Commented | ActKind::CommentEdited | ActKind::CommentRemoved | ActKind::CommentRestored => {
            return None;
        }
        ActKind::Linked => return Some(say_with("activity-linked", [("other", other(event, others).as_str())])),
        ActKind::SourceAdded => {
            return Some(say_with("activity-source-added", [("other", other(event, others).as_str())]));
        }
        ActKind::SourceRemoved => {
            return Some(say_with("activity-source-removed", [("other", other(event, others).as_str())]));
        }
        ActKind::Attached => return Some(say_with("activity-attached", [("name", named(event).as_str())])),
        ActKind::Detached => return Some(say_with("activity-detached", [("name", named(event).as_str())])),
        ActKind::Created => "activity-created",
        ActKind::Archived => "activity-archived",
        ActKind::Restored => "activity-restored",
        ActKind::Moved => "activity-moved",
        ActKind::CommentResolved => "activity-comment-resolved",
        ActKind::CommentReopened => "activity-comment-reopened",
        ActKind::Unlinked => "activity-unlinked",
        ActKind::Superseded => "activity-superseded",
        ActKind::Closed => "activity-closed",
        ActKind::Reopened => "activity-reopened",
        ActKind::RevisionRestored => "activity-revision-restored",
        ActKind::Imported => "activity-imported",
        ActKind::MemoryWidened => "activity-memory-widened",
        _ => "activity-other",
    };
    Some(text(key))
}

fn other(event: &Event, others: &[Record]) -> String {
    let found = event.note("other").and_then(|id| others.iter().find(|record| record.id.to_string() == id));
    found.map_or_else(|| text("activity-hidden-record"), |record| strong(&record.display_id))
}

fn named(event: &Event) -> String {
    strong(event.note("name").unwrap_or_default())
}

/// None when everything was set back in the end.
fn changes(record: &Record, burst: &[Event]) -> Option<String> {
    let mut all: Vec<Change> = Vec::new();
    for (field, old, new) in burst.iter().flat_map(Event::changes) {
        let (old, new) = (given(old), given(new));
        match all.iter_mut().find(|change| change.field == field) {
            Some(change) => change.new = new,
            None => all.push(Change { field: field.to_owned(), old, new }),
        }
    }
    let clauses: Vec<String> = all
        .iter()
        .filter(|change| change.old != change.new || change.new.is_none())
        .map(|change| clause(record, change))
        .collect();
    match clauses.split_last()? {
        (only, []) => Some(only.clone()),
        (last, head) => Some(say_with("activity-and", [("head", head.join(", ").as_str()), ("last", last.as_str())])),
    }
}

fn given(value: Option<&str>) -> Option<String> {
    value.filter(|value| !value.is_empty()).map(str::to_owned)
}

fn clause(record: &Record, change: &Change) -> String {
    let name = label_name(&change.field);
    let field = field_label(&name);
    let value = |value: &String| value_label(record, &name, value);
    match (&change.old, &change.new) {
        (_, Some(new)) if name == "title" => say_with("activity-renamed", [("new", strong(new).as_str())]),
        (Some(old), Some(new)) if name == "status" => {
            say_with("activity-status", [("old", value(old).as_str()), ("new", strong(&value(new)).as_str())])
        }
        (Some(old), Some(new)) => {
            let parts = [("field", field.as_str()), ("old", &value(old)), ("new", &strong(&value(new)))];
            say_with("activity-changed", parts)
        }
        (None, Some(new)) => {
            say_with("activity-set", [("field", field.as_str()), ("new", strong(&value(new)).as_str())])
        }
        (Some(old), None) => say_with("activity-cleared", [("field", field.as_str()), ("old", value(old).as_str())]),
        (None, None) => say_with("activity-rewrote", [("field", field.as_str())]),
    }
}

/// The field's word in the catalogue, from that in the event.
fn label_name(field: &str) -> String {
    match field {
        "tags" => "labels".to_owned(),
        field => field.trim_end_matches("_on").trim_end_matches("_id").replace('_', "-"),
    }
}

fn field_label(name: &str) -> String {
    // Within a sentence "Due" would be no noun.
    let key = match name {
        "due" => "activity-field-due".to_owned(),
        "start" => "activity-field-start".to_owned(),
        name => format!("field-{name}"),
    };
    let label = if is_known(&key) { text(&key) } else { name.replace('-', " ") };
    label.to_lowercase()
}

/// A word of the catalogue when the value is one of a list, a day, or the value itself.
fn value_label(record: &Record, name: &str, value: &str) -> String {
    let word = value.replace('_', "-");
    let keys = [format!("{name}-{word}"), format!("{}-{name}-{word}", record.kind), format!("{}-{word}", record.kind)];
    if let Some(key) = keys.iter().find(|key| is_known(key)) {
        return text(key);
    }
    match value.parse::<NaiveDate>() {
        Ok(day) => day.format("%-d %b %Y").to_string(),
        Err(_) => value.to_owned(),
    }
}

fn strong(value: &str) -> String {
    let clean: String = value.chars().filter(|c| *c != MARK).collect();
    let short = match clean.char_indices().nth(MAX_VALUE_CHARS) {
        Some((end, _)) => format!("{}…", clean.get(..end).unwrap_or_default()),
        None => clean,
    };
    format!("{MARK}{short}{MARK}")
}

/// Every second piece stood between marks.
fn cut(sentence: &str) -> Vec<Piece> {
    let pieces = sentence
        .split(MARK)
        .enumerate()
        .map(|(index, text)| Piece { text: text.to_owned(), is_strong: index % 2 == 1 });
    pieces.filter(|piece| !piece.text.is_empty()).collect()
}
