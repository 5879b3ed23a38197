//! The sign-in page, and what stands around it.

mod confirm;
mod factors;

pub use confirm::*;
pub use factors::*;

use crate::error::{Msg, Problems};
use crate::signin::{Offer, SignOn};
use crate::ui::{Sample, filters, sample};
use crate::web::Flash;
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
    pub offer: Offer,
    /// What the page before left to say.
    pub flash: Option<Flash>,
}

impl New {
    pub fn flash_text(&self) -> String {
        self.flash.as_ref().map(crate::ui::flash_text).unwrap_or_default()
    }

    pub fn sample() -> Self {
        New {
            csrf: String::new(),
            organisation: "Halden".to_owned(),
            email: "ada@halden.example".to_owned(),
            back: String::new(),
            problems: Problems::one("", "problem-sign-in"),
            notice: None,
            can_sign_up: true,
            offer: Offer {
                sign_ons: vec![SignOn { id: uuid::Uuid::nil(), name: "Halden ID".to_owned() }],
                has_passwords: true,
            },
            flash: None,
        }
    }
}

/// Whose provider an address or a bookmark leads to.
#[derive(Template)]
#[template(path = "signin/lead.html")]
pub struct Lead {
    pub organisation: String,
    pub domain: String,
    pub sign_ons: Vec<SignOn>,
    pub back: String,
}

impl Lead {
    pub fn sample() -> Self {
        Lead {
            organisation: "Halden".to_owned(),
            domain: "halden.example".to_owned(),
            sign_ons: New::sample().offer.sign_ons,
            back: "/tickets".to_owned(),
        }
    }
}

/// For the gallery.
pub fn samples() -> Vec<Sample> {
    vec![
        sample("signin/new", &New::sample()),
        sample("signin/lead", &Lead::sample()),
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
