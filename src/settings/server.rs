//! The pages of the server's configuration: everything with its origin, and a form for each section.

use crate::config::{KEYS, Key, Kind, Loaded, Origin, SECRETS, SECTIONS, Setting};
use crate::error::{Msg, Problems};
use crate::settings::OnDisk;
use crate::ui::{Sample, Shell, filters, sample};
use crate::web::Form;
use askama::Template;
use std::collections::BTreeMap;

/// Of one value that is typed; nobody means a longer one.
pub const MAX_VALUE_BYTES: usize = 4000;

/// One key as the list shows it.
#[derive(Debug, Clone)]
pub struct Row {
    pub path: &'static str,
    pub doc: &'static str,
    /// In force now, as it would stand in tow.yaml.
    pub value: String,
    /// As `tow config show` says it.
    pub origin: String,
    /// A variable wins over the file.
    pub is_override: bool,
    /// What the next start would take instead.
    pub next: Option<String>,
}

/// A section with what it is about.
#[derive(Debug, Clone)]
pub struct Group {
    pub name: &'static str,
    pub words: &'static str,
    pub rows: Vec<Row>,
}

#[derive(Debug, Clone)]
pub struct SecretRow {
    pub name: &'static str,
    pub doc: &'static str,
    /// Where it comes from; None when it is not set.
    pub origin: Option<String>,
    /// None for one whose age nobody counts.
    pub days: Option<i64>,
}

/// Everything in force.
#[derive(Template)]
#[template(path = "settings/server.html")]
pub struct ServerPage {
    pub shell: Shell,
    pub path: String,
    pub groups: Vec<Group>,
    pub secrets: Vec<SecretRow>,
    /// What a start would say of the file as it is now.
    pub problems: Vec<String>,
    pub is_waiting: bool,
}

/// The part of a path before its first dot: what a form changes at once.
fn top(path: &str) -> &str {
    path.split('.').next().unwrap_or(path)
}

/// Whether there is a form for it.
pub fn section_of(name: &str) -> Option<&'static (&'static str, &'static str)> {
    SECTIONS.iter().find(|(section, _)| *section == name && !section.contains('.'))
}

impl ServerPage {
    pub fn of(shell: Shell, loaded: &Loaded, file: &OnDisk, ages: &[(&'static str, i64)]) -> Self {
        let next: BTreeMap<&str, String> = file
            .next
            .iter()
            .flat_map(|next| {
                next.entries().map(|(key, setting, _)| (key.path, setting.to_string())).collect::<Vec<_>>()
            })
            .collect();
        let row = |key: &'static Key, setting: &Setting, origin: &Origin| {
            let value = setting.to_string();
            Row {
                path: key.path,
                doc: key.doc,
                origin: origin.to_string(),
                is_override: origin.is_override(),
                next: next.get(key.path).filter(|next| **next != value).cloned(),
                value,
            }
        };
        let rows: Vec<Row> = loaded.entries().map(|(key, setting, origin)| row(key, setting, origin)).collect();
        let is_waiting = rows.iter().any(|row| row.next.is_some());
        let groups = SECTIONS.iter().filter(|(name, _)| !name.contains('.')).map(|(name, words)| Group {
            name,
            words,
            rows: rows.iter().filter(|row| top(row.path) == *name).cloned().collect(),
        });
        let secret = |secret: &'static crate::config::SecretKey| SecretRow {
            name: secret.name,
            doc: secret.doc,
            origin: loaded.secrets.origin(secret.name).map(ToString::to_string),
            days: ages.iter().find(|(name, _)| *name == secret.name).map(|(_, days)| *days),
        };
        ServerPage {
            shell,
            path: file.path.display().to_string(),
            groups: groups.collect(),
            secrets: SECRETS.iter().map(secret).collect(),
            problems: file.problems.iter().map(ToString::to_string).collect(),
            is_waiting,
        }
    }

