//! What pages share: the frame around them, words from the catalogue, static files by content hash, small views.

mod assets;
mod browser;
mod catalogue;
/// What templates may call.
pub mod filters;
mod parts;
mod property;
mod query_box;
mod settings;
mod shell;

pub use assets::*;
pub use browser::*;
pub use catalogue::*;
pub use parts::*;
pub use property::*;
pub use query_box::*;
pub use settings::*;
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

/// A page with sample content, drawn: its name and HTML.
pub type Sample = (&'static str, String);

/// Draws a sample at a fixed moment, so that two runs are alike. A template that fails shows why, and a test forbids it.
pub fn sample(name: &'static str, view: &impl askama::Template) -> Sample {
    let now = DateTime::<Utc>::UNIX_EPOCH + chrono::Duration::days(20_001);
    (name, render(view, now, chrono_tz::UTC).unwrap_or_else(|error| format!("BROKEN: {error}")))
}
