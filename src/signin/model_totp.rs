//! Authenticator apps: codes of six digits, new each half minute (RFC 6238). The seed lies sealed in the vault; a code counts once.

use crate::access::{Actor, Thing, Verb, may};
use crate::audit::{self, Act, ActKind};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Error, Result};
use crate::people::{Person, PersonId, Session};
use crate::signin::{FactorId, codes_for_first, tell};
use crate::ui::text;
use crate::vault::Vault;
use crate::web::State;
use diesel::QueryableByName;
use diesel::sql_types::{Bool, Int8, Nullable, Text, Uuid as SqlUuid};
use totp_rs::{Algorithm, Builder, Totp};

/// Steps before and after the present one whose codes are taken, for clocks that differ.
pub const SKEW_STEPS: u16 = 1;
pub const STEP_SECONDS: u64 = 30;
const SEED_BYTES: usize = 20;

/// One that waits for its first code.
#[derive(Clone)]
pub struct Begun {
    /// Base32, for typing.
    pub key: String,
    /// `otpauth://…`, for the QR code.
    pub url: String,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    id: FactorId,
    #[diesel(sql_type = Text)]
    sealed: String,
    #[diesel(sql_type = Nullable<Int8>)]
    last_step: Option<i64>,
    #[diesel(sql_type = Bool)]
    is_confirmed: bool,
}

impl Row {
    fn of(tx: &mut Tx, person: PersonId, lock: &str) -> Result<Option<Row>> {
        let mut sql = Sql::named(
            "signin::totp",
            "select id, sealed, last_step, confirmed_at is not null as is_confirmed from factors where kind = 'totp' and sealed is not null and person_id = ",
        );
        sql.bind(person).push(lock);
        Ok(sql.load(tx.conn())?.into_iter().next())
    }

    fn totp(&self, vault: &Vault) -> Result<Totp> {
        totp(vault.open(self.id.0, &self.sealed)?)
    }

    /// The step whose code it is; None when it fits no step, or one already used (or before that).
    fn step_of(&self, vault: &Vault, code: &str, now: i64) -> Result<Option<i64>> {
        let digits: String = code.chars().filter(|c| !c.is_whitespace()).collect();
        let step = self.totp(vault)?.check(&digits, u64::try_from(now).unwrap_or_default());
        let step = step.and_then(|step| i64::try_from(step).ok());
        Ok(step.filter(|step| self.last_step.is_none_or(|last| *step > last)))
    }

    fn use_step(&self, tx: &mut Tx, step: i64) -> Result<()> {
        let mut sql = Sql::named("signin::use_totp", "update factors set last_step = ");
        sql.bind(step).push(", last_used_at = ").bind(tx.now).push(", confirmed_at = coalesce(confirmed_at, ");
        sql.bind(tx.now).push(") where id = ").bind(self.id);
        sql.execute(tx.conn())?;
        Ok(())
    }
}

fn totp(seed: Vec<u8>) -> Result<Totp> {
    let builder = Builder::new().with_algorithm(Algorithm::SHA1).with_digits(6).with_skew(SKEW_STEPS);
    builder.with_step_duration(STEP_SECONDS).with_secret(seed).build().map_err(Error::broken)
}

/// A new seed, which counts for nothing until a code of it was typed. `Invalid` when the account has an app already.
pub fn begin(tx: &mut Tx, me: &Actor, vault: &Vault) -> Result<()> {
    let person = me.person_id().ok_or(Error::SignIn)?;
    let permit = may(tx, me, Verb::Add, &Thing::Account(person))?;
    // Nothing has changed for anybody yet: the entry comes with the first code.
    permit.unused(tx);
    if Row::of(tx, person, " for update")?.is_some_and(|row| row.is_confirmed) {
        return Err(Error::invalid("", "problem-app-twice"));
    }
    let mut old = Sql::named(
        "signin::forget_totp",
        "delete from factors where kind = 'totp' and confirmed_at is null and person_id = ",
    );
    old.bind(person);
    old.execute(tx.conn())?;
    let id = tx.new_id();
    let sealed = vault.seal(id, &rand::random::<[u8; SEED_BYTES]>())?;
    let mut sql = Sql::named(
        "signin::begin_totp",
        "insert into factors (id, person_id, kind, name, sealed, created_at) values (",
    );
    sql.bind(id).push(", ").bind(person).push(", 'totp', ").bind(text("factor-app")).push(", ").bind(sealed);
    sql.push(", ").bind(tx.now).push(")");
    sql.execute(tx.conn())?;
    Ok(())
}

