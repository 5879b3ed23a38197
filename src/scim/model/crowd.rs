//! Who is in a group, in sets: as a directory names them, as they come and go, and as an answer shows them.

use super::{ScimGroup, rows};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Error, Msg, Result};
use crate::people::GroupId;
use crate::scim::attributes::Resource;
use crate::scim::filter::{Filter, Op};
use crate::scim::patch::{Deed, Operation};
use diesel::QueryableByName;
use diesel::sql_types::{Int8, Text, Uuid as SqlUuid};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use uuid::Uuid;

/// People in one body; a body's bytes bound it as well.
pub const MAX_GROUP_MEMBERS: usize = 20_000;
/// People in all groups of one page of a list. A page with more has fewer groups (RFC 7644 3.4.2.4 allows it), but never none.
pub const MAX_PAGE_MEMBERS: i64 = 20_000;

/// Somebody in a group, or a group somebody is in.
#[derive(Debug, Clone, QueryableByName)]
pub struct Tie {
    #[diesel(sql_type = SqlUuid)]
    pub of: Uuid,
    #[diesel(sql_type = SqlUuid)]
    pub value: Uuid,
    #[diesel(sql_type = Text)]
    pub display: String,
}

/// One change of who is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    Come(Vec<Uuid>),
    Go(Vec<Uuid>),
    Only(Vec<Uuid>),
}

/// Ids of people as a list of members names them. Groups in groups are not taken.
pub fn members(value: Value) -> Result<Vec<Uuid>> {
    let all = match value {
        Value::Null => return Ok(Vec::new()),
        Value::Array(all) => all,
        one => vec![one],
    };
    if all.len() > MAX_GROUP_MEMBERS {
        return Err(Error::invalid("invalidValue", Msg::new("scim-members-many").with("max", MAX_GROUP_MEMBERS)));
    }
    all.iter().map(member).collect()
}

fn member(value: &Value) -> Result<Uuid> {
    let part = |name: &str| {
        let map = value.as_object()?;
        map.iter().find(|(found, _)| found.eq_ignore_ascii_case(name))?.1.as_str()
    };
    if part("type").is_some_and(|of| of.eq_ignore_ascii_case("group"))
        || part("$ref").is_some_and(|at| at.contains("/Groups/"))
    {
        return Err(Error::invalid("invalidValue", "scim-nested"));
    }
    let id = value.as_str().or_else(|| part("value")).and_then(|id| id.parse().ok());
    id.ok_or_else(|| Error::invalid("invalidValue", "scim-member"))
}

#[derive(QueryableByName)]
struct Size {
    #[diesel(sql_type = SqlUuid)]
    of: Uuid,
    #[diesel(sql_type = Int8)]
    people: i64,
}

impl Tie {
    /// How many of these groups, from the first, fit into one page with everybody in them.
    pub fn fitting(tx: &mut Tx, groups: &[ScimGroup]) -> Result<usize> {
        let ids: Vec<Uuid> = groups.iter().map(|group| group.id.0).collect();
        let mut sql = Sql::named(
            "scim::group_sizes",
            "select group_id as of, count(*) as people from group_members where group_id = any(",
        );
        sql.bind(ids).push(") group by group_id");
        let sizes: BTreeMap<Uuid, i64> =
            sql.load::<Size>(tx.conn())?.into_iter().map(|size| (size.of, size.people)).collect();
        let mut people = 0;
        let fits = groups.iter().take_while(|group| {
            people += sizes.get(&group.id.0).copied().unwrap_or_default();
            people <= MAX_PAGE_MEMBERS
        });
        Ok(fits.count().max(1))
    }