    pub fn sample() -> Self {
        let row = Row {
            path: "runtime.bind",
            doc: "Address and port to listen on.",
            value: "127.0.0.1:8080".to_owned(),
            origin: "environment TOW_RUNTIME__BIND".to_owned(),
            is_override: true,
            next: Some("127.0.0.1:8081".to_owned()),
        };
        let secret = SecretRow {
            name: "APP_SECRET",
            doc: "Signs session cookies.",
            origin: Some("environment APP_SECRET".to_owned()),
            days: Some(12),
        };
        ServerPage {
            shell: Shell::sample("settings"),
            path: "/etc/tow/tow.yaml".to_owned(),
            groups: vec![Group { name: "runtime", words: "Where the server listens.", rows: vec![row] }],
            secrets: vec![SecretRow { origin: None, days: None, ..secret.clone() }, secret],
            problems: vec![
                "/etc/tow/tow.yaml:3: runtime.bnd is not a known key. Did you mean runtime.bind?".to_owned(),
            ],
            is_waiting: true,
        }
    }
}

/// How a key is typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    Line,
    /// One entry a line.
    Lines,
    /// Words to choose from, with the empty one for the default.
    Choice(Vec<&'static str>),
}

#[derive(Debug, Clone)]
pub struct Field {
    pub path: &'static str,
    pub doc: &'static str,
    pub effect: &'static str,
    pub needs_restart: bool,
    /// What holds when nothing is typed.
    pub default: String,
    pub expected: String,
    pub input: Input,
    pub text: String,
    /// The variable that wins over the file: then nothing is asked.
    pub variable: Option<String>,
}

/// One section of the file.
#[derive(Template)]
#[template(path = "settings/server_section.html")]
pub struct SectionPage {
    pub shell: Shell,
    pub name: &'static str,
    pub words: &'static str,
    pub path: String,
    pub fields: Vec<Field>,
    pub was: String,
    pub is_saved_here: bool,
    pub instances: usize,
    /// What a start would say of the file as it is now; then nothing is changed from here.
    pub broken: Vec<String>,
    /// The changed file, to be copied.
    pub copy: Option<String>,
    pub is_changed_meanwhile: bool,
    pub problems: Problems,
}

impl SectionPage {
    pub fn of(shell: Shell, (name, words): (&'static str, &'static str), loaded: &Loaded, file: &OnDisk) -> Self {
        let keys = KEYS.iter().filter(|key| top(key.path) == name);
        SectionPage {
            shell,
            name,
            words,
            path: file.path.display().to_string(),
            fields: keys.map(|key| field(key, loaded, file)).collect(),
            was: file.was(),
            is_saved_here: file.is_saved_here(),
            instances: file.instances,
            broken: file.problems.iter().map(ToString::to_string).collect(),
            copy: None,
            is_changed_meanwhile: false,
            problems: Problems::default(),
        }
    }

    /// With what was typed.
    pub fn typed(mut self, form: &Form) -> Self {
        for field in self.fields.iter_mut().filter(|field| form.has(field.path)) {
            field.text = form.text(field.path).to_owned();
        }
        self
    }

    pub fn sample() -> Self {
        let field = |path, input: Input| Field {
            path,
            doc: "Name of the session cookie.",
            effect: "Signs everyone out.",
            needs_restart: true,
            default: "tow_session".to_owned(),
            expected: "1 to 64 letters, digits, _ or -".to_owned(),
            input,
            text: "halden".to_owned(),
            variable: None,
        };
        let overridden =
            Field { variable: Some("environment TOW_LOG__FORMAT".to_owned()), ..field("log.format", Input::Line) };
        SectionPage {
            shell: Shell::sample("settings"),
            name: "security",
            words: "Sessions, and what the server may talk to.",
            path: "/etc/tow/tow.yaml".to_owned(),
            fields: vec![
                field("security.session_cookie_name", Input::Line),
                field("security.outbound_allowed_hosts", Input::Lines),
                field("security.allow_plain_http", Input::Choice(vec!["true", "false"])),
                overridden,
            ],
            was: String::new(),
            is_saved_here: true,
            instances: 1,
            broken: Vec::new(),
            copy: None,
            is_changed_meanwhile: false,
            problems: Problems::one("security.session_cookie_name", "problem-server-unsure"),
        }
    }

