//! Passages follow their records.

use super::*;

/// `source part: text` of the record, with the ids in a second list.
fn rows(app: &App, display_id: &str) -> (String, String) {
    let of = format!("from passages p join records r on r.id = p.record_id where r.display_id = '{display_id}'");
    let texts = app.text(&format!("select coalesce(string_agg(p.kind || ' ' || p.part || ': ' || left(p.text, 30), '; ' order by p.source, p.part), '') as text {of}"));
    (
        texts,
        app.text(&format!("select coalesce(string_agg(p.id::text, ' ' order by p.source, p.part), '') as text {of}")),
    )
}

#[test]
fn every_record_has_passages_of_its_words_and_of_its_comments() {
    let app = App::new();
    says(&app, STEEL, "The **mill** in Linz.");
    let talk = app.as_(CLEO).post(&format!("/records/{STEEL}/comments"), &[("body", "Bolted flanges.")]);
    assert_eq!(talk.status, 303);
    index(&app);
    assert_eq!(rows(&app, STEEL).0, "ticket 0: The mill in Linz.; comment 0: Bolted flanges.");
    assert_eq!(rows(&app, SECRET).0, "ticket 0: ");
    let (with, all) = ("select count(distinct record_id) from passages", "select count(*) from records");
    assert_eq!(app.count(with), app.count(all));
    let author = format!("select count(*) from passages where kind = 'comment' and author_id = '{}'", CLEO.id);
    assert_eq!(app.count(&author), 1);
}

#[test]
fn a_passage_that_says_the_same_keeps_its_row_and_the_others_go() {
    let app = App::new();
    let sections = |words: &[&str]| {
        words.iter().map(|word| format!("## {word}\n\n{}\n\n", paragraphs(word, 40))).collect::<String>()
    };
    says(&app, STEEL, &sections(&["crane", "beam", "plank"]));
    let (_, before) = rows(&app, STEEL);
    let before: Vec<&str> = before.split(' ').collect();
    assert_eq!(before.len(), 3);
    says(&app, STEEL, &sections(&["plank", "crane", "bolt"]));
    let (_, after) = rows(&app, STEEL);
    let after: Vec<&str> = after.split(' ').collect();
    assert_eq!(after[..2], [before[2], before[0]]);
    assert!(after.len() == 3 && !before.contains(&after[2]));
    says(&app, STEEL, &sections(&["crane", "crane", "crane"]));
    assert_eq!(passages_of(&app, STEEL), 3);
    reindex(&app, STEEL);
    assert_eq!(passages_of(&app, STEEL), 3);
}

#[test]
fn another_title_is_another_passage_because_it_is_part_of_what_is_meant() {
    let app = App::new();
    says(&app, STEEL, "Nine weeks.");
    let before = rows(&app, STEEL).1;
    app.sql(&format!("update records set title = 'Order timber' where display_id = '{STEEL}'"));
    reindex(&app, STEEL);
    assert_ne!(rows(&app, STEEL).1, before);
    let hash =
        tow::vectors::hash("Order timber", "Nine weeks.").iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    assert_eq!(app.count(&format!("select count(*) from passages where encode(hash, 'hex') = '{hash}'")), 1);
}

#[test]
fn moving_and_archiving_make_nothing_anew() {
    let app = App::new();
    says(&app, STEEL, "Nine weeks.");
    let before = rows(&app, STEEL).1;
    app.sql(&format!(
        "update records set project_id = '{}', archived_at = updated_at where display_id = '{STEEL}'",
        BEACON.0
    ));
    reindex(&app, STEEL);
    assert_eq!(rows(&app, STEEL).1, before);
    assert_eq!(
        app.count(&format!("select count(*) from passages where place_id = '{}' and id = '{before}'", BEACON.0)),
        1
    );
}

#[test]
fn a_removed_comment_and_a_deleted_record_leave_no_passage() {
    let app = App::new();
    index(&app);
    let talk = app.as_(CLEO).post(&format!("/records/{STEEL}/comments"), &[("body", "Bolted flanges.")]);
    assert_eq!(talk.status, 303);
    index(&app);
    assert_eq!(passages_of(&app, STEEL), 2);
    let comment = app.text("select id::text as text from comments");
    assert_eq!(app.as_(CLEO).post(&format!("/comments/{comment}/removal"), &[]).status, 303);
    index(&app);
    assert_eq!(passages_of(&app, STEEL), 1);
    delete(&app, STEEL);
    assert_eq!(passages_of(&app, STEEL), 0);
    assert_eq!(
        app.count("select count(*) from passages p where not exists (select from records r where r.id = p.record_id)"),
        0
    );
}
