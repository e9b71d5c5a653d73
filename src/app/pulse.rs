//! How the background work of this process is.

use std::{collections::BTreeMap, sync::Mutex, time::Duration};

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

/// How long a loop that had to be restarted is reported.
const STUMBLES_TOLD: Duration = Duration::from_secs(3600);

impl Pulse {
    pub(super) fn started() -> Self {
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
