//! What every request must bear and every answer carries: checks before any handler, errors as
//! pages or problems, security headers, cookies, one log line, metrics.

use std::{
    panic::AssertUnwindSafe,
    sync::Arc,
    time::{Duration, Instant},
};

use actix_web::{
    HttpMessage, HttpResponse,
    body::{BodySize, BoxBody, MessageBody},
    cookie::Cookie,
    dev::{ServiceRequest, ServiceResponse},
    error::InternalError,
    http::{
        Method, StatusCode,
        header::{self, HeaderMap, HeaderName, HeaderValue},
    },
    middleware::Next,
    web::Data,
};
use futures_util::FutureExt;
use maud::html;

use super::base_path;
use crate::{
    app::{App, MOST_READS},
    config::Config,
    error::Error,
    html::{
        Page,
        layout::{Brand, Chrome},
    },
    json::{self, Problem},
    people::visitor::{CookiesToSet, LogLine, network, page_of_form},
};

const LONGEST_REQUEST: Duration = Duration::from_secs(30);
const LONGEST_ADDRESS: usize = 8 * 1024;
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
    connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// What search engines may list: pages about the site itself.
const LANDING_PAGES: [&str; 2] = ["/about", "/privacy"];

/// The parts of a request that its answer depends on.
struct Asked {
    method: Method,
    path: String,
    uri: String,
    /// The page that a form was on, as its browser says: path and query.
    page: Option<String>,
    line: LogLine,
    /// How many more its network may look at, at once.
    left: Option<u32>,
    /// The pattern of the route, where no handler has told the line.
    route: Option<String>,
    /// How the site presents itself, on pages that no handler made, too.
    brand: Arc<Brand>,
}

/// Wraps every route.
pub async fn finish(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let began = Instant::now();
    let app = Data::clone(
        request
            .app_data::<Data<App>>()
            .expect("the app is always configured"),
    );
    let request = base_path::enter(request, app.config.base_path());
    let mut asked = Asked {
        method: request.method().clone(),
        path: request.path().to_owned(),
        uri: request.uri().to_string(),
        page: page_of_form(request.headers(), &app.config),
        line: LogLine::default(),
        left: None,
        route: None,
        brand: app.brand(),
    };
    request.extensions_mut().insert(asked.line.clone());
    let left = match check(&request, &app) {
        Ok(left) => left,
        Err(error) => {
            let (request, _) = request.into_parts();
            let response = complete(
                &asked,
                HttpResponse::from_error(error),
                Vec::new(),
                &app.config,
            );
            record(&asked, &response, began.elapsed());
            return Ok(ServiceResponse::new(request, response));
        }
    };
    asked.left = left;
    // A panic is caught here, so that the connection gets an answer and others go on.
    let answer = AssertUnwindSafe(next.call(request)).catch_unwind();
    let error = match tokio::time::timeout(LONGEST_REQUEST, answer).await {
        Ok(Ok(Ok(response))) => {
            let (request, response) = response.into_parts();
            asked.route = request.match_pattern();
            let cookies = request
                .extensions_mut()
                .remove::<CookiesToSet>()
                .unwrap_or_default()
                .0;
            let response = complete(&asked, response.map_into_boxed_body(), cookies, &app.config);
            record(&asked, &response, began.elapsed());
            return Ok(ServiceResponse::new(request, response));
        }
        Ok(Ok(Err(error))) => error,
        Ok(Err(_)) => Error::Internal("a handler panicked".into()).into(),
        Err(_) => Error::TooSlow.into(),
    };
    // The request is gone with the handler, so the answer travels as an error.
    let response = complete(
        &asked,
        HttpResponse::from_error(error),
        Vec::new(),
        &app.config,
    );
    record(&asked, &response, began.elapsed());
    Err(InternalError::from_response("no answer", response).into())
}

/// An answer with everything on it.
fn complete(
    asked: &Asked,
    response: HttpResponse,
    cookies: Vec<Cookie<'static>>,
    config: &Config,
) -> HttpResponse {
    let code = response.error().and_then(|e| e.as_error::<Error>());
    let code = code.map(Error::code);
    let mut response = render_error(asked, response);
    response.extensions_mut().insert(Outcome(code));
    set_headers(asked, &mut response, config);
    add_cookies(&mut response, cookies);
    base_path::leave(response, config.base_path())
}

