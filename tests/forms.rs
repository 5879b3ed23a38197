//! Every form that a page shows, sent with what nobody should send. The pages are those of `doors.txt`, seen by the owner.

use crate::doors::{furnish, paths_of_pages};
use crate::harness::*;
use std::collections::BTreeMap;

const TOO_LONG: usize = 10 * 1024 * 1024;
const SCRIPT: &str = "<script>alert('tow')</script>\"'><img src=x onerror=alert(1)>";
const BOUNDARY: &str = "----a-line-between";

/// How a field comes to its value.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Hand {
    /// A person types or chooses.
    Person,
    /// A person chooses a file.
    File,
    /// The page alone.
    Page,
    /// A button, or what guards the form.
    Fixed,
}

/// A form as a browser reads it.
struct Shown {
    action: String,
    is_multipart: bool,
    fields: Vec<Field>,
    has_words: bool,
}

struct Field {
    name: String,
    /// What the browser would send if nobody touched it.
    own: String,
    hand: Hand,
    /// Which may be gone, or another's.
    names_a_thing: bool,
}

impl Shown {
    /// The same for the forms of two rows of a list.
    fn shape(&self) -> String {
        format!("{} {:?}", self.action.replace(|c: char| c.is_ascii_digit(), ""), self.names())
    }

    fn names(&self) -> Vec<&str> {
        self.fields.iter().map(|field| field.name.as_str()).collect()
    }

    fn of_hand(&self, hand: Hand) -> impl Iterator<Item = usize> {
        self.fields.iter().enumerate().filter(move |(_, field)| field.hand == hand).map(|(index, _)| index)
    }
}

/// What is put into a field.
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

fn forms(app: &App) -> Vec<Shown> {
    furnish(app);
    let ada = app.as_(ADA);
    let mut forms = BTreeMap::new();
    // Samples show what is not there.
    for path in paths_of_pages().into_iter().filter(|path| !path.starts_with("/_gallery")) {
        let page = ada.twin().get(&path);
        if page.status == 200 {
            forms.extend(forms_of(&page.text(), &path).into_iter().map(|form| (form.shape(), form)));
        }
    }
    assert!(forms.len() > 60, "only {} forms found; has the markup changed?", forms.len());
    forms.into_values().collect()
}

fn assert_none(wrong: Vec<String>) {
    assert!(wrong.is_empty(), "{} faults:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_form_of_every_page_survives_whatever_is_typed() {
    let app = App::new();
    let mut wrong = Vec::new();
    for form in forms(&app) {
        for (what, value) in hostile() {
            // All fields together would pass the limit of a whole form; one alone must be refused by its own.
            let all: Vec<usize> = form.of_hand(Hand::Person).chain(form.of_hand(Hand::File)).collect();
            let last = all.last().copied().into_iter().collect();
            let changed = if value.len() < TOO_LONG { all } else { last };
            wrong.extend(app.undoing(|| tried(&app, &form, &changed, what, &value)));
        }
    }
    assert_none(wrong);
}

#[test]
fn every_form_survives_whatever_its_hidden_fields_are_changed_to() {
    let app = App::new();
    let mut wrong = Vec::new();
    for form in forms(&app) {
        for index in form.of_hand(Hand::Page) {
            for (what, value) in hostile() {
                wrong.extend(app.undoing(|| tried(&app, &form, &[index], what, &value)));
            }
        }
    }
    assert_none(wrong);
}

/// What went wrong, if anything did.
fn tried(app: &App, form: &Shown, changed: &[usize], what: &str, value: &str) -> Option<String> {
    let sent = |(index, field)| -> (&Field, &str) {
        let field: &Field = field;
        (field, if changed.contains(&index) { value } else { &field.own })
    };
    let fields: Vec<(&Field, &str)> = form.fields.iter().enumerate().map(sent).collect();
    let before = rows(app);
    let answer = send(&app.as_(ADA), form, &fields);
    let body = answer.text();
    let names_a_thing = changed.iter().any(|index| form.fields[*index].names_a_thing);
    let is_typed = changed.iter().any(|index| form.fields[*index].hand == Hand::Person);
    // A page that only repeats megabytes helps nobody, but loses nothing either.
    let wrong = if answer.status >= 500 {
        "fails"
    } else if matches!(answer.status, 405 | 415) || answer.status == 404 && !names_a_thing {
        "is not understood"
    } else if answer.status >= 400 && rows(app) != before {
        "is refused and leaves something behind"
    } else if body.contains("<script>alert('tow')") || body.contains("<img src=x") {
        "is not escaped"
    } else if is_typed
        && form.has_words
        && answer.status == 422
        && what == "script"
        && !body.contains("&#60;script&#62;")
    {
        "is not kept"
    } else if body.len() > 2 * TOO_LONG + 1_000_000 {
        "comes back several times"
    } else {
        return None;
    };
    let names: Vec<&str> = changed.iter().map(|index| form.fields[*index].name.as_str()).collect();
    Some(format!(
        "{what} {wrong} as {names:?} in {} {:?}: {} {}",
        form.action,
        form.names(),
        answer.status,
        answer.error
    ))
}

/// Whatever a form can make.
fn rows(app: &App) -> i64 {
    const MADE: [&str; 14] = [
        "records",
        "docs",
        "doc_revisions",
        "comments",
        "files",
        "people",
        "groups",
        "group_members",
        "roles",
        "person_roles",
        "projects",
        "project_grants",
        "tokens",
        "invitations",
    ];
    let counts = MADE.map(|table| format!("(select count(*) from {table})"));
    app.count(&format!("select {} as count", counts.join(" + ")))
}

fn send(client: &Client, form: &Shown, fields: &[(&Field, &str)]) -> Answer {
    if !form.is_multipart {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(field, value)| (field.name.as_str(), *value)).collect();
        return client.post(&form.action, &fields);
    }
    let mut body = part("_csrf", None, &client.csrf());
    for (field, value) in fields {
        match field.hand {
            // As its name and as its content.
            Hand::File => body.push_str(&part(&field.name, Some(value), value)),
            _ => body.push_str(&part(&field.name, None, value)),
        }
    }
    client.post_raw(
        &form.action,
        &format!("multipart/form-data; boundary={BOUNDARY}"),
        format!("{body}--{BOUNDARY}--\r\n"),
    )
}

