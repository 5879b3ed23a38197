//! What every test stands on. Ten lines are enough:
//!
//! ```ignore
//! use crate::harness::*;
//!
//! #[test]
//! fn a_viewer_may_not_make_tickets() {
//!     let app = App::new();
//!     let answer = app.as_(VERA).post("/tickets", &[("title", "Paint"), ("place", "ATL")]);
//!     assert_eq!(answer.status, 403);
//!     assert!(answer.has("needs the role member"));
//! }
//! ```
//!
//! `App::new()` is the named world in a transaction that never commits; `App::empty()` the same before set-up; `App::own()` a
//! database of its own, for what needs commits or several connections. The clock begins at `START` and is moved with
//! `app.advance`, never slept on.

mod app;
mod bucket;
mod client;
mod database;
mod golden;
mod programs;
mod mails;
mod names;
mod models;
mod smtp;
mod exa;
mod outside;
mod phone;
mod provider;
pub mod saml;
mod world;

pub use app::*;
pub use bucket::*;
pub use client::*;
pub use database::*;
pub use exa::*;
pub use golden::*;
pub use mails::*;
pub use models::*;
pub use names::*;
pub use outside::*;
pub use phone::*;
pub use programs::*;
pub use provider::*;
pub use smtp::*;
pub use world::*;
