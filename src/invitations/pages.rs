//! The pages of invitations: for who invites, and for who is invited.

use super::{DAYS, DEFAULT_DAYS, Gifts, Invitation, MAX_AT_ONCE, NewInvitations, State};
use crate::access::{Actor, Permissions, ProjectAccess, ProjectRole, Thing, Verb, can};
use crate::error::{Msg, Problems};
use crate::people::{GroupId, OrganisationRole, PersonId, RoleId};
use crate::text::value::{Email, Name};
use crate::ui::{Choice, Shell, filters, say_with, text};
use crate::web::{Flash, Form};
use askama::Template;
use chrono::{DateTime, Utc};

mod samples;
pub use samples::samples;

#[derive(Template)]
#[template(path = "invitations/index.html")]
pub struct Index {
    pub shell: Shell,
    pub lines: Vec<Line>,
    /// The accepted and cancelled, instead of the open.
    pub has_ended: bool,
}

/// One invitation of the list.
#[derive(Debug, Clone)]
pub struct Line {
    pub invitation: Invitation,
    pub state: State,
    /// Projects, groups, custom roles in words; what the reader may not see is left out.
    pub gives: String,
}

impl Line {
    pub fn of(invitation: Invitation, me: &Actor, now: DateTime<Utc>) -> Self {
        let project = |(name, role): (String, ProjectRole)| {
            format!("{name} ({})", text(&format!("project-role-{role}")).to_lowercase())
        };
        let projects = invitation.projects_seen(me).into_iter().map(project);
        let parts = invitation.custom_role_names.iter().chain(&invitation.group_names).cloned().chain(projects);
        Line { state: invitation.state(now), gives: parts.collect::<Vec<_>>().join(", "), invitation }
    }

    /// Message key.
    pub fn role(&self) -> String {
        format!("organisation-role-{}", self.invitation.role)
    }
}

#[derive(Template)]
#[template(path = "invitations/new.html")]
pub struct New {
    pub shell: Shell,
    pub form: InviteForm,
    pub offer: Offer,
    /// This server hands no mail to a mail server.
    pub is_mail_kept: bool,
    pub problems: Problems,
}

/// What the reader may give.
#[derive(Debug, Clone, Default)]
pub struct Offer {
    pub roles: Vec<Choice>,
    pub custom_roles: Vec<Choice>,
    pub groups: Vec<Choice>,
    pub projects: Vec<(String, String, Vec<Choice>)>,
    pub days: Vec<Choice>,
}

/// As typed.
#[derive(Debug, Clone, Default)]
pub struct InviteForm {
    pub emails: String,
    pub role: String,
    pub custom_roles: Vec<String>,
    pub groups: Vec<String>,
    /// Project id and role.
    pub grants: Vec<(String, String)>,
    pub days: String,
}

impl InviteForm {
    pub fn of(form: &Form) -> Self {
        let text = |name| form.text(name).to_owned();
        let all = |name| form.all(name).map(str::to_owned).collect();
        let grant = |(name, value): (&str, &str)| Some((name.strip_prefix("project-")?.to_owned(), value.to_owned()));
        InviteForm {
            emails: text("emails"),
            role: text("role"),
            custom_roles: all("custom_roles"),
            groups: all("groups"),
            grants: form.typed().filter_map(grant).filter(|(_, role)| !role.is_empty()).collect(),
            days: text("days"),
        }
    }

    pub fn check(&self) -> Result<NewInvitations, Problems> {
        let mut problems = Problems::default();
        let emails = problems.take("emails", emails(&self.emails));
        let role = problems.take("role", OrganisationRole::parse(&self.role).ok_or("problem-choice".into()));
        let custom_roles = problems.take("custom_roles", ids(&self.custom_roles, RoleId));
        let groups = problems.take("groups", ids(&self.groups, GroupId));
        let grants: Option<Vec<_>> = self
            .grants
            .iter()
            .map(|(id, role)| Some((id.parse().ok().map(crate::access::ProjectId)?, ProjectRole::parse(role)?)))
            .collect();
        let grants = problems.take("projects", grants.ok_or("problem-choice".into()));
        let days = if self.days.is_empty() { Some(DEFAULT_DAYS) } else { self.days.parse().ok() };
        let days = problems.take("days", days.filter(|days| DAYS.contains(days)).ok_or("problem-choice".into()));
        match (emails, role, custom_roles, groups, grants, days) {
            (Some(emails), Some(role), Some(custom_roles), Some(groups), Some(grants), Some(days)) => {
                let permissions = Permissions::NONE;
                Ok(NewInvitations { emails, gifts: Gifts { role, custom_roles, groups, grants, permissions }, days })
            }
            _ => Err(problems),
        }
    }

    /// The roles that the reader may give, the lowest first.
    pub fn roles(&self, me: &Actor) -> Vec<Choice> {
        let thing = |role| Thing::newcomer(PersonId(uuid::Uuid::nil()), role, Permissions::NONE);
        let may_give = |role: &&OrganisationRole| can(me, Verb::Invite, &thing(**role));
        let chosen = if self.role.is_empty() { "member" } else { &self.role };
        let choice = |role: &OrganisationRole| {
            Choice::new(role, text(&format!("organisation-role-{role}")), role.as_str() == chosen)
        };
        OrganisationRole::ALL.iter().filter(may_give).map(choice).collect()
    }

