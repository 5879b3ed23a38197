//! One file per ability.

mod change;
mod create;
mod grants;
mod key;
mod list;
mod overview;
mod visibility;

pub use change::*;
pub use create::*;
pub use grants::*;
pub use key::*;
pub use list::*;
pub use overview::*;
pub use visibility::*;

use crate::access::{Actor, ProjectAccess, ProjectId, Thing, visible};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Error, Result};
use crate::people::PersonId;
use crate::text_enum;
use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Int4, Nullable, Text, Timestamptz, Uuid as SqlUuid};

text_enum!(
    /// Open: every member of the organisation reads and writes. Restricted: whom a grant names.
    Visibility { Open = "open", Restricted = "restricted" }
);

#[derive(Debug, Clone, QueryableByName)]
pub struct Project {
    #[diesel(sql_type = SqlUuid)]
    pub id: ProjectId,
    #[diesel(sql_type = Text)]
    pub key: String,
    #[diesel(sql_type = Text)]
    pub name: String,
    /// Markdown.
    #[diesel(sql_type = Text)]
    pub about: String,
    #[diesel(sql_type = Text)]
    pub visibility: Visibility,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub lead_id: Option<PersonId>,
    #[diesel(sql_type = Nullable<Text>)]
    pub lead: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub lead_handle: Option<String>,
    /// Counts the changes of name, text and lead; a form that saw an older one is out of date.
    #[diesel(sql_type = Int4)]
    pub version: i32,
    #[diesel(sql_type = Timestamptz)]
    pub created_at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub archived_at: Option<DateTime<Utc>>,
}

const COLUMNS: &str =
    "p.id, p.key, p.name, p.about, p.visibility, p.lead_id, l.name as lead, l.handle as lead_handle, p.version,
    p.created_at, p.archived_at";

impl Project {
    /// By key, capital letters or not; the invisible is `NotFound`.
    pub fn find(tx: &mut Tx, me: &Actor, key: &str) -> Result<Project> {
        let mut sql = Sql::named(
            "projects::find",
            &format!("select {COLUMNS} from projects p left join people l on l.id = p.lead_id where p.key = "),
        );
        sql.bind(key.to_ascii_uppercase()).push(" and ").append(&visible::projects(me));
        sql.load(tx.conn())?.into_iter().next().ok_or(Error::NotFound)
    }

    /// All that `me` reaches, by name, without their texts. A company has some hundreds at most.
    pub fn list(tx: &mut Tx, me: &Actor) -> Result<Vec<Project>> {
        let columns = COLUMNS.replace("p.about", "'' as about");
        let mut sql = Sql::named(
            "projects::list_whole",
            &format!("select {columns} from projects p left join people l on l.id = p.lead_id where "),
        );
        sql.append(&visible::projects(me)).push(" order by lower(p.name), p.id");
        Ok(sql.load(tx.conn())?)
    }

    /// As `find`, and holds the row until the transaction ends, so that two who change it or its grants take turns.
    pub fn find_locked(tx: &mut Tx, me: &Actor, key: &str) -> Result<Project> {
        let mut sql = Sql::named("projects::lock", "select 1 as one from projects p where p.key = ");
        sql.bind(key.to_ascii_uppercase()).push(" and ").append(&visible::projects(me)).push(" for no key update");
        sql.execute(tx.conn())?;
        Project::find(tx, me, key)
    }

    pub fn thing(&self) -> Thing {
        Thing::Project(self.id)
    }

    /// The asker's own reach; None cannot be after `find`, but for the operator.
    pub fn access<'a>(&self, me: &'a Actor) -> Option<&'a ProjectAccess> {
        me.project_by_id(self.id)
    }

    pub fn is_restricted(&self) -> bool {
        self.visibility == Visibility::Restricted
    }

    pub fn is_archived(&self) -> bool {
        self.archived_at.is_some()
    }

    /// `/projects/APP`.
    pub fn path(&self) -> String {
        path_of(&self.key)
    }
}

/// `/projects/APP`.
pub fn path_of(key: &str) -> String {
    format!("/projects/{key}")
}
