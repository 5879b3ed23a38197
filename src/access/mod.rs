//! Who may do what. One question (`may`), one table (`rules`), one receipt (`Permit`), and the same answer as SQL (`visible`).
//! Nothing outside this folder compares roles.

mod actor;
#[path = "model_explain.rs"]
mod explain;
#[path = "model_directory.rs"]
mod directory_loading;
mod model;
mod permission;
mod permit;
mod principal;
mod program;
#[path = "model_program.rs"]
mod program_loading;
/// The page of the docs.
pub mod reference;
/// Who reaches a project, and why.
#[path = "model_reach.rs"]
pub mod reach;
mod rules;
mod scope;
#[path = "model_standing.rs"]
mod standing_loading;
/// The answer to "may see?" as SQL.
pub mod visible;

pub use actor::*;
pub use explain::*;
pub use permission::*;
pub use permit::*;
pub use principal::MAX_PICKED;
pub use program::*;
pub use rules::*;
pub use scope::*;

/// What every handler receives.
pub type Ctx = crate::web::Ctx<Actor>;
/// What a page for visitors receives.
pub type PublicCtx = crate::web::PublicCtx<Actor>;
/// What every handler of the API receives.
pub type Api = crate::web::ApiCtx<Actor>;
