//! Decisions: made, edited field by field, superseded, listed.

use crate::access::{Actor, Kind, Place, ProjectId, Verb, may, visible};
use crate::audit::{self, Act, ActKind};
use crate::db::Tx;
use crate::db::paging::{Cursor, Page};
use crate::db::sql::Sql;
use crate::error::{Error, Result};
use crate::people::PersonId;
use crate::records::{
    BY_CREATED, BY_TITLE, BY_UPDATED, Cell, Edit, LinkKind, List, NewRecord, RECORD_COLUMNS, Record, Sort, Which,
    tagged, title_contains,
};
use crate::text::value::{Body, Tag, Title};
use crate::{text_enum, typed_id};
use chrono::NaiveDate;
use diesel::QueryableByName;
use diesel::sql_types::{Date, Nullable, Text, Uuid as SqlUuid};

typed_id!(DecisionId);

text_enum!(Status { Proposed = "proposed", Active = "active", Superseded = "superseded", Rejected = "rejected" });

text_enum!(
    /// What can be edited in place; its word is the form field's and the activity's.
    Field {
        Title = "title", Context = "context", Decision = "decision", Alternatives = "alternatives",
        Consequences = "consequences", Status = "status", Decider = "decider", Decided = "decided_on", Review = "review_on",
        Tags = "tags",
    }
);

impl Status {
    pub fn tone(self) -> &'static str {
        match self {
            Status::Proposed => "violet",
            Status::Active => "green",
            Status::Superseded | Status::Rejected => "grey",
        }
    }

    pub fn icon(self) -> &'static str {
        match self {
            Status::Proposed => "status-in_review",
            Status::Active => "status-done",
            Status::Superseded => "status-backlog",
            Status::Rejected => "status-canceled",
        }
    }

    /// Message key.
    pub fn label(self) -> String {
        format!("decision-{self}")
    }
}

#[derive(Debug, Clone, QueryableByName)]
pub struct Decision {
    #[diesel(embed)]
    pub record: Record,
    #[diesel(sql_type = Text)]
    pub status: Status,
    /// Markdown, as the next three.
    #[diesel(sql_type = Text)]
    pub context: String,
    #[diesel(sql_type = Text)]
    pub decision: String,
    #[diesel(sql_type = Text)]
    pub alternatives: String,
    #[diesel(sql_type = Text)]
    pub consequences: String,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub decider_id: Option<PersonId>,
    #[diesel(sql_type = Nullable<Date>)]
    pub decided_on: Option<NaiveDate>,
    #[diesel(sql_type = Nullable<Date>)]
    pub review_on: Option<NaiveDate>,
}

const COLUMNS: &str =
    ", d.status, d.context, d.decision, d.alternatives, d.consequences, d.decider_id, d.decided_on, d.review_on";

/// A decision about to be made.
#[derive(Debug, Clone)]
pub struct NewDecision {
    pub place: Place,
    pub title: Title,
    pub status: Status,
    pub context: Body,
    pub decision: Body,
    pub alternatives: Body,
    pub consequences: Body,
    pub decided_on: Option<NaiveDate>,
    pub review_on: Option<NaiveDate>,
    pub tags: Vec<Tag>,
    /// Display ID of the decision it replaces.
    pub supersedes: Option<String>,
}

impl NewDecision {
    pub fn create(self, tx: &mut Tx, me: &Actor) -> Result<Decision> {
        if let Some(old) = &self.supersedes {
            Decision::hold_older(tx, me, old, None)?;
        }
        let (record, permit) =
            NewRecord { kind: Kind::Decision, place: self.place, title: self.title.clone() }.insert(tx, me)?;
        let mut sql = Sql::named(
            "decisions::insert",
            "insert into decisions (id, status, context, decision, alternatives, consequences, decider_id, decided_on, review_on) values (",
        );
        sql.bind(record.id).push(", ").bind(self.status).push(", ").bind(self.context.as_str()).push(", ");
        sql.bind(self.decision.as_str())
            .push(", ")
            .bind(self.alternatives.as_str())
            .push(", ")
            .bind(self.consequences.as_str());
        sql.push(", ")
            .bind(me.person_id().map(|id| id.0))
            .push(", ")
            .bind(self.decided_on)
            .push(", ")
            .bind(self.review_on)
            .push(")");
        sql.execute(tx.conn())?;
        let texts = [
            ("context", &self.context),
            ("decision", &self.decision),
            ("alternatives", &self.alternatives),
            ("consequences", &self.consequences),
        ];
        record.furnish(tx, me, &self.tags, &texts)?;
        audit::record(tx, permit, Act::new(ActKind::Created).on(record.id))?;
        let decision = Decision::find(tx, me, &record.display_id)?;
        if let Some(old) = &self.supersedes {
            decision.supersede(tx, me, old)?;
        }
        Ok(decision)
    }
}

