//! Whether two short statements say the same, or the opposite, by rule: their words, whether one of them denies, and their numbers.

use std::collections::BTreeSet;

/// What two statements are to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Likeness {
    Same,
    /// Nearly the same words, but one denies, or the numbers differ.
    Opposed,
}

/// Common words of all words, in percent, from which two statements are about the same thing.
pub const NEAR_PERCENT: usize = 60;
/// From which they say the same.
pub const SAME_PERCENT: usize = 80;

const DENIALS: [&str; 16] = [
    "not", "no", "never", "none", "without", "cannot", "don't", "doesn't", "won't", "can't", "isn't", "aren't",
    "nicht", "kein", "keine", "nie",
];
/// They come and go with a denial.
const EMPTY: [&str; 6] = ["do", "does", "the", "a", "an", "any"];

#[derive(Debug, Default)]
struct Said {
    words: BTreeSet<String>,
    numbers: BTreeSet<String>,
    is_denied: bool,
}

impl Said {
    fn of(text: &str) -> Said {
        let mut said = Said::default();
        let lower = text.to_lowercase().replace('’', "'");
        for word in lower.split(|c: char| !(c.is_alphanumeric() || matches!(c, '\'' | '.' | ','))) {
            let word = word.trim_matches(['.', ',', '\'']);
            match word {
                "" => {}
                word if DENIALS.contains(&word) => said.is_denied = !said.is_denied,
                word if word.starts_with(|c: char| c.is_ascii_digit()) => {
                    said.numbers.insert(word.replace(',', "."));
                }
                word if EMPTY.contains(&word) => {}
                word => {
                    said.words.insert(word.to_owned());
                }
            }
        }
        said
    }
}

/// None when they are about different things.
pub fn likeness(one: &str, other: &str) -> Option<Likeness> {
    let (one, other) = (Said::of(one), Said::of(other));
    let all = one.words.union(&other.words).count();
    let common = one.words.intersection(&other.words).count();
    let percent = (common * 100).checked_div(all)?;
    let is_opposed = one.is_denied != other.is_denied || one.numbers != other.numbers;
    match percent {
        NEAR_PERCENT.. if is_opposed => Some(Likeness::Opposed),
        SAME_PERCENT.. => Some(Likeness::Same),
        _ => None,
    }
}
