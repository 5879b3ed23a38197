//! The directory's groups. Each is a group of ours that nobody here changes; what it may is given to it here, as to any other.

use crate::access::{Actor, Permission, Thing, Verb, check, may};
use crate::audit::{self, Act, ActKind};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Error, Msg, Result, on_constraint};
use crate::members::Group;
use crate::people::{GroupId, Membership, OrganisationId};
use crate::scim::attributes::{GROUP_SCHEMA, Resource};
use crate::scim::model::crowd::{Change, Tie, apply, members, people_of};
use crate::scim::model::rows;
use crate::scim::model::select::Ask;
use crate::scim::patch::Operation;
use crate::scim::shape::{Map, Shown, tidy};
use crate::web::UNIQUENESS;
use chrono::{DateTime, SecondsFormat, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Int4, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use serde_json::{Value, json};
use uuid::Uuid;

pub const MAX_DISPLAY_NAME_CHARS: usize = 255;

#[derive(Debug, Clone, QueryableByName)]
pub struct ScimGroup {
    #[diesel(sql_type = SqlUuid)]
    pub id: GroupId,
    #[diesel(sql_type = Nullable<Text>)]
    pub external_id: Option<String>,
    #[diesel(sql_type = Text)]
    pub display_name: String,
    #[diesel(sql_type = Int4)]
    pub version: i32,
    #[diesel(sql_type = Timestamptz)]
    created_at: DateTime<Utc>,
    #[diesel(sql_type = Timestamptz)]
    updated_at: DateTime<Utc>,
}

/// What the directory says of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupSaid {
    pub display_name: String,
    pub external_id: Option<String>,
    /// None when it does not say.
    pub members: Option<Vec<Uuid>>,
}

const SELECT: &str = "select s.group_id as id, s.external_id, s.display_name, s.version, s.created_at, s.updated_at";
const FROM: &str = " from scim_groups s where s.organisation_id = ";

fn manage() -> Thing {
    Thing::Organisation(Permission::GroupsManage)
}

fn organisation(me: &Actor) -> Result<OrganisationId> {
    check(me, Verb::See, &manage())?;
    me.organisation_id().ok_or(Error::NotFound)
}

fn taken(error: Error) -> Error {
    let external = on_constraint("scim_groups_external_id_organisation_id_key", UNIQUENESS, "scim-taken-external");
    let name = on_constraint("scim_groups_display_name_key", UNIQUENESS, "scim-taken-group");
    name(external(error))
}

impl GroupSaid {
    /// Of a POST or PUT.
    pub fn of(mut body: Map) -> Result<GroupSaid> {
        let name = body.keys().find(|name| name.eq_ignore_ascii_case("members")).cloned();
        let members = name.and_then(|name| body.remove(&name)).map(members).transpose()?;
        GroupSaid::named(tidy(Resource::Group, body)?, members)
    }

    fn named(mut all: Map, members: Option<Vec<Uuid>>) -> Result<GroupSaid> {
        let mut text =
            |name: &str| all.remove(name).and_then(|value| value.as_str().map(|text| text.trim().to_owned()));
        let display_name = text("displayName").unwrap_or_default();
        let is_blank = display_name.chars().all(|c| c.is_control() || c.is_whitespace());
        if is_blank || display_name.chars().count() > MAX_DISPLAY_NAME_CHARS {
            let msg = Msg::new("scim-display-name").with("max", MAX_DISPLAY_NAME_CHARS);
            return Err(Error::invalid("invalidValue", msg));
        }
        Ok(GroupSaid { display_name, external_id: text("externalId").filter(|text| !text.is_empty()), members })
    }
}

impl ScimGroup {
    pub fn find(tx: &mut Tx, me: &Actor, id: GroupId) -> Result<ScimGroup> {
        let mut sql = Sql::named("scim::group", SELECT);
        sql.push(FROM).bind(organisation(me)?).push(" and s.group_id = ").bind(id);
        sql.load(tx.conn())?.into_iter().next().ok_or(Error::NotFound)
    }

    /// The same, held until the end. `Conflict` (412) when it is not what the caller saw.
    fn hold(tx: &mut Tx, me: &Actor, id: GroupId, seen: Option<&str>) -> Result<ScimGroup> {
        let mut sql = Sql::named("scim::hold_group", "select 1 as one from scim_groups where group_id = ");
        sql.bind(id).push(" for update");
        sql.execute(tx.conn())?;
        let group = ScimGroup::find(tx, me, id)?;
        rows::check_seen(seen, &group.etag())?;
        Ok(group)
    }

    /// A page, and how many there are.
    pub fn list(tx: &mut Tx, me: &Actor, ask: &Ask) -> Result<(Vec<ScimGroup>, i64)> {
        let mut from = Sql::new(FROM);
        from.bind(organisation(me)?);
        rows::page(tx, ("scim::groups", "scim::count_groups"), Resource::Group, (SELECT, from), ask)
    }

    pub fn etag(&self) -> String {
        format!("W/\"{}\"", self.version)
    }

