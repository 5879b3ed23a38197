//! What the rules find at night in the memory of one place: what is past its date, doubted, said twice, said against each other, or
//! come from where fewer people read by now. Found once, it is never proposed again, whatever was decided.

use super::{ChangeAct, NewChange, NewDiff, Origin};
use crate::access::{Actor, Kind, Place, Thing, Verb, may};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::diffs::likeness::{Likeness, likeness};
use crate::error::Result;
use crate::memory::{Item, State, today};
use crate::records::seen;
use crate::text::value::{Body, Title};
use diesel::QueryableByName;
use diesel::sql_types::{Text, Uuid as SqlUuid};
use uuid::Uuid;

#[derive(QueryableByName)]
struct PlaceRow {
    #[diesel(sql_type = Text)]
    scope: String,
    #[diesel(sql_type = SqlUuid)]
    place_id: Uuid,
}

/// Every place with an item that is not archived; an archived project sleeps with all that is in it.
pub fn places(tx: &mut Tx) -> Result<Vec<Place>> {
    let sql = Sql::named(
        "diffs::places",
        "select distinct r.scope, r.place_id from records r join memory_items m on m.id = r.id where r.archived_at is null
           and not exists (select 1 from projects p where p.id = r.project_id and p.archived_at is not null)
         order by r.place_id",
    );
    let rows: Vec<PlaceRow> = sql.load(tx.conn())?;
    Ok(rows.into_iter().filter_map(|row| Place::of(&row.scope, row.place_id)).collect())
}

/// Proposes what the rules find in one place, a diff per rule; how many diffs. `me` is the place itself.
pub fn review_place(tx: &mut Tx, me: &Actor, place: Place) -> Result<usize> {
    // A night on which nothing is found asked nevertheless.
    may(tx, me, Verb::Add, &Thing::Record { id: tx.new_id(), kind: Kind::Memory, place, author: me.person_id() })?
        .unused(tx);
    let day = today(tx, me);
    let mut found = vec![
        (Origin::Stale, Item::expired(tx, me, place, day)?.into_iter().map(stale).collect()),
        (Origin::Doubt, Item::doubted(tx, me, place)?.into_iter().filter_map(doubt).collect()),
        (Origin::Narrowed, Item::narrowed(tx, me, place)?.into_iter().map(narrowed).collect()),
    ];
    let (mut same, mut opposed) = (Vec::new(), Vec::new());
    for (one, other) in Item::alike(tx, me, place, day)? {
        match likeness(&said(&one, &other), &said(&other, &one)) {
            Some(Likeness::Same) => same.push(duplicate(one, other)),
            Some(Likeness::Opposed) if one.kind == other.kind => opposed.push(contradiction(one, other)),
            _ => {}
        }
    }
    found.push((Origin::Duplicate, same));
    found.push((Origin::Contradiction, opposed));
    let mut made = 0;
    for (origin, changes) in found {
        let diff = NewDiff { place, origin, reason: String::new() };
        made += usize::from(!changes.is_empty() && diff.create(tx, me, changes)?.is_some());
    }
    Ok(made)
}

/// The title; with the text when both titles are the same, for then the text tells them apart.
fn said(item: &Item, other: &Item) -> String {
    let is_same = item.record.title.to_lowercase() == other.record.title.to_lowercase();
    if is_same { format!("{}\n{}", item.record.title, item.body) } else { item.record.title.clone() }
}

fn archive(item: Item, other: Option<Item>, finding: String) -> NewChange {
    NewChange {
        act: ChangeAct::Archive,
        target: Some(item),
        other,
        state: None,
        evidence: Vec::new(),
        finding: Some(finding),
    }
}

fn stale(item: Item) -> NewChange {
    let until = item.valid_until.map(|until| until.to_string()).unwrap_or_default();
    let finding = format!("stale:{}:{until}", item.record.id);
    archive(item, None, finding)
}

/// When a further source becomes narrower, that is found anew.
fn narrowed((item, sources): (Item, String)) -> NewChange {
    let finding = format!("narrowed:{}:{}", item.record.id, seen(&sources));
    archive(item, None, finding)
}

/// "It still holds": the same words, without the doubt. None for what no form would take any more.
fn doubt(item: Item) -> Option<NewChange> {
    let state = State {
        kind: item.kind,
        title: Title::parse(&item.record.title).ok()?,
        body: Body::parse(&item.body).ok()?,
        confidence: item.confidence,
        importance: item.importance,
        valid_from: item.valid_from,
        valid_until: item.valid_until,
    };
    Some(NewChange {
        act: ChangeAct::Update,
        finding: Some(format!("doubt:{}:{}", item.record.id, item.fingerprint())),
        target: Some(item),
        other: None,
        state: Some(state),
        evidence: Vec::new(),
    })
}

/// Of two that say the same, the weightier stays, then the surer, then the older.
fn duplicate(one: Item, other: Item) -> NewChange {
    let weight = |item: &Item| (item.importance, item.confidence, std::cmp::Reverse(item.record.number));
    let finding = pair("duplicate", &one, &other);
    let (kept, gone) = if weight(&one) >= weight(&other) { (one, other) } else { (other, one) };
    archive(gone, Some(kept), finding)
}

/// Of two that speak against each other, the newer takes the older one's place.
fn contradiction(one: Item, other: Item) -> NewChange {
    let finding = pair("contradiction", &one, &other);
    let (older, newer) = if one.record.number < other.record.number { (one, other) } else { (other, one) };
    NewChange {
        act: ChangeAct::Supersede,
        target: Some(older),
        other: Some(newer),
        state: None,
        evidence: Vec::new(),
        finding: Some(finding),
    }
}

/// The same whichever comes first.
fn pair(rule: &str, one: &Item, other: &Item) -> String {
    let (low, high) = if one.record.id < other.record.id {
        (one.record.id, other.record.id)
    } else {
        (other.record.id, one.record.id)
    };
    format!("{rule}:{low}:{high}")
}
