//! HTTPS by the server itself.

use crate::harness::*;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;
use tow::cli::tls::{server_config, server_config_renewed};
use tow::config::{Runtime, load_text};

/// A certificate for localhost with its key.
fn pair(folder: &Path, name: &str) -> (PathBuf, PathBuf) {
    let (cert, key) = (folder.join(format!("{name}.pem")), folder.join(format!("{name}.key")));
    let words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost -addext basicConstraints=critical,CA:FALSE";
    let mut openssl = Command::new("openssl");
    openssl.args(words.split(' ')).arg("-out").arg(&cert).arg("-keyout").arg(&key);
    assert!(openssl.output().unwrap().status.success());
    (cert, key)
}

fn runtime(app: &App, cert: &Path, key: &Path) -> Runtime {
    let mut runtime = app.state().config.runtime.clone();
    (runtime.tls_cert, runtime.tls_key) = (Some(cert.to_owned()), Some(key.to_owned()));
    runtime
}

fn get(stream: &mut (impl Read + Write)) -> String {
    let _ = stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn with_a_certificate_it_speaks_https_and_nothing_else() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (cert, key) = pair(folder.path(), "own");
    let (data, cert_line, key_line) = (folder.path().display(), cert.display(), key.display());
    let yaml = format!(
        "runtime:\n  bind: {free}\n  public_app_url: https://localhost\n  data_dir: {data}\n  tls_cert: {cert_line}\n  tls_key: {key_line}\n"
    );
    let loaded = load_text(&yaml, &[("APP_SECRET", APP_SECRET)]).unwrap();
    let tls = server_config_renewed(&loaded.config.runtime, Duration::ZERO).ok().flatten().unwrap();
    // It serves until the tests end, so it must hold no database that others use: health asks none.
    let nowhere = tow::db::pool("postgres://nobody@127.0.0.1:1/none", 1, Duration::from_secs(1), 1000);
    let state = tow::app::state_with(&loaded, nowhere).unwrap().shared();
    std::thread::spawn(move || actix_web::rt::System::new().block_on(tow::app::serve(state, Some(tls))));
    let connect = || {
        (0..100).find_map(|_| {
            std::thread::sleep(Duration::from_millis(50));
            TcpStream::connect(free).ok()
        })
    };
    let answer = get(&mut trusting(&cert, connect().unwrap()));
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("ok"), "{answer}");
    assert!(!get(&mut connect().unwrap()).contains("200 OK"), "plain HTTP is not answered");

    // A renewal in two steps: between them the pair does not fit, and the old one stays in use.
    let (old, new) = (folder.path().join("old.pem"), pair(folder.path(), "new"));
    std::fs::copy(&cert, &old).unwrap();
    std::fs::copy(&new.0, &cert).unwrap();
    assert!(get(&mut trusting(&old, connect().unwrap())).starts_with("HTTP/1.1 200"));
    std::fs::copy(&new.1, &key).unwrap();
    assert!(get(&mut trusting(&new.0, connect().unwrap())).starts_with("HTTP/1.1 200"), "without a restart");
    assert!(!get(&mut trusting(&old, connect().unwrap())).contains("200 OK"));
}

/// A client that trusts this certificate and no other.
fn trusting(cert: &Path, stream: TcpStream) -> StreamOwned<ClientConnection, TcpStream> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(cert).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let client = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let client = Arc::new(client.with_root_certificates(roots).with_no_client_auth());
    StreamOwned::new(ClientConnection::new(client, ServerName::try_from("localhost").unwrap()).unwrap(), stream)
}

#[test]
fn a_certificate_that_cannot_be_used_is_named_with_its_key_before_anything_starts() {
    let app = App::new();
    let folder = tempfile::tempdir().unwrap();
    let (cert, key) = pair(folder.path(), "own");
    let (other, _) = pair(folder.path(), "other");
    let missing = folder.path().join("missing.pem");
    for (cert, key, told) in [
        (&missing, &key, "runtime.tls_cert"),
        (&key, &key, "no certificate in PEM"),
        (&cert, &cert, "no private key in PEM"),
        (&cert, &missing, "runtime.tls_key"),
        (&other, &key, "cannot be used with the certificate"),
    ] {
        let said = server_config(&runtime(&app, cert, key)).err().unwrap().to_string();
        assert!(said.contains(told) && said.contains(&folder.path().display().to_string()), "{said}");
    }
    assert!(server_config(&app.state().config.runtime).ok().unwrap().is_none());
}
