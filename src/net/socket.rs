//! The way out for what is no HTTP: a log server's line. The same fence as for HTTP: encrypted and to public addresses only, unless
//! `security.outbound_allowed_hosts` names the host; the address that was checked is the one connected to.

use crate::config::Security;
use crate::net::{CONNECT_SECONDS, Fault, Fence, TIMEOUT_SECONDS, plain};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream, ToSocketAddrs, UdpSocket};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long the other side may take to say that it has read everything (it closes too), whatever it sends meanwhile. One that does
/// not close in this time is believed.
pub const CLOSE_SECONDS: u64 = 3;

/// A host and port in somebody's words, not yet resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub host: String,
    pub port: u16,
}

impl Line {
    /// `host:port`, `[::1]:514`; without a port the given one. None for what is no host.
    pub fn parse(text: &str, default_port: u16) -> Option<Line> {
        let text = text.trim();
        let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((host, rest)) => (format!("[{host}]"), rest.strip_prefix(':')),
            None => match text.rsplit_once(':') {
                Some((host, port)) => (host.to_owned(), Some(port)),
                None => (text.to_owned(), None),
            },
        };
        let port = match port {
            Some(port) => port.parse().ok().filter(|port| *port > 0)?,
            None => default_port,
        };
        let host = url::Host::parse(&host).ok()?.to_string();
        Some(Line { host, port })
    }

    fn plain(&self) -> String {
        plain(&self.host)
    }

    /// Whether it may be used at all, before anything is resolved.
    pub fn check(&self, security: &Security, is_encrypted: bool) -> Result<(), Fault> {
        Fence::of(security).check(&self.host, is_encrypted)
    }

    fn resolve(&self, security: &Security) -> Result<Vec<SocketAddr>, Fault> {
        let host = self.plain();
        let found =
            (host.as_str(), self.port).to_socket_addrs().map_err(|error| Fault::Away(format!("{host}: {error}")))?;
        Fence::of(security).fit(&host, &found.collect::<Vec<_>>())
    }

    fn away(&self, error: impl std::fmt::Display) -> Fault {
        Fault::Away(format!("{}:{}: {error}", self.host, self.port))
    }

    fn connect(&self, security: &Security) -> Result<TcpStream, Fault> {
        let mut last = None;
        for address in self.resolve(security)? {
            match TcpStream::connect_timeout(&address, Duration::from_secs(CONNECT_SECONDS)) {
                Ok(stream) => {
                    let patience = Some(Duration::from_secs(TIMEOUT_SECONDS));
                    stream
                        .set_write_timeout(patience)
                        .and_then(|()| stream.set_read_timeout(patience))
                        .map_err(|error| self.away(error))?;
                    return Ok(stream);
                }
                Err(error) => last = Some(error),
            }
        }
        Err(last.map_or_else(|| self.away("no address"), |error| self.away(error)))
    }

    /// Sends everything over one connection, and waits until the other side has closed it too: what it had not read by then comes
    /// back as a reset, and is an error.
    pub fn send_tcp(&self, security: &Security, bytes: &[u8]) -> Result<(), Fault> {
        self.check(security, false)?;
        let mut stream = self.connect(security)?;
        stream.write_all(bytes).map_err(|error| self.away(error))?;
        self.close(&mut stream)
    }

    /// As `send_tcp`, encrypted; the certificate must fit the host.
    pub fn send_tls(&self, security: &Security, bytes: &[u8]) -> Result<(), Fault> {
        self.check(security, true)?;
        let name = ServerName::try_from(self.plain()).map_err(|error| self.away(error))?;
        let client = ClientConnection::new(trust(security)?, name).map_err(|error| self.away(error))?;
        let mut stream = StreamOwned::new(client, self.connect(security)?);
        stream.write_all(bytes).and_then(|()| stream.flush()).map_err(|error| self.away(error))?;
        stream.conn.send_close_notify();
        stream.flush().map_err(|error| self.away(error))?;
        self.close(&mut stream.sock)
    }

    /// Each piece as a datagram of its own; nobody says whether it arrived.
    pub fn send_udp(&self, security: &Security, pieces: &[Vec<u8>]) -> Result<(), Fault> {
        self.check(security, false)?;
        let to = self.resolve(security)?.into_iter().next().ok_or_else(|| self.away("no address"))?;
        let from = if to.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
        let socket = UdpSocket::bind(from)
            .and_then(|socket| socket.connect(to).map(|()| socket))
            .map_err(|error| self.away(error))?;
        pieces.iter().try_for_each(|piece| socket.send(piece).map(drop)).map_err(|error| self.away(error))
    }

    fn close(&self, stream: &mut TcpStream) -> Result<(), Fault> {
        stream.shutdown(Shutdown::Write).map_err(|error| self.away(error))?;
        let until = Instant::now() + Duration::from_secs(CLOSE_SECONDS);
        let mut rest = [0; 1024];
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            stream.set_read_timeout(Some(left)).map_err(|error| self.away(error))?;
            match stream.read(&mut rest) {
                Ok(0) => return Ok(()),
                Ok(_) => {}
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(self.away(error)),
            }
        }
    }
}

/// The machine's authorities, and those of `additional_ca_certificates`.
fn trust(security: &Security) -> Result<Arc<ClientConfig>, Fault> {
    let away = |error: &dyn std::fmt::Display| Fault::Away(format!("no certificates to compare with: {error}"));
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    for path in &security.additional_ca_certificates {
        for certificate in CertificateDer::pem_file_iter(path).map_err(|error| away(&error))? {
            roots.add(certificate.map_err(|error| away(&error))?).map_err(|error| away(&error))?;
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    Ok(Arc::new(builder.map_err(|error| away(&error))?.with_root_certificates(roots).with_no_client_auth()))
}
