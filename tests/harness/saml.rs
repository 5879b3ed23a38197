//! A SAML provider of our own, as honest or hostile as a test wants it. It writes XML in its canonical form by hand and signs that, so
//! that what reads it is not what wrote it.

use super::{ADA, Answer, App, Client};
use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::rsa::{OAEP_SHA1_MGF1SHA1, OaepAlgorithm, OaepPublicEncryptingKey, PublicEncryptingKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cbc::cipher::block_padding::NoPadding;
use cbc::cipher::{BlockModeEncrypt, KeyIvInit};
use chrono::{DateTime, Duration, SecondsFormat, Utc};
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RsaKeyPair, UnparsedPublicKey};
use sha2::{Digest, Sha256};
use std::io::{Read, Write};
use std::process::Command;
use std::sync::LazyLock;
use tow::sso::{ClaimNames, Connection, ConnectionId, Draft, Protocol, SamlDraft, ServerKey, ServerKeyId};
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;

pub const ENTITY: &str = "https://id.halden.example/saml";
pub const SAML: &str = "/sign-on/saml";
const SIGN_IN: &str = "https://id.halden.example/sso?tenant=1";
const ENC: &str = "http://www.w3.org/2001/04/xmlenc#";
const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";

struct Keys {
    key: RsaKeyPair,
    certificate: String,
}

/// Three: its own, the next one, and a stranger's.
static KEYS: LazyLock<Vec<Keys>> = LazyLock::new(|| (0..3).map(|_| make()).collect());

/// A certificate over a key that openssl makes by these words; and where the key lies.
fn issue(words: &[&str], dir: &std::path::Path) -> (std::path::PathBuf, String) {
    let (key, certificate) = (dir.join("key.pem"), dir.join("cert.pem"));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-nodes", "-days", "3650", "-subj", "/CN=id.halden.example"])
        .args(words)
        .arg("-keyout")
        .arg(&key)
        .arg("-out")
        .arg(&certificate)
        .output()
        .expect("openssl did not run");
    assert!(made.status.success(), "{made:?}");
    (key, std::fs::read_to_string(certificate).unwrap())
}

/// PEM.
pub fn new_certificate(words: &[&str]) -> String {
    issue(words, tempfile::tempdir().unwrap().path()).1
}

fn make() -> Keys {
    let dir = tempfile::tempdir().unwrap();
    let (key, certificate) = issue(&["-newkey", "rsa:2048"], dir.path());
    let der =
        Command::new("openssl").args(["pkcs8", "-topk8", "-nocrypt", "-outform", "DER", "-in"]).arg(&key).output();
    let key = RsaKeyPair::from_pkcs8(&der.unwrap().stdout).unwrap();
    Keys { key, certificate }
}

/// The certificate of this number, as PEM.
pub fn pem_certificate(number: usize) -> String {
    KEYS[number].certificate.clone()
}

/// Its base64 in one line.
pub fn bare_certificate(number: usize) -> String {
    tow::sso::Certificate::parse_all(&pem_certificate(number)).unwrap()[0].text.clone()
}

/// As the provider describes itself, with the keys of these numbers.
pub fn metadata(keys: &[usize]) -> String {
    let keys: String = keys
        .iter()
        .map(|number| {
            let text = bare_certificate(*number);
            format!(
                r#"<md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>{text}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"#
            )
        })
        .collect();
    format!(
        r#"<?xml version="1.0"?><!-- made by hand --><md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{ENTITY}"><md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">{keys}<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://id.halden.example/sso"/></md:IDPSSODescriptor></md:EntityDescriptor>"#
    )
}

/// An assertion, honest until a test bends it.
#[derive(Clone)]
pub struct Assertion {
    pub id: String,
    pub issuer: String,
    pub audience: String,
    pub recipient: String,
    pub in_response_to: Option<String>,
    pub name_id: String,
    pub format: String,
    pub made_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub authenticated_at: DateTime<Utc>,
    pub class: String,
    pub attributes: Vec<(String, Vec<String>)>,
    /// Between the conditions.
    pub condition: String,
    /// Before its end.
    pub more: String,
}

