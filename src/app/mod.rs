//! `App`: database, clock, keys, limits and settings.

mod letters;
mod limits;
mod pulse;
pub mod recent;
pub mod store;
mod texts;
mod workshop;

use std::{
    net::IpAddr,
    sync::{Arc, RwLock},
};

use chrono::{DateTime, TimeDelta, Utc};
use lettre::message::Mailbox;

use crate::{
    clock::Clock,
    config::Config,
    db::{self, AsQueryError, Conn, Db, DbError, Tx, limits::Allowance},
    error::Error,
    html::layout::Brand,
    ical,
    keys::Keys,
};

pub use self::{
    letters::WritesLetter,
    limits::{Limits, MOST_READS},
    pulse::Pulse,
    recent::Recent,
    texts::{KeptText, Texts},
    workshop::Workshop,
};

/// How often somebody at one network address may try to sign in, whichever server they ask.
const SIGN_INS: Allowance = Allowance {
    burst: 60,
    period: TimeDelta::seconds(10),
};

/// State shared by all requests and jobs.
pub struct App {
    pub db: Db,
    pub keys: Keys,
    pub limits: Limits,
    pub config: Config,
    /// Where pictures are decoded and calendars are read.
    pub workshop: Workshop,
    /// Long texts are written one at a time, and those written last are kept.
    pub texts: Texts,
    /// What was found a moment ago and many ask for.
    pub recent: Arc<Recent>,
    /// Rung when there is work for the worker.
    pub bell: tokio::sync::Notify,
    pub pulse: Pulse,
    brand: RwLock<Arc<Brand>>,
}

impl App {
    pub fn new(config: Config, db: Db, key: &[u8]) -> Self {
        let limits = Limits::new(config.rate_limit, db.clock().clone());
        Self {
            db,
            keys: Keys::new(key),
            limits,
            config,
            workshop: Workshop::open(),
            texts: Texts::default(),
            recent: Arc::default(),
            bell: tokio::sync::Notify::new(),
            pulse: Pulse::started(),
            brand: RwLock::default(),
        }
    }

    /// This server's own time, good enough to show a page by. What is written goes by [`Tx::now`].
    pub fn now(&self) -> DateTime<Utc> {
        self.clock().now()
    }

    /// How the site presents itself.
    pub fn brand(&self) -> Arc<Brand> {
        Arc::clone(&self.brand.read().unwrap_or_else(|e| e.into_inner()))
    }

    /// Reads it anew: at the start, after a change, and now and then, since another server may have changed it.
    pub async fn refresh_brand(&self) -> Result<(), Error> {
        let identity = self.read::<_, Error>(|conn| Ok(store::read(conn)?)).await?;
        if self.brand().identity != identity {
            let brand = Arc::new(Brand::of(identity));
            *self.brand.write().unwrap_or_else(|e| e.into_inner()) = brand;
        }
        Ok(())
    }

    /// Whom letters come from: the address of the settings, under the site's name if it has been given one.
    pub fn sender(&self) -> Mailbox {
        let name = self.brand().identity.name.clone();
        let given = (name != crate::identity::UNNAMED).then_some(name);
        let set = &self.config.mail_from;
        Mailbox::new(given.or_else(|| set.name.clone()), set.email.clone())
    }

    /// The same as calendars name the organizer of an event.
    pub fn organizer(&self) -> ical::Party {
        let sender = self.sender();
        ical::Party {
            name: sender
                .name
                .unwrap_or_else(|| self.brand().identity.name.clone()),
            email: sender.email.to_string(),
        }
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
                Ok(db::limits::take(tx, &key, SIGN_INS, now)?)
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
        E: From<DbError> + AsQueryError + Send + 'static,
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
