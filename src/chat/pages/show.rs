//! `/chats` and `/chats/CHAT-12`.

use super::{Cited, Pane, cited};
use crate::access::Kind;
use crate::ai::{KeptCall, Sent};
use crate::chat::board::Doing;
use crate::chat::model::*;
use crate::db::paging::Page;
use crate::error::{Msg, Problems};
use crate::files::Attachments;
use crate::records::{Record, Resolved};
use crate::related::Address;
use crate::ui::{Choice, Shell, filters, text};
use askama::Template;
use chrono::{DateTime, Utc};
use std::collections::HashMap;
use uuid::Uuid;

#[derive(Template)]
#[template(path = "chats/show.html")]
pub struct Show {
    pub shell: Shell,
    pub pane: Pane,
    /// None for one about to be begun.
    pub chat: Option<Chat>,
    pub turns: Vec<TurnView>,
    pub attachments: Attachments,
    pub composer: Composer,
    pub is_renaming: bool,
    pub problems: Problems,
}

/// Where a question is written.
pub struct Composer {
    pub question: String,
    pub assistants: Vec<Choice>,
    pub sources: Vec<SourceChoice>,
    /// The last turn of the branch, which the next one follows.
    pub parent: String,
    /// Why nothing can be asked now.
    pub closed: Option<Msg>,
    /// Whether who reads may change that.
    pub can_manage: bool,
}

pub struct SourceChoice {
    pub group: SourceGroup,
    pub is_on: bool,
    pub is_offered: bool,
}

/// A question with its answer, as the page shows it.
pub struct TurnView {
    pub turn: Turn,
    pub assistant: String,
    /// The question with its references, sanitised.
    pub question_html: String,
    /// The answer, sanitised; empty when there is none (yet).
    pub html: String,
    pub cited: Vec<Cited>,
    /// Made from something that the reader cannot open any more: then it is not shown.
    pub is_closed: bool,
    pub problem: Option<Msg>,
    /// What it does while it runs.
    pub doing: Option<String>,
    pub siblings: Siblings,
    pub actions: Vec<ActionCard>,
    pub searches: Vec<WebSearch>,
    pub is_editing: bool,
    /// What was sent for it, the first first.
    pub calls: Vec<KeptCall>,
}

/// Other questions and answers in this place.
#[derive(Debug, Clone, Default)]
pub struct Siblings {
    /// From 1.
    pub position: usize,
    pub count: usize,
    pub before: Option<TurnId>,
    pub after: Option<TurnId>,
}

/// What an answer would do.
pub struct ActionCard {
    pub action: Action,
    pub preview: Lines,
    /// As the model wrote them, or as the person left them.
    pub fields: Fields,
    pub result: Option<Record>,
    pub is_editing: bool,
    pub problems: Problems,
}

impl ActionCard {
    /// Message key of a field.
    pub fn field_label(&self, name: &str) -> String {
        format!("chat-field-{}", name.replace('_', "-"))
    }

    pub fn is_long(&self, name: &str) -> bool {
        name == "body"
    }
}

impl TurnView {
    pub fn path(&self, chat: &Record) -> String {
        format!("{}/turns/{}", chat.path(), self.turn.id)
    }

    /// How long it took, in whole seconds.
    pub fn seconds(&self) -> i64 {
        self.turn.finished_at.map_or(0, |end| (end - self.turn.asked_at).num_seconds().max(1))
    }

    pub fn is_running(&self) -> bool {
        self.turn.is_running()
    }

    pub fn waits_for_person(&self) -> bool {
        let wants = self.searches.iter().any(|search| search.state == SearchState::Asked);
        wants || self.actions.iter().any(|card| card.action.is_pending())
    }
}

/// What the page is drawn from, loaded in one transaction.
pub struct Loaded {
    pub chat: Chat,
    pub all: Vec<Turn>,
    /// What this server answers just now stands in it as far as it came.
    pub branch: Vec<Turn>,
    pub doing: HashMap<TurnId, Doing>,
    pub readable: std::collections::BTreeSet<Uuid>,
    pub resolved: Resolved,
    pub actions: Vec<(Action, Lines)>,
    pub results: Vec<Record>,
    pub searches: Vec<WebSearch>,
    pub pages: Vec<CitedPage>,
    pub assistants: Vec<Assistant>,
    pub attachments: Attachments,
    pub calls: Vec<KeptCall>,
}

/// What of the page is open for editing.
#[derive(Debug, Clone, Default)]
pub struct Editing {
    pub question: Option<TurnId>,
    pub card: Option<EditedCard>,
    pub is_renaming: bool,
}

/// A card whose fields are open.
#[derive(Debug, Clone)]
pub struct EditedCard {
    pub id: ActionId,
    /// None before anybody typed.
    pub typed: Option<Fields>,
    pub problems: Problems,
}

