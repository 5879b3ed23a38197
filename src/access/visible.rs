//! The same answer as SQL. Every list and every `find` starts here, so the invisible is 404 and pages are never short.

use crate::access::actor::{Actor, ActorKind, ProjectId};
use crate::access::permission::Permission;
use crate::access::rules::Place;
use crate::db::sql::{Bind, Sql};
use crate::people::{OrganisationRole, PersonId};
use std::collections::HashSet;
use uuid::Uuid;

/// A reader of at most this many places asks per place; more walk the index over everything. Measured in bench/.
pub const FEW_PLACES: usize = 8;

/// See `has_many_places`.
const MANY_PLACES: usize = 64;

/// The places whose records the actor may read.
pub fn places(me: &Actor) -> Vec<Uuid> {
    if let Some(standing) = &me.stands_for {
        return standing.reads.clone();
    }
    let mut places = Vec::with_capacity(me.projects.len() + me.groups.len() + 2);
    if me.role.is_some() {
        places.extend(me.organisation_id().map(|id| id.0));
    }
    if !me.program.as_ref().is_some_and(|program| program.is_narrowed) {
        places.extend(me.person_id().map(|id| id.0));
    }
    places.extend(me.groups.iter().map(|id| id.0));
    places.extend(me.projects.iter().map(|project| project.id.0));
    places
}

/// As `places`, as a query of ids, with the groups of who reads all groups: for what counts by place.
pub fn place_ids(me: &Actor) -> Sql {
    if me.kind == ActorKind::Operator {
        return Sql::new(
            "select id from organisations union all select id from projects union all select id from groups",
        );
    }
    with_all_groups(me, places(me))
}

/// As `place_ids`, but of the projects only those that menus name, and this one.
pub fn picked_place_ids(me: &Actor, also: Option<Uuid>) -> Sql {
    if me.kind == ActorKind::Operator {
        return place_ids(me);
    }
    let picked: Vec<Uuid> = me.picked().iter().map(|project| project.id.0).chain(also).collect();
    let others: HashSet<Uuid> =
        me.projects.iter().map(|project| project.id.0).filter(|id| !picked.contains(id)).collect();
    with_all_groups(me, places(me).into_iter().filter(|id| !others.contains(id)).collect())
}

fn with_all_groups(me: &Actor, places: Vec<Uuid>) -> Sql {
    let mut sql = Sql::new("select unnest(");
    sql.bind(Bind::Uuids(places)).push(")");
    if sees_all_groups(me) {
        sql.push(" union all select id from groups");
    }
    sql
}

/// All places of a reader of few, to be asked one by one; None for who reads many (or all groups).
pub fn few_places(me: &Actor) -> Option<Vec<Uuid>> {
    let places = places(me);
    let is_somebody = matches!(me.kind, ActorKind::Person | ActorKind::Token | ActorKind::Service);
    (is_somebody && !sees_all_groups(me) && places.len() <= FEW_PLACES).then_some(places)
}

/// Whether `records` depends on where the actor reads.
pub fn names_places(me: &Actor) -> bool {
    me.kind != ActorKind::Operator && reads_all_but_private(me).is_none()
}

/// Whether `records` names so many places that a plan for any of them, which takes them for ten, would be far off.
pub fn has_many_places(me: &Actor) -> bool {
    names_places(me) && places(me).len() > MANY_PLACES
}

/// True for records in reach. `records` must be aliased `r`.
pub fn records(me: &Actor) -> Sql {
    if let Some(person) = reads_all_but_private(me) {
        let mut sql = Sql::new("r.scope <> 'user' or r.place_id = ");
        sql.bind(person);
        return wrap(me, sql);
    }
    let mut sql = Sql::new("r.place_id = any(");
    sql.bind(Bind::Uuids(places(me))).push(")");
    if sees_all_groups(me) {
        sql.push(" or r.scope = 'group'");
    }
    wrap(me, sql)
}

/// True for the records of one place when it is in reach, without the names of all others. `records` must be aliased `r`.
pub fn in_place(me: &Actor, place: Place) -> Sql {
    let is_reached = match place {
        // As in `records`: nobody's private ones.
        _ if me.kind == ActorKind::Operator => !matches!(place, Place::Person(_)),
        Place::Group(_) if sees_all_groups(me) => true,
        _ => places(me).contains(&place.id()),
    };
    let mut sql = Sql::new("(");
    if is_reached {
        sql.push("r.place_id = ").bind(place.id());
    } else {
        sql.push("false");
    }
    sql.append(&kinds(me)).push(")");
    sql
}

/// Somebody who reads every project and every group: of their hundreds of places a statement would be planned anew each time.
fn reads_all_but_private(me: &Actor) -> Option<PersonId> {
    let is_whole = me.kind == ActorKind::Person && me.program.is_none() && me.stands_for.is_none();
    let reads_all = sees_all_groups(me) && me.permissions.has(Permission::ProjectsManageAll);
    me.person_id().filter(|_| is_whole && reads_all)
}

/// True for the records of one project, when it is in reach: a single place, which an index on place and order walks. `place` is
/// the place column of `r`, or of the kind's own table when its index is wanted.
pub fn in_project(me: &Actor, project: ProjectId, place: &'static str) -> Sql {
    let mut sql = Sql::new("(");
    if me.project_by_id(project).is_some() || me.kind == ActorKind::Operator {
        sql.push(place).push(" = ").bind(project);
    } else {
        sql.push("false");
    }
    sql.append(&kinds(me)).push(")");
    sql
}

/// Owners and admins read every group's records without being in it; `places` names only one's own groups.
fn sees_all_groups(me: &Actor) -> bool {
    me.role >= Some(OrganisationRole::Admin)
}

fn wrap(me: &Actor, inside: Sql) -> Sql {
    // The operator's export leaves private records out: nobody's page, route, key or command shows them.
    if me.kind == ActorKind::Operator {
        return Sql::new("(r.scope <> 'user')");
    }
    let mut sql = Sql::new("((");
    sql.append(&inside).push(")").append(&kinds(me)).push(")");
    sql
}

/// For a program only records of the kinds that its scopes open; a condition beginning with ` and `, empty for everybody else.
pub fn kinds(me: &Actor) -> Sql {
    let mut sql = Sql::new("");
    if let Some(program) = &me.program {
        let kinds: Vec<String> = program.kinds().into_iter().map(|kind| kind.as_str().to_owned()).collect();
        sql.push(" and r.kind = any(").bind(kinds).push(")");
    }
    sql
}

/// True for projects in reach. `projects` must be aliased `p`.
pub fn projects(me: &Actor) -> Sql {
    if me.kind == ActorKind::Operator {
        return Sql::new("(true)");
    }
    let mut sql = Sql::new("(p.id = any(");
    sql.bind(Bind::Uuids(me.projects.iter().map(|project| project.id.0).collect())).push("))");
    sql
}
