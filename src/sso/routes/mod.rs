//! `/sign-on/…` on the way to a provider and back; `/settings/sign-on…` for who configures it; break-glass.

mod arriving;
mod break_glass;
mod confirmation;
mod departing;
mod domains;
mod leaving;
mod links;
mod proof;
mod saml;
mod saml_logout;
mod server_keys;
mod settings;
mod turn;

pub use arriving::{arrived, forgotten};
pub use departing::begin_set_up;
pub use saml_logout::MAX_MARK_BYTES;

use crate::web::{Need, Routes};

pub fn routes() -> Routes {
    Routes::new()
        .get("/sign-on/callback", Need::Nothing, arriving::show)
        .get("/sign-on/confirmation", Need::Session, confirmation::new)
        .get("/sign-on/password", Need::Nothing, proof::new)
        .post("/sign-on/password", Need::Nothing, proof::create)
        .get("/sign-on/end", Need::Nothing, leaving::show)
        .post("/sign-on/logout/{id}", Need::Nothing, leaving::create)
        .get("/sign-on/saml/metadata", Need::Nothing, saml::metadata)
        .get(crate::web::FROM_ELSEWHERE, Need::Nothing, saml_logout::show)
        .post(crate::web::FROM_ELSEWHERE, Need::Nothing, saml::create)
        .get("/sign-on/saml/arrival", Need::Nothing, saml::arrival::new)
        .post("/sign-on/saml/arrival", Need::Nothing, saml::arrival::create)
        .get("/sign-on", Need::Nothing, departing::of_domain)
        .get("/sign-on/{id}", Need::Nothing, departing::new)
        .get("/sign-in/break-glass", Need::Nothing, break_glass::new)
        .post("/sign-in/break-glass", Need::Nothing, break_glass::create)
        .get("/sign-in/break-glass/second", Need::Nothing, break_glass::second::new)
        .post("/sign-in/break-glass/second", Need::Nothing, break_glass::second::create)
        .post("/sign-in/break-glass/second/passkey", Need::Nothing, break_glass::second::question)
        .get("/settings/me/sign-ons", Need::Session, links::index)
        .get("/settings/me/sign-ons/{id}/new", Need::Session, links::new)
        .post("/settings/me/sign-ons/{id}/removal", Need::Session, links::destroy)
        .does("does-unlink")
        .get("/settings/sign-on", Need::Session, settings::index)
        .post("/settings/sign-on", Need::Session, settings::create)
        .does("does-make-connection")
        .get("/settings/sign-on/new", Need::Session, settings::new)
        .post("/settings/sign-on/enforcement", Need::Session, settings::enforcement::create)
        .does("does-enforce")
        .post("/settings/sign-on/enforcement/removal", Need::Session, settings::enforcement::destroy)
        .does("does-lift-enforcement")
        .get("/settings/sign-on/break-glass", Need::Session, break_glass::uses::index)
        .post("/settings/sign-on/break-glass/owners", Need::Session, break_glass::owners::create)
        .does("does-name-keeper")
        .post("/settings/sign-on/break-glass/owners/{id}/removal", Need::Session, break_glass::owners::destroy)
        .does("does-unname-keeper")
        .get("/settings/sign-on/break-glass/sheet", Need::Session, break_glass::sheet::show)
        .get("/settings/sign-on/break-glass/{id}", Need::Session, break_glass::uses::show)
        .post("/settings/sign-on/break-glass/{id}/review", Need::Session, break_glass::uses::update)
        .does("does-review-break-glass")
        .get("/settings/sign-on/domains", Need::Session, domains::index)
        .post("/settings/sign-on/domains", Need::Session, domains::create)
        .does("does-add-domain")
        .post("/settings/sign-on/domains/{id}/look", Need::Session, domains::look::create)
        .does("does-check-domain")
        .post("/settings/sign-on/domains/{id}/removal", Need::Session, domains::destroy)
        .does("does-remove-domain")
        .get("/settings/sign-on/keys", Need::Session, server_keys::index)
        .post("/settings/sign-on/keys", Need::Session, server_keys::create)
        .does("does-make-server-key")
        .post("/settings/sign-on/keys/{id}/use", Need::Session, server_keys::update)
        .does("does-use-server-key")
        .post("/settings/sign-on/keys/{id}/removal", Need::Session, server_keys::destroy)
        .does("does-remove-server-key")
        .get("/settings/sign-on/{id}", Need::Session, settings::edit)
        .post("/settings/sign-on/{id}", Need::Session, settings::update)
        .does("does-change-connection")
        .get("/settings/sign-on/{id}/test", Need::Session, settings::test::new)
        .post("/settings/sign-on/{id}/opening", Need::Session, settings::opening::create)
        .does("does-open-connection")
        .post("/settings/sign-on/{id}/opening/removal", Need::Session, settings::opening::destroy)
        .does("does-close-connection")
        .post("/settings/sign-on/{id}/removal", Need::Session, settings::destroy)
        .does("does-delete-connection")
}
