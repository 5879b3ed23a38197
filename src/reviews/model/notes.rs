//! What only people know about how this server is run; and what of the rest the database can tell.

use super::allowed;
use crate::access::{Actor, Permission, Thing, Verb, check, may};
use crate::audit::{self, Act, ActKind};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Error, Msg, Problems, Result};
use crate::text_enum;
use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text, Timestamptz};

text_enum!(
    /// Where each part runs and who answers for it; what may be lost; when it was last tried.
    NoteKey {
        Ingress = "ingress", Server = "server", Workers = "workers", Database = "database", Uploads = "uploads", Backups = "backups",
        Encryption = "encryption", Secrets = "secrets", RecoveryPoint = "recovery_point", RecoveryTime = "recovery_time",
        LastBackup = "last_backup", RestoreDrill = "restore_drill", FailoverDrill = "failover_drill",
        EmergencyAccess = "emergency_access",
    }
);

/// Of one note.
pub const MAX_NOTE_CHARS: usize = 2000;

#[derive(Debug, Clone, QueryableByName)]
pub struct Note {
    #[diesel(sql_type = Text)]
    pub key: NoteKey,
    #[diesel(sql_type = Text)]
    pub text: String,
    #[diesel(sql_type = Timestamptz)]
    pub changed_at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Text>)]
    pub changed_by: Option<String>,
}

/// What the database knows.
#[derive(Debug, Clone, Default, QueryableByName)]
pub struct Facts {
    #[diesel(sql_type = BigInt)]
    pub people: i64,
    #[diesel(sql_type = BigInt)]
    pub owners: i64,
    #[diesel(sql_type = BigInt)]
    pub admins: i64,
    #[diesel(sql_type = BigInt)]
    pub server_admins: i64,
    /// Names; while sign-on is required, only of break-glass owners.
    #[diesel(sql_type = Array<Text>)]
    pub owners_without_factor: Vec<String>,
    /// Waiting for longer than `STALE_DAYS`, or expired and not cancelled.
    #[diesel(sql_type = BigInt)]
    pub stale_invitations: i64,
    /// Tokens and API keys that work: older than `OLD_KEY_DAYS`, or unused for `IDLE_KEY_DAYS`.
    #[diesel(sql_type = BigInt)]
    pub old_keys: i64,
    /// Sign-on connections that are open to people.
    #[diesel(sql_type = BigInt)]
    pub connections: i64,
    #[diesel(sql_type = Bool)]
    pub is_sign_on_required: bool,
    /// Break-glass owners.
    #[diesel(sql_type = BigInt)]
    pub keepers: i64,
    /// Names of those with a password and nothing else.
    #[diesel(sql_type = Array<Text>)]
    pub bare_keepers: Vec<String>,
    /// Break-glass sessions that nobody has reviewed.
    #[diesel(sql_type = BigInt)]
    pub unreviewed: i64,
    #[diesel(sql_type = BigInt)]
    pub streams: i64,
    #[diesel(sql_type = BigInt)]
    pub failing_streams: i64,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub last_review_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<diesel::sql_types::Int4>)]
    pub every_months: Option<i32>,
}

/// An invitation that nobody took in this time is stale.
pub const STALE_DAYS: i64 = 14;
/// A token or API key that is older wants a new one.
pub const OLD_KEY_DAYS: i64 = 365;
/// One that nobody used for so long is perhaps nobody's any more.
pub const IDLE_KEY_DAYS: i64 = 90;

