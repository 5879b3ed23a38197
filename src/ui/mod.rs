//! What pages share: the frame around them, words from the catalogue, static files by content hash, small views.

mod assets;
mod catalogue;
/// What templates may call.
pub mod filters;
mod parts;
mod property;
mod shell;

pub use assets::*;
pub use catalogue::*;
pub use parts::*;
pub use property::*;
pub use shell::*;

use crate::error::{Error, Result};
use chrono::{DateTime, Utc};

/// What `ago`, `day` and their like look at.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    pub now: DateTime<Utc>,
    pub zone: chrono_tz::Tz,
}

impl askama::Values for Moment {
    fn get_value<'a>(&'a self, key: &str) -> Option<&'a dyn std::any::Any> {
        (key == "moment").then_some(self as &dyn std::any::Any)
    }
}

/// Draws a template for a reader in this zone.
pub fn render(view: &impl askama::Template, now: DateTime<Utc>, zone: chrono_tz::Tz) -> Result<String> {
    view.render_with_values(&Moment { now, zone }).map_err(Error::broken)
}
