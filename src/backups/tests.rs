//! Sets are made of a real database and brought back into another.

use crate::harness::*;
use diesel::PgConnection;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tow::access::{Actor, Place as Where};
use tow::backups::{
    Address, Checked, Directory, Fault, Identity, Manifest, Place, Restored, Set, Snapshot, check, create, last,
    restore, write,
};
use tow::config::{Loaded, load_text};
use tow::db;
use tow::files::clean_up;
use tow::secret::Secret;
use tow::storage::Store;
use tow::text::value::{Body, Title};
use tow::tickets::{NewTicket, Status, TicketKind};

const DATA_KEY: &str = "b7d1403c95ae62f8d04b7c19e3a85f6620d9c4b1f7e8a35d";
const OTHER_KEY: &str = "0c5e7a91d3b84f26a0e15c9d7b3f82e6419ad0c7f5b2e8361d";

/// A server's configuration in this folder.
fn loaded(folder: &Path, variables: &[(&str, &str)]) -> Loaded {
    let yaml = format!("runtime:\n  data_dir: {}\n", folder.display());
    let usual = [("APP_SECRET", APP_SECRET), ("DATA_ENCRYPTION_KEY", DATA_KEY)];
    let missing = usual.into_iter().filter(|(name, _)| !variables.iter().any(|(own, _)| own == name));
    let all: Vec<_> = variables.iter().copied().chain(missing).collect();
    load_text(&yaml, &all).unwrap_or_else(|problems| panic!("{problems:?}"))
}

/// A server with a world, its files and its folder of backups.
struct Yard {
    app: App,
    folder: tempfile::TempDir,
    loaded: Loaded,
    url: Secret,
}

impl Yard {
    fn new(variables: &[(&str, &str)]) -> Yard {
        Yard::of(App::own(), variables)
    }

    fn of(app: App, variables: &[(&str, &str)]) -> Yard {
        let folder = tempfile::tempdir().unwrap();
        let mut loaded = loaded(folder.path(), variables);
        loaded.config.uploads = app.state().config.uploads.clone();
        let url = Secret::new(url_of(&app.text("select current_database()::text as text")));
        Yard { app, folder, loaded, url }
    }

    fn place(&self) -> Place<'_> {
        Place::of(&self.loaded).unwrap()
    }

    fn create(&self) -> Set {
        create(&self.place(), &self.url, self.app.state().clock.now(), &mut |_, _| {}).unwrap().set
    }

    fn backups(&self) -> PathBuf {
        self.loaded.config.backup.directory.clone()
    }

    /// Through the door, as people do it.
    fn attach(&self, content: &[u8]) {
        let client = self.app.as_(ADA);
        let csrf = client.csrf();
        let mut body = Vec::new();
        for (name, file, content) in
            [("_csrf", "", csrf.as_bytes()), ("file", "; filename=\"notes.txt\"\r\nContent-Type: text/plain", content)]
        {
            body.extend(format!("--line\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n").bytes());
            body.extend(content);
            body.extend(b"\r\n");
        }
        body.extend(b"--line--\r\n");
        let kind = "multipart/form-data; boundary=line";
        let answer = client.post_raw(&format!("/records/{STEEL}/files"), kind, body);
        assert!(answer.status < 400, "{}", answer.error);
    }
}

/// An empty place beside it, and what brings a set back there.
struct Meadow {
    own: Own,
    _folder: tempfile::TempDir,
    loaded: Loaded,
}

impl Meadow {
    fn new(variables: &[(&str, &str)]) -> Meadow {
        let folder = tempfile::tempdir().unwrap();
        let loaded = loaded(folder.path(), variables);
        Meadow { own: Own::bare(), _folder: folder, loaded }
    }

    fn url(&self) -> Secret {
        Secret::new(url_of(&self.own.name))
    }

    fn check(&self, set: &Set, identity: Option<&Identity>) -> Result<Checked, Fault> {
        check(&Place::of(&self.loaded).unwrap(), set, identity, false)
    }

    fn restore(&self, set: &Set, identity: Option<&Identity>) -> Result<Restored, Fault> {
        let checked = self.check(set, identity)?;
        restore(&Place::of(&self.loaded).unwrap(), &self.url(), set, (&checked, identity))
    }

    fn store(&self) -> PathBuf {
        self.loaded.config.uploads.upload_storage_path.clone()
    }

