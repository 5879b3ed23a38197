//! HTML typed inside Markdown. A few harmless tags stay, without attributes; known others go; what only looks like a tag
//! (`Vec<String>`) is shown as typed. Tags are balanced within their parent, so that no open tag can run through the rest
//! of the document and make the HTML parser slow. This is not the sanitiser: that comes after, over everything.

use comrak::nodes::{Node, NodeValue};

/// Tags typed as HTML in one document; with more, all are shown as text.
pub const MAX_RAW_TAGS: usize = 2_000;
/// HTML elements open at once.
pub const MAX_OPEN_TAGS: usize = 32;

const KEPT_INLINE: [&str; 17] =
    ["a", "b", "code", "del", "em", "i", "ins", "kbd", "mark", "q", "s", "small", "strong", "sub", "sup", "u", "var"];
const KEPT_BLOCK: [&str; 5] = ["blockquote", "details", "div", "p", "summary"];
const VOID: [&str; 4] = ["br", "hr", "img", "wbr"];
/// Removed with all that they contain.
const REMOVED_WHOLE: [&str; 7] = ["script", "style", "iframe", "noscript", "textarea", "title", "template"];
const DROPPED: [&str; 77] = [
    "abbr",
    "acronym",
    "address",
    "applet",
    "area",
    "article",
    "aside",
    "audio",
    "base",
    "bdi",
    "bdo",
    "big",
    "body",
    "button",
    "canvas",
    "caption",
    "center",
    "cite",
    "col",
    "colgroup",
    "data",
    "dd",
    "dialog",
    "dir",
    "dl",
    "dt",
    "embed",
    "fieldset",
    "figcaption",
    "figure",
    "font",
    "footer",
    "form",
    "frame",
    "frameset",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "head",
    "header",
    "html",
    "input",
    "label",
    "legend",
    "li",
    "link",
    "main",
    "map",
    "marquee",
    "math",
    "meta",
    "nav",
    "object",
    "ol",
    "option",
    "param",
    "picture",
    "pre",
    "samp",
    "section",
    "select",
    "source",
    "span",
    "strike",
    "svg",
    "table",
    "tbody",
    "td",
    "th",
    "thead",
    "tr",
    "tt",
    "ul",
    "video",
];

/// Replaces every piece of HTML below `root` by its balanced, harmless form.
pub fn settle<'a>(root: Node<'a>) {
    let parents: Vec<Node<'a>> = root.descendants().filter(|node| node.children().any(is_raw)).collect();
    let all: usize = parents.iter().flat_map(|node| node.children()).filter_map(literal).map(|l| count_tags(&l)).sum();
    for parent in parents {
        settle_children(parent, all <= MAX_RAW_TAGS);
    }
}

/// The words of a piece of HTML, without its tags.
pub fn words(html: &str) -> String {
    let texts = tokens(html).into_iter().filter_map(|token| match token {
        Token::Text(text) | Token::Unknown(text) => Some(text),
        _ => None,
    });
    texts.collect()
}

fn is_raw(node: Node<'_>) -> bool {
    matches!(node.data().value, NodeValue::HtmlBlock(_) | NodeValue::HtmlInline(_))
}

fn literal(node: Node<'_>) -> Option<String> {
    match &node.data().value {
        NodeValue::HtmlBlock(block) => Some(block.literal.clone()),
        NodeValue::HtmlInline(text) => Some(text.clone()),
        _ => None,
    }
}

fn count_tags(html: &str) -> usize {
    html.bytes().filter(|b| *b == b'<').count()
}

fn settle_children(parent: Node<'_>, keep_tags: bool) {
    let mut html = Vec::new();
    for child in parent.children().filter(|child| is_raw(child)) {
        let block = matches!(child.data().value, NodeValue::HtmlBlock(_));
        html.push((child, block, literal(child).unwrap_or_default()));
    }
    if !keep_tags {
        for (child, _, text) in html {
            child.data_mut().value = NodeValue::Raw(escape(&text));
        }
        return;
    }
    let all: Vec<Vec<Token<'_>>> = html.iter().map(|(_, _, text)| tokens(text)).collect();
    let kept = balanced(&all, html.iter().map(|(_, block, _)| *block));
    for ((child, _, _), (tokens, kept)) in html.iter().zip(all.iter().zip(kept)) {
        let out = tokens.iter().zip(kept).map(|(token, kept)| write(token, kept)).collect();
        child.data_mut().value = NodeValue::Raw(out);
    }
}

