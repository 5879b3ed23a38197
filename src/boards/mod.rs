//! Tickets as cards in columns, one per status: dragged, or moved by the keyboard.

mod pages;
mod routes;

pub use pages::samples;

use crate::ui::NavItem;
use crate::web::{Feature, Group};

pub const FEATURE: Feature = Feature {
    name: "boards",
    routes: routes::routes,
    nav: Some((Group::Execution, NavItem::scoped("board", "nav-board", "/board", "board", "g b"))),
};
