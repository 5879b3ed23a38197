//! Rules of a connection: when what its provider says of somebody under a name contains a value, they are in a group or hold a role.
//! Every rule stands for itself, so they have no order. Only the rows: what somebody may have given is asked in the room above.

use crate::access::{Actor, Permission, Thing, Verb, check};
use crate::db::Tx;
use crate::db::sql::{Bind, Sql};
use crate::error::{Error, Result, on_constraint};
use crate::people::{GroupId, OrganisationRole, PersonId, RoleId};
use crate::sso::model::connection::ConnectionId;
use crate::typed_id;
use crate::ui::{say_with, text};
use chrono::{DateTime, Duration, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Array, Bool, Int8, Nullable, Text, Timestamptz, Uuid as SqlUuid};

typed_id!(RuleId);

/// Of a connection: each sign-on asks all of them.
pub const MAX_RULES: usize = 200;
/// Of the name of a claim; some are addresses.
pub const MAX_CLAIM_CHARS: usize = 300;
/// Of a value; some are whole paths in a directory.
pub const MAX_VALUE_CHARS: usize = 500;
/// That a claim is left out is noted no oftener, so that people who come at the same time do not wait for each other.
const UNSAID_MINUTES: i64 = 60;

/// What a rule gives. No rule makes an owner or a server admin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    Group(GroupId),
    Role(RoleId),
    Admin,
}

impl Target {
    fn columns(self) -> [Bind; 3] {
        let of = |group: Option<GroupId>, role: Option<RoleId>| {
            [Bind::MaybeUuid(group.map(|id| id.0)), Bind::MaybeUuid(role.map(|id| id.0))]
        };
        let word = if self == Target::Admin { OrganisationRole::Admin.as_str() } else { "" };
        let [group, role] = match self {
            Target::Group(id) => of(Some(id), None),
            Target::Role(id) => of(None, Some(id)),
            Target::Admin => of(None, None),
        };
        [group, role, word.into()]
    }

    /// Appends that a rule, aliased so, gives this.
    pub(in crate::sso) fn is_of(self, sql: &mut Sql, rule: &str) {
        let (column, id) = match self {
            Target::Group(id) => ("group_id", id.0),
            Target::Role(id) => ("role_id", id.0),
            Target::Admin => {
                sql.push(&format!("{rule}.organisation_role = 'admin'"));
                return;
            }
        };
        sql.push(&format!("{rule}.{column} = ")).bind(id);
    }

    /// What the audit trail calls it, and which.
    pub fn named(self) -> (&'static str, String) {
        match self {
            Target::Group(id) => ("group", id.to_string()),
            Target::Role(id) => ("custom_role", id.to_string()),
            Target::Admin => ("role", OrganisationRole::Admin.to_string()),
        }
    }
}

/// A rule as checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleText {
    pub claim: String,
    pub value: String,
    pub takes_absence: bool,
    pub target: Target,
}

#[derive(Debug, Clone, QueryableByName)]
pub struct Rule {
    #[diesel(sql_type = SqlUuid)]
    pub id: RuleId,
    #[diesel(sql_type = SqlUuid)]
    pub connection_id: ConnectionId,
    /// Another one after each change; what a verdict names.
    #[diesel(sql_type = Int8)]
    pub number: i64,
    #[diesel(sql_type = Text)]
    pub claim: String,
    #[diesel(sql_type = Text)]
    pub value: String,
    #[diesel(sql_type = Bool)]
    pub takes_absence: bool,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub(in crate::sso) group_id: Option<GroupId>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub(in crate::sso) role_id: Option<RoleId>,
    /// Of the group or custom role; empty for a built-in one.
    #[diesel(sql_type = Text)]
    pub name: String,
    /// Who has what it gives by it, now. Zero where nobody looks at it: counting is dear, and every sign-on asks for the rules.
    #[diesel(sql_type = Int8)]
    pub people: i64,
    #[diesel(sql_type = Text)]
    pub saved_by: String,
    #[diesel(sql_type = Timestamptz)]
    pub saved_at: DateTime<Utc>,
    /// When the provider last left the claim out.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub unsaid_at: Option<DateTime<Utc>>,
}

const COUNTED: &str = "(select count(*) from sso_gifts f where f.rule_id = r.id and case
      when r.group_id is not null then exists (select 1 from group_members gm where gm.group_id = r.group_id and gm.person_id = f.person_id)
      when r.role_id is not null then exists (select 1 from person_roles pr where pr.role_id = r.role_id and pr.person_id = f.person_id)
      else exists (select 1 from memberships m where m.role = r.organisation_role and m.person_id = f.person_id) end)";
const UNCOUNTED: &str = "0::bigint";

/// To which the connection is bound.
fn select(name: &str, people: &str) -> Sql {
    let text = format!(
        "select r.id, r.connection_id, r.number, r.claim, r.value, r.takes_absence, r.group_id, r.role_id,
         coalesce(g.name, o.name, '') as name, {people} as people, p.name as saved_by, r.saved_at, r.unsaid_at
         from sso_rules r join people p on p.id = r.saved_by_id left join groups g on g.id = r.group_id
         left join roles o on o.id = r.role_id where r.connection_id = "
    );
    Sql::named(name, &text)
}

const IN_ORDER: &str = " order by r.claim, r.value, r.number";

/// At the same moment, by somebody else.
fn just_deleted(error: Error) -> Error {
    let group = on_constraint("sso_rules_group_id_fkey", "group", "problem-choice");
    on_constraint("sso_rules_role_id_fkey", "role", "problem-choice")(group(error))
}

#[derive(QueryableByName)]
struct Names {
    #[diesel(sql_type = Array<Text>)]
    claims: Vec<String>,
}

