//! Groups: named sets of people. Who puts somebody into one gives what it holds, so one must hold that much in its projects.

use crate::access::{
    Actor, Kind, Permission, Place, ProjectId, ProjectRole, Thing, Verb, check, holds_in, may, visible,
};
use crate::audit::{self, Act, ActKind};
use crate::db::Tx;
use crate::db::sql::{Sql, beginning};
use crate::error::{Conflict, Error, Msg, Result, on_constraint};
use crate::people::{Face, GroupId, PersonId};
use crate::sso::{Gift, Target};
use crate::text::value::{Body, MAX_NAME_CHARS, Name};
use diesel::QueryableByName;
use diesel::sql_types::{Array, Bool, Int4, Int8, Text, Uuid as SqlUuid};

/// A group as lists and its page show it.
#[derive(Debug, Clone, QueryableByName)]
pub struct Group {
    #[diesel(sql_type = SqlUuid)]
    pub id: GroupId,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Text)]
    pub about: String,
    #[diesel(sql_type = Int4)]
    pub version: i32,
    /// The company's directory keeps it; nobody here changes it.
    #[diesel(sql_type = Bool)]
    pub is_managed: bool,
    /// Active members.
    #[diesel(sql_type = Int8)]
    pub people: i64,
    /// "Atlas: member", of projects that the reader may see.
    #[diesel(sql_type = Array<Text>)]
    pub grants: Vec<String>,
}

#[derive(QueryableByName)]
struct GroupName {
    #[diesel(sql_type = Text)]
    name: String,
}

#[derive(QueryableByName)]
struct Held {
    #[diesel(sql_type = SqlUuid)]
    project_id: ProjectId,
    #[diesel(sql_type = Text)]
    role: ProjectRole,
}

#[derive(QueryableByName)]
pub(in crate::members) struct Ties {
    #[diesel(sql_type = Int8)]
    pub records: i64,
    #[diesel(sql_type = Int8)]
    pub grants: i64,
}

/// Name and text of a group as checked.
#[derive(Debug, Clone)]
pub struct GroupText {
    pub name: Name,
    pub about: Body,
}

fn manage() -> Thing {
    Thing::Organisation(Permission::GroupsManage)
}

fn name_taken() -> impl Fn(Error) -> Error {
    on_constraint("groups_organisation_id_name_key", "name", "problem-group-taken")
}

impl GroupText {
    pub fn create(self, tx: &mut Tx, me: &Actor) -> Result<GroupId> {
        let permit = may(tx, me, Verb::Add, &manage())?;
        let organisation = me.organisation_id().ok_or(Error::NotFound)?;
        let id = GroupId(tx.new_id());
        let mut sql = Sql::named(
            "members::create_group",
            "insert into groups (id, organisation_id, name, about, created_at) values (",
        );
        sql.bind(id)
            .push(", ")
            .bind(organisation)
            .push(", ")
            .bind(self.name.as_str())
            .push(", ")
            .bind(self.about.as_str());
        sql.push(", ").bind(tx.now).push(")");
        sql.execute(tx.conn()).map_err(Error::from).map_err(name_taken())?;
        audit::record(
            tx,
            permit,
            Act::new(ActKind::GroupCreated).target("group", id).change("name", None::<&str>, self.name.as_str()),
        )?;
        Ok(id)
    }
}

impl Group {
    fn select(me: &Actor) -> Sql {
        let mut sql = Sql::named(
            "members::groups",
            "select g.id, g.name, g.about, g.version, g.is_managed, (select count(*) from group_members gm join people p on p.id = gm.person_id
               where gm.group_id = g.id and p.deactivated_at is null) as people,
             array(select p.name || ': ' || pg.role from project_grants pg join projects p on p.id = pg.project_id
               where pg.group_id = g.id and ",
        );
        sql.append(&visible::projects(me)).push(" order by lower(p.name)) as grants from groups g where ");
        sql
    }

    /// By name. A company has some hundreds at most.
    pub fn list(tx: &mut Tx, me: &Actor) -> Result<Vec<Group>> {
        check(me, Verb::See, &Thing::Organisation(Permission::MembersView))?;
        let mut sql = Group::select(me);
        sql.push("true order by lower(g.name), g.id limit 1000");
        Ok(sql.load(tx.conn())?)
    }

