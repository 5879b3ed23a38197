//! What a card says, checked and done: each kind by the verbs of its own room, with the rights of who applies it.

use super::{Action, ActionKind, Fields, MAX_FIELD_CHARS};
use crate::access::{Actor, Kind, Place, Thing, Verb, check as allow};
use crate::comments::NewComment;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::memory;
use crate::people::{Face, PersonId};
use crate::records::{Edit, Record};
use crate::related::{PlaceChoice, parse_place, place_label, place_value};
use crate::text::value::{Body, Title};
use crate::tickets::{self, NewTicket, Ticket, TicketKind};
use crate::ui::text;
use crate::web::parse_date;
use serde_json::Value;
use uuid::Uuid;

/// Texts of known names, cut and without control characters; the model's words are not to be trusted.
pub(super) fn fields_of(kind: ActionKind, said: &Value) -> Fields {
    let mut fields = Fields::new();
    for name in kind.fields() {
        let value = match said.get(*name) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            _ => String::new(),
        };
        let clean = value.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t'));
        fields.insert((*name).to_owned(), clean.take(MAX_FIELD_CHARS).collect());
    }
    fields
}

fn given<'f>(fields: &'f Fields, name: &str) -> &'f str {
    fields.get(name).map(String::as_str).unwrap_or_default().trim()
}

/// Whether it could be applied now; nothing is written.
pub(super) fn check(tx: &mut Tx, me: &Actor, kind: ActionKind, fields: &Fields) -> Result<()> {
    match kind {
        ActionKind::CreateTicket => new_ticket(tx, me, fields).map(drop),
        ActionKind::ChangeTicket => {
            let (ticket, edit) = ticket_edit(tx, me, fields)?;
            allow(me, Verb::Edit, &ticket.record.thing())?;
            if edit.value.trim() == ticket.value(edit.field, &[]) {
                return Err(Error::invalid("value", "problem-chat-action-same"));
            }
            Ok(())
        }
        ActionKind::WriteComment => {
            let (record, _) = comment(tx, me, fields)?;
            let writes =
                Thing::Remark { record: record.id.0, kind: record.kind, place: record.place(), author: me.person_id() };
            allow(me, Verb::Add, &writes)
        }
        ActionKind::KeepMemory => new_item(me, fields).map(drop),
    }
}

pub(super) fn perform(tx: &mut Tx, me: &Actor, kind: ActionKind, fields: &Fields) -> Result<Record> {
    Ok(match kind {
        ActionKind::CreateTicket => new_ticket(tx, me, fields)?.create(tx, me)?.record,
        ActionKind::ChangeTicket => {
            let (ticket, edit) = ticket_edit(tx, me, fields)?;
            Ticket::edit(tx, me, &ticket.record.display_id, &edit)?.record
        }
        ActionKind::WriteComment => {
            let (record, words) = comment(tx, me, fields)?;
            words.write(tx, me, &record)?;
            record
        }
        ActionKind::KeepMemory => new_item(me, fields)?.create(tx, me)?.record,
    })
}

/// A place as forms write it; a project's key alone is also understood, because models write that.
fn place(me: &Actor, typed: &str) -> Result<Place> {
    let keyed = me.project(&typed.to_uppercase()).map(|project| Place::Project(project.id));
    match (keyed, typed) {
        (Some(place), _) => Ok(place),
        (None, "") => me.person_id().map(Place::Person).ok_or(Error::SignIn),
        (None, typed) => parse_place(me, typed),
    }
}

fn new_ticket(tx: &mut Tx, me: &Actor, fields: &Fields) -> Result<NewTicket> {
    let place = place(me, given(fields, "place"))?;
    let assignee = match given(fields, "assignee") {
        "" => None,
        who => Some(Face::named(tx, "assignee", who, None)?.id),
    };
    let priority = match given(fields, "priority") {
        "" => tickets::parse_priority("medium"),
        word => tickets::parse_priority(word),
    };
    let due_on = match given(fields, "due_on") {
        "" => None,
        day => Some(parse_date(day).map_err(|msg| Error::invalid("due_on", msg))?),
    };
    let thing = Thing::Record { id: Uuid::nil(), kind: Kind::Ticket, place, author: me.person_id() };
    allow(me, Verb::Add, &thing)?;
    Ok(NewTicket {
        place,
        kind: TicketKind::Task,
        title: Title::parse(given(fields, "title")).map_err(|msg| Error::invalid("title", msg))?,
        body: Body::parse(given(fields, "body")).map_err(|msg| Error::invalid("body", msg))?,
        status: tickets::Status::Todo,
        priority: priority.ok_or_else(|| Error::invalid("priority", "problem-choice"))?,
        assignee,
        parent: None,
        labels: Vec::new(),
        start_on: None,
        due_on,
        estimate: None,
    })
}

/// Fields of a ticket that an answer may propose to change.
pub const CHANGED_FIELDS: [tickets::Field; 5] = [
    tickets::Field::Title,
    tickets::Field::Status,
    tickets::Field::Priority,
    tickets::Field::Assignee,
    tickets::Field::Due,
];

