//! Diffs and their changes: proposed, looked at, decided, applied.

mod apply;
mod decide;
mod propose;
mod rules;
mod view;

pub use propose::*;
pub use rules::*;
pub use view::*;

use crate::access::{Actor, Kind, Place, ProjectId, Thing, visible};
use crate::db::Tx;
use crate::db::paging::{COUNT_LIMIT, Cursor, PAGE_SIZE, Page};
use crate::db::sql::Sql;
use crate::error::{Error, Result};
use crate::people::{GroupId, OrganisationId, PersonId};
use crate::{text_enum, typed_id};
use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Nullable, Text, Timestamptz, Uuid as SqlUuid};

typed_id!(DiffId);
typed_id!(ChangeId);

text_enum!(
    /// Where a diff comes from: a person, a page that was read by rules or by an agent, or a rule that found something.
    Origin {
        Person = "person", Page = "page", Agent = "agent", Stale = "stale", Doubt = "doubt", Duplicate = "duplicate",
        Contradiction = "contradiction", Narrowed = "narrowed",
    }
);

text_enum!(
    /// `auto_applied`: its author might decide, and did so at once.
    DiffStatus {
        Pending = "pending", Approved = "approved", Rejected = "rejected", AutoApplied = "auto_applied",
        PartiallyApplied = "partially_applied",
    }
);

text_enum!(
    /// What is proposed to happen to an item.
    ChangeAct { Add = "add", Update = "update", Supersede = "supersede", Archive = "archive" }
);

text_enum!(
    /// What became of a change. Accepted and edited wait to be applied.
    Decision { Open = "open", Accepted = "accepted", Edited = "edited", Refused = "refused", Applied = "applied" }
);

/// In one diff.
pub const MAX_CHANGES: usize = 50;
/// Of a diff's reason.
pub const MAX_REASON_CHARS: usize = 2_000;

impl Origin {
    pub fn icon(self) -> &'static str {
        match self {
            Origin::Person => "user",
            Origin::Page => "doc",
            Origin::Agent => "agent",
            Origin::Stale => "clock",
            Origin::Doubt => "help",
            Origin::Duplicate => "copy",
            Origin::Contradiction => "compare",
            Origin::Narrowed => "lock",
        }
    }

    /// Message key.
    pub fn label(self) -> String {
        format!("diff-origin-{self}")
    }

    /// Message key of what accepting and refusing mean here.
    pub fn words(self) -> String {
        format!("diff-origin-{self}-words")
    }

    /// Message key of the button that refuses: for what a rule found, the refusal is an answer.
    pub fn refusal(self) -> &'static str {
        match self {
            Origin::Duplicate => "diff-refuse-duplicate",
            Origin::Contradiction => "diff-refuse-contradiction",
            _ => "diff-refuse",
        }
    }
}

impl Decision {
    /// Message key.
    pub fn label(self) -> String {
        format!("diff-decision-{self}")
    }
}

impl DiffStatus {
    pub fn tone(self) -> &'static str {
        match self {
            DiffStatus::Pending => "amber",
            DiffStatus::Approved | DiffStatus::AutoApplied => "green",
            DiffStatus::PartiallyApplied => "blue",
            DiffStatus::Rejected => "grey",
        }
    }

    /// Message key.
    pub fn label(self) -> String {
        format!("diff-status-{}", self.as_str().replace('_', "-"))
    }
}

impl ChangeAct {
    pub fn icon(self) -> &'static str {
        match self {
            ChangeAct::Add => "plus",
            ChangeAct::Update => "edit",
            ChangeAct::Supersede => "history",
            ChangeAct::Archive => "archive",
        }
    }

    pub fn tone(self) -> &'static str {
        match self {
            ChangeAct::Add => "green",
            ChangeAct::Update => "blue",
            ChangeAct::Supersede => "violet",
            ChangeAct::Archive => "grey",
        }
    }

    /// Message key.
    pub fn label(self) -> String {
        format!("diff-act-{self}")
    }
}

#[derive(Debug, Clone, QueryableByName)]
pub struct Diff {
    #[diesel(sql_type = SqlUuid)]
    pub id: DiffId,
    #[diesel(sql_type = SqlUuid)]
    pub organisation_id: OrganisationId,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub project_id: Option<ProjectId>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub group_id: Option<GroupId>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub owner_id: Option<PersonId>,
    #[diesel(sql_type = Text)]
    pub origin: Origin,
    #[diesel(sql_type = Text)]
    pub status: DiffStatus,
    /// In the proposer's words; empty for none.
    #[diesel(sql_type = Text)]
    pub reason: String,
    /// None for the rules of the server.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub author_id: Option<PersonId>,
    #[diesel(sql_type = Nullable<Text>)]
    pub author: Option<String>,
    #[diesel(sql_type = Timestamptz)]
    pub created_at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Text>)]
    pub decided_by: Option<String>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub decided_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = BigInt)]
    pub total: i64,
    /// Changes that nobody has decided.
    #[diesel(sql_type = BigInt)]
    pub undecided: i64,
}

