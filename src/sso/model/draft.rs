//! Writing a connection: from a page, or at each start from tow.yaml.

use crate::access::Actor;
use crate::audit::{self, Act, ActKind};
use crate::config::Config;
use crate::db::Tx;
use crate::db::sql::{Bind, Sql};
use crate::error::{Error, Result, on_constraint};
use crate::secret::Secret;
use crate::sso::model::connection::{Connection, ConnectionId, Protocol, Source, permit};
use crate::sso::model::server_key::check_signer;
use crate::sso::saml::Certificate;
use crate::vault::Vault;
use crate::web::{Purpose, State};
use uuid::Uuid;

/// A connection as a page checked it.
#[derive(Debug, Clone)]
pub struct Draft {
    pub protocol: Protocol,
    pub name: String,
    pub issuer: String,
    pub client_id: String,
    /// None keeps the one there is.
    pub client_secret: Option<Secret>,
    /// Apart by spaces; `openid` among them.
    pub scopes: String,
    pub claims: ClaimNames,
    pub require_email_verified: bool,
    pub provider_logout_enabled: bool,
    /// Lower case.
    pub allowed_domains: Vec<String>,
    pub acr_values: String,
    pub saml: SamlDraft,
}

/// What only SAML has; all empty otherwise.
#[derive(Debug, Clone, Default)]
pub struct SamlDraft {
    pub sign_in_url: String,
    pub sign_out_url: String,
    pub signs_requests: bool,
    /// Base64 of the DER.
    pub certificates: Vec<String>,
    pub allows_unsolicited: bool,
}

/// Under which names the provider says what.
#[derive(Debug, Clone)]
pub struct ClaimNames {
    pub username: String,
    pub email: String,
    pub email_verified: String,
    pub given_name: String,
    pub family_name: String,
}

/// In the order of `Draft::values`; the secret comes beside them.
const COLUMNS: [&str; 19] = [
    "protocol",
    "name",
    "issuer",
    "client_id",
    "scopes",
    "username_claim",
    "email_claim",
    "email_verified_claim",
    "given_name_claim",
    "family_name_claim",
    "require_email_verified",
    "provider_logout_enabled",
    "allowed_domains",
    "acr_values",
    "sign_in_url",
    "sign_out_url",
    "signs_requests",
    "certificates",
    "allows_unsolicited",
];

impl Draft {
    /// Not yet open to anybody. `Invalid` when the provider and client are known already, or no key is set to seal the secret.
    pub fn create(self, tx: &mut Tx, me: &Actor, vault: &Vault) -> Result<ConnectionId> {
        let permit = permit(tx, me)?;
        self.check_key(tx)?;
        let id = tx.new_id();
        let secret = self.sealed(id, vault)?;
        let mut sql = Sql::named(
            "sso::create_connection",
            &format!(
                "insert into sso_connections (id, source, revision, created_at, client_secret, {}) values (",
                COLUMNS.join(", ")
            ),
        );
        sql.bind(id).push(", 'page', 1, ").bind(tx.now).push(", ");
        match secret {
            Some(secret) => sql.bind(secret),
            None => sql.push("null"),
        };
        for value in self.values() {
            sql.push(", ").bind(value);
        }
        sql.push(")");
        sql.execute(tx.conn()).map_err(Error::from).map_err(twice(self.protocol))?;
        let act = Act::new(ActKind::SsoRegistered).target("sso_connection", id).change("issuer", "", &self.issuer);
        audit::record(tx, permit, act.change("client_id", "", &self.client_id))?;
        Ok(ConnectionId(id))
    }

