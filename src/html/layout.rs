//! The frame of every page: head, header, navigation, footer.

use std::{
    borrow::Cow,
    sync::{Arc, LazyLock},
};

use actix_web::web::Bytes;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use rust_embed::RustEmbed;

use super::{form, icon};
use crate::{
    identity::{Accent, Identity},
    keys::{Keys, Purpose},
};

/// The files of `static/`, inside the program.
#[derive(RustEmbed)]
#[folder = "static/"]
struct Files;

/// Styles in this order, which decides between rules of the same weight.
const SHEETS: [&str; 12] = [
    "tokens",
    "elements",
    "forms",
    "components",
    "frame",
    "slots",
    "week",
    "bookings",
    "people",
    "programs",
    "desk",
    "screens",
];

static STYLESHEET: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let sheet = |name| Files::get(&format!("css/{name}.css")).expect("every sheet is there");
    let print = SERIF.trim_start_matches("/static/");
    let face = format!(
        "@font-face{{font-family:Newsreader;font-weight:600;font-display:swap;src:url(../{print}) format(\"woff2\")}}\n"
    );
    SHEETS
        .iter()
        .flat_map(|name| sheet(name).data.into_owned())
        .chain(face.into_bytes())
        .chain(super::week::styles().into_bytes())
        .collect()
});

/// The content of a static file. Styles are a site's own: see [`Brand`].
pub fn file(name: &str) -> Option<Cow<'static, [u8]>> {
    Some(Files::get(name)?.data)
}

/// The address of a static file, with a fingerprint of its content, so that it may be kept for ever.
fn asset(name: &str) -> String {
    let print = file(name).map(|content| crate::keys::hex(&crate::keys::sha256(&content)[..6]));
    format!("/static/{}/{name}", print.unwrap_or_default())
}

/// How a site presents itself, with what pages need of it.
#[derive(Debug)]
pub struct Brand {
    pub identity: Identity,
    /// All styles, its colour among them.
    pub styles: Bytes,
    /// Addresses change with what is behind them, so that it may be kept for ever.
    pub style: String,
    pub logo: Option<String>,
}

impl Brand {
    pub fn of(identity: Identity) -> Self {
        let print = |content: &[u8]| crate::keys::hex(&crate::keys::sha256(content)[..6]);
        let own = identity.accent.map(Accent::styles).unwrap_or_default();
        let styles = [STYLESHEET.as_slice(), own.as_bytes()].concat();
        Self {
            style: format!("/static/{}/almanac.css", print(&styles)),
            logo: identity
                .logo
                .as_ref()
                .map(|png| format!("/logo/{}.png", print(png))),
            styles: styles.into(),
            identity,
        }
    }
}

impl Default for Brand {
    fn default() -> Self {
        Self::of(Identity::default())
    }
}

/// That of a page that does not know better.
static UNNAMED: LazyLock<Arc<Brand>> = LazyLock::new(Arc::default);

/// The typeface of headings: the letters of European languages, in one weight.
static SERIF: LazyLock<String> = LazyLock::new(|| asset("serif.woff2"));
static SCRIPT: LazyLock<String> = LazyLock::new(|| asset("almanac.js"));
static DESK_SCRIPT: LazyLock<String> = LazyLock::new(|| asset("desk.js"));
static FAVICON: LazyLock<String> = LazyLock::new(|| asset("favicon.svg"));

/// For pages on which a program is written: what works quicker with a script.
pub fn desk_script() -> Markup {
    html! {
        script src=(*DESK_SCRIPT) defer {}
    }
}

/// Light, dark, or what the browser prefers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    #[default]
    Auto,
    Light,
    Dark,
}

impl Theme {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    pub fn parse(word: &str) -> Self {
        match word {
            "light" => Self::Light,
            "dark" => Self::Dark,
            _ => Self::Auto,
        }
    }
}

/// What has just been done, said once at the top of the next page, in the words of the room that did it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    text: Cow<'static, str>,
    /// Whether it says why something was not done.
    is_wrong: bool,
}

/// Of a notice that a browser carries.
const NOTICE: Purpose = Purpose::numbered(9);

