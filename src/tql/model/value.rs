//! What was typed as a value, as the field understands it: words, numbers, times, people, records. Names are looked up among what the
//! reader may see, so that what is hidden and what is not there have one answer.

use super::field::{Choice, Field, Type};
use super::lexer::{Sign, Spot, Trouble};
use super::moment::{FUNCTIONS, Here, Span};
use super::tree::{Form, Value};
use super::{Fault, Outcome, near};
use crate::access::{Actor, Permission, Thing, Verb, can, visible};
use crate::db::Tx;
use crate::db::sql::{Bind, Sql, containing};
use crate::error::Error;
use crate::people::Face;
use crate::ui::say;
use diesel::QueryableByName;
use diesel::sql_types::{Text, Uuid as SqlUuid};
use uuid::Uuid;

/// People and groups that one query may name; each is looked up.
pub const MAX_NAMES: usize = 50;
const OF_PEOPLE: [&str; 2] = ["currentUser", "membersOf"];

/// Whom a list of values names.
#[derive(Default)]
pub(super) struct Whom {
    pub people: Vec<Uuid>,
    pub groups: Vec<Uuid>,
}

#[derive(QueryableByName)]
struct Named {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    name: String,
}

/// Understands values, for one reader at one moment.
pub(super) struct Reader<'r, 'c> {
    pub tx: &'r mut Tx<'c>,
    pub me: &'r Actor,
    pub names: usize,
}

impl Reader<'_, '_> {
    /// True where `expression` is one of the values.
    pub fn among(&mut self, field: &Field, expression: &str, values: &[Value]) -> Outcome<Sql> {
        let mut sql = Sql::new("");
        match field.of {
            Type::Choice(choice) => {
                let mut stored = Vec::new();
                for value in values {
                    stored.extend(chosen(field, choice, value)?.into_iter().map(str::to_owned));
                }
                sql.push(&format!("{expression} = any(")).bind(stored).push(")");
            }
            Type::Number { .. } => {
                let numbers = values.iter().map(|value| number(field, value).map(|n| n.to_string()));
                let numbers = numbers.collect::<Result<Vec<_>, _>>()?;
                sql.push(&format!("{expression} = any(")).bind(numbers).push("::text[]::int4[])");
            }
            Type::Day => {
                let days = values.iter().map(|value| self.span(field.name, value).map(|span| span.day.to_string()));
                let days = days.collect::<Result<Vec<_>, _>>()?;
                sql.push(&format!("{expression} = any(")).bind(days).push("::text[]::date[])");
            }
            Type::Time => {
                for (index, value) in values.iter().enumerate() {
                    let span = self.here().lasting_a_day(self.span(field.name, value)?);
                    sql.push(if index > 0 { " or " } else { "(" });
                    sql.push(&format!("({expression} >= ")).bind(span.from).push(&format!(" and {expression} < "));
                    sql.bind(span.to).push(")");
                }
                sql.push(")");
            }
            Type::Line => {
                let texts = values.iter().map(|value| plain(value).map(|text| text.trim().to_lowercase()));
                let texts = texts.collect::<Result<Vec<_>, _>>()?;
                sql.push(&format!("lower({expression}) = any(")).bind(texts).push(")");
            }
            Type::Person => {
                let whom = self.whom(values)?;
                sql.append(&whom.holds(expression, ""));
            }
            Type::Record => {
                sql.push(&format!("{expression} = any(")).bind(self.records(values)?).push(")");
            }
            Type::Key => {
                let keys = values.iter().map(|value| plain(value).map(|text| text.trim().to_uppercase()));
                sql.push(&format!("{expression} = any(")).bind(keys.collect::<Result<Vec<_>, _>>()?).push(")");
            }
            Type::Project => {
                let projects = values.iter().map(|value| self.project(value)).collect::<Result<Vec<_>, _>>()?;
                sql.push(&format!("{expression} = any(")).bind(projects).push(")");
            }
            Type::Tag => {
                let tags = values.iter().map(|value| plain(value).map(|text| text.trim().to_lowercase()));
                sql.push(&format!("{expression} = any(")).bind(tags.collect::<Result<Vec<_>, _>>()?).push(")");
            }
            Type::Words { .. } | Type::Flag(_) => {}
        }
        Ok(sql)
    }

    /// True where `expression` lies on that side of the value.
    pub fn range(&self, field: &Field, expression: &str, sign: Sign, value: &Value) -> Outcome<Sql> {
        let mut sql = Sql::new(expression);
        match field.of {
            Type::Number { .. } => sql.push(&format!(" {} ", sign.as_str())).bind(number(field, value)?),
            Type::Day => sql.push(&format!(" {} ", sign.as_str())).bind(self.span(field.name, value)?.day),
            _ => {
                let span = self.span(field.name, value)?;
                match sign {
                    Sign::Below => sql.push(" < ").bind(span.from),
                    Sign::AtMost if span.from == span.to => sql.push(" <= ").bind(span.to),
                    Sign::AtMost => sql.push(" < ").bind(span.to),
                    Sign::Above if span.from == span.to => sql.push(" > ").bind(span.to),
                    Sign::Above => sql.push(" >= ").bind(span.to),
                    _ => sql.push(" >= ").bind(span.from),
                }
            }
        };
        Ok(sql)
    }

