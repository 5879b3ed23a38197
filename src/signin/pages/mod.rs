//! The sign-in page, and what stands around it.

mod confirm;
mod factors;

pub use confirm::*;
pub use factors::*;

use crate::error::{Msg, Problems};
use crate::ui::{Sample, filters, sample};
use askama::Template;

#[derive(Template)]
#[template(path = "signin/new.html")]
pub struct New {
    pub csrf: String,
    pub organisation: String,
    pub email: String,
    /// A path on this server to go to afterwards.
    pub back: String,
    pub problems: Problems,
    pub notice: Option<Msg>,
    /// People may make their own account here.
    pub can_sign_up: bool,
}

impl New {
    pub fn sample() -> Self {
        New {
            csrf: String::new(),
            organisation: "Halden".to_owned(),
            email: "ada@halden.example".to_owned(),
            back: String::new(),
            problems: Problems::one("", "problem-sign-in"),
            notice: None,
            can_sign_up: true,
        }
    }
}

/// For the gallery.
pub fn samples() -> Vec<Sample> {
    vec![
        sample("signin/new", &New::sample()),
        sample("signin/confirm", &Confirm::sample()),
        sample("signin/ready", &Ready::sample()),
        sample("signin/expired", &Expired::sample()),
        sample("signin/second", &Second::sample()),
        sample("signin/factors", &Factors::sample()),
        sample("signin/app", &App::sample()),
        sample("signin/codes", &Codes::sample()),
        sample("signin/policy", &Policy::sample()),
    ]
}