impl Notice {
    pub const SAVED: Self = Self::new("Saved.");
    pub const REMOVED: Self = Self::new("Removed.");

    pub const fn new(text: &'static str) -> Self {
        Self {
            text: Cow::Borrowed(text),
            is_wrong: false,
        }
    }

    /// For words with a number or a name in them.
    pub fn saying(text: String) -> Self {
        Self {
            text: Cow::Owned(text),
            is_wrong: false,
        }
    }

    /// Why something was not done.
    pub fn refusing(text: impl Into<Cow<'static, str>>) -> Self {
        Self {
            text: text.into(),
            is_wrong: true,
        }
    }

    /// The text, sealed, to be carried by the browser from one page to the next.
    pub fn seal(&self, keys: &Keys) -> String {
        let mark = if self.is_wrong { "!" } else { "" };
        keys.seal(NOTICE, format!("{mark}{}", self.text).as_bytes(), b"")
    }

    /// What [`Notice::seal`] made. Nobody else can put words into the site's mouth.
    pub fn open(keys: &Keys, sealed: &str) -> Option<Self> {
        let text = keys.open(NOTICE, sealed, b"")?;
        let text = String::from_utf8(text).ok()?;
        Some(match text.strip_prefix('!') {
            Some(text) => Self::refusing(text.to_owned()),
            None => Self::saying(text),
        })
    }
}

/// What the frame shows of the visitor.
#[derive(Clone, Debug)]
pub struct Chrome {
    pub brand: Arc<Brand>,
    pub csrf: String,
    pub theme: Theme,
    /// Name of the signed-in person.
    pub name: Option<String>,
    pub is_alumnus: bool,
    pub is_coordinator: bool,
    pub is_admin: bool,
    /// Requests that wait for coordinators, as far as the reader is one.
    pub waiting: i64,
    pub notice: Option<Notice>,
    /// Path and query of this page, to come back to.
    pub path: String,
    /// Where the site is, for what leads here from elsewhere.
    pub address: String,
}

impl Default for Chrome {
    fn default() -> Self {
        Self {
            brand: Arc::clone(&UNNAMED),
            csrf: String::new(),
            theme: Theme::default(),
            name: None,
            is_alumnus: false,
            is_coordinator: false,
            is_admin: false,
            waiting: 0,
            notice: None,
            path: String::new(),
            address: String::new(),
        }
    }
}

impl Chrome {
    /// The hidden field that proves that a form came from this site.
    pub fn csrf_field(&self) -> Markup {
        html! {
            input type="hidden" name="csrf" value=(self.csrf);
        }
    }
}

/// One page.
pub struct Page<'a> {
    pub chrome: &'a Chrome,
    pub title: &'a str,
    pub body: Markup,
}

/// What other programs show of a page to which somebody links.
#[derive(Clone, Debug, Default)]
pub struct Preview {
    pub description: String,
    /// The path of a picture.
    pub picture: Option<String>,
}

impl Page<'_> {
    pub fn render(self) -> Markup {
        self.shown(None)
    }

    /// A page that people link to, with what programs show of such a link.
    pub fn linked(self, preview: &Preview) -> Markup {
        self.shown(Some(preview))
    }

    fn shown(self, preview: Option<&Preview>) -> Markup {
        let Self {
            chrome,
            title,
            body,
        } = self;
        let body = PreEscaped(form::name_as_labels(body.into_string()));
        let theme = (chrome.theme != Theme::Auto).then(|| chrome.theme.as_str());
        html! {
            (DOCTYPE)
            html lang="en" data-theme=[theme] {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { (title) " · " (chrome.brand.identity.name) }
                    @if let Some(preview) = preview { (cards(chrome, title, preview)) }
                    link rel="stylesheet" href=(chrome.brand.style);
                    link rel="preload" href=(*SERIF) as="font" type="font/woff2" crossorigin;
                    link rel="icon" type="image/svg+xml" href=(*FAVICON);
                    script src=(*SCRIPT) defer {}
                }
                body {
                    a.skip href="#main" { "Skip to main content" }
                    (header(chrome))
                    main #main {
                        @if let Some(notice) = &chrome.notice {
                            p   .toast
                                .is-wrong[notice.is_wrong]
                                role=(if notice.is_wrong { "alert" } else { "status" })
                            {
                                @if notice.is_wrong { (icon::warning()) } @else { (icon::check()) }
                                span { (notice.text) }
                            }
                        }
                        (body)
                    }
                    (footer(chrome))
                }
            }
        }
    }
}

