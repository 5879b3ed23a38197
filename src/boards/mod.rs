//! Tickets as cards in columns, one per status: dragged, or moved by the keyboard.

mod pages;
mod routes;

pub use pages::samples;

use crate::ui::NavItem;
use crate::web::{Feature, Group};

pub const FEATURE: Feature = Feature {
    name: "boards",
    routes: routes::routes,
    nav: Some((
        Group::Execution,
        NavItem { key: "board", label: "nav-board", href: "/board", icon: "board", shortcut: "g b", is_scoped: true },
    )),
};
