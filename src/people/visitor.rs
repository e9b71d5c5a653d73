//! Who asks: what handlers take to know the visitor, and forms that prove where they came from.

use std::{cell::RefCell, future::Future, net::IpAddr, pin::Pin, rc::Rc};

use actix_multipart::{Multipart, MultipartError};
use actix_web::{
    FromRequest, HttpMessage, HttpRequest, HttpResponse,
    cookie::{Cookie, SameSite, time::Duration},
    dev::Payload,
    error::PayloadError,
    http::header::{self, HeaderMap},
    web::{self, Data},
};
use chrono::{DateTime, Utc};
use futures_util::StreamExt;

use super::{Person, Role, audit::By, rules, second_factor, token};
use crate::{
    app::App,
    config::Config,
    db::PersonId,
    error::Error,
    html::{Notice, Theme, form::Fields, layout::Chrome},
    input, keys,
    people::{errand::Errand, join, sign_in},
    schedule::Zone,
    spreadsheet,
    uploads::{self, Received},
};

/// Largest body of a form, without the file that may come with it.
const LARGEST_FORM: usize = 256 * 1024;
/// Largest body with a file: what stands between the parts is small.
const LARGEST_UPLOAD: usize = uploads::LARGEST + LARGEST_FORM + 16 * 1024;

type Ready<T> = Pin<Box<dyn Future<Output = Result<T, Error>>>>;

/// The names of our cookies. With https they carry a prefix that keeps other hosts from setting them.
#[derive(Clone, Copy, Debug)]
pub enum CookieName {
    Session,
    Theme,
    Zone,
    Notice,
}

impl CookieName {
    fn text(self, config: &Config) -> String {
        let name = match self {
            Self::Session => "almanac",
            Self::Theme => "theme",
            Self::Zone => "zone",
            Self::Notice => "notice",
        };
        match (config.is_https(), config.base_path()) {
            (true, "") => format!("__Host-{name}"),
            (true, _) => format!("__Secure-{name}"),
            (false, _) => name.to_owned(),
        }
    }

    /// A cookie of this name that lives as long as `life`; not at all for an empty value.
    pub fn bake(self, config: &Config, value: &str, life: Duration) -> Cookie<'static> {
        let mut cookie = Cookie::build(self.text(config), value.to_owned())
            .path(match config.base_path() {
                "" => "/".to_owned(),
                path => path.to_owned(),
            })
            .http_only(true)
            .secure(config.is_https())
            .same_site(SameSite::Lax)
            .max_age(life)
            .finish();
        if value.is_empty() {
            cookie.make_removal();
        }
        cookie
    }

    fn read(self, request: &HttpRequest, config: &Config) -> Option<String> {
        request
            .cookie(&self.text(config))
            .map(|cookie| cookie.value().to_owned())
    }
}

/// Path and query of the page that is shown: of a form that was sent, the page that it was on.
fn path_to_come_back_to(request: &HttpRequest) -> String {
    if request.method().is_safe() {
        let address = request.uri().path_and_query();
        return address.map_or_else(String::new, ToString::to_string);
    }
    page_of_form(request.headers(), &app_of(request).config).unwrap_or_else(|| "/me".to_owned())
}

/// Path and query of the page that a form was on, as its browser says.
pub fn page_of_form(headers: &HeaderMap, config: &Config) -> Option<String> {
    let page = headers.get(header::REFERER)?.to_str().ok()?;
    let page: actix_web::http::Uri = page.parse().ok()?;
    let path = page.path_and_query()?.as_str();
    let path = path.strip_prefix(config.base_path())?;
    path.starts_with('/').then(|| path.to_owned())
}

