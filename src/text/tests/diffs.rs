use proptest::prelude::*;
use std::time::{Duration, Instant};
use tow::text::diff::{Kind, MAX_DIFF_TIME, Region, merge3, words};

fn side(old: &str, new: &str, kind: Kind) -> String {
    let lines = words(old, new);
    let chunks = lines.iter().flat_map(|line| &line.chunks);
    chunks.filter(|chunk| chunk.kind == Kind::Same || chunk.kind == kind).map(|chunk| chunk.text.as_str()).collect()
}

#[test]
fn a_changed_word_is_marked_alone() {
    let lines = words("The bar opens at six.\nSame.\n", "The bar opens at seven.\nSame.\n");
    let chunks: Vec<_> = lines[0].chunks.iter().map(|chunk| (chunk.kind, chunk.text.as_str())).collect();
    let expected =
        [(Kind::Same, "The bar opens at "), (Kind::Removed, "six"), (Kind::Added, "seven"), (Kind::Same, ".\n")];
    assert_eq!(chunks, expected);
    assert!(lines[0].is_changed() && !lines[1].is_changed());
}

#[test]
fn neighbouring_changed_words_are_one_change() {
    let lines = words("keep one two three keep", "keep uno due tre keep");
    let kinds: Vec<_> = lines[0].chunks.iter().map(|chunk| chunk.kind).collect();
    assert_eq!(kinds, [Kind::Same, Kind::Removed, Kind::Added, Kind::Same]);
}

#[test]
fn changes_in_different_places_merge() {
    let merge = merge3("a\nb\nc\nd\n", "A\nb\nc\nd\n", "a\nb\nc\nD\n");
    assert_eq!(merge.clean().unwrap(), "A\nb\nc\nD\n");
}

#[test]
fn the_same_line_changed_twice_is_a_conflict_with_markers() {
    let merge = merge3("a\nb\nc\n", "a\nmine\nc\n", "a\ntheirs\nc");
    assert_eq!(merge.clean(), None);
    let shown = merge3("a\nb\nc\n", "a\nmine\nc\n", "a\ntheirs\nc\n").marked("Yours", "Ada’s");
    assert_eq!(shown, "a\n<<<<<<< Yours\nmine\n=======\ntheirs\n>>>>>>> Ada’s\nc\n");
}

#[test]
fn two_insertions_at_one_place_conflict_and_identical_ones_do_not() {
    let merge = merge3("a\nb\n", "a\nx\nb\n", "a\ny\nb\n");
    let conflict = Region::Conflict { base: String::new(), mine: "x\n".to_owned(), theirs: "y\n".to_owned() };
    assert_eq!(merge.regions, [Region::Clean("a\n".to_owned()), conflict, Region::Clean("b\n".to_owned())]);
    assert_eq!(merge3("a\nb\n", "a\nx\nb\n", "a\nx\nb\n").clean().unwrap(), "a\nx\nb\n");
}

#[test]
fn large_unlike_texts_are_compared_in_bounded_time() {
    let text = |seed: u64| -> String {
        let mut state = seed;
        let mut word = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            format!("w{}", (state >> 33) % 5_000)
        };
        (0..100_000).map(|n| word() + if n % 3 == 0 { "\n" } else { " " }).collect()
    };
    let (a, b, c) = (text(1), text(2), text(3));
    let start = Instant::now();
    assert_eq!(side(&a, &b, Kind::Added), b);
    merge3(&a, &b, &c);
    assert!(start.elapsed() < MAX_DIFF_TIME * 4 + Duration::from_secs(8), "{:?}", start.elapsed());
}

fn document() -> impl Strategy<Value = String> {
    let line = prop_oneof![Just("a"), Just("b c"), Just("c"), Just(""), Just("d e f")];
    (prop::collection::vec(line, 0..12), any::<bool>())
        .prop_map(|(lines, ends)| lines.join("\n") + if ends { "\n" } else { "" })
}

proptest! {
    #[test]
    fn a_difference_contains_both_texts(old in document(), new in document()) {
        prop_assert_eq!(side(&old, &new, Kind::Removed), old.clone());
        prop_assert_eq!(side(&old, &new, Kind::Added), new);
    }

    #[test]
    fn one_sided_changes_merge_to_that_side(base in document(), other in document()) {
        prop_assert_eq!(merge3(&base, &other, &base).clean().unwrap(), other.clone());
        prop_assert_eq!(merge3(&base, &base, &other).clean().unwrap(), other);
    }

    #[test]
    fn identical_changes_merge(base in document(), other in document()) {
        prop_assert_eq!(merge3(&base, &other, &other).clean().unwrap(), other);
    }

    #[test]
    fn a_merge_has_no_favourite(base in document(), mine in document(), theirs in document()) {
        prop_assert_eq!(merge3(&base, &mine, &theirs).clean(), merge3(&base, &theirs, &mine).clean());
    }

    #[test]
    fn taking_one_side_of_each_conflict_loses_nothing_of_it(base in document(), mine in document(), theirs in document()) {
        let merge = merge3(&base, &mine, &theirs);
        let pick = |mine_wins: bool| -> String {
            merge.regions.iter().map(|region| match region {
                Region::Clean(text) => text.as_str(),
                Region::Conflict { mine, theirs, .. } => if mine_wins { mine } else { theirs },
            }).collect()
        };
        for (picked, side) in [(pick(true), &mine), (pick(false), &theirs)] {
            for line in side.lines().filter(|line| !base.contains(*line)) {
                prop_assert!(picked.contains(line), "{:?} lost in {:?}", line, picked);
            }
        }
    }
}
