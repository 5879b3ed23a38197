//! The configuration as typed values. What each key means, its range and its default stand in `keys.rs`.

use super::Cidr;
use crate::secret::Secret;
use crate::storage::Remote;
use crate::telemetry::Exporter;
use serde::{Deserialize, Deserializer, de::Error as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use url::Url;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub runtime: Runtime,
    pub security: Security,
    pub auth: Auth,
    pub ai: Ai,
    pub database: Database,
    pub background: Background,
    pub jobs: Jobs,
    pub uploads: Uploads,
    pub email: Email,
    pub backup: Backup,
    pub log: Log,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Runtime {
    pub app_name: String,
    /// Its path is always `/`.
    #[serde(deserialize_with = "url")]
    pub public_app_url: Url,
    pub bind: SocketAddr,
    /// Where `/metrics` is answered, and nothing else; None for nowhere.
    pub metrics_bind: Option<SocketAddr>,
    /// Holds `postgres/`, `tow.lock`, `mail/`; relative to the current folder.
    pub data_dir: PathBuf,
    pub trusted_proxy_cidrs: Vec<Cidr>,
    /// Set exactly when `tls_key` is.
    pub tls_cert: Option<PathBuf>,
    pub tls_key: Option<PathBuf>,
}

impl Runtime {
    /// True when people reach the server over https, whoever ends it.
    pub fn is_https(&self) -> bool {
        self.public_app_url.scheme() == "https"
    }

    /// True when `address` is a proxy whose forwarding headers count.
    pub fn is_trusted_proxy(&self, address: std::net::IpAddr) -> bool {
        self.trusted_proxy_cidrs.iter().any(|range| range.contains(address))
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Security {
    pub session_cookie_name: String,
    pub session_cookie_secure: bool,
    pub session_max_age_seconds: u32,
    pub step_up_max_age_seconds: u32,
    pub additional_ca_certificates: Vec<PathBuf>,
    /// Lower or upper case as written: compare without case.
    pub outbound_allowed_hosts: Vec<String>,
    pub allow_plain_http: bool,
    pub audit_details_days: u32,
    /// DATA_ENCRYPTION_KEY and the previous one, for jobs that open what was sealed.
    #[serde(skip)]
    pub data_encryption_keys: (Option<Secret>, Option<Secret>),
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Auth {
    pub mode: AuthMode,
    pub oidc: Oidc,
    pub signup: Signup,
    /// Who answers questions about domains; None for the machine's own resolver.
    pub dns_resolver: Option<SocketAddr>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AuthMode {
    Builtin,
    Oidc,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Oidc {
    /// Exactly as written (no slash added), because tokens are compared with it. Set in mode `oidc`.
    pub issuer: Option<String>,
    /// Set in mode `oidc`.
    pub client_id: Option<String>,
    pub scopes: Vec<String>,
    pub username_claim: String,
    pub email_claim: String,
    pub email_verified_claim: String,
    pub given_name_claim: String,
    pub family_name_claim: String,
    pub groups_claim: Option<String>,
    pub require_email_verified: bool,
    pub provider_logout_enabled: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signup {
    pub enabled: bool,
    /// Never empty when `enabled`. As written: compare without case.
    pub allowed_domains: Vec<String>,
    pub verification_token_ttl_hours: u32,
    pub resend_cooldown_seconds: u32,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ai {
    #[serde(deserialize_with = "url")]
    pub openai_base_url: Url,
    pub openai_reasoning_model: String,
    pub openai_reasoning_effort: String,
    pub openai_fast_model: String,
    pub openai_title_model: Option<String>,
    pub openai_onboarding_model: Option<String>,
    pub openai_embedding_model: String,
    pub embedding_dim: u16,
    pub max_tool_rounds: u32,
    #[serde(deserialize_with = "url")]
    pub exa_base_url: Url,
    pub request_days: u32,
    /// OPENAI_API_KEY; None: AI is off. Here, because jobs need it too.
    #[serde(skip)]
    pub openai_api_key: Option<Secret>,
    /// EXA_API_KEY; None: AI has no web tools.
    #[serde(skip)]
    pub exa_api_key: Option<Secret>,
}

impl Ai {
    pub fn title_model(&self) -> &str {
        self.openai_title_model.as_deref().unwrap_or(&self.openai_fast_model)
    }

    pub fn onboarding_model(&self) -> &str {
        self.openai_onboarding_model.as_deref().unwrap_or(&self.openai_reasoning_model)
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    pub pool_size: u32,
    pub pool_timeout_seconds: u32,
    pub worker_pool_size: u32,
    pub statement_timeout_ms: u32,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Background {
    pub operating_background_enabled: bool,
    pub operating_background_interval_seconds: u32,
    pub ticket_conflict_scan_hour_utc: u32,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Jobs {
    pub ai_queue_max_concurrency: u32,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Uploads {
    pub upload_store: UploadStore,
    /// With `s3` what waits, and nothing that lasts.
    pub upload_storage_path: PathBuf,
    pub upload_max_bytes: u64,
    /// Set when the store is `s3`.
    pub s3_bucket: Option<String>,
    /// None: Amazon's of the region.
    pub s3_endpoint: Option<String>,
    pub s3_region: String,
    pub s3_prefix: Option<String>,
    pub s3_path_style: bool,
    /// With the keys; None when the store is the folder. Here, because jobs need it too.
    #[serde(skip)]
    pub remote: Option<Arc<Remote>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UploadStore {
    Folder,
    S3,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Email {
    pub transport: Transport,
    /// Set when the transport is `smtp`.
    pub from_address: Option<String>,
    pub reply_to: Option<String>,
    pub smtp: Smtp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    Console,
    File,
    Smtp,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Smtp {
    /// Set when the transport is `smtp`.
    pub host: Option<String>,
    pub port: u16,
    pub tls_mode: TlsMode,
    pub timeout_seconds: u32,
    /// SMTP_USERNAME and SMTP_PASSWORD; None when the server wants neither.
    #[serde(skip)]
    pub login: Option<(Secret, Secret)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TlsMode {
    None,
    Starttls,
    Implicit,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Backup {
    pub directory: PathBuf,
    pub retention_days: u32,
    pub age_recipient: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    pub format: LogFormat,
    /// Parses as a `tracing_subscriber::EnvFilter`.
    pub filter: String,
    /// None: no spans.
    pub otlp_endpoint: Option<String>,
    /// With OTLP_HEADERS; None without an endpoint. Here, because jobs need it too.
    #[serde(skip)]
    pub spans: Option<Arc<Exporter>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    Text,
    Json,
}

fn url<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Url, D::Error> {
    Url::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
}
