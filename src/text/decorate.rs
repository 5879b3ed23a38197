//! What the page adds to sanitised HTML: focusable regions round what scrolls, `rel` on links that leave, references,
//! prefixes for ids, and links in place of remote images. Reads canonical HTML only, in which `<` always opens a tag.

use super::markdown::Setting;
use super::reference::Target;
use super::sanitise::REMOTE;

/// Every id made from a text begins with this, so that none can meet an id of the page.
pub const ID_PREFIX: &str = "h-";
const AWAY: &str = "noopener noreferrer nofollow";
const COMRAK_BACK: &str = "Back to reference ";

/// A resolved reference of this text: its target, if any, and what was typed.
pub struct Mention {
    pub target: Option<Target>,
    pub typed: String,
}

/// The mark that stands for mention number `index` until it is drawn.
pub fn mark(index: usize) -> String {
    format!("<span data-ref=\"{index}\"></span>")
}

/// The id on the page for an id inside a text.
pub fn page_id(space: &str, id: &str) -> String {
    match space {
        "" => format!("{ID_PREFIX}{id}"),
        space => format!("{ID_PREFIX}{space}-{id}"),
    }
}

/// Draws sanitised HTML for the page.
pub fn decorate(html: &str, mentions: &[Mention], setting: &Setting<'_>) -> String {
    let mut artist = Artist { out: String::with_capacity(html.len() * 2), mentions, setting, links: 0, outside: None };
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        let (text, from) = rest.split_at_checked(at).unwrap_or((rest, ""));
        artist.out.push_str(text);
        let (tag, after) = from.split_at_checked(tag_len(from)).unwrap_or((from, ""));
        rest = artist.draw(tag, after);
    }
    artist.out.push_str(rest);
    artist.out
}

struct Artist<'a> {
    out: String,
    mentions: &'a [Mention],
    setting: &'a Setting<'a>,
    /// Open links: inside one, no other is drawn.
    links: usize,
    /// Where the open link would lead off this server, when that is told instead, and where its text begins.
    outside: Option<(String, usize)>,
}

