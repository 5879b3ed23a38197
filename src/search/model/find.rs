//! The question put to the database: words, likeness of titles and meaning, joined by reciprocal rank, within what the reader may see.

use super::Words;
use crate::access::{Actor, visible};
use crate::db::Tx;
use crate::db::paging::COUNT_LIMIT;
use crate::db::sql::{Bind, Sql};
use crate::error::{Error, Result};
use crate::records::{RECORD_COLUMNS, Record, Scope};
use crate::vectors::{Meaning, NEAREST, Reach, nearest};
use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Bool, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use serde::Deserialize;
use uuid::Uuid;

/// Results on a page.
pub const RESULTS_SHOWN: usize = 20;
/// Who pages this far should ask more narrowly.
pub const MAX_RESULTS: usize = 200;
/// Passages weighed at most, the newest of all that match: a word that is everywhere says little, and weighing takes time.
pub const MOST_MATCHES: i32 = 2000;
/// Titles that are merely alike.
const MOST_ALIKE: i32 = 100;
/// With so many passages by words, likeness is not asked: it could only add what nobody pages to, and costs most of the time.
const ENOUGH_BY_WORDS: usize = MAX_RESULTS;
/// How alike a title is at least (pg_trgm's word similarity): low, because two swapped letters cost a short word half of it.
const LEAST_LIKENESS: &str = "0.4";
/// With enough results by words, only titles as alike as this join them.
const GOOD_LIKENESS: &str = "0.6";
/// The usual constant of reciprocal rank fusion (Cormack, Clarke, Büttcher 2009).
const FUSION: &str = "60.0";

/// Likeness alone never comes before the words themselves.
const LIKENESS_WEIGHT: &str = "0.5";

/// What is looked for, and where.
#[derive(Debug, Clone)]
pub struct Question {
    pub words: Words,
    /// Kinds of records, `comment`, `file`; empty means all.
    pub kinds: Vec<String>,
    /// Places (a project, a group, oneself, the organisation); empty means all.
    pub places: Vec<Uuid>,
    pub author: Option<Uuid>,
    pub since: Option<DateTime<Utc>>,
    /// What it means, where that is known; the third signal.
    pub meaning: Option<Meaning>,
    pub skip: usize,
    pub size: usize,
}

/// One record found, with the passage that fits best.
#[derive(Debug, Clone, QueryableByName)]
pub struct Hit {
    #[diesel(embed)]
    pub record: Record,
    /// With marks around what fits; see `marked`.
    #[diesel(sql_type = Text)]
    pub title_marked: String,
    #[diesel(sql_type = Text)]
    pub passage_marked: String,
    /// None when only the title is alike.
    #[diesel(sql_type = Nullable<Text>)]
    pub source: Option<String>,
    /// Of the comment or file, else of the record.
    #[diesel(sql_type = Nullable<Text>)]
    pub author: Option<String>,
    /// The project's or group's name.
    #[diesel(sql_type = Nullable<Text>)]
    pub place_name: Option<String>,
    #[diesel(sql_type = Timestamptz)]
    pub at: DateTime<Utc>,
    #[diesel(sql_type = BigInt)]
    pub total: i64,
    /// On the page's first row, when the question names neither kinds nor places: then both are counted from the same matches.
    #[diesel(sql_type = Nullable<Jsonb>)]
    facets: Option<serde_json::Value>,
}

/// How many of one kind in one place, before the filters by kind and place.
#[derive(Debug, Clone, QueryableByName, Deserialize)]
pub struct Facet {
    #[diesel(sql_type = Text)]
    pub kind: String,
    #[diesel(sql_type = SqlUuid)]
    pub place_id: Uuid,
    #[diesel(sql_type = Text)]
    pub scope: Scope,
    #[diesel(sql_type = Nullable<Text>)]
    pub place_name: Option<String>,
    #[diesel(sql_type = BigInt)]
    pub count: i64,
    /// Of more matches by words than are weighed.
    #[diesel(sql_type = Bool)]
    pub is_cut: bool,
}

/// A page of results, with the counts beside them.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    pub hits: Vec<Hit>,
    pub facets: Vec<Facet>,
    /// Only so many passages are near, or weighed: with a filter more may be found than its count says.
    pub is_least: bool,
}

impl Question {
    pub fn new(words: Words) -> Self {
        Question {
            words,
            kinds: Vec::new(),
            places: Vec::new(),
            author: None,
            since: None,
            meaning: None,
            skip: 0,
            size: RESULTS_SHOWN,
        }
    }

