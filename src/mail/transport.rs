//! How a mail leaves: printed (console), into a folder (file), or to a mail server (smtp).

use crate::config::{Config, TlsMode, Transport as Way};
use crate::error::{Error, Result};
use crate::mail::Mail;
use crate::queue::Outcome;
use chrono::{DateTime, Utc};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{Message, SmtpTransport, Transport};
use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::time::Duration;
use uuid::Uuid;

/// Below `runtime.data_dir`: a file per mail of the transport `file`.
pub const FOLDER: &str = "mail";
/// A refusal's own words are cut here.
const MAX_REASON: usize = 200;
/// Refusals of the sender, not of the mail: mended in the configuration, so the mail waits.
const LOGIN_REFUSED: [u16; 5] = [530, 534, 535, 538, 454];

/// Whether mails stay on this machine, so that nobody outside receives one.
pub fn is_kept(config: &Config) -> bool {
    config.email.transport != Way::Smtp
}

pub(super) fn hand_over(
    config: &Config,
    made: (Uuid, DateTime<Utc>),
    mail: &Mail,
    message: Message,
) -> Result<Outcome> {
    let done = match config.email.transport {
        Way::Console => print(mail),
        Way::File => write(config, made, &message),
        Way::Smtp => return Ok(post(config, &message)),
    };
    done.map(|()| Outcome::Done)
}

/// Readable, because somebody who tries things out wants to follow the link.
fn print(mail: &Mail) -> Result<()> {
    tracing::info!(
        name = "mail.printed",
        "a mail was made; it stands on standard output, because email.transport is console"
    );
    let text = format!("To: {}\nSubject: {}\n\n{}\n", mail.to, mail.subject, mail.text);
    let mut out = std::io::stdout().lock();
    let done = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    done.map_err(away)
}

/// Named by time and job, so that a folder sorts as the mails were made.
fn write(config: &Config, (id, now): (Uuid, DateTime<Utc>), message: &Message) -> Result<()> {
    let folder = config.runtime.data_dir.join(FOLDER);
    fs::create_dir_all(&folder).map_err(away)?;
    let mut number = 0;
    loop {
        let name = format!("{}-{id}-{number}.eml", now.format("%Y%m%dT%H%M%S%6f"));
        match fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(folder.join(name)) {
            Ok(mut file) => return file.write_all(&message.formatted()).map_err(away),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => number += 1,
            Err(error) => return Err(away(error)),
        }
    }
}

fn away(error: std::io::Error) -> Error {
    Error::Away(format!("the mail could not be written: {error}"))
}

fn post(config: &Config, message: &Message) -> Outcome {
    let server = match server(config) {
        Ok(server) => server,
        Err(why) => return Outcome::Later(why),
    };
    match server.send(message) {
        Ok(_) => Outcome::Done,
        Err(error) => {
            let code = error.status().map(u16::from);
            let why = words(&error);
            match error.is_permanent() && !code.is_some_and(|code| LOGIN_REFUSED.contains(&code)) || error.is_client() {
                true => Outcome::Never(why),
                false => Outcome::Later(why),
            }
        }
    }
}

fn server(config: &Config) -> Result<SmtpTransport, String> {
    let smtp = &config.email.smtp;
    let host = smtp.host.as_deref().ok_or("email.smtp.host is not set")?;
    let tls = match smtp.tls_mode {
        TlsMode::None => Tls::None,
        TlsMode::Starttls => Tls::Required(encryption(config, host)?),
        TlsMode::Implicit => Tls::Wrapper(encryption(config, host)?),
    };
    let mut builder = SmtpTransport::builder_dangerous(host)
        .port(smtp.port)
        .tls(tls)
        .timeout(Some(Duration::from_secs(smtp.timeout_seconds.into())));
    if let Some((name, password)) = &smtp.login {
        builder = builder.credentials(Credentials::new(name.reveal().to_owned(), password.reveal().to_owned()));
    }
    Ok(builder.build())
}

fn encryption(config: &Config, host: &str) -> Result<TlsParameters, String> {
    let mut tls = TlsParameters::builder(host.to_owned());
    for path in &config.security.additional_ca_certificates {
        let pem = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let certificate = Certificate::from_pem(&pem).map_err(|error| format!("{}: {error}", path.display()))?;
        tls = tls.add_root_certificate(certificate);
    }
    tls.build().map_err(|error| format!("no encryption for the mail server: {error}"))
}

/// What went wrong, for log and table. Servers like to repeat the address: whatever looks like one is left out.
fn words(error: &lettre::transport::smtp::Error) -> String {
    let mut text = format!("the mail server: {error}");
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text.push_str(&format!(": {inner_text}"));
        }
        cause = inner.source();
    }
    let masked: Vec<&str> = text.split_whitespace().map(|word| if word.contains('@') { "…" } else { word }).collect();
    masked.join(" ").chars().take(MAX_REASON).collect()
}

/// For `tow doctor`: a note when mails go nowhere, a problem when the mail server does not take our greeting.
pub fn check(config: &Config) -> Result<&'static str, String> {
    match config.email.transport {
        Way::Console => Ok("mails are only printed (email.transport is console); nobody outside receives one"),
        Way::File => Ok("mails are only written to files (email.transport is file); nobody outside receives one"),
        Way::Smtp => match server(config)?.test_connection() {
            Ok(true) => Ok(""),
            Ok(false) => Err("the mail server took the connection, but does not answer".to_owned()),
            Err(error) => Err(words(&error)),
        },
    }
}
