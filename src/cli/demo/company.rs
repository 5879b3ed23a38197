//! Who Halden is: its people, groups, projects, and who may be where.

use crate::access::{Actor, ProjectRole};
use crate::db::Tx;
use crate::error::{Error, Msg, Result};
use crate::members::{Group, GroupText};
use crate::people::{Entry, GroupId, Method, Mode, OrganisationRole, Person, PersonId, Session};
use crate::projects::{Grantee, NewProject, Project, Visibility};
use crate::setup::{FirstAccount, NewAccount, issue_token};
use crate::text::value::{Body, Email, Name, ProjectKey};
use chrono::{DateTime, Duration, Utc};
use std::collections::HashMap;

pub const OWNER_EMAIL: &str = "ada@halden.example";
/// Days ago.
const FOUNDED: i64 = 190;

const PEOPLE: [(&str, &str, OrganisationRole); 12] = [
    ("vera", "Vera Novak", OrganisationRole::Admin),
    ("ben", "Ben Osei", OrganisationRole::Member),
    ("cleo", "Cleo Marchetti", OrganisationRole::Member),
    ("dov", "Dov Peretz", OrganisationRole::Member),
    ("ines", "Ines Moreau", OrganisationRole::Member),
    ("jonas", "Jonas Brekke", OrganisationRole::Member),
    ("kofi", "Kofi Mensah", OrganisationRole::Member),
    ("lena", "Lena Vogt", OrganisationRole::Member),
    ("marek", "Marek Zieliński", OrganisationRole::Member),
    ("priya", "Priya Raman", OrganisationRole::Member),
    ("rhona", "Rhona Sinclair", OrganisationRole::Member),
    ("tomas", "Tomas Halvorsen", OrganisationRole::Member),
];

const GROUPS: [(&str, &str, &[&str]); 3] = [
    (
        "Planning",
        "Who draws up the plan, day and night.",
        &["ben", "dov", "ines", "kofi", "lena", "marek", "priya", "vera"],
    ),
    ("Beacon team", "Who tells the passengers.", &["ben", "cleo", "lena", "priya", "vera"]),
    ("Safety", "Who may stop anything.", &["jonas", "rhona", "tomas"]),
];

/// Key, name, about, whether restricted, lead.
const PROJECTS: [(&str, &str, &str, bool, &str); 5] = [
    (
        "ATL",
        "Atlas",
        "Plans every crossing around the water: tides, berths, crews and weather on one board.",
        true,
        "dov",
    ),
    ("BCN", "Beacon", "Tells passengers what changed, before they leave home.", false, "cleo"),
    ("QUAY", "Quayside", "Tickets, the ferry card, and eight minutes to board.", false, "ines"),
    ("CRW", "Watch", "Rosters, rest and certificates of the crews.", true, "rhona"),
    ("FLT", "Fleet", "Three vessels, their parts and their winters.", false, "jonas"),
];

/// Project, group, role.
const GRANTS: [(&str, &str, ProjectRole); 4] = [
    ("ATL", "Planning", ProjectRole::Member),
    ("ATL", "Safety", ProjectRole::Member),
    ("BCN", "Beacon team", ProjectRole::Lead),
    ("CRW", "Safety", ProjectRole::Member),
];

/// Everybody by first name, as they act.
pub struct Cast {
    actors: HashMap<&'static str, Actor>,
}

impl Cast {
    pub fn actor(&self, name: &str) -> Result<&Actor> {
        self.actors.get(name).ok_or_else(|| Error::broken(format!("nobody in the demo is called {name}")))
    }

    pub fn id(&self, name: &str) -> Result<Option<PersonId>> {
        if name == "." { Ok(None) } else { Ok(self.actor(name)?.person_id()) }
    }
}

/// A text of the demo that is right, or a fault of ours.
pub fn right<T>(parsed: Result<T, Msg>) -> Result<T> {
    parsed.map_err(|msg| Error::broken(format!("the demo has a wrong text: {}", msg.key)))
}

