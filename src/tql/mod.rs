//! TQL, the language that tickets are asked for in: `status = todo AND due < 7d ORDER BY priority`. It knows the grammar, how values are
//! written and how a condition becomes SQL; which fields there are, the room says that is asked.

mod model;

pub use model::*;