    pub fn find(tx: &mut Tx, me: &Actor, id: GroupId) -> Result<Group> {
        check(me, Verb::See, &Thing::Organisation(Permission::MembersView))?;
        let mut sql = Group::select(me);
        sql.push("g.id = ").bind(id);
        sql.load(tx.conn())?.into_iter().next().ok_or(Error::NotFound)
    }

    /// Holds the row: no grant and no record can name the group until the transaction ends.
    fn lock(&self, tx: &mut Tx, me: &Actor) -> Result<Group> {
        let mut sql = Sql::named("members::lock_group", "select 1 as one from groups where id = ");
        sql.bind(self.id).push(" for update");
        sql.execute(tx.conn())?;
        Group::find(tx, me, self.id)
    }

    /// By its whole name, or by id. `Invalid` under `field` for no group.
    pub fn named(tx: &mut Tx, me: &Actor, field: &str, typed: &str) -> Result<Group> {
        check(me, Verb::See, &Thing::Organisation(Permission::MembersView))?;
        let typed = typed.trim().replace('\0', "\u{FFFD}");
        let mut sql = Group::select(me);
        match typed.parse() {
            Ok(id) => sql.push("g.id = ").bind(GroupId(id)),
            Err(_) => sql.push("lower(g.name) = lower(").bind(typed.as_str()).push(")"),
        };
        let said: String = typed.chars().take(MAX_NAME_CHARS).collect();
        let unknown = || Error::invalid(field, Msg::new("problem-group-nobody").with("typed", said));
        sql.load(tx.conn())?.into_iter().next().ok_or_else(unknown)
    }

    /// Names of groups that people here may join, by name; those with a word that begins so, when something is typed.
    pub fn offered(tx: &mut Tx, me: &Actor, typed: &str, limit: i32) -> Result<Vec<String>> {
        check(me, Verb::See, &Thing::Organisation(Permission::MembersView))?;
        let typed: String = typed.chars().filter(|c| !c.is_control()).take(MAX_NAME_CHARS).collect();
        let like = beginning(typed.trim());
        let mut sql = Sql::named(
            "members::offered_groups",
            "select g.name from groups g where not g.is_managed and (g.name ilike ",
        );
        sql.bind(like.as_str()).push(" or g.name ilike ").bind(format!("% {like}"));
        sql.push(") order by lower(g.name), g.id limit ").number(limit);
        Ok(sql.load::<GroupName>(tx.conn())?.into_iter().map(|row| row.name).collect())
    }

    /// As `add` asks it, of nobody in particular: for rules that will add people. `Invalid` at `field` for one that the directory keeps.
    pub fn check_adds(&self, tx: &mut Tx, me: &Actor, field: &str) -> Result<()> {
        check(me, Verb::Administer, &manage())?;
        if self.is_managed {
            return Err(Error::invalid(field, "problem-group-managed"));
        }
        self.check_gives(tx, me)
    }

    /// Active members by name.
    pub fn members(&self, tx: &mut Tx) -> Result<Vec<Face>> {
        let mut sql = Sql::named(
            "members::of_group",
            "select p.id, p.name, p.handle from group_members gm join people p on p.id = gm.person_id
             where p.deactivated_at is null and gm.group_id = ",
        );
        sql.bind(self.id).push(" order by lower(p.name), p.id limit 5000");
        Ok(sql.load(tx.conn())?)
    }

    /// `Conflict` when somebody saved the group since the form was opened.
    pub fn update(&self, tx: &mut Tx, me: &Actor, text: &GroupText, version: i32) -> Result<()> {
        let permit = may(tx, me, Verb::Edit, &manage())?;
        let old = self.lock(tx, me)?;
        old.check_own(me)?;
        if (old.name.as_str(), old.about.as_str()) == (text.name.as_str(), text.about.as_str()) {
            permit.unused(tx);
            return Ok(());
        }
        if old.version != version {
            let (seen, yours) = (old.version.to_string(), text.name.as_str().to_owned());
            return Err(Error::Conflict(Box::new(Conflict { field: "version", theirs: old.name, yours, seen })));
        }
        let mut sql = Sql::named("members::update_group", "update groups set version = version + 1, name = ");
        sql.bind(text.name.as_str()).push(", about = ").bind(text.about.as_str()).push(" where id = ").bind(self.id);
        sql.execute(tx.conn()).map_err(Error::from).map_err(name_taken())?;
        let act =
            Act::new(ActKind::GroupChanged).target("group", self.id).change("name", &old.name, text.name.as_str());
        audit::record(tx, permit, if old.about == text.about.as_str() { act } else { act.text_change("about") })
    }

