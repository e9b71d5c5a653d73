//! What was found a moment ago and many ask for.

use std::{
    any::Any,
    num::NonZeroUsize,
    sync::{Arc, Mutex},
};

use chrono::{DateTime, TimeDelta, Utc};
use lru::LruCache;

/// How many answers are kept.
const MOST: NonZeroUsize = NonZeroUsize::new(256).expect("not zero");

/// How old an answer may become.
const FRESH: TimeDelta = TimeDelta::seconds(15);

struct Kept {
    answer: Arc<dyn Any + Send + Sync>,
    found_at: DateTime<Utc>,
}

/// Answers that are the same for everybody who asks, by what was asked, for a few seconds.
pub struct Recent(Mutex<LruCache<String, Kept>>);

impl Default for Recent {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(MOST)))
    }
}

impl Recent {
    /// What was found for that question a moment ago, else what is read now, for others to find. Without a
    /// question it is read in any case: the answer is somebody's own.
    pub fn or_read<T: Send + Sync + 'static, E>(
        &self,
        question: Option<String>,
        now: DateTime<Utc>,
        read: impl FnOnce() -> Result<T, E>,
    ) -> Result<Arc<T>, E> {
        let Some(question) = question else {
            return read().map(Arc::new);
        };
        if let Some(answer) = self.get(&question, now) {
            return Ok(answer);
        }
        let answer = Arc::new(read()?);
        self.put(question, Arc::clone(&answer), now);
        Ok(answer)
    }

    /// What was found for that question, unless it is older than [`FRESH`].
    fn get<T: Send + Sync + 'static>(&self, question: &str, now: DateTime<Utc>) -> Option<Arc<T>> {
        let mut kept = self.0.lock().unwrap_or_else(|e| e.into_inner());
        let kept = kept.get(question)?;
        let is_fresh = (TimeDelta::zero()..FRESH).contains(&(now - kept.found_at));
        is_fresh
            .then(|| Arc::clone(&kept.answer).downcast().ok())
            .flatten()
    }

    /// Keeps what was found then.
    fn put<T: Send + Sync + 'static>(
        &self,
        question: String,
        answer: Arc<T>,
        found_at: DateTime<Utc>,
    ) {
        let mut kept = self.0.lock().unwrap_or_else(|e| e.into_inner());
        kept.put(question, Kept { answer, found_at });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_kept_for_some_seconds_by_its_question() {
        let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
        let recent = Recent::default();
        recent.put("one".into(), Arc::new(1), at(100));
        assert_eq!(recent.get::<i32>("one", at(114)).as_deref(), Some(&1));
        assert_eq!(recent.get::<i32>("other", at(100)), None);
        let read = |question: Option<&str>, at| {
            let read = || Ok::<_, ()>(2);
            recent
                .or_read(question.map(str::to_owned), at, read)
                .map(|n| *n)
        };
        assert_eq!(read(Some("one"), at(114)), Ok(1));
        assert_eq!(read(None, at(114)), Ok(2));
        for later in [at(115), at(99)] {
            assert_eq!(recent.get::<i32>("one", later), None);
        }
    }
}
