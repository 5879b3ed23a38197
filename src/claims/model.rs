//! Writing rules. The rows and what becomes of people belong to sign-on; here is asked what somebody may have given.

use crate::access::{Actor, Permission, Permissions, Permit, Thing, Verb, can, check, may};
use crate::audit::{self, Act, ActKind};
use crate::db::Tx;
use crate::error::{Conflict, Error, Msg, Result};
use crate::members::{CustomRole, Group};
use crate::people::{Membership, OrganisationRole, PersonId, RoleId};
use crate::sso::{Connection, ConnectionId, Gift, MAX_RULES, Rule, RuleId, RuleText, Target};
use uuid::Uuid;

/// What a form wants given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gives {
    /// By its whole name, or by id.
    Group(String),
    Role(RoleId),
    Admin,
}

/// A rule's form as checked, but for what it gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleDraft {
    pub claim: String,
    pub value: String,
    pub takes_absence: bool,
    pub gives: Gives,
}

/// Somebody of whom nothing is known but what they would get.
fn anybody(role: OrganisationRole, more: Permissions) -> Thing {
    Thing::newcomer(PersonId(Uuid::nil()), role, more)
}

/// Rules change who holds what, so they take turns with everything else that does.
fn permit(tx: &mut Tx, me: &Actor) -> Result<(Actor, Permit)> {
    Membership::take_turn(tx)?;
    let me = me.again(tx)?;
    let permit = may(tx, &me, Verb::Administer, &Thing::Organisation(Permission::SecurityConfigurationManage))?;
    Ok((me, permit))
}

impl RuleDraft {
    /// `Invalid` for what no rule gives, for one that is there already and for too many; `Forbidden` for what the actor may not give.
    pub fn create(self, tx: &mut Tx, me: &Actor, connection: ConnectionId) -> Result<RuleId> {
        let (me, permit) = permit(tx, me)?;
        let connection = Connection::find(tx, &me, connection)?.id;
        let (text, rules) = (self.checked(tx, &me)?, Rule::list(tx, &me, connection)?);
        if rules.len() >= MAX_RULES {
            return Err(Error::invalid("", Msg::new("problem-rules-many").with("max", MAX_RULES)));
        }
        check_only(&rules, None, &text)?;
        let id = Rule::insert(tx, connection, me.person_id().ok_or(Error::SignIn)?, &text)?;
        let act = Act::new(ActKind::SsoRuleAdded).target("sso_rule", id).note("sso_connection", connection.0);
        audit::record(tx, permit, changes(act, None, &text))?;
        Ok(id)
    }

    /// Takes back at once what the rule gave, unless it gives the same for the same; answers from how many. `Conflict` when somebody
    /// saved it since the form was opened.
    pub fn save(self, tx: &mut Tx, me: &Actor, (connection, id): (ConnectionId, RuleId), seen: i64) -> Result<usize> {
        let (me, permit) = permit(tx, me)?;
        let old = Rule::find(tx, &me, connection, id)?;
        let text = self.checked(tx, &me)?;
        if old.text() == text {
            permit.unused(tx);
            return Ok(0);
        }
        if old.number != seen {
            let (theirs, yours) = (format!("{} ({}: {})", old.gives(), old.claim, old.value), text.value);
            let seen = old.number.to_string();
            return Err(Error::Conflict(Box::new(Conflict { field: "number", theirs, yours, seen })));
        }
        check_only(&Rule::list(tx, &me, connection)?, Some(id), &text)?;
        let is_same = RuleText { takes_absence: text.takes_absence, ..old.text() } == text;
        let ended = if is_same { Default::default() } else { Gift::end_of_rule(tx, &me, id)? };
        Rule::rewrite(tx, id, me.person_id().ok_or(Error::SignIn)?, &text)?;
        let act = Act::new(ActKind::SsoRuleChanged).target("sso_rule", id).note("sso_connection", connection.0);
        audit::record(tx, permit, ended.noted(changes(act, Some(&old.text()), &text)))?;
        Ok(ended.people.len())
    }

    fn checked(self, tx: &mut Tx, me: &Actor) -> Result<RuleText> {
        let target = match self.gives {
            Gives::Group(typed) => {
                let group = Group::named(tx, me, "group", &typed)?;
                group.check_adds(tx, me, "group")?;
                Target::Group(group.id)
            }
            Gives::Role(id) => {
                let role = CustomRole::find(tx, me, id).map_err(|_| Error::invalid("role", "problem-choice"))?;
                check(me, Verb::Share, &anybody(OrganisationRole::Member, role.permissions()))?;
                Target::Role(id)
            }
            Gives::Admin => {
                check(me, Verb::Share, &anybody(OrganisationRole::Admin, Permissions::NONE))?;
                Target::Admin
            }
        };
        Ok(RuleText { claim: self.claim, value: self.value, takes_absence: self.takes_absence, target })
    }
}

/// Takes back at once what it gave; answers from how many. Whoever manages sign-on may: nothing is given by it.
pub fn remove_rule(tx: &mut Tx, me: &Actor, (connection, id): (ConnectionId, RuleId)) -> Result<usize> {
    let (me, permit) = permit(tx, me)?;
    let old = Rule::find(tx, &me, connection, id)?;
    let ended = Gift::end_of_rule(tx, &me, id)?;
    Rule::delete(tx, id)?;
    let (field, what) = old.target().named();
    let act = Act::new(ActKind::SsoRuleRemoved).target("sso_rule", id).note("sso_connection", connection.0);
    let act = act.change("claim", &old.claim, None::<&str>).change("value", &old.value, None::<&str>);
    audit::record(tx, permit, ended.noted(act.change(field, what, None::<&str>)))?;
    Ok(ended.people.len())
}

/// Custom roles that the actor may have given, by name, and whether they may have admins made.
pub fn offered_roles(tx: &mut Tx, me: &Actor) -> Result<(Vec<CustomRole>, bool)> {
    let mut roles = CustomRole::list(tx, me)?;
    roles.retain(|role| can(me, Verb::Share, &anybody(OrganisationRole::Member, role.permissions())));
    Ok((roles, can(me, Verb::Share, &anybody(OrganisationRole::Admin, Permissions::NONE))))
}

fn check_only(rules: &[Rule], own: Option<RuleId>, text: &RuleText) -> Result<()> {
    let key = |text: &RuleText| (text.claim.clone(), text.value.clone(), text.target);
    let is_twin = |rule: &Rule| Some(rule.id) != own && key(&rule.text()) == key(text);
    if rules.iter().any(is_twin) { Err(Error::invalid("value", "problem-rule-twice")) } else { Ok(()) }
}

fn changes(act: Act, old: Option<&RuleText>, new: &RuleText) -> Act {
    let was = |of: fn(&RuleText) -> String| (old.map(of), of(new));
    let pairs = [
        ("claim", was(|text| text.claim.clone())),
        ("value", was(|text| text.value.clone())),
        ("gives", was(|text| format!("{} {}", text.target.named().0, text.target.named().1))),
        ("takes_absence", was(|text| text.takes_absence.to_string())),
    ];
    let changed = pairs.into_iter().filter(|(_, (old, new))| old.as_ref() != Some(new));
    changed.fold(act, |act, (field, (old, new))| act.change(field, old, new))
}
