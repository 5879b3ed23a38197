//! The list of pages: filters, sorts, a page at a time.

use super::Doc;
use crate::access::{Actor, Kind, Place};
use crate::db::Tx;
use crate::db::paging::{Cursor, Page};
use crate::db::sql::Sql;
use crate::error::Result;
use crate::records::{BY_CREATED, BY_TITLE, BY_UPDATED, List, Record, Sort, Which, tagged, title_contains};
use diesel::QueryableByName;
use diesel::sql_types::{Array, Int4, Nullable, Text};

/// What the list can be sorted by; the first is the default.
pub const SORTS: [Sort; 3] = [BY_UPDATED, BY_CREATED, BY_TITLE];

#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub words: Option<String>,
    pub tag: Option<String>,
    pub place: Option<Place>,
    pub archived: bool,
}

/// A page as a row shows it.
#[derive(Debug, Clone, QueryableByName)]
pub struct Row {
    #[diesel(embed)]
    pub record: Record,
    #[diesel(sql_type = Int4)]
    pub revision: i32,
    #[diesel(sql_type = Text)]
    pub icon: String,
    /// Title of the page above.
    #[diesel(sql_type = Nullable<Text>)]
    pub parent: Option<String>,
    /// Who saved last.
    #[diesel(sql_type = Nullable<Text>)]
    pub editor: Option<String>,
    #[diesel(sql_type = Array<Text>)]
    pub tags: Vec<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub sort_value: Option<String>,
}

const ROW_COLUMNS: &str = ", d.revision, d.icon, (select u.title from records u where u.id = d.parent_id) as parent,
    (select p.name from doc_revisions v join people p on p.id = v.author_id where v.doc_id = d.id and v.number = d.revision) as editor,
    array(select rt.tag from record_tags rt where rt.record_id = r.id order by rt.tag) as tags";

/// A page in a list of whole ones.
#[derive(QueryableByName)]
struct Whole {
    #[diesel(embed)]
    doc: Doc,
    #[diesel(sql_type = Nullable<Text>)]
    sort_value: Option<String>,
}

const WITHOUT_BODY: &str = ", d.parent_id, d.rank, d.icon, '' as body, d.revision, d.removed_at";

impl Filter {
    /// Whole pages but for their body, which is empty.
    pub fn docs(&self, tx: &mut Tx, me: &Actor, sort: Sort, after: Option<Cursor>, size: usize) -> Result<Page<Doc>> {
        let list = List { columns: WITHOUT_BODY, name: "docs::list_whole", size, ..self.list(sort, after) };
        let page = list.page(tx, me, |row: &Whole| (row.sort_value.clone(), row.doc.record.id.0))?;
        Ok(page.map(|row| row.doc))
    }

    fn list(&self, sort: Sort, after: Option<Cursor>) -> List {
        let mut list = List::new(Kind::Doc, "docs::list", ROW_COLUMNS, "join docs d on d.id = r.id");
        list.filters = self.conditions();
        list.sort = sort;
        list.after = after;
        list.which = Which::archived(self.archived);
        if let Some(Place::Project(project)) = self.place {
            list.project = Some(project);
        }
        list
    }

    pub fn page(&self, tx: &mut Tx, me: &Actor, sort: Sort, after: Option<Cursor>) -> Result<Page<Row>> {
        self.list(sort, after).page(tx, me, |row: &Row| (row.sort_value.clone(), row.record.id.0))
    }

    pub fn count(&self, tx: &mut Tx, me: &Actor) -> Result<i64> {
        self.list(BY_UPDATED, None).count(tx, me)
    }

    fn conditions(&self) -> Sql {
        // The bin archives; so the archive is what is not in the bin.
        let mut sql = Sql::new(" and d.removed_at is null");
        if let Some(words) = &self.words {
            sql.append(&title_contains(words));
        }
        if let Some(tag) = &self.tag {
            sql.append(&tagged(tag));
        }
        if let Some(place) = self.place {
            sql.push(" and r.place_id = ").bind(place.id());
        }
        sql
    }
}
