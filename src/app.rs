//! `App`: database, clock, keys, limits and settings.

use std::{
    collections::BTreeMap,
    net::IpAddr,
    num::{NonZeroU32, NonZeroUsize},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex},
    time::Duration,
};

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use hmac::{Hmac, KeyInit, Mac};
use lru::LruCache;
use sha2::{Digest, Sha256};

use crate::{
    clock::Clock,
    config::Config,
    db::{AsQueryError, Conn, Db, DbError, PersonId, Tx, limits},
    error::Error,
};

/// What every request and job shares.
pub struct App {
    pub db: Db,
    pub keys: Keys,
    pub limits: Limits,
    pub config: Config,
    /// Where pictures are decoded and calendars are read.
    pub workshop: Workshop,
    /// Long texts are written one at a time, and those written last are kept.
    pub texts: Texts,
    /// Rung when there is work for the worker.
    pub bell: tokio::sync::Notify,
    pub pulse: Pulse,
}

type Work = Box<dyn FnOnce() + Send>;

/// One thread for what takes memory: pictures and calendars that people send may take 80 MB each while they
/// are read. One after the other, and always on the same thread, whose memory is used again; what is freed on
/// one of many threads is not soon of use to another.
pub struct Workshop(flume::Sender<Work>);

impl Workshop {
    fn open() -> Self {
        let (sender, work) = flume::unbounded::<Work>();
        std::thread::Builder::new()
            .name("workshop".into())
            .spawn(move || work.into_iter().for_each(|work| work()))
            .expect("a thread can be started");
        Self(sender)
    }

    /// Does some work when its turn comes; not at all if nobody waits for it any more.
    ///
    /// # Errors
    /// Those of the work; `Internal` if it panics.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (sender, done) = tokio::sync::oneshot::channel();
        let work = move || {
            if !sender.is_closed() {
                let done = catch_unwind(AssertUnwindSafe(work));
                let done = done.unwrap_or_else(|_| Err(Error::Internal("work panicked".into())));
                // Whoever asked may have gone.
                let _ = sender.send(done);
            }
        };
        let closed = |_| Error::Internal("the workshop is closed".into());
        self.0.send(Box::new(work)).map_err(|_| closed(()))?;
        done.await.map_err(|_| closed(()))?
    }
}

/// Texts that take long to write, kept by name for as long as what they were written from stays the same.
pub struct Texts {
    kept: Mutex<LruCache<String, KeptText>>,
    writing: tokio::sync::Semaphore,
}

/// A text and what it was written from.
#[derive(Clone)]
pub struct KeptText {
    print: [u8; 32],
    pub text: Arc<str>,
    /// For ETag: of the text.
    pub tag: Arc<str>,
}

/// So many texts are kept, each of 300 KB at most.
const MOST_TEXTS: NonZeroUsize = NonZeroUsize::new(64).expect("not zero");

impl Default for Texts {
    fn default() -> Self {
        Self {
            kept: Mutex::new(LruCache::new(MOST_TEXTS)),
            writing: tokio::sync::Semaphore::new(1),
        }
    }
}

impl Texts {
    fn kept(&self, name: &str, print: &[u8; 32]) -> Option<KeptText> {
        let mut kept = self.kept.lock().unwrap_or_else(|e| e.into_inner());
        kept.get(name).filter(|text| text.print == *print).cloned()
    }

    /// The text of that name, as it follows from what `from` shows; written aside unless it is there.
    pub async fn get(
        &self,
        name: &str,
        from: &str,
        write: impl FnOnce() -> String + Send + 'static,
    ) -> Result<KeptText, Error> {
        let print: [u8; 32] = Sha256::digest(from.as_bytes()).into();
        if let Some(text) = self.kept(name, &print) {
            return Ok(text);
        }
        let turn = self.writing.acquire().await;
        // Whoever had the turn before may have written it.
        if let Some(text) = self.kept(name, &print) {
            return Ok(text);
        }
        let (text, tag) = actix_web::web::block(move || {
            let text = write();
            let tag = digest(&text);
            (text, tag)
        })
        .await
        .map_err(|error| Error::Internal(error.to_string()))?;
        drop(turn);
        let written = KeptText {
            print,
            text: text.into(),
            tag: tag.into(),
        };
        let mut kept = self.kept.lock().unwrap_or_else(|e| e.into_inner());
        kept.put(name.to_owned(), written.clone());
        Ok(written)
    }
}

/// How the background work of this process is, for whoever asks how the site is.
#[derive(Debug)]
pub struct Pulse(Mutex<Beats>);

