//! Imports through the browser's doors.

use crate::harness::*;
use std::io::Write;
use tow::imports::HOLD_MINUTES;

const KIND: &str = "multipart/form-data; boundary=----a-line-between";

fn send(client: &Client, path: &str, place: &str, files: &[(&str, &[u8])]) -> Answer {
    let csrf = client.csrf();
    let mut body = Vec::new();
    for (name, value) in [("_csrf", csrf.as_str()), ("place", place)] {
        body.extend(
            format!("------a-line-between\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
                .bytes(),
        );
    }
    for (name, content) in files {
        body.extend(format!("------a-line-between\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: text/plain\r\n\r\n").bytes());
        body.extend(*content);
        body.extend(b"\r\n");
    }
    body.extend(b"------a-line-between--\r\n");
    client.post_raw(path, KIND, body)
}

fn key(page: &str) -> String {
    page.split("name=\"key\" value=\"").nth(1).expect("no key").split('"').next().unwrap().to_owned()
}

fn zip_of(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in entries {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[test]
fn a_zip_is_looked_at_and_then_made_with_its_tree_and_links() {
    let app = App::new();
    let cleo = app.as_(CLEO);
    let zip = zip_of(&[
        ("guide/index.md", b"# Guide\n\nSee [berths](berths.md)."),
        ("guide/berths.md", b"# Berths\n\nThree."),
        ("../out.md", b"no"),
    ]);
    let look = send(&cleo, "/imports/docs", "project:ATL", &[("guide.zip", &zip)]);
    assert_eq!(look.status, 200, "{}", look.text());
    assert!(look.has("Berths") && look.has("../out.md") && look.has("leads out of the folder"));
    assert_eq!(app.count("select count(*) from docs"), 0);
    let key = key(&look.text());
    assert_eq!(
        app.as_(BEN).post("/imports/docs/confirmation", &[("key", &key), ("place", "project:ATL")]).status,
        422,
        "another's upload"
    );
    assert_eq!(
        cleo.post("/imports/docs/confirmation", &[("key", &key), ("place", "project:ATL")]).location(),
        "/docs/DOC-1"
    );
    assert_eq!(app.count("select count(*) from docs where parent_id is not null"), 1);
    assert_eq!(app.count("select count(*) from docs where body like '%(/docs/DOC-%'"), 1);
    assert_eq!(
        cleo.post("/imports/docs/confirmation", &[("key", &key), ("place", "project:ATL")]).status,
        422,
        "twice"
    );
}

/// A picture of one dot.
fn dot() -> Vec<u8> {
    let mut png = std::io::Cursor::new(Vec::new());
    image::DynamicImage::new_rgb8(1, 1).write_to(&mut png, image::ImageFormat::Png).unwrap();
    png.into_inner()
}

#[test]
fn what_pages_link_to_is_attached_to_them_and_everything_else_is_named_before_and_after() {
    let app = App::new();
    let cleo = app.as_(CLEO);
    let zip = zip_of(&[
        ("guide/index.md", b"# Guide\n\n![Map](img/map.png) and [the table](../tides.csv)."),
        ("guide/berths.md", b"# Berths\n\n![Map](img/map.png)"),
        ("guide/img/map.png", &dot()),
        ("tides.csv", b"a,b\n"),
        ("guide/img/unused.png", &dot()),
    ]);
    let look = send(&cleo, "/imports/docs", "project:ATL", &[("guide.zip", &zip)]).text();
    assert!(look.contains("guide/img/unused.png") && look.contains("no page links to it"), "{look}");
    assert!(!look.contains("map.png") && !look.contains("tides.csv"));
    assert_eq!(app.count("select count(*) from files"), 0);
    let fields = [("key", &*key(&look)), ("place", "project:ATL"), ("_once", "0191d3f2-0000-7000-8000-000000000001")];
    let made = cleo.post("/imports/docs/confirmation", &fields);
    assert_eq!(made.location(), "/docs/DOC-1");
    assert!(made.follow().has("Not taken along: guide/img/unused.png."));
    assert_eq!(app.count("select count(*) from files"), 3, "one for each page that shows it");
    assert_eq!(app.count("select count(*) from blobs"), 2, "kept once");
    let page = cleo.get("/docs/DOC-1").text();
    let at = page.find("src=\"/files/").expect("the picture is shown");
    let address = page[at + 5..].split('"').next().unwrap().to_owned();
    assert_eq!((cleo.get(&address).status, cleo.get(&address).header("content-type")), (200, "image/png".to_owned()));
    assert_eq!(app.as_(DOV).get(&address).status, 404);
    assert!(page.contains("/tides.csv\""));
}

#[test]
fn a_confirmation_sent_twice_makes_it_once_and_leads_to_the_same_place() {
    let app = App::new();
    let cleo = app.as_(CLEO);
    let looks = [
        ("/imports/docs", "a.md", &b"# A"[..], "select count(*) from docs"),
        ("/imports/tickets", "a.csv", &b"title\nOnly\n"[..], "select count(*) from records where title = 'Only'"),
    ];
    for (path, name, content, made) in looks {
        let look = send(&cleo, path, "project:BCN", &[(name, content)]).text();
        let once = look.split("name=\"_once\" value=\"").nth(1).unwrap().split('"').next().unwrap();
        let fields = [("key", &*key(&look)), ("place", "project:BCN"), ("_once", once)];
        let confirm = || cleo.post(&format!("{path}/confirmation"), &fields);
        assert_eq!((confirm().status, confirm().status), (303, 303));
        assert_eq!(app.count(made), 1, "{path}");
    }
}

#[test]
fn a_refused_form_and_one_reached_from_a_project_s_list_keep_the_place() {
    let app = App::new();
    let cleo = app.as_(CLEO);
    let chosen = |page: &Answer| {
        let page = page.text();
        page.split("<option ")
            .filter(|option| option.split('>').next().unwrap().contains("selected"))
            .map(|option| option.split('"').nth(1).unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let large = vec![b'a'; 30_000_000];
    for (path, files) in [
        ("/imports/tickets", vec![("a.csv", &b"colour\nred\n"[..])]),
        ("/imports/tickets", vec![]),
        ("/imports/docs", vec![("a.txt", &b"words"[..])]),
        ("/imports/docs", vec![("a.md", &large[..])]),
    ] {
        let again = send(&cleo, path, "project:BCN", &files);
        assert!(matches!(again.status, 422 | 413), "{}", again.status);
        assert_eq!(chosen(&again), ["project:BCN"], "{path}");
    }
    assert_eq!(chosen(&cleo.get("/imports/tickets?project=ATL")), ["project:ATL"]);
    let gone = cleo.post("/imports/docs/confirmation", &[("key", "gone"), ("place", "project:BCN")]);
    assert_eq!(chosen(&gone), ["project:BCN"]);
}

#[test]
fn a_look_asks_the_same_number_of_questions_however_many_parents_a_table_names() {
    let app = App::new();
    let cleo = app.as_(CLEO);
    let look = |count: usize| {
        let mut csv = String::from("title,type,parent\nBelow,task,BCN-1\n");
        (0..count).for_each(|n| csv.push_str(&format!("Lost {n},task,XYZ-{n}\n")));
        let answer = send(&cleo, "/imports/tickets", "project:BCN", &[("a.csv", csv.as_bytes())]);
        assert!(answer.status == 200 && answer.has("Line 3"), "{}", answer.text());
        answer.queries
    };
    assert_eq!(look(1), look(300));
}

#[test]
fn a_table_with_bad_lines_is_made_only_when_the_person_says_so() {
    let app = App::new();
    let cleo = app.as_(CLEO);
    let look = send(
        &cleo,
        "/imports/tickets",
        "project:BCN",
        &[("work.csv", b"title,status\nOne,todo\nTwo,flying\n<script>x</script>,done\n")],
    );
    assert!(
        look.has("2 tickets") && look.has("Line 3") && look.has("flying") && !look.has("<script>x"),
        "{}",
        look.text()
    );
    let key = key(&look.text());
    let confirm = |fields: &[(&str, &str)]| {
        cleo.post(
            "/imports/tickets/confirmation",
            &[&[("key", key.as_str()), ("place", "project:BCN")], fields].concat(),
        )
    };
    assert_eq!(confirm(&[]).status, 422);
    assert_eq!(app.count("select count(*) from records where title = 'One'"), 0);
    assert_eq!(confirm(&[("skip", "on")]).location(), "/tickets?project=BCN");
    assert_eq!(app.count("select count(*) from records where title in ('One', '<script>x</script>')"), 2);
}

#[test]
fn what_cannot_be_read_is_refused_beside_the_field_and_leaves_nothing() {
    let app = App::new();
    let cleo = app.as_(CLEO);
    let bomb = zip_of(&[("a.md", &vec![b'a'; 40_000_000])]);
    let cases: [(&str, &str, &[u8], &str); 5] = [
        ("/imports/docs", "a.zip", b"no zip", "not a zip file"),
        ("/imports/docs", "a.zip", &bomb, "far more than its size"),
        ("/imports/docs", "a.txt", b"words", "no Markdown file"),
        ("/imports/tickets", "a.csv", b"colour\nred\n", "title"),
        ("/imports/tickets", "a.csv", b"\xFF\xFEt\0", "UTF-16"),
    ];
    for (path, name, content, wanted) in cases {
        let answer = send(&cleo, path, "project:BCN", &[(name, content)]);
        assert_eq!(answer.status, 422, "{wanted}: {}", answer.text());
        assert!(answer.has(wanted), "{wanted}: {}", answer.text());
    }
    assert_eq!(app.count("select count(*) from records where created_at > '2026-01-01' and title = 'red'"), 0);
}

#[test]
fn who_may_not_write_there_is_refused_before_anything_is_read() {
    let app = App::new();
    assert_eq!(send(&app.as_(VERA), "/imports/docs", "project:ATL", &[("a.md", b"# A")]).status, 403);
    assert_eq!(send(&app.as_(DOV), "/imports/docs", "project:ATL", &[("a.md", b"# A")]).status, 422);
}

#[test]
fn an_upload_that_nobody_confirms_is_forgotten_and_a_newer_one_replaces_it() {
    let app = App::new();
    let cleo = app.as_(CLEO);
    let first = key(&send(&cleo, "/imports/docs", "project:ATL", &[("a.md", b"# A")]).text());
    let second = key(&send(&cleo, "/imports/docs", "project:ATL", &[("b.md", b"# B")]).text());
    let confirm = |key: &str| cleo.post("/imports/docs/confirmation", &[("key", key), ("place", "project:ATL")]).status;
    assert_eq!(confirm(&first), 422);
    app.advance(
        chrono::Duration::minutes(HOLD_MINUTES + 1)
            + (tow::clock::Clock::default().now() - app.state().clock.now()).max(chrono::Duration::zero()),
    );
    let uploads = app.state().config.uploads.clone();
    assert_eq!(tow::imports::forget_here(&uploads, app.state().clock.now()), 1);
    assert_eq!(confirm(&second), 422);
}