    /// Everybody in these groups, by group.
    pub fn of_groups(tx: &mut Tx, groups: &[ScimGroup]) -> Result<BTreeMap<Uuid, Vec<Tie>>> {
        let ids: Vec<Uuid> = groups.iter().map(|group| group.id.0).collect();
        let mut sql = Sql::named(
            "scim::members",
            "select gm.group_id as of, p.id as value, p.name as display from group_members gm join people p on p.id = gm.person_id
             where gm.group_id = any(",
        );
        sql.bind(ids).push(") order by lower(p.name), p.id");
        let mut all: BTreeMap<Uuid, Vec<Tie>> = BTreeMap::new();
        for tie in sql.load::<Tie>(tx.conn())? {
            all.entry(tie.of).or_default().push(tie);
        }
        Ok(all)
    }

    /// The directory's groups that these people are in, by person, as a person's resource shows them.
    pub fn of_people(tx: &mut Tx, people: Vec<Uuid>, home: &str) -> Result<BTreeMap<Uuid, Vec<Value>>> {
        let mut sql = Sql::named(
            "scim::groups_of",
            "select gm.person_id as of, g.group_id as value, g.display_name as display from group_members gm
             join scim_groups g on g.group_id = gm.group_id where gm.person_id = any(",
        );
        sql.bind(people).push(") order by lower(g.display_name), g.group_id");
        let mut all: BTreeMap<Uuid, Vec<Value>> = BTreeMap::new();
        for Tie { of, value, display } in sql.load::<Tie>(tx.conn())? {
            all.entry(of).or_default().push(json!({
                "value": value.to_string(), "$ref": format!("{home}/Groups/{value}"), "display": display, "type": "direct",
            }));
        }
        Ok(all)
    }
}

/// Does the changes in order; how many came and went. `Invalid` for who is nobody whom the directory manages.
pub fn apply(tx: &mut Tx, id: GroupId, changes: impl IntoIterator<Item = Change>) -> Result<(usize, usize)> {
    let (mut come, mut gone) = (Vec::new(), Vec::new());
    for change in joined(changes) {
        match change {
            Change::Come(people) => {
                check_managed(tx, &people)?;
                come.extend(id.put_in(tx, &people)?);
            }
            Change::Go(people) => gone.extend(id.take_out(tx, &people)?),
            Change::Only(people) => {
                check_managed(tx, &people)?;
                gone.extend(id.keep_only(tx, &people)?);
                come.extend(id.put_in(tx, &people)?);
            }
        }
    }
    rows::age_people(tx, &[come.as_slice(), gone.as_slice()].concat())?;
    Ok((come.len(), gone.len()))
}

/// Neighbours of one kind as one: a directory sends an operation for each of a thousand people.
fn joined(changes: impl IntoIterator<Item = Change>) -> Vec<Change> {
    let mut all: Vec<Change> = Vec::new();
    for change in changes {
        match (all.last_mut(), change) {
            (Some(Change::Come(before)), Change::Come(people)) | (Some(Change::Go(before)), Change::Go(people)) => {
                before.extend(people);
            }
            (_, change) => all.push(change),
        }
    }
    all
}

fn check_managed(tx: &mut Tx, people: &[Uuid]) -> Result<()> {
    if people.is_empty() {
        return Ok(());
    }
    let mut sql = Sql::named("scim::strangers", "select 1 as one from unnest(");
    sql.bind(people.to_vec())
        .push("::uuid[]) as x where not exists (select 1 from scim_users s where s.person_id = x) limit 1");
    match sql.execute(tx.conn())? {
        0 => Ok(()),
        _ => Err(Error::invalid("invalidValue", "scim-member")),
    }
}

/// The change of people that an operation asks for, and what else it asks for.
pub fn people_of(operation: Operation) -> Result<(Option<Change>, Option<Operation>)> {
    let Operation { deed, path, value } = operation;
    let Some(path) = path else { return without_path(deed, value) };
    let is_members = Resource::Group.find(&path).is_some_and(|spot| spot.attribute.name == "members");
    if !is_members || path.sub.is_some() {
        return Ok((None, Some(Operation { deed, path: Some(path), value })));
    }
    let change = match (&path.filter, deed) {
        (Some(filter), Deed::Remove) => Change::Go(chosen(filter)?),
        (Some(_), _) => return Err(Error::invalid("noTarget", "scim-no-target")),
        (None, Deed::Add) => Change::Come(members(value)?),
        (None, Deed::Replace) => Change::Only(members(value)?),
        // Entra names who goes in the value; without a value everybody does, and an empty list is nobody.
        (None, Deed::Remove) if value.is_null() => Change::Only(Vec::new()),
        (None, Deed::Remove) => Change::Go(members(value)?),
    };
    Ok((Some(change), None))
}

fn without_path(deed: Deed, mut value: Value) -> Result<(Option<Change>, Option<Operation>)> {
    let people = value.as_object_mut().and_then(|map| {
        let name = map.keys().find(|name| name.eq_ignore_ascii_case("members")).cloned()?;
        map.remove(&name)
    });
    let change = match (people, deed) {
        (None, _) => None,
        (Some(people), Deed::Add) => Some(Change::Come(members(people)?)),
        (Some(people), Deed::Replace) => Some(Change::Only(members(people)?)),
        (Some(_), Deed::Remove) => return Err(Error::invalid("noTarget", "scim-remove-path")),
    };
    Ok((change, Some(Operation { deed, path: None, value })))
}

/// Whom `value eq "…"` names, one or several with `or` between. `Invalid` under `invalidFilter` for anything else.
fn chosen(filter: &Filter) -> Result<Vec<Uuid>> {
    match filter {
        Filter::Or(all) => Ok(all.iter().map(chosen).collect::<Result<Vec<_>>>()?.concat()),
        Filter::Is(path, Op::Eq, Value::String(id))
            if path.name.eq_ignore_ascii_case("value") && path.sub.is_none() =>
        {
            // Who has no id of ours is not in it.
            Ok(id.parse().into_iter().collect())
        }
        _ => Err(Error::invalid("invalidFilter", "scim-member-filter")),
    }
}
