//! What a route of the API says of itself: read by the description at /api/v1/openapi.json, and by the door, which refuses a query
//! that is not described.

use crate::web::Listed;
use serde_json::{Value, json};
use std::borrow::Cow;
use utoipa::openapi::schema::{ArrayBuilder, SchemaType as Type, Type as Kind};
use utoipa::openapi::{ObjectBuilder, Ref, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// A type that travels as JSON.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    name: fn() -> Cow<'static, str>,
    own: fn() -> RefOr<Schema>,
    parts: fn(&mut Vec<(String, RefOr<Schema>)>),
}

impl Shape {
    pub fn of<T: ToSchema>() -> Self {
        Shape { name: T::name, own: T::schema, parts: T::schemas }
    }

    pub fn reference(&self) -> Value {
        json!({ "$ref": format!("#/components/schemas/{}", (self.name)()) })
    }

    /// By name: its own schema and those it refers to.
    pub fn schemas(&self) -> Vec<(String, Value)> {
        let mut all = vec![((self.name)().into_owned(), (self.own)())];
        (self.parts)(&mut all);
        all.into_iter().map(|(name, schema)| (name, json!(schema))).collect()
    }
}

/// By hand, because each list needs a name of its own.
impl<T: ToSchema> PartialSchema for Listed<T> {
    fn schema() -> RefOr<Schema> {
        let entry = Ref::from_schema_name(T::name());
        let next = Type::from_iter([Kind::String, Kind::Null]);
        let next = ObjectBuilder::new()
            .schema_type(next)
            .description(Some("Sent back as `after` it leads on; null on the last page."));
        let list = ObjectBuilder::new().property("items", ArrayBuilder::new().items(entry)).property("next", next);
        list.required("items").required("next").into()
    }
}

impl<T: ToSchema> ToSchema for Listed<T> {
    fn name() -> Cow<'static, str> {
        Cow::Owned(format!("{}List", T::name()))
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((T::name().into_owned(), T::schema()));
        T::schemas(schemas);
    }
}

/// One value of the query.
#[derive(Debug, Clone)]
pub struct Param {
    pub name: &'static str,
    pub about: &'static str,
    /// The only words it takes; empty for any text.
    pub words: Vec<&'static str>,
}

/// What a list of anything takes.
const PAGING: [(&str, &str); 2] =
    [("after", "`next` of the page before."), ("limit", "Entries on a page: 1 to 200, 50 unless given.")];

/// One route, described.
#[derive(Debug, Clone)]
pub struct Operation {
    pub summary: &'static str,
    pub query: Vec<Param>,
    pub body: Option<Shape>,
    pub answer: Option<Shape>,
    pub status: u16,
    /// Takes Idempotency-Key.
    pub makes: bool,
    /// Takes If-Match.
    pub changes: bool,
}

impl Operation {
    /// Answers 200 with this.
    pub fn shows<T: ToSchema>(summary: &'static str) -> Self {
        let answer = Some(Shape::of::<T>());
        Operation { summary, query: Vec::new(), body: None, answer, status: 200, makes: false, changes: false }
    }

    /// Answers 200 with a page of these.
    pub fn lists<T: ToSchema>(summary: &'static str) -> Self {
        PAGING.iter().fold(Operation::shows::<T>(summary), |operation, (name, about)| operation.takes(name, about, &[]))
    }

    /// Answers 201 with what was made of a body.
    pub fn makes<B: ToSchema, T: ToSchema>(summary: &'static str) -> Self {
        Operation { body: Some(Shape::of::<B>()), status: 201, makes: true, ..Operation::shows::<T>(summary) }
    }

    /// Answers 200 with what a body has changed.
    pub fn changes<B: ToSchema, T: ToSchema>(summary: &'static str) -> Self {
        Operation { body: Some(Shape::of::<B>()), changes: true, ..Operation::shows::<T>(summary) }
    }

    /// A value of the query; `words` when only these are taken.
    pub fn takes(mut self, name: &'static str, about: &'static str, words: &[&'static str]) -> Self {
        self.query.push(Param { name, about, words: words.to_vec() });
        self
    }
}
