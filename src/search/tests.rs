//! Finding, and what is not found.

use crate::harness::*;
use tow::access::Place;
use tow::records::{Record, TextLoader};
use tow::search::{
    Facet, MAX_PART_CHARS, MAX_QUERY_CHARS, MAX_RESULTS, MAX_TELLING, MOST_MATCHES, Piece, Question, RESULTS_SHOWN,
    Words, marked, step,
};

fn texts() -> Vec<TextLoader> {
    tow::features::texts()
}

/// As the clock does each second, until nothing is left.
fn index(app: &App) {
    for _ in 0..1000 {
        if !app.tx(|tx| step(tx, &texts())) {
            return;
        }
    }
    panic!("the index is never done");
}

/// The named world, with a body on the steel ticket, a comment by Cleo, all indexed.
fn indexed() -> App {
    let app = App::new();
    let body = "The **mill** in Linz rolls the sheet piles. Delivery takes nine weeks. Ask about galvanised crossings.";
    app.sql(&format!(
        "update tickets set body = '{body}' where id = (select id from records where display_id = '{STEEL}')"
    ));
    let talk =
        app.as_(CLEO).post(&format!("/records/{STEEL}/comments"), &[("body", "The foreman prefers bolted flanges.")]);
    assert_eq!(talk.status, 303, "{}", talk.text());
    index(&app);
    app
}

fn found(app: &App, who: Who, q: &str) -> Vec<String> {
    let q = q.to_owned();
    let words = Words::parse(&q).unwrap();
    let hits = app.read(who, |tx, me| Question::new(words).hits(tx, me)).unwrap();
    hits.into_iter().map(|hit| hit.record.display_id).collect()
}

fn address(q: &str) -> String {
    format!("/search?{}", url::form_urlencoded::Serializer::new(String::new()).append_pair("q", q).finish())
}

#[test]
fn words_of_body_title_and_comments_find_the_record_and_stems_do_too() {
    let app = indexed();
    for q in ["mill", "sheet piles", "delivering", "crossing", "order pier", "flanges", "foreman bolted"] {
        assert_eq!(found(&app, CLEO, q).first().map(String::as_str), Some(STEEL), "{q}");
    }
}

#[test]
fn the_beginning_of_the_last_word_is_enough() {
    let app = indexed();
    for q in ["galv", "mill lin", "galvanis"] {
        assert_eq!(found(&app, CLEO, q), [STEEL], "{q}");
    }
    assert!(found(&app, CLEO, "lin mill zzz").is_empty());
}

#[test]
fn quotes_keep_words_together_and_a_minus_leaves_out() {
    let app = indexed();
    assert_eq!(found(&app, CLEO, "\"nine weeks\""), [STEEL]);
    assert!(found(&app, CLEO, "\"weeks nine\"").is_empty());
    assert_eq!(found(&app, CLEO, "steel -pier"), [SUPPLIERS]);
    assert_eq!(found(&app, CLEO, "mill or lighthouse").len(), 2);
}

#[test]
fn a_typing_error_in_a_title_is_forgiven() {
    let app = indexed();
    for (q, id) in [("lihgthouse", DOOR), ("insurence", INSURANCE), ("sprnig plan", SPRING)] {
        assert_eq!(found(&app, CLEO, q).first().map(String::as_str), Some(id), "{q}");
    }
}

#[test]
fn an_id_typed_in_any_form_comes_first() {
    let app = indexed();
    for q in ["ATL-2", "atl-2", "#atl-2", "atl 2"] {
        assert_eq!(found(&app, CLEO, q).first().map(String::as_str), Some(CRANE), "{q}");
    }
}

