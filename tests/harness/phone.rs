//! An authenticator app, as a person has it.

use super::{App, Client};
use totp_rs::{Algorithm, Builder, Secret, Totp};

pub struct Phone(Totp);

impl Phone {
    pub fn code(&self, app: &App) -> String {
        self.0.generate(u64::try_from(app.state().clock.now().timestamp()).unwrap()).to_string()
    }
}

/// Sets one up; the phone, and the recovery codes.
pub fn enrol(app: &App, client: &Client) -> (Phone, Vec<String>) {
    let page = client.post("/settings/me/factors/app", &[]).follow().text();
    let between = |text: &str, before: &str, after: &str| {
        let rest = text.split(before).nth(1).unwrap_or_else(|| panic!("no {before} in {text}"));
        rest.split(after).next().unwrap().to_owned()
    };
    let key = between(&page, "<code id=\"key\">", "</code>").replace(' ', "");
    let builder = Builder::new()
        .with_algorithm(Algorithm::SHA1)
        .with_digits(6)
        .with_secret(Secret::try_from_base32(key).unwrap());
    let phone = Phone(builder.build().unwrap());
    let answer = client.post("/settings/me/factors/app/code", &[("code", &phone.code(app))]);
    assert_eq!(answer.status, 200, "{}", answer.text());
    let codes = between(&answer.text(), "aria-label=\"Recovery codes\">", "</pre>");
    (phone, codes.lines().map(str::to_owned).collect())
}
