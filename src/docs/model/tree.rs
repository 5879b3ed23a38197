//! The tree: places with pages, the pages of one place, and the way up from one of them.

use super::{Doc, DocId, NumberRow};
use crate::access::{Actor, Kind, Place, visible};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::Result;
use crate::people::GroupId;
use crate::records::{RECORD_COLUMNS, Record};
use diesel::QueryableByName;
use diesel::sql_types::{Bool, Nullable, Text, Uuid as SqlUuid};
use uuid::Uuid;

/// Levels of the tree.
pub const MAX_DEPTH: usize = 20;
/// A place with at most this many pages is shown whole; of a larger one only the open branches.
pub const WHOLE_TREE: i64 = 300;
/// Pages shown below one parent; the list has them all.
pub const MAX_LEVEL: i64 = 2_000;

/// A page as the tree shows it.
#[derive(Debug, Clone, QueryableByName)]
pub struct Node {
    #[diesel(sql_type = SqlUuid)]
    pub id: DocId,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub parent_id: Option<DocId>,
    #[diesel(sql_type = Text)]
    pub display_id: String,
    #[diesel(sql_type = Text)]
    pub title: String,
    #[diesel(sql_type = Text)]
    pub icon: String,
    #[diesel(sql_type = Bool)]
    pub has_children: bool,
}

/// A place with pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shelf {
    pub place: Place,
    /// A project's or group's; None for the organisation and for private.
    pub name: Option<String>,
    pub has_pages: bool,
}

#[derive(QueryableByName)]
struct ShelfRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Nullable<Text>)]
    name: Option<String>,
    #[diesel(sql_type = Bool)]
    has_pages: bool,
}

/// The places where `me` sees pages: the organisation, projects (of many those that menus name), groups, private; the first and last and
/// `also` even when empty.
pub fn shelves(tx: &mut Tx, me: &Actor, also: Option<Place>) -> Result<Vec<Shelf>> {
    let mut sql = Sql::named(
        "docs::shelves",
        "select * from (select x.id, g.name, exists (select 1 from records r where r.place_id = x.id",
    );
    sql.push(" and r.archived_at is null and r.kind = ").bind(Kind::Doc).append(&visible::kinds(me));
    sql.push(") as has_pages from (select distinct id from (");
    sql.append(&visible::picked_place_ids(me, also.map(Place::id)));
    sql.push(") reach(id)) x left join groups g on g.id = x.id) places where has_pages");
    if let Some(place) = also {
        sql.push(" or id = ").bind(place.id());
    }
    sql.push(" order by lower(name), id");
    let rows: Vec<ShelfRow> = sql.load(tx.conn())?;
    let row = |id: Uuid| rows.iter().find(|row| row.id == id);
    let plain = |place: Place| Shelf { place, name: None, has_pages: row(place.id()).is_some_and(|row| row.has_pages) };
    let mut shelves: Vec<Shelf> = me.organisation_id().map(Place::Organisation).map(plain).into_iter().collect();
    let projects = me.projects.iter().filter_map(|project| Some((project, row(project.id.0)?)));
    shelves.extend(projects.map(|(project, row)| Shelf {
        place: Place::Project(project.id),
        name: Some(project.name.clone()),
        has_pages: row.has_pages,
    }));
    let groups = rows.iter().filter_map(|row| Some((GroupId(row.id), row.name.clone()?, row.has_pages)));
    shelves.extend(groups.map(|(id, name, has_pages)| Shelf { place: Place::Group(id), name: Some(name), has_pages }));
    shelves.extend(me.person_id().map(Place::Person).map(plain));
    Ok(shelves)
}

