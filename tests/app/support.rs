//! A site of its own for each test: a database copied from a migrated template, a clock that
//! stands, a server on a free port, a mail server that keeps what it is given.

use std::{
    collections::HashSet,
    hash::{DefaultHasher, Hash, Hasher},
    net::TcpListener,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use actix_web::web::Data;
use almanac::{
    app::App,
    clock::Clock,
    config::Config,
    db::{
        self, ApiTokenId, Conn, Db, PersonId,
        private::{Private, Purpose},
    },
    error::Error,
    keys,
    mail::Mailer,
    people::{
        self, Person, Role, Roles, Standing,
        privacy::{self, PrivacyNotice},
        sign_in,
        token::{self, ApiToken},
    },
    server, worker,
};
use chrono::{DateTime, TimeDelta, Utc};
use diesel::{Connection, connection::SimpleConnection};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader},
    net::TcpListener as AsyncListener,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{self, pki_types::PrivatePkcs8KeyDer},
};

/// The server of this test run and the address of a database in it.
fn server() -> &'static (Private, String) {
    static SERVER: OnceLock<(Private, String)> = OnceLock::new();
    SERVER.get_or_init(|| {
        // One per checkout, kept for the next run; outside it, since the database's own user must
        // be able to enter.
        let mut hasher = DefaultHasher::new();
        env!("CARGO_MANIFEST_DIR").hash(&mut hasher);
        let folder = std::env::temp_dir().join(format!("almanac-tests-{:016x}", hasher.finish()));
        let private =
            Private::start(&folder, Purpose::Serve).expect("a database server for the tests");
        let mut conn = db::connect(private.url()).expect("the server answers");
        let old: Vec<Name> = diesel::RunQueryDsl::load(
            diesel::sql_query(
                "select datname::text as name from pg_database where datname like 'test%'",
            ),
            &mut conn,
        )
        .expect("databases are listed");
        for Name { name } in old {
            conn.batch_execute(&format!("drop database {name} with (force)"))
                .expect("old databases go");
        }
        conn.batch_execute("create database test_template")
            .expect("a template");
        let template = database_url(private.url(), "test_template");
        db::migrate(&mut db::connect(&template).expect("the template answers"))
            .expect("migrations run");
        let url = private.url().to_owned();
        (private, url)
    })
}

/// A folder for the files of the site on that database; servers on one database share it.
fn data_dir(database: &str) -> String {
    let (_, name) = database
        .rsplit_once('/')
        .expect("an address ends in a database");
    let folder = format!("almanac-data-{}-{name}", std::process::id());
    std::env::temp_dir().join(folder).display().to_string()
}

#[derive(diesel::QueryableByName)]
struct Name {
    #[diesel(sql_type = diesel::sql_types::Text)]
    name: String,
}

fn database_url(url: &str, database: &str) -> String {
    let (server, _) = url.rsplit_once('/').expect("an address ends in a database");
    format!("{server}/{database}")
}

/// A database without any tables.
pub fn empty_database() -> String {
    make_database("template0")
}

fn new_database() -> String {
    make_database("test_template")
}

fn make_database(template: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let (_, url) = server();
    let name = format!("test_{}", NEXT.fetch_add(1, Ordering::SeqCst));
    // A template can be copied by one at a time.
    let _turn = ONE_AT_A_TIME
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner());
    let mut conn = db::connect(url).expect("the server answers");
    conn.batch_execute(&format!("create database {name} template {template}"))
        .expect("a database");
    database_url(url, &name)
}

/// What a mail server does with the letters it is given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mood {
    #[default]
    Kind,
    /// Closes the connection at once.
    Down,
    /// Takes the letter and hangs up before saying so.
    DropAfterData,
    /// Says that there is no such mailbox.
    NoSuchMailbox,
    /// Refuses whoever greets it by a name that is no domain.
    Strict,
    /// Refuses whatever greets it.
    Hostile,
    /// Lets a letter wait when it first comes.
    Greylisting,
    /// Takes letters only after STARTTLS, with a certificate that nobody knows.
    OnlyTls,
}

