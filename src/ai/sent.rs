//! A request made readable, before it leaves or after: who says what to the model, which passage is whose, and what was masked. It is
//! read from the body itself, so that what is shown is what is sent.

use super::{ADDRESS, Masks, Prompt, Request, SECRET, WORD};
use crate::config::Ai;
use crate::error::{Error, Result};
use crate::records::Record;
use crate::text_enum;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;
use uuid::Uuid;

/// Of all texts of a request that a page shows; the rest is in the file.
pub const MAX_SHOWN_CHARS: usize = 200_000;

/// Where passages stand in a request: each between two lines that begin with the fence.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marks {
    pub fence: String,
    /// Whose text each is, in their order; None for a page of the web.
    pub sources: Vec<Option<Uuid>>,
}

text_enum!(
    /// Whose words a part is. `ai-sent-WORD` is its heading.
    Voice {
        Instructions = "instructions", Person = "person", Material = "material", Answer = "answer", Call = "call", Tool = "tool",
        /// Encrypted; only the provider reads it.
        Thought = "thought",
        /// To be made into a vector.
        Text = "text",
        Query = "query", Address = "address",
    }
);

/// A request, as a page shows it.
#[derive(Clone)]
pub struct Sent {
    pub model: String,
    /// How long the model may think; empty where it does not.
    pub effort: String,
    pub parts: Vec<Part>,
    pub tools: Vec<Offered>,
    /// Whether the answer shall have a given shape.
    pub is_shaped: bool,
    /// Whether there is more than `MAX_SHOWN_CHARS`.
    pub is_cut: bool,
}

#[derive(Debug, Clone)]
pub struct Part {
    pub voice: Voice,
    pub blocks: Vec<Block>,
}

#[derive(Debug, Clone)]
pub struct Block {
    /// None for words between passages.
    pub passage: Option<Passage>,
    pub pieces: Vec<Piece>,
}

#[derive(Debug, Clone)]
pub struct Passage {
    /// As the reader may open it now.
    pub record: Option<Record>,
    /// As the model was told: ID and title, or address.
    pub label: String,
    pub is_of_web: bool,
}

#[derive(Clone)]
pub struct Piece {
    pub text: String,
    /// What was masked stood here.
    pub is_mask: bool,
}

/// A tool that the model may ask for.
#[derive(Debug, Clone)]
pub struct Offered {
    pub name: String,
    pub about: String,
}

impl Sent {
    /// Of one that has not left: as it would leave now. `seen` are the records of it that its reader may open.
    pub fn of_prompt(prompt: &Prompt, ai: &Ai, masks: &Masks, seen: &BTreeMap<Uuid, Record>) -> Result<Sent> {
        let mut body = serde_json::to_value(prompt.body(ai, true)).map_err(Error::broken)?;
        masks.mask(&mut body, &prompt.marks().fence);
        Ok(Sent::of_body(&body, prompt.marks(), seen))
    }

    pub fn of_kept(request: &Request, seen: &BTreeMap<Uuid, Record>) -> Result<Sent> {
        let body: Value = serde_json::from_str(&request.body).map_err(Error::broken)?;
        Ok(Sent::of_body(&body, &request.marks(), seen))
    }

    fn of_body(body: &Value, marks: &Marks, seen: &BTreeMap<Uuid, Record>) -> Sent {
        let mut reader = Reader { marks, passages: 0, seen, left: MAX_SHOWN_CHARS, is_cut: false };
        let mut parts = Vec::new();
        if let Some(instructions) = text(body, "instructions") {
            parts.push(reader.part(Voice::Instructions, instructions));
        }
        parts.extend(array(body, "input").iter().filter_map(|item| reader.item(item)));
        parts.extend(text(body, "query").map(|query| reader.part(Voice::Query, query)));
        let addresses = array(body, "urls").iter().filter_map(Value::as_str);
        parts.extend(addresses.map(|address| reader.part(Voice::Address, address)));
        let own = |tool: &Value, name: &str| text(tool, name).unwrap_or_default().to_owned();
        let offered = |tool: &Value| Offered { name: own(tool, "name"), about: own(tool, "description") };
        Sent {
            model: own(body, "model"),
            effort: body.get("reasoning").map(|reasoning| own(reasoning, "effort")).unwrap_or_default(),
            parts,
            tools: array(body, "tools").iter().map(offered).collect(),
            is_shaped: body.get("text").is_some(),
            is_cut: reader.is_cut,
        }
    }
}

fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name).and_then(Value::as_str)
}

fn array<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

struct Reader<'a> {
    marks: &'a Marks,
    /// So far.
    passages: usize,
    seen: &'a BTreeMap<Uuid, Record>,
    left: usize,
    is_cut: bool,
}