/// The pages of a place in order: all of them, or of a large place those at the top and those below one of `open`.
pub fn nodes(tx: &mut Tx, me: &Actor, place: Place, open: Vec<Uuid>) -> Result<Vec<Node>> {
    // From what is shown to its rows, so that a large place costs no more than the levels that are open.
    let mut sql =
        Sql::named("docs::nodes", "with shown(id) as (select d.id from docs d where d.parent_id is null and ");
    let within = |sql: &mut Sql| {
        sql.push("d.removed_at is null and d.place_id = ").bind(place.id());
    };
    within(&mut sql);
    sql.push(" union select d.id from docs d where d.parent_id = any(").bind(open.clone()).push(") and ");
    within(&mut sql);
    // Below what is archived: at the top.
    sql.push(" union select d.id from records p join docs d on d.parent_id = p.id where p.archived_at is not null and p.kind = ");
    sql.bind(Kind::Doc).push(" and p.place_id = ").bind(place.id()).push(" and ");
    within(&mut sql);
    sql.push(" union select d.id from docs d where (select count(*) from (select 1 from docs d where ");
    within(&mut sql);
    sql.push(" limit ").bind(WHOLE_TREE + 1).push(") counted) <= ").bind(WHOLE_TREE).push(" and ");
    within(&mut sql);
    sql.push(") select l.id, l.parent_id, l.display_id, l.title, l.icon, ").push(HAS_CHILDREN);
    sql.push(
        " from (select d.id, d.parent_id, r.display_id, r.title, d.icon,
               row_number() over (partition by d.parent_id order by d.rank, d.id) as nr
             from shown s join docs d on d.id = s.id join records r on r.id = d.id where r.archived_at is null and ",
    );
    sql.append(&visible::in_place(me, place)).push(") l where l.nr <= ").bind(MAX_LEVEL);
    sql.push(" or l.id = any(").bind(open).push(") order by l.nr");
    Ok(sql.load(tx.conn())?)
}

const HAS_CHILDREN: &str = "exists (select 1 from docs c join records cr on cr.id = c.id where c.parent_id = l.id and cr.archived_at is null) as has_children";

impl Doc {
    /// The pages right below this one, in order.
    pub fn children(&self, tx: &mut Tx, me: &Actor) -> Result<Vec<Node>> {
        let mut sql = Sql::named(
            "docs::children",
            &format!(
                "select l.id, l.parent_id, r.display_id, r.title, l.icon, {HAS_CHILDREN} from docs l join records r on r.id = l.id"
            ),
        );
        sql.push(" where l.removed_at is null and r.archived_at is null and l.place_id = ")
            .bind(self.record.place().id());
        sql.push(" and l.parent_id = ").bind(self.id()).push(" and ").append(&visible::records(me));
        sql.push(" order by l.rank, l.id limit ").bind(MAX_LEVEL);
        Ok(sql.load(tx.conn())?)
    }

    /// From the top of the place down to the parent. Pages above are in the same place, so who sees this one sees them.
    pub fn ancestors(&self, tx: &mut Tx) -> Result<Vec<Record>> {
        let Some(parent) = self.parent_id else { return Ok(Vec::new()) };
        let mut sql = Sql::named(
            "docs::ancestors",
            "with recursive above(id, parent_id, depth) as (select d.id, d.parent_id, 1 from docs d where d.id = ",
        );
        sql.bind(parent).push(&format!(
            " union all select d.id, d.parent_id, a.depth + 1 from docs d join above a on d.id = a.parent_id where a.depth < 100)
             select {RECORD_COLUMNS} from above a join records r on r.id = a.id order by a.depth desc"
        ));
        Ok(sql.load(tx.conn())?)
    }
}

/// How many levels down a page stands: 1 at the top.
pub(in crate::docs) fn depth_of(tx: &mut Tx, id: DocId) -> Result<usize> {
    let mut sql = Sql::named(
        "docs::depth_of",
        "with recursive above(id, parent_id, depth) as (select d.id, d.parent_id, 1 from docs d where d.id = ",
    );
    sql.bind(id).push(
        " union all select d.id, d.parent_id, a.depth + 1 from docs d join above a on d.id = a.parent_id where a.depth < 100)
         select coalesce(max(depth), 0) as number from above",
    );
    let depth = sql.load::<NumberRow>(tx.conn())?.first().map(|row| row.number).unwrap_or_default();
    Ok(usize::try_from(depth).unwrap_or_default())
}
