//! Turns a set of Markdown files into a tree of documents, before anything is stored. Folders become parents; links between
//! the files are settled later, when the documents have their addresses.

use super::decorate::page_id;
use super::files::safe_path;
use super::links::rewrite;
use super::markdown::{parse_default, words};
use super::value::{Body, MAX_TITLE_CHARS, Tag, Title};
use crate::error::Msg;
use comrak::Arena;
use comrak::nodes::NodeValue;
use std::collections::{BTreeSet, HashMap, HashSet};

/// A file that was left out, or a line of it, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub about: String,
    pub msg: Msg,
}

impl Problem {
    pub fn about(about: impl Into<String>, msg: Msg) -> Self {
        Problem { about: about.into(), msg }
    }
}

/// A document to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doc {
    /// Inside the set; ends with `/` when it stands for a folder that has no page of its own.
    pub path: String,
    /// Index of the parent, which always comes before.
    pub parent: Option<usize>,
    pub title: String,
    pub tags: Vec<String>,
    /// As in the file, links included; see `Set::body`.
    pub body: String,
}

/// What was read.
#[derive(Debug, Clone, Default)]
pub struct Set {
    pub docs: Vec<Doc>,
    /// Images and other files: path, and size in bytes. Their content is not kept here.
    pub files: Vec<(String, u64)>,
    pub problems: Vec<Problem>,
    by_path: HashMap<String, usize>,
    file_paths: HashSet<String>,
}

/// What a link of the set leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Linked<'a> {
    /// Index of a document.
    Doc(usize),
    /// Path of another file of the set.
    File(&'a str),
}

const ENDINGS: [&str; 3] = [".md", ".markdown", ".mdown"];
/// Names of a page that stands for its folder.
const FOLDER_PAGES: [&str; 3] = ["index", "readme", "_index"];

/// A set on its way in, file by file.
#[derive(Debug, Default)]
pub struct Reading {
    set: Set,
    seen: HashSet<String>,
}

impl Reading {
    /// A file with a problem is left out and named.
    pub fn add(&mut self, sent: String, bytes: &[u8]) {
        let set = &mut self.set;
        let path = match safe_path(&sent) {
            Ok(path) if self.seen.insert(path.clone()) => path,
            Ok(path) => return set.problems.push(Problem::about(path, Msg::new("problem-path-twice"))),
            Err(msg) => return set.problems.push(Problem::about(sent, msg)),
        };
        if stem(&path).is_none() {
            set.file_paths.insert(path.clone());
            return set.files.push((path, bytes.len() as u64));
        }
        match read_doc(&path, bytes) {
            Ok(doc) => set.docs.push(doc),
            Err(msg) => set.problems.push(Problem::about(path, msg)),
        }
    }

    pub fn finish(mut self) -> Set {
        plant(&mut self.set);
        self.set
    }
}

/// All at once.
pub fn markdown_set(entries: impl IntoIterator<Item = (String, Vec<u8>)>) -> Set {
    let mut reading = Reading::default();
    entries.into_iter().for_each(|(path, bytes)| reading.add(path, &bytes));
    reading.finish()
}

impl Set {
    /// The body of a document with links into the set replaced by what `address` answers; `#parts` are kept.
    pub fn body(&self, index: usize, address: &mut dyn FnMut(Linked<'_>) -> Option<String>) -> String {
        let Some(doc) = self.docs.get(index) else { return String::new() };
        rewrite(&doc.body, &mut |link| {
            let (path, part) = link.split_once('#').unwrap_or((link, ""));
            let linked = self.find(&doc.path, path)?;
            let part = if part.is_empty() { String::new() } else { format!("#{}", page_id("", part)) };
            Some(address(linked)? + &part)
        })
    }

    /// Which documents (by index) link to which other files of the set, each pair once, in order.
    pub fn linked_files(&self) -> Vec<(usize, String)> {
        let mut pairs = Vec::new();
        for index in 0..self.docs.len() {
            let mut linked = BTreeSet::new();
            self.body(index, &mut |link| {
                if let Linked::File(path) = link {
                    linked.insert(path.to_owned());
                }
                None
            });
            pairs.extend(linked.into_iter().map(|path| (index, path)));
        }
        pairs
    }

    /// What a relative link in the file `from` leads to.
    fn find(&self, from: &str, link: &str) -> Option<Linked<'_>> {
        let scheme = link.split(['/', '?']).next().is_some_and(|first| first.contains(':'));
        if link.is_empty() || scheme || link.starts_with("//") {
            return None;
        }
        let path = percent_decoded(link.split('?').next().unwrap_or_default());
        let full = joined(folder_of(from), &path)?;
        let folder = full.trim_end_matches('/');
        let tries = [full.clone(), format!("{folder}.md"), format!("{folder}/")];
        let doc = tries.iter().find_map(|path| self.by_path.get(path)).map(|index| Linked::Doc(*index));
        doc.or_else(|| self.file_paths.get(&full).map(|path| Linked::File(path)))
    }
}

