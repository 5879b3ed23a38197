//! Pages of tokens and keys, which differ by a word here and there.

use super::{DEFAULT_DAYS, MAX_DAYS, Wanted, parse_days, parse_networks};
use crate::access::{Actor, ProjectId, Scope};
use crate::error::Problems;
use crate::people::{Token, TokenId, TokenKind};
use crate::text::value::Name;
use crate::ui::{Choice, Sample, Shell, filters, sample, say_with, text};
use crate::web::Form;
use askama::Template;
use chrono::{DateTime, Duration, NaiveDate, Utc};

/// Lifetimes that the form offers.
const LIFETIMES: [i64; 5] = [7, 30, DEFAULT_DAYS, 180, MAX_DAYS];
/// What `tickets:read` and its like begin with, in the order of the form.
pub const AREAS: [&str; 7] = ["projects", "tickets", "decisions", "risks", "docs", "memory", "comments"];

/// Which of the two a page is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Side {
    pub is_key: bool,
}

impl Side {
    pub fn path(self) -> &'static str {
        if self.is_key { "/settings/keys" } else { "/settings/me/tokens" }
    }

    /// A message that has one text for each.
    pub fn say(self, key: &str) -> String {
        text(&if self.is_key { format!("key-page-{key}") } else { format!("token-page-{key}") })
    }

    /// Message key, after one was ended.
    pub fn ended(self) -> &'static str {
        if self.is_key { "key-deleted-now" } else { "token-revoked-now" }
    }

    /// In the settings' navigation.
    pub fn place(self) -> &'static str {
        if self.is_key { "keys" } else { "tokens" }
    }
}

#[derive(Template)]
#[template(path = "tokens/index.html")]
pub struct Index {
    pub shell: Shell,
    pub side: Side,
    pub lines: Vec<Line>,
}

/// One token of the list.
#[derive(Debug, Clone)]
pub struct Line {
    pub token: Token,
    pub ends_on: NaiveDate,
    pub is_expired: bool,
}

impl Line {
    pub fn of(token: Token, now: DateTime<Utc>) -> Self {
        Line { is_expired: token.expires_at <= now, ends_on: token.expires_at.date_naive(), token }
    }

    /// "used 12 times", or that it never was.
    pub fn use_words(&self) -> String {
        match self.token.used_count {
            0 => text("token-never-used"),
            count => say_with("token-used", [("count", count.to_string().as_str())]),
        }
    }

    pub fn reach(&self) -> String {
        match (self.token.is_narrowed, self.token.kind) {
            (true, _) if self.token.projects.is_empty() => text("token-reach-none"),
            (true, _) => self.token.projects.join(", "),
            (false, TokenKind::Personal) => text("token-page-reach-all"),
            (false, TokenKind::Service) => text("key-page-reach-all"),
        }
    }
}

#[derive(Template)]
#[template(path = "tokens/new.html")]
pub struct New {
    pub shell: Shell,
    pub side: Side,
    pub form: TokenForm,
    pub areas: Vec<Area>,
    pub projects: Vec<Choice>,
    pub lifetimes: Vec<Choice>,
    pub problems: Problems,
}

/// What a token may with one kind of thing.
#[derive(Debug, Clone)]
pub struct Area {
    pub name: &'static str,
    pub label: String,
    pub choices: Vec<Choice>,
}

/// The token itself, this once.
#[derive(Template)]
#[template(path = "tokens/made.html")]
pub struct Made {
    pub shell: Shell,
    pub side: Side,
    pub name: String,
    pub token: String,
    /// Where the API is.
    pub example: String,
}

/// As typed.
#[derive(Debug, Clone, Default)]
pub struct TokenForm {
    pub name: String,
    pub days: String,
    /// `read`, `write` or nothing, in the order of `AREAS`.
    pub access: Vec<String>,
    pub is_narrowed: bool,
    pub projects: Vec<String>,
    pub networks: String,
}

impl TokenForm {
    pub fn of(form: &Form) -> Self {
        TokenForm {
            name: form.text("name").to_owned(),
            days: form.text("days").to_owned(),
            access: AREAS.iter().map(|area| form.text(area).to_owned()).collect(),
            is_narrowed: form.text("reach") == "some",
            projects: form.all("project").map(str::to_owned).collect(),
            networks: form.text("networks").to_owned(),
        }
    }