    pub fn json(&self, home: &str, shown: &Shown, ties: Option<&Vec<Tie>>) -> Value {
        let time = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Millis, true);
        let member = |tie: &Tie| json!({ "value": tie.value.to_string(), "$ref": format!("{home}/Users/{}", tie.value), "display": tie.display, "type": "User" });
        let mut all = Map::new();
        all.insert("schemas".to_owned(), json!([GROUP_SCHEMA]));
        all.insert("id".to_owned(), json!(self.id.to_string()));
        all.insert("displayName".to_owned(), json!(self.display_name));
        if let Some(external) = &self.external_id {
            all.insert("externalId".to_owned(), json!(external));
        }
        if shown.has(Resource::Group, "members") {
            all.insert("members".to_owned(), ties.into_iter().flatten().map(member).collect());
        }
        all.insert(
            "meta".to_owned(),
            json!({
                "resourceType": "Group", "created": time(self.created_at), "lastModified": time(self.updated_at),
                "location": format!("{home}/Groups/{}", self.id), "version": self.etag(),
            }),
        );
        Value::Object(shown.cut(Resource::Group, all))
    }

    pub fn create(tx: &mut Tx, me: &Actor, said: &GroupSaid) -> Result<ScimGroup> {
        let organisation = organisation(me)?;
        let permit = may(tx, me, Verb::Add, &manage())?;
        // Two that come at once find different names.
        Membership::take_turn(tx)?;
        let id = GroupId(tx.new_id());
        Group::provide(tx, organisation, id, &said.display_name)?;
        let mut sql = Sql::named(
            "scim::register_group",
            "insert into scim_groups (group_id, organisation_id, external_id, display_name, created_at, updated_at) values (",
        );
        sql.bind(id)
            .push(", ")
            .bind(organisation)
            .push(", nullif(")
            .bind(said.external_id.as_deref().unwrap_or_default());
        sql.push(", ''), ").bind(said.display_name.as_str()).push(", ").bind(tx.now).push(", ").bind(tx.now).push(")");
        sql.execute(tx.conn()).map_err(Error::from).map_err(taken)?;
        let come = apply(tx, id, said.members.clone().map(Change::Come))?.0;
        let act = Act::new(ActKind::GroupCreated).target("group", id).note("people_added", come);
        audit::record(tx, permit, act)?;
        ScimGroup::find(tx, me, id)
    }

    /// PUT: who is not said is in it no more.
    pub fn replace(
        tx: &mut Tx,
        me: &Actor,
        (id, seen): (GroupId, Option<&str>),
        said: &GroupSaid,
    ) -> Result<ScimGroup> {
        let group = ScimGroup::hold(tx, me, id, seen)?;
        let members = said.members.clone().unwrap_or_default();
        group.save(tx, me, said, vec![Change::Only(members)])
    }

    /// PATCH: all operations or none; people are moved in sets.
    pub fn patch(
        tx: &mut Tx,
        me: &Actor,
        (id, seen): (GroupId, Option<&str>),
        operations: Vec<Operation>,
    ) -> Result<ScimGroup> {
        let group = ScimGroup::hold(tx, me, id, seen)?;
        let mut all = Map::new();
        all.insert("displayName".to_owned(), json!(group.display_name));
        all.extend(group.external_id.as_ref().map(|external| ("externalId".to_owned(), json!(external))));
        let mut changes = Vec::new();
        for operation in operations {
            let (change, rest) = people_of(operation)?;
            changes.extend(change);
            if let Some(rest) = rest {
                rest.apply(Resource::Group, &mut all)?;
            }
        }
        group.save(tx, me, &GroupSaid::named(all, None)?, changes)
    }

    fn save(&self, tx: &mut Tx, me: &Actor, said: &GroupSaid, changes: Vec<Change>) -> Result<ScimGroup> {
        let permit = may(tx, me, Verb::Edit, &manage())?;
        if said.display_name != self.display_name {
            Membership::take_turn(tx)?;
            let people = Tie::of_groups(tx, std::slice::from_ref(self))?.into_values().flatten();
            rows::age_people(tx, &people.map(|tie| tie.value).collect::<Vec<_>>())?;
            Group::rename_provided(tx, self.id, &said.display_name)?;
        }
        let (come, gone) = apply(tx, self.id, changes)?;
        let is_same = (&said.display_name, &said.external_id) == (&self.display_name, &self.external_id);
        if is_same && come + gone == 0 {
            permit.unused(tx);
            return Ok(self.clone());
        }
        let mut sql =
            Sql::named("scim::save_group", "update scim_groups set version = version + 1, external_id = nullif(");
        sql.bind(said.external_id.as_deref().unwrap_or_default()).push(", ''), display_name = ");
        sql.bind(said.display_name.as_str())
            .push(", updated_at = ")
            .bind(tx.now)
            .push(" where group_id = ")
            .bind(self.id);
        sql.execute(tx.conn()).map_err(Error::from).map_err(taken)?;
        let act = Act::new(ActKind::GroupChanged).target("group", self.id);
        audit::record(tx, permit, act.note("people_added", come).note("people_removed", gone))?;
        ScimGroup::find(tx, me, self.id)
    }

    /// DELETE: the directory knows it no more.
    pub fn delete(tx: &mut Tx, me: &Actor, (id, seen): (GroupId, Option<&str>)) -> Result<()> {
        let group = ScimGroup::hold(tx, me, id, seen)?;
        let permit = may(tx, me, Verb::Remove, &manage())?;
        let own = Group::find(tx, me, group.id)?;
        apply(tx, id, [Change::Only(Vec::new())])?;
        let mut sql = Sql::named("scim::forget_group", "delete from scim_groups where group_id = ");
        sql.bind(id);
        sql.execute(tx.conn())?;
        own.release(tx)?;
        audit::record(tx, permit, Act::new(ActKind::GroupDeleted).target("group", id).note("people", own.people))
    }
}
