//! What came to whom by which rule. Only that is ever taken back: what somebody gave by hand is not here. And what somebody took by
//! hand stays taken for as long as the rule goes on fitting, because a decision of a colleague counts for more than a rule.

use crate::access::{Actor, Thing, Verb, may};
use crate::audit::{self, Act, ActKind};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::Result;
use crate::people::{GroupId, Membership, OrganisationRole, PersonId, Role, RoleId, Session};
use crate::sso::model::connection::ConnectionId;
use crate::sso::model::rules::{Rule, RuleId, Target};
use crate::sso::model::verdicts::Verdict;
use crate::sso::model::who::Who;
use diesel::QueryableByName;
use diesel::sql_types::{Bool, Int8, Nullable, Text, Uuid as SqlUuid};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Gifts that a trial names: it says so in a cookie.
const NAMED: usize = 5;

/// A rule of the connection as it stands to one person.
#[derive(QueryableByName)]
struct Stand {
    #[diesel(sql_type = SqlUuid)]
    id: RuleId,
    #[diesel(sql_type = Int8)]
    number: i64,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    group_id: Option<GroupId>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    role_id: Option<RoleId>,
    /// They have what it gives, however it came.
    #[diesel(sql_type = Bool)]
    is_held: bool,
    /// By this rule.
    #[diesel(sql_type = Bool)]
    is_given: bool,
    /// By a rule of another connection.
    #[diesel(sql_type = Bool)]
    is_given_elsewhere: bool,
    /// An owner has no use for it, or the directory keeps the group by now.
    #[diesel(sql_type = Bool)]
    is_barred: bool,
}

const STANDS: &str = "select r.id, r.number, r.group_id, r.role_id,
    case when r.group_id is not null then exists (select 1 from group_members gm where gm.group_id = r.group_id and gm.person_id = m.person_id)
      when r.role_id is not null then exists (select 1 from person_roles pr where pr.role_id = r.role_id and pr.person_id = m.person_id)
      else m.role = r.organisation_role end as is_held,
    exists (select 1 from sso_gifts f where f.rule_id = r.id and f.person_id = m.person_id) as is_given,
    exists (select 1 from sso_gifts f join sso_rules e on e.id = f.rule_id where f.person_id = m.person_id and e.connection_id <> r.connection_id
      and (e.group_id, e.role_id, e.organisation_role) is not distinct from (r.group_id, r.role_id, r.organisation_role)) as is_given_elsewhere,
    coalesce(g.is_managed, r.organisation_role is not null and m.role = 'owner') as is_barred
    from sso_rules r join memberships m on true left join groups g on g.id = r.group_id where r.connection_id = ";

impl Stand {
    fn target(&self) -> Target {
        of_columns(self.group_id, self.role_id)
    }
}

fn of_columns(group: Option<GroupId>, role: Option<RoleId>) -> Target {
    match (group, role) {
        (Some(id), _) => Target::Group(id),
        (None, Some(id)) => Target::Role(id),
        (None, None) => Target::Admin,
    }
}

/// What becomes of one thing that rules give.
#[derive(Debug, PartialEq, Eq)]
struct Step {
    target: Target,
    /// Rules by which it comes, or comes as well.
    come: Vec<RuleId>,
    /// Rules by which it came and which fit no more.
    gone: Vec<RuleId>,
    gives: bool,
    takes: bool,
}

impl Who {
    /// Gives a person what the rules say now, and takes back what came by those that fit no more. Before their session begins: with a
    /// role, the sessions that they had with it end.
    pub(in crate::sso) fn settle(&self, tx: &mut Tx, me: &Actor, person: PersonId) -> Result<()> {
        if self.steps(tx, person)?.is_empty() {
            return Ok(());
        }
        // Two sign-ons of the same person at once, or somebody who changes a rule meanwhile.
        Membership::take_turn(tx)?;
        for step in self.steps(tx, person)? {
            step.keep(tx, person)?;
            if step.gives {
                give(tx, step.target, person)?;
                self.note(tx, me, (ActKind::SsoRuleGave, person), (step.target, step.come.first()))?;
            }
            if step.takes {
                take(tx, step.target, &[person.0])?;
                if !matches!(step.target, Target::Group(_)) {
                    Session::end_all(tx, person, None)?;
                }
                self.note(tx, me, (ActKind::SsoRuleTook, person), (step.target, step.gone.first()))?;
            }
        }
        Ok(())
    }

    /// In words, what the rules that fit give, each once and not too many; None when the connection has no rules.
    pub(in crate::sso) fn would_get(&self, tx: &mut Tx) -> Result<Option<Vec<String>>> {
        let rules = Rule::all(tx, self.connection)?;
        let fits = |rule: &&Rule| self.said.of_rule(rule.number) == Verdict::Fits;
        let names: BTreeSet<String> = rules.iter().filter(fits).map(Rule::gives).collect();
        let more = (names.len() > NAMED).then(|| "…".to_owned());
        Ok((!rules.is_empty()).then(|| names.into_iter().take(NAMED).chain(more).collect()))
    }

