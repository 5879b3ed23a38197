//! `/api/v1/risks`: the same verbs as the pages.

use super::model::*;
use super::pages::RiskForm;
use crate::access::{Actor, Api, Kind};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::records::Record;
use crate::related::{
    Names, RecordShape, begin_change, edit_each, person_asked, person_sent, project_asked, sort_of, tags_sent,
    words_asked,
};
use crate::text::value::Body;
use crate::web::{Listed, Operation, Query, Reply, Routes, sent};
use actix_web::http::Method;
use actix_web::web::Path;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

const READ: &str = "risks:read";
const WRITE: &str = "risks:write";

pub fn routes() -> Routes {
    let statuses: Vec<&str> = Status::ALL.iter().map(|status| status.as_str()).collect();
    let list = Operation::lists::<Listed<RiskShape>>("List risks, without their texts")
        .takes("project", "Key of a project.", &[])
        .takes("status", "", &statuses)
        .takes("category", "", &[])
        .takes("owner", "A handle, or `none`.", &[])
        .takes("tag", "", &[])
        .takes("q", "Words in the title.", &[])
        .takes("archived", "The archived instead of the others.", &["true", "false"])
        .takes("sort", "", &SORTS.map(|sort| sort.key));
    let shown = Operation::shows::<RiskShape>;
    let made = Operation::makes::<NewRiskBody, RiskShape>("Make a risk");
    let changed = Operation::changes::<RiskChanges, RiskShape>("Change fields of a risk");
    let closed =
        Operation { changes: false, ..Operation::changes::<ClosureBody, RiskShape>("Close a risk, with a note") };
    Routes::new()
        .api(Method::GET, "/api/v1/risks", READ, list, index)
        .api(Method::POST, "/api/v1/risks", WRITE, made, create)
        .api(Method::GET, "/api/v1/risks/{id}", READ, shown("Show a risk"), show)
        .api(Method::PATCH, "/api/v1/risks/{id}", WRITE, changed, update)
        .api(Method::POST, "/api/v1/risks/{id}/closure", WRITE, closed, closure::create)
        .api(Method::DELETE, "/api/v1/risks/{id}/closure", WRITE, shown("Open a closed risk again"), closure::destroy)
        .api(Method::POST, "/api/v1/risks/{id}/archiving", WRITE, shown("Archive a risk"), archiving::create)
        .api(Method::DELETE, "/api/v1/risks/{id}/archiving", WRITE, shown("Bring a risk back"), archiving::destroy)
}

/// A risk.
#[derive(Debug, Serialize, ToSchema)]
pub struct RiskShape {
    #[serde(flatten)]
    pub record: RecordShape,
    #[schema(inline)]
    pub status: Status,
    /// Empty for none.
    pub category: String,
    /// Markdown, as the next two; left out in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mitigation: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contingency: Option<String>,
    /// 1 to 5, as the impact.
    pub likelihood: i16,
    pub impact: i16,
    /// Likelihood × impact.
    pub score: i16,
    /// A handle.
    pub owner: Option<String>,
    pub review_on: Option<NaiveDate>,
}

/// A risk to make; it is open, and its maker's.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRiskBody {
    pub title: String,
    /// `organisation`, `private`, `project:KEY` or `group:ID`.
    pub place: String,
    /// 1 to 5, as the impact.
    pub likelihood: i16,
    pub impact: i16,
    #[serde(default)]
    pub category: String,
    #[serde(default)]
    pub description: String,
    #[serde(default)]
    pub mitigation: String,
    #[serde(default)]
    pub contingency: String,
    #[schema(format = Date)]
    pub review_on: Option<String>,
    #[serde(default)]
    pub tags: Vec<String>,
}

/// Fields of a risk to change; what is left out stays, null empties. Closing has a route of its own.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RiskChanges {
    pub title: Option<String>,
    pub status: Option<String>,
    pub category: Option<String>,
    pub description: Option<String>,
    pub mitigation: Option<String>,
    pub contingency: Option<String>,
    pub likelihood: Option<i16>,
    pub impact: Option<i16>,
    /// A handle.
    #[serde(default, deserialize_with = "sent")]
    #[schema(value_type = Option<String>)]
    pub owner: Option<Option<String>>,
    #[serde(default, deserialize_with = "sent")]
    #[schema(value_type = Option<String>, format = Date)]
    pub review_on: Option<Option<String>>,
    pub tags: Option<Vec<String>>,
}

/// Why a risk is closed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClosureBody {
    /// Markdown.
    #[serde(default)]
    pub note: String,
}

async fn index(api: Api) -> Result<Reply> {
    let query = api.query().await?;
    let listed = api
        .read(move |tx, me| {
            let sort = sort_of(&SORTS, query.get("sort").unwrap_or_default());
            let page = filter(tx, me, &query)?.risks(tx, me, sort, query.after.clone(), query.limit)?;
            let names = names(tx, me, &page.rows.iter().collect::<Vec<_>>())?;
            Ok(Listed::of(page, |risk| RiskShape::of(me, &names, risk, false)))
        })
        .await?;
    Ok(Reply::json(&listed))
}