impl Artist<'_> {
    /// Draws one tag; returns what remains to be read.
    fn draw<'h>(&mut self, tag: &str, after: &'h str) -> &'h str {
        let inner = tag.trim_start_matches('<').trim_end_matches('>');
        let (name, inside) = inner.split_once(' ').unwrap_or((inner, ""));
        let attributes = attributes(inside);
        match name {
            "a" => self.link(&attributes),
            "/a" => {
                self.links = self.links.saturating_sub(1);
                match self.outside.take() {
                    Some((address, from)) => self.tell(&address, from),
                    None => self.out.push_str(tag),
                }
            }
            "img" => self.image(&attributes),
            "pre" => self.code_block(&attributes),
            "table" => {
                let label = self.setting.table;
                self.out.push_str("<div class=\"table-scroll\" tabindex=\"0\" role=\"group\"");
                self.attribute("aria-label", &escape(label));
                self.out.push_str("><table>");
            }
            "/table" => self.out.push_str("</table></div>"),
            // A head cell without a word would be read out as a head without a name.
            "th" if after.starts_with("</th>") => {
                self.out.push_str("<td></td>");
                return after.strip_prefix("</th>").unwrap_or(after);
            }
            "span" => {
                if let Some(after) = self.mention(&attributes, after) {
                    return after;
                }
                self.plain_tag(name, &attributes);
            }
            _ => self.plain_tag(name, &attributes),
        }
        after
    }

    fn plain_tag(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.out.push('<');
        self.out.push_str(name);
        for (name, value) in attributes {
            match *name {
                "id" | "for" => self.attribute(name, &page_id(self.setting.space, value)),
                "data-ref" | "data-code" => {}
                _ => self.attribute(name, value),
            }
        }
        self.out.push('>');
    }

    fn attribute(&mut self, name: &str, escaped: &str) {
        self.out.push_str(&format!(" {name}=\"{escaped}\""));
    }

    /// The address (still escaped) after the text of what is no link, unless the text says it.
    fn tell(&mut self, address: &str, from: usize) {
        if !self.out.get(from..).is_some_and(|text| text.contains(address)) {
            self.out.push_str(&format!(" (<code>{address}</code>)"));
        }
    }

    fn link(&mut self, attributes: &[(&str, &str)]) {
        self.links += 1;
        let address = find(attributes, "href").filter(|address| self.setting.keeps_inside && !stays(address));
        if let Some(address) = address {
            self.outside = Some((address.to_owned(), self.out.len()));
            return;
        }
        self.out.push_str("<a");
        for (name, value) in attributes {
            match (*name, value.strip_prefix('#')) {
                ("id", _) => self.attribute("id", &page_id(self.setting.space, value)),
                ("href", Some("")) => self.attribute("href", "#"),
                ("href", Some(id)) => {
                    self.attribute("href", &format!("#{}", page_id(self.setting.space, id)));
                }
                ("aria-label", _) => {
                    let number = value.strip_prefix(COMRAK_BACK).unwrap_or(value);
                    self.attribute("aria-label", &format!("{} {number}", escape(self.setting.back)));
                }
                _ => self.attribute(name, value),
            }
        }
        if find(attributes, "href").is_some_and(leaves) {
            self.out.push_str(&format!(" class=\"external\" rel=\"{AWAY}\""));
        }
        self.out.push('>');
    }

    /// Local images are shown; others become a link with the alternative text; without an address only that text stays.
    fn image(&mut self, attributes: &[(&str, &str)]) {
        let alt = find(attributes, "alt").unwrap_or_default();
        let source = find(attributes, "src").unwrap_or_default();
        match source.strip_prefix(REMOTE) {
            Some(address) if self.setting.keeps_inside => {
                let from = self.out.len();
                self.out.push_str(alt);
                self.tell(address, from);
            }
            Some(address) if self.links == 0 && !address.is_empty() => {
                let text = if alt.trim().is_empty() { address } else { alt };
                let rel = if leaves(address) { AWAY } else { "nofollow" };
                self.out.push_str(&format!("<a href=\"{address}\" class=\"external\" rel=\"{rel}\">{text}</a>"));
            }
            Some(address) => self.out.push_str(if alt.trim().is_empty() { address } else { alt }),
            None if source.is_empty() => self.out.push_str(alt),
            None => {
                self.out.push_str(&format!("<img src=\"{source}\" alt=\"{alt}\" loading=\"lazy\""));
                if let Some(title) = find(attributes, "title") {
                    self.attribute("title", title);
                }
                self.out.push('>');
            }
        }
    }

    fn code_block(&mut self, attributes: &[(&str, &str)]) {
        let label = match find(attributes, "data-code").filter(|name| !name.is_empty()) {
            Some(name) => format!("{}: {name}", escape(self.setting.code)),
            None => escape(self.setting.code),
        };
        self.out.push_str("<pre tabindex=\"0\" role=\"group\"");
        self.attribute("aria-label", &label);
        self.out.push('>');
    }

    /// Draws the mention that this mark stands for; `None` when the tag is no mark of ours.
    fn mention<'h>(&mut self, attributes: &[(&str, &str)], after: &'h str) -> Option<&'h str> {
        let index: usize = find(attributes, "data-ref")?.parse().ok()?;
        let mention = self.mentions.get(index)?;
        let after = after.strip_prefix("</span>")?;
        match &mention.target {
            Some(target) if self.links == 0 => {
                let class = target.class.map_or("ref".to_owned(), |class| format!("ref {class}"));
                self.out.push_str(&format!("<a class=\"{class}\" href=\"{}\"", escape(&target.href)));
                if let Some(title) = &target.title {
                    self.attribute("title", &escape(title));
                }
                let label = target.label.as_deref().unwrap_or(&mention.typed);
                self.out.push_str(&format!(">{}</a>", escape(label)));
            }
            _ => self.out.push_str(&escape(&mention.typed)),
        }
        Some(after)
    }
}

/// Whether an address is a path or a part of this page; everything else could carry something away.
fn stays(address: &str) -> bool {
    let folded = address.trim().replace('\\', "/");
    folded.starts_with('#') || folded.starts_with('/') && !folded.starts_with("//")
}

/// Whether an address leads off this server; browsers read `\` as `/`.
fn leaves(address: &str) -> bool {
    let folded = address.trim().replace('\\', "/").to_ascii_lowercase();
    folded.starts_with("//") || folded.starts_with("http:") || folded.starts_with("https:")
}

/// Length of the tag that `from` begins with, past quoted values.
fn tag_len(from: &str) -> usize {
    let mut quoted = false;
    for (at, b) in from.bytes().enumerate() {
        match b {
            b'"' => quoted = !quoted,
            b'>' if !quoted => return at + 1,
            _ => {}
        }
    }
    from.len()
}

/// Names and (still escaped) values, as the serialiser writes them: ` name="value"`.
fn attributes(inside: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    let mut rest = inside;
    while let Some((name, after)) = rest.split_once("=\"") {
        let Some((value, after)) = after.split_once('"') else { break };
        found.push((name.trim(), value));
        rest = after;
    }
    found
}

fn find<'a>(attributes: &[(&'a str, &'a str)], name: &str) -> Option<&'a str> {
    attributes.iter().find(|(found, _)| *found == name).map(|(_, value)| *value)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
