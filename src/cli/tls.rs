//! The certificate with which TOW speaks HTTPS itself.

use super::Failure;
use crate::config::Runtime;
use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

/// A renewed certificate is in use this long after its files were changed, at the latest.
pub const RENEWED_WITHIN: Duration = Duration::from_secs(60);

/// None when no certificate is configured: then a proxy speaks HTTPS, or nobody does. TLS 1.2 and 1.3 with ring's suites.
pub fn server_config(runtime: &Runtime) -> Result<Option<ServerConfig>, Failure> {
    server_config_renewed(runtime, RENEWED_WITHIN)
}

/// As `server_config`; the files are looked at again so often.
pub fn server_config_renewed(runtime: &Runtime, every: Duration) -> Result<Option<ServerConfig>, Failure> {
    let (Some(cert), Some(key)) = (&runtime.tls_cert, &runtime.tls_key) else { return Ok(None) };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let pair = Pair { cert: cert.clone(), key: key.clone(), provider: provider.clone() };
    let stamps = pair.stamps();
    let own = pair.read().map_err(|why| Failure::Failed(format!("{why} The server was not started.")))?;
    let held = Mutex::new(Held { own, stamps, looked_at: Instant::now() });
    let builder = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Failure::Failed(error.to_string()))?;
    Ok(Some(builder.with_no_client_auth().with_cert_resolver(Arc::new(Renewed { pair, held, every }))))
}

/// The certificate of now: files that changed are read again at a handshake. A pair that cannot be used (half of it is written yet)
/// leaves the old one in place.
#[derive(Debug)]
struct Renewed {
    pair: Pair,
    held: Mutex<Held>,
    every: Duration,
}

#[derive(Debug)]
struct Held {
    own: Arc<CertifiedKey>,
    stamps: Stamps,
    looked_at: Instant,
}

/// When certificate and key were written; None for a file that cannot be looked at.
type Stamps = [Option<SystemTime>; 2];

impl ResolvesServerCert for Renewed {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if held.looked_at.elapsed() >= self.every {
            held.looked_at = Instant::now();
            let stamps = self.pair.stamps();
            if stamps != held.stamps {
                match self.pair.read() {
                    Ok(own) => {
                        (held.own, held.stamps) = (own, stamps);
                        tracing::info!(name = "tls.renewed", cert = %self.pair.cert.display(), "a renewed certificate is in use");
                    }
                    Err(why) => {
                        tracing::error!(name = "tls.not_renewed", why, "the certificate of before stays in use")
                    }
                }
            }
        }
        Some(held.own.clone())
    }
}

/// The two files.
#[derive(Debug)]
struct Pair {
    cert: PathBuf,
    key: PathBuf,
    provider: Arc<CryptoProvider>,
}

impl Pair {
    fn stamps(&self) -> Stamps {
        [&self.cert, &self.key].map(|file| std::fs::metadata(file).and_then(|found| found.modified()).ok())
    }

    /// Or what is wrong with which file, in words.
    fn read(&self) -> Result<Arc<CertifiedKey>, String> {
        let Pair { cert, key, provider } = self;
        let private = PrivateKeyDer::from_pem_file(key)
            .map_err(|error| unusable("runtime.tls_key", key, &format!("holds no private key in PEM ({error})")))?;
        let own = CertifiedKey::from_der(chain(cert)?, private, provider).map_err(|error| {
            let why = format!("cannot be used with the certificate in {} ({error})", cert.display());
            unusable("runtime.tls_key", key, &why)
        })?;
        Ok(Arc::new(own))
    }
}

fn chain(file: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let wrong = |why: &dyn std::fmt::Display| {
        unusable("runtime.tls_cert", file, &format!("holds no certificate in PEM ({why})"))
    };
    let chain: Result<Vec<_>, _> = CertificateDer::pem_file_iter(file).map_err(|error| wrong(&error))?.collect();
    let chain = chain.map_err(|error| wrong(&error))?;
    if chain.is_empty() { Err(wrong(&"it has no such part")) } else { Ok(chain) }
}

fn unusable(key: &str, file: &Path, why: &str) -> String {
    format!("{key}: {} {why}.", file.display())
}