    fn steps(&self, tx: &mut Tx, person: PersonId) -> Result<Vec<Step>> {
        let mut sql = Sql::named("sso::stands", STANDS);
        sql.bind(self.connection).push(" and m.person_id = ").bind(person).push(" order by r.number");
        let mut by_target: BTreeMap<Target, Vec<Stand>> = BTreeMap::new();
        for stand in sql.load::<Stand>(tx.conn())? {
            by_target.entry(stand.target()).or_default().push(stand);
        }
        Ok(by_target.into_iter().filter_map(|(target, stands)| self.step(target, &stands)).collect())
    }

    fn step(&self, target: Target, stands: &[Stand]) -> Option<Step> {
        let is_held = stands.iter().any(|stand| stand.is_held);
        let is_barred = stands.iter().any(|stand| stand.is_barred);
        let is_given_elsewhere = stands.iter().any(|stand| stand.is_given_elsewhere);
        let was_given = is_given_elsewhere || stands.iter().any(|stand| stand.is_given);
        // Given by hand: a rule has no part in it.
        if is_held && !was_given {
            return None;
        }
        let verdict = |stand: &Stand| self.said.of_rule(stand.number);
        let ids =
            |of: &dyn Fn(&Stand) -> bool| stands.iter().filter(|one| of(one)).map(|one| one.id).collect::<Vec<_>>();
        let come = ids(&|one| !is_barred && !one.is_given && verdict(one) == Verdict::Fits);
        let gone = ids(&|one| one.is_given && verdict(one) == Verdict::Fails);
        let stays = is_given_elsewhere || stands.iter().any(|one| one.is_given && verdict(one) != Verdict::Fails);
        let gives = !is_held && !was_given && !come.is_empty();
        let takes = is_held && was_given && !is_barred && !stays && come.is_empty();
        (!come.is_empty() || !gone.is_empty()).then_some(Step { target, come, gone, gives, takes })
    }

    fn note(
        &self,
        tx: &mut Tx,
        me: &Actor,
        (kind, person): (ActKind, PersonId),
        (target, rule): (Target, Option<&RuleId>),
    ) -> Result<()> {
        let permit = may(tx, me, Verb::Edit, &Thing::Door)?;
        let (field, what) = target.named();
        let member = (target == Target::Admin).then_some(OrganisationRole::Member.as_str());
        let act = Act::new(kind).target("person", person).note("sso_connection", self.connection.0);
        let act = act.note("sso_rule", rule.map(|id| id.0));
        let act = match kind {
            ActKind::SsoRuleGave => act.change(field, member, what),
            _ => act.change(field, what, member),
        };
        audit::record(tx, permit, act)
    }
}

impl Step {
    fn keep(&self, tx: &mut Tx, person: PersonId) -> Result<()> {
        let ids = |rules: &[RuleId]| rules.iter().map(|id| id.0).collect::<Vec<_>>();
        let mut sql = Sql::named("sso::forget_gifts", "delete from sso_gifts where person_id = ");
        sql.bind(person).push(" and rule_id = any(").bind(ids(&self.gone)).push(")");
        sql.execute(tx.conn())?;
        let mut sql = Sql::named("sso::keep_gifts", "insert into sso_gifts (person_id, rule_id, given_at) select ");
        sql.bind(person).push("::uuid, x, ").bind(tx.now).push("::timestamptz from unnest(").bind(ids(&self.come));
        sql.push("::uuid[]) as x on conflict do nothing");
        sql.execute(tx.conn())?;
        Ok(())
    }
}

fn give(tx: &mut Tx, target: Target, person: PersonId) -> Result<()> {
    match target {
        Target::Group(id) => drop(id.put_in(tx, &[person.0])?),
        Target::Role(id) => drop(Role::give(tx, id, person)?),
        Target::Admin => Membership::set_role(tx, person, OrganisationRole::Admin)?,
    }
    match target {
        Target::Group(_) => Ok(()),
        Target::Role(_) | Target::Admin => Session::owe_tokens(tx, &[person]),
    }
}

/// Answers who had it.
fn take(tx: &mut Tx, target: Target, people: &[Uuid]) -> Result<Vec<PersonId>> {
    match target {
        Target::Group(id) => Ok(id.take_out(tx, people)?.into_iter().map(PersonId).collect()),
        Target::Role(id) => Role::take_from(tx, id, people),
        Target::Admin => Membership::lower_admins(tx, people),
    }
}

/// What was taken back from how many when a rule ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ended {
    pub people: BTreeSet<PersonId>,
    pub sessions: usize,
}

impl Ended {
    /// For the entry of the act that ended it.
    pub fn noted(&self, act: Act) -> Act {
        if self.people.is_empty() { act } else { act.note("people", &self.people).note("sessions", self.sessions) }
    }
}

#[derive(QueryableByName)]
struct Gone {
    #[diesel(sql_type = SqlUuid)]
    person_id: PersonId,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    group_id: Option<GroupId>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    role_id: Option<RoleId>,
}