impl Loaded {
    pub fn turns(&self, editing: &Editing) -> Vec<TurnView> {
        self.branch.iter().map(|turn| self.view(turn, editing)).collect()
    }

    fn view(&self, turn: &Turn, editing: &Editing) -> TurnView {
        let is_closed = turn.records.iter().any(|record| !self.readable.contains(record));
        let space = turn.id.to_string();
        let pages: Vec<CitedPage> = self.pages.iter().filter(|page| page.turn_id == turn.id).cloned().collect();
        let (html, cited) = match is_closed {
            true => (String::new(), Vec::new()),
            false => cited(&space, &turn.answer, &turn.records, &self.resolved, &pages),
        };
        let doing = self.doing.get(&turn.id).copied().unwrap_or(Doing::Thinking);
        let doing = turn.is_running().then(|| text(&format!("chat-doing-{doing}")));
        let assistant = self.assistants.iter().find(|assistant| assistant.key == turn.assistant);
        TurnView {
            assistant: assistant.or(self.assistants.first()).map(|found| found.name.clone()).unwrap_or_default(),
            question_html: self.resolved.html(&format!("q-{space}"), &turn.question),
            html,
            cited,
            is_closed,
            problem: turn.problem(),
            doing,
            siblings: self.siblings(turn),
            actions: if is_closed { Vec::new() } else { self.cards(turn, editing) },
            searches: if is_closed {
                Vec::new()
            } else {
                self.searches.iter().filter(|search| search.turn_id == turn.id).cloned().collect()
            },
            is_editing: editing.question == Some(turn.id),
            calls: self.calls.iter().filter(|call| call.part == turn.id.0).cloned().collect(),
            turn: turn.clone(),
        }
    }

    fn cards(&self, turn: &Turn, editing: &Editing) -> Vec<ActionCard> {
        let own = self.actions.iter().filter(|(action, _)| action.turn_id == turn.id);
        own.map(|(action, preview)| {
            let edited = editing.card.as_ref().filter(|card| card.id == action.id);
            ActionCard {
                action: action.clone(),
                preview: preview.clone(),
                fields: edited.and_then(|card| card.typed.clone()).unwrap_or_else(|| action.fields()),
                result: action.result_id.and_then(|id| self.results.iter().find(|record| record.id.0 == id)).cloned(),
                is_editing: edited.is_some() && action.is_pending(),
                problems: edited.map(|card| card.problems.clone()).unwrap_or_default(),
            }
        })
        .collect()
    }

    fn siblings(&self, turn: &Turn) -> Siblings {
        let all: Vec<&Turn> = self.all.iter().filter(|other| other.parent_id == turn.parent_id).collect();
        let at = all.iter().position(|other| other.id == turn.id).unwrap_or_default();
        let id = |at: usize| all.get(at).map(|turn| turn.id);
        Siblings { position: at + 1, count: all.len(), before: at.checked_sub(1).and_then(id), after: id(at + 1) }
    }
}

impl Composer {
    pub fn new(assistants: &[Assistant], chosen: &str, sources: &[SourceGroup], has_web: bool) -> Self {
        let source = |group: &SourceGroup| SourceChoice {
            group: *group,
            is_on: sources.contains(group) && (has_web || *group != SourceGroup::Web),
            is_offered: has_web || *group != SourceGroup::Web,
        };
        Composer {
            question: String::new(),
            assistants: assistant_choices(assistants, chosen),
            sources: SourceGroup::ALL.iter().map(source).collect(),
            parent: String::new(),
            closed: None,
            can_manage: false,
        }
    }
}

impl Composer {
    pub fn has_web(&self) -> bool {
        self.sources.iter().all(|source| source.is_offered)
    }
}

pub fn assistant_choices(assistants: &[Assistant], chosen: &str) -> Vec<Choice> {
    assistants.iter().map(|one| Choice::new(&one.key, one.name.clone(), one.key == chosen)).collect()
}

impl Show {
    pub fn title(&self) -> String {
        self.chat.as_ref().map_or_else(|| text("chat-new"), |chat| chat.record.title.clone())
    }

    pub fn is_running(&self) -> bool {
        self.turns.iter().any(TurnView::is_running)
    }

    /// Where the next question goes.
    pub fn action(&self) -> String {
        match &self.chat {
            Some(chat) => format!("{}/turns", chat.record.path()),
            None => self.shell.scoped("/chats"),
        }
    }

