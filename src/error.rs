//! The one error of the whole server. Which kind where:
//! a model verb answers `NotFound` for what is absent *or invisible*, `Forbidden` for what one sees but may not do,
//! `Invalid` for input a person can mend (by field), `Conflict` when somebody else was faster. Database failures become
//! `Away` or `Broken` through `From`; a named constraint becomes a field problem in the verb that knows it (`on_constraint`).
//! Handlers never render errors: `web::error_pages` draws page, fragment or problem JSON, and logs once.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

pub type Result<T, E = Error> = std::result::Result<T, E>;

#[derive(Debug)]
pub enum Error {
    /// No session: 303 to the sign-in page, or 401.
    SignIn,
    /// Needs a recent sign-in (step-up): its page, or 403 `reauthentication_required`.
    Confirm,
    /// Absent, or not visible to who asks: the same answer.
    NotFound,
    /// Visible, but not allowed; the reason names the missing role.
    Forbidden(Msg),
    /// Input to mend.
    Invalid(Problems),
    /// A lost race: what is there now, and what was sent.
    Conflict(Box<Conflict>),
    /// Too many tries; come back after this long.
    Slow(Duration),
    /// A part is missing for the moment (database, disk).
    Away(String),
    /// Our fault. Only the log gets the text.
    Broken(String),
}

/// A catalogue key with its arguments; translated where it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Msg {
    pub key: &'static str,
    pub args: Vec<(&'static str, String)>,
}

impl Msg {
    pub fn new(key: &'static str) -> Self {
        Msg { key, args: Vec::new() }
    }

    pub fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.args.push((name, value.to_string()));
        self
    }
}

impl From<&'static str> for Msg {
    fn from(key: &'static str) -> Self {
        Msg::new(key)
    }
}

/// Both texts of a lost race, so that nobody's words are lost.
#[derive(Debug, Clone)]
pub struct Conflict {
    pub field: &'static str,
    pub theirs: String,
    pub yours: String,
    /// The fingerprint of theirs, to send when one keeps one's own.
    pub seen: String,
}

/// Problems by form field; the field `""` is about the whole form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problems {
    fields: BTreeMap<String, Msg>,
    /// 422, unless the input was too large (413) or of the wrong kind (415).
    pub status: ProblemStatus,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ProblemStatus {
    #[default]
    Unprocessable,
    TooLarge,
    WrongKind,
}

impl Problems {
    pub fn one(field: &str, msg: impl Into<Msg>) -> Self {
        let mut problems = Problems::default();
        problems.add(field, msg);
        problems
    }

    /// The first problem of a field stands.
    pub fn add(&mut self, field: &str, msg: impl Into<Msg>) {
        self.fields.entry(field.to_owned()).or_insert_with(|| msg.into());
    }

    /// Keeps the value, or notes the problem under `field`.
    pub fn take<T>(&mut self, field: &str, parsed: Result<T, Msg>) -> Option<T> {
        parsed.map_err(|msg| self.add(field, msg)).ok()
    }

    /// As `take`, of what names its fields itself. Any other error passes through.
    pub fn gather<T>(&mut self, checked: Result<T>) -> Result<Option<T>> {
        match checked {
            Err(Error::Invalid(found)) => {
                found.fields.into_iter().for_each(|(field, msg)| self.add(&field, msg));
                Ok(None)
            }
            checked => checked.map(Some),
        }
    }

    pub fn get(&self, field: &str) -> Option<&Msg> {
        self.fields.get(field)
    }

    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// What to say where there is room for one sentence only.
    pub fn first(&self) -> Msg {
        self.fields.values().next().cloned().unwrap_or(Msg::new("problem-choice"))
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &Msg)> {
        self.fields.iter().map(|(field, msg)| (field.as_str(), msg))
    }

    /// `Err(Invalid)` when anything was noted.
    pub fn check(self) -> Result<()> {
        if self.is_empty() { Ok(()) } else { Err(Error::Invalid(self)) }
    }
}

impl Error {
    /// Whether the database gave up on a statement that took too long.
    pub fn is_too_slow(&self) -> bool {
        matches!(self, Error::Away(why) if why.contains("statement timeout"))
    }

