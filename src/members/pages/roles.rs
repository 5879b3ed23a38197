//! The pages of roles, and their forms.

use super::role_label;
use crate::access::{Actor, Permission, Permissions, Verb, can};
use crate::error::{Msg, Problems};
use crate::members::{Counts, CustomRole, Member, RoleText};
use crate::people::{Face, OrganisationRole};
use crate::text::value::{Body, Name};
use crate::ui::{Choice, Chooser, Shell, filters, text};
use crate::web::Form;
use askama::Template;

#[derive(Template)]
#[template(path = "members/roles.html")]
pub struct Roles {
    pub shell: Shell,
    pub counts: Counts,
    pub roles: Vec<CustomRole>,
    pub built_in: Vec<BuiltIn>,
    pub table: Vec<Row>,
    pub can_manage: bool,
    pub can_transfer: bool,
}

/// A role that every organisation has.
#[derive(Debug, Clone)]
pub struct BuiltIn {
    pub role: OrganisationRole,
    /// Message keys.
    pub label: String,
    pub words: String,
    pub people: i64,
}

impl BuiltIn {
    /// The highest first.
    pub fn all(counts: &Counts) -> Vec<BuiltIn> {
        let one = |role: &OrganisationRole| BuiltIn {
            role: *role,
            label: role_label(*role),
            words: format!("role-words-{role}"),
            people: counts.of(*role),
        };
        OrganisationRole::ALL.iter().rev().map(one).collect()
    }
}

/// One permission in the table of built-in roles.
#[derive(Debug, Clone)]
pub struct Row {
    /// Message key; only on the first row of an area.
    pub area: Option<String>,
    /// Message key.
    pub label: String,
    pub word: &'static str,
    pub is_sensitive: bool,
    /// Whether member, admin, owner hold it.
    pub held: Vec<bool>,
}

impl Row {
    pub fn all() -> Vec<Row> {
        let mut before = "";
        let row = |permission: &Permission| {
            let area = permission.area();
            let is_first = std::mem::replace(&mut before, area) != area;
            Row {
                area: is_first.then(|| area_label(area)),
                label: permission.label(),
                word: permission.as_str(),
                is_sensitive: permission.is_sensitive(),
                held: OrganisationRole::ALL.iter().map(|role| *role >= permission.least_role()).collect(),
            }
        };
        Permission::ALL.iter().map(row).collect()
    }
}

fn area_label(area: &str) -> String {
    format!("permission-area-{}", area.replace('_', "-"))
}

/// Permissions of one area, to be ticked.
#[derive(Debug, Clone)]
pub struct Area {
    /// Message key.
    pub label: String,
    pub choices: Vec<Tick>,
}

#[derive(Debug, Clone)]
pub struct Tick {
    pub word: &'static str,
    /// Message key.
    pub label: String,
    pub is_sensitive: bool,
    pub is_chosen: bool,
    /// The reader holds it, so they may give it.
    pub is_mine: bool,
}

/// What a custom role can add; every member holds the rest anyway.
pub fn areas(chosen: Permissions, mine: Permissions) -> Vec<Area> {
    let mut areas: Vec<Area> = Vec::new();
    for permission in Permission::ALL.iter().filter(|one| one.least_role() > OrganisationRole::Member) {
        let label = area_label(permission.area());
        let tick = Tick {
            word: permission.as_str(),
            label: permission.label(),
            is_sensitive: permission.is_sensitive(),
            is_chosen: chosen.has(*permission),
            is_mine: mine.has(*permission),
        };
        match areas.last_mut().filter(|area| area.label == label) {
            Some(area) => area.choices.push(tick),
            None => areas.push(Area { label, choices: vec![tick] }),
        }
    }
    areas
}

/// A custom role, or one about to be made.
#[derive(Template)]
#[template(path = "members/role.html")]
pub struct RolePage {
    pub shell: Shell,
    /// None for a new one.
    pub role: Option<CustomRole>,
    pub form: RoleForm,
    pub areas: Vec<Area>,
    pub holders: Vec<Face>,
    pub can_manage: bool,
    /// Somebody saved in the meantime; what they saved is shown beside.
    pub is_stale: bool,
    pub problems: Problems,
}

impl RolePage {
    fn title(&self) -> String {
        self.role.as_ref().map_or_else(|| text("role-new"), |role| role.name.clone())
    }

    /// Where the form goes.
    fn action(&self) -> String {
        self.role.as_ref().map_or_else(|| "/settings/roles".to_owned(), |role| format!("/settings/roles/{}", role.id))
    }
}

/// As typed.
#[derive(Debug, Clone, Default)]
pub struct RoleForm {
    pub name: String,
    pub about: String,
    pub permissions: Vec<String>,
    pub version: String,
}

impl RoleForm {
    pub fn of(form: &Form) -> Self {
        let text = |name| form.text(name).to_owned();
        RoleForm {
            name: text("name"),
            about: text("about"),
            permissions: form.all("permissions").map(str::to_owned).collect(),
            version: text("version"),
        }
    }

    pub fn of_role(role: &CustomRole) -> Self {
        RoleForm {
            name: role.name.clone(),
            about: role.about.clone(),
            permissions: role.given.clone(),
            version: role.version.to_string(),
        }
    }

    pub fn chosen(&self) -> Permissions {
        Permissions::parse(&self.permissions)
    }

    pub fn check(&self) -> Result<RoleText, Problems> {
        let mut problems = Problems::default();
        let name = problems.take("name", Name::parse(&self.name));
        let about = problems.take("about", Body::parse(&self.about));
        let permissions = problems.take("permissions", self.check_permissions());
        match (name, about, permissions) {
            (Some(name), Some(about), Some(permissions)) => Ok(RoleText { name, about, permissions }),
            _ => Err(problems),
        }
    }

    fn check_permissions(&self) -> Result<Permissions, Msg> {
        match () {
            () if self.permissions.is_empty() => Err("problem-role-empty".into()),
            () if self.permissions.iter().any(|word| Permission::parse(word).is_none()) => Err("problem-choice".into()),
            () => Ok(self.chosen()),
        }
    }
}

/// A custom role on its holder's page.
#[derive(Debug, Clone)]
pub struct Held {
    pub role: CustomRole,
    pub can_take: bool,
}

impl Held {
    pub fn of(role: CustomRole, member: &Member, me: &Actor) -> Self {
        Held { can_take: can_change(&role, member, me), role }
    }
}

fn can_change(role: &CustomRole, member: &Member, me: &Actor) -> bool {
    can(me, Verb::Share, &member.thing_with(member.role, role.permissions()))
}

/// Custom roles that the reader may give this person.
pub fn role_offers(roles: &[CustomRole], held: &[Held], member: &Member, me: &Actor) -> Vec<Choice> {
    let is_held = |role: &CustomRole| held.iter().any(|one| one.role.id == role.id);
    let offered = roles.iter().filter(|role| member.is_active() && !is_held(role) && can_change(role, member, me));
    offered.map(|role| Choice::new(role.id, &role.name, false)).collect()
}

/// Making somebody else an owner.
#[derive(Template)]
#[template(path = "members/ownership.html")]
pub struct Ownership {
    pub shell: Shell,
    pub counts: Counts,
    /// Active people but oneself.
    pub people: Chooser,
    pub steps_down: bool,
    pub problems: Problems,
}