fn ticket_edit(tx: &mut Tx, me: &Actor, fields: &Fields) -> Result<(Ticket, Edit<tickets::Field>)> {
    let ticket =
        Ticket::find(tx, me, &given(fields, "ticket").to_uppercase()).map_err(|error| hidden(error, "ticket"))?;
    let field = tickets::Field::parse(given(fields, "field")).filter(|field| CHANGED_FIELDS.contains(field));
    let field = field.ok_or_else(|| Error::invalid("field", "problem-choice"))?;
    let value = given(fields, "value");
    let value = match field {
        tickets::Field::Assignee if !value.is_empty() => Face::named(tx, "value", value, None)?.id.to_string(),
        tickets::Field::Priority => {
            let priority = tickets::parse_priority(value).ok_or_else(|| Error::invalid("value", "problem-choice"))?;
            priority.to_string()
        }
        tickets::Field::Status => {
            let status = tickets::Status::parse(value).ok_or_else(|| Error::invalid("value", "problem-choice"))?;
            status.to_string()
        }
        tickets::Field::Due if !value.is_empty() => {
            parse_date(value).map_err(|msg| Error::invalid("value", msg))?.to_string()
        }
        tickets::Field::Title => Title::parse(value).map_err(|msg| Error::invalid("value", msg))?.into_string(),
        _ => value.to_owned(),
    };
    Ok((ticket, Edit { field, value, was: None }))
}

fn comment(tx: &mut Tx, me: &Actor, fields: &Fields) -> Result<(Record, NewComment)> {
    let id = given(fields, "record").to_uppercase();
    let record = Record::find_any(tx, me, &id).map_err(|error| hidden(error, "record"))?;
    if record.kind == Kind::Chat {
        return Err(Error::invalid("record", "problem-record-unknown"));
    }
    Ok((record, NewComment::parse(given(fields, "body"), None)?))
}

fn new_item(me: &Actor, fields: &Fields) -> Result<memory::NewItem> {
    let place = place(me, given(fields, "place"))?;
    let thing = Thing::Record { id: Uuid::nil(), kind: Kind::Memory, place, author: me.person_id() };
    allow(me, Verb::Add, &thing)?;
    let kind = match given(fields, "type") {
        "" => Some(memory::Type::Fact),
        word => memory::Type::parse(word),
    };
    Ok(memory::NewItem {
        place,
        kind: kind.ok_or_else(|| Error::invalid("type", "problem-choice"))?,
        title: Title::parse(given(fields, "title")).map_err(|msg| Error::invalid("title", msg))?,
        body: memory::parse_body(given(fields, "body")).map_err(|msg| Error::invalid("body", msg))?,
        confidence: PROPOSED_CONFIDENCE,
        importance: PROPOSED_IMPORTANCE,
        valid_from: None,
        valid_until: None,
        tags: Vec::new(),
        sources: Vec::new(),
        widen: Vec::new(),
        supersedes: None,
    })
}

/// Percent: a model read it somewhere, and a person clicked.
const PROPOSED_CONFIDENCE: i16 = 70;
const PROPOSED_IMPORTANCE: i16 = 3;

/// What one may not see is unknown, beside its field.
fn hidden(error: Error, field: &'static str) -> Error {
    match error {
        Error::NotFound => Error::invalid(field, "problem-record-unknown"),
        other => other,
    }
}

/// What it would change, as the card shows it: name, what it is now (of a change), what it would be.
pub type Lines = Vec<(String, String, String)>;

/// Names instead of handles and keys, and what a changed ticket says now; within what `me` may see. `places` are the choices of `me`.
pub fn preview(tx: &mut Tx, me: &Actor, action: &Action, places: &[PlaceChoice]) -> Result<Lines> {
    let fields = action.fields();
    if action.kind == ActionKind::ChangeTicket {
        return Ok(match ticket_edit(tx, me, &fields) {
            Ok((ticket, edit)) => {
                let now = shown(tx, edit.field, &ticket.value(edit.field, &[]))?;
                let then = shown(tx, edit.field, &edit.value)?;
                vec![
                    (
                        "ticket".to_owned(),
                        String::new(),
                        format!("{} {}", ticket.record.display_id, ticket.record.title),
                    ),
                    (edit.field.to_string(), now, then),
                ]
            }
            Err(_) => plain(action.kind, &fields),
        });
    }
    let mut lines = plain(action.kind, &fields);
    for (name, _, value) in &mut lines {
        match name.as_str() {
            "place" => {
                if let Ok(place) = place(me, value) {
                    let chosen = place_value(me, place);
                    let choice = places.iter().find(|choice| choice.value == chosen);
                    *value = choice.map_or(chosen, place_label);
                }
            }
            "record" => {
                if let Ok(record) = Record::find_any(tx, me, &value.to_uppercase()) {
                    *value = format!("{} {}", record.display_id, record.title);
                }
            }
            "priority" => *value = shown(tx, tickets::Field::Priority, value)?,
            "type" => *value = memory::Type::parse(value).map_or(value.clone(), |kind| text(&kind.label())),
            "assignee" => {
                if let Ok(face) = Face::named(tx, "assignee", value, None) {
                    *value = face.name;
                }
            }
            _ => {}
        }
    }
    Ok(lines)
}

fn plain(kind: ActionKind, fields: &Fields) -> Lines {
    let line = |name: &&str| (String::from(*name), String::new(), given(fields, name).to_owned());
    kind.fields().iter().map(line).filter(|(name, _, value)| !value.is_empty() || name == "title").collect()
}

fn shown(tx: &mut Tx, field: tickets::Field, value: &str) -> Result<String> {
    let words = match field {
        tickets::Field::Assignee => return name_of(tx, value.parse().ok().map(PersonId)),
        tickets::Field::Status => tickets::Status::parse(value).map(tickets::Status::label),
        tickets::Field::Priority => tickets::parse_priority(value).map(tickets::priority_label),
        _ => None,
    };
    Ok(words.map_or(value.to_owned(), |words| text(&words)))
}

/// Empty for nobody, and for who is gone.
pub(in crate::chat) fn name_of(tx: &mut Tx, person: Option<PersonId>) -> Result<String> {
    let Some(person) = person else { return Ok(String::new()) };
    let found = Face::active(tx, "assignee", person);
    Ok(found.map(|face| face.name).unwrap_or_default())
}
