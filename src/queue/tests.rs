//! The queue against a real database of its own, because leases, locks and notices need commits.

use chrono::Duration;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use serde::{Deserialize, Serialize};
use std::time::Instant;
use tow::clock::Clock;
use tow::config::{Config, load_text};
use tow::db::embedded::Embedded;
use tow::db::{self, Chore, Tx};
use tow::error::{Error, Result};
use tow::queue::{
    BEAT_SECONDS, Beats, Duties, Entry, FIRST_PAUSE_SECONDS, FORGET_SILENT_HOURS, Instance, Job, JobKind,
    LEASE_SECONDS, LONGEST_PAUSE_SECONDS, Outcome, Presence, Role, Runner, SILENT_SECONDS, Schedule, Tally, Watch,
    Work, beat, enqueue, entry_runs, extend, forget_finished, forget_silent, free, instances, lease, pause,
    run_all_due, settle, tally,
};
use tow::secret::Secret;
use uuid::Uuid;

const SECRET: (&str, &str) = ("APP_SECRET", "9f2c61d4e8b07a35c1d9f4e26b80a7537e1c94d2f6a803b5");

struct Yard {
    tow: Embedded,
    conn: PgConnection,
    clock: Clock,
    config: Config,
    _folder: tempfile::TempDir,
}

impl Yard {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let tow = Embedded::start(&folder.path().join("data")).unwrap();
        let mut conn = PgConnection::establish(tow.url()).unwrap();
        db::migrate::run(&mut conn).unwrap();
        conn.batch_execute("create table done (what text)").unwrap();
        let config = load_text("database:\n  worker_pool_size: 2\n", &[SECRET]).unwrap().config;
        Yard { tow, conn, clock: Clock::default(), config, _folder: folder }
    }

    fn tx<T>(&mut self, f: impl FnOnce(&mut Tx) -> Result<T>) -> Result<T> {
        db::touch(&mut self.conn, self.clock.now(), Uuid::nil(), Chore::Lease, f)
    }

    fn enqueue(&mut self, job: impl Job) {
        self.tx(|tx| enqueue(tx, None, &job)).unwrap();
    }

    fn run(&mut self) -> Vec<Outcome> {
        let kinds = [JobKind::of::<Say>(), JobKind::of::<Once>()];
        let ran = run_all_due(&mut self.conn, &self.clock, &self.config, &kinds).unwrap();
        ran.into_iter().map(|(_, outcome)| outcome).collect()
    }

    fn tally(&mut self) -> Tally {
        self.tx(tally).unwrap()
    }

    fn start(&self, entries: Vec<Entry>) -> Runner {
        let url = Secret::new(self.tow.url().to_owned());
        let instance = Instance::here(Role::All, self.clock.now());
        let duties = Duties { kinds: vec![JobKind::of::<Say>()], entries };
        Runner::start(&url, self.clock.clone(), self.config.clone(), instance, duties).unwrap()
    }

    fn done(&mut self) -> i64 {
        count(&mut self.conn, "select count(*) as value from done")
    }

    fn wait_for(&mut self, done: i64) -> std::time::Duration {
        let began = Instant::now();
        while self.done() < done {
            assert!(began.elapsed().as_secs() < 20, "it never ran");
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        began.elapsed()
    }
}

fn count(conn: &mut PgConnection, sql: &str) -> i64 {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = BigInt)]
        value: i64,
    }
    diesel::sql_query(sql).get_result::<Row>(conn).unwrap().value
}

/// Ends as its word says.
#[derive(Serialize, Deserialize)]
struct Say(String);

impl Job for Say {
    const KIND: &'static str = "tests.say";
    const MAX_ATTEMPTS: i32 = 3;

