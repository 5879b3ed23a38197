//! Passkeys (WebAuthn): a key that never leaves a device, opened with finger, face or PIN. User verification is always asked for, so
//! one is worth two factors. Each question is answered once; a counter that does not rise is a copied key, refused and told.

use crate::access::{Actor, Thing, Verb, may};
use crate::audit::{self, Act, ActKind};
use crate::config::Config;
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Error, Msg, Result};
use crate::people::{Entry, Person, PersonId, Session};
use crate::signin::{FactorId, codes_for_first, tell};
use crate::text::value::Name;
use crate::text_enum;
use crate::web::State;
use diesel::QueryableByName;
use diesel::sql_types::{Jsonb, Nullable, Uuid as SqlUuid};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use uuid::Uuid;
use webauthn_rs::prelude::*;

/// How long a device may take to answer.
pub const CEREMONY_SECONDS: i64 = 300;
/// Of one person.
pub const MAX_PASSKEYS: usize = 20;

text_enum!(
    /// What an answer is for; it counts for nothing else.
    Purpose { Register = "register", Confirm = "confirm", Second = "second", SignIn = "sign_in" }
);

/// A question for a device, as the script hands it on.
#[derive(Debug)]
pub struct Question {
    pub ceremony: Uuid,
    /// `{"publicKey": …}`
    pub options: Value,
}

/// What a device answered, in the browser that was asked.
#[derive(Clone)]
pub struct Answer {
    pub ceremony: Uuid,
    /// As `browser_of` the request says.
    pub browser: Vec<u8>,
    /// The credential, as JSON.
    pub json: String,
}

impl Answer {
    fn parse<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_str(&self.json).map_err(|_| refused())
    }
}

impl Question {
    pub fn json(&self) -> Value {
        json!({ "ceremony": self.ceremony, "options": self.options })
    }
}

/// This server as authenticators know it: the host of `public_app_url`. `Invalid` when that is a bare address.
pub fn relying_party(config: &Config) -> Result<Webauthn> {
    let url = &config.runtime.public_app_url;
    let no_host = || Error::invalid("", "problem-passkey-host");
    let Some(url::Host::Domain(host)) = url.host() else { return Err(no_host()) };
    let builder = WebauthnBuilder::new(host, url).map_err(|_| no_host())?;
    builder.rp_name(&config.runtime.app_name).build().map_err(Error::broken)
}

#[derive(QueryableByName)]
struct Key {
    #[diesel(sql_type = SqlUuid)]
    id: FactorId,
    #[diesel(sql_type = SqlUuid)]
    person_id: PersonId,
    #[diesel(sql_type = Jsonb)]
    passkey: Value,
}

const KEY: &str =
    "select f.id, f.person_id, f.passkey from factors f where f.kind = 'passkey' and f.passkey is not null and ";

impl Key {
    fn of(tx: &mut Tx, person: PersonId) -> Result<Vec<Passkey>> {
        let mut sql = Sql::named("signin::passkeys", KEY);
        sql.push("f.person_id = ").bind(person);
        sql.load::<Key>(tx.conn())?.iter().map(Key::passkey).collect()
    }

    fn by_credential(tx: &mut Tx, credential: &[u8]) -> Result<Option<Key>> {
        let mut sql = Sql::named("signin::passkey", KEY);
        sql.push("f.credential = ").bind(credential.to_vec()).push(" for update");
        Ok(sql.load(tx.conn())?.into_iter().next())
    }

    fn passkey(&self) -> Result<Passkey> {
        serde_json::from_value(self.passkey.clone()).map_err(Error::broken)
    }

    /// What the device counts must rise, when it counts at all.
    fn used(&self, tx: &mut Tx, result: &AuthenticationResult) -> Result<()> {
        let mut passkey = self.passkey()?;
        let counted = self.passkey.pointer("/cred/counter").and_then(Value::as_u64).unwrap_or_default();
        let counts = u64::from(result.counter());
        if (counts > 0 || counted > 0) && counts <= counted {
            return Err(Error::invalid("", "problem-passkey-copied"));
        }
        passkey.update_credential(result);
        let mut sql = Sql::named("signin::use_passkey", "update factors set passkey = ");
        sql.bind(serde_json::to_value(&passkey).map_err(Error::broken)?).push(", last_used_at = ").bind(tx.now);
        sql.push(" where id = ").bind(self.id);
        sql.execute(tx.conn())?;
        Ok(())
    }
}

#[derive(QueryableByName)]
struct Ceremony {
    #[diesel(sql_type = Nullable<SqlUuid>)]
    person_id: Option<PersonId>,
    #[diesel(sql_type = Jsonb)]
    state: Value,
}

