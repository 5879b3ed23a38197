//! The settings pages and their forms.

use super::{OrganisationText, Palette, Profile, Theme};
use crate::access::Actor;
use crate::config::{Config, TlsMode, Transport};
use crate::error::{Msg, Problems};
use crate::people::{Method, Mode, Organisation, Person, Session, SessionId, parse_handle};
use crate::text::value::{Body, Name};
use crate::ui::{Choice, Sample, Shell, browser_name, filters, sample, text};
use crate::web::Form;
use askama::Template;
use chrono::{DateTime, Utc};

#[derive(Template)]
#[template(path = "settings/index.html")]
pub struct Index {
    pub shell: Shell,
}

#[derive(Template)]
#[template(path = "settings/me.html")]
pub struct MePage {
    pub shell: Shell,
    pub form: ProfileForm,
    pub email: String,
    pub themes: Vec<Choice>,
    pub palettes: Vec<Choice>,
    pub sessions: Vec<Line>,
    pub has_password: bool,
    /// Whether the account's secrets may be changed now, or the person is asked first.
    pub is_confirmed: bool,
    pub problems: Problems,
}

/// A session as its person recognises it.
#[derive(Debug, Clone)]
pub struct Line {
    pub id: SessionId,
    /// "Firefox on Linux"
    pub browser: String,
    /// The whole word of the browser about itself.
    pub detail: String,
    pub address: String,
    /// Message key.
    pub method: String,
    /// Message key of what was shown beside it.
    pub factor: Option<String>,
    pub authenticated_at: DateTime<Utc>,
    pub last_seen_at: DateTime<Utc>,
    pub is_this: bool,
}

impl Line {
    pub fn of(session: Session, this: Option<SessionId>) -> Self {
        Line {
            id: session.id,
            browser: browser_name(&session.browser),
            detail: session.browser,
            address: session.address,
            method: format!("session-by-{}", session.method),
            // A passkey alone is the way in itself.
            factor: session
                .factor
                .filter(|_| session.method != Method::Passkey)
                .map(|factor| format!("session-and-{factor}")),
            authenticated_at: session.authenticated_at,
            last_seen_at: session.last_seen_at,
            is_this: Some(session.id) == this,
        }
    }
}

/// As typed.
#[derive(Debug, Clone)]
pub struct ProfileForm {
    pub name: String,
    pub handle: String,
    pub time_zone: String,
}

impl ProfileForm {
    pub fn of(form: &Form) -> Self {
        let text = |name| form.text(name).to_owned();
        ProfileForm { name: text("name"), handle: text("handle"), time_zone: text("time_zone") }
    }

    pub fn of_person(person: &Person) -> Self {
        let time_zone = person.time_zone.clone().unwrap_or_default();
        ProfileForm { name: person.name.clone(), handle: person.handle.clone(), time_zone }
    }

    pub fn check(&self) -> Result<Profile, Problems> {
        let mut problems = Problems::default();
        let name = problems.take("name", Name::parse(&self.name));
        let handle = problems.take("handle", parse_handle(&self.handle));
        let time_zone = match self.time_zone.trim() {
            "" => Some(None),
            zone => problems.take("time_zone", parse_zone(zone)).map(Some),
        };
        match (name, handle, time_zone) {
            (Some(name), Some(handle), Some(time_zone)) => Ok(Profile { name, handle, time_zone }),
            _ => Err(problems),
        }
    }
}

fn parse_zone(name: &str) -> Result<String, Msg> {
    let zone: Result<chrono_tz::Tz, _> = name.trim().parse();
    zone.map(|zone| zone.name().to_owned()).map_err(|_| "problem-time-zone".into())
}

pub fn theme_choices(chosen: &str) -> Vec<Choice> {
    Theme::ALL
        .iter()
        .map(|theme| Choice::new(theme, text(&format!("theme-{theme}")), theme.as_str() == chosen))
        .collect()
}

pub fn palette_choices(chosen: &str) -> Vec<Choice> {
    let choice =
        |palette: &Palette| Choice::new(palette, text(&format!("palette-{palette}")), palette.as_str() == chosen);
    Palette::ALL.iter().map(choice).collect()
}

#[derive(Template)]
#[template(path = "settings/organisation.html")]
pub struct OrganisationPage {
    pub shell: Shell,
    pub form: OrganisationForm,
    pub can_update: bool,
    /// What somebody saved in the meantime.
    pub theirs: Option<Organisation>,
    pub problems: Problems,
}

/// As typed.
#[derive(Debug, Clone)]
pub struct OrganisationForm {
    pub name: String,
    pub about: String,
    pub mode: String,
    pub time_zone: String,
    pub was: String,
}

impl OrganisationForm {
    pub fn of(form: &Form) -> Self {
        let text = |name| form.text(name).to_owned();
        OrganisationForm {
            name: text("name"),
            about: text("about"),
            mode: text("mode"),
            time_zone: text("time_zone"),
            was: text("was"),
        }
    }

