//! A site that shares its host with others, under a path: the rest of the program knows nothing of it.
//!
//! The path is taken off what comes in, where a proxy has not done so, and put before every address of ours in
//! what goes out.

use actix_web::{
    HttpResponse,
    body::{BoxBody, MessageBody},
    dev::ServiceRequest,
    http::{
        Uri,
        header::{self, HeaderValue},
    },
};

/// The attributes of our pages that hold addresses. Quotes in what people wrote are escaped, so that none of
/// these can stand in a text.
const ATTRIBUTES: [&str; 5] = ["href", "action", "src", "formaction", "data-hold"];

/// Takes `base` off the path of a request.
pub fn enter(mut request: ServiceRequest, base: &str) -> ServiceRequest {
    if base.is_empty() {
        return request;
    }
    let given = request.uri().clone();
    let address = given
        .path_and_query()
        .map_or("/", |address| address.as_str());
    let Some(rest) = address.strip_prefix(base) else {
        return request;
    };
    let inner = match rest.chars().next() {
        Some('/') => rest.to_owned(),
        None | Some('?') => format!("/{rest}"),
        Some(_) => return request, // Another path that begins alike.
    };
    let mut parts = given.into_parts();
    parts.path_and_query = inner.parse().ok();
    if let Ok(uri) = Uri::from_parts(parts) {
        request.match_info_mut().get_mut().update(&uri);
        request.head_mut().uri = uri;
    }
    request
}

/// Puts `base` before the addresses in an answer.
pub fn leave(mut response: HttpResponse, base: &str) -> HttpResponse {
    if base.is_empty() {
        return response;
    }
    let location = response.headers().get(header::LOCATION);
    let own = location
        .and_then(|value| value.to_str().ok())
        .filter(|path| path.starts_with('/') && !path.starts_with("//"))
        .and_then(|path| HeaderValue::from_str(&format!("{base}{path}")).ok());
    if let Some(own) = own {
        response.headers_mut().insert(header::LOCATION, own);
    }
    let is_page = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if !is_page {
        return response;
    }
    response.map_body(|_, body| match body.try_into_bytes() {
        Ok(bytes) => BoxBody::new(with_base(&String::from_utf8_lossy(&bytes), base)),
        Err(body) => body,
    })
}

fn with_base(page: &str, base: &str) -> String {
    let marks = ATTRIBUTES.map(|name| format!(" {name}=\"/"));
    let mut out = String::with_capacity(page.len() + page.len() / 8);
    let mut rest = page;
    while let Some(at) = rest.find("=\"/") {
        let end = at + 3;
        let (before, after) = rest.split_at(end);
        let is_address = marks.iter().any(|mark| before.ends_with(mark.as_str()));
        out.push_str(&before[..end - 1]);
        if is_address && !after.starts_with('/') {
            out.push_str(base);
        }
        out.push('/');
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::with_base;

    #[test]
    fn addresses_of_ours_alone_are_changed() {
        let page = r#"<a class="x" href="/me">/me</a><form action="/a" ><a href="https://x.example/"> <a href="//y.example"><input value="/me"><p data-hold="/holds/1">=&quot;/"#;
        let changed = r#"<a class="x" href="/b/me">/me</a><form action="/b/a" ><a href="https://x.example/"> <a href="//y.example"><input value="/me"><p data-hold="/b/holds/1">=&quot;/"#;
        assert_eq!(with_base(page, "/b"), changed);
    }
}
