//! Uploads in a bucket, of a store that checks every signature.

use crate::harness::*;
use chrono::{DateTime, Duration, Utc};
use std::io::{Read, Write};
use tow::config::load_text;
use tow::files::{BIN_DAYS, clean_up};
use tow::imports::Held;
use tow::storage::{LISTED, PART_BYTES, Store};

const KIND: &str = "multipart/form-data; boundary=line";

fn body(csrf: &str, content: &[u8]) -> Vec<u8> {
    let mut body =
        format!("--line\r\nContent-Disposition: form-data; name=\"_csrf\"\r\n\r\n{csrf}\r\n--line\r\n").into_bytes();
    body.extend(
        b"Content-Disposition: form-data; name=\"file\"; filename=\"tide.txt\"\r\nContent-Type: text/plain\r\n\r\n",
    );
    body.extend(content);
    body.extend(b"\r\n--line--\r\n");
    body
}

fn send(client: &Client, content: &[u8]) -> Answer {
    let csrf = client.csrf();
    client.clone().with("accept", "application/json").post_raw(
        &format!("/records/{STEEL}/files"),
        KIND,
        body(&csrf, content),
    )
}

fn pasted(client: &Client, content: &[u8]) -> String {
    let answer = send(client, content);
    assert_eq!(answer.status, 200, "{}", answer.error);
    let markdown = answer.json()["markdown"].as_str().unwrap().to_owned();
    markdown.rsplit_once('(').unwrap().1.trim_end_matches(')').to_owned()
}

fn store(app: &App) -> Store {
    Store::of(&app.state().config.uploads)
}

fn file(bytes: &[u8]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    file
}

fn rows(app: &App) -> i64 {
    app.count("select count(*) from files") + app.count("select count(*) from blobs")
}

#[test]
fn a_file_lies_in_the_bucket_and_comes_back_whole_and_in_parts() {
    let bucket = Bucket::new();
    let app = App::configured(&bucket.variables());
    let cleo = app.as_(CLEO);
    let path = pasted(&cleo, b"The tide decides.");
    assert_eq!(cleo.get(&path).text(), "The tide decides.");
    let part =
        cleo.send(cleo.request(actix_web::test::TestRequest::get().insert_header(("range", "bytes=4-7")), &path));
    assert_eq!(
        (part.status, part.text().as_str(), part.header("content-range").as_str()),
        (206, "tide", "bytes 4-7/17")
    );
    let names = bucket.names();
    assert!(names.len() == 1 && names[0].starts_with(&format!("{S3_PREFIX}/")), "{names:?}");
    let folder = &app.state().config.uploads.upload_storage_path;
    let on_disk = walkdir::WalkDir::new(folder).into_iter().filter_map(Result::ok);
    assert_eq!(on_disk.filter(|entry| entry.file_type().is_file()).count(), 0, "nothing stays on this machine");
}

#[test]
fn a_file_larger_than_a_part_is_sent_in_parts_and_is_the_same() {
    let bucket = Bucket::new();
    let app = App::configured(&bucket.variables());
    let bytes: Vec<u8> = (0..PART_BYTES + 1_000_003).map(|at| (at % 251) as u8).collect();
    store(&app).put("large", file(&bytes)).unwrap();
    let mut back = Vec::new();
    store(&app).open("large").unwrap().unwrap().read_to_end(&mut back).unwrap();
    assert!(back == bytes, "{} of {} bytes", back.len(), bytes.len());
    assert_eq!(store(&app).length("large").unwrap(), Some(bytes.len() as u64));
}

#[test]
fn a_store_that_is_away_is_a_503_and_leaves_no_row() {
    let mut bucket = Bucket::new();
    let variables: Vec<(String, String)> =
        bucket.variables().into_iter().map(|(name, text)| (name.to_owned(), text.to_owned())).collect();
    let variables: Vec<(&str, &str)> = variables.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let app = App::configured(&variables);
    let cleo = app.as_(CLEO);
    let path = pasted(&cleo, b"before");
    let kept = rows(&app);
    bucket.go_away();
    let answer = send(&cleo, b"after");
    assert_eq!((answer.status, answer.header("retry-after").is_empty()), (503, false), "{}", answer.error);
    assert_eq!(rows(&app), kept, "nothing half-written");
    assert_eq!(cleo.get(&path).status, 503);
    let ready = app.visitor().get("/readyz");
    assert_eq!((ready.status, ready.json()["bucket"].as_bool()), (200, Some(false)), "all else goes on");
}

