//! Two people saved one page: what fits together is joined, what does not is shown with both sides. Pure.

use crate::text::diff::{Merge, Region, merge3};
use crate::text_enum;

text_enum!(
    /// Whose words stand where both changed the same.
    Keep { Mine = "mine", Theirs = "theirs" }
);

/// A title and text, as one side has them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Side {
    pub title: String,
    pub body: String,
}

/// Both sides of a lost race against the revision both began from.
#[derive(Debug, Clone, Default)]
pub struct Merged {
    pub mine: Side,
    pub theirs: Side,
    /// The title of theirs, when both changed it differently.
    pub title_conflict: Option<String>,
    title: String,
    merge: Merge,
}

/// A stretch that both changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clash {
    pub mine: String,
    pub theirs: String,
}

impl Merged {
    /// Takes processor time with long texts: `ctx.work`.
    pub fn new(base: &Side, mine: Side, theirs: Side) -> Self {
        let merge = merge3(&base.body, &mine.body, &theirs.body);
        let title_differs = mine.title != theirs.title && mine.title != base.title && theirs.title != base.title;
        let title = if mine.title == base.title { theirs.title.clone() } else { mine.title.clone() };
        Merged { title_conflict: title_differs.then(|| theirs.title.clone()), title, merge, mine, theirs }
    }

    /// Everything fits: nothing was changed on both sides.
    pub fn is_clean(&self) -> bool {
        self.title_conflict.is_none() && self.merge.conflict_count() == 0
    }

    /// Where the two differ, in order.
    pub fn clashes(&self) -> Vec<Clash> {
        let clash = |region: &Region| match region {
            Region::Clean(_) => None,
            Region::Conflict { mine, theirs, .. } => Some(Clash { mine: mine.clone(), theirs: theirs.clone() }),
        };
        self.merge.regions.iter().filter_map(clash).collect()
    }

    /// One text: what fits from both, and one side's words where they differ.
    pub fn with(&self, keep: Keep) -> Side {
        let mut body = String::with_capacity(self.mine.body.len());
        for region in &self.merge.regions {
            body.push_str(match (region, keep) {
                (Region::Clean(text), _) => text,
                (Region::Conflict { mine, .. }, Keep::Mine) => mine,
                (Region::Conflict { theirs, .. }, Keep::Theirs) => theirs,
            });
        }
        let title = match (&self.title_conflict, keep) {
            (Some(theirs), Keep::Theirs) => theirs.clone(),
            _ => self.title.clone(),
        };
        Side { title, body }
    }
}
