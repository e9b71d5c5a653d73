//! What the API answers, each written once: the attribute `utoipa::path` above a handler gives both its route
//! and its description. A path that is asked for by another method answers 405, as one resource does; the
//! crate `utoipa-actix-web` would make one of each handler and answer 404.

use actix_web::{
    FromRequest, Handler, Responder, Route,
    http::Method,
    web::{ServiceConfig, method, resource},
};
use utoipa::{
    __dev::{SchemaReferences, Tags},
    Path,
    openapi::{OpenApi, PathItem, RefOr, path::HttpMethod, schema::Schema},
};

/// A handler, where it answers, and how it is described.
pub struct Endpoint {
    path: String,
    route: Route,
    item: PathItem,
    schemas: Vec<(String, RefOr<Schema>)>,
}

impl Endpoint {
    /// `handler`, as its attribute `P` describes it.
    pub fn new<P, F, Args>(handler: F) -> Self
    where
        P: Path + SchemaReferences + Tags<'static>,
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        let (methods, mut operation) = (P::methods(), P::operation());
        let tags = P::tags().into_iter().map(str::to_owned);
        operation.tags.get_or_insert_default().extend(tags);
        let is_for = match methods[..] {
            [HttpMethod::Get] => Method::GET,
            [HttpMethod::Post] => Method::POST,
            [HttpMethod::Put] => Method::PUT,
            [HttpMethod::Delete] => Method::DELETE,
            _ => unreachable!("the API has no other methods"),
        };
        let mut schemas = Vec::new();
        P::schemas(&mut schemas);
        Self {
            path: P::path(),
            route: method(is_for).to(handler),
            item: PathItem::from_http_methods(methods, operation),
            schemas,
        }
    }
}

/// The endpoints of those handlers, whose attributes are beside them.
#[macro_export]
macro_rules! endpoints {
    ($($handler:ident),* $(,)?) => {
        pastey::paste! {
            vec![$($crate::json::endpoints::Endpoint::new::<[<__path_ $handler>], _, _>($handler)),*]
        }
    };
}

/// Routes to endpoints: one resource for each path.
pub fn routes(mut endpoints: Vec<Endpoint>, config: &mut ServiceConfig) {
    endpoints.sort_by(|a, b| a.path.cmp(&b.path));
    let mut endpoints = endpoints.into_iter().peekable();
    while let Some(first) = endpoints.next() {
        let mut all = resource(&first.path).route(first.route);
        while let Some(next) = endpoints.next_if(|next| next.path == first.path) {
            all = all.route(next.route);
        }
        config.service(all);
    }
}

/// Adds endpoints to the description of the API.
pub fn describe(endpoints: Vec<Endpoint>, document: &mut OpenApi) {
    let components = document.components.get_or_insert_default();
    for endpoint in endpoints {
        for (name, schema) in endpoint.schemas {
            let earlier = components.schemas.insert(name.clone(), schema.clone());
            debug_assert!(
                earlier.is_none_or(|earlier| earlier == schema),
                "two bodies are called {name}"
            );
        }
        match document.paths.paths.get_mut(&endpoint.path) {
            Some(there) => there.merge_operations(endpoint.item),
            None => {
                document.paths.paths.insert(endpoint.path, endpoint.item);
            }
        }
    }
}