/// The path without its Markdown ending; `None` for other files.
fn stem(path: &str) -> Option<&str> {
    let folded = path.to_ascii_lowercase();
    let ending = ENDINGS.iter().find(|ending| folded.ends_with(**ending))?;
    path.get(..path.len() - ending.len())
}

fn folder_of(path: &str) -> &str {
    path.trim_end_matches('/').rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn name_of(path: &str) -> &str {
    path.trim_end_matches('/').rsplit('/').next().unwrap_or_default()
}

fn joined(folder: &str, link: &str) -> Option<String> {
    let mut parts: Vec<&str> = match link.starts_with('/') {
        true => Vec::new(),
        false => folder.split('/').filter(|part| !part.is_empty()).collect(),
    };
    for part in link.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let hex = after.get(..2).filter(|_| *first == b'%').and_then(|hex| std::str::from_utf8(hex).ok());
        let byte = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { after.get(2..).unwrap_or_default() } else { after };
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

fn read_doc(path: &str, bytes: &[u8]) -> Result<Doc, Msg> {
    let text =
        std::str::from_utf8(bytes).map_err(|error| Msg::new("problem-not-utf8").with("offset", error.valid_up_to()))?;
    let text = Body::parse(text.strip_prefix('\u{FEFF}').unwrap_or(text))?.into_string();
    let (front, body) = front_matter(&text);
    let (heading, without) = first_heading(body);
    let from_file = name_of(stem(path).unwrap_or(path)).to_owned();
    let title = front.title.clone().or_else(|| heading.clone()).unwrap_or(from_file);
    let body = if heading.as_ref() == Some(&title) { without } else { body };
    Ok(Doc { path: path.to_owned(), parent: None, title: shown_title(&title), tags: front.tags, body: body.to_owned() })
}

/// A title always comes of it: cut to length, or the placeholder for what cannot be read.
fn shown_title(title: &str) -> String {
    let cut: String = title.chars().take(MAX_TITLE_CHARS).collect();
    Title::parse(&cut).map_or_else(|_| "Untitled".to_owned(), Title::into_string)
}

#[derive(Default)]
struct Front {
    title: Option<String>,
    tags: Vec<String>,
}

/// Title and tags between the `---` lines at the beginning, and what follows them.
fn front_matter(text: &str) -> (Front, &str) {
    let Some(inside) = text.strip_prefix("---\n") else { return (Front::default(), text) };
    let end = ["\n---\n", "\n...\n"].iter().filter_map(|end| inside.find(end).map(|at| (at, at + end.len()))).min();
    let end = end.or_else(|| inside.ends_with("\n---").then_some((inside.len() - 4, inside.len())));
    let Some((end, body_from)) = end else { return (Front::default(), text) };
    let mut front = Front::default();
    let mut in_tags = false;
    for line in inside.get(..end).unwrap_or_default().lines() {
        let item = line.trim().strip_prefix("- ").filter(|_| in_tags);
        if let Some(item) = item {
            add_tags(&mut front.tags, item);
            continue;
        }
        in_tags = false;
        match line.split_once(':') {
            Some(("title", value)) => front.title = Some(unquoted(value)).filter(|title| !title.is_empty()),
            Some(("tags" | "labels", value)) => {
                in_tags = true;
                let list = value.trim().trim_start_matches('[').trim_end_matches(']');
                list.split(',').for_each(|tag| add_tags(&mut front.tags, tag));
            }
            _ => {}
        }
    }
    (front, inside.get(body_from..).unwrap_or_default().trim_start_matches('\n'))
}

fn add_tags(tags: &mut Vec<String>, typed: &str) {
    if let Ok(tag) = Tag::parse(&unquoted(typed)) {
        tags.push(tag.into_string());
    }
}

fn unquoted(value: &str) -> String {
    let value = value.trim();
    let inner = ['"', '\''].iter().find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote));
    inner.unwrap_or(value).trim().to_owned()
}