/// The stable word for why it was refused, for the log.
struct Outcome(Option<&'static str>);

fn is_safe(method: &Method) -> bool {
    matches!(
        *method,
        Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE
    )
}

/// What applies to every request, so that no handler has to think of it.
/// Returns how many more may be looked at, at once.
fn check(request: &ServiceRequest, app: &App) -> Result<Option<u32>, Error> {
    let uri = request.uri();
    let address = uri.path_and_query().map_or("", |pq| pq.as_str());
    if address.len() > LONGEST_ADDRESS {
        return Err(Error::TooLarge);
    }
    let decoded = percent_encoding::percent_decode_str(uri.path()).decode_utf8();
    if decoded.map_or(true, |path| path.contains(char::is_control)) {
        return Err(Error::bad_request("path", "must be UTF-8"));
    }
    // Whoever looks after machines calls them by other names.
    let is_health = matches!(uri.path(), "/healthz" | "/readyz");
    if !is_health && !is_own_host(request, &app.config) {
        return Err(Error::bad_request(
            "Host",
            &format!("is not this site, which is {}", app.config.address()),
        ));
    }
    if !is_safe(request.method()) {
        app.limits.write(network(request.request(), &app.config))?;
        if !is_from_here(request.headers(), &app.config) {
            return Err(Error::Forbidden(
                "This was sent from another site. Nothing was changed.".into(),
            ));
        }
        return Ok(None);
    }
    let is_probed = matches!(uri.path(), "/healthz" | "/readyz" | "/metrics")
        || uri.path().starts_with("/static/");
    if is_probed {
        return Ok(None);
    }
    app.limits.read(network(request.request(), &app.config))
}

/// Whether the request is for the configured site. On the machine itself any loopback name will do.
fn is_own_host(request: &ServiceRequest, config: &Config) -> bool {
    let own = (
        config.base_url.host_str(),
        config.base_url.port_or_known_default(),
    );
    let default_port = if config.is_https() { 443 } else { 80 };
    let named = |host: &str| {
        let (name, port) = match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => {
                (name, port.parse().ok())
            }
            _ => (host, Some(default_port)),
        };
        let is_own = own.0.is_some_and(|own| own.eq_ignore_ascii_case(name)) && own.1 == port;
        is_own || matches!(name, "localhost" | "127.0.0.1" | "[::1]")
    };
    let header = request
        .headers()
        .get(header::HOST)
        .and_then(|v| v.to_str().ok());
    let authority = request.uri().authority().map(|a| a.as_str());
    header.is_some_and(named) && authority.is_none_or(named)
}

/// Whether a change comes from a page of this site or from no page at all.
fn is_from_here(headers: &HeaderMap, config: &Config) -> bool {
    let text = |name: HeaderName| {
        headers
            .get(name)
            .map(|v| v.to_str().unwrap_or("unreadable"))
    };
    if let Some(site) = text(HeaderName::from_static("sec-fetch-site")) {
        return matches!(site, "same-origin" | "none");
    }
    match text(header::ORIGIN) {
        None => true,
        Some(origin) => {
            let host = text(header::HOST).unwrap_or_default();
            let scheme = config.base_url.scheme();
            // Browsers leave out the default port, proxies may not.
            let host = host.trim_end_matches(if config.is_https() { ":443" } else { ":80" });
            origin == config.origin() || origin == format!("{scheme}://{host}")
        }
    }
}

