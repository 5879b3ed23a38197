//! What rules look for in the memory of one place. Everything begins at what the asker may read.

use super::decided::IS_NARROW;
use super::{COLUMNS, Item, counts};
use crate::access::{Actor, Place, visible};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::Result;
use crate::records::RECORD_COLUMNS;
use chrono::NaiveDate;
use diesel::QueryableByName;
use diesel::sql_types::{Text, Uuid as SqlUuid};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// Items that one rule looks at in one place.
pub const MAX_FOUND_ITEMS: i32 = 5_000;
/// Pairs of titles compared at a time.
pub const MAX_PAIRS: i32 = 5_000;
/// Trigrams in common from which two titles are compared word by word.
const NEAR: &str = "0.4";

#[derive(QueryableByName)]
struct Lower {
    #[diesel(sql_type = Text)]
    title: String,
}

#[derive(QueryableByName)]
struct Narrow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    sources: String,
}

#[derive(QueryableByName)]
struct Pair {
    #[diesel(sql_type = SqlUuid)]
    one: Uuid,
    #[diesel(sql_type = SqlUuid)]
    other: Uuid,
}

impl Item {
    /// Titles of what is there and not archived, in lower case.
    pub fn titles(tx: &mut Tx, me: &Actor, place: Place) -> Result<HashSet<String>> {
        let mut sql = Sql::named(
            "memory::titles",
            "select lower(r.title) as title from records r join memory_items m on m.id = r.id where r.archived_at is null and r.place_id = ",
        );
        sql.bind(place.id()).push(" and ").append(&visible::records(me));
        Ok(sql.load::<Lower>(tx.conn())?.into_iter().map(|row| row.title).collect())
    }

    /// Active, and past its last day.
    pub fn expired(tx: &mut Tx, me: &Actor, place: Place, today: NaiveDate) -> Result<Vec<Item>> {
        let mut sql = Sql::new(" and m.status = 'active' and m.valid_until < ");
        sql.bind(today);
        found(tx, me, place, &sql)
    }

    /// Active, and somebody said that it needs a look.
    pub fn doubted(tx: &mut Tx, me: &Actor, place: Place) -> Result<Vec<Item>> {
        found(tx, me, place, &Sql::new(" and m.status = 'active' and m.needs_review"))
    }

    /// Active, and fewer people may read some of its sources than the item, though nobody agreed to that; with the ids of those
    /// sources' records in order, with commas between.
    pub fn narrowed(tx: &mut Tx, me: &Actor, place: Place) -> Result<Vec<(Item, String)>> {
        let sql = Sql::new(&format!(
            " and m.status = 'active' and exists (select 1 from memory_sources s join records o on o.id = s.record_id
                where s.memory_id = r.id and {IS_NARROW})"
        ));
        let items = found(tx, me, place, &sql)?;
        let mut sql = Sql::named(
            "memory::narrow_ids",
            &format!(
                "select r.id, string_agg(distinct o.id::text, ',' order by o.id::text) as sources from memory_sources s join records r on r.id = s.memory_id
                 join records o on o.id = s.record_id where {IS_NARROW} and r.id = any("
            ),
        );
        sql.bind(items.iter().map(|item| item.record.id.0).collect::<Vec<_>>()).push(") group by r.id");
        let mut sources: HashMap<Uuid, String> =
            sql.load::<Narrow>(tx.conn())?.into_iter().map(|row| (row.id, row.sources)).collect();
        let with_sources = |item: Item| {
            let sources = sources.remove(&item.record.id.0).unwrap_or_default();
            (item, sources)
        };
        Ok(items.into_iter().map(with_sources).collect())
    }

    /// Pairs of what counts whose titles look alike, the most alike first.
    pub fn alike(tx: &mut Tx, me: &Actor, place: Place, today: NaiveDate) -> Result<Vec<(Item, Item)>> {
        Sql::new(&format!("set local pg_trgm.similarity_threshold = {NEAR}")).execute(tx.conn())?;
        let mut sql = Sql::named(
            "memory::alike",
            "select r.id as one, x.id as other from records r join memory_items m on m.id = r.id
             join lateral (select b.id, b.title from records b where b.title % r.title and b.kind = 'memory' and b.archived_at is null
               and b.place_id = r.place_id and b.id > r.id) x on true
             join memory_items n on n.id = x.id and n.status = 'active' and (n.valid_from is null or n.valid_from <= ",
        );
        sql.bind(today).push(") and (n.valid_until is null or n.valid_until >= ").bind(today);
        sql.push(") where r.place_id = ")
            .bind(place.id())
            .append(&counts(today))
            .push(" and ")
            .append(&visible::records(me));
        sql.push(" order by similarity(r.title, x.title) desc, r.id, x.id limit ").bind(MAX_PAIRS);
        let pairs: Vec<Pair> = sql.load(tx.conn())?;
        let ids: HashSet<Uuid> = pairs.iter().flat_map(|pair| [pair.one, pair.other]).collect();
        let items = Item::find_ids(tx, me, ids.into_iter().collect())?;
        let items: HashMap<Uuid, Item> = items.into_iter().map(|item| (item.record.id.0, item)).collect();
        let both = |pair: &Pair| Some((items.get(&pair.one)?.clone(), items.get(&pair.other)?.clone()));
        Ok(pairs.iter().filter_map(both).collect())
    }
}

fn found(tx: &mut Tx, me: &Actor, place: Place, condition: &Sql) -> Result<Vec<Item>> {
    let mut sql = Sql::named(
        "memory::found",
        &format!(
            "select {RECORD_COLUMNS}{COLUMNS} from records r join memory_items m on m.id = r.id where r.archived_at is null and r.place_id = "
        ),
    );
    sql.bind(place.id()).append(condition).push(" and ").append(&visible::records(me));
    sql.push(" order by m.valid_until, r.id limit ").bind(MAX_FOUND_ITEMS);
    Ok(sql.load(tx.conn())?)
}
