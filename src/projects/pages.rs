//! The project pages and their forms.

use super::{Grant, Listed, NewProject, Preview, Project, Recent, Row, Settings, Visibility, path_of};
use crate::access::reach::{Reach, Reason};
use crate::access::{Actor, MAX_PICKED, ProjectRole, Verb, can};
use crate::db::Tx;
use crate::db::paging::{Cursor, LIST_COUNT_LIMIT, Page};
use crate::error::{Error, Problems, Result};
use crate::people::{Face, Offered, PersonId};
use crate::text::value::{Body, Name, ProjectKey};
use crate::ui::{Choice, Chooser, Shell, count_label, filters, list_count, scoped};
use crate::web::Form;
use askama::Template;

/// Names shown before "and n more".
const NAMES_SHOWN: usize = 12;

#[derive(Template)]
#[template(path = "projects/index.html")]
pub struct Index {
    pub shell: Shell,
    pub lines: Vec<Line>,
    pub listed: Listed,
    /// Address and message key of the place of the sidebar for which one is chosen; None for the project's own page.
    pub target: Option<(&'static str, &'static str)>,
    /// How many fit.
    pub active: usize,
    pub archived: usize,
    /// Whether there are archived ones at all.
    pub has_archived: bool,
    /// Few projects are seen at one glance.
    pub is_searched: bool,
    /// The page after this one.
    pub next: Option<String>,
}

impl Index {
    /// `purpose`: the address of the place, as the query has it.
    pub fn new(shell: Shell, me: &Actor, listed: Listed, purpose: Option<String>, page: Page<Row>) -> Self {
        let (active, archived) = listed.counts(me);
        let target = purpose.and_then(|path| shell.scoped_place(&path).map(|item| (item.href, item.label)));
        Index {
            shell,
            lines: page.rows.iter().map(|row| Line::of(row, me)).collect(),
            active,
            archived,
            has_archived: me.projects.iter().any(|project| project.is_archived),
            is_searched: me.projects.len() > MAX_PICKED,
            next: page.next.map(|cursor| address(&Listed { after: Some(cursor), ..listed.clone() }, target)),
            listed,
            target,
        }
    }

    /// The archived ones, or the others, of what is asked for.
    pub fn tab(&self, is_archived: bool) -> String {
        address(&Listed { is_archived, after: None, ..self.listed.clone() }, self.target)
    }

    /// How many there are on all its pages.
    pub fn fitting(&self) -> usize {
        if self.listed.is_archived { self.archived } else { self.active }
    }

    /// The same without where it goes on.
    pub fn again(&self) -> String {
        self.tab(self.listed.is_archived)
    }

    /// All, for the same purpose.
    pub fn all(&self) -> String {
        address(&Listed::default(), self.target)
    }

    /// Where a line leads: to the project, or to what it is chosen for.
    pub fn href(&self, line: &Line) -> String {
        match self.target {
            Some((href, _)) => scoped(href, Some(&line.key)),
            None => path_of(&line.key),
        }
    }
}

/// Where this list is.
fn address(listed: &Listed, target: Option<(&'static str, &'static str)>) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    let pairs = [
        ("for", target.map(|(href, _)| href.to_owned())),
        ("q", Some(listed.words.clone()).filter(|words| !words.is_empty())),
        ("show", listed.is_archived.then(|| "archived".to_owned())),
        ("after", listed.after.as_ref().map(Cursor::encode)),
    ];
    for (name, value) in pairs {
        value.map(|value| query.append_pair(name, &value));
    }
    let query = query.finish();
    if query.is_empty() { "/projects".to_owned() } else { format!("/projects?{query}") }
}

/// One project of the list.
#[derive(Debug, Clone)]
pub struct Line {
    pub key: String,
    pub name: String,
    pub is_restricted: bool,
    /// Message key.
    pub role: String,
    pub lead: Option<String>,
    pub tickets: String,
    /// For the plural of the word beside it.
    pub count: i64,
}

