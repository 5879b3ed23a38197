//! Recursive descent over the tokens. Depth and number of conditions have limits, so that any text ends in a tree or in what is wrong.
//! Where the text ends, it notes what could follow: completion asks that.

use super::lexer::{Sign, Spot, Token, Trouble, cut, is_of_word};
use super::tree::{Clause, Expr, Form, Order, Query, Test, Value, When, Word};
use std::mem::replace;

/// Parentheses within each other.
pub const MAX_DEPTH: usize = 32;
pub const MAX_CONDITIONS: usize = 100;
/// Values of one `IN (…)`.
pub const MAX_VALUES: usize = 200;
/// Fields after `ORDER BY`.
pub const MAX_ORDERS: usize = 3;

/// What could follow at the end of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Want {
    Field,
    Operator(String),
    Value(String),
    /// After `IS`.
    Empty,
    /// After a whole condition, inside of parentheses or not.
    Joint {
        is_inside: bool,
    },
    History {
        is_change: bool,
    },
    Moment,
    Person,
    Group,
    OrderField,
    Direction,
    Word(&'static str),
}

/// A value as it is typed: in quotes when it is several words, holds what else would end it, or means something of its own.
pub fn written(text: &str) -> String {
    const OTHERS: [&str; 3] = ["empty", "null", "me"];
    let is_word = |known: &&str| known.eq_ignore_ascii_case(text);
    let is_plain = !text.is_empty() && text.chars().all(is_of_word) && !RESERVED.iter().chain(&OTHERS).any(is_word);
    if is_plain { text.to_owned() } else { format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")) }
}

pub fn parse(text: &str) -> Result<Query, Trouble> {
    read(text).0
}

/// With what could follow.
pub(super) fn read(text: &str) -> (Result<Query, Trouble>, Vec<Want>) {
    let tokens = match cut(text) {
        Ok(tokens) => tokens,
        Err(trouble) => return (Err(trouble), Vec::new()),
    };
    let end = Spot { at: text.trim_end().len(), end: text.trim_end().len() };
    let mut parser = Parser { tokens, at: 0, end, depth: 0, conditions: 0, wants: Vec::new() };
    (parser.query(), parser.wants)
}

struct Parser {
    tokens: Vec<(Spot, Token)>,
    at: usize,
    end: Spot,
    depth: usize,
    conditions: usize,
    wants: Vec<Want>,
}

/// Words that stand between conditions: as a value they need quotes.
const RESERVED: [&str; 4] = ["and", "or", "not", "order"];

impl Parser {
    fn query(&mut self) -> Result<Query, Trouble> {
        let mut query = Query::default();
        if self.tokens.is_empty() {
            self.wants.push(Want::Field);
            return Ok(query);
        }
        if !self.is_word("order") {
            query.wanted = Some(self.any()?);
        }
        if self.eat("order") {
            if !self.eat("by") {
                return Err(self.trouble("tql-by", Want::Word("BY ")));
            }
            query.orders = self.orders()?;
        }
        match self.peek() {
            None => Ok(query),
            Some((_, Token::Close)) => Err(self.trouble("tql-close-extra", Want::Field)),
            Some(_) if query.orders.is_empty() => Err(self.trouble("tql-joint", Want::Field)),
            Some(_) => Err(self.trouble("tql-order-end", Want::Direction)),
        }
    }

    fn any(&mut self) -> Result<Expr, Trouble> {
        let mut parts = vec![self.all()?];
        while self.eat("or") {
            parts.push(self.all()?);
        }
        Ok(one_or(parts, Expr::Any))
    }

    fn all(&mut self) -> Result<Expr, Trouble> {
        let mut parts = vec![self.unit()?];
        while self.eat("and") {
            parts.push(self.unit()?);
        }
        Ok(one_or(parts, Expr::All))
    }

    fn unit(&mut self) -> Result<Expr, Trouble> {
        let mut is_not = false;
        while self.eat("not") {
            is_not = !is_not;
        }
        let inside = match self.peek() {
            Some((_, Token::Open)) => self.parenthesis()?,
            _ => Expr::Is(Box::new(self.clause()?)),
        };
        if self.peek().is_none() {
            self.wants.push(Want::Joint { is_inside: self.depth > 0 });
        }
        Ok(if is_not { Expr::Not(Box::new(inside)) } else { inside })
    }

    fn parenthesis(&mut self) -> Result<Expr, Trouble> {
        if self.depth == MAX_DEPTH {
            return Err(self.trouble("tql-deep", Want::Field).with("max", &MAX_DEPTH.to_string()));
        }
        self.at += 1;
        self.depth += 1;
        let inside = self.any()?;
        self.depth -= 1;
        match self.peek() {
            Some((_, Token::Close)) => self.at += 1,
            None => return Err(Trouble::new(self.end, "tql-close-missing")),
            Some(_) => return Err(self.trouble("tql-joint", Want::Field)),
        }
        Ok(inside)
    }

    fn clause(&mut self) -> Result<Clause, Trouble> {
        self.conditions += 1;
        if self.conditions > MAX_CONDITIONS {
            return Err(self.trouble("tql-many", Want::Field).with("max", &MAX_CONDITIONS.to_string()));
        }
        let field = self.field("tql-field-missing", Want::Field)?;
        let Some((spot, token)) = self.peek().cloned() else {
            return Err(self
                .trouble("tql-operator-missing", Want::Operator(field.text.clone()))
                .with("field", &field.text));
        };
        let (is_not, test) = match token {
            Token::Sign(sign) => {
                self.at += 1;
                self.compared(sign, &field)?
            }
            Token::Word(_) if self.eat("in") => (false, Test::Among(self.list(&field)?)),
            Token::Word(_) if self.eat("not") => match self.eat("in") {
                true => (true, Test::Among(self.list(&field)?)),
                false => return Err(self.trouble("tql-in", Want::Word("IN ("))),
            },
            Token::Word(_) if self.eat("is") => {
                let is_not = self.eat("not");
                if !(self.eat("empty") || self.eat("null")) {
                    return Err(self.trouble("tql-empty", Want::Empty));
                }
                (is_not, Test::Empty)
            }
            Token::Word(_) if self.eat("was") => {
                let is_not = self.eat("not");
                let values = self.values(&field)?;
                (is_not, Test::Was(values, self.changes(&field, false)?.2))
            }
            Token::Word(_) if self.eat("changed") => {
                let (from, to, when) = self.changes(&field, true)?;
                (false, Test::Changed { from, to, when })
            }
            _ => {
                return Err(self
                    .trouble("tql-operator-missing", Want::Operator(field.text.clone()))
                    .with("field", &field.text));
            }
        };
        Ok(Clause { field, spot, test, is_not })
    }

    fn compared(&mut self, sign: Sign, field: &Word) -> Result<(bool, Test), Trouble> {
        let value = self.value(Want::Value(field.text.clone()), sign.as_str())?;
        Ok(match sign {
            Sign::Equal | Sign::Unequal if value.is_empty() => (sign == Sign::Unequal, Test::Empty),
            Sign::Equal | Sign::Unequal => (sign == Sign::Unequal, Test::Among(vec![value])),
            Sign::Like | Sign::Unlike => (sign == Sign::Unlike, Test::Like(value)),
            Sign::Below | Sign::AtMost | Sign::Above | Sign::AtLeast => (false, Test::Range(sign, value)),
        })
    }

    /// `AFTER x BEFORE y BY z`, and for a change `FROM a TO b`, each at most once, in any order.
    fn changes(&mut self, field: &Word, is_change: bool) -> Result<(Vec<Value>, Vec<Value>, When), Trouble> {
        let (mut from, mut to, mut when) = (Vec::new(), Vec::new(), When::default());
        let of_field = || Want::Value(field.text.clone());
        loop {
            if self.peek().is_none() {
                self.wants.push(Want::History { is_change });
            }
            let Some((spot, Token::Word(word))) = self.peek().cloned() else { return Ok((from, to, when)) };
            let key = word.to_uppercase();
            let known: &[&str] =
                if is_change { &["AFTER", "BEFORE", "BY", "FROM", "TO"] } else { &["AFTER", "BEFORE", "BY"] };
            if !known.contains(&key.as_str()) {
                return Ok((from, to, when));
            }
            self.at += 1;
            let is_twice = match key.as_str() {
                "AFTER" => when.after.replace(self.value(Want::Moment, &key)?).is_some(),
                "BEFORE" => when.before.replace(self.value(Want::Moment, &key)?).is_some(),
                "BY" => !replace(&mut when.by, self.one_or_list(Want::Person, &key)?).is_empty(),
                "FROM" => !replace(&mut from, self.one_or_list(of_field(), &key)?).is_empty(),
                _ => !replace(&mut to, self.one_or_list(of_field(), &key)?).is_empty(),
            };
            if is_twice {
                return Err(Trouble::new(spot, "tql-twice").with("word", &word));
            }
        }
    }

    /// After `WAS`: a value, or `IN` and several.
    fn values(&mut self, field: &Word) -> Result<Vec<Value>, Trouble> {
        match self.eat("in") {
            true => self.list(field),
            false => Ok(vec![self.value(Want::Value(field.text.clone()), "WAS")?]),
        }
    }

    fn one_or_list(&mut self, want: Want, after: &str) -> Result<Vec<Value>, Trouble> {
        match self.peek() {
            Some((_, Token::Open)) => self.several(want),
            _ => Ok(vec![self.value(want, after)?]),
        }
    }

    fn list(&mut self, field: &Word) -> Result<Vec<Value>, Trouble> {
        match self.peek() {
            Some((_, Token::Open)) => self.several(Want::Value(field.text.clone())),
            _ => Err(self.trouble("tql-list", Want::Word("("))),
        }
    }

    /// From the opening parenthesis to the closing one.
    fn several(&mut self, want: Want) -> Result<Vec<Value>, Trouble> {
        self.at += 1;
        let mut values = vec![self.value(want.clone(), "(")?];
        loop {
            match self.peek() {
                Some((_, Token::Comma)) => self.at += 1,
                Some((_, Token::Close)) => {
                    self.at += 1;
                    return Ok(values);
                }
                _ => return Err(self.trouble("tql-list-end", Want::Word(")"))),
            }
            if values.len() == MAX_VALUES {
                return Err(self.trouble("tql-values", Want::Word(")")).with("max", &MAX_VALUES.to_string()));
            }
            values.push(self.value(want.clone(), ",")?);
        }
    }

    fn value(&mut self, want: Want, after: &str) -> Result<Value, Trouble> {
        let (spot, text, form) = match self.peek().cloned() {
            Some((spot, Token::Quoted(text))) => (spot, text, Form::Quoted),
            Some((spot, Token::Word(word))) if RESERVED.contains(&word.to_lowercase().as_str()) => {
                return Err(Trouble::new(spot, "tql-reserved").with("word", &word).with("after", after));
            }
            Some((spot, Token::Word(word))) => (spot, word, Form::Bare),
            _ => return Err(self.trouble("tql-value-missing", want).with("after", after)),
        };
        self.at += 1;
        let is_call = form == Form::Bare
            && matches!(self.peek(), Some((open, Token::Open)) if open.at == spot.end)
            && text.chars().all(char::is_alphabetic);
        if !is_call {
            return Ok(Value { spot, text, form });
        }
        let (end, args) = self.arguments(&text)?;
        Ok(Value { spot: Spot { at: spot.at, end }, text, form: Form::Call(args) })
    }

    /// Where the call ends, and what is in it.
    fn arguments(&mut self, name: &str) -> Result<(usize, Vec<String>), Trouble> {
        self.at += 1;
        let want = if name.eq_ignore_ascii_case("membersOf") { Want::Group } else { Want::Word(")") };
        let mut args = Vec::new();
        loop {
            match self.peek().cloned() {
                Some((spot, Token::Close)) => {
                    self.at += 1;
                    return Ok((spot.end, args));
                }
                Some((_, Token::Word(text) | Token::Quoted(text))) if args.is_empty() => args.push(text),
                _ => return Err(self.trouble("tql-call-end", want).with("word", name)),
            }
            self.at += 1;
        }
    }

    fn orders(&mut self) -> Result<Vec<Order>, Trouble> {
        let mut orders = Vec::new();
        loop {
            if orders.len() == MAX_ORDERS {
                return Err(self.trouble("tql-orders", Want::OrderField).with("max", &MAX_ORDERS.to_string()));
            }
            let field = self.field("tql-order-missing", Want::OrderField)?;
            if self.peek().is_none() {
                self.wants.push(Want::Direction);
            }
            let descending = self.eat("desc");
            if !descending {
                self.eat("asc");
            }
            orders.push(Order { field, descending });
            match self.peek() {
                Some((_, Token::Comma)) => self.at += 1,
                _ => return Ok(orders),
            }
        }
    }

    fn field(&mut self, missing: &'static str, want: Want) -> Result<Word, Trouble> {
        match self.peek().cloned() {
            Some((spot, Token::Word(text))) if !RESERVED.contains(&text.to_lowercase().as_str()) => {
                self.at += 1;
                Ok(Word { spot, text })
            }
            _ => Err(self.trouble(missing, want)),
        }
    }

    fn peek(&self) -> Option<&(Spot, Token)> {
        self.tokens.get(self.at)
    }

    fn is_word(&self, keyword: &str) -> bool {
        matches!(self.peek(), Some((_, Token::Word(word))) if word.eq_ignore_ascii_case(keyword))
    }

    fn eat(&mut self, keyword: &str) -> bool {
        let is_there = self.is_word(keyword);
        self.at += usize::from(is_there);
        is_there
    }

    /// What stands here is not what should; at the end of the text, `want` could.
    fn trouble(&mut self, key: &'static str, want: Want) -> Trouble {
        let here = self.peek().map(|(spot, token)| (*spot, said(token)));
        if here.is_none() {
            self.wants.push(want);
        }
        let (spot, word) = here.unwrap_or((self.end, String::new()));
        Trouble::new(spot, key).with("word", &word)
    }
}

fn one_or(mut parts: Vec<Expr>, several: impl Fn(Vec<Expr>) -> Expr) -> Expr {
    match (parts.pop(), parts.is_empty()) {
        (Some(only), true) => only,
        (last, _) => {
            parts.extend(last);
            several(parts)
        }
    }
}

fn said(token: &Token) -> String {
    match token {
        Token::Word(word) | Token::Quoted(word) => word.clone(),
        Token::Sign(sign) => sign.as_str().to_owned(),
        Token::Open => "(".to_owned(),
        Token::Close => ")".to_owned(),
        Token::Comma => ",".to_owned(),
    }
}
