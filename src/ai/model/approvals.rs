//! Providers that an admin has approved, and on which terms. Once the list was begun, no call goes to a host that is not on it, until
//! somebody ends the list: a list that became empty approves nobody.

use crate::access::{Actor, Permission, Thing, Verb, may};
use crate::ai::site_of;
use crate::audit::{self, Act, ActKind};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Error, Msg, Problems, Result};
use crate::typed_id;
use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Nullable, Text, Timestamptz, Uuid as SqlUuid};
use url::Url;

typed_id!(ApprovalId);

/// Of the purpose, and of the terms.
pub const MAX_APPROVAL_CHARS: usize = 1000;
/// Approved at a time.
pub const MAX_APPROVALS: usize = 50;

#[derive(Debug, Clone, QueryableByName)]
pub struct Approval {
    #[diesel(sql_type = SqlUuid)]
    pub id: ApprovalId,
    /// With its port, unless it is the usual one.
    #[diesel(sql_type = Text)]
    pub host: String,
    #[diesel(sql_type = Text)]
    pub purpose: String,
    /// What it keeps of what it is sent, and how long.
    #[diesel(sql_type = Text)]
    pub terms: String,
    #[diesel(sql_type = Nullable<Text>)]
    pub approved_by: Option<String>,
    #[diesel(sql_type = Timestamptz)]
    pub approved_at: DateTime<Utc>,
}

/// As typed.
#[derive(Debug, Clone, Default)]
pub struct NewApproval {
    /// A host, or an address of it.
    pub endpoint: String,
    pub purpose: String,
    pub terms: String,
}

fn thing() -> Thing {
    Thing::Organisation(Permission::AiManage)
}

impl Approval {
    /// All of them, by host, whoever asks; the caller has asked.
    pub fn list(tx: &mut Tx) -> Result<Vec<Approval>> {
        let sql = Sql::named(
            "ai::approvals",
            "select a.id, a.host, a.purpose, a.terms, p.name as approved_by, a.approved_at from provider_approvals a
             left join people p on p.id = a.approved_by_id order by a.host",
        );
        Ok(sql.load(tx.conn())?)
    }

    /// Whether a list is kept; then it bars, however short it is.
    pub fn has_list(tx: &mut Tx) -> Result<bool> {
        let sql = Sql::named(
            "ai::provider_list",
            "select 1 as one where exists (select from provider_lists) or exists (select from provider_approvals)",
        );
        Ok(sql.execute(tx.conn())? > 0)
    }

    pub fn covers(&self, host: &str) -> bool {
        is_named(host, &self.host)
    }

    /// For the gallery.
    pub fn sample() -> Self {
        Approval {
            id: ApprovalId(uuid::Uuid::nil()),
            host: "api.openai.com".to_owned(),
            purpose: "Answers and vectors".to_owned(),
            terms: "Keeps nothing; agreement of March".to_owned(),
            approved_by: Some("Ada Lindqvist".to_owned()),
            approved_at: DateTime::UNIX_EPOCH,
        }
    }

    /// Its host is called no more.
    pub fn withdraw(tx: &mut Tx, me: &Actor, id: ApprovalId) -> Result<()> {
        let permit = may(tx, me, Verb::Administer, &thing())?;
        let all = Approval::list(tx)?;
        let gone = all.iter().find(|approval| approval.id == id).ok_or(Error::NotFound)?;
        let mut sql = Sql::named("ai::withdraw", "delete from provider_approvals where id = ");
        sql.bind(id);
        sql.execute(tx.conn())?;
        begin_list(tx, me)?;
        let act = Act::new(ActKind::AiProviderWithdrawn).target("provider", id).note("host", &gone.host);
        let act = act.change("purpose", &gone.purpose, None::<&str>).change("terms", &gone.terms, None::<&str>);
        audit::record(tx, permit, act)
    }

    /// From now on whatever tow.yaml names may be called again. `Invalid` while one is approved: withdrawing comes first.
    pub fn end_list(tx: &mut Tx, me: &Actor) -> Result<()> {
        let permit = may(tx, me, Verb::Administer, &thing())?;
        if !Approval::list(tx)?.is_empty() {
            return Err(Error::invalid("", "problem-approvals-left"));
        }
        let organisation = me.organisation_id().ok_or(Error::NotFound)?;
        let mut sql = Sql::named("ai::end_list", "delete from provider_lists where organisation_id = ");
        sql.bind(organisation);
        if sql.execute(tx.conn())? == 0 {
            permit.unused(tx);
            return Ok(());
        }
        audit::record(tx, permit, Act::new(ActKind::AiProviderListEnded))
    }
}

