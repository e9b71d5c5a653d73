//! How often a network or a person may ask.

use std::{net::IpAddr, num::NonZeroU32, time::Duration};

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::{db::PersonId, error::Error};

/// How much a network may look at, at once.
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
/// counted in the database ([`super::App::limit_sign_in`]).
pub struct Limits {
    pub(super) is_on: bool,
    reads: ReadLimiter,
    networks: DefaultKeyedRateLimiter<IpAddr>,
    bookings: DefaultKeyedRateLimiter<PersonId>,
    photos: DefaultKeyedRateLimiter<PersonId>,
}

impl Limits {
    pub(super) fn new(is_on: bool) -> Self {
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
