//! Loading: defaults, then `tow.yaml`, then variables; then the checks between keys, then the secrets.

use super::keys::{self, Default, KEYS, Key};
use super::{
    Config, ConfigProblem, DEFAULT_FILE, DOTENV_FILE, Origin, Secrets, Setting, UploadStore, checks, dotenv, yaml,
};
use crate::storage::Remote;
use crate::telemetry::Exporter;
use figment::{Figment, providers::Serialized};
use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What there is to load from.
#[derive(Clone, Default)]
pub struct Source {
    /// `--config`; wins over `TOW_CONFIG_PATH`.
    pub config_path: Option<PathBuf>,
    /// Where `tow.yaml` and `.env` are looked for; empty for the current folder.
    pub folder: PathBuf,
    pub env: BTreeMap<String, String>,
}

/// The environment holds secrets.
impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Source")
            .field("config_path", &self.config_path)
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}

/// A configuration that passed every check.
#[derive(Debug, Clone)]
pub struct Loaded {
    pub config: Config,
    pub secrets: Secrets,
    /// Sentences to show loudly; none stops the start.
    pub warnings: Vec<String>,
    /// The file that was read; None when there is none.
    pub config_path: Option<PathBuf>,
    values: BTreeMap<&'static str, Value>,
    /// None when it was made from a text.
    source: Option<Source>,
}

impl Loaded {
    /// The file that is read at a start, whether it is there yet or not; None when there is no folder to look in.
    pub fn file(&self) -> Option<PathBuf> {
        let source = self.source.as_ref()?;
        Some(self.config_path.clone().unwrap_or_else(|| source.folder.join(DEFAULT_FILE)))
    }

    /// What a start would make of this text in the place of the file, with the variables of this process.
    pub fn with_text(&self, text: &str) -> Result<Loaded, Vec<ConfigProblem>> {
        let source = self.source.clone().unwrap_or_default();
        let mut draft = Draft::new();
        let variables = variables(&source, &mut draft);
        let path = self.file().unwrap_or_else(|| DEFAULT_FILE.into());
        let loaded = assemble(Some(TextFile { path, text: text.to_owned() }), &variables, draft)?;
        Ok(Loaded { source: self.source.clone(), ..loaded })
    }

    /// Every key with its effective value and where that comes from.
    pub fn entries(&self) -> impl Iterator<Item = (&'static Key, &Setting, &Origin)> {
        KEYS.iter().filter_map(|key| {
            let value = self.values.get(key.path)?;
            Some((key, &value.setting, &value.origin))
        })
    }

    /// None for a key that does not exist.
    pub fn origin(&self, path: &str) -> Option<&Origin> {
        self.values.get(path).map(|value| &value.origin)
    }
}

#[derive(Debug, Clone)]
pub(super) struct Value {
    pub setting: Setting,
    pub origin: Origin,
}

pub(super) struct TextFile {
    pub path: PathBuf,
    pub text: String,
}

/// The value of a variable; `.env` and environment are one list here.
pub(super) struct Variable {
    pub text: String,
    pub origin: Origin,
}

pub(super) type Variables = BTreeMap<String, Variable>;

/// What is known so far, and what is wrong so far.
pub(super) struct Draft {
    pub values: BTreeMap<&'static str, Value>,
    pub problems: Vec<ConfigProblem>,
    pub warnings: Vec<String>,
    /// Keys with a problem of their own: checks between keys leave them out, one mistake is told once.
    doubtful: BTreeSet<&'static str>,
    /// The file could not be read at all, so nothing is known about any key.
    is_file_lost: bool,
}

impl Draft {
    pub fn new() -> Self {
        let default = |key: &'static Key| (key.path, Value { setting: key.default.setting(), origin: Origin::Default });
        Draft {
            values: KEYS.iter().map(default).collect(),
            problems: Vec::new(),
            warnings: Vec::new(),
            doubtful: BTreeSet::new(),
            is_file_lost: false,
        }
    }

    /// Takes over a checked setting, or notes what stands there instead.
    pub fn set(&mut self, key: &'static Key, setting: Result<Setting, String>, origin: Origin) {
        match setting {
            Ok(setting) => {
                self.values.insert(key.path, Value { setting, origin });
            }
            Err(why) => {
                let problem = ConfigProblem::new(origin, key.path, format!("{} {why}.", key.path));
                self.problems.push(problem.expected(key.kind.expected()));
                self.doubtful.insert(key.path);
            }
        }
    }

    pub fn lose_file(&mut self, problem: ConfigProblem) {
        self.problems.push(problem);
        self.is_file_lost = true;
    }

