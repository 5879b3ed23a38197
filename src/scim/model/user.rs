//! People as the directory manages them. What it says is kept as it said it; of that only the name, the address and whether they may
//! enter become the account's, and nothing becomes a right.

use crate::access::{Actor, OrganisationCard, Permission, Thing, Verb, can, check, may};
use crate::audit::{self, Act, ActKind};
use crate::config::Config;
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Error, Msg, Result, on_constraint};
use crate::mail::{self, Letter};
use crate::members::Member;
use crate::people::{GroupId, Membership, OrganisationId, OrganisationRole, Person, PersonId};
use crate::scim::attributes::{CORE_USER, ENTERPRISE, Resource};
use crate::scim::model::conflict::Conflict;
use crate::scim::model::rows;
use crate::scim::model::select::Ask;
use crate::scim::patch::Operation;
use crate::scim::shape::{Map, Said, Shown};
use crate::sso::Connection;
use crate::web::UNIQUENESS;
use chrono::{DateTime, SecondsFormat, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Bool, Int4, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use serde_json::{Value, json};

/// Somebody whom the directory manages.
#[derive(Debug, Clone, QueryableByName)]
pub struct ScimUser {
    #[diesel(sql_type = SqlUuid)]
    pub id: PersonId,
    #[diesel(sql_type = Nullable<Text>)]
    pub external_id: Option<String>,
    #[diesel(sql_type = Text)]
    pub user_name: String,
    #[diesel(sql_type = Jsonb)]
    attributes: Value,
    #[diesel(sql_type = Int4)]
    pub version: i32,
    #[diesel(sql_type = Timestamptz)]
    created_at: DateTime<Utc>,
    #[diesel(sql_type = Timestamptz)]
    updated_at: DateTime<Utc>,
    #[diesel(sql_type = Bool)]
    pub is_active: bool,
    /// The directory itself shut them out.
    #[diesel(sql_type = Bool)]
    is_held: bool,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    email: String,
}

#[derive(QueryableByName)]
struct Known {
    #[diesel(sql_type = SqlUuid)]
    person_id: PersonId,
    #[diesel(sql_type = Bool)]
    is_managed: bool,
    /// The directory had them before, or their address is proven and of a domain of the company's.
    #[diesel(sql_type = Bool)]
    is_ours: bool,
}

const SELECT: &str =
    "select s.person_id as id, s.external_id, s.user_name, s.attributes, s.version, s.created_at, s.updated_at,
    p.deactivated_at is null as is_active, p.held_at is not null as is_held, p.name, p.email";
const FROM: &str = " from scim_users s join people p on p.id = s.person_id where s.organisation_id = ";

fn organisation(me: &Actor) -> Result<OrganisationId> {
    check(me, Verb::See, &Thing::Organisation(Permission::MembersView))?;
    me.organisation.as_deref().map(|card: &OrganisationCard| card.id).ok_or(Error::NotFound)
}

fn taken(error: Error) -> Error {
    let name = on_constraint("scim_users_organisation_id_user_name_key", UNIQUENESS, "scim-taken-user-name");
    let external = on_constraint("scim_users_external_id_organisation_id_key", UNIQUENESS, "scim-taken-external");
    let linked = on_constraint("scim_users_pkey", UNIQUENESS, "scim-taken-email");
    linked(external(name(error)))
}

impl ScimUser {
    pub fn find(tx: &mut Tx, me: &Actor, id: PersonId) -> Result<ScimUser> {
        let mut sql = Sql::named("scim::user", SELECT);
        sql.push(FROM).bind(organisation(me)?).push(" and s.person_id = ").bind(id);
        sql.load(tx.conn())?.into_iter().next().ok_or(Error::NotFound)
    }

    /// The same, held until the end. `Conflict` (412) when it is not what the caller saw.
    fn hold(tx: &mut Tx, me: &Actor, id: PersonId, seen: Option<&str>) -> Result<ScimUser> {
        let mut sql = Sql::named("scim::hold_user", "select 1 as one from scim_users where person_id = ");
        sql.bind(id).push(" for update");
        sql.execute(tx.conn())?;
        let user = ScimUser::find(tx, me, id)?;
        rows::check_seen(seen, &user.etag())?;
        Ok(user)
    }

    /// A page, and how many there are.
    pub fn list(tx: &mut Tx, me: &Actor, ask: &Ask) -> Result<(Vec<ScimUser>, i64)> {
        let mut from = Sql::new(FROM);
        from.bind(organisation(me)?);
        rows::page(tx, ("scim::users", "scim::count_users"), Resource::User, (SELECT, from), ask)
    }

    /// Weak: of what the directory said and whether they may enter.
    pub fn etag(&self) -> String {
        format!("W/\"{}{}\"", self.version, if self.is_active { "" } else { "-off" })
    }

    /// `home` is where the protocol lives on this server; `groups` those of the directory that they are in.
    pub fn json(&self, home: &str, shown: &Shown, groups: Option<&Vec<Value>>) -> Value {
        let mut all = self.said();
        let mut schemas = vec![CORE_USER];
        if all.contains_key(ENTERPRISE) {
            schemas.push(ENTERPRISE);
        }
        let time = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Millis, true);
        let meta = json!({
            "resourceType": "User", "created": time(self.created_at), "lastModified": time(self.updated_at),
            "location": format!("{home}/Users/{}", self.id), "version": self.etag(),
        });
        all.extend(groups.map(|groups| ("groups".to_owned(), json!(groups))));
        all.insert("schemas".to_owned(), json!(schemas));
        all.insert("id".to_owned(), json!(self.id.to_string()));
        all.insert("meta".to_owned(), meta);
        Value::Object(shown.cut(Resource::User, all))
    }

    /// What the directory may write, by the names of the protocol.
    fn said(&self) -> Map {
        let mut all = self.attributes.as_object().cloned().unwrap_or_default();
        all.insert("userName".to_owned(), json!(self.user_name));
        all.insert("active".to_owned(), json!(self.is_active));
        if let Some(external) = &self.external_id {
            all.insert("externalId".to_owned(), json!(external));
        }
        all
    }

    /// Somebody new; or somebody who is here already, when their address is proven to be the company's.
    pub fn create(tx: &mut Tx, me: &Actor, config: &Config, said: &Said) -> Result<ScimUser> {
        let organisation = organisation(me)?;
        let email = said.email()?;
        // Two that come at once for the same address take turns; the second finds what the first made.
        Membership::take_turn(tx)?;
        let id = match known(tx, said, email.as_str())? {
            Some(known) if known.is_managed => return Err(Error::invalid(UNIQUENESS, "scim-taken-email")),
            Some(known) if !known.is_ours => {
                return Err(Error::invalid(UNIQUENESS, Msg::new("scim-not-ours").with("email", email.as_str())));
            }
            Some(known) => known.person_id,
            None => join(tx, me, organisation, said)?,
        };
        let member = Member::by_id(tx, me, id)?;
        let permit = may(tx, me, Verb::Edit, &member.thing(member.role))?;
        let mut sql = Sql::named(
            "scim::register",
            "insert into scim_users (person_id, organisation_id, external_id, user_name, attributes, created_at, updated_at) values (",
        );
        sql.bind(id)
            .push(", ")
            .bind(organisation)
            .push(", nullif(")
            .bind(said.external_id.as_deref().unwrap_or_default());
        sql.push(", ''), ").bind(said.user_name.as_str()).push(", ").bind(Value::Object(said.attributes.clone()));
        sql.push(", ").bind(tx.now).push(", ").bind(tx.now).push(")");
        sql.execute(tx.conn()).map_err(Error::from).map_err(taken)?;
        audit::record(tx, permit, Act::new(ActKind::ScimRegistered).target("person", id))?;
        let user = ScimUser::find(tx, me, id)?;
        user.follow(tx, me, config, said)?;
        ScimUser::find(tx, me, id)
    }

    /// PUT: what is not said is no more (RFC 7644 section 3.5.1); who may enter stays when that is not said.
    pub fn replace(
        tx: &mut Tx,
        me: &Actor,
        config: &Config,
        (id, seen): (PersonId, Option<&str>),
        said: &Said,
    ) -> Result<ScimUser> {
        Membership::take_turn(tx)?;
        let user = ScimUser::hold(tx, me, id, seen)?;
        user.save(tx, me, config, said)
    }

    /// PATCH: all operations or none.
    pub fn patch(
        tx: &mut Tx,
        me: &Actor,
        config: &Config,
        (id, seen): (PersonId, Option<&str>),
        operations: Vec<Operation>,
    ) -> Result<ScimUser> {
        Membership::take_turn(tx)?;
        let user = ScimUser::hold(tx, me, id, seen)?;
        let mut all = user.said();
        operations.into_iter().try_for_each(|operation| operation.apply(Resource::User, &mut all))?;
        user.save(tx, me, config, &Said::of(all)?)
    }

    fn save(&self, tx: &mut Tx, me: &Actor, config: &Config, said: &Said) -> Result<ScimUser> {
        let member = Member::by_id(tx, me, self.id)?;
        let permit = may(tx, me, Verb::Edit, &member.thing(member.role))?;
        let is_same = (&said.user_name, &said.external_id) == (&self.user_name, &self.external_id)
            && said.name()?.as_str() == self.name
            && self.attributes.as_object() == Some(&said.attributes);
        if is_same {
            permit.unused(tx);
        } else {
            let mut sql =
                Sql::named("scim::save_user", "update scim_users set version = version + 1, external_id = nullif(");
            sql.bind(said.external_id.as_deref().unwrap_or_default()).push(", ''), user_name = ");
            sql.bind(said.user_name.as_str()).push(", attributes = ").bind(Value::Object(said.attributes.clone()));
            sql.push(", updated_at = ").bind(tx.now).push(" where person_id = ").bind(self.id);
            sql.execute(tx.conn()).map_err(Error::from).map_err(taken)?;
            audit::record(tx, permit, Act::new(ActKind::ProfileChanged).target("person", self.id))?;
        }
        self.follow(tx, me, config, said)?;
        ScimUser::find(tx, me, self.id)
    }

    /// Makes the account's what it takes over: the name, the address, and whether they may enter.
    fn follow(&self, tx: &mut Tx, me: &Actor, config: &Config, said: &Said) -> Result<()> {
        let name = said.name()?;
        if name.as_str() != self.name {
            Person::set_name(tx, self.id, name.as_str())?;
        }
        let email = said.email()?;
        if email.as_str() != self.email {
            self.take_address(tx, me, config, email.as_str())?;
        }
        match said.is_active {
            Some(false) if !self.is_held => self.shut_out(tx, me),
            Some(true) if !self.is_active && self.is_held => self.let_in(tx, me),
            Some(true) if !self.is_active => Conflict::note(tx, me, &self.user_name, &"scim-deactivated-here".into()),
            _ => Ok(()),
        }
    }

    /// The address opens the account, so that of somebody who holds more than a member stays, and is told.
    fn take_address(&self, tx: &mut Tx, me: &Actor, config: &Config, email: &str) -> Result<()> {
        let member = Member::by_id(tx, me, self.id)?;
        if !can(me, Verb::Decide, &member.thing(member.role)) {
            let msg = Msg::new("scim-email-kept").with("person", &self.name).with("email", email);
            return Conflict::note(tx, me, &self.user_name, &msg);
        }
        let permit = may(tx, me, Verb::Decide, &member.thing(member.role))?;
        let proven = is_own_domain(tx, email)?.then_some(tx.now);
        Person::set_directory_email(tx, self.id, email, proven).map_err(|error| match error {
            Error::Invalid(_) => Error::invalid(UNIQUENESS, "scim-taken-email"),
            other => other,
        })?;
        let letter = Letter::new(Msg::new("mail-email-changed"))
            .line(Msg::new("mail-scim-email").with("name", &self.name))
            .note(Msg::new("mail-email-changed-not-you"));
        mail::send(tx, &letter.to(&self.email, config)?)?;
        audit::record(tx, permit, Act::new(ActKind::EmailChanged).target("person", self.id).text_change("email"))
    }

    /// DELETE: they may no longer enter, and the directory's name of them is forgotten. What they wrote stays.
    pub fn delete(tx: &mut Tx, me: &Actor, (id, seen): (PersonId, Option<&str>)) -> Result<()> {
        Membership::take_turn(tx)?;
        let user = ScimUser::hold(tx, me, id, seen)?;
        if !user.is_held {
            user.shut_out(tx, me)?;
        }
        let left = GroupId::leave_managed(tx, id)?;
        rows::age_groups(tx, &left)?;
        let member = Member::by_id(tx, me, id)?;
        let permit = may(tx, me, Verb::Remove, &member.thing(member.role))?;
        let mut sql = Sql::named("scim::forget_user", "delete from scim_users where person_id = ");
        sql.bind(id);
        sql.execute(tx.conn())?;
        audit::record(tx, permit, Act::new(ActKind::ScimDeleted).target("person", id).note("groups", left.len()))
    }
}