    fn of_sample(chat: Option<Chat>, turns: Vec<TurnView>) -> Self {
        let assistants = Assistant::samples();
        let chats = chat.iter().cloned().chain([sample_chat("CHAT-3", "Winter timetable: what is left")]).collect();
        let now = DateTime::<Utc>::UNIX_EPOCH + chrono::Duration::days(20_001);
        let open = chat.as_ref().map(|chat| chat.record.display_id.clone()).unwrap_or_default();
        let sources = [SourceGroup::Memory, SourceGroup::Docs, SourceGroup::Tickets, SourceGroup::Decisions];
        let page = Page { rows: chats, next: None };
        Show {
            shell: Shell::sample("chat"),
            pane: Pane::new(page, Address::plain("/chats"), &open, now, chrono_tz::UTC),
            chat,
            turns,
            attachments: Attachments::sample(),
            composer: Composer::new(&assistants, "chief_of_staff", &sources, false),
            is_renaming: false,
            problems: Problems::default(),
        }
    }

    pub fn new_sample() -> Self {
        Show::of_sample(None, Vec::new())
    }

    pub fn off_sample() -> Self {
        let mut show = Show::of_sample(None, Vec::new());
        show.composer.closed = Some(Msg::new("ai-fault-no-key"));
        show.composer.can_manage = true;
        show
    }

    pub fn sample() -> Self {
        let question = "Why did the 11:20 from Marnes not sail on 14 October, and what have we changed since?";
        let answer = "The tide window at Marnes moved after the plan was signed. [RISK-3]\n\nTwo things have changed:\n\n\
                      - A person must agree before a moved sailing is published. [DEC-7]\n- Recalculation is **due tomorrow**. [ATL-142]";
        let mut done = Turn::sample(1, State::Done, question, answer);
        let records = [
            Record::sample(Kind::Risk, "RISK-3", "Predictions change after departure"),
            Record::sample(Kind::Decision, "DEC-7", "A person agrees first"),
            Record::sample(Kind::Ticket, "ATL-142", "Recalculate crossings"),
        ];
        done.records = records.iter().map(|record| record.id.0).collect();
        let mut failed = Turn::sample(2, State::Failed, "Who has agreed to it?", "Ada Lindqvist and");
        failed.parent_id = Some(done.id);
        failed.reason = Some("cut".to_owned());
        Show::of_turns(vec![done, failed], records.to_vec(), Vec::new(), Vec::new())
    }

    pub fn waiting_sample() -> Self {
        let turn =
            Turn::sample(3, State::Waiting, "Open a ticket about the repayments. What does the harbour say?", "");
        let mut running = Turn::sample(4, State::Running, "And the winter timetable?", "");
        running.parent_id = Some(turn.id);
        let search = WebSearch {
            id: SearchId(Uuid::from_u128(7)),
            turn_id: turn.id,
            query: "Marnes harbour sailings October".to_owned(),
            state: SearchState::Asked,
        };
        let action = Action::sample(turn.id);
        let preview = vec![
            ("title".to_owned(), String::new(), "Were the passengers of the 11:20 repaid?".to_owned()),
            ("place".to_owned(), String::new(), "Beacon".to_owned()),
        ];
        Show::of_turns(vec![turn, running], Vec::new(), vec![(action, preview)], vec![search])
    }

    fn of_turns(
        turns: Vec<Turn>,
        records: Vec<Record>,
        actions: Vec<(Action, Lines)>,
        searches: Vec<WebSearch>,
    ) -> Self {
        let chat = sample_chat("CHAT-4", "Why did the 11:20 not sail?");
        let loaded = Loaded {
            chat: chat.clone(),
            all: turns.clone(),
            branch: turns,
            doing: HashMap::new(),
            readable: records.iter().map(|record| record.id.0).collect(),
            resolved: Resolved { records, people: Vec::new() },
            actions,
            results: Vec::new(),
            searches,
            pages: Vec::new(),
            assistants: Assistant::samples(),
            attachments: Attachments::sample(),
            calls: Vec::new(),
        };
        let views = loaded.turns(&Editing::default());
        Show::of_sample(Some(chat), views)
    }
}

fn sample_chat(id: &str, title: &str) -> Chat {
    Chat::sample(Record::sample(Kind::Chat, id, title))
}

/// The answer alone, for the stream and for who swaps it in.
#[derive(Template)]
#[template(path = "chats/said.html")]
pub struct Said {
    pub html: String,
    pub doing: String,
}

/// By name, as a form sent them.
pub fn fields_sent(kind: ActionKind, form: &crate::web::Form) -> Fields {
    kind.fields().iter().map(|name| ((*name).to_owned(), form.text(name).to_owned())).collect()
}

/// What would leave for a question that is not asked yet.
#[derive(Template)]
#[template(path = "chats/preview.html")]
pub struct Preview {
    pub shell: Shell,
    pub sent: Sent,
    /// Where the question was typed.
    pub back: String,
    /// Why it could not leave at all.
    pub closed: Option<Msg>,
}

impl Preview {
    pub fn sample() -> Self {
        Preview { shell: Shell::sample("chat"), sent: Sent::sample(), back: "/chats".to_owned(), closed: None }
    }
}