    /// Who is in it already stays so, from now on by hand. `Invalid` at `person` for who is unknown or left.
    pub fn add(&self, tx: &mut Tx, me: &Actor, person: PersonId) -> Result<()> {
        let permit = may(tx, me, Verb::Administer, &manage())?;
        let group = self.lock(tx, me)?;
        group.check_own(me)?;
        group.check_gives(tx, me)?;
        Face::active(tx, "person", person)?;
        if !add_row(tx, group.id, person)? {
            permit.unused(tx);
            return Ok(());
        }
        audit::record(tx, permit, Act::new(ActKind::GroupChanged).target("group", self.id).note("added", person))
    }

    pub fn take_out(&self, tx: &mut Tx, me: &Actor, person: PersonId) -> Result<()> {
        let permit = may(tx, me, Verb::Administer, &manage())?;
        self.check_own(me)?;
        if self.id.take_out(tx, &[person.0])?.is_empty() {
            permit.unused(tx);
            return Ok(());
        }
        audit::record(tx, permit, Act::new(ActKind::GroupChanged).target("group", self.id).note("removed", person))
    }

    /// `Invalid` while it owns records or holds grants (the message says how many), or a rule of sign-on names it.
    pub fn delete(&self, tx: &mut Tx, me: &Actor) -> Result<()> {
        let permit = may(tx, me, Verb::Remove, &manage())?;
        let group = self.lock(tx, me)?;
        group.check_own(me)?;
        let ties = group.ties(tx)?;
        if ties.records + ties.grants > 0 {
            let msg = Msg::new("problem-group-tied").with("records", ties.records).with("grants", ties.grants);
            return Err(Error::invalid("", msg));
        }
        let mut sql = Sql::named("members::delete_group", "delete from groups where id = ");
        sql.bind(self.id);
        let ruled = on_constraint("sso_rules_group_id_fkey", "", "problem-group-ruled");
        sql.execute(tx.conn()).map_err(Error::from).map_err(ruled)?;
        let act = Act::new(ActKind::GroupDeleted).target("group", self.id).change("name", group.name, None::<&str>);
        audit::record(tx, permit, act.note("people", group.people))
    }

    pub(in crate::members) fn ties(&self, tx: &mut Tx) -> Result<Ties> {
        let mut sql = Sql::named("members::ties", "select (select count(*) from records where group_id = ");
        sql.bind(self.id).push(") + (select count(*) from memory_diffs where group_id = ");
        sql.bind(self.id).push(") as records, (select count(*) from project_grants where group_id = ").bind(self.id);
        sql.push(") as grants");
        sql.load(tx.conn())?.into_iter().next().ok_or_else(|| Error::broken("no count came back"))
    }

    /// `Forbidden` when the directory keeps it, when the group holds more in some project than the asker does, or owns records that the asker may not see.
    pub fn check_gives(&self, tx: &mut Tx, me: &Actor) -> Result<()> {
        if self.is_managed {
            return Err(Error::Forbidden(Msg::new("problem-group-managed")));
        }
        let mut sql = Sql::named("members::held", "select project_id, role from project_grants where group_id = ");
        sql.bind(self.id);
        let held: Vec<Held> = sql.load(tx.conn())?;
        let own = Thing::Record { id: self.id.0, kind: Kind::Doc, place: Place::Group(self.id), author: None };
        let sees = check(me, Verb::See, &own).is_ok() || self.ties(tx)?.records == 0;
        match sees && held.iter().all(|grant| holds_in(me, grant.project_id, grant.role)) {
            true => Ok(()),
            false => Err(Error::Forbidden(Msg::new("refused-group-holds-more").with("group", &self.name))),
        }
    }
}

/// By hand, so that no rule of sign-on takes them out again. False when they were in it by hand already. The caller has asked whether
/// the group may be given.
pub fn add_row(tx: &mut Tx, group: GroupId, person: PersonId) -> Result<bool> {
    let was_by_rule = Gift::make_own(tx, person, Target::Group(group))?;
    Ok(!group.put_in(tx, &[person.0])?.is_empty() || was_by_rule)
}
