//! A table of work, checked line by line against the people and tickets that are here.

use crate::access::{Actor, Place};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Error, Msg, Result};
use crate::people::PersonId;
use crate::records::{MAX_TAGS, known_among};
use crate::text::csv::{Column, LineProblem, Row, Table, WORK_COLUMNS};
use crate::text::value::{Body, Tag, Title};
use crate::tickets::{
    DEFAULT_PRIORITY, Imported, ImportedParent, MAX_IMPORT, Status, Ticket, TicketKind, import_tickets, parse_estimate,
    parse_priority,
};
use crate::web::parse_date;
use chrono::NaiveDate;
use diesel::QueryableByName;
use diesel::sql_types::{Text, Uuid as SqlUuid};
use std::collections::{BTreeSet, HashMap};
use std::io::Read;

/// What a file holds, before anything is made.
#[derive(Debug, Default)]
pub struct Found {
    pub good: Vec<Good>,
    /// In the order of the file.
    pub bad: Vec<LineProblem>,
    /// Names of the columns that are understood.
    pub columns: Vec<&'static str>,
    /// Heads of the columns that are passed over.
    pub passed_over: Vec<String>,
    /// Named as assignees, and nobody here; their tickets will have nobody.
    pub unknown_people: BTreeSet<String>,
    /// Not in use here yet.
    pub new_labels: BTreeSet<String>,
}

/// A line that becomes a ticket.
#[derive(Debug, Clone)]
pub struct Good {
    pub line: u64,
    /// As the other program called it.
    key: String,
    parent: String,
    pub ticket: Imported,
}

impl Found {
    /// Makes the good lines; the bad ones are left out, so ask before when there are any.
    pub fn create(&self, tx: &mut Tx, me: &Actor, place: Place) -> Result<usize> {
        let tickets: Vec<&Imported> = self.good.iter().map(|good| &good.ticket).collect();
        import_tickets(tx, me, place, &tickets)
    }
}

#[derive(QueryableByName)]
struct Known {
    #[diesel(sql_type = SqlUuid)]
    id: PersonId,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    handle: String,
    #[diesel(sql_type = Text)]
    email: String,
}

/// People by the lower-cased ways to name them.
fn people(tx: &mut Tx) -> Result<HashMap<String, PersonId>> {
    let sql = Sql::named(
        "imports::people",
        "select p.id, p.name, p.handle, p.email from people p join memberships m on m.person_id = p.id where p.deactivated_at is null order by p.created_at desc",
    );
    let known: Vec<Known> = sql.load(tx.conn())?;
    Ok(known
        .into_iter()
        .flat_map(|person| [person.name, person.handle, person.email].map(|word| (word.to_lowercase(), person.id)))
        .collect())
}

/// The columns that are taken; when a ticket was made elsewhere is not, because here it is made now.
fn columns() -> Vec<Column> {
    WORK_COLUMNS.into_iter().filter(|(name, _)| *name != "created").collect()
}

/// Reads a table for a project. `Invalid` when it is none, its first line names no title, or it has more than `MAX_IMPORT` lines.
pub fn read_tickets(tx: &mut Tx, me: &Actor, place: Place, source: impl Read) -> Result<Found> {
    let table = Table::open(source, &columns(), "title").map_err(|problem| Error::invalid("file", problem.msg))?;
    let mut found = Found { columns: table.known(), passed_over: table.unknown.clone(), ..Found::default() };
    let people = people(tx)?;
    let mut labels = BTreeSet::new();
    for row in table {
        if found.good.len() + found.bad.len() >= MAX_IMPORT {
            return Err(Error::invalid("file", Msg::new("problem-import-many").with("max", MAX_IMPORT)));
        }
        match row.and_then(|row| good(row, &people, &mut found.unknown_people)) {
            Ok(good) => {
                labels.extend(good.ticket.labels.iter().map(|label| label.as_str().to_owned()));
                found.good.push(good);
            }
            Err(problem) => found.bad.push(problem),
        }
    }
    let known = known_among(tx, me, labels.iter().cloned().collect())?;
    found.new_labels = labels.difference(&known).cloned().collect();
    let here = parents_here(tx, me, place, &found.good)?;
    settle_parents(&mut found, &here);
    found.bad.sort_by_key(|problem| problem.line);
    Ok(found)
}

fn good(row: Row, people: &HashMap<String, PersonId>, unknown: &mut BTreeSet<String>) -> Result<Good, LineProblem> {
    let line = row.line;
    check(row, people, unknown).map_err(|msg| LineProblem { line, msg, ends: false })
}