/// What to show for scanning; `NotFound` when none waits.
pub fn begun(tx: &mut Tx, me: &Actor, vault: &Vault, issuer: &str) -> Result<Begun> {
    let person = me.person_id().ok_or(Error::SignIn)?;
    let row = Row::of(tx, person, "")?.filter(|row| !row.is_confirmed).ok_or(Error::NotFound)?;
    let key = totp_rs::Secret::from(vault.open(row.id.0, &row.sealed)?).to_base32();
    let quote =
        |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20");
    let (issuer, email) = (quote(issuer), quote(&Person::find(tx, person)?.email));
    let url = format!("otpauth://totp/{issuer}:{email}?secret={key}&issuer={issuer}");
    Ok(Begun { key, url })
}

/// With its first code it counts. Recovery codes when there were none, to be shown this once. `Invalid` at `code`.
pub fn confirm(tx: &mut Tx, me: &Actor, state: &State, code: &str) -> Result<Vec<String>> {
    let person = me.person_id().ok_or(Error::SignIn)?;
    let permit = may(tx, me, Verb::Add, &Thing::Account(person))?;
    let row = Row::of(tx, person, " for update")?.filter(|row| !row.is_confirmed).ok_or(Error::NotFound)?;
    let step = row.step_of(&state.vault, code, tx.now.timestamp())?;
    let step = step.ok_or_else(|| Error::invalid("code", "problem-first-code"))?;
    row.use_step(tx, step)?;
    let codes = codes_for_first(tx, person)?;
    Session::owe_tokens(tx, &[person])?;
    let act = Act::new(ActKind::FactorAdded).target("person", person).note("kind", "totp").note("factor", row.id);
    audit::record(tx, permit, act)?;
    tell(tx, &state.config, person, "mail-factor-added", &text("factor-app"))?;
    Ok(codes)
}

/// Whether the code fits and was not used before; from now on it is used.
pub(in crate::signin) fn take(tx: &mut Tx, vault: &Vault, person: PersonId, code: &str) -> Result<bool> {
    let Some(row) = Row::of(tx, person, " for update")?.filter(|row| row.is_confirmed) else { return Ok(false) };
    let step = row.step_of(vault, code, tx.now.timestamp())?;
    if let Some(step) = step {
        row.use_step(tx, step)?;
    }
    Ok(step.is_some())
}

/// A QR code as SVG: paths only, nothing that a content policy minds.
pub fn qr(text: &str) -> Result<String> {
    const QUIET: usize = 4;
    let code = qrcode::QrCode::new(text.as_bytes()).map_err(Error::broken)?;
    let width = code.width();
    let dark = code.to_colors().into_iter().enumerate().filter(|(_, color)| *color == qrcode::Color::Dark);
    let path: String = dark.map(|(at, _)| format!("M{} {}h1v1h-1z", at % width + QUIET, at / width + QUIET)).collect();
    let side = width + 2 * QUIET;
    Ok(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"220\" height=\"220\" viewBox=\"0 0 {side} {side}\" shape-rendering=\"crispEdges\" aria-hidden=\"true\"><path fill=\"#fff\" d=\"M0 0h{side}v{side}H0z\"/><path fill=\"#000\" d=\"{path}\"/></svg>"
    ))
}
