//! What is offered while somebody types `[[`, `#` or `@`.

use crate::access::{Actor, Kind, visible};
use crate::db::Tx;
use crate::db::sql::{Sql, beginning, containing};
use crate::error::Result;
use crate::people::{Face, IS_ACTIVE};
use crate::records::{RECORD_COLUMNS, Record};

/// Offers at a time.
pub const OFFERED: i32 = 8;
/// What is typed beyond is no beginning of a title.
pub const MAX_TYPED_CHARS: usize = 60;

/// As typed, cut, without control characters.
fn clean(typed: &str) -> String {
    typed.chars().filter(|c| !c.is_control()).take(MAX_TYPED_CHARS).collect::<String>().trim().to_owned()
}

/// Records whose ID begins so or whose title contains it, those that begin with it first; the newest when nothing is typed yet.
pub fn complete_records(tx: &mut Tx, me: &Actor, kind: Option<Kind>, typed: &str) -> Result<Vec<Record>> {
    let typed = clean(typed);
    let mut sql = Sql::named(
        "search::complete",
        &format!("select {RECORD_COLUMNS} from records r where r.archived_at is null and "),
    );
    sql.append(&visible::records(me));
    if let Some(kind) = kind {
        sql.push(" and r.kind = ").bind(kind);
    }
    if !typed.is_empty() {
        sql.push(" and (r.title ilike ")
            .bind(containing(&typed))
            .push(" or r.display_id ilike ")
            .bind(beginning(&typed))
            .push(")");
    }
    sql.push(" order by r.display_id = upper(")
        .bind(typed.as_str())
        .push(") desc, r.title ilike ")
        .bind(beginning(&typed));
    sql.push(" desc, r.updated_at desc, r.id desc limit ").bind(OFFERED);
    Ok(sql.load(tx.conn())?)
}

/// Active members whose name or handle has a word that begins so.
pub fn complete_people(tx: &mut Tx, typed: &str) -> Result<Vec<Face>> {
    let typed = clean(typed);
    let typed = typed.trim_start_matches('@');
    let mut sql = Sql::named("search::complete_people", "select p.id, p.name, p.handle from people p where ");
    sql.push(IS_ACTIVE)
        .push(" and (p.name ilike ")
        .bind(beginning(typed))
        .push(" or p.name ilike ")
        .bind(format!("% {}", beginning(typed)));
    sql.push(" or p.handle ilike ").bind(beginning(typed)).push(") order by lower(p.name), p.id limit ").bind(OFFERED);
    Ok(sql.load(tx.conn())?)
}
