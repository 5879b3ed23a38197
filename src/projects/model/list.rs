//! All projects that one reaches, in one query.

use super::Visibility;
use crate::access::{Actor, ProjectId, ProjectRole, visible};
use crate::db::Tx;
use crate::db::paging::COUNT_LIMIT;
use crate::db::sql::Sql;
use crate::error::Result;
use diesel::QueryableByName;
use diesel::sql_types::{Bool, Int8, Nullable, Text, Uuid as SqlUuid};

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
    #[diesel(sql_type = Bool)]
    pub is_archived: bool,
    /// Not archived; counted up to `COUNT_LIMIT` + 1.
    #[diesel(sql_type = Int8)]
    pub tickets: i64,
}

impl Row {
    /// Archived ones last, else by name. A company has some hundreds at most.
    pub fn list(tx: &mut Tx, me: &Actor) -> Result<Vec<Row>> {
        let mut sql = Sql::named(
            "projects::list",
            "select p.id, p.key, p.name, p.visibility, l.name as lead, p.archived_at is not null as is_archived,
               (select count(*) from (select 1 from records r where r.place_id = p.id and r.kind = 'ticket'
                  and r.archived_at is null limit ",
        );
        sql.bind(COUNT_LIMIT + 1)
            .push(") capped) as tickets from projects p left join people l on l.id = p.lead_id where ");
        sql.append(&visible::projects(me)).push(" order by is_archived, lower(p.name), p.id");
        Ok(sql.load(tx.conn())?)
    }

    pub fn role(&self, me: &Actor) -> Option<ProjectRole> {
        me.project_by_id(self.id).map(|access| access.role)
    }
}
