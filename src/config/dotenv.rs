//! The `.env` file: `NAME=value` a line, `export` allowed, quotes taken off, `#` starts a comment. Nothing is put into
//! the environment of the process, so a child never inherits a secret by accident.

/// One assignment with its line (from 1).
#[derive(Debug, PartialEq, Eq)]
pub struct Assignment {
    pub name: String,
    pub value: String,
    pub line: usize,
}

/// The assignments, and for each line that is none its number with what is wrong.
pub fn parse(text: &str) -> (Vec<Assignment>, Vec<(usize, &'static str)>) {
    let mut found = Vec::new();
    let mut wrong = Vec::new();
    for (line, raw) in (1..).zip(text.trim_start_matches('\u{feff}').lines()) {
        let content = raw.trim();
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        match assignment(content) {
            Ok((name, value)) => found.push(Assignment { name, value, line }),
            Err(why) => wrong.push((line, why)),
        }
    }
    (found, wrong)
}

fn assignment(content: &str) -> Result<(String, String), &'static str> {
    let content = content.strip_prefix("export ").unwrap_or(content);
    let (name, value) = content.split_once('=').ok_or("This line has no = in it.")?;
    let name = name.trim_end();
    let is_name =
        !name.starts_with(|c: char| c.is_ascii_digit()) && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if name.is_empty() || !is_name {
        return Err("The text before = is not the name of a variable.");
    }
    Ok((name.to_owned(), unquoted(value.trim())?))
}

fn unquoted(value: &str) -> Result<String, &'static str> {
    let Some(quote) = value.chars().next().filter(|c| matches!(c, '"' | '\'')) else {
        let end = if value.starts_with('#') { Some(0) } else { value.find(" #").or_else(|| value.find("\t#")) };
        return Ok(value.get(..end.unwrap_or(value.len())).unwrap_or_default().trim_end().to_owned());
    };
    let mut text = String::new();
    let mut rest = value.chars().skip(1);
    while let Some(c) = rest.next() {
        match c {
            '\\' if quote == '"' => match rest.next() {
                Some('n') => text.push('\n'),
                Some(other) => text.push(other),
                None => break,
            },
            c if c == quote => {
                let rest: String = rest.collect();
                let is_end = rest.trim().is_empty() || rest.trim_start().starts_with('#');
                return if is_end { Ok(text) } else { Err("There is text after the closing quote.") };
            }
            c => text.push(c),
        }
    }
    Err("The quote is never closed.")
}
