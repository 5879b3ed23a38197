//! Opening and restricting, with what it means for people shown beforehand.

use super::{Project, Visibility};
use crate::access::reach::{Difference, Roster};
use crate::access::{Actor, Verb, may};
use crate::audit::{self, Act, ActKind};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Conflict, Error, Result};
use diesel::QueryableByName;
use diesel::sql_types::Int8;
use uuid::Uuid;

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = Int8)]
    count: i64,
}

/// What a change of visibility would do, as its page shows it.
#[derive(Debug, Clone)]
pub struct Preview {
    pub to: Visibility,
    pub people: Difference,
    /// Open tickets assigned to people who would lose access.
    pub stranded: i64,
    /// Fingerprint of all this; the change is made only while it still holds.
    pub seen: String,
}

impl Project {
    pub fn preview(&self, tx: &mut Tx, to: Visibility) -> Result<Preview> {
        let people = Roster::of(tx, self.id)?.difference(to == Visibility::Restricted);
        let losing: Vec<Uuid> = people.lose.iter().map(|reach| reach.id.0).collect();
        let stranded = self.stranded(tx, losing)?;
        let ids = |list: &[crate::access::reach::Reach]| {
            list.iter().map(|reach| reach.id.to_string()).collect::<Vec<_>>().join(" ")
        };
        let seen =
            crate::records::seen(&format!("{} {to} {} {}", self.visibility, ids(&people.lose), ids(&people.gain)));
        Ok(Preview { to, people, stranded, seen })
    }

    fn stranded(&self, tx: &mut Tx, people: Vec<Uuid>) -> Result<i64> {
        let mut sql = Sql::named(
            "projects::stranded",
            "select count(*) as count from tickets t join records r on r.id = t.id where r.archived_at is null
               and t.status not in ('done', 'canceled') and t.place_id = ",
        );
        sql.bind(self.id).push(" and t.assignee_id = any(").bind(people).push(")");
        Ok(sql.load::<Count>(tx.conn())?.first().map(|row| row.count).unwrap_or_default())
    }

    /// `Conflict` when the preview no longer holds, so that nobody loses access unseen.
    pub fn set_visibility(&self, tx: &mut Tx, me: &Actor, to: Visibility, seen: &str) -> Result<()> {
        let permit = may(tx, me, Verb::Share, &self.thing())?;
        let project = Project::find_locked(tx, me, &self.key)?;
        if project.visibility == to {
            permit.unused(tx);
            return Ok(());
        }
        let preview = project.preview(tx, to)?;
        if preview.seen != seen {
            let conflict =
                Conflict { field: "visibility", theirs: String::new(), yours: to.to_string(), seen: preview.seen };
            return Err(Error::Conflict(Box::new(conflict)));
        }
        let mut sql = Sql::named("projects::set_visibility", "update projects set visibility = ");
        sql.bind(to).push(" where id = ").bind(self.id);
        sql.execute(tx.conn())?;
        let act = Act::new(ActKind::ProjectVisibilityChanged).in_project(self.id).change(
            "visibility",
            project.visibility,
            to,
        );
        audit::record(tx, permit, act.note("lose", preview.people.lose.len()).note("gain", preview.people.gain.len()))
    }
}
