//! The server, built once: pool, keys, clock, routes; and the few routes that belong to no feature.

use crate::clock::Clock;
use crate::config::{Loaded, Secrets};
use crate::db;
use crate::error::{Error, Result};
use crate::net::Net;
use crate::queue::{Instance, Role};
use crate::secret::Secret;
use crate::ui;
use crate::vault::Vault;
use crate::web::{self, Keys, Meter, Need, Purpose, Reply, Routes, Shared, State, TURN, Turns};
use actix_web::body::MessageBody;
use actix_web::dev::{Server, ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::http::header;
use actix_web::middleware::{Compress, from_fn};
use actix_web::{App, HttpResponse, HttpServer};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// Open requests may finish this long after a stop was asked for.
const STOP_SECONDS: u64 = 30;
/// Threads that wait for the database or compute.
const BLOCKING_THREADS: usize = 64;
/// Password hashes at a time.
const HASHES_AT_ONCE: usize = 2;

/// What every instance of the server is made of.
pub fn state(loaded: &Loaded, database_url: &Secret) -> Result<State> {
    let database = &loaded.config.database;
    let pool = db::pool(
        database_url.reveal(),
        database.pool_size,
        Duration::from_secs(database.pool_timeout_seconds.into()),
        database.statement_timeout_ms.into(),
    );
    state_with(loaded, pool)
}

/// The same on a pool that exists already; tests bring their own.
pub fn state_with(loaded: &Loaded, pool: db::Pool) -> Result<State> {
    let keys = Keys::derive(&loaded.secrets.app_secret, loaded.secrets.app_secret_previous.as_ref())?;
    let secrets = &loaded.secrets;
    let vault = Vault::new(secrets.data_encryption_key.as_ref(), secrets.data_encryption_key_previous.as_ref())?;
    let clock = Clock::default();
    Ok(State {
        config: loaded.config.clone(),
        loaded: loaded.clone(),
        pool,
        turns: turns(loaded),
        instance: Instance::here(Role::All, clock.now()),
        clock,
        fingerprints: fingerprints(&keys, secrets),
        keys,
        vault,
        net: Arc::new(Net::new(&loaded.config.security)),
        oidc_client_secret: loaded.secrets.oidc_client_secret.clone(),
        nav: crate::features::nav(),
        deeds: crate::features::deeds(),
        routes: crate::features::routes().list(),
        meter: Meter::default(),
        schedule: crate::jobs::schedule(),
        hashing: Semaphore::new(HASHES_AT_ONCE),
        is_dev: cfg!(debug_assertions),
        is_test: false,
    })
}

/// A database of one's own machine has its processors from those who ask; elsewhere, as many at once as there are connections.
fn turns(loaded: &Loaded) -> Turns {
    let connections = usize::try_from(loaded.config.database.pool_size).unwrap_or(usize::MAX);
    let at_once = match loaded.secrets.database_url {
        Some(_) => connections,
        None => connections.min(Turns::shared_processors()),
    };
    Turns::new(at_once, TURN)
}

/// What `db::sightings` knows each secret by: useless without APP_SECRET.
pub fn fingerprints(keys: &Keys, secrets: &Secrets) -> Vec<(&'static str, String)> {
    let of = |(name, secret): (&'static str, &Secret)| (name, keys.mac(Purpose::Fingerprint, &marked(name, secret)));
    secrets.all().into_iter().map(of).collect()
}

/// The same as it was under APP_SECRET_PREVIOUS; empty without one.
pub fn former_fingerprints(keys: &Keys, secrets: &Secrets) -> Vec<(&'static str, String)> {
    let of = |(name, secret): (&'static str, &Secret)| {
        keys.former_mac(Purpose::Fingerprint, &marked(name, secret)).map(|print| (name, print))
    };
    secrets.all().into_iter().filter_map(of).collect()
}

fn marked(name: &str, secret: &Secret) -> String {
    format!("{name}\n{}", secret.reveal())
}

/// What each start writes down, before the first request.
pub fn note_start(state: &State) -> Result<()> {
    let mut conn = state.pool.get().map_err(|error| Error::Away(format!("no connection: {error}")))?;
    let (now, id) = (state.clock.now(), uuid::Uuid::nil());
    db::touch(&mut conn, now, id, db::Chore::SignOn, |tx| crate::sso::note_file(tx, state))
}

/// Serves until a stop is asked for (SIGTERM, SIGINT), then lets open requests finish; over HTTPS alone when `tls` is given.
pub async fn serve(state: Shared, tls: Option<rustls::ServerConfig>) -> std::io::Result<()> {
    let bind = state.config.runtime.bind;
    let server = HttpServer::new(move || site(state.clone()))
        .worker_max_blocking_threads(BLOCKING_THREADS)
        .shutdown_timeout(STOP_SECONDS);
    match tls {
        Some(tls) => server.bind_rustls_0_23(bind, tls)?,
        None => server.bind(bind)?,
    }
    .run()
    .await
}

/// Answers `/metrics` and nothing else, on an address of its own.
pub fn metrics_server(state: Shared, bind: SocketAddr) -> std::io::Result<Server> {
    let site = move || {
        let metrics = actix_web::web::get().to(metrics);
        App::new().app_data(state.clone()).route("/metrics", metrics)
    };
    Ok(HttpServer::new(site).workers(1).disable_signals().bind(bind)?.run())
}

async fn metrics(state: Shared) -> Result<HttpResponse> {
    let text = web::blocking(move || crate::health::metrics(&state)).await?;
    Ok(HttpResponse::Ok().content_type(crate::health::CONTENT_TYPE).body(text))
}

/// What an instance with this role answers to: a worker only whether it lives.
pub fn routes_of(role: Role) -> Routes {
    match role {
        Role::All | Role::Web => crate::features::routes(),
        Role::Worker => probes(),
    }
}

/// Everything this server answers to, with what stands around each request; tests call the same.
pub fn site(
    state: Shared,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = actix_web::Error,
        InitError = (),
    >,
> {
    let routes = routes_of(state.instance.role);
    App::new()
        .app_data(state)
        .wrap(Compress::default())
        .wrap(from_fn(web::guard))
        .configure(move |config| routes.register(config))
        .default_service(actix_web::web::to(HttpResponse::NotFound))
}

/// For who watches over the process.
fn probes() -> Routes {
    Routes::new().get("/healthz", Need::Nothing, health).get("/readyz", Need::Nothing, ready)
}

/// Health and static files.
pub fn routes() -> Routes {
    probes().get("/static/{name:.*}", Need::Nothing, static_file).get("/robots.txt", Need::Nothing, robots).get(
        "/api/v1/openapi.json",
        Need::Nothing,
        description,
    )
}

async fn health() -> &'static str {
    "ok"
}

/// Each part by name; 503 when one is missing that nothing goes without.
async fn ready(state: Shared) -> Result<Reply> {
    let (mut checks, bucket) =
        web::blocking(move || Ok((crate::health::ready(&state), crate::health::bucket(&state)))).await?;
    let is_ready = checks.iter().all(|check| check.is_ok);
    checks.extend(bucket);
    for check in checks.iter().filter(|check| !check.is_ok) {
        tracing::warn!(check = check.name, why = check.words, "not ready");
    }
    let body: serde_json::Map<String, serde_json::Value> =
        checks.into_iter().map(|check| (check.name.to_owned(), check.is_ok.into())).collect();
    Ok(Reply::json(&body).status(if is_ready { 200 } else { 503 }))
}

/// What the API is, for programs that make programs.
async fn description(state: Shared) -> Reply {
    Reply::json(&web::description(&state.routes, state.config.runtime.public_app_url.as_str()))
}

async fn robots() -> &'static str {
    "User-agent: *\nDisallow: /\n"
}

/// For ever, because the name changes with the content.
async fn static_file(name: actix_web::web::Path<String>) -> HttpResponse {
    match ui::asset(&name) {
        Some(asset) => HttpResponse::Ok()
            .insert_header((header::CACHE_CONTROL, "public, max-age=31536000, immutable"))
            .content_type(asset.content_type)
            .body(asset.bytes.as_slice()),
        None => HttpResponse::NotFound().finish(),
    }
}
