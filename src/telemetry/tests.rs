//! Spans, as a collector of OpenTelemetry gets them.

use crate::harness::*;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use std::collections::BTreeMap;
use tow::config::load_text;

fn spans(collector: &Outside) -> Vec<Span> {
    let sent = collector.asked();
    let requests = sent.iter().map(|asked| ExportTraceServiceRequest::decode(asked.bytes.as_slice()).unwrap());
    let all = requests.flat_map(|request| request.resource_spans).flat_map(|resource| resource.scope_spans);
    all.flat_map(|scope| scope.spans).collect()
}

fn attributes(span: &Span) -> BTreeMap<String, String> {
    let said = |value: &Value| match value {
        Value::StringValue(text) => text.clone(),
        Value::IntValue(number) => number.to_string(),
        Value::DoubleValue(number) => number.to_string(),
        other => panic!("{other:?}"),
    };
    let pairs = span
        .attributes
        .iter()
        .map(|pair| (pair.key.clone(), said(pair.value.as_ref().and_then(|value| value.value.as_ref()).unwrap())));
    pairs.collect()
}

fn watched(collector: &Outside) -> App {
    let endpoint = collector.url("/").to_string();
    App::configured(&[("TOW_LOG__OTLP_ENDPOINT", &endpoint), ("OTLP_HEADERS", "x-key=of-the-collector")])
}

fn stop(app: &App) {
    app.state().config.log.spans.as_ref().unwrap().stop();
}

#[test]
fn a_request_is_a_span_with_its_pattern_and_what_it_cost_and_nothing_of_anybody() {
    let collector = Outside::new(|_| Said::text(200, "application/x-protobuf", ""));
    let app = watched(&collector);
    let secret = "a-word-that-stays-here";
    assert_eq!(app.as_(CLEO).get(&format!("/tickets/{STEEL}?q={secret}")).status, 200);
    app.as_(CLEO).post(&format!("/records/{STEEL}/comments"), &[("body", secret)]);
    app.visitor().get("/healthz");
    stop(&app);
    let spans = spans(&collector);
    let names: Vec<&str> = spans.iter().map(|span| span.name.as_str()).collect();
    assert!(
        names.contains(&"POST /records/{display_id}/comments") && !names.iter().any(|name| name.contains("healthz")),
        "{names:?}"
    );
    let page = spans.iter().find(|span| span.name.starts_with("GET /tickets/")).unwrap();
    let said = attributes(page);
    assert_eq!(said["http.response.status_code"], "200");
    assert!(said["tow.queries"].parse::<i64>().unwrap() > 0 && page.end_time_unix_nano >= page.start_time_unix_nano);
    let known = [
        "http.request.method",
        "http.response.status_code",
        "http.route",
        "tow.database_ms",
        "tow.queries",
        "tow.request_id",
    ];
    assert_eq!(said.keys().map(String::as_str).collect::<Vec<_>>(), known);
    let sent = collector.asked();
    let all = sent.iter().flat_map(|asked| asked.bytes.clone()).collect::<Vec<u8>>();
    let text = String::from_utf8_lossy(&all);
    for word in [secret, STEEL, CLEO.name, "127.0.0.1", APP_SECRET] {
        assert!(!text.contains(word), "{word}");
    }
    assert!(sent.iter().all(|asked| asked.path == "/v1/traces" && asked.header("x-key") == "of-the-collector"));
}

#[test]
fn a_job_is_a_span_with_its_kind_and_outcome() {
    let collector = Outside::new(|_| Said::text(200, "application/x-protobuf", ""));
    let app = watched(&collector);
    app.as_(BEN).post("/settings/export", &[]);
    app.run_jobs();
    stop(&app);
    let span = spans(&collector).into_iter().find(|span| span.name == "job exports.make").unwrap();
    let said = attributes(&span);
    assert_eq!((said["tow.job.outcome"].as_str(), said["tow.job.attempt"].as_str()), ("done", "1"));
}

#[test]
fn a_collector_that_is_away_is_named_once_and_nobody_waits() {
    let endpoint = {
        let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}/", gone.local_addr().unwrap())
    };
    let app = App::configured(&[("TOW_LOG__OTLP_ENDPOINT", &endpoint)]);
    let spans = app.state().config.log.spans.clone().unwrap();
    for _ in 0..3 {
        let began = std::time::Instant::now();
        assert_eq!(app.visitor().get("/sign-in").status, 200);
        assert!(began.elapsed() < tow::telemetry::SEND_EVERY, "nobody waits for it");
        spans.flush();
    }
    assert_eq!(spans.times_named(), 1);
}

#[test]
fn without_a_collector_nothing_is_begun_and_an_address_read_by_everybody_is_refused() {
    let none = load_text("", &[("APP_SECRET", APP_SECRET)]).unwrap();
    assert!(none.config.log.spans.is_none());
    let problems = load_text("log:\n  otlp_endpoint: http://collector.example", &[("APP_SECRET", APP_SECRET)])
        .map(drop)
        .unwrap_err();
    assert!(problems[0].to_string().contains("log.otlp_endpoint is not https"), "{problems:?}");
}

/// Runs itself once more in an environment that says something to another program.
#[test]
#[expect(clippy::disallowed_methods, reason = "asks in which of its two runs it is")]
fn what_the_environment_tells_other_programs_is_not_sent() {
    const ANOTHERS: &str = "OTEL_EXPORTER_OTLP_HEADERS";
    if std::env::var(ANOTHERS).is_err() {
        let mut again = std::process::Command::new(std::env::current_exe().unwrap());
        again.arg("what_the_environment_tells_other_programs_is_not_sent");
        let said = again.env(ANOTHERS, "x-key=of-somebody-else,x-more=1").output().unwrap();
        let words = String::from_utf8_lossy(&said.stdout);
        assert!(said.status.success() && words.contains("1 passed"), "{words}");
        return;
    }
    let collector = Outside::new(|_| Said::text(200, "application/x-protobuf", ""));
    let endpoint = collector.url("/").to_string();
    let variables =
        [("APP_SECRET", APP_SECRET), ("TOW_LOG__OTLP_ENDPOINT", &endpoint), ("OTLP_HEADERS", "x-key=of-the-collector")];
    let spans = load_text("", &variables).unwrap().config.log.spans.unwrap();
    spans.say(&tow::telemetry::Ended {
        began_at: start(),
        took: std::time::Duration::from_millis(3),
        is_failure: false,
        what: tow::telemetry::What::Job { kind: "x", attempt: 1, outcome: "done", id: uuid::Uuid::nil() },
    });
    spans.stop();
    let asked = collector.asked();
    assert_eq!((asked.len(), asked[0].header("x-key"), asked[0].header("x-more")), (1, "of-the-collector", ""));
}

#[test]
fn headers_for_the_collector_that_are_no_pairs_are_refused() {
    let refused = |text: &str| {
        let problems = load_text("", &[("APP_SECRET", APP_SECRET), ("OTLP_HEADERS", text)]).map(drop).err();
        problems.is_some_and(|all| all[0].to_string().contains("OTLP_HEADERS has a piece that is not name=value"))
    };
    assert!(refused("x-key:of-the-collector") && refused("a=b,c") && refused("=b") && refused("a b=c"));
    assert!(!refused("a=b, c=d=e,"));
}
