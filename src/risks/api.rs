//! `/api/v1/risks`: the same verbs as the pages.

use super::model::*;
use super::pages::RiskForm;
use crate::access::{Actor, Api, Kind};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::people::Face;
use crate::records::Record;
use crate::related::{Names, RecordShape, edit_each, person_asked, project_asked, sort_of, tags_sent, words_asked};
use crate::site;
use crate::text::value::Body;
use crate::web::{Deeds, Listed, Operation, Query, Reply, Resource, Routes, Sent, Site, after, resource};
use actix_web::http::Method;
use actix_web::web::Path;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub fn routes() -> Routes {
    let closed =
        Operation { changes: false, ..Operation::changes::<ClosureBody, RiskShape>("Close a risk, with a note") };
    let opened = Operation::shows::<RiskShape>("Open a closed risk again");
    let write = RiskShape::SITE.write;
    resource::<Actor, RiskShape>().api(Method::POST, "/api/v1/risks/{id}/closure", write, closed, closure::create).api(
        Method::DELETE,
        "/api/v1/risks/{id}/closure",
        write,
        opened,
        closure::destroy,
    )
}

const DEEDS: Deeds = Deeds {
    list: "List risks, without their texts",
    make: "Make a risk",
    show: "Show a risk",
    change: "Change fields of a risk",
    archive: "Archive a risk",
    restore: "Bring a risk back",
};

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
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub title: Sent<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub status: Sent<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub category: Sent<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub description: Sent<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub mitigation: Sent<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub contingency: Sent<String>,
    #[serde(default)]
    #[schema(value_type = Option<i16>)]
    pub likelihood: Sent<i16>,
    #[serde(default)]
    #[schema(value_type = Option<i16>)]
    pub impact: Sent<i16>,
    /// A handle.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub owner: Sent<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date)]
    pub review_on: Sent<String>,
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>)]
    pub tags: Sent<Vec<String>>,
}

/// Why a risk is closed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClosureBody {
    /// Markdown.
    #[serde(default)]
    pub note: String,
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
}

impl Resource<Actor> for RiskShape {
    type New = NewRiskBody;
    type Changes = RiskChanges;
    const SITE: Site = site!("risks", "{id}", DEEDS);

    fn asked(list: Operation) -> Operation {
        let statuses: Vec<&str> = Status::ALL.iter().map(|status| status.as_str()).collect();
        list.takes("project", "Key of a project.", &[])
            .takes("status", "", &statuses)
            .takes("category", "", &[])
            .takes("owner", "A handle, or `none`.", &[])
            .takes("tag", "", &[])
            .takes("q", "Words in the title.", &[])
            .takes("archived", "The archived instead of the others.", &["true", "false"])
            .takes("sort", "", &SORTS.map(|sort| sort.key))
    }

    fn list(tx: &mut Tx, me: &Actor, query: &Query) -> Result<Listed<Self>> {
        let sort = sort_of(&SORTS, query.get("sort").unwrap_or_default());
        let page = filter(tx, me, query)?.risks(tx, me, sort, query.after.clone(), query.limit)?;
        let names = names(tx, me, &page.rows.iter().collect::<Vec<_>>())?;
        Ok(Listed::of(page, |risk| RiskShape::of(me, &names, risk, false)))
    }

    fn find(tx: &mut Tx, me: &Actor, id: &str) -> Result<Self> {
        let risk = Risk::find(tx, me, id)?;
        let names = names(tx, me, &[&risk])?;
        Ok(RiskShape::of(me, &names, risk, true))
    }

    fn make(tx: &mut Tx, me: &Actor, new: NewRiskBody) -> Result<(String, Self)> {
        let id = new.form()?.check(me)?.create(tx, me)?.record.display_id;
        let made = RiskShape::find(tx, me, &id)?;
        Ok((id, made))
    }

    fn hold(tx: &mut Tx, me: &Actor, id: &str) -> Result<()> {
        Record::find(tx, me, Kind::Risk, id)?.lock(tx).map(drop)
    }

    fn change(tx: &mut Tx, me: &Actor, id: &str, changes: RiskChanges) -> Result<()> {
        let record = Record::find(tx, me, Kind::Risk, id)?;
        let edits = changes.edits(tx)?;
        edit_each(tx, me, &record, edits, |tx, edit| Risk::edit(tx, me, id, edit).map(drop))
    }

    fn archive(tx: &mut Tx, me: &Actor, id: &str) -> Result<()> {
        Record::find(tx, me, Kind::Risk, id)?.archive(tx, me)
    }

    fn restore(tx: &mut Tx, me: &Actor, id: &str) -> Result<()> {
        Record::find(tx, me, Kind::Risk, id)?.restore(tx, me)
    }
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

impl RiskChanges {
    fn edits(self, tx: &mut Tx) -> Result<Vec<(Field, String)>> {
        let owner = self.owner.or_stays().map(|handle| Face::sent(tx, "owner", handle.as_deref())).transpose()?;
        let tags = self.tags.or_stays().map(|tags| tags_sent(&tags.unwrap_or_default())).transpose()?;
        let all = [
            (Field::Title, self.title.text()),
            (Field::Status, self.status.text()),
            (Field::Category, self.category.text()),
            (Field::Description, self.description.text()),
            (Field::Mitigation, self.mitigation.text()),
            (Field::Contingency, self.contingency.text()),
            (Field::Likelihood, self.likelihood.text()),
            (Field::Impact, self.impact.text()),
            (Field::Owner, owner),
            (Field::Review, self.review_on.text()),
            (Field::Tags, tags),
        ];
        Ok(all.into_iter().filter_map(|(field, value)| Some((field, value?))).collect())
    }
}

mod closure {
    use super::*;

    pub async fn create(api: Api, id: Path<String>) -> Result<Reply> {
        let body: ClosureBody = api.json().await?;
        after::<_, RiskShape, _>(api, id, move |tx, me, id| {
            let note = Body::parse(&body.note).map_err(|msg| Error::invalid("note", msg))?;
            Risk::close(tx, me, id, &note).map(drop)
        })
        .await
    }

    pub async fn destroy(api: Api, id: Path<String>) -> Result<Reply> {
        after::<_, RiskShape, _>(api, id, |tx, me, id| Risk::reopen(tx, me, id).map(drop)).await
    }
}
