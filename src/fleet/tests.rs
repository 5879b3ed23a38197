//! What server admins see of the instances.

use crate::harness::{ADA, App, CLEO, connect, run};
use std::time::{Duration, Instant};
use tow::app::routes_of;
use tow::error::Error;
use tow::fleet::{Trouble, trouble};
use tow::fleet::{drop_job, try_again};
use tow::jobs::{kinds, schedule};
use tow::mail::MAX_ATTEMPTS;
use tow::queue::{
    FORGET_SILENT_HOURS, Instance, MAX_INSTANCES, MAX_UNDER_WAY, Role, SILENT_SECONDS, beat, instances, under_way,
};
use tow::ui::is_known;
use uuid::Uuid;

fn with(roles: &[Role]) -> App {
    let app = App::new();
    for role in roles {
        let here = Instance::here(*role, app.state().clock.now());
        app.tx(|tx| beat(tx, &here));
    }
    app
}

fn trouble_of(app: &App) -> Option<Trouble> {
    let now = app.state().clock.now();
    trouble(&app.tx(instances), now)
}

#[test]
fn the_page_shows_each_instance_and_marks_who_is_silent() {
    let app = with(&[Role::Web]);
    app.advance(chrono::Duration::seconds(SILENT_SECONDS));
    let mut worker = Instance::here(Role::Worker, app.state().clock.now());
    worker.host = "kelp<i>".to_owned();
    worker.load.lead(true);
    app.tx(|tx| beat(tx, &worker));
    let page = app.as_(ADA).get("/settings/instances");
    assert_eq!(page.status, 200);
    assert!(page.has("kelp&#60;i&#62;") && page.has("Background work") && page.has("runs the schedule"));
    assert!(page.has("Silent") && page.has("An instance is silent."));
    assert!(page.has(&format!("silent for {SILENT_SECONDS} seconds")));
    assert!(page.has(&format!("After {FORGET_SILENT_HOURS} hours")));
    assert_eq!(app.as_(CLEO).get("/settings/instances").status, 403);
}

#[test]
fn what_is_wrong_with_the_whole_is_said_worst_first() {
    assert_eq!(trouble_of(&with(&[Role::All])), None);
    assert_eq!(trouble_of(&with(&[Role::Web, Role::Worker])), None);
    let app = with(&[Role::Web, Role::Worker]);
    app.sql("update instances set version = '0.0.1' where role = 'web'");
    assert_eq!(trouble_of(&app), Some(Trouble::Versions));
    app.sql("update instances set heard_at = heard_at - interval '1 hour' where role = 'web'");
    assert_eq!(trouble_of(&app), Some(Trouble::Silent));
    app.sql("update instances set role = case role when 'web' then 'worker' else 'web' end");
    assert_eq!(trouble_of(&app), Some(Trouble::NoWorker));
}

#[test]
fn one_instance_is_told_what_a_second_is_for() {
    assert!(with(&[Role::All]).as_(ADA).get("/settings/instances").has("One instance runs"));
    assert!(!with(&[Role::All, Role::All]).as_(ADA).get("/settings/instances").has("One instance runs"));
    assert!(with(&[]).as_(ADA).get("/settings/instances").has("No instance has reported yet"));
}

#[test]
fn a_worker_answers_to_its_probes_and_nothing_else() {
    let paths: Vec<_> = routes_of(Role::Worker).list().into_iter().map(|route| route.path).collect();
    assert_eq!(paths, ["/healthz", "/readyz"]);
    assert!(routes_of(Role::Web).list().len() > 100);
}

