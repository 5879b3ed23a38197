//! What a provider answers (saml-core 3.3, saml-profiles 4.1.4): one assertion about one person, signed by a known key, for this server,
//! for now. Everything that is learnt is read from the text that the key vouched for.

use crate::sso::provider::Claims;
use crate::sso::saml::Wrong;
use crate::sso::saml::certificate::Certificate;
use crate::sso::saml::encryption::opened;
use crate::sso::saml::logout::NameWords;
use crate::sso::saml::own_key::OwnKey;
use crate::sso::saml::signature::signed;
use crate::sso::saml::xml::{ASSERTION, Node, PROTOCOL, SIGNATURE, parse};
use crate::sso::token::SKEW_SECONDS;
use chrono::{DateTime, Duration, Utc};
use serde_json::Value;
use std::collections::BTreeSet;

/// Of the XML. With some hundred groups a real one has fifty thousand; encoded, this much fits into what a visitor may send.
pub const MAX_RESPONSE_BYTES: usize = 160 * 1024;
/// An assertion that was made longer ago is not taken, whatever it allows itself; replays are remembered for longer than this.
pub const MAX_AGE_SECONDS: i64 = 600;
pub const MAX_ATTRIBUTES: usize = 200;
/// Of all attributes together.
pub const MAX_VALUES: usize = 2_000;

pub const SUCCESS: &str = "urn:oasis:names:tc:SAML:2.0:status:Success";
const BEARER: &str = "urn:oasis:names:tc:SAML:2.0:cm:bearer";
const TRANSIENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient";
const EMAIL: &str = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress";
/// Conditions (saml-core 2.5.1) that ask nothing more of us. One that is not known makes the assertion invalid.
const HARMLESS: [&str; 3] = ["AudienceRestriction", "OneTimeUse", "ProxyRestriction"];
/// What the protocol says of somebody, under the names that OpenID Connect has for it: no attribute takes their place.
const OURS: [&str; 9] = ["iss", "sub", "aud", "nonce", "auth_time", "acr", "amr", "sid", NAME_CLAIM];
/// How the provider wrote the subject (`NameWords`).
pub const NAME_CLAIM: &str = "saml_name_id";

/// What an answer must fit.
pub struct Expected<'a> {
    /// The provider's entity ID.
    pub issuer: &'a str,
    pub keys: &'a [Certificate],
    /// What it may have encrypted for.
    pub own_keys: &'a [OwnKey],
    /// Our entity ID.
    pub audience: &'a str,
    /// Where answers are sent.
    pub recipient: &'a str,
    pub now: DateTime<Utc>,
}

/// What a provider said of somebody, and may say again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assertion {
    pub id: String,
    /// The request it answers; None for one that nobody asked for.
    pub in_response_to: Option<String>,
    pub subject: String,
    /// The subject is an address.
    pub is_email: bool,
    pub name: NameWords,
    pub session: Option<String>,
    pub authenticated_at: DateTime<Utc>,
    /// How they signed in (saml-authn-context).
    pub class: Option<String>,
    pub attributes: Vec<(String, Vec<String>)>,
}

impl Assertion {
    /// Under the names that OpenID Connect uses. An address that is the subject stands under the name where addresses are looked for.
    pub fn claims(&self, email_claim: &str) -> Claims {
        let mut claims = Claims::new();
        for (name, values) in self.attributes.iter().filter(|(name, _)| !OURS.contains(&name.as_str())) {
            let value = match values.as_slice() {
                [only] => Value::from(only.as_str()),
                several => Value::from(several),
            };
            match claims.get_mut(name.as_str()) {
                // Some providers write each group as an attribute of its own. Of addresses the first one counts.
                Some(first) if name != email_claim => *first = joined(first, &value),
                Some(_) => {}
                None => drop(claims.insert(name.clone(), value)),
            }
        }
        if self.is_email {
            claims.entry(email_claim).or_insert_with(|| self.subject.as_str().into());
        }
        claims.insert("sub".to_owned(), self.subject.as_str().into());
        if let Ok(words) = serde_json::to_value(&self.name) {
            claims.insert(NAME_CLAIM.to_owned(), words);
        }
        claims.insert("auth_time".to_owned(), self.authenticated_at.timestamp().into());
        for (name, value) in [("sid", &self.session), ("acr", &self.class)] {
            if let Some(value) = value {
                claims.insert(name.to_owned(), value.as_str().into());
            }
        }
        claims
    }
}

fn joined(first: &Value, more: &Value) -> Value {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
    Value::from([list(first), list(more)].concat())
}

