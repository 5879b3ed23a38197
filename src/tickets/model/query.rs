//! The fields of tickets as TQL knows them, and a filter written as TQL.

use super::list::BY_PRIORITY;
use super::{Filter, MAX_ESTIMATE, PRIORITIES, Status, TicketKind, parse_priority};
use crate::access::{Actor, visible};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::Result;
use crate::people::Face;
use crate::records::{BY_CREATED, BY_TITLE, BY_UPDATED, Sort};
use crate::related::{ASKING, Address};
use crate::tql::{Choice, Field, Held, Hint, Is, Plan, Trouble, Type, hints, plan, written};
use crate::ui::QueryBox;
use std::sync::Arc;

const CATEGORIES: [&str; 3] = ["todo", "in_progress", "done"];
const STATUSES: [&str; 7] = ["backlog", "todo", "in_progress", "blocked", "in_review", "done", "canceled"];
const KINDS: [&str; 5] = ["task", "bug", "story", "epic", "subtask"];
const MAX_ATTACHMENTS: i32 = 10_000;

const fn number(least: i32, most: i32) -> Type {
    Type::Number { least, most, word: |_| None }
}

const fn rows(rows: &'static str, value: &'static str) -> Held {
    Held::Many { rows, value }
}

const fn records(of: &'static str) -> Held {
    rows(of, "r.id")
}

const fn link(name: &'static str, at: &'static str) -> Field {
    Field::new(name, Type::Record, records(at))
}

const fn words(rows_of: &'static str, of_text: bool, is_said: bool) -> (Type, Held) {
    (Type::Words { of_text, is_said }, rows(rows_of, "sp.words"))
}

const TEXT: (Type, Held) = words("search_passages sp where sp.record_id = r.id", false, true);
const BODY: (Type, Held) = words("search_passages sp where sp.source = 'body' and sp.record_id = r.id", true, false);
const SAID: (Type, Held) = words("search_passages sp where sp.kind = 'comment' and sp.record_id = r.id", true, true);

