//! What happened at Halden, in the order in which it did.

mod stakes;

use super::company::{Cast, right};
use super::script::{self, Decision, Page, Ticket};
use crate::access::{Actor, Place, Thing, Verb, can};
use crate::comments::NewComment;
use crate::db::Tx;
use crate::decisions::{self, NewDecision};
use crate::docs::{DocId, NewDoc, parse_icon};
use crate::error::{Error, Result};
use crate::records::{Edit, LinkKind, Record};
use crate::text::value::{Body, Tag, Title};
use crate::tickets::{self, Field, NewTicket, Status, TicketKind};
use chrono::{DateTime, Duration, Utc};
use std::collections::HashMap;

/// One company, whenever it is founded.
const SEED: u64 = 0x7469_6465;
/// Notes of a week are kept this far back.
const WEEKS: i64 = 14;
const PROJECTS: [(&str, &str); 5] =
    [("ATL", "dov"), ("BCN", "cleo"), ("QUAY", "ines"), ("CRW", "rhona"), ("FLT", "jonas")];

/// Something that happens, so many days ago.
enum Event {
    Ticket(usize),
    Status(usize, Status),
    Comment(usize, &'static str, &'static str),
    Page(usize),
    Decision(usize),
    Risk(usize),
    RiskStatus(usize, &'static str),
    Experiment(usize),
    Result(usize),
    Week(&'static str, &'static str, i64),
}

/// Throws that fall the same way each time (xorshift, Marsaglia 2003).
struct Dice(u64);

impl Dice {
    /// From 0 up to 1.
    fn throw(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        f64::from(u32::try_from(self.0 >> 40).unwrap_or_default()) / f64::from(1_u32 << 24)
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> Option<T> {
        let count = u32::try_from(from.len()).unwrap_or_default();
        // The product is below the length, which is small.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and a small length")]
        let index = (self.throw() * f64::from(count)) as usize;
        from.get(index).copied()
    }
}

struct Story<'s> {
    now: DateTime<Utc>,
    cast: &'s Cast,
    tickets: Vec<Ticket>,
    pages: Vec<Page>,
    decisions: Vec<Decision>,
    risks: Vec<script::Risk>,
    experiments: Vec<script::Experiment>,
    /// Display IDs, by index.
    ticket_ids: HashMap<usize, String>,
    decision_ids: HashMap<&'static str, String>,
    risk_ids: HashMap<usize, String>,
    experiment_ids: HashMap<usize, String>,
    page_ids: HashMap<usize, DocId>,
    /// Project, display ID, title and age of what was finished.
    finished: Vec<(&'static str, String, &'static str, f64)>,
    week_pages: HashMap<&'static str, DocId>,
    made: usize,
}

pub fn play(tx: &mut Tx, now: DateTime<Utc>, cast: &Cast, progress: &mut dyn FnMut(&str, u64)) -> Result<usize> {
    let mut story = Story {
        now,
        cast,
        tickets: script::tickets()?,
        pages: script::pages()?,
        decisions: script::decisions()?,
        risks: script::risks()?,
        experiments: script::experiments()?,
        ticket_ids: HashMap::new(),
        decision_ids: HashMap::new(),
        risk_ids: HashMap::new(),
        experiment_ids: HashMap::new(),
        page_ids: HashMap::new(),
        finished: Vec::new(),
        week_pages: HashMap::new(),
        made: 0,
    };
    for (number, (age, event)) in story.events().into_iter().enumerate() {
        tx.now = story.at(age);
        story.happen(tx, age, &event)?;
        progress("demo", number as u64);
    }
    story.link(tx)?;
    Ok(story.made)
}

impl Story<'_> {
    /// Oldest first.
    fn events(&self) -> Vec<(f64, Event)> {
        let (mut dice, words) = (Dice(SEED), script::words());
        let mut events = Vec::new();
        let mut ages: Vec<f64> = Vec::new();
        for (index, ticket) in self.tickets.iter().enumerate() {
            let above = ticket.parent.and_then(|parent| ages.get(parent)).copied().unwrap_or(f64::MAX);
            // Half an hour to half a day after its neighbours, never before its parent.
            let age = (ticket.age - dice.throw() * 0.4).min(above - 0.02).max(0.05);
            ages.push(age);
            events.push((age, Event::Ticket(index)));
            for (part, status) in steps(ticket.status) {
                events.push((age * (part + dice.throw() * 0.12), Event::Status(index, *status)));
            }
            for (author, at, said) in &ticket.comments {
                events.push((at.min(age * 0.95), Event::Comment(index, author, said)));
            }
            let is_quiet = ticket.comments.is_empty() && ticket.kind != TicketKind::Subtask;
            if is_quiet
                && dice.throw() < 0.35
                && let (Some(said), Some(author)) =
                    (dice.pick(&words), dice.pick(&[ticket.author, "ada", ticket.assignee]))
                && author != "."
            {
                events.push((age * (0.2 + dice.throw() * 0.6), Event::Comment(index, author, said)));
            }
        }
        events.extend(self.pages.iter().enumerate().map(|(index, page)| (page.age, Event::Page(index))));
        events
            .extend(self.decisions.iter().enumerate().map(|(index, decision)| (decision.age, Event::Decision(index))));
        for (index, risk) in self.risks.iter().enumerate() {
            events.push((risk.age, Event::Risk(index)));
            if risk.status != "open" {
                events.push((risk.age * 0.6, Event::RiskStatus(index, risk.status)));
            }
        }
        for (index, experiment) in self.experiments.iter().enumerate() {
            events.push((experiment.age, Event::Experiment(index)));
            events.push((experiment.ended.unwrap_or(experiment.age * 0.3), Event::Result(index)));
        }
        for (project, author) in PROJECTS {
            // Friday afternoons would be better still, but the demo begins on any day.
            events.extend((1..=WEEKS).map(|week| (days(week * 7) - 6.6, Event::Week(project, author, week))));
        }
        events.sort_by(|a, b| b.0.total_cmp(&a.0));
        events
    }

