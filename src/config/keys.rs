//! The one table of configuration keys: name, type, default, what it does. The loader, `tow config show`, the docs
//! reference and `tow.yaml.example` are all made from it; the structs in `sections.rs` only give the values types.

use super::kinds::Kind::{self, *};

/// One key of `tow.yaml`.
#[derive(Debug)]
pub struct Key {
    /// Dotted, as in `auth.oidc.issuer`.
    pub path: &'static str,
    pub kind: Kind,
    pub default: Default,
    /// What it does, one or two sentences.
    pub doc: &'static str,
    /// What people notice when it changes; empty when nothing special.
    pub effect: &'static str,
    /// False when a running server takes the new value by itself.
    pub needs_restart: bool,
    /// A second, shorter variable name, for what other tools call the same.
    pub plain_name: Option<&'static str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Default {
    /// Not set unless somebody sets it.
    None,
    Bool(bool),
    Int(i64),
    Text(&'static str),
    List(&'static [&'static str]),
    /// Made from other keys (`layers::derived`); the text is what that gives when all others stand at their default.
    Derived(&'static str),
}

impl Key {
    /// `TOW_AUTH__OIDC__ISSUER` for `auth.oidc.issuer`.
    pub fn variable(&self) -> String {
        format!("TOW_{}", self.path.to_uppercase().replace('.', "__"))
    }

    /// The part after the last dot.
    pub fn name(&self) -> &'static str {
        self.path.rsplit('.').next().unwrap_or(self.path)
    }

    /// The part before the last dot: `auth.oidc` for `auth.oidc.issuer`.
    pub fn section(&self) -> &'static str {
        self.path.rsplit_once('.').map_or("", |(section, _)| section)
    }

    /// True when `null` is a value of it.
    pub fn is_optional(&self) -> bool {
        self.default == Default::None
    }

    const fn effect(mut self, effect: &'static str) -> Key {
        self.effect = effect;
        self
    }

    const fn also(mut self, name: &'static str) -> Key {
        self.plain_name = Some(name);
        self
    }
}

/// The sections with what they are about, in the order of the reference.
pub static SECTIONS: &[(&str, &str)] = &[
    ("runtime", "Where the server listens, and under which name people reach it."),
    ("security", "Sessions, and what the server may talk to."),
    ("auth", "How people sign in."),
    ("auth.oidc", "The OpenID Connect provider, when there is one. Its secret is OIDC_CLIENT_SECRET."),
    ("auth.signup", "Accounts that people make themselves."),
    ("ai", "The model provider and web search. Without OPENAI_API_KEY everything else works."),
    ("database", "Connections to PostgreSQL. Which server is said by DATABASE_URL."),
    ("background", "Work that begins by itself."),
    ("jobs", "The queue."),
    ("uploads", "Files that people attach."),
    ("email", "Mails the server sends."),
    ("email.smtp", "The mail server. Its name and password are SMTP_USERNAME and SMTP_PASSWORD."),
    ("backup", "Where backups go and how long they stay."),
    ("log", "What the server writes to standard error."),
];

/// The key with this path.
pub fn find(path: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.path == path)
}

const fn key(path: &'static str, kind: Kind, default: Default, doc: &'static str) -> Key {
    Key { path, kind, default, doc, effect: "", needs_restart: true, plain_name: None }
}

const fn yes_no(path: &'static str, default: bool, doc: &'static str) -> Key {
    key(path, Bool, Default::Bool(default), doc)
}

const fn number(path: &'static str, min: i64, default: i64, max: i64, doc: &'static str) -> Key {
    key(path, Int { min, max }, Default::Int(default), doc)
}

const fn text(path: &'static str, default: &'static str, doc: &'static str) -> Key {
    key(path, Text, Default::Text(default), doc)
}

const fn unset(path: &'static str, kind: Kind, doc: &'static str) -> Key {
    key(path, kind, Default::None, doc)
}

