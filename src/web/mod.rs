//! HTTP: what a handler receives and answers, and everything around it. Knows no product word; who acts is a `Principal`.

mod cookies;
mod ctx;
mod download;
mod error_pages;
mod feature;
mod flash;
mod form;
mod guard;
mod kept;
mod keys;
mod reply;
mod routes;
mod state;
mod upload;

pub use cookies::*;
pub use ctx::*;
pub use download::*;
pub use error_pages::*;
pub use feature::*;
pub use flash::*;
pub use form::*;
pub use guard::*;
pub use kept::*;
pub use keys::*;
pub use reply::*;
pub use routes::*;
pub use state::*;
pub use upload::*;