#[test]
fn wrong_keys_are_named_by_the_check_and_nothing_is_taken() {
    let bucket = Bucket::new();
    let mut variables = bucket.variables();
    variables.retain(|(name, _)| *name != "S3_SECRET_ACCESS_KEY");
    variables.push(("S3_SECRET_ACCESS_KEY", "not-the-key-of-this-bucket"));
    let app = App::configured(&variables);
    let told = store(&app).check().unwrap_err();
    assert!(told.contains("S3_SECRET_ACCESS_KEY") && !told.contains("not-the-key"), "{told}");
    assert_eq!(app.visitor().get("/readyz").json()["bucket"].as_bool(), Some(false));
    assert_eq!((send(&app.as_(CLEO), b"x").status, rows(&app)), (503, 0));
}

#[test]
fn a_bucket_that_is_not_there_is_named() {
    let bucket = Bucket::new();
    let mut variables = bucket.variables();
    variables.retain(|(name, _)| *name != "TOW_UPLOADS__S3_BUCKET");
    variables.push(("TOW_UPLOADS__S3_BUCKET", "elsewhere"));
    let app = App::configured(&variables);
    let told = store(&app).check().unwrap_err();
    assert!(told.contains("the bucket elsewhere below halden at") && told.contains("does not exist"), "{told}");
}

#[test]
fn a_probe_looks_at_the_bucket_once_and_then_tells_what_it_saw() {
    let mut bucket = Bucket::new();
    let variables: Vec<(String, String)> =
        bucket.variables().into_iter().map(|(name, text)| (name.to_owned(), text.to_owned())).collect();
    let variables: Vec<(&str, &str)> = variables.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let app = App::configured(&variables);
    let probe = || {
        let ready = app.visitor().get("/readyz");
        (ready.status, ready.json()["bucket"].as_bool())
    };
    assert_eq!(probe(), (200, Some(true)));
    bucket.go_away();
    assert_eq!(probe(), (200, Some(true)), "nobody can make it ask a store again and again");
    assert!(store(&app).check().is_err(), "who asks at the terminal is told what is");
}

#[test]
fn a_folder_that_cannot_be_written_takes_this_instance_out_also_with_a_bucket() {
    let bucket = Bucket::new();
    let app = App::configured(&bucket.variables());
    let folder = &app.state().config.uploads.upload_storage_path;
    std::fs::create_dir_all(folder.parent().unwrap()).unwrap();
    let _ = std::fs::remove_dir_all(folder);
    std::fs::write(folder, "no folder").unwrap();
    let ready = app.visitor().get("/readyz");
    assert_eq!((ready.status, ready.json()["uploads"].as_bool()), (503, Some(false)));
}

#[test]
fn a_prefix_that_a_store_would_write_otherwise_is_refused() {
    let refused = |prefix: &str| {
        let variables = [("APP_SECRET", APP_SECRET), ("S3_ACCESS_KEY_ID", "i"), ("S3_SECRET_ACCESS_KEY", "a-key")];
        let yaml = format!("uploads:\n  upload_store: s3\n  s3_bucket: files\n  s3_prefix: '{prefix}'");
        let problems = load_text(&yaml, &variables).map(drop).err().unwrap_or_default();
        problems.iter().any(|problem| problem.to_string().contains("uploads.s3_prefix has an empty part"))
    };
    for prefix in ["halden//files", "~tow", "a%b", "a#b", "a b/{c}", "a/../b"] {
        assert!(refused(prefix), "{prefix}");
    }
    for prefix in ["halden", "halden/files/", "/a-b_c.d"] {
        assert!(!refused(prefix), "{prefix}");
    }
}

#[test]
fn names_that_others_wrote_below_the_prefix_do_not_hold_up_a_walk() {
    let bucket = Bucket::new();
    let app = App::configured(&bucket.variables());
    store(&app).keep(file(b"x"), &"ab".repeat(32)).unwrap();
    std::fs::write(bucket.folder_of_content().join("~left"), "x").unwrap();
    let (walked, heard) = std::sync::mpsc::channel();
    let store = store(&app);
    std::thread::spawn(move || {
        let mut seen = 0;
        let walk = store.each_kept(DateTime::<Utc>::MAX_UTC, |hashes| {
            seen += hashes.len();
            Ok(())
        });
        walked.send(walk.map(|()| seen))
    });
    let seen = heard.recv_timeout(std::time::Duration::from_secs(20)).expect("a walk ends");
    assert_eq!(seen.unwrap(), 1);
}

