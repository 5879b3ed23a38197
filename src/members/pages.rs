//! The pages of people and groups, and their forms.

use super::{Common, Counts, Group, GroupText, Member};
use crate::access::{Actor, Permission, Verb, can, holds};
use crate::error::Problems;
use crate::people::{Face, OrganisationRole, RoleId, Session};
use crate::records::Record;
use crate::sso::{Gift, Link, Target};
use crate::text::value::{Body, Name};
use crate::ui::{Choice, Chooser, Shell, filters, text};
use crate::web::Form;
use askama::Template;

mod explain;
mod roles;
mod samples;

pub use explain::*;
pub use roles::*;
pub use samples::samples;

/// Message key.
pub fn role_label(role: OrganisationRole) -> String {
    format!("organisation-role-{role}")
}

/// The roles that the reader may give this person; empty when they may not change it.
pub fn role_choices(member: &Member, me: &Actor) -> Vec<Choice> {
    let choice = |role: &OrganisationRole| Choice::new(role, text(&role_label(*role)), *role == member.role);
    let may_give = |role: &&OrganisationRole| can(me, Verb::Share, &member.thing(**role));
    if !member.is_active() || !can(me, Verb::Share, &member.thing(member.role)) {
        return Vec::new();
    }
    OrganisationRole::ALL.iter().filter(may_give).map(choice).collect()
}

#[derive(Template)]
#[template(path = "members/index.html")]
pub struct Index {
    pub shell: Shell,
    pub lines: Vec<Line>,
    pub counts: Counts,
    pub words: String,
    pub roles: Vec<Choice>,
    pub is_deactivated: bool,
    /// The address of the next page.
    pub next: Option<String>,
    pub can_invite: bool,
    pub can_transfer: bool,
    pub problems: Problems,
}

/// One person of the list.
#[derive(Debug, Clone)]
pub struct Line {
    pub member: Member,
    /// Message key.
    pub role: String,
    pub roles: Vec<Choice>,
    /// Whether the reader may take their place away, and so sees what they leave behind.
    pub can_remove: bool,
}

impl Line {
    pub fn of(member: Member, me: &Actor) -> Self {
        let can_remove = can(me, Verb::Remove, &member.thing(member.role));
        Line { role: role_label(member.role), roles: role_choices(&member, me), can_remove, member }
    }
}

/// A password that is shown this once.
#[derive(Template)]
#[template(path = "members/password.html")]
pub struct OneTime {
    pub shell: Shell,
    pub member: Member,
    pub password: String,
}

#[derive(Template)]
#[template(path = "members/show.html")]
pub struct Show {
    pub shell: Shell,
    pub line: Line,
    pub tickets: Vec<Record>,
    pub projects: Vec<Common>,
    /// Custom roles.
    pub held: Vec<Held>,
    pub offers: Vec<Choice>,
    pub is_me: bool,
    pub can_make_server_admin: bool,
    pub can_remove: bool,
    pub can_reset: bool,
    /// Mails stay on this machine, so a link to set a password would reach nobody.
    pub is_mail_kept: bool,
    /// For who may change the account: where they are signed in, and how many second factors they have.
    pub sessions: Vec<Session>,
    pub factors: usize,
    /// And through which providers they come in.
    pub sign_ons: Vec<Link>,
    /// What came by rules of sign-on.
    pub by_rule: Vec<Gift>,
    pub problems: Problems,
}

impl Show {
    fn is_ruled(&self, target: Target) -> bool {
        self.by_rule.iter().any(|gift| gift.target() == target)
    }

    fn is_ruled_role(&self, id: &RoleId) -> bool {
        self.is_ruled(Target::Role(*id))
    }

    fn is_ruled_admin(&self) -> bool {
        self.line.member.role == OrganisationRole::Admin && self.is_ruled(Target::Admin)
    }

    /// No two groups have the same name.
    fn is_ruled_group(&self, name: &str) -> bool {
        self.by_rule.iter().any(|gift| matches!(gift.target(), Target::Group(_)) && gift.name == name)
    }
}

#[derive(Template)]
#[template(path = "members/groups.html")]
pub struct Groups {
    pub shell: Shell,
    pub groups: Vec<Group>,
    pub counts: Counts,
    pub form: GroupForm,
    pub can_manage: bool,
    pub problems: Problems,
}

#[derive(Template)]
#[template(path = "members/group.html")]
pub struct GroupPage {
    pub shell: Shell,
    pub group: Group,
    pub members: Vec<Face>,
    /// Who is not in it.
    pub others: Chooser,
    pub form: GroupForm,
    pub can_manage: bool,
    /// Somebody saved in the meantime; what they saved is shown beside.
    pub is_stale: bool,
    pub problems: Problems,
}

/// As typed.
#[derive(Debug, Clone, Default)]
pub struct GroupForm {
    pub name: String,
    pub about: String,
    pub version: String,
}

impl GroupForm {
    pub fn of(form: &Form) -> Self {
        let text = |name| form.text(name).to_owned();
        GroupForm { name: text("name"), about: text("about"), version: text("version") }
    }

    pub fn of_group(group: &Group) -> Self {
        GroupForm { name: group.name.clone(), about: group.about.clone(), version: group.version.to_string() }
    }

    pub fn check(&self) -> Result<GroupText, Problems> {
        let mut problems = Problems::default();
        let name = problems.take("name", Name::parse(&self.name));
        let about = problems.take("about", Body::parse(&self.about));
        match (name, about) {
            (Some(name), Some(about)) => Ok(GroupText { name, about }),
            _ => Err(problems),
        }
    }
}

pub fn can_manage_groups(me: &Actor) -> bool {
    holds(me, Permission::GroupsManage)
}
