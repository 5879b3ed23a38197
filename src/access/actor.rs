//! Who asks. Loaded from the database at each request, so that a removed member's next click fails.

use crate::access::permission::{Permission, Permissions};
use crate::access::{Place, Program};
use crate::people::{GroupId, OrganisationId, OrganisationRole, PersonId, SessionId, TokenId};
use crate::{text_enum, typed_id};
use chrono::{DateTime, Utc};
use std::sync::Arc;
use uuid::Uuid;

typed_id!(ProjectId);

text_enum!(
    /// What a person may do in a project, lowest first, so that a check is a comparison.
    ProjectRole { Viewer = "viewer", Member = "member", Lead = "lead", Admin = "admin" }
);

text_enum!(
    /// A token acts as its person, with less; a service is a key of the organisation; the directory says who works here.
    ActorKind {
        Person = "person", System = "system", Visitor = "visitor", Operator = "operator", Token = "token", Service = "service",
        Directory = "directory",
    }
);

/// A project that the actor may read, with the highest role of all that apply.
#[derive(Debug, Clone)]
pub struct ProjectAccess {
    pub id: ProjectId,
    pub key: String,
    pub name: String,
    pub role: ProjectRole,
    pub is_restricted: bool,
    /// Archived projects are read-only.
    pub is_archived: bool,
    /// By a grant of one's own or of one's group, not only because it is open or because one manages all.
    pub is_granted: bool,
}

impl ProjectAccess {
    /// The order of menus and lists: by name in lower case, letter by letter, as the database has it with the collation that we ask for.
    pub fn by_name(&self) -> (String, ProjectId) {
        (self.name.to_lowercase(), self.id)
    }
}

/// The person behind a session, as far as pages greet them.
#[derive(Debug, Clone)]
pub struct Persona {
    pub id: PersonId,
    pub name: String,
    pub email: String,
    pub theme: String,
    pub palette: String,
    /// IANA name; None follows the organisation.
    pub time_zone: Option<String>,
    /// None for background work done for them.
    pub session_id: Option<SessionId>,
    /// Came in past the provider; every page says so.
    pub is_break_glass: bool,
    /// Their rights changed since the session got its token.
    pub owes_token: bool,
    pub authenticated_at: DateTime<Utc>,
    pub last_seen_at: DateTime<Utc>,
}

/// A scope that acts itself, for a result that all its readers read: it sees only what every one of them may see, whoever ordered it.
#[derive(Debug, Clone)]
pub struct Standing {
    pub place: Place,
    /// Ids of places that every reader of `place` reads.
    pub reads: Vec<Uuid>,
    /// Name of the project when it is archived: then nothing is added to it.
    pub archived: Option<String>,
}

/// Who acts, with everything the rules look at. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Actor {
    pub kind: ActorKind,
    /// None for the system, a visitor, the operator, a key of the organisation.
    pub person: Option<Arc<Persona>>,
    /// Set for a token or key: bounds everything else here.
    pub program: Option<Arc<Program>>,
    /// Set for the company's directory: the token it came with.
    pub directory: Option<Uuid>,
    /// Set for a scope that acts itself: then nothing else here gives it anything.
    pub stands_for: Option<Arc<Standing>>,
    /// None before set-up.
    pub organisation: Option<Arc<OrganisationCard>>,
    /// None for who is no member.
    pub role: Option<OrganisationRole>,
    /// What the built-in role and all custom roles give together. Narrowed for a program; never widened.
    pub permissions: Permissions,
    pub server_admin: bool,
    /// Whether sensitive acts pass: true for a session with a recent authentication, for jobs (asked when they were ordered) and for
    /// the operator; never for a token or key, and false until somebody says otherwise.
    pub is_confirmed: bool,
    /// Must enrol a second factor before anything else.
    pub owes_factor: bool,
    pub groups: Arc<Vec<GroupId>>,
    pub projects: Arc<Vec<ProjectAccess>>,
    pub address: Arc<str>,
    pub browser: Arc<str>,
}

#[derive(Debug, Clone)]
pub struct OrganisationCard {
    pub id: OrganisationId,
    pub name: String,
    pub time_zone: String,
}

impl Actor {
    fn bare(kind: ActorKind) -> Self {
        Actor {
            kind,
            person: None,
            program: None,
            directory: None,
            stands_for: None,
            organisation: None,
            role: None,
            permissions: Permissions::NONE,
            server_admin: false,
            is_confirmed: matches!(kind, ActorKind::System | ActorKind::Operator),
            owes_factor: false,
            groups: Arc::default(),
            projects: Arc::default(),
            address: "".into(),
            browser: "".into(),
        }
    }