/// Each is in docs/tql.md too.
pub const FIELDS: [Field; 34] = [
    Field::new("status", Type::Choice(Choice { meant: status, offered: &STATUSES }), Held::Always("t.status"))
        .sorted(Sort::new("status", "array_position(array['backlog','todo','in_progress','blocked','in_review','done','canceled'], t.status)", "int4"))
        .kept("status", 1, "t.status"),
    Field::new("status_category", Type::Choice(Choice { meant: category, offered: &CATEGORIES }), Held::Always("t.status"))
        .also(&["category"]),
    Field::new("priority", Type::Number { least: 1, most: 5, word: parse_priority }, Held::Always("t.priority"))
        .sorted(BY_PRIORITY)
        .kept("priority", 1, "t.priority::text"),
    Field::new("assignee", Type::Person, Held::Maybe("t.assignee_id"))
        .copied("r.assignee_id")
        .sorted(Sort::new("assignee", "(select lower(p.name) from people p where p.id = t.assignee_id)", "text").nullable())
        .kept("assignee", 3, "t.assignee_id::text"),
    Field::new("reporter", Type::Person, Held::Maybe("t.reporter_id")).also(&["creator"]).copied("r.reporter_id"),
    Field::new("watcher", Type::Person, rows("record_watchers w where w.record_id = r.id", "w.person_id")).also(&["watchers"]),
    Field::new("label", Type::Tag, rows("record_tags rt where rt.record_id = r.id", "rt.tag")).also(&["labels", "tag", "tags"]),
    Field::new("due", Type::Day, Held::Maybe("t.due_on"))
        .sorted(Sort::new("due", "t.due_on", "date").nullable().within("t.place_id"))
        .kept("due_on", 1, "t.due_on::text"),
    Field::new("start", Type::Day, Held::Maybe("t.start_on"))
        .sorted(Sort::new("start", "t.start_on", "date").nullable())
        .kept("start_on", 1, "t.start_on::text"),
    Field::new("created", Type::Time, Held::Always("r.created_at")).sorted(Sort { descending: false, ..BY_CREATED }),
    Field::new("updated", Type::Time, Held::Always("r.updated_at")).sorted(Sort { descending: false, ..BY_UPDATED }),
    Field::new("resolved", Type::Time, Held::Maybe("t.resolved_at"))
        .sorted(Sort::new("resolved", "t.resolved_at", "timestamptz").nullable()),
    Field::new("project", Type::Project, Held::Maybe("r.project_id")),
    Field::new("type", Type::Choice(Choice { meant: kind, offered: &KINDS }), Held::Always("t.kind"))
        .also(&["kind"])
        .sorted(Sort::new("type", "t.kind", "text"))
        .kept("kind", 1, "t.kind"),
    Field::new("key", Type::Key, Held::Always("r.display_id")).also(&["id"]),
    Field::new("summary", Type::Line, Held::Always("r.title")).also(&["title"]).sorted(Sort { key: "summary", ..BY_TITLE }),
    Field::new("description", BODY.0, BODY.1).empty_when("t.body = ''"),
    Field::new("comment", SAID.0, SAID.1)
        .also(&["comments"])
        .empty_when("not exists (select 1 from comments c where c.record_id = r.id and c.removed_at is null)"),
    Field::new("text", TEXT.0, TEXT.1),
    Field::new("parent", Type::Record, records("records r where r.id = t.parent_id and {visible}")),
    Field::new(
        "epic",
        Type::Record,
        records(
            "(select t.parent_id as id union all
              select p.parent_id from tickets p join records r on r.id = p.id where p.id = t.parent_id and {visible}) above
             join tickets e on e.id = above.id and e.kind = 'epic' join records r on r.id = e.id where {visible}",
        ),
    ),
    Field::new("estimate", number(0, MAX_ESTIMATE), Held::Maybe("t.estimate"))
        .also(&["points"])
        .sorted(Sort::new("estimate", "t.estimate", "int4").nullable())
        .kept("estimate", 1, "t.estimate::text"),
    Field::new(
        "progress",
        number(0, 100),
        Held::Total {
            rows: "tickets c join records r on r.id = c.id where c.parent_id = t.id and r.archived_at is null and {visible}",
            value: "100 * count(*) filter (where c.status = 'done') / nullif(count(*) filter (where c.status <> 'canceled'), 0)",
        },
    ),
    Field::new(
        "attachments",
        number(0, MAX_ATTACHMENTS),
        Held::Always("(select count(*) from files f where f.record_id = r.id and f.removed_at is null)"),
    )
    .also(&["attachment", "files"])
    .empty_when("not exists (select 1 from files f where f.record_id = r.id and f.removed_at is null)"),
    Field::new("archived", Type::Flag(Is::Archived), Held::Always("r.archived_at")),
    Field::new("blocked", Type::Flag(Is::So(is_blocked)), Held::Always("t.status")),
    link(
        "relates_to",
        "record_links l join records r on r.id = case when l.from_id = t.id then l.to_id else l.from_id end
         where l.kind = 'relates_to' and (l.from_id = t.id or l.to_id = t.id) and {visible}",
    ),
    link("blocks", "record_links l join records r on r.id = l.to_id where l.kind = 'blocks' and l.from_id = t.id and {visible}"),
    link("is_blocked_by", "record_links l join records r on r.id = l.from_id where l.kind = 'blocks' and l.to_id = t.id and {visible}"),
    link("duplicates", "record_links l join records r on r.id = l.to_id where l.kind = 'duplicates' and l.from_id = t.id and {visible}"),
    link("is_duplicated_by", "record_links l join records r on r.id = l.from_id where l.kind = 'duplicates' and l.to_id = t.id and {visible}"),
    link("causes", "record_links l join records r on r.id = l.to_id where l.kind = 'causes' and l.from_id = t.id and {visible}"),
    link("caused_by", "record_links l join records r on r.id = l.from_id where l.kind = 'causes' and l.to_id = t.id and {visible}"),
    link(
        "mentions",
        "record_references rr join records r on r.id = rr.to_id where rr.from_id = t.id and rr.source = 'body' and {visible}",
    ),
];

fn status(word: &str) -> Option<Vec<&'static str>> {
    Status::parse_alias(word).map(|status| vec![status.as_str()])
}

fn kind(word: &str) -> Option<Vec<&'static str>> {
    TicketKind::parse(&word.trim().to_lowercase()).map(|kind| vec![kind.as_str()])
}

fn category(word: &str) -> Option<Vec<&'static str>> {
    let word = word.trim().to_lowercase().replace([' ', '-'], "_");
    let of_it = |status: &&Status| CATEGORIES.get(status.category() as usize).is_some_and(|name| **name == word);
    let statuses: Vec<_> = Status::ALL.iter().filter(of_it).map(|status| status.as_str()).collect();
    (!statuses.is_empty()).then_some(statuses)
}

/// By its status, or by an open ticket that one may see.
fn is_blocked(me: &Actor) -> Sql {
    let mut sql = Sql::new(
        "t.status = 'blocked' or exists (select 1 from record_links l join records r on r.id = l.from_id join tickets b on b.id = r.id
         where l.kind = 'blocks' and l.to_id = t.id and b.status not in ('done', 'canceled') and r.archived_at is null and ",
    );
    sql.append(&visible::records(me)).push(")");
    sql
}