#[test]
fn a_store_that_goes_away_during_the_clean_up_leaves_no_row_whose_content_is_gone() {
    let mut bucket = Bucket::new();
    let variables: Vec<(String, String)> =
        bucket.variables().into_iter().map(|(name, text)| (name.to_owned(), text.to_owned())).collect();
    let variables: Vec<(&str, &str)> = variables.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let app = App::configured(&variables);
    let path = pasted(&app.as_(CLEO), b"short-lived");
    let id = path.split('/').nth(2).unwrap().to_owned();
    assert_eq!(app.as_(CLEO).post(&format!("/files/{id}/removal"), &[]).status, 303);
    app.advance(Duration::days(3650 + BIN_DAYS));
    bucket.go_away();
    assert!(app.work(|work| clean_up(work, &store(&app))).is_err());
    assert_eq!(
        (rows(&app), bucket.names().len()),
        (0, 1),
        "the rows are gone for good, the content waits for the next time"
    );
}

#[test]
fn a_download_from_a_bucket_that_is_not_there_says_that_it_is_away() {
    let bucket = Bucket::new();
    let app = App::configured(&bucket.variables());
    let path = pasted(&app.as_(CLEO), b"here");
    std::fs::remove_dir_all(bucket.folder_of_content().parent().unwrap()).unwrap();
    assert_eq!(app.as_(CLEO).get(&path).status, 503);
}

#[test]
fn content_goes_from_the_bucket_when_no_file_names_it_and_strays_go_with_it() {
    let bucket = Bucket::new();
    let app = App::configured(&bucket.variables());
    let path = pasted(&app.as_(CLEO), b"short-lived");
    let stray = "ab".repeat(32);
    store(&app).keep(file(b"x"), &stray).unwrap();
    let id = path.split('/').nth(2).unwrap().to_owned();
    assert_eq!(app.as_(CLEO).post(&format!("/files/{id}/removal"), &[]).status, 303);
    assert_eq!(bucket.names().len(), 2);
    app.advance(Duration::days(3650 + BIN_DAYS));
    let swept = app.work(|work| clean_up(work, &store(&app))).unwrap();
    assert_eq!((swept, bucket.names()), (2, Vec::new()));
    assert_eq!(rows(&app), 0, "what claimed the stray is gone too");
}

#[test]
fn content_is_listed_over_more_than_one_page() {
    let bucket = Bucket::new();
    let app = App::configured(&bucket.variables());
    let folder = bucket.folder_of_content();
    for number in 0..=LISTED {
        let key = folder.join(Store::key(&format!("{number:064x}")));
        std::fs::create_dir_all(key.parent().unwrap()).unwrap();
        std::fs::write(key, "x").unwrap();
    }
    std::fs::create_dir_all(folder.join("exports")).unwrap();
    std::fs::write(folder.join("exports/one.json"), "x").unwrap();
    let mut seen = Vec::new();
    store(&app)
        .each_kept(DateTime::<Utc>::MAX_UTC, |hashes| {
            seen.extend(hashes);
            Ok(())
        })
        .unwrap();
    assert_eq!(seen.len(), LISTED + 1, "all content, and nothing else");
    assert!(!store(&app).is_bare().unwrap());
}

#[test]
fn an_export_lies_in_the_bucket_until_it_has_had_its_time() {
    let bucket = Bucket::new();
    let app = App::configured(&bucket.variables());
    let ben = app.as_(BEN);
    ben.post("/settings/export", &[]);
    app.run_jobs();
    assert!(bucket.names()[0].starts_with(&format!("{S3_PREFIX}/exports/")), "{:?}", bucket.names());
    let page = ben.get("/settings/export").text();
    let link =
        page.split('"').find(|text| text.contains("/file?until=")).unwrap().replace("&amp;", "&").replace("&#38;", "&");
    assert!(ben.get(&link).text().trim_end().ends_with('}'));
    app.advance(Duration::hours(49));
    app.tx(|tx| tow::exports::expire_exports(tx, &app.state().config.uploads));
    assert_eq!(bucket.names(), Vec::<String>::new());
}

#[test]
fn an_export_waits_for_a_store_that_is_away() {
    let mut bucket = Bucket::new();
    let variables: Vec<(String, String)> =
        bucket.variables().into_iter().map(|(name, text)| (name.to_owned(), text.to_owned())).collect();
    let variables: Vec<(&str, &str)> = variables.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let app = App::configured(&variables);
    app.as_(BEN).post("/settings/export", &[]);
    bucket.go_away();
    let outcomes = app.run_jobs();
    assert!(outcomes.iter().any(|(_, outcome)| !matches!(outcome, tow::queue::Outcome::Done)), "{outcomes:?}");
    assert_eq!(app.count("select count(*) from organisation_exports where status = 'ready'"), 0);
    app.sql("delete from jobs");
}