impl Rule {
    /// By claim and value. For who may configure sign-on.
    pub fn list(tx: &mut Tx, me: &Actor, connection: ConnectionId) -> Result<Vec<Rule>> {
        check(me, Verb::See, &Thing::Organisation(Permission::SecurityConfigurationManage))?;
        let mut sql = select("sso::rules_counted", COUNTED);
        sql.bind(connection).push(IN_ORDER);
        Ok(sql.load(tx.conn())?)
    }

    /// For who may configure sign-on.
    pub fn find(tx: &mut Tx, me: &Actor, connection: ConnectionId, id: RuleId) -> Result<Rule> {
        check(me, Verb::See, &Thing::Organisation(Permission::SecurityConfigurationManage))?;
        let mut sql = select("sso::rule", COUNTED);
        sql.bind(connection).push(" and r.id = ").bind(id);
        sql.load(tx.conn())?.into_iter().next().ok_or(Error::NotFound)
    }

    pub(in crate::sso) fn all(tx: &mut Tx, connection: ConnectionId) -> Result<Vec<Rule>> {
        let mut sql = select("sso::rules", UNCOUNTED);
        sql.bind(connection).push(IN_ORDER);
        Ok(sql.load(tx.conn())?)
    }

    /// Under which names a connection's rules look.
    pub(in crate::sso) fn claims(tx: &mut Tx, connection: ConnectionId) -> Result<Vec<String>> {
        let mut sql =
            Sql::named("sso::rule_claims", "select array(select distinct claim from sso_rules where connection_id = ");
        sql.bind(connection).push(" order by claim) as claims");
        Ok(sql.load::<Names>(tx.conn())?.into_iter().flat_map(|row| row.claims).collect())
    }

    pub fn target(&self) -> Target {
        match (self.group_id, self.role_id) {
            (Some(id), _) => Target::Group(id),
            (None, Some(id)) => Target::Role(id),
            (None, None) => Target::Admin,
        }
    }

    /// What it gives, in words.
    pub fn gives(&self) -> String {
        match self.target() {
            Target::Group(_) => say_with("rule-gives-group", [("name", self.name.as_str())]),
            Target::Role(_) => say_with("rule-gives-role", [("name", self.name.as_str())]),
            Target::Admin => text("rule-gives-admin"),
        }
    }

    pub fn text(&self) -> RuleText {
        RuleText {
            claim: self.claim.clone(),
            value: self.value.clone(),
            takes_absence: self.takes_absence,
            target: self.target(),
        }
    }

    /// Whoever calls has asked, also whether what it gives is theirs to give, and keeps the entry.
    pub fn insert(tx: &mut Tx, connection: ConnectionId, by: PersonId, text: &RuleText) -> Result<RuleId> {
        let id = RuleId(tx.new_id());
        let [group, role, word] = text.target.columns();
        let mut sql = Sql::named(
            "sso::insert_rule",
            "insert into sso_rules (id, connection_id, claim, value, takes_absence, group_id, role_id, organisation_role, saved_by_id, saved_at) values (",
        );
        sql.bind(id).push(", ").bind(connection).push(", ").bind(text.claim.as_str()).push(", ");
        sql.bind(text.value.as_str()).push(", ").bind(text.takes_absence).push(", ").bind(group).push(", ");
        sql.bind(role).push(", nullif(").bind(word).push(", ''), ").bind(by).push(", ").bind(tx.now).push(")");
        sql.execute(tx.conn()).map_err(Error::from).map_err(just_deleted)?;
        Ok(id)
    }

    /// As `insert`. Whoever was judged before was not judged by this.
    pub fn rewrite(tx: &mut Tx, id: RuleId, by: PersonId, text: &RuleText) -> Result<()> {
        let [group, role, word] = text.target.columns();
        let mut sql =
            Sql::named("sso::rewrite_rule", "update sso_rules set number = default, unsaid_at = null, claim = ");
        sql.bind(text.claim.as_str()).push(", value = ").bind(text.value.as_str()).push(", takes_absence = ");
        sql.bind(text.takes_absence).push(", group_id = ").bind(group).push(", role_id = ").bind(role);
        sql.push(", organisation_role = nullif(").bind(word).push(", ''), saved_by_id = ").bind(by);
        sql.push(", saved_at = ").bind(tx.now).push(" where id = ").bind(id);
        sql.execute(tx.conn()).map_err(Error::from).map_err(just_deleted)?;
        Ok(())
    }

    /// After what it gave was taken back.
    pub fn delete(tx: &mut Tx, id: RuleId) -> Result<()> {
        let mut sql = Sql::named("sso::delete_rule", "delete from sso_rules where id = ");
        sql.bind(id);
        sql.execute(tx.conn())?;
        Ok(())
    }

    /// All of a connection, after what they gave was taken back.
    pub(in crate::sso) fn delete_all(tx: &mut Tx, connection: ConnectionId) -> Result<()> {
        let mut sql = Sql::named("sso::delete_rules", "delete from sso_rules where connection_id = ");
        sql.bind(connection);
        sql.execute(tx.conn())?;
        Ok(())
    }

    /// The provider left their claims out for somebody.
    pub(in crate::sso) fn note_unsaid(tx: &mut Tx, rules: &[Rule]) -> Result<()> {
        let before = tx.now - Duration::minutes(UNSAID_MINUTES);
        let mut sql = Sql::named("sso::unsaid", "update sso_rules set unsaid_at = ");
        sql.bind(tx.now).push(" where (unsaid_at is null or unsaid_at < ").bind(before).push(") and id = any(");
        sql.bind(rules.iter().map(|rule| rule.id.0).collect::<Vec<_>>()).push(")");
        sql.execute(tx.conn())?;
        Ok(())
    }
}
