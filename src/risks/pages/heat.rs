//! The heat map: likelihood upwards, impact to the right; each cell a link that narrows the list.

use super::weight_word;
use crate::related::Address;
use crate::risks::model::{Level, SCALE, Tally};
use crate::ui::{say_with, text};

#[derive(Debug, Clone)]
pub struct Heat {
    /// Impacts, left to right.
    pub columns: Vec<String>,
    /// Most likely first.
    pub rows: Vec<HeatRow>,
}

#[derive(Debug, Clone)]
pub struct HeatRow {
    pub label: String,
    pub cells: Vec<HeatCell>,
}

#[derive(Debug, Clone)]
pub struct HeatCell {
    pub level: Level,
    pub count: i64,
    /// The list narrowed to this cell; when it is already, the way back.
    pub href: String,
    /// "3 risks: likely, severe, critical".
    pub words: String,
    pub is_current: bool,
}

impl Heat {
    pub fn new(tallies: &[Tally], query: &Address) -> Self {
        let row = |likelihood: i16| HeatRow {
            label: weight_word("likelihood", likelihood),
            cells: SCALE.into_iter().map(|impact| HeatCell::new(tallies, query, likelihood, impact)).collect(),
        };
        Heat {
            columns: SCALE.into_iter().map(|impact| weight_word("impact", impact)).collect(),
            rows: SCALE.into_iter().rev().map(row).collect(),
        }
    }

    /// Of the chosen cell: "Likely and severe".
    pub fn chosen(query: &Address) -> Option<String> {
        let word = |field: &str| Some(weight_word(field, super::parse_weight(query.get(field))?));
        let (likelihood, impact) = (word("likelihood")?, word("impact")?.to_lowercase());
        Some(say_with("risk-cell-title", [("likelihood", likelihood.as_str()), ("impact", impact.as_str())]))
    }
}

impl HeatCell {
    fn new(tallies: &[Tally], query: &Address, likelihood: i16, impact: i16) -> Self {
        let here = |tally: &&Tally| tally.likelihood == likelihood && tally.impact == impact;
        let count = tallies.iter().find(here).map_or(0, |tally| tally.count);
        let level = Level::of(likelihood * impact);
        let (row, column) = (likelihood.to_string(), impact.to_string());
        let is_current = query.get("likelihood") == row && query.get("impact") == column;
        let (to_row, to_column) = if is_current { ("", "") } else { (row.as_str(), column.as_str()) };
        let number = count.to_string();
        let words = [
            ("count", number.as_str()),
            ("likelihood", &weight_word("likelihood", likelihood).to_lowercase()),
            ("impact", &weight_word("impact", impact).to_lowercase()),
            ("level", &text(&level.label()).to_lowercase()),
        ];
        HeatCell {
            level,
            count,
            href: query.with(&[("likelihood", to_row), ("impact", to_column)]),
            words: say_with("risk-cell", words),
            is_current,
        }
    }
}