/// A mail server on a free port.
#[derive(Clone, Default)]
pub struct Postbox {
    letters: Arc<Mutex<Vec<String>>>,
    mood: Arc<Mutex<Mood>>,
    tried: Arc<Mutex<HashSet<String>>>,
}

impl Postbox {
    async fn open() -> (Self, u16) {
        let postbox = Self::default();
        let listener = AsyncListener::bind("127.0.0.1:0")
            .await
            .expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let shared = postbox.clone();
        actix_web::rt::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let shared = shared.clone();
                actix_web::rt::spawn(async move {
                    // A client that hangs up is no concern of ours.
                    let _ = shared.converse(stream).await;
                });
            }
        });
        (postbox, port)
    }

    async fn converse(&self, mut stream: tokio::net::TcpStream) -> std::io::Result<()> {
        let mood = *self.mood.lock().unwrap();
        if mood == Mood::Down {
            return Ok(());
        }
        stream.write_all(b"220 test\r\n").await?;
        if mood != Mood::OnlyTls {
            return self.listen(stream, mood).await.map(drop);
        }
        let Some(stream) = self.listen(stream, mood).await? else {
            return Ok(());
        };
        let certificate = rcgen::generate_simple_self_signed(["mail.example.org".into()]).unwrap();
        let key = PrivatePkcs8KeyDer::from(certificate.signing_key.serialize_der());
        let chain = vec![certificate.cert.der().clone()];
        let config = rustls::ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(chain, key.into())
            .unwrap();
        let stream = TlsAcceptor::from(Arc::new(config)).accept(stream).await?;
        self.listen(stream, Mood::Kind).await.map(drop)
    }

    /// Talks until the other one leaves, or wants to go on under TLS.
    async fn listen<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: S,
        mood: Mood,
    ) -> std::io::Result<Option<S>> {
        let (read, mut write) = tokio::io::split(stream);
        let mut lines = BufReader::new(read).lines();
        while let Some(line) = lines.next_line().await? {
            let word = line
                .split([' ', ':'])
                .next()
                .unwrap_or_default()
                .to_ascii_uppercase();
            let answer: &[u8] = match word.as_str() {
                "EHLO" | "HELO" if mood == Mood::Hostile => b"504 5.5.2 go away\r\n",
                "EHLO" if mood == Mood::Strict && !line.contains('.') => {
                    b"504 5.5.2 need fully-qualified hostname\r\n"
                }
                "EHLO" if mood == Mood::OnlyTls => b"250-test\r\n250 STARTTLS\r\n",
                "EHLO" => b"250-test\r\n250 8BITMIME\r\n",
                "STARTTLS" => {
                    write.write_all(b"220 go on\r\n").await?;
                    return Ok(Some(lines.into_inner().into_inner().unsplit(write)));
                }
                "MAIL" if mood == Mood::OnlyTls => b"530 5.7.0 must issue STARTTLS first\r\n",
                "RCPT" if mood == Mood::Greylisting && self.is_new(&line) => {
                    b"450 4.2.0 greylisted, come back later\r\n"
                }
                "RCPT" if mood == Mood::NoSuchMailbox => b"550 5.1.1 no such mailbox\r\n",
                "DATA" => {
                    write.write_all(b"354 go on\r\n").await?;
                    let mut letter = String::new();
                    while let Some(line) = lines.next_line().await? {
                        if line == "." {
                            break;
                        }
                        letter.push_str(line.strip_prefix('.').unwrap_or(&line));
                        letter.push_str("\r\n");
                    }
                    self.letters.lock().unwrap().push(letter);
                    if mood == Mood::DropAfterData {
                        return Ok(None);
                    }
                    b"250 taken\r\n"
                }
                "QUIT" => {
                    write.write_all(b"221 bye\r\n").await?;
                    return Ok(None);
                }
                _ => b"250 ok\r\n",
            };
            write.write_all(answer).await?;
        }
        Ok(None)
    }

    /// Whether this recipient was not tried before.
    fn is_new(&self, line: &str) -> bool {
        self.tried.lock().unwrap().insert(line.to_owned())
    }

    pub fn set_mood(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    /// Raw letters so far, in the order they came.
    pub fn letters(&self) -> Vec<String> {
        self.letters.lock().unwrap().clone()
    }

    /// Waits until there are so many.
    pub async fn wait_for(&self, count: usize) -> Vec<String> {
        for _ in 0..400 {
            if self.letters().len() >= count {
                return self.letters();
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("only {} of {count} letters came", self.letters().len());
    }
}

pub struct TestApp {
    pub app: Data<App>,
    pub origin: String,
    pub post: Postbox,
    pub database: String,
    /// Where its letters go.
    smtp: String,
}

/// Someone with an account.
#[derive(Clone)]
pub struct Somebody {
    pub person: Person,
    pub token: String,
    /// Only alumni have one.
    pub handle: String,
}

impl TestApp {
    /// A site whose clock stands at `now`.
    pub async fn at(now: &str) -> Self {
        Self::with(now, &[]).await
    }

    /// As `at`, with more settings.
    pub async fn with(now: &str, settings: &[(&str, &str)]) -> Self {
        let database = actix_web::web::block(new_database)
            .await
            .expect("a database");
        let clock = Clock::standing_at(now.parse().expect("an instant"));
        Self::on(&database, clock, settings).await
    }

    /// Another server on the database of this one.
    pub async fn twin(&self) -> Self {
        Self::on(&self.database, self.app.clock().clone(), &[]).await
    }

    /// As `twin`, with more settings.
    pub async fn twin_with(&self, settings: &[(&str, &str)]) -> Self {
        Self::on(&self.database, self.app.clock().clone(), settings).await
    }

    /// Another server on the database of this one, whose letters go to the same postbox and whose own clock is
    /// ahead.
    pub async fn ahead(&self, by: TimeDelta) -> Self {
        let letters = [("ALMANAC_SMTP_URL", self.smtp.as_str())];
        Self::on(&self.database, self.app.clock().ahead_by(by), &letters).await
    }

    async fn on(database: &str, clock: Clock, settings: &[(&str, &str)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        // Passkeys are for names, not for numbers.
        let by_name = settings.contains(&("ALMANAC_BASE_URL", "by name"));
        let origin = if by_name {
            format!("http://localhost:{}", address.port())
        } else {
            format!("http://{address}")
        };
        let (post, port) = Postbox::open().await;
        let mut vars = vec![
            ("ALMANAC_BASE_URL".to_owned(), origin.clone()),
            (
                "ALMANAC_SMTP_URL".to_owned(),
                format!("smtp://127.0.0.1:{port}"),
            ),
            (
                "ALMANAC_MAIL_FROM".to_owned(),
                "Almanac <almanac@example.org>".to_owned(),
            ),
            ("ALMANAC_POOL".to_owned(), "4".to_owned()),
            ("ALMANAC_RATE_LIMIT".to_owned(), "off".to_owned()),
            ("ALMANAC_DATA_DIR".to_owned(), data_dir(database)),
        ];
        for (name, value) in settings.iter().filter(|(_, value)| *value != "by name") {
            vars.retain(|(n, _)| n != name);
            vars.push(((*name).to_owned(), (*value).to_owned()));
        }
        let config = Config::from_vars(&vars).expect("good settings");
        let mailer = Mailer::new(&config).expect("a mailer");
        let db = Db::start(database, config.pool, clock);
        let app = Data::new(App::new(
            config,
            db,
            b"the key of all tests, which is long enough",
        ));
        actix_web::rt::spawn(worker::run(Data::clone(&app), mailer));
        let served = Data::clone(&app);
        actix_web::rt::spawn(async move {
            server::serve(served, listener)
                .await
                .expect("the server runs")
        });
        Self {
            app,
            origin,
            post,
            database: database.to_owned(),
            smtp: format!("smtp://127.0.0.1:{port}"),
        }
    }

    /// The letters with those words in them, decoded; waits until there are so many.
    pub async fn letters_with(&self, words: &str, count: usize) -> Vec<String> {
        for _ in 0..400 {
            let letters = self.post.letters();
            let read = letters.iter().map(|letter| unquoted(letter));
            let found: Vec<String> = read.filter(|letter| letter.contains(words)).collect();
            if found.len() >= count {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!(
            "no {count} letters with {words:?}: {:?}",
            self.post.letters()
        );
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.app.now()
    }

    pub fn advance(&self, by: TimeDelta) {
        self.app.clock().advance(by);
    }

    /// Runs queries of the test's own.
    pub async fn sql<T: Send + 'static>(
        &self,
        work: impl Fn(&mut Conn) -> diesel::QueryResult<T> + Send + 'static,
    ) -> T {
        self.app
            .db
            .transaction::<T, db::DbError>(move |conn| Ok(work(conn)?))
            .await
            .expect("a query that works")
    }

    /// Runs a verb of the site's, as the worker would.
    pub async fn act<T: Send + 'static>(
        &self,
        work: impl Fn(&mut db::Tx) -> diesel::QueryResult<T> + Send + 'static,
    ) -> T {
        self.app
            .db
            .transaction::<T, db::DbError>(move |tx| Ok(work(tx)?))
            .await
            .expect("a verb that works")
    }

    pub async fn count(&self, sql: &'static str) -> i64 {
        #[derive(diesel::QueryableByName)]
        struct Count {
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            count: i64,
        }
        self.sql(move |conn| {
            diesel::RunQueryDsl::get_result::<Count>(diesel::sql_query(sql), conn)
                .map(|row| row.count)
        })
        .await
    }

    pub async fn person(&self, name: &str, zone: &str, roles: &[Role]) -> Somebody {
        let person = Person {
            id: PersonId::random(),
            email: format!("{}@example.org", almanac::input::slug(name)),
            name: name.to_owned(),
            zone: zone.to_owned(),
            roles: Roles::new(roles.iter().copied()),
            standing: Standing::Active,
            graduates_on: None,
            joined_at: self.now(),
            twelve_hours: false,
        };
        let (stored, now, token) = (person.clone(), self.now(), keys::random_token());
        let hash = keys::hash(&token);
        let handle = self
            .sql(move |conn| {
                people::store::insert(conn, &stored)?;
                let token = ApiToken {
                    id: ApiTokenId::random(),
                    token_hash: hash.clone(),
                    person_id: stored.id,
                    name: "Test".into(),
                    created_at: now,
                    expires_at: None,
                    used_at: None,
                };
                token::store::insert(conn, &token)?;
                if stored.is(Role::Alumnus) {
                    return people::profile::store::profile(conn, stored.id)
                        .map(|profile| profile.handle);
                }
                Ok(String::new())
            })
            .await;
        Somebody {
            person,
            token,
            handle,
        }
    }

    pub async fn student(&self, name: &str) -> Somebody {
        self.person(name, "America/Toronto", &[Role::Student]).await
    }

    /// An alumnus in Berlin with a service `resume` of half an hour, from 9 to 17 every day.
    pub async fn alumnus(&self, name: &str) -> Somebody {
        let alumnus = self.person(name, "Europe/Berlin", &[Role::Alumnus]).await;
        self.set_hours(&alumnus, json!({})).await;
        self.offer(&alumnus, "resume", json!({ "kind": "resume", "duration_minutes": 30, "title": "Resume review", "location": "https://meet.example.org/ada" })).await;
        alumnus
    }

    /// From 9 to 17 every day with an hour's notice, changed by `more`.
    pub async fn set_hours(&self, alumnus: &Somebody, more: Value) {
        let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
        let weekly: Vec<Value> = days
            .iter()
            .map(|day| json!({ "day": day, "from": "09:00", "until": "17:00" }))
            .collect();
        let mut body =
            json!({ "zone": "Europe/Berlin", "weekly": weekly, "minimum_notice_minutes": 60 });
        for (name, value) in more.as_object().expect("an object") {
            body[name] = value.clone();
        }
        let (status, answer) = self
            .api("PUT", "/me/availability", Some(alumnus), Some(body))
            .await;
        assert_eq!(status, 200, "{answer}");
    }

    pub async fn offer(&self, alumnus: &Somebody, slug: &str, service: Value) {
        let path = format!("/me/services/{slug}");
        let (status, answer) = self.api("PUT", &path, Some(alumnus), Some(service)).await;
        assert_eq!(status, 200, "{answer}");
    }

    /// One call of the JSON API.
    pub async fn api(
        &self,
        method: &str,
        path: &str,
        who: Option<&Somebody>,
        body: Option<Value>,
    ) -> (u16, Value) {
        self.api_with_key(method, path, who, body, None).await
    }

    pub async fn api_with_key(
        &self,
        method: &str,
        path: &str,
        who: Option<&Somebody>,
        body: Option<Value>,
        key: Option<&str>,
    ) -> (u16, Value) {
        let address = format!("{}/api/v1{path}", self.origin);
        let mut request =
            reqwest::Client::new().request(method.parse().expect("a method"), address);
        if let Some(who) = who {
            request = request.bearer_auth(&who.token);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        if let Some(key) = key {
            request = request.header("Idempotency-Key", key);
        }
        let answer = request.send().await.expect("an answer");
        let status = answer.status().as_u16();
        let text = answer.text().await.expect("a body");
        (
            status,
            serde_json::from_str(&text).unwrap_or(Value::String(text)),
        )
    }

    pub async fn book(&self, guest: &Somebody, host: &Somebody, start: &str) -> (u16, Value) {
        let body = json!({ "alumnus": host.handle, "service": "resume", "start": start, "goals": "A job" });
        self.api("POST", "/bookings", Some(guest), Some(body)).await
    }

    /// Gives somebody a connected calendar in which they are busy from one date to another.
    pub async fn is_busy(&self, who: &Somebody, from: &str, until: &str) {
        let busy = format!(
            "with calendar as (insert into busy_calendars (id, person_id, label, host, created_at) \
                 values (gen_random_uuid(), '{}', 'Elsewhere', '', now()) returning id, person_id) \
             insert into busy_times (calendar_id, person_id, starts_at, ends_at) \
             select id, person_id, '{from}', '{until}' from calendar",
            who.person.id
        );
        self.sql(move |conn| diesel::connection::SimpleConnection::batch_execute(conn, &busy))
            .await;
    }

    /// A browser that nobody is signed in to.
    pub fn visitor(&self) -> Browser {
        let http = reqwest::Client::builder()
            .cookie_store(true)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .expect("a client");
        Browser {
            http,
            origin: self.origin.clone(),
        }
    }

    /// The path of a sign-in link for an address.
    pub async fn sign_in_path(&self, email: &str) -> String {
        let email = email.to_owned();
        let link = self
            .app
            .transaction::<_, Error>(move |tx| sign_in::make_link(tx, &email, "/me"))
            .await
            .expect("a link");
        sign_in::path(&self.app.keys, link)
    }

    /// Lets somebody agree to the privacy notice, so that they are not asked.
    pub async fn agreed(&self, who: &Somebody) {
        let version = PrivacyNotice::of(&self.app).version;
        let id = who.person.id;
        self.act(move |tx| privacy::agree(tx, id, &version)).await;
    }

    /// A browser that somebody is signed in to, by a link and its button.
    pub async fn signed_in(&self, who: &Somebody) -> Browser {
        let browser = self.visitor();
        self.agreed(who).await;
        let path = self.sign_in_path(&who.person.email).await;
        let answer = browser.post(&path, &[]).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        browser
    }
}

pub struct Browser {
    pub http: reqwest::Client,
    pub origin: String,
}

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub location: String,
    pub headers: reqwest::header::HeaderMap,
    pub body: String,
}

impl Browser {
    pub async fn get(&self, path: &str) -> Answer {
        answer(self.http.get(format!("{}{path}", self.origin))).await
    }

    /// Sends a form as the page at hand would: with its hidden token.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let page = self.get("/about").await.body;
        let token = between(&page, "name=\"csrf\" value=\"", "\"")
            .expect("a form token")
            .to_owned();
        let mut all = vec![("csrf", token.as_str())];
        all.extend_from_slice(fields);
        self.post_bare(path, &all).await
    }

    /// Sends a form with a file, as the page at hand would.
    pub async fn upload(&self, path: &str, name: &str, bytes: &[u8]) -> Answer {
        self.upload_with(path, &[], &[("file", name, bytes)]).await
    }

    /// As `upload`, with fields and files, each by the name of its field.
    pub async fn upload_with(
        &self,
        path: &str,
        fields: &[(&str, &str)],
        files: &[(&str, &str, &[u8])],
    ) -> Answer {
        let page = self.get("/about").await.body;
        let token = between(&page, "name=\"csrf\" value=\"", "\"").expect("a form token");
        let part = "--mark\r\nContent-Disposition: form-data; name";
        let mut body = format!("{part}=\"csrf\"\r\n\r\n{token}\r\n").into_bytes();
        for (name, value) in fields {
            body.extend_from_slice(format!("{part}=\"{name}\"\r\n\r\n{value}\r\n").as_bytes());
        }
        for (field, name, bytes) in files {
            let head = format!("{part}=\"{field}\"; filename=\"{name}\"\r\n\r\n");
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(bytes);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(b"--mark--\r\n");
        let request = self
            .http
            .post(format!("{}{path}", self.origin))
            .header("content-type", "multipart/form-data; boundary=mark");
        answer(request.body(body)).await
    }

    /// The id that the calendar page of a service has in the forms of a day's times.
    pub async fn service(&self, of: &Somebody, slug: &str, day: &str) -> String {
        let path = format!("/alumni/{}/{slug}?day={day}", of.handle);
        let page = self.get(&path).await.body;
        let id = between(&page, "name=\"service\" value=\"", "\"");
        id.unwrap_or_else(|| panic!("no time on {day}: {page}"))
            .to_owned()
    }

    /// Holds a time, as by its button on the calendar page.
    pub async fn hold(&self, of: &Somebody, slug: &str, start: &str) -> Answer {
        let service = self.service(of, slug, &start[..10]).await;
        self.post("/holds", &[("service", &service), ("start", start)])
            .await
    }

    /// Sends a form with exactly these fields.
    pub async fn post_bare(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        answer(
            self.http
                .post(format!("{}{path}", self.origin))
                .form(fields),
        )
        .await
    }
}

pub async fn answer(request: reqwest::RequestBuilder) -> Answer {
    let answer = request.send().await.expect("an answer");
    let text = |name: &str| {
        answer
            .headers()
            .get(name)
            .and_then(|v| v.to_str().ok())
            .unwrap_or_default()
            .to_owned()
    };
    Answer {
        status: answer.status().as_u16(),
        location: text("location"),
        headers: answer.headers().clone(),
        body: answer.text().await.expect("a body"),
    }
}

/// What stands between two marks, the first time.
pub fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    Some(rest.split_once(after)?.0)
}

/// Undoes quoted-printable.
pub fn unquoted(text: &str) -> String {
    let joined = text.replace("=\r\n", "");
    let mut bytes = Vec::new();
    let mut rest = joined.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let coded = (*first == b'=' && tail.len() >= 2)
            .then(|| u8::from_str_radix(std::str::from_utf8(&tail[..2]).ok()?, 16).ok())
            .flatten();
        match coded {
            Some(byte) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The iCalendar part of a letter, unfolded.
pub fn invitation(letter: &str) -> String {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let (_, part) = letter
        .split_once("Content-Type: text/calendar")
        .expect("a calendar in the letter");
    let coded = between(part, "\r\n\r\n", "\r\n--")
        .expect("a whole part")
        .replace("\r\n", "");
    let text = String::from_utf8(STANDARD.decode(coded).expect("base64")).expect("UTF-8");
    assert!(
        text.starts_with("BEGIN:VCALENDAR\r\n") && text.ends_with("END:VCALENDAR\r\n"),
        "{text}"
    );
    text.replace("\r\n ", "")
}

/// The value of a header of a letter.
pub fn header<'a>(letter: &'a str, name: &str) -> Option<&'a str> {
    between(letter, &format!("{name}: "), "\r\n")
}

/// What a line of an event says.
pub fn line(event: &str, name: &str) -> String {
    let found = event.lines().find_map(|line| line.strip_prefix(name));
    found
        .unwrap_or_else(|| panic!("no {name} in {event}"))
        .trim()
        .to_owned()
}

/// Establishes a connection of the test's own.
pub fn connect(url: &str) -> Conn {
    Conn::establish(url).expect("the database answers")
}
