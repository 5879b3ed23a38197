//! Rewrites the addresses of links and images inside Markdown source and leaves every other byte as it is.

use super::markdown::parse_default;
use comrak::Arena;
use comrak::nodes::NodeValue;
use std::ops::Range;

/// Longer ones are not rewritten.
pub const MAX_ADDRESS_BYTES: usize = 2_048;

/// Replaces each address for which `resolve` has an answer: `](here)`, `](<here>)` and `[name]: here`. Code is left alone.
pub fn rewrite(source: &str, resolve: &mut dyn FnMut(&str) -> Option<String>) -> String {
    let code = code_ranges(source);
    let mut out = String::with_capacity(source.len());
    let mut copied = 0;
    for place in addresses(source) {
        let in_code = code.partition_point(|range| range.end <= place.start);
        if code.get(in_code).is_some_and(|range| range.start <= place.start) {
            continue;
        }
        let Some(new) = source.get(place.clone()).and_then(&mut *resolve) else { continue };
        out.push_str(source.get(copied..place.start).unwrap_or_default());
        out.push_str(&new);
        copied = place.end;
    }
    out.push_str(source.get(copied..).unwrap_or_default());
    out
}

/// Where addresses stand, in order.
fn addresses(source: &str) -> Vec<Range<usize>> {
    let mut starts: Vec<usize> = source.match_indices("](").map(|(at, _)| at + 2).collect();
    let mut line_start = 0;
    for line in source.split_inclusive('\n') {
        starts.extend(definition(line).map(|at| line_start + at));
        line_start += line.len();
    }
    starts.sort_unstable();
    let mut found: Vec<Range<usize>> = Vec::new();
    for start in starts {
        // What stands inside an address begins none.
        if found.last().is_none_or(|last| last.end <= start) {
            found.extend(address_at(source, start));
        }
    }
    found
}

/// Where the address begins in a line such as `[name]: address`; not in a footnote.
fn definition(line: &str) -> Option<usize> {
    let trimmed = line.trim_start_matches(' ');
    let inner = trimmed.strip_prefix('[').filter(|inner| !inner.starts_with('^'))?;
    let close = inner.find(']')?;
    inner.get(close..)?.starts_with("]:").then_some(line.len() - inner.len() + close + 2)
}

fn address_at(source: &str, start: usize) -> Option<Range<usize>> {
    let rest = source.get(start..)?;
    let start = start + (rest.len() - rest.trim_start_matches([' ', '\t']).len());
    let rest = source.get(start..)?;
    let rest = rest.get(..rest.floor_char_boundary(MAX_ADDRESS_BYTES))?;
    if let Some(inner) = rest.strip_prefix('<') {
        let len = inner.find(['>', '\n', '<'])?;
        return Some(start + 1..start + 1 + len);
    }
    let mut open = 0_usize;
    let len = rest.find(|c: char| {
        match c {
            '(' => open += 1,
            ')' if open == 0 => return true,
            ')' => open -= 1,
            _ => {}
        }
        c.is_whitespace()
    });
    let len = len.unwrap_or(rest.len());
    (len > 0).then_some(start..start + len)
}

/// Byte ranges of code, sorted.
fn code_ranges(source: &str) -> Vec<Range<usize>> {
    let arena = Arena::new();
    let Some(root) = parse_default(&arena, source) else { return Vec::new() };
    let line_starts: Vec<usize> = std::iter::once(0).chain(source.match_indices('\n').map(|(at, _)| at + 1)).collect();
    let offset = |line: usize, column: usize| {
        line_starts.get(line.saturating_sub(1)).map_or(source.len(), |start| start + column)
    };
    let mut ranges: Vec<Range<usize>> = Vec::new();
    for node in root.descendants() {
        let data = node.data();
        if matches!(data.value, NodeValue::Code(_) | NodeValue::CodeBlock(_)) {
            let (start, end) = (data.sourcepos.start, data.sourcepos.end);
            ranges.push(offset(start.line, start.column.saturating_sub(1))..offset(end.line, end.column));
        }
    }
    ranges.sort_by_key(|range| range.start);
    ranges
}
