//! `tow serve`: the server itself.

use super::tidy::Tidying;
use super::{Failure, say};
use crate::access::Actor;
use crate::app;
use crate::clock::Clock;
use crate::config::{Loaded, LogFormat};
use crate::db::embedded::{self, Embedded, check_extensions};
use crate::db::{self, Chore, Tx};
use crate::queue::{Duties, Instance, Presence, Role, Runner};
use crate::secret::Secret;
use crate::setup;
use crate::web::State;
use clap::ValueEnum;
use diesel::{Connection, PgConnection};
use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

#[derive(clap::Args)]
pub struct Args {
    /// What this instance does
    #[arg(long, value_enum, default_value_t = RoleWord::All)]
    role: RoleWord,
}

/// The roles as the command line takes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum RoleWord {
    All,
    Web,
    Worker,
}

impl From<RoleWord> for Role {
    fn from(word: RoleWord) -> Self {
        match word {
            RoleWord::All => Role::All,
            RoleWord::Web => Role::Web,
            RoleWord::Worker => Role::Worker,
        }
    }
}

/// A database that is there: the embedded cluster (stopped when dropped), or the one that DATABASE_URL names.
pub struct Database {
    pub url: Secret,
    _embedded: Option<Embedded>,
}

impl Database {
    /// Starts the embedded cluster, or takes the given address; then extensions and migrations.
    pub fn open(loaded: &Loaded) -> Result<Database, Failure> {
        let database = Database::open_as_is(loaded)?;
        let mut conn = database.connect()?;
        check_extensions(&mut conn).map_err(|error| Failure::Failed(error.to_string()))?;
        let report = db::migrate::run(&mut conn).map_err(|error| Failure::Failed(error.to_string()))?;
        if !report.applied.is_empty() {
            tracing::info!(
                name = "database.migrated",
                applied = report.applied.len(),
                "the database was brought up to date"
            );
        }
        Ok(database)
    }

    /// As `open`, but beside a server that runs: while that holds the embedded cluster, its socket is used and its schema left alone.
    pub fn join(loaded: &Loaded) -> Result<Database, Failure> {
        match Database::running(loaded) {
            Some(database) => {
                let mut conn = database.connect()?;
                let pending = db::migrate::pending(&mut conn).map_err(|error| Failure::Failed(error.to_string()))?;
                match pending.is_empty() {
                    true => Ok(database),
                    false => Err(Failure::Failed(
                        "The server that runs here is older than this program. Restart it, then try again.".to_owned(),
                    )),
                }
            }
            None => Database::open(loaded),
        }
    }

    /// The embedded cluster of a server that runs now.
    pub fn running(loaded: &Loaded) -> Option<Database> {
        if loaded.secrets.database_url.is_some() {
            return None;
        }
        let url = embedded::running_url(&loaded.config.runtime.data_dir)?;
        Some(Database { url: Secret::new(url), _embedded: None })
    }

    /// Does what the operator asks, in one transaction, with its receipts.
    pub fn write<T>(&self, f: impl FnOnce(&mut Tx, &Actor) -> crate::error::Result<T>) -> Result<T, Failure> {
        let mut conn = self.connect()?;
        let now = Clock::default().now();
        let done = db::write(&mut conn, now, db::new_id(now), |tx| {
            let me = Actor::of_operator(tx)?;
            f(tx, &me)
        });
        done.map_err(Failure::from)
    }

    /// Looks as the operator, in a transaction that cannot write.
    pub fn read<T>(&self, f: impl FnOnce(&mut Tx, &Actor) -> crate::error::Result<T>) -> Result<T, Failure> {
        let mut conn = self.connect()?;
        let now = Clock::default().now();
        let seen = db::read(&mut conn, now, db::new_id(now), |tx| {
            let me = Actor::of_operator(tx)?;
            f(tx, &me)
        });
        seen.map_err(Failure::from)
    }

    /// Without touching its schema.
    pub fn open_as_is(loaded: &Loaded) -> Result<Database, Failure> {
        if let Some(url) = &loaded.secrets.database_url {
            return Ok(Database { url: url.clone(), _embedded: None });
        }
        let embedded =
            Embedded::start(&loaded.config.runtime.data_dir).map_err(|error| Failure::Failed(error.to_string()))?;
        Ok(Database { url: Secret::new(embedded.url()), _embedded: Some(embedded) })
    }

    pub fn connect(&self) -> Result<PgConnection, Failure> {
        PgConnection::establish(self.url.reveal())
            .map_err(|error| Failure::Away(format!("The database does not answer: {error}.")))
    }
}

/// What is logged. The library of the model provider logs answers that it cannot read, and those hold content: it is silent, whatever
/// the level.
pub fn log_filter(rules: &str) -> EnvFilter {
    let filter = EnvFilter::try_new(rules).unwrap_or_else(|_| EnvFilter::new("info"));
    match "async_openai=off".parse() {
        Ok(silence) => filter.add_directive(silence),
        Err(_) => filter,
    }
}

