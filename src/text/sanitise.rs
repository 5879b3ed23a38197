//! The one sanitiser. Whatever HTML a text became, this decides what of it stays; nothing reaches a page round it.
//! What the page adds of its own (focusable regions, `rel`, references) is added after, by `decorate`.

use ammonia::{Builder, UrlRelative};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

/// The only folder of this server that images may come from.
pub const IMAGE_FOLDER: &str = "/files/";
/// Marks the address of an image that must not load by itself; `decorate` makes it a link.
pub(super) const REMOTE: &str = "remote:";

static SANITISER: LazyLock<Builder<'static>> = LazyLock::new(build);

/// Canonical HTML of the allowed kind: attributes quoted, tags balanced.
pub fn sanitise(html: &str) -> String {
    SANITISER.clean(html).to_string()
}

fn build() -> Builder<'static> {
    let mut builder = Builder::empty();
    builder
        .tags(HashSet::from([
            "a",
            "b",
            "blockquote",
            "br",
            "code",
            "del",
            "details",
            "div",
            "em",
            "h2",
            "h3",
            "h4",
            "h5",
            "h6",
            "hr",
            "i",
            "img",
            "input",
            "ins",
            "kbd",
            "label",
            "li",
            "mark",
            "ol",
            "p",
            "pre",
            "q",
            "s",
            "section",
            "small",
            "span",
            "strong",
            "sub",
            "summary",
            "sup",
            "table",
            "tbody",
            "td",
            "th",
            "thead",
            "tr",
            "u",
            "ul",
            "var",
            "wbr",
        ]))
        .clean_content_tags(HashSet::from(["script", "style", "iframe", "noscript", "template", "textarea", "title"]))
        .tag_attributes(attributes())
        .tag_attribute_values(HashMap::from([("input", HashMap::from([("type", HashSet::from(["checkbox"]))]))]))
        .set_tag_attribute_values(HashMap::from([
            ("input", HashMap::from([("type", "checkbox"), ("disabled", "")])),
            ("th", HashMap::from([("scope", "col")])),
        ]))
        .allowed_classes(HashMap::from([
            ("span", HashSet::from(["k", "n", "s", "c"])),
            ("ul", HashSet::from(["tasks"])),
            ("ol", HashSet::from(["tasks"])),
            ("section", HashSet::from(["footnotes"])),
            ("sup", HashSet::from(["footnote-ref"])),
            ("a", HashSet::from(["footnote-backref"])),
        ]))
        .url_schemes(HashSet::from(SCHEMES))
        .url_relative(UrlRelative::PassThrough)
        .link_rel(None)
        .attribute_filter(attribute);
    builder
}

fn attributes() -> HashMap<&'static str, HashSet<&'static str>> {
    HashMap::from([
        ("a", HashSet::from(["href", "title", "id", "aria-label"])),
        ("img", HashSet::from(["src", "alt", "title"])),
        ("input", HashSet::from(["checked", "id"])),
        ("label", HashSet::from(["for"])),
        ("li", HashSet::from(["id"])),
        ("h2", HashSet::from(["id"])),
        ("h3", HashSet::from(["id"])),
        ("h4", HashSet::from(["id"])),
        ("h5", HashSet::from(["id"])),
        ("h6", HashSet::from(["id"])),
        ("ol", HashSet::from(["start"])),
        ("td", HashSet::from(["align"])),
        ("th", HashSet::from(["align"])),
        ("details", HashSet::from(["open"])),
        ("pre", HashSet::from(["data-code"])),
        ("span", HashSet::from(["data-ref"])),
    ])
}

const SCHEMES: [&str; 3] = ["http", "https", "mailto"];

/// Odd addresses go; images from elsewhere lose the power to load.
fn attribute<'v>(element: &str, attribute: &str, value: &'v str) -> Option<Cow<'v, str>> {
    match (element, attribute) {
        (_, "href" | "src") if is_odd(value) => None,
        ("img", "src") if is_local_image(value) => Some(value.into()),
        ("img", "src") => Some(format!("{REMOTE}{value}").into()),
        _ => Some(value.into()),
    }
}

/// What a lenient reader could take for another scheme.
fn is_odd(address: &str) -> bool {
    let first = address.split(['/', '?', '#']).next().unwrap_or_default();
    let scheme = first.split_once(':').map(|(scheme, _)| scheme.trim().to_ascii_lowercase());
    scheme.is_some_and(|scheme| !SCHEMES.contains(&scheme.as_str())) || address.chars().any(char::is_control)
}

fn is_local_image(address: &str) -> bool {
    let folded = address.to_ascii_lowercase();
    let climbs = ["..", "\\", "%2e", "%5c", "//"].iter().any(|sign| folded.contains(sign));
    address.starts_with(IMAGE_FOLDER) && !climbs
}
