//! What programs come with: rows of tokens and keys, and how often each is used. Who may make them is asked in the room that does.

use crate::db::Tx;
use crate::db::sql::{Bind, Sql};
use crate::error::Result;
use crate::people::{OrganisationId, PersonId};
use crate::web::Budget;
use crate::{text_enum, typed_id};
use chrono::{DateTime, DurationRound, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Bool, Int4, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use uuid::Uuid;

typed_id!(TokenId);

text_enum!(
    /// A person's own, or a key of the organisation (a service account).
    TokenKind { Personal = "personal", Service = "service" }
);

/// Requests of one token in a window, however many instances answer them.
pub const REQUESTS_PER_WINDOW: i32 = 600;
/// Of one token of the directory: a first sync of 5,000 people asks about each, makes each and reads some again; it comes in a rush.
pub const DIRECTORY_REQUESTS_PER_WINDOW: i32 = 12_000;
pub const WINDOW_SECONDS: i64 = 60;

/// A token as lists show it; the token itself is not here.
#[derive(Debug, Clone, QueryableByName)]
pub struct Token {
    #[diesel(sql_type = SqlUuid)]
    pub id: TokenId,
    #[diesel(sql_type = Text)]
    pub kind: TokenKind,
    #[diesel(sql_type = Text)]
    pub name: String,
    /// None for a key.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub person_id: Option<PersonId>,
    /// Whose it is, or who made the key.
    #[diesel(sql_type = Text)]
    pub person: String,
    /// Its last characters.
    #[diesel(sql_type = Text)]
    pub hint: String,
    #[diesel(sql_type = Array<Text>)]
    pub scopes: Vec<String>,
    #[diesel(sql_type = Bool)]
    pub is_narrowed: bool,
    /// Keys of the projects it is narrowed to.
    #[diesel(sql_type = Array<Text>)]
    pub projects: Vec<String>,
    #[diesel(sql_type = Array<Text>)]
    pub networks: Vec<String>,
    #[diesel(sql_type = Timestamptz)]
    pub created_at: DateTime<Utc>,
    #[diesel(sql_type = Timestamptz)]
    pub expires_at: DateTime<Utc>,
    #[diesel(sql_type = BigInt)]
    pub used_count: i64,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub last_used_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Text>)]
    pub last_address: Option<String>,
}

/// A row about to be made.
#[derive(Debug, Clone)]
pub struct NewToken {
    pub organisation: OrganisationId,
    pub kind: TokenKind,
    pub name: String,
    /// Set for a personal one.
    pub person: Option<PersonId>,
    pub creator: PersonId,
    /// SHA-256.
    pub hash: Vec<u8>,
    pub hint: String,
    pub scopes: Vec<String>,
    /// None: not narrowed.
    pub projects: Option<Vec<Uuid>>,
    pub networks: Vec<String>,
    pub expires_at: DateTime<Utc>,
}

const COLUMNS: &str = "select t.id, t.kind, t.name, t.person_id, p.name as person, t.hint, t.scopes, t.is_narrowed,
    array(select j.key from token_projects tp join projects j on j.id = tp.project_id where tp.token_id = t.id order by j.key) as projects,
    t.networks, t.created_at, t.expires_at, coalesce(u.used_count, 0) as used_count, u.last_used_at, u.last_address
    from tokens t join people p on p.id = coalesce(t.person_id, t.creator_id) left join token_uses u on u.token_id = t.id
    where t.revoked_at is null";

#[derive(QueryableByName)]
struct Used {
    #[diesel(sql_type = Int4)]
    window_count: i32,
    #[diesel(sql_type = Timestamptz)]
    window_began_at: DateTime<Utc>,
}

impl NewToken {
    pub fn insert(self, tx: &mut Tx) -> Result<TokenId> {
        let id = TokenId(tx.new_id());
        let mut sql = Sql::named(
            "people::insert_token",
            "insert into tokens (id, organisation_id, kind, name, person_id, creator_id, token_hash, hint, scopes, is_narrowed,
               networks, created_at, expires_at)",
        );
        let values: [Bind; 13] = [
            id.into(),
            self.organisation.into(),
            self.kind.into(),
            self.name.into(),
            Bind::MaybeUuid(self.person.map(|id| id.0)),
            self.creator.into(),
            self.hash.into(),
            self.hint.into(),
            self.scopes.into(),
            self.projects.is_some().into(),
            self.networks.into(),
            tx.now.into(),
            self.expires_at.into(),
        ];
        sql.add(" values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", values);
        sql.execute(tx.conn())?;
        let projects = self.projects.unwrap_or_default();
        let mut sql = Sql::named("people::narrow_token", "insert into token_projects (token_id, project_id) select ");
        sql.bind(id).push("::uuid, unnest(").bind(projects).push("::uuid[]) on conflict do nothing");
        sql.execute(tx.conn())?;
        Ok(id)
    }
}