fn ask(
    tx: &mut Tx,
    browser: &[u8],
    purpose: Purpose,
    person: Option<PersonId>,
    state: &impl serde::Serialize,
) -> Result<Uuid> {
    let id = Uuid::new_v4();
    let mut sql = Sql::named(
        "signin::ask_passkey",
        "insert into ceremonies (id, browser, purpose, person_id, state, created_at) values (",
    );
    sql.bind(id)
        .push(", ")
        .bind(browser.to_vec())
        .push(", ")
        .bind(purpose)
        .push(", ")
        .bind(person.map(|id| id.0))
        .push(", ");
    sql.bind(serde_json::to_value(state).map_err(Error::broken)?).push(", ").bind(tx.now).push(")");
    sql.execute(tx.conn())?;
    Ok(id)
}

/// Once: the row is gone when this commits. `Invalid` when it was answered before, is old, or was asked for something else.
fn take<T: DeserializeOwned>(tx: &mut Tx, answer: &Answer, purpose: Purpose, person: Option<PersonId>) -> Result<T> {
    let mut sql = Sql::named("signin::answer_passkey", "delete from ceremonies where id = ");
    sql.bind(answer.ceremony).push(" and browser = ").bind(answer.browser.clone());
    sql.push(" and purpose = ").bind(purpose).push(" and created_at > ");
    sql.bind(tx.now - chrono::Duration::seconds(CEREMONY_SECONDS)).push(" returning person_id, state");
    let row: Option<Ceremony> = sql.load(tx.conn())?.into_iter().next();
    let row = row.filter(|row| row.person_id == person).ok_or_else(over)?;
    serde_json::from_value(row.state).map_err(Error::broken)
}

fn over() -> Error {
    Error::invalid("", "problem-passkey-over")
}

fn wrong(error: WebauthnError) -> Error {
    match error {
        WebauthnError::CredentialPossibleCompromise => Error::invalid("", "problem-passkey-copied"),
        _ => refused(),
    }
}

fn refused() -> Error {
    Error::invalid("", "problem-passkey")
}

/// Beginning to add one: a device that has one already is left out.
pub fn begin(tx: &mut Tx, me: &Actor, config: &Config, browser: &[u8]) -> Result<Question> {
    let person = me.person_id().ok_or(Error::SignIn)?;
    let permit = may(tx, me, Verb::Add, &Thing::Account(person))?;
    // Nothing has changed for anybody yet: the entry comes with the answer.
    permit.unused(tx);
    let known = Key::of(tx, person)?;
    if known.len() >= MAX_PASSKEYS {
        return Err(Error::invalid("", Msg::new("problem-passkeys-many").with("max", MAX_PASSKEYS)));
    }
    let (found, known) = (Person::find(tx, person)?, known.iter().map(|key| key.cred_id().clone()).collect());
    let started = relying_party(config)?.start_passkey_registration(person.0, &found.email, &found.name, Some(known));
    let (options, state) = started.map_err(Error::broken)?;
    let mut options = serde_json::to_value(options).map_err(Error::broken)?;
    // Kept on the device together with the name, so that one can sign in without typing anything.
    if let Some(Value::Object(selection)) = options.pointer_mut("/publicKey/authenticatorSelection") {
        selection.insert("residentKey".to_owned(), json!("preferred"));
    }
    Ok(Question { ceremony: ask(tx, browser, Purpose::Register, Some(person), &state)?, options })
}

/// Recovery codes when there were none, to be shown this once.
pub fn finish(tx: &mut Tx, me: &Actor, state: &State, answer: &Answer, name: &Name) -> Result<Vec<String>> {
    let person = me.person_id().ok_or(Error::SignIn)?;
    let permit = may(tx, me, Verb::Add, &Thing::Account(person))?;
    let begun: PasskeyRegistration = take(tx, answer, Purpose::Register, Some(person))?;
    let answer: RegisterPublicKeyCredential = answer.parse()?;
    let passkey = relying_party(&state.config)?.finish_passkey_registration(&answer, &begun).map_err(|_| refused())?;
    if Key::by_credential(tx, passkey.cred_id())?.is_some() {
        return Err(Error::invalid("", "problem-passkey-taken"));
    }
    let id = FactorId(tx.new_id());
    let mut sql = Sql::named(
        "signin::add_passkey",
        "insert into factors (id, person_id, kind, name, passkey, credential, created_at, confirmed_at) values (",
    );
    sql.bind(id).push(", ").bind(person).push(", 'passkey', ").bind(name.as_str()).push(", ");
    sql.bind(serde_json::to_value(&passkey).map_err(Error::broken)?).push(", ").bind(passkey.cred_id().clone());
    sql.push(", ").bind(tx.now).push(", ").bind(tx.now).push(")");
    sql.execute(tx.conn())?;
    let codes = codes_for_first(tx, person)?;
    Session::owe_tokens(tx, &[person])?;
    let act = Act::new(ActKind::FactorAdded).target("person", person).note("kind", "passkey").note("factor", id);
    audit::record(tx, permit, act)?;
    tell(tx, &state.config, person, "mail-factor-added", name.as_str())?;
    Ok(codes)
}

