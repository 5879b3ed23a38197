//! What must not stand in a file that people share: read from variables, or from the files that variables name.

use super::layers::{Variable, Variables};
use super::strength::{PLACEHOLDER_MARK, Weakness, weakness};
use super::{ConfigProblem, Origin};
use crate::secret::Secret;
use crate::telemetry::headers;
use std::collections::BTreeMap;

/// A secret by the name of its variable; each may also come as `NAME_FILE`.
#[derive(Debug)]
pub struct SecretKey {
    pub name: &'static str,
    /// What it is for, one or two sentences.
    pub doc: &'static str,
}

/// Every secret, in the order of the reference.
pub static SECRETS: [SecretKey; 13] = [
    secret(
        "APP_SECRET",
        "Signs session cookies and sign-on state. The only one that must be set. A new one signs everybody out.",
    ),
    secret(
        "APP_SECRET_PREVIOUS",
        "The APP_SECRET before the present one, during a planned change: it verifies, it never signs.",
    ),
    secret(
        "DATA_ENCRYPTION_KEY",
        "Encrypts what must be read back: sign-on configurations, webhook secrets, mailbox passwords. Losing it loses them.",
    ),
    secret(
        "DATA_ENCRYPTION_KEY_PREVIOUS",
        "The key before the present one: it decrypts until tow secrets rotate has run.",
    ),
    secret(
        "DATABASE_URL",
        "The PostgreSQL server, as postgres://user:password@host/database. Not set, TOW runs one of its own.",
    ),
    secret("OPENAI_API_KEY", "Key of the model provider. Not set, AI is off and everything else works."),
    secret("EXA_API_KEY", "Key of the web search provider. Not set, agents have no web tools."),
    secret("OIDC_CLIENT_SECRET", "What the sign-on provider gave this server as its password."),
    secret("SMTP_USERNAME", "Name at the mail server. Goes with SMTP_PASSWORD."),
    secret("SMTP_PASSWORD", "Password at the mail server."),
    secret(
        "S3_ACCESS_KEY_ID",
        "Name of the key for the bucket of uploads (uploads.upload_store: s3). Goes with S3_SECRET_ACCESS_KEY.",
    ),
    secret(
        "S3_SECRET_ACCESS_KEY",
        "The key itself: it may read, write, list and delete in that bucket, and nothing else.",
    ),
    secret(
        "OTLP_HEADERS",
        "What the collector of log.otlp_endpoint wants to be told, as name=value,name=value; its key, mostly.",
    ),
];

const HOW_TO: &str = "a long random text; make one with: openssl rand -hex 32";

const fn secret(name: &'static str, doc: &'static str) -> SecretKey {
    SecretKey { name, doc }
}

#[derive(Debug, Clone, Default)]
pub struct Secrets {
    /// At least `MIN_SECRET_CHARS` characters and not plainly weak, as are the next three.
    pub app_secret: Secret,
    pub app_secret_previous: Option<Secret>,
    pub data_encryption_key: Option<Secret>,
    pub data_encryption_key_previous: Option<Secret>,
    /// None: the embedded database.
    pub database_url: Option<Secret>,
    pub openai_api_key: Option<Secret>,
    pub exa_api_key: Option<Secret>,
    pub oidc_client_secret: Option<Secret>,
    /// Set exactly when `smtp_password` is.
    pub smtp_username: Option<Secret>,
    pub smtp_password: Option<Secret>,
    /// Set exactly when `s3_secret_access_key` is.
    pub s3_access_key_id: Option<Secret>,
    pub s3_secret_access_key: Option<Secret>,
    pub otlp_headers: Option<Secret>,
    origins: BTreeMap<&'static str, Origin>,
}

impl Secrets {
    /// Where the secret of this variable comes from; None when it is not set.
    pub fn origin(&self, name: &str) -> Option<&Origin> {
        self.origins.get(name)
    }