impl Token {
    /// One person's own, the newest first; expired ones too, until they are removed.
    pub fn list_of(tx: &mut Tx, person: PersonId) -> Result<Vec<Token>> {
        let mut sql = Sql::named("people::tokens_of", COLUMNS);
        sql.push(" and t.person_id = ").bind(person).push(" order by t.created_at desc, t.id limit 200");
        Ok(sql.load(tx.conn())?)
    }

    /// Everybody's and the organisation's of one kind, by name.
    pub fn list(tx: &mut Tx, kind: TokenKind) -> Result<Vec<Token>> {
        let mut sql = Sql::named("people::tokens", COLUMNS);
        sql.push(" and t.kind = ").bind(kind).push(" order by lower(t.name), t.id limit 5000");
        Ok(sql.load(tx.conn())?)
    }

    /// How many of one person (or, for None, keys) there are.
    pub fn count(tx: &mut Tx, person: Option<PersonId>) -> Result<usize> {
        let mut sql = Sql::named(
            "people::count_tokens",
            "select t.id from tokens t where t.revoked_at is null and t.person_id is not distinct from ",
        );
        sql.bind(person.map(|id| id.0));
        Ok(sql.execute(tx.conn())?)
    }

    /// False when there was none such: another's, or revoked already.
    pub fn revoke(tx: &mut Tx, id: TokenId, person: Option<PersonId>) -> Result<bool> {
        let mut sql = Sql::named("people::revoke_token", "update tokens set revoked_at = ");
        sql.bind(tx.now).push(" where revoked_at is null and id = ").bind(id);
        sql.push(" and person_id is not distinct from ").bind(person.map(|id| id.0));
        Ok(sql.execute(tx.conn())? > 0)
    }

    /// All of a person, who may no longer enter.
    pub fn revoke_all(tx: &mut Tx, person: PersonId) -> Result<usize> {
        let mut sql = Sql::named("people::revoke_tokens", "update tokens set revoked_at = ");
        sql.bind(tx.now).push(" where revoked_at is null and person_id = ").bind(person);
        Ok(sql.execute(tx.conn())?)
    }

    /// Counts one request, and says what is left of the window.
    pub fn count_use(tx: &mut Tx, id: TokenId, address: &str) -> Result<Budget> {
        count_use(tx, ("insert into token_uses", REQUESTS_PER_WINDOW), id.0, address)
    }
}

/// The same for a token of the company's directory.
pub fn count_directory_use(tx: &mut Tx, id: Uuid, address: &str) -> Result<Budget> {
    count_use(tx, ("insert into scim_token_uses", DIRECTORY_REQUESTS_PER_WINDOW), id, address)
}

fn count_use(tx: &mut Tx, (insert, limit): (&'static str, i32), id: Uuid, address: &str) -> Result<Budget> {
    let length = chrono::Duration::seconds(WINDOW_SECONDS);
    let began = tx.now.duration_trunc(length).unwrap_or(tx.now);
    let mut sql = Sql::named("people::count_use", insert);
    sql.push(" as u (token_id, used_count, last_used_at, last_address, window_began_at, window_count) values (");
    sql.bind(id).push(", 1, ").bind(tx.now).push(", ").bind(address).push(", ").bind(began);
    // Instances whose clocks differ a little stay in the later window.
    sql.push(
            ", 1) on conflict (token_id) do update set used_count = u.used_count + 1, last_used_at = excluded.last_used_at,
             last_address = excluded.last_address, window_began_at = greatest(u.window_began_at, excluded.window_began_at),
             window_count = case when excluded.window_began_at <= u.window_began_at then u.window_count + 1 else 1 end
             returning window_count, window_began_at",
        );
    let used = sql.load::<Used>(tx.conn())?.into_iter().next();
    let (count, began) = used.map_or((1, began), |used| (used.window_count, used.window_began_at));
    Ok(Budget {
        limit,
        window_seconds: WINDOW_SECONDS,
        left: limit - count,
        resets_in_seconds: (began + length - tx.now).num_seconds().clamp(1, WINDOW_SECONDS),
    })
}