/// Who is here already: by the subject they sign on with, else by the address.
fn known(tx: &mut Tx, said: &Said, email: &str) -> Result<Option<Known>> {
    const IS_MANAGED: &str = "exists (select 1 from scim_users s where s.person_id = p.id) as is_managed";
    if let Some(external) = &said.external_id {
        let mut sql = Sql::named("scim::known_subject", "select p.id as person_id, true as is_ours, ");
        sql.push(IS_MANAGED).push(
            " from people p join memberships m on m.person_id = p.id join sso_links l on l.person_id = p.id
             join sso_connections c on c.id = l.connection_id where c.enabled_at is not null and l.subject = ",
        );
        sql.bind(external.as_str()).push(" and p.email = ").bind(email);
        if let Some(known) = sql.load::<Known>(tx.conn())?.into_iter().next() {
            return Ok(Some(known));
        }
    }
    let is_own = is_own_domain(tx, email)?;
    let mut sql =
        Sql::named("scim::known", "select p.id as person_id, p.held_at is not null or (p.verified_at is not null and ");
    sql.bind(is_own).push(") as is_ours, ").push(IS_MANAGED);
    sql.push(" from people p where p.email = ").bind(email);
    Ok(sql.load(tx.conn())?.into_iter().next())
}

/// Of a domain whose people an open connection lets in, and which is the company's own.
fn is_own_domain(tx: &mut Tx, email: &str) -> Result<bool> {
    Ok(Connection::open_ones(tx)?.iter().any(|connection| connection.allows(email)))
}

/// A new account, with the least role and without a password: they sign on through the provider.
fn join(tx: &mut Tx, me: &Actor, organisation: OrganisationId, said: &Said) -> Result<PersonId> {
    let (id, role) = (PersonId(tx.new_id()), OrganisationRole::Member);
    let permit = may(tx, me, Verb::Add, &Thing::newcomer(id, role, crate::access::Permissions::NONE))?;
    let (name, email) = (said.name()?.into_string(), said.email()?);
    let handle = Person::free_handle(tx, &name)?;
    let verified_at = is_own_domain(tx, email.as_str())?.then_some(tx.now);
    let person = Person { verified_at, ..Person::new(id, name, email.into_string(), handle, tx.now) };
    let membership =
        Membership { id: tx.new_id(), organisation_id: organisation, person_id: id, role, created_at: tx.now };
    person.insert(tx, &membership).map_err(|error| match error {
        Error::Invalid(_) => Error::invalid(UNIQUENESS, "scim-taken-email"),
        other => other,
    })?;
    audit::record(tx, permit, Act::new(ActKind::MemberAdded).target("person", id).note("role", role.as_str()))?;
    Ok(id)
}
