//! Rules of sign-on: who may write which, and what becomes of people.

mod giving;
mod judging;
mod limits;
mod taking;
mod writing;

use crate::harness::*;
use serde_json::json;
use tow::claims::{Gives, RuleDraft};
use tow::sso::{ConnectionId, RuleId};

/// Whom the provider's honest subject is.
const SUBJECT: &str = "248289761001";

fn draft(value: &str, gives: Gives) -> RuleDraft {
    RuleDraft { claim: "groups".to_owned(), value: value.to_owned(), takes_absence: false, gives }
}

fn planners() -> Gives {
    Gives::Group("Planners".to_owned())
}

fn connection(app: &App) -> ConnectionId {
    ConnectionId(app.text("select id::text as text from sso_connections limit 1").parse().unwrap())
}

/// Ada's rule: whoever is in this group at the provider gets that.
fn rule(app: &App, value: &str, gives: Gives) -> RuleId {
    let id = connection(app);
    app.write(ADA, |tx, me| draft(value, gives).create(tx, me, id)).unwrap()
}

/// The account is linked with the provider's honest subject.
fn link(app: &App, who: Who) {
    app.sql(&format!(
        "insert into sso_links (id, connection_id, issuer, subject, person_id, email, created_at, last_used_at)
         select gen_random_uuid(), c.id, case c.protocol when 'saml' then 'saml:' else '' end || c.issuer, '{SUBJECT}', p.id, p.email, p.created_at, p.created_at
         from sso_connections c, people p where p.id = '{}'",
        who.id
    ));
}

/// There and back again, in a new browser, with these groups.
fn sign_on(provider: &IdProvider, app: &App, groups: &[&str]) -> Client {
    provider.claim("groups", json!(groups));
    sign_on_as_is(provider, app)
}

fn sign_on_as_is(provider: &IdProvider, app: &App) -> Client {
    let browser = app.visitor();
    let there = browser.get(&format!("/sign-on/{}", connection(app))).location();
    browser.get(&provider.consent(app, &there));
    browser
}

fn is_in(browser: &Client) -> bool {
    browser.get("/tickets").status == 200
}

fn is_planner(app: &App, who: Who) -> bool {
    let sql = format!("select count(*) from group_members where group_id = '{PLANNERS}' and person_id = '{}'", who.id);
    app.count(&sql) > 0
}

fn role_of(app: &App, who: Who) -> String {
    app.text(&format!("select role as text from memberships where person_id = '{}'", who.id))
}

fn gifts(app: &App) -> i64 {
    app.count("select count(*) from sso_gifts")
}

fn events(app: &App, action: &str) -> i64 {
    app.count(&format!("select count(*) from audit_events where action = '{action}'"))
}

/// A custom role of Ada's.
fn custom_role(app: &App, name: &str, permissions: &[&str]) -> Gives {
    let mut form = vec![("name", name), ("about", "")];
    form.extend(permissions.iter().map(|word| ("permissions", *word)));
    let made = app.as_(ADA).post("/settings/roles", &form).location();
    Gives::Role(tow::people::RoleId(made.rsplit('/').next().unwrap().parse().unwrap()))
}

fn holds(app: &App, who: Who, gives: &Gives) -> bool {
    let Gives::Role(id) = gives else { panic!("no role") };
    let sql = format!("select count(*) from person_roles where role_id = '{id}' and person_id = '{}'", who.id);
    app.count(&sql) > 0
}
