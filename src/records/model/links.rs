//! Links between records, seen from both ends.

use super::{RECORD_COLUMNS, Record};
use crate::access::{Actor, Verb, may, visible};
use crate::audit::{self, Act, ActKind};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Error, Msg, Result};
use crate::{text_enum, typed_id};
use diesel::QueryableByName;
use diesel::sql_types::{Bool, Text, Uuid as SqlUuid};
use uuid::Uuid;

typed_id!(LinkId);

text_enum!(
    /// As stored, from one end; the catalogue has both directions (`link-blocks`, `link-blocks-inverse`).
    LinkKind { RelatesTo = "relates_to", Blocks = "blocks", Duplicates = "duplicates", Causes = "causes", Supersedes = "supersedes" }
);

/// A link as one of its ends shows it.
#[derive(Debug, Clone, QueryableByName)]
pub struct Link {
    #[diesel(sql_type = SqlUuid)]
    pub link_id: LinkId,
    #[diesel(sql_type = Text)]
    pub link_kind: LinkKind,
    /// The other end points here.
    #[diesel(sql_type = Bool)]
    pub is_inverse: bool,
    #[diesel(embed)]
    pub other: Record,
}

impl Link {
    /// `link-blocks` or `link-blocks-inverse`.
    pub fn label(&self) -> String {
        link_label(self.link_kind, self.is_inverse)
    }
}

pub fn link_label(kind: LinkKind, is_inverse: bool) -> String {
    let word = kind.as_str().replace('_', "-");
    if is_inverse && kind != LinkKind::RelatesTo { format!("link-{word}-inverse") } else { format!("link-{word}") }
}

impl Record {
    /// Both directions; only ends that `me` may see.
    pub fn links(&self, tx: &mut Tx, me: &Actor) -> Result<Vec<Link>> {
        let mut sql = Sql::named(
            "records::links",
            &format!(
                "select l.id as link_id, l.kind as link_kind, l.from_id = r.id as is_inverse, {RECORD_COLUMNS}
             from record_links l join records r on r.id = case when l.from_id = "
            ),
        );
        sql.bind(self.id).push(" then l.to_id else l.from_id end where (l.from_id = ").bind(self.id);
        sql.push(" or l.to_id = ").bind(self.id).push(") and ").append(&visible::records(me));
        sql.push(" order by l.kind, is_inverse, r.display_id limit 200");
        Ok(sql.load(tx.conn())?)
    }

    /// Links this to other. Needs write here, and sight there. A circle of `blocks` is refused with its path named.
    pub fn link(&self, tx: &mut Tx, me: &Actor, kind: LinkKind, other: &Record) -> Result<()> {
        let permit = may(tx, me, Verb::Edit, &self.thing())?;
        if self.id == other.id {
            return Err(Error::invalid("other", "problem-link-self"));
        }
        if kind == LinkKind::Blocks {
            refuse_circle(tx, me, self, other)?;
        }
        let mut sql = Sql::named(
            "records::link",
            "insert into record_links (id, from_id, to_id, kind, author_id, created_at) values (",
        );
        sql.bind(tx.new_id()).push(", ").bind(self.id).push(", ").bind(other.id).push(", ").bind(kind).push(", ");
        sql.bind(me.person_id().map(|id| id.0)).push(", ").bind(tx.now).push(") on conflict do nothing");
        if sql.execute(tx.conn())? == 0 {
            permit.unused(tx);
            return Ok(());
        }
        let act = Act::new(ActKind::Linked).on(self.id).note("link", kind).note("other", other.id);
        audit::record(tx, permit, act)
    }

    /// Removes a link from either of its ends.
    pub fn unlink(&self, tx: &mut Tx, me: &Actor, link: LinkId) -> Result<()> {
        let permit = may(tx, me, Verb::Edit, &self.thing())?;
        let mut sql = Sql::named("records::unlink", "delete from record_links where id = ");
        sql.bind(link).push(" and (from_id = ").bind(self.id).push(" or to_id = ").bind(self.id).push(")");
        if sql.execute(tx.conn())? == 0 {
            return Err(Error::NotFound);
        }
        audit::record(tx, permit, Act::new(ActKind::Unlinked).on(self.id).note("link_id", link))
    }
}

#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    display_id: String,
    #[diesel(sql_type = Bool)]
    visible: bool,
}

/// Walks what `other` blocks; when it comes back to `this`, the new link would close a circle.
fn refuse_circle(tx: &mut Tx, me: &Actor, this: &Record, other: &Record) -> Result<()> {
    // One writer of blocks at a time, or two halves of a circle could be made at once.
    Sql::new("select pg_advisory_xact_lock(7461, 1)").execute(tx.conn())?;
    let mut sql = Sql::named(
        "records::blocks_path",
        "with recursive walk(id, path) as (
           select l.to_id, array[l.from_id, l.to_id] from record_links l where l.kind = 'blocks' and l.from_id = ",
    );
    sql.bind(other.id).push(
        " union all select l.to_id, w.path || l.to_id from walk w join record_links l on l.from_id = w.id and l.kind = 'blocks'
            where not l.to_id = any(w.path) and cardinality(w.path) < 50)
         select step.id, r.display_id, ",
    );
    sql.append(&visible::records(me)).push(" as visible from (select path from walk where id = ");
    sql.bind(this.id).push(
        " limit 1) found cross join lateral unnest(found.path) with ordinality as step(id, nr)
          join records r on r.id = step.id order by step.nr",
    );
    let path: Vec<Step> = sql.load(tx.conn())?;
    if path.is_empty() {
        return Ok(());
    }
    let named =
        path.iter().map(|step| if step.visible || step.id == this.id.0 { step.display_id.as_str() } else { "…" });
    let path = std::iter::once(this.display_id.as_str()).chain(named).collect::<Vec<_>>().join(" → ");
    Err(Error::invalid("other", Msg::new("problem-link-circle").with("path", path)))
}
