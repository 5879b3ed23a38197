//! Accounts from a shell.

use crate::harness::*;
use tow::access::Actor;
use tow::db::Tx;
use tow::error::{Error, Result};
use tow::people::OrganisationRole;
use tow::setup::{NewAccount, change_role, change_server_admin, reset_password};
use tow::text::value::{Email, Name};

fn as_operator<T>(app: &App, f: impl FnOnce(&mut Tx, &Actor) -> Result<T>) -> Result<T> {
    let mut conn = app.state().pool.get().unwrap();
    tow::db::write(&mut conn, app.state().clock.now(), uuid::Uuid::nil(), |tx| {
        let me = Actor::of_operator(tx)?;
        f(tx, &me)
    })
}

fn account(email: &str) -> NewAccount {
    let (name, email) = (Name::parse("Ida Rask").unwrap(), Email::parse(email).unwrap());
    NewAccount { name, email, role: OrganisationRole::Member, server_admin: false, password_hash: None }
}

fn refused_with(result: Result<impl std::fmt::Debug>) -> &'static str {
    match result {
        Err(Error::Invalid(problems)) => problems.iter().next().unwrap().1.key,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_operator_makes_an_account_once_and_it_is_audited_as_theirs() {
    let app = App::new();
    as_operator(&app, |tx, me| account("ida@halden.example").create(tx, me)).unwrap();
    let again = as_operator(&app, |tx, me| account("IDA@halden.example").create(tx, me));
    assert_eq!(refused_with(again), "problem-account-exists");
    assert_eq!(
        app.count("select count(*) from audit_events where action = 'member.added' and actor_kind = 'operator'"),
        1
    );
}

#[test]
fn an_account_needs_an_organisation() {
    assert_eq!(
        refused_with(as_operator(&App::empty(), |tx, me| account("ida@halden.example").create(tx, me))),
        "problem-not-set-up"
    );
}

#[test]
fn a_reset_ends_every_session() {
    let app = App::new();
    let cleo = app.as_(CLEO);
    assert_eq!(as_operator(&app, |tx, me| reset_password(tx, me, "Cleo@halden.example", "new")).unwrap(), 1);
    assert!(cleo.get("/tickets").location().starts_with("/sign-in"));
}

#[test]
fn the_last_active_owner_and_the_last_server_admin_remain() {
    let app = App::new();
    let demote = |who: Who| as_operator(&app, |tx, me| change_role(tx, me, &who.email(), OrganisationRole::Member));
    assert_eq!(refused_with(demote(ADA)), "problem-last-owner");
    as_operator(&app, |tx, me| change_role(tx, me, &HUGO.email(), OrganisationRole::Owner)).unwrap();
    assert_eq!(refused_with(demote(ADA)), "problem-last-owner", "Hugo is deactivated");
    as_operator(&app, |tx, me| change_role(tx, me, &BEN.email(), OrganisationRole::Owner)).unwrap();
    assert_eq!(demote(ADA).unwrap(), OrganisationRole::Owner);
    let unmake = |who: Who| as_operator(&app, |tx, me| change_server_admin(tx, me, &who.email(), false));
    assert!(unmake(ADA).unwrap());
    assert_eq!(refused_with(unmake(GRO)), "problem-last-server-admin");
}

#[test]
fn the_shell_and_the_web_never_take_the_last_two_owners_at_once() {
    let app = App::own();
    for round in 0..6 {
        app.sql("update memberships m set role = 'owner' from people p where p.id = m.person_id and p.handle in ('ada', 'ben')");
        let state = app.state().clone();
        let shell = std::thread::spawn(move || {
            let mut conn = state.pool.get().unwrap();
            tow::db::write(&mut conn, state.clock.now(), uuid::Uuid::nil(), |tx| {
                let me = Actor::of_operator(tx)?;
                change_role(tx, &me, "ben@halden.example", OrganisationRole::Member)
            })
        });
        let step_down = [("was", "owner"), ("role", "member")];
        let web = app.at_once(vec![app.as_(ADA).posting("/people/ada/role", &step_down)]);
        let (by_shell, by_web) = (shell.join().unwrap().is_ok(), web[0].status == 303);
        assert!(by_shell != by_web, "round {round}: shell {by_shell}, web {by_web}");
        assert_eq!(app.count("select count(*) from memberships where role = 'owner'"), 1, "round {round}");
    }
}

#[test]
fn a_lower_role_from_the_shell_ends_sessions_and_a_higher_one_brings_a_new_token() {
    let app = App::new();
    let (ben, cleo, gro) = (app.as_(BEN), app.as_(CLEO), app.as_(GRO));
    let old = cleo.session_cookie();
    as_operator(&app, |tx, me| change_role(tx, me, &BEN.email(), OrganisationRole::Member)).unwrap();
    as_operator(&app, |tx, me| change_role(tx, me, &CLEO.email(), OrganisationRole::Admin)).unwrap();
    as_operator(&app, |tx, me| change_server_admin(tx, me, &GRO.email(), false)).unwrap();
    assert_eq!([&ben, &cleo, &gro].map(|client| client.get("/projects").status), [303, 200, 303]);
    assert_ne!(cleo.session_cookie(), old);
}
