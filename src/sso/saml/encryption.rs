//! Encrypted elements (W3C XML Encryption 1.1): a key of one use, encrypted for our key, that opens the content. Only what can be opened
//! safely is: RSA with OAEP, whose answer to a broken message is the same for each way in which it is broken (RSA 1.5 has Bleichenbacher's
//! attack), and AES-GCM, which knows that nobody changed the text. AES-CBC does not know it, and is opened only where a signature around it
//! was checked before (Jager and Somorovsky, How to Break XML Encryption, 2011).

use crate::sso::saml::Wrong;
use crate::sso::saml::own_key::OwnKey;
use crate::sso::saml::signature::bytes;
use crate::sso::saml::xml::{ENCRYPTION, Node, SIGNATURE};
use aes::{Aes128, Aes192, Aes256};
use aws_lc_rs::aead::{AES_128_GCM, AES_192_GCM, AES_256_GCM, Aad, Algorithm, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::rsa::{
    OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OAEP_SHA384_MGF1SHA384, OAEP_SHA512_MGF1SHA512, OaepAlgorithm,
};
use cbc::Decryptor;
use cbc::cipher::block_padding::NoPadding;
use cbc::cipher::{BlockCipherDecrypt, BlockModeDecrypt, KeyInit, KeyIvInit};

/// A provider that encrypts for several names one each; ours has one or two keys.
pub const MAX_ENCRYPTED_KEYS: usize = 4;
const ENC_11: &str = "http://www.w3.org/2009/xmlenc11#";
const GCM_NONCE: usize = 12;
const CBC_BLOCK: usize = 16;
/// The same words for everything that depends on the secret.
const CLOSED: Wrong = Wrong::Signature("encrypted for another key, or changed after it was encrypted");

enum Cipher {
    Gcm(&'static Algorithm),
    /// Bytes of its key.
    Cbc(usize),
}

/// The text of the one element that is encrypted in `around` (an EncryptedAssertion, an EncryptedID). `is_signed`: a known key signed what
/// it stands in.
pub fn opened(around: Node<'_>, keys: &[OwnKey], is_signed: bool) -> Result<String, Wrong> {
    if keys.is_empty() {
        return Err(Wrong::Form(
            "encrypted, but this server has no key: make one, or turn encryption off at the provider",
        ));
    }
    let data = around.only(ENCRYPTION, "EncryptedData", "no encrypted data, or two")?;
    let cipher = cipher(data)?;
    if matches!(cipher, Cipher::Cbc(_)) && !is_signed {
        return Err(Wrong::Form(
            "encrypted with AES-CBC inside a response that is not signed: sign both, or use AES-GCM",
        ));
    }
    let sealed = content(data)?;
    let key = one_use_key(around, data, keys)?;
    let plain = match cipher {
        Cipher::Gcm(algorithm) => open_gcm(algorithm, &key, &sealed),
        Cipher::Cbc(16) => open_cbc::<Aes128>(&key, &sealed),
        Cipher::Cbc(24) => open_cbc::<Aes192>(&key, &sealed),
        Cipher::Cbc(_) => open_cbc::<Aes256>(&key, &sealed),
    };
    plain.and_then(|plain| String::from_utf8(plain).ok()).ok_or(CLOSED)
}

fn cipher(data: Node<'_>) -> Result<Cipher, Wrong> {
    let name = method(data)?.attribute("Algorithm").unwrap_or_default();
    if let Some(name) = name.strip_prefix(ENC_11) {
        match name {
            "aes128-gcm" => return Ok(Cipher::Gcm(&AES_128_GCM)),
            "aes192-gcm" => return Ok(Cipher::Gcm(&AES_192_GCM)),
            "aes256-gcm" => return Ok(Cipher::Gcm(&AES_256_GCM)),
            _ => {}
        }
    }
    match name.strip_prefix(ENCRYPTION) {
        Some("aes128-cbc") => Ok(Cipher::Cbc(16)),
        Some("aes192-cbc") => Ok(Cipher::Cbc(24)),
        Some("aes256-cbc") => Ok(Cipher::Cbc(32)),
        _ => Err(Wrong::Form("encrypted by a cipher that is not allowed: use AES")),
    }
}

fn method(node: Node<'_>) -> Result<Node<'_>, Wrong> {
    node.only(ENCRYPTION, "EncryptionMethod", "encrypted by a method that is not named once")
}

fn content(node: Node<'_>) -> Result<Vec<u8>, Wrong> {
    // A reference to content elsewhere is none of ours to fetch.
    let data = node.only(ENCRYPTION, "CipherData", "no encrypted content")?;
    bytes(&data.only(ENCRYPTION, "CipherValue", "no encrypted content")?.text()?)
}

/// It stands in the data's words, or beside the data.
fn one_use_key(around: Node<'_>, data: Node<'_>, keys: &[OwnKey]) -> Result<Vec<u8>, Wrong> {
    let inside = data.maybe(SIGNATURE, "KeyInfo", "two words about the key")?;
    let mut all = inside.map(|info| info.children(ENCRYPTION, "EncryptedKey")).unwrap_or_default();
    all.extend(around.children(ENCRYPTION, "EncryptedKey"));
    if all.is_empty() || all.len() > MAX_ENCRYPTED_KEYS {
        return Err(Wrong::Form("encrypted for no key, or for too many"));
    }
    for found in all {
        let (method, sealed) = (method(found)?, content(found)?);
        let (algorithm, label) = (oaep(method)?, label(method)?);
        if let Some(key) = keys.iter().find_map(|key| key.open(algorithm, &sealed, label.as_deref())) {
            return Ok(key);
        }
    }
    Err(CLOSED)
}

fn label(method: Node<'_>) -> Result<Option<Vec<u8>>, Wrong> {
    let found = method.maybe(ENCRYPTION, "OAEPparams", "two labels of a key")?;
    found.map(|found| bytes(&found.text()?)).transpose()
}

/// Both hashes of OAEP must be one (xmlenc-core1 5.5.2): other pairs are rare, and no library opens them.
fn oaep(method: Node<'_>) -> Result<&'static OaepAlgorithm, Wrong> {
    let name = method.attribute("Algorithm").unwrap_or_default();
    let digest = method.maybe(SIGNATURE, "DigestMethod", "two digests of a key")?;
    let digest =
        digest.and_then(|digest| digest.attribute("Algorithm")).unwrap_or("http://www.w3.org/2000/09/xmldsig#sha1");
    let mask = if name == format!("{ENCRYPTION}rsa-oaep-mgf1p") {
        "mgf1sha1"
    } else if name.strip_prefix(ENC_11) == Some("rsa-oaep") {
        let mask = method.maybe(ENC_11, "MGF", "two masks of a key")?;
        let mask = mask.and_then(|mask| mask.attribute("Algorithm"));
        mask.map_or("mgf1sha1", |mask| mask.strip_prefix(ENC_11).unwrap_or_default())
    } else {
        return Err(Wrong::Form("a key that is not encrypted by RSA-OAEP"));
    };
    match (digest, mask) {
        ("http://www.w3.org/2000/09/xmldsig#sha1", "mgf1sha1") => Ok(&OAEP_SHA1_MGF1SHA1),
        ("http://www.w3.org/2001/04/xmlenc#sha256", "mgf1sha256") => Ok(&OAEP_SHA256_MGF1SHA256),
        ("http://www.w3.org/2001/04/xmldsig-more#sha384", "mgf1sha384") => Ok(&OAEP_SHA384_MGF1SHA384),
        ("http://www.w3.org/2001/04/xmlenc#sha512", "mgf1sha512") => Ok(&OAEP_SHA512_MGF1SHA512),
        _ => Err(Wrong::Form("RSA-OAEP with two different hashes")),
    }
}

/// Nonce, text, tag.
fn open_gcm(algorithm: &'static Algorithm, key: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let (nonce, text) = sealed.split_at_checked(GCM_NONCE)?;
    let key = LessSafeKey::new(UnboundKey::new(algorithm, key).ok()?);
    let mut text = text.to_vec();
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    let plain = key.open_in_place(nonce, Aad::empty(), &mut text).ok()?;
    Some(plain.to_vec())
}

/// First block, text; the last byte says how many of the last block are none of the text, and the others of those may be anything.
fn open_cbc<C: BlockCipherDecrypt + KeyInit>(key: &[u8], sealed: &[u8]) -> Option<Vec<u8>>
where
    Decryptor<C>: KeyIvInit + BlockModeDecrypt,
{
    let (first, text) = sealed.split_at_checked(CBC_BLOCK)?;
    let mut text = text.to_vec();
    let opener = Decryptor::<C>::new_from_slices(key, first).ok()?;
    let plain = opener.decrypt_padded::<NoPadding>(&mut text).ok()?;
    let padding = usize::from(*plain.last()?);
    let end = plain.len().checked_sub(padding).filter(|_| (1..=CBC_BLOCK).contains(&padding))?;
    plain.get(..end).map(<[u8]>::to_vec)
}
