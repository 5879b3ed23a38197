//! Descriptions (saml-metadata): ours, for the provider's administrator; theirs, to be pasted.

use crate::sso::saml::Wrong;
use crate::sso::saml::certificate::{Certificate, MAX_CERTIFICATES};
use crate::sso::saml::xml::{METADATA, Node, PROTOCOL, SIGNATURE, parse};
use uppsala::XmlWriter;

/// Of one provider. A federation's list of thousands is none.
pub const MAX_METADATA_BYTES: usize = 256 * 1024;
const REDIRECT: &str = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect";
const POST: &str = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST";

/// What a provider says of itself, as far as it is needed. It is believed because an administrator pasted it: its own signature is not
/// looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata {
    pub issuer: String,
    /// Where people sign in, by redirect.
    pub sign_in: String,
    /// Where they sign out, by redirect; empty where it says none.
    pub sign_out: String,
    pub certificates: Vec<Certificate>,
}

impl Metadata {
    pub fn parse(text: &str) -> Result<Metadata, Wrong> {
        if text.len() > MAX_METADATA_BYTES {
            return Err(Wrong::Xml("longer than the description of one provider"));
        }
        // A comment says nothing here and hides nothing: some providers write one above.
        let text = without_comments(text);
        let doc = parse(&text)?;
        let root = Node::root(&doc)?;
        if !root.is(METADATA, "EntityDescriptor") {
            return Err(Wrong::Form("no description of one provider"));
        }
        let issuer = root.attribute("entityID").ok_or(Wrong::Form("a provider without an entity ID"))?.to_owned();
        let described = root.children(METADATA, "IDPSSODescriptor").into_iter().find(|node| {
            node.attribute("protocolSupportEnumeration")
                .unwrap_or_default()
                .split_whitespace()
                .any(|one| one == PROTOCOL)
        });
        let described = described.ok_or(Wrong::Form("no identity provider of SAML 2.0"))?;
        let door = |name: &str| {
            let all = described.children(METADATA, name).into_iter();
            let mut all = all.filter(|node| node.attribute("Binding") == Some(REDIRECT));
            all.find_map(|node| node.attribute("Location")).map(str::to_owned)
        };
        let sign_in = door("SingleSignOnService").ok_or(Wrong::Form("no address to sign in at by redirect"))?;
        let sign_out = door("SingleLogoutService").unwrap_or_default();
        Ok(Metadata { issuer, sign_in, sign_out, certificates: certificates(described)? })
    }
}

/// Those that sign: named so, or not named for one use.
fn certificates(described: Node<'_>) -> Result<Vec<Certificate>, Wrong> {
    let mut all: Vec<Certificate> = Vec::new();
    for key in described.children(METADATA, "KeyDescriptor") {
        if key.attribute("use").is_some_and(|used| used != "signing") {
            continue;
        }
        let info = key.only(SIGNATURE, "KeyInfo", "a key without its words")?;
        for data in info.children(SIGNATURE, "X509Data") {
            for node in data.children(SIGNATURE, "X509Certificate") {
                let found = Certificate::parse(&node.text()?).ok_or(Wrong::Form("a certificate that is none"))?;
                if !all.contains(&found) {
                    all.push(found);
                }
            }
        }
    }
    match all.len() {
        0 => Err(Wrong::Form("no certificate that signs")),
        1..=MAX_CERTIFICATES => Ok(all),
        _ => Err(Wrong::Form("too many certificates")),
    }
}

fn without_comments(text: &str) -> String {
    let (mut kept, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once("<!--") {
        kept.push_str(before);
        rest = after.split_once("-->").map(|(_, after)| after).unwrap_or_default();
    }
    kept + rest
}

/// What stands in our description.
pub struct Own<'a> {
    /// Our name: the address of this very description.
    pub entity: &'a str,
    /// Where answers and messages about leaving go.
    pub back_to: &'a str,
    /// Base64 of the DER: all that may sign, so that a provider knows the next one before it counts.
    pub certificates: &'a [String],
    /// What we ask is signed.
    pub signs: bool,
}

/// What a provider must know of us.
pub fn own_metadata(own: &Own<'_>) -> String {
    let mut xml = XmlWriter::new();
    xml.write_declaration();
    xml.start_element("md:EntityDescriptor", &[("xmlns:md", METADATA), ("entityID", own.entity)]);
    let described = [
        ("AuthnRequestsSigned", if own.signs { "true" } else { "false" }),
        ("WantAssertionsSigned", "true"),
        ("protocolSupportEnumeration", PROTOCOL),
    ];
    xml.start_element("md:SPSSODescriptor", &described);
    // For signing only: some providers begin to encrypt as soon as they read that they may, and not all do it in a way that is read
    // here. Who wants that gives them the certificate.
    for certificate in own.certificates {
        xml.start_element("md:KeyDescriptor", &[("use", "signing")]);
        xml.start_element("ds:KeyInfo", &[("xmlns:ds", SIGNATURE)]);
        xml.start_element("ds:X509Data", &[]);
        xml.start_element("ds:X509Certificate", &[]);
        xml.text(certificate);
        for name in ["ds:X509Certificate", "ds:X509Data", "ds:KeyInfo", "md:KeyDescriptor"] {
            xml.end_element(name);
        }
    }
    for binding in [REDIRECT, POST] {
        xml.empty_element("md:SingleLogoutService", &[("Binding", binding), ("Location", own.back_to)]);
    }
    for format in ["2.0:nameid-format:persistent", "1.1:nameid-format:emailAddress"] {
        xml.start_element("md:NameIDFormat", &[]);
        xml.text(&format!("urn:oasis:names:tc:SAML:{format}"));
        xml.end_element("md:NameIDFormat");
    }
    let door = [("Binding", POST), ("Location", own.back_to), ("index", "0"), ("isDefault", "true")];
    xml.empty_element("md:AssertionConsumerService", &door);
    xml.end_element("md:SPSSODescriptor");
    xml.end_element("md:EntityDescriptor");
    xml.into_string()
}
