//! HTTP: what a handler receives and answers, and everything around it. Knows no product word; who acts is a `Principal`.

mod api;
mod bearer;
mod cookies;
mod ctx;
mod download;
mod error_pages;
mod feature;
mod flash;
mod form;
mod guard;
mod json;
mod kept;
mod keys;
mod operation;
mod reply;
mod routes;
mod state;
mod upload;

pub use api::*;
pub use bearer::*;
pub use cookies::*;
pub use ctx::*;
pub use download::*;
pub use error_pages::*;
pub use feature::*;
pub use flash::*;
pub use form::*;
pub use guard::*;
pub use json::*;
pub use kept::*;
pub use keys::*;
pub use operation::*;
pub use reply::*;
pub use routes::*;
pub use state::*;
pub use upload::*;
