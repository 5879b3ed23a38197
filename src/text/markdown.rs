//! Markdown into HTML that is safe to print unescaped, and into plain words. Bounded in every direction: size, nesting,
//! typed HTML, references, time. Order: parse, cut what is nested too deep, settle typed HTML, write, sanitise, decorate.

use super::decorate::{Mention, decorate, mark, page_id};
use super::reference::{MAX_REFERENCES, Piece, Reference, Target, of_address, pieces};
use super::{highlight, raw_html, sanitise};
use comrak::html::{ChildRendering, Context, format_document_with_formatter, format_node_default};
use comrak::nodes::{ListType, Node, NodeCodeBlock, NodeList, NodeValue};
use comrak::options::Plugins;
use comrak::{Arena, Options, try_parse_document};
use std::collections::{HashMap, HashSet};
use std::fmt::{self, Write};
use std::time::{Duration, Instant};

/// What is longer is cut here; the door (`value::Body`) refuses it before.
pub const MAX_SOURCE_BYTES: usize = 1024 * 1024;
/// Levels of the document tree (a list and its item are two). What is deeper keeps its words and loses its form.
pub const MAX_NESTING: usize = 64;
/// A text that takes longer to read is shown as it was typed.
pub const MAX_PARSE_TIME: Duration = Duration::from_secs(3);
/// The page has the only `h1`.
const TOP_LEVEL: usize = 2;

/// A text ready for the page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rendered {
    /// Sanitised; print it unescaped inside `.prose`.
    pub html: String,
    pub headings: Vec<Heading>,
    /// Each once, in order of appearance, whether or not it was resolved.
    pub references: Vec<Reference>,
    /// Words of running text, for the reading time.
    pub words: usize,
}

/// A heading as written on the page: level 2 to 6, without gaps, and its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heading {
    pub level: u8,
    pub id: String,
    pub text: String,
}

/// Where a text stands: words in the reader's language, and what keeps its ids apart from those of other texts.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'a> {
    /// Empty for the only text of a page; else unique on it, such as `c12`.
    pub space: &'a str,
    pub code: &'a str,
    pub table: &'a str,
    /// Read out with the number of the footnote reference after it.
    pub back: &'a str,
    /// For words that nobody answers for: what leads to another site is text with its address beside it.
    pub keeps_inside: bool,
}

impl Default for Setting<'_> {
    fn default() -> Self {
        Setting { space: "", code: "Code", table: "Table", back: "Back to reference", keeps_inside: false }
    }
}

/// Renders the only text of a page, in English; see `render_in`.
pub fn render(source: &str, links: &dyn Fn(&Reference) -> Option<Target>) -> Rendered {
    render_in(&Setting::default(), source, links)
}

/// Renders a text. `links` is asked once per different reference; what it does not know stays plain text.
pub fn render_in(setting: &Setting<'_>, source: &str, links: &dyn Fn(&Reference) -> Option<Target>) -> Rendered {
    let (arena, options, plugins) = (Arena::new(), options(), Plugins::default());
    let Some(root) = parse(&arena, source, &options) else {
        return as_typed(source, setting);
    };
    raw_html::settle(root);
    let mut html = String::with_capacity(source.len() * 2);
    let page = Page { space: setting.space.to_owned(), ..Page::default() };
    let Ok(page) = format_document_with_formatter(root, &options, &mut html, &plugins, write_node, page) else {
        return as_typed(source, setting);
    };
    let references = page.references();
    let targets: HashMap<&Reference, Option<Target>> = references.iter().map(|r| (r, links(r))).collect();
    let mentions = page
        .mentions
        .iter()
        .map(|(reference, typed)| Mention { target: targets.get(reference).cloned().flatten(), typed: typed.clone() });
    let mentions: Vec<Mention> = mentions.collect();
    let html = decorate(&sanitise::sanitise(&html), &mentions, setting);
    Rendered { html, headings: page.headings, references, words: page.words }
}

