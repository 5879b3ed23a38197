//! A mail server that speaks the real protocol (RFC 5321, STARTTLS of RFC 3207, AUTH PLAIN of RFC 4954), keeps what it is given, and
//! can be told to misbehave.

use super::Letter;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};

/// What it does out of the ordinary.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Mood {
    #[default]
    Kind,
    /// This answer to every recipient, naming the address as servers like to.
    Refuses(u16),
    /// Takes the connection and says nothing.
    Silent,
}

#[derive(Default)]
struct Seen {
    mails: Vec<String>,
    /// Decoded AUTH PLAIN: `\0name\0password`.
    logins: Vec<String>,
    recipients: Vec<String>,
    encrypted: usize,
}

/// Runs until the test ends.
pub struct MailServer {
    pub port: u16,
    mood: Arc<Mutex<Mood>>,
    seen: Arc<Mutex<Seen>>,
    folder: tempfile::TempDir,
}

impl MailServer {
    pub fn start(mood: Mood) -> MailServer {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let folder = tempfile::tempdir().unwrap();
        let tls = certificate(folder.path());
        let server = MailServer { port, mood: Arc::new(Mutex::new(mood)), seen: Arc::default(), folder };
        let (mood, seen) = (server.mood.clone(), server.seen.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (tls, seen, mood) = (tls.clone(), seen.clone(), *mood.lock().unwrap());
                std::thread::spawn(move || talk(stream, &tls, mood, &seen));
            }
        });
        server
    }

    pub fn be(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    pub fn mails(&self) -> Vec<Letter> {
        self.seen.lock().unwrap().mails.iter().map(|raw| Letter::parse(raw)).collect()
    }

    pub fn logins(&self) -> Vec<String> {
        self.seen.lock().unwrap().logins.clone()
    }

    pub fn recipients(&self) -> Vec<String> {
        self.seen.lock().unwrap().recipients.clone()
    }

    /// Conversations that were encrypted.
    pub fn encrypted(&self) -> usize {
        self.seen.lock().unwrap().encrypted
    }

    /// Of the authority that signed its certificate: its own.
    pub fn authority(&self) -> PathBuf {
        self.folder.path().join("cert.pem")
    }
}

/// A certificate for `localhost` that signs itself; its file is `cert.pem` in the folder.
pub fn certificate(folder: &Path) -> Arc<ServerConfig> {
    let (cert, key) = (folder.join("cert.pem"), folder.join("key.pem"));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "3650"])
        .args(["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE", "-keyout"])
        .arg(&key)
        .arg("-out")
        .arg(&cert)
        .output()
        .expect("no openssl here");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let chain = vec![CertificateDer::from_pem_file(&cert).unwrap()];
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    Arc::new(config.with_no_client_auth().with_single_cert(chain, PrivateKeyDer::from_pem_file(&key).unwrap()).unwrap())
}

/// A conversation, and the same again once it is encrypted. A client that goes away ends it.
fn talk(mut stream: TcpStream, tls: &Arc<ServerConfig>, mood: Mood, seen: &Mutex<Seen>) -> Option<()> {
    if mood == Mood::Silent {
        return stream.read_to_end(&mut Vec::new()).ok().map(drop);
    }
    stream.write_all(b"220 test\r\n").ok()?;
    let is_encrypted = converse(&stream, &stream, mood, seen, true)?;
    if is_encrypted {
        let mut stream = StreamOwned::new(ServerConnection::new(tls.clone()).ok()?, stream);
        stream.flush().ok()?;
        seen.lock().unwrap().encrypted += 1;
        let (lines, answers) = split(stream);
        converse(lines, answers, mood, seen, false)?;
    }
    Some(())
}

/// Both ends of one encrypted stream, used in turns.
struct End(Arc<Mutex<StreamOwned<ServerConnection, TcpStream>>>);

fn split(stream: StreamOwned<ServerConnection, TcpStream>) -> (End, End) {
    let shared = Arc::new(Mutex::new(stream));
    (End(shared.clone()), End(shared))
}

impl Read for End {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().read(buffer)
    }
}

impl Write for End {
    fn write(&mut self, buffer: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(buffer)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.lock().unwrap().flush()
    }
}

/// True when the client asked for encryption.
fn converse(
    lines: impl Read,
    mut answers: impl Write,
    mood: Mood,
    seen: &Mutex<Seen>,
    offers_tls: bool,
) -> Option<bool> {
    let mut lines = BufReader::new(lines);
    let mut line = String::new();
    loop {
        line.clear();
        if lines.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let words = line.trim_end().to_owned();
        let command = words.split([' ', ':']).next().unwrap().to_uppercase();
        let answer = match command.as_str() {
            "EHLO" if offers_tls => "250-test\r\n250-STARTTLS\r\n250-8BITMIME\r\n250 AUTH PLAIN".to_owned(),
            "EHLO" => "250-test\r\n250-8BITMIME\r\n250 AUTH PLAIN".to_owned(),
            "STARTTLS" => {
                answers.write_all(b"220 go on\r\n").ok()?;
                return Some(true);
            }
            "AUTH" => {
                use base64::Engine;
                let given = words.rsplit(' ').next().unwrap();
                let plain = base64::engine::general_purpose::STANDARD.decode(given).unwrap_or_default();
                seen.lock().unwrap().logins.push(String::from_utf8_lossy(&plain).into_owned());
                if plain.ends_with(b"wrong") { "535 no".to_owned() } else { "235 welcome".to_owned() }
            }
            "RCPT" => {
                seen.lock().unwrap().recipients.push(words.clone());
                match mood {
                    Mood::Refuses(code) => format!("{code} {} is not known here", words.split(':').nth(1).unwrap()),
                    _ => "250 ok".to_owned(),
                }
            }
            "DATA" => {
                answers.write_all(b"354 go on\r\n").ok()?;
                let mail = data(&mut lines)?;
                seen.lock().unwrap().mails.push(mail);
                "250 taken".to_owned()
            }
            "QUIT" => {
                answers.write_all(b"221 bye\r\n").ok()?;
                return Some(false);
            }
            _ => "250 ok".to_owned(),
        };
        answers.write_all(format!("{answer}\r\n").as_bytes()).ok()?;
        answers.flush().ok()?;
    }
}

/// Up to the line with a single dot; doubled dots are undone.
fn data(lines: &mut impl BufRead) -> Option<String> {
    let mut mail = String::new();
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line == ".\r\n" {
            return Some(mail);
        }
        mail.push_str(line.strip_prefix('.').unwrap_or(&line));
    }
}
