//! This server's keys towards SAML providers: one in use, the next one while providers learn of it, the one before while some still
//! encrypt for it.

use crate::access::{Actor, Permission, Thing, Verb, check};
use crate::audit::{self, Act, ActKind};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Error, Result, on_constraint};
use crate::secret::Secret;
use crate::sso::model::connection::permit;
use crate::sso::saml::{Certificate, OwnKey};
use crate::vault::Vault;
use crate::{text_enum, typed_id};
use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Text, Timestamptz, Uuid as SqlUuid};

typed_id!(ServerKeyId);

text_enum!(
    /// What a key does. Each opens what was encrypted for it.
    KeyState {
        /// Providers may learn it; it signs nothing yet.
        Next = "next",
        /// Signs.
        Current = "current",
        /// Signs no more.
        Previous = "previous",
    }
);

#[derive(Debug, Clone, QueryableByName)]
pub struct ServerKey {
    #[diesel(sql_type = SqlUuid)]
    pub id: ServerKeyId,
    #[diesel(sql_type = Text)]
    pub state: KeyState,
    /// Base64 of the DER.
    #[diesel(sql_type = Text)]
    pub certificate: String,
    /// Sealed for the row's id.
    #[diesel(sql_type = Text)]
    private_key: String,
    #[diesel(sql_type = Timestamptz)]
    pub created_at: DateTime<Utc>,
}

/// A certificate of nobody, for samples.
const SAMPLE: &str = "MIIBjjCCATWgAwIBAgIUc3aieAcU6nLn5HaABG6+Ug6FktEwCgYIKoZIzj0EAwIwHTEbMBkGA1UEAwwSdG93LmhhbGRlbi5leGFtcGxlMB4XDT\
    I2MTEyMzA2NTkyNFoXDTM2MTEyMDA2NTkyNFowHTEbMBkGA1UEAwwSdG93LmhhbGRlbi5leGFtcGxlMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcD\
    QgAE4K32Z9fJ8iQ28ziZzx/XWMa6VplXEbWIcHcvbFff0za1Umh+OvzRhWWmuAtvIKFlutrmleU0GE+jyY36axLC7qNTMFEwHQYDVR0OBBYEFL\
    0tyjB4VHu7joun0ZXdKjN4v6aHMB8GA1UdIwQYMBaAFL0tyjB4VHu7joun0ZXdKjN4v6aHMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwID\
    RwAwRAIgfr9JETY2+1bIJYy/I+8gmPZU06/9T+OlLHm+RCesUf0CIBIWCESAprMznKiVN93UuK2u4Qi00yxq+t4LYnHXQq5W";

fn select(name: &str, rest: &str) -> Sql {
    Sql::named(name, &format!("select id, state, certificate, private_key, created_at from sso_keys {rest}"))
}

impl ServerKey {
    /// The one in use first. For who may configure sign-on.
    pub fn list(tx: &mut Tx, me: &Actor) -> Result<Vec<ServerKey>> {
        check(me, Verb::See, &Thing::Organisation(Permission::SecurityConfigurationManage))?;
        ServerKey::all(tx)
    }

    /// What every provider may know of them, and what stays sealed.
    pub(in crate::sso) fn all(tx: &mut Tx) -> Result<Vec<ServerKey>> {
        Ok(select("sso::keys", "order by state").load(tx.conn())?)
    }

    /// The one that signs; none where there is none.
    pub(in crate::sso) fn signer(tx: &mut Tx) -> Result<Vec<ServerKey>> {
        Ok(select("sso::signing_key", "where state = 'current'").load(tx.conn())?)
    }

    /// `Away` without the key it is sealed under. Takes a millisecond or two: nothing for a transaction.
    pub(in crate::sso) fn unseal(&self, vault: &Vault) -> Result<OwnKey> {
        let plain = vault.open(self.id.0, &self.private_key)?;
        let private = Secret::new(String::from_utf8(plain).map_err(Error::broken)?);
        OwnKey::new(&private, self.certificate.clone())
    }

    /// Of its certificate.
    pub fn shown(&self) -> Option<Certificate> {
        Certificate::parse(&self.certificate)
    }

    /// One in each state, for samples.
    pub fn samples() -> Vec<ServerKey> {
        let of = |number, state| ServerKey {
            id: ServerKeyId(uuid::Uuid::from_u128(number)),
            state,
            certificate: SAMPLE.to_owned(),
            private_key: String::new(),
            created_at: DateTime::<Utc>::UNIX_EPOCH,
        };
        vec![of(1, KeyState::Current), of(2, KeyState::Next), of(3, KeyState::Previous)]
    }

    /// What another key would be. `Invalid` when one waits already.
    pub fn room(all: &[ServerKey]) -> Result<KeyState> {
        let is_there = |state: KeyState| all.iter().any(|key| key.state == state);
        let state = if is_there(KeyState::Current) { KeyState::Next } else { KeyState::Current };
        match is_there(state) {
            true => Err(Error::invalid("", "problem-key-waits")),
            false => Ok(state),
        }
    }