#[test]
fn an_outsider_finds_counts_and_completes_nothing_of_what_is_hidden() {
    let app = indexed();
    let dov = app.as_(DOV);
    for q in ["mill", "steel pier", "flanges", STEEL, "Order steel for the north pier", "night shift", "steel"] {
        for path in [
            address(q),
            address(q).replace("search?", "palette?"),
            address(q).replace("search?", "complete?kind=record&"),
        ] {
            let answer = dov.get(&path);
            assert_eq!(answer.status, 200, "{path}");
            for hidden in ["north pier", ">ATL-1<", "foreman", "night shift", "/tickets/ATL-1\"", "Atlas"] {
                // The page repeats what was asked.
                let is_asked = q.contains(hidden.trim_matches(['<', '>']));
                assert!(is_asked || !answer.has(hidden), "{path}: {hidden}");
            }
        }
    }
    assert_eq!(found(&app, DOV, "steel"), [SUPPLIERS]);
    let facets = facets(&app, DOV, &Question::new(Words::parse("steel").unwrap()));
    assert_eq!(facets.iter().map(|facet| facet.count).sum::<i64>(), 1);
    assert_eq!(dov.get("/search?q=steel&project=ATL").status, 404);
}

fn facets(app: &App, who: Who, question: &Question) -> Vec<Facet> {
    let question = question.clone();
    app.read(who, move |tx, me| question.answer(tx, me)).unwrap().facets
}

#[test]
fn the_counts_beside_the_results_are_the_same_whether_counted_with_them_or_alone() {
    let app = indexed();
    let everywhere = Question::new(Words::parse("steel").unwrap());
    let with_results = facets(&app, ADA, &everywhere);
    assert!(with_results.len() > 1, "{with_results:?}");
    // A filter by kind makes them a question of their own, which knows of no kind.
    let alone = facets(&app, ADA, &Question { kinds: vec!["risk".to_owned()], ..everywhere.clone() });
    assert_eq!(format!("{with_results:?}"), format!("{alone:?}"));
    // So does a page beyond the last.
    assert_eq!(format!("{with_results:?}"), format!("{:?}", facets(&app, ADA, &Question { skip: 100, ..everywhere })));
}

#[test]
fn nobody_but_its_person_finds_a_private_record_and_admins_find_groups() {
    let app = indexed();
    assert_eq!(found(&app, CLEO, "night shift"), [SECRET]);
    for who in [ADA, BEN, VERA, GRO] {
        assert!(found(&app, who, "night shift").is_empty(), "{}", who.name);
    }
    assert_eq!(found(&app, BEN, "spring"), [SPRING]);
    assert!(found(&app, VERA, "spring").is_empty());
}

#[test]
fn a_comment_is_found_where_it_stands_and_not_once_removed() {
    let app = indexed();
    let page = app.as_(CLEO).get("/search?q=flanges&kind=comment");
    assert!(
        page.has("/tickets/ATL-1#comment-") && page.has("<mark>flanges</mark>") && page.has("Cleo Marchetti"),
        "{}",
        page.text()
    );
    assert!(!app.as_(CLEO).get("/search?q=flanges&kind=ticket").has("#comment-"));
    let id = page.text().split("#comment-").nth(1).unwrap()[..36].to_owned();
    assert_eq!(app.as_(CLEO).post(&format!("/comments/{id}/removal"), &[]).status, 303);
    index(&app);
    assert!(found(&app, CLEO, "flanges").is_empty());
}

#[test]
fn what_is_made_edited_archived_or_moved_is_found_as_it_is_now() {
    let app = indexed();
    let cleo = app.as_(CLEO);
    let made = cleo.post(
        "/tickets",
        &[
            ("title", "Survey the quay"),
            ("place", "project:ATL"),
            ("body", "with a theodolite"),
            ("kind", "task"),
            ("status", "todo"),
            ("priority", "3"),
        ],
    );
    assert_eq!(made.status, 303, "{}", made.text());
    assert_eq!(found(&app, CLEO, "survey quay").len(), 1, "its title is found before the index has read it");
    index(&app);
    assert_eq!(found(&app, CLEO, "theodolite"), ["ATL-3"]);
    app.write(EDDA, |tx, me| Record::find_any(tx, me, "ATL-3")?.archive(tx, me)).unwrap();
    assert!(found(&app, CLEO, "theodolite").is_empty(), "archived");
    app.write(EDDA, |tx, me| Record::find_any(tx, me, "ATL-3")?.restore(tx, me)).unwrap();
    assert!(found(&app, DOV, "suppliers").contains(&SUPPLIERS.to_owned()));
    app.write(ADA, |tx, me| Record::find_any(tx, me, SUPPLIERS)?.move_to(tx, me, Place::Project(ATLAS))).unwrap();
    assert!(found(&app, DOV, "suppliers").is_empty(), "moved out of sight at once, without the index");
    assert_eq!(found(&app, CLEO, "suppliers"), [SUPPLIERS]);
}

