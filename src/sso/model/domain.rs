//! The company's own domains: added by a person, proven by a record that only who runs the domain can set, looked for again each day.

use crate::access::{Actor, Permission, Thing, Verb, check, may};
use crate::audit::{self, Act, ActKind};
use crate::config::Config;
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Error, Msg, Result, on_constraint};
use crate::mail::{self, Letter};
use crate::sso::domain::{CHALLENGE_KEY, CHALLENGE_PREFIX};
use crate::sso::model::connection::permit;
use crate::web::random_token;
use crate::{text_enum, typed_id};
use chrono::{DateTime, Duration, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Int4, Int8, Nullable, Text, Timestamptz, Uuid as SqlUuid};

/// A company with more has them under one that is proven, or a problem of another kind.
pub const MAX_OWN_DOMAINS: i64 = 100;
/// Of one domain, by hand: each is a question to somebody's name server.
pub const CHECKS_PER_MINUTE: i32 = 6;
/// Daily looks in a row that found another answer, or none, before a domain stops counting. Silence is no look.
pub const MISSES_UNTIL_LOST: i32 = 4;
/// A little less than a day, so that the hour does not wander.
const RECHECK_HOURS: i64 = 23;
/// Of one round; the rest is for the next.
const MAX_ROUND: i64 = 50;

typed_id!(DomainId);

text_enum!(
    /// Why a domain counts.
    Proof {
        None = "none",
        Record = "record",
        /// It was allowed before domains had to be proven.
        Carried = "carried",
    }
);

#[derive(Debug, Clone, QueryableByName)]
pub struct Domain {
    #[diesel(sql_type = SqlUuid)]
    pub id: DomainId,
    /// Lower case, ASCII.
    #[diesel(sql_type = Text)]
    pub domain: String,
    #[diesel(sql_type = Text)]
    pub challenge: String,
    #[diesel(sql_type = Text)]
    pub proof: Proof,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub verified_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub lost_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub checked_at: Option<DateTime<Utc>>,
    /// Days in a row on which the record was not there.
    #[diesel(sql_type = Int4)]
    pub misses: i32,
}

fn select(name: &str, rest: &str) -> Sql {
    const COLUMNS: &str = "id, domain, challenge, proof, verified_at, lost_at, checked_at, misses";
    Sql::named(name, &format!("select {COLUMNS} from sso_domains {rest}"))
}

impl Domain {
    /// Where the record is looked for.
    pub fn record_name(&self) -> String {
        format!("{CHALLENGE_PREFIX}.{}", self.domain)
    }

    /// What the record must say.
    pub fn record_text(&self) -> String {
        format!("{CHALLENGE_KEY}={}", self.challenge)
    }

    /// One in each state, for samples.
    pub fn samples() -> Vec<Domain> {
        let at = DateTime::<Utc>::UNIX_EPOCH + Duration::days(20_000);
        let of = |number, proof: Proof, lost_at: Option<DateTime<Utc>>, misses| Domain {
            id: DomainId(uuid::Uuid::from_u128(number)),
            domain: format!("harbour-{number}.example"),
            challenge: "mZ2vGqkT0H4bq8nqk1x3Jw0pXo5mQbC9r7LZcTzyV1s".to_owned(),
            proof,
            verified_at: (proof != Proof::None).then_some(at),
            lost_at,
            checked_at: (proof != Proof::Carried).then_some(at),
            misses,
        };
        vec![
            of(1, Proof::None, None, 0),
            of(2, Proof::Record, None, 0),
            of(3, Proof::Record, None, 2),
            of(4, Proof::Carried, None, 0),
            of(5, Proof::None, Some(at), MISSES_UNTIL_LOST),
        ]
    }

    /// All, by name. For who may configure sign-on.
    pub fn list(tx: &mut Tx, me: &Actor) -> Result<Vec<Domain>> {
        check(me, Verb::See, &Thing::Organisation(Permission::SecurityConfigurationManage))?;
        Ok(select("sso::domains", "order by domain").load(tx.conn())?)
    }