pub fn found(tx: &mut Tx, now: DateTime<Utc>, password_hash: String) -> Result<Cast> {
    tx.now = now - Duration::days(FOUNDED);
    let owner = found_organisation(tx, password_hash)?;
    let operator = Actor::of_operator(tx)?;
    let mut ids = vec![("ada", owner)];
    for (handle, name, role) in PEOPLE {
        tx.now += Duration::hours(5);
        ids.push((handle, add_person(tx, &operator, handle, name, role)?));
    }
    let ada = Actor::of_person(tx, owner)?.confirmed();
    let groups = add_groups(tx, &ada, &ids)?;
    for project in PROJECTS {
        tx.now += Duration::hours(3);
        add_project(tx, &ada, project, &ids, &groups)?;
    }
    let mut actors = HashMap::new();
    for (name, id) in ids {
        actors.insert(name, Actor::of_person(tx, id)?.confirmed());
    }
    Ok(Cast { actors })
}

fn found_organisation(tx: &mut Tx, password_hash: String) -> Result<PersonId> {
    let token = issue_token(tx)?.ok_or_else(|| Error::invalid("", "problem-demo-not-empty"))?;
    let account = FirstAccount {
        token,
        organisation: right(Name::parse("Halden"))?,
        mode: Mode::Organization,
        time_zone: "Europe/London".to_owned(),
        name: right(Name::parse("Ada Lindqvist"))?,
        email: right(Email::parse(OWNER_EMAIL))?,
        password_hash: Some(password_hash),
    };
    let entry = Entry { method: Method::SetUp, address: String::new(), browser: String::new(), max_age_seconds: 0 };
    account.create(tx, &Actor::visitor("", ""), entry, None)?;
    let owner = Person::by_email(tx, OWNER_EMAIL)?.ok_or(Error::NotFound)?.id;
    // Set-up signs its person in; here nobody holds that token.
    Session::end_all(tx, owner, None)?;
    Ok(owner)
}

fn add_person(tx: &mut Tx, operator: &Actor, handle: &str, name: &str, role: OrganisationRole) -> Result<PersonId> {
    let email = right(Email::parse(&format!("{handle}@halden.example")))?;
    let account = NewAccount { name: right(Name::parse(name))?, email, role, server_admin: false, password_hash: None };
    account.create(tx, operator)
}

fn add_groups(tx: &mut Tx, ada: &Actor, ids: &[(&'static str, PersonId)]) -> Result<HashMap<&'static str, GroupId>> {
    let mut groups = HashMap::new();
    for (name, about, members) in GROUPS {
        tx.now += Duration::hours(1);
        let text = GroupText { name: right(Name::parse(name))?, about: right(Body::parse(about))? };
        let id = text.create(tx, ada)?;
        let group = Group::find(tx, ada, id)?;
        for (_, person) in ids.iter().filter(|(handle, _)| members.contains(handle)) {
            group.add(tx, ada, *person)?;
        }
        groups.insert(name, id);
    }
    Ok(groups)
}

fn add_project(
    tx: &mut Tx,
    ada: &Actor,
    (key, name, about, is_restricted, lead): (&str, &str, &str, bool, &str),
    ids: &[(&'static str, PersonId)],
    groups: &HashMap<&'static str, GroupId>,
) -> Result<()> {
    let lead = ids.iter().find(|(handle, _)| *handle == lead).map(|(_, id)| *id);
    let project = NewProject {
        name: right(Name::parse(name))?,
        key: Some(right(ProjectKey::parse(key))?),
        about: right(Body::parse(about))?,
        visibility: if is_restricted { Visibility::Restricted } else { Visibility::Open },
        lead,
    };
    let key = project.create(tx, ada)?;
    let ada = Actor::of_person(tx, ada.person_id().ok_or(Error::SignIn)?)?.confirmed();
    let project = Project::find(tx, &ada, &key)?;
    for (_, group, role) in GRANTS.into_iter().filter(|(of, _, _)| *of == key) {
        if let Some(group) = groups.get(group) {
            project.give(tx, &ada, Grantee::Group(*group), role)?;
        }
    }
    Ok(())
}
