//! A folder of Markdown becomes a tree of pages, in one transaction: all of them, or none.

use super::{MAX_DEPTH, lock_tree, me_id, rank_at_end};
use crate::access::{Actor, Kind, Place, Thing, Verb, may_each};
use crate::audit::{self, Act, ActKind};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Error, Msg, Result};
use crate::files::{File, Prepared};
use crate::records::{Planned, RecordId, insert_many, insert_references, insert_tags};
use crate::storage::Store;
use crate::text::import::{Linked, Problem, Set};
use crate::text::markdown::references;
use crate::text::value::{Body, Title};
use std::collections::{BTreeMap, HashMap};
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
    /// Display IDs of those that have no page above them.
    pub tops: Vec<String>,
    /// Files that were left out or came in shortened, and why.
    pub problems: Vec<Problem>,
}

impl Report {
    /// The page above all others, when there is one; else the tree.
    pub fn path(&self) -> String {
        match self.tops.as_slice() {
            [only] => format!("/docs/{only}"),
            _ => "/docs".to_owned(),
        }
    }
}

/// Files that pages of a set link to, by path, ready to be kept.
pub struct Enclosed {
    pub files: BTreeMap<String, Prepared>,
    pub store: Store,
}

/// Addresses of attachments, by the page's index and the path of the file it links to.
type Addresses = HashMap<(usize, String), String>;

/// Makes all pages of a set at the top of a place; a file that a page links to is attached to it. `Invalid` when there are no
/// pages, too many, or they lie too deep.
pub fn import_set(tx: &mut Tx, me: &Actor, place: Place, set: &Set, enclosed: Option<Enclosed>) -> Result<Report> {
    lock_tree(tx)?;
    check_size(set)?;
    let after = rank_at_end(tx, place, None)?;
    let plan = Plan::new(tx, set, &after)?;
    let things: Vec<Thing> =
        plan.ids.iter().map(|id| Thing::Record { id: *id, kind: Kind::Doc, place, author: me.person_id() }).collect();
    let permit = may_each(tx, me, Verb::Add, &things)?;
    let first = insert_many(tx, me, Kind::Doc, place, "DOC", &plan.records())?;
    let addresses = match enclosed {
        Some(enclosed) => plan.attach(tx, me, place, set, enclosed)?,
        None => Addresses::new(),
    };
    let mut report = Report { problems: set.problems.clone(), ..Report::default() };
    let written = plan.write(first, set, &addresses, &mut report);
    plan.insert(tx, me, place, set, &written)?;
    plan.insert_mentions(tx, me, &written)?;
    for (doc, number) in set.docs.iter().zip(first..) {
        let id = format!("DOC-{number}");
        if doc.parent.is_none() {
            report.tops.push(id.clone());
        }
        report.made.push((doc.path.clone(), id));
    }
    let acts = plan.ids.iter().map(|id| Act::new(ActKind::Imported).on(*id)).collect();
    audit::record_each(tx, permit, acts)?;
    Ok(report)
}

fn check_size(set: &Set) -> Result<()> {
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
    Ok(())
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

    /// Contents in the order of their hashes, so that two imports at once wait for each other instead of deadlocking.
    fn attach(&self, tx: &mut Tx, me: &Actor, place: Place, set: &Set, enclosed: Enclosed) -> Result<Addresses> {
        let Enclosed { files, store } = enclosed;
        let mut files: Vec<(String, Prepared)> = files.into_iter().collect();
        files.sort_by(|a, b| a.1.hash.cmp(&b.1.hash));
        let (paths, uploads): (Vec<String>, Vec<Prepared>) = files.into_iter().unzip();
        let places: HashMap<&str, usize> =
            paths.iter().enumerate().map(|(place, path)| (path.as_str(), place)).collect();
        let linked: Vec<(usize, String)> =
            set.linked_files().into_iter().filter(|(_, path)| places.contains_key(path.as_str())).collect();
        let pairs: Vec<(RecordId, usize)> = linked
            .iter()
            .filter_map(|(index, path)| Some((RecordId(*self.ids.get(*index)?), *places.get(path.as_str())?)))
            .collect();
        let addresses = File::attach_each(tx, me, (Kind::Doc, place), &pairs, (uploads, &store))?;
        Ok(linked.into_iter().zip(addresses).collect())
    }

    fn write(&self, first: i32, set: &Set, addresses: &Addresses, report: &mut Report) -> Vec<Body> {
        let mut all = Vec::with_capacity(set.docs.len());
        for (index, doc) in set.docs.iter().enumerate() {
            let mut address = |link: Linked<'_>| match link {
                Linked::Doc(other) => Some(format!("/docs/DOC-{}", i32::try_from(other).ok()? + first)),
                Linked::File(path) => addresses.get(&(index, path.to_owned())).cloned(),
            };
            // Longer addresses can carry a text over the limit; then it keeps those of its files.
            let body = Body::parse(&set.body(index, &mut address)).or_else(|msg| {
                report.problems.push(Problem::about(doc.path.clone(), msg));
                Body::parse(&doc.body)
            });
            all.push(body.unwrap_or_default());
        }
        all
    }

    fn insert(&self, tx: &mut Tx, me: &Actor, place: Place, set: &Set, written: &[Body]) -> Result<()> {
        let above = |index: usize| {
            let own = set.docs.get(index).and_then(|doc| doc.parent).and_then(|parent| self.ids.get(parent)).copied();
            own.unwrap_or(Uuid::nil())
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
