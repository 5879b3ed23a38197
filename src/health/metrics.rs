//! `/metrics`: what a Prometheus reads, on an address of its own that is off unless somebody names one. No series names a person, a
//! record or an address; still it tells how busy a company is, so it is never served where people come in.

use super::{Sample, sample};
use crate::db;
use crate::error::{Error, Result};
use crate::queue::KindTally;
use crate::web::{Labels, State};
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use std::time::Duration;

/// What the text is, as its readers ask for it.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// A Prometheus gives up after ten seconds, and then nobody hears that the database is away or the pool empty.
const PATIENCE: Duration = Duration::from_secs(2);

/// Everything at this moment. A database that is away is a number too, so this answers all the same.
pub fn metrics(state: &State) -> Result<String> {
    let mut registry = Registry::default();
    let version = vec![("version", env!("CARGO_PKG_VERSION").to_owned())];
    many(&mut registry, "tow_build_info", "The version that runs; its value is always 1", vec![(version, 1)]);
    state.meter.register(&mut registry);
    pool(&mut registry, state);
    let sampled = database(state);
    one(&mut registry, "tow_database_up", "1 when the database answered this scrape", sampled.is_ok().into());
    if let Ok(sampled) = &sampled {
        of_database(&mut registry, sampled);
    }
    let mut text = String::new();
    encode(&mut text, &registry).map_err(Error::broken)?;
    Ok(text)
}

fn database(state: &State) -> Result<Sample> {
    let mut conn = state.pool.get_timeout(PATIENCE).map_err(|error| Error::Away(error.to_string()))?;
    db::read(&mut conn, state.clock.now(), uuid::Uuid::nil(), sample)
}

fn pool(registry: &mut Registry, state: &State) {
    let now = state.pool.state();
    let of = |name: &str| vec![("state", name.to_owned())];
    let busy = now.connections.saturating_sub(now.idle_connections);
    let values = vec![(of("idle"), now.idle_connections.into()), (of("busy"), busy.into())];
    many(registry, "tow_database_connections", "Connections for pages and programs of this instance", values);
    let words = "The most connections that this instance opens for pages and programs";
    one(registry, "tow_database_connections_max", words, state.pool.max_size().into());
    let words = "Pages and programs that wait for their turn at the database of this instance";
    one(registry, "tow_database_waiting", words, state.turns.waiting().try_into().unwrap_or(i64::MAX));
}

fn of_database(registry: &mut Registry, now: &Sample) {
    let states =
        |of: &KindTally| [("due", of.due), ("later", of.later), ("running", of.under_way), ("failed", of.given_up)];
    let jobs = now.jobs.iter().flat_map(|of| {
        states(of).map(|(state, count)| (vec![("kind", of.kind.clone()), ("state", state.to_owned())], count))
    });
    many(registry, "tow_jobs", "Unfinished jobs by kind and state; mails are mail.send", jobs.collect());
    let words = "How long the longest-waiting due job has waited";
    one(registry, "tow_jobs_oldest_seconds", words, now.oldest_job_seconds);
    let calls = now.ai_calls.iter().map(|share| (vec![("outcome", share.outcome.clone())], share.count));
    many(registry, "tow_ai_calls_last_hour", "Calls to the model provider in the last hour", calls.collect());
    let words = "Failed sign-ins in the last hour; repeated ones of one source count once a minute";
    one(registry, "tow_sign_in_failures_last_hour", words, now.sign_in_failures);
    let words = "Streams of the audit trail whose last delivery failed";
    one(registry, "tow_audit_streams_failing", words, now.failing_streams);
    let words = "Age of the oldest audit event that is not in the chain yet";
    one(registry, "tow_audit_seal_lag_seconds", words, now.seal_lag_seconds);
    if let Some(age) = now.backup_age_seconds {
        one(registry, "tow_backup_age_seconds", "Age of the last backup made with tow backup create", age);
    }
}

fn one(registry: &mut Registry, name: &str, words: &str, value: i64) {
    let gauge = Gauge::<i64>::default();
    gauge.set(value);
    registry.register(name, words, gauge);
}

fn many(registry: &mut Registry, name: &str, words: &str, values: Vec<(Labels, i64)>) {
    let family = Family::<Labels, Gauge>::default();
    for (labels, value) in values {
        family.get_or_create(&labels).set(value);
    }
    registry.register(name, words, family);
}
