//! The trail on its way out: to log servers and webhooks that record, and that fail for a while.

use crate::harness::*;
use chrono::Duration;
use std::io::{BufRead, BufReader, Read};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tow::audit;
use tow::trail::{self, BATCH, Transport, delay_seconds, parse_address, signature, syslog};

const KEY: &str = "5e1f70c2a94b6d8835d1e2f7a0c49b6e7d20f1a853bc4967";
const ALLOWED: [(&str, &str); 2] =
    [("TOW_SECURITY__OUTBOUND_ALLOWED_HOSTS", "127.0.0.1, localhost"), ("DATA_ENCRYPTION_KEY", KEY)];

/// A log server: frames of octet counting, as they came.
struct LogServer {
    port: u16,
    frames: Arc<Mutex<Vec<String>>>,
    /// Connections still to be dropped without reading them.
    rude: Arc<AtomicUsize>,
}

impl LogServer {
    fn start() -> LogServer {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = LogServer { port, frames: Arc::default(), rude: Arc::default() };
        let (frames, rude) = (server.frames.clone(), server.rude.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if rude.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok() {
                    // Some bytes are read and the rest refused: a reset.
                    let _ = (&stream).read(&mut [0; 10]);
                    continue;
                }
                keep(stream, &frames);
            }
        });
        server
    }

    fn sequences(&self) -> Vec<i64> {
        self.frames.lock().unwrap().iter().map(|frame| sequence_of(frame)).collect()
    }
}

fn keep(stream: impl Read, frames: &Mutex<Vec<String>>) {
    let mut reader = BufReader::new(stream);
    loop {
        let mut length = Vec::new();
        if reader.read_until(b' ', &mut length).unwrap_or(0) == 0 {
            return;
        }
        let length: usize = String::from_utf8(length).unwrap().trim().parse().expect("octet counting");
        let mut frame = vec![0; length];
        reader.read_exact(&mut frame).unwrap();
        frames.lock().unwrap().push(String::from_utf8(frame).unwrap());
    }
}

fn sequence_of(frame: &str) -> i64 {
    frame.split("sequence=\"").nth(1).unwrap().split('"').next().unwrap().parse().unwrap()
}

fn app() -> App {
    App::configured(&ALLOWED)
}

fn make(app: &App, transport: &str, address: &str, since: &str) -> Answer {
    let form = [("name", "SIEM"), ("transport", transport), ("address", address), ("since", since)];
    app.as_(ADA).post("/settings/audit/streams", &form)
}

/// So many sealed events.
fn live(app: &App, count: usize) {
    for _ in 0..count {
        app.tx(|tx| {
            let me = tow::access::Actor::visitor("203.0.113.1", "tests");
            let permit = tow::access::may(tx, &me, tow::access::Verb::See, &tow::access::Thing::Door)?;
            audit::record(tx, permit, audit::Act::new(audit::ActKind::SignedIn).target("person", ADA.id))
        });
        app.advance(Duration::milliseconds(10));
    }
    app.tx(audit::seal);
}

/// What the clock and a worker do.
fn send_on(app: &App) {
    app.tx(trail::send_on);
    app.run_jobs();
}

/// Of the only stream.
fn path_of(app: &App) -> String {
    app.as_(ADA).tx(|tx, me| Ok(trail::Stream::list(tx, me)?[0].path()))
}

fn cursor(app: &App) -> i64 {
    app.count("select cursor as count from audit_streams")
}

fn head(app: &App) -> i64 {
    app.tx(audit::head).sequence
}

#[test]
fn a_log_server_gets_every_event_once_in_order_from_the_first_one_on() {
    let (app, server) = (app(), LogServer::start());
    live(&app, 3);
    assert_eq!(make(&app, "tcp", &format!("127.0.0.1:{}", server.port), "beginning").status, 303);
    live(&app, 250);
    send_on(&app);
    let all: Vec<i64> = (1..=head(&app)).collect();
    assert_eq!(server.sequences(), all);
    send_on(&app);
    assert_eq!(server.sequences().len(), all.len(), "nothing is sent again");
    assert!(app.as_(ADA).get("/settings/audit/streams").has("up to date"));
}

