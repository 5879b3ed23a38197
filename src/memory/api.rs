//! `/api/v1/memory`: the same verbs as the pages.

use super::model::*;
use super::pages::{ItemForm, StateForm};
use crate::access::{Actor, Kind};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::records::Record;
use crate::related::{Names, RecordShape, edit_each, project_asked, sort_of, tags_sent, words_asked};
use crate::site;
use crate::web::{Deeds, Listed, Operation, Query, Resource, Routes, Sent, Site, parse_date, resource};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub fn routes() -> Routes {
    resource::<Actor, ItemShape>()
}

const DEEDS: Deeds = Deeds {
    list: "List memory items, without their texts and sources",
    make: "Make a memory item",
    show: "Show a memory item",
    change: "Change fields of a memory item",
    archive: "Archive a memory item",
    restore: "Bring a memory item back",
};

/// A short fact that people and programs may rely on.
#[derive(Debug, Serialize, ToSchema)]
pub struct ItemShape {
    #[serde(flatten)]
    pub record: RecordShape,
    #[serde(rename = "type")]
    #[schema(inline)]
    pub kind: Type,
    #[schema(inline)]
    pub status: Status,
    /// What it is worth today.
    #[schema(inline)]
    pub standing: Standing,
    /// Markdown; left out in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// 0 to 100 percent.
    pub confidence: i16,
    /// 1 to 5.
    pub importance: i16,
    pub valid_from: Option<NaiveDate>,
    pub valid_until: Option<NaiveDate>,
    pub needs_review: bool,
    /// Those that may be read by who asks; left out in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sources: Option<Vec<SourceShape>>,
    /// How many further sources there are; left out in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hidden_sources: Option<i64>,
}

/// Where an item comes from.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SourceShape {
    /// Display ID of a record.
    pub record: String,
    /// The words that matter there.
    #[serde(default)]
    pub passage: String,
}

/// A memory item to make. A program cannot let it be read more widely than its sources.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewItemBody {
    pub title: String,
    /// `organisation`, `private`, `project:KEY` or `group:ID`.
    pub place: String,
    /// priority, constraint, non_goal, assumption, fact, commitment, learning, preference or status.
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(default)]
    pub body: String,
    /// 0 to 100 percent; 80 when left out.
    pub confidence: Option<i16>,
    /// 1 to 5; 3 when left out.
    pub importance: Option<i16>,
    #[schema(format = Date)]
    pub valid_from: Option<String>,
    #[schema(format = Date)]
    pub valid_until: Option<String>,
    #[serde(default)]
    pub tags: Vec<String>,
    #[serde(default)]
    #[schema(inline)]
    pub sources: Vec<SourceShape>,
    /// Display ID of the item it replaces.
    pub supersedes: Option<String>,
}

/// Fields of a memory item to change; what is left out stays, null empties.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ItemChanges {
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub title: Sent<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub body: Sent<String>,
    #[serde(default, rename = "type")]
    #[schema(value_type = Option<String>)]
    pub kind: Sent<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub status: Sent<String>,
    #[serde(default)]
    #[schema(value_type = Option<i16>)]
    pub confidence: Sent<i16>,
    #[serde(default)]
    #[schema(value_type = Option<i16>)]
    pub importance: Sent<i16>,
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date)]
    pub valid_from: Sent<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date)]
    pub valid_until: Sent<String>,
    #[serde(default)]
    #[schema(value_type = Option<bool>)]
    pub needs_review: Sent<bool>,
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>)]
    pub tags: Sent<Vec<String>>,
}

impl ItemShape {
    fn of(me: &Actor, names: &Names, item: Item, today: NaiveDate) -> Self {
        ItemShape {
            record: names.shape(me, &item.record),
            kind: item.kind,
            status: item.status,
            standing: item.standing(today),
            body: None,
            confidence: item.confidence,
            importance: item.importance,
            valid_from: item.valid_from,
            valid_until: item.valid_until,
            needs_review: item.needs_review,
            sources: None,
            hidden_sources: None,
        }
    }
}

fn names(tx: &mut Tx, me: &Actor, items: &[&Item]) -> Result<Names> {
    let records: Vec<&Record> = items.iter().map(|item| &item.record).collect();
    Names::of(tx, me, &records, std::iter::empty(), std::iter::empty())
}

impl Resource<Actor> for ItemShape {
    type New = NewItemBody;
    type Changes = ItemChanges;
    const SITE: Site = site!("memory", "{id}", DEEDS);

    fn asked(list: Operation) -> Operation {
        let types: Vec<&str> = Type::ALL.iter().map(|kind| kind.as_str()).collect();
        let standings: Vec<&str> = Standing::ALL.iter().map(|standing| standing.as_str()).collect();
        list.takes("project", "Key of a project.", &[])
            .takes("type", "", &types)
            .takes("standing", "All but the archived when left out.", &standings)
            .takes("tag", "", &[])
            .takes("q", "Words in the title.", &[])
            .takes("sort", "", &SORTS.map(|sort| sort.key))
    }