/// Turns an error, ours or the framework's, into a page or a problem.
fn render_error(asked: &Asked, response: HttpResponse) -> HttpResponse {
    let status = response.status();
    if status.as_u16() < 400 {
        return response;
    }
    let error = response.error().and_then(|e| e.as_error::<Error>());
    let has_body = !matches!(response.body().size(), BodySize::None | BodySize::Sized(0));
    if response.error().is_none() && has_body {
        return response; // A handler has said it all.
    }
    let route = || asked.line.read().route;
    match error {
        Some(Error::Query(reason)) if status == StatusCode::SERVICE_UNAVAILABLE => {
            tracing::warn!(%reason, route = route(), "the database gave up");
        }
        Some(Error::Query(reason)) => {
            tracing::error!(%reason, route = route(), "internal error");
        }
        Some(Error::Internal(reason)) => {
            tracing::error!(%reason, route = route(), "internal error");
        }
        _ => {}
    }
    let is_api = asked.path.starts_with("/api/");
    if let (Some(Error::SignInFirst), false) = (error, is_api) {
        // A form that was sent cannot be sent again by an address; its sender starts over.
        let next = if asked.method == Method::GET {
            asked.uri.as_str()
        } else {
            "/me"
        };
        let target = format!("/sign-in?next={}", crate::html::form::encode(next));
        return HttpResponse::SeeOther()
            .insert_header((header::LOCATION, target))
            .finish();
    }
    if let (Some(Error::ProveAgain), false) = (error, is_api) {
        let next = if asked.method == Method::GET {
            asked.uri.as_str()
        } else {
            asked.page.as_deref().unwrap_or("/me")
        };
        let target = crate::html::form::address("/second-factor", &[("next", next)]);
        return HttpResponse::SeeOther()
            .insert_header((header::LOCATION, target))
            .finish();
    }
    if let (Some(Error::SecondFirst), false) = (error, is_api) {
        return HttpResponse::SeeOther()
            .insert_header((header::LOCATION, "/me/second-factor"))
            .finish();
    }
    let detail = error.map_or_else(|| plain_words(status).to_owned(), Error::detail);
    let mut answer = if is_api {
        let (fields, alternatives) = match error {
            Some(Error::BadRequest(problems) | Error::Unprocessable(problems)) => {
                (json::fields(problems), serde_json::Value::Null)
            }
            Some(Error::Conflict { alternatives, .. }) => (Vec::new(), alternatives.clone()),
            _ => (Vec::new(), serde_json::Value::Null),
        };
        let problem = Problem {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or("Error").to_owned(),
            status: status.as_u16(),
            code: error.map_or_else(|| plain_code(status), Error::code),
            detail,
            fields,
            alternatives,
        };
        HttpResponse::build(status)
            .content_type("application/problem+json")
            .json(problem)
    } else {
        HttpResponse::build(status)
            .content_type("text/html; charset=utf-8")
            .body(error_page(asked, error, status, &detail))
    };
    for name in [header::RETRY_AFTER, header::ALLOW, header::WWW_AUTHENTICATE] {
        if let Some(value) = response.headers().get(&name) {
            answer.headers_mut().insert(name, value.clone());
        }
    }
    answer
}

fn plain_code(status: StatusCode) -> &'static str {
    match status {
        StatusCode::NOT_FOUND => "not_found",
        StatusCode::METHOD_NOT_ALLOWED => "method_not_allowed",
        StatusCode::PAYLOAD_TOO_LARGE => "too_large",
        s if s.is_server_error() => "internal",
        _ => "bad_request",
    }
}

fn plain_words(status: StatusCode) -> &'static str {
    match status {
        StatusCode::NOT_FOUND => "there is nothing at this address",
        StatusCode::METHOD_NOT_ALLOWED => "this page cannot be used that way",
        StatusCode::PAYLOAD_TOO_LARGE => "this is too large",
        s if s.is_server_error() => crate::error::WENT_WRONG,
        _ => "the request cannot be read",
    }
}

fn error_page(asked: &Asked, error: Option<&Error>, status: StatusCode, detail: &str) -> String {
    let (title, advice) = match status.as_u16() {
        _ if matches!(error, Some(Error::FormExpired)) => ("This form has expired", ""),
        // It says whom to ask already.
        403 if detail.contains("coordinator") => ("You do not have access to this", ""),
        404 => (
            "Page not found",
            "The link may be out of date, or you may not have access to the page. If you followed a link from an email, it may already have been used.",
        ),
        403 => (
            "You do not have access to this",
            "If you think you should have access, ask a coordinator.",
        ),
        429 => ("Too many requests", "Wait a moment, then try again."),
        503 => (
            "The site is busy",
            "The site is overloaded, or its database is restarting. Wait a few seconds, check whether your change was saved, then try again.",
        ),
        500 => (
            "Something went wrong",
            "This is our fault, not yours, and we have logged it. Check whether your change was saved before you try again.",
        ),
        413 | 414 => (
            "This is too large",
            "What you sent is larger than this site accepts.",
        ),
        _ => (
            "That did not work",
            "Go back, check what you entered and try again.",
        ),
    };
    let chrome = Chrome {
        path: asked.path.clone(),
        brand: Arc::clone(&asked.brand),
        ..Chrome::default()
    };
    let sign_in = crate::html::form::address("/sign-in", &[("next", &asked.path)]);
    let body = html! {
        div.narrow {
            p.hint { "Error " (status.as_u16()) }
            h1 { (title) }
            @if status != StatusCode::NOT_FOUND {
                p.lead { (crate::input::sentence(detail)) }
            }
            @if !advice.is_empty() {
                p { (advice) }
            }
            @if status == StatusCode::NOT_FOUND {
                p {
                    "Not signed in? "
                    a href=(sign_in) { "Sign in" }
                    " first: some pages are for members, or for the people they are about."
                }
            }
            p.row {
                a.button href="/alumni" { "Find a session" }
                a.button.is-quiet href="/me" { "My sessions" }
            }
        }
    };
    Page {
        chrome: &chrome,
        title,
        body,
    }
    .render()
    .into_string()
}

