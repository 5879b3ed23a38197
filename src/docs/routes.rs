//! `/docs`.
use crate::web::Routes;
pub fn routes() -> Routes {
    Routes::new()
}
