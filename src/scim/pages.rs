//! The page of the company's directory.

use crate::error::Problems;
use crate::scim::model::{
    Conflict, DEFAULT_SCIM_DAYS, Drift, GroupDrift, MAX_NAMED, MAX_SCIM_DAYS, Named, OVERLAP_DAYS, ScimToken,
    ScimTokenId, parse_scim_days,
};
use crate::text::value::Name;
use crate::ui::{Choice, Sample, Shell, filters, sample, say_with};
use crate::web::Form;
use askama::Template;
use chrono::{DateTime, Duration, NaiveDate, Utc};

/// Lifetimes that the form offers.
const LIFETIMES: [i64; 4] = [30, 90, DEFAULT_SCIM_DAYS, MAX_SCIM_DAYS];

#[derive(Template)]
#[template(path = "scim/index.html")]
pub struct Index {
    pub shell: Shell,
    /// What the directory is told.
    pub address: String,
    pub lines: Vec<Line>,
    pub drift: Drift,
    pub lists: Lists,
    pub form: TokenForm,
    pub lifetimes: Vec<Choice>,
    pub problems: Problems,
}

/// Where the directory and this server differ, each list cut to its first.
#[derive(Debug, Clone, Default)]
pub struct Lists {
    pub unnamed: Vec<Named>,
    pub held: Vec<Named>,
    pub conflicts: Vec<Conflict>,
    pub groups: Vec<GroupDrift>,
}

/// A token of the list.
#[derive(Debug, Clone)]
pub struct Line {
    pub token: ScimToken,
    pub ends_on: NaiveDate,
    pub is_expired: bool,
}

/// The token itself, this once.
#[derive(Template)]
#[template(path = "scim/made.html")]
pub struct Made {
    pub shell: Shell,
    pub name: String,
    pub token: String,
    pub address: String,
}

/// As typed.
#[derive(Debug, Clone, Default)]
pub struct TokenForm {
    pub name: String,
    pub days: String,
}

impl TokenForm {
    pub fn of(form: &Form) -> Self {
        TokenForm { name: form.text("name").to_owned(), days: form.text("days").to_owned() }
    }

    /// All problems at once.
    pub fn check(&self) -> Result<(Name, i64), Problems> {
        let mut problems = Problems::default();
        let name = problems.take("name", Name::parse(&self.name));
        let days = problems.take("days", parse_scim_days(&self.days));
        name.zip(days).ok_or(problems)
    }
}

impl Index {
    pub fn new(
        shell: Shell,
        address: String,
        (tokens, now): (Vec<ScimToken>, DateTime<Utc>),
        drift: Drift,
        lists: Lists,
    ) -> Self {
        let line = |token: ScimToken| Line {
            is_expired: token.expires_at <= now,
            ends_on: token.expires_at.date_naive(),
            token,
        };
        let lines = tokens.into_iter().map(line).collect();
        let (form, problems) = (TokenForm::default(), Problems::default());
        let view = Index { shell, address, lines, drift, lists, form, lifetimes: Vec::new(), problems };
        view.with(TokenForm::default(), Problems::default())
    }

    /// With what was typed and what is wrong with it.
    pub fn with(mut self, form: TokenForm, problems: Problems) -> Self {
        let chosen = if form.days.is_empty() { DEFAULT_SCIM_DAYS.to_string() } else { form.days.clone() };
        let lifetime = |days: i64| {
            let label = say_with("token-days", [("count", days.to_string().as_str())]);
            Choice::new(days, label, days.to_string() == chosen)
        };
        self.lifetimes = LIFETIMES.into_iter().map(lifetime).collect();
        (self.form, self.problems) = (form, problems);
        self
    }

    /// When the directory was last heard of.
    pub fn last_heard(&self) -> Option<DateTime<Utc>> {
        self.lines.iter().filter_map(|line| line.token.last_used_at).max()
    }

    pub fn overlap(&self) -> String {
        say_with("scim-rotate-words", [("days", OVERLAP_DAYS.to_string().as_str())])
    }

    /// A list is longer than what is shown of it.
    pub fn is_cut(&self, count: &i64) -> bool {
        *count > MAX_NAMED
    }
}

/// For the gallery.
pub fn samples() -> Vec<Sample> {
    let at = DateTime::<Utc>::UNIX_EPOCH + Duration::days(20_000);
    let token = ScimToken {
        id: ScimTokenId(uuid::Uuid::nil()),
        name: "Entra ID".to_owned(),
        creator: "Ada Lindqvist".to_owned(),
        hint: "7Qx2".to_owned(),
        created_at: at,
        expires_at: at + Duration::days(DEFAULT_SCIM_DAYS),
        is_replaced: false,
        last_used_at: Some(at),
        last_address: Some("203.0.113.7".to_owned()),
    };
    let old = ScimToken { is_replaced: true, last_used_at: None, last_address: None, ..token.clone() };
    let named =
        Named { name: "Dov Peretz".to_owned(), handle: "dov".to_owned(), email: "dov@halden.example".to_owned() };
    let drift = Drift { managed: 118, held: 1, unnamed: 60, closed_here: 1, groups: 12, changed_at: Some(at) };
    let address = || "https://tow.halden.example/scim/v2".to_owned();
    let shell = || Shell::sample("settings");
    let same = GroupDrift {
        said: "Surveyors".to_owned(),
        name: "Surveyors".to_owned(),
        differ: 0,
        names: Vec::new(),
        ..GroupDrift::sample()
    };
    let lists = Lists {
        unnamed: vec![named.clone()],
        held: vec![named],
        conflicts: vec![Conflict::sample()],
        groups: vec![GroupDrift::sample(), same],
    };
    let index = Index::new(shell(), address(), (vec![token, old], at), drift, lists);
    let empty = Index::new(shell(), address(), (Vec::new(), at), Drift::default(), Default::default());
    let wrong = Index::new(shell(), address(), (Vec::new(), at), Drift::default(), Default::default());
    let form = TokenForm { name: String::new(), days: "0".to_owned() };
    let problems = form.check().err().unwrap_or_default();
    let made =
        Made { shell: shell(), name: "Entra ID".to_owned(), token: "tow_scim_0Gq…".to_owned(), address: address() };
    vec![
        sample("scim/index", &index),
        sample("scim/empty", &empty),
        sample("scim/wrong", &wrong.with(form, problems)),
        sample("scim/made", &made),
    ]
}