fn set_headers(asked: &Asked, response: &mut HttpResponse, config: &Config) {
    let has_token = [
        "/sign-in/",
        "/invitations/",
        "/email/",
        "/calendar/",
        "/unsubscribe/",
    ]
    .iter()
    .any(|p| asked.path.starts_with(p))
        || asked.uri.contains("key=");
    let is_page = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|v| {
            v.as_bytes().starts_with(b"text/html") || v.as_bytes().starts_with(b"application/")
        });
    let headers = response.headers_mut();
    if let Some(left) = asked.left {
        let mut set = |name, value: u32| {
            headers.insert(HeaderName::from_static(name), HeaderValue::from(value))
        };
        set("ratelimit-limit", MOST_READS);
        set("ratelimit-remaining", left);
    }
    // What is downloaded has a stricter one.
    if !headers.contains_key(header::CONTENT_SECURITY_POLICY) {
        let policy = HeaderValue::from_static(POLICY);
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    let policy = headers.get(header::CONTENT_SECURITY_POLICY);
    let may_be_framed =
        policy.is_some_and(|policy| policy.as_bytes().ends_with(b"frame-ancestors *"));
    let mut set = |name: HeaderName, value: &'static str| {
        headers.insert(name, HeaderValue::from_static(value))
    };
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    if !may_be_framed {
        set(header::X_FRAME_OPTIONS, "DENY");
    }
    set(
        header::REFERRER_POLICY,
        if has_token {
            "no-referrer"
        } else {
            "same-origin"
        },
    );
    set(
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    );
    set(
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    );
    set(
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=()",
    );
    // Pages with people on them are not to be found.
    let is_home = asked.path == "/" && config.is_board_for_members;
    if !is_home && !LANDING_PAGES.contains(&asked.path.as_str()) {
        set(HeaderName::from_static("x-robots-tag"), "noindex");
    }
    if config.is_https() {
        // Under a path the host is somebody else's as well.
        let policy = match config.base_path() {
            "" => "max-age=31536000; includeSubDomains",
            _ => "max-age=31536000",
        };
        set(header::STRICT_TRANSPORT_SECURITY, policy);
    }
    if is_page || !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.append(header::VARY, HeaderValue::from_static("Cookie"));
    }
}

fn add_cookies(response: &mut HttpResponse, cookies: Vec<Cookie<'static>>) {
    // What others may keep carries nobody's cookie.
    let is_private = response
        .headers()
        .get(header::CACHE_CONTROL)
        .is_some_and(|v| v == "no-store");
    for cookie in cookies.into_iter().filter(|_| is_private) {
        if let Err(error) = response.add_cookie(&cookie) {
            tracing::error!(%error, "a cookie cannot be set");
        }
    }
}

/// One line and one measurement per request.
fn record(asked: &Asked, response: &HttpResponse, took: Duration) {
    let who = asked.line.read();
    let route = who.route.or_else(|| asked.route.clone());
    let route = route.unwrap_or_else(|| "none".into());
    let status = response.status().as_u16();
    let code = response.extensions().get::<Outcome>().and_then(|o| o.0);
    let is_usual = matches!(
        asked.method,
        Method::GET | Method::POST | Method::PUT | Method::HEAD
    );
    let method = if is_usual {
        asked.method.as_str().to_owned()
    } else {
        "OTHER".to_owned()
    };
    let labels = [
        ("method", method.clone()),
        ("route", route.clone()),
        ("status", status.to_string()),
    ];
    metrics::counter!("http_requests_total", &labels).increment(1);
    metrics::histogram!("http_request_seconds", "route" => route.clone())
        .record(took.as_secs_f64());
    let milliseconds = took.as_secs_f64() * 1000.0;
    let (person, network) = (
        who.person.map(|id| id.to_string()),
        who.network.map(|n| n.to_string()),
    );
    let object = who.object;
    macro_rules! line {
        ($level:ident) => {
            tracing::$level!(
                method,
                route,
                object,
                status,
                code,
                person,
                network,
                milliseconds,
                "request"
            )
        };
    }
    if status >= 500 {
        line!(warn);
    } else {
        line!(info);
    }
}
