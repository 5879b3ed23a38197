//! Every form that a page shows, sent with what nobody should send. The pages are those of `doors.txt`, seen by the owner.

use crate::doors::{furnish, paths_of_pages};
use crate::harness::*;
use std::collections::BTreeMap;

const TOO_LONG: usize = 10 * 1024 * 1024;
const SCRIPT: &str = "<script>alert('tow')</script>\"'><img src=x onerror=alert(1)>";

/// A form as a browser reads it.
struct Shown {
    action: String,
    /// Name, value, and whether a person can type there or choose.
    fields: Vec<(String, String, bool)>,
    has_words: bool,
}

impl Shown {
    /// The same for the forms of two rows of a list.
    fn shape(&self) -> String {
        format!("{} {:?}", self.action.replace(|c: char| c.is_ascii_digit(), ""), names(self))
    }
}

/// What is put into every field at once.
fn hostile() -> Vec<(&'static str, String)> {
    vec![
        ("nothing", String::new()),
        ("spaces", " \t ".to_owned()),
        ("a NUL byte", "before\0after".to_owned()),
        ("right-to-left marks", "\u{202e}gnp.exe\u{2066}\u{200f}".to_owned()),
        ("script", SCRIPT.to_owned()),
        ("a path", "../../../../etc/passwd".to_owned()),
        ("another's id", "0192aaaa-0000-7000-8000-000000000000".to_owned()),
        ("a number out of every range", "-99999999999999999999".to_owned()),
        ("far too much", "x".repeat(TOO_LONG)),
    ]
}

#[test]
fn every_form_of_every_page_survives_whatever_is_typed() {
    let app = App::new();
    furnish(&app);
    let ada = app.as_(ADA);
    let mut forms = BTreeMap::new();
    for path in paths_of_pages() {
        let page = ada.twin().get(&path);
        if page.status == 200 {
            forms.extend(forms_of(&page.text(), &path).into_iter().map(|form| (form.shape(), form)));
        }
    }
    assert!(forms.len() > 60, "only {} forms found; has the markup changed?", forms.len());
    let mut wrong = Vec::new();
    for form in forms.values() {
        for (what, value) in hostile() {
            wrong.extend(app.undoing(|| tried(&ada.twin(), form, what, &value)));
        }
    }
    assert!(wrong.is_empty(), "{} of {} forms:\n{}", wrong.len(), forms.len(), wrong.join("\n"));
}

/// What went wrong, if anything did.
fn tried(client: &Client, form: &Shown, what: &str, value: &str) -> Option<String> {
    // All fields together would pass the limit of a whole form; one alone must be refused by its own.
    let last = form.fields.iter().rposition(|(_, _, is_open)| *is_open);
    let is_meant = |index| value.len() < TOO_LONG || Some(index) == last;
    let typed = |(index, (name, own, is_open))| -> (&str, &str) {
        let (name, own, is_open): (&String, &String, &bool) = (name, own, is_open);
        (name, if *is_open && is_meant(index) { value } else { own })
    };
    let fields: Vec<(&str, &str)> =
        form.fields.iter().map(|(name, own, open)| (name, own, open)).enumerate().map(typed).collect();
    let answer = client.post(&form.action, &fields);
    let body = answer.text();
    // A page that only repeats megabytes helps nobody, but loses nothing either.
    let wrong = if answer.status >= 500 {
        "fails"
    } else if body.contains("<script>alert('tow')") || body.contains("<img src=x") {
        "is not escaped"
    } else if form.has_words && answer.status == 422 && what == "script" && !body.contains("&#60;script&#62;") {
        "is not kept"
    } else if body.len() > 2 * TOO_LONG + 1_000_000 {
        "comes back several times"
    } else {
        return None;
    };
    Some(format!("{what} {wrong} in {} {:?}: {} {}", form.action, names(form), answer.status, answer.error))
}

fn names(form: &Shown) -> Vec<&str> {
    form.fields.iter().map(|(name, _, _)| name.as_str()).collect()
}

/// POST forms of our own markup: attributes in double quotes, no nested forms.
fn forms_of(html: &str, page: &str) -> Vec<Shown> {
    let pieces = html.split("<form").skip(1).filter_map(|rest| rest.split_once("</form>")).map(|(inside, _)| inside);
    let posting = pieces.filter(|inside| inside.split('>').next().is_some_and(|tag| tag.contains("method=\"post\"")));
    posting
        .map(|inside| {
            let tag = inside.split('>').next().unwrap();
            let action = attribute(tag, "action").unwrap_or_else(|| page.to_owned());
            Shown { action: action.replace("&amp;", "&"), fields: fields_of(inside), has_words: has_words(inside) }
        })
        .collect()
}

fn fields_of(inside: &str) -> Vec<(String, String, bool)> {
    let tags = inside
        .split('<')
        .filter(|tag| ["input", "textarea", "select", "button"].iter().any(|kind| tag.starts_with(kind)));
    tags.filter_map(|tag| {
        let name = attribute(tag, "name").filter(|name| name != "_csrf")?;
        let is_open = !tag.contains("type=\"hidden\"") && !tag.starts_with("button");
        Some((name, attribute(tag, "value").unwrap_or_default(), is_open))
    })
    .collect()
}

/// Whether it has a field whose words would be missed when they did not come back. A password never comes back.
fn has_words(inside: &str) -> bool {
    if inside.contains("type=\"password\"") {
        return false;
    }
    inside.contains("<textarea")
        || inside.split("<input").skip(1).any(|tag| tag.contains("type=\"text\"") || !tag.contains(" type="))
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let rest = tag.split_once(&format!(" {name}=\""))?.1;
    Some(rest.split('"').next()?.to_owned())
}