impl Reader<'_> {
    fn item(&mut self, item: &Value) -> Option<Part> {
        if let Some(words) = item.as_str() {
            return Some(self.part(Voice::Text, words));
        }
        match text(item, "type") {
            Some("reasoning") => Some(Part { voice: Voice::Thought, blocks: Vec::new() }),
            Some("function_call") => {
                let (name, arguments) = (text(item, "name")?, text(item, "arguments").unwrap_or_default());
                Some(self.part(Voice::Call, &format!("{name} {arguments}")))
            }
            Some("function_call_output") => Some(self.fenced(Voice::Tool, text(item, "output")?)),
            _ => self.message(item),
        }
    }

    fn message(&mut self, item: &Value) -> Option<Part> {
        let words: Vec<&str> = match item.get("content")? {
            Value::String(words) => vec![words],
            Value::Array(all) => all.iter().filter_map(|part| text(part, "text")).collect(),
            _ => return None,
        };
        let words = words.join("\n");
        match text(item, "role") {
            Some("user") if self.is_fenced(&words) => Some(self.fenced(Voice::Material, &words)),
            Some("user") => Some(self.part(Voice::Person, &words)),
            _ => Some(self.part(Voice::Answer, &words)),
        }
    }

    fn is_fenced(&self, words: &str) -> bool {
        !self.marks.fence.is_empty() && words.contains(&format!("\n{} begin ", self.marks.fence))
    }

    fn part(&mut self, voice: Voice, words: &str) -> Part {
        Part { voice, blocks: vec![self.block(None, words)] }
    }

    /// Passages between their lines. No text can forge one: the mark is made by chance for each request.
    fn fenced(&mut self, voice: Voice, words: &str) -> Part {
        if !self.is_fenced(words) {
            return self.part(voice, words);
        }
        let (begin, end) = (format!("{} begin ", self.marks.fence), format!("{} end ", self.marks.fence));
        let (mut blocks, mut passage, mut lines) = (Vec::new(), None, Vec::new());
        for line in words.split('\n') {
            let label = line.strip_prefix(&begin);
            if label.is_none() && !line.starts_with(&end) {
                lines.push(line);
                continue;
            }
            let within = std::mem::take(&mut lines).join("\n");
            if passage.is_some() || !within.is_empty() {
                blocks.push(self.block(passage.take(), &within));
            }
            passage = label.map(|label| self.passage(label));
        }
        if !lines.is_empty() {
            blocks.push(self.block(passage, &lines.join("\n")));
        }
        Part { voice, blocks }
    }

    fn passage(&mut self, label: &str) -> Passage {
        let source = self.marks.sources.get(self.passages).copied().flatten();
        self.passages += 1;
        let record = source.and_then(|id| self.seen.get(&id)).cloned();
        Passage { record, label: label.to_owned(), is_of_web: source.is_none() }
    }

    fn block(&mut self, passage: Option<Passage>, words: &str) -> Block {
        let shown: String = words.chars().take(self.left).collect();
        self.left -= shown.chars().count();
        self.is_cut |= shown.len() < words.len();
        Block { passage, pieces: pieces(&shown) }
    }
}

/// The text, with what was masked apart.
fn pieces(words: &str) -> Vec<Piece> {
    let (mut pieces, mut rest) = (Vec::new(), words);
    // All masks begin with it: one look per bracket, however many there are.
    let mut looked = 0;
    while let Some(at) = rest.get(looked..).and_then(|after| after.find('[')).map(|at| looked + at) {
        let (before, after) = rest.split_at(at);
        match [ADDRESS, SECRET, WORD].into_iter().find_map(|mask| Some((mask, after.strip_prefix(mask)?))) {
            Some((mask, next)) => {
                pieces.push(Piece { text: before.to_owned(), is_mask: false });
                pieces.push(Piece { text: mask.to_owned(), is_mask: true });
                (rest, looked) = (next, 0);
            }
            None => looked = at + 1,
        }
    }
    pieces.push(Piece { text: rest.to_owned(), is_mask: false });
    pieces.retain(|piece| !piece.text.is_empty());
    pieces
}

impl Part {
    /// Message key of its heading.
    pub fn label(&self) -> String {
        format!("ai-sent-{}", self.voice)
    }

    pub fn is_thought(&self) -> bool {
        self.voice == Voice::Thought
    }
}

impl Sent {
    pub fn has_masks(&self) -> bool {
        let blocks = self.parts.iter().flat_map(|part| &part.blocks);
        blocks.flat_map(|block| &block.pieces).any(|piece| piece.is_mask)
    }

    /// For samples.
    pub fn sample() -> Sent {
        let fence = "9f2c61d4e8b07a35".to_owned();
        let material = format!(
            "Records of the workspace follow between lines with the mark {fence}.\n{fence} begin ATL-1 Order steel\nTen beams. Write to \
             [e-mail address].\n{fence} end ATL-1\n{fence} begin ATL-2 Gone\nA crane.\n{fence} end ATL-2"
        );
        let body = serde_json::json!({
            "model": "gpt-5.2", "instructions": "Answer from the records.", "reasoning": { "effort": "high" },
            "tools": [{ "name": "find_record", "description": "A record by its ID." }],
            "input": [
                { "role": "user", "content": [{ "type": "input_text", "text": "What did we order?" }] },
                { "role": "user", "content": [{ "type": "input_text", "text": material }] },
                { "type": "reasoning", "encrypted_content": "x" },
                { "type": "function_call", "name": "find_record", "arguments": "{\"id\":\"ATL-1\"}" },
                { "type": "function_call_output", "output": "Nothing was found." },
            ],
        });
        let steel = Record::sample(crate::access::Kind::Ticket, "ATL-1", "Order steel");
        let (known, gone) = (Uuid::nil(), Uuid::from_u128(1));
        let marks = Marks { fence, sources: vec![Some(known), Some(gone)] };
        Sent::of_body(&body, &marks, &BTreeMap::from([(known, steel)]))
    }
}

/// Its length: the words are the asker's.
impl fmt::Debug for Piece {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Piece").field("bytes", &self.text.len()).field("is_mask", &self.is_mask).finish()
    }
}
