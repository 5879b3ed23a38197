//! Editing one field. Four beats: may, change, remember, return.

use super::{Risk, Status, parse_weight};
use crate::access::{Actor, Verb, may};
use crate::audit::Act;
use crate::db::Tx;
use crate::db::sql::Bind;
use crate::error::{Error, Result};
use crate::records::{Cell, Edit};
use crate::text::value::Tag;
use crate::text_enum;

text_enum!(
    /// What can be edited in place; its word is the form field's and the activity's.
    Field {
        Title = "title", Description = "description", Mitigation = "mitigation", Contingency = "contingency",
        Status = "status", Category = "category", Likelihood = "likelihood", Impact = "impact", Owner = "owner",
        Review = "review_on", Tags = "tags",
    }
);

impl Risk {
    /// The field as a form sends it; what its fingerprint is made from.
    pub fn value(&self, field: Field, tags: &[String]) -> String {
        match field {
            Field::Title => self.record.title.clone(),
            Field::Description => self.description.clone(),
            Field::Mitigation => self.mitigation.clone(),
            Field::Contingency => self.contingency.clone(),
            Field::Status => self.status.to_string(),
            Field::Category => self.category.clone(),
            Field::Likelihood => self.likelihood.to_string(),
            Field::Impact => self.impact.to_string(),
            Field::Owner => self.risk_owner_id.map(|id| id.to_string()).unwrap_or_default(),
            Field::Review => self.review_on.map(|on| on.to_string()).unwrap_or_default(),
            Field::Tags => tags.join(", "),
        }
    }

    /// `Conflict` with both values when somebody else changed the same field since it was read.
    pub fn edit(tx: &mut Tx, me: &Actor, display_id: &str, edit: &Edit<Field>) -> Result<Risk> {
        let risk = Risk::find_locked(tx, me, display_id)?;
        let tags = if edit.field == Field::Tags { risk.record.tags(tx)? } else { Vec::new() };
        match edit.field {
            Field::Owner => edit.check_person(tx, edit.field.as_str(), risk.risk_owner_id)?,
            _ => edit.check(edit.field.as_str(), &risk.value(edit.field, &tags))?,
        }
        match edit.field {
            Field::Tags => risk.record.retag(tx, me, &edit.value)?,
            Field::Status => risk.change_status(tx, me, &edit.value)?,
            _ => {
                let permit = may(tx, me, Verb::Edit, &risk.record.thing())?;
                let act = risk.apply(tx, me, edit)?;
                risk.record.settle(tx, permit, act)?;
            }
        }
        Risk::find(tx, me, display_id)
    }

    /// Living with a risk, and no longer living with it, is decided; the rest is edited. Closing has a verb of its own.
    fn change_status(&self, tx: &mut Tx, me: &Actor, typed: &str) -> Result<()> {
        let status = Status::parse(typed.trim()).ok_or_else(|| Error::invalid("status", "problem-choice"))?;
        let is_decided = [self.status, status].contains(&Status::Accepted) && self.status != status;
        let verb = if is_decided { Verb::Decide } else { Verb::Edit };
        let permit = may(tx, me, verb, &self.record.thing())?;
        if (self.status == Status::Closed) != (status == Status::Closed) {
            return Err(Error::invalid("status", "problem-risk-closing"));
        }
        let act = self.cell(Field::Status).choose(tx, self.status, Some(status))?;
        self.record.settle(tx, permit, act)
    }

    pub(super) fn cell(&self, field: Field) -> Cell<'_> {
        Cell::of(&self.record, "risks", field.as_str())
    }

    /// None when nothing changed.
    fn apply(&self, tx: &mut Tx, me: &Actor, edit: &Edit<Field>) -> Result<Option<Act>> {
        let (cell, typed) = (self.cell(edit.field), edit.value.as_str());
        let old = self.value(edit.field, &[]);
        match edit.field {
            Field::Title => self.record.retitle(tx, typed),
            Field::Description | Field::Mitigation | Field::Contingency => cell.text(tx, me, &old, typed),
            Field::Category => {
                let category = parse_category(typed).map_err(|msg| Error::invalid("category", msg))?;
                let word = category.as_ref().map(Tag::as_str).unwrap_or_default();
                cell.set(tx, word.into(), &old, word)
            }
            Field::Likelihood | Field::Impact => {
                let weight =
                    parse_weight(typed).ok_or_else(|| Error::invalid(edit.field.as_str(), "problem-risk-weight"))?;
                cell.set(tx, Bind::Int(weight.into()), &old, &weight.to_string())
            }
            Field::Owner => cell.stored_as("owner_id").person(tx, self.risk_owner_id, typed),
            Field::Review => cell.date(tx, self.review_on, typed),
            Field::Status | Field::Tags => Ok(None),
        }
    }
}

/// Written as a tag is; empty for none.
pub fn parse_category(typed: &str) -> Result<Option<Tag>, crate::error::Msg> {
    if typed.trim().is_empty() { Ok(None) } else { Tag::parse(typed).map(Some) }
}
