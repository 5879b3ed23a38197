//! A place outside to which the trail is sent on, so that a copy stands where nobody of this server can change it.

use crate::access::{Actor, Permission, Thing, Verb, check, may};
use crate::audit::{self, Act, ActKind};
use crate::config::Security;
use crate::db::Tx;
use crate::db::sql::{Bind, Sql};
use crate::error::{Conflict, Error, Msg, Result, on_constraint};
use crate::net::{Fault, Line, Net};
use crate::text::value::Name;
use crate::vault::Vault;
use crate::web::random_token;
use crate::{text_enum, typed_id};
use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Int4, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use url::Url;

typed_id!(StreamId);

text_enum!(
    /// How it travels. The last two only to hosts that tow.yaml names.
    Transport { Webhook = "webhook", Tls = "tls", Tcp = "tcp", Udp = "udp" }
);

/// Of a webhook's address or a host with its port.
pub const MAX_ADDRESS_CHARS: usize = 500;
/// Before the random part of a webhook's secret, so that scanners for secrets find it.
pub const SECRET_PREFIX: &str = "tow_whs_";
/// Sealed columns, for the change of keys.
pub const SEALED: (&str, &str) = ("audit_streams", "secret");

#[derive(Debug, Clone, QueryableByName)]
pub struct Stream {
    #[diesel(sql_type = SqlUuid)]
    pub id: StreamId,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Text)]
    pub transport: Transport,
    #[diesel(sql_type = Text)]
    pub address: String,
    /// Sealed.
    #[diesel(sql_type = Nullable<Text>)]
    pub(in crate::trail) secret: Option<String>,
    #[diesel(sql_type = BigInt)]
    pub cursor: i64,
    #[diesel(sql_type = Int4)]
    pub version: i32,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub paused_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub last_sent_at: Option<DateTime<Utc>>,
    /// In a row.
    #[diesel(sql_type = Int4)]
    pub failures: i32,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub next_try_at: Option<DateTime<Utc>>,
    /// Of the last failure; names hosts, never content.
    #[diesel(sql_type = Nullable<Text>)]
    pub error: Option<String>,
    /// Sealed events that it has not got yet.
    #[diesel(sql_type = BigInt)]
    pub behind: i64,
}

/// Streams are aliased s.
const SELECT: &str = "select s.id, s.name, s.transport, s.address, s.secret, s.cursor, s.version, s.paused_at, s.last_sent_at, s.failures,
    s.next_try_at, s.error, greatest(coalesce((select max(e.sequence) from audit_events e), 0) - s.cursor, 0) as behind
    from audit_streams s where ";

/// The form as checked.
#[derive(Debug, Clone)]
pub struct StreamText {
    pub name: Name,
    pub transport: Transport,
    /// As it will be used: an address with scheme, or host:port.
    pub address: String,
}

/// From which event on it is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    Beginning,
    Now,
    Day(DateTime<Utc>),
}

fn manage() -> Thing {
    Thing::Organisation(Permission::SecurityConfigurationManage)
}

fn name_taken() -> impl Fn(Error) -> Error {
    on_constraint("audit_streams_organisation_id_name_key", "name", "problem-stream-taken")
}

/// The address as it will be used, or what is wrong with it.
pub fn parse_address(transport: Transport, text: &str, security: &Security) -> Result<String, Msg> {
    let text = text.trim();
    if text.is_empty() {
        return Err("problem-stream-address".into());
    }
    if text.chars().count() > MAX_ADDRESS_CHARS {
        return Err(Msg::new("problem-too-long").with("max", MAX_ADDRESS_CHARS));
    }
    let refused = |fault: Fault| match fault {
        Fault::Plain(host) => Msg::new("problem-stream-plain").with("host", host),
        Fault::Private(host) => Msg::new("problem-stream-private").with("host", host),
        Fault::Away(_) | Fault::TooLarge(_) => Msg::new("problem-stream-address"),
    };
    if transport == Transport::Webhook {
        let url =
            Url::parse(text).ok().filter(|url| url.has_host() && url.username().is_empty() && url.password().is_none());
        let url = url.ok_or(Msg::new("problem-stream-url"))?;
        Net::new(security).check(&url).map_err(refused)?;
        return Ok(url.into());
    }
    let line = Line::parse(text, transport.port()).ok_or(Msg::new("problem-stream-address"))?;
    line.check(security, transport == Transport::Tls).map_err(refused)?;
    Ok(format!("{}:{}", line.host, line.port))
}

impl Transport {
    /// Where log servers listen when nothing else is said (RFC 5425, 3195, 5426).
    pub fn port(self) -> u16 {
        match self {
            Transport::Webhook => 443,
            Transport::Tls => 6514,
            Transport::Tcp => 601,
            Transport::Udp => 514,
        }
    }
}

