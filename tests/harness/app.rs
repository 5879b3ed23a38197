//! The server, in this process, on a test database.

use super::{Answer, Client, Letter, Own, STATEMENT_TIMEOUT_MS, Slot, Who, pool, start};
use actix_web::dev::Service;
use actix_web::http::StatusCode;
use actix_web::rt::SystemRunner;
use actix_web::{HttpMessage, test};
use futures_util::future::LocalBoxFuture;
use std::rc::Rc;
use tow::access::Actor;
use tow::config::{Loaded, Source, load};
use tow::db::{self, Chore, Tx};
use tow::error::{Error, Result};
use tow::people::PersonId;
use tow::queue::Outcome;
use tow::web::{Cost, Drawn, Shared, State};
use uuid::Uuid;

const DATA_ENCRYPTION_KEY: &str = "b7d1403c95ae62f8d04b7c19e3a85f6620d9c4b1f7e8a35d";
pub const APP_SECRET: &str = "9f2c61d4e8b07a35c1d9f4e26b80a7537e1c94d2f6a803b5";
/// Of a database of one's own.
const OWN_CONNECTIONS: u32 = 6;

/// Calls one request.
type Door = Box<dyn Fn(test::TestRequest) -> LocalBoxFuture<'static, Raw>>;

/// A response without its client.
pub struct Raw {
    pub status: StatusCode,
    pub headers: actix_web::http::header::HeaderMap,
    pub body: Vec<u8>,
    pub queries: u32,
    pub error: String,
}

enum Home {
    Slot(Option<Slot>),
    Own { _own: Own },
}

pub struct App {
    site: Rc<Site>,
}

pub struct Site {
    pub state: Shared,
    door: Door,
    runner: SystemRunner,
    _folder: tempfile::TempDir,
    /// Dropped last.
    _home: Home,
}

impl App {
    /// The named world, in a transaction that is never committed.
    pub fn new() -> App {
        App::configured(&[])
    }

    /// As `new`, with further secrets or settings by the names of their variables.
    pub fn configured(variables: &[(&str, &str)]) -> App {
        let slot = Slot::take();
        let pool = pool(&slot.name, 1, false, STATEMENT_TIMEOUT_MS);
        App::build(Home::Slot(Some(slot)), pool, variables)
    }

    /// Before set-up: a server without an organisation.
    pub fn empty() -> App {
        let app = App::new();
        app.tx(empty);
        app
    }

    /// The named world in a database of its own, with several connections, where writes are committed.
    pub fn own() -> App {
        App::own_of(Own::of_world(), &[])
    }

    /// As `own`, with further secrets or settings.
    pub fn own_configured(variables: &[(&str, &str)]) -> App {
        App::own_of(Own::of_world(), variables)
    }

    /// Empty, committed, several connections.
    pub fn own_empty() -> App {
        let app = App::own();
        app.tx(empty);
        app
    }

    /// A server on this database, whatever is in it.
    pub fn over(own: Own) -> App {
        App::own_of(own, &[])
    }

    fn own_of(own: Own, variables: &[(&str, &str)]) -> App {
        let named = variables.iter().find(|(name, _)| *name == "TOW_DATABASE__STATEMENT_TIMEOUT_MS");
        let timeout = named.map_or(STATEMENT_TIMEOUT_MS, |(_, text)| text.parse().unwrap());
        let pool = pool(&own.name, OWN_CONNECTIONS, true, timeout);
        App::build(Home::Own { _own: own }, pool, variables)
    }

    fn build(home: Home, pool: db::Pool, variables: &[(&str, &str)]) -> App {
        let folder = tempfile::tempdir().unwrap();
        let is_test = matches!(home, Home::Slot(_));
        let loaded = configuration(folder.path(), variables);
        let state = State { is_test, ..tow::app::state_with(&loaded, pool).unwrap() };
        state.clock.advance(start() - state.clock.now());
        tow::app::note_start(&state).unwrap();
        let state = state.shared();
        let runner = actix_web::rt::System::new();
        let door = runner.block_on(open_door(state.clone()));
        App { site: Rc::new(Site { state, door, runner, _folder: folder, _home: home }) }
    }

    pub fn state(&self) -> &Shared {
        &self.site.state
    }

    /// A browser without a session.
    pub fn visitor(&self) -> Client {
        Client::visitor(self.site.clone())
    }

    /// A browser in which this person has just signed in.
    pub fn as_(&self, who: Who) -> Client {
        Client::signed_in(self.site.clone(), who.id)
    }