/// Cookies that the answer is to set, left in the request for `server` to add.
#[derive(Default)]
pub struct CookiesToSet(pub Vec<Cookie<'static>>);

pub fn set_cookie(request: &HttpRequest, cookie: Cookie<'static>) {
    let mut extensions = request.extensions_mut();
    if let Some(cookies) = extensions.get_mut::<CookiesToSet>() {
        cookies.0.push(cookie);
    } else {
        extensions.insert(CookiesToSet(vec![cookie]));
    }
}

/// Who asks and for what, told to the line of the log that is written when the answer is known. A request
/// that ends in an error takes all else with it.
#[derive(Clone, Debug, Default)]
pub struct LogLine(Rc<RefCell<Asker>>);

/// Who asks for what.
#[derive(Clone, Debug, Default)]
pub struct Asker {
    pub person: Option<PersonId>,
    pub network: Option<IpAddr>,
    /// The pattern of the route; the address itself may hold a token.
    pub route: Option<String>,
    /// What the address names, without tokens: `id=…`.
    pub object: String,
}

impl LogLine {
    pub fn read(&self) -> Asker {
        self.0.borrow().clone()
    }
}

fn tell_log(request: &HttpRequest, person: Option<PersonId>) {
    let Some(line) = request.extensions().get::<LogLine>().cloned() else {
        return;
    };
    let named = request.match_info().iter();
    let named = named.filter(|(name, _)| *name != "token");
    let object: Vec<String> = named
        .map(|(name, value)| format!("{name}={}", input::line(value)))
        .collect();
    *line.0.borrow_mut() = Asker {
        person,
        network: Some(network(request, &app_of(request).config)),
        route: request.match_pattern(),
        object: object.join(" "),
    };
}

/// Anybody who looks at a page.
#[derive(Clone, Debug)]
pub struct Visitor {
    pub chrome: Chrome,
    pub person: Option<Person>,
    /// Who has used a link and still owes the code of their second factor: nobody is signed in.
    pub awaited: Option<Person>,
    /// Whether the site keeps the powers of who is signed in from them until they have a second factor.
    pub lacks_second: bool,
    /// When who is signed in last proved it.
    pub proved_at: Option<DateTime<Utc>>,
    /// The address of a session that has no account yet.
    pub newcomer: Option<String>,
    /// What that one goes on with once there is an account.
    pub errand: Errand,
    /// The zone in which times are shown.
    pub zone: Zone,
    /// Whether somebody chose that zone; else the browser's is proposed.
    pub zone_is_chosen: bool,
    pub network: IpAddr,
    pub session_hash: Option<Vec<u8>>,
    cookie: String,
}

/// What the cookie of a request stands for.
struct Known {
    cookie: String,
    hash: Option<Vec<u8>>,
    session: Option<sign_in::store::Session>,
    person: Option<Person>,
}

impl Known {
    /// Looks the cookie up. Whoever has no session gets a cookie that means
    /// nothing but ties forms to this browser.
    async fn by(request: &HttpRequest) -> Result<Self, Error> {
        let app = app_of(request);
        let cookie = CookieName::Session
            .read(request, &app.config)
            .filter(|c| c.len() <= 64);
        let is_guest =
            |c: &String| c.starts_with(GUEST_PREFIX) && c.len() == GUEST_PREFIX.len() + 43;
        if let Some(cookie) = cookie.clone().filter(|c| !c.starts_with(GUEST_PREFIX)) {
            let (hash, now) = (keys::hash(&cookie), app.now());
            let asked = hash.clone();
            let found = app
                .read::<_, Error>(move |conn| Ok(sign_in::store::session(conn, &asked, now)?))
                .await?;
            if let Some((session, person)) = found {
                return Ok(Self {
                    cookie,
                    hash: Some(hash),
                    session: Some(session),
                    person,
                });
            }
        }
        let cookie = cookie.filter(is_guest).unwrap_or_else(|| {
            let fresh = format!("{GUEST_PREFIX}{}", keys::random_token());
            let baked = CookieName::Session.bake(&app.config, &fresh, Duration::days(1));
            set_cookie(request, baked);
            fresh
        });
        Ok(Self {
            cookie,
            hash: None,
            session: None,
            person: None,
        })
    }
}

/// The zone in which a request's times are shown, and whether somebody chose it: by the address, which is then
/// remembered, by an earlier address, or in the person's settings.
fn shown_zone(request: &HttpRequest, own: Option<Zone>) -> Result<(Zone, bool), Error> {
    let config = &app_of(request).config;
    let query = Fields::parse(request.query_string())?;
    if let Some(name) = query.some("zone")? {
        let zone = Zone::named(name)
            .map_err(|unknown| Error::bad_request("zone", &unknown.to_string()))?;
        let before = recent_zones(request)
            .into_iter()
            .filter(|z| z.name() != zone.name());
        let names: Vec<String> = std::iter::once(zone.clone())
            .chain(before)
            .take(MOST_RECENT_ZONES)
            .map(|zone| zone.name().to_owned())
            .collect();
        let baked = CookieName::Zone.bake(config, &names.join(":"), Duration::days(365));
        set_cookie(request, baked);
        return Ok((zone, true));
    }
    let remembered = recent_zones(request).into_iter().next();
    let chosen = remembered.or(own);
    let is_chosen = chosen.is_some();
    Ok((chosen.unwrap_or_else(Zone::utc), is_chosen))
}

/// How many zones a browser remembers.
const MOST_RECENT_ZONES: usize = 4;

/// The zones that were chosen in this browser, the last one first.
pub fn recent_zones(request: &HttpRequest) -> Vec<Zone> {
    let remembered = CookieName::Zone.read(request, &app_of(request).config);
    let remembered = remembered.unwrap_or_default().replace("%2F", "/");
    let zones = remembered.split(':').take(MOST_RECENT_ZONES);
    zones.filter_map(|name| Zone::named(name).ok()).collect()
}

/// What the last page left to be said on this one, once.
fn take_notice(request: &HttpRequest) -> Option<Notice> {
    let app = app_of(request);
    let sealed = CookieName::Notice.read(request, &app.config)?;
    let notice = Notice::open(&app.keys, &sealed)?;
    if request.method() == actix_web::http::Method::GET {
        let gone = CookieName::Notice.bake(&app.config, "", Duration::ZERO);
        set_cookie(request, gone);
    }
    Some(notice)
}

impl Visitor {
    async fn of(request: &HttpRequest) -> Result<Self, Error> {
        let app = app_of(request);
        tell_log(request, None);
        let Known {
            cookie,
            hash,
            session,
            mut person,
        } = Known::by(request).await?;
        let lacks_second = match &mut person {
            Some(person) => lay_down_powers(app, person).await?,
            None => false,
        };
        let (awaited, person) = match &session {
            Some(session) if session.awaits_second => (person, None),
            _ => (None, person),
        };
        tell_log(request, person.as_ref().map(|p| p.id));
        let (zone, zone_is_chosen) = shown_zone(request, person.as_ref().map(Person::zone))?;
        let zone = zone.written(person.as_ref().map(Person::hour_cycle).unwrap_or_default());
        let theme = CookieName::Theme.read(request, &app.config);
        let is = |role| person.as_ref().is_some_and(|p| p.having(role).is_ok());
        let waiting = match is(Role::Coordinator) || is(Role::Admin) {
            true => {
                app.read::<_, Error>(|conn| Ok(join::store::count_open(conn)?))
                    .await?
            }
            false => 0,
        };
        let chrome = Chrome {
            brand: app.brand(),
            csrf: app.keys.csrf(&cookie),
            theme: theme.map(|w| Theme::parse(&w)).unwrap_or_default(),
            name: person.as_ref().map(|p| p.name.clone()),
            is_alumnus: is(Role::Alumnus),
            // Who has yet to turn it on finds the way there.
            is_coordinator: is(Role::Coordinator) || lacks_second,
            is_admin: is(Role::Admin),
            waiting,
            notice: take_notice(request),
            path: path_to_come_back_to(request),
            address: app.config.address(),
        };
        let proved_at = session.as_ref().map(|s| s.proved_at);
        let (email, errand) = match session {
            Some(session) => {
                let (next, about) = (session.next, session.about);
                (Some(session.email), Errand { next, about })
            }
            None => (None, Errand::default()),
        };
        Ok(Self {
            chrome,
            errand,
            newcomer: email.filter(|_| person.is_none() && awaited.is_none()),
            awaited,
            lacks_second,
            proved_at,
            person,
            zone,
            zone_is_chosen,
            network: network(request, &app.config),
            session_hash: hash,
            cookie,
        })
    }

    /// Who it is, for the audit log.
    pub fn by(&self) -> By {
        By {
            person: self.person.as_ref().map(|p| p.id),
            network: Some(self.network),
        }
    }

    /// Who is signed in, else the way to sign in.
    pub fn signed_in(&self) -> Result<&Person, Error> {
        self.person.as_ref().ok_or(Error::SignInFirst)
    }

    /// Who is signed in and has proved it a short time ago, for what matters most: roles, exports, secrets.
    pub fn fresh(&self, now: DateTime<Utc>) -> Result<&Person, Error> {
        let person = self.signed_in()?;
        match self.proved_at {
            Some(at) if now - at < rules::FRESH => Ok(person),
            _ => Err(Error::ProveAgain),
        }
    }

    /// Who is signed in and has the role.
    pub fn having(&self, role: Role) -> Result<&Person, Error> {
        let found = self.signed_in()?.having(role);
        if found.is_err() && self.lacks_second && role.is_about_others() {
            return Err(Error::SecondFirst);
        }
        found
    }

    /// Who is signed in and reviews requests and roles.
    pub fn coordinating(&self) -> Result<&Person, Error> {
        let found = self.signed_in()?.coordinating();
        if found.is_err() && self.lacks_second {
            return Err(Error::SecondFirst);
        }
        found
    }
}

/// Takes the powers of somebody without a second factor away for this request, where the site demands one.
/// Whether there were any.
async fn lay_down_powers(app: &App, person: &mut Person) -> Result<bool, Error> {
    if !app.config.requires_second || person.coordinating().is_err() {
        return Ok(false);
    }
    let id = person.id;
    let has_second = app
        .read::<_, Error>(move |conn| Ok(second_factor::store::has(conn, id)?))
        .await?;
    Ok(!has_second && person.lay_down_powers())
}

/// What the cookie of a browser without a session begins with.
const GUEST_PREFIX: &str = "guest.";

fn app_of(request: &HttpRequest) -> &Data<App> {
    request
        .app_data::<Data<App>>()
        .expect("the app is always configured")
}

/// The client's address. Proxies that are trusted may name it.
pub fn client(request: &HttpRequest, config: &Config) -> IpAddr {
    let peer = request
        .peer_addr()
        .map_or(IpAddr::from([0, 0, 0, 0]), |peer| peer.ip());
    let is_trusted = |ip: &IpAddr| config.trusted_proxies.iter().any(|net| net.contains(ip));
    let mut client = peer.to_canonical();
    if is_trusted(&client) {
        let forwarded = request
            .headers()
            .get_all("x-forwarded-for")
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .filter_map(|word| word.trim().parse::<IpAddr>().ok())
            .collect::<Vec<_>>();
        if let Some(ip) = forwarded
            .into_iter()
            .rev()
            .map(|ip| ip.to_canonical())
            .find(|ip| !is_trusted(ip))
        {
            client = ip;
        }
    }
    client
}

/// The client's network: its address, of v6 ones the /64.
pub fn network(request: &HttpRequest, config: &Config) -> IpAddr {
    let client = client(request, config);
    match client {
        IpAddr::V4(_) => client,
        IpAddr::V6(v6) => IpAddr::from((v6.to_bits() >> 64 << 64).to_be_bytes()),
    }
}

impl FromRequest for Visitor {
    type Error = Error;
    type Future = Ready<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { Self::of(&request).await })
    }
}