    fn is_untouched(&self) -> bool {
        files(&self.store()).is_empty()
            && !flag(&mut connect(&self.own.name), "exists (select from pg_tables where schemaname = 'public')")
    }
}

/// Files below a folder by their path in it, with what they hold.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let entries = walkdir::WalkDir::new(folder).into_iter().filter_map(Result::ok);
    let held = entries.filter(|entry| entry.file_type().is_file());
    held.map(|entry| (entry.path().strip_prefix(folder).unwrap().to_owned(), fs::read(entry.path()).unwrap())).collect()
}

/// One line for each table: how many rows, and a hash over all of them in their order as text.
fn fingerprints(conn: &mut PgConnection) -> Vec<String> {
    let tables =
        lines(conn, "select tablename::text as line from pg_tables where schemaname = 'public' order by tablename");
    assert!(tables.len() > 80, "{}", tables.len());
    let hash = |table: &String| {
        format!(
            "select '{table} ' || count(*) || ' ' || coalesce(md5(string_agg(t::text, E'\\n' order by t::text collate \"C\")), '') as line from \"{table}\" t"
        )
    };
    tables.iter().flat_map(|table| lines(conn, &hash(table))).collect()
}

fn words<T: std::fmt::Debug>(refused: Result<T, Fault>) -> String {
    refused.unwrap_err().to_string()
}

/// People who write all the time: each ticket comes with a file, in one transaction, and is noted once it is committed.
struct Writers {
    done: Arc<Mutex<Vec<String>>>,
    stop: Arc<AtomicBool>,
    threads: Vec<std::thread::JoinHandle<()>>,
}

impl Writers {
    fn at(yard: &Yard) -> Writers {
        let (done, stop) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let now = yard.app.state().clock.now();
        let threads = (0..3).map(|thread| {
            let (done, stop, url) = (done.clone(), stop.clone(), yard.url.clone());
            let store = Store::of(&yard.loaded.config.uploads);
            std::thread::spawn(move || {
                let mut conn = <PgConnection as diesel::Connection>::establish(url.reveal()).unwrap();
                for number in 0.. {
                    if stop.load(Ordering::Relaxed) {
                        return;
                    }
                    let title = format!("Written {thread} {number}");
                    write_one(&mut conn, now, &title, &store);
                    done.lock().unwrap().push(title);
                }
            })
        });
        let threads = threads.collect();
        Writers { done, stop, threads }
    }