#[test]
fn an_unchanged_text_is_not_written_again_and_a_long_one_is_found_to_its_end() {
    let app = indexed();
    let stamp = "select string_agg(ctid::text, ' ' order by id) as text from search_passages";
    let before = app.text(stamp);
    app.sql("update activity set transaction_id = transaction_id; delete from search_progress");
    index(&app);
    assert_eq!(app.text(stamp), before);
    let long = "stone ".repeat(MAX_PART_CHARS / 6 + 10) + "zirconium";
    app.sql(&format!("update tickets set body = '{long}' where id = (select id from records where display_id = '{DOOR}'); delete from search_progress"));
    index(&app);
    assert_eq!(found(&app, CLEO, "zirconium"), [DOOR]);
    assert_eq!(app.count("select count(*) from search_passages where part = 1"), 1);
    app.sql(&format!("update tickets set body = '' where id = (select id from records where display_id = '{DOOR}'); delete from search_progress"));
    index(&app);
    assert_eq!(app.count("select count(*) from search_passages where part = 1"), 0);
}

#[test]
fn nothing_that_can_be_typed_is_an_error() {
    let app = indexed();
    let cleo = app.as_(CLEO);
    let hostile = [
        "\"".repeat(8192),
        "a\0b".into(),
        "'; drop table records; --".into(),
        "% _ \\".into(),
        ":* & | ! <-> ( )".into(),
        "-".repeat(8192),
        "or or OR".into(),
        "\u{202e}txt".into(),
        "\"open".into(),
        "-only".into(),
        "🦭".repeat(3000),
        "a:*".into(),
        "\\".repeat(300),
        "x".repeat(8192),
        "\u{1}\u{2}".into(),
    ];
    for q in hostile {
        for path in [
            "/search?",
            "/palette?",
            "/complete?kind=doc&",
            "/complete?kind=person&",
            "/complete?kind=record&",
            "/complete?kind=nonsense&",
        ] {
            let answer = cleo.get(&address(&q).replace("/search?", path));
            assert_eq!(answer.status, 200, "{path} {}", q.chars().take(20).collect::<String>());
        }
    }
    for bad in ["kind=%00", "place=x", "author=me", "since=ever", "after=-1", "after=99999999999999999999"] {
        assert_eq!(cleo.get(&format!("/search?q=steel&{bad}")).status, 200, "{bad}");
    }
    assert!(Words::parse(&"word ".repeat(100)).unwrap().text.len() <= MAX_QUERY_CHARS);
}

#[test]
fn what_was_written_is_shown_and_never_run() {
    let app = App::new();
    app.sql(&format!("update tickets set body = 'a <script>alert(1)</script> b &lt;i&gt; kelp' where id = (select id from records where display_id = '{DOOR}')"));
    app.sql(&format!("update records set title = '<img src=x onerror=alert(1)> kelp' where display_id = '{DOOR}'"));
    index(&app);
    let page = app.as_(CLEO).get("/search?q=kelp");
    assert!(page.has("<mark>kelp</mark>") && !page.has("<script>alert") && !page.has("<img src=x"), "{}", page.text());
    assert!(!app.as_(CLEO).get("/palette?q=kelp").has("<img src=x"));
}

