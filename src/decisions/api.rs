//! `/api/v1/decisions`: the same verbs as the pages.

use super::model::*;
use super::pages::DecisionForm;
use crate::access::{Actor, Api, Kind};
use crate::db::Tx;
use crate::error::Result;
use crate::records::Record;
use crate::related::{
    Names, RecordShape, begin_change, edit_each, person_sent, project_asked, sort_of, tags_sent, words_asked,
};
use crate::web::{Listed, Operation, Query, Reply, Routes, sent};
use actix_web::http::Method;
use actix_web::web::Path;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

const READ: &str = "decisions:read";
const WRITE: &str = "decisions:write";

pub fn routes() -> Routes {
    let statuses: Vec<&str> = Status::ALL.iter().map(|status| status.as_str()).collect();
    let list = Operation::lists::<Listed<DecisionShape>>("List decisions, without their texts")
        .takes("project", "Key of a project.", &[])
        .takes("status", "", &statuses)
        .takes("tag", "", &[])
        .takes("q", "Words in the title.", &[])
        .takes("archived", "The archived instead of the others.", &["true", "false"])
        .takes("sort", "", &SORTS.map(|sort| sort.key));
    let shown = Operation::shows::<DecisionShape>;
    let made = Operation::makes::<NewDecisionBody, DecisionShape>("Make a decision");
    let changed = Operation::changes::<DecisionChanges, DecisionShape>("Change fields of a decision");
    Routes::new()
        .api(Method::GET, "/api/v1/decisions", READ, list, index)
        .api(Method::POST, "/api/v1/decisions", WRITE, made, create)
        .api(Method::GET, "/api/v1/decisions/{id}", READ, shown("Show a decision"), show)
        .api(Method::PATCH, "/api/v1/decisions/{id}", WRITE, changed, update)
        .api(Method::POST, "/api/v1/decisions/{id}/archiving", WRITE, shown("Archive a decision"), archiving::create)
        .api(
            Method::DELETE,
            "/api/v1/decisions/{id}/archiving",
            WRITE,
            shown("Bring a decision back"),
            archiving::destroy,
        )
}

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
    pub title: Option<String>,
    pub status: Option<String>,
    pub context: Option<String>,
    pub decision: Option<String>,
    pub alternatives: Option<String>,
    pub consequences: Option<String>,
    /// A handle.
    #[serde(default, deserialize_with = "sent")]
    #[schema(value_type = Option<String>)]
    pub decider: Option<Option<String>>,
    #[serde(default, deserialize_with = "sent")]
    #[schema(value_type = Option<String>, format = Date)]
    pub decided_on: Option<Option<String>>,
    #[serde(default, deserialize_with = "sent")]
    #[schema(value_type = Option<String>, format = Date)]
    pub review_on: Option<Option<String>>,
    pub tags: Option<Vec<String>>,
}

async fn index(api: Api) -> Result<Reply> {
    let query = api.query().await?;
    let listed = api
        .read(move |tx, me| {
            let sort = sort_of(&SORTS, query.get("sort").unwrap_or_default());
            let page = filter(me, &query)?.decisions(tx, me, sort, query.after.clone(), query.limit)?;
            let names = names(tx, me, &page.rows.iter().collect::<Vec<_>>())?;
            Ok(Listed::of(page, |decision| DecisionShape::of(me, &names, decision, false)))
        })
        .await?;
    Ok(Reply::json(&listed))
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

    fn find(tx: &mut Tx, me: &Actor, id: &str) -> Result<Self> {
        let decision = Decision::find(tx, me, id)?;
        let names = names(tx, me, &[&decision])?;
        Ok(DecisionShape::of(me, &names, decision, true))
    }
}

async fn show(api: Api, id: Path<String>) -> Result<Reply> {
    let decision = api.read(move |tx, me| DecisionShape::find(tx, me, &id)).await?;
    api.show(&decision)
}

async fn create(api: Api) -> Result<Reply> {
    let body: NewDecisionBody = api.json().await?;
    api.create(move |tx, me| {
        let decision = body.form()?.check(me)?.create(tx, me)?;
        let id = &decision.record.display_id;
        Ok((format!("/api/v1/decisions/{id}"), DecisionShape::find(tx, me, id)?))
    })
    .await
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

async fn update(api: Api, id: Path<String>) -> Result<Reply> {
    let (changes, seen) = (api.json::<DecisionChanges>().await?, api.seen());
    let decision = api
        .write(move |tx, me| {
            let record = Record::find(tx, me, Kind::Decision, &id)?;
            begin_change(tx, me, &record, &seen, |tx| DecisionShape::find(tx, me, &id))?;
            let edits = changes.edits(tx)?;
            edit_each(edits, |edit| Decision::edit(tx, me, &id, edit).map(drop))?;
            DecisionShape::find(tx, me, &id)
        })
        .await?;
    api.show(&decision)
}

impl DecisionChanges {
    fn edits(self, tx: &mut Tx) -> Result<Vec<(Field, String)>> {
        let decider = self.decider.map(|handle| person_sent(tx, "decider", handle.as_deref())).transpose()?;
        let tags = self.tags.map(|tags| tags_sent(&tags)).transpose()?;
        let all = [
            (Field::Title, self.title),
            (Field::Status, self.status),
            (Field::Context, self.context),
            (Field::Decision, self.decision),
            (Field::Alternatives, self.alternatives),
            (Field::Consequences, self.consequences),
            (Field::Decider, decider),
            (Field::Decided, self.decided_on.map(Option::unwrap_or_default)),
            (Field::Review, self.review_on.map(Option::unwrap_or_default)),
            (Field::Tags, tags),
        ];
        Ok(all.into_iter().filter_map(|(field, value)| Some((field, value?))).collect())
    }
}

mod archiving {
    use super::*;

    pub async fn create(api: Api, id: Path<String>) -> Result<Reply> {
        change(api, id.into_inner(), Record::archive).await
    }

    pub async fn destroy(api: Api, id: Path<String>) -> Result<Reply> {
        change(api, id.into_inner(), Record::restore).await
    }

    async fn change(api: Api, id: String, verb: fn(&Record, &mut Tx, &Actor) -> Result<()>) -> Result<Reply> {
        let decision = api
            .write(move |tx, me| {
                verb(&Record::find(tx, me, Kind::Decision, &id)?, tx, me)?;
                DecisionShape::find(tx, me, &id)
            })
            .await?;
        api.show(&decision)
    }
}
