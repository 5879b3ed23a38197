//! The table. `answer` is one match over verb and place; everything else here names its words.

use crate::access::actor::{Actor, ActorKind, ProjectId, ProjectRole, Standing};
use crate::access::permission::{Permission, Permissions};
use crate::error::Msg;
use crate::people::{GroupId, OrganisationId, OrganisationRole, PersonId, RoleId};
use crate::text_enum;
use uuid::Uuid;

text_enum!(
    /// What one can do to a thing. A closed list.
    Verb {
        See = "see", Add = "add", Edit = "edit", Decide = "decide", Close = "close", Remove = "remove", Share = "share",
        Invite = "invite", Administer = "administer",
    }
);

text_enum!(
    /// What a record is; its word in tables and addresses.
    Kind { Ticket = "ticket", Decision = "decision", Risk = "risk", Experiment = "experiment", Doc = "doc", Memory = "memory", Snapshot = "snapshot", Chat = "chat" }
);

/// Where a record lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Organisation(OrganisationId),
    Project(ProjectId),
    Group(GroupId),
    /// Private: this person only, no exception.
    Person(PersonId),
}

impl Place {
    pub fn id(self) -> Uuid {
        match self {
            Place::Organisation(id) => id.0,
            Place::Project(id) => id.0,
            Place::Group(id) => id.0,
            Place::Person(id) => id.0,
        }
    }

    /// The place that a scope and an id name; None for a word that is no scope.
    pub fn of(scope: &str, id: Uuid) -> Option<Place> {
        Some(match scope {
            "organisation" => Place::Organisation(OrganisationId(id)),
            "project" => Place::Project(ProjectId(id)),
            "group" => Place::Group(GroupId(id)),
            "user" => Place::Person(PersonId(id)),
            _ => return None,
        })
    }

    /// As `records.scope` says it.
    pub fn scope(self) -> &'static str {
        match self {
            Place::Organisation(_) => "organisation",
            Place::Project(_) => "project",
            Place::Group(_) => "group",
            Place::Person(_) => "user",
        }
    }
}

/// What permission is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thing {
    /// A record, or (with `Add`) one about to be made by its author.
    Record {
        id: Uuid,
        kind: Kind,
        place: Place,
        author: Option<PersonId>,
    },
    /// A comment: its record's kind and place, and who wrote it.
    Remark {
        record: Uuid,
        kind: Kind,
        place: Place,
        author: Option<PersonId>,
    },
    Project(ProjectId),
    /// A grant in a project, by the highest role it has or shall have: nobody gives (or takes) more than they hold.
    Grant {
        project: ProjectId,
        role: ProjectRole,
    },
    Organisation(Permission),
    /// A person's place in the organisation, by the highest role and all permissions they have or shall have: nobody touches
    /// who holds more, and nobody gives what they lack.
    Member {
        id: PersonId,
        role: OrganisationRole,
        holds: Permissions,
        is_server_admin: bool,
    },
    /// A custom role, by all permissions it has or shall have. None for one about to be made.
    Role {
        id: Option<RoleId>,
        holds: Permissions,
    },
    /// Something of one's own: a session, a preference, a view.
    Own(PersonId),
    /// What opens somebody's account, one's own or another's: e-mail, password, factors, tokens, linked sign-ons. Another's is also
    /// asked for as a `Member`, whose rule compares what both hold.
    Account(PersonId),
    /// This server's settings.
    Server,
    /// Setting up an empty server, signing in: open to visitors.
    Door,
}

impl Thing {
    /// Somebody about to join, with this role and what custom roles give beside it.
    pub fn newcomer(id: PersonId, role: OrganisationRole, more: Permissions) -> Thing {
        Thing::Member { id, role, holds: Permissions::of(role).union(more), is_server_admin: false }
    }

