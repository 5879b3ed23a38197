//! What the gallery shows.

use super::*;
use crate::access::{Answer, Permissions, ProjectRole};
use crate::error::Msg;
use crate::members::CustomRole;
use crate::people::{GroupId, PersonId, RoleId};
use crate::ui::{Chooser, Sample, sample};
use chrono::{DateTime, Utc};
use uuid::Uuid;

fn cleo() -> Member {
    Member {
        id: PersonId(Uuid::nil()),
        name: "Cleo Marchetti".to_owned(),
        email: "cleo@halden.example".to_owned(),
        handle: "cleo.marchetti".to_owned(),
        role: OrganisationRole::Member,
        server_admin: false,
        groups: vec!["Planning".to_owned()],
        custom_roles: vec!["Security desk".to_owned()],
        given: vec!["security_configuration.manage".to_owned()],
        last_seen_at: Some(DateTime::<Utc>::UNIX_EPOCH),
        created_at: DateTime::<Utc>::UNIX_EPOCH,
        deactivated_at: None,
        held_at: None,
    }
}

fn planning() -> Group {
    Group {
        id: GroupId(Uuid::nil()),
        name: "Planning".to_owned(),
        about: "Who decides on the timetable.".to_owned(),
        version: 1,
        is_managed: false,
        people: 8,
        grants: vec!["Atlas: member".to_owned()],
    }
}

fn desk() -> CustomRole {
    CustomRole {
        id: RoleId(Uuid::nil()),
        name: "Security desk".to_owned(),
        about: "Sets up sign-on and reads the audit trail.".to_owned(),
        version: 1,
        given: vec!["security_configuration.manage".to_owned(), "audit.view".to_owned()],
        people: 1,
    }
}

fn line() -> Line {
    Line {
        role: role_label(OrganisationRole::Member),
        roles: vec![Choice::new("member", "Member", true)],
        can_remove: true,
        member: cleo(),
    }
}

impl Index {
    pub fn sample() -> Self {
        Index {
            shell: Shell::sample("members"),
            lines: vec![line()],
            counts: Counts { active: 23, deactivated: 2, owners: 1, admins: 2, groups: 3, roles: 1 },
            words: String::new(),
            roles: vec![Choice::new("", "Any role", true)],
            is_deactivated: false,
            next: Some("/settings/members?after=x".to_owned()),
            can_invite: true,
            can_transfer: true,
            problems: Problems::one("", "problem-last-owner"),
        }
    }
}

impl OneTime {
    pub fn sample() -> Self {
        let password = "k7mq2-x9fhd-3npwr-t8ver".to_owned();
        OneTime { shell: Shell::sample("members"), member: cleo(), password }
    }
}

impl Show {
    pub fn sample() -> Self {
        let atlas = Common { key: "ATL".to_owned(), name: "Atlas".to_owned(), role: ProjectRole::Member };
        Show {
            shell: Shell::sample("members"),
            line: line(),
            tickets: Vec::new(),
            projects: vec![atlas],
            held: vec![Held { role: desk(), can_take: true }],
            offers: vec![Choice::new("1", "Auditor", false)],
            is_me: false,
            can_make_server_admin: true,
            can_remove: true,
            is_mail_kept: false,
            can_reset: true,
            sessions: Vec::new(),
            sign_ons: vec![Link::sample()],
            by_rule: vec![Gift::sample()],
            factors: 1,
            problems: Problems::default(),
        }
    }
}

impl Roles {
    pub fn sample() -> Self {
        let counts = Counts { active: 23, deactivated: 2, owners: 1, admins: 2, groups: 3, roles: 1 };
        Roles {
            shell: Shell::sample("members"),
            built_in: BuiltIn::all(&counts),
            counts,
            roles: vec![desk()],
            table: Row::all(),
            can_manage: true,
            can_transfer: true,
        }
    }
}

impl RolePage {
    pub fn sample() -> Self {
        let form = RoleForm::of_role(&desk());
        RolePage {
            shell: Shell::sample("members"),
            areas: areas(form.chosen(), Permissions::of(OrganisationRole::Owner)),
            role: Some(desk()),
            form,
            holders: vec![Face { id: cleo().id, name: cleo().name, handle: cleo().handle }],
            can_manage: true,
            is_stale: true,
            problems: Problems::one("permissions", "problem-role-empty"),
        }
    }
}

impl Explain {
    pub fn sample() -> Self {
        let told =
            Msg::new("refused-project-role").with("needed", "member").with("project", "Atlas").with("have", "viewer");
        let answered = Answered {
            member: cleo(),
            title: "Order steel".to_owned(),
            path: "/tickets/ATL-1".to_owned(),
            access_path: Some("/projects/ATL/access".to_owned()),
            sees: true,
            lines: vec![AnswerLine::of(Verb::See, &Answer::Yes), AnswerLine::of(Verb::Edit, &Answer::No(told))],
            reasons: vec![Msg::new("reach-grant").with("role", "Viewer")],
        };
        Explain {
            shell: Shell::sample("members"),
            people: Chooser::many(),
            record: "ATL-1".to_owned(),
            answered: Some(answered),
            problems: Problems::one("user", "problem-person-unknown"),
        }
    }
}

impl Ownership {
    pub fn sample() -> Self {
        Ownership {
            shell: Shell::sample("members"),
            counts: Counts { owners: 1, ..Counts::default() },
            people: Chooser::many(),
            steps_down: false,
            problems: Problems::one("person", "problem-owner-already"),
        }
    }
}

impl Groups {
    pub fn sample() -> Self {
        Groups {
            shell: Shell::sample("members"),
            groups: vec![planning()],
            counts: Counts::default(),
            form: GroupForm::default(),
            can_manage: true,
            problems: Problems::one("name", "problem-group-taken"),
        }
    }
}

impl GroupPage {
    pub fn sample() -> Self {
        GroupPage {
            shell: Shell::sample("members"),
            form: GroupForm::of_group(&planning()),
            group: planning(),
            members: vec![Face { id: cleo().id, name: cleo().name, handle: cleo().handle }],
            others: Chooser::many(),
            can_manage: true,
            is_stale: true,
            problems: Problems::default(),
        }
    }

    /// One that the directory keeps: nobody here changes it.
    fn managed() -> Self {
        let group = Group { is_managed: true, ..planning() };
        GroupPage { group, can_manage: false, is_stale: false, ..GroupPage::sample() }
    }
}

/// For the gallery.
pub fn samples() -> Vec<Sample> {
    vec![
        sample("members/index", &Index::sample()),
        sample("members/onetime", &OneTime::sample()),
        sample("members/show", &Show::sample()),
        sample("members/groups", &Groups::sample()),
        sample("members/grouppage", &GroupPage::sample()),
        sample("members/managedgroup", &GroupPage::managed()),
        sample("members/roles", &Roles::sample()),
        sample("members/rolepage", &RolePage::sample()),
        sample("members/explain", &Explain::sample()),
        sample("members/ownership", &Ownership::sample()),
    ]
}
