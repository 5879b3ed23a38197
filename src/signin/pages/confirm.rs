//! The pages between a sensitive act and its doing.

use crate::error::{Msg, Problems};
use crate::signin::Ways;
use crate::ui::filters;
use crate::web::{Flash, KeptForm};
use askama::Template;

/// Who are you?
#[derive(Template)]
#[template(path = "signin/confirm.html")]
pub struct Confirm {
    pub csrf: String,
    pub organisation: String,
    /// What will be done, in words.
    pub deed: Option<String>,
    /// Id of the kept form; empty when there is none.
    pub kept: String,
    /// Where to go instead.
    pub back: String,
    /// Where to go on, after a round trip to a provider.
    pub again: String,
    pub ways: Ways,
    /// A form was sent that could not be kept.
    pub is_lost: bool,
    /// Why a round trip to a provider confirmed nothing.
    pub flash: Option<Flash>,
    pub problems: Problems,
}

/// It is you; this is what you were about to send.
#[derive(Template)]
#[template(path = "signin/ready.html")]
pub struct Ready {
    pub csrf: String,
    pub organisation: String,
    pub deed: Option<String>,
    pub kept: KeptForm,
}

/// The form is no longer kept.
#[derive(Template)]
#[template(path = "signin/expired.html")]
pub struct Expired {
    pub organisation: String,
}

impl Confirm {
    pub fn flash_text(&self) -> String {
        self.flash.as_ref().map(crate::ui::flash_text).unwrap_or_default()
    }

    pub fn sample() -> Self {
        Confirm {
            csrf: String::new(),
            organisation: "Halden".to_owned(),
            deed: Some("Give @ben the role owner.".to_owned()),
            kept: "00000000-0000-0000-0000-000000000301".to_owned(),
            back: "/people/ben".to_owned(),
            again: "/people/ben".to_owned(),
            ways: Ways { password: true, code: true, passkey: true, sign_on: true },
            is_lost: false,
            flash: Some(Flash::failed(Msg::new("sign-on-not-fresh").with("name", "Halden ID"))),
            problems: Problems::one("password", "problem-password-current"),
        }
    }
}

impl Ready {
    pub fn sample() -> Self {
        let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        Ready {
            csrf: String::new(),
            organisation: "Halden".to_owned(),
            deed: Some("Give @ben the role owner.".to_owned()),
            kept: KeptForm {
                action: "/people/ben/role".to_owned(),
                pattern: "/people/{handle}/role".to_owned(),
                fields: vec![field("role", "owner"), field("was", "admin")],
                left_out: vec!["client_secret".to_owned()],
                path: vec![field("handle", "ben")],
                back: "/people/ben".to_owned(),
            },
        }
    }
}

impl Expired {
    pub fn sample() -> Self {
        Expired { organisation: "Halden".to_owned() }
    }
}