#[test]
fn a_request_counts_while_it_is_under_way_and_not_after() {
    let app = App::own();
    let (ada, load) = (app.as_(ADA), app.state().instance.load.clone());
    let database = app.text("select current_database()::text as text");
    let (held, is_held) = std::sync::mpsc::channel();
    let watch = load.clone();
    let watching = std::thread::spawn(move || {
        let mut other = connect(&database);
        run(&mut other, "begin; lock table records in access exclusive mode");
        held.send(()).unwrap();
        let until = Instant::now() + Duration::from_secs(5);
        while watch.in_hand().0 == 0 && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(5));
        }
        let seen = watch.in_hand();
        run(&mut other, "rollback");
        seen
    });
    is_held.recv().unwrap();
    assert_eq!(ada.get("/tickets").status, 200);
    assert_eq!(watching.join().unwrap(), (1, 0));
    assert_eq!(load.in_hand(), (0, 0));
}

#[test]
fn of_too_many_instances_those_that_live_are_shown() {
    let app = with(&[Role::All]);
    app.sql(&format!(
        "insert into instances (id, host, version, role, started_at, heard_at, leads, requests, jobs)
         select gen_random_uuid(), 'gone', version, role, started_at - interval '2 hours', heard_at - interval '1 hour', false, 0, 0
         from instances, generate_series(1, {MAX_INSTANCES})"
    ));
    let (seen, now) = (app.tx(instances), app.state().clock.now());
    assert_eq!(i64::try_from(seen.len()).unwrap(), MAX_INSTANCES);
    assert_eq!(seen.iter().filter(|instance| !instance.is_silent(now)).count(), 1);
    assert_eq!(trouble_of(&app), Some(Trouble::Silent), "and there is somebody for the background work");
}

#[test]
fn no_more_of_what_is_under_way_is_listed_than_said() {
    let app = App::new();
    app.sql(&format!(
        "insert into jobs (id, kind, payload, run_at, max_attempts, created_at, leased_by, leased_until)
         select gen_random_uuid(), 'mail.send', '{{}}', o.created_at, 4, o.created_at, gen_random_uuid(), '2099-01-01'
         from organisations o, generate_series(0, {MAX_UNDER_WAY})"
    ));
    assert_eq!(i64::try_from(app.tx(under_way).len()).unwrap(), MAX_UNDER_WAY);
    app.sql("delete from jobs");
}

const JOB: Uuid = Uuid::from_u128(0x4b);

/// So many jobs that were given up, each a second after the one before; the newest is `JOB`.
fn given_up(app: &App, count: i64) {
    app.sql(&format!(
        "insert into jobs (id, kind, payload, run_at, attempts, max_attempts, failed_at, error, created_at)
         select case n when 1 then '{JOB}' else gen_random_uuid() end, 'mail.send', '{{\"to\": \"secret@halden.example\"}}', o.created_at, {MAX_ATTEMPTS},
           {MAX_ATTEMPTS}, o.created_at - n * interval '1 second', 'away: nobody <i>there</i> ' || n, o.created_at
         from organisations o, generate_series(1, {count}) n"
    ));
}

#[test]
fn the_queue_shows_why_a_job_was_given_up_and_never_what_it_holds() {
    let app = App::new();
    given_up(&app, 1);
    let page = app.as_(ADA).get("/settings/queue");
    assert!(page.has("Send a mail") && page.has("away: nobody &#60;i&#62;there&#60;/i&#62; 1"));
    assert!(!page.has("secret@halden.example"));
    assert_eq!(app.as_(CLEO).get("/settings/queue").status, 403);
    app.sql("delete from jobs");
    assert!(app.as_(ADA).get("/settings/queue").has("Nothing waits"));
}

#[test]
fn what_was_given_up_is_read_page_by_page_and_nothing_twice() {
    let app = App::new();
    given_up(&app, 60);
    let first = app.as_(ADA).get("/settings/queue");
    assert!(first.has("&#60;/i&#62; 50<") && !first.has("&#60;/i&#62; 51<"));
    let text = String::from_utf8(first.body.clone()).unwrap();
    let next = text.split("href=\"/settings/queue?after=").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let second = app.as_(ADA).get(&format!("/settings/queue?after={next}"));
    assert!(second.has("&#60;/i&#62; 51<") && second.has("&#60;/i&#62; 60<") && !second.has("&#60;/i&#62; 50<"));
    assert!(!second.has("rel=\"next\"") && !second.has("By the clock"));
    assert_eq!(app.as_(ADA).get("/settings/queue?after=never").status, 422);
    app.sql("delete from jobs");
}