impl Line {
    pub fn of(row: &Row, me: &Actor) -> Self {
        Line {
            key: row.key.clone(),
            name: row.name.clone(),
            is_restricted: row.visibility == Visibility::Restricted,
            role: row.role(me).map(role_label).unwrap_or_default(),
            lead: row.lead.clone(),
            tickets: list_count(row.tickets),
            count: row.tickets.min(LIST_COUNT_LIMIT),
        }
    }
}

/// Message key.
pub fn role_label(role: ProjectRole) -> String {
    format!("project-role-{role}")
}

#[derive(Template)]
#[template(path = "projects/new.html")]
pub struct New {
    pub shell: Shell,
    pub form: NewForm,
    pub leads: Chooser,
    pub problems: Problems,
    /// Nobody can work anywhere yet: the page greets.
    pub is_first: bool,
}

/// As typed.
#[derive(Debug, Clone)]
pub struct NewForm {
    pub name: String,
    pub key: String,
    pub about: String,
    pub visibility: String,
    pub lead: String,
}

impl NewForm {
    pub fn of(form: &Form) -> Self {
        let text = |name| form.text(name).to_owned();
        NewForm {
            name: text("name"),
            key: text("key"),
            about: text("about"),
            visibility: text("visibility"),
            lead: text("lead"),
        }
    }

    /// Open, led by who makes it.
    pub fn blank(me: Option<PersonId>) -> Self {
        let lead = me.map(|id| id.to_string()).unwrap_or_default();
        NewForm { name: String::new(), key: String::new(), about: String::new(), visibility: "open".to_owned(), lead }
    }

    pub fn check(&self, tx: &mut Tx) -> Result<NewProject> {
        let mut problems = Problems::default();
        let name = problems.take("name", Name::parse(&self.name));
        let key = match self.key.trim() {
            "" => Some(None),
            key => problems.take("key", ProjectKey::parse(key)).map(Some),
        };
        let about = problems.take("about", Body::parse(&self.about));
        let visibility =
            problems.take("visibility", Visibility::parse(&self.visibility).ok_or("problem-choice".into()));
        let lead = problems.gather(Face::optional(tx, "lead", &self.lead, None))?;
        match (name, key, about, visibility, lead) {
            (Some(name), Some(key), Some(about), Some(visibility), Some(lead)) => {
                Ok(NewProject { name, key, about, visibility, lead: lead.map(|face| face.id) })
            }
            _ => Err(Error::Invalid(problems)),
        }
    }
}

/// Who may lead: nobody, and whom the page offers.
pub fn leads(offered: &Offered, chosen: &str) -> Chooser {
    offered.chooser(&[("", crate::ui::text("project-lead-nobody"))], chosen)
}

#[derive(Template)]
#[template(path = "projects/show.html")]
pub struct Show {
    pub shell: Shell,
    pub project: Project,
    /// Message key of the reader's own role.
    pub role: String,
    pub about: String,
    pub areas: Vec<Area>,
    pub recent: Vec<Recent>,
    pub can_administer: bool,
    pub can_remove: bool,
}

/// A place of the sidebar, narrowed to this project, with what is there.
#[derive(Debug, Clone)]
pub struct Area {
    pub href: String,
    pub label: &'static str,
    pub icon: &'static str,
    /// None for places that are no kind of record.
    pub count: Option<String>,
}

impl Area {
    pub fn list(shell: &Shell, key: &str, counts: &[super::Count]) -> Vec<Area> {
        let items = shell.nav.iter().flat_map(|group| &group.items).filter(|item| item.is_scoped);
        let count = |item: &crate::ui::NavItem| {
            counts.iter().find(|count| format!("{}s", count.kind) == item.key).map(|count| count_label(count.count))
        };
        items
            .map(|item| Area {
                href: scoped(item.href, Some(key)),
                label: item.label,
                icon: item.icon,
                count: count(item),
            })
            .collect()
    }
}

#[derive(Template)]
#[template(path = "projects/edit.html")]
pub struct Edit {
    pub shell: Shell,
    pub project: Project,
    pub form: EditForm,
    pub leads: Chooser,
    pub problems: Problems,
    pub can_administer: bool,
    pub can_remove: bool,
    /// Somebody saved in the meantime; what they saved is shown beside.
    pub is_stale: bool,
}

