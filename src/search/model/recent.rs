//! What changed last, for a palette nobody has typed into yet.

use crate::access::{Actor, Kind, ProjectId, visible};
use crate::db::Tx;
use crate::db::sql::{Bind, Sql};
use crate::error::Result;
use crate::records::{RECORD_COLUMNS, Record};

/// Records in the palette.
pub const PALETTE_SHOWN: i32 = 8;

/// The newest of each kind through the index of that kind, then the newest of those: no index spans kinds.
pub fn recent(tx: &mut Tx, me: &Actor, project: Option<ProjectId>) -> Result<Vec<Record>> {
    let kinds: Vec<String> = Kind::ALL.iter().map(|kind| kind.as_str().to_owned()).collect();
    let places = project.map(|project| vec![project.0]).or_else(|| visible::few_places(me));
    let mut sql = Sql::named("search::recent", "select * from (select x.* from unnest(");
    sql.bind(Bind::Texts(kinds)).push("::text[]) as k(kind) ");
    if let Some(places) = &places {
        sql.push("cross join unnest(").bind(Bind::Uuids(places.clone())).push("::uuid[]) as place(id) ");
    }
    sql.push(&format!("cross join lateral (select {RECORD_COLUMNS} from records r where r.kind = k.kind and r.archived_at is null and "));
    sql.append(&visible::records(me));
    if places.is_some() {
        sql.push(" and r.place_id = place.id");
    }
    sql.push(" order by r.updated_at desc, r.id desc limit ").bind(PALETTE_SHOWN);
    sql.push(") x) newest order by updated_at desc, id desc limit ").bind(PALETTE_SHOWN);
    Ok(sql.load(tx.conn())?)
}