    pub fn as_person(&self, person: PersonId) -> Client {
        Client::signed_in(self.site.clone(), person)
    }

    pub fn advance(&self, by: chrono::Duration) {
        self.site.state.clock.advance(by);
    }

    /// Looks at rows, or changes them behind the server's back.
    pub fn tx<T>(&self, f: impl FnOnce(&mut Tx) -> Result<T>) -> T {
        self.site.tx(f).unwrap()
    }

    /// As somebody, without a session, through the receipts of a real write.
    pub fn write<T>(&self, who: Who, f: impl FnOnce(&mut Tx, &Actor) -> Result<T>) -> Result<T> {
        let mut conn = self.site.state.pool.get().unwrap();
        db::write(&mut conn, self.site.state.clock.now(), Uuid::nil(), |tx| {
            let me = Actor::of_person(tx, who.id)?.confirmed();
            f(tx, &me)
        })
    }

    /// As somebody, in a transaction that cannot write.
    pub fn read<T>(&self, who: Who, f: impl FnOnce(&mut Tx, &Actor) -> Result<T>) -> Result<T> {
        let mut conn = self.site.state.pool.get().unwrap();
        db::read(&mut conn, self.site.state.clock.now(), Uuid::nil(), |tx| {
            let me = Actor::of_person(tx, who.id)?.confirmed();
            f(tx, &me)
        })
    }

    /// The one number that a query gives in a column called `count`.
    pub fn count(&self, sql: &str) -> i64 {
        #[derive(diesel::QueryableByName)]
        struct Count {
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            count: i64,
        }
        let sql = db::sql::Sql::new(sql);
        self.tx(|tx| Ok(sql.load::<Count>(tx.conn())?[0].count))
    }

    /// The one text that a query gives in a column called `text`.
    pub fn text(&self, sql: &str) -> String {
        #[derive(diesel::QueryableByName)]
        struct Text {
            #[diesel(sql_type = diesel::sql_types::Text)]
            text: String,
        }
        let sql = db::sql::Sql::new(sql);
        self.tx(|tx| Ok(sql.load::<Text>(tx.conn())?.remove(0).text))
    }

    /// The tables in which this text stands, as text or as bytes.
    pub fn holding(&self, text: &str) -> Vec<String> {
        let tables = self.text(
            "select string_agg(tablename, ' ' order by tablename) as text from pg_tables where schemaname = current_schema()",
        );
        let bytes: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
        let text = text.replace('\'', "''");
        let holds = |table: &&str| {
            let sql = format!(
                "select count(*) from \"{table}\" t where position('{text}' in t::text) > 0 or position('{bytes}' in t::text) > 0"
            );
            self.count(&sql) > 0
        };
        tables.split(' ').filter(holds).map(str::to_owned).collect()
    }

    /// Runs a statement behind the server's back.
    pub fn sql(&self, sql: &str) {
        super::run(&mut self.site.state.pool.get().unwrap(), sql);
    }

    /// What `f` did to the database is undone after it; not with `App::own`.
    pub fn undoing<T>(&self, f: impl FnOnce() -> T) -> T {
        self.sql("savepoint undoing");
        let value = f();
        self.sql("rollback to savepoint undoing");
        value
    }

    /// Runs what is due, and what that enqueues; how each ended. (Dropping the app does it too, and wants all done.)
    pub fn run_jobs(&self) -> Vec<(String, Outcome)> {
        let Site { state, .. } = &*self.site;
        let mut conn = state.pool.get().unwrap();
        tow::queue::run_all_due(&mut conn, &state.clock, &state.config, &tow::jobs::kinds()).unwrap()
    }

    /// As an entry of the clock's table, now.
    pub fn work<T>(&self, f: impl FnOnce(&mut tow::queue::Work) -> Result<T>) -> Result<T> {
        let Site { state, .. } = &*self.site;
        let mut conn = state.pool.get().unwrap();
        f(&mut tow::queue::Work::new(&mut conn, &state.clock, &state.config))
    }

    /// Does this entry of the clock's table once, now.
    pub fn run_schedule(&self, name: &str) {
        let Site { state, .. } = &*self.site;
        let mut conn = state.pool.get().unwrap();
        let entry = tow::jobs::schedule().into_iter().find(|entry| entry.name == name).unwrap();
        (entry.run)(&mut tow::queue::Work::new(&mut conn, &state.clock, &state.config)).unwrap();
    }

