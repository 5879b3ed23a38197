//! The binding by redirect (saml-bindings 3.4): a message packed into the query of an address, with its signature beside it.

use crate::error::{Error, Result};
use crate::sso::saml::Wrong;
use crate::sso::saml::certificate::{Certificate, is_allowed};
use crate::sso::saml::own_key::{OwnKey, SIGNED_BY};
use crate::sso::saml::response::MAX_RESPONSE_BYTES;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use std::io::{Read, Write};
use url::Url;
use url::form_urlencoded::{Serializer, parse};

/// What a message is, by the name of its field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Request,
    Response,
}

impl Kind {
    pub fn field(self) -> &'static str {
        match self {
            Kind::Request => "SAMLRequest",
            Kind::Response => "SAMLResponse",
        }
    }
}

/// Where the browser goes with a message; `mark` comes back with the answer. Signed where there is a key.
pub fn address(to: &Url, kind: Kind, xml: &str, mark: Option<&str>, key: Option<&OwnKey>) -> Result<Url> {
    let mut packed = DeflateEncoder::new(Vec::new(), Compression::default());
    packed.write_all(xml.as_bytes()).map_err(Error::broken)?;
    let packed = packed.finish().map_err(Error::broken)?;
    let mut query = Serializer::new(String::new());
    query.append_pair(kind.field(), &STANDARD.encode(packed));
    if let Some(mark) = mark {
        query.append_pair("RelayState", mark);
    }
    let mut query = match key {
        None => query.finish(),
        Some(key) => {
            // What is signed is the query as it is written up to here, not what stood in the address before.
            let told = query.append_pair("SigAlg", SIGNED_BY).finish();
            let signature = STANDARD.encode(key.sign(told.as_bytes())?);
            Serializer::new(told).append_pair("Signature", &signature).finish()
        }
    };
    if let Some(before) = to.query().filter(|before| !before.is_empty()) {
        query = format!("{before}&{query}");
    }
    let mut url = to.clone();
    url.set_query(Some(&query));
    Ok(url)
}

/// A message that came so.
#[derive(Debug, Clone)]
pub struct Message {
    pub kind: Kind,
    pub xml: String,
    pub mark: Option<String>,
    /// Algorithm, value, and what they are of: the query as the sender wrote it.
    signature: Option<(String, Vec<u8>, String)>,
}

impl Message {
    /// From the query of an address.
    pub fn read(query: &str) -> std::result::Result<Message, Wrong> {
        let found = |name: &'static str| one(query, name);
        let (kind, packed) = match (found("SAMLRequest")?, found("SAMLResponse")?) {
            (Some(packed), None) => (Kind::Request, packed),
            (None, Some(packed)) => (Kind::Response, packed),
            _ => return Err(Wrong::Form("not one message")),
        };
        let mark = found("RelayState")?;
        let signature = match (found("SigAlg")?, found("Signature")?) {
            (Some(algorithm), Some(value)) => {
                let told: Vec<_> = [Some(&packed), mark.as_ref(), Some(&algorithm)]
                    .into_iter()
                    .flatten()
                    .map(|part| part.raw)
                    .collect();
                let value = STANDARD.decode(value.text.as_bytes());
                Some((algorithm.text, value.map_err(|_| Wrong::Form("a signature that is no base64"))?, told.join("&")))
            }
            (None, None) => None,
            _ => return Err(Wrong::Form("half of a signature")),
        };
        Ok(Message { kind, xml: unpack(&packed.text)?, mark: mark.map(|mark| mark.text), signature })
    }

    /// By one of these keys.
    pub fn check(&self, keys: &[Certificate]) -> std::result::Result<(), Wrong> {
        let Some((algorithm, value, told)) = &self.signature else {
            return Err(Wrong::Signature("not signed"));
        };
        if !is_allowed(algorithm) {
            return Err(Wrong::Signature("signed by an algorithm that is not allowed, such as SHA-1"));
        }
        match keys.iter().any(|key| key.verifies(algorithm, told.as_bytes(), value)) {
            true => Ok(()),
            false => Err(Wrong::Signature("signed by no key of this connection")),
        }
    }
}

struct Part<'a> {
    /// `name=value` as it stands in the address.
    raw: &'a str,
    text: String,
}

/// Two of one name are wrong: who signs and who reads might take another one.
fn one<'a>(query: &'a str, name: &str) -> std::result::Result<Option<Part<'a>>, Wrong> {
    let named = |part: &&str| parse(part.as_bytes()).next().is_some_and(|(own, _)| own == name);
    let mut all = query.split('&').filter(named);
    let Some(raw) = all.next() else { return Ok(None) };
    if all.next().is_some() {
        return Err(Wrong::Form("a field twice"));
    }
    let text = parse(raw.as_bytes()).next().map(|(_, value)| value.into_owned()).unwrap_or_default();
    Ok(Some(Part { raw, text }))
}

fn unpack(text: &str) -> std::result::Result<String, Wrong> {
    const ODD: Wrong = Wrong::Xml("not packed as a redirect wants it");
    let packed = STANDARD.decode(text).map_err(|_| ODD)?;
    let limit = u64::try_from(MAX_RESPONSE_BYTES).unwrap_or(u64::MAX);
    let mut xml = String::new();
    DeflateDecoder::new(packed.as_slice()).take(limit + 1).read_to_string(&mut xml).map_err(|_| ODD)?;
    if xml.len() > MAX_RESPONSE_BYTES { Err(Wrong::Xml("longer than any real one")) } else { Ok(xml) }
}