impl Facts {
    pub fn load(tx: &mut Tx, me: &Actor) -> Result<Facts> {
        check(me, Verb::See, &allowed())?;
        let mut sql = Sql::named(
            "reviews::facts",
            "with active as (select p.id, p.name, p.server_admin, m.role, exists (
                 select 1 from factors f where f.person_id = p.id and f.confirmed_at is not null) as has_factor,
                 exists (select 1 from break_glass_owners b where b.person_id = p.id) as is_keeper
               from people p join memberships m on m.person_id = p.id where p.deactivated_at is null)
             select (select count(*) from active) as people, (select count(*) from active where role = 'owner') as owners,
               (select count(*) from active where role = 'admin') as admins, (select count(*) from active where server_admin) as server_admins,
               array(select a.name from active a where a.role = 'owner' and not a.has_factor
                 and (a.is_keeper or not exists (select 1 from sso_enforcements)) order by lower(a.name)) as owners_without_factor,
               (select count(*) from sso_connections where enabled_at is not null) as connections,
               exists (select 1 from sso_enforcements) as is_sign_on_required,
               (select count(*) from active where is_keeper and role = 'owner') as keepers,
               array(select a.name from active a where a.is_keeper and not a.has_factor order by lower(a.name)) as bare_keepers,
               (select count(*) from break_glass_uses where reviewed_at is null) as unreviewed,
               (select count(*) from invitations where accepted_at is null and revoked_at is null and created_at < ",
        );
        sql.bind(tx.now - chrono::Duration::days(STALE_DAYS));
        sql.push(") as stale_invitations, (select count(*) from tokens t left join token_uses u on u.token_id = t.id where t.revoked_at is null and t.expires_at > ");
        sql.bind(tx.now).push(" and (t.created_at < ").bind(tx.now - chrono::Duration::days(OLD_KEY_DAYS));
        sql.push(" or greatest(t.created_at, u.last_used_at) < ").bind(tx.now - chrono::Duration::days(IDLE_KEY_DAYS));
        sql.push(
            ")) as old_keys, (select count(*) from audit_streams where paused_at is null) as streams,
               (select count(*) from audit_streams where failures > 0) as failing_streams, (select max(signed_at) from reviews) as last_review_at,
               (select every_months from review_rhythms) as every_months",
        );
        sql.load(tx.conn())?.into_iter().next().ok_or_else(|| Error::broken("no facts came back"))
    }
}

/// All that is written, whoever asks; the caller has asked.
pub(in crate::reviews) fn notes(tx: &mut Tx) -> Result<Vec<Note>> {
    let words: Vec<String> = NoteKey::ALL.iter().map(ToString::to_string).collect();
    let mut sql = Sql::named(
        "reviews::notes",
        "select n.key, n.text, n.changed_at, p.name as changed_by from practice_notes n left join people p on p.id = n.changed_by_id where n.key = any(",
    );
    sql.bind(words.clone()).push(") order by array_position(").bind(words).push(", n.key)");
    Ok(sql.load(tx.conn())?)
}

/// For the page.
pub fn see_notes(tx: &mut Tx, me: &Actor) -> Result<Vec<Note>> {
    check(me, Verb::See, &allowed())?;
    notes(tx)
}

/// Saves those that changed; an empty one is removed. How many.
pub fn save_notes(tx: &mut Tx, me: &Actor, given: &[(NoteKey, String)]) -> Result<usize> {
    let permit = may(tx, me, Verb::Administer, &Thing::Organisation(Permission::OrganisationUpdate))?;
    check_notes(given)?;
    let organisation = me.organisation_id().ok_or(Error::NotFound)?;
    let old = notes(tx)?;
    let before =
        |key: NoteKey| old.iter().find(|note| note.key == key).map(|note| note.text.as_str()).unwrap_or_default();
    let changed: Vec<&(NoteKey, String)> = given.iter().filter(|(key, text)| before(*key) != text.trim()).collect();
    if changed.is_empty() {
        permit.unused(tx);
        return Ok(0);
    }
    let mut act = Act::new(ActKind::PracticesChanged);
    for (key, text) in &changed {
        write(tx, me, (organisation.0, *key), text.trim())?;
        act = act.text_change(key.as_str());
    }
    audit::record(tx, permit, act)?;
    Ok(changed.len())
}

fn check_notes(given: &[(NoteKey, String)]) -> Result<()> {
    let mut problems = Problems::default();
    for (key, text) in given {
        if text.trim().chars().count() > MAX_NOTE_CHARS {
            problems.add(key.as_str(), Msg::new("problem-too-long").with("max", MAX_NOTE_CHARS));
        }
        if text.contains('\0') {
            problems.add(key.as_str(), "problem-nul");
        }
    }
    problems.check()
}

fn write(tx: &mut Tx, me: &Actor, (organisation, key): (uuid::Uuid, NoteKey), text: &str) -> Result<()> {
    let mut gone = Sql::named("reviews::forget_note", "delete from practice_notes where organisation_id = ");
    gone.bind(organisation).push(" and key = ").bind(key);
    gone.execute(tx.conn())?;
    if text.is_empty() {
        return Ok(());
    }
    let mut sql = Sql::named(
        "reviews::note",
        "insert into practice_notes (organisation_id, key, text, changed_by_id, changed_at) values (",
    );
    sql.bind(organisation).push(", ").bind(key).push(", ").bind(text).push(", ").bind(me.person_id().map(|id| id.0));
    sql.push(", ").bind(tx.now).push(")");
    sql.execute(tx.conn())?;
    Ok(())
}
