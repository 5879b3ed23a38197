//! What is done in the background: the kinds of jobs, and the one table of the clock. What is not listed here does not run.

use crate::config::Config;
use crate::db::{self, Chore};
use crate::queue::{self, Entry, JobKind, Work};
use crate::{
    account, agents, ai, audit, chat, comments, diffs, docs, error::Result, exports, files, imports, invitations, mail,
    people, reviews, search, setup, signin, snapshots, sso, trail, vectors,
};
use chrono::{DateTime, Utc};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
const TWO_SECONDS: Duration = Duration::from_secs(2);
const FIVE_SECONDS: Duration = Duration::from_secs(5);
const FIVE_MINUTES: Duration = Duration::from_secs(301);
const HALF_HOUR: Duration = Duration::from_secs(1_797);
/// More often than it must: one that met a backup under way did nothing.
const SIX_HOURS: Duration = Duration::from_secs(21_601);
const DAY: Duration = Duration::from_secs(86_400);

pub fn kinds() -> Vec<JobKind> {
    vec![
        JobKind::of::<exports::MakeExport>(),
        JobKind::of::<mail::Mail>(),
        JobKind::of::<invitations::SendInvitation>(),
        JobKind::of::<account::SendReset>(),
        JobKind::of::<account::SendConfirmation>(),
        JobKind::of::<account::SendSignUp>(),
        JobKind::of::<trail::SendOn>(),
        JobKind::of::<vectors::MakeVectors>(),
        JobKind::of::<diffs::ReviewMemory>(),
        JobKind::of::<snapshots::MakeSnapshot>(),
        JobKind::of::<agents::RunAgent>(),
    ]
}

/// How often each instance tidies its own disk.
pub const TIDY_EVERY: Duration = HALF_HOUR;

/// Odd periods spread the load.
pub fn schedule() -> Vec<Entry> {
    vec![
        // Evidence
        Entry { name: "audit.seal", every: SECOND, wakes_on: None, run: seal },
        Entry { name: "audit.flush", every: FIVE_SECONDS, wakes_on: None, run: flush_counts },
        Entry { name: "audit.forget_details", every: DAY, wakes_on: None, run: forget_details },
        Entry { name: "trail.send_on", every: TWO_SECONDS, wakes_on: None, run: send_trail_on },
        Entry { name: "reviews.begin", every: HALF_HOUR, wakes_on: None, run: begin_reviews },
        Entry { name: "sso.check_domains", every: SIX_HOURS, wakes_on: None, run: sso::check_domains },
        // Finding
        Entry { name: "search.index", every: SECOND, wakes_on: None, run: index },
        Entry { name: "vectors.tend", every: TWO_SECONDS, wakes_on: None, run: vectors::tend },
        Entry { name: "ai.close_lost", every: FIVE_MINUTES, wakes_on: None, run: close_lost_calls },
        Entry { name: "chat.close_lost", every: FIVE_MINUTES, wakes_on: None, run: close_lost_answers },
        Entry { name: "agents.begin_due", every: FIVE_SECONDS, wakes_on: None, run: begin_due_runs },
        Entry { name: "agents.close_lost", every: FIVE_MINUTES, wakes_on: None, run: close_lost_runs },
        Entry { name: "diffs.review_memory", every: DAY, wakes_on: None, run: review_memory },
        // Forgetting
        Entry { name: "sessions.forget", every: DAY, wakes_on: None, run: forget_sessions },
        Entry { name: "sso.forget", every: DAY, wakes_on: None, run: forget_spent },
        Entry { name: "throttles.forget", every: DAY, wakes_on: None, run: forget_throttles },
        Entry { name: "kept_forms.forget", every: HALF_HOUR, wakes_on: None, run: forget_kept_forms },
        Entry { name: "once_keys.forget", every: DAY, wakes_on: None, run: forget_once_keys },
        Entry { name: "api_answers.forget", every: DAY, wakes_on: None, run: forget_answers },
        Entry { name: "account_links.forget", every: DAY, wakes_on: None, run: forget_links },
        Entry { name: "setup_tokens.forget", every: DAY, wakes_on: None, run: forget_setup_tokens },
        Entry { name: "jobs.forget", every: DAY, wakes_on: None, run: forget_jobs },
        Entry { name: "files.clean_up", every: SIX_HOURS, wakes_on: None, run: clean_up_files },
        Entry { name: "exports.expire", every: HALF_HOUR, wakes_on: None, run: expire_exports },
        Entry { name: "imports.forget", every: HALF_HOUR, wakes_on: None, run: forget_held },
        Entry { name: "comments.forget", every: DAY, wakes_on: None, run: forget_comments },
        Entry { name: "docs.empty_bin", every: DAY, wakes_on: None, run: empty_bin },
        Entry { name: "ai.forget", every: DAY, wakes_on: None, run: forget_calls },
    ]
}

