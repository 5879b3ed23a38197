//! `/metrics`: what it tells, what it does not, and that the examples in deploy/ ask for nothing else.

use crate::harness::*;
use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;
use tow::config::load_text;
use tow::health::metrics;

/// Names of metrics in a text, without the ends that a counter or a histogram adds.
fn names(text: &str) -> BTreeSet<String> {
    let is_part = |c: char| !(c.is_ascii_alphanumeric() || c == '_');
    let words = text.split(is_part).filter(|word| word.starts_with("tow_"));
    let bare = |word: &str| {
        let ends = ["_bucket", "_count", "_sum", "_total"];
        ends.iter().find_map(|end| word.strip_suffix(end)).unwrap_or(word).to_owned()
    };
    words.map(bare).collect()
}

/// A server where everything that is counted has happened once.
fn busy() -> App {
    let app = App::new();
    app.sql("insert into backups (id, name, made_at, bytes, is_encrypted) values (gen_random_uuid(), 'tow-x', '2026-01-01', 1, false)");
    let now = start().to_rfc3339();
    app.sql(&format!("insert into jobs (id, kind, payload, run_at, max_attempts, created_at) values (gen_random_uuid(), 'mail.send', '{{}}', '2099-01-01', 1, '{now}')"));
    app.sql(&format!(
        "insert into ai_calls (id, organisation_id, at, finished_at, purpose, endpoint, host, model, records, attempt, bytes_out, hash, outcome)
         values (gen_random_uuid(), '{}', '{now}', '{now}', 'answer', 'responses', 'models.example', 'm', '{{}}', 1, 1, '', 'done')", HALDEN.0));
    app.as_(CLEO).get("/projects/ATL");
    app
}

fn scraped(app: &App) -> String {
    metrics(app.state()).unwrap()
}

#[test]
fn answers_are_counted_by_pattern_method_and_status_and_never_by_address() {
    let app = busy();
    app.as_(CLEO).get("/projects/NOPE");
    app.visitor().get("/nowhere/secret-name");
    let text = scraped(&app);
    let line = |labels: &[&str]| {
        text.lines()
            .any(|line| line.starts_with("tow_http_requests_total") && labels.iter().all(|label| line.contains(label)))
    };
    assert!(line(&["route=\"/projects/{key}\"", "method=\"GET\"", "status=\"404\""]), "{text}");
    assert!(line(&["route=\"none\"", "status=\"404\""]), "{text}");
    assert!(text.contains("tow_http_request_duration_seconds_bucket{le=\"0.1\""), "{text}");
    for secret in ["secret-name", "NOPE", "Cleo", "cleo", "Halden", "127.0.0.1"] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
    assert!(text.ends_with("# EOF\n"));
}

#[test]
fn numbers_of_the_database_are_those_of_its_rows() {
    let app = busy();
    let value = |text: &str, start: &str| {
        let line = text.lines().find(|line| line.starts_with(start)).unwrap_or_else(|| panic!("{start}: {text}"));
        line.rsplit(' ').next().unwrap().parse::<f64>().unwrap()
    };
    let failures = || value(&scraped(&app), "tow_sign_in_failures_last_hour");
    let before = failures();
    app.visitor().post("/sign-in", &[("email", &ADA.email()), ("password", "wrong")]);
    assert!(failures() > before);
    app.advance(chrono::Duration::minutes(61));
    assert_eq!(failures(), 0.0);
    assert!(value(&scraped(&app), "tow_audit_seal_lag_seconds") >= 3600.0);
    app.run_schedule("audit.seal");
    let text = scraped(&app);
    assert_eq!(value(&text, "tow_audit_seal_lag_seconds"), 0.0);
    assert_eq!(value(&text, "tow_database_up"), 1.0);
    assert_eq!(value(&text, "tow_database_connections_max"), 1.0);
    assert!(value(&text, "tow_backup_age_seconds") > 0.0);
}

#[test]
fn a_database_that_is_away_is_a_number_and_no_failure() {
    let loaded = load_text("", &[("APP_SECRET", APP_SECRET)]).unwrap();
    // Pages wait longer for a connection than a Prometheus waits for its numbers.
    let nowhere = tow::db::pool("postgres://nobody@127.0.0.1:1/none", 1, Duration::from_secs(60), 1000);
    let began = std::time::Instant::now();
    let text = metrics(&tow::app::state_with(&loaded, nowhere).unwrap()).unwrap();
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    assert!(text.contains("tow_database_up 0") && !text.contains("tow_jobs"), "{text}");
}

#[test]
fn the_examples_and_the_docs_name_the_metrics_that_there_are() {
    let app = busy();
    // One row each, so that every family has a series.
    let text = scraped(&app);
    let given: BTreeSet<String> = text
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE "))
        .map(|line| line.split(' ').next().unwrap().to_owned())
        .collect();
    for (file, asked) in [
        ("alerts.yaml", names(include_str!("../../deploy/alerts.yaml"))),
        ("grafana-dashboard.json", names(include_str!("../../deploy/grafana-dashboard.json"))),
    ] {
        assert!(asked.len() >= 8, "{file} names {asked:?}");
        assert!(asked.is_subset(&given), "{file} asks for {:?}", asked.difference(&given));
    }
    let told: BTreeSet<String> = include_str!("../../docs/metrics.md")
        .lines()
        .filter_map(|line| line.strip_prefix("| `tow_"))
        .flat_map(|rest| names(&format!("tow_{}", rest.split('`').next().unwrap())))
        .collect();
    assert_eq!(told, given);
    let _: serde_json::Value = serde_json::from_str(include_str!("../../deploy/grafana-dashboard.json")).unwrap();
}

#[test]
fn metrics_have_an_address_of_their_own_and_the_site_never_answers_them() {
    assert_eq!(App::new().as_(ADA).get("/metrics").status, 404);
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let loaded = load_text(&format!("runtime:\n  metrics_bind: {free}\n"), &[("APP_SECRET", APP_SECRET)]).unwrap();
    let nowhere = tow::db::pool("postgres://nobody@127.0.0.1:1/none", 1, Duration::from_millis(100), 1000);
    let state = tow::app::state_with(&loaded, nowhere).unwrap().shared();
    std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async { tow::app::metrics_server(state, free).unwrap().await })
    });
    let get = |path: &str| {
        let mut stream = (0..100)
            .find_map(|_| {
                std::thread::sleep(Duration::from_millis(50));
                TcpStream::connect(free).ok()
            })
            .unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    let answer = get("/metrics");
    assert!(
        answer.starts_with("HTTP/1.1 200") && answer.contains("openmetrics-text") && answer.contains("tow_build_info"),
        "{answer}"
    );
    assert!(get("/").starts_with("HTTP/1.1 404"));
}