/// Also where an older version of this program approved the first.
fn begin_list(tx: &mut Tx, me: &Actor) -> Result<()> {
    let organisation = me.organisation_id().ok_or(Error::NotFound)?;
    let mut sql = Sql::named("ai::begin_list", "insert into provider_lists (organisation_id, begun_at) values (");
    sql.bind(organisation).push(", ").bind(tx.now).push(") on conflict do nothing");
    sql.execute(tx.conn())?;
    Ok(())
}

/// Whether this is the provider that a list names: with its port, or for all of them.
pub fn is_named(host: &str, named: &str) -> bool {
    let bare = host.rsplit_once(':').map_or(host, |(bare, _)| bare);
    named == host || named == bare
}

impl NewApproval {
    /// Approves it, from now on and by `me`; a host that was approved already gets these words instead.
    pub fn save(&self, tx: &mut Tx, me: &Actor) -> Result<ApprovalId> {
        let permit = may(tx, me, Verb::Administer, &thing())?;
        let before = Approval::list(tx)?;
        let (host, purpose, terms) = self.check(&before)?;
        let old = before.iter().find(|approval| approval.host == host);
        begin_list(tx, me)?;
        let organisation = me.organisation_id().ok_or(Error::NotFound)?;
        let mut sql = Sql::named(
            "ai::approve",
            "insert into provider_approvals (id, organisation_id, host, purpose, terms, approved_by_id, approved_at) values (",
        );
        let new = tx.new_id();
        sql.bind(new).push(", ").bind(organisation).push(", ").bind(host.as_str()).push(", ").bind(purpose);
        sql.push(", ").bind(terms).push(", ").bind(me.person_id().map(|id| id.0)).push(", ").bind(tx.now);
        sql.push(
            ") on conflict (organisation_id, host) do update set purpose = excluded.purpose, terms = excluded.terms,
               approved_by_id = excluded.approved_by_id, approved_at = excluded.approved_at",
        );
        sql.execute(tx.conn())?;
        let saved = Approval::list(tx)?.into_iter().find(|approval| approval.host == host);
        let id = saved.ok_or_else(|| Error::broken("no approval came back"))?.id;
        let act = Act::new(ActKind::AiProviderApproved).target("provider", id).note("host", &host);
        let act = act.change("purpose", old.map(|old| &old.purpose), purpose);
        audit::record(tx, permit, act.change("terms", old.map(|old| &old.terms), terms))?;
        Ok(id)
    }

    fn check(&self, approved: &[Approval]) -> Result<(String, &str, &str)> {
        let mut problems = Problems::default();
        let host = host_of(self.endpoint.trim());
        if host.is_none() {
            problems.add("endpoint", "problem-approval-endpoint");
        }
        let (purpose, terms) = (self.purpose.trim(), self.terms.trim());
        for (field, text) in [("purpose", purpose), ("terms", terms)] {
            if text.is_empty() {
                problems.add(field, "problem-approval-missing");
            }
            if text.chars().count() > MAX_APPROVAL_CHARS {
                problems.add(field, Msg::new("problem-too-long").with("max", MAX_APPROVAL_CHARS));
            }
            if text.contains('\0') {
                problems.add(field, "problem-nul");
            }
        }
        let is_new = !approved.iter().any(|approval| Some(&approval.host) == host.as_ref());
        if is_new && approved.len() >= MAX_APPROVALS {
            problems.add("", Msg::new("problem-approvals-many").with("max", MAX_APPROVALS));
        }
        problems.check()?;
        Ok((host.unwrap_or_default(), purpose, terms))
    }
}

/// `api.example.com`, of that or of an address that begins with it.
fn host_of(typed: &str) -> Option<String> {
    let whole = if typed.contains("://") { typed.to_owned() } else { format!("https://{typed}/") };
    let url = Url::parse(&whole).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    let is_bare = url.username().is_empty() && url.password().is_none() && url.query().is_none();
    Some(site_of(&url)).filter(|site| is_bare && !site.is_empty() && site.len() <= 255)
}
