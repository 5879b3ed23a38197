//! `docs/permissions.md`, made from the catalogue and the table.

use crate::access::{
    Actor, Answer, Kind, Permission, Place, ProjectAccess, ProjectId, ProjectRole, Thing, Verb, answer,
};
use crate::people::OrganisationRole;
use crate::ui::text;
use std::fmt::Write;
use std::sync::Arc;
use uuid::Uuid;

const PAGE: &str = include_str!("permissions.md");
const PROJECT: ProjectId = ProjectId(Uuid::max());

/// The page of the docs.
pub fn markdown() -> String {
    PAGE.replace("{permissions}\n", &permissions()).replace("{projects}\n", &projects())
}

fn mark(yes: bool) -> &'static str {
    if yes { "yes" } else { "–" }
}

fn permissions() -> String {
    let mut out =
        "| Permission | What it allows | Sensitive | Member | Admin | Owner |\n|---|---|---|---|---|---|\n".to_owned();
    for permission in Permission::ALL {
        let [sensitive, member, admin, owner] = [
            permission.is_sensitive(),
            permission.least_role() <= OrganisationRole::Member,
            permission.least_role() <= OrganisationRole::Admin,
            true,
        ]
        .map(mark);
        let what = text(&permission.label());
        let _ = writeln!(out, "| `{permission}` | {what} | {sensitive} | {member} | {admin} | {owner} |");
    }
    out
}

/// What each role may do in a project, asked of the table itself.
fn projects() -> String {
    let id = Uuid::nil();
    let place = Place::Project(PROJECT);
    let others = Thing::Record { id, kind: Kind::Ticket, place, author: None };
    let rows: [(&str, Verb, Thing); 5] = [
        ("see the project and all in it", Verb::See, others),
        ("add, edit, close, decide, comment, attach; archive or move what they wrote themselves", Verb::Edit, others),
        ("archive or move what others wrote", Verb::Remove, others),
        ("settings, grants (up to their own role), visibility", Verb::Share, Thing::Project(PROJECT)),
        ("archive the project, bring it back", Verb::Remove, Thing::Project(PROJECT)),
    ];
    let mut out = "| | Viewer | Member | Lead | Admin |\n|---|---|---|---|---|\n".to_owned();
    for (what, verb, thing) in rows {
        let cells: Vec<&str> =
            ProjectRole::ALL.iter().map(|role| mark(answer(&somebody(*role), verb, &thing) == Answer::Yes)).collect();
        let _ = writeln!(out, "| {what} | {} |", cells.join(" | "));
    }
    out
}

/// Whom nothing but a role in the project lets in.
fn somebody(role: ProjectRole) -> Actor {
    let access = ProjectAccess {
        id: PROJECT,
        key: String::new(),
        name: String::new(),
        role,
        is_restricted: true,
        is_archived: false,
        is_granted: true,
    };
    Actor { role: Some(OrganisationRole::Member), projects: Arc::new(vec![access]), ..Actor::visitor("", "") }
}
