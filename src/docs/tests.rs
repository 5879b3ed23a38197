//! What the wiki promises.

use crate::harness::*;
use tow::access::Place;
use tow::docs::*;
use tow::text::import::markdown_set;
use tow::text::value::{Body, Title};

/// Makes a page in a place and answers its path.
fn page(client: &Client, place: &str, title: &str, body: &str) -> String {
    let made = client.post("/docs", &[("place", place), ("title", title), ("body", body)]);
    assert_eq!(made.status, 303, "{}", made.text());
    made.location()
}

fn below(client: &Client, parent: &str, title: &str) -> String {
    let parent = parent.trim_start_matches("/docs/");
    let made = client.post("/docs", &[("parent", parent), ("title", title), ("body", "")]);
    assert_eq!(made.status, 303, "{}", made.text());
    made.location()
}

fn save(client: &Client, path: &str, base: &str, body: &str) -> Answer {
    client.post(path, &[("title", "Tides"), ("body", body), ("base", base)])
}

fn find(client: &Client, path: &str) -> Doc {
    client.tx(|tx, me| Doc::find(tx, me, path.trim_start_matches("/docs/")))
}

#[test]
fn a_page_is_made_read_and_saved_as_a_revision() {
    let app = App::new();
    let cleo = app.as_(CLEO);
    let path = page(&cleo, "organisation", "Tides", "The **bar** at Marnes");
    let shown = cleo.get(&path);
    assert!(shown.has("<strong>bar</strong>"), "{}", shown.text());
    assert_eq!(save(&cleo, &path, "1", "The bar at Holm").location(), path);
    assert_eq!(find(&cleo, &path).revision, 2);
    assert!(cleo.get(&format!("{path}/revisions")).has("Revision 2"));
}

#[test]
fn a_page_asks_at_most_twenty_times() {
    let app = App::new();
    let path = page(&app.as_(CLEO), "organisation", "Tides", "See [[Nothing]] and APP-1 by @cleo");
    let shown = app.as_(CLEO).get(&path);
    assert!(shown.queries <= 20, "{} queries", shown.queries);
}

#[test]
fn saving_the_same_makes_no_revision() {
    let app = App::new();
    let path = page(&app.as_(CLEO), "organisation", "Tides", "a\nb\n");
    assert_eq!(save(&app.as_(CLEO), &path, "1", "a\r\nb\r\n").status, 303);
    assert_eq!(find(&app.as_(CLEO), &path).revision, 1);
}

#[test]
fn changes_in_different_places_are_offered_as_one_text() {
    let app = App::new();
    let path = page(&app.as_(CLEO), "organisation", "Tides", "one\n\ntwo\n\nthree\n");
    save(&app.as_(ADA), &path, "1", "ONE\n\ntwo\n\nthree\n");
    let lost = save(&app.as_(CLEO), &path, "1", "one\n\ntwo\n\nTHREE\n");
    assert_eq!(lost.status, 409);
    assert!(lost.has("saved revision 2 while you were writing") && lost.has("fit together"), "{}", lost.text());
    assert!(lost.has("ONE\n\ntwo\n\nTHREE\n</textarea>"));
    assert!(lost.has("name=\"base\" value=\"2\""));
}

#[test]
fn a_lost_race_shows_both_texts_and_either_side_can_stand() {
    for (keep, now) in [("mine", "MINE"), ("theirs", "THEIRS")] {
        let app = App::new();
        let path = page(&app.as_(CLEO), "organisation", "Tides", "one\n\ntwo\n");
        save(&app.as_(ADA), &path, "1", "one\n\nTHEIRS\n");
        let lost = save(&app.as_(CLEO), &path, "1", "one\n\nMINE\n");
        assert_eq!(lost.status, 409);
        assert!(lost.has("<del>THEIRS</del><ins>MINE</ins>"), "{}", lost.text());
        let fields = [("title", "x"), ("body", "x"), ("base", "2"), ("keep", keep), ("from", "1")];
        let kept = [&fields[..], &[("mine", "one\n\nMINE\n"), ("mine_title", "Tides")]].concat();
        assert_eq!(app.as_(CLEO).post(&path, &kept).status, 303);
        assert_eq!(find(&app.as_(CLEO), &path).body, format!("one\n\n{now}\n"));
    }
}