    fn at(&self, age: f64) -> DateTime<Utc> {
        #[expect(clippy::cast_possible_truncation, reason = "minutes of half a year")]
        let minutes = (age * 1440.0) as i64;
        self.now - Duration::minutes(minutes.max(3))
    }

    fn happen(&mut self, tx: &mut Tx, age: f64, event: &Event) -> Result<()> {
        match event {
            Event::Ticket(index) => self.make_ticket(tx, *index),
            Event::Status(index, status) => self.set_status(tx, *index, *status, age),
            Event::Comment(index, author, said) => self.comment(tx, *index, author, said),
            Event::Page(index) => self.make_page(tx, *index),
            Event::Decision(index) => self.decide(tx, *index),
            Event::Risk(index) => self.make_risk(tx, *index),
            Event::RiskStatus(index, status) => self.set_risk(tx, *index, status),
            Event::Experiment(index) => self.make_experiment(tx, *index),
            Event::Result(index) => self.end_experiment(tx, *index),
            Event::Week(project, author, week) => self.note_week(tx, project, author, *week),
        }
    }

    fn ticket(&self, index: usize) -> Result<(&Ticket, &Actor)> {
        let ticket = self.tickets.get(index).ok_or(Error::NotFound)?;
        Ok((ticket, self.cast.actor(ticket.author)?))
    }

    fn make_ticket(&mut self, tx: &mut Tx, index: usize) -> Result<()> {
        let (ticket, me) = self.ticket(index)?;
        let new = NewTicket {
            place: place(me, ticket.project)?,
            kind: ticket.kind,
            title: right(Title::parse(ticket.title))?,
            body: right(Body::parse(&ticket.body))?,
            status: if ticket.status == Status::Backlog { Status::Backlog } else { Status::Todo },
            priority: ticket.priority,
            assignee: self.cast.id(ticket.assignee)?,
            parent: ticket.parent.and_then(|parent| self.ticket_ids.get(&parent)).cloned(),
            labels: right(Tag::parse_list(ticket.tags))?,
            start_on: None,
            due_on: ticket.due.map(|days| (self.now + Duration::days(days)).date_naive()),
            estimate: None,
        };
        let id = new.create(tx, me)?.record.display_id;
        self.ticket_ids.insert(index, id);
        self.made += 1;
        Ok(())
    }

    fn set_status(&mut self, tx: &mut Tx, index: usize, status: Status, age: f64) -> Result<()> {
        let (ticket, author) = self.ticket(index)?;
        let me = if ticket.assignee == "." { author } else { self.cast.actor(ticket.assignee)? };
        // Who was given it may have no access there; then its author moves it.
        let me = if me.project(ticket.project).is_some_and(|project| can(me, Verb::Edit, &Thing::Project(project.id))) {
            me
        } else {
            author
        };
        let id = self.ticket_ids.get(&index).ok_or(Error::NotFound)?.clone();
        let (project, title) = (ticket.project, ticket.title);
        tickets::Ticket::edit(tx, me, &id, &Edit { field: Field::Status, value: status.to_string(), was: None })?;
        if status == Status::Done {
            self.finished.push((project, id, title, age));
        }
        Ok(())
    }

    fn comment(&self, tx: &mut Tx, index: usize, author: &str, said: &str) -> Result<()> {
        let id = self.ticket_ids.get(&index).ok_or(Error::NotFound)?;
        let me = self.cast.actor(author)?;
        let record = match Record::find_any(tx, me, id) {
            // A stranger to the project has nothing to say there.
            Err(Error::NotFound) => return Ok(()),
            found => found?,
        };
        NewComment::parse(said, None)?.write(tx, me, &record).map(drop)
    }

    fn make_page(&mut self, tx: &mut Tx, index: usize) -> Result<()> {
        let page = self.pages.get(index).ok_or(Error::NotFound)?.clone();
        let me = self.cast.actor(page.author)?;
        let parent =
            page.parent.map(|parent| self.page_ids.get(&parent).copied().ok_or(Error::NotFound)).transpose()?;
        let new = NewDoc {
            place: place(me, page.place)?,
            parent,
            title: right(Title::parse(page.title))?,
            body: right(Body::parse(page.body))?,
            icon: parse_icon(page.icon).unwrap_or_default(),
        };
        let doc = new.create(tx, me)?;
        self.page_ids.insert(index, doc.id());
        self.made += 1;
        Ok(())
    }

