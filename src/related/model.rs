//! What hangs on one record, loaded for its page; and who would see it elsewhere.

use crate::access::{Actor, Kind, Permission, Place, ProjectId, Thing, Verb, can, may_explain};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Error, Result};
use crate::people::{Face, GroupId};
use crate::records::{Link, Record};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Text, Uuid as SqlUuid};

/// Everything around a record's own fields.
#[derive(Debug, Clone)]
pub struct Parts {
    pub tags: Vec<String>,
    pub links: Vec<Link>,
    pub backlinks: Vec<Record>,
    pub watchers: Vec<Face>,
    pub is_watching: bool,
    pub can_edit: bool,
    pub can_remove: bool,
    pub can_share: bool,
    pub can_explain: bool,
    /// The scope in words: project's or group's name; None for the organisation and for private.
    pub place_name: Option<String>,
    pub author: Option<String>,
}

#[derive(QueryableByName)]
struct Named {
    #[diesel(sql_type = Text)]
    name: String,
}

impl Parts {
    pub fn load(tx: &mut Tx, me: &Actor, record: &Record) -> Result<Parts> {
        let watchers = record.watchers(tx)?;
        let thing = record.thing();
        let author = record.author_id.map(|id| Face::of(tx, vec![id.0])).transpose()?;
        Ok(Parts {
            tags: record.tags(tx)?,
            links: record.links(tx, me)?,
            backlinks: record.backlinks(tx, me)?,
            is_watching: watchers.iter().any(|face| me.is(Some(face.id))),
            watchers,
            can_edit: can(me, Verb::Edit, &thing),
            can_remove: can(me, Verb::Remove, &thing),
            can_share: can(me, Verb::Share, &thing),
            can_explain: may_explain(me, &thing),
            place_name: place_name(tx, me, record.place())?,
            author: author.into_iter().flatten().next().map(|face| face.name),
        })
    }
}

fn place_name(tx: &mut Tx, me: &Actor, place: Place) -> Result<Option<String>> {
    match place {
        Place::Project(id) => Ok(me.project_by_id(id).map(|project| project.name.clone())),
        Place::Group(id) => {
            let mut sql = Sql::named("related::group_name", "select name from groups where id = ");
            sql.bind(id);
            Ok(sql.load::<Named>(tx.conn())?.into_iter().next().map(|row| row.name))
        }
        Place::Organisation(_) | Place::Person(_) => Ok(None),
    }
}

/// A scope one may put a record into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceChoice {
    /// `organisation`, `private`, `project:ATL`, `group:UUID`.
    pub value: String,
    /// A name; message keys for the organisation and private.
    pub name: Option<String>,
    pub is_group: bool,
}

#[derive(QueryableByName)]
struct GroupRow {
    #[diesel(sql_type = SqlUuid)]
    id: GroupId,
    #[diesel(sql_type = Text)]
    name: String,
}

/// All scopes in which `me` may make a record.
pub fn place_choices(tx: &mut Tx, me: &Actor) -> Result<Vec<PlaceChoice>> {
    let plain = |value: &str| PlaceChoice { value: value.to_owned(), name: None, is_group: false };
    let mut choices = vec![plain("organisation"), plain("private")];
    let writable = me.projects.iter().filter(|project| can(me, Verb::Add, &Thing::Project(project.id)));
    choices.extend(writable.map(|project| PlaceChoice {
        value: format!("project:{}", project.key),
        name: Some(project.name.clone()),
        is_group: false,
    }));
    let mut sql = Sql::named("related::own_groups", "select id, name from groups where id = any(");
    sql.bind(me.groups.iter().map(|id| id.0).collect::<Vec<_>>()).push(") order by lower(name), id");
    choices.extend(sql.load::<GroupRow>(tx.conn())?.into_iter().map(|group| PlaceChoice {
        value: format!("group:{}", group.id),
        name: Some(group.name),
        is_group: true,
    }));
    Ok(choices)
}

/// The scope a form chose. `Invalid` for one that is not offered; whether one may write there is asked by the verb.
pub fn parse_place(me: &Actor, value: &str) -> Result<Place> {
    let wrong = || Error::invalid("place", "problem-place");
    match value.split_once(':') {
        None if value == "organisation" => me.organisation_id().map(Place::Organisation).ok_or_else(wrong),
        None if value == "private" => me.person_id().map(Place::Person).ok_or_else(wrong),
        Some(("project", key)) => me.project(key).map(|project| Place::Project(project.id)).ok_or_else(wrong),
        Some(("group", id)) => {
            id.parse().ok().map(GroupId).filter(|id| me.is_in(*id)).map(Place::Group).ok_or_else(wrong)
        }
        _ => Err(wrong()),
    }
}

