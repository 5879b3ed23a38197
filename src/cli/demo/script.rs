//! Reads the texts of the demo: tickets a line each, indented below their parents, with `>` comments and `~` links; pages and
//! decisions as blocks that begin with `@@`.

use crate::error::{Error, Result};
use crate::tickets::{Status, TicketKind};

const TICKETS: [(&str, &str); 5] = [
    ("ATL", include_str!("atlas.txt")),
    ("BCN", include_str!("beacon.txt")),
    ("QUAY", include_str!("quayside.txt")),
    ("CRW", include_str!("crew.txt")),
    ("FLT", include_str!("fleet.txt")),
];
const PAGES: &str = include_str!("pages.txt");
const DECISIONS: &str = include_str!("decisions.txt");
const RISKS: &str = include_str!("risks.txt");
const EXPERIMENTS: &str = include_str!("experiments.txt");
const WORDS: &str = include_str!("words.txt");

/// Ages are days before now.
#[derive(Debug, Clone)]
pub struct Ticket {
    pub project: &'static str,
    pub kind: TicketKind,
    pub status: Status,
    pub priority: i16,
    pub author: &'static str,
    /// `.` is nobody.
    pub assignee: &'static str,
    pub age: f64,
    pub name: Option<&'static str>,
    /// Days from now.
    pub due: Option<i64>,
    pub title: &'static str,
    pub tags: &'static str,
    pub body: String,
    /// Index of the parent.
    pub parent: Option<usize>,
    /// Author, age, words.
    pub comments: Vec<(&'static str, f64, &'static str)>,
    /// Kind and name of the other.
    pub links: Vec<(&'static str, &'static str)>,
}

#[derive(Debug, Clone)]
pub struct Page {
    depth: usize,
    /// Index of the page above, which is older.
    pub parent: Option<usize>,
    /// Key of a project, or `org`.
    pub place: &'static str,
    pub author: &'static str,
    pub age: f64,
    pub icon: &'static str,
    pub title: &'static str,
    pub body: &'static str,
}

#[derive(Debug, Clone)]
pub struct Decision {
    pub place: &'static str,
    pub author: &'static str,
    pub age: f64,
    pub status: &'static str,
    pub name: &'static str,
    pub title: &'static str,
    pub tags: &'static str,
    /// Name of the one it replaces.
    pub supersedes: Option<&'static str>,
    /// Context, decision, alternatives, consequences.
    pub texts: [String; 4],
}

