//! `/api/v1/decisions`: the same verbs as the pages.

use super::model::*;
use super::pages::DecisionForm;
use crate::access::{Actor, Kind};
use crate::db::Tx;
use crate::error::Result;
use crate::people::Face;
use crate::records::Record;
use crate::related::{Names, RecordShape, edit_each, project_asked, sort_of, tags_sent, words_asked};
use crate::site;
use crate::web::{Deeds, Listed, Operation, Query, Resource, Routes, Sent, Site, resource};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub fn routes() -> Routes {
    resource::<Actor, DecisionShape>()
}

const DEEDS: Deeds = Deeds {
    list: "List decisions, without their texts",
    make: "Make a decision",
    show: "Show a decision",
    change: "Change fields of a decision",
    archive: "Archive a decision",
    restore: "Bring a decision back",
};

/// A decision.
#[derive(Debug, Serialize, ToSchema)]
pub struct DecisionShape {
    #[serde(flatten)]
    pub record: RecordShape,
    #[schema(inline)]
    pub status: Status,
    /// Markdown, as the next three; left out in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alternatives: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consequences: Option<String>,
    /// A handle.
    pub decider: Option<String>,
    pub decided_on: Option<NaiveDate>,
    pub review_on: Option<NaiveDate>,
}

/// A decision to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDecisionBody {
    pub title: String,
    /// `organisation`, `private`, `project:KEY` or `group:ID`.
    pub place: String,
    #[serde(default)]
    pub status: String,
    #[serde(default)]
    pub context: String,
    #[serde(default)]
    pub decision: String,
    #[serde(default)]
    pub alternatives: String,
    #[serde(default)]
    pub consequences: String,
    #[schema(format = Date)]
    pub decided_on: Option<String>,
    #[schema(format = Date)]
    pub review_on: Option<String>,
    #[serde(default)]
    pub tags: Vec<String>,
    /// Display ID of the decision it replaces.
    pub supersedes: Option<String>,
}

/// Fields of a decision to change; what is left out stays, null empties.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DecisionChanges {
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub title: Sent<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub status: Sent<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub context: Sent<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub decision: Sent<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub alternatives: Sent<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub consequences: Sent<String>,
    /// A handle.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub decider: Sent<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date)]
    pub decided_on: Sent<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date)]
    pub review_on: Sent<String>,
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>)]
    pub tags: Sent<Vec<String>>,
}

fn filter(me: &Actor, query: &Query) -> Result<Filter> {
    Ok(Filter {
        words: words_asked(query),
        status: query.get("status").and_then(Status::parse),
        tag: query.get("tag").map(str::to_owned),
        project: project_asked(me, query)?,
        archived: query.get("archived") == Some("true"),
    })
}

fn names(tx: &mut Tx, me: &Actor, decisions: &[&Decision]) -> Result<Names> {
    let records: Vec<&Record> = decisions.iter().map(|decision| &decision.record).collect();
    Names::of(tx, me, &records, decisions.iter().map(|decision| decision.decider_id), std::iter::empty())
}

impl DecisionShape {
    fn of(me: &Actor, names: &Names, decision: Decision, with_text: bool) -> Self {
        let text = |text: String| with_text.then_some(text);
        DecisionShape {
            record: names.shape(me, &decision.record),
            status: decision.status,
            context: text(decision.context),
            decision: text(decision.decision),
            alternatives: text(decision.alternatives),
            consequences: text(decision.consequences),
            decider: names.person(decision.decider_id),
            decided_on: decision.decided_on,
            review_on: decision.review_on,
        }
    }
}

impl Resource<Actor> for DecisionShape {
    type New = NewDecisionBody;
    type Changes = DecisionChanges;
    const SITE: Site = site!("decisions", "{id}", DEEDS);

    fn asked(list: Operation) -> Operation {
        let statuses: Vec<&str> = Status::ALL.iter().map(|status| status.as_str()).collect();
        list.takes("project", "Key of a project.", &[])
            .takes("status", "", &statuses)
            .takes("tag", "", &[])
            .takes("q", "Words in the title.", &[])
            .takes("archived", "The archived instead of the others.", &["true", "false"])
            .takes("sort", "", &SORTS.map(|sort| sort.key))
    }

    fn list(tx: &mut Tx, me: &Actor, query: &Query) -> Result<Listed<Self>> {
        let sort = sort_of(&SORTS, query.get("sort").unwrap_or_default());
        let page = filter(me, query)?.decisions(tx, me, sort, query.after.clone(), query.limit)?;
        let names = names(tx, me, &page.rows.iter().collect::<Vec<_>>())?;
        Ok(Listed::of(page, |decision| DecisionShape::of(me, &names, decision, false)))
    }

    fn find(tx: &mut Tx, me: &Actor, id: &str) -> Result<Self> {
        let decision = Decision::find(tx, me, id)?;
        let names = names(tx, me, &[&decision])?;
        Ok(DecisionShape::of(me, &names, decision, true))
    }

    fn make(tx: &mut Tx, me: &Actor, new: NewDecisionBody) -> Result<(String, Self)> {
        let id = new.form()?.check(me)?.create(tx, me)?.record.display_id;
        let made = DecisionShape::find(tx, me, &id)?;
        Ok((id, made))
    }

    fn hold(tx: &mut Tx, me: &Actor, id: &str) -> Result<()> {
        Record::find(tx, me, Kind::Decision, id)?.lock(tx).map(drop)
    }

    fn change(tx: &mut Tx, me: &Actor, id: &str, changes: DecisionChanges) -> Result<()> {
        let record = Record::find(tx, me, Kind::Decision, id)?;
        let edits = changes.edits(tx)?;
        edit_each(tx, me, &record, edits, |tx, edit| Decision::edit(tx, me, id, edit).map(drop))
    }

    fn archive(tx: &mut Tx, me: &Actor, id: &str) -> Result<()> {
        Record::find(tx, me, Kind::Decision, id)?.archive(tx, me)
    }

    fn restore(tx: &mut Tx, me: &Actor, id: &str) -> Result<()> {
        Record::find(tx, me, Kind::Decision, id)?.restore(tx, me)
    }
}

impl NewDecisionBody {
    fn form(self) -> Result<DecisionForm> {
        Ok(DecisionForm {
            tags: tags_sent(&self.tags)?,
            title: self.title,
            place: self.place,
            status: self.status,
            context: self.context,
            decision: self.decision,
            alternatives: self.alternatives,
            consequences: self.consequences,
            decided_on: self.decided_on.unwrap_or_default(),
            review_on: self.review_on.unwrap_or_default(),
            supersedes: self.supersedes.unwrap_or_default(),
        })
    }
}

impl DecisionChanges {
    fn edits(self, tx: &mut Tx) -> Result<Vec<(Field, String)>> {
        let decider = self.decider.or_stays().map(|handle| Face::sent(tx, "decider", handle.as_deref())).transpose()?;
        let tags = self.tags.or_stays().map(|tags| tags_sent(&tags.unwrap_or_default())).transpose()?;
        let all = [
            (Field::Title, self.title.text()),
            (Field::Status, self.status.text()),
            (Field::Context, self.context.text()),
            (Field::Decision, self.decision.text()),
            (Field::Alternatives, self.alternatives.text()),
            (Field::Consequences, self.consequences.text()),
            (Field::Decider, decider),
            (Field::Decided, self.decided_on.text()),
            (Field::Review, self.review_on.text()),
            (Field::Tags, tags),
        ];
        Ok(all.into_iter().filter_map(|(field, value)| Some((field, value?))).collect())
    }
}