#[test]
fn a_public_address_for_metrics_is_refused_and_every_address_is_warned_about() {
    let with =
        |bind: &str| load_text(&format!("runtime:\n  metrics_bind: \"{bind}\"\n"), &[("APP_SECRET", APP_SECRET)]);
    for public in ["203.0.113.7:9180", "[2001:db8::1]:9180", "127.0.0.1:8080"] {
        assert!(with(public).is_err(), "{public}");
    }
    for private in ["127.0.0.1:9180", "[::1]:9180", "10.1.2.3:9180", "192.168.7.7:9180", "[fd00::7]:9180"] {
        assert!(with(private).is_ok_and(|loaded| loaded.warnings.is_empty()), "{private}");
    }
    assert!(with("0.0.0.0:9180").unwrap().warnings[0].contains("metrics_bind"));
    assert_eq!(load_text("", &[("APP_SECRET", APP_SECRET)]).unwrap().config.runtime.metrics_bind, None);
}

#[test]
fn ready_names_each_part_and_is_503_when_uploads_cannot_be_written() {
    let app = App::new();
    let ready = app.visitor().get("/readyz");
    assert_eq!(
        (ready.status, ready.json()),
        (200, serde_json::json!({"database": true, "migrations": true, "uploads": true}))
    );
    let uploads = &app.state().config.uploads.upload_storage_path;
    let _ = std::fs::remove_dir_all(uploads);
    std::fs::write(uploads, "a file where the folder belongs").unwrap();
    let ready = app.visitor().get("/readyz");
    assert_eq!((ready.status, ready.json()["uploads"].as_bool()), (503, Some(false)));
}
