//! Values that must be read back but not lie open in the database or its backups: sealed with XChaCha20-Poly1305
//! (draft-irtf-cfrg-xchacha) under DATA_ENCRYPTION_KEY, which has nothing to do with APP_SECRET, so that changing the one cannot
//! lose the other. A sealed value names its key and fits only the row it was made for.

use crate::error::{Error, Result};
use crate::secret::Secret;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead, Generate, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use sha2::Sha256;
use uuid::Uuid;

const VERSION: &str = "v1";
/// What every sealed value begins with.
pub const SEALED_PREFIX: &str = "v1.";
/// Bytes of an XChaCha20 nonce.
const NONCE: usize = 24;

/// One key with its name: 8 hex digits derived from it, which tell keys apart and nothing about them.
#[derive(Clone)]
struct NamedKey {
    name: String,
    cipher: XChaCha20Poly1305,
}

/// Seals with the current key, opens with the current and the previous one.
#[derive(Clone, Default)]
pub struct Vault {
    current: Option<NamedKey>,
    previous: Option<NamedKey>,
}

impl NamedKey {
    fn derive(secret: &Secret) -> Result<Self> {
        let hkdf = Hkdf::<Sha256>::new(Some(b"tow vault"), secret.reveal().as_bytes());
        let (mut key, mut name) = ([0; 32], [0; 4]);
        hkdf.expand(b"key", &mut key).map_err(Error::broken)?;
        hkdf.expand(b"name", &mut name).map_err(Error::broken)?;
        let name = name.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(NamedKey { name, cipher: XChaCha20Poly1305::new(&Key::from(key)) })
    }
}

impl Vault {
    /// Without a key the server runs, and what needs one says so.
    pub fn new(key: Option<&Secret>, previous: Option<&Secret>) -> Result<Self> {
        let derive = |secret: Option<&Secret>| secret.map(NamedKey::derive).transpose();
        Ok(Vault { current: derive(key)?, previous: derive(previous)? })
    }

    pub fn is_ready(&self) -> bool {
        self.current.is_some()
    }

    /// The current key's name, for manifests and rotation; None without a key.
    pub fn key_name(&self) -> Option<&str> {
        self.current.as_ref().map(|key| key.name.as_str())
    }

    /// Whether the current or the previous key has this name.
    pub fn knows(&self, name: &str) -> bool {
        [&self.current, &self.previous].into_iter().flatten().any(|key| key.name == name)
    }

    /// `v1.KEY.VALUE`, which only the row `id` can open again. `Invalid` on the whole form when no key is set.
    pub fn seal(&self, id: Uuid, plain: &[u8]) -> Result<String> {
        let key = self.current.as_ref().ok_or_else(|| Error::invalid("", "problem-no-encryption-key"))?;
        let nonce = XNonce::generate();
        let payload = Payload { msg: plain, aad: id.as_bytes() };
        let sealed = key.cipher.encrypt(&nonce, payload).map_err(|_| Error::broken("a value could not be sealed"))?;
        let bytes = [nonce.as_slice(), &sealed].concat();
        Ok(format!("{VERSION}.{}.{}", key.name, URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// What `seal` was given. `Away` when the key it names is not set here; `Broken` when it is damaged or another row's.
    pub fn open(&self, id: Uuid, sealed: &str) -> Result<Vec<u8>> {
        let (name, text) = parts(sealed).ok_or_else(|| Error::broken("no sealed value"))?;
        let key =
            [&self.current, &self.previous].into_iter().flatten().find(|key| key.name == name).ok_or_else(|| {
                Error::Away(format!(
                    "a value is sealed with the key {name}; set DATA_ENCRYPTION_KEY (or _PREVIOUS) to it"
                ))
            })?;
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| Error::broken("a sealed value is damaged"))?;
        let (nonce, msg) = bytes.split_at_checked(NONCE).ok_or_else(|| Error::broken("a sealed value is too short"))?;
        let nonce = XNonce::try_from(nonce).map_err(Error::broken)?;
        key.cipher
            .decrypt(&nonce, Payload { msg, aad: id.as_bytes() })
            .map_err(|_| Error::broken("a sealed value does not open: damaged, or moved from another row"))
    }

    /// The same value under the current key; None when it is already.
    pub fn reseal(&self, id: Uuid, sealed: &str) -> Result<Option<String>> {
        match parts(sealed) {
            Some((name, _)) if Some(name) == self.key_name() => Ok(None),
            _ => Ok(Some(self.seal(id, &self.open(id, sealed)?)?)),
        }
    }
}

fn parts(sealed: &str) -> Option<(&str, &str)> {
    let mut pieces = sealed.splitn(3, '.');
    match (pieces.next(), pieces.next(), pieces.next()) {
        (Some(VERSION), Some(name), Some(text)) => Some((name, text)),
        _ => None,
    }
}
