//! The pages of second factors.

use crate::error::Problems;
use crate::signin::{Factor, FactorId, Required, Ways};
use crate::ui::{Choice, Shell, filters, text};
use askama::Template;
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// After the password.
#[derive(Template)]
#[template(path = "signin/second.html")]
pub struct Second {
    pub csrf: String,
    pub organisation: String,
    /// Where the forms go.
    pub action: &'static str,
    pub back: String,
    /// Where one begins again.
    pub other: &'static str,
    pub ways: Ways,
    pub problems: Problems,
}

/// One's own.
#[derive(Template)]
#[template(path = "signin/factors.html")]
pub struct Factors {
    pub shell: Shell,
    pub factors: Vec<Factor>,
    pub has_app: bool,
    /// Unused recovery codes.
    pub codes: i64,
    /// Whether this server can keep seeds, and has a name that passkeys can be bound to.
    pub can_app: bool,
    pub can_passkey: bool,
    pub is_confirmed: bool,
    /// The organisation wants one before anything else.
    pub is_owed: bool,
    /// Where to go on afterwards; `/` for nowhere.
    pub next: String,
    /// Typed for a new passkey.
    pub name: String,
    pub problems: Problems,
}

/// Scan this.
#[derive(Template)]
#[template(path = "signin/app.html")]
pub struct App {
    pub shell: Shell,
    pub key: String,
    /// SVG.
    pub qr: String,
    pub next: String,
    pub problems: Problems,
}

/// Write these down.
#[derive(Template)]
#[template(path = "signin/codes.html")]
pub struct Codes {
    pub shell: Shell,
    pub codes: Vec<String>,
    pub next: String,
}

/// Who must have one.
#[derive(Template)]
#[template(path = "signin/policy.html")]
pub struct Policy {
    pub shell: Shell,
    pub choices: Vec<Choice>,
    /// People with a password and no factor: of all, of admins and owners, of owners.
    pub lacking: [i64; 3],
    pub problems: Problems,
}

impl Policy {
    pub fn new(shell: Shell, chosen: Required, lacking: [i64; 3], problems: Problems) -> Self {
        let choice = |one: &Required| Choice::new(one, text(&format!("factor-required-{one}")), *one == chosen);
        Policy { shell, choices: Required::ALL.iter().map(choice).collect(), lacking, problems }
    }

    pub fn sample() -> Self {
        Policy::new(Shell::sample("settings"), Required::Admins, [7, 2, 1], Problems::default())
    }
}

fn factor(kind: &str, name: &str) -> Factor {
    let at = DateTime::<Utc>::UNIX_EPOCH;
    Factor {
        id: FactorId(Uuid::nil()),
        kind: kind.to_owned(),
        name: name.to_owned(),
        created_at: at,
        last_used_at: Some(at),
    }
}

impl Second {
    pub fn sample() -> Self {
        Second {
            csrf: String::new(),
            organisation: "Halden".to_owned(),
            action: "/sign-in/second",
            back: "/".to_owned(),
            other: "/sign-in",
            ways: Ways { code: true, passkey: true, ..Ways::default() },
            problems: Problems::one("code", "problem-code"),
        }
    }
}

impl Factors {
    pub fn sample() -> Self {
        Factors {
            shell: Shell::sample("settings"),
            factors: vec![factor("totp", "Authenticator app"), factor("passkey", "Blue key")],
            has_app: false,
            codes: 9,
            can_app: true,
            can_passkey: true,
            is_confirmed: true,
            is_owed: false,
            next: "/".to_owned(),
            name: String::new(),
            problems: Problems::default(),
        }
    }
}

impl App {
    pub fn sample() -> Self {
        let qr = crate::signin::totp::qr("otpauth://totp/Halden:ada?secret=ABCD&issuer=Halden").unwrap_or_default();
        let problems = Problems::one("code", "problem-first-code");
        App { shell: Shell::sample("settings"), key: "ABCD EFGH".to_owned(), qr, next: "/".to_owned(), problems }
    }
}

impl Codes {
    pub fn sample() -> Self {
        let codes = vec!["0123-4567-89ab-cdef".to_owned(); 10];
        Codes { shell: Shell::sample("settings"), codes, next: "/settings/me/factors".to_owned() }
    }
}