/// A form that was sent from a page of this site, by this browser.
pub struct Form {
    pub visitor: Visitor,
    pub fields: Fields,
}

impl FromRequest for Form {
    type Error = Error;
    type Future = Ready<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let mut payload = payload.take();
        Box::pin(async move {
            if request.content_type() != "application/x-www-form-urlencoded" {
                return Err(Error::UnsupportedMedia);
            }
            let mut body = web::BytesMut::new();
            while let Some(chunk) = payload.next().await {
                let chunk = chunk.map_err(|_| Error::bad_request("body", "was incomplete"))?;
                if body.len() + chunk.len() > LARGEST_FORM {
                    return Err(Error::TooLarge);
                }
                body.extend_from_slice(&chunk);
            }
            let body = std::str::from_utf8(&body)
                .map_err(|_| Error::bad_request("body", "is not UTF-8"))?;
            let fields = Fields::parse(body)?;
            let visitor = Visitor::of(&request).await?;
            check_csrf(&request, &visitor, fields.one("csrf")?)?;
            Ok(Self { visitor, fields })
        })
    }
}

/// A file that came with a form.
pub struct File {
    /// The name of its field.
    pub field: String,
    /// As the browser names it, on one line.
    pub name: String,
    pub content: Received,
}

/// As `Form`, perhaps with a file in the field `file`, and with files that answer questions, in fields that begin with
/// `f-`. Only for who is signed in.
pub struct Upload {
    pub form: Form,
    /// None where none was chosen.
    pub file: Option<File>,
    pub answers: Vec<File>,
}

