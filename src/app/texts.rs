//! Long texts, written once for everybody who asks.

use std::{
    num::NonZeroUsize,
    sync::{Arc, Mutex},
};

use lru::LruCache;

use crate::{
    error::Error,
    keys::{digest, sha256},
};

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

/// How many texts are kept, each of 300 KB at most.
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
        let print = sha256(from.as_bytes());
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