    /// Another revision. `Invalid` when it is the file's, enforced, or somebody changed it meanwhile, and when
    /// another issuer would get the secret that is kept.
    pub fn save(self, tx: &mut Tx, me: &Actor, (id, seen): (ConnectionId, i32), vault: &Vault) -> Result<()> {
        let permit = permit(tx, me)?;
        let old = Connection::for_change(tx, id)?;
        if old.protocol != self.protocol {
            return Err(Error::invalid("", "problem-connection-stale"));
        }
        if old.revision != seen {
            return Err(Error::invalid("", "problem-connection-stale"));
        }
        // Else whoever may change connections would be sent a secret that nobody reads back.
        if old.issuer != self.issuer && old.client_secret.is_some() && self.client_secret.is_none() {
            return Err(Error::invalid("client_secret", "problem-secret-elsewhere"));
        }
        self.check_key(tx)?;
        let mut sql = Sql::named("sso::save_connection", "update sso_connections set revision = revision + 1");
        if let Some(secret) = self.sealed(id.0, vault)? {
            sql.push(", client_secret = ").bind(secret);
        }
        for (column, value) in COLUMNS.iter().zip(self.values()) {
            sql.push(", ").push(column).push(" = ").bind(value);
        }
        sql.push(" where id = ").bind(id);
        sql.execute(tx.conn()).map_err(Error::from).map_err(twice(self.protocol))?;
        audit::record(tx, permit, self.changes(&old))
    }

    fn check_key(&self, tx: &mut Tx) -> Result<()> {
        if self.saml.signs_requests { check_signer(tx) } else { Ok(()) }
    }

    fn sealed(&self, id: Uuid, vault: &Vault) -> Result<Option<String>> {
        let secret = self.client_secret.as_ref();
        secret.map(|secret| vault.seal(id, secret.reveal().as_bytes())).transpose()
    }

    fn values(&self) -> [Bind; 19] {
        [
            self.protocol.into(),
            self.name.as_str().into(),
            self.issuer.as_str().into(),
            self.client_id.as_str().into(),
            self.scopes.as_str().into(),
            self.claims.username.as_str().into(),
            self.claims.email.as_str().into(),
            self.claims.email_verified.as_str().into(),
            self.claims.given_name.as_str().into(),
            self.claims.family_name.as_str().into(),
            self.require_email_verified.into(),
            self.provider_logout_enabled.into(),
            self.allowed_domains.clone().into(),
            self.acr_values.as_str().into(),
            self.saml.sign_in_url.as_str().into(),
            self.saml.sign_out_url.as_str().into(),
            self.saml.signs_requests.into(),
            self.saml.certificates.clone().into(),
            self.saml.allows_unsolicited.into(),
        ]
    }

    /// What changed, for the trail; of the secret only that it did.
    fn changes(&self, old: &Connection) -> Act {
        let (was, is) = (old.allowed_domains.join(" "), self.allowed_domains.join(" "));
        let (old_keys, new_keys) = (fingerprints(&old.certificates), fingerprints(&self.saml.certificates));
        let yes_or_no = |value: bool| if value { "yes" } else { "no" };
        let pairs = [
            ("name", old.name.as_str(), self.name.as_str()),
            ("issuer", &old.issuer, &self.issuer),
            ("client_id", &old.client_id, &self.client_id),
            ("scopes", &old.scopes, &self.scopes),
            ("username_claim", &old.username_claim, &self.claims.username),
            ("email_claim", &old.email_claim, &self.claims.email),
            ("email_verified_claim", &old.email_verified_claim, &self.claims.email_verified),
            ("given_name_claim", &old.given_name_claim, &self.claims.given_name),
            ("family_name_claim", &old.family_name_claim, &self.claims.family_name),
            ("allowed_domains", &was, &is),
            ("acr_values", &old.acr_values, &self.acr_values),
            ("sign_in_url", &old.sign_in_url, &self.saml.sign_in_url),
            ("sign_out_url", &old.sign_out_url, &self.saml.sign_out_url),
            ("signs_requests", yes_or_no(old.signs_requests), yes_or_no(self.saml.signs_requests)),
            ("certificates", &old_keys, &new_keys),
            ("allows_unsolicited", yes_or_no(old.allows_unsolicited), yes_or_no(self.saml.allows_unsolicited)),
            ("require_email_verified", yes_or_no(old.require_email_verified), yes_or_no(self.require_email_verified)),
            (
                "provider_logout_enabled",
                yes_or_no(old.provider_logout_enabled),
                yes_or_no(self.provider_logout_enabled),
            ),
        ];
        let act = Act::new(ActKind::SsoChanged).target("sso_connection", old.id.0);
        let changed = pairs.into_iter().filter(|(_, old, new)| old != new);
        let act = changed.fold(act, |act, (field, old, new)| act.change(field, old, new));
        if self.client_secret.is_some() { act.text_change("client_secret") } else { act }
    }
}

