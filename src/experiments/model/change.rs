//! Editing one field. Four beats: may, change, remember, return.

use super::{Experiment, Status};
use crate::access::{Actor, Verb, may};
use crate::audit::Act;
use crate::db::Tx;
use crate::error::{Error, Msg, Result};
use crate::records::{Cell, Edit};
use crate::text_enum;
use crate::web::parse_date;
use chrono::NaiveDate;

text_enum!(
    /// What can be edited in place; its word is the form field's and the activity's.
    Field {
        Title = "title", Hypothesis = "hypothesis", Method = "method", Metric = "metric", Target = "target",
        Result = "result", Learnings = "learnings", Status = "status", Owner = "owner", Start = "start_on", End = "end_on",
        Tags = "tags",
    }
);

impl Experiment {
    /// The field as a form sends it; what its fingerprint is made from.
    pub fn value(&self, field: Field, tags: &[String]) -> String {
        let date = |on: Option<NaiveDate>| on.map(|on| on.to_string()).unwrap_or_default();
        match field {
            Field::Title => self.record.title.clone(),
            Field::Hypothesis => self.hypothesis.clone(),
            Field::Method => self.method.clone(),
            Field::Metric => self.metric.clone(),
            Field::Target => self.target.clone(),
            Field::Result => self.result.clone(),
            Field::Learnings => self.learnings.clone(),
            Field::Status => self.status.to_string(),
            Field::Owner => self.experiment_owner_id.map(|id| id.to_string()).unwrap_or_default(),
            Field::Start => date(self.start_on),
            Field::End => date(self.end_on),
            Field::Tags => tags.join(", "),
        }
    }

    /// `Conflict` with both values when somebody else changed the same field since it was read.
    pub fn edit(tx: &mut Tx, me: &Actor, display_id: &str, edit: &Edit<Field>) -> Result<Experiment> {
        let experiment = Experiment::find_locked(tx, me, display_id)?;
        let tags = if edit.field == Field::Tags { experiment.record.tags(tx)? } else { Vec::new() };
        match edit.field {
            Field::Owner => edit.check_person(tx, edit.field.as_str(), experiment.experiment_owner_id)?,
            _ => edit.check(edit.field.as_str(), &experiment.value(edit.field, &tags))?,
        }
        if edit.field == Field::Tags {
            experiment.record.retag(tx, me, &edit.value)?;
        } else {
            let permit = may(tx, me, Verb::Edit, &experiment.record.thing())?;
            let act = experiment.apply(tx, me, edit)?;
            experiment.record.settle(tx, permit, act)?;
        }
        Experiment::find(tx, me, display_id)
    }

    fn cell(&self, field: Field) -> Cell<'_> {
        Cell::of(&self.record, "experiments", field.as_str())
    }

    /// None when nothing changed.
    fn apply(&self, tx: &mut Tx, me: &Actor, edit: &Edit<Field>) -> Result<Option<Act>> {
        let (cell, typed) = (self.cell(edit.field), edit.value.as_str());
        let day = |typed: &str| parse_date(typed).ok();
        match edit.field {
            Field::Title => self.record.retitle(tx, typed),
            Field::Status => self.change_status(tx, typed),
            Field::Owner => cell.stored_as("owner_id").person(tx, self.experiment_owner_id, typed),
            Field::Start => {
                check_days(day(typed), self.end_on, "start_on")?;
                cell.date(tx, self.start_on, typed)
            }
            Field::End => {
                check_days(self.start_on, day(typed), "end_on")?;
                cell.date(tx, self.end_on, typed)
            }
            Field::Tags => Ok(None),
            _ => cell.text(tx, me, &self.value(edit.field, &[]), typed),
        }
    }

    /// One step. Starting and ending put today's date where none stands yet.
    fn change_status(&self, tx: &mut Tx, typed: &str) -> Result<Option<Act>> {
        let status = Status::parse(typed.trim()).ok_or_else(|| Error::invalid("status", "problem-choice"))?;
        if status != self.status && !self.status.may_become(status) {
            return Err(Error::invalid("status", "problem-experiment-step"));
        }
        let act = self.cell(Field::Status).choose(tx, self.status, Some(status))?;
        let today = tx.now.date_naive();
        let field = match status {
            Status::Running if self.start_on.is_none() && self.end_on.is_none_or(|end| end >= today) => Field::Start,
            status if status.is_over() && self.end_on.is_none() && self.start_on.is_none_or(|start| start <= today) => {
                Field::End
            }
            _ => return Ok(act),
        };
        let Some(act) = act else { return Ok(None) };
        let day = today.to_string();
        self.cell(field).date(tx, None, &day)?;
        Ok(Some(act.change(field.as_str(), "", day)))
    }
}

/// An end before the beginning is a slip of the pen.
pub(super) fn check_days(start: Option<NaiveDate>, end: Option<NaiveDate>, field: &str) -> Result<()> {
    match (start, end) {
        (Some(start), Some(end)) if end < start => {
            Err(Error::invalid(field, Msg::new("problem-experiment-days").with("start", start).with("end", end)))
        }
        _ => Ok(()),
    }
}
