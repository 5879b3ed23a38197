//! This server's own key: it signs what is asked of providers, and opens what they encrypted for it. All of its RSA is AWS-LC's, which
//! takes the same time whatever the secret is: whoever sends something to be opened learns nothing by the clock.

use crate::error::{Error, Result};
use crate::secret::Secret;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, OaepAlgorithm, OaepPrivateDecryptingKey, PrivateDecryptingKey};
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Datelike, Utc};
use rcgen::{CertificateParams, DistinguishedName, DnType, PKCS_RSA_SHA256, RsaKeySize};

/// Providers look at the key and not at the day, but some warn of it: a change is the administrator's decision, not a deadline.
const CERTIFICATE_YEARS: i32 = 10;
/// Of what `sign` makes (RFC 9231).
pub const SIGNED_BY: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";

pub struct OwnKey {
    /// Base64 of the DER.
    pub certificate: String,
    signer: KeyPair,
    opener: OaepPrivateDecryptingKey,
}

/// A new RSA key of 3,072 bits (NIST SP 800-57 Part 1: good beyond 2030): the private one as base64 of its PKCS #8, and its certificate,
/// signed by itself, as base64 of the DER.
pub fn generate(name: &str, now: DateTime<Utc>) -> Result<(Secret, String)> {
    let key = rcgen::KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_3072).map_err(Error::broken)?;
    let mut words = CertificateParams::default();
    words.distinguished_name = DistinguishedName::new();
    words.distinguished_name.push(DnType::CommonName, name);
    // By the first of the month: every month has one, ten years from now too.
    let month = u8::try_from(now.month()).map_err(Error::broken)?;
    words.not_before = rcgen::date_time_ymd(now.year(), month, 1);
    words.not_after = rcgen::date_time_ymd(now.year() + CERTIFICATE_YEARS, month, 1);
    let certificate = words.self_signed(&key).map_err(Error::broken)?;
    Ok((Secret::new(STANDARD.encode(key.serialize_der())), STANDARD.encode(certificate.der())))
}

impl OwnKey {
    pub fn new(private: &Secret, certificate: String) -> Result<OwnKey> {
        let der = STANDARD.decode(private.reveal()).map_err(Error::broken)?;
        let opener = PrivateDecryptingKey::from_pkcs8(&der).map_err(Error::broken)?;
        Ok(OwnKey {
            certificate,
            signer: KeyPair::from_pkcs8(&der).map_err(Error::broken)?,
            opener: OaepPrivateDecryptingKey::new(opener).map_err(Error::broken)?,
        })
    }

    /// By RSA with SHA-256 (`SIGNED_BY`).
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
        let mut signature = vec![0; self.signer.public_modulus_len()];
        self.signer.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).map_err(Error::broken)?;
        Ok(signature)
    }

    /// None for what was not encrypted for this key, in this way.
    pub fn open(&self, algorithm: &'static OaepAlgorithm, sealed: &[u8], label: Option<&[u8]>) -> Option<Vec<u8>> {
        if sealed.len() != self.opener.key_size_bytes() {
            return None;
        }
        let mut plain = vec![0; self.opener.min_output_size()];
        self.opener.decrypt(algorithm, sealed, &mut plain, label).ok().map(|plain| plain.to_vec())
    }
}
