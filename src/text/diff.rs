//! What changed between two texts, word by word, and three-way merging, line by line. Both stop searching for the
//! smallest change when time is up; the answer is then coarser, never wrong.

use similar::{Algorithm, ChangeTag, DiffOp, TextDiff, capture_diff_slices_deadline};
use std::ops::Range;
use std::time::{Duration, Instant};

/// Time for one comparison; a merge needs two.
pub const MAX_DIFF_TIME: Duration = Duration::from_millis(400);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Same,
    Added,
    Removed,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    pub kind: Kind,
    pub text: String,
}

/// One line (in prose: a paragraph) with its chunks; the line break belongs to the last of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line {
    pub chunks: Vec<Chunk>,
}

impl Line {
    pub fn is_changed(&self) -> bool {
        self.chunks.iter().any(|chunk| chunk.kind != Kind::Same)
    }
}

/// Compares by line, and inside changed lines by word. All `Same` and `Removed` chunks joined are `old`; all `Same` and
/// `Added` joined are `new`.
pub fn words(old: &str, new: &str) -> Vec<Line> {
    let deadline = Instant::now() + MAX_DIFF_TIME;
    let (old, new) = (lines(old), lines(new));
    let mut page = Vec::new();
    for op in capture_diff_slices_deadline(Algorithm::Myers, &old, &new, Some(deadline)) {
        let before = joined(&old, op.old_range());
        let after = joined(&new, op.new_range());
        let chunks = match op {
            DiffOp::Equal { .. } => vec![Chunk { kind: Kind::Same, text: before }],
            DiffOp::Delete { .. } => vec![Chunk { kind: Kind::Removed, text: before }],
            DiffOp::Insert { .. } => vec![Chunk { kind: Kind::Added, text: after }],
            DiffOp::Replace { .. } => by_word(&before, &after, deadline),
        };
        push_lines(&mut page, chunks);
    }
    page
}

fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

fn joined(lines: &[&str], range: Range<usize>) -> String {
    lines.get(range).unwrap_or_default().concat()
}

fn by_word(old: &str, new: &str, deadline: Instant) -> Vec<Chunk> {
    let mut run = Run::default();
    let diff = TextDiff::configure().deadline(deadline).diff_unicode_words(old, new);
    let mut changes = diff.iter_all_changes().peekable();
    while let Some(change) = changes.next() {
        let text = change.value();
        let goes_on = changes.peek().is_some_and(|next| next.tag() != ChangeTag::Equal);
        match change.tag() {
            ChangeTag::Delete => run.removed.push_str(text),
            ChangeTag::Insert => run.added.push_str(text),
            // A space between two changed words is part of the change: one long change reads better than many short ones.
            ChangeTag::Equal if text.trim_matches(' ').is_empty() && goes_on && run.is_open() => {
                run.removed.push_str(text);
                run.added.push_str(text);
            }
            ChangeTag::Equal => run.same(text),
        }
    }
    run.close();
    run.chunks
}

#[derive(Default)]
struct Run {
    chunks: Vec<Chunk>,
    removed: String,
    added: String,
}

impl Run {
    fn is_open(&self) -> bool {
        !self.removed.is_empty() || !self.added.is_empty()
    }

    fn close(&mut self) {
        for (kind, text) in [(Kind::Removed, &mut self.removed), (Kind::Added, &mut self.added)] {
            if !text.is_empty() {
                self.chunks.push(Chunk { kind, text: std::mem::take(text) });
            }
        }
    }

    fn same(&mut self, text: &str) {
        self.close();
        match self.chunks.last_mut() {
            Some(last) if last.kind == Kind::Same => last.text.push_str(text),
            _ => self.chunks.push(Chunk { kind: Kind::Same, text: text.to_owned() }),
        }
    }
}

fn push_lines(page: &mut Vec<Line>, chunks: Vec<Chunk>) {
    let mut line = Line::default();
    for chunk in chunks {
        for text in chunk.text.split_inclusive('\n') {
            line.chunks.push(Chunk { kind: chunk.kind, text: text.to_owned() });
            if text.ends_with('\n') {
                page.push(std::mem::take(&mut line));
            }
        }
    }
    if !line.chunks.is_empty() {
        page.push(line);
    }
}

/// A stretch of a merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Region {
    /// Agreed, or changed on one side only.
    Clean(String),
    /// Changed differently on both sides.
    Conflict { base: String, mine: String, theirs: String },
}

/// The outcome of a three-way merge.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Merge {
    pub regions: Vec<Region>,
}

impl Merge {
    /// The merged text, or `None` while there are conflicts.
    pub fn clean(&self) -> Option<String> {
        self.regions
            .iter()
            .map(|region| if let Region::Clean(text) = region { Some(text.as_str()) } else { None })
            .collect()
    }

