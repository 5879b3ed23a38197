//! Whether a secret is one. Everything refused here has been seen in the wild; a text from `openssl rand` never is.

/// `openssl rand -hex 16` is 32 characters and 128 bits, the least that is worth signing with.
pub const MIN_SECRET_CHARS: usize = 32;
/// Stands in every placeholder of `.env.example`.
pub const PLACEHOLDER_MARK: &str = "replace-me";
/// A random text of 32 hexadecimal digits has fewer different ones about once in a billion times.
const MIN_DIFFERENT_CHARS: usize = 7;
/// What must be left of a secret when its dictionary words are taken out.
const MIN_CHARS_BESIDE_WORDS: usize = 16;

/// Why a secret is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weakness {
    /// Nothing, or only blanks.
    Missing,
    /// The example was copied and not changed.
    Placeholder,
    /// Its number of characters, under `MIN_SECRET_CHARS`.
    Short(usize),
    /// One character or one piece over and over, or hardly any different characters.
    Repeated,
    /// Runs such as 0123456789 or qwertyuiop.
    Sequence,
    /// Made of words such as changeme or password.
    Words,
}

impl Weakness {
    /// A sentence about the secret called `name`. Never repeats its text.
    pub fn sentence(&self, name: &str) -> String {
        match self {
            Weakness::Missing => format!("{name} is not set."),
            Weakness::Placeholder => {
                format!("{name} is still the placeholder from the example file, which everybody knows.")
            }
            Weakness::Short(chars) => {
                format!(
                    "{name} has {chars} characters; it needs at least {MIN_SECRET_CHARS}, or it can be found by trying."
                )
            }
            Weakness::Repeated => {
                format!("{name} is one short piece repeated, or uses hardly any different characters.")
            }
            Weakness::Sequence => {
                format!("{name} is a run of neighbouring letters, digits or keys, which is tried first.")
            }
            Weakness::Words => format!("{name} is made of words that stand in every dictionary of passwords."),
        }
    }
}

/// None for a secret that can be used.
pub fn weakness(text: &str) -> Option<Weakness> {
    let lower = text.trim().to_lowercase();
    let chars: Vec<char> = lower.chars().collect();
    if chars.is_empty() {
        Some(Weakness::Missing)
    } else if lower.contains(PLACEHOLDER_MARK) {
        Some(Weakness::Placeholder)
    } else if chars.len() < MIN_SECRET_CHARS {
        Some(Weakness::Short(chars.len()))
    } else if is_repeated(&chars) {
        Some(Weakness::Repeated)
    } else if is_sequence(&chars) {
        Some(Weakness::Sequence)
    } else {
        is_words(&lower).then_some(Weakness::Words)
    }
}

fn is_repeated(chars: &[char]) -> bool {
    let has_period = |period: usize| chars.iter().zip(chars.iter().skip(period)).all(|(a, b)| a == b);
    let mut different = chars.to_vec();
    different.sort_unstable();
    different.dedup();
    different.len() < MIN_DIFFERENT_CHARS || (1..=chars.len() / 2).any(has_period)
}

/// True when three steps of four go to a neighbour in the alphabet, among the digits or on the keyboard.
fn is_sequence(chars: &[char]) -> bool {
    const ROWS: [&str; 6] = [
        "abcdefghijklmnopqrstuvwxyz",
        "01234567890",
        "qwertyuiop",
        "asdfghjkl",
        "zxcvbnm",
        "qwertzuiopasdfghjklyxcvbnm",
    ];
    let is_beside = |a: char, b: char| {
        let pair = |row: &&str| row.contains(&format!("{a}{b}")) || row.contains(&format!("{b}{a}"));
        ROWS.iter().any(pair)
    };
    let steps = chars.len().saturating_sub(1);
    let beside = chars.iter().zip(chars.iter().skip(1)).filter(|(a, b)| is_beside(**a, **b)).count();
    beside * 4 >= steps * 3
}

/// Words of placeholders; longer ones before those they contain.
const WORDS: &str = "correct battery staple horse placeholder development production superman changeme changeit password passwort passwd administrator something somewhere workspace insecure \
     generate default example testing welcome letmein monkey dragon qwerty secret sample string random server secure please change should \
     replace insert session cookie dummy super admin login value local token hello world todo test your this";

fn is_words(lower: &str) -> bool {
    let rest = WORDS.split_whitespace().fold(lower.to_owned(), |rest, word| rest.replace(word, " "));
    let is_piece = |piece: &&str| piece.chars().count() > 3;
    let pieces = rest.split(|c: char| !c.is_alphanumeric()).filter(is_piece);
    let left: usize = pieces.map(|piece| piece.chars().count()).sum();
    left < MIN_CHARS_BESIDE_WORDS && rest != lower
}