/// Open Graph: what chats and social networks read.
fn cards(chrome: &Chrome, title: &str, preview: &Preview) -> Markup {
    let path = chrome.path.split('?').next().unwrap_or_default();
    html! {
        meta name="description" content=(preview.description);
        meta property="og:type" content="website";
        meta property="og:site_name" content=(chrome.brand.identity.name);
        meta property="og:title" content=(title);
        meta property="og:description" content=(preview.description);
        meta property="og:url" content={ (chrome.address) (path) };
        @if let Some(picture) = &preview.picture {
            meta property="og:image" content={ (chrome.address) (picture) };
        }
    }
}

/// Where one can be: an address, what it is called, and whether it is that of this page.
type Place = (&'static str, &'static str, bool);

/// Whether the page is at that path or below it.
fn is_below(chrome: &Chrome, path: &str) -> bool {
    let current = chrome.path.split('?').next().unwrap_or_default();
    let below = current.strip_prefix(path);
    below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The ways from everywhere.
fn ways(chrome: &Chrome) -> Vec<Place> {
    let is = |path: &str| is_below(chrome, path);
    let is_search = ["/alumni", "/find"].iter().any(|path| is(path)) || chrome.path == "/";
    let mut ways = vec![("/alumni", "Find a session", is_search)];
    ways.push(("/programs", "Programs", is("/programs")));
    if chrome.name.is_none() {
        ways.push(("/about", "How it works", is("/about")));
        return ways;
    }
    ways.push(("/me", "My sessions", is("/me") || is("/bookings")));
    if chrome.is_coordinator || chrome.is_admin {
        let is_theirs = is("/coordinate") || is("/admin");
        ways.push(("/coordinate", "Coordination", is_theirs));
    }
    ways
}

/// The ways between what is under one roof: everything of one's own, or everything of coordinators.
fn neighbours(chrome: &Chrome) -> Vec<Place> {
    let mut places: Vec<(&str, &str)> = Vec::new();
    let is_own = ["/me", "/waitlist", "/bookings", "/applications"]
        .iter()
        .any(|path| is_below(chrome, path));
    if chrome.name.is_some() && is_own {
        places.push(("/me", "Sessions"));
        if chrome.is_alumnus {
            places.extend([
                ("/me/week", "My week"),
                ("/me/availability", "My times"),
                ("/me/services", "My services"),
                ("/me/profile", "Profile"),
            ]);
        }
        places.extend([
            ("/me/waitlist", "Waitlist"),
            ("/me/applications", "Applications"),
            ("/me/calendar", "Calendar"),
            ("/me/settings", "Settings"),
        ]);
    }
    let is_theirs = is_below(chrome, "/coordinate") || is_below(chrome, "/admin");
    if is_theirs && chrome.is_coordinator {
        places.extend([
            ("/coordinate", "Overview"),
            ("/coordinate/people", "People"),
            ("/coordinate/bookings", "All bookings"),
            ("/coordinate/sessions", "Disputes"),
            ("/coordinate/fair-use", "Fair use"),
            ("/coordinate/programs", "Programs"),
            ("/coordinate/services", "Kinds of service"),
            ("/coordinate/topics", "Topics"),
            ("/coordinate/activity", "Activity"),
        ]);
    }
    if is_theirs && chrome.is_admin {
        places.extend([
            ("/admin/identity", "Name and look"),
            ("/admin/mail", "Email"),
            ("/admin/audit", "Audit log"),
        ]);
    }
    // Pages that belong to one of these without being below it.
    let belongs = [
        ("/me/busy", "/me/calendar"),
        ("/waitlist", "/me/waitlist"),
        ("/coordinate/import", "/coordinate/people"),
        ("/coordinate/invitations", "/coordinate/people"),
        ("/bookings", "/me"),
        ("/me/set-up", ""),
        ("/me/introduction", "/me/settings"),
        ("/me/email", "/me/settings"),
        ("/me/second-factor", "/me/settings"),
        ("/me/data", "/me/settings"),
        ("/me/tokens", "/me/settings"),
        ("/me/webhooks", "/me/settings"),
    ];
    let belongs = belongs.iter().find(|(path, _)| is_below(chrome, path));
    let nearest = places
        .iter()
        .filter(|(path, _)| is_below(chrome, path))
        .map(|(path, _)| path.len())
        .max();
    let place = |(path, name): (&'static str, &'static str)| {
        let is_here = match belongs {
            Some((_, home)) => path == *home,
            None => is_below(chrome, path) && Some(path.len()) == nearest,
        };
        (path, name, is_here)
    };
    places.into_iter().map(place).collect()
}

fn links(chrome: &Chrome, places: &[Place]) -> Markup {
    html! {
        @for (path, name, is_here) in places {
            a href=(path) aria-current=[is_here.then_some("page")] {
                (name)
                @if *path == "/coordinate" && chrome.waiting > 0 {
                    span.badge.is-count {
                        (chrome.waiting)
                        span.sr-only { " waiting" }
                    }
                }
            }
        }
    }
}

fn header(chrome: &Chrome) -> Markup {
    let neighbours = neighbours(chrome);
    html! {
        header.site {
            div.wrap {
                a.brand href="/" {
                    @match &chrome.brand.logo {
                        Some(logo) => img.logo src=(logo) alt="";,
                        None => (icon::calendar()),
                    }
                    span { (chrome.brand.identity.name) }
                }
                nav aria-label="Main" { (links(chrome, &ways(chrome))) }
                @if let Some(name) = &chrome.name {
                    a   .who
                        href="/me/settings"
                        aria-current=[is_below(chrome, "/me/settings").then_some("page")]
                    {
                        (icon::user())
                        bdi { (name) }
                    }
                } @else if !chrome.csrf.is_empty() {
                    // A page made without looking at the visitor does not know who is signed in.
                    a.button.is-small href={ "/sign-in?next=" (form::encode(&chrome.path)) } {
                        "Sign in"
                    }
                }
            }
            @if !neighbours.is_empty() {
                nav.neighbours aria-label="In this part" { (links(chrome, &neighbours)) }
            }
        }
    }
}

fn footer(chrome: &Chrome) -> Markup {
    let choice = |theme: Theme, label: &str, picture: Option<Markup>| {
        html! {
            button.link name="theme" value=(theme.as_str()) aria-pressed=(chrome.theme == theme) {
                @if let Some(picture) = picture { (picture) }
                (label)
            }
        }
    };
    html! {
        footer.site {
            div.wrap {
                p {
                    (chrome.brand.identity.name)
                    @if chrome.brand.identity.contact.is_empty() {
                        ": alumni give half an hour, students get ahead."
                    } @else { " · " (chrome.brand.identity.contact) }
                }
                nav aria-label="About" {
                    a href="/about" { "How it works" }
                    a href="/privacy" { "Privacy" }
                    a href="/zones" { "Time zones" }
                    a href="/api/openapi.json" { "API" }
                    a href="/status" { "Status" }
                }
                @if !chrome.csrf.is_empty() {
                    form.theme method="post" action="/theme" aria-label="Colours" {
                        (chrome.csrf_field())
                        input type="hidden" name="next" value=(chrome.path);
                        (choice(Theme::Light, "Light", Some(icon::sun())))
                        (choice(Theme::Dark, "Dark", Some(icon::moon())))
                        (choice(Theme::Auto, "Auto", None))
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_site_says_what_has_been_done() {
        let (keys, others) = (Keys::new(b"ours"), Keys::new(b"another"));
        let sealed = Notice::SAVED.seal(&keys);
        assert_eq!(Notice::open(&keys, &sealed), Some(Notice::SAVED));
        assert_eq!(Notice::open(&others, &sealed), None);
        assert_eq!(Notice::open(&keys, "Your account is gone."), None);
    }
}