    /// A page of results, and the counts by kind and place of all of them before those two filters.
    pub fn answer(&self, tx: &mut Tx, me: &Actor) -> Result<Answer> {
        let near = self.near(tx, me, &self.kinds, &self.places)?;
        self.prepare(tx)?;
        let mut hits: Vec<Hit> = self.statement(me, &near).load(tx.conn())?;
        let (facets, is_full) = match hits.first_mut().and_then(|hit| hit.facets.take()) {
            Some(facets) => (serde_json::from_value(facets).map_err(Error::broken)?, is_full(&near)),
            None if hits.is_empty() && self.is_everywhere() && self.skip == 0 => (Vec::new(), false),
            None => self.facets(tx, me, near)?,
        };
        let is_least = is_full || facets.iter().any(|facet: &Facet| facet.is_cut);
        Ok(Answer { hits, facets, is_least })
    }

    fn is_everywhere(&self) -> bool {
        self.kinds.is_empty() && self.places.is_empty()
    }

    /// A page of results; each row knows how many there are in all.
    pub fn hits(&self, tx: &mut Tx, me: &Actor) -> Result<Vec<Hit>> {
        let near = self.near(tx, me, &self.kinds, &self.places)?;
        self.prepare(tx)?;
        Ok(self.statement(me, &near).load(tx.conn())?)
    }

    /// As `hits`, without passages and marks: for the palette, which asks at each key.
    pub fn records(&self, tx: &mut Tx, me: &Actor) -> Result<Vec<Record>> {
        let near = self.near(tx, me, &self.kinds, &self.places)?;
        self.prepare(tx)?;
        let mut sql = self.ranked("search::records", me, &near);
        sql.push(&format!(" select {RECORD_COLUMNS} from page join records r on r.id = page.record_id"));
        sql.push(" order by page.position");
        Ok(sql.load(tx.conn())?)
    }

    /// Counts by kind and place, whatever the question's own. After `prepare`. What is near enough to be found depends on the filters, so
    /// each kind is counted among what is near in the chosen places, and each place among what is near of the chosen kinds.
    fn facets(&self, tx: &mut Tx, me: &Actor, mut near: Vec<Uuid>) -> Result<(Vec<Facet>, bool)> {
        let mut is_least = is_full(&near);
        if !self.kinds.is_empty() {
            let of_all_kinds = self.near(tx, me, &[], &self.places)?;
            is_least |= is_full(&of_all_kinds);
            near.extend(of_all_kinds);
        }
        if !self.places.is_empty() {
            let of_all_places = self.near(tx, me, &self.kinds, &[])?;
            is_least |= is_full(&of_all_places);
            near.extend(of_all_places);
        }
        near.sort_unstable();
        near.dedup();
        Ok((self.facet_statement(me, &near).load(tx.conn())?, is_least))
    }

    /// Passages near to what is meant, the nearest first, of what the reader may see; none where that is not known, or where the
    /// person says exactly what they want.
    fn near(&self, tx: &mut Tx, me: &Actor, kinds: &[String], places: &[Uuid]) -> Result<Vec<Uuid>> {
        let Some(meaning) = self.meaning.as_ref().filter(|_| self.words.has_meaning()) else { return Ok(Vec::new()) };
        let (kinds, places) = (kinds.to_vec(), places.to_vec());
        let reach = Reach { kinds, places, author: self.author, since: self.since, ..Reach::default() };
        Ok(nearest(tx, me, meaning, &reach)?.into_iter().map(|near| near.passage_id).collect())
    }

    /// The likeness from which the index answers; for this transaction.
    pub fn prepare(&self, tx: &mut Tx) -> Result<()> {
        let mut sql = Sql::named("search::likeness", "select set_config('pg_trgm.word_similarity_threshold', ");
        sql.bind(LEAST_LIKENESS).push(", true)");
        sql.execute(tx.conn())?;
        Ok(())
    }

    /// For EXPLAIN and benchmarks as well.
    pub fn statement(&self, me: &Actor, near: &[Uuid]) -> Sql {
        let mut sql = self.ranked("search::hits", me, near);
        let mut facets = "null::jsonb".to_owned();
        if self.is_everywhere() {
            sql.push(&format!(", facets as materialized ({})", facet_counts()));
            facets = "(select jsonb_agg(f) from facets f)".to_owned();
        }
        sql.push(&format!(
            " select {RECORD_COLUMNS}, page.total, case when page.position = first.position then {facets} end as facets, coalesce(p.source, n.source) as source, a.name as author, coalesce(pr.name, g.name) as place_name,
               coalesce(p.at, n.at, r.updated_at) as at, ts_headline('english', r.title, q.tsq, '{MARKS}, HighlightAll=true') as title_marked,
               coalesce(ts_headline('english', coalesce(p.text, n.text), q.tsq, '{MARKS}, MaxFragments=2, MinWords=8, MaxWords=22, FragmentDelimiter=\" … \"'), '') as passage_marked
             from page cross join (select min(position) as position from page) first cross join q join records r on r.id = page.record_id left join search_passages p on p.id = page.passage_id
             left join passages n on p.id is null and n.id = page.near_id
             left join people a on a.id = case when coalesce(p.source, n.source) <> 'body' then coalesce(p.author_id, n.author_id) else r.author_id end
             left join projects pr on pr.id = r.project_id left join groups g on g.id = r.group_id order by page.position"
        ));
        sql
    }