    /// True where `expression` has the words.
    pub fn like(&self, field: &Field, expression: &str, value: &Value) -> Outcome<Sql> {
        let text = plain(value)?;
        if !text.chars().any(char::is_alphanumeric) {
            return Err(Trouble::new(value.spot, "tql-words").into());
        }
        // Left out by a word would be only the one text that has it, not the ticket.
        if matches!(field.of, Type::Words { .. }) && text.split_whitespace().any(|word| word.starts_with('-')) {
            return Err(Trouble::new(value.spot, "tql-minus").with("field", field.name).into());
        }
        let mut sql = Sql::new("");
        match field.of {
            Type::Words { of_text, .. } => {
                let words = |sql: &mut Sql| {
                    sql.push("(websearch_to_tsquery('english', ").bind(text.as_str());
                    sql.push(") || websearch_to_tsquery('simple', ").bind(text.as_str()).push("))");
                };
                sql.push(expression).push(" @@ ");
                words(&mut sql);
                // What the title says has weight A; what the text says has none.
                if of_text {
                    sql.push(&format!(" and ts_filter({expression}, '{{d}}') @@ "));
                    words(&mut sql);
                }
            }
            _ => {
                sql.push(expression).push(" ilike ").bind(containing(text.trim()));
            }
        }
        Ok(sql)
    }

    /// As activity writes the values of a field.
    pub fn written(&mut self, field: &Field, values: &[Value]) -> Outcome<Vec<String>> {
        let mut written = Vec::new();
        for value in values {
            match field.of {
                Type::Choice(choice) => written.extend(chosen(field, choice, value)?.into_iter().map(str::to_owned)),
                Type::Number { .. } => written.push(number(field, value)?.to_string()),
                Type::Day => written.push(self.span(field.name, value)?.day.to_string()),
                Type::Time => written.push(self.span(field.name, value)?.from.to_rfc3339()),
                _ => written.push(plain(value)?.trim().to_owned()),
            }
        }
        Ok(written)
    }

    /// `name` is what has such a value.
    pub fn span(&self, name: &str, value: &Value) -> Result<Span, Trouble> {
        self.here().span(value).ok_or_else(|| match &value.form {
            Form::Call(_) => no_function(value, &FUNCTIONS),
            _ => Trouble::new(value.spot, "tql-time").with("word", &value.text).with("field", name),
        })
    }

    fn here(&self) -> Here {
        Here { now: self.tx.now, zone: self.me.zone() }
    }

    /// People by handle or name, `me`, `currentUser()`, `membersOf(group)`.
    pub fn whom(&mut self, values: &[Value]) -> Outcome<Whom> {
        let mut whom = Whom::default();
        for value in values {
            self.names += 1;
            if self.names > MAX_NAMES {
                return Err(Trouble::new(value.spot, "tql-names").with("max", &MAX_NAMES.to_string()).into());
            }
            match &value.form {
                Form::Call(args) if value.text.eq_ignore_ascii_case("currentUser") && args.is_empty() => {
                    whom.people.push(self.myself(value)?);
                }
                Form::Call(args) if value.text.eq_ignore_ascii_case("membersOf") => {
                    whom.groups.push(self.group(value, args.first().map(String::as_str).unwrap_or_default())?);
                }
                Form::Call(_) => return Err(no_function(value, &OF_PEOPLE).into()),
                Form::Bare if value.text.eq_ignore_ascii_case("me") => whom.people.push(self.myself(value)?),
                _ => whom.people.push(self.person(value)?),
            }
        }
        Ok(whom)
    }

    fn myself(&self, value: &Value) -> Result<Uuid, Trouble> {
        self.me.person_id().map(|id| id.0).ok_or_else(|| Trouble::new(value.spot, "tql-nobody-asks"))
    }

    fn person(&mut self, value: &Value) -> Outcome<Uuid> {
        match Face::ever(self.tx, "tql", &value.text) {
            Ok(face) => Ok(face.id.0),
            Err(Error::Invalid(problems)) => {
                Err(Trouble::new(value.spot, "tql-person").with_all("why", &say(&problems.first())).into())
            }
            Err(other) => Err(Fault::Broken(other)),
        }
    }

    fn group(&mut self, value: &Value, name: &str) -> Outcome<Uuid> {
        let unknown = || Fault::from(Trouble::new(value.spot, "tql-group").with("word", name));
        if !can(self.me, Verb::See, &Thing::Organisation(Permission::MembersView)) {
            return Err(Trouble::new(value.spot, "tql-group-hidden").into());
        }
        let mut sql = Sql::named("tql::group", "select id, name from groups where lower(name) = lower(");
        sql.bind(name.trim().replace('\0', "")).push(") limit 1");
        sql.load::<Named>(self.tx.conn())?.pop().map(|group| group.id).ok_or_else(unknown)
    }