#[test]
fn losing_a_second_race_after_the_first_keeps_the_words_too() {
    let app = App::new();
    let path = page(&app.as_(CLEO), "organisation", "Tides", "two\n");
    save(&app.as_(ADA), &path, "1", "first\n");
    save(&app.as_(ADA), &path, "2", "second\n");
    let kept = [
        ("title", "x"),
        ("body", "x"),
        ("base", "2"),
        ("keep", "mine"),
        ("from", "1"),
        ("mine", "mine\n"),
        ("mine_title", "Tides"),
    ];
    let lost = app.as_(CLEO).post(&path, &kept);
    assert_eq!(lost.status, 409);
    assert!(lost.has("mine") && lost.has("second"));
    assert_eq!(find(&app.as_(CLEO), &path).body, "second\n");
}

#[test]
fn an_older_revision_comes_back_as_the_newest() {
    let app = App::new();
    let path = page(&app.as_(CLEO), "organisation", "Tides", "old");
    save(&app.as_(CLEO), &path, "1", "new");
    let restored = app.as_(CLEO).post(&format!("{path}/revisions/1/restoring"), &[]);
    assert_eq!(restored.location(), path);
    let doc = find(&app.as_(CLEO), &path);
    assert_eq!((doc.body.as_str(), doc.revision), ("old", 3));
    assert!(app.as_(CLEO).get(&format!("{path}/revisions")).has("Brought back revision 1"));
}

#[test]
fn comparing_marks_words() {
    let app = App::new();
    let path = page(&app.as_(CLEO), "organisation", "Tides", "margin of 0.5 metres");
    save(&app.as_(CLEO), &path, "1", "margin of 0.6 metres");
    let compared = app.as_(CLEO).get(&format!("{path}/compare?from=1&to=2"));
    assert!(compared.has("<del>0.5</del><ins>0.6</ins>"), "{}", compared.text());
    assert_eq!(app.as_(CLEO).get(&format!("{path}/compare?from=1&to=9")).status, 404);
}

#[test]
fn a_private_page_is_there_for_nobody_else_not_even_owner_and_admin() {
    let app = App::new();
    let path = page(&app.as_(CLEO), "private", "Secret plan", "words");
    for who in [ADA, BEN, VERA, DOV] {
        let other = app.as_(who);
        for tail in ["", "/edit", "/revisions", "/revisions/1", "/compare", "/markdown", "/move", "/tree"] {
            assert_eq!(other.get(&format!("{path}{tail}")).status, 404, "{tail}");
        }
        assert_eq!(save(&other, &path, "1", "mine now").status, 404);
        assert!(!other.get("/docs").has("Secret plan"));
    }
    assert_eq!(app.as_(CLEO).get(&path).status, 200);
}

#[test]
fn a_viewer_reads_but_does_not_write() {
    let app = App::new();
    let path = page(&app.as_(CLEO), "project:ATL", "Berths", "words");
    assert_eq!(app.as_(VERA).get(&path).status, 200);
    assert_eq!(app.as_(VERA).get(&format!("{path}/edit")).status, 403);
    assert_eq!(save(&app.as_(VERA), &path, "1", "mine").status, 403);
    assert_eq!(app.as_(DOV).get(&path).status, 404);
}

#[test]
fn a_page_cannot_stand_below_its_own_page() {
    let app = App::new();
    let cleo = app.as_(CLEO);
    let top = page(&cleo, "organisation", "Top", "");
    let child = below(&cleo, &top, "Child");
    let moved = cleo.post(&format!("{top}/move"), &[("parent", child.trim_start_matches("/docs/"))]);
    assert_eq!(moved.status, 422);
    assert!(moved.has("cannot stand below itself"));
}

#[test]
fn the_tree_has_twenty_levels_and_no_more() {
    let app = App::new();
    let cleo = app.as_(CLEO);
    let mut path = page(&cleo, "organisation", "Level", "");
    for _ in 1..MAX_DEPTH {
        path = below(&cleo, &path, "Level");
    }
    let id = path.trim_start_matches("/docs/");
    let refused = cleo.post("/docs", &[("parent", id), ("title", "Too deep"), ("body", "kept")]);
    assert_eq!(refused.status, 422);
    assert!(refused.has("at most 20 levels") && refused.has("kept"));
}