fn part(name: &str, file: Option<&str>, value: &str) -> String {
    // As browsers write a name that would break the line.
    let short = |name: &str| name.chars().take(200).collect::<String>().replace('"', "%22").replace('\0', "%00");
    let file = file.map(|file| format!("; filename=\"{}\"", short(file))).unwrap_or_default();
    format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n{value}\r\n")
}

/// POST forms of our own markup: attributes in double quotes, no nested forms.
fn forms_of(html: &str, page: &str) -> Vec<Shown> {
    let pieces = html.split("<form").skip(1).filter_map(|rest| rest.split_once("</form>")).map(|(inside, _)| inside);
    let posting = pieces.filter(|inside| inside.split('>').next().is_some_and(|tag| tag.contains("method=\"post\"")));
    posting
        .map(|inside| {
            let tag = inside.split('>').next().unwrap();
            let action = attribute(tag, "action").unwrap_or_else(|| page.to_owned());
            Shown {
                action: unescaped(&action),
                is_multipart: tag.contains("multipart/form-data"),
                fields: fields_of(inside),
                has_words: has_words(inside),
            }
        })
        .collect()
}

fn fields_of(inside: &str) -> Vec<Field> {
    let mut fields: Vec<Field> = Vec::new();
    for piece in inside.split('<') {
        let (tag, after) = piece.split_once('>').unwrap_or((piece, ""));
        let own = attribute(tag, "value").map(|value| unescaped(&value));
        if tag.starts_with("option") {
            // The first, unless another is chosen.
            if let (Some(select), Some(own)) = (fields.last_mut().filter(|field| field.hand == Hand::Person), own)
                && (select.own.is_empty() || tag.contains(" selected"))
            {
                select.own = own;
            }
            continue;
        }
        let is_field = ["input", "textarea", "select", "button"].iter().any(|kind| tag.starts_with(kind));
        let Some(name) = attribute(tag, "name").filter(|name| is_field && name != "_csrf") else { continue };
        let own = own.unwrap_or_else(|| if tag.starts_with("textarea") { unescaped(after) } else { String::new() });
        let hand = match tag {
            tag if tag.starts_with("button") || name == "_once" => Hand::Fixed,
            tag if tag.contains("type=\"file\"") => Hand::File,
            tag if !tag.contains("type=\"hidden\"") => Hand::Person,
            _ => Hand::Page,
        };
        // A box to tick names its row.
        let is_offered = hand == Hand::Page || tag.contains("type=\"checkbox\"") && name == "id";
        let names_a_thing = is_offered && names_a_thing(&name, &own);
        fields.push(Field { name, own, hand, names_a_thing });
    }
    fields
}

/// An id, a display ID, a place.
fn names_a_thing(name: &str, own: &str) -> bool {
    let is_display_id = || {
        own.split_once('-')
            .is_some_and(|(key, number)| key.chars().all(|c| c.is_ascii_uppercase()) && number.parse::<u32>().is_ok())
    };
    ["id", "place", "key"].contains(&name) || own.parse::<uuid::Uuid>().is_ok() || own.contains(':') || is_display_id()
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

fn unescaped(text: &str) -> String {
    [
        ("&quot;", "\""),
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&lt;", "<"),
        ("&#60;", "<"),
        ("&gt;", ">"),
        ("&#62;", ">"),
        ("&amp;", "&"),
        ("&#38;", "&"),
    ]
    .iter()
    .fold(text.to_owned(), |text, (coded, plain)| text.replace(coded, plain))
}
