//! The question to a provider (saml-core 3.4).

use crate::sso::saml::xml::{ASSERTION, PROTOCOL};
use chrono::{DateTime, SecondsFormat, Utc};
use uppsala::XmlWriter;
use url::Url;

/// What is asked.
pub struct Question<'a> {
    /// Random; the answer names it.
    pub id: &'a str,
    /// Our entity ID.
    pub from: &'a str,
    /// Where the answer goes.
    pub back_to: &'a str,
    /// Where people sign in.
    pub to: &'a Url,
    /// They must do so now, whatever the provider remembers.
    pub is_forced: bool,
    /// One of these ways, apart by spaces; empty: any.
    pub classes: &'a str,
    pub now: DateTime<Utc>,
}

impl Question<'_> {
    pub fn xml(&self) -> String {
        let at = self.now.to_rfc3339_opts(SecondsFormat::Secs, true);
        let mut attributes = vec![
            ("xmlns:samlp", PROTOCOL),
            ("xmlns:saml", ASSERTION),
            ("ID", self.id),
            ("Version", "2.0"),
            ("IssueInstant", &at),
            ("Destination", self.to.as_str()),
            ("AssertionConsumerServiceURL", self.back_to),
            ("ProtocolBinding", "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"),
        ];
        if self.is_forced {
            attributes.push(("ForceAuthn", "true"));
        }
        let mut xml = XmlWriter::new();
        xml.start_element("samlp:AuthnRequest", &attributes);
        xml.start_element("saml:Issuer", &[]);
        xml.text(self.from);
        xml.end_element("saml:Issuer");
        if !self.classes.is_empty() {
            xml.start_element("samlp:RequestedAuthnContext", &[("Comparison", "exact")]);
            for class in self.classes.split_whitespace() {
                xml.start_element("saml:AuthnContextClassRef", &[]);
                xml.text(class);
                xml.end_element("saml:AuthnContextClassRef");
            }
            xml.end_element("samlp:RequestedAuthnContext");
        }
        xml.end_element("samlp:AuthnRequest");
        xml.into_string()
    }
}
