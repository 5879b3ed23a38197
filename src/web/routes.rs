//! Routes are declared through this list, which registers them and is what the matrix, the doors test and the API description read.

use actix_web::http::Method;
use actix_web::web::ServiceConfig;
use actix_web::{FromRequest, Handler, Responder, web};
use std::collections::BTreeMap;

/// What a route asks of its caller before the verb itself asks for more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Anybody: health, static files, sign-in, set-up.
    Nothing,
    /// A live session; the verb decides the rest.
    Session,
}

/// One entry of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteInfo {
    pub method: Method,
    pub path: &'static str,
    pub need: Need,
    /// Message key of what sending it does, with path and form values as arguments; asked about before sensitive acts.
    pub deed: Option<&'static str>,
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

    fn add<F, Args>(mut self, method: Method, path: &'static str, need: Need, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        let verb = method.clone();
        let register = move || web::method(verb.clone()).to(handler.clone());
        self.entries.push((RouteInfo { method, path, need, deed: None }, Box::new(register)));
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
        let mut by_path: BTreeMap<&str, (usize, Vec<&Register>)> = BTreeMap::new();
        for (position, (info, register)) in self.entries.iter().enumerate() {
            by_path.entry(info.path).or_insert((position, Vec::new())).1.push(register);
        }
        let mut paths: Vec<_> = by_path.into_iter().collect();
        // actix takes the first match: keep the order of declaration, so that `/tickets/new` comes before `/tickets/{id}`.
        paths.sort_by_key(|(_, (position, _))| *position);
        for (path, (_, registers)) in paths {
            let resource =
                registers.into_iter().fold(web::resource(path), |resource, register| resource.route(register()));
            config.service(resource.default_service(web::to(not_this_method)));
        }
    }
}

async fn not_this_method() -> actix_web::HttpResponse {
    actix_web::HttpResponse::MethodNotAllowed().finish()
}