/// The beginning of each, which tells them apart.
fn fingerprints(certificates: &[String]) -> String {
    let all = certificates.iter().filter_map(|text| Certificate::parse(text));
    all.map(|one| one.beginning().to_owned()).collect::<Vec<_>>().join(" ")
}

fn twice(protocol: Protocol) -> impl Fn(Error) -> Error {
    let field = match protocol {
        Protocol::Oidc => "client_id",
        Protocol::Saml => "issuer",
    };
    on_constraint("sso_connections_issuer_client_id_key", field, "problem-connection-twice")
}

/// Writes the connection of tow.yaml into its row, or takes it out of use when the file names none any more. At each start.
pub fn note_file(tx: &mut Tx, state: &State) -> Result<()> {
    let Some(draft) = of_file(&state.config) else {
        let sql = "update sso_connections set enabled_at = null where source = 'file' and enabled_at is not null";
        Sql::named("sso::close_file", sql).execute(tx.conn())?;
        return Ok(());
    };
    let secret = state.oidc_client_secret.as_ref().map(Secret::reveal).unwrap_or_default();
    let columns = COLUMNS.join(", ");
    let row = |of: &str| COLUMNS.map(|column| format!("{of}.{column}")).join(", ");
    let (old, new) = (row("c"), row("excluded"));
    let mut sql = Sql::named(
        "sso::note_file",
        &format!(
            "insert into sso_connections as c (id, source, revision, enabled_at, created_at, client_secret, {columns}) values ("
        ),
    );
    sql.bind(tx.new_id()).push(", 'file', 1, ").bind(tx.now).push(", ").bind(tx.now).push(", ");
    sql.bind(state.keys.mac(Purpose::SignOn, secret));
    for value in draft.values() {
        sql.push(", ").bind(value);
    }
    sql.push(&format!(
        ") on conflict (source) where source = 'file' do update set client_secret = excluded.client_secret,
           ({columns}) = row({new}), enabled_at = coalesce(c.enabled_at, excluded.enabled_at), revision = c.revision
           + case when (c.client_secret, {old}) is distinct from (excluded.client_secret, {new}) then 1 else 0 end"
    ));
    sql.execute(tx.conn())?;
    Ok(())
}

/// Why this server must not start: tow.yaml names no provider any more, but everybody must come in through the one it named. None when
/// it may.
pub fn guard(tx: &mut Tx, config: &Config) -> Result<Option<String>> {
    if of_file(config).is_some() {
        return Ok(None);
    }
    let required = Connection::required(tx)?.filter(|connection| connection.source == Source::File);
    Ok(required.map(|connection| {
        format!(
            "Everybody must sign in through {}, but tow.yaml names no identity provider any more, so only break-glass owners could \
             come in. Put auth.oidc.issuer and auth.oidc.client_id back; to take them out, first let passwords in again under \
             Settings, Sign-on.",
            connection.name
        )
    }))
}

/// None when the file names no provider.
fn of_file(config: &Config) -> Option<Draft> {
    let oidc = &config.auth.oidc;
    let (issuer, client_id) = (oidc.issuer.clone()?, oidc.client_id.clone()?);
    let host = url::Url::parse(&issuer).ok().and_then(|url| url.host_str().map(str::to_owned));
    Some(Draft {
        protocol: Protocol::Oidc,
        name: host.unwrap_or_else(|| issuer.clone()).chars().take(80).collect(),
        issuer,
        client_id,
        client_secret: None,
        scopes: oidc.scopes.join(" "),
        claims: ClaimNames {
            username: oidc.username_claim.clone(),
            email: oidc.email_claim.clone(),
            email_verified: oidc.email_verified_claim.clone(),
            given_name: oidc.given_name_claim.clone(),
            family_name: oidc.family_name_claim.clone(),
        },
        require_email_verified: oidc.require_email_verified,
        provider_logout_enabled: oidc.provider_logout_enabled,
        allowed_domains: config.auth.signup.allowed_domains.iter().map(|domain| domain.to_lowercase()).collect(),
        acr_values: String::new(),
        saml: SamlDraft::default(),
    })
}