/// The references of a text, each once, in order of appearance; cheaper than rendering.
pub fn references(source: &str) -> Vec<Reference> {
    let (arena, options) = (Arena::new(), options());
    let Some(root) = parse(&arena, source, &options) else { return Vec::new() };
    let mut page = Page::default();
    let mut open = vec![root];
    while let Some(node) = open.pop() {
        match &node.data().value {
            NodeValue::Text(text) => page.note(text, |_| {}),
            // What a link says is not running text; where it leads may be one of our own pages.
            NodeValue::Link(link) => {
                if let Some(reference) = of_address(&link.url) {
                    page.number(reference, &link.url);
                }
            }
            NodeValue::Image(_) => {}
            _ => open.extend(node.reverse_children()),
        }
    }
    page.references()
}

/// The words of a text without its markup, a line per block, for search and previews.
pub fn plain(source: &str) -> String {
    let (arena, options) = (Arena::new(), options());
    match parse(&arena, source, &options) {
        Some(root) => words(root),
        None => bounded(source).to_owned(),
    }
}

/// The beginning of a text on one line, cut at a word, with an ellipsis when something was cut.
pub fn excerpt(source: &str, max_chars: usize) -> String {
    let mut out = String::new();
    let mut left = max_chars;
    for word in plain(source).split_whitespace() {
        let len = word.chars().count() + usize::from(!out.is_empty());
        if len > left {
            if out.is_empty() {
                out.extend(word.chars().take(max_chars));
            }
            out.push('…');
            return out;
        }
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
        left -= len;
    }
    out
}

pub(super) fn options() -> Options<'static> {
    let mut options = Options::default();
    options.extension.table = true;
    options.extension.tasklist = true;
    options.extension.footnotes = true;
    options.extension.strikethrough = true;
    options.extension.autolink = true;
    options.parse.escaped_char_spans = true; // so that `\@ada` and `\[[x]]` are no references
    options.render.ignore_empty_links = true;
    options.render.r#unsafe = true; // judged by the sanitiser, which alone knows what is allowed
    options
}

fn bounded(source: &str) -> &str {
    source.get(..source.floor_char_boundary(MAX_SOURCE_BYTES)).unwrap_or_default()
}

/// The cut tree, or `None` when reading took too long.
pub(super) fn parse<'a>(arena: &'a Arena<'a>, source: &str, options: &Options<'_>) -> Option<Node<'a>> {
    let start = Instant::now();
    let root = try_parse_document(arena, bounded(source), options, &|| start.elapsed() > MAX_PARSE_TIME).ok()?;
    cut(root);
    Some(root)
}

pub(super) fn parse_default<'a>(arena: &'a Arena<'a>, source: &str) -> Option<Node<'a>> {
    parse(arena, source, &options())
}

fn cut<'a>(root: Node<'a>) {
    let mut open = vec![(root, 0)];
    while let Some((node, depth)) = open.pop() {
        let in_table = matches!(node.data().value, NodeValue::TableRow(_) | NodeValue::TableCell);
        if depth >= MAX_NESTING && !in_table && node.first_child().is_some() {
            flatten(node);
        } else {
            open.extend(node.children().map(|child| (child, depth + 1)));
        }
    }
}

/// Keeps the words of what is nested too deep, in one paragraph.
fn flatten<'a>(node: Node<'a>) {
    let text = words(node);
    let children: Vec<Node<'a>> = node.children().collect();
    let Some((first, others)) = children.split_first() else { return };
    others.iter().for_each(|child| child.detach());
    first.children().collect::<Vec<_>>().iter().for_each(|child| child.detach());
    first.data_mut().value = NodeValue::Text(text.trim().to_owned().into());
    let mut data = node.data_mut();
    if data.value.block() {
        data.value = NodeValue::Paragraph;
    }
}