    /// The projects whose access the reader manages, each with the roles they may give there.
    pub fn projects(&self, me: &Actor) -> Vec<(String, String, Vec<Choice>)> {
        let may_grant = |project: &&ProjectAccess| {
            can(me, Verb::Share, &Thing::Grant { project: project.id, role: ProjectRole::Viewer })
        };
        me.projects.iter().filter(may_grant).map(|project| self.project(project)).collect()
    }

    fn project(&self, project: &ProjectAccess) -> (String, String, Vec<Choice>) {
        let id = project.id.to_string();
        let chosen = self.grants.iter().find(|(of, _)| *of == id).map(|(_, role)| role.as_str()).unwrap_or_default();
        let none = if project.is_restricted { "invite-no-access" } else { "invite-as-everybody" };
        let role =
            |role: &ProjectRole| Choice::new(role, text(&format!("project-role-{role}")), role.as_str() == chosen);
        let roles = ProjectRole::ALL.iter().filter(|role| **role <= project.role).map(role);
        let choices = std::iter::once(Choice::new("", text(none), chosen.is_empty())).chain(roles).collect();
        (id, project.name.clone(), choices)
    }

    pub fn days(&self) -> Vec<Choice> {
        let chosen = self.days.parse().unwrap_or(DEFAULT_DAYS);
        let choice = |days: &i64| {
            Choice::new(days, say_with("invite-days", [("count", days.to_string().as_str())]), *days == chosen)
        };
        DAYS.iter().map(choice).collect()
    }
}

fn ids<T>(texts: &[String], of: fn(uuid::Uuid) -> T) -> Result<Vec<T>, Msg> {
    let parsed: Result<Vec<T>, _> = texts.iter().map(|id| id.parse().map(of)).collect();
    parsed.map_err(|_| "problem-choice".into())
}

/// Separated by whatever people put between addresses; each once. The problem names the first that is none.
fn emails(typed: &str) -> Result<Vec<Email>, Msg> {
    let mut emails: Vec<Email> = Vec::new();
    for word in typed.split([',', ';', ' ', '\n', '\r', '\t']).filter(|word| !word.is_empty()) {
        let shown: String = word.chars().take(80).collect();
        let email = Email::parse(word).map_err(|_| Msg::new("problem-invited-address").with("email", shown))?;
        if !emails.contains(&email) {
            emails.push(email);
        }
    }
    match emails.len() <= MAX_AT_ONCE {
        true => Ok(emails),
        false => Err(Msg::new("problem-invited-many").with("max", MAX_AT_ONCE)),
    }
}

#[derive(Template)]
#[template(path = "invitations/show.html")]
pub struct Show {
    pub shell: Shell,
    pub line: Line,
    /// The whole address, this once.
    pub link: Option<String>,
    pub can_change: bool,
    pub is_mail_kept: bool,
    pub problems: Problems,
}

/// The form with which somebody becomes a member.
#[derive(Clone, Template)]
#[template(path = "invitations/accept.html")]
pub struct Accept {
    pub csrf: String,
    pub organisation: String,
    pub invitation: Invitation,
    pub form: AcceptForm,
    /// The ways in.
    pub offer: crate::signin::Offer,
    pub vouched: Vouched,
    /// What the way to a provider left to say.
    pub flash: Option<Flash>,
    pub problems: Problems,
}

impl Accept {
    pub fn flash_text(&self) -> String {
        self.flash.as_ref().map(crate::ui::flash_text).unwrap_or_default()
    }
}

/// Whom a provider has just vouched for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Vouched {
    Nobody,
    /// Who was invited.
    Invited {
        name: String,
        email: String,
        /// The connection's name.
        by: String,
    },
    /// Somebody else, in words.
    Other(Msg),
}

/// As typed, without the password. Nothing else of what is sent counts.
#[derive(Debug, Clone, Default)]
pub struct AcceptForm {
    pub name: String,
    pub email: String,
}

impl AcceptForm {
    pub fn of(form: &Form) -> Self {
        AcceptForm { name: form.text("name").to_owned(), email: form.text("email").to_owned() }
    }

    /// The name as the provider says it, until somebody types one.
    pub fn or_named(self, vouched: &Vouched) -> Self {
        match vouched {
            Vouched::Invited { name, .. } if self.name.is_empty() => AcceptForm { name: name.clone(), ..self },
            _ => self,
        }
    }

    /// The address counts only for an invitation that has none.
    pub fn check(&self, bound: Option<&str>) -> Result<(Name, Email), Problems> {
        let mut problems = Problems::default();
        let name = problems.take("name", Name::parse(&self.name));
        let email = problems.take("email", Email::parse(bound.unwrap_or(&self.email)));
        name.zip(email).ok_or(problems)
    }
}

/// For who is signed in.
#[derive(Template)]
#[template(path = "invitations/join.html")]
pub struct Join {
    pub csrf: String,
    pub organisation: String,
    pub invitation: Invitation,
    pub person: String,
    pub problems: Problems,
}

/// What an invited person is told when there is nothing to fill in.
#[derive(Template)]
#[template(path = "invitations/told.html")]
pub struct Told {
    pub csrf: String,
    pub organisation: String,
    /// Message keys.
    pub title: &'static str,
    pub words: Msg,
    /// Where to go from here: message key and path.
    pub link: Option<(&'static str, &'static str)>,
    /// Offers to sign out, for an invitation that is somebody else's.
    pub can_sign_out: bool,
}

/// "i…@halden.example": enough to recognise one's own.
pub fn masked(email: &str) -> String {
    let (local, domain) = email.rsplit_once('@').unwrap_or_default();
    format!("{}…@{domain}", local.chars().take(1).collect::<String>())
}