    pub fn conflict_count(&self) -> usize {
        self.regions.iter().filter(|region| matches!(region, Region::Conflict { .. })).count()
    }

    /// The text with conflicts between `<<<<<<<` and `>>>>>>>`, each marker on its own line.
    pub fn marked(&self, mine_name: &str, theirs_name: &str) -> String {
        let mut out = String::new();
        for region in &self.regions {
            match region {
                Region::Clean(text) => out.push_str(text),
                Region::Conflict { mine, theirs, .. } => {
                    let parts = [("<<<<<<< ", mine_name, mine), ("=======", "", theirs)];
                    for (marker, name, text) in parts {
                        on_new_line(&mut out);
                        out.push_str(&format!("{marker}{name}\n{text}"));
                    }
                    on_new_line(&mut out);
                    out.push_str(&format!(">>>>>>> {theirs_name}\n"));
                }
            }
        }
        out
    }
}

fn on_new_line(out: &mut String) {
    if !out.is_empty() && !out.ends_with('\n') {
        out.push('\n');
    }
}

/// Merges two descendants of `base`, line by line.
pub fn merge3(base: &str, mine: &str, theirs: &str) -> Merge {
    let (base, mine, theirs) = (lines(base), lines(mine), lines(theirs));
    let mut sides = [Side::new(&base, &mine), Side::new(&base, &theirs)];
    let mut merge = Merge::default();
    let mut at = 0;
    while let Some(span) = next_span(&mut sides) {
        push_clean(&mut merge, joined(&base, at..span.start));
        at = span.end;
        let [mine, theirs] = sides.each_mut().map(|side| side.take(&span));
        let base = joined(&base, span);
        match () {
            () if mine == theirs || theirs == base => push_clean(&mut merge, mine),
            () if mine == base => push_clean(&mut merge, theirs),
            () => merge.regions.push(Region::Conflict { base, mine, theirs }),
        }
    }
    push_clean(&mut merge, joined(&base, at..base.len()));
    merge
}

fn push_clean(merge: &mut Merge, text: String) {
    match merge.regions.last_mut() {
        _ if text.is_empty() => {}
        Some(Region::Clean(last)) => last.push_str(&text),
        _ => merge.regions.push(Region::Clean(text)),
    }
}

/// One descendant and where it differs from the base.
struct Side<'a> {
    lines: &'a [&'a str],
    /// Changed ranges: of the base, and of this side.
    changes: Vec<(Range<usize>, Range<usize>)>,
    /// Changes already in a span.
    taken: usize,
    /// Changes already written.
    written: usize,
}

impl<'a> Side<'a> {
    fn new(base: &[&str], lines: &'a [&'a str]) -> Self {
        let deadline = Some(Instant::now() + MAX_DIFF_TIME);
        let ops = capture_diff_slices_deadline(Algorithm::Myers, base, lines, deadline);
        let changed = ops.iter().filter(|op| !matches!(op, DiffOp::Equal { .. }));
        Side { lines, changes: changed.map(|op| (op.old_range(), op.new_range())).collect(), taken: 0, written: 0 }
    }

    fn next(&self) -> Option<Range<usize>> {
        self.changes.get(self.taken).map(|(base, _)| base.clone())
    }

    /// This side's text for a span of the base: between changes both run in step.
    fn take(&mut self, span: &Range<usize>) -> String {
        let before = self.written.checked_sub(1).and_then(|last| self.changes.get(last));
        let shifted = |(base, own): &(Range<usize>, Range<usize>), at: usize| (at + own.end).saturating_sub(base.end);
        let start = before.map_or(span.start, |change| shifted(change, span.start));
        self.written = self.taken;
        let last = self.written.checked_sub(1).and_then(|last| self.changes.get(last));
        let end = last.map_or(span.end, |change| shifted(change, span.end));
        joined(self.lines, start..end)
    }
}

/// The next stretch of the base that either side changed, grown until no change crosses or touches its end.
fn next_span(sides: &mut [Side<'_>; 2]) -> Option<Range<usize>> {
    let mut span = sides.iter().filter_map(Side::next).min_by_key(|range| (range.start, range.end))?;
    loop {
        let Some(side) = sides.iter_mut().find(|side| side.next().is_some_and(|range| meets(&span, &range))) else {
            return Some(span);
        };
        let end = side.next().map_or(span.end, |range| range.end);
        side.taken += 1;
        span.end = span.end.max(end);
    }
}

/// Two changes next to each other can both stand, unless one only inserts: then nobody knows which comes first.
fn meets(span: &Range<usize>, next: &Range<usize>) -> bool {
    next.start < span.end || next.start == span.start || (next.start == span.end && next.is_empty())
}
