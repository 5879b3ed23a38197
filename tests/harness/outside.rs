//! A server outside of TOW, on this machine: plain HTTP/1.1, a thread per connection, every request kept.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Said only when nobody who has any patience left is listening.
pub const FAR_TOO_LATE: Duration = Duration::from_secs(120);

/// That something ended by its own patience and not with what came far too late. The bound has nothing to do with the patience: a
/// busy machine has pauses of seconds of its own.
#[track_caller]
pub fn nobody_waited(began: Instant) {
    assert!(began.elapsed() < FAR_TOO_LATE / 2, "{:?}", began.elapsed());
}

/// A request as it came in.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    pub method: String,
    /// With its query.
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: String,
    /// The same, when it is no text.
    pub bytes: Vec<u8>,
}

impl Asked {
    /// Empty when absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str()).unwrap_or_default()
    }

    /// A field of a form that was sent.
    pub fn field(&self, name: &str) -> Option<String> {
        let mut fields = url::form_urlencoded::parse(self.body.as_bytes());
        fields.find(|(found, _)| found == name).map(|(_, value)| value.into_owned())
    }
}

/// What it says.
#[derive(Debug, Clone)]
pub struct Said {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// Said only after this long.
    pub after: Duration,
    /// The connection ends in the middle of the body.
    pub is_cut: bool,
}

impl Said {
    pub fn text(status: u16, kind: &str, body: impl Into<Vec<u8>>) -> Said {
        let headers = vec![("content-type".to_owned(), kind.to_owned())];
        Said { status, headers, body: body.into(), after: Duration::ZERO, is_cut: false }
    }

    pub fn json(body: &serde_json::Value) -> Said {
        Said::text(200, "application/json", body.to_string())
    }

    pub fn elsewhere(to: &str) -> Said {
        let headers = vec![("location".to_owned(), to.to_owned())];
        Said { status: 302, headers, body: Vec::new(), after: Duration::ZERO, is_cut: false }
    }

    pub fn cut(self) -> Said {
        Said { is_cut: true, ..self }
    }

    pub fn with(mut self, name: &str, value: &str) -> Said {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn far_too_late(self) -> Said {
        Said { after: FAR_TOO_LATE, ..self }
    }
}

/// On a port that nobody had before in this process: what a server knows of an address (`sso` keeps a provider for minutes) outlives the
/// test that made it, and the system gives ports out again.
pub(super) fn listen() -> TcpListener {
    static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());
    loop {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        if GIVEN.lock().unwrap_or_else(PoisonError::into_inner).insert(port) {
            return listener;
        }
    }
}

pub struct Outside {
    pub address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    stop: Arc<AtomicBool>,
}

impl Outside {
    pub fn new(answer: impl Fn(&Asked) -> Said + Send + Sync + 'static) -> Outside {
        let listener = listen();
        let address = listener.local_addr().unwrap();
        let (asked, stop, answer) =
            (Arc::<Mutex<Vec<Asked>>>::default(), Arc::<AtomicBool>::default(), Arc::new(answer));
        let (kept, stopped) = (asked.clone(), stop.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if stopped.load(Ordering::Relaxed) {
                    return;
                }
                let (kept, answer) = (kept.clone(), answer.clone());
                std::thread::spawn(move || talk(stream, &kept, &*answer));
            }
        });
        Outside { address, asked, stop }
    }

    /// `http://127.0.0.1:PORT` and the path.
    pub fn url(&self, path: &str) -> url::Url {
        format!("http://{}{path}", self.address).parse().unwrap()
    }

    /// Everything asked so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

impl Drop for Outside {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(self.address);
    }
}

/// One request and one answer; the connection closes.
fn talk(stream: TcpStream, kept: &Mutex<Vec<Asked>>, answer: &(dyn Fn(&Asked) -> Said + Send + Sync)) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let Some(asked) = hear(&mut reader) else { return };
    kept.lock().unwrap().push(asked.clone());
    let said = answer(&asked);
    std::thread::sleep(said.after);
    let mut head =
        format!("HTTP/1.1 {} OK\r\ncontent-length: {}\r\nconnection: close\r\n", said.status, said.body.len());
    for (name, value) in &said.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    let mut stream = stream;
    // Who asked may have gone away, which is what some tests want.
    let _ = stream
        .write_all(head.as_bytes())
        .and_then(|()| stream.write_all(b"\r\n"))
        .and_then(|()| stream.write_all(&said.body[..if said.is_cut { said.body.len() / 2 } else { said.body.len() }]));
}

pub(super) fn hear(reader: &mut impl BufRead) -> Option<Asked> {
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace();
    let mut asked = Asked { method: words.next()?.to_owned(), path: words.next()?.to_owned(), ..Asked::default() };
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        asked.headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length: usize = asked.header("content-length").parse().unwrap_or_default();
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    asked.body = String::from_utf8_lossy(&body).into_owned();
    asked.bytes = body;
    Some(asked)
}