#[derive(Debug)]
struct Beats {
    /// When the worker last came round; at first, when the site started.
    last: std::time::Instant,
    /// Which loops had to be begun again, and when.
    stumbles: Vec<(&'static str, std::time::Instant)>,
}

/// A loop that had to be begun again is told for so long.
const STUMBLES_TOLD: Duration = Duration::from_secs(3600);

impl Pulse {
    fn started() -> Self {
        Self(Mutex::new(Beats {
            last: std::time::Instant::now(),
            stumbles: Vec::new(),
        }))
    }

    fn beats(&self) -> std::sync::MutexGuard<'_, Beats> {
        self.0.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// The worker has come round.
    pub fn beat(&self) {
        self.beats().last = std::time::Instant::now();
    }

    /// How long ago that was.
    pub fn silent_for(&self) -> Duration {
        self.beats().last.elapsed()
    }

    /// A loop has ended, which it never should, and begins again.
    pub fn stumble(&self, name: &'static str) {
        let mut beats = self.beats();
        beats
            .stumbles
            .retain(|(_, at)| at.elapsed() < STUMBLES_TOLD);
        beats.stumbles.push((name, std::time::Instant::now()));
    }

    /// Which loops have ended within the last hour, each with how often.
    pub fn stumbles(&self) -> BTreeMap<&'static str, usize> {
        let mut count = BTreeMap::new();
        let beats = self.beats();
        let lately = beats
            .stumbles
            .iter()
            .filter(|(_, at)| at.elapsed() < STUMBLES_TOLD);
        for (name, _) in lately {
            *count.entry(*name).or_default() += 1;
        }
        count
    }
}

impl App {
    pub fn new(config: Config, db: Db, key: &[u8]) -> Self {
        let limits = Limits::new(config.rate_limit);
        Self {
            db,
            keys: Keys::new(key),
            limits,
            config,
            workshop: Workshop::open(),
            texts: Texts::default(),
            bell: tokio::sync::Notify::new(),
            pulse: Pulse::started(),
        }
    }

    /// This server's own time, good enough to show a page by. What is written goes by [`Tx::now`].
    pub fn now(&self) -> DateTime<Utc> {
        self.clock().now()
    }

    pub fn clock(&self) -> &Clock {
        self.db.clock()
    }

    /// Asking for or redeeming sign-in links, per network: 60 at once, 6 a minute, on all servers together and
    /// whether or not they were restarted.
    pub async fn limit_sign_in(&self, network: IpAddr) -> Result<(), Error> {
        if !self.limits.is_on {
            return Ok(());
        }
        let key = format!("sign-in {network}");
        let wait = self
            .db
            .transaction::<_, Error>(move |tx| {
                let now = tx.now()?;
                Ok(limits::take(tx, &key, (60, TimeDelta::seconds(10)), now)?)
            })
            .await?;
        match wait {
            None => Ok(()),
            Some(wait) => Err(Error::TooMany {
                seconds: wait.num_seconds().max(0) as u64 + 1,
            }),
        }
    }

    /// See [`Db::read`].
    pub async fn read<T, E>(
        &self,
        work: impl Fn(&mut Conn) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        self.db.read(work).await
    }

    /// See [`Db::transaction`]. Rings the worker's bell afterwards: most changes queue a letter.
    pub async fn transaction<T, E>(
        &self,
        work: impl Fn(&mut Tx) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + From<diesel::result::Error> + AsQueryError + Send + 'static,
    {
        let done = self.db.transaction(work).await?;
        self.bell.notify_one();
        Ok(done)
    }
}

/// What a sealed token is good for; one cannot stand in for another. Its number is part of every token that is out
/// there: none is ever given to something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    SignIn = 0,
    Csrf = 1,
    Feed = 2,
    CancelBooking = 3,
    AtRest = 4,
    Fingerprint = 5,
    AnswerBooking = 6,
    ChangeEmail = 7,
    Unsubscribe = 8,
}

/// Makes tokens that only this site can make.
pub struct Keys(Hmac<Sha256>);

const SEAL_BYTES: usize = 16;

impl Keys {
    pub fn new(key: &[u8]) -> Self {
        Self(Hmac::new_from_slice(key).expect("any length will do"))
    }

    fn mac(&self, purpose: Purpose, parts: &[&[u8]]) -> Hmac<Sha256> {
        let mut mac = self.0.clone();
        mac.update(&[purpose as u8]);
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac
    }

    /// A token that carries `content`, with 128 bits of proof over it and `context`.
    pub fn seal(&self, purpose: Purpose, content: &[u8], context: &[u8]) -> String {
        let proof = self
            .mac(purpose, &[content, context])
            .finalize()
            .into_bytes();
        URL_SAFE_NO_PAD.encode([content, &proof[..SEAL_BYTES]].concat())
    }