/// The first heading of level 1, and the body without it when nothing stands before it.
fn first_heading(body: &str) -> (Option<String>, &str) {
    let arena = Arena::new();
    let Some(root) = parse_default(&arena, body) else { return (None, body) };
    for (place, node) in root.children().enumerate() {
        let data = node.data();
        if matches!(&data.value, NodeValue::Heading(heading) if heading.level == 1) {
            let title = Some(words(node).trim().to_owned()).filter(|title| !title.is_empty());
            let after = body.split_inclusive('\n').take(data.sourcepos.end.line).map(str::len).sum::<usize>();
            let without = body.get(after..).filter(|_| place == 0).map(|rest| rest.trim_start_matches('\n'));
            return (title, without.unwrap_or(body));
        }
    }
    (None, body)
}

/// Gives each document its parent, makes pages for folders without one, and puts parents first.
fn plant(set: &mut Set) {
    set.docs.sort_by(|a, b| a.path.cmp(&b.path));
    let mut pages: HashMap<String, usize> = HashMap::new();
    for (index, doc) in set.docs.iter().enumerate() {
        if let Some(folder) = stood_for(&doc.path) {
            pages.entry(folder.to_owned()).or_insert(index);
        }
    }
    // `guide.md` stands for `guide/` when that has no page inside.
    for (index, doc) in set.docs.iter().enumerate() {
        if let Some(stem) = stem(&doc.path) {
            pages.entry(stem.to_owned()).or_insert(index);
        }
    }
    for index in 0..set.docs.len() {
        let Some(path) = set.docs.get(index).map(|doc| doc.path.clone()) else { continue };
        let own = stood_for(&path).filter(|folder| pages.get(*folder) == Some(&index));
        let parent = page_of(own.map_or_else(|| folder_of(&path), folder_of), &mut set.docs, &mut pages);
        if let Some(doc) = set.docs.get_mut(index) {
            doc.parent = parent;
        }
    }
    sort_by_depth(set);
}

/// The folder that `guide/index.md` stands for; not at the top, where there is none.
fn stood_for(path: &str) -> Option<&str> {
    let name = name_of(stem(path)?).to_ascii_lowercase();
    Some(folder_of(path)).filter(|folder| !folder.is_empty() && FOLDER_PAGES.contains(&name.as_str()))
}

/// The page of a folder, made when missing. Paths have a bounded number of parts, so this ends soon.
fn page_of(folder: &str, docs: &mut Vec<Doc>, pages: &mut HashMap<String, usize>) -> Option<usize> {
    if folder.is_empty() {
        return None;
    }
    if let Some(index) = pages.get(folder) {
        return Some(*index);
    }
    let parent = page_of(folder_of(folder), docs, pages);
    let title = shown_title(name_of(folder));
    docs.push(Doc { path: format!("{folder}/"), parent, title, tags: Vec::new(), body: String::new() });
    pages.insert(folder.to_owned(), docs.len() - 1);
    Some(docs.len() - 1)
}

fn sort_by_depth(set: &mut Set) {
    let depth = |mut index: usize| {
        let mut depth = 0;
        while let Some(parent) = set.docs.get(index).and_then(|doc| doc.parent) {
            (index, depth) = (parent, depth + 1);
        }
        depth
    };
    let mut order: Vec<(usize, usize)> = (0..set.docs.len()).map(|index| (depth(index), index)).collect();
    order.sort_by_key(|(depth, index)| (*depth, set.docs.get(*index).map(|doc| doc.path.clone())));
    let places: HashMap<usize, usize> = order.iter().enumerate().map(|(new, (_, old))| (*old, new)).collect();
    let sorted = order.iter().filter_map(|(_, old)| {
        let doc = set.docs.get(*old)?.clone();
        Some(Doc { parent: doc.parent.and_then(|parent| places.get(&parent).copied()), ..doc })
    });
    set.docs = sorted.collect();
    for (index, doc) in set.docs.iter().enumerate() {
        set.by_path.insert(doc.path.clone(), index);
        if let Some(folder) = stood_for(&doc.path) {
            set.by_path.entry(format!("{folder}/")).or_insert(index);
        }
    }
}
