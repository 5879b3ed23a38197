//! The pages of streams and their forms.

use super::{Since, Stream, StreamText, Transport, parse_address};
use crate::clock::midnight;
use crate::config::Security;
use crate::error::{Msg, Problems};
use crate::text::value::Name;
use crate::ui::{Choice, Sample, Shell, filters, sample, text};
use crate::web::{Form, parse_date};
use askama::Template;
use chrono::{DateTime, Utc};

#[derive(Template)]
#[template(path = "trail/streams.html")]
pub struct Streams {
    pub shell: Shell,
    pub streams: Vec<Stream>,
}

#[derive(Template)]
#[template(path = "trail/stream_new.html")]
pub struct NewStream {
    pub shell: Shell,
    pub form: StreamForm,
    pub transports: Vec<Choice>,
    /// Webhooks need the key under which their secret is kept.
    pub has_key: bool,
    pub problems: Problems,
}

#[derive(Template)]
#[template(path = "trail/stream.html")]
pub struct OneStream {
    pub shell: Shell,
    pub stream: Stream,
    pub form: StreamForm,
    pub problems: Problems,
}

/// Shown once: nothing here can read it again.
#[derive(Template)]
#[template(path = "trail/secret.html")]
pub struct SecretOnce {
    pub shell: Shell,
    pub stream: Stream,
    pub secret: String,
}

/// As typed.
#[derive(Debug, Clone, Default)]
pub struct StreamForm {
    pub name: String,
    pub transport: String,
    pub address: String,
    /// `beginning` or `now`.
    pub since: String,
    pub day: String,
    pub version: String,
}

impl StreamForm {
    pub fn of(form: &Form) -> Self {
        let text = |name| form.text(name).to_owned();
        StreamForm {
            name: text("name"),
            transport: text("transport"),
            address: text("address"),
            since: text("since"),
            day: text("day"),
            version: text("version"),
        }
    }

    pub fn of_stream(stream: &Stream) -> Self {
        StreamForm {
            name: stream.name.clone(),
            transport: stream.transport.to_string(),
            address: stream.address.clone(),
            version: stream.version.to_string(),
            ..StreamForm::default()
        }
    }

    pub fn check(&self, security: &Security) -> Result<StreamText, Problems> {
        let mut problems = Problems::default();
        let name = problems.take("name", Name::parse(&self.name));
        let transport = Transport::parse(&self.transport).ok_or(Msg::new("problem-choice"));
        let transport = problems.take("transport", transport);
        let address =
            transport.and_then(|transport| problems.take("address", parse_address(transport, &self.address, security)));
        match (name, transport, address) {
            (Some(name), Some(transport), Some(address)) => Ok(StreamText { name, transport, address }),
            _ => Err(problems),
        }
    }

    /// Where a new stream begins.
    pub fn since(&self) -> Since {
        if self.since == "now" { Since::Now } else { Since::Beginning }
    }

    /// From where one is sent again: a day of the reader's zone, or everything.
    pub fn again(&self, zone: chrono_tz::Tz) -> Result<Since, Problems> {
        match self.day.trim() {
            "" => Ok(Since::Beginning),
            day => {
                let day = parse_date(day).map_err(|msg| Problems::one("day", msg))?;
                Ok(Since::Day(midnight(day, zone)))
            }
        }
    }
}

pub fn transport_choices(chosen: &str) -> Vec<Choice> {
    let choice = |transport: &Transport| {
        Choice::new(transport, text(&format!("stream-transport-{transport}")), transport.as_str() == chosen)
    };
    Transport::ALL.iter().map(choice).collect()
}

impl Stream {
    /// Message key, icon and tone of how it is.
    pub fn state(&self) -> (&'static str, &'static str, &'static str) {
        match self {
            Stream { paused_at: Some(_), .. } => ("stream-paused", "clock", "grey"),
            Stream { failures: 1.., .. } => ("stream-failing", "risk", "red"),
            Stream { behind: 0, .. } => ("stream-current", "check", "green"),
            _ => ("stream-catching-up", "refresh", "amber"),
        }
    }

    pub fn state_label(&self) -> &'static str {
        self.state().0
    }

    pub fn state_icon(&self) -> &'static str {
        self.state().1
    }

    pub fn state_tone(&self) -> &'static str {
        self.state().2
    }

    pub fn transport_label(&self) -> String {
        format!("stream-transport-{}", self.transport)
    }

    pub fn is_webhook(&self) -> bool {
        self.transport == Transport::Webhook
    }

    /// For samples and tests.
    pub fn sample(transport: Transport, failures: i32) -> Stream {
        Stream {
            id: super::StreamId(uuid::Uuid::nil()),
            name: "SIEM".to_owned(),
            transport,
            address: "siem.halden.example:6514".to_owned(),
            secret: None,
            cursor: 41_200,
            version: 1,
            paused_at: None,
            last_sent_at: Some(DateTime::<Utc>::UNIX_EPOCH),
            failures,
            next_try_at: (failures > 0).then_some(DateTime::<Utc>::UNIX_EPOCH),
            error: (failures > 0).then(|| "siem.halden.example:6514: connection refused".to_owned()),
            behind: i64::from(failures) * 8,
        }
    }
}

impl Streams {
    pub fn sample() -> Self {
        let streams = vec![Stream::sample(Transport::Tls, 0), Stream::sample(Transport::Webhook, 1)];
        Streams { shell: Shell::sample("settings"), streams }
    }
}

impl NewStream {
    pub fn sample() -> Self {
        let problems = Problems::one("address", Msg::new("problem-stream-plain").with("host", "siem"));
        let shell = Shell::sample("settings");
        NewStream { shell, form: StreamForm::default(), transports: transport_choices("tls"), has_key: false, problems }
    }
}

impl OneStream {
    pub fn sample() -> Self {
        let stream = Stream::sample(Transport::Webhook, 1);
        let form = StreamForm::of_stream(&stream);
        OneStream { shell: Shell::sample("settings"), stream, form, problems: Problems::one("day", "problem-date") }
    }
}

impl SecretOnce {
    pub fn sample() -> Self {
        let secret = "tow_whs_example".to_owned();
        SecretOnce { shell: Shell::sample("settings"), stream: Stream::sample(Transport::Webhook, 0), secret }
    }
}

pub fn samples() -> Vec<Sample> {
    vec![
        sample("trail/streams", &Streams::sample()),
        sample("trail/stream_new", &NewStream::sample()),
        sample("trail/stream", &OneStream::sample()),
        sample("trail/secret", &SecretOnce::sample()),
    ]
}