    pub fn of_organisation(organisation: &Organisation) -> Self {
        OrganisationForm {
            name: organisation.name.clone(),
            about: organisation.about.clone(),
            mode: organisation.mode.to_string(),
            time_zone: organisation.time_zone.clone(),
            was: super::fingerprint(organisation),
        }
    }

    pub fn check(&self) -> Result<OrganisationText, Problems> {
        let mut problems = Problems::default();
        let name = problems.take("name", Name::parse(&self.name));
        let about = problems.take("about", Body::parse(&self.about));
        let mode = problems.take("mode", Mode::parse(&self.mode).ok_or("problem-choice".into()));
        let time_zone = problems.take("time_zone", parse_zone(&self.time_zone));
        match (name, about, mode, time_zone) {
            (Some(name), Some(about), Some(mode), Some(time_zone)) => {
                Ok(OrganisationText { name, about, mode, time_zone })
            }
            _ => Err(problems),
        }
    }
}

/// How mails leave.
#[derive(Template)]
#[template(path = "settings/mail.html")]
pub struct MailPage {
    pub shell: Shell,
    /// `console`, `file` or `smtp`.
    pub transport: &'static str,
    /// Host and port; empty when no mail server is used.
    pub server: String,
    /// Message key.
    pub encryption: &'static str,
    pub sender: String,
    /// Where the test goes.
    pub email: String,
    pub tested: Option<Tested>,
}

/// What became of a test.
#[derive(Debug, Clone)]
pub enum Tested {
    Left,
    /// In the transport's words.
    Stayed(String),
}

impl MailPage {
    pub fn of(shell: Shell, me: &Actor, config: &Config, tested: Option<Tested>) -> Self {
        let (email, smtp) = (&config.email, &config.email.smtp);
        let is_smtp = email.transport == Transport::Smtp;
        let server = smtp.host.as_deref().filter(|_| is_smtp).map(|host| format!("{host}:{}", smtp.port));
        MailPage {
            shell,
            transport: match email.transport {
                Transport::Console => "console",
                Transport::File => "file",
                Transport::Smtp => "smtp",
            },
            server: server.unwrap_or_default(),
            encryption: match smtp.tls_mode {
                TlsMode::None => "mail-tls-none",
                TlsMode::Starttls => "mail-tls-starttls",
                TlsMode::Implicit => "mail-tls-implicit",
            },
            sender: email.from_address.clone().unwrap_or_default(),
            email: me.person.as_ref().map(|person| person.email.clone()).unwrap_or_default(),
            tested,
        }
    }

    pub fn sample() -> Self {
        MailPage {
            shell: Shell::sample("settings"),
            transport: "smtp",
            server: "mail.halden.example:587".to_owned(),
            encryption: "mail-tls-starttls",
            sender: "tow@halden.example".to_owned(),
            email: "ada@halden.example".to_owned(),
            tested: Some(Tested::Stayed("the mail server: connection refused".to_owned())),
        }
    }
}

impl Index {
    pub fn sample() -> Self {
        Index { shell: Shell::sample("settings") }
    }
}

impl MePage {
    pub fn sample() -> Self {
        let line = Line {
            id: SessionId(uuid::Uuid::nil()),
            browser: browser_name("Firefox/140.0 Linux"),
            detail: "Firefox/140.0 Linux".to_owned(),
            address: "203.0.113.7".to_owned(),
            method: "session-by-password".to_owned(),
            factor: Some("session-and-totp".to_owned()),
            authenticated_at: DateTime::<Utc>::UNIX_EPOCH,
            last_seen_at: DateTime::<Utc>::UNIX_EPOCH,
            is_this: true,
        };
        let (name, handle) = ("Ada Lindqvist".to_owned(), "ada.lindqvist".to_owned());
        MePage {
            shell: Shell::sample("settings"),
            form: ProfileForm { name, handle, time_zone: String::new() },
            email: "ada@halden.example".to_owned(),
            themes: theme_choices("system"),
            palettes: palette_choices("default"),
            sessions: vec![line],
            has_password: true,
            is_confirmed: true,
            problems: Problems::one("current_password", "problem-password-current"),
        }
    }
}

impl OrganisationPage {
    pub fn sample() -> Self {
        let form = OrganisationForm {
            name: "Halden".to_owned(),
            about: String::new(),
            mode: "founder".to_owned(),
            time_zone: "Europe/London".to_owned(),
            was: String::new(),
        };
        let problems = Problems::one("time_zone", "problem-time-zone");
        OrganisationPage { shell: Shell::sample("settings"), form, can_update: true, theirs: None, problems }
    }
}

/// For the gallery.
pub fn samples() -> Vec<Sample> {
    vec![
        sample("settings/index", &Index::sample()),
        sample("settings/me", &MePage::sample()),
        sample("settings/organisation", &OrganisationPage::sample()),
        sample("settings/mail", &MailPage::sample()),
    ]
}
