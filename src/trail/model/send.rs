//! Sending the trail on: in the order of the chain, after the last event that arrived, until everything has. A failure waits longer
//! each time and loses nothing; a batch whose arrival is not certain is sent again, so the other side may see an event twice.

use super::{Event, Stream, StreamId, Transport};
use crate::config::{Config, Security};
use crate::db::sql::Sql;
use crate::db::{Chore, Tx};
use crate::error::{Error, Result};
use crate::net::{Call, Line, Net};
use crate::queue::{self, Job, Outcome, Work};
use crate::vault::Vault;
use chrono::{DateTime, Duration, SecondsFormat, Utc};
use diesel::QueryableByName;
use diesel::sql_types::Uuid as SqlUuid;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::Sha256;

/// Events in one delivery.
pub const BATCH: i64 = 100;
/// Deliveries of one job; then the next stream has its turn.
const MAX_BATCHES: usize = 20;
/// One job at a time works on a stream; one that died leaves it this long.
const LEASE_SECONDS: i64 = 120;
/// After the first failure; doubled by each further one.
pub const FIRST_DELAY_SECONDS: i64 = 5;
/// The longest wait between two tries.
pub const MAX_DELAY_SECONDS: i64 = 900;
/// A reason is cut here.
const MAX_ERROR_CHARS: usize = 300;
/// Facility 13 (log audit), severities 6 (informational) and 4 (warning): RFC 5424, 6.2.1.
const PRIORITY_DONE: u8 = 13 * 8 + 6;
const PRIORITY_REFUSED: u8 = 13 * 8 + 4;
/// An id that names no company (RFC 5612).
const STRUCTURED_ID: &str = "audit@32473";
/// A datagram has no room for more.
const MAX_DATAGRAM: usize = 60_000;

/// Sends what a stream has not got yet.
#[derive(Debug, Serialize, Deserialize)]
pub struct SendOn {
    pub stream: StreamId,
}

impl Job for SendOn {
    const KIND: &'static str = "trail.send_on";
    const DEDUPLICATED: bool = true;

    /// Its failures are kept with the stream, where people look for them.
    fn run(self, work: &mut Work) -> Result<Outcome> {
        if !work.touch(Chore::Stream, |tx| take(tx, self.stream))? {
            return Ok(Outcome::Done);
        }
        for _ in 0..MAX_BATCHES {
            // Read anew for each delivery: somebody may have paused or rewound it, or changed its address or its secret.
            let stream = work.read(|tx| Stream::load(tx, self.stream, ""))?;
            let Some(stream) = stream.filter(|stream| stream.paused_at.is_none()) else { break };
            let events = work.read(|tx| Event::sealed_after(tx, stream.cursor, BATCH))?;
            let Some(last) = events.last().and_then(|event| event.sequence) else { break };
            let sent = deliver(&stream, &events, work.config, work.now());
            if let Err(why) = sent {
                work.touch(Chore::Stream, |tx| failed(tx, self.stream, &why))?;
                return Ok(Outcome::Done);
            }
            work.touch(Chore::Stream, |tx| arrived(tx, self.stream, stream.cursor, last))?;
        }
        work.touch(Chore::Stream, |tx| give_back(tx, self.stream))?;
        Ok(Outcome::Done)
    }
}