    fn run(self, work: &mut Work) -> Result<Outcome> {
        match self.0.as_str() {
            "later" => Ok(Outcome::Later("not yet".to_owned())),
            "away" => Err(Error::Away("no network".to_owned())),
            "gone" => Err(Error::NotFound),
            "panic" => panic!("on purpose"),
            word => {
                let mut sql = db::sql::Sql::new("insert into done values (");
                sql.bind(word).push(")");
                work.touch(Chore::Lease, |tx| Ok(sql.execute(tx.conn())?))?;
                Ok(Outcome::Done)
            }
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Once(u8);

impl Job for Once {
    const KIND: &'static str = "tests.once";
    const DEDUPLICATED: bool = true;

    fn run(self, _: &mut Work) -> Result<Outcome> {
        if self.0 == 0 { Ok(Outcome::Done) } else { Ok(Outcome::Later("busy".to_owned())) }
    }
}

fn say(word: &str) -> Say {
    Say(word.to_owned())
}

#[test]
fn a_job_of_a_change_that_was_rolled_back_never_runs() {
    let mut yard = Yard::new();
    let undone = yard.tx(|tx| {
        enqueue(tx, None, &say("hello"))?;
        Err::<(), _>(Error::NotFound)
    });
    assert!(undone.is_err());
    assert_eq!((yard.run(), yard.done()), (vec![], 0));
    yard.enqueue(say("hello"));
    assert_eq!((yard.run(), yard.done()), (vec![Outcome::Done], 1));
}

#[test]
fn a_job_that_fails_waits_longer_each_time_and_is_given_up_and_kept() {
    let mut yard = Yard::new();
    yard.enqueue(say("away"));
    for attempt in 1..=3 {
        assert_eq!(yard.run().len(), 1, "attempt {attempt}");
        assert_eq!(yard.run().len(), 0, "it must wait after attempt {attempt}");
        yard.clock.advance(Duration::seconds(FIRST_PAUSE_SECONDS * 8));
    }
    assert_eq!(yard.run().len(), 0);
    assert_eq!((yard.tally().waiting, yard.tally().failed), (0, 1));
    assert_eq!(
        count(&mut yard.conn, "select count(*) as value from jobs where error = 'away: no network' and attempts = 3"),
        1
    );
}

#[test]
fn never_is_at_once_and_a_panic_is_tried_again() {
    let mut yard = Yard::new();
    yard.enqueue(say("gone"));
    assert_eq!(yard.run(), [Outcome::Never("not_found".to_owned())]);
    yard.enqueue(say("panic"));
    assert!(matches!(yard.run().as_slice(), [Outcome::Later(_)]));
    assert_eq!((yard.tally().waiting, yard.tally().failed), (1, 1));
}

#[test]
fn an_equal_job_that_waits_is_the_same_but_one_that_runs_is_not() {
    let mut yard = Yard::new();
    yard.enqueue(Once(0));
    yard.enqueue(Once(0));
    yard.enqueue(Once(1));
    assert_eq!(yard.tally().waiting, 2);
    let worker = Uuid::from_u128(1);
    let leased = yard.tx(|tx| lease(tx, worker, &[JobKind::of::<Once>()])).unwrap().unwrap();
    yard.enqueue(Once(0));
    assert_eq!((yard.tally().waiting, yard.tally().running), (2, 1));
    // Put off while its equal waits: that one does it.
    yard.tx(|tx| settle(tx, worker, &leased, &Outcome::Later("busy".to_owned()))).unwrap();
    assert_eq!((yard.tally().waiting, yard.tally().running), (2, 0));
}

#[test]
fn a_dead_workers_job_is_given_to_another_and_its_late_word_does_not_count() {
    let mut yard = Yard::new();
    yard.enqueue(say("hello"));
    let (dead, kinds) = (Uuid::from_u128(1), [JobKind::of::<Say>()]);
    let leased = yard.tx(|tx| lease(tx, dead, &kinds)).unwrap().unwrap();
    assert!(yard.tx(|tx| lease(tx, Uuid::from_u128(2), &kinds)).unwrap().is_none());
    yard.clock.advance(Duration::seconds(LEASE_SECONDS - 1));
    yard.tx(|tx| extend(tx, dead, vec![leased.id])).unwrap();
    yard.clock.advance(Duration::seconds(LEASE_SECONDS - 1));
    assert!(yard.tx(|tx| lease(tx, Uuid::from_u128(2), &kinds)).unwrap().is_none());
    yard.clock.advance(Duration::seconds(2));
    assert!(yard.tx(|tx| lease(tx, Uuid::from_u128(2), &kinds)).unwrap().is_some());
    yard.tx(|tx| settle(tx, dead, &leased, &Outcome::Never("late".to_owned()))).unwrap();
    assert_eq!((yard.tally().running, yard.tally().failed), (1, 0));
}

#[test]
fn the_pause_doubles_up_to_an_hour_with_a_quarter_by_chance() {
    for (attempts, seconds) in [
        (1, FIRST_PAUSE_SECONDS),
        (2, FIRST_PAUSE_SECONDS * 2),
        (30, LONGEST_PAUSE_SECONDS),
        (i32::MAX, LONGEST_PAUSE_SECONDS),
    ] {
        let pause = pause(attempts).num_milliseconds();
        assert!((seconds * 1000..=seconds * 1255).contains(&pause), "{attempts}: {pause}");
    }
}

#[test]
fn finished_jobs_are_forgotten_after_a_week_and_failed_ones_are_not() {
    let mut yard = Yard::new();
    yard.enqueue(say("hello"));
    yard.enqueue(say("gone"));
    yard.run();
    assert_eq!(yard.tx(forget_finished).unwrap(), 0);
    yard.clock.advance(Duration::days(tow::queue::KEEP_FINISHED_DAYS + 1));
    assert_eq!(yard.tx(forget_finished).unwrap(), 1);
    assert_eq!(yard.tally().failed, 1);
}

#[test]
fn idle_workers_wake_when_a_job_is_committed_and_after_the_database_came_back() {
    let mut yard = Yard::new();
    let runner = yard.start(Vec::new());
    yard.enqueue(say("first"));
    yard.wait_for(1);
    std::thread::sleep(std::time::Duration::from_millis(300));
    yard.enqueue(say("second"));
    let waited = yard.wait_for(2);
    assert!(waited.as_millis() < 2000, "{waited:?}: it was polled, not woken");
    // As after a restart: every other connection is cut.
    yard.conn
        .batch_execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = 'tow' and pid <> pg_backend_pid()",
        )
        .unwrap();
    yard.enqueue(say("third"));
    yard.wait_for(3);
    runner.stop();
    yard.enqueue(say("fourth"));
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert_eq!(yard.done(), 3);
}

#[test]
fn of_two_clocks_one_runs_and_a_failing_entry_does_not_hold_up_the_next() {
    fn fails(_: &mut Work) -> Result<()> {
        Err(Error::broken("on purpose"))
    }
    let day = std::time::Duration::from_secs(86_400);
    let entries = || {
        vec![
            Entry { name: "fails", every: day, wakes_on: None, run: fails },
            Entry { name: "notes", every: day, wakes_on: None, run: notes },
        ]
    };
    let mut yard = Yard::new();
    let (one, two) = (yard.start(entries()), yard.start(entries()));
    yard.wait_for(1);
    one.stop();
    std::thread::sleep(std::time::Duration::from_millis(1500));
    // The other took over, and knows that today's is done.
    assert_eq!(yard.done(), 1);
    yard.clock.advance(Duration::days(1));
    yard.wait_for(2);
    two.stop();
    assert_eq!(
        count(
            &mut yard.conn,
            "select count(*) as value from schedule_runs where (name = 'fails') = (error is not null)"
        ),
        2
    );
}

fn notes(work: &mut Work) -> Result<()> {
    work.touch(Chore::Expiry, |tx| Ok(db::sql::Sql::new("insert into done values ('tick')").execute(tx.conn())?))
        .map(drop)
}

/// A clock of its own, with a connection of its own; it lets go of both when it goes.
fn tick(yard: &Yard, schedule: &mut Schedule) {
    let mut conn = PgConnection::establish(yard.tow.url()).unwrap();
    schedule.greet(&mut conn).unwrap();
    schedule.tick(&mut Work::new(&mut conn, &yard.clock, &yard.config), false).unwrap();
    drop(conn);
    // The server frees the lock a moment after the connection.
    let mut watcher = PgConnection::establish(yard.tow.url()).unwrap();
    while count(&mut watcher, "select count(*) as value from pg_locks where locktype = 'advisory'") > 0 {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

fn daily() -> Vec<Entry> {
    vec![Entry { name: "notes", every: std::time::Duration::from_secs(86_400), wakes_on: None, run: notes }]
}

#[test]
fn a_clock_that_leads_again_knows_what_another_ran_meanwhile() {
    let mut yard = Yard::new();
    let (mut one, mut two) = (Schedule::new(daily()), Schedule::new(daily()));
    tick(&yard, &mut one);
    yard.clock.advance(Duration::days(1));
    tick(&yard, &mut two);
    tick(&yard, &mut one);
    assert_eq!(yard.done(), 2);
}

#[test]
fn a_clock_that_was_a_year_ahead_for_a_moment_holds_nothing_up() {
    let mut yard = Yard::new();
    yard.clock.advance(Duration::days(365));
    tick(&yard, &mut Schedule::new(daily()));
    yard.clock.advance(-Duration::days(365));
    tick(&yard, &mut Schedule::new(daily()));
    assert_eq!(yard.done(), 2);
    tick(&yard, &mut Schedule::new(daily()));
    assert_eq!(yard.done(), 2);
}

#[test]
fn an_instance_is_silent_when_its_beats_stop_and_not_when_the_observer_slept() {
    let (live, dead) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let began = Instant::now();
    let mut watch = Watch::default();
    let mut look = |seconds: i64, beats: i64| {
        let rows = [Beats { id: live, beats }, Beats { id: dead, beats: 7 }];
        watch.silent(&rows, began + std::time::Duration::from_secs(seconds.unsigned_abs()))
    };
    let last = (0..SILENT_SECONDS).step_by(BEAT_SECONDS as usize).map(|at| (at, look(at, at))).last().unwrap();
    assert_eq!(last, (SILENT_SECONDS - BEAT_SECONDS, vec![]), "one that is new is given its time");
    assert_eq!(look(SILENT_SECONDS, 99), [dead]);
    // A machine that was suspended finds all counts as it left them.
    assert_eq!(look(SILENT_SECONDS + 3600, 99), Vec::<Uuid>::new());
    assert_eq!(look(SILENT_SECONDS + 3600 + BEAT_SECONDS, 100), Vec::<Uuid>::new());
}

#[test]
fn a_silent_instances_jobs_run_elsewhere_before_their_lease_ends_and_its_late_word_does_not_count() {
    let mut yard = Yard::new();
    yard.enqueue(say("hello"));
    let (dead, kinds) = (Uuid::from_u128(1), [JobKind::of::<Say>()]);
    let leased = yard.tx(|tx| lease(tx, dead, &kinds)).unwrap().unwrap();
    assert_eq!(yard.tx(|tx| free(tx, &[Uuid::from_u128(9)])).unwrap(), 0);
    assert_eq!(yard.run().len(), 0, "it is still held");
    assert_eq!(yard.tx(|tx| free(tx, &[dead])).unwrap(), 1);
    assert_eq!(yard.run(), [Outcome::Done]);
    yard.tx(|tx| settle(tx, dead, &leased, &Outcome::Never("late".to_owned()))).unwrap();
    assert_eq!((yard.tally().failed, yard.done()), (0, 1));
}

#[test]
fn a_job_whose_runner_died_is_taken_over_once_by_many_that_want_it() {
    let mut yard = Yard::new();
    yard.enqueue(say("hello"));
    let dead = Instance::here(Role::Worker, yard.clock.now());
    yard.tx(|tx| beat(tx, &dead)).unwrap();
    yard.tx(|tx| lease(tx, dead.id, &[JobKind::of::<Say>()])).unwrap().unwrap();
    let (one, two) = (yard.start(Vec::new()), yard.start(Vec::new()));
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert_eq!(yard.done(), 0);
    // What each of those who look does when it finds it silent.
    assert_eq!(yard.tx(|tx| free(tx, &[dead.id])).unwrap(), 1);
    assert!(yard.wait_for(1).as_millis() < 2000, "they were not told");
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert_eq!((yard.done(), yard.tally().running), (1, 0));
    one.stop();
    two.stop();
}

#[test]
fn an_instance_says_that_it_is_there_and_takes_itself_off_and_a_silent_one_is_forgotten_after_a_day() {
    let mut yard = Yard::new();
    let url = Secret::new(yard.tow.url().to_owned());
    let (here, silent) = (Instance::here(Role::All, yard.clock.now()), Instance::here(Role::Web, yard.clock.now()));
    let _held = (here.load.request(), here.load.job());
    yard.tx(|tx| beat(tx, &silent)).unwrap();
    let presence = Presence::begin(&url, yard.clock.clone(), here.clone()).unwrap();
    let began = Instant::now();
    while yard.tx(instances).unwrap().len() < 2 {
        assert!(began.elapsed().as_secs() < 10, "it never said so");
    }
    let all = yard.tx(instances).unwrap();
    let seen = all.iter().find(|one| one.id == here.id).unwrap();
    assert_eq!((seen.requests, seen.jobs, seen.leases, seen.role), (1, 1, 0, Role::All));
    assert!(!seen.host.is_empty() && !seen.is_silent(yard.clock.now()));
    presence.end();
    assert_eq!(yard.tx(instances).unwrap().len(), 1);
    yard.clock.advance(Duration::seconds(SILENT_SECONDS));
    assert!(yard.tx(instances).unwrap()[0].is_silent(yard.clock.now()));
    assert_eq!(yard.tx(forget_silent).unwrap(), 0);
    yard.clock.advance(Duration::hours(FORGET_SILENT_HOURS));
    assert_eq!(yard.tx(forget_silent).unwrap(), 1);
}

#[test]
fn a_frequent_entry_is_written_down_once_a_minute_and_when_it_fails() {
    fn fails(_: &mut Work) -> Result<()> {
        Err(Error::broken("on purpose"))
    }
    let mut yard = Yard::new();
    let second = std::time::Duration::from_secs(1);
    let entries = |run| vec![Entry { name: "often", every: second, wakes_on: None, run }];
    let mut conn = PgConnection::establish(yard.tow.url()).unwrap();
    let (mut good, clock, config) = (Schedule::new(entries(notes)), yard.clock.clone(), yard.config.clone());
    let mut tick = |schedule: &mut Schedule| {
        clock.advance(Duration::seconds(2));
        schedule.tick(&mut Work::new(&mut conn, &clock, &config), false).unwrap();
    };
    let mut written =
        || yard.tx(entry_runs).unwrap().into_iter().map(|run| (run.last_run_at, run.error.is_some())).next();
    tick(&mut good);
    let first = written().unwrap();
    tick(&mut good);
    assert_eq!(written(), Some(first), "not each time");
    (0..30).for_each(|_| tick(&mut good));
    let later = written().unwrap();
    assert!(later.0 > first.0 && !later.1);
    tick(&mut Schedule::new(entries(fails)));
    assert!(written().unwrap().1);
}