#[test]
fn filters_by_kind_place_author_and_time_narrow_and_counts_stay_beside_them() {
    let app = indexed();
    let cleo = app.as_(CLEO);
    let all = cleo.get("/search?q=steel");
    assert!(all.has("ATL-1 ·") && all.has("DEC-1 ·"), "{}", all.text());
    let narrowed = |filter: &str| cleo.get(&format!("/search?q=steel&{filter}"));
    assert!(!narrowed("kind=decision").has("ATL-1 ·"));
    assert!(!narrowed("project=ATL").has("DEC-1 ·"));
    assert!(!narrowed(&format!("place={}", ATLAS.0)).has("DEC-1 ·"));
    assert!(!narrowed(&format!("author={}", ADA.id)).has("ATL-1 ·"));
    app.advance(chrono::Duration::days(20));
    let old = narrowed("since=week");
    assert!(!old.has("ATL-1 ·") && !old.has("DEC-1 ·") && old.has("Search everywhere"));
}

#[test]
fn pages_follow_each_other_to_the_two_hundredth_result() {
    let app = App::new();
    app.write(CLEO, |tx, me| {
        for number in 0..(MAX_RESULTS + 10) {
            let (_, permit) =
                record(tx, me, tow::access::Kind::Ticket, Place::Project(ATLAS), &format!("Dredge berth {number}"));
            permit.unused(tx);
        }
        Ok(())
    })
    .unwrap();
    index(&app);
    let cleo = app.as_(CLEO);
    let first = cleo.get("/search?q=dredge");
    assert!(first.has("1–20 of 210") && first.has(&format!("after={RESULTS_SHOWN}")), "{}", first.text());
    let last = cleo.get("/search?q=dredge&after=180");
    assert!(last.has("181–200 of 210") && last.has("the best 200") && !last.has("after=200"));
}

#[test]
fn of_a_word_that_is_everywhere_only_the_newest_passages_are_weighed_which_the_counts_say() {
    let app = indexed();
    let more = |count: i32| {
        app.sql(&format!(
            "insert into search_passages (id, record_id, place_id, kind, source, part, title, text, at)
             select gen_random_uuid(), r.id, r.place_id, 'ticket', 'body', 100 + n, '', 'dredge', r.updated_at from records r, generate_series(1, {count}) n where r.display_id = '{STEEL}'
             on conflict do nothing"
        ));
    };
    let ask = || {
        let question = Question::new(Words::parse("dredge").unwrap());
        let answer = app.read(CLEO, move |tx, me| question.answer(tx, me)).unwrap();
        (answer.hits[0].total, answer.is_least)
    };
    more(MOST_MATCHES - 1);
    assert_eq!(ask(), (1, false));
    more(MOST_MATCHES);
    assert_eq!(ask(), (tow::db::paging::COUNT_LIMIT + 1, true));
    let page = app.as_(CLEO).get("/search?q=dredge");
    assert!(page.has("1,000+") && page.has(">1+</span>"), "{}", page.text());
}

#[test]
fn the_palette_finds_the_pages_of_the_settings_that_one_is_shown() {
    let app = App::new();
    let audit = "href=\"/settings/audit\"";
    assert!(app.as_(ADA).get("/palette?q=audit").has(audit));
    assert!(!app.as_(CLEO).get("/palette?q=audit").has(audit));
    // All of them by the name of the room, none before anything is typed.
    let all = app.as_(CLEO).get("/palette?q=settings");
    assert!(all.has("href=\"/settings/me\"") && all.has("href=\"/settings/members\""), "{}", all.text());
    assert!(!app.as_(ADA).get("/palette").has("href=\"/settings"));
    // Its name before a record's; in the middle of a name behind it.
    let form = [
        ("title", "Members of the crew"),
        ("place", "private"),
        ("kind", "task"),
        ("status", "todo"),
        ("priority", "3"),
    ];
    assert_eq!(app.as_(CLEO).post("/tickets", &form).status, 303);
    for (typed, is_first) in [("members", true), ("crew", false), ("me", false)] {
        let page = app.as_(CLEO).get(&format!("/palette?q={typed}")).text();
        let (setting, record) = (page.find("/settings/members"), page.find("Members of the crew"));
        assert!(record.is_some(), "{typed}: {page}");
        assert_eq!(setting.is_some_and(|at| Some(at) < record), is_first, "{typed}: {page}");
    }
}