#[test]
fn another_place_takes_all_below_along_after_saying_who_will_see_it() {
    let app = App::new();
    let cleo = app.as_(CLEO);
    let top = page(&cleo, "project:ATL", "Top", "");
    let child = below(&cleo, &top, "Child");
    let grandchild = below(&cleo, &child, "Grandchild");
    assert_eq!(app.as_(DOV).get(&grandchild).status, 404);
    let asked = cleo.post(&format!("{top}/move"), &[("place", "organisation")]);
    assert_eq!(asked.status, 200);
    assert!(asked.has("will see it") && asked.has("2 pages below move along"), "{}", asked.text());
    assert_eq!(cleo.post(&format!("{top}/move"), &[("place", "organisation"), ("confirmed", "on")]).status, 303);
    assert_eq!(app.as_(DOV).get(&grandchild).status, 200);
    assert_eq!(find(&cleo, &grandchild).parent_id, Some(find(&cleo, &child).id()));
}

#[test]
fn nobody_takes_a_colleagues_page_away_by_putting_it_below_their_own() {
    let app = App::new();
    let (cleo, dov) = (app.as_(CLEO), app.as_(DOV));
    let theirs = page(&cleo, "organisation", "Theirs", "");
    let trap = page(&dov, "organisation", "Trap", "");
    assert_eq!(dov.post(&format!("{theirs}/move"), &[("parent", trap.trim_start_matches("/docs/"))]).status, 303);
    for (tail, fields) in
        [("move", &[("place", "private"), ("confirmed", "on")][..]), ("archiving", &[]), ("removal", &[])]
    {
        let refused = dov.post(&format!("{trap}/{tail}"), fields);
        assert_eq!(refused.status, 403, "{tail}");
    }
    assert_eq!(cleo.get(&theirs).status, 200);
}

#[test]
fn pages_are_put_in_order_one_step_at_a_time() {
    let app = App::new();
    let cleo = app.as_(CLEO);
    let paths: Vec<String> = ["a", "b", "c"].iter().map(|title| page(&cleo, "private", title, "")).collect();
    cleo.post(&format!("{}/order", paths[2]), &[("step", "up")]);
    cleo.post(&format!("{}/order", paths[0]), &[("step", "down")]);
    cleo.post(&format!("{}/order", paths[2]), &[("step", "up")]);
    let titles = cleo.tx(|tx, me| {
        let place = Place::Person(me.person_id().unwrap());
        Ok(nodes(tx, me, place, Vec::new())?.into_iter().map(|node| node.title).collect::<Vec<_>>())
    });
    assert_eq!(titles, ["c", "a", "b"]);
}

#[test]
fn archiving_takes_what_is_below_and_brings_back_exactly_that() {
    let app = App::new();
    let cleo = app.as_(CLEO);
    let top = page(&cleo, "organisation", "Top", "");
    let (early, late) = (below(&cleo, &top, "Early"), below(&cleo, &top, "Late"));
    cleo.post(&format!("{early}/archiving"), &[]);
    app.advance(chrono::Duration::minutes(1));
    cleo.post(&format!("{top}/archiving"), &[]);
    assert!(find(&cleo, &late).record.is_archived());
    cleo.post(&format!("{top}/archiving/removal"), &[]);
    assert!(!find(&cleo, &late).record.is_archived());
    assert!(find(&cleo, &early).record.is_archived());
}

#[test]
fn archiving_pages_in_bulk_takes_what_is_below_them_and_no_other_door_leaves_it_behind() {
    let app = App::new();
    let cleo = app.as_(CLEO);
    let top = page(&cleo, "organisation", "Top", "");
    let child = below(&cleo, &top, "Child");
    let id = top.trim_start_matches("/docs/").to_owned();
    assert_eq!(cleo.post(&format!("/records/{id}/archiving"), &[]).status, 404);
    assert_eq!(cleo.post("/records/archiving", &[("kind", "doc"), ("id", &id), ("act", "archive")]).status, 404);
    cleo.post("/docs/archiving", &[("id", &id), ("act", "archive")]);
    assert!(find(&cleo, &child).record.is_archived());
    cleo.post("/docs/archiving", &[("id", &id), ("act", "restore")]);
    assert!(!find(&cleo, &child).record.is_archived());
}