const DIFF: &str =
    "select d.id, d.organisation_id, d.project_id, d.group_id, d.owner_id, d.origin, d.status, d.reason, d.author_id,
    (select p.name from people p where p.id = d.author_id) as author, d.created_at,
    (select p.name from people p where p.id = d.decided_by_id) as decided_by, d.decided_at,
    (select count(*) from memory_changes c where c.diff_id = d.id) as total,
    (select count(*) from memory_changes c where c.diff_id = d.id and c.decision = 'open') as undecided
    from memory_diffs d where d.place_id in (";

/// What a list is narrowed to.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// None for all; `Some(false)` for what is decided.
    pub is_pending: Option<bool>,
    pub origin: Option<Origin>,
    pub project: Option<ProjectId>,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

impl Diff {
    pub fn place(&self) -> Place {
        match (self.project_id, self.group_id, self.owner_id) {
            (Some(project), _, _) => Place::Project(project),
            (_, Some(group), _) => Place::Group(group),
            (_, _, Some(person)) => Place::Person(person),
            _ => Place::Organisation(self.organisation_id),
        }
    }

    pub fn thing(&self) -> Thing {
        Thing::Record { id: self.id.0, kind: Kind::Memory, place: self.place(), author: self.author_id }
    }

    pub fn path(&self) -> String {
        format!("/diffs/{}", self.id)
    }

    /// Its changes can still be decided, or decided anew.
    pub fn is_open(&self) -> bool {
        matches!(self.status, DiffStatus::Pending | DiffStatus::Rejected)
    }

    pub fn is_pending(&self) -> bool {
        self.status == DiffStatus::Pending
    }

    /// The invisible is `NotFound`.
    pub fn find(tx: &mut Tx, me: &Actor, id: DiffId) -> Result<Diff> {
        let mut sql = Sql::named("diffs::find", DIFF);
        sql.append(&visible::place_ids(me)).push(") and d.id = ").bind(id);
        sql.load(tx.conn())?.into_iter().next().ok_or(Error::NotFound)
    }

    /// The newest state, held until the transaction ends.
    fn find_locked(tx: &mut Tx, me: &Actor, id: DiffId) -> Result<Diff> {
        let mut sql = Sql::named("diffs::lock", "select 1 as one from memory_diffs where id = ");
        sql.bind(id).push(" for no key update");
        sql.execute(tx.conn())?;
        Diff::find(tx, me, id)
    }
}

impl Filter {
    fn conditions(&self) -> Sql {
        let mut sql = Sql::new("");
        match self.is_pending {
            Some(true) => drop(sql.push(" and d.status = 'pending'")),
            Some(false) => drop(sql.push(" and d.status <> 'pending'")),
            None => {}
        }
        if let Some(origin) = self.origin {
            sql.push(" and d.origin = ").bind(origin);
        }
        if let Some(project) = self.project {
            sql.push(" and d.project_id = ").bind(project);
        }
        sql
    }

    /// Newest first: ids sort by the time of making.
    pub fn page(&self, tx: &mut Tx, me: &Actor, after: Option<&Cursor>) -> Result<Page<Diff>> {
        let mut sql = Sql::named("diffs::list", DIFF);
        sql.append(&visible::place_ids(me)).push(")").append(&self.conditions());
        if let Some(cursor) = after {
            sql.push(" and d.id < ").bind(cursor.id);
        }
        sql.push(" order by d.id desc limit ").bind(i64::try_from(PAGE_SIZE + 1).unwrap_or(i64::MAX));
        let rows: Vec<Diff> = sql.load(tx.conn())?;
        Ok(Page::cut(rows, PAGE_SIZE, |diff| Cursor { sort: "made".to_owned(), value: None, id: diff.id.0 }))
    }

    /// Up to `COUNT_LIMIT` + 1.
    pub fn count(&self, tx: &mut Tx, me: &Actor) -> Result<i64> {
        let mut sql = Sql::named(
            "diffs::count",
            "select count(*) as count from (select 1 from memory_diffs d where d.place_id in (",
        );
        sql.append(&visible::place_ids(me)).push(")").append(&self.conditions());
        sql.push(" limit ").bind(COUNT_LIMIT + 1).push(") few");
        Ok(sql.load::<Count>(tx.conn())?.first().map(|row| row.count).unwrap_or_default())
    }
}