/// Logs to standard error, as text or JSON.
pub fn start_log(loaded: &Loaded) {
    let filter = log_filter(&loaded.config.log.filter);
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false);
    // Colours are for people; a file or a collector gets the words alone.
    let log = log.with_ansi(std::io::stderr().is_terminal());
    match loaded.config.log.format {
        LogFormat::Json => log.json().flatten_event(true).init(),
        LogFormat::Text => log.init(),
    }
}

pub fn run(args: Args, loaded: &Loaded) -> Result<(), Failure> {
    start_log(loaded);
    let tls = super::tls::server_config(&loaded.config.runtime)?;
    let database = Database::open(loaded)?;
    let state = app::state(loaded, &database.url)?;
    let state = State { instance: Instance::here(args.role.into(), state.clock.now()), ..state };
    guard(&state)?;
    note_secrets(loaded, &state)?;
    app::note_start(&state)?;
    if state.instance.role != Role::Worker {
        announce(&state)?;
    }
    let presence = Presence::begin(&database.url, state.clock.clone(), state.instance.clone()).map_err(no_threads)?;
    let tidying = Tidying::begin(state.config.clone(), state.clock.clone()).map_err(no_threads)?;
    let runner = if state.instance.role == Role::Web { None } else { Some(start_work(&state, &database.url)?) };
    let state = state.shared();
    let served = actix_web::rt::System::new().block_on(async {
        if let Some(bind) = loaded.config.runtime.metrics_bind {
            actix_web::rt::spawn(app::metrics_server(state.clone(), bind)?);
        }
        app::serve(state, tls).await
    });
    // After the last request, because that may have enqueued something.
    if let Some(runner) = runner {
        runner.stop();
    }
    presence.end();
    drop(tidying);
    if let Some(spans) = &loaded.config.log.spans {
        spans.stop();
    }
    served.map_err(|error| {
        let runtime = &loaded.config.runtime;
        let metrics = runtime.metrics_bind.map(|bind| format!(" (or, for metrics, on {bind})")).unwrap_or_default();
        Failure::Failed(format!("The server could not listen on {}{metrics}: {error}.", runtime.bind))
    })
}

/// Vectors of two models cannot be compared, and what everybody must sign in through must be there: a configuration that would mix the
/// one or lacks the other does not start.
fn guard(state: &State) -> Result<(), Failure> {
    let mut conn =
        state.pool.get().map_err(|error| Failure::Away(format!("The database does not answer: {error}.")))?;
    let (now, id) = (state.clock.now(), uuid::Uuid::nil());
    let why = db::read(&mut conn, now, id, |tx| match crate::vectors::guard(tx, &state.config.ai)? {
        None => crate::sso::guard(tx, &state.config),
        why => Ok(why),
    })?;
    match why {
        Some(why) => Err(Failure::Failed(why)),
        None => Ok(()),
    }
}

/// The day each secret is first used here; its age is counted from it.
fn note_secrets(loaded: &Loaded, state: &State) -> Result<(), Failure> {
    let mut conn =
        state.pool.get().map_err(|error| Failure::Away(format!("The database does not answer: {error}.")))?;
    let (former, fingerprints) = (super::secrets::former_fingerprints(loaded)?, super::secrets::fingerprints(loaded)?);
    let (now, id) = (state.clock.now(), uuid::Uuid::nil());
    db::touch(&mut conn, now, id, Chore::SecretAge, |tx| {
        db::sightings::carry(tx, &former, &fingerprints)?;
        db::sightings::see(tx, &fingerprints)
    })?;
    Ok(())
}

fn start_work(state: &State, url: &Secret) -> Result<Runner, Failure> {
    let duties = Duties { kinds: crate::jobs::kinds(), entries: crate::jobs::schedule() };
    let runner = Runner::start(url, state.clock.clone(), state.config.clone(), state.instance.clone(), duties);
    runner.map_err(no_threads)
}

fn no_threads(error: std::io::Error) -> Failure {
    Failure::Failed(format!("The background work could not start its threads: {error}."))
}

/// The address, and on an empty server the token without which nobody can set it up.
fn announce(state: &State) -> Result<(), Failure> {
    let mut conn =
        state.pool.get().map_err(|error| Failure::Away(format!("The database does not answer: {error}.")))?;
    let (now, id) = (state.clock.now(), uuid::Uuid::nil());
    let token = db::touch(&mut conn, now, id, Chore::SetupToken, setup::issue_token)?;
    let address = &state.config.runtime.public_app_url;
    match token {
        None => say(&format!("TOW is at {address}\n")),
        Some(token) => say(&format!(
            "TOW is at {address}\nThis server is empty. Open the address and set it up with this token (it works once):\nSet-up token: {token}\n"
        )),
    }
}