/// For the clock: a job for each stream that is behind and not waiting for its next try.
pub fn send_on(tx: &mut Tx) -> Result<usize> {
    #[derive(QueryableByName)]
    struct Due {
        #[diesel(sql_type = SqlUuid)]
        id: StreamId,
    }
    let mut sql = Sql::named(
        "trail::due",
        "select s.id from audit_streams s where s.paused_at is null and s.cursor < (select max(sequence) from audit_events)
           and (s.next_try_at is null or s.next_try_at <= ",
    );
    sql.bind(tx.now).push(") and (s.leased_until is null or s.leased_until <= ").bind(tx.now).push(")");
    let due: Vec<Due> = sql.load(tx.conn())?;
    for stream in &due {
        queue::enqueue(tx, None, &SendOn { stream: stream.id })?;
    }
    Ok(due.len())
}

/// False when it is gone, paused, waiting, or in another job's hands.
fn take(tx: &mut Tx, id: StreamId) -> Result<bool> {
    let mut sql = Sql::named("trail::take", "update audit_streams set leased_until = ");
    sql.bind(tx.now + Duration::seconds(LEASE_SECONDS)).push(" where paused_at is null and id = ").bind(id);
    sql.push(" and (next_try_at is null or next_try_at <= ").bind(tx.now);
    sql.push(") and (leased_until is null or leased_until <= ").bind(tx.now).push(")");
    Ok(sql.execute(tx.conn())? > 0)
}

/// Where somebody rewound it meanwhile, it stays.
fn arrived(tx: &mut Tx, id: StreamId, from: i64, last: i64) -> Result<()> {
    let mut sql = Sql::named(
        "trail::arrived",
        "update audit_streams set failures = 0, next_try_at = null, error = null, last_sent_at = ",
    );
    sql.bind(tx.now)
        .push(", leased_until = ")
        .bind(tx.now + Duration::seconds(LEASE_SECONDS))
        .push(", cursor = ")
        .bind(last);
    sql.push(" where id = ").bind(id).push(" and cursor = ").bind(from);
    sql.execute(tx.conn())?;
    Ok(())
}

fn failed(tx: &mut Tx, id: StreamId, why: &str) -> Result<()> {
    let Some(stream) = Stream::load(tx, id, " for update of s")? else { return Ok(()) };
    let why: String = why.chars().filter(|c| *c != '\0').take(MAX_ERROR_CHARS).collect();
    tracing::warn!(name = "trail.stream_failed", stream = %id, failures = stream.failures + 1, error = %why, "the audit trail could not be sent on; it will be tried again");
    let next = tx.now + Duration::seconds(delay_seconds(stream.failures));
    let mut sql = Sql::named(
        "trail::failed",
        "update audit_streams set failures = failures + 1, leased_until = null, next_try_at = ",
    );
    sql.bind(next).push(", error = ").bind(why).push(" where id = ").bind(id);
    sql.execute(tx.conn())?;
    Ok(())
}

fn give_back(tx: &mut Tx, id: StreamId) -> Result<()> {
    let mut sql = Sql::named("trail::give_back", "update audit_streams set leased_until = null where id = ");
    sql.bind(id);
    sql.execute(tx.conn())?;
    Ok(())
}

/// How long to wait after so many failures before this one.
pub fn delay_seconds(failures: i32) -> i64 {
    (FIRST_DELAY_SECONDS << failures.clamp(0, 20)).min(MAX_DELAY_SECONDS)
}

/// One delivery; why not, in words for who configures the server.
fn deliver(stream: &Stream, events: &[Event], config: &Config, now: DateTime<Utc>) -> Result<(), String> {
    let payload: Vec<Value> = events.iter().map(Event::wire).collect();
    send(stream, &payload, config, now)
}

/// The same way for a test, which is no event and moves nothing.
pub fn send_test(stream: &Stream, config: &Config, now: DateTime<Utc>) -> Result<(), String> {
    let at = now.to_rfc3339_opts(SecondsFormat::Micros, true);
    send(stream, &[json!({ "test": true, "at": at, "action": "test", "outcome": "succeeded" })], config, now)
}

fn send(stream: &Stream, events: &[Value], config: &Config, now: DateTime<Utc>) -> Result<(), String> {
    if stream.transport == Transport::Webhook {
        return post(stream, events, &config.security, now);
    }
    let line = Line::parse(&stream.address, stream.transport.port()).ok_or("the address cannot be read")?;
    let host = config.runtime.public_app_url.host_str().unwrap_or("-").to_owned();
    let messages: Vec<Vec<u8>> = events.iter().map(|event| syslog(event, &host).into_bytes()).collect();
    let sent = match stream.transport {
        Transport::Udp => {
            let cut: Vec<Vec<u8>> = messages.into_iter().map(fit_datagram).collect();
            line.send_udp(&config.security, &cut)
        }
        Transport::Tls => line.send_tls(&config.security, &framed(&messages)),
        Transport::Tcp | Transport::Webhook => line.send_tcp(&config.security, &framed(&messages)),
    };
    sent.map_err(|fault| fault.to_string())
}

/// Octet counting (RFC 6587, 3.4.1; RFC 5425 wants it too): the length, a space, the message.
fn framed(messages: &[Vec<u8>]) -> Vec<u8> {
    let frame = |message: &Vec<u8>| [format!("{} ", message.len()).into_bytes(), message.clone()].concat();
    messages.iter().flat_map(frame).collect()
}

fn fit_datagram(message: Vec<u8>) -> Vec<u8> {
    if message.len() <= MAX_DATAGRAM {
        return message;
    }
    let text = String::from_utf8_lossy(&message).into_owned();
    let end = (0..=MAX_DATAGRAM).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
    text.get(..end).unwrap_or_default().as_bytes().to_vec()
}

/// One message of RFC 5424; its text is the event as JSON, its structured data what one filters by.
pub fn syslog(event: &Value, host: &str) -> String {
    let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let priority = if text("/outcome") == "succeeded" { PRIORITY_DONE } else { PRIORITY_REFUSED };
    let number = event.get("sequence").and_then(Value::as_i64).map(|number| number.to_string()).unwrap_or_default();
    let fields = [
        ("sequence", number.as_str()),
        ("action", text("/action")),
        ("outcome", text("/outcome")),
        ("actor", text("/actor/id")),
        ("target", text("/target/id")),
        ("request", text("/request_id")),
        ("hash", text("/hash")),
    ];
    let fields: String = fields
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!(" {name}=\"{}\"", escaped(value)))
        .collect();
    let id: String = text("/action").chars().filter(char::is_ascii_graphic).take(32).collect();
    let (at, id) = (text("/at"), if id.is_empty() { "-".to_owned() } else { id });
    format!("<{priority}>1 {at} {host} tow - {id} [{STRUCTURED_ID}{fields}] {event}")
}

