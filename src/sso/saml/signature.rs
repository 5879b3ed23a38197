//! Signatures in XML (W3C xmldsig-core1), as SAML narrows them (saml-core 5.4): enveloped, one reference to the element they stand in,
//! exclusive canonical form. The key is one that an administrator entered; what the message says of keys is not read.

use crate::sso::saml::Wrong;
use crate::sso::saml::certificate::{Certificate, is_allowed};
use crate::sso::saml::xml::{EXCLUSIVE, Node, SIGNATURE, parse};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{Algorithm, SHA256, SHA384, SHA512, digest};

const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
/// Prefixes that a transform names; real ones name one or two.
const MAX_PREFIXES: usize = 16;

/// The text of the element that was signed, without its signature: whoever reads this reads nothing else than what the key vouched for.
pub fn signed(node: Node<'_>, keys: &[Certificate]) -> Result<String, Wrong> {
    let signature = node.only(SIGNATURE, "Signature", "no signature of its own, or two")?;
    let info = signature.only(SIGNATURE, "SignedInfo", "a signature of nothing")?;
    let method = info.only(SIGNATURE, "CanonicalizationMethod", "no canonical form")?;
    let told = info.canonical(&prefixes(method)?, None)?;
    let value = signature.only(SIGNATURE, "SignatureValue", "no value of a signature")?.text()?;
    let value = bytes(&value)?;
    // Read again from what was signed, and not from where it was found.
    let doc = parse(&told)?;
    let info = Node::root(&doc)?;
    let algorithm = of(info, "SignatureMethod")?;
    if !is_allowed(algorithm) {
        return Err(Wrong::Signature("signed by an algorithm that is not allowed, such as SHA-1"));
    }
    if !keys.iter().any(|key| key.verifies(algorithm, told.as_bytes(), &value)) {
        return Err(Wrong::Signature("signed by no key of this connection"));
    }
    if of(info, "CanonicalizationMethod")? != EXCLUSIVE {
        return Err(Wrong::Signature("a canonical form that is not the exclusive one"));
    }
    let reference = info.only(SIGNATURE, "Reference", "not one reference")?;
    let id = node.attribute("ID").filter(|id| !id.is_empty()).ok_or(Wrong::Form("an element without an ID"))?;
    if reference.attribute("URI").and_then(|uri| uri.strip_prefix('#')) != Some(id) {
        return Err(Wrong::Signature("a signature of another element than it stands in"));
    }
    let text = node.canonical(&transforms(reference)?, Some(signature))?;
    let wanted = bytes(&reference.only(SIGNATURE, "DigestValue", "no digest")?.text()?)?;
    let found = digest(hash(of(reference, "DigestMethod")?)?, text.as_bytes());
    match found.as_ref() == wanted.as_slice() {
        true => Ok(text),
        false => Err(Wrong::Signature("changed after it was signed")),
    }
}

/// What an element by its name says its algorithm is.
fn of<'d>(node: Node<'d>, name: &str) -> Result<&'d str, Wrong> {
    let found = node.only(SIGNATURE, name, "an algorithm that is not named once")?;
    found.attribute("Algorithm").ok_or(Wrong::Form("an algorithm without a name"))
}

/// Enveloped, then the exclusive form: nothing else may change what is read. The prefixes that the form keeps.
fn transforms(reference: Node<'_>) -> Result<Vec<&str>, Wrong> {
    let list = reference.only(SIGNATURE, "Transforms", "no transforms")?;
    let all = list.children(SIGNATURE, "Transform");
    let names: Vec<_> = all.iter().map(|node| node.attribute("Algorithm").unwrap_or_default()).collect();
    match (names.as_slice(), all.as_slice()) {
        ([ENVELOPED, EXCLUSIVE], [_, exclusive]) => prefixes(*exclusive),
        _ => Err(Wrong::Signature("transforms other than enveloped and exclusive")),
    }
}

fn prefixes(node: Node<'_>) -> Result<Vec<&str>, Wrong> {
    let found = node.maybe(EXCLUSIVE, "InclusiveNamespaces", "prefixes twice")?;
    let list: Vec<_> =
        found.and_then(|found| found.attribute("PrefixList")).unwrap_or_default().split_whitespace().collect();
    if list.len() > MAX_PREFIXES { Err(Wrong::Form("too many prefixes")) } else { Ok(list) }
}

fn hash(name: &str) -> Result<&'static Algorithm, Wrong> {
    match name {
        "http://www.w3.org/2001/04/xmlenc#sha256" => Ok(&SHA256),
        "http://www.w3.org/2001/04/xmldsig-more#sha384" => Ok(&SHA384),
        "http://www.w3.org/2001/04/xmlenc#sha512" => Ok(&SHA512),
        _ => Err(Wrong::Signature("a digest that is not allowed, such as SHA-1")),
    }
}

/// From base64, with or without white space.
pub fn bytes(text: &str) -> Result<Vec<u8>, Wrong> {
    let bare: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    STANDARD.decode(bare).map_err(|_| Wrong::Form("no base64 where it belongs"))
}