    /// Up to `page`: the records of this page in their order.
    fn ranked(&self, name: &str, me: &Actor, near: &[Uuid]) -> Sql {
        let mut sql = self.signals(name, me, near, true);
        sql.push(&format!(
            ", best as (select distinct on (record_id) * from hits order by record_id, rank desc, passage_id),
             worded as (select *, row_number() over (order by rank desc, updated_at desc, record_id) as position from best),
             alike as (select *, row_number() over (order by is_id desc, likeness desc, updated_at desc, record_id) as position from named),
             meant as (select *, row_number() over (order by nearness) as position from
               (select distinct on (record_id) record_id, passage_id, updated_at, nearness from near order by record_id, nearness) b),
             fused as (select coalesce(w.record_id, a.record_id, m.record_id) as record_id, w.passage_id, m.passage_id as near_id,
               coalesce(w.updated_at, a.updated_at, m.updated_at) as updated_at, coalesce(1 / ({FUSION} + w.position), 0)
                 + coalesce({LIKENESS_WEIGHT} / ({FUSION} + a.position), 0) + coalesce(1 / ({FUSION} + m.position), 0) + coalesce(a.is_id::int, 0) as score
               from worded w full join alike a on a.record_id = w.record_id full join meant m on m.record_id = coalesce(w.record_id, a.record_id)
               where w.record_id is not null or m.record_id is not null or a.is_id or a.likeness >= {GOOD_LIKENESS} or (select count(*) from worded) < 5),
             page as (select *, row_number() over (order by score desc, updated_at desc, record_id) as position, case when (select count(*) from hits) < {MOST_MATCHES} then count(*) over () else greatest(count(*) over (), {COUNT_LIMIT} + 1) end as total from fused order by position offset "
        ));
        let number = |size: usize| i64::try_from(size).unwrap_or(i64::MAX);
        sql.bind(number(self.skip)).push(" limit ").bind(number(self.size)).push(")");
        sql
    }

    fn facet_statement(&self, me: &Actor, near: &[Uuid]) -> Sql {
        let mut sql = self.signals("search::facets", me, near, false);
        sql.push(&format!(" {}", facet_counts()));
        sql
    }

    /// `hits` by words, `named` by likeness of the title or by ID, `near` by meaning, all within what the reader may see.
    fn signals(&self, name: &str, me: &Actor, near: &[Uuid], is_narrowed: bool) -> Sql {
        let mut sql = Sql::named(name, "with q as materialized (select ");
        // The words themselves are fetched again for the few: carried through the sort they would fill the memory.
        let rank = if is_narrowed {
            "(select ts_rank(w.words, q.tsq, 1) from search_passages w where w.id = m.id)"
        } else {
            "0::real"
        };
        sql.append(&self.words.tsquery()).push(&format!(
            " as tsq), hits as materialized (select m.record_id, m.id as passage_id, m.kind, m.place_id, m.scope, m.updated_at, {rank} as rank from q,
               (select p.record_id, p.id, p.kind, r.place_id, r.scope, r.updated_at from q, search_passages p join records r on r.id = p.record_id
                where p.words @@ q.tsq and r.archived_at is null and "
        ));
        sql.append(&visible::records(me));
        if let Some(places) = visible::few_places(me) {
            sql.push(" and p.place_id = any(").bind(Bind::Uuids(places)).push(")");
        }
        if is_narrowed {
            narrow(&mut sql, "p.kind", &self.kinds, "p.place_id", &self.places);
        }
        self.who_and_when(&mut sql, "case when p.source = 'body' then r.author_id else p.author_id end", "p.at");
        sql.push(" order by p.at desc limit ").bind(MOST_MATCHES).push(") m), named as materialized (");
        self.alike(&mut sql, me, is_narrowed);
        if let Some(id) = &self.words.id {
            sql.push(" union all ");
            self.named(&mut sql, me, is_narrowed, "2.0", true);
            sql.push(" and r.display_id = ").bind(id.as_str());
        }
        sql.push("), near as materialized (select n.nearness, p.id as passage_id, p.record_id, p.kind, r.place_id, r.scope, r.updated_at from unnest(");
        sql.bind(Bind::Uuids(near.to_vec()));
        // Asked once more, because between two statements somebody may have moved it.
        sql.push("::uuid[]) with ordinality as n(id, nearness) join passages p on p.id = n.id join records r on r.id = p.record_id where r.archived_at is null and ");
        sql.append(&visible::records(me)).push(")");
        sql
    }

    fn alike(&self, sql: &mut Sql, me: &Actor, is_narrowed: bool) {
        sql.push("(");
        self.named(sql, me, is_narrowed, "word_similarity(", false);
        if self.words.is_exact {
            sql.push(" and false");
        } else {
            sql.push(" and ").bind(self.words.text.as_str()).push(" <% r.title");
        }
        if let Some(id) = &self.words.id {
            sql.push(" and r.display_id <> ").bind(id.as_str());
        }
        sql.push(&format!(" and (select count(*) from hits) < {ENOUGH_BY_WORDS}"));
        sql.push(" order by likeness desc, r.updated_at desc, r.id limit ").bind(MOST_ALIKE).push(")");
    }

    fn named(&self, sql: &mut Sql, me: &Actor, is_narrowed: bool, likeness: &str, is_id: bool) {
        sql.push("select r.id as record_id, r.kind, r.place_id, r.scope, r.updated_at, ").push(likeness);
        if !is_id {
            sql.bind(self.words.text.as_str()).push(", r.title)");
        }
        sql.push(&format!("::real as likeness, {is_id} as is_id from records r where r.archived_at is null and "));
        sql.append(&visible::records(me));
        if is_narrowed {
            narrow(sql, "r.kind", &self.kinds, "r.place_id", &self.places);
        }
        self.who_and_when(sql, "r.author_id", "r.updated_at");
    }

    fn who_and_when(&self, sql: &mut Sql, author: &str, at: &str) {
        if let Some(person) = self.author {
            sql.push(&format!(" and {author} = ")).bind(person);
        }
        if let Some(since) = self.since {
            sql.push(&format!(" and {at} >= ")).bind(since);
        }
    }
}

/// Of all that was found.
fn facet_counts() -> String {
    format!(
        "select f.kind, f.place_id, f.scope, coalesce(pr.name, g.name) as place_name, f.count, (select count(*) from hits) >= {MOST_MATCHES} as is_cut from
           (select kind, place_id, scope, count(*) as count from
             (select record_id, kind, place_id, scope from hits union select record_id, kind, place_id, scope from near
              union select record_id, kind, place_id, scope from named where is_id or likeness >= {GOOD_LIKENESS} or (select count(distinct record_id) from hits) < 5) found group by 1, 2, 3) f
         left join projects pr on pr.id = f.place_id left join groups g on g.id = f.place_id order by f.count desc, f.place_id, f.kind"
    )
}

/// Then there may be more.
fn is_full(near: &[Uuid]) -> bool {
    i32::try_from(near.len()).is_ok_and(|found| found >= NEAREST)
}

fn narrow(sql: &mut Sql, kind: &str, kinds: &[String], place: &str, places: &[Uuid]) {
    if !kinds.is_empty() {
        sql.push(&format!(" and {kind} = any(")).bind(kinds.to_vec()).push(")");
    }
    if !places.is_empty() {
        sql.push(&format!(" and {place} = any(")).bind(places.to_vec()).push(")");
    }
}

/// Characters that no indexed text contains, around what fits.
const MARKS: &str = "StartSel=\u{1}, StopSel=\u{2}";

/// A piece of a marked text; `is_hit` for what fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    pub text: String,
    pub is_hit: bool,
}

/// The pieces of a marked text, for the template, which escapes each.
pub fn marked(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut push = |text: &str, is_hit| {
        let text: String = text.chars().filter(|c| !matches!(c, '\u{1}' | '\u{2}')).collect();
        if !text.is_empty() {
            pieces.push(Piece { text, is_hit });
        }
    };
    for (index, part) in text.split('\u{1}').enumerate() {
        match part.split_once('\u{2}') {
            Some((hit, rest)) if index > 0 => {
                push(hit, true);
                push(rest, false);
            }
            _ => push(part, false),
        }
    }
    pieces
}

impl Hit {
    /// Where it leads: the record, or the comment or file on its page.
    pub fn href(&self) -> String {
        let path = self.record.path();
        match self.source.as_deref().and_then(|source| source.split_once(':')) {
            Some((kind, id)) => format!("{path}#{kind}-{id}"),
            None => path,
        }
    }

    /// `comment`, `file`, or the record's kind.
    pub fn kind(&self) -> &str {
        let own = self.record.kind.as_str();
        self.source.as_deref().and_then(|source| source.split_once(':')).map_or(own, |(kind, _)| kind)
    }
}
