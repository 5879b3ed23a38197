//! The pages around links in mails.

use crate::error::{Msg, Problems};
use crate::ui::{Sample, Shell, filters, sample};
use askama::Template;

/// An address is asked for: a forgotten password, a sign-up.
#[derive(Template)]
#[template(path = "account/ask.html")]
pub struct Ask {
    pub csrf: String,
    pub organisation: String,
    /// Message keys and path.
    pub title: &'static str,
    pub words: Msg,
    pub action: &'static str,
    pub submit: &'static str,
    pub email: String,
    pub problems: Problems,
}

/// Said when there is nothing to fill in.
#[derive(Template)]
#[template(path = "account/told.html")]
pub struct Told {
    pub organisation: String,
    /// Message keys.
    pub title: &'static str,
    pub words: Msg,
    /// Where to go from here: message key and path.
    pub link: Option<(&'static str, &'static str)>,
}

/// A new password, and for a sign-up a name.
#[derive(Template)]
#[template(path = "account/password.html")]
pub struct Password {
    pub csrf: String,
    pub organisation: String,
    /// Message keys and path.
    pub title: &'static str,
    pub action: &'static str,
    pub submit: &'static str,
    pub email: String,
    /// None when the account is there already.
    pub name: Option<String>,
    pub problems: Problems,
}

/// A click that says yes.
#[derive(Template)]
#[template(path = "account/confirm.html")]
pub struct Confirm {
    pub csrf: String,
    pub organisation: String,
    pub email: String,
    pub problems: Problems,
}

/// One's own address, in the settings.
#[derive(Template)]
#[template(path = "account/email.html")]
pub struct EmailPage {
    pub shell: Shell,
    pub current: String,
    pub is_verified: bool,
    pub email: String,
    /// Where a mail is on its way to, just now.
    pub sent_to: Option<String>,
    pub problems: Problems,
}

/// For the gallery.
pub fn samples() -> Vec<Sample> {
    let (csrf, organisation) = (String::new(), "Halden".to_owned());
    let email = "ines@halden.example".to_owned();
    let ask = Ask {
        csrf: csrf.clone(),
        organisation: organisation.clone(),
        title: "forgotten-title",
        words: Msg::new("forgotten-words"),
        action: "/forgotten",
        submit: "forgotten-submit",
        email: email.clone(),
        problems: Problems::one("email", "problem-email-wrong"),
    };
    let told = Told {
        organisation: organisation.clone(),
        title: "link-gone-title",
        words: Msg::new("link-gone-reset"),
        link: Some(("forgotten-again", "/forgotten")),
    };
    let password = Password {
        csrf: csrf.clone(),
        organisation: organisation.clone(),
        title: "own-account-title",
        action: "/join",
        submit: "accept-submit",
        email: email.clone(),
        name: Some(String::new()),
        problems: Problems::one("password", "problem-password-common"),
    };
    let confirm = Confirm { csrf, organisation, email: email.clone(), problems: Problems::default() };
    let own = EmailPage {
        shell: Shell::sample("settings"),
        current: email,
        is_verified: false,
        email: String::new(),
        sent_to: Some("ines.faro@halden.example".to_owned()),
        problems: Problems::one("email", "problem-email-taken"),
    };
    vec![
        sample("account/ask", &ask),
        sample("account/told", &told),
        sample("account/password", &password),
        sample("account/confirm", &confirm),
        sample("account/email", &own),
    ]
}
