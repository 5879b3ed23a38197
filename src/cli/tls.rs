//! The certificate with which TOW speaks HTTPS itself.

use super::Failure;
use crate::config::Runtime;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::path::Path;
use std::sync::Arc;

/// None when no certificate is configured: then a proxy speaks HTTPS, or nobody does. TLS 1.2 and 1.3 with ring's suites.
pub fn server_config(runtime: &Runtime) -> Result<Option<ServerConfig>, Failure> {
    let (Some(cert), Some(key)) = (&runtime.tls_cert, &runtime.tls_key) else { return Ok(None) };
    let chain = chain(cert)?;
    let private = PrivateKeyDer::from_pem_file(key)
        .map_err(|error| unusable("runtime.tls_key", key, &format!("holds no private key in PEM ({error})")))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Failure::Failed(error.to_string()))?;
    let config = builder.with_no_client_auth().with_single_cert(chain, private).map_err(|error| {
        unusable(
            "runtime.tls_key",
            key,
            &format!("cannot be used with the certificate in {} ({error})", cert.display()),
        )
    })?;
    Ok(Some(config))
}

fn chain(file: &Path) -> Result<Vec<CertificateDer<'static>>, Failure> {
    let wrong = |why: &dyn std::fmt::Display| {
        unusable("runtime.tls_cert", file, &format!("holds no certificate in PEM ({why})"))
    };
    let chain: Result<Vec<_>, _> = CertificateDer::pem_file_iter(file).map_err(|error| wrong(&error))?.collect();
    let chain = chain.map_err(|error| wrong(&error))?;
    if chain.is_empty() { Err(wrong(&"it has no such part")) } else { Ok(chain) }
}

fn unusable(key: &str, file: &Path, why: &str) -> Failure {
    Failure::Failed(format!("{key}: {} {why}. The server was not started.", file.display()))
}
