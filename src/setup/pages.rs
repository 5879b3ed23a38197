//! The set-up page.

use crate::error::Problems;
use crate::people::Mode;
use crate::secret::Secret;
use crate::signin::check_strength;
use crate::text::value::{Email, Name};
use crate::ui::{Sample, filters, sample};
use crate::web::Form;
use askama::Template;
use serde::{Deserialize, Serialize};

#[derive(Template)]
#[template(path = "setup/new.html")]
pub struct New {
    pub csrf: String,
    pub form: SetupForm,
    /// The provider through which the owner signs in; None where they choose a password.
    pub connection: Option<String>,
    pub problems: Problems,
}

/// The set-up is written down; now the owner signs in at the provider.
#[derive(Template)]
#[template(path = "setup/onward.html")]
pub struct Onward {
    pub organisation: String,
    pub connection: String,
    pub address: String,
}

/// As typed; the password is never echoed.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct SetupForm {
    pub token: String,
    pub organisation: String,
    pub mode: String,
    pub time_zone: String,
    pub name: String,
    pub email: String,
}

/// What the form says once every field is right.
#[derive(Debug)]
pub struct Checked {
    pub organisation: Name,
    pub mode: Mode,
    pub time_zone: String,
    pub name: Name,
    pub email: Email,
    pub password: Secret,
}

impl SetupForm {
    pub fn of(form: &Form) -> Self {
        let text = |name| form.text(name).to_owned();
        SetupForm {
            token: text("token"),
            organisation: text("organisation"),
            mode: text("mode"),
            time_zone: text("time_zone"),
            name: text("name"),
            email: text("email"),
        }
    }

    /// What the form says of the organisation. None when a problem was noted.
    pub fn place(&self, problems: &mut Problems) -> Option<(Name, Mode, String)> {
        let organisation = problems.take("organisation", Name::parse(&self.organisation));
        let mode = problems.take("mode", Mode::parse(&self.mode).ok_or("problem-choice".into()));
        let zone: Result<chrono_tz::Tz, _> = self.time_zone.trim().parse();
        let time_zone =
            problems.take("time_zone", zone.map(|zone| zone.name().to_owned()).map_err(|_| "problem-time-zone".into()));
        if self.token.trim().is_empty() {
            problems.add("token", "problem-setup-token-missing");
        }
        Some((organisation?, mode?, time_zone?)).filter(|_| problems.is_empty())
    }

    pub fn check(&self, password: &str) -> Result<Checked, Problems> {
        let mut problems = Problems::default();
        let place = self.place(&mut problems);
        let name = problems.take("name", Name::parse(&self.name));
        let email = problems.take("email", Email::parse(&self.email));
        let about = [self.name.as_str(), self.email.as_str(), self.organisation.as_str()];
        let password = problems.take("password", check_strength(password, &about));
        match (place, name, email, password) {
            (Some((organisation, mode, time_zone)), Some(name), Some(email), Some(password)) if problems.is_empty() => {
                Ok(Checked { organisation, mode, time_zone, name, email, password })
            }
            _ => Err(problems),
        }
    }
}

impl New {
    pub fn sample() -> Self {
        let form = SetupForm {
            token: "4F7K-92".to_owned(),
            organisation: "Halden".to_owned(),
            mode: "founder".to_owned(),
            time_zone: "Europe/London".to_owned(),
            ..SetupForm::default()
        };
        New { csrf: String::new(), form, connection: None, problems: Problems::one("token", "problem-setup-token") }
    }
}

/// For the gallery.
pub fn samples() -> Vec<Sample> {
    let onward = Onward {
        organisation: "Halden".to_owned(),
        connection: "Halden ID".to_owned(),
        address: "https://id.halden.example/".to_owned(),
    };
    vec![sample("setup/new", &New::sample()), sample("setup/onward", &onward)]
}