#[test]
fn the_bin_keeps_pages_for_thirty_days() {
    let app = App::new();
    let cleo = app.as_(CLEO);
    let top = page(&cleo, "organisation", "Top", "");
    let child = below(&cleo, &top, "Child");
    assert_eq!(cleo.post(&format!("{top}/removal"), &[]).location(), "/docs");
    assert!(!cleo.get("/docs").has(">Child<"));
    assert!(cleo.get("/docs/bin").has("and 1 page below"));
    assert_eq!(save(&cleo, &child, "1", "x").status, 403);
    cleo.post(&format!("{top}/removal/undo"), &[]);
    assert!(!find(&cleo, &child).is_removed() && !find(&cleo, &child).record.is_archived());
    cleo.post(&format!("{top}/removal"), &[]);
    app.advance(chrono::Duration::days(BIN_DAYS - 1));
    assert_eq!(app.tx(empty_bin), 0);
    app.advance(chrono::Duration::days(1));
    assert_eq!(app.tx(empty_bin), 2);
    assert_eq!(app.as_(CLEO).get(&top).status, 404);
}

#[test]
fn a_page_whose_parent_stays_in_the_bin_comes_back_at_the_top() {
    let app = App::new();
    let cleo = app.as_(CLEO);
    let top = page(&cleo, "organisation", "Top", "");
    let child = below(&cleo, &top, "Child");
    cleo.post(&format!("{child}/removal"), &[]);
    app.advance(chrono::Duration::minutes(1));
    cleo.post(&format!("{top}/removal"), &[]);
    cleo.post(&format!("{child}/removal/undo"), &[]);
    assert_eq!(find(&cleo, &child).parent_id, None);
    assert!(cleo.get("/docs").has("Child"));
}

#[test]
fn a_copy_has_the_words_and_tags_but_not_the_pages_below() {
    let app = App::new();
    let cleo = app.as_(CLEO);
    let top = page(&cleo, "organisation", "Top", "words");
    below(&cleo, &top, "Child");
    cleo.post(&format!("{top}/tags"), &[("value", "tides, crew")]);
    let copy = cleo.post(&format!("{top}/copy"), &[]).location();
    let shown = cleo.get(&copy);
    assert!(shown.has("Copy of Top") && shown.has("words") && shown.has("crew"), "{}", shown.text());
    assert_eq!(cleo.tx(|tx, me| Ok(Doc::find(tx, me, copy.trim_start_matches("/docs/"))?.children(tx, me)?.len())), 0);
}

#[test]
fn a_page_leaves_as_markdown() {
    let app = App::new();
    let path = page(&app.as_(CLEO), "organisation", "Tides", "The **bar**");
    let file = app.as_(CLEO).get(&format!("{path}/markdown"));
    assert_eq!(file.text(), "# Tides\n\nThe **bar**");
    assert!(file.header("content-disposition").starts_with("attachment"));
    assert!(file.header("content-type").starts_with("text/markdown"));
}

#[test]
fn script_in_title_and_text_stays_text() {
    let app = App::new();
    let bad = "<script>alert(1)</script>";
    let path = page(
        &app.as_(CLEO),
        "organisation",
        bad,
        &format!("{bad}<img src=x onerror=alert(2)>[x](javascript:alert(3))"),
    );
    for page in [
        path.clone(),
        format!("{path}/edit"),
        format!("{path}/revisions/1"),
        "/docs".to_owned(),
        format!("{path}/move"),
    ] {
        let text = app.as_(CLEO).get(&page).text();
        assert!(
            !text.contains("<script>alert") && !text.contains("<img src=x") && !text.contains("href=\"javascript"),
            "{page}"
        );
    }
    let preview = app.as_(CLEO).post("/docs/preview", &[("text", bad)]);
    assert!(!preview.has("<script"));
}