    pub fn project(&self, value: &Value) -> Result<Uuid, Trouble> {
        let typed = plain(value)?;
        let lower = typed.trim().to_lowercase();
        let is_it = |name: &str| name.to_lowercase() == lower;
        let found = self.me.projects.iter().find(|project| is_it(&project.key) || is_it(&project.name));
        found.map(|project| project.id.0).ok_or_else(|| Trouble::new(value.spot, "tql-project").with("word", &typed))
    }

    /// All in one question.
    fn records(&mut self, values: &[Value]) -> Outcome<Vec<Uuid>> {
        let typed = values.iter().map(|value| plain(value).map(|text| text.trim().replace('\0', "").to_uppercase()));
        let typed = typed.collect::<Result<Vec<_>, _>>()?;
        let mut sql =
            Sql::named("tql::records", "select r.id, r.display_id as name from records r where r.display_id = any(");
        sql.bind(typed.clone()).push(") and ").append(&visible::records(self.me));
        let found: Vec<Named> = sql.load(self.tx.conn())?;
        match values.iter().zip(&typed).find(|(_, id)| !found.iter().any(|record| record.name == **id)) {
            Some((value, _)) => Err(Trouble::new(value.spot, "tql-record").with("word", &value.text).into()),
            None => Ok(found.into_iter().map(|record| record.id).collect()),
        }
    }
}

impl Whom {
    /// True where `expression`, an id, is one of them. `cast` is what the ids are compared as, such as `::text`.
    pub fn holds(&self, expression: &str, cast: &str) -> Sql {
        let mut sql = Sql::new("(");
        if !self.people.is_empty() || self.groups.is_empty() {
            sql.push(&format!("{expression} = any(")).bind(Bind::Uuids(self.people.clone()));
            sql.push(&if cast.is_empty() { ")".to_owned() } else { format!("{cast}[])") });
        }
        if !self.groups.is_empty() {
            sql.push(if self.people.is_empty() { "" } else { " or " });
            sql.push(&format!(
                "{expression} in (select gm.person_id{cast} from group_members gm where gm.group_id = any("
            ));
            sql.bind(Bind::Uuids(self.groups.clone())).push("))");
        }
        sql.push(")");
        sql
    }
}

/// A text as it stands; a function is none.
fn plain(value: &Value) -> Result<String, Trouble> {
    match value.form {
        Form::Call(_) => Err(Trouble::new(value.spot, "tql-function-here").with("word", &value.text)),
        _ => Ok(value.text.replace('\0', "")),
    }
}

fn chosen(field: &Field, choice: Choice, value: &Value) -> Result<Vec<&'static str>, Trouble> {
    let typed = plain(value)?;
    (choice.meant)(&typed).ok_or_else(|| {
        let trouble = |key| Trouble::new(value.spot, key).with("word", &typed).with("field", field.name);
        match near(&typed, choice.offered.iter().copied()) {
            Some(near) => trouble("tql-choice-near").with("near", near),
            None => trouble("tql-choice").with_all("choices", &choice.offered.join(", ")),
        }
    })
}

fn number(field: &Field, value: &Value) -> Result<i32, Trouble> {
    let Type::Number { least, most, word } = field.of else { return Ok(0) };
    let typed = plain(value)?;
    let number = word(typed.trim()).map(i32::from).or_else(|| typed.trim().parse().ok());
    number.filter(|number| (least..=most).contains(number)).ok_or_else(|| {
        let trouble = Trouble::new(value.spot, "tql-number").with("word", &typed).with("field", field.name);
        trouble.with("least", &least.to_string()).with("most", &most.to_string())
    })
}

fn no_function(value: &Value, known: &[&'static str]) -> Trouble {
    let trouble = |key| Trouble::new(value.spot, key).with("word", &value.text);
    match near(&value.text, known.iter().copied()) {
        Some(near) if !near.eq_ignore_ascii_case(&value.text) => trouble("tql-function-near").with("near", near),
        Some(near) => trouble("tql-function-args").with("near", near),
        None => trouble("tql-function").with_all("choices", &known.join("(), ")),
    }
}

/// Yes or no.
pub(super) fn flag(field: &Field, value: &Value) -> Result<bool, Trouble> {
    match plain(value)?.to_lowercase().as_str() {
        "true" | "yes" => Ok(true),
        "false" | "no" => Ok(false),
        _ => Err(Trouble::new(value.spot, "tql-flag").with("field", field.name)),
    }
}

/// What a field's own words may not be asked, as the place of it.
pub(super) fn unfit(field: &Field, spot: Spot) -> Trouble {
    let operators = field.operators().iter().map(|operator| operator.trim_end_matches(" (")).collect::<Vec<_>>();
    Trouble::new(spot, "tql-operator").with("field", field.name).with_all("choices", &operators.join("  "))
}
