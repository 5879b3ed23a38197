//! The tree at the left: places, and the pages of the one that is open.

use super::{place_href, place_icon, place_name};
use crate::access::{Actor, Place};
use crate::docs::{DocId, MAX_DEPTH, Node, Shelf};
use crate::related::place_value;
use crate::ui::filters;
use askama::Template;
use std::collections::HashMap;

#[derive(Debug, Clone, Default)]
pub struct Pane {
    pub branches: Vec<Branch>,
    pub new_href: String,
    /// What the list is filtered by.
    pub words: String,
}

/// One place.
#[derive(Debug, Clone)]
pub struct Branch {
    pub label: String,
    pub icon: &'static str,
    pub href: String,
    /// Where its pages come from when it is opened.
    pub tree_href: String,
    pub has_pages: bool,
    pub is_open: bool,
    pub is_current: bool,
    pub steps: Vec<TreeStep>,
}

/// A walk through the tree, so that a template needs no recursion.
#[derive(Debug, Clone)]
pub enum TreeStep {
    /// Pages below begin; its own line comes with the `Close`.
    Open {
        title: String,
        is_open: bool,
    },
    Close(Leaf),
    /// Nothing below.
    Leaf(Leaf),
    /// Pages below that are not loaded yet.
    Lazy(Leaf),
}

#[derive(Debug, Clone)]
pub struct Leaf {
    pub display_id: String,
    pub title: String,
    pub icon: String,
    pub is_current: bool,
}

/// What is loaded for the pane.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    pub shelves: Vec<Shelf>,
    /// The place whose pages `nodes` are.
    pub place: Option<Place>,
    pub nodes: Vec<Node>,
    /// Shown open: the way down to the current page, and itself.
    pub open: Vec<DocId>,
    pub current: Option<DocId>,
}

impl Pane {
    pub fn new(me: &Actor, tree: &Tree, new_href: String, words: &str) -> Self {
        let branch = |shelf: &Shelf| {
            let is_open = tree.place == Some(shelf.place);
            Branch {
                label: place_name(shelf.place, shelf.name.as_deref()),
                icon: place_icon(shelf.place),
                href: place_href(me, shelf.place),
                tree_href: format!("/docs/tree?place={}", place_value(me, shelf.place)),
                has_pages: shelf.has_pages,
                is_open,
                is_current: is_open && tree.current.is_none(),
                steps: if is_open { steps(&tree.nodes, &tree.open, tree.current) } else { Vec::new() },
            }
        };
        Pane { branches: tree.shelves.iter().map(branch).collect(), new_href, words: words.to_owned() }
    }
}

/// The walk. A page whose parent is not among the nodes (archived, say) stands at the top.
pub fn steps(nodes: &[Node], open: &[DocId], current: Option<DocId>) -> Vec<TreeStep> {
    let known: HashMap<DocId, &Node> = nodes.iter().map(|node| (node.id, node)).collect();
    let mut below: HashMap<Option<DocId>, Vec<&Node>> = HashMap::new();
    for node in nodes {
        below.entry(node.parent_id.filter(|parent| known.contains_key(parent))).or_default().push(node);
    }
    let mut walk = Walk { below, open, current, steps: Vec::with_capacity(nodes.len() * 2) };
    walk.level(None, 0);
    walk.steps
}

struct Walk<'n> {
    below: HashMap<Option<DocId>, Vec<&'n Node>>,
    open: &'n [DocId],
    current: Option<DocId>,
    steps: Vec<TreeStep>,
}

impl Walk<'_> {
    fn level(&mut self, parent: Option<DocId>, depth: usize) {
        if depth > MAX_DEPTH {
            return;
        }
        for node in self.below.remove(&parent).unwrap_or_default() {
            let leaf = Leaf {
                display_id: node.display_id.clone(),
                title: node.title.clone(),
                icon: node.icon.clone(),
                is_current: self.current == Some(node.id),
            };
            if self.below.contains_key(&Some(node.id)) {
                self.steps.push(TreeStep::Open { title: node.title.clone(), is_open: self.open.contains(&node.id) });
                self.level(Some(node.id), depth + 1);
                self.steps.push(TreeStep::Close(leaf));
            } else if node.has_children {
                self.steps.push(TreeStep::Lazy(leaf));
            } else {
                self.steps.push(TreeStep::Leaf(leaf));
            }
        }
    }
}

/// The pages below one page or place, for a branch that is opened.
#[derive(Template)]
#[template(path = "docs/steps.html")]
pub struct Steps {
    pub steps: Vec<TreeStep>,
}
