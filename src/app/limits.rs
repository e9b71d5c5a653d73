//! How often a network or a person may ask.

use std::{
    hash::Hash,
    net::IpAddr,
    num::NonZeroU32,
    time::{Duration, Instant},
};

use governor::{
    Quota, RateLimiter,
    clock::Clock as _,
    middleware::{NoOpMiddleware, StateInformationMiddleware},
    state::keyed::DefaultKeyedStateStore,
};

use crate::{clock::Clock, db::PersonId, error::Error};

/// How much a network may look at, at once.
pub const MOST_READS: u32 = 3000;

/// What limits count time by: steady where the clock is the system's, so that setting that back shuts nobody
/// out, and else the clock that was given.
#[derive(Clone)]
struct Watch {
    clock: Clock,
    since: Instant,
}

impl governor::clock::Clock for Watch {
    type Instant = Duration;

    fn now(&self) -> Duration {
        match &self.clock {
            Clock::System => self.since.elapsed(),
            given @ Clock::Fake { .. } => (given.now() - chrono::DateTime::UNIX_EPOCH)
                .to_std()
                .unwrap_or_default(),
        }
    }
}

type Limiter<K, M = NoOpMiddleware<Duration>> = RateLimiter<K, DefaultKeyedStateStore<K>, Watch, M>;

/// `burst` at once, and one more after each `every`.
fn limiter<K: Hash + Eq + Clone>(burst: u32, every: Duration, watch: &Watch) -> Limiter<K> {
    let quota = Quota::with_period(every)
        .expect("not zero")
        .allow_burst(NonZeroU32::new(burst).expect("not zero"));
    RateLimiter::dashmap_with_clock(quota, watch.clone())
}

/// Requests allowed per network or person. In memory: a restart forgives, nothing else does. Signing in is
/// counted in the database ([`super::App::limit_sign_in`]).
pub struct Limits {
    pub(super) is_on: bool,
    watch: Watch,
    reads: Limiter<IpAddr, StateInformationMiddleware>,
    networks: Limiter<IpAddr>,
    bookings: Limiter<PersonId>,
    photos: Limiter<PersonId>,
}

impl Limits {
    pub(super) fn new(is_on: bool, clock: Clock) -> Self {
        let watch = Watch {
            clock,
            since: Instant::now(),
        };
        Self {
            is_on,
            reads: limiter(MOST_READS, Duration::from_millis(10), &watch).with_middleware(),
            networks: limiter(600, Duration::from_millis(20), &watch),
            bookings: limiter(60, Duration::from_secs(60), &watch),
            photos: limiter(5, Duration::from_secs(20), &watch),
            watch,
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
            Err(refusal) => Err(self.too_many(&refusal)),
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

    fn check<K: Hash + Eq + Clone>(&self, limiter: &Limiter<K>, key: &K) -> Result<(), Error> {
        if !self.is_on {
            return Ok(());
        }
        limiter
            .check_key(key)
            .map_err(|refusal| self.too_many(&refusal))
    }

    fn too_many(&self, refusal: &governor::NotUntil<Duration>) -> Error {
        let wait = refusal.wait_time_from(self.watch.now());
        Error::TooMany {
            seconds: wait.as_secs() + 1,
        }
    }

    /// Forgets whoever has been quiet, so that memory does not grow.
    pub fn forget_the_quiet(&self) {
        self.networks.retain_recent();
        self.reads.retain_recent();
        self.bookings.retain_recent();
        self.photos.retain_recent();
    }
}