/// The most files that answer questions of one form.
pub const MOST_ANSWERS: usize = 5;

impl FromRequest for Upload {
    type Error = Error;
    type Future = Ready<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        if request.content_type() != "multipart/form-data" {
            let form = Form::from_request(request, payload);
            return Box::pin(async move {
                Ok(Self {
                    form: form.await?,
                    file: None,
                    answers: Vec::new(),
                })
            });
        }
        let request = request.clone();
        let mut total = 0;
        let counted = payload.take().map(move |chunk| {
            let chunk = chunk?;
            total += chunk.len();
            if total > LARGEST_UPLOAD {
                return Err(PayloadError::Overflow);
            }
            Ok(chunk)
        });
        let mut parts = Multipart::new(request.headers(), counted);
        Box::pin(async move {
            let visitor = Visitor::of(&request).await?;
            let by = visitor.signed_in()?.id;
            let announced = announced(&request);
            let (mut pairs, mut files) = (Vec::new(), Vec::<File>::new());
            let mut is_ours = false;
            let mut left = LARGEST_FORM;
            while let Some(part) = parts.next().await {
                let mut part = part.map_err(cut_off)?;
                let name = part.name().unwrap_or_default().to_owned();
                let given = part.content_disposition().and_then(|d| d.get_filename());
                let is_answer = given.is_some() && name.starts_with("f-");
                let given = given.map(input::line).unwrap_or_default();
                if name == "file" || is_answer {
                    if files.iter().any(|file| file.field == name) {
                        let name = input::line(&name);
                        return Err(Error::bad_request(&name, "must be sent only once"));
                    }
                    if files.len() > MOST_ANSWERS {
                        return Err(Error::TooLarge);
                    }
                    if !is_ours {
                        // Nothing large is read before it is known where the form came from.
                        check_csrf(&request, &visitor, "")?;
                    }
                    let app = app_of(&request);
                    let content = uploads::receive(app, by, announced, part, cut_off).await?;
                    files.push(File {
                        field: name,
                        name: given,
                        content,
                    });
                    continue;
                }
                let mut bytes = Vec::new();
                while let Some(chunk) = part.next().await {
                    let chunk = chunk.map_err(cut_off)?;
                    if bytes.len() + chunk.len() > left {
                        return Err(Error::TooLarge);
                    }
                    bytes.extend_from_slice(&chunk);
                }
                left -= bytes.len();
                let value = String::from_utf8(bytes)
                    .map_err(|_| Error::bad_request(&input::line(&name), "is not UTF-8"))?;
                if name == "csrf" {
                    check_csrf(&request, &visitor, &value)?;
                    is_ours = true;
                }
                pairs.push((name, value));
            }
            let fields = Fields::new(pairs)?;
            check_csrf(&request, &visitor, fields.one("csrf")?)?;
            files.retain(|file| file.content.bytes > 0 || !file.name.is_empty());
            let (mut file, answers): (Vec<File>, Vec<File>) =
                files.into_iter().partition(|file| file.field == "file");
            Ok(Self {
                form: Form { visitor, fields },
                file: file.pop(),
                answers,
            })
        })
    }
}

