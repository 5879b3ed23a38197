//! What the gallery shows.

use super::*;
use crate::access::ProjectId;
use crate::access::reach::Difference;
use crate::people::OrganisationRole;
use crate::ui::{Sample, sample};
use chrono::{DateTime, Utc};
use uuid::Uuid;

fn project() -> Project {
    Project {
        id: ProjectId(Uuid::nil()),
        key: "ATL".to_owned(),
        name: "Atlas".to_owned(),
        about: "Where the ferries are, and when the tide lets them go.".to_owned(),
        visibility: Visibility::Restricted,
        lead_id: None,
        lead: Some("Dov Peretz".to_owned()),
        lead_handle: Some("dov.peretz".to_owned()),
        version: 3,
        created_at: DateTime::<Utc>::UNIX_EPOCH,
        archived_at: None,
    }
}

fn reach(name: &str, role: ProjectRole, reasons: Vec<Reason>) -> Reach {
    Reach {
        id: PersonId(Uuid::nil()),
        name: name.to_owned(),
        handle: name.to_lowercase().replace(' ', "."),
        role,
        reasons,
    }
}

fn ada() -> Reach {
    reach("Ada Lindqvist", ProjectRole::Admin, vec![Reason::Organisation(OrganisationRole::Owner)])
}

fn cleo() -> Reach {
    reach("Cleo Marchetti", ProjectRole::Member, vec![Reason::Group("Planning".to_owned(), ProjectRole::Member)])
}

impl Index {
    pub fn sample() -> Self {
        let line = |key: &str, name: &str, is_restricted| Line {
            key: key.to_owned(),
            name: name.to_owned(),
            is_restricted,
            role: role_label(ProjectRole::Lead),
            lead: Some("Dov Peretz".to_owned()),
            tickets: "114".to_owned(),
            count: 114,
        };
        let mut shell = Shell::sample("projects");
        shell.frame.more_projects = 12;
        Index {
            shell,
            lines: vec![line("ATL", "Atlas", true), line("BCN", "Beacon", false)],
            listed: Listed { words: "a".to_owned(), ..Listed::default() },
            target: None,
            active: 2,
            archived: 1,
            has_archived: true,
            is_searched: true,
            next: Some("/projects?after=x".to_owned()),
        }
    }
}

impl New {
    pub fn sample() -> Self {
        let form = NewForm { name: "Tide Engine".to_owned(), key: "DOC".to_owned(), ..NewForm::blank(None) };
        let problems = Problems::one("key", crate::error::Msg::new("problem-key-reserved").with("key", "DOC"));
        New { shell: Shell::sample("projects"), form, leads: leads(&Offered::none(), ""), problems, is_first: true }
    }
}

impl Show {
    pub fn sample() -> Self {
        let shell = Shell::sample("projects");
        let areas = Area::list(&shell, "ATL", &[]);
        Show {
            shell,
            project: project(),
            role: role_label(ProjectRole::Admin),
            about: "<p>Where the ferries are, and when the tide lets them go.</p>".to_owned(),
            areas,
            recent: Vec::new(),
            can_administer: true,
            can_remove: true,
        }
    }
}

impl Edit {
    pub fn sample() -> Self {
        Edit {
            shell: Shell::sample("projects"),
            form: EditForm::of_project(&project()),
            project: project(),
            leads: leads(&Offered::none(), ""),
            problems: Problems::default(),
            can_administer: true,
            can_remove: true,
            is_stale: true,
        }
    }
}

impl Access {
    pub fn sample() -> Self {
        Access {
            shell: Shell::sample("projects"),
            project: project(),
            grants: Vec::new(),
            reach: vec![ada(), cleo()],
            standing: "Ada Lindqvist".to_owned(),
            people: vec![Choice::new("person:1", "Vera Novak", false)],
            person: None,
            groups: vec![Choice::new("group:1", "Safety", false)],
            roles: vec![Choice::new("viewer", "Viewer", true)],
            can_share: true,
            problems: Problems::one("to", "problem-grant-twice"),
        }
    }
}

impl VisibilityChange {
    pub fn sample() -> Self {
        let people = Difference { lose: vec![cleo()], gain: Vec::new(), change: Vec::new(), keep: 11 };
        let preview = Preview { to: Visibility::Restricted, people, stranded: 2, seen: String::new() };
        VisibilityChange {
            shell: Shell::sample("projects"),
            project: project(),
            preview,
            is_stale: true,
            can_share: true,
        }
    }
}

/// For the gallery.
pub fn samples() -> Vec<Sample> {
    vec![
        sample("projects/index", &Index::sample()),
        sample("projects/new", &New::sample()),
        sample("projects/show", &Show::sample()),
        sample("projects/edit", &Edit::sample()),
        sample("projects/access", &Access::sample()),
        sample("projects/visibility", &VisibilityChange::sample()),
    ]
}