/// For each token, whether its tag stays: void ones, and pairs that close in order.
fn balanced(all: &[Vec<Token<'_>>], blocks: impl Iterator<Item = bool>) -> Vec<Vec<bool>> {
    let mut kept: Vec<Vec<bool>> = all.iter().map(|tokens| vec![false; tokens.len()]).collect();
    let mut open: Vec<(&str, usize, usize)> = Vec::new();
    let mut pairs = Vec::new();
    for (i, (tokens, block)) in all.iter().zip(blocks).enumerate() {
        for (j, token) in tokens.iter().enumerate() {
            match token {
                Token::Open(tag) if VOID.contains(&tag.name.as_str()) => pairs.push((i, j)),
                Token::Open(tag) if is_kept(&tag.name, block) && open.len() < MAX_OPEN_TAGS => {
                    open.push((&tag.name, i, j));
                }
                Token::Close(name) => {
                    if let Some(at) = open.iter().rposition(|(opened, _, _)| opened == name) {
                        pairs.extend(open.get(at).map(|(_, i, j)| (*i, *j)));
                        pairs.push((i, j));
                        open.truncate(at);
                    }
                }
                _ => {}
            }
        }
    }
    for (i, j) in pairs {
        if let Some(mark) = kept.get_mut(i).and_then(|row| row.get_mut(j)) {
            *mark = true;
        }
    }
    kept
}

fn is_kept(name: &str, block: bool) -> bool {
    KEPT_INLINE.contains(&name) || (block && KEPT_BLOCK.contains(&name))
}

fn write(token: &Token<'_>, kept: bool) -> String {
    match token {
        Token::Text(text) => text.replace('<', "&lt;").replace('>', "&gt;"),
        Token::Unknown(text) => escape(text),
        Token::Open(tag) if kept => tag.write(),
        Token::Close(name) if kept => format!("</{name}>"),
        _ => String::new(),
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[derive(Debug)]
enum Token<'a> {
    /// Between tags; entities are live here.
    Text(&'a str),
    Open(Tag<'a>),
    Close(String),
    /// Looks like a tag and is none.
    Unknown(&'a str),
}

#[derive(Debug)]
struct Tag<'a> {
    name: String,
    inside: &'a str,
}

impl Tag<'_> {
    /// Only links, images and open details keep anything; the sanitiser judges the addresses.
    fn write(&self) -> String {
        let mut out = format!("<{}", self.name);
        let wanted: &[&str] = match self.name.as_str() {
            "a" => &["href", "title"],
            "img" => &["src", "alt", "title"],
            "details" => &["open"],
            _ => &[],
        };
        for (name, value) in attributes(self.inside) {
            if wanted.contains(&name.as_str()) {
                out.push_str(&format!(" {name}=\"{}\"", value.replace('"', "&quot;").replace('<', "&lt;")));
            }
        }
        out.push('>');
        out
    }
}

fn tokens(html: &str) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        let (text, from) = rest.split_at_checked(at).unwrap_or((rest, ""));
        found.push(Token::Text(text));
        let (token, after) = tag_at(from);
        found.extend(token);
        rest = after;
    }
    found.push(Token::Text(rest));
    found
}

/// The token that `from` (which begins with `<`) opens with, and what comes after it.
fn tag_at(from: &str) -> (Option<Token<'_>>, &str) {
    if from.starts_with("<!--") {
        return (None, from.split_once("-->").map_or("", |(_, after)| after));
    }
    let Some(end) = tag_end(from) else {
        return (Some(Token::Unknown(from)), "");
    };
    let (whole, after) = from.split_at_checked(end).unwrap_or((from, ""));
    let inner = whole.trim_start_matches('<').trim_end_matches('>');
    if inner.starts_with(['!', '?']) {
        return (None, after);
    }
    let closing = inner.starts_with('/');
    let inner = inner.trim_start_matches('/');
    let name_len = inner.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(inner.len());
    let (name, inside) = inner.split_at_checked(name_len).unwrap_or((inner, ""));
    let name = name.to_ascii_lowercase();
    let known = [&KEPT_INLINE[..], &KEPT_BLOCK, &VOID, &DROPPED].iter().any(|list| list.contains(&name.as_str()));
    if REMOVED_WHOLE.contains(&name.as_str()) {
        return (None, if closing { after } else { after_closing(after, &name) });
    }
    if !known {
        return (Some(Token::Unknown(whole)), after);
    }
    (Some(if closing { Token::Close(name) } else { Token::Open(Tag { name, inside }) }), after)
}

/// Where the tag ends, past quoted values.
fn tag_end(from: &str) -> Option<usize> {
    let mut quote = None;
    for (at, b) in from.bytes().enumerate() {
        match (quote, b) {
            (None, b'>') => return Some(at + 1),
            (None, b'"' | b'\'') => quote = Some(b),
            (Some(open), b) if b == open => quote = None,
            _ => {}
        }
    }
    None
}

fn after_closing<'a>(html: &'a str, name: &str) -> &'a str {
    let closes = |tail: &str| tail.get(..name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name));
    let mut tails = html.match_indices("</").filter_map(|(at, _)| html.get(at + 2..));
    tails.find(|tail| closes(tail)).and_then(|tail| tail.split_once('>')).map_or("", |(_, after)| after)
}

fn attributes(inside: &str) -> Vec<(String, &str)> {
    let mut found = Vec::new();
    let mut rest = inside.trim_matches(|c: char| c.is_whitespace() || c == '/');
    while !rest.is_empty() {
        let name_len = rest.find(|c: char| c.is_whitespace() || c == '=').unwrap_or(rest.len());
        let (name, after) = rest.split_at_checked(name_len).unwrap_or((rest, ""));
        let after = after.trim_start();
        let (value, after) = match after.strip_prefix('=') {
            Some(after) => value_at(after.trim_start()),
            None => ("", after),
        };
        found.push((name.to_ascii_lowercase(), value));
        rest = after.trim_start();
    }
    found
}

fn value_at(from: &str) -> (&str, &str) {
    for quote in ['"', '\''] {
        if let Some(inner) = from.strip_prefix(quote) {
            return inner.split_once(quote).unwrap_or((inner, ""));
        }
    }
    from.split_at_checked(from.find(char::is_whitespace).unwrap_or(from.len())).unwrap_or((from, ""))
}