#[derive(Debug, Clone)]
pub struct Risk {
    pub place: &'static str,
    pub author: &'static str,
    pub age: f64,
    pub likelihood: i16,
    pub impact: i16,
    pub status: &'static str,
    pub category: &'static str,
    pub title: &'static str,
    pub tags: &'static str,
    /// Days from now.
    pub review: Option<i64>,
    /// Description, mitigation, contingency.
    pub texts: [&'static str; 3],
}

#[derive(Debug, Clone)]
pub struct Experiment {
    pub place: &'static str,
    pub author: &'static str,
    pub age: f64,
    pub status: &'static str,
    /// How old its result is.
    pub ended: Option<f64>,
    pub title: &'static str,
    pub tags: &'static str,
    /// Hypothesis, method, metric, target, result, learnings.
    pub texts: [&'static str; 6],
}

fn wrong(line: &str) -> Error {
    Error::broken(format!("the demo cannot be read at: {line}"))
}

pub fn tickets() -> Result<Vec<Ticket>> {
    let mut all = Vec::new();
    for (project, text) in TICKETS {
        let mut open: Vec<usize> = Vec::new();
        for line in text.lines().filter(|line| !line.is_empty()) {
            match (line.strip_prefix("> "), line.strip_prefix("~ ")) {
                (Some(rest), _) => comment(all.last_mut(), rest).ok_or_else(|| wrong(line))?,
                (_, Some(rest)) => link(all.last_mut(), rest).ok_or_else(|| wrong(line))?,
                _ => {
                    let depth = (line.len() - line.trim_start().len()) / 2;
                    open.truncate(depth);
                    let mut found = ticket(project, line.trim_start()).ok_or_else(|| wrong(line))?;
                    found.parent = open.last().copied();
                    open.push(all.len());
                    all.push(found);
                }
            }
        }
    }
    Ok(all)
}

fn comment(ticket: Option<&mut Ticket>, rest: &'static str) -> Option<()> {
    let (head, words) = rest.split_once(": ")?;
    let (author, age) = head.split_once(' ')?;
    ticket?.comments.push((author, age.parse().ok()?, words));
    Some(())
}

fn link(ticket: Option<&mut Ticket>, rest: &'static str) -> Option<()> {
    ticket?.links.push(rest.split_once(' ')?);
    Some(())
}

fn ticket(project: &'static str, line: &'static str) -> Option<Ticket> {
    let mut parts = line.splitn(4, " | ");
    let (head, title, tags, body) = (parts.next()?, parts.next()?, parts.next()?, parts.next().unwrap_or_default());
    let mut words = head.split(' ');
    let kind = match words.next()? {
        "E" => TicketKind::Epic,
        "S" => TicketKind::Story,
        "B" => TicketKind::Bug,
        "-" => TicketKind::Subtask,
        _ => TicketKind::Task,
    };
    let status = match words.next()? {
        "b" => Status::Backlog,
        "p" => Status::InProgress,
        "x" => Status::Blocked,
        "r" => Status::InReview,
        "d" => Status::Done,
        "c" => Status::Canceled,
        _ => Status::Todo,
    };
    let (priority, author, assignee, age) =
        (words.next()?.parse().ok()?, words.next()?, words.next()?, words.next()?.parse().ok()?);
    let (mut name, mut due) = (None, None);
    for word in words {
        match (word.strip_prefix('#'), word.strip_prefix('!')) {
            (Some(found), _) => name = Some(found),
            (_, Some(days)) => due = days.parse().ok(),
            _ => return None,
        }
    }
    let body = body.replace("\\n", "\n");
    let (comments, links) = (Vec::new(), Vec::new());
    Some(Ticket {
        project,
        kind,
        status,
        priority,
        author,
        assignee,
        age,
        name,
        due,
        title,
        tags,
        body,
        parent: None,
        comments,
        links,
    })
}

/// Parents first.
pub fn pages() -> Result<Vec<Page>> {
    let mut all = blocks(PAGES, |head, body| {
        let [depth, place, author, age, icon, title] = head else { return None };
        Some(Page {
            depth: depth.parse().ok()?,
            parent: None,
            place,
            author,
            age: age.parse().ok()?,
            icon,
            title,
            body: body.trim(),
        })
    })?;
    let mut open: Vec<usize> = Vec::new();
    for (index, page) in all.iter_mut().enumerate() {
        open.truncate(page.depth);
        page.parent = open.last().copied();
        open.push(index);
    }
    Ok(all)
}

pub fn decisions() -> Result<Vec<Decision>> {
    blocks(DECISIONS, |head, body| {
        let [_, place, author, age, status, name, title, tags, rest @ ..] = head else { return None };
        let text =
            |mark: &str| body.lines().find_map(|line| line.strip_prefix(mark)).unwrap_or_default().replace("\\n", "\n");
        let texts = [text("C: "), text("D: "), text("A: "), text("Q: ")];
        let supersedes = rest.first().copied();
        Some(Decision { place, author, age: age.parse().ok()?, status, name, title, tags, supersedes, texts })
    })
}

pub fn risks() -> Result<Vec<Risk>> {
    blocks(RISKS, |head, body| {
        let [place, author, age, likelihood, impact, status, category, title, tags, review] = head else { return None };
        let (likelihood, impact) = (likelihood.parse().ok()?, impact.parse().ok()?);
        let texts = ["D: ", "M: ", "C: "].map(|mark| part(body, mark));
        Some(Risk {
            place,
            author,
            age: age.parse().ok()?,
            likelihood,
            impact,
            status,
            category,
            title,
            tags,
            review: review.parse().ok(),
            texts,
        })
    })
}

pub fn experiments() -> Result<Vec<Experiment>> {
    blocks(EXPERIMENTS, |head, body| {
        let [place, author, age, status, ended, title, tags] = head else { return None };
        let texts = ["H: ", "M: ", "K: ", "T: ", "R: ", "L: "].map(|mark| part(body, mark));
        Some(Experiment {
            place,
            author,
            age: age.parse().ok()?,
            status,
            ended: ended.parse().ok(),
            title,
            tags,
            texts,
        })
    })
}

/// The line of a block that begins so; a lone point is nothing.
fn part(body: &'static str, mark: &str) -> &'static str {
    body.lines().find_map(|line| line.strip_prefix(mark)).filter(|text| *text != ".").unwrap_or_default()
}

fn blocks<T>(text: &'static str, read: impl Fn(&[&'static str], &'static str) -> Option<T>) -> Result<Vec<T>> {
    let blocks = text.split("@@ ").skip(1).map(|block| {
        let (head, body) = block.split_once('\n').unwrap_or((block, ""));
        let head: Vec<&'static str> = head.split(" | ").collect();
        read(&head, body).ok_or_else(|| wrong(block.lines().next().unwrap_or_default()))
    });
    blocks.collect()
}

/// What people say about almost anything.
pub fn words() -> Vec<&'static str> {
    WORDS.lines().collect()
}
