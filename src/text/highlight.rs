//! Colours for code, by four classes: `k` keyword, `s` literal (text or number), `n` name (function, type, key),
//! `c` comment. One small lexer for all languages; what it does not know is written plain.

/// Longer code is written plain.
pub const MAX_CODE_BYTES: usize = 100 * 1024;

struct Language {
    /// The first name is shown to readers.
    names: &'static [&'static str],
    line_comments: &'static [&'static str],
    block_comment: Option<(&'static str, &'static str)>,
    quotes: &'static [char],
    keywords: &'static str,
    /// `key:` or `key =` at the start of a line is a name.
    keyed: bool,
}

const C_BLOCK: Option<(&str, &str)> = Some(("/*", "*/"));

const LANGUAGES: [Language; 9] = [
    Language {
        names: &["Rust", "rs"],
        line_comments: &["//"],
        block_comment: C_BLOCK,
        quotes: &['"'],
        keywords: " as async await break const continue crate dyn else enum extern false fn for if impl in let loop match \
                   mod move mut pub ref return self Self static struct super trait true type unsafe use where while ",
        keyed: false,
    },
    Language {
        names: &["JavaScript", "js", "jsx", "mjs", "ts", "tsx", "typescript"],
        line_comments: &["//"],
        block_comment: C_BLOCK,
        quotes: &['"', '\'', '`'],
        keywords: " as async await break case catch class const continue default delete do else enum export extends false \
                   finally for from function if implements import in instanceof interface let new null of return static \
                   super switch this throw true try type typeof undefined var void while yield ",
        keyed: false,
    },
    Language {
        names: &["Python", "py", "python3"],
        line_comments: &["#"],
        block_comment: Some(("\"\"\"", "\"\"\"")),
        quotes: &['"', '\''],
        keywords: " and as assert async await break class continue def del elif else except False finally for from global \
                   if import in is lambda None nonlocal not or pass raise return self True try while with yield ",
        keyed: false,
    },
    Language {
        names: &["Go", "golang"],
        line_comments: &["//"],
        block_comment: C_BLOCK,
        quotes: &['"', '\'', '`'],
        keywords: " break case chan const continue default defer else fallthrough false for func go goto if import \
                   interface map nil package range return select struct switch true type var ",
        keyed: false,
    },
    Language {
        names: &["SQL", "postgres", "postgresql", "psql"],
        line_comments: &["--"],
        block_comment: C_BLOCK,
        quotes: &['\''],
        keywords: " add all alter and as asc begin between by cascade case check commit constraint create cross default \
                   delete desc distinct drop else end exists false foreign from full group having if in index inner insert \
                   into is join key lateral left like limit not null offset on or order outer primary references returning \
                   right rollback select set table then true union unique update using values view when where with ",
        keyed: false,
    },
    Language {
        names: &["Shell", "sh", "bash", "zsh", "console"],
        line_comments: &["#"],
        block_comment: None,
        quotes: &['"', '\''],
        keywords: " case do done elif else esac exit export fi for function if in local return set shift then until while ",
        keyed: false,
    },
    Language {
        names: &["YAML", "yml", "toml", "ini", "properties"],
        line_comments: &["#"],
        block_comment: None,
        quotes: &['"', '\''],
        keywords: " true false null yes no ",
        keyed: true,
    },
    Language {
        names: &["JSON", "jsonc", "json5"],
        line_comments: &["//"],
        block_comment: C_BLOCK,
        quotes: &['"'],
        keywords: " true false null ",
        keyed: true,
    },
    Language {
        names: &["C", "h", "c++", "cpp", "cc", "hpp", "java", "c#", "cs", "csharp", "kotlin", "kt", "swift", "php"],
        line_comments: &["//"],
        block_comment: C_BLOCK,
        quotes: &['"', '\''],
        keywords: " auto bool break case catch char class const continue default delete do double else enum extends \
                   extern false final float for func fun if import int interface long namespace new null nullptr override \
                   package private protected public return short signed sizeof static struct super switch template this \
                   throw throws true try typedef union unsigned using val var virtual void volatile while ",
        keyed: false,
    },
];