fn check(mut row: Row, people: &HashMap<String, PersonId>, unknown: &mut BTreeSet<String>) -> Result<Good, Msg> {
    let line = row.line;
    let mut take = |name: &str| row.fields.remove(name).unwrap_or_default();
    let key = take("key");
    let body = match key.is_empty() {
        true => take("description"),
        // So that the old name is found by search.
        false => format!("{}\n\nImported from {key}", take("description")).trim_start().to_owned(),
    };
    let assignee = take("assignee");
    let person = people.get(&assignee.to_lowercase()).copied();
    let labels = Tag::parse_list(&take("labels"))?;
    if labels.len() > MAX_TAGS {
        return Err(Msg::new("problem-too-many-tags").with("max", MAX_TAGS));
    }
    let ticket = Imported {
        title: Title::parse(&take("title"))?,
        body: Body::parse(&body)?,
        kind: choice("type", &take("type"), TicketKind::Task, parse_kind)?,
        status: choice("status", &take("status"), Status::Backlog, Status::parse_alias)?,
        priority: choice("priority", &take("priority"), DEFAULT_PRIORITY, parse_priority)?,
        assignee: person,
        labels,
        start_on: date(&take("start"))?,
        due_on: date(&take("due"))?,
        estimate: points(&take("estimate"))?,
        parent: None,
    };
    if person.is_none() && !assignee.is_empty() {
        unknown.insert(assignee);
    }
    Ok(Good { line, key, parent: take("parent"), ticket })
}

fn choice<T>(field: &'static str, word: &str, default: T, parse: impl Fn(&str) -> Option<T>) -> Result<T, Msg> {
    if word.is_empty() {
        return Ok(default);
    }
    let shown: String = word.chars().take(40).collect();
    parse(word).ok_or_else(|| Msg::new("problem-import-word").with("field", field).with("word", shown))
}

fn parse_kind(word: &str) -> Option<TicketKind> {
    let word = word.trim().to_lowercase().replace(['-', ' ', '_'], "");
    TicketKind::parse(&word).or(match word.as_str() {
        "feature" | "newfeature" | "improvement" | "userstory" => Some(TicketKind::Story),
        "defect" | "incident" => Some(TicketKind::Bug),
        "issue" | "chore" => Some(TicketKind::Task),
        _ => None,
    })
}

/// The day of a date or of a time.
fn date(text: &str) -> Result<Option<NaiveDate>, Msg> {
    let day = text.split(['T', ' ']).next().unwrap_or_default();
    if day.is_empty() { Ok(None) } else { parse_date(day).map(Some) }
}

/// Other programs write whole points as `3.0`.
fn points(text: &str) -> Result<Option<i32>, Msg> {
    if text.is_empty() { Ok(None) } else { parse_estimate(text.strip_suffix(".0").unwrap_or(text)).map(Some) }
}

/// Tickets of this server that lines name as their parents.
fn parents_here(tx: &mut Tx, me: &Actor, place: Place, good: &[Good]) -> Result<HashMap<String, Ticket>> {
    let in_file: BTreeSet<&str> = good.iter().map(|good| good.key.as_str()).collect();
    let named: BTreeSet<String> = good
        .iter()
        .filter(|good| !good.parent.is_empty() && !in_file.contains(good.parent.as_str()))
        .map(|good| good.parent.to_uppercase())
        .collect();
    if named.is_empty() {
        return Ok(HashMap::new());
    }
    let found = Ticket::find_many(tx, me, named.into_iter().collect())?.into_iter();
    let here = found.filter(|ticket| ticket.record.place() == place);
    Ok(here.map(|ticket| (ticket.record.display_id.clone(), ticket)).collect())
}

/// Finds each line's parent; a line without it is wrong, and so are the lines below that.
fn settle_parents(found: &mut Found, here: &HashMap<String, Ticket>) {
    loop {
        let places: HashMap<String, (usize, TicketKind)> = found
            .good
            .iter()
            .enumerate()
            .filter(|(_, good)| !good.key.is_empty())
            .map(|(index, good)| (good.key.clone(), (index, good.ticket.kind)))
            .collect();
        let before = found.good.len();
        for mut good in std::mem::take(&mut found.good) {
            let parent = match (places.get(&good.parent), here.get(&good.parent.to_uppercase())) {
                _ if good.parent.is_empty() => Ok(None),
                (Some((index, kind)), _) => Ok(Some((ImportedParent::Row(*index), *kind))),
                (None, Some(ticket)) => Ok(Some((ImportedParent::Ticket(ticket.id()), ticket.ticket_kind))),
                (None, None) => Err("problem-parent-unknown"),
            };
            let fits = parent.and_then(|parent| match parent {
                Some((_, kind)) if !kind.may_hold(good.ticket.kind) => Err("problem-parent-kind"),
                parent => Ok(parent.map(|(parent, _)| parent)),
            });
            match fits {
                Ok(parent) => {
                    good.ticket.parent = parent;
                    found.good.push(good);
                }
                Err(key) => found.bad.push(LineProblem { line: good.line, msg: Msg::new(key), ends: false }),
            }
        }
        if found.good.len() == before {
            return;
        }
    }
}
