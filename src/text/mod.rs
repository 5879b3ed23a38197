//! Text as people write it: Markdown into safe HTML, the references in it, what changed between two versions, the
//! values that forms and programs send, file names, and the reading of folders, zips and tables for an import.
//! Everything here is pure: no database, no request. Input is hostile until a function of this room has returned it.

pub mod csv;
pub mod decorate;
pub mod diff;
pub mod files;
pub mod folder;
pub mod highlight;
pub mod import;
pub mod links;
pub mod markdown;
pub mod passages;
pub mod raw_html;
pub mod reference;
pub mod sanitise;
pub mod value;
pub mod zip;

pub use markdown::{Heading, Rendered, Setting, excerpt, plain, references, render, render_in};
pub use reference::{Reference, Target};