#[test]
fn what_one_server_took_to_be_looked_at_another_one_imports() {
    let bucket = Bucket::new();
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let uploads = |folder: &tempfile::TempDir| {
        let yaml = format!("runtime:\n  data_dir: {}\n", folder.path().display());
        let variables: Vec<_> = bucket.variables().into_iter().chain([("APP_SECRET", APP_SECRET)]).collect();
        load_text(&yaml, &variables).unwrap().config.uploads
    };
    let (here, there) = (Held::of(&uploads(&first), CLEO.id), Held::of(&uploads(&second), CLEO.id));
    let incoming = tow::web::Incoming { name: "a.md".to_owned(), file: file(b"# A"), hash: String::new(), bytes: 3 };
    let key = here.keep(vec![incoming]).unwrap();
    let on_disk = |folder: &tempfile::TempDir| {
        let below = walkdir::WalkDir::new(folder.path()).into_iter().filter_map(Result::ok);
        below.filter(|entry| entry.file_type().is_file()).count()
    };
    assert_eq!(on_disk(&first), 0, "it lies in the bucket, for all");
    let found = there.files(&key).unwrap();
    assert_eq!((found[0].0.as_str(), std::fs::read(&found[0].1).unwrap()), ("a.md", b"# A".to_vec()));
    there.forget().unwrap();
    assert_eq!((bucket.names(), on_disk(&second)), (Vec::<String>::new(), 0));
}

#[test]
fn what_nobody_confirmed_leaves_this_disk_also_while_the_bucket_is_away() {
    let mut bucket = Bucket::new();
    let folder = tempfile::tempdir().unwrap();
    let yaml = format!("runtime:\n  data_dir: {}\n", folder.path().display());
    let variables: Vec<_> = bucket.variables().into_iter().chain([("APP_SECRET", APP_SECRET)]).collect();
    let config = load_text(&yaml, &variables).unwrap().config;
    let held = Held::of(&config.uploads, CLEO.id);
    let incoming = tow::web::Incoming { name: "a.md".to_owned(), file: file(b"# A"), hash: String::new(), bytes: 3 };
    let key = held.keep(vec![incoming]).unwrap();
    let brought = held.files(&key).unwrap()[0].1.clone();
    bucket.go_away();
    // Files are as old as the machine says.
    let now = tow::clock::Clock::default().now();
    tow::jobs::tidy(&config, now);
    assert!(brought.exists(), "somebody is still looking");
    tow::jobs::tidy(&config, now + Duration::minutes(tow::imports::HOLD_MINUTES + 1));
    assert!(!brought.exists());
}

#[test]
fn more_than_a_page_of_what_nobody_confirmed_goes_at_once() {
    let bucket = Bucket::new();
    let app = App::configured(&bucket.variables());
    let folder = bucket.folder_of_content().join("imports/somebody");
    std::fs::create_dir_all(&folder).unwrap();
    for number in 0..=LISTED {
        std::fs::write(folder.join(number.to_string()), "x").unwrap();
    }
    assert_eq!(store(&app).sweep_below("imports", DateTime::<Utc>::MAX_UTC).unwrap(), LISTED + 1);
    assert_eq!(bucket.names(), Vec::<String>::new());
}

#[test]
fn a_bucket_needs_its_name_and_its_keys_and_a_way_nobody_reads_along() {
    let refused = |yaml: &str, more: &[(&str, &str)]| {
        let mut variables = vec![("APP_SECRET", APP_SECRET)];
        variables.extend(more);
        let problems = load_text(yaml, &variables).map(drop).unwrap_err();
        problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    };
    let keys = [("S3_ACCESS_KEY_ID", "an-id"), ("S3_SECRET_ACCESS_KEY", "a-key")];
    assert!(refused("uploads:\n  upload_store: s3", &keys).contains("uploads.s3_bucket is not set"));
    let named = "uploads:\n  upload_store: s3\n  s3_bucket: files";
    assert!(refused(named, &[]).contains("S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY are not set"));
    assert!(refused(named, &keys[..1]).contains("only one of them is set"));
    let open = format!("{named}\n  s3_endpoint: http://store.example");
    assert!(refused(&open, &keys).contains("uploads.s3_endpoint is not https"));
}
