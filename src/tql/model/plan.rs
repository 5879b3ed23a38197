//! From the tree to one condition. Negations are pushed down to the single tests, each of which knows its complement, because in SQL
//! `not` of nothing is nothing: so `!=` and `NOT` also find what is empty.

use super::field::{Field, Held, History, Is, Type};
use super::lexer::{Spot, Trouble};
use super::parser::parse;
use super::tree::{Clause, Expr, Form, Order, Query, Test, Value, Word};
use super::value::{Reader, flag, unfit};
use super::{Fault, Outcome, near};
use crate::access::{Actor, ProjectId, Scope, visible};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Error, Result};
use crate::records::{Sort, Which};

/// What a list needs of a query.
#[derive(Clone, Default)]
pub struct Plan {
    /// Empty, or beginning with ` and `.
    pub conditions: Sql,
    /// As asked for; empty leaves it to the list.
    pub sorts: Vec<Sort>,
    /// When all must be of one project: then the list walks that project's index.
    pub project: Option<ProjectId>,
    /// None when the query does not speak of it.
    pub which: Option<Which>,
    /// When all must be one person's, who is kept with the record itself.
    pub is_somebodys: bool,
    /// It asks what something was.
    pub asks_history: bool,
}

impl std::fmt::Debug for Plan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.conditions.text())
    }
}

/// What the text asks for, over these fields; or what is wrong with it.
pub fn plan(tx: &mut Tx, me: &Actor, fields: &[Field], text: &str) -> Result<std::result::Result<Plan, Trouble>> {
    let query = match parse(text) {
        Ok(query) => query,
        Err(trouble) => return Ok(Err(trouble)),
    };
    let mut planner = Planner { reader: Reader { tx, me, names: 0 }, asks_history: false, takes_copies: false, fields };
    match planner.plan(query) {
        Ok(plan) => Ok(Ok(plan)),
        Err(Fault::Text(trouble)) => Ok(Err(trouble)),
        Err(Fault::Broken(error)) => Err(error),
    }
}

struct Planner<'p, 'r, 'c> {
    reader: Reader<'r, 'c>,
    asks_history: bool,
    /// Where a field has a copy in `records`, it is asked for there.
    takes_copies: bool,
    fields: &'p [Field],
}