impl StreamText {
    /// The answer has the secret when it is a webhook; it is not to be had again.
    pub fn create(self, tx: &mut Tx, me: &Actor, vault: &Vault, since: Since) -> Result<(StreamId, Option<String>)> {
        let permit = may(tx, me, Verb::Add, &manage())?;
        let (id, organisation) = (StreamId(tx.new_id()), me.organisation_id().ok_or(Error::NotFound)?);
        let (secret, sealed) = fresh_secret(self.transport, vault, id)?;
        let cursor = since.cursor(tx)?;
        let mut sql = Sql::named(
            "trail::create_stream",
            "insert into audit_streams (id, organisation_id, name, transport, address, secret, cursor, created_by_id, created_at) values (",
        );
        sql.bind(id).push(", ").bind(organisation).push(", ").bind(self.name.as_str()).push(", ").bind(self.transport);
        sql.push(", ").bind(self.address.as_str()).push(", ");
        match sealed {
            Some(sealed) => sql.bind(sealed),
            None => sql.push("null"),
        };
        sql.push(", ").bind(cursor).push(", ").bind(me.person_id().map(|id| id.0)).push(", ").bind(tx.now).push(")");
        sql.execute(tx.conn()).map_err(Error::from).map_err(name_taken())?;
        let act =
            Act::new(ActKind::AuditStreamCreated).target("stream", id).change("name", None::<&str>, self.name.as_str());
        let act = act.change("transport", None::<&str>, self.transport).change("address", None::<&str>, &self.address);
        audit::record(tx, permit, act.note("after_event", cursor))?;
        Ok((id, secret))
    }
}

fn fresh_secret(transport: Transport, vault: &Vault, id: StreamId) -> Result<(Option<String>, Option<String>)> {
    if transport != Transport::Webhook {
        return Ok((None, None));
    }
    let secret = format!("{SECRET_PREFIX}{}", random_token());
    let sealed = vault.seal(id.0, secret.as_bytes())?;
    Ok((Some(secret), Some(sealed)))
}

impl Since {
    /// The number after which is sent.
    fn cursor(self, tx: &mut Tx) -> Result<i64> {
        #[derive(QueryableByName)]
        struct Number {
            #[diesel(sql_type = BigInt)]
            number: i64,
        }
        let mut sql = Sql::named("trail::since", "select coalesce((select ");
        match self {
            Since::Beginning => return Ok(0),
            Since::Now => sql.push("max(sequence) from audit_events), 0) as number"),
            Since::Day(day) => sql
                .push("min(sequence) - 1 from audit_events where at >= ")
                .bind(day)
                .push("), (select max(sequence) from audit_events), 0) as number"),
        };
        Ok(sql.load::<Number>(tx.conn())?.first().map(|row| row.number).unwrap_or_default())
    }
}

impl Stream {
    /// By name.
    pub fn list(tx: &mut Tx, me: &Actor) -> Result<Vec<Stream>> {
        check(me, Verb::See, &manage())?;
        let mut sql = Sql::named("trail::streams", SELECT);
        sql.push("true order by lower(s.name), s.id limit 100");
        Ok(sql.load(tx.conn())?)
    }

    pub fn find(tx: &mut Tx, me: &Actor, id: StreamId) -> Result<Stream> {
        check(me, Verb::See, &manage())?;
        Stream::load(tx, id, "")?.ok_or(Error::NotFound)
    }

    /// Without asking; `lock` stands at the end of the statement.
    pub(in crate::trail) fn load(tx: &mut Tx, id: StreamId, lock: &str) -> Result<Option<Stream>> {
        let mut sql = Sql::named("trail::stream", SELECT);
        sql.push("s.id = ").bind(id).push(lock);
        Ok(sql.load(tx.conn())?.into_iter().next())
    }

    fn held(&self, tx: &mut Tx) -> Result<Stream> {
        Stream::load(tx, self.id, " for update of s")?.ok_or(Error::NotFound)
    }

    /// What its signature is made with.
    pub(in crate::trail) fn open_secret(&self, vault: &Vault) -> Result<Vec<u8>> {
        let sealed = self.secret.as_deref().ok_or_else(|| Error::broken("a webhook without a secret"))?;
        vault.open(self.id.0, sealed)
    }

    pub fn path(&self) -> String {
        format!("/settings/audit/streams/{}", self.id)
    }

