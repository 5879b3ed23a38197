//! A filter and an order as SQL. Names come from the schema alone; what was asked for travels as binds.

use crate::db::sql::Sql;
use crate::error::{Error, Msg, Result};
use crate::scim::attributes::{Attribute, ENTERPRISE, Kind, Resource, Spot, named};
use crate::scim::filter::{Filter, Op, Path, truth};
use crate::scim::shape::Shown;
use chrono::{DateTime, Utc};
use serde_json::Value;

/// A list or search, as checked.
#[derive(Debug, Clone, Default)]
pub struct Ask {
    pub filter: Option<Filter>,
    pub sort: Option<Path>,
    pub is_descending: bool,
    /// From 1.
    pub start: i64,
    pub count: i64,
    pub shown: Shown,
}

/// How an attribute is read: a text in SQL, and whether it is there in every row.
struct Column {
    sql: String,
    kind: Kind,
    is_exact: bool,
    is_never_null: bool,
}

fn unknown(path: &Path) -> Error {
    Error::invalid("invalidFilter", Msg::new("scim-filter-unknown").with("name", &path.name))
}

fn unfit(name: &str) -> Error {
    Error::invalid("invalidFilter", Msg::new("scim-filter-value").with("name", name))
}

/// Adds what the filter asks, in brackets; the rows' table is `s`.
pub fn push(sql: &mut Sql, resource: Resource, filter: &Filter) -> Result<()> {
    each(sql, filter, &mut |sql, term| of_resource(sql, resource, term))
}

const GROUPS_OF_PERSON: &str =
    "(select jsonb_build_object('value', g.group_id::text, 'display', g.display_name, 'type', 'direct')
    from group_members gm join scim_groups g on g.group_id = gm.group_id where gm.person_id = s.person_id)";
const PEOPLE_OF_GROUP: &str =
    "(select jsonb_build_object('value', gm.person_id::text, 'display', m.name, 'type', 'User')
    from group_members gm join people m on m.id = gm.person_id where gm.group_id = s.group_id)";