    /// The content of a token that `seal` made with the same purpose and context.
    pub fn open(&self, purpose: Purpose, token: &str, context: &[u8]) -> Option<Vec<u8>> {
        let mut bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let proof = bytes.split_off(bytes.len().checked_sub(SEAL_BYTES)?);
        self.mac(purpose, &[&bytes, context])
            .verify_truncated_left(&proof)
            .ok()?;
        Some(bytes)
    }

    /// A key for `purpose` alone.
    fn derived(&self, purpose: Purpose) -> RandomizedNonceKey {
        let key = self.mac(purpose, &[]).finalize().into_bytes();
        RandomizedNonceKey::new(&AES_256_GCM, &key).expect("a SHA-256 is as long as the key")
    }

    /// Encrypts what is secret at rest: a nonce, the text, its tag.
    pub fn encrypt(&self, plain: &[u8]) -> Vec<u8> {
        let mut text = plain.to_vec();
        let key = self.derived(Purpose::AtRest);
        let nonce = key
            .seal_in_place_append_tag(Aad::empty(), &mut text)
            .expect("a short text can be encrypted");
        [nonce.as_ref().as_slice(), &text].concat()
    }

    /// What `encrypt` was given; none if it was encrypted with another key.
    pub fn decrypt(&self, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, text) = sealed.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut text = text.to_vec();
        let key = self.derived(Purpose::AtRest);
        let plain = key.open_in_place(nonce, Aad::empty(), &mut text).ok()?;
        Some(plain.to_vec())
    }

    /// By which equal secrets are known as equal, and nothing else of them.
    pub fn fingerprint(&self, secret: &[u8]) -> Vec<u8> {
        let mac = self.mac(Purpose::Fingerprint, &[secret]);
        mac.finalize().into_bytes().to_vec()
    }

    /// The form token of a browser's cookie.
    pub fn csrf(&self, cookie: &str) -> String {
        self.seal(Purpose::Csrf, &[], cookie.as_bytes())
    }

    pub fn is_csrf(&self, token: &str, cookie: &str) -> bool {
        self.open(Purpose::Csrf, token, cookie.as_bytes())
            .is_some_and(|content| content.is_empty())
    }
}

/// A new secret of 256 bits, as text for a cookie or a header.
pub fn random_token() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())
}

/// Bytes as lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// Half of a text's SHA-256, in hexadecimal digits: for ETags, and for UIDs that follow from something.
pub fn digest(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes())[..16])
}

/// What is stored of a secret.
pub fn hash(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}

/// A network may look at so much at once.
pub const MOST_READS: u32 = 3000;

type ReadLimiter = RateLimiter<
    IpAddr,
    governor::state::keyed::DefaultKeyedStateStore<IpAddr>,
    governor::clock::DefaultClock,
    governor::middleware::StateInformationMiddleware,
>;

fn too_many(refusal: &governor::NotUntil<governor::clock::QuantaInstant>) -> Error {
    use governor::clock::{Clock as _, DefaultClock};
    let wait = refusal.wait_time_from(DefaultClock::default().now());
    Error::TooMany {
        seconds: wait.as_secs() + 1,
    }
}

/// Requests allowed per network or person. In memory: a restart forgives, nothing else does. Signing in is
/// counted in the database ([`App::limit_sign_in`]).
pub struct Limits {
    is_on: bool,
    reads: ReadLimiter,
    networks: DefaultKeyedRateLimiter<IpAddr>,
    bookings: DefaultKeyedRateLimiter<PersonId>,
    photos: DefaultKeyedRateLimiter<PersonId>,
}

impl Limits {
    fn new(is_on: bool) -> Self {
        let quota = |burst: u32, every: Duration| {
            Quota::with_period(every)
                .expect("not zero")
                .allow_burst(NonZeroU32::new(burst).expect("not zero"))
        };
        Self {
            is_on,
            reads: RateLimiter::keyed(quota(MOST_READS, Duration::from_millis(10)))
                .with_middleware(),
            networks: RateLimiter::keyed(quota(600, Duration::from_millis(20))),
            bookings: RateLimiter::keyed(quota(60, Duration::from_secs(60))),
            photos: RateLimiter::keyed(quota(5, Duration::from_secs(20))),
        }
    }

    /// Any request that changes something, per network: 600 at once, 50 a second.
    pub fn write(&self, network: IpAddr) -> Result<(), Error> {
        self.check(&self.networks, &network)
    }

