//! The message catalogue (Fluent): one folder per language, one file per room. Messages without arguments are formatted once,
//! at start, because a page shows hundreds of them; those of one plain line, four of five, are not even parsed.

use crate::error::Msg;
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use rust_embed::RustEmbed;
use std::collections::HashMap;
use std::sync::LazyLock;
use unic_langid::LanguageIdentifier;

#[derive(RustEmbed)]
#[folder = "locales/en"]
struct English;

struct Catalogue {
    bundle: FluentBundle<FluentResource>,
    plain: HashMap<String, String>,
}

static ENGLISH: LazyLock<Catalogue> = LazyLock::new(Catalogue::load);

impl Catalogue {
    fn load() -> Self {
        let english: LanguageIdentifier = "en-GB".parse().unwrap_or_default();
        let mut bundle = FluentBundle::new_concurrent(vec![english]);
        bundle.set_use_isolating(false);
        let (mut ids, mut plain) = (Vec::new(), HashMap::new());
        for name in English::iter() {
            let Some(file) = English::get(&name) else { continue };
            let text = String::from_utf8_lossy(&file.data);
            let (lines, rest) = plain_lines(&text);
            for (id, words) in lines {
                if plain.insert(id.to_owned(), words.to_owned()).is_some() {
                    tracing::error!(name = "catalogue.twice", file = %name, id, "a message is defined twice");
                }
            }
            ids.extend(message_ids(&rest));
            let resource = FluentResource::try_new(rest).unwrap_or_else(|(partial, errors)| {
                tracing::error!(name = "catalogue.broken", file = %name, ?errors, "a message file does not parse");
                partial
            });
            if let Err(errors) = bundle.add_resource(resource) {
                tracing::error!(name = "catalogue.twice", file = %name, ?errors, "a message is defined twice");
            }
        }
        let mut catalogue = Catalogue { bundle, plain };
        for id in ids {
            if let Some(text) = catalogue.format(&id, None) {
                catalogue.plain.insert(id, text);
            }
        }
        catalogue
    }

    /// None when absent, or when arguments are missing.
    fn format(&self, key: &str, args: Option<&FluentArgs<'_>>) -> Option<String> {
        let pattern = self.bundle.get_message(key)?.value()?;
        let mut errors = Vec::new();
        let text = self.bundle.format_pattern(pattern, args, &mut errors).into_owned();
        errors.is_empty().then_some(text)
    }
}

/// Messages of one line without anything to put in, as id and words; and the text without them.
fn plain_lines(text: &str) -> (Vec<(&str, &str)>, String) {
    let (mut plain, mut rest) = (Vec::new(), String::new());
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let goes_on = lines.peek().is_some_and(|next| next.starts_with([' ', '}']));
        match line.split_once(" = ") {
            Some((id, words))
                if id.starts_with(|c: char| c.is_ascii_lowercase()) && !goes_on && !words.contains('{') =>
            {
                plain.push((id, words.trim()));
            }
            _ => rest.extend([line, "\n"]),
        }
    }
    (plain, rest)
}

/// The ids defined in one file: what stands at the start of a line before ` =`.
pub fn message_ids(text: &str) -> Vec<String> {
    let lines = text.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase()));
    lines.filter_map(|line| line.split_once(" =").map(|(id, _)| id.to_owned())).collect()
}

/// A message without arguments. An unknown key shows itself, which a test forbids.
pub fn text(key: &str) -> String {
    ENGLISH.plain.get(key).cloned().unwrap_or_else(|| key.to_owned())
}

/// Whether the catalogue has this key.
pub fn is_known(key: &str) -> bool {
    ENGLISH.plain.contains_key(key) || ENGLISH.bundle.has_message(key)
}

/// A message with its arguments; numbers choose plural forms.
pub fn say(msg: &Msg) -> String {
    if msg.args.is_empty() {
        return text(msg.key);
    }
    say_with(msg.key, msg.args.iter().map(|(name, value)| (*name, value.as_str())))
}

pub fn say_with<'a>(key: &str, args: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    if let Some(words) = ENGLISH.plain.get(key) {
        return words.clone();
    }
    let mut fluent = FluentArgs::new();
    for (name, value) in args {
        let value = value.parse::<i64>().map_or_else(|_| FluentValue::from(value.to_owned()), FluentValue::from);
        fluent.set(name.to_owned(), value);
    }
    ENGLISH.format(key, Some(&fluent)).unwrap_or_else(|| key.to_owned())
}
