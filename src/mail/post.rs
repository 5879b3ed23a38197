//! A mail on its way: into the queue, and out of it.

use crate::config::Config;
use crate::db::Tx;
use crate::error::Result;
use crate::mail::transport;
use crate::queue::{self, Job, Outcome, Work};
use chrono::{DateTime, Utc};
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use lettre::{Address, Message};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Longer subjects are cut.
pub const MAX_SUBJECT_CHARS: usize = 200;
/// Tries until a mail is given up, over some ten hours.
pub const MAX_ATTEMPTS: i32 = 18;
/// In front of agents and reports that can wait.
const PRIORITY: i16 = 10;

/// One mail to one person. Letters make it; what goes through `send` must hold no secret.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    pub to: String,
    pub subject: String,
    pub text: String,
    pub html: Option<String>,
}

impl std::fmt::Debug for Mail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Mail(…)")
    }
}

/// Puts it on the caller's transaction: rolled back with it, sent after it. Its words lie in the queue for a week: no secrets.
pub fn send(tx: &mut Tx, mail: &Mail) -> Result<()> {
    queue::enqueue(tx, None, mail)
}

impl Job for Mail {
    const KIND: &'static str = "mail.send";
    const MAX_ATTEMPTS: i32 = MAX_ATTEMPTS;
    const PRIORITY: i16 = PRIORITY;

    fn run(self, work: &mut Work) -> Result<Outcome> {
        deliver(work, &self)
    }
}

/// Hands it over now, outside any transaction: for jobs, which put a secret into a mail that is kept nowhere.
pub fn deliver(work: &Work, mail: &Mail) -> Result<Outcome> {
    hand_over(work.config, work.id, work.now(), mail)
}

/// The same for who waits for what happens: the words of the outcome are the transport's own. Takes as long as the mail server.
pub fn hand_over(config: &Config, id: Uuid, now: DateTime<Utc>, mail: &Mail) -> Result<Outcome> {
    match message(config, id, now, mail) {
        Ok(message) => transport::hand_over(config, (id, now), mail, message),
        Err(why) => Ok(Outcome::Never(why)),
    }
}

/// The words of the problem name no address.
fn message(config: &Config, id: Uuid, now: DateTime<Utc>, mail: &Mail) -> Result<Message, String> {
    let to: Address = mail.to.parse().map_err(|_| "the recipient is no mail address".to_owned())?;
    let header =
        |name: &'static str, value: &str| HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned());
    let mut builder = Message::builder()
        .from(sender(config)?)
        .to(Mailbox::new(None, to))
        .subject(one_line(&mail.subject))
        .date(now.into())
        // The same at each try of a job, so that a mail that arrived twice is seen as one.
        .message_id(Some(format!("<{id}.{}@{}>", short_hash(mail), host(config))))
        .raw_header(header("Auto-Submitted", "auto-generated"))
        .raw_header(header("X-Auto-Response-Suppress", "All"));
    if let Some(reply_to) = &config.email.reply_to {
        builder = builder.reply_to(reply_to.parse().map_err(|_| "email.reply_to is no mail address".to_owned())?);
    }
    let built = match &mail.html {
        Some(html) => builder.multipart(MultiPart::alternative_plain_html(mail.text.clone(), html.clone())),
        None => builder.singlepart(SinglePart::plain(mail.text.clone())),
    };
    built.map_err(|error| format!("the mail could not be put together: {error}"))
}

/// `email.from_address`, else the server's name at its own host.
fn sender(config: &Config) -> Result<Mailbox, String> {
    match &config.email.from_address {
        Some(from) => from.parse().map_err(|_| "email.from_address is no mail address".to_owned()),
        None => {
            let address = Address::new("tow", host(config)).map_err(|_| "this server's host has no mail address")?;
            Ok(Mailbox::new(Some(one_line(&config.runtime.app_name)), address))
        }
    }
}

fn host(config: &Config) -> &str {
    config.runtime.public_app_url.domain().unwrap_or("localhost")
}

/// A name or title in a header must not begin another header.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_SUBJECT_CHARS).collect()
}

fn short_hash(mail: &Mail) -> String {
    let digest = Sha256::digest(format!("{}\n{}", mail.to, mail.subject).as_bytes());
    digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}