/// Each new head goes to the log, from where `tow audit verify --head` takes it: the chain alone does not show a cut-off end.
fn seal(work: &mut Work) -> Result<()> {
    let sealed = work.touch(Chore::Seal, audit::seal)?;
    if let Some(sealed) = sealed.filter(|sealed| sealed.added > 0) {
        tracing::info!(
            name = "audit.sealed",
            sequence = sealed.head.sequence,
            head = sealed.head.hex(),
            "the audit trail has a new head"
        );
    }
    Ok(())
}

fn flush_counts(work: &mut Work) -> Result<()> {
    work.touch(Chore::Refusal, audit::flush).map(drop)
}

fn send_trail_on(work: &mut Work) -> Result<()> {
    work.touch(Chore::Stream, trail::send_on).map(drop)
}

fn begin_reviews(work: &mut Work) -> Result<()> {
    let config = work.config.clone();
    work.touch(Chore::Review, |tx| reviews::begin_due(tx, &config))?;
    work.touch(Chore::Review, |tx| reviews::remind(tx, &config)).map(drop)
}

/// Addresses and browsers: beside audit events, and of sessions that are over.
fn forget_details(work: &mut Work) -> Result<()> {
    let days = work.config.security.audit_details_days;
    work.touch(Chore::Expiry, |tx| audit::forget_details(tx, days))?;
    work.touch(Chore::Expiry, |tx| people::Session::forget_places(tx, days)).map(drop)
}

fn index(work: &mut Work) -> Result<()> {
    search::catch_up(work, &crate::features::texts()).map(drop)
}

fn review_memory(work: &mut Work) -> Result<()> {
    work.touch(Chore::Review, diffs::enqueue_reviews).map(drop)
}

fn begin_due_runs(work: &mut Work) -> Result<()> {
    if !work.config.background.operating_background_enabled {
        return Ok(());
    }
    work.touch(Chore::Agent, agents::begin_due).map(drop)
}

fn close_lost_runs(work: &mut Work) -> Result<()> {
    work.touch(Chore::Agent, agents::close_lost).map(drop)
}

fn close_lost_calls(work: &mut Work) -> Result<()> {
    work.touch(Chore::Egress, ai::close_lost).map(drop)
}

fn close_lost_answers(work: &mut Work) -> Result<()> {
    work.touch(Chore::Chat, chat::close_lost).map(drop)
}

fn forget_calls(work: &mut Work) -> Result<()> {
    let days = work.config.ai.request_days;
    work.touch(Chore::Expiry, |tx| ai::forget_requests(tx, days))?;
    work.touch(Chore::Expiry, ai::forget_calls).map(drop)
}

fn forget_sessions(work: &mut Work) -> Result<()> {
    work.touch(Chore::Expiry, people::Session::forget_ended).map(drop)
}

fn forget_spent(work: &mut Work) -> Result<()> {
    work.touch(Chore::Expiry, sso::forget_spent).map(drop)
}

fn forget_throttles(work: &mut Work) -> Result<()> {
    work.touch(Chore::Expiry, signin::Throttle::forget_old).map(drop)
}

fn forget_kept_forms(work: &mut Work) -> Result<()> {
    work.touch(Chore::Expiry, db::kept::forget)?;
    work.touch(Chore::Expiry, signin::Step::forget_old).map(drop)
}

fn forget_once_keys(work: &mut Work) -> Result<()> {
    work.touch(Chore::Expiry, db::once::forget).map(drop)
}

fn forget_answers(work: &mut Work) -> Result<()> {
    work.touch(Chore::Expiry, db::answers::forget).map(drop)
}

fn forget_links(work: &mut Work) -> Result<()> {
    work.touch(Chore::Expiry, account::forget_links).map(drop)
}

fn forget_setup_tokens(work: &mut Work) -> Result<()> {
    work.touch(Chore::Expiry, setup::forget_tokens).map(drop)
}

fn forget_jobs(work: &mut Work) -> Result<()> {
    work.touch(Chore::Expiry, queue::forget_finished).map(drop)
}

fn clean_up_files(work: &mut Work) -> Result<()> {
    let store = crate::storage::Store::of(&work.config.uploads);
    files::clean_up(work, &store).map(drop)
}

fn expire_exports(work: &mut Work) -> Result<()> {
    let uploads = work.config.uploads.clone();
    work.touch(Chore::Expiry, |tx| exports::expire_exports(tx, &uploads)).map(drop)
}

fn forget_held(work: &mut Work) -> Result<()> {
    imports::forget_held(&work.config.uploads, work.now()).map(drop)
}

/// What each instance does for its own disk, whether it leads or not: uploads that a crash left, and imports that nobody confirmed.
pub fn tidy(config: &Config, now: DateTime<Utc>) {
    let loose = now - chrono::Duration::hours(files::LOOSE_HOURS);
    crate::storage::Store::of(&config.uploads).sweep(loose);
    imports::forget_here(&config.uploads, now);
}

fn forget_comments(work: &mut Work) -> Result<()> {
    work.touch(Chore::Expiry, comments::forget_removed).map(drop)
}

fn empty_bin(work: &mut Work) -> Result<()> {
    work.touch(Chore::Expiry, docs::empty_bin).map(drop)
}
