//! The checklist of who leaves, and what became of a hand-over.

use super::{Checklist, Handover, Item, KeyKind, Keys, Work, WorkKind, Written};
use crate::access::Kind;
use crate::error::{Msg, Problems};
use crate::members::Member;
use crate::people::{Face, Offered, OrganisationRole, PersonId};
use crate::ui::{Chooser, Sample, Shell, filters, sample, text};
use askama::Template;
use chrono::{DateTime, Duration, Utc};
use uuid::Uuid;

#[derive(Template)]
#[template(path = "leaving/show.html")]
pub struct Show {
    pub shell: Shell,
    pub list: Checklist,
    /// To whom it may go.
    pub people: Chooser,
    pub problems: Problems,
}

#[derive(Template)]
#[template(path = "leaving/outcome.html")]
pub struct Outcome {
    pub shell: Shell,
    pub member: Member,
    pub done: Handover,
}

/// What can be ended in one step: message key, number, and where it is managed.
pub struct KeyLine {
    pub kind: KeyKind,
    pub label: &'static str,
    pub count: i64,
    pub href: String,
}

impl Show {
    pub fn new(shell: Shell, list: Checklist, (people, chosen): (Offered, &str), problems: Problems) -> Self {
        let people = people.without(|face| face.id == list.member.id);
        let people = people.chooser(&[("", text("group-choose"))], chosen);
        Show { shell, list, people, problems }
    }

    /// Only those of which there are some.
    pub fn keys(&self) -> Vec<KeyLine> {
        let of = |kind: &KeyKind| {
            let (label, href) = match kind {
                KeyKind::Session => ("leaving-sessions", self.list.member.path()),
                KeyKind::Token => ("leaving-tokens", String::new()),
                KeyKind::Key => ("leaving-keys", "/settings/keys".to_owned()),
                KeyKind::Directory => ("leaving-directory", "/settings/provisioning".to_owned()),
            };
            KeyLine { kind: *kind, label, count: self.list.keys.count(*kind), href }
        };
        KeyKind::ALL.iter().map(of).filter(|line| line.count > 0).collect()
    }

    /// What is settled elsewhere: message key, number, where.
    pub fn elsewhere(&self) -> Vec<(&'static str, i64, String)> {
        let (keys, own) = (&self.list.keys, self.list.member.path());
        let groups = i64::try_from(self.list.member.groups.len()).unwrap_or_default();
        let all = [
            ("leaving-factors", keys.factors, own.clone()),
            ("leaving-links", keys.links, own),
            ("leaving-keeper", keys.keeper, "/settings/sign-on/break-glass".to_owned()),
            ("leaving-groups", groups, "/settings/groups".to_owned()),
            ("leaving-agents", keys.agents, "/settings/ai/agents".to_owned()),
            ("leaving-streams", keys.streams, "/settings/audit/streams".to_owned()),
        ];
        all.into_iter().filter(|(_, count, _)| *count > 0).collect()
    }

    fn sample(list: Checklist) -> Self {
        let dov = Face { id: PersonId(Uuid::from_u128(2)), name: "Dov Peretz".to_owned(), handle: "dov".to_owned() };
        Show::new(
            Shell::sample("members"),
            list,
            (Offered { faces: vec![dov], ..Offered::none() }, ""),
            Problems::default(),
        )
    }
}

impl Work {
    pub fn label(&self) -> &'static str {
        self.kind.counted()
    }
}

impl Written {
    /// Message key.
    pub fn label(&self) -> String {
        format!("search-kind-{}", self.kind)
    }
}

fn cleo() -> Member {
    let at = DateTime::<Utc>::UNIX_EPOCH + Duration::days(20_000);
    Member {
        id: PersonId(Uuid::nil()),
        name: "Cleo Marchetti".to_owned(),
        email: "cleo@halden.example".to_owned(),
        handle: "cleo".to_owned(),
        role: OrganisationRole::Member,
        server_admin: false,
        groups: vec!["Planning".to_owned()],
        custom_roles: vec!["Security desk".to_owned()],
        given: Vec::new(),
        last_seen_at: Some(at),
        created_at: at,
        deactivated_at: Some(at),
        held_at: Some(at),
    }
}

/// For the gallery.
pub fn samples() -> Vec<Sample> {
    let item = |kind, key: &str, title: &str| Item { kind, key: key.to_owned(), title: title.to_owned() };
    let crane = item(WorkKind::Ticket, "ATL-1", "The crane stands idle");
    let project = item(WorkKind::Project, "ATL", "Atlas");
    let work = vec![
        Work { kind: WorkKind::Ticket, items: vec![crane.clone()] },
        Work { kind: WorkKind::Project, items: vec![project.clone()] },
    ];
    let keys =
        Keys { sessions: 2, tokens: 1, keys: 1, directory: 1, factors: 1, links: 1, keeper: 1, agents: 1, streams: 1 };
    let full = Checklist { member: cleo(), keys, work, written: vec![Written { kind: Kind::Doc, count: 14 }] };
    let active = Member { deactivated_at: None, held_at: None, groups: Vec::new(), ..cleo() };
    let nothing = Checklist { member: active, keys: Keys::default(), work: Vec::new(), written: Vec::new() };
    let mut wrong = Show::sample(full.clone());
    wrong.people = Chooser::many();
    wrong.problems = Problems::one("person", "problem-person-choose");
    let to = Face { id: PersonId(Uuid::from_u128(2)), name: "Dov Peretz".to_owned(), handle: "dov".to_owned() };
    let left = vec![(project, Msg::new("leaving-left-unseen").with("name", "Dov Peretz"))];
    let outcome = |done: Handover| Outcome { shell: Shell::sample("members"), member: cleo(), done };
    vec![
        sample("leaving/show", &Show::sample(full)),
        sample("leaving/nothing", &Show::sample(nothing)),
        sample("leaving/wrong", &wrong),
        sample("leaving/outcome", &outcome(Handover { to: to.clone(), done: vec![crane], left })),
        sample("leaving/outcomenothing", &outcome(Handover { to, done: Vec::new(), left: Vec::new() })),
    ]
}
