//! Why somebody can or cannot: the answers of the table for them, and what stands behind these. For who manages the thing.

use super::reach::{Reason, Roster};
use crate::access::{
    Actor, Answer, Permission, Place, ProjectId, ProjectRole, Thing, Verb, answer, can, holds, holds_in,
};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Error, Msg, Result};
use crate::people::{GroupId, OrganisationRole, PersonId};
use crate::ui::text;
use diesel::QueryableByName;
use diesel::sql_types::Text;

/// What somebody may do with a thing, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// In words of the table: `Hidden` means that for them it does not exist.
    pub answers: Vec<(Verb, Answer)>,
    /// What decides, the strongest first.
    pub reasons: Vec<Msg>,
}

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    name: String,
}

/// Whether the actor may have this explained about others: who manages it. Asked after seeing it.
pub fn may_explain(me: &Actor, thing: &Thing) -> bool {
    match thing {
        Thing::Project(id) | Thing::Record { place: Place::Project(id), .. } => {
            holds(me, Permission::MembersChangeRole) || holds_in(me, *id, ProjectRole::Lead)
        }
        Thing::Record { place: Place::Person(_), .. } => can(me, Verb::See, thing),
        _ => holds(me, Permission::MembersChangeRole),
    }
}

impl Explanation {
    /// For a record or a project. `NotFound` when the asker may not see it, `Forbidden` when they do not manage it.
    pub fn of(tx: &mut Tx, me: &Actor, person: PersonId, thing: &Thing) -> Result<Explanation> {
        crate::access::check(me, Verb::See, thing)?;
        if !may_explain(me, thing) {
            return Err(Error::forbidden("refused-explain"));
        }
        let they = match Actor::of_person(tx, person) {
            Ok(they) => they,
            Err(Error::NotFound) => return Ok(Explanation::of_gone(thing)),
            Err(other) => return Err(other),
        };
        let answers = verbs(thing).iter().map(|verb| (*verb, answer(&they, *verb, thing))).collect();
        Ok(Explanation { answers, reasons: reasons(tx, &they, thing)? })
    }

    fn of_gone(thing: &Thing) -> Explanation {
        let answers = verbs(thing).iter().map(|verb| (*verb, Answer::Hidden)).collect();
        Explanation { answers, reasons: vec!["because-gone".into()] }
    }

    pub fn sees(&self) -> bool {
        self.answers.iter().any(|(verb, answer)| *verb == Verb::See && *answer == Answer::Yes)
    }
}

/// What one asks about: seeing, working, moving or managing, removing.
fn verbs(thing: &Thing) -> &'static [Verb] {
    match thing {
        Thing::Project(_) => &[Verb::See, Verb::Edit, Verb::Administer, Verb::Remove],
        _ => &[Verb::See, Verb::Edit, Verb::Share, Verb::Remove],
    }
}

fn reasons(tx: &mut Tx, they: &Actor, thing: &Thing) -> Result<Vec<Msg>> {
    let Thing::Record { place, author, .. } = *thing else {
        let Thing::Project(id) = *thing else { return Ok(Vec::new()) };
        return in_project(tx, they, id);
    };
    let mut reasons = match place {
        Place::Project(id) => in_project(tx, they, id)?,
        Place::Group(id) => in_group(tx, they, id)?,
        Place::Organisation(_) => in_organisation(tx, they)?,
        Place::Person(owner) => {
            vec![if they.is(Some(owner)) { "because-private-own" } else { "because-private" }.into()]
        }
    };
    if they.is(author) {
        reasons.push("because-author".into());
    }
    Ok(reasons)
}

fn in_project(tx: &mut Tx, they: &Actor, id: ProjectId) -> Result<Vec<Msg>> {
    let roster = Roster::of(tx, id)?;
    let reach = roster.reach().into_iter().find(|reach| they.is(Some(reach.id)));
    let mut reasons: Vec<Msg> =
        reach.iter().flat_map(|reach| reach.reasons.iter().map(|reason| reason.words())).collect();
    if reasons.is_empty() {
        reasons.push("because-restricted".into());
    }
    if they.project_by_id(id).is_some_and(|project| project.is_archived) {
        reasons.push("because-project-archived".into());
    }
    Ok(reasons)
}

fn in_group(tx: &mut Tx, they: &Actor, id: GroupId) -> Result<Vec<Msg>> {
    let mut sql = Sql::named("access::group_name", "select name from groups where id = ");
    sql.bind(id);
    let name = name(tx, sql)?;
    let mut reasons = Vec::new();
    if they.is_in(id) {
        reasons.push(Msg::new("because-in-group").with("group", &name));
    }
    if they.role >= Some(OrganisationRole::Admin) {
        reasons.push(by_role(they));
    }
    if reasons.is_empty() {
        reasons.push(Msg::new("because-not-in-group").with("group", &name));
    }
    Ok(reasons)
}

fn in_organisation(tx: &mut Tx, they: &Actor) -> Result<Vec<Msg>> {
    let mut reasons: Vec<Msg> = vec!["because-everybodys".into()];
    match they.role {
        Some(role) if role >= Permission::MemoryCurate.least_role() => reasons.push(by_role(they)),
        Some(_) if they.has(Permission::MemoryCurate) => reasons.push(by_custom_role(tx, they)?),
        _ => {}
    }
    Ok(reasons)
}

fn by_role(they: &Actor) -> Msg {
    let of = they.role.map(|role| text(&format!("organisation-role-{role}"))).unwrap_or_default();
    Msg::new("reach-organisation").with("of", of)
}

fn by_custom_role(tx: &mut Tx, they: &Actor) -> Result<Msg> {
    let mut sql = Sql::named(
        "access::role_that_gives",
        "select r.name from roles r join person_roles pr on pr.role_id = r.id join role_permissions rp on rp.role_id = r.id
         where rp.permission = ",
    );
    sql.bind(Permission::MemoryCurate).push(" and pr.person_id = ").bind(they.person_id().map(|id| id.0));
    sql.push(" order by lower(r.name) limit 1");
    Ok(Msg::new("because-custom-role").with("role", name(tx, sql)?))
}

fn name(tx: &mut Tx, sql: Sql) -> Result<String> {
    Ok(sql.load::<Name>(tx.conn())?.into_iter().next().map(|row| row.name).unwrap_or_default())
}

impl Reason {
    /// "a grant as Lead"
    pub fn words(&self) -> Msg {
        let role = || text(&format!("project-role-{}", self.role()));
        match self {
            Reason::Organisation(of) => {
                Msg::new("reach-organisation").with("of", text(&format!("organisation-role-{of}")))
            }
            Reason::CustomRole(name) => Msg::new("reach-custom-role").with("name", name),
            Reason::Open => "reach-open".into(),
            Reason::Grant(_) => Msg::new("reach-grant").with("role", role()),
            Reason::Group(group, _) => Msg::new("reach-group").with("group", group).with("role", role()),
        }
    }
}
