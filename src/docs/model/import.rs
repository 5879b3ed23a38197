//! A folder of Markdown becomes a tree of pages, in one transaction: all of them, or none.

use super::{DocId, MAX_DEPTH, check_parent, lock_tree, me_id, rank_at_end};
use crate::access::{Actor, Kind, Place, Thing, Verb, may_each};
use crate::audit::{self, Act, ActKind};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Error, Msg, Result};
use crate::records::{Planned, RecordId, insert_many, insert_references, insert_tags};
use crate::text::import::{Linked, Problem, Set};
use crate::text::markdown::references;
use crate::text::value::{Body, Title};
use uuid::Uuid;

/// Pages of one import.
pub const MAX_IMPORT: usize = 5_000;
/// Texts sent to the database in one statement.
const BATCH: usize = 200;

/// What an import made.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// Path in the set and display ID, parents first.
    pub made: Vec<(String, String)>,
    /// Files that were left out or came in shortened, and why.
    pub problems: Vec<Problem>,
    /// Files of the set that are no pages (images and the like); links to them stay as they are.
    pub other_files: usize,
}

/// Makes all pages of a set at the top of a place, or below a page of it. `Invalid` when there are none, too many or too deep.
pub fn import_set(tx: &mut Tx, me: &Actor, place: Place, parent: Option<DocId>, set: &Set) -> Result<Report> {
    lock_tree(tx)?;
    check_size(tx, place, parent, set)?;
    let after = rank_at_end(tx, place, parent)?;
    let plan = Plan::new(tx, set, &after)?;
    let things: Vec<Thing> =
        plan.ids.iter().map(|id| Thing::Record { id: *id, place, author: me.person_id() }).collect();
    let permit = may_each(tx, me, Verb::Add, &things)?;
    let first = insert_many(tx, me, Kind::Doc, place, "DOC", &plan.records())?;
    let mut report = Report { problems: set.problems.clone(), other_files: set.files.len(), ..Report::default() };
    let written = plan.write(first, set, &mut report);
    plan.insert(tx, me, place, parent, set, &written)?;
    plan.insert_mentions(tx, me, &written)?;
    let number = |index: usize| i32::try_from(index).unwrap_or_default() + first;
    report.made =
        set.docs.iter().enumerate().map(|(index, doc)| (doc.path.clone(), format!("DOC-{}", number(index)))).collect();
    let acts = plan.ids.iter().map(|id| Act::new(ActKind::Imported).on(*id)).collect();
    audit::record_each(tx, permit, acts)?;
    Ok(report)
}

fn check_size(tx: &mut Tx, place: Place, parent: Option<DocId>, set: &Set) -> Result<()> {
    if set.docs.is_empty() {
        return Err(Error::invalid("file", "problem-doc-import-empty"));
    }
    if set.docs.len() > MAX_IMPORT {
        return Err(Error::invalid("file", Msg::new("problem-doc-import-many").with("max", MAX_IMPORT)));
    }
    let mut depths: Vec<usize> = Vec::with_capacity(set.docs.len());
    for doc in &set.docs {
        let above = doc.parent.and_then(|parent| depths.get(parent)).copied().unwrap_or_default();
        depths.push(above + 1);
    }
    let levels = depths.into_iter().max().unwrap_or_default();
    if levels > MAX_DEPTH {
        return Err(Error::invalid("file", Msg::new("problem-doc-depth").with("max", MAX_DEPTH)));
    }
    parent.map_or(Ok(()), |parent| check_parent(tx, parent, place, levels))
}

/// The rows to be, in the order of the set: parents first.
struct Plan {
    ids: Vec<Uuid>,
    titles: Vec<Title>,
    ranks: Vec<String>,
}

impl Plan {
    fn new(tx: &Tx, set: &Set, after: &str) -> Result<Plan> {
        let mut plan = Plan { ids: Vec::new(), titles: Vec::new(), ranks: Vec::new() };
        for (index, doc) in set.docs.iter().enumerate() {
            plan.ids.push(tx.new_id());
            plan.titles.push(Title::parse(&doc.title).map_err(|msg| Error::invalid("file", msg))?);
            // In the order of the set, after what is there; never ending in the lowest digit, or nothing would fit before it.
            plan.ranks.push(format!("{after}{index:05}i"));
        }
        Ok(plan)
    }

