//! Risks and experiments of the story.

use super::{Story, place};
use crate::cli::demo::company::right;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::experiments::{self, Experiment, NewExperiment};
use crate::records::Edit;
use crate::risks::{self, NewRisk, Risk};
use crate::text::value::{Body, Tag, Title};
use chrono::Duration;

impl Story<'_> {
    pub(super) fn make_risk(&mut self, tx: &mut Tx, index: usize) -> Result<()> {
        let risk = self.risks.get(index).ok_or(Error::NotFound)?.clone();
        let me = self.cast.actor(risk.author)?;
        let [description, mitigation, contingency] = risk.texts.map(Body::parse);
        let new = NewRisk {
            place: place(me, risk.place)?,
            title: right(Title::parse(risk.title))?,
            category: Some(right(Tag::parse(risk.category))?),
            description: right(description)?,
            mitigation: right(mitigation)?,
            contingency: right(contingency)?,
            likelihood: risk.likelihood,
            impact: risk.impact,
            review_on: risk.review.map(|days| (self.now + Duration::days(days)).date_naive()),
            tags: right(Tag::parse_list(risk.tags))?,
        };
        self.risk_ids.insert(index, new.create(tx, me)?.record.display_id);
        self.made += 1;
        Ok(())
    }

    pub(super) fn set_risk(&self, tx: &mut Tx, index: usize, status: &str) -> Result<()> {
        let risk = self.risks.get(index).ok_or(Error::NotFound)?;
        let (id, me) = (self.risk_ids.get(&index).ok_or(Error::NotFound)?, self.cast.actor(risk.author)?);
        if status == "closed" {
            let note = right(Body::parse("It has not happened since."))?;
            return Risk::close(tx, me, id, &note).map(drop);
        }
        let edit = Edit { field: risks::Field::Status, value: status.to_owned(), was: None };
        Risk::edit(tx, me, id, &edit).map(drop)
    }

    pub(super) fn make_experiment(&mut self, tx: &mut Tx, index: usize) -> Result<()> {
        let experiment = self.experiments.get(index).ok_or(Error::NotFound)?.clone();
        let me = self.cast.actor(experiment.author)?;
        let [hypothesis, method, metric, target, _, _] = experiment.texts.map(Body::parse);
        let is_planned = experiment.status == "planned";
        let new = NewExperiment {
            place: place(me, experiment.place)?,
            title: right(Title::parse(experiment.title))?,
            status: if is_planned { experiments::Status::Planned } else { experiments::Status::Running },
            hypothesis: right(hypothesis)?,
            method: right(method)?,
            metric: right(metric)?,
            target: right(target)?,
            start_on: (!is_planned).then_some(tx.now.date_naive()),
            end_on: experiment.ended.map(|age| self.at(age).date_naive()),
            tags: right(Tag::parse_list(experiment.tags))?,
        };
        self.experiment_ids.insert(index, new.create(tx, me)?.record.display_id);
        self.made += 1;
        Ok(())
    }

    /// What came out so far, what it taught, and how it ended.
    pub(super) fn end_experiment(&self, tx: &mut Tx, index: usize) -> Result<()> {
        let experiment = self.experiments.get(index).ok_or(Error::NotFound)?;
        let (id, me) = (self.experiment_ids.get(&index).ok_or(Error::NotFound)?, self.cast.actor(experiment.author)?);
        let [_, _, _, _, result, learnings] = experiment.texts;
        let fields = [
            (experiments::Field::Result, result),
            (experiments::Field::Learnings, learnings),
            (experiments::Field::Status, experiment.status),
        ];
        for (field, value) in fields.into_iter().filter(|(_, value)| !value.is_empty()) {
            Experiment::edit(tx, me, id, &Edit { field, value: value.to_owned(), was: None })?;
        }
        Ok(())
    }
}
