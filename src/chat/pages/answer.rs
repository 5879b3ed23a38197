//! An answer as HTML: its claims lead to the records they cite, and nothing in it leads or loads from anywhere else, because whatever
//! the model read could have told it to.

use crate::chat::model::*;
use crate::records::{Record, Resolved};
use crate::text::{Reference, Setting, Target, render_in};
use std::cell::RefCell;
use uuid::Uuid;

/// How an answer names a page of the web: WEB-1.
pub const PAGE_PREFIX: &str = "WEB";

/// Something an answer cites, in the order of its first mention.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cited {
    Record { number: usize, display_id: String, title: String, icon: &'static str, href: String },
    Page { number: usize, title: String, site: String, address: String, published_on: Option<chrono::NaiveDate> },
}

impl Cited {
    pub fn number(&self) -> usize {
        match self {
            Cited::Record { number, .. } | Cited::Page { number, .. } => *number,
        }
    }
}

/// `space` keeps the ids of several answers of a page apart. A citation counts only of what the answer was made from; other IDs are
/// plain references, and what the reader cannot open stays plain text.
pub fn cited(space: &str, text: &str, read: &[Uuid], resolved: &Resolved, pages: &[CitedPage]) -> (String, Vec<Cited>) {
    if text.trim().is_empty() {
        return (String::new(), Vec::new());
    }
    let found: RefCell<Vec<Cited>> = RefCell::default();
    let links = |reference: &Reference| -> Option<Target> {
        let Reference::Id { prefix, number } = reference else { return resolved.target(reference) };
        let page = pages.iter().find(|page| prefix == PAGE_PREFIX && page.number == *number);
        let id = format!("{prefix}-{number}");
        let record = resolved.records.iter().find(|record| record.display_id == id && read.contains(&record.id.0));
        let mut found = found.borrow_mut();
        let next = found.len() + 1;
        let cited = match (page, record) {
            (Some(page), _) => of_page(next, page),
            (None, Some(record)) => of_record(next, record),
            (None, None) => return resolved.target(reference),
        };
        let title = match &cited {
            Cited::Record { title, display_id, .. } => format!("{display_id} {title}"),
            Cited::Page { title, .. } => title.clone(),
        };
        found.push(cited);
        let href = format!("#source-{space}-{next}");
        Some(Target { href, title: Some(title), label: Some(next.to_string()), class: Some(CITE) })
    };
    let setting = Setting { space, keeps_inside: true, ..Setting::default() };
    let html = unbracketed(&render_in(&setting, text, &links).html);
    (html, found.into_inner())
}

const CITE: &str = "cite";

fn of_record(number: usize, record: &Record) -> Cited {
    Cited::Record {
        number,
        display_id: record.display_id.clone(),
        title: record.title.clone(),
        icon: record.kind.as_str(),
        href: record.path(),
    }
}

fn of_page(number: usize, page: &CitedPage) -> Cited {
    let site = url::Url::parse(&page.address).ok().and_then(|url| url.host_str().map(str::to_owned));
    Cited::Page {
        number,
        title: page.title.clone(),
        site: site.unwrap_or_default(),
        address: page.address.clone(),
        published_on: page.published_on,
    }
}

/// `[<a …>1</a>]` without its brackets: the mark stands for them.
fn unbracketed(html: &str) -> String {
    const OPEN: &str = "<a class=\"ref cite\"";
    let (mut out, mut rest) = (String::with_capacity(html.len()), html);
    while let Some((before, after)) = rest.split_once(OPEN) {
        let (link, next) = after.split_once("</a>").unwrap_or((after, ""));
        let is_bracketed = before.ends_with('[') && next.starts_with(']');
        out.push_str(if is_bracketed { before.strip_suffix('[').unwrap_or(before) } else { before });
        out.push_str("<a class=\"cite\"");
        out.push_str(link);
        out.push_str("</a>");
        rest = if is_bracketed { next.strip_prefix(']').unwrap_or(next) } else { next };
    }
    out + rest
}
