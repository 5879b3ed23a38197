//! What a model may ask us to do on behalf of the person: look, read, propose. The arguments are the model's words, which a hostile
//! text may have put into its mouth: everything is found again as the person, and what is not theirs to see is not there.

use super::model::*;
use crate::access::Actor;
use crate::ai::{Material, Prompt};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::people::Face;
use crate::records::Record;
use crate::related::sort_of;
use crate::search::{Question, Words};
use crate::text_enum;
use crate::tickets::{Filter, SORTS, Status};
use serde_json::{Value, json};

/// Results of one search.
pub const MAX_HITS: usize = 10;
/// Tickets of one list.
pub const MAX_TICKETS: usize = 40;
/// Of the arguments of one call; more is no call of a sensible model.
pub const MAX_ARGUMENTS_BYTES: usize = 64 * 1024;
/// Calls in one round; the others are told to come again.
pub const MAX_CALLS: usize = 8;

text_enum!(
    Tool {
        Search = "search_workspace", Read = "read_record", List = "list_tickets", ProposeTicket = "propose_ticket",
        ProposeChange = "propose_ticket_change", ProposeComment = "propose_comment", ProposeMemory = "propose_memory",
        WebSearch = "web_search", WebFetch = "web_fetch",
    }
);

/// What came of a call.
pub enum Outcome {
    Materials(Vec<Material>),
    /// Fixed words of ours.
    Words(&'static str),
    /// The web, which is not asked within a transaction.
    Look(String),
    Fetch(String),
}

pub const PROPOSED: &str = "The person now sees this as a card. Nothing is done until they apply it.";
pub const NO_SUCH_TOOL: &str = "There is no such tool.";
pub const ODD_ARGUMENTS: &str = "The arguments are not the JSON that the tool takes. Correct them.";
pub const TOO_MANY_CALLS: &str = "Too many calls at once. Answer from what you have, or call again.";

fn text_field(about: &str) -> Value {
    json!({ "type": "string", "description": about })
}

/// All fields are required by strict schemas; empty stands for none.
fn schema(fields: &[(&str, Value)]) -> Value {
    let names: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
    let properties: serde_json::Map<String, Value> =
        fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    json!({ "type": "object", "properties": properties, "required": names, "additionalProperties": false })
}

impl Tool {
    /// What it is to the model.
    fn about(self) -> (&'static str, Value) {
        let place = "organisation, private, or the key of a project such as ATL";
        match self {
            Tool::Search => (
                "Looks for records by a few words, within the sources that are switched on. Quotes mean the exact words, `or` means either.",
                schema(&[("query", text_field("two to six words, as one types into a search box"))]),
            ),
            Tool::Read => {
                ("Reads one record with its comments.", schema(&[("id", text_field("its ID, such as ATL-142"))]))
            }
            Tool::List => (
                "Lists tickets by their state, the earliest due first: for questions such as what is overdue or blocked.",
                schema(&[
                    ("project", text_field("the key of a project; empty for all")),
                    (
                        "status",
                        text_field(
                            "one of backlog, todo, in_progress, blocked, in_review, done, canceled; empty for all open ones",
                        ),
                    ),
                    ("assignee", text_field("a handle; empty for anybody")),
                    ("due_before", text_field("YYYY-MM-DD; empty for any")),
                ]),
            ),
            Tool::ProposeTicket => (
                "Proposes a new ticket to the person.",
                schema(&[
                    ("title", text_field("one line")),
                    ("body", text_field("Markdown; may be empty")),
                    ("place", text_field(place)),
                    ("priority", text_field("urgent, high, medium, low or lowest")),
                    ("assignee", text_field("a handle; empty for nobody")),
                    ("due_on", text_field("YYYY-MM-DD; empty for none")),
                ]),
            ),
            Tool::ProposeChange => (
                "Proposes to change one field of a ticket.",
                schema(&[
                    ("ticket", text_field("its ID")),
                    ("field", text_field("title, status, priority, assignee or due_on")),
                    ("value", text_field("the new value; a handle for assignee, YYYY-MM-DD for due_on")),
                ]),
            ),
            Tool::ProposeComment => (
                "Proposes a comment on a record.",
                schema(&[("record", text_field("its ID")), ("body", text_field("Markdown"))]),
            ),
            Tool::ProposeMemory => (
                "Proposes to keep something lasting in the company's memory.",
                schema(&[
                    ("title", text_field("the statement in one line")),
                    ("body", text_field("Markdown; may be empty")),
                    (
                        "type",
                        text_field(
                            "priority, constraint, non_goal, assumption, fact, commitment, learning, preference or status",
                        ),
                    ),
                    ("place", text_field(place)),
                ]),
            ),
            Tool::WebSearch => (
                "Looks something up in the web. Never put text of records into the words.",
                schema(&[("query", text_field("a few general words"))]),
            ),
            Tool::WebFetch => (
                "Reads a page whose address the person typed or a search of this answer found.",
                schema(&[("address", text_field("the whole address"))]),
            ),
        }
    }

    fn action(self) -> Option<ActionKind> {
        match self {
            Tool::ProposeTicket => Some(ActionKind::CreateTicket),
            Tool::ProposeChange => Some(ActionKind::ChangeTicket),
            Tool::ProposeComment => Some(ActionKind::WriteComment),
            Tool::ProposeMemory => Some(ActionKind::KeepMemory),
            _ => None,
        }
    }

