//! The one way out.

use crate::harness::*;
use std::io::{Read, Write};
use std::net::{IpAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tow::config::Security;
use tow::net::{Call, Fault, Line, Net, Patience, is_on_the_web, is_public, wait};

fn security(allowed: &[&str]) -> Security {
    let mut security = App::new().state().config.security.clone();
    security.outbound_allowed_hosts = allowed.iter().map(|host| (*host).to_owned()).collect();
    security
}

/// Every name resolves to these addresses.
fn resolving_to(allowed: &[&str], addresses: &[&str]) -> Net {
    let addresses: Vec<IpAddr> = addresses.iter().map(|address| address.parse().unwrap()).collect();
    Net::with_lookup(&security(allowed), Arc::new(move |_| Box::pin(std::future::ready(Ok(addresses.clone())))))
}

fn get(address: &str) -> Call {
    Call::get(address.parse().unwrap())
}

#[test]
fn only_addresses_of_the_internet_at_large_are_public() {
    let inner = [
        "127.0.0.1",
        "127.8.8.8",
        "0.0.0.0",
        "10.1.2.3",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.1",
        "192.0.2.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.9",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::7f00:1",
        "fe80::1",
        "fec0::1",
        "fc00::1",
        "fd00:ec2::254",
        "ff02::1",
        "2001:db8::1",
        "2001::1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::1",
        "2002:7f00:1::",
        "2002:a9fe:a9fe::1",
        "100::1",
        "3fff::1",
    ];
    for address in inner {
        assert!(!is_public(address.parse().unwrap()), "{address}");
    }
    for address in [
        "8.8.8.8",
        "172.32.0.1",
        "100.128.0.1",
        "2606:4700::1111",
        "2a00:1450::1",
        "::ffff:8.8.8.8",
        "64:ff9b::808:808",
    ] {
        assert!(is_public(address.parse().unwrap()), "{address}");
    }
}

#[test]
fn plain_http_is_refused_unless_the_operator_names_the_host() {
    let outside = Outside::new(|_| Said::text(200, "text/plain", "hello"));
    let refused = Net::new(&security(&[])).send_now(Call::get(outside.url("/")));
    assert_eq!(refused.unwrap_err(), Fault::Plain("127.0.0.1".to_owned()));
    assert!(outside.asked().is_empty());
    let answer = Net::new(&security(&["127.0.0.1"])).send_now(Call::get(outside.url("/"))).unwrap();
    assert_eq!((answer.status, answer.body.as_slice()), (200, b"hello".as_slice()));
}

#[test]
fn an_address_of_this_network_is_refused_however_it_is_written() {
    let net = Net::new(&security(&["elsewhere.example"]));
    for host in [
        "127.0.0.1",
        "0x7f.1",
        "2130706433",
        "017700000001",
        "10.0.0.1",
        "169.254.169.254",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[fd00:ec2::254]",
        "127.1",
    ] {
        let refused = net.send_now(get(&format!("https://{host}/"))).unwrap_err();
        assert!(matches!(refused, Fault::Private(_)), "{host}: {refused}");
    }
}

#[test]
fn a_name_that_resolves_to_this_network_is_refused_before_anything_is_sent() {
    let outside = Outside::new(|_| Said::text(200, "text/plain", "secret"));
    for inner in ["127.0.0.1", "::ffff:127.0.0.1", "169.254.169.254"] {
        let net = resolving_to(&[], &[inner]);
        let call = get(&format!("https://innocent.example:{}/", outside.address.port()));
        assert_eq!(net.send_now(call).unwrap_err(), Fault::Private("innocent.example".to_owned()), "{inner}");
    }
    assert!(outside.asked().is_empty());
}

#[test]
fn a_name_is_resolved_once_so_that_a_second_answer_cannot_lead_inside() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    // Public when checked, this machine ever after: what a rebinding name server does.
    let lookup = move |_| -> tow::net::Addresses {
        let first = count.fetch_add(1, Ordering::SeqCst) == 0;
        let address: IpAddr = if first { "192.31.196.1" } else { "127.0.0.1" }.parse().unwrap();
        Box::pin(std::future::ready(Ok(vec![address])))
    };
    let net = Net::with_lookup(&security(&[]), Arc::new(lookup));
    let call = get(&format!("https://rebinding.example:{port}/")).within(Duration::from_millis(300));
    assert!(matches!(net.send_now(call), Err(Fault::Away(_))));
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    assert!(listener.accept().is_err(), "this machine was connected to");
}

