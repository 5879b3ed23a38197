//! Decisions: made, edited field by field, superseded, listed.

use crate::access::{Actor, Kind, Place, ProjectId, Verb, may, visible};
use crate::audit::{self, Act, ActKind};
use crate::db::Tx;
use crate::db::paging::{Cursor, Page};
use crate::db::sql::{Bind, Sql};
use crate::error::{Error, Msg, Result};
use crate::people::{Face, PersonId};
use crate::records::{
    BY_CREATED, BY_TITLE, BY_UPDATED, Edit, LinkKind, List, NewRecord, RECORD_COLUMNS, Record, Sort, check_seen,
    tagged, title_contains,
};
use crate::text::value::{Body, Tag, Title};
use crate::web::parse_date;
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
        let tags: Vec<String> = self.tags.iter().map(|tag| tag.as_str().to_owned()).collect();
        if !tags.is_empty() {
            record.write_tags(tx, &tags)?;
        }
        let texts = [
            ("context", &self.context),
            ("decision", &self.decision),
            ("alternatives", &self.alternatives),
            ("consequences", &self.consequences),
        ];
        for (source, text) in texts {
            for person in record.refer(tx, me, source, text.as_str())? {
                record.add_watcher(tx, person)?;
            }
        }
        if let Some(person) = me.person_id() {
            record.add_watcher(tx, person)?;
        }
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
        if let Some(was) = &edit.was {
            check_seen(edit.field.as_str(), was, &decision.value(edit.field, &tags), &edit.value)?;
        }
        if edit.field == Field::Tags {
            let tags = Tag::parse_list(&edit.value).map_err(|msg| Error::invalid("tags", msg))?;
            decision.record.set_tags(tx, me, &tags)?;
        } else {
            decision.change(tx, me, edit)?;
        }
        Decision::find(tx, me, display_id)
    }

    fn change(&self, tx: &mut Tx, me: &Actor, edit: &Edit<Field>) -> Result<()> {
        // Whether a decision stands is decided, not edited.
        let verb = if edit.field == Field::Status { Verb::Decide } else { Verb::Edit };
        let permit = may(tx, me, verb, &self.record.thing())?;
        let act = Act::new(ActKind::Changed).on(self.record.id);
        match self.apply(tx, me, edit, act)? {
            None => permit.unused(tx),
            Some(act) => {
                self.record.touch(tx)?;
                audit::record(tx, permit, act)?;
            }
        }
        Ok(())
    }

    /// None when nothing changed.
    fn apply(&self, tx: &mut Tx, me: &Actor, edit: &Edit<Field>, act: Act) -> Result<Option<Act>> {
        let problem = |msg: Msg| Error::invalid(edit.field.as_str(), msg);
        let text = edit.value.trim();
        match edit.field {
            Field::Title => {
                let title = Title::parse(text).map_err(problem)?;
                if title.as_str() == self.record.title {
                    return Ok(None);
                }
                self.record.rename(tx, &title)?;
                Ok(Some(act.change("title", &self.record.title, title.as_str())))
            }
            Field::Status => {
                let status = Status::parse(text).ok_or_else(|| problem("problem-choice".into()))?;
                self.set(tx, "status", status.into(), self.status.to_string(), status.to_string(), act)
            }
            Field::Decider => self.change_decider(tx, text, act),
            Field::Decided | Field::Review => {
                let on = if text.is_empty() { None } else { Some(parse_date(text).map_err(problem)?) };
                let shown = on.map(|on| on.to_string()).unwrap_or_default();
                self.set(tx, edit.field.as_str(), on.into(), self.value(edit.field, &[]), shown, act)
            }
            Field::Context | Field::Decision | Field::Alternatives | Field::Consequences => {
                let body = Body::parse(&edit.value).map_err(problem)?;
                self.change_text(tx, me, edit.field, &body, act)
            }
            Field::Tags => Ok(None),
        }
    }

    /// One column of ours; None when it already has the value.
    fn set(
        &self,
        tx: &mut Tx,
        column: &'static str,
        value: Bind,
        old: String,
        new: String,
        act: Act,
    ) -> Result<Option<Act>> {
        if old == new {
            return Ok(None);
        }
        let mut sql = Sql::named("decisions::set", &format!("update decisions set {column} = "));
        sql.bind(value).push(" where id = ").bind(self.record.id);
        sql.execute(tx.conn())?;
        Ok(Some(act.change(column, old, new)))
    }

    fn change_text(&self, tx: &mut Tx, me: &Actor, field: Field, body: &Body, act: Act) -> Result<Option<Act>> {
        let old = self.value(field, &[]);
        if self.set(tx, field.as_str(), body.as_str().into(), old, body.as_str().to_owned(), act.clone())?.is_none() {
            return Ok(None);
        }
        for person in self.record.refer(tx, me, field.as_str(), body.as_str())? {
            self.record.add_watcher(tx, person)?;
        }
        Ok(Some(act.text_change(field.as_str())))
    }

    fn change_decider(&self, tx: &mut Tx, text: &str, act: Act) -> Result<Option<Act>> {
        let decider = match text {
            "" => None,
            id => Some(Face::active(tx, "decider", id)?),
        };
        let old = self.decider_id.map(|id| id.to_string()).unwrap_or_default();
        let new = decider.as_ref().map(|face| face.id.to_string()).unwrap_or_default();
        let names = Face::of(tx, self.decider_id.iter().map(|id| id.0).collect())?;
        let was = names.into_iter().next().map(|face| face.name);
        if let Some(face) = &decider {
            self.record.add_watcher(tx, face.id)?;
        }
        let value = Bind::MaybeUuid(decider.as_ref().map(|face| face.id.0));
        let changed = self.set(tx, "decider_id", value, old, new, Act::new(ActKind::Changed))?;
        Ok(changed.map(|_| act.change("decider", was, decider.map(|face| face.name))))
    }

    /// Replaces an older decision: links both ways, and the older one is superseded.
    pub fn supersede(&self, tx: &mut Tx, me: &Actor, old: &str) -> Result<()> {
        let old = match Decision::find_locked(tx, me, &old.trim().to_uppercase()) {
            Err(Error::NotFound) => return Err(Error::invalid("supersedes", "problem-decision-unknown")),
            found => found?,
        };
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
        let changed = old.set(
            tx,
            "status",
            Status::Superseded.into(),
            old.status.to_string(),
            Status::Superseded.to_string(),
            Act::new(ActKind::Superseded),
        )?;
        match changed {
            None => permit.unused(tx),
            Some(_) => {
                old.record.touch(tx)?;
                audit::record(
                    tx,
                    permit,
                    Act::new(ActKind::Superseded).on(old.record.id).note("by", &self.record.display_id),
                )?;
            }
        }
        Ok(())
    }
}

/// Sort columns; the first is the default.
pub const SORTS: [Sort; 4] = [
    BY_UPDATED,
    Sort { key: "review", expression: "d.review_on", cast: "date", descending: false },
    BY_CREATED,
    BY_TITLE,
];

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

impl Filter {
    pub fn sort(word: &str) -> Sort {
        SORTS.into_iter().find(|sort| sort.key == word).unwrap_or(BY_UPDATED)
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
        list.archived = self.archived;
        list
    }

    pub fn page(&self, tx: &mut Tx, me: &Actor, sort: Sort, after: Option<Cursor>) -> Result<Page<Row>> {
        self.list(sort, after).page(tx, me, |row: &Row| (row.sort_value.clone(), row.record.id.0))
    }

    pub fn count(&self, tx: &mut Tx, me: &Actor) -> Result<i64> {
        self.list(BY_UPDATED, None).count(tx, me)
    }
}
