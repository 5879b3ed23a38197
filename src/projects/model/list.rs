//! Projects as their list shows them, in one query.

use super::Visibility;
use crate::access::{Actor, ProjectAccess, ProjectId, ProjectRole, visible};
use crate::db::Tx;
use crate::db::paging::{Cursor, LIST_COUNT_LIMIT, PAGE_SIZE, Page};
use crate::db::sql::Sql;
use crate::error::{Error, Result};
use diesel::QueryableByName;
use diesel::sql_types::{Int8, Nullable, Text, Uuid as SqlUuid};

/// A project as the list shows it.
#[derive(Debug, Clone, QueryableByName)]
pub struct Row {
    #[diesel(sql_type = SqlUuid)]
    pub id: ProjectId,
    #[diesel(sql_type = Text)]
    pub key: String,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Text)]
    pub visibility: Visibility,
    #[diesel(sql_type = Nullable<Text>)]
    pub lead: Option<String>,
    /// Not archived; counted up to `LIST_COUNT_LIMIT` + 1.
    #[diesel(sql_type = Int8)]
    pub tickets: i64,
}

/// Which projects are listed.
#[derive(Debug, Clone, Default)]
pub struct Listed {
    /// Each is in the key or the name.
    pub words: String,
    pub is_archived: bool,
    pub after: Option<Cursor>,
}

const SORT: &str = "name";

impl Listed {
    /// How many fit, active and archived.
    pub fn counts(&self, me: &Actor) -> (usize, usize) {
        let (archived, active): (Vec<_>, Vec<_>) =
            me.projects_named(&self.words).partition(|project| project.is_archived);
        (active.len(), archived.len())
    }

    /// By name. Who asks was loaded with all projects in reach, so only those of the page are asked for.
    pub fn page(&self, tx: &mut Tx, me: &Actor) -> Result<Page<Row>> {
        let behind = match &self.after {
            None => None,
            Some(Cursor { sort, value: Some(name), id }) if sort == SORT => Some((name.to_lowercase(), ProjectId(*id))),
            Some(_) => return Err(Error::invalid("after", "problem-cursor")),
        };
        let mut found: Vec<&ProjectAccess> =
            me.projects_named(&self.words).filter(|project| project.is_archived == self.is_archived).collect();
        found.retain(|project| behind.as_ref().is_none_or(|behind| project.by_name() > *behind));
        let page = Page::cut(found, PAGE_SIZE, |project| Cursor {
            sort: SORT.to_owned(),
            value: Some(project.name.clone()),
            id: project.id.0,
        });
        let ids: Vec<ProjectId> = page.rows.iter().map(|project| project.id).collect();
        let mut rows = Row::list(tx, me, &ids)?;
        rows.sort_by_key(|row| ids.iter().position(|id| *id == row.id));
        Ok(Page { rows, next: page.next })
    }
}

impl Row {
    /// Those of `ids` that `me` reaches, in any order.
    fn list(tx: &mut Tx, me: &Actor, ids: &[ProjectId]) -> Result<Vec<Row>> {
        let mut sql = Sql::named(
            "projects::list",
            "select p.id, p.key, p.name, p.visibility, l.name as lead,
               (select count(*) from (select 1 from records r where r.place_id = p.id and r.kind = 'ticket'
                  and r.archived_at is null limit ",
        );
        sql.number(LIST_COUNT_LIMIT + 1)
            .push(") capped) as tickets from projects p left join people l on l.id = p.lead_id where p.id = any(")
            .bind(ids.iter().map(|id| id.0).collect::<Vec<_>>())
            .push(") and ");
        sql.append(&visible::projects(me));
        Ok(sql.load(tx.conn())?)
    }

    pub fn role(&self, me: &Actor) -> Option<ProjectRole> {
        me.project_by_id(self.id).map(|access| access.role)
    }
}