/// A question to the devices of somebody known.
pub fn question(tx: &mut Tx, config: &Config, browser: &[u8], purpose: Purpose, person: PersonId) -> Result<Question> {
    let keys = Key::of(tx, person)?;
    let (options, state) = relying_party(config)?.start_passkey_authentication(&keys).map_err(|_| refused())?;
    let options = serde_json::to_value(options).map_err(Error::broken)?;
    Ok(Question { ceremony: ask(tx, browser, purpose, Some(person), &state)?, options })
}

/// `Invalid` when it does not fit; `problem-passkey-copied` when its counter did not rise.
pub fn answer(tx: &mut Tx, config: &Config, answer: &Answer, purpose: Purpose, person: PersonId) -> Result<()> {
    let asked: PasskeyAuthentication = take(tx, answer, purpose, Some(person))?;
    let answer: PublicKeyCredential = answer.parse()?;
    let key = Key::by_credential(tx, answer.get_credential_id())?.filter(|key| key.person_id == person);
    let key = key.ok_or_else(refused)?;
    let result = relying_party(config)?.finish_passkey_authentication(&answer, &asked).map_err(wrong)?;
    key.used(tx, &result)
}

/// A question to whoever is there: the device names the person.
pub fn question_to_anybody(tx: &mut Tx, config: &Config, browser: &[u8]) -> Result<Question> {
    let (mut options, state) = relying_party(config)?.start_discoverable_authentication().map_err(Error::broken)?;
    options.mediation = None;
    let options = serde_json::to_value(options).map_err(Error::broken)?;
    Ok(Question { ceremony: ask(tx, browser, Purpose::SignIn, None, &state)?, options })
}

/// Signs in whom the device names: their session's token for the cookie.
pub fn sign_in(tx: &mut Tx, me: &Actor, state: &State, answer: &Answer, entry: Entry) -> Result<(Person, String)> {
    let permit = may(tx, me, Verb::See, &Thing::Door)?;
    let asked: DiscoverableAuthentication = take(tx, answer, Purpose::SignIn, None)?;
    let answer: PublicKeyCredential = answer.parse()?;
    let relying_party = relying_party(&state.config)?;
    let (named, credential) = relying_party.identify_discoverable_authentication(&answer).map_err(|_| refused())?;
    let key = Key::by_credential(tx, credential)?.filter(|key| key.person_id.0 == named).ok_or_else(refused)?;
    let person = Person::find(tx, key.person_id)?;
    if person.deactivated_at.is_some() {
        return Err(refused());
    }
    let done = relying_party.finish_discoverable_authentication_v2(&answer, asked, &key.passkey()?);
    key.used(tx, &done.map_err(wrong)?)?;
    let token = Session::begin(tx, person.id, entry)?;
    Session::set_factor(tx, &token, "passkey")?;
    audit::record(tx, permit, Act::new(ActKind::SignedIn).target("person", person.id).note("factor", "passkey"))?;
    Ok((person, token))
}

/// Whether an error says that a key was copied: worth an event of its own.
pub fn is_copied(error: &Error) -> bool {
    matches!(error, Error::Invalid(problems) if problems.get("").is_some_and(|msg| msg.key == "problem-passkey-copied"))
}

/// Keeps that a key with this credential id was refused as a copy, and tells its person.
pub fn alert(tx: &mut Tx, me: &Actor, state: &State, answer: &Answer) -> Result<()> {
    let answer: PublicKeyCredential = answer.parse()?;
    let Some(key) = Key::by_credential(tx, answer.get_credential_id())? else { return Ok(()) };
    let act = Act::new(ActKind::FactorSuspect).target("person", key.person_id).note("factor", key.id);
    audit::record_alert(tx, me, &act)?;
    tell(tx, &state.config, key.person_id, "mail-passkey-copied", "")
}

pub(in crate::signin) fn forget_old(tx: &mut Tx) -> Result<usize> {
    let mut sql = Sql::named("signin::forget_ceremonies", "delete from ceremonies where created_at < ");
    sql.bind(tx.now - chrono::Duration::seconds(CEREMONY_SECONDS));
    Ok(sql.execute(tx.conn())?)
}
