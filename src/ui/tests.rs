//! Every word of the interface is a message, and every message is used.

use crate::harness::checkout;
use std::collections::BTreeSet;
use std::path::Path;

fn texts(folder: &str, ending: &str) -> String {
    let files = walkdir::WalkDir::new(checkout().join(folder)).into_iter().map(|entry| entry.unwrap().into_path());
    let is_ours = |path: &Path| {
        let name = path.to_string_lossy();
        name.ends_with(ending) && !name.ends_with("tests.rs") && !name.contains("/tests/")
    };
    files.filter(|path| is_ours(path)).map(|path| std::fs::read_to_string(path).unwrap()).collect()
}

fn definitions() -> Vec<String> {
    let ids = texts("locales/en", ".ftl");
    let id = |line: &str| {
        line.split_once(" =").map(|(id, _)| id.to_owned()).filter(|id| id.chars().all(is_id_char) && !id.is_empty())
    };
    ids.lines().filter_map(id).collect()
}

fn defined() -> BTreeSet<String> {
    definitions().into_iter().collect()
}

fn is_id_char(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'
}

/// Quoted texts without quotes inside, with what stands before and after each.
fn quoted(text: &str) -> impl Iterator<Item = (&str, &str, &str)> {
    text.lines().filter(|line| !line.trim_start().starts_with("//")).flat_map(|line| {
        let marks: Vec<usize> = line.match_indices('"').map(|(at, _)| at).collect();
        marks
            .windows(2)
            .map(move |pair| (&line[..pair[0]], &line[pair[0] + 1..pair[1]], &line[pair[1] + 1..]))
            .collect::<Vec<_>>()
    })
}

fn is_message(before: &str, word: &str, after: &str) -> bool {
    let is_word =
        !word.is_empty() && word.chars().all(is_id_char) && word.starts_with(|c: char| c.is_ascii_lowercase());
    // The third of `f::text(problems, "name", "key", …)`.
    let is_label = before.rsplit('{').next().is_some_and(|call| {
        call.starts_with("% call f::") && call.matches('"').count() == 2 && call.contains("(problems, ")
    });
    let is_filtered = is_label
        || after.starts_with("|t }}")
        || after.starts_with("|t1(")
        || after.starts_with("|t2(")
        || after.starts_with("|t}}")
        || after.starts_with("|t %");
    let is_made = before.ends_with("Msg::new(")
        || before.ends_with("Error::forbidden(")
        || before.ends_with("Flash::done(")
        || before.ends_with("Flash::failed(");
    let is_kind = ["problem-", "refused-", "error-"].iter().any(|kind| word.starts_with(kind)) && !word.ends_with('-');
    is_word && (is_filtered || is_made || is_kind)
}

#[test]
fn every_message_named_in_code_and_templates_exists() {
    let (defined, code) = (defined(), texts("src", ".rs") + &texts("templates", ".html"));
    let used = quoted(&code)
        .filter(|(before, word, after)| is_message(before, word, after))
        .map(|(_, word, _)| word.to_owned());
    let used: BTreeSet<String> = used.collect();
    assert!(used.len() > 150, "only {} found: does this test still read the code?", used.len());
    let missing: Vec<&String> = used.difference(&defined).collect();
    assert!(missing.is_empty(), "no such message in locales/en: {missing:#?}");
}

/// The second would be left out, and each start would say so in the log.
#[test]
fn no_message_is_defined_twice() {
    let mut ids = definitions();
    ids.sort();
    let twice: Vec<_> = ids.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| &pair[0]).collect();
    assert!(twice.is_empty(), "defined twice: {twice:?}");
}

/// What is not given to Fluent says what Fluent would have read in it.
#[test]
fn each_message_says_what_its_file_says() {
    let mut whole = fluent_bundle::FluentBundle::new(vec!["en-GB".parse().unwrap()]);
    whole.set_use_isolating(false);
    for file in std::fs::read_dir(checkout().join("locales/en")).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        whole.add_resource(fluent_bundle::FluentResource::try_new(text).unwrap()).unwrap();
    }
    let mut compared = 0;
    for id in definitions() {
        let mut errors = Vec::new();
        let pattern = whole.get_message(&id).and_then(|message| message.value()).unwrap();
        let words = whole.format_pattern(pattern, None, &mut errors).into_owned();
        if errors.is_empty() {
            assert_eq!(tow::ui::text(&id), words, "{id}");
            compared += 1;
        }
    }
    assert!(compared > 2_000, "only {compared} compared");
}

/// One brace that lacks puts all that follows into another layer, where it loses to everything.
#[test]
fn every_sheet_of_styles_closes_what_it_opens() {
    for name in std::fs::read_to_string("static/css/order.txt").unwrap().lines() {
        let sheet = std::fs::read_to_string(format!("static/css/{name}")).unwrap();
        assert_eq!(sheet.matches('{').count(), sheet.matches('}').count(), "{name}");
    }
}

#[test]
fn every_message_of_the_catalogue_is_used() {
    let code = texts("src", ".rs") + &texts("templates", ".html");
    let words: BTreeSet<&str> = quoted(&code).map(|(_, word, _)| word).collect();
    // `format!("status-{}")` uses every message that begins so.
    let prefixes: BTreeSet<&str> = words
        .iter()
        .filter_map(|word| word.split_once('{'))
        .map(|(prefix, _)| prefix)
        .filter(|prefix| prefix.ends_with('-'))
        // A record's story words the old and new value of a field by `{field}-{value}`.
        .chain(["likelihood-", "impact-"])
        .collect();
    let is_used = |id: &String| words.contains(id.as_str()) || prefixes.iter().any(|prefix| id.starts_with(prefix));
    let unused: Vec<String> = defined().into_iter().filter(|id| !is_used(id)).collect();
    assert!(unused.is_empty(), "messages that nothing uses: {unused:#?}");
}
