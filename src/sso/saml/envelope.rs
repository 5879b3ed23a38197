//! What is said to a provider: who asks, and for now (saml-core 3.2.1).

use crate::sso::saml::xml::{ASSERTION, PROTOCOL};
use chrono::{DateTime, SecondsFormat, Utc};
use uppsala::XmlWriter;

/// Around a message.
pub struct Envelope<'a> {
    /// Random; the answer names it.
    pub id: &'a str,
    /// Our entity ID.
    pub from: &'a str,
    pub to: &'a str,
    pub now: DateTime<Utc>,
}

impl Envelope<'_> {
    /// Begins the message of this name; whoever calls ends it.
    pub fn open(&self, name: &str, more: &[(&str, &str)]) -> XmlWriter {
        let at = self.now.to_rfc3339_opts(SecondsFormat::Secs, true);
        let mut attributes = vec![
            ("xmlns:samlp", PROTOCOL),
            ("xmlns:saml", ASSERTION),
            ("ID", self.id),
            ("Version", "2.0"),
            ("IssueInstant", &at),
            ("Destination", self.to),
        ];
        attributes.extend(more);
        let mut xml = XmlWriter::new();
        xml.start_element(name, &attributes);
        xml.start_element("saml:Issuer", &[]);
        xml.text(self.from);
        xml.end_element("saml:Issuer");
        xml
    }
}
