//! How the directory and this server agree: whom it manages, whom it shut out, whom it never named.

use crate::access::{Actor, Permission, Thing, Verb, check};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::Result;
use crate::people::GroupId;
use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Array, Int8, Nullable, Text, Timestamptz, Uuid as SqlUuid};

/// Names of each list on the page; the number is told beside.
pub const MAX_NAMED: i64 = 50;

#[derive(Debug, Clone, Default, QueryableByName)]
pub struct Drift {
    /// People whom the directory manages, and who may enter.
    #[diesel(sql_type = Int8)]
    pub managed: i64,
    /// Shut out by the directory.
    #[diesel(sql_type = Int8)]
    pub held: i64,
    /// Members whom it never named.
    #[diesel(sql_type = Int8)]
    pub unnamed: i64,
    /// Managed, and deactivated here by a person.
    #[diesel(sql_type = Int8)]
    pub closed_here: i64,
    /// Groups that it keeps.
    #[diesel(sql_type = Int8)]
    pub groups: i64,
    /// When it last changed something about somebody.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub changed_at: Option<DateTime<Utc>>,
}

/// Somebody in a list of the page.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Named {
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Text)]
    pub handle: String,
    #[diesel(sql_type = Text)]
    pub email: String,
}

/// A group of the directory, as the directory calls it and as it is here.
#[derive(Debug, Clone, QueryableByName)]
pub struct GroupDrift {
    #[diesel(sql_type = SqlUuid)]
    pub id: GroupId,
    /// The directory's name of it.
    #[diesel(sql_type = Text)]
    pub said: String,
    /// The name here: another where that one was taken or too long.
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Int8)]
    pub people: i64,
    /// People whom the directory believes to be in it and who may not enter, or whom it does not manage.
    #[diesel(sql_type = Int8)]
    pub differ: i64,
    /// The first of them.
    #[diesel(sql_type = Array<Text>)]
    pub names: Vec<String>,
}

const PEOPLE: &str =
    " from people p join memberships m on m.person_id = p.id left join scim_users s on s.person_id = p.id where ";

impl Drift {
    pub fn now(tx: &mut Tx, me: &Actor) -> Result<Drift> {
        check(me, Verb::See, &Thing::Organisation(Permission::SecurityConfigurationManage))?;
        let mut sql = Sql::named(
            "scim::drift",
            "select count(*) filter (where s.person_id is not null and p.deactivated_at is null) as managed,
             count(*) filter (where p.held_at is not null) as held,
             count(*) filter (where s.person_id is null and p.deactivated_at is null) as unnamed,
             count(*) filter (where s.person_id is not null and p.deactivated_at is not null and p.held_at is null) as closed_here,
             (select count(*) from scim_groups) as groups, max(s.updated_at) as changed_at",
        );
        sql.push(PEOPLE).push("true");
        Ok(sql.load(tx.conn())?.into_iter().next().unwrap_or_default())
    }
}

impl GroupDrift {
    /// Those that differ first, then by name.
    pub fn list(tx: &mut Tx, me: &Actor) -> Result<Vec<GroupDrift>> {
        check(me, Verb::See, &Thing::Organisation(Permission::SecurityConfigurationManage))?;
        let mut sql = Sql::named(
            "scim::group_drift",
            "select s.group_id as id, s.display_name as said, g.name, count(p.id) as people, count(p.id) filter (where x.differs) as differ,
             coalesce((array_agg(p.name order by lower(p.name), p.id) filter (where x.differs))[1:5], '{}') as names
             from scim_groups s join groups g on g.id = s.group_id left join group_members gm on gm.group_id = s.group_id
             left join people p on p.id = gm.person_id left join scim_users u on u.person_id = p.id
             cross join lateral (select p.id is not null and (p.deactivated_at is not null or u.person_id is null) as differs) x
             group by s.group_id, s.display_name, g.name
             order by (count(p.id) filter (where x.differs) > 0 or s.display_name <> g.name) desc, lower(g.name), s.group_id limit ",
        );
        sql.bind(MAX_NAMED);
        Ok(sql.load(tx.conn())?)
    }

    pub fn sample() -> Self {
        GroupDrift {
            id: GroupId(uuid::Uuid::nil()),
            said: "Harbour".to_owned(),
            name: "Harbour (directory)".to_owned(),
            people: 14,
            differ: 1,
            names: vec!["Dov Peretz".to_owned()],
        }
    }
}

impl Named {
    /// Members whom the directory never named, by name.
    pub fn unnamed(tx: &mut Tx, me: &Actor) -> Result<Vec<Named>> {
        Named::load(tx, me, "s.person_id is null and p.deactivated_at is null")
    }

    /// Whom it shut out, by name.
    pub fn held(tx: &mut Tx, me: &Actor) -> Result<Vec<Named>> {
        Named::load(tx, me, "p.held_at is not null")
    }

    fn load(tx: &mut Tx, me: &Actor, which: &'static str) -> Result<Vec<Named>> {
        check(me, Verb::See, &Thing::Organisation(Permission::SecurityConfigurationManage))?;
        let mut sql = Sql::named("scim::named", "select p.name, p.handle, p.email");
        sql.push(PEOPLE).push(which).push(" order by lower(p.name), p.id limit ").number(MAX_NAMED);
        Ok(sql.load(tx.conn())?)
    }
}
