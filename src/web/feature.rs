//! What a feature is to the edge.

use crate::ui::NavItem;
use crate::web::Routes;

pub struct Feature {
    pub name: &'static str,
    pub routes: fn() -> Routes,
    /// Its place in the sidebar, if it has one.
    pub nav: Option<(Group, NavItem)>,
}

/// Groups of the sidebar, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    CommandCentre,
    CompanyMemory,
    Execution,
}