/// As typed.
#[derive(Debug, Clone)]
pub struct EditForm {
    pub name: String,
    pub about: String,
    pub lead: String,
    pub version: String,
}

impl EditForm {
    pub fn of(form: &Form) -> Self {
        let text = |name| form.text(name).to_owned();
        EditForm { name: text("name"), about: text("about"), lead: text("lead"), version: text("version") }
    }

    pub fn of_project(project: &Project) -> Self {
        EditForm {
            name: project.name.clone(),
            about: project.about.clone(),
            lead: project.lead_id.map(|id| id.to_string()).unwrap_or_default(),
            version: project.version.to_string(),
        }
    }

    /// `lead` is the present one, who may stay.
    pub fn check(&self, tx: &mut Tx, lead: Option<PersonId>) -> Result<Settings> {
        let mut problems = Problems::default();
        let name = problems.take("name", Name::parse(&self.name));
        let about = problems.take("about", Body::parse(&self.about));
        let lead = problems.gather(Face::optional(tx, "lead", &self.lead, lead))?;
        let version = problems.take("", self.version.parse().map_err(|_| "problem-form-damaged".into()));
        match (name, about, lead, version) {
            (Some(name), Some(about), Some(lead), Some(version)) => {
                Ok(Settings { name, about, lead: lead.map(|face| face.id), version })
            }
            _ => Err(Error::Invalid(problems)),
        }
    }
}

#[derive(Template)]
#[template(path = "projects/access.html")]
pub struct Access {
    pub shell: Shell,
    pub project: Project,
    pub grants: Vec<GrantLine>,
    pub reach: Vec<Reach>,
    /// Owners and admins of the organisation.
    pub standing: String,
    /// To whom: people and groups without a grant. Empty for who may not share.
    pub people: Vec<Choice>,
    /// In their place where there are too many to list.
    pub person: Option<Chooser>,
    pub groups: Vec<Choice>,
    pub roles: Vec<Choice>,
    pub can_share: bool,
    pub problems: Problems,
}

/// A grant with the roles that the reader may choose for it.
#[derive(Debug, Clone)]
pub struct GrantLine {
    pub grant: Grant,
    pub role: String,
    pub roles: Vec<Choice>,
}

impl GrantLine {
    pub fn of(grant: Grant, project: &Project, me: &Actor) -> Self {
        let can_change = can(me, Verb::Share, &crate::access::Thing::Grant { project: project.id, role: grant.role });
        let roles = if can_change { role_choices(project, me, grant.role) } else { Vec::new() };
        GrantLine { role: role_label(grant.role), roles, grant }
    }
}

/// The roles that the reader may give, lowest first.
pub fn role_choices(project: &Project, me: &Actor, chosen: ProjectRole) -> Vec<Choice> {
    let may_give =
        |role: &&ProjectRole| can(me, Verb::Share, &crate::access::Thing::Grant { project: project.id, role: **role });
    let choice = |role: &ProjectRole| Choice::new(role, crate::ui::text(&role_label(*role)), *role == chosen);
    ProjectRole::ALL.iter().filter(may_give).map(choice).collect()
}

pub fn reasons_words(reach: &Reach) -> String {
    reach.reasons.iter().map(|reason| crate::ui::say(&reason.words())).collect::<Vec<_>>().join("; ")
}

#[derive(Template)]
#[template(path = "projects/visibility.html")]
pub struct VisibilityChange {
    pub shell: Shell,
    pub project: Project,
    pub preview: Preview,
    /// Access changed since the page was opened: look again.
    pub is_stale: bool,
    pub can_share: bool,
}

impl VisibilityChange {
    fn first<'r>(&self, list: &'r [Reach]) -> &'r [Reach] {
        list.get(..NAMES_SHOWN).unwrap_or(list)
    }

    /// How many are not shown.
    fn rest(&self, list: &[Reach]) -> usize {
        list.len().saturating_sub(NAMES_SHOWN)
    }
}

mod samples;
pub use samples::samples;
