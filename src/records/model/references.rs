//! Mentions in text: kept as rows, so that the mentioned record shows who mentions it.

use super::{RECORD_COLUMNS, Record};
use crate::access::{Actor, visible};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::Result;
use crate::people::{Face, PersonId};
use crate::text::markdown::{Setting, references, render_in};
use crate::text::reference::{Reference, Target};

impl Record {
    /// Replaces the references that one text of this record makes. `source` is `body`, a field's name or a comment's id.
    /// A text can only refer to what its author may see, so that guessing an ID reveals nothing. Answers whom it mentions.
    pub fn refer(&self, tx: &mut Tx, me: &Actor, source: &str, text: &str) -> Result<Vec<PersonId>> {
        let found = references(text);
        let mut delete = Sql::named("records::forget_references", "delete from record_references where from_id = ");
        delete.bind(self.id).push(" and source = ").bind(source);
        delete.execute(tx.conn())?;
        let Sorted { ids, titles, handles, names } = sort_out(found);
        if !ids.is_empty() || !titles.is_empty() {
            let mut sql =
                Sql::named("records::refer", "insert into record_references (from_id, to_id, source) select distinct ");
            sql.bind(self.id)
                .push("::uuid, r.id, ")
                .bind(source)
                .push(" from records r where (r.display_id = any(")
                .bind(ids);
            sql.push(") or (r.kind = 'doc' and r.archived_at is null and lower(r.title) = any(")
                .bind(titles)
                .push("))) and r.id <> ");
            sql.bind(self.id).push(" and ").append(&visible::records(me)).push(" on conflict do nothing");
            sql.execute(tx.conn())?;
        }
        Ok(people_named(tx, handles, names)?.into_iter().map(|face| face.id).collect())
    }

    /// Records whose text names this one, newest first, within what `me` may see.
    pub fn backlinks(&self, tx: &mut Tx, me: &Actor) -> Result<Vec<Record>> {
        let mut sql = Sql::named(
            "records::backlinks",
            &format!(
                "select {RECORD_COLUMNS} from records r where r.id in (select f.from_id from record_references f where f.to_id = "
            ),
        );
        sql.bind(self.id).push(") and r.archived_at is null and ").append(&visible::records(me));
        sql.push(" order by r.updated_at desc, r.id desc limit 100");
        Ok(sql.load(tx.conn())?)
    }
}

/// What texts refer to, resolved for one reader: by display ID and by doc title (lower case), and people by handle.
#[derive(Debug, Clone, Default)]
pub struct Resolved {
    pub records: Vec<Record>,
    pub people: Vec<Face>,
}

/// Resolves all references of some texts in at most two queries.
pub fn resolve(tx: &mut Tx, me: &Actor, texts: &[&str]) -> Result<Resolved> {
    let Sorted { ids, titles, handles, names } = sort_out(texts.iter().flat_map(|text| references(text)).collect());
    let mut resolved = Resolved::default();
    if !ids.is_empty() || !titles.is_empty() {
        let mut sql = Sql::named(
            "records::resolve",
            &format!("select {RECORD_COLUMNS} from records r where (r.display_id = any("),
        );
        sql.bind(ids).push(") or (r.kind = 'doc' and lower(r.title) = any(").bind(titles).push("))) and ");
        sql.append(&visible::records(me)).push(" order by r.archived_at nulls first, r.number limit 2000");
        resolved.records = sql.load(tx.conn())?;
    }
    resolved.people = people_named(tx, handles, names)?;
    Ok(resolved)
}

#[derive(Default)]
struct Sorted {
    ids: Vec<String>,
    titles: Vec<String>,
    handles: Vec<String>,
    names: Vec<String>,
}

/// By kind of reference; titles, handles and names in lower case.
fn sort_out(references: Vec<Reference>) -> Sorted {
    let mut sorted = Sorted::default();
    for reference in references {
        match reference {
            Reference::Id { prefix, number } => sorted.ids.push(format!("{prefix}-{number}")),
            Reference::Title(title) => sorted.titles.push(title.to_lowercase()),
            Reference::Handle(handle) => sorted.handles.push(handle.to_lowercase()),
            Reference::Name(name) => sorted.names.push(name.to_lowercase()),
        }
    }
    sorted
}

/// People named by handle or full name.
fn people_named(tx: &mut Tx, handles: Vec<String>, names: Vec<String>) -> Result<Vec<Face>> {
    if handles.is_empty() && names.is_empty() {
        return Ok(Vec::new());
    }
    let mut sql = Sql::named(
        "records::people_named",
        "select id, name, handle from people where deactivated_at is null and (handle = any(",
    );
    sql.bind(handles).push(") or lower(name) = any(").bind(names).push("))");
    Ok(sql.load(tx.conn())?)
}

impl Resolved {
    /// Where a reference leads, for the renderer; None for what the reader may not see.
    pub fn target(&self, reference: &Reference) -> Option<Target> {
        match reference {
            Reference::Id { prefix, number } => {
                let id = format!("{prefix}-{number}");
                self.records.iter().find(|record| record.display_id == id).map(|record| to(record, None))
            }
            Reference::Title(title) => {
                let title = title.to_lowercase();
                let found = self.records.iter().find(|record| record.title.to_lowercase() == title);
                found.map(|record| to(record, Some(record.title.clone())))
            }
            Reference::Handle(handle) => {
                let handle = handle.to_lowercase();
                self.people.iter().find(|face| face.handle == handle).map(person)
            }
            Reference::Name(name) => {
                let name = name.to_lowercase();
                self.people.iter().find(|face| face.name.to_lowercase() == name).map(person)
            }
        }
    }

    /// A text as sanitised HTML. `space` keeps the ids of several texts of a page apart.
    pub fn html(&self, space: &str, text: &str) -> String {
        if text.trim().is_empty() {
            return String::new();
        }
        let setting = Setting { space, ..Setting::default() };
        render_in(&setting, text, &|reference| self.target(reference)).html
    }
}

fn to(record: &Record, label: Option<String>) -> Target {
    Target {
        href: record.path(),
        title: Some(record.title.clone()),
        label,
        class: record.is_archived().then_some("done"),
    }
}

fn person(face: &Face) -> Target {
    Target {
        href: format!("/people/{}", face.handle),
        title: None,
        label: Some(format!("@{}", face.name)),
        class: Some("mention"),
    }
}