    /// Keeps what `generate` made. The first counts at once; another one waits until it is taken into use. `Invalid` when one waits
    /// already, or without a key to seal it under.
    pub fn make(
        tx: &mut Tx,
        me: &Actor,
        vault: &Vault,
        (private, certificate): &(Secret, String),
    ) -> Result<ServerKeyId> {
        let permit = permit(tx, me)?;
        let state = ServerKey::room(&ServerKey::all(tx)?)?;
        let id = tx.new_id();
        let sealed = vault.seal(id, private.reveal().as_bytes())?;
        let mut sql = Sql::named(
            "sso::make_key",
            "insert into sso_keys (id, state, certificate, private_key, created_at) values (",
        );
        sql.bind(id).push(", ").bind(state.as_str()).push(", ").bind(certificate.as_str()).push(", ").bind(sealed);
        sql.push(", ").bind(tx.now).push(")");
        // Two at once: the other one's is there.
        let raced = on_constraint("sso_keys_state_key", "", "problem-key-waits");
        sql.execute(tx.conn()).map_err(Error::from).map_err(raced)?;
        let act = Act::new(ActKind::SsoKeyMade).target("sso_key", id).note("state", state.as_str());
        audit::record(tx, permit, act)?;
        Ok(ServerKeyId(id))
    }

    /// The next one signs from now on; the one it takes the place of still opens. `Invalid` while the one before that is still there:
    /// somebody may encrypt for it. Nothing to do when it signs already.
    pub fn take_into_use(tx: &mut Tx, me: &Actor, id: ServerKeyId) -> Result<()> {
        let permit = permit(tx, me)?;
        let all = ServerKey::locked(tx)?;
        let of = |state: KeyState| all.iter().find(|key| key.state == state).map(|key| key.id);
        if of(KeyState::Current) == Some(id) {
            permit.unused(tx);
            return Ok(());
        }
        if of(KeyState::Next) != Some(id) {
            return Err(Error::NotFound);
        }
        if of(KeyState::Previous).is_some() {
            return Err(Error::invalid("", "problem-key-previous"));
        }
        for (from, to) in [(KeyState::Current, KeyState::Previous), (KeyState::Next, KeyState::Current)] {
            let mut sql = Sql::named("sso::move_key", "update sso_keys set state = ");
            sql.bind(to.as_str()).push(" where state = ").bind(from.as_str());
            sql.execute(tx.conn())?;
        }
        let replaced = of(KeyState::Current).map(|key| key.0);
        audit::record(tx, permit, Act::new(ActKind::SsoKeyUsed).target("sso_key", id.0).note("replaced", replaced))
    }

    /// `Invalid` for the one in use while a connection signs with it.
    pub fn remove(tx: &mut Tx, me: &Actor, id: ServerKeyId) -> Result<()> {
        let permit = permit(tx, me)?;
        let all = ServerKey::locked(tx)?;
        let key = all.iter().find(|key| key.id == id).ok_or(Error::NotFound)?;
        if key.state == KeyState::Current && signs_requests(tx)? {
            return Err(Error::invalid("", "problem-key-signs"));
        }
        let mut sql = Sql::named("sso::delete_key", "delete from sso_keys where id = ");
        sql.bind(id);
        sql.execute(tx.conn())?;
        audit::record(
            tx,
            permit,
            Act::new(ActKind::SsoKeyRemoved).target("sso_key", id.0).note("state", key.state.as_str()),
        )
    }

    fn locked(tx: &mut Tx) -> Result<Vec<ServerKey>> {
        Ok(select("sso::keys_for_change", "order by state for update").load(tx.conn())?)
    }
}

/// Whether any connection's requests are signed.
pub(in crate::sso) fn signs_requests(tx: &mut Tx) -> Result<bool> {
    let sql = "select 1 as one from sso_connections where signs_requests limit 1";
    Ok(Sql::named("sso::signs_requests", sql).execute(tx.conn())? > 0)
}

/// Whether every SAML connection's requests are signed, and there is one: what our one description says, it says to all.
pub(in crate::sso) fn all_sign(tx: &mut Tx) -> Result<bool> {
    let sql = "select 1 as one from sso_connections where protocol = 'saml' having bool_and(signs_requests)";
    Ok(Sql::named("sso::all_sign", sql).execute(tx.conn())? > 0)
}

/// `Invalid` when a connection shall sign and there is nothing to sign with. The key is kept until that is decided.
pub(in crate::sso) fn check_signer(tx: &mut Tx) -> Result<()> {
    let sql = "select 1 as one from sso_keys where state = 'current' for share";
    match Sql::named("sso::has_signer", sql).execute(tx.conn())? > 0 {
        true => Ok(()),
        false => Err(Error::invalid("signs_requests", "problem-no-own-key")),
    }
}