#[test]
fn a_stream_from_now_on_leaves_out_what_was() {
    let (app, server) = (app(), LogServer::start());
    live(&app, 3);
    make(&app, "tcp", &format!("127.0.0.1:{}", server.port), "now");
    live(&app, 2);
    send_on(&app);
    assert_eq!(server.sequences().first(), Some(&4), "that it was made is the first event");
}

#[test]
fn while_the_server_is_away_events_wait_longer_each_time_and_none_is_lost() {
    let app = app();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    make(&app, "tcp", &format!("127.0.0.1:{port}"), "beginning");
    live(&app, 3);
    for failures in 1..=3 {
        send_on(&app);
        assert_eq!(app.count("select failures::bigint as count from audit_streams"), failures);
        send_on(&app);
        assert_eq!(app.count("select failures::bigint as count from audit_streams"), failures, "not before its time");
        app.advance(Duration::seconds(delay_seconds(failures as i32 - 1)));
    }
    let page = app.as_(ADA).get("/settings/audit/streams");
    assert!(page.has("failing") && page.has("4 events"));
    let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
    let frames = Arc::<Mutex<Vec<String>>>::default();
    let kept = frames.clone();
    let reader = std::thread::spawn(move || keep(listener.accept().unwrap().0, &kept));
    send_on(&app);
    reader.join().unwrap();
    let got: Vec<i64> = frames.lock().unwrap().iter().map(|frame| sequence_of(frame)).collect();
    assert_eq!(got, [1, 2, 3, 4]);
    assert_eq!((cursor(&app), app.count("select failures::bigint as count from audit_streams")), (4, 0));
}

#[test]
fn a_connection_that_breaks_in_the_middle_is_sent_again_whole() {
    let (app, server) = (app(), LogServer::start());
    make(&app, "tcp", &format!("127.0.0.1:{}", server.port), "beginning");
    live(&app, 50);
    server.rude.store(1, Ordering::SeqCst);
    send_on(&app);
    assert_eq!((cursor(&app), server.sequences().len()), (0, 0));
    app.advance(Duration::seconds(delay_seconds(0)));
    send_on(&app);
    let all: Vec<i64> = (1..=51).collect();
    assert_eq!(server.sequences(), all);
}

#[test]
fn delays_double_up_to_a_quarter_of_an_hour() {
    let delays: Vec<i64> = [0, 1, 2, 7, 8, 30, i32::MAX].map(delay_seconds).to_vec();
    assert_eq!(delays, [5, 10, 20, 640, 900, 900, 900]);
}

#[test]
fn over_tls_the_certificate_must_fit_and_events_arrive() {
    let folder = tempfile::tempdir().unwrap();
    let config = certificate(folder.path());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("localhost:{}", listener.local_addr().unwrap().port());
    let frames = Arc::<Mutex<Vec<String>>>::default();
    let kept = frames.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let connection = rustls::ServerConnection::new(config.clone()).unwrap();
            let tls = Tls(rustls::StreamOwned::new(connection, stream));
            keep(tls, &kept);
        }
    });
    let authority = folder.path().join("cert.pem").display().to_string();
    let trusting = App::configured(&[ALLOWED[0], ("TOW_SECURITY__ADDITIONAL_CA_CERTIFICATES", &authority)]);
    make(&trusting, "tls", &address, "beginning");
    live(&trusting, 2);
    send_on(&trusting);
    assert_eq!(frames.lock().unwrap().len(), 3);
    let wary = app();
    make(&wary, "tls", &address, "beginning");
    live(&wary, 2);
    send_on(&wary);
    assert_eq!((cursor(&wary), frames.lock().unwrap().len()), (0, 3), "a stranger's certificate");
}

/// A client that ends the handshake is no bytes.
struct Tls(rustls::StreamOwned<rustls::ServerConnection, TcpStream>);

impl Read for Tls {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        Ok(self.0.read(buffer).unwrap_or(0))
    }
}

#[test]
fn over_udp_each_event_is_a_datagram() {
    let app = app();
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(std::time::Duration::from_secs(5))).unwrap();
    make(&app, "udp", &socket.local_addr().unwrap().to_string(), "beginning");
    live(&app, 2);
    send_on(&app);
    for sequence in 1..=3 {
        let mut buffer = [0; 9000];
        let size = socket.recv(&mut buffer).unwrap();
        let text = String::from_utf8_lossy(&buffer[..size]).into_owned();
        assert!(text.starts_with("<110>1 2026-12-01T09:00:") && sequence_of(&text) == sequence, "{text}");
    }
}

