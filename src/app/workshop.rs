//! Work that takes a lot of memory, done one job at a time.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::error::Error;

type Work = Box<dyn FnOnce() + Send>;

/// One thread for what takes memory: pictures and calendars that people send may take 80 MB each while they
/// are read. One after the other, and always on the same thread, whose memory is used again; what is freed on
/// one of many threads is not soon of use to another.
pub struct Workshop(flume::Sender<Work>);

impl Workshop {
    pub(super) fn open() -> Self {
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

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::Duration};

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
}