impl Decision {
    /// By display ID; the invisible is `NotFound`.
    pub fn find(tx: &mut Tx, me: &Actor, display_id: &str) -> Result<Decision> {
        let mut sql = Sql::named(
            "decisions::find",
            &format!("select {RECORD_COLUMNS}{COLUMNS} from records r join decisions d on d.id = r.id where r.kind = "),
        );
        sql.bind(Kind::Decision)
            .push(" and r.display_id = ")
            .bind(display_id)
            .push(" and ")
            .append(&visible::records(me));
        sql.load(tx.conn())?.into_iter().next().ok_or(Error::NotFound)
    }

    fn find_locked(tx: &mut Tx, me: &Actor, display_id: &str) -> Result<Decision> {
        Record::find(tx, me, Kind::Decision, display_id)?.lock(tx)?;
        Decision::find(tx, me, display_id)
    }

    /// The field as a form sends it.
    pub fn value(&self, field: Field, tags: &[String]) -> String {
        let date = |date: Option<NaiveDate>| date.map(|date| date.to_string()).unwrap_or_default();
        match field {
            Field::Title => self.record.title.clone(),
            Field::Context => self.context.clone(),
            Field::Decision => self.decision.clone(),
            Field::Alternatives => self.alternatives.clone(),
            Field::Consequences => self.consequences.clone(),
            Field::Status => self.status.to_string(),
            Field::Decider => self.decider_id.map(|id| id.to_string()).unwrap_or_default(),
            Field::Decided => date(self.decided_on),
            Field::Review => date(self.review_on),
            Field::Tags => tags.join(", "),
        }
    }

    /// `Conflict` with both values when somebody else changed the same field since it was read.
    pub fn edit(tx: &mut Tx, me: &Actor, display_id: &str, edit: &Edit<Field>) -> Result<Decision> {
        let decision = Decision::find_locked(tx, me, display_id)?;
        let tags = if edit.field == Field::Tags { decision.record.tags(tx)? } else { Vec::new() };
        match edit.field {
            Field::Decider => edit.check_person(tx, edit.field.as_str(), decision.decider_id)?,
            _ => edit.check(edit.field.as_str(), &decision.value(edit.field, &tags))?,
        }
        match edit.field {
            Field::Tags => decision.record.retag(tx, me, &edit.value)?,
            _ => decision.change(tx, me, edit)?,
        }
        Decision::find(tx, me, display_id)
    }

    fn change(&self, tx: &mut Tx, me: &Actor, edit: &Edit<Field>) -> Result<()> {
        // Whether a decision stands is decided, not edited.
        let verb = if edit.field == Field::Status { Verb::Decide } else { Verb::Edit };
        let permit = may(tx, me, verb, &self.record.thing())?;
        let act = self.apply(tx, me, edit)?;
        self.record.settle(tx, permit, act)
    }