    fn is_offered(self, sources: &[SourceGroup]) -> bool {
        match self {
            Tool::WebSearch | Tool::WebFetch => sources.contains(&SourceGroup::Web),
            Tool::List => sources.contains(&SourceGroup::Tickets),
            Tool::Search => sources.iter().any(|source| !source.kinds().is_empty()),
            _ => true,
        }
    }
}

/// The prompt with all tools that these sources allow.
pub fn offer(prompt: Prompt, sources: &[SourceGroup]) -> Prompt {
    Tool::ALL.iter().filter(|tool| tool.is_offered(sources)).fold(prompt, |prompt, tool| {
        let (about, parameters) = tool.about();
        prompt.tool(tool.as_str(), about, parameters)
    })
}

/// What is not there, or not theirs to see, is told the same way. Errors of ours are passed on.
pub fn call(
    tx: &mut Tx,
    me: &Actor,
    turn: TurnId,
    sources: &[SourceGroup],
    tool: Tool,
    said: &Value,
) -> Result<Outcome> {
    let text = |name: &str| said.get(name).and_then(Value::as_str).unwrap_or_default().trim().replace('\0', "");
    if !tool.is_offered(sources) {
        return Ok(Outcome::Words(NO_SUCH_TOOL));
    }
    match tool {
        Tool::Search => {
            let Some(words) = Words::parse(&text("query")) else { return Ok(Outcome::Words(ODD_ARGUMENTS)) };
            let hits = find(tx, me, Question::new(words), sources, MAX_HITS)?;
            let mut found = read(tx, me, hits.iter().map(|(id, _)| *id).collect(), 0)?;
            for material in &mut found {
                let passage = hits.iter().find(|(id, _)| *id == material.record).map(|(_, passage)| passage.as_str());
                material.text.push_str(passage.unwrap_or_default());
            }
            Ok(Outcome::Materials(found))
        }
        Tool::Read => {
            let found = Record::find_many(tx, me, vec![text("id").to_uppercase()])?;
            let ids = found.iter().map(|record| record.id.0).collect();
            Ok(Outcome::Materials(read(tx, me, ids, NAMED_CHARS)?))
        }
        Tool::List => list(tx, me, &text),
        Tool::WebSearch => Ok(Outcome::Look(text("query"))),
        Tool::WebFetch => Ok(Outcome::Fetch(text("address"))),
        _ => match tool.action() {
            Some(kind) => propose(tx, me, turn, kind, said),
            None => Ok(Outcome::Words(NO_SUCH_TOOL)),
        },
    }
}

fn list(tx: &mut Tx, me: &Actor, text: &dyn Fn(&str) -> String) -> Result<Outcome> {
    let (key, handle, day) = (text("project").to_uppercase(), text("assignee"), text("due_before"));
    let mut filter = Filter { open_only: true, ..Filter::default() };
    if !key.is_empty() {
        let Some(project) = me.project(&key) else { return Ok(Outcome::Materials(Vec::new())) };
        filter.project = Some(project.id);
    }
    if !handle.is_empty() {
        let Ok(face) = Face::by_handle(tx, "assignee", &handle) else { return Ok(Outcome::Materials(Vec::new())) };
        filter.assignee = Some(Some(face.id));
    }
    filter.statuses = Status::parse(&text("status")).into_iter().collect();
    if !day.is_empty() {
        let Ok(day) = crate::web::parse_date(&day) else { return Ok(Outcome::Words(ODD_ARGUMENTS)) };
        filter.due_before = Some(day);
    }
    let by_due = sort_of(&SORTS, "due");
    let page = filter.tickets(tx, me, by_due, None, MAX_TICKETS)?;
    let ids = page.rows.iter().map(|ticket| ticket.record.id.0).collect();
    Ok(Outcome::Materials(read(tx, me, ids, 0)?))
}

/// The model is told what is wrong with its proposal in fixed words, so that nothing of a record comes back through an error.
fn propose(tx: &mut Tx, me: &Actor, turn: TurnId, kind: ActionKind, said: &Value) -> Result<Outcome> {
    match Action::propose(tx, me, turn, kind, said) {
        Ok(()) => Ok(Outcome::Words(PROPOSED)),
        Err(Error::Invalid(problems)) => {
            Ok(Outcome::Words(match problems.iter().next().map(|(field, _)| field).unwrap_or_default() {
                "assignee" => "Not proposed: nobody has this handle. Leave the assignee empty, or read who there is.",
                "place" => "Not proposed: the person can write nothing in this place.",
                "ticket" | "record" => "Not proposed: the person sees no record with this ID.",
                "title" => "Not proposed: the title must be one line of 1 to 255 characters.",
                "value" => "Not proposed: the ticket has this value already, or the value does not fit the field.",
                "" => "Not proposed: there are too many cards under this answer already.",
                _ => "Not proposed: one of the fields is empty, too long or not among the words it takes.",
            }))
        }
        Err(Error::Forbidden(_) | Error::NotFound) => {
            Ok(Outcome::Words("Not proposed: the person may not do this there."))
        }
        Err(other) => Err(other),
    }
}