/// The words below a node, each block on its own line.
pub(super) fn words(root: Node<'_>) -> String {
    let mut out = String::new();
    let mut open = vec![root];
    while let Some(node) = open.pop() {
        let value = &node.data().value;
        if value.block() && !out.is_empty() && !out.ends_with('\n') {
            out.push(if matches!(value, NodeValue::TableCell) { ' ' } else { '\n' });
        }
        match value {
            NodeValue::Text(text) => out.push_str(text),
            NodeValue::Code(code) => out.push_str(&code.literal),
            NodeValue::CodeBlock(code) => out.push_str(&code.literal),
            NodeValue::HtmlBlock(html) => out.push_str(&raw_html::words(&html.literal)),
            NodeValue::HtmlInline(html) => out.push_str(&raw_html::words(html)),
            NodeValue::SoftBreak => out.push(' '),
            NodeValue::LineBreak => out.push('\n'),
            _ => {}
        }
        open.extend(node.reverse_children());
    }
    out
}

fn as_typed(source: &str, setting: &Setting<'_>) -> Rendered {
    let code = highlight::highlight("", bounded(source));
    let html = decorate(&format!("<pre><code>{code}</code></pre>"), &[], setting);
    Rendered { html, words: source.split_whitespace().count(), ..Rendered::default() }
}

/// What is collected while the tree is written.
#[derive(Default)]
struct Page {
    space: String,
    headings: Vec<Heading>,
    /// Levels as typed, from the outermost heading to the present one.
    heading_path: Vec<u8>,
    mentions: Vec<(Reference, String)>,
    known: HashMap<(Reference, String), usize>,
    links: usize,
    tasks: usize,
    words: usize,
}

impl Page {
    /// Hands each stretch of `text` to `each`, references by their number.
    fn note<'t>(&mut self, text: &'t str, mut each: impl FnMut(Result<&'t str, usize>)) {
        for piece in pieces(text) {
            match piece {
                Piece::Text(text) => each(Ok(text)),
                Piece::Reference(reference, typed) => match self.number(reference, typed) {
                    Some(number) => each(Err(number)),
                    None => each(Ok(typed)),
                },
            }
        }
    }

    fn number(&mut self, reference: Reference, typed: &str) -> Option<usize> {
        let key = (reference, typed.to_owned());
        if let Some(number) = self.known.get(&key) {
            return Some(*number);
        }
        if self.mentions.len() >= MAX_REFERENCES {
            return None;
        }
        self.mentions.push(key.clone());
        self.known.insert(key, self.mentions.len() - 1);
        Some(self.mentions.len() - 1)
    }

    fn references(&self) -> Vec<Reference> {
        let mut seen = HashSet::new();
        let all = self.mentions.iter().map(|(reference, _)| reference);
        all.filter(|reference| seen.insert(*reference)).cloned().collect()
    }

    /// The level on the page: one below the heading it stands under, so that none is skipped.
    fn level(&mut self, typed: u8) -> usize {
        while self.heading_path.last().is_some_and(|above| *above >= typed) {
            self.heading_path.pop();
        }
        self.heading_path.push(typed);
        (TOP_LEVEL + self.heading_path.len() - 1).min(6)
    }
}

type Step = Result<ChildRendering, fmt::Error>;

fn write_node<'a>(to: &mut Context<'_, '_, Page>, node: Node<'a>, entering: bool) -> Step {
    match &node.data().value {
        NodeValue::Text(text) if entering => write_text(to, text),
        NodeValue::Escaped => Ok(ChildRendering::HTML),
        NodeValue::Heading(heading) => write_heading(to, node, heading.level, entering),
        NodeValue::CodeBlock(code) if entering => write_code(to, code),
        NodeValue::List(list) if list.is_task_list => write_task_list(to, list, entering),
        NodeValue::TaskItem(task) => write_task(to, node, task.symbol.is_some(), entering),
        NodeValue::Paragraph if is_task_label(node) => write_label(to, entering),
        NodeValue::Link(_) => {
            to.user.links = if entering { to.user.links + 1 } else { to.user.links.saturating_sub(1) };
            format_node_default(to, node, entering)
        }
        _ => format_node_default(to, node, entering),
    }
}