    /// Name and address; the transport stays. `Conflict` when somebody saved it since the form was opened.
    pub fn update(&self, tx: &mut Tx, me: &Actor, text: &StreamText, version: i32) -> Result<()> {
        let permit = may(tx, me, Verb::Edit, &manage())?;
        let old = self.held(tx)?;
        if (old.name.as_str(), &old.address) == (text.name.as_str(), &text.address) {
            permit.unused(tx);
            return Ok(());
        }
        if old.version != version {
            let (seen, yours) = (old.version.to_string(), text.name.as_str().to_owned());
            return Err(Error::Conflict(Box::new(Conflict { field: "version", theirs: old.name, yours, seen })));
        }
        let mut sql = Sql::named(
            "trail::update_stream",
            "update audit_streams set version = version + 1, failures = 0, next_try_at = null, error = null, name = ",
        );
        sql.bind(text.name.as_str())
            .push(", address = ")
            .bind(text.address.as_str())
            .push(" where id = ")
            .bind(self.id);
        sql.execute(tx.conn()).map_err(Error::from).map_err(name_taken())?;
        let mut act = Act::new(ActKind::AuditStreamChanged).target("stream", self.id);
        for (field, old, new) in
            [("name", &old.name, text.name.as_str()), ("address", &old.address, text.address.as_str())]
        {
            if old != new {
                act = act.change(field, old, new);
            }
        }
        audit::record(tx, permit, act)
    }

    /// Paused, it keeps its place and catches up when it goes on.
    pub fn set_paused(&self, tx: &mut Tx, me: &Actor, is_paused: bool) -> Result<()> {
        let permit = may(tx, me, Verb::Edit, &manage())?;
        let old = self.held(tx)?;
        if old.paused_at.is_some() == is_paused {
            permit.unused(tx);
            return Ok(());
        }
        let mut sql = Sql::named(
            "trail::pause_stream",
            "update audit_streams set version = version + 1, failures = 0, next_try_at = null, error = null, paused_at = ",
        );
        match is_paused {
            true => sql.bind(Bind::Time(tx.now)),
            false => sql.push("null"),
        };
        sql.push(" where id = ").bind(self.id);
        sql.execute(tx.conn())?;
        let act = Act::new(ActKind::AuditStreamChanged).target("stream", self.id);
        audit::record(tx, permit, act.note("name", old.name).change("paused", !is_paused, is_paused))
    }

    /// Sends again from an earlier event on (or leaves some out): what the other side has lost it gets a second time.
    pub fn rewind(&self, tx: &mut Tx, me: &Actor, since: Since) -> Result<()> {
        let permit = may(tx, me, Verb::Edit, &manage())?;
        let old = self.held(tx)?;
        let cursor = since.cursor(tx)?;
        if cursor == old.cursor {
            permit.unused(tx);
            return Ok(());
        }
        let mut sql = Sql::named(
            "trail::rewind_stream",
            "update audit_streams set version = version + 1, next_try_at = null, cursor = ",
        );
        sql.bind(cursor).push(" where id = ").bind(self.id);
        sql.execute(tx.conn())?;
        let act = Act::new(ActKind::AuditStreamChanged).target("stream", self.id);
        audit::record(tx, permit, act.note("name", old.name).change("after_event", old.cursor, cursor))
    }

    /// A new secret, from the next delivery on; the answer is not to be had again.
    pub fn change_secret(&self, tx: &mut Tx, me: &Actor, vault: &Vault) -> Result<String> {
        let permit = may(tx, me, Verb::Edit, &manage())?;
        let old = self.held(tx)?;
        let (Some(secret), Some(sealed)) = fresh_secret(old.transport, vault, self.id)? else {
            permit.unused(tx);
            return Err(Error::invalid("", "problem-stream-no-secret"));
        };
        let mut sql = Sql::named("trail::change_secret", "update audit_streams set version = version + 1, secret = ");
        sql.bind(sealed).push(" where id = ").bind(self.id);
        sql.execute(tx.conn())?;
        let act = Act::new(ActKind::AuditStreamChanged).target("stream", self.id);
        audit::record(tx, permit, act.note("name", old.name).text_change("secret"))?;
        Ok(secret)
    }

    pub fn delete(&self, tx: &mut Tx, me: &Actor) -> Result<()> {
        let permit = may(tx, me, Verb::Remove, &manage())?;
        let old = self.held(tx)?;
        let mut sql = Sql::named("trail::delete_stream", "delete from audit_streams where id = ");
        sql.bind(self.id);
        sql.execute(tx.conn())?;
        let act =
            Act::new(ActKind::AuditStreamDeleted).target("stream", self.id).change("name", old.name, None::<&str>);
        audit::record(tx, permit, act.change("address", old.address, None::<&str>))
    }

    /// Notes that somebody is about to send a test, which reaches out to an address of their choice.
    pub fn note_test(&self, tx: &mut Tx, me: &Actor) -> Result<()> {
        let permit = may(tx, me, Verb::Edit, &manage())?;
        let act = Act::new(ActKind::AuditStreamTested).target("stream", self.id).note("name", &self.name);
        audit::record(tx, permit, act.note("address", &self.address))
    }
}

/// A stream, and the last event that it has got.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Least {
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = BigInt)]
    pub cursor: i64,
}

/// The stream that has got least: what it still has to get must not be cut. None without streams.
pub fn least_cursor(tx: &mut Tx) -> Result<Option<Least>> {
    let sql = Sql::named("trail::least_cursor", "select name, cursor from audit_streams order by cursor, id limit 1");
    Ok(sql.load(tx.conn())?.into_iter().next())
}