    /// Not yet verified. `Invalid` for one that is there already, and when there are too many.
    pub fn add(tx: &mut Tx, me: &Actor, domain: &str) -> Result<DomainId> {
        let permit = permit(tx, me)?;
        if count(tx)? >= MAX_OWN_DOMAINS {
            return Err(Error::invalid("domain", Msg::new("problem-domains-many").with("max", MAX_OWN_DOMAINS)));
        }
        let id = DomainId(tx.new_id());
        let mut sql = Sql::named(
            "sso::add_domain",
            "insert into sso_domains (id, organisation_id, domain, challenge, proof, created_at, window_began_at) values (",
        );
        sql.bind(id).push(", ").bind(me.organisation_id().ok_or(Error::NotFound)?).push(", ").bind(domain).push(", ");
        sql.bind(random_token()).push(", 'none', ").bind(tx.now).push(", ").bind(tx.now).push(")");
        let twice = on_constraint("sso_domains_organisation_id_domain_key", "domain", "problem-domain-twice");
        sql.execute(tx.conn()).map_err(Error::from).map_err(twice)?;
        let act = Act::new(ActKind::SsoDomainAdded).target("sso_domain", id).change("domain", "", domain);
        audit::record(tx, permit, act)?;
        Ok(id)
    }

    /// Takes one of this minute's looks; `Slow` when there is none left. For who may configure sign-on and has just confirmed it.
    pub fn begin_check(tx: &mut Tx, me: &Actor, id: DomainId) -> Result<Domain> {
        let permit = permit(tx, me)?;
        permit.unused(tx);
        let mut sql =
            Sql::named("sso::count_check", "update sso_domains set window_count = case when window_began_at > ");
        let since = tx.now - Duration::minutes(1);
        sql.bind(since).push(" then window_count + 1 else 1 end, window_began_at = case when window_began_at > ");
        sql.bind(since).push(" then window_began_at else ").bind(tx.now).push(" end where id = ").bind(id);
        sql.push(" and (window_count < ").bind(CHECKS_PER_MINUTE).push(" or window_began_at <= ").bind(since).push(")");
        let is_taken = sql.execute(tx.conn())? > 0;
        let found = Domain::by_id(tx, id)?;
        if is_taken { Ok(found) } else { Err(Error::Slow(std::time::Duration::from_secs(60))) }
    }

    fn by_id(tx: &mut Tx, id: DomainId) -> Result<Domain> {
        let mut sql = select("sso::domain", "where id = ");
        sql.bind(id);
        sql.load(tx.conn())?.into_iter().next().ok_or(Error::NotFound)
    }

    /// After the record was found: it counts from now, or again. `NotFound` when somebody removed it meanwhile.
    pub fn verify(&self, tx: &mut Tx, me: &Actor) -> Result<()> {
        let permit = permit(tx, me)?;
        let old = Domain::by_id(tx, self.id)?;
        let mut sql = Sql::named(
            "sso::verify_domain",
            "update sso_domains set proof = 'record', lost_at = null, misses = 0, checked_at = ",
        );
        sql.bind(tx.now)
            .push(", verified_at = coalesce(verified_at, ")
            .bind(tx.now)
            .push(") where id = ")
            .bind(self.id);
        sql.push(" and challenge = ").bind(self.challenge.as_str());
        if sql.execute(tx.conn())? == 0 {
            return Err(Error::NotFound);
        }
        if old.proof == Proof::Record {
            permit.unused(tx);
            return Ok(());
        }
        let act = Act::new(ActKind::SsoDomainVerified).target("sso_domain", self.id);
        audit::record(
            tx,
            permit,
            act.change("proof", old.proof.as_str(), Proof::Record.as_str()).note("domain", &self.domain),
        )
    }

    /// Its addresses vouch for nobody any more. Accounts and what they are linked with stay.
    pub fn remove(tx: &mut Tx, me: &Actor, id: DomainId) -> Result<()> {
        let permit = permit(tx, me)?;
        let found = Domain::by_id(tx, id)?;
        let mut sql = Sql::named("sso::remove_domain", "delete from sso_domains where id = ");
        sql.bind(id);
        sql.execute(tx.conn())?;
        let act = Act::new(ActKind::SsoDomainRemoved).target("sso_domain", id).change("domain", &found.domain, "");
        audit::record(tx, permit, act.note("proof", found.proof.as_str()))
    }

