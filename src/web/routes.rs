//! Routes are declared through this list, which registers them and is what the matrix, the doors test and the API description read.

use crate::web::Operation;
use actix_web::http::{Method, header};
use actix_web::web::ServiceConfig;
use actix_web::{FromRequest, Handler, HttpResponse, Responder, guard, web};
use std::collections::BTreeMap;

/// What a route asks of its caller before the verb itself asks for more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Anybody: health, static files, sign-in, set-up.
    Nothing,
    /// A live session; the verb decides the rest.
    Session,
    /// A token or key with this scope (empty: any); sessions do not count.
    Token(&'static str),
    /// A token of the company's directory, which opens nothing else and is opened by nothing else.
    Directory,
}

/// One entry of the list.
#[derive(Debug, Clone)]
pub struct RouteInfo {
    pub method: Method,
    pub path: &'static str,
    pub need: Need,
    /// Message key of what sending it does, with path and form values as arguments; asked about before sensitive acts.
    pub deed: Option<&'static str>,
    /// What a route of the API says of itself.
    pub operation: Option<Operation>,
}

type Register = Box<dyn Fn() -> actix_web::Route>;

/// A feature's routes.
#[derive(Default)]
pub struct Routes {
    entries: Vec<(RouteInfo, Register)>,
}

impl Routes {
    pub fn new() -> Self {
        Routes::default()
    }

    pub fn get<F, Args>(self, path: &'static str, need: Need, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.add(Method::GET, path, need, handler)
    }

    pub fn post<F, Args>(self, path: &'static str, need: Need, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.add(Method::POST, path, need, handler)
    }

    /// A route of the API: it names the scope it asks for, and describes itself.
    pub fn api<F, Args>(
        mut self,
        method: Method,
        path: &'static str,
        scope: &'static str,
        operation: Operation,
        handler: F,
    ) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self = self.add(method, path, Need::Token(scope), handler);
        if let Some((info, _)) = self.entries.last_mut() {
            info.operation = Some(operation);
        }
        self
    }

    /// A door of the company's directory.
    pub fn directory<F, Args>(self, method: Method, path: &'static str, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.add(method, path, Need::Directory, handler)
    }

    fn add<F, Args>(mut self, method: Method, path: &'static str, need: Need, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        let verb = method.clone();
        // HEAD is answered as GET is; the server leaves out the body.
        let register = move || match verb == Method::GET {
            true => web::route().guard(guard::Any(guard::Get()).or(guard::Head())).to(handler.clone()),
            false => web::method(verb.clone()).to(handler.clone()),
        };
        self.entries.push((RouteInfo { method, path, need, deed: None, operation: None }, Box::new(register)));
        self
    }

    /// Says what the route just added does, for the page that asks who one is before it is done: "Give @{ $handle } the role { $role }".
    pub fn does(mut self, key: &'static str) -> Self {
        if let Some((info, _)) = self.entries.last_mut() {
            info.deed = Some(key);
        }
        self
    }

    pub fn and(mut self, other: Routes) -> Self {
        self.entries.extend(other.entries);
        self
    }

    pub fn list(&self) -> Vec<RouteInfo> {
        self.entries.iter().map(|(info, _)| info.clone()).collect()
    }

    /// Registers everything; methods of one path share a resource, so that another method is 405 and not 404.
    pub fn register(&self, config: &mut ServiceConfig) {
        type Offered<'a> = (usize, Vec<(&'a Method, &'a Register)>);
        let mut by_path: BTreeMap<&str, Offered> = BTreeMap::new();
        for (position, (info, register)) in self.entries.iter().enumerate() {
            by_path.entry(info.path).or_insert((position, Vec::new())).1.push((&info.method, register));
        }
        let mut paths: Vec<_> = by_path.into_iter().collect();
        // actix takes the first match: keep the order of declaration, so that `/tickets/new` comes before `/tickets/{id}`.
        paths.sort_by_key(|(_, (position, _))| *position);
        for (path, (_, registers)) in paths {
            let allowed = allowed(registers.iter().map(|(method, _)| *method));
            let resource =
                registers.into_iter().fold(web::resource(path), |resource, (_, register)| resource.route(register()));
            let not_this_method = move || {
                let answer = HttpResponse::MethodNotAllowed().insert_header((header::ALLOW, allowed.clone())).finish();
                std::future::ready(answer)
            };
            config.service(resource.default_service(web::to(not_this_method)));
        }
    }
}

/// For the Allow header of a 405.
fn allowed<'m>(methods: impl Iterator<Item = &'m Method>) -> String {
    let mut words: Vec<&str> = methods.map(Method::as_str).collect();
    if words.contains(&"GET") {
        words.push("HEAD");
    }
    words.join(", ")
}