    pub fn invalid(field: &str, msg: impl Into<Msg>) -> Self {
        Error::Invalid(Problems::one(field, msg))
    }

    pub fn forbidden(msg: impl Into<Msg>) -> Self {
        Error::Forbidden(msg.into())
    }

    pub fn broken(what: impl fmt::Display) -> Self {
        Error::Broken(what.to_string())
    }

    /// The name in logs, problem types and tests.
    pub fn kind(&self) -> &'static str {
        match self {
            Error::SignIn => "sign_in",
            Error::Confirm => "reauthentication_required",
            Error::NotFound => "not_found",
            Error::Forbidden(_) => "forbidden",
            Error::Invalid(_) => "invalid",
            Error::Conflict(_) => "conflict",
            Error::Slow(_) => "slow_down",
            Error::Away(_) => "away",
            Error::Broken(_) => "broken",
        }
    }

    pub fn status(&self) -> u16 {
        match self {
            Error::SignIn => 401,
            Error::Confirm | Error::Forbidden(_) => 403,
            Error::NotFound => 404,
            Error::Invalid(problems) => match problems.status {
                ProblemStatus::Unprocessable => 422,
                ProblemStatus::TooLarge => 413,
                ProblemStatus::WrongKind => 415,
            },
            Error::Conflict(_) => 409,
            Error::Slow(_) => 429,
            Error::Away(_) => 503,
            Error::Broken(_) => 500,
        }
    }
}

/// Turns the violation of a named constraint into a message beside its field.
pub fn on_constraint(name: &'static str, field: &'static str, key: &'static str) -> impl Fn(Error) -> Error {
    move |error| match &error {
        Error::Broken(text) if text.contains(name) => Error::invalid(field, key),
        _ => error,
    }
}

impl From<diesel::result::Error> for Error {
    fn from(error: diesel::result::Error) -> Self {
        use diesel::result::{DatabaseErrorKind as Kind, Error as Db};
        match error {
            Db::NotFound => Error::NotFound,
            Db::DatabaseError(Kind::ClosedConnection | Kind::ReadOnlyTransaction, info) => {
                Error::Away(info.message().to_owned())
            }
            Db::DatabaseError(Kind::SerializationFailure, info) => Error::Away(info.message().to_owned()),
            // The connection went between the last statement and the end: nothing is written, and why is in the first error.
            Db::RollbackErrorOnCommit { commit_error, .. } => Error::from(*commit_error),
            Db::BrokenTransactionManager => Error::Away("the connection was lost within a transaction".to_owned()),
            // No text of ours holds a NUL byte, so nothing that was typed with one can be found.
            Db::QueryBuilderError(why) if why.is::<crate::db::sql::NulInText>() => Error::invalid("", "problem-nul"),
            Db::DatabaseError(_, info) if info.message().contains("invalid byte sequence") => {
                Error::invalid("", "problem-nul")
            }
            Db::DatabaseError(_, info) => match info.constraint_name() {
                Some(name) => Error::Broken(format!("constraint {name}: {}", info.message())),
                None if is_away(info.message()) => Error::Away(info.message().to_owned()),
                None => Error::Broken(info.message().to_owned()),
            },
            other => Error::Broken(other.to_string()),
        }
    }
}

/// What PostgreSQL says when it stops, starts, cancels or has no room: worth a later try.
fn is_away(message: &str) -> bool {
    const SIGNS: [&str; 10] = [
        "terminating connection",
        "server closed the connection",
        "no connection to the server",
        "could not connect",
        "the database system is",
        "statement timeout",
        "lock timeout",
        "could not extend file",
        "No space left",
        "read-only transaction",
    ];
    SIGNS.iter().any(|sign| message.contains(sign))
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Forbidden(msg) => write!(f, "forbidden: {}", msg.key),
            Error::Invalid(problems) => {
                let fields: Vec<_> = problems.iter().map(|(field, msg)| format!("{field}: {}", msg.key)).collect();
                write!(f, "invalid: {}", fields.join(", "))
            }
            Error::Away(why) | Error::Broken(why) => write!(f, "{}: {why}", self.kind()),
            _ => f.write_str(self.kind()),
        }
    }
}

impl std::error::Error for Error {}