fn write_text(to: &mut Context<'_, '_, Page>, text: &str) -> Step {
    to.user.words += text.split_whitespace().count();
    if to.user.links > 0 {
        to.escape(text)?;
        return Ok(ChildRendering::HTML);
    }
    let mut stretches = Vec::new();
    to.user.note(text, |stretch| stretches.push(stretch));
    for stretch in stretches {
        match stretch {
            Ok(text) => to.escape(text)?,
            Err(number) => to.write_str(&mark(number))?,
        }
    }
    Ok(ChildRendering::HTML)
}

fn write_heading(to: &mut Context<'_, '_, Page>, node: Node<'_>, typed: u8, entering: bool) -> Step {
    if entering {
        let level = to.user.level(typed);
        let text = words(node);
        let id = to.anchorizer.anchorize(&text);
        to.cr()?;
        write!(to, "<h{level} id=\"")?;
        to.escape(&id)?;
        to.write_str("\">")?;
        let id = page_id(&to.user.space, &id);
        to.user.headings.push(Heading { level: u8::try_from(level).unwrap_or(6), id, text });
    } else {
        let level = to.user.headings.last().map_or(6, |heading| heading.level);
        writeln!(to, "</h{level}>")?;
    }
    Ok(ChildRendering::HTML)
}

fn write_code(to: &mut Context<'_, '_, Page>, code: &NodeCodeBlock) -> Step {
    let (language, name) = language_and_name(&code.info);
    to.cr()?;
    to.write_str("<pre data-code=\"")?;
    to.escape(name)?;
    to.write_str("\"><code>")?;
    to.write_str(&highlight::highlight(language, &code.literal))?;
    to.write_str("</code></pre>\n")?;
    Ok(ChildRendering::HTML)
}

/// `rust,ignore` is Rust; `yaml tow.yaml` and `tow.yaml` are YAML called by the file's name.
fn language_and_name(info: &str) -> (&str, &str) {
    let (first, rest) = info.trim().split_once(char::is_whitespace).unwrap_or((info.trim(), ""));
    let language = first.split([',', '{', ':']).next().unwrap_or_default();
    let is_file = |name: &str| name.contains('.') && !name.contains(['=', ',', '{', ' ']);
    match language.rsplit_once('.') {
        Some((_, extension)) => (extension, language),
        None if is_file(rest.trim()) => (language, rest.trim()),
        None => (language, highlight::shown_name(language)),
    }
}

fn write_task_list(to: &mut Context<'_, '_, Page>, list: &NodeList, entering: bool) -> Step {
    let name = if list.list_type == ListType::Ordered { "ol" } else { "ul" };
    to.cr()?;
    if entering {
        writeln!(to, "<{name} class=\"tasks\">")?;
    } else {
        writeln!(to, "</{name}>")?;
    }
    Ok(ChildRendering::HTML)
}

/// A full stop in the id: no heading's id can have one.
fn write_task(to: &mut Context<'_, '_, Page>, node: Node<'_>, done: bool, entering: bool) -> Step {
    let has_more = node.children().nth(1).is_some();
    if entering {
        to.user.tasks += 1;
        to.cr()?;
        let checked = if done { " checked" } else { "" };
        let number = to.user.tasks;
        write!(to, "<li><input type=\"checkbox\" id=\"task.{number}\"{checked}>")?;
    }
    match (entering, has_more) {
        (true, true) => to.write_str("<div>")?,
        (true, false) => {}
        (false, true) => to.write_str("</div></li>\n")?,
        (false, false) => to.write_str("</li>\n")?,
    }
    Ok(ChildRendering::HTML)
}

fn is_task_label(node: Node<'_>) -> bool {
    let in_task = node.parent().is_some_and(|parent| matches!(parent.data().value, NodeValue::TaskItem(_)));
    in_task && node.previous_sibling().is_none()
}

fn write_label(to: &mut Context<'_, '_, Page>, entering: bool) -> Step {
    if entering {
        let number = to.user.tasks;
        write!(to, "<label for=\"task.{number}\">")?;
    } else {
        to.write_str("</label>")?;
    }
    Ok(ChildRendering::HTML)
}