    fn cell(&self, field: Field) -> Cell<'_> {
        Cell::of(&self.record, "decisions", field.as_str())
    }

    /// None when nothing changed.
    fn apply(&self, tx: &mut Tx, me: &Actor, edit: &Edit<Field>) -> Result<Option<Act>> {
        let (cell, typed) = (self.cell(edit.field), edit.value.as_str());
        match edit.field {
            Field::Title => self.record.retitle(tx, typed),
            Field::Status => cell.choose(tx, self.status, Status::parse(typed.trim())),
            Field::Decider => cell.stored_as("decider_id").person(tx, self.decider_id, typed),
            Field::Decided => cell.date(tx, self.decided_on, typed),
            Field::Review => cell.date(tx, self.review_on, typed),
            Field::Context | Field::Decision | Field::Alternatives | Field::Consequences => {
                cell.text(tx, me, &self.value(edit.field, &[]), typed)
            }
            Field::Tags => Ok(None),
        }
    }

    /// Replaces an older decision: links both ways, and the older one is superseded.
    pub fn supersede(&self, tx: &mut Tx, me: &Actor, old: &str) -> Result<()> {
        let old = Decision::hold_older(tx, me, old, Some(self))?;
        if old.record.id == self.record.id {
            return Err(Error::invalid("supersedes", "problem-link-self"));
        }
        let permit = may(tx, me, Verb::Decide, &old.record.thing())?;
        let newer =
            old.record.links(tx, me)?.into_iter().any(|link| {
                link.link_kind == LinkKind::Supersedes && !link.is_inverse && link.other.id == self.record.id
            });
        if newer {
            permit.unused(tx);
            return Err(Error::invalid("supersedes", "problem-decision-circle"));
        }
        self.record.link(tx, me, LinkKind::Supersedes, &old.record)?;
        let changed = old.cell(Field::Status).choose(tx, old.status, Some(Status::Superseded))?;
        let act = Act::new(ActKind::Superseded).on(old.record.id).note("by", &self.record.display_id);
        old.record.settle(tx, permit, changed.map(|_| act))
    }

    /// The older one, held with this one.
    fn hold_older(tx: &mut Tx, me: &Actor, old: &str, newer: Option<&Decision>) -> Result<Decision> {
        let newer = newer.map(|newer| &newer.record);
        let old = Record::hold_older(tx, me, (Kind::Decision, old), newer, "problem-decision-unknown")?;
        Decision::find(tx, me, &old.display_id)
    }
}

/// Sort columns; the first is the default.
pub const SORTS: [Sort; 4] = [BY_UPDATED, Sort::new("review", "d.review_on", "date").nullable(), BY_CREATED, BY_TITLE];

/// What a list is narrowed to.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub words: Option<String>,
    pub status: Option<Status>,
    pub tag: Option<String>,
    pub project: Option<ProjectId>,
    pub archived: bool,
}

/// A decision as a row shows it.
#[derive(Debug, Clone, QueryableByName)]
pub struct Row {
    #[diesel(embed)]
    pub record: Record,
    #[diesel(sql_type = Text)]
    pub status: Status,
    #[diesel(sql_type = Nullable<Date>)]
    pub decided_on: Option<NaiveDate>,
    #[diesel(sql_type = Nullable<Date>)]
    pub review_on: Option<NaiveDate>,
    #[diesel(sql_type = Nullable<Text>)]
    pub decider: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub sort_value: Option<String>,
}

/// A decision in a list of whole ones.
#[derive(QueryableByName)]
struct Whole {
    #[diesel(embed)]
    decision: Decision,
    #[diesel(sql_type = Nullable<Text>)]
    sort_value: Option<String>,
}

const WITHOUT_TEXTS: &str =
    ", d.status, '' as context, '' as decision, '' as alternatives, '' as consequences, d.decider_id,
    d.decided_on, d.review_on";

impl Filter {
    /// Whole decisions but for their texts, which are empty.
    pub fn decisions(
        &self,
        tx: &mut Tx,
        me: &Actor,
        sort: Sort,
        after: Option<Cursor>,
        size: usize,
    ) -> Result<Page<Decision>> {
        let list = List { columns: WITHOUT_TEXTS, name: "decisions::list_whole", size, ..self.list(sort, after) };
        let page = list.page(tx, me, |row: &Whole| (row.sort_value.clone(), row.decision.record.id.0))?;
        Ok(page.map(|row| row.decision))
    }

    fn list(&self, sort: Sort, after: Option<Cursor>) -> List {
        const ROW: &str =
            ", d.status, d.decided_on, d.review_on, (select p.name from people p where p.id = d.decider_id) as decider";
        let mut list = List::new(Kind::Decision, "decisions::list", ROW, "join decisions d on d.id = r.id");
        if let Some(words) = &self.words {
            list.filters.append(&title_contains(words));
        }
        if let Some(status) = self.status {
            list.filters.push(" and d.status = ").bind(status);
        }
        if let Some(tag) = &self.tag {
            list.filters.append(&tagged(tag));
        }
        list.sort = sort;
        list.after = after;
        list.project = self.project;
        list.which = Which::archived(self.archived);
        list
    }

    pub fn page(&self, tx: &mut Tx, me: &Actor, sort: Sort, after: Option<Cursor>) -> Result<Page<Row>> {
        self.list(sort, after).page(tx, me, |row: &Row| (row.sort_value.clone(), row.record.id.0))
    }

    pub fn count(&self, tx: &mut Tx, me: &Actor) -> Result<i64> {
        self.list(BY_UPDATED, None).count(tx, me)
    }
}