    /// All problems at once.
    pub fn check(&self, side: Side) -> Result<Wanted, Problems> {
        let mut problems = Problems::default();
        let name = problems.take("name", Name::parse(&self.name));
        let days = problems.take("days", parse_days(&self.days));
        let networks = if side.is_key { self.networks.as_str() } else { "" };
        let networks = problems.take("networks", parse_networks(networks));
        let mut scopes = Vec::new();
        for (area, access) in AREAS.iter().zip(&self.access).filter(|(_, access)| !access.is_empty()) {
            let scope = Scope::parse(&format!("{area}:{access}")).ok_or("problem-choice".into());
            scopes.extend(problems.take(area, scope));
        }
        if scopes.is_empty() {
            problems.add("scopes", "problem-scopes-none");
        }
        let ids = self.projects.iter().map(|id| id.parse().map(ProjectId).map_err(|_| "problem-choice".into()));
        let ids: Option<Vec<ProjectId>> = problems.take("projects", ids.collect());
        if self.is_narrowed && self.projects.is_empty() {
            problems.add("projects", "problem-projects-none");
        }
        match (name, days, networks, ids) {
            (Some(name), Some(days), Some(networks), Some(ids)) if problems.is_empty() => {
                Ok(Wanted { name, scopes, projects: self.is_narrowed.then_some(ids), networks, days })
            }
            _ => Err(problems),
        }
    }
}

impl New {
    pub fn new(shell: Shell, me: &Actor, side: Side, form: TokenForm, problems: Problems) -> Self {
        let project = |project: &crate::access::ProjectAccess| {
            let id = project.id.to_string();
            Choice::new(&id, format!("{} ({})", project.name, project.key), form.projects.contains(&id))
        };
        let chosen_days = if form.days.is_empty() { DEFAULT_DAYS.to_string() } else { form.days.clone() };
        let lifetime = |days: i64| {
            let label = say_with("token-days", [("count", days.to_string().as_str())]);
            Choice::new(days, label, days.to_string() == chosen_days)
        };
        New {
            areas: AREAS.iter().enumerate().map(|(index, name)| Area::of(name, form.access.get(index))).collect(),
            projects: me.projects.iter().filter(|project| !project.is_archived).map(project).collect(),
            lifetimes: LIFETIMES.into_iter().map(lifetime).collect(),
            shell,
            side,
            form,
            problems,
        }
    }
}

impl Area {
    fn of(name: &'static str, chosen: Option<&String>) -> Self {
        let chosen = chosen.map(String::as_str).unwrap_or_default();
        let choice = |value: &str, label: &str| Choice::new(value, text(label), value == chosen);
        Area {
            name,
            label: text(&format!("scope-area-{name}")),
            choices: vec![choice("", "scope-none"), choice("read", "scope-read"), choice("write", "scope-write")],
        }
    }
}

/// For the gallery.
pub fn samples() -> Vec<Sample> {
    let at = DateTime::<Utc>::UNIX_EPOCH + Duration::days(20_000);
    let token = Token {
        id: TokenId(uuid::Uuid::nil()),
        kind: TokenKind::Personal,
        name: "Nightly import".to_owned(),
        person_id: None,
        person: "Ada Lindqvist".to_owned(),
        hint: "7Qx2".to_owned(),
        scopes: vec!["tickets:write".to_owned(), "projects:read".to_owned()],
        is_narrowed: true,
        projects: vec!["ATL".to_owned()],
        networks: Vec::new(),
        created_at: at,
        expires_at: at + Duration::days(DEFAULT_DAYS),
        used_count: 412,
        last_used_at: Some(at),
        last_address: Some("203.0.113.7".to_owned()),
    };
    let shell = || Shell::sample("settings");
    let (mine, keys) = (Side { is_key: false }, Side { is_key: true });
    let me = Actor::visitor("", "");
    let form = TokenForm { is_narrowed: true, ..TokenForm::default() };
    let made = Made {
        shell: shell(),
        side: mine,
        name: token.name.clone(),
        token: "tow_pat_…".to_owned(),
        example: "https://tow.example/api/v1/me".to_owned(),
    };
    let lines = vec![Line::of(token, at)];
    vec![
        sample("tokens/index", &Index { shell: shell(), side: mine, lines }),
        sample("tokens/index (empty)", &Index { shell: shell(), side: keys, lines: Vec::new() }),
        sample("tokens/new", &New::new(shell(), &me, keys, form, Problems::one("scopes", "problem-scopes-none"))),
        sample("tokens/made", &made),
    ]
}