impl Assertion {
    pub fn new(app: &App) -> Assertion {
        let now = app.state().clock.now();
        let values = [("email", "wren@halden.example"), ("firstName", "Wren"), ("lastName", "Aldous")];
        Assertion {
            id: format!("_{}", uuid::Uuid::new_v4().simple()),
            issuer: ENTITY.to_owned(),
            audience: here(app, "/sign-on/saml/metadata"),
            recipient: here(app, SAML),
            in_response_to: None,
            name_id: "248289761001".to_owned(),
            format: "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent".to_owned(),
            made_at: now,
            ends_at: now + Duration::minutes(5),
            authenticated_at: now,
            class: "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport".to_owned(),
            attributes: values.map(|(name, value)| (name.to_owned(), vec![value.to_owned()])).to_vec(),
            condition: String::new(),
            more: String::new(),
        }
    }

    /// To what a browser was sent away with.
    pub fn answering(app: &App, asked: &Question) -> Assertion {
        Assertion { in_response_to: Some(asked.id.clone()), ..Assertion::new(app) }
    }

    pub fn attribute(&mut self, name: &str, values: &[&str]) {
        self.attributes.retain(|(own, _)| own != name);
        self.attributes.push((name.to_owned(), values.iter().map(|value| (*value).to_owned()).collect()));
    }

