//! The whole table of `access::answer` for the people of the named world, kept in `matrix.txt`.

use crate::harness::*;
use std::fmt::Write;
use tow::access::{Actor, Answer, Kind, Permission, Permissions, Place, Thing, Verb, answer};
use tow::people::{OrganisationRole, PersonId};
use uuid::Uuid;

const COLUMNS: [(&str, Option<Who>); 10] = [
    ("visitor", None),
    ("outsider", Some(DOV)),
    ("viewer", Some(VERA)),
    ("member", Some(CLEO)),
    ("lead", Some(EDDA)),
    ("padmin", Some(FINN)),
    ("admin", Some(BEN)),
    ("owner", Some(ADA)),
    ("server", Some(GRO)),
    ("security", Some(SAMI)),
];

/// What a row asks about; it may depend on who asks (their own record).
type Ask = (String, Box<dyn Fn(Option<PersonId>) -> Thing>);

#[test]
fn the_access_matrix_is_what_was_agreed() {
    let app = App::new();
    open_security_desk(&app);
    let actors: Vec<Actor> = COLUMNS
        .iter()
        .map(|(_, who)| match who {
            Some(who) => app.as_(*who).tx(|_, me| Ok(me.clone())),
            None => Actor::visitor("", ""),
        })
        .collect();
    golden("matrix.txt", &table(&actors));
}

fn table(actors: &[Actor]) -> String {
    let mut text = String::from(HEAD);
    let head: String = COLUMNS.iter().map(|(name, _)| format!(" {name:<8}")).collect();
    for (name, thing) in asks() {
        let _ = writeln!(text, "\n{name:<34}{}", head.trim_end());
        for verb in Verb::ALL {
            let cells: String =
                actors.iter().map(|me| format!(" {:<8}", word(&answer(me, *verb, &thing(me.person_id()))))).collect();
            let _ = writeln!(text, "  {:<32}{}", verb.as_str(), cells.trim_end());
        }
    }
    let _ = writeln!(text, "\n{:<34}{}", "permissions", head.trim_end());
    for permission in Permission::ALL {
        let thing = Thing::Organisation(*permission);
        let cells: String =
            actors.iter().map(|me| format!(" {:<8}", word(&answer(me, Verb::Administer, &thing)))).collect();
        let _ = writeln!(text, "  {:<32}{}", permission.as_str(), cells.trim_end());
    }
    text
}

const HEAD: &str = "\
# Who may do what: each block is a thing, each line a verb, each column somebody (roles are those in Atlas; outsider has no
# grant; Cleo, the member, is the only one in the Planners; security is a member with a custom role that has
# security_configuration.manage, audit.view). yes; no: refused with a reason; -: hidden, a 404.
# Written by UPDATE=1 cargo test the_access_matrix; a changed line is a changed permission.
";

fn word(answer: &Answer) -> &'static str {
    match answer {
        Answer::Yes => "yes",
        Answer::No(_) => "no",
        Answer::Hidden => "-",
    }
}

fn asks() -> Vec<Ask> {
    let id = Uuid::nil();
    let places = [
        ("organisation", Place::Organisation(HALDEN)),
        ("restricted Atlas", Place::Project(ATLAS)),
        ("open Beacon", Place::Project(BEACON)),
        ("group Planners", Place::Group(PLANNERS)),
        ("private of Cleo", Place::Person(CLEO.id)),
    ];
    let mut asks: Vec<Ask> = Vec::new();
    for (name, place) in places {
        let somebodys = Some(PersonId(Uuid::max()));
        asks.push((
            format!("record in {name}"),
            Box::new(move |_| Thing::Record { id, kind: Kind::Ticket, place, author: somebodys }),
        ));
        asks.push((
            format!("own record in {name}"),
            Box::new(move |me| Thing::Record { id, kind: Kind::Ticket, place, author: me }),
        ));
        asks.push((
            format!("comment in {name}"),
            Box::new(move |_| Thing::Remark { record: id, kind: Kind::Ticket, place, author: somebodys }),
        ));
        asks.push((
            format!("own comment in {name}"),
            Box::new(move |me| Thing::Remark { record: id, kind: Kind::Ticket, place, author: me }),
        ));
    }
    asks.push(("project Atlas".to_owned(), Box::new(|_| Thing::Project(ATLAS))));
    asks.push(("project Beacon".to_owned(), Box::new(|_| Thing::Project(BEACON))));
    asks.push(("what is Cleo's own".to_owned(), Box::new(|_| Thing::Own(CLEO.id))));
    for role in OrganisationRole::ALL {
        let thing = move |_| Thing::newcomer(PersonId(Uuid::max()), *role, Permissions::NONE);
        asks.push((format!("somebody who is {role}"), Box::new(thing)));
    }
    asks.push(("a server admin".to_owned(), Box::new(|_| server_admin())));
    asks.push(("oneself as a member".to_owned(), Box::new(oneself)));
    let desk: Permissions = [Permission::SecurityConfigurationManage, Permission::AuditView].into_iter().collect();
    asks.push(("holder of Security desk".to_owned(), Box::new(move |_| holder(desk))));
    asks.push(("role that gives nothing".to_owned(), Box::new(|_| Thing::Role { id: None, holds: Permissions::NONE })));
    asks.push(("role Security desk".to_owned(), Box::new(move |_| Thing::Role { id: None, holds: desk })));
    asks.push(("the door".to_owned(), Box::new(|_| Thing::Door)));
    asks
}

fn holder(desk: Permissions) -> Thing {
    Thing::newcomer(PersonId(Uuid::max()), OrganisationRole::Member, desk)
}

fn oneself(me: Option<PersonId>) -> Thing {
    Thing::newcomer(me.unwrap_or(PersonId(Uuid::max())), OrganisationRole::Member, Permissions::NONE)
}

fn server_admin() -> Thing {
    let holds = Permissions::of(OrganisationRole::Member);
    Thing::Member { id: PersonId(Uuid::max()), role: OrganisationRole::Member, holds, is_server_admin: true }
}
