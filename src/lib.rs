//! TOW: a private workspace server for one company. Three rings and an edge; imports point inward only
//! (`tests/architecture.rs` holds it). Each feature is one folder, complete; see STYLE.md.

// edge: wires
/// The server, built once.
pub mod app;
/// The command line: one file per subcommand.
pub mod cli;
/// The features, one line each.
pub mod features;
/// Every page from its sample, for developers.
pub mod gallery;
/// Everything that leaves the server, by room.
pub mod outbound;
/// What /readyz and `tow doctor` look at.
pub mod health;
/// The kinds of jobs and the table of the clock, one line each.
pub mod jobs;

// ground: knows no product word
/// The only reader of the wall clock.
pub mod clock;
/// What the operator decides: tow.yaml and secrets, read once at start; the only reader of the environment.
pub mod config;
/// PostgreSQL: pool, transaction, SQL with binds, paging, the embedded cluster, migrations.
pub mod db;
/// The one error, with nine kinds.
pub mod error;
/// Mails: letters, the way through the queue, transports.
pub mod mail;
/// The one way out over HTTP.
pub mod net;
/// Work after the request, and the schedule.
pub mod queue;
/// Generated from the migrations.
pub mod schema;
/// Text that must not be printed.
pub mod secret;
/// Where content lies: a folder, or the bucket of a store that speaks S3.
pub mod storage;
/// Spans for a collector of OpenTelemetry, when there is one.
pub mod telemetry;
/// Markdown, values, differences, files' names, import parsing.
pub mod text;
/// What pages share: frame, words, static files.
pub mod ui;
/// Values that lie sealed in the database: TOTP seeds, client secrets, webhook secrets.
pub mod vault;
/// HTTP: what a handler receives and answers.
pub mod web;

// spine: people ← access ← audit ← records
/// Who may do what: one question, one table, one receipt.
pub mod access;
/// Who did what: activity, audit events and their chain.
pub mod audit;
/// Who there is: people, memberships, groups, sessions.
pub mod people;
/// The parent row of every protected thing, and what hangs on it.
pub mod records;

// features, lower first
/// Signing in and out.
pub mod signin;
/// What programs come with: access tokens and API keys.
pub mod tokens;
/// Signing in through the company's identity provider.
pub mod sso;
/// Where work happens, and who may be there.
pub mod projects;
/// The people of the organisation: roles, groups, profiles.
pub mod members;
/// The company's directory: who works here, by SCIM.
pub mod scim;
/// What leaves for a language model: the client, the gate, the ledger.
pub mod ai;
/// The language that tickets are asked for in.
pub mod tql;
/// How people join.
pub mod invitations;
/// Groups and roles by what the company's provider says.
pub mod claims;
/// One's own account, by mail: forgotten password, another address, sign-up.
pub mod account;
/// What every record's page can do, whatever its kind.
pub mod related;
/// Attachments: uploads, downloads, content by hash.
pub mod files;
/// What people say about a record, and its story.
pub mod comments;
/// Units of work.
pub mod tickets;
/// What was decided, and why.
pub mod decisions;
/// What may go wrong, and what is done about it.
pub mod risks;
/// What was tried in order to know.
pub mod experiments;
/// The wiki.
pub mod docs;
/// What the company knows in short.
pub mod memory;
/// Proposed changes of memory.
pub mod diffs;
/// How things stand, reviewed.
pub mod snapshots;
/// Everything that can be brought back, as one set: made, checked, restored.
pub mod backups;
/// Tickets as cards in columns.
pub mod boards;
/// Passages, and the vectors a model made of them.
pub mod vectors;
/// One box over everything one may read.
pub mod search;
/// What works in the background and proposes.
pub mod agents;
/// Conversations with a model that reads as the person.
pub mod chat;
/// Tables and pages from elsewhere.
pub mod imports;
/// The whole organisation as one file, out and back.
pub mod exports;
/// What one decides about oneself, and admins about the organisation.
pub mod settings;
/// Which instances run, and what each has in hand.
pub mod fleet;
/// Who has which access, looked through; and how this server is run.
pub mod reviews;
/// Who leaves: what they hold, and who gets it.
pub mod leaving;
/// The audit trail, read, exported and sent on.
pub mod trail;
/// The first minutes of an empty server.
pub mod setup;