#[test]
fn redirects_are_not_followed_unless_asked_and_each_is_checked_anew() {
    let inner = Outside::new(|_| Said::text(200, "text/plain", "secret"));
    let to = inner.url("/secret").to_string();
    let outer = Outside::new(move |asked| match asked.path.as_str() {
        "/plain" => Said::elsewhere(&to),
        "/private" => Said::elsewhere("https://10.0.0.1/"),
        "/file" => Said::elsewhere("file:///etc/passwd"),
        "/round" => Said::elsewhere("/round"),
        _ => Said::elsewhere("/there"),
    });
    let net = resolving_to(&["front.example"], &["127.0.0.1"]);
    let ask = |path: &str, hops| {
        net.send_now(get(&format!("http://front.example:{}{path}", outer.address.port())).following(hops))
    };
    assert_eq!(ask("/plain", 0).unwrap().status, 302);
    assert_eq!(ask("/plain", 3).unwrap_err(), Fault::Plain("127.0.0.1".to_owned()));
    assert_eq!(ask("/private", 3).unwrap_err(), Fault::Private("10.0.0.1".to_owned()));
    assert!(matches!(ask("/file", 3), Err(Fault::Plain(_))));
    assert_eq!(ask("/round", 3).unwrap().status, 302);
    assert!(inner.asked().is_empty());
}

#[test]
fn credentials_are_not_carried_to_another_site() {
    let other = Outside::new(|_| Said::text(200, "text/plain", "there"));
    let to = other.url("/").to_string();
    let first = Outside::new(move |_| Said::elsewhere(&to));
    let net = Net::new(&security(&["127.0.0.1"]));
    let call = Call::get(first.url("/")).header("authorization", "Bearer secret").following(1);
    assert_eq!(net.send_now(call).unwrap().body, b"there");
    assert_eq!(first.asked()[0].header("authorization"), "Bearer secret");
    assert_eq!(other.asked()[0].header("authorization"), "");
}

#[test]
fn an_answer_that_is_too_long_is_cut_off() {
    let outside = Outside::new(|_| Said::text(200, "text/plain", vec![b'x'; 5 * 1024 * 1024]));
    let net = Net::new(&security(&["127.0.0.1"]));
    assert_eq!(net.send_now(Call::get(outside.url("/"))).unwrap_err(), Fault::TooLarge(tow::net::MAX_ANSWER_BYTES));
    assert_eq!(net.send_now(Call::get(outside.url("/")).at_most(10)).unwrap_err(), Fault::TooLarge(10));
}

#[test]
fn a_slow_server_is_not_waited_for() {
    let outside = Outside::new(|_| Said::text(200, "text/plain", "late").far_too_late());
    let net = Net::new(&security(&["127.0.0.1"]));
    let began = std::time::Instant::now();
    let fault = net.send_now(Call::get(outside.url("/")).within(Duration::from_millis(200))).unwrap_err();
    assert!(fault.to_string().contains("did not answer in time"), "{fault}");
    nobody_waited(began);
}

#[test]
fn a_header_cannot_smuggle_another() {
    let outside = Outside::new(|_| Said::text(200, "text/plain", ""));
    let call = Call::get(outside.url("/")).header("x-one", "a\r\nx-two: b").header("x three", "c");
    Net::new(&security(&["127.0.0.1"])).send_now(call).unwrap();
    assert!(outside.asked()[0].headers.iter().all(|(name, _)| !name.starts_with("x-")));
}

#[test]
fn the_text_of_a_failure_names_the_host_and_not_the_path() {
    let net = Net::new(&security(&["127.0.0.1"]));
    let fault = net.send_now(get("http://127.0.0.1:1/token?code=SECRET")).unwrap_err().to_string();
    assert!(fault.contains("127.0.0.1") && !fault.contains("SECRET"), "{fault}");
}

#[test]
fn a_line_meets_the_same_fence_as_a_request() {
    let security = security(&["logs.halden.example."]);
    let check = |text: &str, is_encrypted| Line::parse(text, 6514).unwrap().check(&security, is_encrypted);
    assert_eq!(check("8.8.8.8", true), Ok(()));
    assert_eq!(check("8.8.8.8", false), Err(Fault::Plain("8.8.8.8".to_owned())));
    for inner in ["127.0.0.1", "10.1.2.3", "[::1]", "[fd00::1]:99", "169.254.169.254"] {
        assert!(matches!(check(inner, true), Err(Fault::Private(_))), "{inner}");
    }
    assert_eq!(check("LOGS.halden.example", false), Ok(()), "named, whatever the case and the dot at the end");
    assert!(
        matches!(Line::parse("localhost", 1).unwrap().send_tls(&security, b"x"), Err(Fault::Private(_))),
        "what a name leads to"
    );
}

