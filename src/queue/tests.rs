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
    Entry, FIRST_PAUSE_SECONDS, Job, JobKind, LEASE_SECONDS, LONGEST_PAUSE_SECONDS, Outcome, Runner, Tally, Work,
    enqueue, extend, forget_finished, lease, pause, run_all_due, settle, tally,
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
        Runner::start(&url, self.clock.clone(), self.config.clone(), vec![JobKind::of::<Say>()], entries).unwrap()
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
    fn notes(work: &mut Work) -> Result<()> {
        work.touch(Chore::Expiry, |tx| Ok(db::sql::Sql::new("insert into done values ('tick')").execute(tx.conn())?))
            .map(drop)
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
