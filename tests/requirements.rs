//! Every sentence of the two texts that TOW is held against, with what keeps it.

use crate::harness::*;
use std::collections::BTreeSet;

struct Row {
    line: String,
    keepers: Vec<String>,
    state: String,
}

fn rows() -> Vec<Row> {
    let text = std::fs::read_to_string(checkout().join("docs/requirements.md")).unwrap();
    let is_row = |line: &&str| line.starts_with("| ") && !line.starts_with("| Sentence");
    text.lines()
        .filter(is_row)
        .map(|line| {
            let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
            let [sentence, keepers, state] = cells[..] else { panic!("three cells, please: {line}") };
            assert!(!sentence.is_empty() && !keepers.is_empty() && !state.is_empty(), "an empty cell: {line}");
            let keepers = keepers.split('`').skip(1).step_by(2).map(str::to_owned).collect();
            Row { line: line.to_owned(), keepers, state: state.to_owned() }
        })
        .collect()
}

#[test]
fn every_sentence_is_kept_by_a_page_a_test_or_a_document_that_exists() {
    let routes: BTreeSet<String> = tow::features::routes().list().iter().map(|info| info.path.to_owned()).collect();
    let tests = names_of_tests();
    let rows = rows();
    assert!(rows.len() >= 100, "only {} sentences", rows.len());
    let mut wrong = Vec::new();
    for row in &rows {
        if row.keepers.is_empty() {
            wrong.push(format!("nothing keeps: {}", row.line));
        }
        for keeper in &row.keepers {
            let exists = match keeper {
                page if page.starts_with('/') => routes.contains(page.as_str()),
                document if document.ends_with(".md") => checkout().join("docs").join(document).exists(),
                test => tests.contains(test.as_str()),
            };
            if !exists {
                wrong.push(format!("{keeper} does not exist: {}", row.line));
            }
        }
    }
    assert!(wrong.is_empty(), "docs/requirements.md:\n{}", wrong.join("\n"));
}

#[test]
fn every_sentence_is_kept_the_operators_or_open_with_its_issue() {
    for row in rows() {
        let is_said = row.state.starts_with("kept") || row.state == "operator" || row.state.starts_with("open, issue ");
        assert!(is_said, "kept, operator, or open, issue N: {}", row.line);
    }
}

fn names_of_tests() -> BTreeSet<String> {
    let folders = ["src", "tests"].map(|folder| walkdir::WalkDir::new(checkout().join(folder)));
    let files = folders.into_iter().flatten().map(|entry| entry.unwrap().into_path());
    let texts = files
        .filter(|path| path.extension().is_some_and(|end| end == "rs"))
        .map(|path| std::fs::read_to_string(path).unwrap());
    texts.flat_map(|text| tests_of(&text)).collect()
}

/// Functions that are run as tests, and not what only helps them.
fn tests_of(text: &str) -> Vec<String> {
    let (mut is_test, mut found) = (false, Vec::new());
    for line in text.lines().map(str::trim) {
        match line.strip_prefix("fn ").and_then(|rest| rest.split('(').next()) {
            Some(name) if is_test => found.push(name.to_owned()),
            _ => {}
        }
        is_test = line.starts_with("#[") && (is_test || line.ends_with("test]"));
    }
    found
}

#[test]
fn what_only_helps_a_test_keeps_no_sentence() {
    assert_eq!(tests_of("fn help() {}\n#[test]\n#[ignore]\nfn a_claim() {}\nfn other() {}"), ["a_claim"]);
}