#[test]
fn a_text_above_a_mebibyte_comes_back_with_a_message_and_every_word() {
    let app = App::new();
    for size in [MAX + 1, 10 * MAX] {
        let body = "a".repeat(size);
        let refused = app.as_(CLEO).post("/docs", &[("place", "organisation"), ("title", "Big"), ("body", &body)]);
        assert_eq!(refused.status, 422);
        assert!(refused.has("KB can be saved") && refused.has(&body));
    }
    page(&app.as_(CLEO), "organisation", "Fits", &"a ".repeat(MAX / 2));
}

const MAX: usize = tow::text::value::MAX_BODY_BYTES;

#[test]
fn bad_input_is_refused_beside_its_field_and_kept() {
    let app = App::new();
    let path = page(&app.as_(CLEO), "organisation", "Tides", "words");
    let nul = app.as_(CLEO).post(&path, &[("title", "Tides"), ("body", "a\0b"), ("base", "1")]);
    assert_eq!(nul.status, 422);
    assert!(nul.has("zero character"));
    let missing = app.as_(CLEO).post(&path, &[("title", " "), ("body", "typed"), ("base", "1")]);
    assert!(missing.status == 422 && missing.has("Write a title") && missing.has("typed"));
    let long = app.as_(CLEO).post(&path, &[("title", &"x".repeat(256)), ("body", ""), ("base", "1")]);
    assert_eq!(long.status, 422);
    let icon = app.as_(CLEO).post(&path, &[("title", "Tides"), ("body", ""), ("icon", "../x"), ("base", "1")]);
    assert_eq!(icon.status, 422);
    let base = app.as_(CLEO).post(&path, &[("title", "Tides"), ("body", "other"), ("base", "rubbish")]);
    assert!(base.status == 422 && base.has("other") && base.has("does not exist"), "{}", base.text());
}

#[test]
fn two_hundred_nested_lists_are_shown() {
    let app = App::new();
    let body: String = (0..200).map(|depth| format!("{}- x\n", "  ".repeat(depth))).collect();
    let path = page(&app.as_(CLEO), "organisation", "Deep", &body);
    assert_eq!(app.as_(CLEO).get(&path).status, 200);
}

#[test]
fn a_form_sent_twice_makes_one_page() {
    let app = App::new();
    let fields =
        [("place", "organisation"), ("title", "Once"), ("body", ""), ("_once", "0190c0de-0000-7000-8000-000000000001")];
    let cleo = app.as_(CLEO);
    let (first, second) = (cleo.post("/docs", &fields), cleo.post("/docs", &fields));
    assert_eq!(first.location(), second.location());
    assert_eq!(app.count("select count(*) from records where title = 'Once'"), 1);
}

#[test]
fn an_imported_tree_keeps_its_links_order_and_tags() {
    let app = App::new();
    let files = [
        ("guide/index.md", "# Guide\n\nSee [setup](setup.md#first) and [[Setup]]"),
        (
            "guide/setup.md",
            "---\ntags: [tides]\n---\n# Setup\n\nBack to [the guide](index.md), [picture](a.png), [gone](gone.md)",
        ),
        ("guide/a.png", "x"),
    ];
    let set = markdown_set(files.map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec())));
    let report = app.write(CLEO, |tx, me| import_set(tx, me, Place::Person(CLEO.id), &set, None)).unwrap();
    assert_eq!(report.made.len(), 2);
    let cleo = app.as_(CLEO);
    let (guide, setup) = (format!("/docs/{}", report.made[0].1), format!("/docs/{}", report.made[1].1));
    assert!(find(&cleo, &guide).body.contains(&format!("[setup]({setup}#")));
    assert!(find(&cleo, &setup).body.contains(&format!("[the guide]({guide})")));
    assert_eq!(find(&cleo, &setup).parent_id, Some(find(&cleo, &guide).id()));
    assert!(cleo.get(&setup).has("Mentioned in") && cleo.get(&setup).has("tides"));
    save(&cleo, &guide, "1", &find(&cleo, &guide).body);
    assert!(cleo.get(&setup).has("Mentioned in"), "a save keeps what links mention");
}

