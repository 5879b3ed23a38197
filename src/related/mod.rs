//! What every record's page can do, whatever its kind: watch, link, archive, move to another scope; and saved views of lists.

mod address;
mod bulk;
mod model;
mod pages;
mod routes;
mod shapes;

pub use address::*;
pub use bulk::*;
pub use model::*;
pub use pages::*;
pub use shapes::*;

use crate::web::Feature;

pub const FEATURE: Feature = Feature { name: "related", routes: routes::routes, nav: None };