impl Filter {
    /// Narrowed to what the text asks for as well; or what is wrong with it.
    pub fn asked(self, tx: &mut Tx, me: &Actor, text: &str) -> Result<std::result::Result<Filter, Trouble>> {
        Ok(plan(tx, me, &FIELDS, text)?.map(|plan| Filter { plan: Some(Arc::new(plan)), ..self }))
    }

    /// As `asked`; what is wrong is `Invalid` at `tql`.
    pub fn asked_or_invalid(self, tx: &mut Tx, me: &Actor, text: &str) -> Result<Filter> {
        let plan = Plan::or_invalid(plan(tx, me, &FIELDS, text)?, text)?;
        Ok(Filter { plan: Some(Arc::new(plan)), ..self })
    }
}

/// Where a list or a board is asked for, and how it is ordered unless the query says.
pub struct Place<'a> {
    pub path: &'static str,
    pub address: &'a Address,
    /// None where people order by hand.
    pub sort: Option<Sort>,
    /// It was asked, and took too long.
    pub is_too_slow: bool,
}

impl Filter {
    /// This simple filter, unless the address asks in TQL; None when that can't be asked. And the box that says so. `assignee` is as in
    /// `as_query`.
    pub fn or_tql(
        self,
        tx: &mut Tx,
        me: &Actor,
        place: &Place,
        assignee: Option<&str>,
    ) -> Result<(Option<Filter>, QueryBox)> {
        let text = place.address.get("tql");
        let at = |text: &str| place.address.in_tql(place.path, text);
        if text.is_empty() {
            let from_simple = at(&as_query(&self, assignee, place.sort));
            return Ok((Some(self), QueryBox { from_simple, ..QueryBox::default() }));
        }
        let shown = QueryBox::asked(text, at(""));
        if place.is_too_slow {
            return Ok((None, shown.wrong("tql-too-slow".into(), 0, 0)));
        }
        Ok(match (Filter { project: self.project, ..Filter::default() }).asked(tx, me, text)? {
            Ok(filter) => (Some(filter), shown),
            Err(trouble) => (None, shown.wrong(trouble.say(text), trouble.spot.at, trouble.spot.end)),
        })
    }
}

/// What could be typed behind `before`.
pub fn query_hints(
    tx: &mut Tx,
    me: &Actor,
    before: &str,
    people: fn(&mut Tx, &str) -> Result<Vec<Face>>,
) -> Result<Vec<Hint>> {
    hints(tx, me, &FIELDS, before, people)
}

/// The same list as TQL, for who goes on in it: what the simple filter narrows to, and its order. `assignee` is a handle, or empty for
/// nobody.
pub fn as_query(filter: &Filter, assignee: Option<&str>, sort: Option<Sort>) -> String {
    let mut parts = Vec::new();
    if let Some(words) = &filter.words {
        parts.push(format!("summary ~ {}", written(words)));
    }
    match filter.statuses.as_slice() {
        [] if filter.open_only && !filter.archived => parts.push("status_category != done".to_owned()),
        [] => {}
        statuses => parts.push(one_of("status", statuses.iter().map(|status| status.as_str().to_owned()))),
    }
    if !filter.priorities.is_empty() && filter.priorities.len() < PRIORITIES.len() {
        parts.push(one_of("priority", filter.priorities.iter().map(i16::to_string)));
    }
    match assignee {
        Some("") => parts.push("assignee IS EMPTY".to_owned()),
        Some(ASKING) => parts.push(format!("assignee = {ASKING}")),
        Some(handle) => parts.push(format!("assignee = {}", written(handle))),
        None => {}
    }
    if let Some(tag) = &filter.tag {
        parts.push(format!("label = {}", written(tag)));
    }
    if filter.archived {
        parts.push("archived = true".to_owned());
    }
    if let (true, None) = (parts.is_empty(), sort) {
        parts.push("archived = false".to_owned());
    }
    let order = sort.map(|sort| {
        let way = if sort.descending { " DESC" } else { "" };
        format!("ORDER BY {}{way}", if sort.key == "title" { "summary" } else { sort.key })
    });
    let wanted = Some(parts.join(" AND ")).filter(|wanted| !wanted.is_empty());
    wanted.into_iter().chain(order).collect::<Vec<_>>().join(" ")
}

fn one_of(field: &str, words: impl Iterator<Item = String>) -> String {
    let words: Vec<String> = words.collect();
    match words.as_slice() {
        [one] => format!("{field} = {one}"),
        several => format!("{field} IN ({})", several.join(", ")),
    }
}
