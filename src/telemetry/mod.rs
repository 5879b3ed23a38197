//! Spans for who watches many programs in one place (OpenTelemetry): each request and each job with its time, when tow.yaml names a
//! collector. A span is made here of a few fixed fields and of nothing that was logged, so nothing else can get into one.

mod way;

use crate::config::{Log, Security};
use crate::secret::Secret;
use chrono::{DateTime, Utc};
use opentelemetry::trace::{Span, SpanKind, Status, Tracer, TracerProvider};
use opentelemetry::{KeyValue, Value};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracer, SdkTracerProvider};
use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use url::Url;
use way::Way;

/// Spans that wait to be sent; further ones are dropped, and the server goes on.
pub const MOST_WAITING: usize = 4096;
/// Sent at least so often.
pub const SEND_EVERY: Duration = Duration::from_secs(5);
/// The collector has this long for one batch.
pub const TIMEOUT: Duration = Duration::from_secs(5);
/// What still waits at a stop has this long.
const STOP_WITHIN: Duration = Duration::from_secs(3);
/// What OTLP over HTTP adds to the address of a collector.
const TRACES: &str = "v1/traces";

/// A request or job that has ended.
pub struct Ended<'s> {
    pub began_at: DateTime<Utc>,
    pub took: Duration,
    /// It was our fault, or given up.
    pub is_failure: bool,
    pub what: What<'s>,
}

/// What a span says; never an address, a name or a text of anybody.
pub enum What<'s> {
    Request {
        method: &'static str,
        /// The pattern, never the address: an address names things.
        route: &'s str,
        status: u16,
        queries: u32,
        database: Duration,
        /// By which its log line is found.
        id: uuid::Uuid,
    },
    Job {
        kind: &'s str,
        attempt: i32,
        /// `done`, `later` or `never`.
        outcome: &'static str,
        id: uuid::Uuid,
    },
}

/// Where spans go. Begins at the first one; shared by all copies of the configuration.
pub struct Exporter {
    endpoint: Url,
    headers: Option<Secret>,
    security: Security,
    begun: OnceLock<Option<(SdkTracerProvider, SdkTracer)>>,
    /// How often the collector was named as away.
    named: Arc<AtomicU32>,
}

/// Never its headers.
impl fmt::Debug for Exporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exporter").field("endpoint", &self.endpoint.as_str()).finish_non_exhaustive()
    }
}

impl Exporter {
    /// None without a collector. `headers` are `name=value`, separated by commas: keys of the collector, mostly.
    pub fn of(log: &Log, security: &Security, headers: Option<Secret>) -> Option<Exporter> {
        let endpoint = Url::parse(log.otlp_endpoint.as_deref()?).ok()?;
        Some(Exporter { endpoint, headers, security: security.clone(), begun: OnceLock::new(), named: Arc::default() })
    }

    /// Costs a place in a queue; whoever calls waits for nothing.
    pub fn say(&self, ended: &Ended) {
        let Some((_, tracer)) = self.begun.get_or_init(|| self.begin()) else { return };
        let (name, kind, attributes) = ended.what.told();
        let builder =
            tracer.span_builder(name).with_kind(kind).with_start_time(ended.began_at).with_attributes(attributes);
        let mut span = builder.start(tracer);
        if ended.is_failure {
            span.set_status(Status::error(""));
        }
        let end = chrono::Duration::from_std(ended.took).ok().and_then(|took| ended.began_at.checked_add_signed(took));
        span.end_with_timestamp(end.unwrap_or(ended.began_at).into());
    }

    /// Sends what waits, now.
    pub fn flush(&self) {
        if let Some(Some((provider, _))) = self.begun.get() {
            // A collector that is away has been named already.
            let _ = provider.force_flush();
        }
    }

    /// How often the log said that the collector is away.
    pub fn times_named(&self) -> u32 {
        self.named.load(Ordering::Relaxed)
    }

    /// Sends what waits, for a server that stops.
    pub fn stop(&self) {
        if let Some(Some((provider, _))) = self.begun.get() {
            let _ = provider.shutdown_with_timeout(STOP_WITHIN);
        }
    }

    /// None when the address cannot be used; that is said once.
    fn begin(&self) -> Option<(SdkTracerProvider, SdkTracer)> {
        let begun = self.exporter().inspect_err(|why| {
            tracing::warn!(name = "telemetry.off", why, "no spans are sent");
        });
        let batches =
            BatchConfigBuilder::default().with_max_queue_size(MOST_WAITING).with_scheduled_delay(SEND_EVERY).build();
        let processor = BatchSpanProcessor::builder(begun.ok()?).with_batch_config(batches).build();
        let about = [KeyValue::new("service.name", "tow"), KeyValue::new("service.version", env!("CARGO_PKG_VERSION"))];
        let provider = SdkTracerProvider::builder()
            .with_span_processor(processor)
            .with_sampler(Sampler::AlwaysOn)
            .with_resource(Resource::builder_empty().with_attributes(about).build())
            .build();
        let tracer = provider.tracer("tow");
        Some((provider, tracer))
    }

    fn exporter(&self) -> Result<SpanExporter, String> {
        let mut endpoint = self.endpoint.clone();
        if !endpoint.path().ends_with(TRACES) {
            endpoint.set_path(&format!("{}/{TRACES}", endpoint.path().trim_end_matches('/')));
        }
        let builder = SpanExporter::builder().with_http().with_protocol(Protocol::HttpBinary).with_timeout(TIMEOUT);
        let builder = builder.with_endpoint(endpoint.as_str());
        let way = Way::to(&self.endpoint, self.headers(), &self.security, self.named.clone())?;
        builder.with_http_client(way).build().map_err(|why| why.to_string())
    }

    fn headers(&self) -> Vec<(String, String)> {
        let text = self.headers.as_ref().map(Secret::reveal).unwrap_or_default();
        headers(text).unwrap_or_default()
    }
}

/// `name=value` pairs, separated by commas; None when a piece is none, or could not be sent.
pub fn headers(text: &str) -> Option<Vec<(String, String)>> {
    let is_name =
        |name: &str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=')?;
        let (name, value) = (name.trim(), value.trim());
        (is_name(name) && !value.chars().any(char::is_control)).then(|| (name.to_owned(), value.to_owned()))
    };
    text.split(',').filter(|piece| !piece.trim().is_empty()).map(pair).collect()
}

impl What<'_> {
    fn told(&self) -> (String, SpanKind, Vec<KeyValue>) {
        match self {
            What::Request { method, route, status, queries, database, id } => {
                let attributes = vec![
                    KeyValue::new("http.request.method", *method),
                    KeyValue::new("http.route", (*route).to_owned()),
                    KeyValue::new("http.response.status_code", i64::from(*status)),
                    KeyValue::new("tow.queries", i64::from(*queries)),
                    KeyValue::new("tow.database_ms", Value::F64((database.as_secs_f64() * 10_000.0).round() / 10.0)),
                    KeyValue::new("tow.request_id", id.to_string()),
                ];
                (format!("{method} {route}"), SpanKind::Server, attributes)
            }
            What::Job { kind, attempt, outcome, id } => {
                let attributes = vec![
                    KeyValue::new("tow.job.kind", (*kind).to_owned()),
                    KeyValue::new("tow.job.attempt", i64::from(*attempt)),
                    KeyValue::new("tow.job.outcome", *outcome),
                    KeyValue::new("tow.job.id", id.to_string()),
                ];
                (format!("job {kind}"), SpanKind::Consumer, attributes)
            }
        }
    }
}
