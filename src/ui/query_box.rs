//! The box to ask in TQL in.

use crate::error::Msg;

/// Empty, the simple filter is there in its place, and leads to it.
#[derive(Debug, Clone, Default)]
pub struct QueryBox {
    pub text: String,
    pub problem: Option<Msg>,
    /// The text before what is wrong, what is wrong, and the rest.
    pub wrong: Option<(String, String, String)>,
    /// Address of the same list asked in TQL.
    pub from_simple: String,
    /// Address of the same list with the simple filter.
    pub to_simple: String,
}

impl QueryBox {
    pub fn asked(text: &str, to_simple: String) -> Self {
        QueryBox { text: text.to_owned(), to_simple, ..QueryBox::default() }
    }

    /// Bytes `at` up to `end` of its text are wrong.
    pub fn wrong(self, problem: Msg, at: usize, end: usize) -> Self {
        let part = |from: usize, to: usize| self.text.get(from..to).unwrap_or_default().to_owned();
        let wrong = (at < end).then(|| (part(0, at), part(at, end), part(end, self.text.len())));
        QueryBox { problem: Some(problem), wrong, ..self }
    }
}