    /// Those that are set, by the names of their variables.
    pub fn all(&self) -> Vec<(&'static str, &Secret)> {
        let all = [
            ("APP_SECRET", Some(&self.app_secret)),
            ("DATA_ENCRYPTION_KEY", self.data_encryption_key.as_ref()),
            ("DATABASE_URL", self.database_url.as_ref()),
            ("OPENAI_API_KEY", self.openai_api_key.as_ref()),
            ("EXA_API_KEY", self.exa_api_key.as_ref()),
            ("OIDC_CLIENT_SECRET", self.oidc_client_secret.as_ref()),
            ("SMTP_PASSWORD", self.smtp_password.as_ref()),
            ("S3_SECRET_ACCESS_KEY", self.s3_secret_access_key.as_ref()),
        ];
        all.into_iter().filter_map(|(name, secret)| Some((name, secret?))).collect()
    }

    pub(super) fn read(variables: &Variables, warnings: &mut Vec<String>) -> (Self, Vec<ConfigProblem>) {
        let mut reader = Reader { variables, origins: BTreeMap::new(), problems: Vec::new() };
        let app_secret = reader.strong("APP_SECRET");
        if app_secret.is_none() && reader.problems.is_empty() {
            reader.refuse(Origin::Default, "APP_SECRET", Weakness::Missing);
        }
        let secrets = Secrets {
            app_secret: app_secret.unwrap_or_default(),
            app_secret_previous: reader.strong("APP_SECRET_PREVIOUS"),
            data_encryption_key: reader.strong("DATA_ENCRYPTION_KEY"),
            data_encryption_key_previous: reader.strong("DATA_ENCRYPTION_KEY_PREVIOUS"),
            database_url: reader.database_url(),
            openai_api_key: reader.plain("OPENAI_API_KEY"),
            exa_api_key: reader.plain("EXA_API_KEY"),
            oidc_client_secret: reader.plain("OIDC_CLIENT_SECRET"),
            smtp_username: reader.plain("SMTP_USERNAME"),
            smtp_password: reader.plain("SMTP_PASSWORD"),
            s3_access_key_id: reader.plain("S3_ACCESS_KEY_ID"),
            s3_secret_access_key: reader.plain("S3_SECRET_ACCESS_KEY"),
            otlp_headers: reader.plain("OTLP_HEADERS"),
            origins: BTreeMap::new(),
        };
        let Reader { origins, mut problems, .. } = reader;
        let secrets = Secrets { origins, ..secrets };
        problems.extend(secrets.contradictions());
        if is_same(Some(&secrets.app_secret), secrets.app_secret_previous.as_ref()) {
            warnings.push("APP_SECRET_PREVIOUS is the same as APP_SECRET: nothing has been changed yet.".to_owned());
        }
        (secrets, problems)
    }

    fn contradictions(&self) -> Vec<ConfigProblem> {
        let mut problems = Vec::new();
        let mut refuse = |name: &'static str, message: &str| {
            let origin = self.origins.get(name).cloned().unwrap_or(Origin::Default);
            problems.push(ConfigProblem::new(origin, name, message));
        };
        if is_same(Some(&self.app_secret), self.data_encryption_key.as_ref()) {
            refuse(
                "DATA_ENCRYPTION_KEY",
                "DATA_ENCRYPTION_KEY is the same as APP_SECRET; it must be one of its own, so that changing one cannot lose what the other protects.",
            );
        }
        if self.data_encryption_key.is_none() && self.data_encryption_key_previous.is_some() {
            refuse(
                "DATA_ENCRYPTION_KEY_PREVIOUS",
                "DATA_ENCRYPTION_KEY_PREVIOUS is set, but DATA_ENCRYPTION_KEY is not: there is no key to change to.",
            );
        }
        match (&self.smtp_username, &self.smtp_password) {
            (Some(_), None) => {
                refuse("SMTP_USERNAME", "SMTP_USERNAME is set, but SMTP_PASSWORD is not; set both or neither.")
            }
            (None, Some(_)) => {
                refuse("SMTP_PASSWORD", "SMTP_PASSWORD is set, but SMTP_USERNAME is not; set both or neither.")
            }
            _ => {}
        }
        if self.s3_access_key_id.is_some() != self.s3_secret_access_key.is_some() {
            let missing = if self.s3_access_key_id.is_some() { "S3_SECRET_ACCESS_KEY" } else { "S3_ACCESS_KEY_ID" };
            refuse(missing, "S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY go together, and only one of them is set.");
        }
        if self.otlp_headers.as_ref().is_some_and(|text| headers(text.reveal()).is_none()) {
            refuse(
                "OTLP_HEADERS",
                "OTLP_HEADERS has a piece that is not name=value. Write it as name=value,name=value.",
            );
        }
        problems
    }
}