#[test]
fn an_import_is_all_or_nothing_and_asks_where_it_writes() {
    let app = App::new();
    let set = markdown_set([("a.md".to_owned(), b"# A".to_vec())]);
    let atlas = app.tx(|tx| Ok(tow::access::Actor::of_person(tx, CLEO.id)?.project("ATL").unwrap().id));
    assert!(app.write(VERA, |tx, me| import_set(tx, me, Place::Project(atlas), &set, None)).is_err());
    assert!(app.write(DOV, |tx, me| import_set(tx, me, Place::Project(atlas), &set, None)).is_err());
    assert!(app.write(CLEO, |tx, me| import_set(tx, me, Place::Project(atlas), &set, None)).is_ok());
    let none = markdown_set([("a.png".to_owned(), Vec::new())]);
    assert!(app.write(CLEO, |tx, me| import_set(tx, me, Place::Project(atlas), &none, None)).is_err());
}

#[test]
fn a_large_place_shows_the_open_branches_only() {
    let app = App::new();
    let mut files = vec![("x/deep.md".to_owned(), b"# Deep".to_vec())];
    files.extend((0..WHOLE_TREE).map(|nr| (format!("page{nr}.md"), b"words".to_vec())));
    let set = markdown_set(files);
    app.write(CLEO, |tx, me| import_set(tx, me, Place::Person(CLEO.id), &set, None)).unwrap();
    let titles = |open: Vec<uuid::Uuid>| {
        app.as_(CLEO).tx(|tx, me| {
            Ok(nodes(tx, me, Place::Person(CLEO.id), open)?.into_iter().map(|n| n.title).collect::<Vec<_>>())
        })
    };
    assert!(!titles(Vec::new()).contains(&"Deep".to_owned()));
    let folder = app.as_(CLEO).tx(|tx, me| {
        Ok(nodes(tx, me, Place::Person(CLEO.id), Vec::new())?.into_iter().find(|n| n.has_children).unwrap())
    });
    assert!(titles(vec![folder.id.0]).contains(&"Deep".to_owned()));
}

#[test]
fn the_list_pages_through_everything_once() {
    let app = App::new();
    let files = (0..120).map(|nr| (format!("page{nr:03}.md"), b"words".to_vec()));
    let set = markdown_set(files);
    app.write(CLEO, |tx, me| import_set(tx, me, Place::Person(CLEO.id), &set, None)).unwrap();
    for sort in ["updated", "created", "title"] {
        let (mut next, mut seen) = (format!("/docs?sort={sort}&place=private"), std::collections::BTreeSet::new());
        loop {
            let text = app.as_(CLEO).get(&next).text();
            seen.extend(text.split("id=\"row-").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()));
            let Some(link) = text.split("rel=\"next\" href=\"").nth(1) else { break };
            next = link.split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&");
        }
        assert_eq!(seen.len(), 120, "{sort}");
    }
}

#[test]
fn a_title_and_text_are_checked_values() {
    assert!(Title::parse("").is_err() && Body::parse("a\0").is_err());
    assert_eq!(Starter::find("nonsense").key, "blank");
    assert_eq!(parse_icon("../x"), None);
}

#[test]
fn forty_pages_added_one_by_one_keep_short_ranks_and_their_order() {
    let app = App::new();
    let place = Place::Person(CLEO.id);
    for nr in 0..40 {
        app.advance(chrono::Duration::seconds(i64::from(nr % 2)));
        page(&app.as_(CLEO), "private", &format!("Page {nr:02}"), "");
    }
    let set = markdown_set([("a.md".to_owned(), b"# Later".to_vec()), ("b.md".to_owned(), b"# Last".to_vec())]);
    app.write(CLEO, |tx, me| import_set(tx, me, place, &set, None)).unwrap();
    let titles = app
        .as_(CLEO)
        .tx(|tx, me| Ok(nodes(tx, me, place, Vec::new())?.into_iter().map(|n| n.title).collect::<Vec<_>>()));
    assert_eq!((titles[0].as_str(), titles[39].as_str()), ("Page 00", "Page 39"));
    assert_eq!(titles[40..], ["Later", "Last"]);
    assert_eq!(app.count("select count(*) from docs where char_length(rank) > 24"), 0);
}