fn filter(tx: &mut Tx, me: &Actor, query: &Query) -> Result<Filter> {
    Ok(Filter {
        words: words_asked(query),
        status: query.get("status").and_then(Status::parse),
        category: query.get("category").map(str::to_owned),
        owner: person_asked(tx, query, "owner")?,
        tag: query.get("tag").map(str::to_owned),
        project: project_asked(me, query)?,
        archived: query.get("archived") == Some("true"),
        ..Filter::default()
    })
}

fn names(tx: &mut Tx, me: &Actor, risks: &[&Risk]) -> Result<Names> {
    let records: Vec<&Record> = risks.iter().map(|risk| &risk.record).collect();
    Names::of(tx, me, &records, risks.iter().map(|risk| risk.risk_owner_id), std::iter::empty())
}

impl RiskShape {
    fn of(me: &Actor, names: &Names, risk: Risk, with_text: bool) -> Self {
        let text = |text: String| with_text.then_some(text);
        RiskShape {
            record: names.shape(me, &risk.record),
            status: risk.status,
            category: risk.category,
            description: text(risk.description),
            mitigation: text(risk.mitigation),
            contingency: text(risk.contingency),
            likelihood: risk.likelihood,
            impact: risk.impact,
            score: risk.score,
            owner: names.person(risk.risk_owner_id),
            review_on: risk.review_on,
        }
    }

    fn find(tx: &mut Tx, me: &Actor, id: &str) -> Result<Self> {
        let risk = Risk::find(tx, me, id)?;
        let names = names(tx, me, &[&risk])?;
        Ok(RiskShape::of(me, &names, risk, true))
    }
}

async fn show(api: Api, id: Path<String>) -> Result<Reply> {
    let risk = api.read(move |tx, me| RiskShape::find(tx, me, &id)).await?;
    api.show(&risk)
}

async fn create(api: Api) -> Result<Reply> {
    let body: NewRiskBody = api.json().await?;
    api.create(move |tx, me| {
        let risk = body.form()?.check(me)?.create(tx, me)?;
        let id = &risk.record.display_id;
        Ok((format!("/api/v1/risks/{id}"), RiskShape::find(tx, me, id)?))
    })
    .await
}

impl NewRiskBody {
    fn form(self) -> Result<RiskForm> {
        Ok(RiskForm {
            tags: tags_sent(&self.tags)?,
            title: self.title,
            place: self.place,
            category: self.category,
            description: self.description,
            mitigation: self.mitigation,
            contingency: self.contingency,
            likelihood: self.likelihood.to_string(),
            impact: self.impact.to_string(),
            review_on: self.review_on.unwrap_or_default(),
        })
    }
}

async fn update(api: Api, id: Path<String>) -> Result<Reply> {
    let (changes, seen) = (api.json::<RiskChanges>().await?, api.seen());
    let risk = api
        .write(move |tx, me| {
            let record = Record::find(tx, me, Kind::Risk, &id)?;
            begin_change(tx, me, &record, &seen, |tx| RiskShape::find(tx, me, &id))?;
            let edits = changes.edits(tx)?;
            edit_each(edits, |edit| Risk::edit(tx, me, &id, edit).map(drop))?;
            RiskShape::find(tx, me, &id)
        })
        .await?;
    api.show(&risk)
}

impl RiskChanges {
    fn edits(self, tx: &mut Tx) -> Result<Vec<(Field, String)>> {
        let owner = self.owner.map(|handle| person_sent(tx, "owner", handle.as_deref())).transpose()?;
        let tags = self.tags.map(|tags| tags_sent(&tags)).transpose()?;
        let all = [
            (Field::Title, self.title),
            (Field::Status, self.status),
            (Field::Category, self.category),
            (Field::Description, self.description),
            (Field::Mitigation, self.mitigation),
            (Field::Contingency, self.contingency),
            (Field::Likelihood, self.likelihood.map(|weight| weight.to_string())),
            (Field::Impact, self.impact.map(|weight| weight.to_string())),
            (Field::Owner, owner),
            (Field::Review, self.review_on.map(Option::unwrap_or_default)),
            (Field::Tags, tags),
        ];
        Ok(all.into_iter().filter_map(|(field, value)| Some((field, value?))).collect())
    }
}

mod closure {
    use super::*;

    pub async fn create(api: Api, id: Path<String>) -> Result<Reply> {
        let body: ClosureBody = api.json().await?;
        let risk = api
            .write(move |tx, me| {
                let note = Body::parse(&body.note).map_err(|msg| Error::invalid("note", msg))?;
                Risk::close(tx, me, &id, &note)?;
                RiskShape::find(tx, me, &id)
            })
            .await?;
        api.show(&risk)
    }

    pub async fn destroy(api: Api, id: Path<String>) -> Result<Reply> {
        let risk = api
            .write(move |tx, me| {
                Risk::reopen(tx, me, &id)?;
                RiskShape::find(tx, me, &id)
            })
            .await?;
        api.show(&risk)
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
        let risk = api
            .write(move |tx, me| {
                verb(&Record::find(tx, me, Kind::Risk, &id)?, tx, me)?;
                RiskShape::find(tx, me, &id)
            })
            .await?;
        api.show(&risk)
    }
}
