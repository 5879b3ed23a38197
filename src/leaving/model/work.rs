//! What waits for somebody: open and given to them, as far as the reader sees it.

use crate::access::{Actor, Kind, visible};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::Result;
use crate::members::Member;
use crate::records::path_of;
use crate::text_enum;
use diesel::QueryableByName;
use diesel::sql_types::{Int8, Text};

/// Of one kind, handed over in one step and listed for it; the rest follows in another.
pub const MAX_HANDOVER: i64 = 500;
/// Of one kind, shown on the page; the number is told beside.
pub const MAX_WORK_SHOWN: usize = 10;

text_enum!(
    /// What is given to a person and can be given to another.
    WorkKind { Ticket = "ticket", Risk = "risk", Experiment = "experiment", Project = "project" }
);

impl WorkKind {
    /// Message key of how much of it there is.
    pub fn counted(self) -> &'static str {
        match self {
            WorkKind::Ticket => "leaving-count-ticket",
            WorkKind::Risk => "leaving-count-risk",
            WorkKind::Experiment => "leaving-count-experiment",
            WorkKind::Project => "leaving-count-project",
        }
    }
}

/// Of one kind; never empty.
#[derive(Debug, Clone)]
pub struct Work {
    pub kind: WorkKind,
    /// At most `MAX_HANDOVER`.
    pub items: Vec<Item>,
}

/// One thing that waits: a record by its display ID, a project by its key.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Item {
    #[diesel(sql_type = Text)]
    pub kind: WorkKind,
    #[diesel(sql_type = Text)]
    pub key: String,
    #[diesel(sql_type = Text)]
    pub title: String,
}

/// How much of a kind they wrote, among what the reader sees. It stays theirs.
#[derive(Debug, Clone, QueryableByName)]
pub struct Written {
    #[diesel(sql_type = Text)]
    pub kind: Kind,
    #[diesel(sql_type = Int8)]
    pub count: i64,
}

impl Work {
    /// In the order of the kinds; what was changed last comes last.
    pub(in crate::leaving) fn of(tx: &mut Tx, me: &Actor, member: &Member) -> Result<Vec<Work>> {
        let mut all = Vec::new();
        for kind in WorkKind::ALL.iter().copied() {
            let items = Item::list(tx, me, member, kind)?;
            if !items.is_empty() {
                all.push(Work { kind, items });
            }
        }
        Ok(all)
    }

    pub fn shown(&self) -> &[Item] {
        self.items.get(..MAX_WORK_SHOWN).unwrap_or(&self.items)
    }

    /// Not all of it fits into one step.
    pub fn is_cut(&self) -> bool {
        i64::try_from(self.items.len()).is_ok_and(|count| count >= MAX_HANDOVER)
    }
}

impl Item {
    pub fn path(&self) -> String {
        match self.kind {
            WorkKind::Ticket => path_of(Kind::Ticket, &self.key),
            WorkKind::Risk => path_of(Kind::Risk, &self.key),
            WorkKind::Experiment => path_of(Kind::Experiment, &self.key),
            WorkKind::Project => crate::projects::path_of(&self.key),
        }
    }

    pub(in crate::leaving) fn list(tx: &mut Tx, me: &Actor, member: &Member, kind: WorkKind) -> Result<Vec<Item>> {
        let open = match kind {
            WorkKind::Project => return Item::projects(tx, me, member),
            WorkKind::Ticket => {
                "'ticket' as kind, r.display_id as key, r.title from tickets o join records r on r.id = o.id where o.status not in ('done', 'canceled') and o.assignee_id = "
            }
            WorkKind::Risk => {
                "'risk' as kind, r.display_id as key, r.title from risks o join records r on r.id = o.id where o.status <> 'closed' and o.owner_id = "
            }
            WorkKind::Experiment => {
                "'experiment' as kind, r.display_id as key, r.title from experiments o join records r on r.id = o.id where o.status in ('planned', 'running') and o.owner_id = "
            }
        };
        let mut sql = Sql::named("leaving::work", &format!("select {open}"));
        sql.bind(member.id).push(" and r.archived_at is null and ").append(&visible::records(me));
        sql.push(" order by r.updated_at, r.id limit ").bind(MAX_HANDOVER);
        Ok(sql.load(tx.conn())?)
    }

    fn projects(tx: &mut Tx, me: &Actor, member: &Member) -> Result<Vec<Item>> {
        let mut sql = Sql::named(
            "leaving::projects",
            "select 'project' as kind, p.key, p.name as title from projects p where p.archived_at is null and p.lead_id = ",
        );
        sql.bind(member.id)
            .push(" and ")
            .append(&visible::projects(me))
            .push(" order by p.key limit ")
            .bind(MAX_HANDOVER);
        Ok(sql.load(tx.conn())?)
    }
}

impl Written {
    pub(in crate::leaving) fn of(tx: &mut Tx, me: &Actor, member: &Member) -> Result<Vec<Written>> {
        let mut sql =
            Sql::named("leaving::written", "select r.kind, count(*) as count from records r where r.author_id = ");
        sql.bind(member.id).push(" and r.archived_at is null and ").append(&visible::records(me));
        sql.push(" group by r.kind order by count(*) desc, r.kind");
        Ok(sql.load(tx.conn())?)
    }
}
