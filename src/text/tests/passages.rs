//! Cutting: nothing is lost, nothing is too long, and an edit stays where it is made.

use proptest::prelude::*;
use tow::text::passages::*;
use tow::text::plain;

fn paragraph(word: &str, sentences: usize) -> String {
    (0..sentences).map(|n| format!("The {word} number {n} stands in the yard. ")).collect::<String>() + "\n\n"
}

fn chars(text: &str) -> usize {
    text.chars().count()
}

#[test]
fn a_short_text_is_one_passage_without_markup_and_an_empty_one_none() {
    assert_eq!(
        passages("## Piles\n\nDrive **forty** [piles](https://x.example).\n\n- one\n- two"),
        ["Piles\nDrive forty piles.\none\ntwo"]
    );
    assert_eq!(passages("no heading"), ["no heading"]);
    for empty in ["", " \n\t ", "# Only a heading", "# A\n## B\n"] {
        assert!(passages(empty).is_empty(), "{empty:?}");
    }
}

#[test]
fn a_long_text_is_cut_at_headings_and_each_passage_begins_with_those_above_it() {
    let text = format!(
        "# Pier\n\n{}## Steel\n\n{}## Timber\n\n{}",
        paragraph("crane", 40),
        paragraph("beam", 40),
        paragraph("plank", 40)
    );
    let all = passages(&text);
    assert_eq!(all.len(), 3, "{all:#?}");
    assert!(all[0].starts_with("Pier\nThe crane") && !all[0].contains("beam"));
    assert!(all[1].starts_with("Pier › Steel\nThe beam") && !all[1].contains("crane"));
    assert!(all[2].starts_with("Pier › Timber\nThe plank"));
}

#[test]
fn short_sections_stay_together() {
    let text: String = (0..6).map(|n| format!("## Part {n}\n\nA short word about part {n}.\n\n")).collect();
    assert_eq!(passages(&text).len(), 1);
}

#[test]
fn a_section_that_is_too_long_is_cut_between_sentences_with_an_overlap() {
    let all = passages(&format!("# Pier\n\n{}", paragraph("bollard", 300)));
    assert!(all.len() > 2);
    for (before, after) in all.iter().zip(all.iter().skip(1)) {
        assert!(before.ends_with('.'), "{before}");
        assert!(after.starts_with("Pier\n"), "{after}");
        let repeated = after.lines().nth(1).unwrap();
        assert!(
            before.ends_with(repeated) && chars(repeated) <= OVERLAP_CHARS && chars(repeated) > OVERLAP_CHARS / 2,
            "{repeated}"
        );
    }
}

#[test]
fn an_edit_in_the_last_section_leaves_the_passages_before_it() {
    let text = |last: &str| format!("# A\n\n{}# B\n\n{}# C\n\n{last}", paragraph("crane", 120), paragraph("beam", 60));
    let (before, after) = (passages(&text("Nine weeks.")), passages(&text("Ten weeks.")));
    assert_eq!(before.len(), after.len());
    assert_eq!(before[..before.len() - 1], after[..after.len() - 1]);
    assert_ne!(before.last(), after.last());
}

#[test]
fn a_new_first_section_leaves_those_behind_it() {
    let rest = format!("# B\n\n{}# C\n\n{}", paragraph("beam", 200), paragraph("plank", 200));
    let (before, after) = (passages(&rest), passages(&format!("# A\n\n{}{rest}", paragraph("crane", 25))));
    assert!(before.iter().all(|passage| after.contains(passage)));
}

#[test]
fn a_text_without_end_has_a_last_passage() {
    let word = "x".repeat(MAX_PASSAGE_CHARS * (MAX_PASSAGES + 20));
    let all = passages(&word[..(900 * 1024)]);
    assert!(all.len() > 200 && all.iter().all(|passage| chars(passage) <= MAX_PASSAGE_CHARS));
    let many: String = (0..MAX_PASSAGES + 20)
        .map(|n| format!("# {n}\n\n{}", "word ".repeat(SHORT_SECTION_CHARS / 4) + "\n\n"))
        .collect();
    assert_eq!(passages(&many).len(), MAX_PASSAGES);
}

#[test]
fn a_table_and_a_list_are_cut_between_rows_and_items() {
    let rows: String = (0..300).map(|n| format!("| beam {n} | forty tons |\n")).collect();
    let all = passages(&format!("| what | weight |\n|---|---|\n{rows}"));
    assert!(
        all.len() > 1 && all.iter().skip(1).all(|passage| passage.lines().skip(1).all(|row| row.starts_with("beam "))),
        "{all:#?}"
    );
}

proptest! {
    #[test]
    fn every_word_is_in_a_passage_and_none_is_too_long(source in "(\\PC{0,40}|# [a-z ]{1,20}|[a-z. ]{0,900}|\n){0,60}") {
        let all = passages(&source);
        for passage in &all {
            prop_assert!(chars(passage) <= MAX_PASSAGE_CHARS && !passage.contains('\0'));
        }
        let (whole, titled) = (all.join(" "), plain(&source));
        // Headings without a text, and those cut at their limit, are no words of a passage.
        if !source.contains('#') && chars(&titled) < 20_000 {
            let clean: String = titled.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
            for word in clean.split_whitespace().filter(|word| chars(word) < 300) {
                prop_assert!(whole.contains(word), "{word:?} of {source:?} is lost");
            }
        }
    }
}
