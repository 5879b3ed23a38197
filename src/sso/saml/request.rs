//! The question to a provider (saml-core 3.4).

use crate::sso::saml::envelope::Envelope;

/// What is asked.
pub struct Question<'a> {
    /// Where the answer goes.
    pub back_to: &'a str,
    /// They must sign in now, whatever the provider remembers.
    pub is_forced: bool,
    /// One of these ways, apart by spaces; empty: any.
    pub classes: &'a str,
}

impl Envelope<'_> {
    /// Who somebody is.
    pub fn ask(&self, question: &Question<'_>) -> String {
        let mut words = vec![
            ("AssertionConsumerServiceURL", question.back_to),
            ("ProtocolBinding", "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"),
        ];
        if question.is_forced {
            words.push(("ForceAuthn", "true"));
        }
        let mut xml = self.open("samlp:AuthnRequest", &words);
        if !question.classes.is_empty() {
            xml.start_element("samlp:RequestedAuthnContext", &[("Comparison", "exact")]);
            for class in question.classes.split_whitespace() {
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
