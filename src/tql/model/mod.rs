//! A text becomes tokens, a tree, and one condition with its order.

mod complete;
mod field;
mod history;
mod lexer;
mod moment;
mod parser;
mod plan;
mod tree;
mod value;

pub use complete::{Hint, What, hints};
pub use field::{Choice, Field, Held, History, Is, Type};
pub use lexer::{MAX_BYTES, Spot, Trouble};
pub use parser::{MAX_CONDITIONS, MAX_DEPTH, MAX_ORDERS, MAX_VALUES, parse, written};
pub use plan::{Plan, plan};
pub use tree::Query;
pub use value::MAX_NAMES;

/// How a clause or a query ends: in what was asked for, or in what is wrong with the text. Failures of ours are outside.
type Outcome<T> = std::result::Result<T, Fault>;

/// What stopped a plan.
enum Fault {
    /// Something in the text.
    Text(Trouble),
    Broken(crate::error::Error),
}

impl From<Trouble> for Fault {
    fn from(trouble: Trouble) -> Self {
        Fault::Text(trouble)
    }
}

impl From<crate::error::Error> for Fault {
    fn from(error: crate::error::Error) -> Self {
        Fault::Broken(error)
    }
}

impl From<diesel::result::Error> for Fault {
    fn from(error: diesel::result::Error) -> Self {
        Fault::Broken(error.into())
    }
}

/// The known word that `word` is likely a slip of.
fn near<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    const ALIKE: f64 = 0.6;
    const MAX_CHARS: usize = 40;
    if word.chars().nth(MAX_CHARS).is_some() {
        return None;
    }
    let word = word.to_lowercase();
    let likeness = |known: &str| strsim::normalized_damerau_levenshtein(known, &word);
    let best = known.into_iter().map(|known| (likeness(known), known)).max_by(|one, other| one.0.total_cmp(&other.0));
    best.filter(|(likeness, _)| *likeness >= ALIKE).map(|(_, known)| known)
}
