//! How many requests, with which answers, in which time: counted where every request passes, read by who watches this server.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use std::time::Duration;

/// Upper bounds in seconds; a page should stay in the first half of them.
const BUCKETS: [f64; 11] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
/// Whatever has no route of its own: addresses are anybody's to invent, and each would be a series.
const NO_ROUTE: &str = "none";
const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// One of the known ones, or `other`: anybody may invent a method.
pub fn known_method(method: &str) -> &'static str {
    METHODS.iter().find(|known| **known == method).copied().unwrap_or("other")
}

/// Names and values, in this order.
pub type Labels = Vec<(&'static str, String)>;

/// Cheap to clone; all clones count together.
#[derive(Clone)]
pub struct Meter {
    requests: Family<Labels, Counter>,
    seconds: Family<Labels, Histogram, fn() -> Histogram>,
}

fn histogram() -> Histogram {
    Histogram::new(BUCKETS)
}

impl Default for Meter {
    fn default() -> Self {
        Meter { requests: Family::default(), seconds: Family::new_with_constructor(histogram) }
    }
}

impl Meter {
    /// One answer. `route` is the pattern, never the address: an address names things.
    pub fn count(&self, method: &str, route: Option<&str>, status: u16, took: Duration) {
        let method = known_method(method);
        let route = route.unwrap_or(NO_ROUTE);
        let of = |more: &[(&'static str, String)]| [vec![("route", route.to_owned())], more.to_vec()].concat();
        let labels = of(&[("method", method.to_owned()), ("status", status.to_string())]);
        self.requests.get_or_create(&labels).inc();
        self.seconds.get_or_create(&of(&[])).observe(took.as_secs_f64());
    }

    pub fn register(&self, registry: &mut Registry) {
        let words = "Answers by route pattern, method and status";
        registry.register("tow_http_requests", words, self.requests.clone());
        let words = "Time until an answer began, by route pattern";
        registry.register("tow_http_request_duration_seconds", words, self.seconds.clone());
    }
}