impl Planner<'_, '_, '_> {
    fn plan(&mut self, query: Query) -> Outcome<Plan> {
        let mut plan = Plan { sorts: self.sorts(&query.orders)?, ..Plan::default() };
        let parts = match query.wanted {
            None => Vec::new(),
            Some(Expr::All(parts)) => parts,
            Some(other) => vec![other],
        };
        let mut which = None;
        // What else has an index with whose it is finds that faster by it.
        let is_by_change = plan.sorts.first().is_none_or(|sort| sort.is_of_records())
            && !parts
                .iter()
                .any(|part| self.speaks(part, |field| field.sort.is_some_and(|sort| !sort.is_of_records())));
        // What holds for all of it narrows the list itself, which has indexes for that.
        for part in parts {
            match self.narrowing(&part)? {
                Some(Narrowing::Archived(asked)) if which.is_none() => which = Some(asked),
                Some(Narrowing::Project(id)) if plan.project.is_none() => plan.project = Some(id),
                _ => {
                    let is_of_one_person = self.is_of_one_person(&part);
                    plan.is_somebodys |= is_of_one_person;
                    self.takes_copies = is_of_one_person && is_by_change;
                    if self.speaks(&part, |field| matches!(field.of, Type::Flag(Is::Archived))) {
                        which = which.or(Some(Which::All));
                    }
                    plan.conditions.push(" and ").append(&self.expression(&part, true)?);
                }
            }
        }
        plan.which = which;
        plan.asks_history = self.asks_history;
        Ok(plan)
    }

    fn narrowing(&mut self, part: &Expr) -> Outcome<Option<Narrowing>> {
        let Expr::Is(clause) = part else { return Ok(None) };
        let Clause { field, test: Test::Among(values), is_not, .. } = &**clause else { return Ok(None) };
        let ([value], Some(field)) = (values.as_slice(), Field::find(self.fields, &field.text)) else {
            return Ok(None);
        };
        match field.of {
            Type::Flag(Is::Archived) => {
                let is_archived = flag(field, value)? != *is_not;
                Ok(Some(Narrowing::Archived(if is_archived { Which::Archived } else { Which::Active })))
            }
            Type::Project if !is_not => Ok(Some(Narrowing::Project(ProjectId(self.reader.project(value)?)))),
            _ => Ok(None),
        }
    }

    fn is_of_one_person(&self, part: &Expr) -> bool {
        let Expr::Is(clause) = part else { return false };
        let Clause { field, test: Test::Among(values), is_not: false, .. } = &**clause else { return false };
        let ([value], Some(field)) = (values.as_slice(), Field::find(self.fields, &field.text)) else { return false };
        let is_group = matches!(&value.form, Form::Call(args) if !args.is_empty());
        matches!((field.of, field.held), (Type::Person, Held::Maybe(_))) && !value.is_empty() && !is_group
    }

    /// Whether it has such a field anywhere.
    fn speaks(&self, part: &Expr, of: fn(&Field) -> bool) -> bool {
        match part {
            Expr::All(parts) | Expr::Any(parts) => parts.iter().any(|part| self.speaks(part, of)),
            Expr::Not(part) => self.speaks(part, of),
            Expr::Is(clause) => Field::find(self.fields, &clause.field.text).is_some_and(of),
        }
    }

    fn expression(&mut self, part: &Expr, yes: bool) -> Outcome<Sql> {
        match part {
            Expr::Not(inside) => self.expression(inside, !yes),
            Expr::Is(clause) => self.clause(clause, yes != clause.is_not),
            Expr::All(parts) => self.joined(parts, yes, if yes { " and " } else { " or " }),
            Expr::Any(parts) => self.joined(parts, yes, if yes { " or " } else { " and " }),
        }
    }

    fn joined(&mut self, parts: &[Expr], yes: bool, between: &str) -> Outcome<Sql> {
        let mut sql = Sql::new("(");
        for (index, part) in parts.iter().enumerate() {
            sql.push(if index > 0 { between } else { "" }).append(&self.expression(part, yes)?);
        }
        sql.push(")");
        Ok(sql)
    }

    fn clause(&mut self, clause: &Clause, yes: bool) -> Outcome<Sql> {
        let mut field = *self.field(&clause.field)?;
        if let (true, Some(copy)) = (self.takes_copies, field.copy) {
            field.held = Held::Maybe(copy);
        }
        let expression = field.held.value();
        let condition = match &clause.test {
            Test::Among(values) => match field.of {
                Type::Flag(is) => return self.is(&field, is, values, yes, clause.spot),
                Type::Words { .. } => return Err(unfit(&field, clause.spot).into()),
                _ => return self.among(&field, values, clause.spot, yes),
            },
            Test::Range(sign, value) if field.has_order() => self.reader.range(&field, expression, *sign, value)?,
            Test::Like(value) if matches!(field.of, Type::Line | Type::Words { .. }) => {
                self.check_reads(&field, &clause.field)?;
                self.reader.like(&field, expression, value)?
            }
            Test::Empty => {
                self.check_reads(&field, &clause.field)?;
                return self.empty(&field, clause.spot, yes);
            }
            Test::Was(values, when) => {
                let history = kept(&field, clause.spot)?;
                self.asks_history = true;
                return Ok(negated(self.reader.was(&field, history, values, when)?, yes));
            }
            Test::Changed { from, to, when } => {
                let history = kept(&field, clause.spot)?;
                self.asks_history = true;
                return Ok(negated(self.reader.changed(&field, history, (from, to), when)?, yes));
            }
            _ => return Err(unfit(&field, clause.spot).into()),
        };
        Ok(self.held(&field, condition, yes))
    }

    /// One of the values; among them `EMPTY` may be.
    fn among(&mut self, field: &Field, values: &[Value], spot: Spot, yes: bool) -> Outcome<Sql> {
        let (empty, values): (Vec<Value>, Vec<Value>) = values.iter().cloned().partition(Value::is_empty);
        if values.is_empty() {
            return self.empty(field, spot, yes);
        }
        let condition = self.reader.among(field, field.held.value(), &values)?;
        let held = self.held(field, condition, yes);
        let Some(word) = empty.first() else { return Ok(held) };
        let mut sql = Sql::new("(");
        sql.append(&held).push(if yes { " or " } else { " and " });
        sql.append(&self.empty(field, word.spot, yes)?).push(")");
        Ok(sql)
    }

    /// True where the condition holds for the field's value; or, unless `yes`, where it does not, be it that there is none.
    fn held(&self, field: &Field, condition: Sql, yes: bool) -> Sql {
        match field.held {
            Held::Many { rows, .. } => negated(self.exists(rows, " and ", &condition), yes),
            Held::Total { rows, .. } => match yes {
                true => self.exists(rows, " having ", &condition),
                false => {
                    let mut sql = Sql::new("(");
                    sql.append(&self.total_is_null(field, rows)).push(" or ");
                    sql.append(&self.exists(rows, " having ", &negated(condition, false))).push(")");
                    sql
                }
            },
            _ if yes => negated(condition, true),
            Held::Always(_) => negated(condition, false),
            Held::Maybe(expression) => {
                let mut sql = Sql::new(&format!("({expression} is null or "));
                sql.append(&negated(condition, false)).push(")");
                sql
            }
        }
    }

    fn empty(&self, field: &Field, spot: Spot, yes: bool) -> Outcome<Sql> {
        if !field.can_be_empty() {
            return Err(Trouble::new(spot, "tql-never-empty").with("field", field.name).into());
        }
        Ok(match (field.is_empty, field.held) {
            (Some(condition), _) => negated(Sql::new(condition), yes),
            (None, Held::Many { rows, .. }) => negated(self.exists(rows, " and ", &Sql::new("true")), !yes),
            (None, Held::Total { rows, .. }) => negated(self.total_is_null(field, rows), yes),
            (None, held) => negated(Sql::new(&format!("{} is null", held.value())), yes),
        })
    }

    fn total_is_null(&self, field: &Field, rows: &str) -> Sql {
        self.exists(rows, " having ", &Sql::new(&format!("{} is null", field.held.value())))
    }

    /// Rows of which the condition is true, which `joint` joins to them.
    fn exists(&self, rows: &str, joint: &str, condition: &Sql) -> Sql {
        let mut sql = Sql::new("exists (select 1 from ");
        for (index, part) in rows.split("{visible}").enumerate() {
            if index > 0 {
                sql.append(&visible::records(self.reader.me));
            }
            sql.push(part);
        }
        sql.push(joint).push("(").append(condition).push("))");
        sql
    }

    fn is(&mut self, field: &Field, is: Is, values: &[Value], yes: bool, spot: Spot) -> Outcome<Sql> {
        let [value] = values else { return Err(unfit(field, spot).into()) };
        let yes = flag(field, value)? == yes;
        Ok(negated(
            match is {
                Is::Archived => Sql::new("r.archived_at is not null"),
                Is::So(condition) => condition(self.reader.me),
            },
            yes,
        ))
    }

    /// A key that may not read comments does not learn what they say by asking for it.
    fn check_reads(&self, field: &Field, word: &Word) -> Result<(), Trouble> {
        let reads = self.reader.me.program.as_ref().is_none_or(|program| program.may(Scope::CommentsRead));
        match field.of {
            Type::Words { is_said: true, .. } if !reads => Err(Trouble::new(word.spot, "tql-scope")
                .with("field", field.name)
                .with("scope", Scope::CommentsRead.as_str())),
            _ => Ok(()),
        }
    }

    fn sorts(&self, orders: &[Order]) -> Result<Vec<Sort>, Trouble> {
        let mut sorts: Vec<Sort> = Vec::new();
        for order in orders {
            let field = self.field(&order.field)?;
            let sort = field.sort.ok_or_else(|| {
                let sortable: Vec<&str> = self.fields.iter().filter(|f| f.sort.is_some()).map(|f| f.name).collect();
                let trouble = Trouble::new(order.field.spot, "tql-unordered").with("field", field.name);
                trouble.with_all("choices", &sortable.join(", "))
            })?;
            if sorts.iter().any(|other| other.key == sort.key) {
                return Err(Trouble::new(order.field.spot, "tql-twice").with("word", &order.field.text));
            }
            sorts.push(Sort { descending: order.descending, ..sort });
        }
        Ok(sorts)
    }

    fn field(&self, word: &Word) -> Result<&Field, Trouble> {
        Field::find(self.fields, &word.text).ok_or_else(|| {
            let names = self.fields.iter().flat_map(|field| field.aliases.iter().copied().chain([field.name]));
            let trouble = |key| Trouble::new(word.spot, key).with("word", &word.text);
            match near(&word.text, names) {
                Some(near) => trouble("tql-field-near").with("near", near),
                None => trouble("tql-field"),
            }
        })
    }
}

enum Narrowing {
    Archived(Which),
    Project(ProjectId),
}

fn kept(field: &Field, spot: Spot) -> Result<History, Trouble> {
    field.history.ok_or_else(|| Trouble::new(spot, "tql-history").with("field", field.name))
}

/// In parentheses; the condition is never null where it is negated.
fn negated(condition: Sql, yes: bool) -> Sql {
    let mut sql = Sql::new(if yes { "(" } else { "(not (" });
    sql.append(&condition).push(if yes { ")" } else { "))" });
    sql
}

impl Plan {
    /// As a problem of the field `tql`, for programs.
    pub fn or_invalid(planned: std::result::Result<Plan, Trouble>, text: &str) -> Result<Plan> {
        planned.map_err(|trouble| Error::invalid("tql", trouble.say(text)))
    }
}
