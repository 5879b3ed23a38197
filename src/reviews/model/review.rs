//! A review: its lines, how far it is, and its end.

use super::{AccessKind, access};
use crate::access::{Actor, Permission, Thing, Verb, check, may};
use crate::audit::{self, Act, ActKind};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Error, Msg, Result, on_constraint};
use crate::text::value::Body;
use crate::{text_enum, typed_id};
use chrono::{DateTime, Days, NaiveDate, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Date, Int4, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use serde_json::Value;
use uuid::Uuid;

typed_id!(ReviewId);
typed_id!(LineId);

text_enum!(Reply { Confirmed = "confirmed", Revoked = "revoked", Gone = "gone" });

/// From the start to the day by which it should be signed.
pub const DUE_DAYS: u64 = 21;
/// Reviews that the page lists.
const SHOWN: i32 = 50;
/// Lines of one page.
pub const LINES: i32 = 100;

#[derive(Debug, Clone, QueryableByName)]
pub struct Review {
    #[diesel(sql_type = SqlUuid)]
    pub id: ReviewId,
    #[diesel(sql_type = Timestamptz)]
    pub started_at: DateTime<Utc>,
    /// None: by the clock.
    #[diesel(sql_type = Nullable<Text>)]
    pub started_by: Option<String>,
    #[diesel(sql_type = Date)]
    pub due_on: NaiveDate,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub signed_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Text>)]
    pub signed_by: Option<String>,
    #[diesel(sql_type = Text)]
    pub finding: String,
    #[diesel(sql_type = BigInt)]
    pub lines: i64,
    #[diesel(sql_type = BigInt)]
    pub answered: i64,
    #[diesel(sql_type = BigInt)]
    pub revoked: i64,
}

/// Reviews are aliased r.
const SELECT: &str =
    "select r.id, r.started_at, s.name as started_by, r.due_on, r.signed_at, e.name as signed_by, r.finding,
    (select count(*) from review_lines l where l.review_id = r.id) as lines,
    (select count(*) from review_lines l where l.review_id = r.id and l.answer is not null) as answered,
    (select count(*) from review_lines l where l.review_id = r.id and l.answer = 'revoked') as revoked
    from reviews r left join people s on s.id = r.started_by_id left join people e on e.id = r.signed_by_id where ";

#[derive(Debug, Clone, QueryableByName)]
pub struct Line {
    #[diesel(sql_type = SqlUuid)]
    pub id: LineId,
    #[diesel(sql_type = SqlUuid)]
    pub review_id: ReviewId,
    #[diesel(sql_type = Int4)]
    pub position: i32,
    #[diesel(sql_type = Text)]
    pub kind: AccessKind,
    #[diesel(sql_type = Text)]
    pub subject: String,
    #[diesel(sql_type = Text)]
    pub what: String,
    #[diesel(sql_type = Text)]
    pub detail: String,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub since: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub last_used_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub person_id: Option<Uuid>,
    #[diesel(sql_type = Jsonb)]
    pub reference: Value,
    #[diesel(sql_type = Nullable<Text>)]
    pub answer: Option<Reply>,
    #[diesel(sql_type = Nullable<Text>)]
    pub answered_by: Option<String>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub answered_at: Option<DateTime<Utc>>,
}

/// Lines are aliased l.
const LINE: &str = "select l.id, l.review_id, l.position, l.kind, l.subject, l.what, l.detail, l.since, l.last_used_at, l.person_id, l.reference,
    l.answer, p.name as answered_by, l.answered_at from review_lines l left join people p on p.id = l.answered_by_id where ";

/// How many lines of a kind there are, and how many of them are answered.
#[derive(Debug, Clone, QueryableByName)]
pub struct Tally {
    #[diesel(sql_type = Text)]
    pub kind: AccessKind,
    #[diesel(sql_type = BigInt)]
    pub lines: i64,
    #[diesel(sql_type = BigInt)]
    pub open: i64,
}

pub(in crate::reviews) fn allowed() -> Thing {
    Thing::Organisation(Permission::AccessReviewExport)
}

impl Review {
    /// Begins one with everything as it is now. `Invalid` while another is open.
    pub fn start(tx: &mut Tx, me: &Actor) -> Result<ReviewId> {
        let permit = may(tx, me, Verb::Add, &allowed())?;
        let organisation = crate::people::Organisation::only(tx)?.ok_or(Error::NotFound)?;
        let id = ReviewId(tx.new_id());
        let due =
            tx.now.date_naive().checked_add_days(Days::new(DUE_DAYS)).ok_or_else(|| Error::broken("no such day"))?;
        let mut sql = Sql::named(
            "reviews::start",
            "insert into reviews (id, organisation_id, started_by_id, started_at, due_on) values (",
        );
        sql.bind(id).push(", ").bind(organisation.id).push(", ").bind(me.person_id().map(|id| id.0)).push(", ");
        sql.bind(tx.now).push(", ").bind(due).push(")");
        let open = on_constraint("reviews_organisation_id_open_key", "", "problem-review-open");
        sql.execute(tx.conn()).map_err(Error::from).map_err(open)?;
        let lines = fill(tx, id)?;
        audit::record(tx, permit, Act::new(ActKind::ReviewStarted).target("review", id).note("lines", lines))?;
        Ok(id)
    }

