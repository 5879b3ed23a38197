//! Sign-on, against a provider that lies whenever a test wants it to.

mod accounts;
mod attacks;
mod break_glass;
mod configuration;
mod domains;
mod ending;
mod enforced;
mod invited;
mod saml;
mod saml_attacks;
mod saml_keys;
mod saml_logout;
mod leading;

use crate::harness::*;
use serde_json::json;

/// The connection of the file, as the sign-in page offers it.
fn door(app: &App) -> String {
    let id = app.tx(|tx| Ok(tow::sso::Connection::open_ones(tx)?.first().map(|connection| connection.id)));
    format!("/sign-on/{}", id.expect("no connection is open"))
}

/// Goes to the provider; the address there.
fn leave(app: &App, browser: &Client) -> String {
    browser.get(&door(app)).location()
}

/// There and back again.
fn sign_on(provider: &IdProvider, app: &App, browser: &Client) -> Answer {
    let back = provider.consent(app, &leave(app, browser));
    browser.get(&back)
}

fn is_in(browser: &Client) -> bool {
    browser.get("/tickets").status == 200
}

/// What the page says that a failed sign-on led to.
fn told(answer: &Answer) -> String {
    answer.follow().text()
}

/// Ada proved her address to TOW, and the provider says the same of it.
fn ada_is_known(provider: &IdProvider, app: &App) {
    app.sql("update people set verified_at = created_at where handle = 'ada'");
    provider.claim("email", json!("ada@halden.example"));
}

/// Ada's account is linked with the provider's honest subject.
fn ada_is_linked(app: &App) {
    app.sql(
        "insert into sso_links (id, connection_id, issuer, subject, person_id, email, created_at, last_used_at)
         select gen_random_uuid(), c.id, c.issuer, '248289761001', p.id, p.email, p.created_at, p.created_at
         from sso_connections c, people p where p.handle = 'ada'",
    );
}