    fn records(&self) -> Vec<Planned> {
        let pairs = self.ids.iter().zip(&self.titles);
        pairs.map(|(id, title)| Planned { id: RecordId(*id), title: title.clone() }).collect()
    }

    fn write(&self, first: i32, set: &Set, report: &mut Report) -> Vec<Body> {
        let mut all = Vec::with_capacity(set.docs.len());
        for (index, doc) in set.docs.iter().enumerate() {
            let address = |link: Linked<'_>| match link {
                Linked::Doc(other) => Some(format!("/docs/DOC-{}", i32::try_from(other).ok()? + first)),
                Linked::File(_) => None,
            };
            // Longer addresses can carry a text over the limit; then it keeps those of its files.
            let body = Body::parse(&set.body(index, &address)).or_else(|msg| {
                report.problems.push(Problem::about(doc.path.clone(), msg));
                Body::parse(&doc.body)
            });
            all.push(body.unwrap_or_default());
        }
        all
    }

    fn insert(
        &self,
        tx: &mut Tx,
        me: &Actor,
        place: Place,
        parent: Option<DocId>,
        set: &Set,
        written: &[Body],
    ) -> Result<()> {
        let above = |index: usize| {
            let own = set.docs.get(index).and_then(|doc| doc.parent).and_then(|parent| self.ids.get(parent)).copied();
            own.or(parent.map(|id| id.0)).unwrap_or(Uuid::nil())
        };
        let indexes: Vec<usize> = (0..self.ids.len()).collect();
        for batch in indexes.chunks(BATCH) {
            let pick = |index: &usize| self.ids.get(*index).copied();
            let ids: Vec<Uuid> = batch.iter().filter_map(pick).collect();
            let parents: Vec<Uuid> = batch.iter().map(|index| above(*index)).collect();
            let ranks: Vec<String> = batch.iter().filter_map(|index| self.ranks.get(*index).cloned()).collect();
            let bodies = batch.iter().filter_map(|index| Some(written.get(*index)?.as_str().to_owned()));
            insert_batch(tx, me, place, Batch { ids, parents, ranks, bodies: bodies.collect() })?;
        }
        let tags = set.docs.iter().zip(&self.ids).flat_map(|(doc, id)| doc.tags.iter().map(|tag| (*id, tag.clone())));
        insert_tags(tx, tags.collect())
    }

    /// What the texts name or link to.
    fn insert_mentions(&self, tx: &mut Tx, me: &Actor, written: &[Body]) -> Result<()> {
        let pairs = self.ids.iter().zip(written);
        let found =
            pairs.flat_map(|(id, body)| references(body.as_str()).into_iter().map(|reference| (*id, reference)));
        insert_references(tx, me, "body", found.collect())
    }
}

struct Batch {
    ids: Vec<Uuid>,
    /// Nil: none.
    parents: Vec<Uuid>,
    ranks: Vec<String>,
    bodies: Vec<String>,
}

fn insert_batch(tx: &mut Tx, me: &Actor, place: Place, batch: Batch) -> Result<()> {
    let ids = batch.ids.clone();
    let mut sql = Sql::named("docs::import", "insert into docs (id, place_id, parent_id, rank, body) select new.id, ");
    sql.bind(place.id())
        .push("::uuid, nullif(new.parent, '00000000-0000-0000-0000-000000000000'), new.rank, new.body from unnest(");
    sql.bind(batch.ids).push("::uuid[], ").bind(batch.parents).push("::uuid[], ").bind(batch.ranks).push("::text[], ");
    sql.bind(batch.bodies).push("::text[]) as new(id, parent, rank, body)");
    sql.execute(tx.conn())?;
    let mut first = Sql::named(
        "docs::import_revisions",
        "insert into doc_revisions (id, doc_id, number, title, body, author_id, created_at)
         select gen_random_uuid(), d.id, 1, r.title, d.body, ",
    );
    first
        .bind(me_id(me))
        .push("::uuid, ")
        .bind(tx.now)
        .push("::timestamptz from docs d join records r on r.id = d.id where d.id = any(");
    first.bind(ids).push(")");
    first.execute(tx.conn())?;
    Ok(())
}