#[test]
fn a_message_has_the_form_of_rfc_5424_and_a_hostile_value_stays_inside_its_quotes() {
    let event = serde_json::json!({
        "sequence": 7, "at": "2026-12-01T09:00:00.000000Z", "action": "member.role_changed", "outcome": "denied",
        "actor": { "id": "a\"] evil=\"1\\" }, "target": {}, "after": { "note": "line\nbreak" },
    });
    let message = syslog(&event, "tow.example");
    assert!(message.starts_with(
        "<108>1 2026-12-01T09:00:00.000000Z tow.example tow - member.role_changed [audit@32473 sequence=\"7\""
    ));
    assert!(message.contains(r#"actor="a\"\] evil=\"1\\""#), "{message}");
    assert!(!message.contains('\n') && message.contains(r"line\nbreak"));
}

fn secret_in(answer: &Answer) -> String {
    let text = answer.text();
    let at = text.find(trail::SECRET_PREFIX).expect("the secret is shown");
    text[at..].split('<').next().unwrap().to_owned()
}

#[test]
fn a_webhook_is_signed_over_time_and_body_with_a_secret_shown_once_and_kept_sealed() {
    let (app, outside) = (app(), Outside::new(|_| Said::text(204, "text/plain", "")));
    let made = make(&app, "webhook", outside.url("/hook").as_str(), "beginning");
    let secret = secret_in(&made);
    live(&app, 2);
    send_on(&app);
    let asked = outside.asked();
    let given = asked[0].header("tow-signature");
    let seconds: i64 = given.split([',', '=']).nth(1).unwrap().parse().unwrap();
    assert_eq!(given, signature(secret.as_bytes(), seconds, asked[0].body.as_bytes()));
    assert_ne!(given, signature(secret.as_bytes(), seconds + 1, asked[0].body.as_bytes()));
    assert_ne!(given, signature(secret.as_bytes(), seconds, b"{}"));
    let body: serde_json::Value = serde_json::from_str(&asked[0].body).unwrap();
    assert_eq!(body["events"].as_array().unwrap().len(), 3);
    let id = made.text().split("/settings/audit/streams/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    assert!(!app.as_(ADA).get(&format!("/settings/audit/streams/{id}")).has(trail::SECRET_PREFIX));
    let open = format!(
        "select count(*) from audit_streams s, audit_events e where s.secret like '%{secret}%' or e.after::text like '%{secret}%'"
    );
    assert_eq!(app.count(&open), 0);
}

#[test]
fn a_webhook_that_answers_with_an_error_is_asked_again_with_the_same_events() {
    let app = app();
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = calls.clone();
    let outside = Outside::new(move |_| match counted.fetch_add(1, Ordering::SeqCst) {
        0 => Said::text(500, "text/plain", "not now"),
        1 => Said::elsewhere("https://elsewhere.example/"),
        _ => Said::text(200, "text/plain", "ok"),
    });
    make(&app, "webhook", outside.url("/hook").as_str(), "beginning");
    live(&app, 1);
    for failures in 0..2 {
        send_on(&app);
        app.advance(Duration::seconds(delay_seconds(failures)));
    }
    assert_eq!(cursor(&app), 0);
    send_on(&app);
    let bodies: Vec<String> = outside.asked().iter().map(|asked| asked.body.clone()).collect();
    assert_eq!((cursor(&app), bodies.len()), (2, 3), "a redirect is no arrival");
    assert!(bodies.iter().all(|body| *body == bodies[0]));
}

#[test]
fn a_new_secret_counts_from_the_next_delivery() {
    let (app, outside) = (app(), Outside::new(|_| Said::text(200, "text/plain", "")));
    let old = secret_in(&make(&app, "webhook", outside.url("/").as_str(), "beginning"));
    let id = path_of(&app);
    let new = secret_in(&app.as_(ADA).post(&format!("{id}/secret"), &[]));
    app.tx(audit::seal);
    send_on(&app);
    let asked = outside.asked().remove(0);
    let seconds: i64 = asked.header("tow-signature").split([',', '=']).nth(1).unwrap().parse().unwrap();
    assert_eq!(asked.header("tow-signature"), signature(new.as_bytes(), seconds, asked.body.as_bytes()));
    assert_ne!(old, new);
}

/// Changes the only stream behind the back of the job that is sending: after its first delivery.
fn after_the_first_delivery(app: &App, change: &str) {
    app.sql(&format!(
        "create function pg_temp.meanwhile() returns trigger language plpgsql as $$ begin
           if new.cursor <> old.cursor then {change} end if; return new; end $$;
         create trigger meanwhile before update on audit_streams for each row execute function pg_temp.meanwhile()"
    ));
}

#[test]
fn a_stream_that_is_paused_while_it_sends_gets_no_further_delivery() {
    let (app, server) = (app(), LogServer::start());
    make(&app, "tcp", &format!("127.0.0.1:{}", server.port), "beginning");
    live(&app, 250);
    after_the_first_delivery(&app, "new.paused_at := new.created_at;");
    send_on(&app);
    assert_eq!((server.sequences().len() as i64, cursor(&app)), (BATCH, BATCH));
    assert_eq!(
        app.count("select count(*) from audit_streams where leased_until is not null"),
        0,
        "it can go on at once"
    );
}

#[test]
fn a_new_secret_counts_from_the_next_delivery_of_a_job_that_is_sending() {
    let (app, outside) = (app(), Outside::new(|_| Said::text(200, "text/plain", "")));
    let old = secret_in(&make(&app, "webhook", outside.url("/").as_str(), "beginning"));
    let sealed = || app.text("select secret as text from audit_streams");
    let before = sealed();
    let new = secret_in(&app.as_(ADA).post(&format!("{}/secret", path_of(&app)), &[]));
    let after = sealed();
    app.sql(&format!("update audit_streams set secret = '{before}'"));
    live(&app, 150);
    after_the_first_delivery(&app, &format!("new.secret := '{after}';"));
    send_on(&app);
    let fits = |asked: &Asked, secret: &str| {
        let given = asked.header("tow-signature");
        let seconds: i64 = given.split([',', '=']).nth(1).unwrap().parse().unwrap();
        given == signature(secret.as_bytes(), seconds, asked.body.as_bytes())
    };
    let asked = outside.asked();
    assert_eq!(asked.len(), 2);
    assert!(fits(&asked[0], &old) && fits(&asked[1], &new) && !fits(&asked[1], &old));
}

#[test]
fn paused_it_keeps_its_place_and_sent_again_it_begins_at_the_day() {
    let (app, server) = (app(), LogServer::start());
    make(&app, "tcp", &format!("127.0.0.1:{}", server.port), "beginning");
    let path = path_of(&app);
    let ada = app.as_(ADA);
    ada.post(&format!("{path}/pause"), &[]);
    live(&app, 2);
    send_on(&app);
    assert_eq!(server.sequences().len(), 0);
    ada.post(&format!("{path}/pause/removal"), &[]);
    app.tx(audit::seal);
    send_on(&app);
    let before = server.sequences().len();
    assert_eq!(before as i64, head(&app));
    app.advance(Duration::days(1));
    live(&app, 1);
    let ada = app.as_(ADA);
    assert_eq!(ada.post(&format!("{path}/again"), &[("day", "2026-12-02")]).status, 303);
    app.tx(audit::seal);
    send_on(&app);
    assert_eq!(server.sequences()[before..], [before as i64 + 1]);
    ada.post(&format!("{path}/again"), &[("day", "")]);
    app.tx(audit::seal);
    send_on(&app);
    assert_eq!(server.sequences()[before + 1], 1, "from the first one on");
    assert_eq!(ada.post(&format!("{path}/again"), &[("day", "never")]).status, 422);
}

#[test]
fn a_test_says_whether_it_arrives_moves_nothing_and_is_kept() {
    let (app, server) = (app(), LogServer::start());
    make(&app, "tcp", &format!("127.0.0.1:{}", server.port), "beginning");
    let path = path_of(&app);
    assert!(app.as_(ADA).post(&format!("{path}/test"), &[]).follow().has("the other side took it"));
    assert_eq!((server.frames.lock().unwrap().len(), cursor(&app)), (1, 0));
    server.rude.store(1, Ordering::SeqCst);
    assert!(app.as_(ADA).post(&format!("{path}/test"), &[]).follow().has("did not arrive"));
    assert_eq!(app.count("select count(*) from audit_events where action = 'audit_stream.tested'"), 2);
    // The job of the test's end has somebody to send to.
    app.sql("delete from audit_streams");
}

#[test]
fn addresses_inside_and_ways_in_the_clear_are_refused_unless_the_operator_names_the_host() {
    let plain = App::new();
    let security = &plain.state().config.security;
    for (transport, address) in [
        (Transport::Tcp, "siem.example:601"),
        (Transport::Udp, "203.0.113.9"),
        (Transport::Tls, "127.0.0.1:6514"),
        (Transport::Tls, "[::1]:6514"),
        (Transport::Tls, "[::ffff:10.0.0.1]:6514"),
        (Transport::Tls, "169.254.169.254"),
        (Transport::Webhook, "http://siem.example/"),
        (Transport::Webhook, "https://10.0.0.1/"),
        (Transport::Webhook, "https://user:secret@siem.example/"),
        (Transport::Webhook, "file:///etc/passwd"),
        (Transport::Webhook, "siem.example"),
        (Transport::Tls, ""),
        (Transport::Tls, "siem.example:0"),
        (Transport::Tls, "siem example"),
        (Transport::Tls, "siem.example:6514/path"),
    ] {
        assert!(parse_address(transport, address, security).is_err(), "{transport} {address}");
    }
    assert_eq!(parse_address(Transport::Tls, " SIEM.example ", security).unwrap(), "siem.example:6514");
    assert!(parse_address(Transport::Tls, &"x".repeat(trail::MAX_ADDRESS_CHARS + 1), security).is_err());
    let named = app();
    assert_eq!(parse_address(Transport::Udp, "localhost", &named.state().config.security).unwrap(), "localhost:514");
}

#[test]
fn a_name_that_resolves_inside_is_not_connected_to() {
    let app = App::new();
    let line = tow::net::Line::parse("localhost:6514", 1).unwrap();
    let sent = line.send_tls(&app.state().config.security, b"x");
    assert!(matches!(sent, Err(tow::net::Fault::Private(_))), "{sent:?}");
}

#[test]
fn a_bad_form_comes_back_beside_its_field_with_what_was_typed() {
    let app = app();
    let long = "x".repeat(81);
    for (field, value) in [
        ("name", ""),
        ("name", &long),
        ("name", "a\0b"),
        ("transport", "pigeon"),
        ("address", ""),
        ("address", "<script>"),
    ] {
        let form = [("name", "SIEM"), ("transport", "tls"), ("address", "siem.example"), ("since", "now")];
        let answer = app
            .as_(ADA)
            .post("/settings/audit/streams", &form.map(|(name, old)| (name, if name == field { value } else { old })));
        assert!(answer.status == 422 && answer.has(&format!("{field}-error")), "{field} {value:.20} {}", answer.status);
    }
    let bare = App::configured(&[("DATA_ENCRYPTION_KEY", "")]);
    let form = [("name", "SIEM"), ("transport", "webhook"), ("address", "https://siem.example/"), ("since", "now")];
    let answer = bare.as_(ADA).post("/settings/audit/streams", &form);
    assert!(answer.status == 422 && answer.has("DATA_ENCRYPTION_KEY"), "without a key");
    make(&app, "udp", "127.0.0.1:9", "now");
    assert!(make(&app, "udp", "127.0.0.1:9", "now").has("There is a stream by this name"));
    app.sql("delete from audit_streams");
}

#[test]
fn only_who_manages_security_sees_or_changes_streams() {
    let app = app();
    for who in [BEN, CLEO, GRO] {
        assert_eq!(app.as_(who).get("/settings/audit/streams").status, 403, "{}", who.name);
        assert_eq!(app.as_(who).post("/settings/audit/streams", &[("name", "")]).status, 403, "{}", who.name);
    }
    assert!(!app.as_(BEN).get("/settings/audit").has("href=\"/settings/audit/streams\""));
}
