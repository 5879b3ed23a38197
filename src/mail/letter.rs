//! What a mail says: lines, at most one link, notes in small print; as plain text and as plain HTML.

use crate::config::Config;
use crate::error::{Error, Msg, Result};
use crate::mail::Mail;
use crate::ui::{self, filters};
use askama::Template;
use chrono::{DateTime, Utc};

/// Every mail of this server has this form.
#[derive(Clone)]
pub struct Letter {
    subject: Msg,
    lines: Vec<Msg>,
    link: Option<(Msg, String)>,
    notes: Vec<Msg>,
}

#[derive(Template)]
#[template(path = "mail/letter.txt")]
struct Plain<'a> {
    letter: &'a Letter,
    sender: &'a str,
    home: &'a str,
}

#[derive(Template)]
#[template(path = "mail/letter.html")]
struct Html<'a> {
    letter: &'a Letter,
    sender: &'a str,
    home: &'a str,
}

impl Letter {
    pub fn new(subject: Msg) -> Self {
        Letter { subject, lines: Vec::new(), link: None, notes: Vec::new() }
    }

    pub fn line(mut self, msg: Msg) -> Self {
        self.lines.push(msg);
        self
    }

    /// What to press, and the whole address it leads to (`address`).
    pub fn link(mut self, label: Msg, url: String) -> Self {
        self.link = Some((label, url));
        self
    }

    /// Small print below the link.
    pub fn note(mut self, msg: Msg) -> Self {
        self.notes.push(msg);
        self
    }

    /// The mail to one person. `email` is as the people table keeps it.
    pub fn to(&self, email: &str, config: &Config) -> Result<Mail> {
        let (sender, home) = (config.runtime.app_name.as_str(), address(config, "/")?);
        let (now, zone) = (DateTime::<Utc>::UNIX_EPOCH, chrono_tz::UTC);
        Ok(Mail {
            to: email.to_owned(),
            subject: ui::say(&self.subject),
            text: ui::render(&Plain { letter: self, sender, home: &home }, now, zone)?,
            html: Some(ui::render(&Html { letter: self, sender, home: &home }, now, zone)?),
        })
    }
}

/// A path of ours as a whole address. Made from `public_app_url`, never from a request, whose Host header anybody can write.
pub fn address(config: &Config, path: &str) -> Result<String> {
    config.runtime.public_app_url.join(path).map(String::from).map_err(Error::broken)
}
