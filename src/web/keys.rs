//! Keys derived from APP_SECRET, one per purpose (HKDF-SHA256, RFC 5869), so that a value signed for one use is worth nothing
//! for another. The previous secret verifies, it never signs.

use crate::error::{Error, Result};
use crate::secret::Secret;
use crate::text_enum;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use cookie::{Cookie, CookieJar, Key};
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// Of XChaCha20.
const NONCE_BYTES: usize = 24;

text_enum!(
    /// What a key is for, each with the words from which its key is derived.
    Purpose {
        Session = "tow session cookie", Visit = "tow visit cookie", Flash = "tow flash cookie", Csrf = "tow csrf token",
        Download = "tow download link", SignOn = "tow oidc state", Kept = "tow kept form", Step = "tow sign-in step cookie",
        Fingerprint = "tow secret fingerprint", Backup = "tow backup manifest",
    }
);

/// One secret's keys.
#[derive(Clone)]
struct Ring(Vec<(Purpose, [u8; 64])>);

impl Ring {
    fn derive(secret: &Secret) -> Result<Self> {
        let hkdf = Hkdf::<Sha256>::new(Some(b"tow"), secret.reveal().as_bytes());
        let key = |purpose: &Purpose| {
            let mut key = [0; 64];
            hkdf.expand(purpose.as_str().as_bytes(), &mut key).map_err(Error::broken).map(|()| (*purpose, key))
        };
        Purpose::ALL.iter().map(key).collect::<Result<_>>().map(Ring)
    }

    /// There is one for each purpose; None would sign nothing and fit nothing.
    fn key(&self, purpose: Purpose) -> Option<&[u8; 64]> {
        self.0.iter().find(|(of, _)| *of == purpose).map(|(_, key)| key)
    }
}

#[derive(Clone)]
pub struct Keys {
    current: Ring,
    previous: Option<Ring>,
}

impl Keys {
    pub fn derive(secret: &Secret, previous: Option<&Secret>) -> Result<Self> {
        Ok(Keys { current: Ring::derive(secret)?, previous: previous.map(Ring::derive).transpose()? })
    }

    /// A cookie value that nobody else can make (cookie crate: HMAC-SHA256 before the value).
    pub fn sign(&self, purpose: Purpose, value: &str) -> String {
        let mut jar = CookieJar::new();
        let Some(key) = self.current.key(purpose) else { return String::new() };
        jar.signed_mut(&Key::from(key)).add(Cookie::new("v", value.to_owned()));
        jar.get("v").map(|cookie| cookie.value().to_owned()).unwrap_or_default()
    }

    /// The value, when this server (with the current or previous secret) signed it.
    pub fn verify(&self, purpose: Purpose, signed: &str) -> Option<String> {
        std::iter::once(&self.current).chain(&self.previous).find_map(|ring| {
            let jar = CookieJar::new();
            jar.signed(&Key::from(ring.key(purpose)?))
                .verify(Cookie::new("v", signed.to_owned()))
                .map(|cookie| cookie.value().to_owned())
        })
    }

    /// Encrypts for minutes, not for keeps (that is the vault's): `bound` must be given again to open it.
    pub fn seal(&self, purpose: Purpose, bound: &[u8], plain: &[u8]) -> Result<Vec<u8>> {
        let nonce = rand::random::<[u8; NONCE_BYTES]>();
        let payload = Payload { msg: plain, aad: bound };
        let sealed = cipher(&self.current, purpose)?.encrypt(&XNonce::from(nonce), payload).map_err(Error::broken)?;
        Ok([nonce.as_slice(), sealed.as_slice()].concat())
    }

    /// None when it was sealed for something else, by somebody else, or changed.
    pub fn open(&self, purpose: Purpose, bound: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, text) = sealed.split_first_chunk::<NONCE_BYTES>()?;
        std::iter::once(&self.current).chain(&self.previous).find_map(|ring| {
            let payload = Payload { msg: text, aad: bound };
            cipher(ring, purpose).ok()?.decrypt(&XNonce::from(*nonce), payload).ok()
        })
    }

    /// URL-safe HMAC-SHA256 of a text.
    pub fn mac(&self, purpose: Purpose, text: &str) -> String {
        mac(&self.current, purpose, text).unwrap_or_default()
    }

    /// The same with the previous secret; None when none is given.
    pub fn former_mac(&self, purpose: Purpose, text: &str) -> Option<String> {
        mac(self.previous.as_ref()?, purpose, text)
    }

    /// Constant-time comparison with `mac`, current or previous.
    pub fn mac_fits(&self, purpose: Purpose, text: &str, given: &str) -> bool {
        std::iter::once(&self.current)
            .chain(&self.previous)
            .filter_map(|ring| mac(ring, purpose, text))
            .any(|mac| mac.as_bytes().ct_eq(given.as_bytes()).into())
    }
}

fn cipher(ring: &Ring, purpose: Purpose) -> Result<XChaCha20Poly1305> {
    let key = ring.key(purpose).and_then(|key| key.first_chunk::<32>()).ok_or_else(|| Error::broken("short key"))?;
    XChaCha20Poly1305::new_from_slice(key).map_err(Error::broken)
}

fn mac(ring: &Ring, purpose: Purpose, text: &str) -> Option<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(ring.key(purpose)?).ok()?;
    mac.update(text.as_bytes());
    Some(URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}