    fn list(tx: &mut Tx, me: &Actor, query: &Query) -> Result<Listed<Self>> {
        let filter = Filter {
            words: words_asked(query),
            kind: query.get("type").and_then(Type::parse),
            standing: query.get("standing").and_then(Standing::parse),
            tag: query.get("tag").map(str::to_owned),
            project: project_asked(me, query)?,
            ..Filter::default()
        };
        let sort = sort_of(&SORTS, query.get("sort").unwrap_or_default());
        let page = filter.items(tx, me, sort, query.after.clone(), query.limit)?;
        let names = names(tx, me, &page.rows.iter().collect::<Vec<_>>())?;
        let today = today(tx, me);
        Ok(Listed::of(page, |item| ItemShape::of(me, &names, item, today)))
    }

    fn find(tx: &mut Tx, me: &Actor, id: &str) -> Result<Self> {
        let item = Item::find(tx, me, id)?;
        let names = names(tx, me, &[&item])?;
        let Sources { seen, hidden } = item.sources(tx, me)?;
        let shape = |source: Source| SourceShape { record: source.record.display_id, passage: source.passage };
        let (body, today) = (item.body.clone(), today(tx, me));
        Ok(ItemShape {
            body: Some(body),
            sources: Some(seen.into_iter().map(shape).collect()),
            hidden_sources: Some(hidden),
            ..ItemShape::of(me, &names, item, today)
        })
    }

    fn make(tx: &mut Tx, me: &Actor, new: NewItemBody) -> Result<(String, Self)> {
        let id = new.item(me)?.create(tx, me)?.record.display_id;
        let made = ItemShape::find(tx, me, &id)?;
        Ok((id, made))
    }

    fn hold(tx: &mut Tx, me: &Actor, id: &str) -> Result<()> {
        Record::find(tx, me, Kind::Memory, id)?.lock(tx).map(drop)
    }

    fn change(tx: &mut Tx, me: &Actor, id: &str, changes: ItemChanges) -> Result<()> {
        let item = Item::find(tx, me, id)?;
        let edits = changes.edits(&item)?;
        edit_each(tx, me, &item.record, edits, |tx, edit| Item::edit(tx, me, id, edit).map(drop))
    }

    fn archive(tx: &mut Tx, me: &Actor, id: &str) -> Result<()> {
        Record::find(tx, me, Kind::Memory, id)?.archive(tx, me)
    }

    fn restore(tx: &mut Tx, me: &Actor, id: &str) -> Result<()> {
        Record::find(tx, me, Kind::Memory, id)?.restore(tx, me)
    }
}

impl NewItemBody {
    fn item(self, me: &Actor) -> Result<NewItem> {
        if self.sources.len() > MAX_SOURCES {
            let msg = crate::error::Msg::new("problem-memory-sources").with("max", MAX_SOURCES);
            return Err(Error::invalid("sources", msg));
        }
        let state = StateForm {
            kind: self.kind,
            title: self.title,
            body: self.body,
            confidence: self.confidence.unwrap_or(USUAL_CONFIDENCE).to_string(),
            importance: self.importance.unwrap_or(USUAL_IMPORTANCE).to_string(),
            valid_from: self.valid_from.unwrap_or_default(),
            valid_until: self.valid_until.unwrap_or_default(),
        };
        let form = ItemForm {
            state,
            tags: tags_sent(&self.tags)?,
            place: self.place,
            supersedes: self.supersedes.unwrap_or_default(),
            ..ItemForm::default()
        };
        let sources = self.sources.into_iter();
        let sources = sources.map(|source| NewSource { record: source.record, passage: source.passage }).collect();
        Ok(NewItem { sources, ..form.check(me)? })
    }
}

impl ItemChanges {
    fn edits(self, item: &Item) -> Result<Vec<(Field, String)>> {
        let review =
            self.needs_review.or_stays().map(|doubt| if doubt == Some(true) { "yes" } else { "no" }.to_owned());
        let tags = self.tags.or_stays().map(|tags| tags_sent(&tags.unwrap_or_default())).transpose()?;
        let (from, until) = ((Field::From, self.valid_from.text()), (Field::Until, self.valid_until.text()));
        // One after the other is checked against the one that stands: a window that moves past its own end moves its end first.
        let is_past =
            |from: &str| parse_date(from).is_ok_and(|from| item.valid_until.is_some_and(|until| from > until));
        let [first, second] = if from.1.as_deref().is_some_and(is_past) { [until, from] } else { [from, until] };
        let all = [
            (Field::Title, self.title.text()),
            (Field::Body, self.body.text()),
            (Field::Kind, self.kind.text()),
            (Field::Status, self.status.text()),
            (Field::Confidence, self.confidence.text()),
            (Field::Importance, self.importance.text()),
            first,
            second,
            (Field::Review, review),
            (Field::Tags, tags),
        ];
        Ok(all.into_iter().filter_map(|(field, value)| Some((field, value?))).collect())
    }
}
