//! Who there is: people, their membership of the organisation, groups, and the sessions in which they are signed in.

mod model;
/// As it leaves in an export.
pub mod portable;
#[path = "model_face.rs"]
mod face;
#[path = "model_groups.rs"]
mod in_groups;
#[path = "model_link.rs"]
mod link;
#[path = "model_offered.rs"]
mod offered;
#[path = "model_roles.rs"]
mod roles;
#[path = "model_writes.rs"]
mod writes;
#[path = "model_session.rs"]
mod session;
#[path = "model_token.rs"]
mod token;

pub use face::*;
pub use link::*;
pub use model::*;
pub use offered::*;
pub use roles::*;
pub use session::*;
pub use token::*;
pub use writes::*;