fn is_same(one: Option<&Secret>, other: Option<&Secret>) -> bool {
    one.zip(other).is_some_and(|(one, other)| !one.is_empty() && one.reveal() == other.reveal())
}

struct Reader<'a> {
    variables: &'a Variables,
    origins: BTreeMap<&'static str, Origin>,
    problems: Vec<ConfigProblem>,
}

impl Reader<'_> {
    /// A secret that signs or encrypts, so it must be hard to guess.
    fn strong(&mut self, name: &'static str) -> Option<Secret> {
        let secret = self.text(name)?;
        if let Some(weakness) = weakness(secret.reveal()) {
            let origin = self.origins.get(name).cloned().unwrap_or(Origin::Default);
            self.refuse(origin, name, weakness);
        }
        Some(secret)
    }

    /// A secret that somebody else made; only an unchanged example is refused.
    fn plain(&mut self, name: &'static str) -> Option<Secret> {
        let secret = self.text(name)?;
        if secret.reveal().contains(PLACEHOLDER_MARK) {
            let origin = self.origins.get(name).cloned().unwrap_or(Origin::Default);
            let message = Weakness::Placeholder.sentence(name);
            self.problems.push(ConfigProblem::new(origin, name, message).expected("the real one, or nothing"));
        }
        Some(secret)
    }

    fn database_url(&mut self) -> Option<Secret> {
        const NAME: &str = "DATABASE_URL";
        let secret = self.plain(NAME)?;
        let text = secret.reveal();
        let is_url = text.starts_with("postgres://") || text.starts_with("postgresql://");
        let is_words = !text.contains("://") && text.contains('=');
        if !is_url && !is_words {
            let origin = self.origins.get(NAME).cloned().unwrap_or(Origin::Default);
            let problem = ConfigProblem::new(origin, NAME, "DATABASE_URL is no PostgreSQL address.");
            self.problems.push(problem.expected("postgres://user:password@host:5432/database"));
        }
        Some(secret)
    }

    fn refuse(&mut self, origin: Origin, name: &'static str, weakness: Weakness) {
        self.problems.push(ConfigProblem::new(origin, name, weakness.sentence(name)).expected(HOW_TO));
    }

    fn text(&mut self, name: &'static str) -> Option<Secret> {
        let is_set = |variable: &&Variable| !variable.text.is_empty();
        let direct = self.variables.get(name).filter(is_set);
        let file = self.variables.get(&format!("{name}_FILE")).filter(is_set);
        match (direct, file) {
            (None, None) => None,
            (Some(found), None) => {
                self.origins.insert(name, found.origin.clone());
                Some(Secret::new(found.text.clone()))
            }
            (None, Some(found)) => {
                self.origins.insert(name, found.origin.clone());
                self.file_text(name, found)
            }
            (Some(_), Some(found)) => {
                let message = format!("{name} and {name}_FILE are both set; keep one.");
                self.problems.push(ConfigProblem::new(found.origin.clone(), name, message));
                None
            }
        }
    }

    fn file_text(&mut self, name: &'static str, found: &Variable) -> Option<Secret> {
        let path = &found.text;
        let message = match std::fs::read_to_string(path) {
            Ok(text) => {
                let text = text.strip_suffix('\n').unwrap_or(&text);
                let text = text.strip_suffix('\r').unwrap_or(text);
                if !text.is_empty() {
                    return Some(Secret::new(text));
                }
                format!("{name}_FILE names {path}, which is empty.")
            }
            Err(error) => format!("{name}_FILE names {path}, which cannot be read: {error}."),
        };
        self.problems.push(ConfigProblem::new(found.origin.clone(), name, message));
        None
    }
}