#[test]
fn the_palette_shows_what_changed_last_and_then_what_fits() {
    let app = indexed();
    let cleo = app.as_(CLEO);
    let recent = cleo.get("/palette");
    assert!(
        recent.has("role=\"option\"") && recent.has("Changed last") && recent.has("/decisions/DEC-4"),
        "{}",
        recent.text()
    );
    assert!(!cleo.get("/palette?project=BCN").has("DEC-4"));
    let fits = cleo.get("/palette?q=lighth");
    assert!(fits.has("/tickets/BCN-1") && fits.has("/search?q=lighth") && !fits.has("ATL-1"));
    assert!(!app.as_(DOV).get("/palette").has("DEC-4"));
    let page = cleo.get("/tickets");
    assert!(
        page.has("id=\"palette-template\"") && page.has("data-url=\"/palette\""),
        "{} {}",
        page.status,
        page.text()
    );
    assert!(app.visitor().get("/palette").location().starts_with("/sign-in"));
}

#[test]
fn completion_offers_pages_records_and_people_as_they_are_written() {
    let app = indexed();
    app.write(EDDA, |tx, me| {
        for title in ["Tide windows", "100% [of] it"] {
            record(tx, me, tow::access::Kind::Doc, Place::Project(ATLAS), title).1.unused(tx);
        }
        Ok(())
    })
    .unwrap();
    let cleo = app.as_(CLEO);
    assert!(cleo.get("/complete?kind=doc&q=tide").has("data-insert=\"[[Tide windows]]\""));
    assert!(cleo.get("/complete?kind=doc&q=100%25").has("data-insert=\"DOC-2\""));
    assert!(!cleo.get("/complete?kind=doc&q=%25").has("Tide"));
    assert!(cleo.get("/complete?kind=record&q=atl-1").has("data-insert=\"ATL-1\""));
    assert!(cleo.get("/complete?kind=person&q=lind").has("data-insert=\"@ada\""));
    assert!(!cleo.get("/complete?kind=person&q=hugo").has("hugo"));
    assert!(!app.as_(DOV).get("/complete?kind=doc&q=tide").has("Tide"));
}

#[test]
fn a_page_asks_few_times() {
    let app = indexed();
    let cleo = app.as_(CLEO);
    for (path, most) in
        [("/search?q=steel", 6), ("/palette?q=steel", 4), ("/palette", 3), ("/complete?kind=doc&q=t", 3)]
    {
        // Three more are the transaction itself.
        let asked = cleo.get(path).queries;
        assert!(asked <= most + 3, "{path}: {asked}");
    }
}

#[test]
fn marks_become_pieces_and_stray_ones_vanish() {
    let piece = |text: &str, is_hit| Piece { text: text.to_owned(), is_hit };
    assert_eq!(marked("a \u{1}b\u{2} c"), [piece("a ", false), piece("b", true), piece(" c", false)]);
    assert_eq!(marked("\u{2}a\u{1}b"), [piece("a", false), piece("b", false)]);
    assert_eq!(marked(""), []);
}

#[test]
fn of_a_sentence_so_many_of_its_longest_words_are_looked_for_within_what_a_question_may_have() {
    let nine = (0..9).map(|letter| format!("word{letter} the ")).collect::<String>();
    assert_eq!(Words::any_of(&nine).unwrap().text.split(" or ").count(), MAX_TELLING);
    assert_eq!(Words::any_of("why is it so").map(|words| words.text), None, "short words tell nothing");
    let endless = "x".repeat(5_000);
    assert_eq!(Words::any_of(&format!("{endless} ferry")).unwrap().text, "ferry");
    let long = (0..8).map(|letter| format!("{letter}{} ", "y".repeat(38))).collect::<String>();
    let text = Words::any_of(&long).unwrap().text;
    assert!(text.chars().count() <= MAX_QUERY_CHARS && text.contains(" or "), "{text}");
}

#[test]
fn a_dash_between_blanks_excludes_nothing_and_a_word_with_a_number_keeps_its_meaning() {
    let meant = |typed: &str| Words::parse(typed).unwrap().has_meaning();
    assert!(meant("steel - where from") && meant("beam 12"));
    assert!(!meant("steel -rust") && !meant("ATL-12") && !meant("\"north pier\""));
}
