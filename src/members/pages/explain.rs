//! The page that says why.

use crate::access::{Actor, Answer, Verb};
use crate::error::{Msg, Problems};
use crate::members::{Explained, Member};
use crate::ui::{Chooser, Shell, filters};
use askama::Template;

#[derive(Template)]
#[template(path = "members/explain.html")]
pub struct Explain {
    pub shell: Shell,
    pub people: Chooser,
    /// As typed.
    pub record: String,
    /// None until both are given.
    pub answered: Option<Answered>,
    pub problems: Problems,
}

/// An explanation, ready to print.
#[derive(Debug, Clone)]
pub struct Answered {
    pub member: Member,
    pub title: String,
    pub path: String,
    /// Where access is changed.
    pub access_path: Option<String>,
    pub sees: bool,
    pub lines: Vec<AnswerLine>,
    pub reasons: Vec<Msg>,
}

#[derive(Debug, Clone)]
pub struct AnswerLine {
    /// Message key.
    pub label: String,
    pub is_yes: bool,
    /// What they are told when they try; None when it does not exist for them.
    pub told: Option<Msg>,
}

impl AnswerLine {
    pub fn of(verb: Verb, answer: &Answer) -> Self {
        let told = if let Answer::No(reason) = answer { Some(reason.clone()) } else { None };
        AnswerLine { label: format!("explain-verb-{verb}"), is_yes: *answer == Answer::Yes, told }
    }
}

impl Answered {
    pub fn of(explained: Explained, me: &Actor) -> Self {
        let Explained { member, subject, explanation } = explained;
        Answered {
            member,
            title: subject.title().to_owned(),
            path: subject.path(),
            access_path: subject.access_path(me),
            sees: explanation.sees(),
            lines: explanation.answers.iter().map(|(verb, answer)| AnswerLine::of(*verb, answer)).collect(),
            reasons: explanation.reasons,
        }
    }
}
