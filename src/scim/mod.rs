//! The company's directory (Entra ID, Okta and their like) says who works here: it makes people, keeps their names and addresses,
//! and shuts them out. The protocol is SCIM 2.0 (RFC 7643, RFC 7644). It gives no role and never reaches what people write.

mod attributes;
mod bulk;
mod filter;
mod model;
mod pages;
mod patch;
mod routes;
mod shape;

pub use attributes::{Attribute, CORE_USER, ENTERPRISE, GROUP_SCHEMA, Resource};
pub use bulk::{MAX_BULK_BYTES, MAX_BULK_ID_CHARS, MAX_BULK_OPERATIONS};
pub use filter::{Filter, MAX_FILTER_BYTES, MAX_FILTER_DEPTH, MAX_FILTER_TERMS, Op, Path};
pub use model::*;
pub use pages::samples;
pub use patch::{MAX_PATCH_OPERATIONS, Operation, PATCH_SCHEMA, operations};
pub use routes::{LIST_SCHEMA, MAX_COUNT, SEARCH_SCHEMA};
pub use shape::{MAX_TEXT_CHARS, MAX_USER_NAME_CHARS, MAX_VALUES, Map, Said, Shown, object, tidy};

use crate::web::Feature;

/// Reached from the settings.
pub const FEATURE: Feature = Feature { name: "scim", routes: routes::routes, nav: None };