/// The language as readers know it: `rs` is Rust; unknown ones as typed.
pub fn shown_name(lang: &str) -> &str {
    let by_first_name = |l: &Language| l.names.first().is_some_and(|first| lower_eq(first, lang));
    let aliases = [("ts", "TypeScript"), ("tsx", "TypeScript"), ("typescript", "TypeScript"), ("toml", "TOML")];
    let alias = aliases.iter().find(|(short, _)| lower_eq(short, lang)).map(|(_, name)| *name);
    let short = ["rs", "js", "mjs", "jsx", "py", "python3", "golang", "sh", "bash", "yml"];
    let family = find(lang).filter(|l| by_first_name(l) || short.iter().any(|s| lower_eq(s, lang)));
    alias.or_else(|| family.and_then(|l| l.names.first().copied())).unwrap_or(lang)
}

/// HTML of the code: escaped, with coloured spans where the language is known.
pub fn highlight(lang: &str, code: &str) -> String {
    let mut out = String::with_capacity(code.len() + code.len() / 2);
    match find(lang).filter(|_| code.len() <= MAX_CODE_BYTES) {
        Some(language) => colour(language, code, &mut out),
        None => escape_into(&mut out, code),
    }
    out
}

fn find(lang: &str) -> Option<&'static Language> {
    LANGUAGES.iter().find(|language| language.names.iter().any(|name| lower_eq(name, lang)))
}

fn lower_eq(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b)
}

fn colour(language: &Language, code: &str, out: &mut String) {
    let mut rest = code;
    let mut line_start = true;
    while let Some(first) = rest.chars().next() {
        let (class, len) = token(language, rest, first, line_start);
        let (text, after) = rest.split_at_checked(len.max(first.len_utf8())).unwrap_or((rest, ""));
        match class {
            Some(class) => {
                out.push_str(&format!("<span class=\"{class}\">"));
                escape_into(out, text);
                out.push_str("</span>");
            }
            None => escape_into(out, text),
        }
        line_start = text.ends_with('\n') || (line_start && text.trim().trim_matches(['-', '{', ',']).is_empty());
        rest = after;
    }
}

/// The class and length of what `rest` begins with.
fn token(language: &Language, rest: &str, first: char, line_start: bool) -> (Option<char>, usize) {
    if language.line_comments.iter().any(|mark| rest.starts_with(mark)) {
        return (Some('c'), rest.find('\n').unwrap_or(rest.len()));
    }
    if let Some((open, close)) = language.block_comment
        && let Some(inner) = rest.strip_prefix(open)
    {
        return (Some('c'), inner.find(close).map_or(rest.len(), |at| open.len() + at + close.len()));
    }
    if language.quotes.contains(&first) {
        let len = quoted_len(rest, first);
        let is_key = language.keyed && rest.get(len..).is_some_and(|tail| tail.trim_start().starts_with(':'));
        return (Some(if is_key { 'n' } else { 's' }), len);
    }
    if first.is_alphanumeric() || first == '_' {
        return word(language, rest, first, line_start);
    }
    (None, rest.find(|c: char| c != first).filter(|_| first == ' ').unwrap_or(first.len_utf8()))
}

fn word(language: &Language, rest: &str, first: char, line_start: bool) -> (Option<char>, usize) {
    let dashes = language.keyed;
    let end = |c: char| !(c.is_alphanumeric() || c == '_' || (dashes && matches!(c, '-' | '.')));
    let len = rest.find(end).unwrap_or(rest.len());
    let (text, tail) = rest.split_at_checked(len).unwrap_or((rest, ""));
    let sql = language.names.first() == Some(&"SQL");
    let asked = if sql { text.to_ascii_lowercase() } else { text.to_owned() };
    let class = match () {
        () if dashes && line_start && tail.trim_start_matches(' ').starts_with([':', '=']) => Some('n'),
        () if first.is_ascii_digit() => Some('s'),
        () if language.keywords.contains(&format!(" {asked} ")) => Some('k'),
        () if tail.starts_with('(') || tail.starts_with("!(") => Some('n'),
        () => None,
    };
    (class, len)
}

/// Up to the closing quote; a quote in `"` or `'` ends with its line at the latest.
fn quoted_len(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '\n' if quote != '`' => return at,
            c if c == quote => return at + c.len_utf8(),
            _ => {}
        }
    }
    rest.len()
}

fn escape_into(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
}