    /// Without a session: may set up, sign in, nothing else.
    pub fn visitor(address: &str, browser: &str) -> Self {
        Actor { address: address.into(), browser: browser.into(), ..Actor::bare(ActorKind::Visitor) }
    }

    /// Background work that belongs to nobody.
    pub fn system() -> Self {
        Actor::bare(ActorKind::System)
    }

    /// Whoever runs `tow` in a shell on the machine.
    pub fn operator(organisation: Option<OrganisationCard>) -> Self {
        Actor { organisation: organisation.map(Arc::new), ..Actor::bare(ActorKind::Operator) }
    }

    /// As the scope that the standing names.
    pub(in crate::access) fn standing(organisation: OrganisationCard, standing: Standing) -> Self {
        let stands_for = Some(Arc::new(standing));
        Actor { organisation: Some(Arc::new(organisation)), stands_for, ..Actor::bare(ActorKind::System) }
    }

    /// The company's directory. Whoever made its token confirmed then who they are; nothing else is asked of it.
    pub(in crate::access) fn directory(organisation: OrganisationCard, token: Uuid) -> Self {
        let (organisation, directory) = (Some(Arc::new(organisation)), Some(token));
        Actor { organisation, directory, is_confirmed: true, ..Actor::bare(ActorKind::Directory) }
    }

    /// For work that was asked about when it was ordered.
    pub fn confirmed(self) -> Self {
        Actor { is_confirmed: true, ..self }
    }

    /// A key of the organisation, before its program is known.
    pub(in crate::access) fn service(
        organisation: OrganisationCard,
        role: Option<OrganisationRole>,
        projects: Vec<ProjectAccess>,
    ) -> Self {
        let (organisation, projects) = (Some(Arc::new(organisation)), Arc::new(projects));
        let permissions =
            Permissions::of_programs(role.is_some()).intersection(Permissions::of(OrganisationRole::Member));
        Actor { organisation, role, permissions, projects, ..Actor::bare(ActorKind::Service) }
    }

    /// As a token of this person comes in: never server admin, never freshly signed in; `to` these projects and nothing else when
    /// it was narrowed.
    pub(in crate::access) fn narrowed(mut self, to: &[ProjectId], is_narrowed: bool) -> Self {
        self.server_admin = false;
        self.permissions = self.permissions.intersection(Permissions::of_programs(!is_narrowed));
        if let Some(person) = self.person.as_mut() {
            Arc::make_mut(person).authenticated_at = DateTime::<Utc>::UNIX_EPOCH;
        }
        if is_narrowed {
            self.role = None;
            self.groups = Arc::default();
            self.projects =
                Arc::new(self.projects.iter().filter(|project| to.contains(&project.id)).cloned().collect());
        }
        self
    }

    pub fn person_id(&self) -> Option<PersonId> {
        self.person.as_ref().map(|person| person.id)
    }

    /// By which token or key it acts; None for a browser.
    pub fn token_id(&self) -> Option<TokenId> {
        self.program.as_ref().map(|program| program.id)
    }

    pub fn is(&self, person: Option<PersonId>) -> bool {
        person.is_some() && self.person_id() == person
    }

    pub fn organisation_id(&self) -> Option<OrganisationId> {
        self.organisation.as_ref().map(|organisation| organisation.id)
    }

    /// The project with this key, when the actor may read it.
    pub fn project(&self, key: &str) -> Option<&ProjectAccess> {
        self.projects.iter().find(|project| project.key == key)
    }

    pub fn project_by_id(&self, id: ProjectId) -> Option<&ProjectAccess> {
        self.projects.iter().find(|project| project.id == id)
    }

    pub fn is_in(&self, group: GroupId) -> bool {
        self.groups.contains(&group)
    }

    /// The union of what all roles give; there are no negative permissions.
    pub fn has(&self, permission: Permission) -> bool {
        self.permissions.has(permission)
    }

    /// The person's zone, else the organisation's, else UTC.
    pub fn zone(&self) -> chrono_tz::Tz {
        let own = self.person.as_ref().and_then(|person| person.time_zone.as_deref());
        let name = own.or(self.organisation.as_ref().map(|organisation| organisation.time_zone.as_str()));
        name.and_then(|name| name.parse().ok()).unwrap_or(chrono_tz::UTC)
    }
}
