//! What the web asks of whoever acts.

use crate::db::Tx;
use crate::error::{Error, Result};
use crate::ui::{Frame, FrameProject};
use crate::web::{Caller, Entrance};
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// Whoever acts; the spine says who that is. (The one trait with one implementation: ground may not know people.)
pub trait Principal: Clone + Send + Sync + 'static {
    /// Asked at each request. `SignIn` when the session is no more.
    fn load(tx: &mut Tx, caller: &Caller) -> Result<Self>;
    fn visitor(caller: &Caller) -> Self;
    /// Who comes with the token of this SHA-256, its use counted; or in words why not, which is kept.
    fn enter(tx: &mut Tx, caller: &Caller, token_hash: &[u8], route: &str) -> Result<Entrance<Self>>;
    /// The same for the company's directory, whose tokens are of another kind.
    fn enter_directory(tx: &mut Tx, caller: &Caller, token_hash: &[u8], route: &str) -> Result<Entrance<Self>>;
    /// Whether a program was given what a route of the API asks for.
    fn may_use(&self, scope: &str) -> bool;
    /// Of a token or key; None for everybody else.
    fn program_id(&self) -> Option<Uuid>;
    /// For the log: an id, never a name.
    fn log_id(&self) -> Option<Uuid>;
    /// The session it is known by; None without one.
    fn session(&self) -> Option<Uuid>;
    /// Whether a session that still owes something (a second factor) may go here. `Confirm` leads to where it is settled.
    fn admit(&self, route: &str) -> Result<()>;
    /// When the session was last written down as seen; None for visitors.
    fn last_seen_at(&self) -> Option<DateTime<Utc>>;
    fn mark_seen(&self, tx: &mut Tx) -> Result<()>;
    /// Whether its session must get a new token, because its rights changed.
    fn owes_token(&self) -> bool;
    /// That token, once; the old one opens nothing any more.
    fn replace_token(&self, tx: &mut Tx) -> Result<Option<String>>;
    /// Keeps a refusal, after the roll-back.
    fn refused(&self, tx: &mut Tx, error: &Error, route: &str) -> Result<()>;
    /// Names and places for the layout.
    fn frame(&self) -> Frame;
    /// A project in reach, by its key.
    fn frame_project(&self, key: &str) -> Option<FrameProject>;
    fn zone(&self) -> chrono_tz::Tz;
}
