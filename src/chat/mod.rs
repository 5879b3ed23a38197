//! A conversation of one person with a model that reads the workspace as that person: what they may not open never enters a prompt,
//! and what an answer would change waits for their click.

mod attach;
mod board;
mod model;
mod pages;
/// As they leave in an export.
pub mod portable;
mod routes;
mod run;
mod tools;

pub use model::*;
pub use pages::samples;

use crate::ui::NavItem;
use crate::web::{Feature, Group};

pub const FEATURE: Feature = Feature {
    name: "chat",
    routes: routes::routes,
    nav: Some((Group::CommandCentre, NavItem::scoped("chat", "nav-chat", "/chats", "chat", "g c"))),
};