    /// In canonical form.
    pub fn xml(&self) -> String {
        let to = self.in_response_to.as_ref().map(|id| format!(r#" InResponseTo="{id}""#)).unwrap_or_default();
        let attributes: String = self
            .attributes
            .iter()
            .map(|(name, values)| {
                let values: String =
                    values.iter().map(|value| format!("<saml:AttributeValue>{value}</saml:AttributeValue>")).collect();
                format!(r#"<saml:Attribute Name="{name}">{values}</saml:Attribute>"#)
            })
            .collect();
        format!(
            r#"<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="{id}" IssueInstant="{made}" Version="2.0"><saml:Issuer>{issuer}</saml:Issuer><saml:Subject><saml:NameID Format="{format}">{name}</saml:NameID><saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData{to} NotOnOrAfter="{ends}" Recipient="{recipient}"></saml:SubjectConfirmationData></saml:SubjectConfirmation></saml:Subject><saml:Conditions NotBefore="{made}" NotOnOrAfter="{ends}"><saml:AudienceRestriction><saml:Audience>{audience}</saml:Audience></saml:AudienceRestriction>{condition}</saml:Conditions><saml:AuthnStatement AuthnInstant="{authenticated}" SessionIndex="{id}"><saml:AuthnContext><saml:AuthnContextClassRef>{class}</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement><saml:AttributeStatement>{attributes}</saml:AttributeStatement>{more}</saml:Assertion>"#,
            id = self.id,
            made = time(self.made_at),
            issuer = self.issuer,
            format = self.format,
            name = self.name_id,
            ends = time(self.ends_at),
            recipient = self.recipient,
            audience = self.audience,
            condition = self.condition,
            authenticated = time(self.authenticated_at),
            class = self.class,
            more = self.more,
        )
    }

    /// Signed by the key of this number.
    pub fn signed(&self, key: usize) -> String {
        sign(&self.xml(), &self.id, &How { key, ..How::default() })
    }
}

/// How something is signed.
pub struct How {
    pub key: usize,
    pub algorithm: &'static str,
    pub digest: &'static str,
    pub canonical: &'static str,
    pub transforms: Vec<&'static str>,
    pub key_info: String,
}

impl Default for How {
    fn default() -> Self {
        How {
            key: 0,
            algorithm: "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
            digest: "http://www.w3.org/2001/04/xmlenc#sha256",
            canonical: EXCLUSIVE,
            transforms: vec!["http://www.w3.org/2000/09/xmldsig#enveloped-signature", EXCLUSIVE],
            key_info: String::new(),
        }
    }
}

/// Puts a signature of a canonical text behind its first issuer.
pub fn sign(text: &str, id: &str, how: &How) -> String {
    let (before, after) = text.split_once("</saml:Issuer>").unwrap();
    format!("{before}</saml:Issuer>{}{after}", signature(text, id, how))
}

pub fn signature(text: &str, id: &str, how: &How) -> String {
    let digest = STANDARD.encode(Sha256::digest(text.as_bytes()));
    let transforms: String =
        how.transforms.iter().map(|name| format!(r#"<ds:Transform Algorithm="{name}"></ds:Transform>"#)).collect();
    let info = |declared: &str| {
        format!(
            r##"<ds:SignedInfo{declared}><ds:CanonicalizationMethod Algorithm="{}"></ds:CanonicalizationMethod><ds:SignatureMethod Algorithm="{}"></ds:SignatureMethod><ds:Reference URI="#{id}"><ds:Transforms>{transforms}</ds:Transforms><ds:DigestMethod Algorithm="{}"></ds:DigestMethod><ds:DigestValue>{digest}</ds:DigestValue></ds:Reference></ds:SignedInfo>"##,
            how.canonical, how.algorithm, how.digest
        )
    };
    let told = info(r#" xmlns:ds="http://www.w3.org/2000/09/xmldsig#""#);
    let key = &KEYS[how.key].key;
    let mut value = vec![0; key.public().modulus_len()];
    let algorithm: &'static dyn ring::signature::RsaEncoding =
        if how.algorithm.ends_with("sha384") { &RSA_PKCS1_SHA384 } else { &RSA_PKCS1_SHA256 };
    key.sign(algorithm, &SystemRandom::new(), told.as_bytes(), &mut value).unwrap();
    format!(
        r#"<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#">{}<ds:SignatureValue>{}</ds:SignatureValue>{}</ds:Signature>"#,
        info(""),
        STANDARD.encode(value),
        how.key_info
    )
}

/// An answer around assertions, in canonical form, not signed itself.
pub fn response(app: &App, request: Option<&str>, inside: &str) -> String {
    let now = time(app.state().clock.now());
    let request = request.map(|id| format!(r#" InResponseTo="{id}""#)).unwrap_or_default();
    format!(
        r#"<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" Destination="{to}" ID="_r{id}"{request} IssueInstant="{now}" Version="2.0"><saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">{ENTITY}</saml:Issuer><samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"></samlp:StatusCode></samlp:Status>{inside}</samlp:Response>"#,
        to = here(app, SAML),
        id = uuid::Uuid::new_v4().simple(),
    )
}

/// How something is encrypted.
#[derive(Clone)]
pub struct Sealing {
    pub cipher: &'static str,
    pub transport: &'static str,
    /// Of the transport, beside its algorithm.
    pub words: String,
    pub oaep: &'static OaepAlgorithm,
    /// How often the key of one use stands there.
    pub keys: usize,
    /// The keys stand beside the data and not in its words.
    pub is_beside: bool,
}

impl Default for Sealing {
    fn default() -> Self {
        Sealing {
            cipher: "http://www.w3.org/2009/xmlenc11#aes256-gcm",
            transport: "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p",
            words: String::new(),
            oaep: &OAEP_SHA1_MGF1SHA1,
            keys: 1,
            is_beside: false,
        }
    }
}

/// An assertion encrypted for a certificate (base64 of its DER), in canonical form.
pub fn encrypt(text: &str, certificate: &str, how: &Sealing) -> String {
    let der = STANDARD.decode(certificate).unwrap();
    let (_, parsed) = X509Certificate::from_der(&der).unwrap();
    let public = PublicEncryptingKey::from_der(parsed.public_key().raw).unwrap();
    let public = OaepPublicEncryptingKey::new(public).unwrap();
    let size = if how.cipher.contains("128") { 16 } else { 32 };
    let key: Vec<u8> = (0..size).map(|byte| byte as u8 ^ 0x5a).collect();
    let mut sealed = vec![0; public.ciphertext_size()];
    public.encrypt(how.oaep, &key, &mut sealed, None).unwrap();
    // Canonical text declares a prefix once.
    let declared = if how.is_beside { format!(r#" xmlns:xenc="{ENC}""#) } else { String::new() };
    let one = format!(
        r#"<xenc:EncryptedKey{declared}><xenc:EncryptionMethod Algorithm="{}">{}</xenc:EncryptionMethod><xenc:CipherData><xenc:CipherValue>{}</xenc:CipherValue></xenc:CipherData></xenc:EncryptedKey>"#,
        how.transport,
        how.words,
        STANDARD.encode(sealed)
    );
    let keys = one.repeat(how.keys);
    let (inside, beside) = if how.is_beside { (String::new(), keys) } else { (keys, String::new()) };
    format!(
        r#"<saml:EncryptedAssertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"><xenc:EncryptedData xmlns:xenc="{ENC}" Type="{ENC}Element"><xenc:EncryptionMethod Algorithm="{}"></xenc:EncryptionMethod><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#">{inside}</ds:KeyInfo><xenc:CipherData><xenc:CipherValue>{}</xenc:CipherValue></xenc:CipherData></xenc:EncryptedData>{beside}</saml:EncryptedAssertion>"#,
        how.cipher,
        STANDARD.encode(seal(text, &key, how.cipher.ends_with("cbc")))
    )
}

fn seal(text: &str, key: &[u8], is_cbc: bool) -> Vec<u8> {
    if !is_cbc {
        let algorithm = if key.len() == 16 { &AES_128_GCM } else { &AES_256_GCM };
        let key = LessSafeKey::new(UnboundKey::new(algorithm, key).unwrap());
        let mut sealed = text.as_bytes().to_vec();
        key.seal_in_place_append_tag(Nonce::assume_unique_for_key([7; 12]), Aad::empty(), &mut sealed).unwrap();
        return [vec![7; 12], sealed].concat();
    }
    // As XML Encryption pads: only the last byte says something.
    let padding = 16 - text.len() % 16;
    let mut padded = text.as_bytes().to_vec();
    padded.extend(std::iter::repeat_n(0xee, padding - 1));
    padded.push(u8::try_from(padding).unwrap());
    let length = padded.len();
    let first = [9; 16];
    match key.len() {
        16 => cbc::Encryptor::<aes::Aes128>::new_from_slices(key, &first)
            .unwrap()
            .encrypt_padded::<NoPadding>(&mut padded, length)
            .unwrap(),
        _ => cbc::Encryptor::<aes::Aes256>::new_from_slices(key, &first)
            .unwrap()
            .encrypt_padded::<NoPadding>(&mut padded, length)
            .unwrap(),
    };
    [first.to_vec(), padded].concat()
}

/// A message as a redirect carries it, signed beside by the key of this number; None: not signed.
pub fn redirected(field: &str, xml: &str, mark: &str, key: Option<usize>) -> String {
    redirected_by("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", field, xml, mark, key)
}

/// The same, saying that it was signed by this algorithm.
pub fn redirected_by(algorithm: &str, field: &str, xml: &str, mark: &str, key: Option<usize>) -> String {
    let mut packed = DeflateEncoder::new(Vec::new(), Compression::default());
    packed.write_all(xml.as_bytes()).unwrap();
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair(field, &STANDARD.encode(packed.finish().unwrap())).append_pair("RelayState", mark);
    let Some(number) = key else { return query.finish() };
    let told = query.append_pair("SigAlg", algorithm).finish();
    let key = &KEYS[number].key;
    let mut value = vec![0; key.public().modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), told.as_bytes(), &mut value).unwrap();
    let value = url::form_urlencoded::byte_serialize(STANDARD.encode(value).as_bytes()).collect::<String>();
    format!("{told}&Signature={value}")
}

/// Whether the query of an address is signed by the key in a certificate (base64 of its DER).
pub fn is_signed_by(address: &url::Url, certificate: &str) -> bool {
    let query = address.query().unwrap();
    let from = query.find("SAMLRe").unwrap();
    let Some((told, value)) = query[from..].split_once("&Signature=") else { return false };
    let value = url::form_urlencoded::parse(format!("x={value}").as_bytes()).next().unwrap().1.into_owned();
    let der = STANDARD.decode(certificate).unwrap();
    let (_, parsed) = X509Certificate::from_der(&der).unwrap();
    let key = &parsed.public_key().subject_public_key.data;
    let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key);
    told.contains("&SigAlg=") && key.verify(told.as_bytes(), &STANDARD.decode(value).unwrap()).is_ok()
}

/// A request of the provider that somebody leaves, in canonical form.
pub fn logout_request(app: &App, id: &str, name: &str, sessions: &[&str]) -> String {
    let now = app.state().clock.now();
    let sessions: String =
        sessions.iter().map(|session| format!("<samlp:SessionIndex>{session}</samlp:SessionIndex>")).collect();
    format!(
        r#"<samlp:LogoutRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" Destination="{to}" ID="{id}" IssueInstant="{at}" NotOnOrAfter="{end}" Version="2.0"><saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">{ENTITY}</saml:Issuer><saml:NameID xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">{name}</saml:NameID>{sessions}</samlp:LogoutRequest>"#,
        to = here(app, SAML),
        at = time(now),
        end = time(now + Duration::minutes(5)),
    )
}

/// What a browser was sent away with.
pub struct Question {
    pub xml: String,
    pub id: String,
    pub mark: String,
    pub address: url::Url,
}

/// Reads a message by redirect.
pub fn question(location: &str) -> Question {
    let address: url::Url = location.parse().unwrap();
    let maybe = |name: &str| address.query_pairs().find(|(own, _)| own == name).map(|(_, value)| value.into_owned());
    let mut xml = String::new();
    let packed = STANDARD.decode(maybe("SAMLRequest").or(maybe("SAMLResponse")).unwrap()).unwrap();
    DeflateDecoder::new(packed.as_slice()).read_to_string(&mut xml).unwrap();
    let id = xml.split_once(" ID=\"").unwrap().1.split_once('"').unwrap().0.to_owned();
    Question { id, mark: maybe("RelayState").unwrap_or_default(), xml, address }
}

/// TOW with an open connection to this provider, made by Ada, whose first key is known.
pub fn saml_app(bend: impl FnOnce(&mut Draft)) -> (App, ConnectionId) {
    saml_app_on(App::new(), bend)
}

/// The same on a server that has a key of its own.
pub fn saml_app_with_key(bend: impl FnOnce(&mut Draft)) -> (App, ConnectionId) {
    let app = App::new();
    make_key(&app);
    saml_app_on(app, bend)
}

/// Another key of the server, by Ada.
pub fn make_key(app: &App) -> ServerKeyId {
    let vault = app.state().vault.clone();
    let key = tow::sso::generate("tow.halden.example", app.state().clock.now()).unwrap();
    app.write(ADA, move |tx, me| ServerKey::make(tx, me, &vault, &key)).unwrap()
}

fn saml_app_on(app: App, bend: impl FnOnce(&mut Draft)) -> (App, ConnectionId) {
    LazyLock::force(&KEYS);
    super::prove_domain(&app, "halden.example");
    let mut draft = Draft {
        protocol: Protocol::Saml,
        name: "Halden SAML".to_owned(),
        issuer: ENTITY.to_owned(),
        client_id: String::new(),
        client_secret: None,
        scopes: String::new(),
        claims: ClaimNames {
            username: "username".to_owned(),
            email: "email".to_owned(),
            email_verified: String::new(),
            given_name: "firstName".to_owned(),
            family_name: "lastName".to_owned(),
        },
        require_email_verified: true,
        provider_logout_enabled: false,
        allowed_domains: vec!["halden.example".to_owned()],
        acr_values: String::new(),
        saml: SamlDraft {
            sign_in_url: SIGN_IN.to_owned(),
            sign_out_url: String::new(),
            signs_requests: false,
            certificates: vec![bare_certificate(0)],
            allows_unsolicited: false,
        },
    };
    bend(&mut draft);
    let vault = app.state().vault.clone();
    let id = app.write(ADA, move |tx, me| draft.create(tx, me, &vault)).unwrap();
    app.write(ADA, move |tx, me| Connection::set_open(tx, me, id, true)).unwrap();
    (app, id)
}

/// As the provider's page does it: from another site, without any cookie of ours.
pub fn post_answer(app: &App, xml: &str, mark: &str) -> Answer {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.append_pair("SAMLResponse", &STANDARD.encode(xml)).append_pair("RelayState", mark);
    app.visitor().with("sec-fetch-site", "cross-site").with("origin", "https://id.halden.example").post_raw(
        SAML,
        "application/x-www-form-urlencoded",
        form.finish(),
    )
}

/// The same, and where that leads this browser, with its cookies.
pub fn bring(app: &App, browser: &Client, xml: &str) -> Answer {
    let posted = post_answer(app, xml, "mark");
    match posted.location() {
        to if to.starts_with("/sign-on/saml/arrival") => browser.get(&to),
        _ => posted,
    }
}

/// Leaves for the provider.
pub fn leave_for(browser: &Client, id: ConnectionId) -> Question {
    question(&browser.get(&format!("/sign-on/{id}")).location())
}

fn here(app: &App, path: &str) -> String {
    let mut url = app.state().config.runtime.public_app_url.clone();
    url.set_path(path);
    url.to_string()
}

fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
