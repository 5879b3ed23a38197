//! What a person typed, as the three signals understand it. Anything can be typed; nothing of it is an error.

use crate::db::sql::Sql;

/// What is typed beyond is not looked at.
pub const MAX_QUERY_CHARS: usize = 200;
/// One letter begins too many words.
const LEAST_PREFIX_CHARS: usize = 2;

/// Shorter words of a sentence tell little, longer ones are none.
pub const TELLING_CHARS: std::ops::RangeInclusive<usize> = 4..=40;
/// Words of a sentence that are looked for.
pub const MAX_TELLING: usize = 8;
const OR: &str = " or ";

/// A question that is not empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// Without control characters, at most `MAX_QUERY_CHARS`.
    pub text: String,
    /// All but the last word, and the last one, which may be only begun.
    begun: Option<(String, String)>,
    /// The display ID it may be, in its usual form.
    pub id: Option<String>,
    /// With quotes, exclusions or alternatives: the person says exactly what they mean, so that likeness adds nothing.
    pub is_exact: bool,
}

impl Words {
    /// None when nothing is left to look for.
    pub fn parse(typed: &str) -> Option<Words> {
        let clean: String = typed.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_QUERY_CHARS).collect();
        let text = clean.split_whitespace().collect::<Vec<_>>().join(" ");
        if !text.chars().any(char::is_alphanumeric) {
            return None;
        }
        let is_exact =
            text.contains('"') || text.split(' ').any(|word| is_excluded(word) || word.eq_ignore_ascii_case("or"));
        Some(Words { begun: begun(&text), id: id(&text), is_exact, text })
    }

    /// Of a whole sentence: any of its longest words, because a question says more than the text that answers it. None without one.
    pub fn any_of(sentence: &str) -> Option<Words> {
        let mut words: Vec<&str> = sentence
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| TELLING_CHARS.contains(&word.chars().count()))
            .collect();
        words.sort_by_key(|word| std::cmp::Reverse(word.chars().count()));
        let mut telling: Vec<&str> = Vec::new();
        for word in words {
            let chars: usize = telling.iter().chain([&word]).map(|word| word.chars().count() + OR.len()).sum();
            let is_new = !telling.iter().any(|known| known.eq_ignore_ascii_case(word));
            if is_new && telling.len() < MAX_TELLING && chars <= MAX_QUERY_CHARS {
                telling.push(word);
            }
        }
        let text = telling.join(OR);
        (!text.is_empty()).then_some(Words { text, begun: None, id: None, is_exact: false })
    }

    /// Whether what is meant may be said in other words: not with an ID ("beam 12" may be none), nor where the words themselves are wanted.
    pub fn has_meaning(&self) -> bool {
        !(self.is_exact || self.id.is_some() && self.text.contains('-'))
    }

    /// An expression of type `tsquery`. PostgreSQL's web search syntax accepts any text.
    pub fn tsquery(&self) -> Sql {
        let mut sql = Sql::new("(websearch_to_tsquery('english', ");
        sql.bind(self.text.as_str()).push(") || websearch_to_tsquery('simple', ").bind(self.text.as_str()).push(")");
        if let Some((before, last)) = &self.begun {
            let prefix = format!("{last}:*");
            sql.push(" || (websearch_to_tsquery('english', ").bind(before.as_str()).push(") && (to_tsquery('simple', ");
            sql.bind(prefix.as_str()).push(") || to_tsquery('english', ").bind(prefix.as_str()).push(")))");
        }
        sql.push(")");
        sql
    }
}

/// `-word`; a dash between blanks is one.
fn is_excluded(word: &str) -> bool {
    word.strip_prefix('-').is_some_and(|rest| rest.starts_with(char::is_alphanumeric))
}

/// The last word when it is a plain one outside of quotes.
fn begun(text: &str) -> Option<(String, String)> {
    let (before, last) = text.rsplit_once(' ').unwrap_or(("", text));
    let is_open = text.matches('"').count() % 2 == 1;
    let is_plain = last.chars().all(char::is_alphanumeric) && last.chars().count() >= LEAST_PREFIX_CHARS;
    (is_plain && !is_open && !last.eq_ignore_ascii_case("or")).then(|| (before.to_owned(), last.to_owned()))
}

/// `atl-142`, `#ATL-142` and `atl 142` are ATL-142.
fn id(text: &str) -> Option<String> {
    let (prefix, number) = text.trim_start_matches('#').split_once(['-', ' '])?;
    let number: i32 = number.parse().ok()?;
    let is_key = prefix.len() <= 10
        && prefix.starts_with(|c: char| c.is_ascii_alphabetic())
        && prefix.chars().all(|c| c.is_ascii_alphanumeric());
    is_key.then(|| format!("{}-{number}", prefix.to_ascii_uppercase()))
}
