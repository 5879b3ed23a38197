//! Pages of tickets.