    /// The newest first.
    pub fn list(tx: &mut Tx, me: &Actor) -> Result<Vec<Review>> {
        check(me, Verb::See, &allowed())?;
        let mut sql = Sql::named("reviews::list", SELECT);
        sql.push("true order by r.started_at desc, r.id desc limit ").number(SHOWN);
        Ok(sql.load(tx.conn())?)
    }

    pub fn find(tx: &mut Tx, me: &Actor, id: ReviewId) -> Result<Review> {
        check(me, Verb::See, &allowed())?;
        let mut sql = Sql::named("reviews::find", SELECT);
        sql.push("r.id = ").bind(id);
        sql.load(tx.conn())?.into_iter().next().ok_or(Error::NotFound)
    }

    /// Holds it: nobody signs while a line is answered, and the other way round.
    pub(in crate::reviews) fn lock(tx: &mut Tx, me: &Actor, id: ReviewId) -> Result<Review> {
        let mut sql = Sql::named("reviews::lock", "select 1 as one from reviews where id = ");
        sql.bind(id).push(" for update");
        sql.execute(tx.conn())?;
        Review::find(tx, me, id)
    }

    pub fn path(&self) -> String {
        format!("/settings/reviews/{}", self.id)
    }

    pub fn open(&self) -> i64 {
        self.lines - self.answered
    }

    /// By kind, in the order of the review.
    pub fn tallies(&self, tx: &mut Tx) -> Result<Vec<Tally>> {
        let mut sql = Sql::named(
            "reviews::tallies",
            "select kind, count(*) as lines, count(*) filter (where answer is null) as open from review_lines where review_id = ",
        );
        sql.bind(self.id).push(" group by kind order by min(position)");
        Ok(sql.load(tx.conn())?)
    }

    /// Lines after a position, of one kind when one is named.
    pub fn lines(&self, tx: &mut Tx, kind: Option<AccessKind>, only_open: bool, after: i32) -> Result<Vec<Line>> {
        let mut sql = Sql::named("reviews::lines", LINE);
        sql.push("l.review_id = ").bind(self.id).push(" and l.position > ").bind(after);
        if let Some(kind) = kind {
            sql.push(" and l.kind = ").bind(kind);
        }
        if only_open {
            sql.push(" and l.answer is null");
        }
        sql.push(" order by l.position limit ").number(LINES + 1);
        Ok(sql.load(tx.conn())?)
    }

    /// All of them, for the file that is kept.
    pub fn all_lines(&self, tx: &mut Tx) -> Result<Vec<Line>> {
        let mut sql = Sql::named("reviews::all_lines", LINE);
        sql.push("l.review_id = ").bind(self.id).push(" order by l.position");
        Ok(sql.load(tx.conn())?)
    }

    /// Ends it. `Invalid` while a line is open. Nothing changes in it afterwards.
    pub fn sign(tx: &mut Tx, me: &Actor, id: ReviewId, finding: &Body) -> Result<()> {
        let permit = may(tx, me, Verb::Close, &allowed())?;
        let review = Review::lock(tx, me, id)?;
        if review.signed_at.is_some() {
            permit.unused(tx);
            return Err(Error::invalid("", "problem-review-signed"));
        }
        if review.open() > 0 {
            permit.unused(tx);
            return Err(Error::invalid("", Msg::new("problem-review-lines-open").with("count", review.open())));
        }
        let mut sql = Sql::named("reviews::sign", "update reviews set signed_at = ");
        sql.bind(tx.now).push(", signed_by_id = ").bind(me.person_id().map(|id| id.0)).push(", finding = ");
        sql.bind(finding.as_str()).push(" where id = ").bind(id);
        sql.execute(tx.conn())?;
        let act = Act::new(ActKind::ReviewSigned).target("review", id).note("lines", review.lines);
        audit::record(tx, permit, act.note("revoked", review.revoked))
    }
}

/// One statement, however many there are.
fn fill(tx: &mut Tx, id: ReviewId) -> Result<usize> {
    let asked: Vec<String> = AccessKind::ALL.iter().filter(|kind| kind.is_asked()).map(ToString::to_string).collect();
    let mut sql = Sql::named(
        "reviews::fill",
        "insert into review_lines (id, review_id, position, kind, subject, what, detail, since, last_used_at, person_id, reference)
         select gen_random_uuid(), ",
    );
    sql.bind(id).push(", row_number() over (order by ").push(&access::order());
    sql.push("), a.kind, a.subject, a.what, a.detail, a.since, a.last_used_at, a.person_id, a.reference from ");
    sql.append(&access::from_all(tx)).push(" where a.kind = any(").bind(asked).push(")");
    Ok(sql.execute(tx.conn())?)
}

impl Line {
    /// Locked until the transaction ends.
    pub(in crate::reviews) fn hold(tx: &mut Tx, review: ReviewId, id: LineId) -> Result<Line> {
        let mut sql = Sql::named("reviews::line", LINE);
        sql.push("l.review_id = ").bind(review).push(" and l.id = ").bind(id).push(" for update of l");
        sql.load(tx.conn())?.into_iter().next().ok_or(Error::NotFound)
    }
}

/// Whether a review is open now.
pub(in crate::reviews) fn is_open(tx: &mut Tx) -> Result<bool> {
    let sql = Sql::named("reviews::is_open", "select 1 as one from reviews where signed_at is null limit 1");
    Ok(sql.execute(tx.conn())? > 0)
}
