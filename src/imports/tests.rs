//! Tables of work.

use crate::harness::*;
use tow::access::Place;
use tow::error::{Error, Result};
use tow::imports::{Found, read_tickets};
use tow::tickets::MAX_IMPORT;
use tow::ui::say;

fn look(app: &App, who: Who, csv: &[u8]) -> Result<Found> {
    app.read(who, |tx, me| read_tickets(tx, me, Place::Project(BEACON), csv))
}

fn make(app: &App, who: Who, csv: &str) -> Result<usize> {
    app.write(who, |tx, me| {
        read_tickets(tx, me, Place::Project(BEACON), csv.as_bytes())?.create(tx, me, Place::Project(BEACON))
    })
}

const WORK: &str = "Key,Summary,Type,Status,Priority,Assignee,Labels,Due,Points,Parent,Colour
OLD-1,Build the pier,epic,doing,high,Cleo Marchetti,\"pier, steel\",2027-01-31,,,red
OLD-2,Order piles,task,open,2,ben@halden.example,steel,,3.0,OLD-1,blue
";

#[test]
fn a_table_from_another_program_becomes_tickets_with_people_labels_and_parents() {
    let app = App::new();
    assert_eq!(make(&app, CLEO, WORK).unwrap(), 2);
    let child = app.as_(CLEO).tx(|tx, me| tow::tickets::Ticket::find(tx, me, "BCN-3"));
    assert_eq!((child.record.title.as_str(), child.priority, child.estimate), ("Order piles", 2, Some(3)));
    assert_eq!(child.assignee_id, Some(BEN.id));
    assert!(child.parent_id.is_some() && child.body.contains("OLD-2"));
    assert_eq!(app.count("select count(*) from activity where act = 'imported'"), 2);
    assert_eq!(app.count("select next::bigint as count from counters where kind = 'ticket' and place_id = '00000000-0000-0000-0000-000000000012'"), 4);
}

#[test]
fn a_look_names_columns_strangers_and_new_labels_and_writes_nothing() {
    let app = App::new();
    let found = look(&app, CLEO, WORK.replace("Cleo Marchetti", "Nora Nobody").as_bytes()).unwrap();
    assert_eq!((found.good.len(), found.passed_over), (2, vec!["Colour".to_owned()]));
    assert!(found.columns.contains(&"title") && found.unknown_people.contains("Nora Nobody"));
    assert_eq!(found.new_labels.into_iter().collect::<Vec<_>>(), ["pier", "steel"]);
    assert_eq!(app.count("select count(*) from records where title = 'Order piles'"), 0);
}

#[test]
fn every_bad_line_is_named_with_its_number_and_reason() {
    let csv = "title,status,due,parent,type,labels\nFine,,,,,\n,todo,,,,\nOdd,flying,,,,\nLate,,31.12.2026,,,\nOrphan,,,XYZ-9,,\nWrong,,,BCN-1,epic,\n";
    let found = look(&App::new(), CLEO, csv.as_bytes()).unwrap();
    let said: Vec<(u64, String)> = found.bad.iter().map(|bad| (bad.line, say(&bad.msg))).collect();
    assert_eq!(said.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [3, 4, 5, 6, 7], "{said:?}");
    assert!(said[1].1.contains("flying") && found.good.len() == 1);
}

#[test]
fn lines_below_a_wrong_line_are_wrong_too() {
    let csv = "key,title,type,parent,status\nA,Top,epic,,mad\nB,Middle,task,A,\nC,Leaf,subtask,B,\nD,Free,task,,\n";
    let found = look(&App::new(), CLEO, csv.as_bytes()).unwrap();
    assert_eq!((found.good.len(), found.bad.len()), (1, 3));
}

#[test]
fn other_encodings_and_tables_without_titles_are_refused_with_the_line() {
    let app = App::new();
    let refused = |csv: &[u8]| match look(&app, CLEO, csv) {
        Err(Error::Invalid(problems)) => problems.iter().map(|(_, msg)| say(msg)).collect::<String>(),
        other => panic!("{other:?}"),
    };
    assert!(refused(b"\xFF\xFEt\0i\0t\0").contains("UTF-16"));
    assert!(refused(b"colour\nred\n").contains("title"));
    let found = look(&app, CLEO, b"title\nGood\nB\xE4d\n").unwrap();
    assert_eq!(found.bad.iter().map(|bad| bad.line).collect::<Vec<_>>(), [3]);
}

#[test]
fn reading_ends_at_the_most_lines_that_can_be_made() {
    let lines = |count: usize| format!("title\n{}", "x\n".repeat(count));
    let app = App::new();
    assert_eq!(look(&app, CLEO, lines(MAX_IMPORT).as_bytes()).unwrap().good.len(), MAX_IMPORT);
    let refused = look(&app, CLEO, lines(MAX_IMPORT + 1).as_bytes());
    assert!(matches!(refused, Err(Error::Invalid(_))));
}

#[test]
fn who_may_not_write_there_imports_nothing() {
    let app = App::new();
    let into_atlas = |who| {
        app.write(who, |tx, me| {
            read_tickets(tx, me, Place::Project(ATLAS), WORK.as_bytes())?.create(tx, me, Place::Project(ATLAS))
        })
    };
    assert!(matches!(into_atlas(VERA), Err(Error::Forbidden(_))));
    assert!(matches!(into_atlas(DOV), Err(Error::NotFound)));
    assert_eq!(app.count("select count(*) from records where title = 'Order piles'"), 0);
}

#[test]
fn ten_thousand_lines_take_seconds() {
    let app = App::new();
    let mut csv = String::from("key,title,description,labels,assignee\n");
    (0..10_000).for_each(|n| csv.push_str(&format!("K-{n},Ticket {n},Words about it,a{},cleo\n", n % 9)));
    let began = std::time::Instant::now();
    assert_eq!(make(&app, CLEO, &csv).unwrap(), 10_000);
    let took = began.elapsed();
    eprintln!("10,000 lines: {took:?}");
    assert!(took.as_secs() < 60, "{took:?}");
}
