//! What one does about one's own account by mail: a forgotten password, another address, an account of one's own making where that
//! is allowed. Each goes the same way: an address is typed, the same is answered whoever it belongs to, and only who has the mailbox
//! can go on.

mod model;
mod pages;
mod routes;

pub use model::*;
pub use pages::samples;

use crate::web::Feature;

/// Reached from the sign-in page and from mails.
pub const FEATURE: Feature = Feature { name: "account", routes: routes::routes, nav: None };