type Term<'f> = (&'f Path, Option<(Op, &'f Value)>);

/// Walks the tree; the terms are written by `write`.
fn each(sql: &mut Sql, filter: &Filter, write: &mut dyn FnMut(&mut Sql, Term) -> Result<()>) -> Result<()> {
    let (all, word) = match filter {
        Filter::And(all) => (all, " and "),
        Filter::Or(all) => (all, " or "),
        Filter::Not(one) => {
            sql.push("not (");
            each(sql, one, write)?;
            sql.push(")");
            return Ok(());
        }
        Filter::Present(path) => return write(sql, (path, None)),
        Filter::Is(path, op, value) => return write(sql, (path, Some((*op, value)))),
    };
    sql.push("(");
    for (index, one) in all.iter().enumerate() {
        if index > 0 {
            sql.push(word);
        }
        each(sql, one, write)?;
    }
    sql.push(")");
    Ok(())
}

fn of_resource(sql: &mut Sql, resource: Resource, (path, question): Term) -> Result<()> {
    let spot = resource.find(path).ok_or_else(|| unknown(path))?;
    if spot.attribute.is_list {
        return of_list(sql, resource, spot, (path, question));
    }
    if path.filter.is_some() {
        return Err(unknown(path));
    }
    // A complex value stands for its part `value`, where it has one.
    let part = spot.part.or_else(|| named(spot.attribute.parts, "value"));
    if spot.attribute.kind == Kind::Complex && part.is_none() {
        return match question {
            None => {
                sql.push(&format!("({} is not null)", json_of(spot)));
                Ok(())
            }
            Some(_) => Err(unfit(&path.name)),
        };
    }
    let column = column(resource, spot, part).ok_or_else(|| unknown(path))?;
    compare(sql, &column, &path.name, question)
}

fn json_of(spot: Spot) -> String {
    let from = if spot.is_extension { format!("s.attributes->'{ENTERPRISE}'") } else { "s.attributes".to_owned() };
    format!("{from}->'{}'", spot.attribute.name)
}

fn column(resource: Resource, spot: Spot, part: Option<&Attribute>) -> Option<Column> {
    let attribute = part.unwrap_or(spot.attribute);
    let of = |sql: &str, is_never_null| {
        Some(Column { sql: sql.to_owned(), kind: attribute.kind, is_exact: attribute.is_exact, is_never_null })
    };
    match (spot.attribute.name, part.map(|part| part.name)) {
        ("id", _) if resource == Resource::User => of("s.person_id::text", true),
        ("id", _) => of("s.group_id::text", true),
        ("displayName", _) if resource == Resource::Group => of("s.display_name", true),
        ("externalId", _) => of("s.external_id", false),
        ("userName", _) => of("s.user_name", true),
        ("active", _) => of("(p.deactivated_at is null)", true),
        ("meta", Some("created")) => of("s.created_at", true),
        ("meta", Some("lastModified")) => of("s.updated_at", true),
        ("meta", Some("resourceType")) => of(&format!("'{}'::text", resource.name()), true),
        ("meta", _) => None,
        (_, Some(part)) => of(&format!("({}->>'{part}')", json_of(spot)), false),
        (name, None) => {
            let from =
                if spot.is_extension { format!("s.attributes->'{ENTERPRISE}'") } else { "s.attributes".to_owned() };
            of(&format!("({from}->>'{name}')"), false)
        }
    }
}

/// Never null, so that `not` means what it says.
fn compare(sql: &mut Sql, column: &Column, name: &str, question: Option<(Op, &Value)>) -> Result<()> {
    let at = &column.sql;
    let Some((op, value)) = question else {
        sql.push(&format!("({at} is not null)"));
        return Ok(());
    };
    if value.is_null() {
        match op {
            Op::Eq => sql.push(&format!("({at} is null)")),
            Op::Ne => sql.push(&format!("({at} is not null)")),
            _ => return Err(unfit(name)),
        };
        return Ok(());
    }
    // A row without the value is not equal to any; it answers nothing else.
    sql.push("(");
    if !column.is_never_null {
        sql.push(&match op {
            Op::Ne => format!("{at} is null or "),
            _ => format!("{at} is not null and "),
        });
    }
    match column.kind {
        Kind::Truth => truths(sql, at, name, op, value)?,
        Kind::Time => times(sql, at, name, op, value)?,
        Kind::Text | Kind::Reference | Kind::Complex => texts(sql, column, name, op, value)?,
    }
    sql.push(")");
    Ok(())
}

fn sign(op: Op) -> Option<&'static str> {
    match op {
        Op::Eq => Some(" = "),
        Op::Ne => Some(" <> "),
        Op::Gt => Some(" > "),
        Op::Ge => Some(" >= "),
        Op::Lt => Some(" < "),
        Op::Le => Some(" <= "),
        Op::Co | Op::Sw | Op::Ew => None,
    }
}

fn truths(sql: &mut Sql, at: &str, name: &str, op: Op, value: &Value) -> Result<()> {
    let (Some(wanted), Op::Eq | Op::Ne) = (truth(value), op) else { return Err(unfit(name)) };
    sql.push(&format!("({at})::boolean = ")).bind(wanted == (op == Op::Eq));
    Ok(())
}

fn times(sql: &mut Sql, at: &str, name: &str, op: Op, value: &Value) -> Result<()> {
    let wanted = value.as_str().and_then(|text| DateTime::parse_from_rfc3339(text).ok());
    let (Some(wanted), Some(sign)) = (wanted, sign(op)) else { return Err(unfit(name)) };
    // An answer tells milliseconds, and what it tells is found again.
    sql.push(&format!("date_trunc('milliseconds', {at}){sign}")).bind(wanted.with_timezone(&Utc));
    Ok(())
}

