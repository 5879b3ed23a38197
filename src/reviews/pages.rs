//! The pages of reviews and their forms.

use super::{AccessKind, Line, Reply, Review, Tally};
use crate::error::{Msg, Problems};
use crate::ui::{Sample, Shell, filters, sample};
use askama::Template;
use chrono::{DateTime, NaiveDate, Utc};

#[derive(Template)]
#[template(path = "reviews/index.html")]
pub struct Index {
    pub shell: Shell,
    pub reviews: Vec<Review>,
    pub has_open: bool,
    /// As typed; empty: by hand only.
    pub months: String,
    pub problems: Problems,
}

#[derive(Template)]
#[template(path = "reviews/show.html")]
pub struct Show {
    pub shell: Shell,
    pub review: Review,
    pub tabs: Vec<Tab>,
    pub lines: Vec<Line>,
    /// Address of the next page.
    pub next: Option<String>,
    pub only_open: bool,
    /// This page without its position, to come back to after an answer.
    pub back: String,
    pub finding: String,
    pub problems: Problems,
}

/// One kind of access.
#[derive(Debug, Clone)]
pub struct Tab {
    pub href: String,
    pub label: String,
    pub open: i64,
    pub lines: i64,
    pub is_current: bool,
}

/// Message key.
pub fn kind_label(kind: AccessKind) -> String {
    format!("review-kind-{}", kind.as_str().replace('_', "-"))
}

impl Tab {
    pub fn of(review: &Review, tallies: &[Tally], chosen: Option<AccessKind>) -> Vec<Tab> {
        let all = Tab {
            href: review.path(),
            label: "review-all".to_owned(),
            open: review.open(),
            lines: review.lines,
            is_current: chosen.is_none(),
        };
        let tab = |tally: &Tally| Tab {
            href: format!("{}?kind={}", review.path(), tally.kind),
            label: kind_label(tally.kind),
            open: tally.open,
            lines: tally.lines,
            is_current: chosen == Some(tally.kind),
        };
        std::iter::once(all).chain(tallies.iter().map(tab)).collect()
    }
}

impl Line {
    pub fn kind_label(&self) -> String {
        kind_label(self.kind)
    }

    /// Message key, icon and tone; None while it is open.
    pub fn reply(&self) -> Option<(&'static str, &'static str, &'static str)> {
        self.answer.map(|answer| match answer {
            Reply::Confirmed => ("review-confirmed", "check", "green"),
            Reply::Revoked => ("review-revoked", "x", "red"),
            Reply::Gone => ("review-gone", "info", "grey"),
        })
    }
}

impl Review {
    /// For samples.
    pub fn sample(is_signed: bool) -> Review {
        let at = DateTime::<Utc>::UNIX_EPOCH;
        Review {
            id: super::ReviewId(uuid::Uuid::nil()),
            started_at: at,
            started_by: (!is_signed).then(|| "Ada Lindqvist".to_owned()),
            due_on: NaiveDate::default(),
            signed_at: is_signed.then_some(at),
            signed_by: is_signed.then(|| "Ada Lindqvist".to_owned()),
            finding: "Two grants were left over from the spring.".to_owned(),
            lines: 42,
            answered: if is_signed { 42 } else { 17 },
            revoked: 2,
        }
    }

    pub fn is_signed(&self) -> bool {
        self.signed_at.is_some()
    }
}

impl Index {
    pub fn sample() -> Self {
        let problems = Problems::one("months", Msg::new("problem-review-months").with("max", 24));
        let reviews = vec![Review::sample(false), Review::sample(true)];
        Index { shell: Shell::sample("settings"), reviews, has_open: true, months: "99".to_owned(), problems }
    }
}

impl Show {
    pub fn sample() -> Self {
        let review = Review::sample(false);
        let line = |number: u128, kind, answer| Line {
            id: super::LineId(uuid::Uuid::from_u128(number)),
            review_id: review.id,
            position: i32::try_from(number).unwrap_or_default(),
            kind,
            subject: "Ben Okafor".to_owned(),
            what: "admin".to_owned(),
            detail: "ben@halden.example, second factor".to_owned(),
            since: Some(DateTime::<Utc>::UNIX_EPOCH),
            last_used_at: None,
            person_id: None,
            reference: serde_json::json!({}),
            answer,
            answered_by: Some("Ada Lindqvist".to_owned()),
            answered_at: Some(DateTime::<Utc>::UNIX_EPOCH),
        };
        let tallies = [
            Tally { kind: AccessKind::Member, lines: 9, open: 3 },
            Tally { kind: AccessKind::Grant, lines: 33, open: 22 },
        ];
        Show {
            shell: Shell::sample("settings"),
            tabs: Tab::of(&review, &tallies, Some(AccessKind::Member)),
            lines: vec![line(1, AccessKind::Member, None), line(2, AccessKind::Grant, Some(Reply::Revoked))],
            next: Some("?after=2".to_owned()),
            only_open: false,
            back: review.path(),
            finding: String::new(),
            problems: Problems::one("", Msg::new("problem-review-lines-open").with("count", 25)),
            review,
        }
    }
}

pub fn samples() -> Vec<Sample> {
    vec![sample("reviews/index", &Index::sample()), sample("reviews/show", &Show::sample())]
}
