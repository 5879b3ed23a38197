//! Exports through the browser's doors.

use crate::harness::*;
use tow::exports::KEEP_HOURS;

/// The address of the first link to a file on the page.
fn link(page: &str) -> String {
    let from = page.find("/settings/export/").and_then(|_| page.find("href=\"/settings/export/")).expect("no link");
    page[from + 6..].split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&")
}

fn made(app: &App) -> Client {
    let ben = app.as_(BEN);
    assert_eq!(ben.post("/settings/export", &[]).location(), "/settings/export");
    assert!(ben.get("/settings/export").has("being made"));
    app.run_jobs();
    ben
}

#[test]
fn an_admin_asks_for_an_export_and_fetches_it_and_both_are_audited() {
    let app = App::new();
    let ben = made(&app);
    let file = ben.get(&link(&ben.get("/settings/export").text()));
    assert_eq!(file.status, 200);
    assert!(
        file.text().starts_with("{\"format\":\"tow-export\"")
            && file.header("content-disposition").starts_with("attachment")
    );
    assert!(!file.has("Ask about the night shift"));
    for act in ["export.created", "export.downloaded"] {
        assert_eq!(app.count(&format!("select count(*) from audit_events where action = '{act}'")), 1, "{act}");
    }
}

#[test]
fn a_link_holds_ten_minutes_for_its_session_and_its_person() {
    let app = App::new();
    let ben = made(&app);
    let link = link(&ben.get("/settings/export").text());
    let elsewhere = app.as_(BEN).get(&link);
    assert_eq!(elsewhere.location(), "/settings/export", "another session");
    assert_eq!(app.as_(ADA).get(&link).location(), "/settings/export");
    assert_eq!(app.as_(CLEO).get(&link).status, 403);
    app.advance(chrono::Duration::minutes(11));
    assert_eq!(ben.get(&link).location(), "/settings/export");
    assert_eq!(app.count("select count(*) from audit_events where action = 'export.downloaded'"), 0);
}

#[test]
fn a_file_is_gone_after_two_days() {
    let app = App::new();
    let ben = made(&app);
    app.advance(chrono::Duration::hours(KEEP_HOURS) + chrono::Duration::minutes(1));
    let uploads = app.state().config.uploads.clone();
    assert_eq!(app.tx(|tx| tow::exports::expire_exports(tx, &uploads)), 1);
    assert!(ben.get("/settings/export").has("deleted"));
    assert_eq!(std::fs::read_dir(uploads.upload_storage_path.join("exports")).unwrap().count(), 0);
}

#[test]
fn an_export_whose_worker_died_is_over_after_two_days_and_its_person_can_ask_again() {
    let app = App::new();
    let ben = app.as_(BEN);
    ben.post("/settings/export", &[]);
    app.sql("delete from jobs");
    app.advance(chrono::Duration::hours(KEEP_HOURS) - chrono::Duration::minutes(1));
    assert_eq!(app.as_(BEN).post("/settings/export", &[]).status, 422);
    app.advance(chrono::Duration::minutes(2));
    assert_eq!(app.as_(BEN).post("/settings/export", &[]).status, 303);
    assert_eq!(app.count("select count(*) from organisation_exports where status = 'failed'"), 1);
}

#[test]
fn what_was_never_finished_is_swept_with_its_file_and_a_late_worker_leaves_none() {
    let app = App::new();
    app.as_(BEN).post("/settings/export", &[]);
    app.sql("update organisation_exports set created_at = created_at - interval '49 hours'");
    let uploads = app.state().config.uploads.clone();
    assert_eq!(app.tx(|tx| tow::exports::expire_exports(tx, &uploads)), 1);
    app.run_jobs();
    assert_eq!(app.count("select count(*) from organisation_exports where status = 'failed' and bytes = 0"), 1);
    assert_eq!(std::fs::read_dir(uploads.upload_storage_path.join("exports")).unwrap().count(), 0);
}

#[test]
fn two_requests_at_once_make_one_export() {
    let app = App::own();
    let ben = app.as_(BEN);
    let requests = [ben.posting("/settings/export", &[]), ben.posting("/settings/export", &[])];
    let mut statuses: Vec<u16> = app.at_once(requests.into()).iter().map(|answer| answer.status).collect();
    statuses.sort();
    assert_eq!(statuses, [303, 422]);
    assert_eq!(app.count("select count(*) from organisation_exports"), 1);
}

#[test]
fn one_export_is_made_at_a_time_and_rights_are_asked_again_when_it_is_made() {
    let app = App::new();
    let ben = app.as_(BEN);
    ben.post("/settings/export", &[]);
    assert_eq!(ben.post("/settings/export", &[]).status, 422);
    app.sql("update memberships set role = 'member' where person_id = '00000000-0000-0000-0000-000000000102'");
    app.run_jobs();
    assert_eq!(app.count("select count(*) from organisation_exports where status = 'failed'"), 1);
    app.sql("delete from jobs");
}

#[test]
fn a_member_sees_no_export_page() {
    let app = App::new();
    assert_eq!(app.as_(CLEO).get("/settings/export").status, 403);
    assert_eq!(app.as_(CLEO).post("/settings/export", &[]).status, 403);
}

#[test]
fn an_export_whose_worker_died_in_the_middle_is_made_once_by_another() {
    let app = App::own();
    let ben = app.as_(BEN);
    ben.post("/settings/export", &[]);
    // A worker took it, wrote some of it and was killed.
    app.sql("update jobs set leased_by = gen_random_uuid(), leased_until = run_at + interval '60 seconds', attempts = 1 where kind = 'exports.make'");
    let uploads = app.state().config.uploads.clone();
    let incoming = uploads.upload_storage_path.join("incoming");
    std::fs::create_dir_all(&incoming).unwrap();
    std::fs::write(incoming.join("half"), "{\"format\":\"tow-exp").unwrap();
    app.run_jobs();
    assert!(!ben.get("/settings/export").has("/file?until="), "nothing is offered before it is whole");
    app.advance(chrono::Duration::seconds(61));
    app.run_jobs();
    // The same job once more, as a queue that lost its answer would give it.
    app.sql("update jobs set finished_at = null, leased_by = null, leased_until = null where kind = 'exports.make'");
    app.run_jobs();
    let file = ben.get(&link(&ben.get("/settings/export").text()));
    assert!(file.status == 200 && file.text().trim_end().ends_with('}'));
    assert_eq!(std::fs::read_dir(uploads.upload_storage_path.join("exports")).unwrap().count(), 1);
    assert_eq!(app.count("select count(*) from organisation_exports where status = 'ready'"), 1);
    assert_eq!(app.count("select count(*) from audit_events where action = 'export.created'"), 1);
}