    /// Looking at something, per network: 3,000 at once, 100 a second; a campus shares one. Returns how many
    /// more there may be at once; None where nothing is limited.
    pub fn read(&self, network: IpAddr) -> Result<Option<u32>, Error> {
        if !self.is_on {
            return Ok(None);
        }
        match self.reads.check_key(&network) {
            Ok(allowed) => Ok(Some(allowed.remaining_burst_capacity())),
            Err(refusal) => Err(too_many(&refusal)),
        }
    }

    /// Holding, booking and cancelling, per person: 60 at once, then 60 an hour.
    pub fn booking(&self, person: PersonId) -> Result<(), Error> {
        self.check(&self.bookings, &person)
    }

    /// Sending a portrait, per person: 5 at once, then 3 a minute.
    pub fn photo(&self, person: PersonId) -> Result<(), Error> {
        self.check(&self.photos, &person)
    }

    fn check<K: std::hash::Hash + Eq + Clone>(
        &self,
        limiter: &DefaultKeyedRateLimiter<K>,
        key: &K,
    ) -> Result<(), Error> {
        if !self.is_on {
            return Ok(());
        }
        limiter.check_key(key).map_err(|refusal| too_many(&refusal))
    }

    /// Forgets whoever has been quiet, so that memory does not grow.
    pub fn forget_the_quiet(&self) {
        self.networks.retain_recent();
        self.reads.retain_recent();
        self.bookings.retain_recent();
        self.photos.retain_recent();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_workshop_outlives_a_panic_and_skips_what_nobody_waits_for() {
        let workshop = Workshop::open();
        let broken = workshop.run::<()>(|| panic!("a broken picture")).await;
        assert!(matches!(broken, Err(Error::Internal(_))));
        let (go, wait) = std::sync::mpsc::channel::<()>();
        let workshop = Arc::new(workshop);
        let shared = Arc::clone(&workshop);
        let first = tokio::spawn(async move {
            let work = move || {
                wait.recv().expect("the sender lives");
                Ok(1)
            };
            shared.run(work).await
        });
        tokio::task::yield_now().await;
        let (tell, told) = std::sync::mpsc::channel();
        let second = workshop.run(move || {
            tell.send(()).expect("the receiver lives");
            Ok(2)
        });
        let gone = tokio::time::timeout(Duration::from_millis(10), second).await;
        assert!(gone.is_err());
        go.send(()).expect("the receiver lives");
        let first = first.await.expect("no panic");
        assert_eq!(first.expect("it works"), 1);
        assert_eq!(workshop.run(|| Ok(3)).await.expect("it works"), 3);
        assert!(told.try_recv().is_err());
    }

    #[test]
    fn a_token_opens_only_as_what_it_was_made() {
        let keys = Keys::new(b"a key");
        let token = keys.seal(Purpose::Feed, b"content", b"context");
        assert_eq!(
            keys.open(Purpose::Feed, &token, b"context").as_deref(),
            Some(&b"content"[..])
        );
        assert_eq!(keys.open(Purpose::SignIn, &token, b"context"), None);
        assert_eq!(keys.open(Purpose::Feed, &token, b"other"), None);
        assert_eq!(keys.open(Purpose::Feed, &token[1..], b"context"), None);
        assert_eq!(
            keys.open(Purpose::Feed, &format!("{token}A"), b"context"),
            None
        );
        assert_eq!(keys.open(Purpose::Feed, "", b""), None);
        assert_eq!(
            Keys::new(b"another").open(Purpose::Feed, &token, b"context"),
            None
        );
    }

    #[test]
    fn what_is_encrypted_comes_back_with_the_same_key_only() {
        let keys = Keys::new(b"a key");
        let sealed = keys.encrypt(b"https://example.org/secret.ics");
        assert_ne!(sealed, keys.encrypt(b"https://example.org/secret.ics"));
        assert!(!sealed.windows(6).any(|w| w == b"secret"));
        assert_eq!(
            keys.decrypt(&sealed).as_deref(),
            Some(&b"https://example.org/secret.ics"[..])
        );
        assert_eq!(Keys::new(b"another").decrypt(&sealed), None);
        assert_eq!(keys.decrypt(&sealed[1..]), None);
        assert_eq!(keys.decrypt(b""), None);
        assert_eq!(keys.fingerprint(b"a"), keys.fingerprint(b"a"));
    }

    #[test]
    fn ten_thousand_tokens_differ() {
        let keys = Keys::new(b"a key");
        let tokens: std::collections::HashSet<String> = (0..10_000u32)
            .map(|n| {
                keys.seal(Purpose::CancelBooking, &n.to_be_bytes(), b"")
                    .split_off(6)
            })
            .collect();
        assert_eq!(tokens.len(), 10_000);
    }
}
