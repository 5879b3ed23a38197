//! What one access check costs, without the database: `cargo run --release --example access`.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;
use tow::access::{Actor, Kind, Permissions, Place, ProjectAccess, ProjectId, ProjectRole, Thing, Verb, can};
use tow::people::{GroupId, OrganisationRole};
use uuid::Uuid;

const ROUNDS: u32 = 1_000_000;

fn actor(projects: u128) -> Actor {
    let access = |n| ProjectAccess {
        id: ProjectId(Uuid::from_u128(n)),
        key: format!("P{n}"),
        name: format!("Project {n}"),
        role: ProjectRole::Member,
        is_restricted: true,
        is_archived: false,
        is_granted: true,
    };
    Actor {
        role: Some(OrganisationRole::Member),
        permissions: Permissions::of(OrganisationRole::Member),
        groups: Arc::new((0..8).map(|n| GroupId(Uuid::from_u128(n))).collect()),
        projects: Arc::new((0..projects).map(access).collect()),
        ..Actor::visitor("", "")
    }
}

fn main() {
    for projects in [1, 8, 64, 512] {
        let me = actor(projects);
        let last = Thing::Record {
            id: Uuid::nil(),
            kind: Kind::Ticket,
            place: Place::Project(ProjectId(Uuid::from_u128(projects - 1))),
            author: None,
        };
        let begun = Instant::now();
        for _ in 0..ROUNDS {
            black_box(can(black_box(&me), black_box(Verb::Edit), black_box(&last)));
        }
        let each = begun.elapsed().as_nanos() / u128::from(ROUNDS);
        println!("a record in the last of {projects} projects: {each} ns, 0 queries");
    }
}
