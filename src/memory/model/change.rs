//! Editing one field. Four beats: may, change, remember, return; and the state it is left in goes to the history.

use super::{Item, Status, Type, check_days, parse_body, parse_confidence, parse_importance};
use crate::access::{Actor, Verb, may};
use crate::audit::Act;
use crate::db::Tx;
use crate::db::sql::Bind;
use crate::error::{Error, Result};
use crate::records::{Cell, Edit};
use crate::text_enum;
use crate::web::parse_date;
use chrono::NaiveDate;

text_enum!(
    /// What can be edited in place; its word is the form field's and the activity's.
    Field {
        Title = "title", Body = "body", Kind = "type", Status = "status", Confidence = "confidence",
        Importance = "importance", From = "valid_from", Until = "valid_until", Review = "needs_review", Tags = "tags",
    }
);

impl Item {
    /// The field as a form sends it; what its fingerprint is made from.
    pub fn value(&self, field: Field, tags: &[String]) -> String {
        let day = |on: Option<NaiveDate>| on.map(|on| on.to_string()).unwrap_or_default();
        match field {
            Field::Title => self.record.title.clone(),
            Field::Body => self.body.clone(),
            Field::Kind => self.kind.to_string(),
            Field::Status => self.status.to_string(),
            Field::Confidence => self.confidence.to_string(),
            Field::Importance => self.importance.to_string(),
            Field::From => day(self.valid_from),
            Field::Until => day(self.valid_until),
            Field::Review => if self.needs_review { "yes" } else { "no" }.to_owned(),
            Field::Tags => tags.join(", "),
        }
    }

    /// `Conflict` with both values when somebody else changed the same field since it was read.
    pub fn edit(tx: &mut Tx, me: &Actor, display_id: &str, edit: &Edit<Field>) -> Result<Item> {
        let item = Item::find_locked(tx, me, display_id)?;
        let tags = if edit.field == Field::Tags { item.record.tags(tx)? } else { Vec::new() };
        edit.check(edit.field.as_str(), &item.value(edit.field, &tags))?;
        if edit.field == Field::Tags {
            item.record.retag(tx, me, &edit.value)?;
            return Item::find(tx, me, display_id);
        }
        // Whether it is still relied upon is decided, not edited.
        let verb = if edit.field == Field::Status { Verb::Decide } else { Verb::Edit };
        let permit = may(tx, me, verb, &item.record.thing())?;
        let act = item.apply(tx, me, edit)?;
        let is_changed = act.is_some();
        item.record.settle(tx, permit, act)?;
        let item = Item::find(tx, me, display_id)?;
        if is_changed {
            item.remember(tx, me)?;
        }
        Ok(item)
    }

    pub(super) fn cell(&self, field: Field) -> Cell<'_> {
        Cell::of(&self.record, "memory_items", field.as_str())
    }

    /// None when nothing changed.
    fn apply(&self, tx: &mut Tx, me: &Actor, edit: &Edit<Field>) -> Result<Option<Act>> {
        let (cell, typed) = (self.cell(edit.field), edit.value.as_str());
        match edit.field {
            Field::Title => self.record.retitle(tx, typed),
            Field::Body => {
                let body = parse_body(typed).map_err(|msg| Error::invalid("body", msg))?;
                cell.text(tx, me, &self.body, body.as_str())
            }
            Field::Kind => cell.stored_as("item_type").choose(tx, self.kind, Type::parse(typed.trim())),
            Field::Status => cell.choose(tx, self.status, Status::parse(typed.trim())),
            Field::Confidence => {
                let new =
                    parse_confidence(typed).ok_or_else(|| Error::invalid("confidence", "problem-memory-confidence"))?;
                cell.set(tx, Bind::Int(new.into()), &percent(self.confidence), &percent(new))
            }
            Field::Importance => {
                let new =
                    parse_importance(typed).ok_or_else(|| Error::invalid("importance", "problem-memory-importance"))?;
                cell.set(tx, Bind::Int(new.into()), &self.importance.to_string(), &new.to_string())
            }
            Field::From => {
                check_days(day(edit, typed)?, self.valid_until)?;
                cell.date(tx, self.valid_from, typed)
            }
            Field::Until => {
                check_days(self.valid_from, day(edit, typed)?)?;
                cell.date(tx, self.valid_until, typed)
            }
            Field::Review => {
                let new = match typed.trim() {
                    "yes" => true,
                    "no" => false,
                    _ => return Err(Error::invalid("needs_review", "problem-choice")),
                };
                cell.set(tx, new.into(), &self.value(Field::Review, &[]), if new { "yes" } else { "no" })
            }
            Field::Tags => Ok(None),
        }
    }
}

fn day(edit: &Edit<Field>, typed: &str) -> Result<Option<NaiveDate>> {
    match typed.trim() {
        "" => Ok(None),
        typed => parse_date(typed).map(Some).map_err(|msg| Error::invalid(edit.field.as_str(), msg)),
    }
}

/// "80 %".
pub fn percent(confidence: i16) -> String {
    format!("{confidence} %")
}