    /// Every mail so far, in order, after running what is due.
    pub fn mails(&self) -> Vec<Letter> {
        self.run_jobs();
        super::letters(&self.site.state.config.runtime.data_dir.join(tow::mail::FOLDER))
    }

    /// Waits for what is not a request.
    pub fn wait<T>(&self, doing: impl Future<Output = T>) -> T {
        self.site.runner.block_on(doing)
    }

    /// Sends several requests at the same time; needs `App::own`.
    pub fn at_once(&self, requests: Vec<test::TestRequest>) -> Vec<Answer> {
        let calls = requests.into_iter().map(|request| (self.site.door)(request));
        let answers = self.site.runner.block_on(futures_util::future::join_all(calls));
        answers.into_iter().map(|raw| Answer::new(raw, self.visitor())).collect()
    }
}

impl Site {
    pub fn call(&self, request: test::TestRequest) -> Raw {
        self.runner.block_on((self.door)(request))
    }

    pub fn tx<T>(&self, f: impl FnOnce(&mut Tx) -> Result<T>) -> Result<T, Error> {
        let mut conn = self.state.pool.get().unwrap();
        db::touch(&mut conn, self.state.clock.now(), Uuid::nil(), Chore::Expiry, f)
    }
}

impl Drop for App {
    /// Leaves nothing behind: due jobs are run, and none may fail or be left. A test that has failed is not asked twice.
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let failed: Vec<_> = self.run_jobs().into_iter().filter(|(_, outcome)| *outcome != Outcome::Done).collect();
        assert!(failed.is_empty(), "jobs failed after the test: {failed:?}");
        let tally = self.tx(tow::queue::tally);
        assert!(tally.failed == 0 && tally.oldest_seconds <= 0, "jobs were left or failed: {tally:?}");
    }
}

impl Drop for Home {
    /// As the last part of a site: its only connection has closed with the pool, and with it the transaction.
    fn drop(&mut self) {
        if let Home::Slot(slot) = self
            && let Some(slot) = slot.take()
        {
            slot.give_back();
        }
    }
}

fn configuration(folder: &std::path::Path, variables: &[(&str, &str)]) -> Loaded {
    let yaml = format!(
        "runtime:\n  data_dir: {0}\nuploads:\n  upload_storage_path: {0}/uploads\nemail:\n  transport: file\n",
        folder.display()
    );
    // Where nobody listens: a test asks no name server but its own.
    let resolver = ("TOW_AUTH__DNS_RESOLVER", "127.0.0.1:9");
    let usual = [("APP_SECRET", APP_SECRET), ("DATA_ENCRYPTION_KEY", DATA_ENCRYPTION_KEY), resolver];
    let missing = usual.into_iter().filter(|(name, _)| !variables.iter().any(|(own, _)| own == name));
    let all: Vec<_> = variables.iter().copied().chain(missing).collect();
    let file = folder.join("tow.yaml");
    std::fs::write(&file, yaml).unwrap();
    let env = all.into_iter().map(|(name, text)| (name.to_owned(), text.to_owned())).collect();
    let source = Source { config_path: Some(file), folder: folder.to_owned(), env };
    load(&source).unwrap_or_else(|problems| panic!("{problems:?}"))
}

async fn open_door(state: Shared) -> Door {
    let service = Rc::new(test::init_service(tow::app::site(state)).await);
    Box::new(move |request| {
        let service = service.clone();
        Box::pin(async move {
            let response = service
                .call(request.to_request())
                .await
                .unwrap_or_else(|error| panic!("an error got past the edge: {error}"));
            let cost = response.request().extensions().get::<Cost>().copied().unwrap_or_default();
            let error =
                response.response().extensions().get::<Drawn>().map(|drawn| drawn.log.clone()).unwrap_or_default();
            let (status, headers) = (response.status(), response.headers().clone());
            Raw { status, headers, body: test::read_body(response).await.to_vec(), queries: cost.queries, error }
        })
    })
}

/// Takes the world out again.
fn empty(tx: &mut Tx) -> Result<()> {
    // Empties nearly every table, which a slow disk feels; the limit is for pages.
    super::run(tx.conn(), "set local statement_timeout = 120000");
    super::run(tx.conn(), "truncate organisations, people, counters, throttles, setup_tokens cascade");
    super::run(tx.conn(), "set local statement_timeout = 20000");
    Ok(())
}
