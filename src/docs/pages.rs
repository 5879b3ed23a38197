//! Pages of the wiki.