/// Whose answer it says it is: only to find whose keys to ask.
pub fn issuer(text: &str) -> Option<String> {
    if text.len() > MAX_RESPONSE_BYTES {
        return None;
    }
    let doc = parse(text).ok()?;
    let response = Node::root(&doc).ok()?;
    let own = response.children(ASSERTION, "Issuer").into_iter().next();
    let inner = || {
        response.children(ASSERTION, "Assertion").into_iter().next()?.children(ASSERTION, "Issuer").into_iter().next()
    };
    own.or_else(inner)?.text().ok()
}

/// Whether it may need a key to read it: unchecked.
pub fn is_encrypted(text: &str) -> bool {
    text.contains("EncryptedAssertion")
}

/// The assertion of an answer that fits; the request it answers is for the caller to compare.
pub fn accept(text: &str, expected: &Expected<'_>) -> Result<Assertion, Wrong> {
    if text.len() > MAX_RESPONSE_BYTES {
        return Err(Wrong::Xml("longer than any real one"));
    }
    let doc = parse(text)?;
    let response = Node::root(&doc)?;
    if !response.is(PROTOCOL, "Response") || response.attribute("Version") != Some("2.0") {
        return Err(Wrong::Form("no SAML 2.0 response"));
    }
    if let Err(status) = succeeded(response)? {
        return Err(Wrong::Status(status));
    }
    let is_sealed = check_shape(response)?;
    if response.attribute("Destination").is_some_and(|to| to != expected.recipient) {
        return Err(Wrong::Elsewhere("sent to another address"));
    }
    if let Some(issuer) = response.maybe(ASSERTION, "Issuer", "two issuers")?
        && issuer.text()? != expected.issuer
    {
        return Err(Wrong::Elsewhere("of another provider"));
    }
    let told = match response.children(SIGNATURE, "Signature").is_empty() {
        true => None,
        false => Some(signed(response, expected.keys)?),
    };
    let text = match is_sealed {
        true => unsealed(told.as_deref(), response, expected)?,
        false => signed(response.only(ASSERTION, "Assertion", "not one assertion")?, expected.keys)?,
    };
    let vouched = parse(&text)?;
    let found = read(Node::root(&vouched)?, expected)?;
    match response.attribute("InResponseTo") {
        Some(request) if found.in_response_to.as_deref() != Some(request) => {
            Err(Wrong::Elsewhere("an answer and an assertion to two requests"))
        }
        _ => Ok(found),
    }
}

/// The text under the signature of an assertion that came encrypted. `told` is the response as a key vouched for it.
fn unsealed(told: Option<&str>, response: Node<'_>, expected: &Expected<'_>) -> Result<String, Wrong> {
    const ONE: &str = "not one assertion";
    let doc = told.map(parse).transpose()?;
    let vouched = doc.as_ref().map(Node::root).transpose()?.unwrap_or(response);
    let plain = opened(vouched.only(ASSERTION, "EncryptedAssertion", ONE)?, expected.own_keys, told.is_some())?;
    // It stood where these prefixes were declared (xmlenc-core1 4.4), and may use them without a word of its own.
    let place = response.only(ASSERTION, "EncryptedAssertion", ONE)?;
    let mut prefixes = response.prefixes();
    prefixes.extend(place.prefixes());
    let declared: String = prefixes.iter().map(|(name, uri)| format!(" {name}=\"{}\"", escaped(uri))).collect();
    let around = format!("<plain{declared}>{}</plain>", without_declaration(&plain));
    let doc = parse(&around)?;
    let around = Node::root(&doc)?;
    let [assertion] = around.elements().collect::<Vec<_>>()[..] else { return Err(Wrong::Form(ONE)) };
    if check_shape(around)? || !assertion.is(ASSERTION, "Assertion") {
        return Err(Wrong::Form(ONE));
    }
    signed(assertion, expected.keys)
}

