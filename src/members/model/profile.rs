//! What one may see of a colleague's work: projects that both reach, and open tickets that the reader may see.

use super::Member;
use crate::access::{Actor, ProjectRole, visible};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::Result;
use crate::records::{RECORD_COLUMNS, Record};

/// Tickets on a profile; the list has them all.
pub const TICKETS_SHOWN: i32 = 10;
/// Projects on a profile.
pub const PROJECTS_SHOWN: usize = 20;

/// A project that both reach, with the person's role there.
#[derive(Debug, Clone)]
pub struct Common {
    pub key: String,
    pub name: String,
    pub role: ProjectRole,
}

impl Common {
    /// Message key.
    pub fn role_label(&self) -> String {
        format!("project-role-{}", self.role)
    }
}

impl Member {
    /// Assigned to them and open, the last changed first.
    pub fn open_tickets(&self, tx: &mut Tx, me: &Actor) -> Result<Vec<Record>> {
        let mut sql = Sql::named(
            "members::open_tickets",
            &format!(
                "select {RECORD_COLUMNS} from tickets t join records r on r.id = t.id where r.archived_at is null
              and t.status not in ('done', 'canceled') and t.assignee_id = "
            ),
        );
        sql.bind(self.id)
            .push(" and ")
            .append(&visible::records(me))
            .push(" order by r.updated_at desc, r.id desc limit ");
        sql.bind(TICKETS_SHOWN);
        Ok(sql.load(tx.conn())?)
    }

    /// By name, without archived ones; the first `PROJECTS_SHOWN` of the reader's projects that the person reaches.
    pub fn common_projects(&self, tx: &mut Tx, me: &Actor) -> Result<Vec<Common>> {
        let mut common = Vec::new();
        if !self.is_active() {
            return Ok(common);
        }
        let theirs = Actor::of_person(tx, self.id)?;
        for mine in me.projects.iter().filter(|project| !project.is_archived) {
            if let Some(access) = theirs.project_by_id(mine.id).filter(|_| common.len() < PROJECTS_SHOWN) {
                common.push(Common { key: mine.key.clone(), name: mine.name.clone(), role: access.role });
            }
        }
        Ok(common)
    }
}