/// The value of a place in forms.
pub fn place_value(me: &Actor, place: Place) -> String {
    match place {
        Place::Organisation(_) => "organisation".to_owned(),
        Place::Person(_) => "private".to_owned(),
        Place::Project(id) => {
            format!("project:{}", me.project_by_id(id).map(|project| project.key.as_str()).unwrap_or_default())
        }
        Place::Group(id) => format!("group:{id}"),
    }
}

/// What a form for something new offers first: the project that one is in, by its key, else the organisation.
pub fn place_here(me: &Actor, key: Option<&str>) -> String {
    let here = key.and_then(|key| me.project(key));
    here.map_or("organisation".to_owned(), |project| place_value(me, Place::Project(project.id)))
}

/// As `place_here`, for what takes another's place: offered where that is, if there is one by this ID.
pub fn place_for(tx: &mut Tx, me: &Actor, old: &str, key: Option<&str>) -> Result<String> {
    let old = Record::find_many(tx, me, vec![old.trim().to_uppercase()])?.into_iter().next();
    Ok(old.map_or_else(|| place_here(me, key), |old| place_value(me, old.place())))
}

#[derive(QueryableByName)]
struct Tally {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// How many active people can read a place.
pub fn readers_of(tx: &mut Tx, place: Place) -> Result<i64> {
    let mut sql = Sql::named("related::readers", "select count(*) as count from (");
    sql.append(&readers(place)).push(") readers");
    Ok(sql.load::<Tally>(tx.conn())?.first().map(|row| row.count).unwrap_or_default())
}

/// How many people begin to see what moves from one place to another, and how many cease to.
pub fn readers_change(tx: &mut Tx, from: Place, to: Place) -> Result<(i64, i64)> {
    let mut difference = |here: Place, there: Place| -> Result<i64> {
        let mut sql = Sql::named("related::readers_change", "select count(*) as count from (");
        sql.append(&readers(here)).push(" except ").append(&readers(there)).push(") readers");
        Ok(sql.load::<Tally>(tx.conn())?.first().map(|row| row.count).unwrap_or_default())
    };
    Ok((difference(to, from)?, difference(from, to)?))
}

fn readers(place: Place) -> Sql {
    let mut sql =
        Sql::new("select p.id from people p join memberships m on m.person_id = p.id where p.deactivated_at is null");
    match place {
        Place::Organisation(_) => {}
        Place::Person(person) => {
            sql.push(" and p.id = ").bind(person);
        }
        Place::Group(group) => {
            sql.push(" and (m.role in ('owner', 'admin') or exists (select 1 from group_members g where g.person_id = p.id and g.group_id = ");
            sql.bind(group).push("))");
        }
        Place::Project(project) => project_readers(&mut sql, project),
    }
    sql
}

fn project_readers(sql: &mut Sql, project: ProjectId) {
    sql.push(
        " and (m.role in ('owner', 'admin') or exists (select 1 from person_roles pr join role_permissions rp
        on rp.role_id = pr.role_id where pr.person_id = p.id and rp.permission = ",
    );
    sql.bind(Permission::ProjectsManageAll)
        .push(") or exists (select 1 from projects j where j.visibility = 'open' and j.id = ");
    sql.bind(project).push(") or exists (select 1 from project_grants g where g.project_id = ").bind(project);
    sql.push(" and (g.person_id = p.id or g.group_id in (select gm.group_id from group_members gm where gm.person_id = p.id))))");
}

/// Archives or restores records of one kind, all or none; not pages, whose archiving takes along what is below them.
pub fn archive_all(tx: &mut Tx, me: &Actor, kind: Kind, ids: &[String], restore: bool) -> Result<()> {
    if kind == Kind::Doc {
        return Err(Error::NotFound);
    }
    ids.iter().try_for_each(|id| {
        let record = Record::find(tx, me, kind, id)?;
        if restore { record.restore(tx, me) } else { record.archive(tx, me) }
    })
}

/// One record by its display ID, to archive or restore it alone; pages have their own way, see `archive_all`.
pub fn find_single(tx: &mut Tx, me: &Actor, display_id: &str) -> Result<Record> {
    let record = Record::find_any(tx, me, display_id)?;
    if record.kind == Kind::Doc { Err(Error::NotFound) } else { Ok(record) }
}

impl Parts {
    /// For samples in the gallery.
    pub fn sample() -> Self {
        Parts {
            tags: vec!["tides".to_owned()],
            links: Vec::new(),
            backlinks: vec![Record::sample(Kind::Doc, "DOC-118", "Tide windows, explained")],
            watchers: Vec::new(),
            is_watching: true,
            can_edit: true,
            can_remove: true,
            can_share: true,
            can_explain: true,
            place_name: None,
            author: Some("Vera Novak".to_owned()),
        }
    }
}
