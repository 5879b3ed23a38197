//! Single logout (saml-core 3.7, saml-profiles 4.4): a provider says that somebody leaves, or is told it.

use crate::sso::saml::Wrong;
use crate::sso::saml::envelope::Envelope;
use crate::sso::saml::response::{Expected, SUCCESS, check_age, check_ids, check_period, succeeded};
use crate::sso::saml::signature::signed;
use crate::sso::saml::xml::{ASSERTION, Node, PROTOCOL, parse};
use serde::{Deserialize, Serialize};

/// Of one person at one provider, named in one message.
pub const MAX_SESSIONS: usize = 100;

/// How a provider wrote a name beside its text: who is told it again must be told it the same way.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NameWords {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub qualifier: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own_qualifier: Option<String>,
}

impl NameWords {
    pub fn of(name: Node<'_>) -> NameWords {
        let word = |word: &str| name.attribute(word).map(str::to_owned);
        NameWords { format: word("Format"), qualifier: word("NameQualifier"), own_qualifier: word("SPNameQualifier") }
    }
}

impl Envelope<'_> {
    /// Somebody signed out here.
    pub fn logout(&self, subject: &str, words: &NameWords, session: Option<&str>) -> String {
        let mut xml = self.open("samlp:LogoutRequest", &[]);
        let pairs =
            [("Format", &words.format), ("NameQualifier", &words.qualifier), ("SPNameQualifier", &words.own_qualifier)];
        let attributes: Vec<_> =
            pairs.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?))).collect();
        xml.start_element("saml:NameID", &attributes);
        xml.text(subject);
        xml.end_element("saml:NameID");
        if let Some(session) = session {
            xml.start_element("samlp:SessionIndex", &[]);
            xml.text(session);
            xml.end_element("samlp:SessionIndex");
        }
        xml.end_element("samlp:LogoutRequest");
        xml.into_string()
    }

    /// What the provider asked has been done.
    pub fn done(&self, request: &str) -> String {
        let mut xml = self.open("samlp:LogoutResponse", &[("InResponseTo", request)]);
        xml.start_element("samlp:Status", &[]);
        xml.empty_element("samlp:StatusCode", &[("Value", SUCCESS)]);
        xml.end_element("samlp:Status");
        xml.end_element("samlp:LogoutResponse");
        xml.into_string()
    }
}

/// Who leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leave {
    pub id: String,
    pub subject: String,
    /// Only these of theirs; empty: all.
    pub sessions: Vec<String>,
}

/// Who signed the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signed {
    /// Its address did, and was checked.
    Beside,
    /// It does itself.
    Inside,
}

/// A provider's request that fits.
pub fn leave(text: &str, how: Signed, expected: &Expected<'_>) -> Result<Leave, Wrong> {
    vouched(text, how, expected, |root| {
        let id = head(root, "LogoutRequest", expected)?;
        check_period(root, expected.now)?;
        let name = root.only(ASSERTION, "NameID", "no name of who leaves, or an encrypted one")?;
        let sessions = root.children(PROTOCOL, "SessionIndex");
        if sessions.len() > MAX_SESSIONS {
            return Err(Wrong::Form("too many sessions"));
        }
        Ok(Leave {
            id,
            subject: name.text()?,
            sessions: sessions.into_iter().map(Node::text).collect::<Result<_, _>>()?,
        })
    })
}

/// How a provider answered who signed out here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    pub id: String,
    /// Our request.
    pub request: String,
    /// It signed them out wherever it knew of them.
    pub is_everywhere: bool,
}

/// A provider's answer that fits; the request is for the caller to compare.
pub fn left(text: &str, how: Signed, expected: &Expected<'_>) -> Result<Left, Wrong> {
    vouched(text, how, expected, |root| {
        Ok(Left {
            id: head(root, "LogoutResponse", expected)?,
            request: root.attribute("InResponseTo").unwrap_or_default().to_owned(),
            is_everywhere: succeeded(root)?.is_ok(),
        })
    })
}

/// Whether a message is about leaving, unchecked: only to choose who looks at it.
pub fn is_about_leaving(text: &str) -> bool {
    let Ok(doc) = parse(text) else { return false };
    Node::root(&doc).is_ok_and(|root| root.is(PROTOCOL, "LogoutRequest") || root.is(PROTOCOL, "LogoutResponse"))
}

/// Reads what the key vouched for, and nothing else.
fn vouched<T>(
    text: &str,
    how: Signed,
    expected: &Expected<'_>,
    read: impl FnOnce(Node<'_>) -> Result<T, Wrong>,
) -> Result<T, Wrong> {
    let doc = parse(text)?;
    let root = Node::root(&doc)?;
    check_ids(root)?;
    match how {
        Signed::Beside => read(root),
        Signed::Inside => {
            let told = signed(root, expected.keys)?;
            read(Node::root(&parse(&told)?)?)
        }
    }
}

/// Its ID.
fn head(root: Node<'_>, name: &str, expected: &Expected<'_>) -> Result<String, Wrong> {
    if !root.is(PROTOCOL, name) || root.attribute("Version") != Some("2.0") {
        return Err(Wrong::Form("no SAML 2.0 logout"));
    }
    if root.attribute("Destination") != Some(expected.recipient) {
        return Err(Wrong::Elsewhere("sent to another address"));
    }
    if root.only(ASSERTION, "Issuer", "no issuer")?.text()? != expected.issuer {
        return Err(Wrong::Elsewhere("of another provider"));
    }
    check_age(root, expected.now)?;
    root.attribute("ID").filter(|id| !id.is_empty()).map(str::to_owned).ok_or(Wrong::Form("a message without an ID"))
}
