//! A text cut into passages: what a model makes one vector of, and what search shows of a long text. It is cut by its structure
//! (headings, then paragraphs, then sentences), so that an edit in one section leaves the passages of the others as they were.

use super::markdown::{options, parse, words};
use comrak::Arena;
use comrak::nodes::{Node, NodeValue};

/// Of one passage, its heading included: about 800 tokens of English.
pub const MAX_PASSAGE_CHARS: usize = 3_200;
/// Of the end of a passage that stand again at the beginning of the next one of the same section.
pub const OVERLAP_CHARS: usize = 320;
/// A section shorter than this stays with the one before.
pub const SHORT_SECTION_CHARS: usize = 800;
/// Of the headings above a passage.
pub const MAX_HEADING_CHARS: usize = 200;
/// Of one text; what follows has words in the index and no vectors.
pub const MAX_PASSAGES: usize = 500;
/// Of one paragraph that is cut: so it fits beside heading and overlap.
const MAX_PIECE_CHARS: usize = MAX_PASSAGE_CHARS - OVERLAP_CHARS - MAX_HEADING_CHARS - 2;

/// The passages of a Markdown text, without markup, each beginning with the headings it stands under. None for an empty text.
pub fn passages(source: &str) -> Vec<String> {
    let (arena, options) = (Arena::new(), options());
    let mut cutter = Cutter::default();
    match parse(&arena, source, &options) {
        Some(root) => root.children().for_each(|block| cutter.block(block)),
        None => cutter.words(source),
    }
    cutter.close();
    cutter.done
}

#[derive(Default)]
struct Cutter {
    done: Vec<String>,
    open: String,
    open_chars: usize,
    /// Of `open`, what is in no passage before.
    fresh_chars: usize,
    /// Level and words of the headings above.
    path: Vec<(u8, String)>,
    /// The heading was not written yet.
    is_headed: bool,
}

impl Cutter {
    fn block(&mut self, node: Node<'_>) {
        let (level, is_list) = match &node.data().value {
            NodeValue::Heading(heading) => (Some(heading.level), false),
            NodeValue::List(_) | NodeValue::Table(_) => (None, true),
            _ => (None, false),
        };
        match level {
            Some(level) => self.heading(level, &words(node)),
            None if is_list => node.children().for_each(|item| self.words(&words(item))),
            None => self.words(&words(node)),
        }
    }

    fn heading(&mut self, level: u8, text: &str) {
        if self.fresh_chars >= SHORT_SECTION_CHARS {
            self.close();
        }
        self.path.retain(|(above, _)| *above < level);
        self.path.push((level, on_one_line(text)));
        self.is_headed = false;
    }

    fn words(&mut self, text: &str) {
        let clean = on_one_line(text);
        for piece in pieces(&clean) {
            if self.fresh_chars > 0
                && self.open_chars + piece.chars().count() + MAX_HEADING_CHARS + 2 > MAX_PASSAGE_CHARS
            {
                let tail = tail(&self.open).to_owned();
                self.close();
                self.head();
                self.push(&tail);
                self.fresh_chars = 0;
            }
            self.head();
            self.push(piece);
            self.fresh_chars += piece.chars().count();
        }
    }

    fn head(&mut self) {
        if !self.is_headed {
            self.is_headed = true;
            let path: Vec<&str> =
                self.path.iter().map(|(_, text)| text.as_str()).filter(|text| !text.is_empty()).collect();
            let path: String = path.join(" › ").chars().take(MAX_HEADING_CHARS).collect();
            self.push(&path);
        }
    }

    fn push(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        if !self.open.is_empty() {
            self.open.push('\n');
            self.open_chars += 1;
        }
        self.open.push_str(text);
        self.open_chars += text.chars().count();
    }

    /// A heading without words is no passage.
    fn close(&mut self) {
        let open = std::mem::take(&mut self.open);
        if self.fresh_chars > 0 && self.done.len() < MAX_PASSAGES {
            self.done.push(open);
        }
        (self.open_chars, self.fresh_chars, self.is_headed) = (0, 0, false);
    }
}

fn on_one_line(text: &str) -> String {
    text.split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// A long paragraph in pieces: at the end of a sentence, else between words, else anywhere.
fn pieces(text: &str) -> Vec<&str> {
    let (mut all, mut rest) = (Vec::new(), text);
    while let Some((limit, _)) = rest.char_indices().nth(MAX_PIECE_CHARS) {
        let window = rest.get(..limit).unwrap_or_default();
        let sentence = window.rmatch_indices(['.', '!', '?', '。', '！', '？']).find_map(|(at, end)| {
            let after = at + end.len();
            (after > limit / 2 && rest.get(after..).is_some_and(|rest| !end.is_ascii() || rest.starts_with(' ')))
                .then_some(after)
        });
        let at = sentence.or_else(|| window.rfind(' ').filter(|at| *at > 0)).unwrap_or(limit);
        let (piece, left) = rest.split_at(at);
        all.push(piece.trim());
        rest = left.trim_start();
    }
    all.push(rest);
    all.retain(|piece| !piece.is_empty());
    all
}

/// The last words of a passage.
fn tail(text: &str) -> &str {
    let Some((from, _)) = text.char_indices().rev().nth(OVERLAP_CHARS - 1) else { return text };
    let end = text.get(from..).unwrap_or_default();
    end.find(char::is_whitespace).and_then(|at| end.get(at..)).unwrap_or(end).trim_start()
}
