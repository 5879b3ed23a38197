//! Reviews by the clock: begun when their time has come, and people reminded until they are signed.

use super::{Review, allowed, review};
use crate::access::{Actor, Permission, Verb, check, may};
use crate::audit::{self, Act, ActKind};
use crate::config::Config;
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Error, Msg, Result};
use crate::mail::{self, Letter};
use crate::people::PersonId;
use chrono::{DateTime, Duration, Months, NaiveDate, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Date, Int4, Nullable, Text, Timestamptz, Uuid as SqlUuid};

/// The longest rhythm.
pub const MAX_MONTHS: i32 = 24;
/// Between two reminders of the same review.
pub const REMIND_DAYS: i64 = 7;
/// The last reminder but one comes this long before the day.
const SOON_DAYS: i64 = 7;

#[derive(Debug, QueryableByName)]
struct Plan {
    #[diesel(sql_type = Int4)]
    every_months: i32,
    #[diesel(sql_type = Timestamptz)]
    from: DateTime<Utc>,
}

#[derive(QueryableByName)]
struct Due {
    #[diesel(sql_type = SqlUuid)]
    id: review::ReviewId,
    #[diesel(sql_type = Date)]
    due_on: NaiveDate,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    reminded_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Timestamptz)]
    started_at: DateTime<Utc>,
}

/// Months between two reviews; None: by hand only.
pub fn rhythm(tx: &mut Tx, me: &Actor) -> Result<Option<i32>> {
    check(me, Verb::See, &allowed())?;
    Ok(plan(tx)?.map(|plan| plan.every_months))
}

/// The last review counts from when it began, else from when the rhythm was set.
fn plan(tx: &mut Tx) -> Result<Option<Plan>> {
    let sql = Sql::named(
        "reviews::plan",
        "select h.every_months, coalesce((select max(r.started_at) from reviews r), h.changed_at) as from from review_rhythms h",
    );
    Ok(sql.load(tx.conn())?.into_iter().next())
}

pub fn set_rhythm(tx: &mut Tx, me: &Actor, months: Option<i32>) -> Result<()> {
    let permit = may(tx, me, Verb::Edit, &allowed())?;
    if months.is_some_and(|months| !(1..=MAX_MONTHS).contains(&months)) {
        permit.unused(tx);
        return Err(Error::invalid("months", Msg::new("problem-review-months").with("max", MAX_MONTHS)));
    }
    let old = plan(tx)?.map(|plan| plan.every_months);
    if old == months {
        permit.unused(tx);
        return Ok(());
    }
    let organisation = me.organisation_id().ok_or(Error::NotFound)?;
    let mut sql = Sql::named("reviews::forget_rhythm", "delete from review_rhythms where organisation_id = ");
    sql.bind(organisation);
    sql.execute(tx.conn())?;
    if let Some(months) = months {
        let mut sql = Sql::named(
            "reviews::set_rhythm",
            "insert into review_rhythms (organisation_id, every_months, changed_at) values (",
        );
        sql.bind(organisation).push(", ").bind(months).push(", ").bind(tx.now).push(")");
        sql.execute(tx.conn())?;
    }
    audit::record(tx, permit, Act::new(ActKind::ReviewRhythmChanged).change("months", old, months))
}

/// For the clock: begins a review when the last one is old enough. Whether it did.
pub fn begin_due(tx: &mut Tx, config: &Config) -> Result<bool> {
    let Some(plan) = plan(tx)? else {
        return Ok(false);
    };
    let months = Months::new(u32::try_from(plan.every_months).unwrap_or(1));
    let is_due = plan.from.checked_add_months(months).is_some_and(|due| due <= tx.now);
    if !is_due || review::is_open(tx)? {
        return Ok(false);
    }
    let id = Review::start(tx, &Actor::system())?;
    let subject = Msg::new("mail-review-begun");
    tell(tx, config, &subject, id, "mail-review-begun-words")?;
    Ok(true)
}

/// For the clock: a mail to who can answer, at most once a week, in the last week and after it. How many people.
pub fn remind(tx: &mut Tx, config: &Config) -> Result<usize> {
    let sql = Sql::named(
        "reviews::due",
        "select id, due_on, reminded_at, started_at from reviews where signed_at is null limit 1",
    );
    let Some(due) = sql.load::<Due>(tx.conn())?.into_iter().next() else { return Ok(0) };
    let is_soon = due.due_on - tx.now.date_naive() <= Duration::days(SOON_DAYS);
    let last = due.reminded_at.unwrap_or(due.started_at);
    if !is_soon || tx.now - last < Duration::days(REMIND_DAYS) {
        return Ok(0);
    }
    let mut sql = Sql::named("reviews::reminded", "update reviews set reminded_at = ");
    sql.bind(tx.now).push(" where id = ").bind(due.id);
    sql.execute(tx.conn())?;
    let subject = Msg::new("mail-review-due").with("day", due.due_on);
    tell(tx, config, &subject, due.id, "mail-review-due-words")
}

fn tell(tx: &mut Tx, config: &Config, subject: &Msg, id: review::ReviewId, words: &'static str) -> Result<usize> {
    let link = mail::address(config, &format!("/settings/reviews/{id}"))?;
    let letter = Letter::new(subject.clone()).line(Msg::new(words)).link(Msg::new("mail-review-open"), link);
    let emails = reviewers(tx)?;
    for email in &emails {
        mail::send(tx, &letter.to(email, config)?)?;
    }
    Ok(emails.len())
}

/// Addresses of who may answer lines.
fn reviewers(tx: &mut Tx) -> Result<Vec<String>> {
    #[derive(QueryableByName)]
    struct Candidate {
        #[diesel(sql_type = SqlUuid)]
        id: PersonId,
        #[diesel(sql_type = Text)]
        email: String,
    }
    // Whoever has more than what everybody has; what that is, the catalogue says.
    let sql = Sql::named(
        "reviews::reviewers",
        "select p.id, p.email from people p join memberships m on m.person_id = p.id where p.deactivated_at is null and
           (m.role <> 'member' or exists (select 1 from person_roles pr where pr.person_id = p.id)) order by p.id limit 500",
    );
    let mut emails = Vec::new();
    for candidate in sql.load::<Candidate>(tx.conn())? {
        if Actor::of_person(tx, candidate.id)?.has(Permission::AccessReviewExport) {
            emails.push(candidate.email);
        }
    }
    Ok(emails)
}