#[derive(QueryableByName)]
struct Left {
    #[diesel(sql_type = SqlUuid)]
    person_id: PersonId,
}

/// Something that came by a rule, as its person's page says it.
#[derive(Debug, Clone, QueryableByName)]
pub struct Gift {
    #[diesel(sql_type = Nullable<SqlUuid>)]
    group_id: Option<GroupId>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    role_id: Option<RoleId>,
    /// Of the group or custom role; empty for a built-in one.
    #[diesel(sql_type = Text)]
    pub name: String,
}

impl Gift {
    /// For samples.
    pub fn sample() -> Self {
        Gift { group_id: Some(GroupId(Uuid::nil())), role_id: None, name: "Planning".to_owned() }
    }

    pub fn target(&self) -> Target {
        of_columns(self.group_id, self.role_id)
    }

    /// Of a person, what they have by rules.
    pub fn list(tx: &mut Tx, person: PersonId) -> Result<Vec<Gift>> {
        let mut sql = Sql::named(
            "sso::gifts",
            "select distinct r.group_id, r.role_id, coalesce(g.name, o.name, '') as name from sso_gifts f join sso_rules r on r.id = f.rule_id
             left join groups g on g.id = r.group_id left join roles o on o.id = r.role_id where f.person_id = ",
        );
        sql.bind(person).push(" order by name");
        Ok(sql.load(tx.conn())?)
    }

    /// Somebody gives it by hand: no rule takes it back any more. False when it was by no rule.
    pub fn make_own(tx: &mut Tx, person: PersonId, target: Target) -> Result<bool> {
        let mut sql = Sql::named(
            "sso::own_gift",
            "delete from sso_gifts f using sso_rules r where r.id = f.rule_id and f.person_id = ",
        );
        sql.bind(person).push(" and ");
        target.is_of(&mut sql, "r");
        Ok(sql.execute(tx.conn())? > 0)
    }

    /// Takes back what came by a rule. Whoever calls has asked and keeps the entry.
    pub fn end_of_rule(tx: &mut Tx, me: &Actor, rule: RuleId) -> Result<Ended> {
        end(tx, me, |sql| {
            sql.push("r.id = ").bind(rule);
        })
    }

    pub(in crate::sso) fn end_of_connection(tx: &mut Tx, me: &Actor, connection: ConnectionId) -> Result<Ended> {
        end(tx, me, |sql| {
            sql.push("r.connection_id = ").bind(connection);
        })
    }

    /// Somebody comes no more through a connection.
    pub(in crate::sso) fn end_of_link(tx: &mut Tx, me: &Actor, link: (PersonId, ConnectionId)) -> Result<Ended> {
        end(tx, me, |sql| {
            sql.push("f.person_id = ").bind(link.0).push(" and r.connection_id = ").bind(link.1);
        })
    }
}

/// Of gifts that a query over `sso_gifts f` and `sso_rules r` finds; what another rule gives as well stays.
fn end(tx: &mut Tx, me: &Actor, fill: impl FnOnce(&mut Sql)) -> Result<Ended> {
    Membership::take_turn(tx)?;
    let mut sql = Sql::named("sso::end_gifts", "delete from sso_gifts f using sso_rules r where r.id = f.rule_id and ");
    fill(&mut sql);
    sql.push(" returning f.person_id, r.group_id, r.role_id");
    let mut by_target: BTreeMap<Target, BTreeSet<PersonId>> = BTreeMap::new();
    for gone in sql.load::<Gone>(tx.conn())? {
        by_target.entry(of_columns(gone.group_id, gone.role_id)).or_default().insert(gone.person_id);
    }
    let (mut ended, mut lost) = (Ended::default(), BTreeSet::new());
    for (target, mut people) in by_target {
        for left in others(tx, target, &people)? {
            people.remove(&left);
        }
        let taken = take(tx, target, &people.iter().map(|person| person.0).collect::<Vec<_>>())?;
        if !matches!(target, Target::Group(_)) {
            lost.extend(taken.iter().copied());
        }
        ended.people.extend(taken);
    }
    let lost: Vec<PersonId> = lost.into_iter().collect();
    let this = me.session_id().filter(|_| lost.iter().any(|person| me.is(Some(*person))));
    ended.sessions = Session::end_of(tx, &lost, this)?;
    Session::owe_tokens(tx, &lost)?;
    Ok(ended)
}

/// Those of them who have it by another rule still.
fn others(tx: &mut Tx, target: Target, people: &BTreeSet<PersonId>) -> Result<Vec<PersonId>> {
    let mut sql = Sql::named(
        "sso::other_gifts",
        "select distinct f.person_id from sso_gifts f join sso_rules r on r.id = f.rule_id where f.person_id = any(",
    );
    sql.bind(people.iter().map(|person| person.0).collect::<Vec<_>>()).push(") and ");
    target.is_of(&mut sql, "r");
    Ok(sql.load::<Left>(tx.conn())?.into_iter().map(|left| left.person_id).collect())
}