    pub fn is_doubtful(&self, path: &str) -> bool {
        self.is_file_lost || self.doubtful.contains(path)
    }

    pub fn origin(&self, path: &str) -> Origin {
        self.values.get(path).map_or(Origin::Default, |value| value.origin.clone())
    }
}

impl Default {
    /// The value of a key that nobody set.
    pub fn setting(&self) -> Setting {
        match *self {
            Default::None => Setting::Unset,
            Default::Bool(value) => Setting::Bool(value),
            Default::Int(value) => Setting::Int(value),
            Default::Text(text) | Default::Derived(text) => Setting::Text(text.to_owned()),
            Default::List(items) => Setting::List(items.iter().map(|item| (*item).to_owned()).collect()),
        }
    }
}

/// Reads the files and variables of `source`. `Err` holds every problem there is, not just the first.
pub fn load(source: &Source) -> Result<Loaded, Vec<ConfigProblem>> {
    let mut draft = Draft::new();
    let variables = variables(source, &mut draft);
    let file = config_file(source, &variables, &mut draft);
    let loaded = assemble(file, &variables, draft)?;
    Ok(Loaded { source: Some(source.clone()), ..loaded })
}

/// The same from a text and a list of variables, without looking at any folder.
pub fn load_text(yaml: &str, env: &[(&str, &str)]) -> Result<Loaded, Vec<ConfigProblem>> {
    let file = TextFile { path: DEFAULT_FILE.into(), text: yaml.to_owned() };
    let variables = env.iter().map(|(name, text)| from_environment((*name).to_owned(), (*text).to_owned()));
    assemble(Some(file), &variables.collect(), Draft::new())
}

fn from_environment(name: String, text: String) -> (String, Variable) {
    let origin = Origin::Environment { name: name.clone() };
    (name, Variable { text, origin })
}

/// `.env` under the environment. An empty variable counts as not set: that is what compose files make of an absent one.
fn variables(source: &Source, draft: &mut Draft) -> Variables {
    let path = source.folder.join(DOTENV_FILE);
    let text = read_optional(&path).unwrap_or_else(|problem| {
        draft.problems.push(*problem);
        None
    });
    let (assignments, wrong) = dotenv::parse(text.as_deref().unwrap_or_default());
    let origin = |line, name: String| Origin::DotEnv { path: path.clone(), line, name };
    draft.problems.extend(wrong.into_iter().map(|(line, why)| {
        let place = Origin::File { path: path.clone(), line };
        ConfigProblem::new(place, "", why).expected("NAME=value, or # before a comment")
    }));
    let mut variables = Variables::new();
    for found in assignments {
        variables.insert(found.name.clone(), Variable { text: found.value, origin: origin(found.line, found.name) });
    }
    let environment = source.env.iter().filter(|(_, text)| !text.is_empty());
    variables.extend(environment.map(|(name, text)| from_environment(name.clone(), text.clone())));
    variables
}

fn config_file(source: &Source, variables: &Variables, draft: &mut Draft) -> Option<TextFile> {
    let from_variable =
        || variables.get("TOW_CONFIG_PATH").filter(|v| !v.text.is_empty()).map(|v| PathBuf::from(&v.text));
    let named = source.config_path.clone().or_else(from_variable);
    let path = source.folder.join(named.as_deref().unwrap_or(Path::new(DEFAULT_FILE)));
    let text = read_optional(&path).and_then(|text| {
        if text.is_some() || named.is_none() {
            return Ok(text);
        }
        let message = format!("The configuration file {} does not exist.", path.display());
        Err(Box::new(ConfigProblem::new(Origin::Default, "", message)))
    });
    match text {
        Ok(text) => text.map(|text| TextFile { path, text }),
        Err(problem) => {
            draft.lose_file(*problem);
            None
        }
    }
}

fn read_optional(path: &Path) -> Result<Option<String>, Box<ConfigProblem>> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => {
            let message = format!("{} cannot be read: {error}.", path.display());
            Err(Box::new(ConfigProblem::new(Origin::Default, "", message)))
        }
    }
}

