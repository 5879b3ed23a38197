//! Who reaches a project, and why: the rule of `Actor::projects` for everybody at once. Also answers "and if it were restricted?",
//! so that a change of visibility can show beforehand whom it concerns.

use crate::access::{Permission, ProjectId, ProjectRole};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::Result;
use crate::people::{OrganisationRole, PersonId};
use diesel::QueryableByName;
use diesel::sql_types::{Bool, Nullable, Text, Uuid as SqlUuid};
use std::collections::{HashMap, HashSet};

/// Why a person reaches a project; each gives a role, the highest counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// Owners and admins of the organisation.
    Organisation(OrganisationRole),
    /// A custom role with the permission for all projects, by name.
    CustomRole(String),
    /// The project is open.
    Open,
    Grant(ProjectRole),
    Group(String, ProjectRole),
}

impl Reason {
    pub fn role(&self) -> ProjectRole {
        match self {
            Reason::Organisation(_) | Reason::CustomRole(_) => ProjectRole::Admin,
            Reason::Open => ProjectRole::Member,
            Reason::Grant(role) | Reason::Group(_, role) => *role,
        }
    }
}

/// One person's effective role with everything it comes from, the strongest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    pub id: PersonId,
    pub name: String,
    pub handle: String,
    pub role: ProjectRole,
    pub reasons: Vec<Reason>,
}

/// Everybody active, with what each was granted in one project.
#[derive(Debug, Clone)]
pub struct Roster {
    pub is_restricted: bool,
    people: Vec<Member>,
    grants: HashMap<PersonId, Vec<Reason>>,
}

#[derive(Debug, Clone, QueryableByName)]
struct Member {
    #[diesel(sql_type = SqlUuid)]
    id: PersonId,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    handle: String,
    #[diesel(sql_type = Text)]
    role: OrganisationRole,
    /// A custom role with the permission for all projects.
    #[diesel(sql_type = Nullable<Text>)]
    custom_role: Option<String>,
    #[diesel(sql_type = Bool)]
    is_restricted: bool,
}

#[derive(QueryableByName)]
struct Given {
    #[diesel(sql_type = SqlUuid)]
    person_id: PersonId,
    #[diesel(sql_type = Nullable<Text>)]
    by_group: Option<String>,
    #[diesel(sql_type = Text)]
    role: ProjectRole,
}

/// How two states of one project differ for people.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Difference {
    /// As they reach it now.
    pub lose: Vec<Reach>,
    /// As they will reach it.
    pub gain: Vec<Reach>,
    /// Now, and then.
    pub change: Vec<(Reach, Reach)>,
    pub keep: usize,
}

impl Roster {
    pub fn of(tx: &mut Tx, project: ProjectId) -> Result<Roster> {
        let mut sql = Sql::named(
            "access::roster",
            "select p.id, p.name, p.handle, m.role, (select min(r.name) from person_roles pr join roles r on r.id = pr.role_id
               join role_permissions rp on rp.role_id = r.id where pr.person_id = p.id and rp.permission = ",
        );
        sql.bind(Permission::ProjectsManageAll).push(
            ") as custom_role, j.visibility = 'restricted' as is_restricted
             from projects j join memberships m on m.organisation_id = j.organisation_id join people p on p.id = m.person_id
             where p.deactivated_at is null and j.id = ",
        );
        sql.bind(project).push(" order by lower(p.name), p.id");
        let people: Vec<Member> = sql.load(tx.conn())?;
        let mut sql = Sql::named(
            "access::granted",
            "select coalesce(g.person_id, gm.person_id) as person_id, n.name as by_group, g.role from project_grants g
             left join groups n on n.id = g.group_id left join group_members gm on gm.group_id = g.group_id
             where coalesce(g.person_id, gm.person_id) is not null and g.project_id = ",
        );
        sql.bind(project).push(" order by n.name nulls first");
        let mut grants: HashMap<PersonId, Vec<Reason>> = HashMap::new();
        for given in sql.load::<Given>(tx.conn())? {
            let reason = match given.by_group {
                Some(group) => Reason::Group(group, given.role),
                None => Reason::Grant(given.role),
            };
            grants.entry(given.person_id).or_default().push(reason);
        }
        let is_restricted = people.first().is_some_and(|person| person.is_restricted);
        Ok(Roster { is_restricted, people, grants })
    }

    /// Who reaches it now, by name.
    pub fn reach(&self) -> Vec<Reach> {
        self.reach_if(self.is_restricted)
    }

    /// Who would reach it with this visibility.
    pub fn reach_if(&self, is_restricted: bool) -> Vec<Reach> {
        self.people.iter().filter_map(|person| self.reach_of(person, is_restricted)).collect()
    }

    /// The effective role of one person; None without access.
    pub fn role_of(&self, person: PersonId) -> Option<ProjectRole> {
        let person = self.people.iter().find(|member| member.id == person)?;
        self.reach_of(person, self.is_restricted).map(|reach| reach.role)
    }

    fn reach_of(&self, person: &Member, is_restricted: bool) -> Option<Reach> {
        let manages_all = person.role >= Permission::ProjectsManageAll.least_role();
        let by_role = manages_all.then_some(Reason::Organisation(person.role));
        let by_custom_role = person.custom_role.clone().map(Reason::CustomRole);
        let by_openness = (!is_restricted).then_some(Reason::Open);
        let granted = self.grants.get(&person.id).cloned().unwrap_or_default();
        let mut reasons: Vec<Reason> =
            by_role.into_iter().chain(by_custom_role).chain(granted).chain(by_openness).collect();
        reasons.sort_by_key(|reason| std::cmp::Reverse(reason.role()));
        let role = reasons.first()?.role();
        Some(Reach { id: person.id, name: person.name.clone(), handle: person.handle.clone(), role, reasons })
    }

    /// What the other visibility would change.
    pub fn difference(&self, is_restricted: bool) -> Difference {
        let then: HashMap<PersonId, Reach> =
            self.reach_if(is_restricted).into_iter().map(|reach| (reach.id, reach)).collect();
        let now = self.reach();
        let mut difference = Difference::default();
        for reach in &now {
            match then.get(&reach.id) {
                None => difference.lose.push(reach.clone()),
                Some(later) if later.role != reach.role => difference.change.push((reach.clone(), later.clone())),
                Some(_) => difference.keep += 1,
            }
        }
        let known: HashSet<PersonId> = now.iter().map(|reach| reach.id).collect();
        difference.gain = self.reach_if(is_restricted).into_iter().filter(|reach| !known.contains(&reach.id)).collect();
        difference
    }
}