#[test]
fn a_log_server_that_never_stops_talking_is_left_in_time() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let line = Line { host: "127.0.0.1".to_owned(), port: listener.local_addr().unwrap().port() };
    std::thread::spawn(move || {
        let mut stream = listener.accept().unwrap().0;
        let began = Instant::now();
        while began.elapsed() < FAR_TOO_LATE && stream.write_all(b".").is_ok() {
            std::thread::sleep(Duration::from_millis(50));
        }
    });
    let began = Instant::now();
    assert_eq!(line.send_tcp(&security(&["127.0.0.1"]), b"one line"), Ok(()));
    nobody_waited(began);
}

/// Forwards a request of somebody else's making: the status and the body, or the fault and what had come.
fn forwarded(net: &Net, url: url::Url, patience: Patience) -> Result<(u16, Result<usize, String>), Fault> {
    wait(async {
        let request = net.maker()?.get(url).build().unwrap();
        let arrived = net.forward(request, patience).await?;
        let status = arrived.status().as_u16();
        Ok((status, arrived.bytes().await.map(|body| body.len()).map_err(|error| format!("{error:?}"))))
    })?
}

/// Milliseconds of patience where it is not what is tried.
const AMPLE: u64 = 60_000;

fn patience(first: u64, idle: u64, max_bytes: usize) -> Patience {
    let milliseconds = Duration::from_millis;
    Patience { first: milliseconds(first), idle: milliseconds(idle), max_bytes, meter: Arc::default() }
}

#[test]
fn what_is_forwarded_keeps_the_rules_of_addresses_and_follows_nothing() {
    let outside = Outside::new(|asked| match asked.path.as_str() {
        "/away" => Said::elsewhere("/there"),
        _ => Said::text(200, "text/plain", "hello"),
    });
    let refused = forwarded(&Net::new(&security(&[])), outside.url("/"), patience(AMPLE, AMPLE, 100)).unwrap_err();
    assert_eq!(refused, Fault::Plain("127.0.0.1".to_owned()));
    let net = Net::new(&security(&["127.0.0.1"]));
    assert_eq!(forwarded(&net, outside.url("/away"), patience(AMPLE, AMPLE, 100)), Ok((302, Ok(0))));
    let counted = patience(AMPLE, AMPLE, 5);
    assert_eq!(forwarded(&net, outside.url("/"), counted.clone()), Ok((200, Ok(5))));
    assert_eq!((counted.meter.load(Ordering::Relaxed), outside.asked().len()), (5, 2));
}

#[test]
fn what_is_forwarded_has_its_time_to_begin_its_pauses_and_its_size() {
    let outside = Outside::new(|asked| match asked.path.as_str() {
        "/late" => Said::text(200, "text/plain", "hello").far_too_late(),
        _ => Said::text(200, "text/plain", "x".repeat(101)),
    });
    let net = Net::new(&security(&["127.0.0.1"]));
    let began = Instant::now();
    let late = forwarded(&net, outside.url("/late"), patience(200, AMPLE, 100)).unwrap_err();
    assert_eq!(late, Fault::Away("127.0.0.1 did not answer in time".to_owned()));
    nobody_waited(began);
    let (status, body) = forwarded(&net, outside.url("/long"), patience(AMPLE, AMPLE, 100)).unwrap();
    assert!(status == 200 && body.clone().unwrap_err().contains("TooLarge(100)"), "{body:?}");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        // An answer before the question is refused as such.
        while stream.read(&mut [0; 4096]).unwrap() == 4096 {}
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf").unwrap();
        std::thread::sleep(FAR_TOO_LATE);
    });
    let (began, (_, body)) = (Instant::now(), forwarded(&net, silent, patience(AMPLE, 200, 100)).unwrap());
    assert!(body.clone().unwrap_err().contains("did not answer in time"), "{body:?}");
    nobody_waited(began);
}

#[test]
fn an_address_of_the_web_says_so_by_its_name_alone() {
    let is_on = |address: &str| is_on_the_web(&address.parse().unwrap());
    for address in
        ["https://steel.example/a?b=c", "http://8.8.8.8/", "https://[2606:4700::1111]/", "https://notlocal.example/"]
    {
        assert!(is_on(address), "{address}");
    }
    for address in [
        "https://a.local/",
        "https://a.LAN./",
        "https://corp/",
        "http://192.168.1.1/",
        "http://0x7f.1/",
        "ftp://a.example/",
        "https://u:p@a.example/",
        "mailto:a@b.example",
    ] {
        assert!(!is_on(address), "{address}");
    }
}