fn cut_off(error: MultipartError) -> Error {
    match error {
        MultipartError::Payload(PayloadError::Overflow) => Error::TooLarge,
        _ => Error::bad_request("body", "was incomplete"),
    }
}

/// The length of the body, if the request says it.
pub fn announced(request: &HttpRequest) -> Option<usize> {
    let length = request.headers().get(header::CONTENT_LENGTH)?;
    length.to_str().ok()?.parse().ok()
}

/// Refuses a form without the token of this browser.
fn check_csrf(request: &HttpRequest, visitor: &Visitor, token: &str) -> Result<(), Error> {
    if app_of(request).keys.is_csrf(token, &visitor.cookie) {
        return Ok(());
    }
    Err(Error::FormExpired)
}

/// How long pictures and calendars of alumni may be kept, and by whom.
pub fn kept_for_a_while(config: &Config) -> &'static str {
    if config.is_board_for_members {
        "private, max-age=300"
    } else {
        "public, max-age=300"
    }
}

/// Proof that whoever asks may see who offers what: everybody, or members only where the site is set so.
pub struct MayBrowse;

impl FromRequest for MayBrowse {
    type Error = Error;
    type Future = Ready<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            if app_of(&request).config.is_board_for_members {
                if bearer(&request).is_some() {
                    ApiCaller::extract(&request).await?;
                } else {
                    Visitor::of(&request).await?.signed_in()?;
                }
            }
            Ok(Self)
        })
    }
}