/// Days in which a year, or ten, still fit without overflow anywhere.
const MAX_DAYS: i64 = 3650;
/// Browsers keep no cookie longer than 400 days.
pub const MAX_SESSION_SECONDS: i64 = 34_560_000;
/// pgvector indexes half-precision vectors up to this size.
pub const MAX_EMBEDDING_DIM: i64 = 4000;
const DAY: i64 = 86_400;
const GIB: i64 = 1024 * 1024 * 1024;

/// Every key, in the order of the reference.
pub static KEYS: &[Key] = &[
    text("runtime.app_name", "TOW", "The name people see in titles, mails and the sign-in page."),
    key("runtime.public_app_url", Site, Default::Derived("http://localhost:8080"),
        "The address people type to reach the server, without a path. Links in mails and sign-on redirects are made from \
         it, never from a request. Not set, it is http://localhost (https with tls_cert) and the port of bind.")
        .effect("Links in mails already sent keep the old address; passkeys are bound to the host name and must be added again; sign-on providers need the new redirect address."),
    key("runtime.bind", Address, Default::Text("127.0.0.1:8080"),
        "Address and port to listen on. Anything but loopback needs an https public_app_url or security.allow_plain_http."),
    unset("runtime.metrics_bind", Address,
        "Address and port on which a Prometheus reads /metrics, such as 127.0.0.1:9180. Not set, there are none. Public addresses are refused."),
    key("runtime.data_dir", Folder, Default::Text("data"),
        "Folder for what the server keeps itself: the embedded database, its lock, mails of the file transport."),
    key("runtime.trusted_proxy_cidrs", List(&Range), Default::List(&["127.0.0.0/8", "::1/128"]),
        "Proxies whose X-Forwarded-For and X-Forwarded-Proto headers are believed."),
    unset("runtime.tls_cert", File, "Certificate chain in PEM, when TOW itself speaks HTTPS. Goes with tls_key."),
    unset("runtime.tls_key", File, "Private key in PEM that belongs to tls_cert."),

    key("security.session_cookie_name", CookieName, Default::Text("tow_session"),
        "Name of the session cookie. A name that begins with __Host- needs session_cookie_secure.")
        .effect("Signs everyone out."),
    yes_no("security.session_cookie_secure", false,
        "Send the session cookie over HTTPS only. Set it to true wherever public_app_url is https."),
    number("security.session_max_age_seconds", 300, 30 * DAY, MAX_SESSION_SECONDS, "How long a session lasts without a new sign-in.")
        .effect("Holds for sessions that begin after the change."),
    number("security.step_up_max_age_seconds", 60, 900, DAY,
        "How fresh the last real sign-in must be for sensitive actions; older, the person confirms again."),
    key("security.additional_ca_certificates", List(&File), Default::List(&[]),
        "PEM files with certificate authorities to trust besides the public ones, for calls the server makes."),
    key("security.outbound_allowed_hosts", List(&Host), Default::List(&[]),
        "Hosts that the server may call although they are private addresses or speak plain HTTP."),
    yes_no("security.allow_plain_http", false,
        "Allow a public bind without HTTPS. Passwords and sessions then travel readable for everyone on the way."),
    number("security.audit_details_days", 1, 365, MAX_DAYS,
        "After this many days the address and browser of an audit event are removed; the event itself stays."),

    key("auth.mode", OneOf(&["builtin", "oidc"]), Default::Text("builtin"),
        "builtin: e-mail and password. oidc: the provider below makes the first account and no passwords are offered.")
        .effect("People who have only the other way of signing in cannot come in any more."),
    unset("auth.dns_resolver", Address,
        "Address and port of the name server that is asked for the records that prove a domain, such as 10.0.0.53:53. Not set, it is the machine's own."),
    unset("auth.oidc.issuer", Url, "Address of the OpenID provider, exactly as it calls itself in its discovery document."),
    unset("auth.oidc.client_id", Text, "The name under which the provider knows this server."),
    key("auth.oidc.scopes", List(&Text), Default::List(&["openid", "profile", "email"]), "What is asked of the provider; must include openid."),
    text("auth.oidc.username_claim", "preferred_username", "Claim with the person's user name."),
    text("auth.oidc.email_claim", "email", "Claim with the e-mail address."),
    text("auth.oidc.email_verified_claim", "email_verified", "Claim that says the provider verified that address."),
    text("auth.oidc.given_name_claim", "given_name", "Claim with the first name."),
    text("auth.oidc.family_name_claim", "family_name", "Claim with the last name."),
    unset("auth.oidc.groups_claim", Text, "Claim with the list of groups: what a new rule of this connection offers to look at."),
    yes_no("auth.oidc.require_email_verified", true, "Refuse a sign-in whose address the provider did not verify."),
    yes_no("auth.oidc.provider_logout_enabled", false, "Signing out here also signs out at the provider."),
    yes_no("auth.signup.enabled", false, "Let people of the allowed domains make their own account."),
    key("auth.signup.allowed_domains", List(&Host), Default::List(&[]), "Mail domains that may sign up, such as example.com."),
    number("auth.signup.verification_token_ttl_hours", 1, 24, 720, "How long the link in the verification mail works."),
    number("auth.signup.resend_cooldown_seconds", 0, 60, DAY, "How long to wait before the verification mail is sent again."),

    key("ai.openai_base_url", Url, Default::Text("https://api.openai.com/v1"),
        "Where the model provider answers; any server that speaks the same interface.").also("OPENAI_BASE_URL"),
    text("ai.openai_reasoning_model", "gpt-5.2", "Model for chat, agents and everything that thinks."),
    key("ai.openai_reasoning_effort", OneOf(&["none", "minimal", "low", "medium", "high", "xhigh"]), Default::Text("high"),
        "How long that model may think."),
    text("ai.openai_fast_model", "gpt-5.2", "Model for short work: summaries, checks, labels."),
    unset("ai.openai_title_model", Text, "Model for chat titles; the fast model when not set."),
    unset("ai.openai_onboarding_model", Text, "Model for the first set-up of a company; the reasoning model when not set."),
    text("ai.openai_embedding_model", "text-embedding-3-small", "Model that makes the vectors for search by meaning.")
        .effect("Vectors of two models cannot be compared: run tow reembed afterwards."),
    number("ai.embedding_dim", 1, 1536, MAX_EMBEDDING_DIM, "How many numbers a vector has; must be what the embedding model gives.")
        .effect("Stored vectors no longer fit: run tow reembed afterwards."),
    number("ai.max_tool_rounds", 1, 100, 1000, "How often one answer may call tools before it must end."),
    key("ai.exa_base_url", Url, Default::Text("https://api.exa.ai"), "Where the web search provider (Exa) answers; it needs EXA_API_KEY."),
    number("ai.request_days", 1, 30, MAX_DAYS, "How long the exact text of AI requests is kept, for the person they were made for and nobody else."),

    number("database.pool_size", 1, 15, 1000, 
        "Connections for pages and programs, per instance. On a machine that also runs the database, one more than it has processors answer fastest; the embedded database sees to that itself."),
    number("database.pool_timeout_seconds", 1, 10, 300, "How long a request waits for its turn and a connection before it answers 503."),
    number("database.worker_pool_size", 1, 10, 1000, "Connections for jobs and schedules, per instance."),
    number("database.statement_timeout_ms", 100, 10_000, 600_000, "A single query of a page that takes longer is stopped."),

    yes_no("background.operating_background_enabled", true, "Let agents and reviews run on their own."),
    number("background.operating_background_interval_seconds", 60, 900, DAY, "How often they look for work."),
    number("background.ticket_conflict_scan_hour_utc", 0, 2, 23, "Hour of the day (UTC) of the nightly search for duplicate tickets."),

    number("jobs.ai_queue_max_concurrency", 1, 2, 64, "How many agent runs work at the same time, over all instances."),

    key("uploads.upload_store", OneOf(&["folder", "s3"]), Default::Text("folder"),
        "folder: uploaded files lie in upload_storage_path. s3: in the bucket below, of any store that speaks S3; its keys are S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY.")
        .effect("Files stay where they are and are missing until somebody copies them over: see Several instances in the documentation."),
    key("uploads.upload_storage_path", Folder, Default::Derived("data/uploads"),
        "Folder of uploaded files; several instances share one, unless upload_store is s3: then each has one of its own for what is under way. Not set, it is the folder uploads in runtime.data_dir."),
    number("uploads.upload_max_bytes", 1024, 26_214_400, 5 * GIB, "Largest file a person may upload, in bytes."),
    unset("uploads.s3_bucket", Text, "Name of the bucket; it must be there already. Its content must not be public."),
    unset("uploads.s3_endpoint", Url, "Address of the store, such as https://s3.example.com. Not set, it is Amazon's in s3_region. It may be one of this network."),
    text("uploads.s3_region", "us-east-1", "Region the bucket lies in; stores without regions take any."),
    unset("uploads.s3_prefix", Text, "What every name in the bucket begins with, when the bucket holds other things too."),
    yes_no("uploads.s3_path_style", true, "true: the bucket is part of the path. false: it stands before the host name, as Amazon wants it for new buckets."),

    key("email.transport", OneOf(&["console", "file", "smtp"]), Default::Text("console"),
        "console: mails are printed to the log. file: they are written to the folder mail in runtime.data_dir. smtp: they are sent."),
    unset("email.from_address", Mailbox, "Sender of every mail, such as TOW <tow@example.com>."),
    unset("email.reply_to", Mailbox, "Where answers go, when not to the sender."),
    unset("email.smtp.host", Host, "Mail server that takes the mails."),
    number("email.smtp.port", 1, 587, 65_535, "Its port: 587 with starttls, 465 with implicit."),
    key("email.smtp.tls_mode", OneOf(&["none", "starttls", "implicit"]), Default::Text("starttls"),
        "starttls: encrypted from the first command on. implicit: encrypted from the first byte. none: readable."),
    number("email.smtp.timeout_seconds", 1, 30, 300, "How long to wait for the mail server."),

    key("backup.directory", Folder, Default::Derived("data/backups"),
        "Where tow backup create writes. Not set, it is the folder backups in runtime.data_dir."),
    number("backup.retention_days", 1, 30, MAX_DAYS, "Older backups are removed after a new one is written and verified."),
    unset("backup.age_recipient", AgeRecipient, "Public age key (age1…); backups are encrypted to it."),

    key("log.format", OneOf(&["text", "json"]), Default::Text("text"), "text for people, json for a log collector."),
    key("log.filter", LogFilter, Default::Text("info"), "What is logged: a level, or rules such as info,tow::web=debug."),
    unset("log.otlp_endpoint", Url,
        "Where a collector of OpenTelemetry takes spans over HTTP, such as http://localhost:4318. Each request and each job is one, with its route or kind, status, time and number of queries, and nothing of anybody. What it needs to let us in stands in OTLP_HEADERS."),
];

/// Below this likeness (0 to 1) a suggestion confuses more than it helps.
pub const LEAST_LIKENESS: f64 = 0.6;

/// The known key or section most like `path`; the same name in another section counts as very like.
pub fn nearest(path: &str) -> Option<String> {
    const SAME_NAME: f64 = 0.9;
    let name = path.rsplit('.').next().unwrap_or(path);
    let likeness = |known: &str| {
        let known_name = known.rsplit('.').next().unwrap_or(known);
        let whole = strsim::normalized_damerau_levenshtein(known, path);
        whole.max(strsim::normalized_damerau_levenshtein(known_name, name) * SAME_NAME)
    };
    let known = KEYS.iter().map(|key| key.path).chain(SECTIONS.iter().map(|(section, _)| *section));
    let best = known.max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
    (likeness(best) >= LEAST_LIKENESS).then(|| best.to_owned())
}
