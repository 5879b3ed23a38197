//! A query, taken apart.

use super::lexer::{Sign, Spot};

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Query {
    /// None for all.
    pub wanted: Option<Expr>,
    pub orders: Vec<Order>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    pub field: Word,
    pub descending: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expr {
    All(Vec<Expr>),
    Any(Vec<Expr>),
    Not(Box<Expr>),
    Is(Box<Clause>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clause {
    pub field: Word,
    /// Of the operator.
    pub spot: Spot,
    pub test: Test,
    pub is_not: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    Among(Vec<Value>),
    Range(Sign, Value),
    Like(Value),
    Empty,
    Was(Vec<Value>, When),
    Changed { from: Vec<Value>, to: Vec<Value>, when: When },
}

/// When, and by whom, something was so.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct When {
    pub after: Option<Value>,
    pub before: Option<Value>,
    pub by: Vec<Value>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    pub spot: Spot,
    pub text: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    pub spot: Spot,
    pub text: String,
    pub form: Form,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Form {
    Bare,
    Quoted,
    /// `text` is the function's name.
    Call(Vec<String>),
}

impl Value {
    /// Whether it is the word for no value at all.
    pub fn is_empty(&self) -> bool {
        self.form == Form::Bare && ["empty", "null"].iter().any(|word| self.text.eq_ignore_ascii_case(word))
    }
}