    fn wait_for(&self, count: usize) {
        let began = Instant::now();
        while self.done.lock().unwrap().len() < count {
            assert!(began.elapsed() < Duration::from_secs(60), "the writers do not get on");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn acknowledged(&self) -> Vec<String> {
        self.done.lock().unwrap().clone()
    }

    fn end(self) {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads {
            thread.join().unwrap();
        }
    }
}

fn write_one(conn: &mut PgConnection, now: chrono::DateTime<chrono::Utc>, title: &str, store: &Store) {
    let hash = sha(title.as_bytes());
    db::write(conn, now, db::new_id(now), |tx| {
        let me = Actor::of_person(tx, ADA.id)?.confirmed();
        let new = NewTicket {
            place: Where::Project(ATLAS),
            kind: TicketKind::Task,
            title: Title::parse(title).unwrap(),
            body: Body::parse("It must be there or not at all.").unwrap(),
            status: Status::Todo,
            priority: 2,
            assignee: None,
            parent: None,
            labels: Vec::new(),
            start_on: None,
            due_on: None,
            estimate: None,
        };
        new.create(tx, &me)?;
        // As an upload does: content on disk, then the row.
        let path = store.path(&hash);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, title).unwrap();
        let bytes = title.len();
        run(tx.conn(), &format!("insert into blobs (hash, bytes, created_at) values ('{hash}', {bytes}, '{now}')"));
        Ok(())
    })
    .unwrap();
}

fn sha(content: &[u8]) -> String {
    use sha2::Digest;
    sha2::Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_restore_drill_under_write_load_brings_back_every_row_and_file_of_one_instant() {
    let yard = Yard::new(&[]);
    yard.attach(b"The tide decides.");
    yard.attach(&vec![7; 300_000]);
    let writers = Writers::at(&yard);
    writers.wait_for(20);

    let directory = Directory::open(&yard.backups()).unwrap();
    let before = writers.acknowledged();
    let snapshot = Snapshot::take(&yard.url, yard.app.state().clock.now()).unwrap();
    // The same instant as the dump will see, by another connection.
    let mut same = <PgConnection as diesel::Connection>::establish(yard.url.reveal()).unwrap();
    run(&mut same, &format!("begin isolation level repeatable read; set transaction snapshot '{}'", snapshot.id));
    let held = fingerprints(&mut same);
    writers.wait_for(before.len() + 20);
    let set = write(&yard.place(), &yard.url, &directory, snapshot, &mut |_, _| {}).unwrap();
    let written = writers.acknowledged().len();
    writers.end();
    drop(same);
    let store = yard.loaded.config.uploads.upload_storage_path.clone();
    let uploaded = files(&store);

    // Destroyed: only the set and the keys are left.
    fs::remove_dir_all(&store).unwrap();
    let Yard { app, folder, .. } = yard;
    drop(app);

    let meadow = Meadow::new(&[]);
    let restored = meadow.restore(&set, None).unwrap();
    let mut conn = connect(&meadow.own.name);
    assert_eq!(fingerprints(&mut conn), held, "every row of every table");
    assert_eq!(restored.head, set.manifest.audit);
    let titles = lines(&mut conn, "select title as line from records where title like 'Written %'");
    for title in &before {
        assert!(titles.contains(title), "{title} was acknowledged before the backup began");
    }
    assert!(titles.len() < written, "the load went on while the set was written: {} of {written}", titles.len());
    assert!(!flag(
        &mut conn,
        "exists (select from records r left join tickets t on t.id = r.id where r.kind = 'ticket' and t.id is null)"
    ));
    let back = files(&meadow.store());
    let named = lines(&mut conn, "select hash as line from blobs order by hash");
    let hashes: Vec<String> =
        back.values().map(|content| sha(content)).collect::<std::collections::BTreeSet<_>>().into_iter().collect();
    assert_eq!(hashes, named, "a file for each row and no other");
    assert_eq!(named.len(), titles.len() + 2);
    for (path, content) in &back {
        assert_eq!(Some(content), uploaded.get(path), "{}", path.display());
    }
    drop(folder);
}

#[test]
fn a_set_is_closed_to_others_signed_and_names_keys_without_their_values() {
    let yard = Yard::new(&[("SMTP_USERNAME", "tow"), ("SMTP_PASSWORD", "a-password-of-the-mail-server")]);
    yard.attach(b"Ten beams");
    let set = yard.create();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    assert_eq!((mode(&yard.backups()), mode(&set.path)), (0o700, 0o700));
    for name in ["database.dump", "uploads.tar", "manifest.json", "manifest.hmac"] {
        assert_eq!(mode(&set.path.join(name)), 0o600, "{name}");
    }
    let text = fs::read_to_string(set.path.join("manifest.json")).unwrap();
    for secret in [APP_SECRET, DATA_KEY, "a-password-of-the-mail-server"] {
        assert!(!text.contains(secret));
    }
    let names: Vec<_> = set.manifest.keys.iter().map(|note| note.name.as_str()).collect();
    assert_eq!(names, ["APP_SECRET", "DATA_ENCRYPTION_KEY", "SMTP_PASSWORD"]);
    assert_eq!((set.manifest.content.files, set.manifest.content.missing), (1, 0));
    assert!(check(&yard.place(), &set, None, false).unwrap().is_opened);
}

#[test]
fn a_check_tells_what_was_changed_cut_short_or_taken_out() {
    let yard = Yard::new(&[]);
    yard.attach(b"Ten beams");
    let set = yard.create();
    let told = || words(check(&yard.place(), &Set::open(&set.path).unwrap(), None, false));
    let change = |name: &str, f: &dyn Fn(&mut Vec<u8>)| {
        let path = set.path.join(name);
        let was = fs::read(&path).unwrap();
        let mut bytes = was.clone();
        f(&mut bytes);
        fs::write(&path, bytes).unwrap();
        let told = told();
        fs::write(&path, was).unwrap();
        told
    };
    let flip = |bytes: &mut Vec<u8>| {
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
    };
    assert!(change("database.dump", &flip).contains("database.dump is damaged"));
    assert!(change("uploads.tar", &flip).contains("uploads.tar is damaged"));
    assert!(change("uploads.tar", &|bytes| bytes.truncate(100)).contains("It is not whole"));
    let later = |bytes: &mut Vec<u8>| {
        *bytes = String::from_utf8_lossy(bytes).replacen("\"sequence\": ", "\"sequence\": 1", 1).into_bytes();
    };
    assert!(change("manifest.json", &later).contains("was changed after it was written"));
    assert!(change("manifest.hmac", &flip).contains("was changed after it was written"));
    fs::rename(set.path.join("uploads.tar"), yard.folder.path().join("away")).unwrap();
    assert!(told().contains("uploads.tar could not be read"));
    fs::rename(yard.folder.path().join("away"), set.path.join("uploads.tar")).unwrap();
    assert!(check(&yard.place(), &set, None, false).is_ok(), "as it was, it is whole");
}

/// The manifest as somebody with the keys would write it.
fn rewrite(yard: &Yard, set: &Set, f: impl FnOnce(&mut Manifest)) -> Set {
    let mut manifest = set.manifest.clone();
    f(&mut manifest);
    for name in ["manifest.json", "manifest.hmac"] {
        fs::remove_file(set.path.join(name)).unwrap();
    }
    manifest.write(&set.path, &yard.place()).unwrap();
    Set::open(&set.path).unwrap()
}

#[test]
fn a_dump_whose_audit_trail_ends_elsewhere_than_the_manifest_says_is_told() {
    let yard = Yard::new(&[]);
    let set = yard.create();
    let other = rewrite(&yard, &set, |manifest| manifest.audit.hash = "ab".repeat(32));
    assert!(words(check(&yard.place(), &other, None, false)).contains("The audit trail in the dump ends at event"));
}

#[test]
fn a_set_of_a_newer_schema_or_a_newer_postgresql_is_refused_before_anything_is_written() {
    let yard = Yard::new(&[]);
    let set = yard.create();
    let newer = rewrite(&yard, &set, |manifest| manifest.schema = "20991231000000".to_owned());
    assert!(words(check(&yard.place(), &newer, None, false)).contains("made by a newer program"));
    let newer = rewrite(&yard, &set, |manifest| manifest.postgresql = 99);
    let meadow = Meadow::new(&[]);
    assert!(words(meadow.restore(&newer, None)).contains("Restore to version 99 or newer"));
    assert!(meadow.is_untouched());
}

#[test]
fn other_keys_are_told_by_name_and_accepted_only_when_asked() {
    let yard = Yard::new(&[]);
    let set = yard.create();
    let meadow = Meadow::new(&[("DATA_ENCRYPTION_KEY", OTHER_KEY)]);
    assert!(words(meadow.check(&set, None)).contains("This is another DATA_ENCRYPTION_KEY"));
    let meadow = Meadow::new(&[("APP_SECRET", OTHER_KEY)]);
    assert!(words(meadow.check(&set, None)).contains("another APP_SECRET"));
    let accepted = check(&Place::of(&meadow.loaded).unwrap(), &set, None, true).unwrap();
    assert_eq!(accepted.other_keys.len(), 1);
    let bent = rewrite(&yard, &set, |manifest| manifest.content.files += 1);
    fs::write(bent.path.join("manifest.hmac"), "not ours").unwrap();
    let meadow = Meadow::new(&[("DATA_ENCRYPTION_KEY", OTHER_KEY)]);
    let told = check(&Place::of(&meadow.loaded).unwrap(), &Set::open(&bent.path).unwrap(), None, true);
    assert!(words(told).contains("was changed after it was written"), "another key excuses no other signature");
    let set = rewrite(&yard, &set, |_| {});
    let rotated = Meadow::new(&[
        ("APP_SECRET", "5d0c1f7e92ab48360e7d91c4f2b8a6357c20e9d4b1f8a635"),
        ("APP_SECRET_PREVIOUS", APP_SECRET),
        ("DATA_ENCRYPTION_KEY", OTHER_KEY),
        ("DATA_ENCRYPTION_KEY_PREVIOUS", DATA_KEY),
    ]);
    assert!(rotated.check(&set, None).unwrap().other_keys.is_empty(), "the former keys count");
}

/// A key pair: its public half, and a file with the private one.
fn key_pair(folder: &Path) -> (String, Identity) {
    use age::secrecy::ExposeSecret;
    let key = age::x25519::Identity::generate();
    let path = folder.join("key.txt");
    fs::write(&path, format!("# a comment, as age-keygen writes one\n{}\n", key.to_string().expose_secret())).unwrap();
    (key.to_public().to_string(), Identity(path))
}

#[test]
fn an_encrypted_set_opens_with_its_identity_alone_and_is_checked_as_it_lies_without() {
    let keys = tempfile::tempdir().unwrap();
    let (recipient, identity) = key_pair(keys.path());
    let yard = Yard::new(&[("TOW_BACKUP__AGE_RECIPIENT", &recipient)]);
    yard.attach(b"The tide decides.");
    let set = yard.create();
    for name in ["database.dump.age", "uploads.tar.age"] {
        assert!(fs::read(set.path.join(name)).unwrap().starts_with(b"age-encryption.org/v1"), "{name}");
    }
    let meadow = Meadow::new(&[]);
    let closed = meadow.check(&set, None).unwrap();
    assert!(!closed.is_opened);
    assert!(words(meadow.restore(&set, None)).contains("--identity"));
    let others = tempfile::tempdir().unwrap();
    assert!(words(meadow.check(&set, Some(&key_pair(others.path()).1))).contains("does not open with that identity"));
    assert!(meadow.is_untouched());
    meadow.restore(&set, Some(&identity)).unwrap();
    assert_eq!(files(&meadow.store()).into_values().collect::<Vec<_>>(), [b"The tide decides."]);
}

#[test]
fn a_restore_goes_into_empty_places_only() {
    let yard = Yard::new(&[]);
    yard.attach(b"Ten beams");
    let set = yard.create();
    let meadow = Meadow::new(&[]);
    run(&mut connect(&meadow.own.name), "create table somebodys (id int)");
    assert!(words(meadow.restore(&set, None)).contains("The database is not empty"));
    assert!(files(&meadow.store()).is_empty());
    let meadow = Meadow::new(&[]);
    fs::create_dir_all(meadow.store().join("ab")).unwrap();
    fs::write(meadow.store().join("ab/old"), "old").unwrap();
    assert!(words(meadow.restore(&set, None)).contains("is not empty"));
    fs::remove_file(meadow.store().join("ab/old")).unwrap();
    assert!(meadow.is_untouched());
    meadow.restore(&set, None).unwrap();
    assert!(words(meadow.restore(&set, None)).contains("The database is not empty"), "twice is refused too");
}

#[test]
fn a_database_that_refuses_the_dump_leaves_nothing_behind() {
    let yard = Yard::new(&[]);
    yard.attach(b"Ten beams");
    let set = yard.create();
    let meadow = Meadow::new(&[]);
    let mut checked = meadow.check(&set, None).unwrap();
    // Rows without their table: it fails in the middle, after much was written.
    let kept = checked.list.lines().filter(|line| !line.contains(" TABLE public people "));
    checked.list = kept.collect::<Vec<_>>().join("\n");
    let refused = restore(&Place::of(&meadow.loaded).unwrap(), &meadow.url(), &set, (&checked, None));
    assert!(words(refused).contains("pg_restore did not succeed"));
    assert!(meadow.is_untouched());
}

#[test]
fn content_is_not_deleted_while_a_backup_needs_it_and_missing_or_damaged_content_is_told() {
    let yard = Yard::new(&[]);
    let old = yard.app.state().clock.now() - chrono::Duration::days(3);
    let store = Store::of(&yard.loaded.config.uploads);
    let put = |content: &[u8]| {
        let hash = sha(content);
        fs::create_dir_all(store.path(&hash).parent().unwrap()).unwrap();
        fs::write(store.path(&hash), content).unwrap();
        yard.app.sql(&format!("insert into blobs (hash, bytes, created_at) values ('{hash}', 1, '{old}')"));
        hash
    };
    let loose = put(b"nobody names this");
    let snapshot = Snapshot::take(&yard.url, yard.app.state().clock.now()).unwrap();
    assert_eq!(yard.app.work(|work| clean_up(work, &store)).unwrap(), 0);
    assert!(store.path(&loose).exists());
    drop(snapshot);
    // The server lets go of the lock when it has noticed that the connection is gone.
    let began = Instant::now();
    while yard.app.work(|work| clean_up(work, &store)).unwrap() == 0 {
        assert!(began.elapsed() < Duration::from_secs(20), "the lock is never free again");
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(!store.path(&loose).exists());

    let (gone, bent) = (put(b"gone"), put(b"bent"));
    fs::remove_file(store.path(&gone)).unwrap();
    fs::write(store.path(&bent), b"bend").unwrap();
    let set = yard.create();
    assert_eq!((set.manifest.content.missing, &set.manifest.content.damaged), (1, &vec![bent]));
    assert!(check(&yard.place(), &set, None, false).is_ok(), "what is known to be damaged is no surprise later");
}

#[test]
fn old_sets_go_but_never_the_newest_whole_one_nor_a_strangers() {
    let yard = Yard::new(&[]);
    let names = || {
        let found =
            fs::read_dir(yard.backups()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = found.filter(|name| !name.starts_with(".lock")).collect();
        names.sort();
        names
    };
    let now = yard.app.state().clock.now();
    let made = |days: i64| {
        let at = now - chrono::Duration::days(days);
        create(&yard.place(), &yard.url, at, &mut |_, _| {}).unwrap().set
    };
    let oldest = made(90);
    let strangers = yard.backups().join("tow-of-a-stranger");
    fs::rename(&oldest.path, &strangers).unwrap();
    fs::write(strangers.join("manifest.hmac"), "of somebody else").unwrap();
    let old = made(40);
    fs::create_dir(yard.backups().join("holiday pictures")).unwrap();
    let directory = Directory::open(&yard.backups()).unwrap();
    assert!(directory.prune(&yard.place(), now).0.is_empty(), "the only whole one stays");
    drop(directory);
    let done = create(&yard.place(), &yard.url, now, &mut |_, _| {}).unwrap();
    assert_eq!(done.pruned, [old.name()]);
    assert_eq!(names(), ["holiday pictures".to_owned(), done.set.name(), "tow-of-a-stranger".to_owned()]);
    // A newer one that is not whole protects nothing.
    let newer = made(-20);
    fs::remove_file(newer.path.join("database.dump")).unwrap();
    let directory = Directory::open(&yard.backups()).unwrap();
    assert!(directory.prune(&yard.place(), now + chrono::Duration::days(60)).1.is_empty());
    assert!(names().contains(&done.set.name()), "{:?}", names());
}

#[test]
fn an_old_set_that_cannot_be_removed_is_told_and_spoils_nothing() {
    let yard = Yard::new(&[]);
    let now = yard.app.state().clock.now();
    let made = |days: i64| {
        let at = now - chrono::Duration::days(days);
        create(&yard.place(), &yard.url, at, &mut |_, _| {}).unwrap().set
    };
    // In this order, because each new one removes what is old by then.
    let (newest, old) = (made(0), made(90));
    let directory = Directory::open(&yard.backups()).unwrap();
    // Something is in the way of the name under which it would go.
    fs::create_dir_all(yard.backups().join(format!(".unfinished-{}", old.name())).join("in the way")).unwrap();
    let (gone, unremoved) = directory.prune(&yard.place(), now);
    assert!(gone.is_empty());
    assert!(matches!(&unremoved[..], [Fault::Said(why)] if why.contains(&old.name())), "{unremoved:?}");
    assert_eq!(directory.sets().iter().map(Set::name).collect::<Vec<_>>(), [old.name(), newest.name()]);
}

/// The program itself, on this yard's database.
fn program(yard: &Yard, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tow"));
    command.args(words).current_dir(yard.folder.path()).env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin");
    command.env("APP_SECRET", APP_SECRET).env("DATA_ENCRYPTION_KEY", DATA_KEY).env("DATABASE_URL", yard.url.reveal());
    command.env("TOW_RUNTIME__DATA_DIR", yard.folder.path());
    command.env("TOW_UPLOADS__UPLOAD_STORAGE_PATH", &yard.loaded.config.uploads.upload_storage_path);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn sets_and_rest(yard: &Yard) -> (usize, usize) {
    let found = fs::read_dir(yard.backups()).into_iter().flatten();
    let names: Vec<String> = found.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    let sets = names.iter().filter(|name| name.starts_with("tow-")).count();
    (sets, names.iter().filter(|name| name.starts_with(".unfinished")).count())
}

#[test]
fn a_full_disk_and_a_kill_in_the_middle_leave_nothing_that_looks_like_a_set() {
    let yard = Yard::new(&[]);
    yard.attach(&vec![3; 20_000_000]);
    // No file may grow beyond 64 KiB, as on a disk that is full.
    let mut full = Command::new("/bin/sh");
    full.args(["-c", "trap '' XFSZ; ulimit -f 64; exec \"$0\" backup create", env!("CARGO_BIN_EXE_tow")]);
    let usual = program(&yard, &[]);
    full.current_dir(yard.folder.path()).env_clear();
    full.envs(usual.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let ended = full.output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert_eq!(ended.status.code(), Some(1), "{said}");
    assert!(said.contains("could not be written") && said.contains("Nothing was kept"), "{said}");
    assert_eq!(sets_and_rest(&yard), (0, 0));

    let mut killed = program(&yard, &["backup", "create"]).process_group(0).spawn().unwrap();
    let began = Instant::now();
    while sets_and_rest(&yard) == (0, 0) {
        assert!(began.elapsed() < Duration::from_secs(60), "it never began");
        std::thread::sleep(Duration::from_millis(1));
    }
    killed.kill().unwrap();
    killed.wait().unwrap();
    assert_eq!(sets_and_rest(&yard), (0, 1), "it was killed in the middle");
    assert!(words(Set::find(None, &yard.place()).map(|set| set.name())).contains("There is no backup"));

    let made = program(&yard, &["backup", "create"]).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    assert_eq!(sets_and_rest(&yard), (1, 0), "the next one sweeps");
    let checked = program(&yard, &["backup", "verify"]).output().unwrap();
    assert!(String::from_utf8_lossy(&checked.stdout).contains("is whole"), "{checked:?}");
    let last = yard.app.tx(last).expect("it is remembered");
    assert!(!last.is_encrypted && last.bytes > 0);
    let events =
        yard.app.count("select count(*) from audit_events where action = 'backup.made' and actor_kind = 'operator'");
    assert_eq!(events, 1);
    let page = yard.app.as_(ADA).get("/settings/practices");
    assert!(page.has(&last.name) && page.has("not encrypted"), "{}", page.text());
}

#[test]
fn two_backups_do_not_write_into_one_folder_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let first = Directory::open(folder.path()).unwrap();
    assert!(words(Directory::open(folder.path()).map(drop)).contains("Another backup is being written"));
    drop(first);
    assert!(Directory::open(folder.path()).is_ok());
}

#[test]
fn an_embedded_server_is_backed_up_destroyed_and_brought_back_by_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let tow = |words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tow"));
        command.args(words).current_dir(folder.path()).env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin");
        command.env("APP_SECRET", APP_SECRET).env("DATA_ENCRYPTION_KEY", DATA_KEY);
        command.env("TOW_BACKUP__DIRECTORY", folder.path().join("kept"));
        let ended = command.output().unwrap();
        let said = [ended.stdout, ended.stderr].concat();
        (ended.status.code(), String::from_utf8_lossy(&said).into_owned())
    };
    assert_eq!(tow(&["demo"]).0, Some(0));
    let (code, said) = tow(&["backup", "create"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("It is not encrypted") && said.contains("APP_SECRET, DATA_ENCRYPTION_KEY"), "{said}");
    let set = fs::read_dir(folder.path().join("kept")).unwrap().map(|entry| entry.unwrap().path());
    let set = set.into_iter().find(|path| path.join("manifest.json").exists()).unwrap();
    let set = set.to_str().unwrap();

    let (code, said) = tow(&["backup", "restore", set]);
    assert_eq!(code, Some(1), "it is still there: {said}");
    assert!(said.contains("The database is not empty"), "{said}");
    fs::remove_dir_all(folder.path().join("data")).unwrap();
    let (code, said) = tow(&["backup", "restore", set]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("The audit trail is whole"), "{said}");
    let (code, said) = tow(&["audit", "verify"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(tow(&["demo"]).1.contains("is not empty"), "the company is back");
}

#[test]
fn a_password_travels_beside_the_address_not_in_it() {
    let of = |text: &str| {
        let address = Address::of(&Secret::new(text));
        (address.text, address.password.map(|password| password.reveal().to_owned()).unwrap_or_default())
    };
    let is = |text: &str, password: &str| (text.to_owned(), password.to_owned());
    assert_eq!(of("postgres://tow:s%40ck+s@db.lan:5432/tow"), is("postgres://tow@db.lan:5432/tow", "s@ck+s"));
    assert_eq!(
        of("postgresql:///tow?host=/run/pg&user=tow&password=a%20b"),
        is("postgresql:///tow?host=/run/pg&user=tow", "a b")
    );
    assert_eq!(
        of("postgres://tow:p%3Aw@h1:5432,h2:5433/tow?connect_timeout=5&target_session_attrs=read-write"),
        is("postgres://tow@h1:5432,h2:5433/tow?connect_timeout=5&target_session_attrs=read-write", "p:w")
    );
    assert_eq!(of("postgres://tow:p@w@h1,h2/tow"), is("postgres://tow@h1,h2/tow", "p@w"));
    assert_eq!(of("postgres://tow:pa?ss@db/tow"), is("postgres://tow@db/tow", "pa?ss"));
    assert_eq!(of("postgres://tow:p@db?options=a@b"), is("postgres://tow@db?options=a@b", "p"));
    assert_eq!(of("postgres://db.lan/t@w"), is("postgres://db.lan/t@w", ""));
    assert_eq!(of("postgresql:///tow?host=/tmp/x&user=tow"), is("postgresql:///tow?host=/tmp/x&user=tow", ""));
    assert_eq!(
        of("host=db.lan user = tow password='it\\'s \\\\ long' dbname=tow"),
        is("host='db.lan' user='tow' dbname='tow'", "it's \\ long")
    );
}

#[test]
fn no_older_set_goes_while_not_one_upload_is_found() {
    let yard = Yard::new(&[]);
    yard.attach(b"Ten beams");
    let first = yard.create();
    fs::remove_dir_all(yard.loaded.config.uploads.upload_storage_path.clone()).unwrap();
    let later = |days: i64| {
        let now = yard.app.state().clock.now() + chrono::Duration::days(days);
        create(&yard.place(), &yard.url, now, &mut |_, _| {}).unwrap()
    };
    let made = later(400);
    assert!(made.is_held_back && made.pruned.is_empty() && first.path.exists());
    yard.attach(b"Eleven beams");
    let made = later(401);
    assert!(!made.is_held_back && made.pruned.contains(&first.name()), "{made:?}");
}

#[test]
fn a_bucket_that_is_not_there_makes_no_set_that_lacks_every_upload() {
    let bucket = Bucket::new();
    let mut yard = Yard::of(App::own_configured(&bucket.variables()), &bucket.variables());
    yard.attach(b"The tide decides.");
    let mut variables = bucket.variables();
    variables.retain(|(name, _)| *name != "TOW_UPLOADS__S3_BUCKET");
    variables.push(("TOW_UPLOADS__S3_BUCKET", "elsewhere"));
    yard.loaded.config.uploads = loaded(yard.folder.path(), &variables).config.uploads;
    let refused = create(&yard.place(), &yard.url, yard.app.state().clock.now(), &mut |_, _| {});
    assert!(words(refused).contains("does not exist"));
    assert!(Directory::open(&yard.backups()).unwrap().sets().is_empty());
}

#[test]
fn a_set_is_made_of_one_bucket_and_comes_back_in_another() {
    let (full, bare) = (Bucket::new(), Bucket::new());
    let yard = Yard::of(App::own_configured(&full.variables()), &full.variables());
    yard.attach(b"The tide decides.");
    let set = yard.create();
    assert_eq!((set.manifest.content.files, set.manifest.content.missing), (1, 0));
    let meadow = Meadow::new(&bare.variables());
    meadow.restore(&set, None).unwrap();
    assert_eq!(bare.names(), full.names());
    let store = Store::of(&meadow.loaded.config.uploads);
    let hash = bare.names()[0].rsplit('/').next().unwrap().to_owned();
    let mut text = String::new();
    std::io::Read::read_to_string(&mut store.open(&Store::key(&hash)).unwrap().unwrap(), &mut text).unwrap();
    assert_eq!(text, "The tide decides.");
    let again = Meadow::new(&bare.variables());
    assert!(words(again.restore(&set, None)).contains("the bucket files below halden"), "never over what is there");
}

#[test]
fn a_restore_that_fails_at_the_end_leaves_the_bucket_empty() {
    let (full, bare) = (Bucket::new(), Bucket::new());
    let yard = Yard::of(App::own_configured(&full.variables()), &full.variables());
    yard.attach(b"The tide decides.");
    let set = yard.create();
    let meadow = Meadow::new(&bare.variables());
    let mut checked = meadow.check(&set, None).unwrap();
    let kept = checked.list.lines().filter(|line| !line.contains(" TABLE public people "));
    checked.list = kept.collect::<Vec<_>>().join("\n");
    let refused = restore(&Place::of(&meadow.loaded).unwrap(), &meadow.url(), &set, (&checked, None));
    assert!(words(refused).contains("pg_restore did not succeed"));
    assert_eq!(bare.names(), Vec::<String>::new());
}