    fn decide(&mut self, tx: &mut Tx, index: usize) -> Result<()> {
        let decision = self.decisions.get(index).ok_or(Error::NotFound)?.clone();
        let me = self.cast.actor(decision.author)?;
        let [context, words, alternatives, consequences] = decision.texts.map(|text| Body::parse(&text));
        let status = decisions::Status::parse(decision.status).ok_or_else(|| Error::broken("a status of the demo"))?;
        let today = tx.now.date_naive();
        let new = NewDecision {
            place: place(me, decision.place)?,
            title: right(Title::parse(decision.title))?,
            status,
            context: right(context)?,
            decision: right(words)?,
            alternatives: right(alternatives)?,
            consequences: right(consequences)?,
            decided_on: (status != decisions::Status::Proposed).then_some(today),
            review_on: index.is_multiple_of(3).then_some(today + Duration::days(180)),
            tags: right(Tag::parse_list(decision.tags))?,
            supersedes: decision.supersedes.and_then(|name| self.decision_ids.get(name)).cloned(),
        };
        let made = new.create(tx, me)?;
        self.decision_ids.insert(decision.name, made.record.display_id);
        self.made += 1;
        Ok(())
    }

    /// What was finished in the seven days before, on a page below the project's weeks.
    fn note_week(&mut self, tx: &mut Tx, project: &'static str, author: &str, week: i64) -> Result<()> {
        let me = self.cast.actor(author)?;
        let parent = match self.week_pages.get(project) {
            Some(parent) => *parent,
            None => {
                let weeks = page(
                    me,
                    project,
                    None,
                    "Weeks",
                    "A page for each week: what was finished, and nothing else.",
                    "calendar",
                )?;
                let id = weeks.create(tx, me)?.id();
                self.week_pages.insert(project, id);
                self.made += 1;
                id
            }
        };
        let (from, until) = (days(week * 7) + 0.4, days(week * 7) - 6.6);
        let done = self.finished.iter().filter(|(of, _, _, age)| *of == project && *age <= from && *age > until);
        let lines: Vec<String> = done.map(|(_, id, title, _)| format!("- {id} {title}")).collect();
        let body = match lines.is_empty() {
            true => "Nothing was finished this week. What is under way went on.".to_owned(),
            false => format!("Finished:\n\n{}", lines.join("\n")),
        };
        let title = format!("Week to {}", tx.now.format("%-d %B"));
        page(me, project, Some(parent), &title, &body, "")?.create(tx, me)?;
        self.made += 1;
        Ok(())
    }

    /// When everything stands, because a link may point at what came later.
    fn link(&self, tx: &mut Tx) -> Result<()> {
        tx.now = self.at(0.5);
        let named: HashMap<&str, usize> =
            self.tickets.iter().enumerate().filter_map(|(index, ticket)| Some((ticket.name?, index))).collect();
        for (index, ticket) in self.tickets.iter().enumerate() {
            for (kind, name) in &ticket.links {
                let other = named.get(name).and_then(|other| self.ticket_ids.get(other));
                let (Some(id), Some(other), Some(kind)) = (self.ticket_ids.get(&index), other, LinkKind::parse(kind))
                else {
                    continue;
                };
                let me = self.cast.actor(ticket.author)?;
                let (from, to) = (Record::find_any(tx, me, id)?, Record::find_any(tx, me, other)?);
                from.link(tx, me, kind, &to)?;
            }
        }
        Ok(())
    }
}

fn page(
    me: &Actor,
    project: &str,
    parent: Option<DocId>,
    title: &str,
    body: &str,
    icon: &'static str,
) -> Result<NewDoc> {
    Ok(NewDoc {
        place: place(me, project)?,
        parent,
        title: right(Title::parse(title))?,
        body: right(Body::parse(body))?,
        icon,
    })
}

/// When, as a part of a ticket's age, it came into which status.
fn steps(status: Status) -> &'static [(f64, Status)] {
    match status {
        Status::Backlog | Status::Todo => &[],
        Status::InProgress => &[(0.5, Status::InProgress)],
        Status::Blocked => &[(0.7, Status::InProgress), (0.4, Status::Blocked)],
        Status::InReview => &[(0.6, Status::InProgress), (0.15, Status::InReview)],
        Status::Done => &[(0.8, Status::InProgress), (0.55, Status::Done)],
        Status::Canceled => &[(0.5, Status::Canceled)],
    }
}

fn place(me: &Actor, key: &str) -> Result<Place> {
    match key {
        "org" => me.organisation_id().map(Place::Organisation).ok_or(Error::NotFound),
        key => me
            .project(key)
            .map(|project| Place::Project(project.id))
            .ok_or_else(|| Error::broken(format!("the demo puts somebody into {key} who may not be there"))),
    }
}

fn days(days: i64) -> f64 {
    f64::from(i32::try_from(days).unwrap_or_default())
}
