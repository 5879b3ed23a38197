//! SAML 2.0 as a service provider (OASIS saml-core, saml-bindings, saml-profiles of 2005): a request by redirect, an answer by POST,
//! leaving by both.

mod certificate;
mod encryption;
mod envelope;
mod logout;
mod metadata;
mod own_key;
mod redirect;
mod request;
mod response;
mod signature;
mod xml;

pub use certificate::{Certificate, MAX_CERTIFICATES};
pub use encryption::MAX_ENCRYPTED_KEYS;
pub use envelope::Envelope;
pub use logout::{Leave, Left, MAX_SESSIONS, NameWords, Signed, is_about_leaving, leave, left};
pub use metadata::{MAX_METADATA_BYTES, Metadata, Own, own_metadata};
pub use own_key::{OwnKey, generate};
pub use redirect::{Kind, Message, address};
pub use request::Question;
pub use response::{
    Assertion, Expected, MAX_AGE_SECONDS, MAX_ATTRIBUTES, MAX_RESPONSE_BYTES, MAX_VALUES, NAME_CLAIM, accept,
    is_encrypted, issuer,
};
pub use xml::MAX_DEPTH;

/// Why an answer does not count. Its text is for the log and never holds what the answer says of somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wrong {
    /// No such XML as may be read: malformed, too deep, with a DTD, a comment or another thing that hides text.
    Xml(&'static str),
    /// Not built as the standard, or as this server, wants it.
    Form(&'static str),
    /// Not signed by a known key, or not as wanted.
    Signature(&'static str),
    /// Ran out, or of the future: the clocks differ.
    Time(&'static str),
    /// Made for another server or another address.
    Elsewhere(&'static str),
    /// The provider says no; its status without the common prefix, cut.
    Status(String),
}
