//! Signing in through the company's identity provider (OpenID Connect or SAML), for those who want it or for everybody; and the way in that
//! is left when the provider is not to be had.

mod domain;
mod model;
mod pages;
mod provider;
mod rounds;
mod routes;
mod saml;
mod token;
mod trip;

pub use domain::{CHALLENGE_KEY, CHALLENGE_PREFIX, MAX_DOMAIN_CHARS, is_said, own_domain};
pub use model::*;
pub use pages::samples;
pub use provider::{
    AWAKE_SECONDS, CALL_SECONDS, Claims, Client, KEEP_SECONDS, KEYS_EVERY_SECONDS, MAX_PROVIDER_BYTES, Provider,
    REST_SECONDS, Tokens, Trouble,
};
pub use rounds::check_domains;
pub use routes::{MAX_MARK_BYTES, arrived, begin_set_up, forgotten};
pub use saml::{
    Assertion, Certificate, Expected, MAX_AGE_SECONDS, MAX_ATTRIBUTES, MAX_CERTIFICATES, MAX_DEPTH, MAX_ENCRYPTED_KEYS,
    MAX_METADATA_BYTES, MAX_RESPONSE_BYTES, MAX_SESSIONS, MAX_VALUES, Metadata, Wrong as SamlWrong, accept, generate,
};
pub use token::{LOGOUT_SECONDS, Logout, SKEW_SECONDS, Wrong, verify, verify_logout};
pub use trip::{Aim, TRIP_SECONDS, Trip, own_address, redirect_address, signed_cookie, signed_value};

use crate::web::Feature;

/// Reached from the sign-in page and from settings.
pub const FEATURE: Feature = Feature { name: "sso", routes: routes::routes, nav: None };