    /// Those whose record was not looked for within a day. What was carried over has no record.
    pub fn due(tx: &mut Tx) -> Result<Vec<Domain>> {
        let mut sql = select("sso::domains_due", "where proof = 'record' and coalesce(checked_at, verified_at) < ");
        sql.bind(tx.now - Duration::hours(RECHECK_HOURS)).push(" order by checked_at, id limit ").number(MAX_ROUND);
        Ok(sql.load(tx.conn())?)
    }

    /// For the clock: the record was there.
    pub fn note_found(&self, tx: &mut Tx) -> Result<()> {
        let mut sql = Sql::named("sso::domain_found", "update sso_domains set misses = 0, checked_at = ");
        sql.bind(tx.now).push(" where id = ").bind(self.id);
        sql.execute(tx.conn())?;
        Ok(())
    }

    /// For the clock: it was not. The owners hear of the first time, and when it has stopped counting.
    pub fn note_missed(&self, tx: &mut Tx, me: &Actor, config: &Config) -> Result<()> {
        let permit = may(tx, me, Verb::Close, &Thing::Organisation(Permission::SecurityConfigurationManage))?;
        let mut sql = Sql::named("sso::domain_missed", "update sso_domains set misses = misses + 1, checked_at = ");
        sql.bind(tx.now).push(" where proof = 'record' and id = ").bind(self.id);
        sql.push(" returning id, domain, challenge, proof, verified_at, lost_at, checked_at, misses");
        let Some(now) = sql.load::<Domain>(tx.conn())?.into_iter().next() else {
            permit.unused(tx);
            return Ok(());
        };
        if now.misses < MISSES_UNTIL_LOST {
            permit.unused(tx);
            return if now.misses == 1 { now.tell(tx, config) } else { Ok(()) };
        }
        let mut sql =
            Sql::named("sso::lose_domain", "update sso_domains set proof = 'none', verified_at = null, lost_at = ");
        sql.bind(tx.now).push(" where id = ").bind(self.id);
        sql.execute(tx.conn())?;
        now.tell(tx, config)?;
        let act = Act::new(ActKind::SsoDomainLost).target("sso_domain", self.id);
        audit::record(
            tx,
            permit,
            act.change("proof", Proof::Record.as_str(), Proof::None.as_str()).note("domain", &self.domain),
        )
    }

    /// A mail to every owner: that the record is missing, or that the domain has stopped counting for want of it.
    fn tell(&self, tx: &mut Tx, config: &Config) -> Result<()> {
        #[derive(QueryableByName)]
        struct Owner {
            #[diesel(sql_type = Text)]
            email: String,
        }
        let days = MISSES_UNTIL_LOST - self.misses;
        let (subject, words) = match days {
            1.. => ("mail-domain-missed-subject", "mail-domain-missed"),
            _ => ("mail-domain-lost-subject", "mail-domain-lost"),
        };
        let letter = Letter::new(Msg::new(subject).with("domain", &self.domain))
            .line(Msg::new(words).with("domain", &self.domain).with("record", self.record_name()).with("days", days))
            .link("mail-domain-link".into(), mail::address(config, "/settings/sign-on/domains")?);
        let owners = Sql::named(
            "sso::owners_of_domains",
            "select p.email from people p join memberships m on m.person_id = p.id where p.deactivated_at is null and m.role = 'owner'",
        );
        for owner in owners.load::<Owner>(tx.conn())? {
            mail::send(tx, &letter.to(&owner.email, config)?)?;
        }
        Ok(())
    }
}

fn count(tx: &mut Tx) -> Result<i64> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Int8)]
        number: i64,
    }
    // Nobody adds one between this look and the row.
    Sql::new("lock table sso_domains in share row exclusive mode").execute(tx.conn())?;
    let rows: Vec<Row> =
        Sql::named("sso::count_domains", "select count(*) as number from sso_domains").load(tx.conn())?;
    Ok(rows.first().map(|row| row.number).unwrap_or_default())
}