fn escaped(uri: &str) -> String {
    uri.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

fn without_declaration(text: &str) -> &str {
    let text = text.trim_start_matches('\u{feff}').trim();
    text.strip_prefix("<?xml ").and_then(|rest| rest.split_once("?>")).map_or(text, |(_, body)| body)
}

/// Else what the provider says in place of success: its status without the common prefix, cut.
pub fn succeeded(response: Node<'_>) -> Result<Result<(), String>, Wrong> {
    let status = response.only(PROTOCOL, "Status", "no status")?;
    let code = status.only(PROTOCOL, "StatusCode", "no status")?;
    let first = code.attribute("Value").unwrap_or_default();
    let second = code.maybe(PROTOCOL, "StatusCode", "two statuses")?.and_then(|code| code.attribute("Value"));
    // A second word under success says that it was not all of it (saml-core 3.7.3.2).
    if first == SUCCESS && second.is_none() {
        return Ok(Ok(()));
    }
    let word = second.unwrap_or(first).rsplit(':').next().unwrap_or_default();
    Ok(Err(word.chars().filter(char::is_ascii_alphanumeric).take(40).collect()))
}

/// One assertion in all of it, at its place: else the one that is checked may not be the one that is read. Whether it is encrypted.
fn check_shape(root: Node<'_>) -> Result<bool, Wrong> {
    check_ids(root)?;
    let (mut open, mut sealed) = (0, 0);
    for node in root.all() {
        let Some(element) = root.doc.element(node.id) else { continue };
        match &*element.name.local_name {
            "Assertion" => open += 1,
            "EncryptedAssertion" => sealed += 1,
            "EncryptedID" | "EncryptedAttribute" => {
                return Err(Wrong::Form(
                    "a name or an attribute encrypted by itself: encrypt the assertion, or nothing",
                ));
            }
            _ => {}
        }
    }
    match (open, sealed) {
        (1, 0) => Ok(false),
        (0, 1) => Ok(true),
        _ => Err(Wrong::Form("not one assertion")),
    }
}

/// No ID twice.
pub fn check_ids(root: Node<'_>) -> Result<(), Wrong> {
    let mut ids = BTreeSet::new();
    for node in root.all() {
        let Some(element) = root.doc.element(node.id) else { continue };
        let named = element
            .attributes
            .iter()
            .filter(|one| ["id", "assertionid"].contains(&one.name.local_name.to_ascii_lowercase().as_str()));
        for attribute in named {
            if !ids.insert(attribute.value.as_ref()) {
                return Err(Wrong::Form("the same ID twice"));
            }
        }
    }
    Ok(())
}

fn read(assertion: Node<'_>, expected: &Expected<'_>) -> Result<Assertion, Wrong> {
    if !assertion.is(ASSERTION, "Assertion") || assertion.attribute("Version") != Some("2.0") {
        return Err(Wrong::Form("no SAML 2.0 assertion"));
    }
    if assertion.only(ASSERTION, "Issuer", "no issuer")?.text()? != expected.issuer {
        return Err(Wrong::Elsewhere("of another provider"));
    }
    check_age(assertion, expected.now)?;
    check_conditions(assertion, expected)?;
    let subject = assertion.only(ASSERTION, "Subject", "no subject")?;
    let name = subject.only(ASSERTION, "NameID", "no name of the subject")?;
    let format = name.attribute("Format").unwrap_or_default();
    if format == TRANSIENT {
        return Err(Wrong::Form(
            "a name that is another one each time (transient): choose a persistent one at the provider",
        ));
    }
    let in_response_to = confirmation(subject, expected)?;
    let statement = statement(assertion, expected)?;
    let context = statement.maybe(ASSERTION, "AuthnContext", "two contexts")?;
    let class = match context {
        Some(context) => {
            context.maybe(ASSERTION, "AuthnContextClassRef", "two classes")?.map(Node::text).transpose()?
        }
        None => None,
    };
    Ok(Assertion {
        id: assertion.attribute("ID").unwrap_or_default().to_owned(),
        in_response_to,
        subject: name.text()?,
        is_email: format == EMAIL,
        name: NameWords::of(name),
        session: statement.attribute("SessionIndex").map(str::to_owned),
        authenticated_at: instant(statement, "AuthnInstant")?.ok_or(Wrong::Form("a sign-in without its time"))?,
        class,
        attributes: attributes(assertion)?,
    })
}

/// Made now, but for the difference of two clocks.
pub fn check_age(node: Node<'_>, now: DateTime<Utc>) -> Result<(), Wrong> {
    let made_at = instant(node, "IssueInstant")?.ok_or(Wrong::Form("made at no time"))?;
    let skew = Duration::seconds(SKEW_SECONDS);
    if made_at > now + skew {
        return Err(Wrong::Time("made in the future"));
    }
    match made_at < now - Duration::seconds(MAX_AGE_SECONDS) - skew {
        true => Err(Wrong::Time("made too long ago")),
        false => Ok(()),
    }
}

/// For us, and for now.
fn check_conditions(assertion: Node<'_>, expected: &Expected<'_>) -> Result<(), Wrong> {
    let conditions = assertion.only(ASSERTION, "Conditions", "no conditions")?;
    check_period(conditions, expected.now)?;
    let known = |node: Node<'_>| HARMLESS.iter().any(|name| node.is(ASSERTION, name));
    if conditions.elements().any(|node| !known(node)) {
        return Err(Wrong::Form("a condition that is not known"));
    }
    let audiences = conditions.children(ASSERTION, "AudienceRestriction");
    if audiences.is_empty() {
        return Err(Wrong::Elsewhere("for no audience"));
    }
    // Each restriction must hold; one name of it is enough.
    for restriction in audiences {
        let names = restriction.children(ASSERTION, "Audience").into_iter().map(Node::text);
        if !names.collect::<Result<Vec<_>, _>>()?.iter().any(|name| name == expected.audience) {
            return Err(Wrong::Elsewhere("for another audience"));
        }
    }
    Ok(())
}

/// The request it answers, by one confirmation that holds here and now.
fn confirmation(subject: Node<'_>, expected: &Expected<'_>) -> Result<Option<String>, Wrong> {
    let mut last = Wrong::Form("no bearer confirmation");
    for node in subject.children(ASSERTION, "SubjectConfirmation") {
        if node.attribute("Method") != Some(BEARER) {
            continue;
        }
        let data = node.only(ASSERTION, "SubjectConfirmationData", "a confirmation without its data")?;
        match check_bearer(data, expected) {
            Ok(()) => return Ok(data.attribute("InResponseTo").map(str::to_owned)),
            Err(wrong) => last = wrong,
        }
    }
    Err(last)
}

fn check_bearer(data: Node<'_>, expected: &Expected<'_>) -> Result<(), Wrong> {
    if data.attribute("Recipient") != Some(expected.recipient) {
        return Err(Wrong::Elsewhere("for another address"));
    }
    if data.attribute("NotOnOrAfter").is_none() {
        return Err(Wrong::Form("a confirmation without an end"));
    }
    check_period(data, expected.now)
}

pub fn check_period(node: Node<'_>, now: DateTime<Utc>) -> Result<(), Wrong> {
    let skew = Duration::seconds(SKEW_SECONDS);
    if instant(node, "NotBefore")?.is_some_and(|from| now + skew < from) {
        return Err(Wrong::Time("not yet"));
    }
    match instant(node, "NotOnOrAfter")?.is_some_and(|until| now - skew >= until) {
        true => Err(Wrong::Time("ran out")),
        false => Ok(()),
    }
}

/// How they signed in: the first statement of a session that is not over at the provider.
fn statement<'d>(assertion: Node<'d>, expected: &Expected<'_>) -> Result<Node<'d>, Wrong> {
    let found = assertion.children(ASSERTION, "AuthnStatement").into_iter().next();
    let found = found.ok_or(Wrong::Form("no statement of a sign-in"))?;
    match instant(found, "SessionNotOnOrAfter")?.is_some_and(|end| end <= expected.now) {
        true => Err(Wrong::Time("of a session that is over")),
        false => Ok(found),
    }
}

fn attributes(assertion: Node<'_>) -> Result<Vec<(String, Vec<String>)>, Wrong> {
    let statements = assertion.children(ASSERTION, "AttributeStatement");
    let all: Vec<_> = statements.iter().flat_map(|node| node.children(ASSERTION, "Attribute")).collect();
    if all.len() > MAX_ATTRIBUTES {
        return Err(Wrong::Form("too many attributes"));
    }
    let (mut read, mut count) = (Vec::new(), 0);
    for attribute in all {
        let Some(name) = attribute.attribute("Name").filter(|name| !name.is_empty()) else { continue };
        // One that is no text (a name within a name) is left out: nobody asked for it.
        let values = attribute.children(ASSERTION, "AttributeValue").into_iter().filter_map(|value| value.text().ok());
        let values: Vec<String> = values.filter(|value| !value.is_empty()).collect();
        count += values.len();
        if count > MAX_VALUES {
            return Err(Wrong::Form("too many values"));
        }
        read.push((name.to_owned(), values));
    }
    Ok(read)
}

fn instant(node: Node<'_>, name: &str) -> Result<Option<DateTime<Utc>>, Wrong> {
    let Some(text) = node.attribute(name) else { return Ok(None) };
    let at = DateTime::parse_from_rfc3339(text).map_err(|_| Wrong::Form("a time that is none"))?;
    Ok(Some(at.with_timezone(&Utc)))
}
