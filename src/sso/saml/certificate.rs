//! The provider's certificates. Of each only its key counts, because an administrator entered it: whoever signed it and when it runs out
//! says nothing here (SAML V2.0 Metadata Interoperability Profile 2.6.1), but the page tells the day.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use chrono::{DateTime, Utc};
use ring::digest::{SHA256, digest};
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384,
    RSA_PKCS1_2048_8192_SHA512, UnparsedPublicKey, VerificationAlgorithm,
};
use x509_parser::certificate::X509Certificate;
use x509_parser::oid_registry::{OID_EC_P256, OID_KEY_TYPE_EC_PUBLIC_KEY, OID_NIST_EC_P384, OID_PKCS1_RSAENCRYPTION};
use x509_parser::prelude::FromDer;
use x509_parser::public_key::PublicKey;

/// Two while the provider changes its key; more while it changes all of its machines.
pub const MAX_CERTIFICATES: usize = 10;
/// A certificate is some two thousand bytes.
const MAX_DER_BYTES: usize = 16 * 1024;
/// NIST SP 800-131A: shorter ones are no longer allowed.
const MIN_RSA_BITS: usize = 2048;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Rsa,
    P256,
    P384,
}

/// One that an administrator entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// Base64 of the DER, in one line: as it is kept.
    pub text: String,
    /// SHA-256 of the DER in hex, apart by colons in pairs: to compare with the provider's page.
    pub fingerprint: String,
    pub runs_out_at: DateTime<Utc>,
    kind: Kind,
    key: Vec<u8>,
}

impl Certificate {
    /// All in a text: PEM blocks, or base64 apart by empty lines. None when one is no certificate whose key can be used (RSA of 2048
    /// bits and more, P-256, P-384).
    pub fn parse_all(text: &str) -> Option<Vec<Certificate>> {
        let mut all: Vec<Certificate> = Vec::new();
        for block in blocks(text) {
            let found = Certificate::parse(&block)?;
            if !all.contains(&found) {
                all.push(found);
            }
        }
        Some(all)
    }

    /// From base64 of its DER, with or without white space.
    pub fn parse(text: &str) -> Option<Certificate> {
        let bare: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        let der = STANDARD.decode(&bare).or_else(|_| STANDARD_NO_PAD.decode(&bare)).ok()?;
        if der.len() > MAX_DER_BYTES {
            return None;
        }
        let (rest, parsed) = X509Certificate::from_der(&der).ok()?;
        if !rest.is_empty() {
            return None;
        }
        let (kind, key) = key(&parsed)?;
        let runs_out_at = DateTime::from_timestamp(parsed.validity().not_after.timestamp(), 0)?;
        let pairs: Vec<String> = digest(&SHA256, &der).as_ref().iter().map(|byte| format!("{byte:02X}")).collect();
        Some(Certificate { text: STANDARD.encode(&der), fingerprint: pairs.join(":"), runs_out_at, kind, key })
    }

    /// For samples.
    pub fn sample() -> Self {
        let fingerprint = "9A:1F:03:CC:52:7E:B0:41:D8".to_owned();
        Certificate {
            text: String::new(),
            fingerprint,
            runs_out_at: DateTime::UNIX_EPOCH,
            kind: Kind::Rsa,
            key: Vec::new(),
        }
    }

    /// Of the fingerprint, as much as tells two apart.
    pub fn beginning(&self) -> &str {
        self.fingerprint.get(..23).unwrap_or_default()
    }

    /// Whether its key signed this by the algorithm of this name (RFC 9231); false for names that are not allowed.
    pub fn verifies(&self, algorithm: &str, message: &[u8], signature: &[u8]) -> bool {
        let found: Option<&dyn VerificationAlgorithm> = match (algorithm.strip_prefix(MORE), self.kind) {
            (Some("rsa-sha256"), Kind::Rsa) => Some(&RSA_PKCS1_2048_8192_SHA256),
            (Some("rsa-sha384"), Kind::Rsa) => Some(&RSA_PKCS1_2048_8192_SHA384),
            (Some("rsa-sha512"), Kind::Rsa) => Some(&RSA_PKCS1_2048_8192_SHA512),
            (Some("ecdsa-sha256"), Kind::P256) => Some(&ECDSA_P256_SHA256_FIXED),
            (Some("ecdsa-sha384"), Kind::P384) => Some(&ECDSA_P384_SHA384_FIXED),
            _ => None,
        };
        found.is_some_and(|found| UnparsedPublicKey::new(found, &self.key).verify(message, signature).is_ok())
    }
}

const MORE: &str = "http://www.w3.org/2001/04/xmldsig-more#";

/// Whether some key could have signed so: SHA-1 and keyed hashes are not among them.
pub fn is_allowed(algorithm: &str) -> bool {
    let known = ["rsa-sha256", "rsa-sha384", "rsa-sha512", "ecdsa-sha256", "ecdsa-sha384"];
    algorithm.strip_prefix(MORE).is_some_and(|name| known.contains(&name))
}

fn key(parsed: &X509Certificate<'_>) -> Option<(Kind, Vec<u8>)> {
    let info = parsed.public_key();
    let key = info.subject_public_key.data.to_vec();
    if info.algorithm.algorithm == OID_PKCS1_RSAENCRYPTION {
        let PublicKey::RSA(rsa) = info.parsed().ok()? else { return None };
        return (rsa.key_size() >= MIN_RSA_BITS).then_some((Kind::Rsa, key));
    }
    if info.algorithm.algorithm != OID_KEY_TYPE_EC_PUBLIC_KEY {
        return None;
    }
    let curve = info.algorithm.parameters.as_ref()?.as_oid().ok()?;
    match () {
        () if curve == OID_EC_P256 => Some((Kind::P256, key)),
        () if curve == OID_NIST_EC_P384 => Some((Kind::P384, key)),
        () => None,
    }
}

fn blocks(text: &str) -> Vec<String> {
    let (mut all, mut open) = (Vec::new(), String::new());
    for line in text.lines().map(str::trim) {
        if line.starts_with("-----") || line.is_empty() {
            all.push(std::mem::take(&mut open));
        } else {
            open.push_str(line);
        }
    }
    all.push(open);
    all.retain(|block| !block.is_empty());
    all
}