    /// The id an audit entry names.
    pub fn id(&self) -> Option<Uuid> {
        match self {
            Thing::Record { id, .. } | Thing::Remark { record: id, .. } => Some(*id),
            Thing::Project(id) | Thing::Grant { project: id, .. } => Some(id.0),
            Thing::Own(id) | Thing::Account(id) | Thing::Member { id, .. } => Some(id.0),
            Thing::Role { id, .. } => id.map(|id| id.0),
            Thing::Organisation(_) | Thing::Server | Thing::Door => None,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    Yes,
    /// Not even that it exists.
    Hidden,
    /// Seen, but no; the reason names the missing role.
    No(Msg),
}

/// The one rule.
pub fn answer(me: &Actor, verb: Verb, thing: &Thing) -> Answer {
    if me.kind == ActorKind::Operator {
        return Answer::Yes;
    }
    if me.kind == ActorKind::Directory {
        return directory(verb, thing);
    }
    if let Some(refusal) = me.program.as_deref().and_then(|program| program.refusal(verb, thing)) {
        return refusal;
    }
    if let Some(standing) = &me.stands_for {
        return of_scope(standing, verb, thing);
    }
    match *thing {
        // One of two things the clock does in its own name that need a permission: it begins an access review.
        Thing::Organisation(Permission::AccessReviewExport) if me.kind == ActorKind::System => {
            yes_if(verb == Verb::Add, "refused-sign-in")
        }
        // And the other: a domain whose record went away stops counting.
        Thing::Organisation(Permission::SecurityConfigurationManage) if me.kind == ActorKind::System => {
            yes_if(verb == Verb::Close, "refused-sign-in")
        }
        Thing::Door => yes_if(me.kind == ActorKind::Visitor || me.person.is_some(), "refused-sign-in"),
        Thing::Own(person) => hidden_unless(me.is(Some(person))),
        Thing::Account(person) if me.is(Some(person)) => Answer::Yes,
        Thing::Account(_) => organisation(me, Permission::MembersUpdate),
        Thing::Server if me.server_admin => Answer::Yes,
        Thing::Server => me.role.map_or(Answer::Hidden, |_| Answer::No(Msg::new("refused-server-admin"))),
        Thing::Organisation(permission) => organisation(me, permission),
        Thing::Project(id) => project(me, verb, id),
        Thing::Grant { project: id, role } => grant(me, verb, id, role),
        Thing::Member { id, role, holds, is_server_admin } => member(me, verb, id, (role, holds, is_server_admin)),
        Thing::Role { holds, .. } => role(me, verb, holds),
        Thing::Record { place, author, .. } => record(me, verb, place, me.is(author)),
        Thing::Remark { place, author, .. } => remark(me, verb, place, me.is(author)),
    }
}

/// The company's directory says who works here and in which groups they are. It never makes or touches what opens the account of
/// somebody who holds more than a member (`Decide`), gives no role, and reaches nothing else.
fn directory(verb: Verb, thing: &Thing) -> Answer {
    let least = Permissions::of(OrganisationRole::Member);
    match (verb, thing) {
        (Verb::See, Thing::Organisation(Permission::MembersView) | Thing::Member { .. }) => Answer::Yes,
        (_, Thing::Organisation(Permission::GroupsManage)) => Answer::Yes,
        (Verb::Edit | Verb::Remove, Thing::Member { .. }) => Answer::Yes,
        (Verb::Add | Verb::Decide, Thing::Member { role, holds, is_server_admin, .. }) => {
            let is_plain = *role == OrganisationRole::Member && holds.without(least) == Permissions::NONE;
            yes_if(is_plain && !is_server_admin, "refused-directory-holds-more")
        }
        _ => Answer::No(Msg::new("refused-directory")),
    }
}

/// Whether the actor may let in again whom the directory has shut out: it itself, or an owner.
pub fn lifts_directory(me: &Actor) -> bool {
    matches!(me.kind, ActorKind::Directory | ActorKind::Operator) || me.role == Some(OrganisationRole::Owner)
}

/// A scope reads what all its readers read, and adds to itself unless it is archived; it changes nothing.
fn of_scope(standing: &Standing, verb: Verb, thing: &Thing) -> Answer {
    match thing {
        Thing::Record { place, .. } if !standing.reads.contains(&place.id()) => Answer::Hidden,
        Thing::Record { place, .. } => match (verb, &standing.archived) {
            (Verb::See, _) => Answer::Yes,
            (_, Some(name)) => Answer::No(Msg::new("refused-project-archived").with("project", name)),
            (_, None) => yes_if(verb == Verb::Add && *place == standing.place, "refused-not-for-scopes"),
        },
        _ => Answer::Hidden,
    }
}

fn organisation(me: &Actor, permission: Permission) -> Answer {
    match me.role {
        None => Answer::Hidden,
        Some(_) if me.has(permission) => Answer::Yes,
        Some(_) => Answer::No(
            Msg::new("refused-organisation").with("permission", permission).with("role", permission.least_role()),
        ),
    }
}

fn project(me: &Actor, verb: Verb, id: ProjectId) -> Answer {
    let Some(access) = me.project_by_id(id) else { return Answer::Hidden };
    let least = match verb {
        Verb::See => ProjectRole::Viewer,
        Verb::Add | Verb::Edit | Verb::Close | Verb::Decide => ProjectRole::Member,
        Verb::Share | Verb::Invite | Verb::Administer => ProjectRole::Lead,
        Verb::Remove => ProjectRole::Admin,
    };
    // An archived project is read-only, but for bringing it back.
    let asleep = access.is_archived && !matches!(verb, Verb::See | Verb::Remove);
    match (access.role >= least, asleep) {
        (_, true) => Answer::No(Msg::new("refused-project-archived").with("project", &access.name)),
        (true, _) => Answer::Yes,
        (false, _) => needs(access, least),
    }
}

fn grant(me: &Actor, verb: Verb, id: ProjectId, role: ProjectRole) -> Answer {
    match (project(me, verb, id), me.project_by_id(id)) {
        (Answer::Yes, Some(access)) if access.role < role => needs(access, role),
        (answer, _) => answer,
    }
}

/// Share is the role, Remove the place itself, Invite a new one, Edit the account's password and groups, Administer the flag
/// of a server admin.
fn member(
    me: &Actor,
    verb: Verb,
    id: PersonId,
    (role, holds, is_server_admin): (OrganisationRole, Permissions, bool),
) -> Answer {
    let permission = match verb {
        Verb::See => return organisation(me, Permission::MembersView),
        Verb::Share => Permission::MembersChangeRole,
        Verb::Remove => Permission::MembersRemove,
        Verb::Invite | Verb::Add => Permission::MembersInvite,
        Verb::Edit | Verb::Decide | Verb::Close => Permission::MembersUpdate,
        Verb::Administer if me.role.is_none() => return Answer::Hidden,
        Verb::Administer => return yes_if(me.server_admin, "refused-makes-server-admin"),
    };
    match organisation(me, permission) {
        Answer::Yes if me.role < Some(role) => Answer::No(Msg::new("refused-holds-more").with("role", role)),
        Answer::Yes if verb == Verb::Share && me.is(Some(id)) => {
            yes_if(me.role == Some(OrganisationRole::Owner), "refused-own-role")
        }
        Answer::Yes if is_server_admin && !me.server_admin && verb != Verb::Share => {
            Answer::No(Msg::new("refused-server-admin"))
        }
        Answer::Yes if verb == Verb::Remove && me.is(Some(id)) => Answer::No(Msg::new("refused-own-place")),
        Answer::Yes => holds_all(me, holds, "refused-holds-permission"),
        answer => answer,
    }
}

fn role(me: &Actor, verb: Verb, holds: Permissions) -> Answer {
    let asked = if verb == Verb::See { Permission::MembersView } else { Permission::RolesManage };
    match organisation(me, asked) {
        Answer::Yes if verb != Verb::See => holds_all(me, holds, "refused-role-holds-more"),
        answer => answer,
    }
}

/// The refusal names the first permission that is lacking.
fn holds_all(me: &Actor, holds: Permissions, refusal: &'static str) -> Answer {
    match holds.without(me.permissions).iter().next() {
        None => Answer::Yes,
        Some(lacking) => Answer::No(Msg::new(refusal).with("permission", lacking)),
    }
}

fn record(me: &Actor, verb: Verb, place: Place, is_author: bool) -> Answer {
    match (verb, place) {
        (Verb::Invite | Verb::Administer, _) => match record(me, Verb::See, place, is_author) {
            Answer::Yes => Answer::No(Msg::new("refused-not-for-records")),
            hidden => hidden,
        },
        (_, Place::Person(person)) => hidden_unless(me.is(Some(person))),
        (_, Place::Project(id)) if me.project_by_id(id).is_none() => Answer::Hidden,
        // The author's own, and it stays theirs while they may write there.
        (Verb::Remove | Verb::Share, Place::Project(id)) => match project(me, Verb::Edit, id) {
            Answer::Yes if is_author => Answer::Yes,
            Answer::Yes => project(me, Verb::Administer, id),
            no => no,
        },
        (_, Place::Project(id)) => project(me, verb, id),
        (Verb::Remove | Verb::Share, Place::Organisation(_)) if me.role.is_some() => {
            yes_if(is_author || me.has(Permission::MemoryCurate), "refused-not-author")
        }
        (_, Place::Organisation(_)) => hidden_unless(me.role.is_some()),
        (verb, Place::Group(id)) => {
            let is_admin = me.role >= Some(OrganisationRole::Admin);
            match verb {
                _ if !is_admin && !me.is_in(id) => Answer::Hidden,
                Verb::Remove | Verb::Share => yes_if(is_author || is_admin, "refused-not-author"),
                _ => Answer::Yes,
            }
        }
    }
}

/// Who writes a record may comment; a comment is changed by its author alone, and removed by who may remove the record.
fn remark(me: &Actor, verb: Verb, place: Place, is_author: bool) -> Answer {
    let write = record(me, Verb::Edit, place, false);
    match verb {
        Verb::See | Verb::Invite | Verb::Administer => record(me, verb, place, false),
        Verb::Edit if write == Answer::Yes && !is_author => Answer::No(Msg::new("refused-not-your-comment")),
        Verb::Remove if write == Answer::Yes && !is_author => record(me, Verb::Remove, place, false),
        _ => write,
    }
}

fn needs(access: &crate::access::ProjectAccess, least: ProjectRole) -> Answer {
    Answer::No(
        Msg::new("refused-project-role").with("needed", least).with("project", &access.name).with("have", access.role),
    )
}

/// Whether the actor holds at least this role in a project, also an archived one: who puts somebody into a group gives what it holds.
pub fn holds_in(me: &Actor, id: ProjectId, role: ProjectRole) -> bool {
    me.project_by_id(id).is_some_and(|access| access.role >= role)
}

/// Whether an act needs a recent sign-in. Reading never does.
pub fn is_sensitive(verb: Verb, thing: &Thing) -> bool {
    match thing {
        _ if verb == Verb::See => false,
        Thing::Organisation(permission) => permission.is_sensitive(),
        Thing::Member { .. } => matches!(verb, Verb::Share | Verb::Remove | Verb::Administer),
        Thing::Role { .. } => true,
        Thing::Account(_) | Thing::Server => true,
        _ => false,
    }
}

fn hidden_unless(condition: bool) -> Answer {
    if condition { Answer::Yes } else { Answer::Hidden }
}

fn yes_if(condition: bool, refusal: &'static str) -> Answer {
    if condition { Answer::Yes } else { Answer::No(Msg::new(refusal)) }
}
