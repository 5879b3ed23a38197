//! Combinations of keys that cannot work, or that must be said loudly. Single values were checked before.

use super::layers::Draft;
use super::{AuthMode, Config, ConfigProblem, Origin, Secrets, TlsMode, Transport, UploadStore};
use crate::storage::is_plain_prefix;
use std::net::IpAddr;
use std::path::Path;
use url::{Host, Url};

/// Adds what is impossible to the draft's problems and what is only dangerous to its warnings.
pub fn check(draft: &mut Draft, config: &Config, secrets: &Secrets) {
    let mut checks = Checks { draft, config };
    checks.reaching();
    checks.metrics();
    checks.sessions();
    checks.sign_on();
    checks.mail();
    checks.ai(secrets);
    checks.folders();
    checks.outside(secrets);
}

struct Checks<'a> {
    draft: &'a mut Draft,
    config: &'a Config,
}

impl Checks<'_> {
    fn reaching(&mut self) {
        let (runtime, security) = (&self.config.runtime, &self.config.security);
        let is_public = !runtime.bind.ip().is_loopback();
        self.refuse(
            &["runtime.tls_cert", "runtime.tls_key"],
            runtime.tls_cert.is_some() != runtime.tls_key.is_some(),
            "runtime.tls_cert and runtime.tls_key go together, and only one of them is set.",
        );
        self.refuse(
            &["runtime.public_app_url", "runtime.tls_cert"],
            runtime.tls_cert.is_some() && !runtime.is_https(),
            "runtime.public_app_url begins with http://, but with runtime.tls_cert the server speaks only https.",
        );
        self.refuse(
            &["runtime.bind", "runtime.public_app_url", "security.allow_plain_http"],
            is_public && !runtime.is_https() && !security.allow_plain_http,
            "runtime.bind can be reached from other machines, but runtime.public_app_url is not https: passwords would \
             travel readable. Set an https public_app_url (with tls_cert and tls_key, or a proxy in front), bind \
             127.0.0.1, or accept it with security.allow_plain_http: true.",
        );
        self.warn(
            is_public && !runtime.is_https() && security.allow_plain_http,
            "security.allow_plain_http is on: passwords and sessions travel readable for everyone on the way.",
        );
    }

    /// How busy a company is, is nobody else's business.
    fn metrics(&mut self) {
        let runtime = &self.config.runtime;
        let Some(bind) = runtime.metrics_bind else { return };
        let is_private = match bind.ip() {
            IpAddr::V4(ip) => ip.is_loopback() || ip.is_private() || ip.is_link_local() || ip.is_unspecified(),
            IpAddr::V6(ip) => {
                ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local() || ip.is_unspecified()
            }
        };
        self.refuse(
            &["runtime.metrics_bind"],
            !is_private,
            "runtime.metrics_bind is a public address, and metrics tell how busy the company is. Bind loopback or an \
             address of a private network.",
        );
        self.refuse(
            &["runtime.metrics_bind", "runtime.bind"],
            bind.port() == runtime.bind.port(),
            "runtime.metrics_bind and runtime.bind have the same port; metrics need one of their own.",
        );
        self.warn(
            bind.ip().is_unspecified(),
            "runtime.metrics_bind listens on every address of this machine: let nobody but the Prometheus reach that port.",
        );
    }

    fn sessions(&mut self) {
        let (runtime, security) = (&self.config.runtime, &self.config.security);
        let name = &security.session_cookie_name;
        let is_prefixed = ["__host-", "__secure-"].iter().any(|prefix| name.to_ascii_lowercase().starts_with(prefix));
        self.refuse(
            &["security.session_cookie_name", "security.session_cookie_secure"],
            is_prefixed && !security.session_cookie_secure,
            "security.session_cookie_name begins with __Host- or __Secure-, and browsers drop such a cookie unless \
             security.session_cookie_secure is true.",
        );
        self.refuse(
            &["security.session_cookie_secure", "runtime.public_app_url"],
            security.session_cookie_secure && !runtime.is_https() && !is_this_machine(&runtime.public_app_url),
            "security.session_cookie_secure is true, but runtime.public_app_url is not https: browsers would never send \
             the cookie back, so nobody could sign in.",
        );
        self.warn(
            runtime.is_https() && !security.session_cookie_secure,
            "INSECURE: runtime.public_app_url is https, but security.session_cookie_secure is false: a single request \
             over plain HTTP gives the session away. Set security.session_cookie_secure: true.",
        );
        self.warn(
            security.step_up_max_age_seconds > security.session_max_age_seconds,
            "security.step_up_max_age_seconds is longer than a session lasts, so nobody is ever asked to confirm.",
        );
    }

    fn sign_on(&mut self) {
        let (oidc, signup) = (&self.config.auth.oidc, &self.config.auth.signup);
        let is_oidc = self.config.auth.mode == AuthMode::Oidc;
        self.refuse(
            &["auth.oidc.issuer", "auth.mode"],
            is_oidc && oidc.issuer.is_none(),
            "auth.mode is oidc, but auth.oidc.issuer is not set.",
        );
        self.refuse(
            &["auth.oidc.client_id", "auth.mode"],
            is_oidc && oidc.client_id.is_none(),
            "auth.mode is oidc, but auth.oidc.client_id is not set.",
        );
        self.refuse(
            &["auth.oidc.scopes"],
            !oidc.scopes.iter().any(|scope| scope == "openid"),
            "auth.oidc.scopes must include openid, or the provider says nothing about the person.",
        );
        let issuer = oidc.issuer.as_deref().and_then(|issuer| Url::parse(issuer).ok());
        self.refuse(
            &["auth.oidc.issuer", "security.outbound_allowed_hosts"],
            issuer.is_some_and(|issuer| self.is_exposed(&issuer)),
            "auth.oidc.issuer is not https: anyone on the way could sign in as anyone. Use https, or name the host in \
             security.outbound_allowed_hosts.",
        );
        self.refuse(
            &["auth.signup.enabled", "auth.signup.allowed_domains"],
            signup.enabled && signup.allowed_domains.is_empty(),
            "auth.signup.enabled is true, but auth.signup.allowed_domains is empty, so nobody could sign up.",
        );
        self.refuse(
            &["auth.signup.enabled", "auth.mode"],
            signup.enabled && is_oidc,
            "auth.signup.enabled is true, but with auth.mode oidc the provider makes the accounts.",
        );
    }

    fn mail(&mut self) {
        let email = &self.config.email;
        let is_smtp = email.transport == Transport::Smtp;
        self.refuse(
            &["email.smtp.host", "email.transport"],
            is_smtp && email.smtp.host.is_none(),
            "email.transport is smtp, but email.smtp.host is not set.",
        );
        self.refuse(
            &["email.from_address", "email.transport"],
            is_smtp && email.from_address.is_none(),
            "email.transport is smtp, but email.from_address is not set: mail servers refuse mails without a sender.",
        );
        let host = email.smtp.host.as_deref().unwrap_or("localhost");
        self.warn(
            is_smtp && email.smtp.tls_mode == TlsMode::None && !is_local_name(host),
            "email.smtp.tls_mode is none: mails, with their sign-in links and the mail password, travel readable.",
        );
        self.warn(
            email.transport == Transport::Console && !self.config.runtime.bind.ip().is_loopback(),
            "email.transport is console: nobody gets a mail, and links to set a password stand in the log.",
        );
    }

    fn ai(&mut self, secrets: &Secrets) {
        let ai = &self.config.ai;
        let model = secrets.openai_api_key.is_some() && self.is_exposed(&ai.openai_base_url);
        let web = secrets.exa_api_key.is_some() && self.is_exposed(&ai.exa_base_url);
        self.warn(model, "ai.openai_base_url is not https: the key and every text sent travel readable.");
        self.warn(web, "ai.exa_base_url is not https: the key and every query travel readable.");
        let is_idle = secrets.exa_api_key.is_some() && secrets.openai_api_key.is_none();
        self.warn(
            is_idle,
            "EXA_API_KEY is set and OPENAI_API_KEY is not: web tools serve the model's answers, so nothing uses them.",
        );
    }

    fn folders(&mut self) {
        let postgres = self.config.runtime.data_dir.join("postgres");
        let (uploads, backups) = (&self.config.uploads.upload_storage_path, &self.config.backup.directory);
        let is_within = |inner: &Path, outer: &Path| inner.starts_with(outer);
        self.refuse(
            &["uploads.upload_storage_path", "runtime.data_dir"],
            is_within(uploads, &postgres),
            "uploads.upload_storage_path lies inside the folder of the embedded database, which nothing else may use.",
        );
        self.refuse(
            &["backup.directory", "runtime.data_dir"],
            is_within(backups, &postgres),
            "backup.directory lies inside the folder of the embedded database, which nothing else may use.",
        );
        self.refuse(
            &["backup.directory", "uploads.upload_storage_path"],
            is_within(backups, uploads) || is_within(uploads, backups),
            "backup.directory and uploads.upload_storage_path lie inside each other: each backup would hold the one before.",
        );
    }

    fn outside(&mut self, secrets: &Secrets) {
        let uploads = &self.config.uploads;
        let is_s3 = uploads.upload_store == UploadStore::S3;
        let endpoint = uploads.s3_endpoint.as_deref().and_then(|address| Url::parse(address).ok());
        self.refuse(
            &["uploads.s3_bucket", "uploads.upload_store"],
            is_s3 && uploads.s3_bucket.is_none(),
            "uploads.upload_store is s3, but uploads.s3_bucket is not set.",
        );
        let prefix = uploads.s3_prefix.as_deref().unwrap_or_default();
        self.refuse(
            &["uploads.s3_prefix"],
            is_s3 && !is_plain_prefix(prefix),
            "uploads.s3_prefix has an empty part (//), or a letter that a store writes otherwise: take letters, digits, - _ . and \
             single slashes. Files that lie under such a name already have to be moved to the new one.",
        );
        self.refuse(
            &["uploads.upload_store"],
            is_s3 && secrets.s3_secret_access_key.is_none(),
            "uploads.upload_store is s3, but S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY are not set.",
        );
        self.refuse(
            &["uploads.s3_endpoint", "security.outbound_allowed_hosts"],
            is_s3 && endpoint.is_some_and(|endpoint| self.is_exposed(&endpoint)),
            "uploads.s3_endpoint is not https: files travel readable for everyone on the way. Use https, or name the host in \
             security.outbound_allowed_hosts.",
        );
        let collector = self.config.log.otlp_endpoint.as_deref().and_then(|address| Url::parse(address).ok());
        self.refuse(
            &["log.otlp_endpoint", "security.outbound_allowed_hosts"],
            collector.is_some_and(|collector| self.is_exposed(&collector)),
            "log.otlp_endpoint is not https: anyone on the way reads how busy the company is. Use https, a collector on this \
             machine, or name the host in security.outbound_allowed_hosts.",
        );
        self.warn(
            !is_s3 && uploads.s3_bucket.is_some(),
            "uploads.s3_bucket is set, but uploads.upload_store is folder, so nothing uses it.",
        );
    }

    /// Plain HTTP to another machine whose host the operator did not name.
    fn is_exposed(&self, url: &Url) -> bool {
        let allowed = &self.config.security.outbound_allowed_hosts;
        let is_named = url.host_str().is_some_and(|host| allowed.iter().any(|name| name.eq_ignore_ascii_case(host)));
        url.scheme() != "https" && !is_this_machine(url) && !is_named
    }

    /// The first key is the one to mend; the place is that of the first key somebody set.
    fn refuse(&mut self, keys: &[&'static str], is_wrong: bool, message: &str) {
        if !is_wrong || keys.iter().any(|key| self.draft.is_doubtful(key)) {
            return;
        }
        let set = keys.iter().map(|key| self.draft.origin(key)).find(|origin| *origin != Origin::Default);
        let key = keys.first().copied().unwrap_or_default();
        self.draft.problems.push(ConfigProblem::new(set.unwrap_or(Origin::Default), key, message));
    }

    fn warn(&mut self, is_dangerous: bool, message: &str) {
        if is_dangerous {
            self.draft.warnings.push(message.to_owned());
        }
    }
}

fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => is_local_name(name),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn is_local_name(name: &str) -> bool {
    name == "localhost" || name.ends_with(".localhost") || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}