fn assemble(file: Option<TextFile>, variables: &Variables, mut draft: Draft) -> Result<Loaded, Vec<ConfigProblem>> {
    let (secrets, mut problems) = Secrets::read(variables, &mut draft.warnings);
    if let Some(file) = &file {
        yaml::read(file, &mut draft);
    }
    read_variables(variables, &mut draft);
    derive(&mut draft.values);
    let mut config = extract(&draft.values);
    if let Ok(config) = &mut config {
        config.security.data_encryption_keys =
            (secrets.data_encryption_key.clone(), secrets.data_encryption_key_previous.clone());
        config.ai.openai_api_key = secrets.openai_api_key.clone();
        config.ai.exa_api_key = secrets.exa_api_key.clone();
        if config.uploads.upload_store == UploadStore::S3 {
            let keys = secrets.s3_access_key_id.clone().zip(secrets.s3_secret_access_key.clone());
            let remote = keys.and_then(|keys| Remote::of(&config.uploads, &config.security, keys));
            config.uploads.remote = remote.map(Arc::new);
        }
        let headers = secrets.otlp_headers.clone();
        config.log.spans = Exporter::of(&config.log, &config.security, headers).map(Arc::new);
        config.email.smtp.login = secrets.smtp_username.clone().zip(secrets.smtp_password.clone());
    }
    match &config {
        Ok(config) => checks::check(&mut draft, config, &secrets),
        Err(error) => draft.problems.push(ConfigProblem::new(Origin::Default, "", error)),
    }
    // Secrets first: without them nothing else matters.
    problems.append(&mut draft.problems);
    match config {
        Ok(config) if problems.is_empty() => Ok(Loaded {
            config,
            secrets,
            warnings: draft.warnings,
            config_path: file.map(|file| file.path),
            values: draft.values,
            source: None,
        }),
        _ => Err(problems),
    }
}

fn read_variables(variables: &Variables, draft: &mut Draft) {
    for key in KEYS {
        let full = variables.get(&key.variable()).filter(|variable| !variable.text.is_empty());
        let plain = key.plain_name.and_then(|name| variables.get(name)).filter(|variable| !variable.text.is_empty());
        match (full, plain) {
            (Some(full), Some(plain)) if full.text != plain.text => {
                let name = key.variable();
                let message =
                    format!("{name} and {} say different things; remove one.", key.plain_name.unwrap_or_default());
                draft.problems.push(ConfigProblem::new(full.origin.clone(), key.path, message));
            }
            (Some(found), _) | (None, Some(found)) => {
                draft.set(key, key.kind.read(&found.text), found.origin.clone());
            }
            (None, None) => {}
        }
    }
    for (name, variable) in variables.iter().filter(|(name, _)| name.starts_with("TOW_")) {
        judge_name(name, variable, draft);
    }
}

/// Two underscores can only be meant for us. With one, it may be another program's (Kubernetes sets `TOW_PORT` beside a
/// service called tow), so only a near miss is mentioned.
fn judge_name(name: &str, variable: &Variable, draft: &mut Draft) {
    const NEAR: f64 = 0.85;
    if name == "TOW_CONFIG_PATH" || KEYS.iter().any(|key| key.variable() == name) {
        return;
    }
    let likeness = |key: &Key| strsim::normalized_damerau_levenshtein(&key.variable(), name);
    let nearest = KEYS.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    if name.contains("__") {
        let near = nearest.filter(|key| likeness(key) >= keys::LEAST_LIKENESS).map(Key::variable);
        let message = format!("{name} belongs to no known key.");
        draft.problems.push(ConfigProblem::new(variable.origin.clone(), name, message).nearest(near));
    } else if let Some(key) = nearest.filter(|key| likeness(key) >= NEAR) {
        draft.warnings.push(format!("The variable {name} is not used. Did you mean {}?", key.variable()));
    }
}

/// Fills the keys that nobody set from those they follow.
fn derive(values: &mut BTreeMap<&'static str, Value>) {
    let text = |path: &str| match values.get(path).map(|value| &value.setting) {
        Some(Setting::Text(text)) => Some(text.clone()),
        _ => None,
    };
    let scheme = if text("runtime.tls_cert").is_some() { "https" } else { "http" };
    let port = text("runtime.bind").and_then(|bind| bind.rsplit(':').next().map(str::to_owned)).unwrap_or_default();
    let folder = PathBuf::from(text("runtime.data_dir").unwrap_or_default());
    let inside = |name: &str| folder.join(name).to_string_lossy().into_owned();
    let derived = [
        ("runtime.public_app_url", format!("{scheme}://localhost:{port}")),
        ("uploads.upload_storage_path", inside("uploads")),
        ("backup.directory", inside("backups")),
    ];
    for (path, text) in derived {
        if let Some(value) = values.get_mut(path).filter(|value| value.origin == Origin::Default) {
            value.setting = Setting::Text(text);
        }
    }
}

fn extract(values: &BTreeMap<&'static str, Value>) -> Result<Config, String> {
    let add =
        |figment: Figment, (path, value): (&&str, &Value)| figment.merge(Serialized::default(path, &value.setting));
    values.iter().fold(Figment::new(), add).extract().map_err(|error| error.to_string())
}