/// RFC 5424, 6.3.3.
fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace(']', "\\]")
}

/// The keys that the operator set; a job has no other way to them.
fn vault(security: &Security) -> Result<Vault> {
    let (current, previous) = &security.data_encryption_keys;
    Vault::new(current.as_ref(), previous.as_ref())
}

fn post(stream: &Stream, events: &[Value], security: &Security, now: DateTime<Utc>) -> Result<(), String> {
    let secret = vault(security).and_then(|vault| stream.open_secret(&vault)).map_err(|error| match error {
        Error::Away(why) => why,
        _ => "its secret cannot be read: make a new one".to_owned(),
    })?;
    let url = stream.address.parse().map_err(|_| "the address cannot be read".to_owned())?;
    let body = json!({ "stream": stream.id, "events": events }).to_string().into_bytes();
    let signature = signature(&secret, now.timestamp(), &body);
    let call = Call::post(url, "application/json", body).header("tow-signature", &signature).at_most(64 * 1024);
    let answer = Net::new(security).send_now(call).map_err(|fault| fault.to_string())?;
    if answer.is_success() { Ok(()) } else { Err(format!("it answered {}", answer.status)) }
}

/// `t=SECONDS,v1=HEX`: HMAC-SHA256 over the seconds, a full stop and the body. The receiver makes the same, compares, and refuses what
/// is older than it likes.
pub fn signature(secret: &[u8], seconds: i64, body: &[u8]) -> String {
    // Unreachable: a key of any length will do.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret) else { return String::new() };
    mac.update(format!("{seconds}.").as_bytes());
    mac.update(body);
    format!("t={seconds},v1={}", crate::audit::hex(&mac.finalize().into_bytes()))
}