    fn to_copy() -> Self {
        SectionPage {
            is_saved_here: false,
            instances: 2,
            copy: Some("# Halden\nsecurity:\n  session_cookie_name: halden\n".to_owned()),
            is_changed_meanwhile: true,
            problems: Problems::default(),
            ..Self::sample()
        }
    }

    fn broken() -> Self {
        let said = "/etc/tow/tow.yaml:3: security.session_cookie_nam is not a known key.".to_owned();
        SectionPage { broken: vec![said], ..Self::sample() }
    }
}

fn field(key: &'static Key, loaded: &Loaded, file: &OnDisk) -> Field {
    let here = file.next.as_ref().unwrap_or(loaded);
    let variable = here.origin(key.path).filter(|origin| origin.is_override()).map(ToString::to_string);
    Field {
        path: key.path,
        doc: key.doc,
        effect: key.effect,
        needs_restart: key.needs_restart,
        default: match key.default.setting() {
            Setting::Unset => String::new(),
            setting => setting.to_string(),
        },
        expected: key.kind.expected(),
        input: match key.kind {
            Kind::Bool => Input::Choice(vec!["true", "false"]),
            Kind::OneOf(words) => Input::Choice(words.to_vec()),
            Kind::List(_) => Input::Lines,
            _ => Input::Line,
        },
        text: file.settings.get(key.path).map(as_typed).unwrap_or_default(),
        variable,
    }
}

/// A list with nothing in it, as YAML writes it.
const EMPTY_LIST: &str = "[]";

fn as_typed(setting: &Setting) -> String {
    match setting {
        Setting::Unset => String::new(),
        Setting::Bool(value) => value.to_string(),
        Setting::Int(value) => value.to_string(),
        Setting::Text(text) => text.clone(),
        // What a form shows empty stands at its default, and an empty list is something else: nobody at all.
        Setting::List(entries) if entries.is_empty() => EMPTY_LIST.to_owned(),
        Setting::List(entries) => entries.join("\n"),
    }
}

/// What was typed of one section, by key; None for a key that shall stand at its default. What is not in the form stays as it is.
pub fn wanted(name: &str, form: &Form) -> Result<Vec<(&'static Key, Option<Setting>)>, Problems> {
    let (mut wanted, mut problems) = (Vec::new(), Problems::default());
    for key in KEYS.iter().filter(|key| top(key.path) == name && form.has(key.path)) {
        let text = form.text(key.path).trim();
        if text.len() > MAX_VALUE_BYTES {
            problems.add(key.path, Msg::new("problem-server-long").with("max", MAX_VALUE_BYTES));
            continue;
        }
        if text.is_empty() {
            wanted.push((key, None));
            continue;
        }
        match parse(key, text) {
            Ok(setting) => wanted.push((key, Some(setting))),
            Err(why) => {
                let words = format!("{} {why}.", key.path);
                let msg = Msg::new("problem-server-value").with("words", words).with("expected", key.kind.expected());
                problems.add(key.path, msg);
            }
        }
    }
    if problems.is_empty() { Ok(wanted) } else { Err(problems) }
}

fn parse(key: &Key, text: &str) -> Result<Setting, String> {
    match key.kind {
        Kind::List(_) if text == EMPTY_LIST => Ok(Setting::List(Vec::new())),
        Kind::List(_) => {
            let entries = text.lines().map(str::trim).filter(|line| !line.is_empty());
            key.kind.accept(Setting::List(entries.map(str::to_owned).collect()))
        }
        kind => kind.read(text),
    }
}

pub fn samples() -> Vec<Sample> {
    vec![
        sample("settings/server", &ServerPage::sample()),
        sample("settings/server_section", &SectionPage::sample()),
        sample("settings/server_section-copy", &SectionPage::to_copy()),
        sample("settings/server_section-broken", &SectionPage::broken()),
    ]
}