fn texts(sql: &mut Sql, column: &Column, name: &str, op: Op, value: &Value) -> Result<()> {
    let Some(wanted) = value.as_str() else { return Err(unfit(name)) };
    let fold = |text: &str| if column.is_exact { text.to_owned() } else { format!("lower({text})") };
    let at = fold(&column.sql);
    let (open, close) = if column.is_exact { ("", "::text") } else { ("lower(", "::text)") };
    match (op, sign(op)) {
        (Op::Eq | Op::Ne, Some(sign)) => sql.push(&format!("{at}{sign}{open}")).bind(wanted).push(close),
        (_, Some(sign)) => {
            sql.push(&format!("{at} collate \"C\"{sign}{open}")).bind(wanted).push(close).push(" collate \"C\"")
        }
        (Op::Co, None) => sql.push(&format!("strpos({at}, {open}")).bind(wanted).push(close).push(") > 0"),
        (Op::Sw, None) => sql.push(&format!("starts_with({at}, {open}")).bind(wanted).push(close).push(")"),
        (_, None) => {
            sql.push(&format!("right({at}, char_length({open}")).bind(wanted).push(close);
            sql.push(&format!(")) = {open}")).bind(wanted).push(close)
        }
    };
    Ok(())
}

/// `emails.value co "x"`, `emails[type eq "work"]`, and both together: some value of the list answers.
fn of_list(sql: &mut Sql, resource: Resource, spot: Spot, (path, question): Term) -> Result<()> {
    let from = values(resource, spot);
    sql.push(&format!("exists (select 1 from {from} as v (value) where true"));
    if let Some(filter) = &path.filter {
        sql.push(" and ");
        each(sql, filter, &mut |sql, (path, question)| {
            let part = named(spot.attribute.parts, &path.name);
            let is_plain = path.schema.is_none() && path.filter.is_none() && path.sub.is_none();
            let part = part.filter(|_| is_plain).ok_or_else(|| unknown(path))?;
            compare(sql, &of_value(part), &path.name, question)
        })?;
    }
    let part = spot.part.or_else(|| named(spot.attribute.parts, "value"));
    match (question, part) {
        (None, _) if spot.part.is_none() => {}
        (question, Some(part)) => {
            sql.push(" and ");
            compare(sql, &of_value(part), &path.name, question)?;
        }
        _ => return Err(unfit(&path.name)),
    }
    sql.push(")");
    Ok(())
}

fn of_value(part: &Attribute) -> Column {
    Column {
        sql: format!("(v.value->>'{}')", part.name),
        kind: part.kind,
        is_exact: part.is_exact,
        is_never_null: false,
    }
}

/// Where the values of a list come from.
fn values(resource: Resource, spot: Spot) -> String {
    match (resource, spot.attribute.name) {
        (Resource::User, "groups") => GROUPS_OF_PERSON.to_owned(),
        (Resource::Group, "members") => PEOPLE_OF_GROUP.to_owned(),
        (_, name) => format!("jsonb_array_elements(coalesce(s.attributes->'{name}', '[]'::jsonb))"),
    }
}

/// Adds ` order by`, always ending in the id; the rows' table is `s`.
pub fn order(sql: &mut Sql, resource: Resource, ask: &Ask) -> Result<()> {
    sql.push(" order by ");
    if let Some(path) = &ask.sort {
        let bad = || Error::invalid("invalidPath", Msg::new("scim-path-unknown").with("name", &path.name));
        let spot = resource.find(path).filter(|_| path.filter.is_none()).ok_or_else(bad)?;
        let part = spot.part.or_else(|| named(spot.attribute.parts, "value"));
        let column = match (spot.attribute.is_list, part) {
            (false, part) => column(resource, spot, part).ok_or_else(bad)?,
            (true, Some(part)) => {
                let from = values(resource, spot);
                let value = of_value(part);
                let first = format!(
                    "(select {} from {from} as v (value) order by (v.value->>'primary') = 'true' desc nulls last limit 1)",
                    value.sql
                );
                Column { sql: first, ..value }
            }
            (true, None) => return Err(bad()),
        };
        let is_text = matches!(column.kind, Kind::Text | Kind::Reference) && !column.is_exact;
        let by = if is_text { format!("lower({})", column.sql) } else { column.sql };
        sql.push(&by).push(if ask.is_descending { " desc nulls first, " } else { " asc nulls last, " });
    }
    sql.push(match resource {
        Resource::User => "s.person_id",
        Resource::Group => "s.group_id",
    });
    Ok(())
}
