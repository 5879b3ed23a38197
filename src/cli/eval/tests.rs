//! Cases that are wrong, cases that leak, and the set over the demo.

use crate::harness::*;
use std::path::Path;
use tow::cli::Cli;
use tow::cli::eval::{Case, Citations, Cited, MAX_K, Outcome, Report, ask_cases, read_cases, run_cases};
use tow::search::unreadable;

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn refused(text: &str) -> String {
    let folder = folder(&[("case.json", text)]);
    read_cases(folder.path(), 10).err().unwrap_or_else(|| panic!("{text} was taken"))
}

fn case(person: &str, question: &str, finds: &[&str], never: &[&str]) -> Case {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let (finds, never) = (owned(finds), owned(never));
    let (at, person, question) = ("a.json, cases[0]".to_owned(), person.to_owned(), question.to_owned());
    Case { at, person, question, kinds: Vec::new(), finds, never, cites: Vec::new(), k: 10 }
}

fn outcomes(app: &App, cases: &[Case]) -> tow::error::Result<Vec<Outcome>> {
    let state = app.state();
    let mut conn = state.pool.get().unwrap();
    let mut work = tow::queue::Work::new(&mut conn, &state.clock, &state.config);
    let provider = tow::ai::Provider::of_job(&state.config);
    tow::net::wait(run_cases(&mut work, &provider, cases)).unwrap()
}

fn asked(app: &App, cases: &[Case]) -> Vec<Cited> {
    let state = app.state();
    let mut conn = state.pool.get().unwrap();
    let mut work = tow::queue::Work::new(&mut conn, &state.clock, &state.config);
    let provider = tow::ai::Provider::of_job(&state.config);
    tow::net::wait(ask_cases(&mut work, &provider, cases)).unwrap().unwrap()
}

fn index(app: &App) {
    let texts = tow::features::texts();
    for _ in 0..1000 {
        if !app.tx(|tx| tow::search::step(tx, &texts)) {
            return;
        }
    }
    panic!("the index is never done");
}

#[test]
fn a_wrong_case_is_told_by_its_file_and_key() {
    let with = |more: &str| {
        format!("{{\"cases\": [{{\"as\": \"a\", \"question\": \"steel\", \"finds\": [\"ATL-1\"]}}, {{{more}}}]}}")
    };
    let wrong = [
        (with(""), "case.json, cases[1]: missing field `as`"),
        (with("\"as\": \"a\", \"question\": 7"), "case.json, cases[1].question: invalid type: integer `7`"),
        (with("\"as\": \"a\", \"question\": \"b\", \"find\": []"), "case.json, cases[1].find: unknown field `find`"),
        (with("\"as\": \" \", \"question\": \"b\", \"never\": [\"c\"]"), "case.json, cases[1].as: the handle"),
        (
            with("\"as\": \"a\", \"question\": \"?!\", \"never\": [\"c\"]"),
            "case.json, cases[1].question: there are no words",
        ),
        (with("\"as\": \"a\", \"question\": \"b\""), "case.json, cases[1].finds: a case says"),
        (
            with("\"as\": \"a\", \"question\": \"b\", \"finds\": [\"c\"], \"kinds\": [\"tickets\"]"),
            "case.json, cases[1].kinds: `tickets` is no kind; there are ticket,",
        ),
        (
            with("\"as\": \"a\", \"question\": \"b\", \"finds\": [\"c\"], \"never\": [\"c\"]"),
            "case.json, cases[1].never: `c` cannot be both",
        ),
        (
            with("\"as\": \"a\", \"question\": \"b\", \"finds\": [\"c\"], \"k\": 0"),
            "case.json, cases[1].k: a number from 1 to 200",
        ),
        (
            with(&format!("\"as\": \"a\", \"question\": \"b\", \"finds\": [\"c\"], \"k\": {}", MAX_K + 1)),
            "case.json, cases[1].k: a number from 1 to 200",
        ),
        ("{\"cases\": [".to_owned(), "case.json, cases"),
        ("{\"cases\": []} more".to_owned(), "case.json: trailing characters"),
        ("{\"cases\": []}".to_owned(), "holds no cases"),
        ("[]".to_owned(), "case.json: invalid"),
    ];
    for (text, told) in wrong {
        let said = refused(&text);
        assert!(said.contains(told), "{text}\n  {said}");
    }
    let missing = read_cases(Path::new("/nowhere/cases.json"), 10).err().unwrap();
    assert!(missing.starts_with("/nowhere/cases.json cannot be read: "), "{missing}");
}