/// The token that a request brings along. A proxy may ask for a password of its own besides.
fn bearer(request: &HttpRequest) -> Option<&str> {
    let value = request.headers().get(header::AUTHORIZATION)?;
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then_some(token.trim())
}

/// The caller of the JSON API, by bearer token.
pub struct ApiCaller {
    pub person: Person,
    pub network: IpAddr,
    lacks_second: bool,
}

impl ApiCaller {
    /// Who it is, if they review requests and roles.
    pub fn coordinating(&self) -> Result<&Person, Error> {
        let found = self.person.coordinating();
        if found.is_err() && self.lacks_second {
            return Err(Error::SecondFirst);
        }
        found
    }

    /// Who it is, for the audit log.
    pub fn by(&self) -> By {
        By {
            person: Some(self.person.id),
            network: Some(self.network),
        }
    }
}

impl FromRequest for ApiCaller {
    type Error = Error;
    type Future = Ready<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            tell_log(&request, None);
            let token = bearer(&request).ok_or(Error::SignInFirst)?;
            let hash = keys::hash(token);
            let app = app_of(&request);
            let now = app.now();
            let owner =
                app.read::<_, Error>(move |conn| Ok(token::store::owner(conn, &hash, now)?));
            let mut owner = owner.await?.ok_or(Error::SignInFirst)?;
            let lacks_second = lay_down_powers(app, &mut owner).await?;
            tell_log(&request, Some(owner.id));
            Ok(Self {
                network: network(&request, &app.config),
                person: owner,
                lacks_second,
            })
        })
    }
}

/// To another page of this site, with something to say there.
pub fn see_other(request: &HttpRequest, path: &str, notice: Option<Notice>) -> HttpResponse {
    if let Some(notice) = notice {
        let app = app_of(request);
        let sealed = notice.seal(&app.keys);
        set_cookie(
            request,
            CookieName::Notice.bake(&app.config, &sealed, Duration::minutes(5)),
        );
    }
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, path))
        .finish()
}

/// Rows as a file for a spreadsheet program.
pub fn csv_file(name: &str, rows: &[Vec<String>]) -> Result<HttpResponse, Error> {
    let text = spreadsheet::written(rows).map_err(|e| Error::Internal(e.to_string()))?;
    Ok(HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header((
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ))
        .body(text))
}

/// A page with that status.
pub fn page(status: actix_web::http::StatusCode, markup: maud::Markup) -> HttpResponse {
    HttpResponse::build(status)
        .content_type("text/html; charset=utf-8")
        .body(markup.into_string())
}
