//! Choosing a file, looking at what it holds, and saying yes.

use super::Found;
use crate::docs::Report;
use crate::error::{Msg, Problems};
use crate::text::csv::LineProblem;
use crate::text::import::{Problem, Set};
use crate::ui::{Choice, Sample, Shell, filters, sample};
use crate::web::Flash;
use askama::Template;

/// Files named in the message after an import; the look has named them all.
const NAMED: usize = 5;
/// Lines shown of a long list; the count says how many there are.
pub const SHOWN: usize = 500;

#[derive(Template)]
#[template(path = "imports/index.html")]
pub struct Index {
    pub shell: Shell,
}

#[derive(Template)]
#[template(path = "imports/new.html")]
pub struct New {
    pub shell: Shell,
    /// `docs` or `tickets`.
    pub what: &'static str,
    pub places: Vec<Choice>,
    pub problems: Problems,
}

impl New {
    pub fn title(&self) -> String {
        format!("import-{}", self.what)
    }

    pub fn hint(&self) -> String {
        format!("import-{}-hint", self.what)
    }

    pub fn is_tickets(&self) -> bool {
        self.what == "tickets"
    }
}

/// A page that would be made.
pub struct Leaf {
    pub depth: usize,
    pub title: String,
    pub path: String,
}

#[derive(Template)]
#[template(path = "imports/docs.html")]
pub struct DocsLook {
    pub shell: Shell,
    pub key: String,
    pub place: String,
    pub leaves: Vec<Leaf>,
    pub count: usize,
    pub problems: Vec<Problem>,
}

impl DocsLook {
    pub fn of(shell: Shell, key: String, place: String, set: &Set) -> Self {
        let mut depths: Vec<usize> = Vec::with_capacity(set.docs.len());
        let mut leaves = Vec::new();
        for doc in &set.docs {
            let depth = doc.parent.and_then(|parent| depths.get(parent)).map_or(0, |above| above + 1);
            depths.push(depth);
            leaves.push(Leaf { depth, title: doc.title.clone(), path: doc.path.clone() });
        }
        // The set has parents first, level by level; people read it folder by folder.
        leaves.sort_by(|a, b| a.path.cmp(&b.path));
        leaves.truncate(SHOWN);
        DocsLook {
            shell,
            key,
            place,
            leaves,
            count: set.docs.len(),
            problems: set.problems.iter().take(SHOWN).cloned().collect(),
        }
    }
}

/// How many pages there are now, and what did not come along.
pub fn docs_made(report: &Report) -> Flash {
    let count = report.made.len();
    if report.problems.is_empty() {
        return Flash::done(Msg::new("import-docs-made").with("count", count));
    }
    let short = |problem: &Problem| problem.about.chars().take(60).collect::<String>();
    let names: Vec<String> = report.problems.iter().take(NAMED).map(short).collect();
    let more = report.problems.len().saturating_sub(NAMED);
    let msg = Msg::new("import-docs-made-without").with("count", count).with("names", names.join(", "));
    Flash::done(msg.with("more", more))
}

#[derive(Template)]
#[template(path = "imports/tickets.html")]
pub struct TicketsLook {
    pub shell: Shell,
    pub key: String,
    pub place: String,
    pub good: usize,
    pub bad: Vec<LineProblem>,
    pub bad_count: usize,
    pub columns: String,
    pub passed_over: String,
    pub unknown_people: String,
    pub new_labels: String,
    pub titles: Vec<(u64, String)>,
}

impl TicketsLook {
    pub fn of(shell: Shell, key: String, place: String, found: &Found) -> Self {
        let joined = |words: Vec<String>| words.into_iter().take(SHOWN).collect::<Vec<_>>().join(", ");
        TicketsLook {
            shell,
            key,
            place,
            good: found.good.len(),
            bad: found.bad.iter().take(SHOWN).cloned().collect(),
            bad_count: found.bad.len(),
            columns: joined(found.columns.iter().map(|column| (*column).to_owned()).collect()),
            passed_over: joined(found.passed_over.clone()),
            unknown_people: joined(found.unknown_people.iter().cloned().collect()),
            new_labels: joined(found.new_labels.iter().cloned().collect()),
            titles: found.good.iter().take(10).map(|good| (good.line, good.ticket.title.as_str().to_owned())).collect(),
        }
    }
}

pub fn samples() -> Vec<Sample> {
    let shell = || Shell::sample("settings");
    let places = vec![Choice::new("organisation", "Organisation", true)];
    let new = |what| New {
        shell: shell(),
        what,
        places: places.clone(),
        problems: Problems::one("file", "problem-import-over"),
    };
    let leaf = |depth, title: &str, path: &str| Leaf { depth, title: title.to_owned(), path: path.to_owned() };
    let docs = DocsLook {
        shell: shell(),
        key: "k".to_owned(),
        place: "organisation".to_owned(),
        leaves: vec![leaf(0, "Guide", "guide/"), leaf(1, "Berths", "guide/berths.md")],
        count: 2,
        problems: vec![Problem::about("guide/broken.md", Msg::new("problem-path-climbs"))],
    };
    let tickets = TicketsLook {
        shell: shell(),
        key: "k".to_owned(),
        place: "project:ATL".to_owned(),
        good: 41,
        bad: vec![LineProblem { line: 7, msg: Msg::new("problem-parent-unknown"), ends: false }],
        bad_count: 1,
        columns: "title, status".to_owned(),
        passed_over: "Colour".to_owned(),
        unknown_people: "Nora Nobody".to_owned(),
        new_labels: "steel".to_owned(),
        titles: vec![(2, "Order piles".to_owned())],
    };
    vec![
        sample("imports/index", &Index { shell: shell() }),
        sample("imports/new-docs", &new("docs")),
        sample("imports/new-tickets", &new("tickets")),
        sample("imports/docs", &docs),
        sample("imports/tickets", &tickets),
    ]
}
