//! A page with one comment in a form: to edit it without a script, and to mend one that was refused.

use super::model::{Comment, NewComment};
use crate::error::{Conflict, Problems};
use crate::records::{Record, seen};
use crate::ui::{Sample, Shell, filters, sample};
use askama::Template;

#[derive(Template)]
#[template(path = "comments/form.html")]
pub struct Page {
    pub shell: Shell,
    pub record: Record,
    /// Where the form goes.
    pub action: String,
    pub title: &'static str,
    pub submit: &'static str,
    pub body: String,
    /// Fingerprint of the text that was read; empty for a new comment.
    pub was: String,
    pub quote: Option<String>,
    /// What is saved now, when somebody was faster.
    pub theirs: Option<String>,
    pub problems: Problems,
}

impl Page {
    /// A comment that could not be kept, with what was typed.
    pub fn create(shell: Shell, record: Record, sent: &NewComment, problems: Problems) -> Self {
        let action = format!("/records/{}/comments", record.display_id);
        let (title, submit) = ("comment-new", "comment-submit");
        let NewComment { body, quote } = sent.clone();
        Page { shell, record, action, title, submit, body, was: String::new(), quote, theirs: None, problems }
    }

    pub fn edit(shell: Shell, record: Record, comment: &Comment) -> Self {
        Page {
            shell,
            record,
            action: format!("/comments/{}", comment.id),
            title: "comment-edit",
            submit: "save",
            body: comment.body.clone(),
            was: seen(&comment.body),
            quote: comment.quote.clone(),
            theirs: None,
            problems: Problems::default(),
        }
    }

    pub fn with_problems(self, body: &str, was: &str, problems: Problems) -> Self {
        Page { body: body.to_owned(), was: was.to_owned(), problems, ..self }
    }

    /// Both texts; sending again keeps one's own.
    pub fn with_conflict(self, conflict: Conflict) -> Self {
        Page { body: conflict.yours, was: conflict.seen, theirs: Some(conflict.theirs), ..self }
    }

    pub fn sample() -> Self {
        let record = Record::sample(crate::access::Kind::Ticket, "ATL-142", "Recalculate crossings");
        let sent = NewComment {
            body: "The office sends a correction.".to_owned(),
            quote: Some("every ten minutes".to_owned()),
        };
        Page::create(Shell::sample("tickets"), record, &sent, Problems::one("body", "problem-comment-missing"))
    }
}

/// For the gallery.
pub fn samples() -> Vec<Sample> {
    vec![sample("comments/form", &Page::sample())]
}