#[test]
fn a_job_is_tried_again_with_all_its_tries_and_the_second_click_says_so() {
    let app = App::new();
    given_up(&app, 1);
    let path = format!("/settings/queue/{JOB}/again");
    assert_eq!(app.as_(ADA).post(&path, &[]).status, 303);
    assert_eq!(
        app.count("select count(*) from jobs where failed_at is null and attempts = 0 and leased_by is null"),
        1
    );
    assert_eq!(
        app.count(
            "select count(*) from audit_events where action = 'job.tried_again' and after ->> 'kind' = 'mail.send'"
        ),
        1
    );
    assert_eq!(app.as_(ADA).post(&path, &[]).status, 303);
    assert_eq!(app.count("select count(*) from audit_events where action = 'job.tried_again'"), 1);
    app.sql("delete from jobs");
}

#[test]
fn a_job_whose_equal_waits_already_is_not_queued_twice() {
    let app = App::new();
    given_up(&app, 1);
    app.sql("update jobs set dedup_key = 'mail.send:1'");
    app.sql(
        "insert into jobs (id, kind, payload, run_at, max_attempts, dedup_key, created_at)
         select gen_random_uuid(), kind, payload, run_at, max_attempts, dedup_key, created_at from jobs",
    );
    assert_eq!(app.as_(ADA).post(&format!("/settings/queue/{JOB}/again"), &[]).status, 303);
    assert_eq!(
        (app.count("select count(*) from jobs"), app.count(&format!("select count(*) from jobs where id = '{JOB}'"))),
        (1, 0)
    );
    app.sql("delete from jobs");
}

#[test]
fn a_dropped_job_is_gone_and_that_is_in_the_trail() {
    let app = App::new();
    given_up(&app, 1);
    assert_eq!(app.as_(ADA).post(&format!("/settings/queue/{JOB}/removal"), &[]).status, 303);
    assert_eq!(app.count("select count(*) from jobs"), 0);
    assert_eq!(app.count("select count(*) from audit_events where action = 'job.dropped'"), 1);
}

#[test]
fn who_is_no_server_admin_or_signed_in_long_ago_decides_about_no_job() {
    let app = App::new();
    given_up(&app, 1);
    assert!(matches!(app.write(CLEO, |tx, me| drop_job(tx, me, JOB)), Err(Error::Forbidden(_))));
    let unsure = app.write(ADA, |tx, me| try_again(tx, &tow::access::Actor { is_confirmed: false, ..me.clone() }, JOB));
    assert!(matches!(unsure, Err(Error::Confirm)));
    app.sql("delete from jobs");
}

#[test]
fn every_kind_of_job_and_every_entry_of_the_clock_has_words() {
    let dashed = |name: &str| name.replace(['.', '_'], "-");
    let kinds = kinds().into_iter().map(|kind| format!("job-kind-{}", dashed(kind.name)));
    let entries = schedule().into_iter().map(|entry| format!("entry-{}", dashed(entry.name)));
    let missing: Vec<String> = kinds.chain(entries).filter(|key| !is_known(key)).collect();
    assert!(missing.is_empty(), "give these words in locales/en/fleet.ftl: {missing:?}");
}

#[test]
fn the_page_says_when_an_entry_ran_and_that_it_failed() {
    let app = App::new();
    app.sql(
        "insert into schedule_runs (name, last_run_at, took_ms, error)
         select 'docs.empty_bin', created_at, 1240, 'away: <b>' from organisations",
    );
    let page = app.as_(ADA).get("/settings/queue");
    assert!(
        page.has("Empty the bin of documents")
            && page.has("1.24")
            && page.has("away: &#60;b&#62;")
            && page.has("every day")
    );
    assert!(page.has("every 6 hours") && page.has("every 30 minutes") && page.has("every second"));
}