#[test]
fn every_file_of_a_folder_is_read_in_the_order_of_their_names_and_k_is_the_usual_one() {
    let one =
        |k: &str| format!("{{\"cases\": [{{\"as\": \"ada\", \"question\": \"steel\", \"finds\": [\"ATL-1\"]{k}}}]}}");
    let folder = folder(&[("b.json", &one(", \"k\": 3")), ("a.json", &one("")), ("c.txt", "no case")]);
    let cases = read_cases(folder.path(), 7).unwrap();
    let told: Vec<_> = cases.iter().map(|case| (case.at.as_str(), case.k)).collect();
    assert_eq!(told, [("a.json, cases[0]", 7), ("b.json, cases[0]", 3)]);
    assert_eq!(read_cases(&folder.path().join("b.json"), 7).unwrap().len(), 1);
}

#[test]
fn recall_is_the_part_that_is_found_among_the_first_k_by_who_asks() {
    let app = App::new();
    index(&app);
    let cases = [
        case("cleo", "steel", &[STEEL, "No such record"], &[]),
        case("cleo", "steel", &["order STEEL for the north pier"], &[]),
        case("dov", "steel", &[STEEL], &[]),
        case("dov", "steel", &[], &[STEEL]),
    ];
    let found = outcomes(&app, &cases).unwrap();
    assert_eq!(found.iter().map(Outcome::recall).collect::<Vec<_>>(), [Some(0.5), Some(1.0), Some(0.0), None]);
    let report = Report::new(&cases, found, Citations::NotAsked);
    assert_eq!((report.recall(), report.leaks()), (Some(0.5), 0));
    let told = report.to_string();
    for part in [
        "missed: No such record",
        "recall 0.50 over 3 of 4 cases, by words alone",
        "citations  not asked",
        "leaks      0",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert_eq!((report.verdict(0.5), report.verdict(0.0)), (Ok(()), Ok(())));
    assert!(report.verdict(0.51).unwrap_err().contains("Recall is 0.50, and at least 0.51 is wanted"));
    let narrow = Case { k: 1, ..case("cleo", "steel", &[STEEL, SUPPLIERS], &[]) };
    assert_eq!(outcomes(&app, &[narrow]).unwrap()[0].recall(), Some(0.5), "only the first counts");
}

#[test]
fn what_must_never_be_found_and_is_fails_whatever_the_recall() {
    let app = App::new();
    index(&app);
    let cases = [case("cleo", "steel", &[SUPPLIERS], &["Order steel for the north pier"])];
    let report = Report::new(&cases, outcomes(&app, &cases).unwrap(), Citations::NotAsked);
    assert_eq!((report.recall(), report.leaks()), (Some(1.0), 1));
    assert!(report.to_string().contains(&format!("LEAK: {STEEL}")), "{report}");
    assert!(report.verdict(0.0).unwrap_err().starts_with("Leaks: 1."));
}

#[test]
fn what_the_rules_hide_is_seen_as_a_leak_by_the_rules_and_not_by_the_predicate() {
    let app = App::new();
    let id = |display_id: &str| {
        app.text(&format!("select id::text as text from records where display_id = '{display_id}'")).parse().unwrap()
    };
    let ids: Vec<uuid::Uuid> = [STEEL, SUPPLIERS, SECRET, DOOR].map(id).to_vec();
    let hidden = |who: Who| -> Vec<String> {
        let ids = ids.clone();
        let mut found = app.read(who, move |tx, me| unreadable(tx, me, ids)).unwrap();
        found.sort_by_key(|record| record.display_id.clone());
        found.into_iter().map(|record| record.display_id).collect()
    };
    assert_eq!(hidden(CLEO), Vec::<String>::new());
    assert_eq!(hidden(DOV), [STEEL, SECRET]);
    assert_eq!(hidden(ADA), [SECRET]);
}

#[test]
fn a_person_who_is_not_there_is_told_with_the_case() {
    let app = App::new();
    let error = outcomes(&app, &[case("nobody", "steel", &[STEEL], &[])]).unwrap_err();
    let said = tow::cli::Failure::from(error).to_string();
    assert!(said.starts_with("a.json, cases[0].as: nobody who is active here has the handle nobody."), "{said}");
}

#[test]
fn with_a_model_the_question_is_asked_by_meaning_and_leaves_on_behalf_of_nobody() {
    let models = Models::new();
    let app = crate::vectors_tests::embedded(&models, &[]);
    crate::vectors_tests::says(&app, STEEL, "Boat, boat, boat, boat.");
    crate::vectors_tests::embed(&app);
    let cases = [
        case("cleo", "vessel", &[STEEL], &[]),
        case("dov", "vessel", &[], &[STEEL]),
        case("cleo", STEEL, &[STEEL], &[]),
    ];
    let found = outcomes(&app, &cases).unwrap();
    assert_eq!(found.iter().map(|outcome| outcome.is_meant).collect::<Vec<_>>(), [Some(true), Some(true), None]);
    assert!(found[0].missed.is_empty() && found.iter().all(|outcome| outcome.leaks.is_empty()));
    assert_eq!(app.count("select count(*) from ai_calls where purpose = 'search' and person_id is null"), 2);
    let told = Report::new(&cases, found, Citations::NotAsked).to_string();
    assert!(told.contains("2 by words and meaning, 1 by words alone"), "{told}");
    models.then([Turn::Fails(400, "invalid_value", Vec::new())]);
    let away = outcomes(&app, &cases[..1]).unwrap();
    assert_eq!(away[0].is_meant, Some(false));
    assert!(
        Report::new(&cases[..1], away, Citations::NotAsked)
            .to_string()
            .contains("1 because the provider did not answer")
    );
}

#[test]
fn the_set_over_the_demo_finds_what_its_words_say_and_leaks_nothing() {
    let set = |name: &str| read_cases(&checkout().join("bench/eval").join(name), 10).unwrap();
    let app = App::empty();
    {
        let mut conn = app.state().pool.get().unwrap();
        tow::db::write(&mut conn, app.state().clock.now(), uuid::Uuid::nil(), |tx| {
            tow::cli::demo::fill(tx, "x".to_owned(), &mut |_, _| {})
        })
        .unwrap();
    }
    index(&app);
    for (name, least) in [("words.json", 1.0), ("meaning.json", 0.0), ("never.json", 1.0)] {
        let cases = set(name);
        let report = Report::new(&cases, outcomes(&app, &cases).unwrap(), Citations::NotAsked);
        assert_eq!(report.verdict(least), Ok(()), "{name}\n{report}");
    }
}

#[test]
fn the_part_that_is_wanted_is_a_number_from_0_to_1() {
    use clap::Parser;
    let parsed = |words: &[&str]| Cli::try_parse_from(["tow", "eval", "cases"].iter().chain(words)).is_ok();
    assert!(parsed(&[]) && parsed(&["--least-recall", "0.8", "--k", "5"]) && parsed(&["--least-recall", "1"]));
    for wrong in
        [["--least-recall", "80"], ["--least-recall", "-1"], ["--least-recall", "NaN"], ["--k", "0"], ["--k", "201"]]
    {
        assert!(!parsed(&wrong), "{wrong:?}");
    }
}

#[test]
fn an_answer_is_weighed_by_what_it_cites_and_by_what_went_into_it() {
    let models = Models::new();
    let app = models.app();
    index(&app);
    let cites = |names: &[&str]| Case {
        cites: names.iter().map(|name| (*name).to_owned()).collect(),
        ..case("cleo", "steel for the pier", &[], &[])
    };
    models.then([
        Turn::Says("Ordered. [ATL-1] Twice. [DEC-1]".to_owned()),
        Turn::Says("No idea.".to_owned()),
        Turn::Fails(401, "invalid_api_key", Vec::new()),
    ]);
    let cases = [cites(&[STEEL]), cites(&[STEEL]), cites(&[STEEL]), case("cleo", "steel", &[STEEL], &[])];
    let all = asked(&app, &cases);
    assert_eq!(all.iter().map(Cited::precision).collect::<Vec<_>>(), [Some(0.5), Some(0.0), None]);
    let report = Report::new(&cases, outcomes(&app, &cases).unwrap(), Citations::Asked(all));
    assert_eq!((report.citation_precision(), report.leaks()), (Some(0.25), 0));
    let told = report.to_string();
    assert!(told.contains("precision 0.25 over 2 answers of 3 cases") && told.contains("no answer: "), "{told}");
}
