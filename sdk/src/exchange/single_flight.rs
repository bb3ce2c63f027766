//! Something that is found out once, by whoever wants it first.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;

use crate::error::Error;

type Attempt<T> = OnceCell<Result<T, Error>>;

/// A value that is kept once it is there. Those who want it at the same time share one attempt and its
/// error; after an error the next one tries again. If whoever tries goes away, another goes on.
pub(crate) struct SingleFlight<T>(Mutex<Arc<Attempt<T>>>);

impl<T> Default for SingleFlight<T> {
    fn default() -> Self {
        SingleFlight(Mutex::default())
    }
}

impl<T: Clone> SingleFlight<T> {
    /// A value that is there.
    #[cfg(feature = "store")]
    pub(crate) fn new(value: T) -> Self {
        SingleFlight(Mutex::new(Arc::new(OnceCell::new_with(Some(Ok(value))))))
    }

    /// The value, if it is there.
    pub(crate) fn peek(&self) -> Option<T> {
        let found = self.attempt().get().cloned();
        found.and_then(Result::ok)
    }

    /// The value, found by `find` if nobody is at it already.
    pub(crate) async fn get(
        &self,
        find: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let attempt = self.attempt();
        let outcome = attempt.get_or_init(|| find).await.clone();
        if outcome.is_err() {
            let mut current = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if Arc::ptr_eq(&current, &attempt) {
                *current = Arc::default();
            }
        }
        outcome
    }

    fn attempt(&self) -> Arc<Attempt<T>> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    #[tokio::test]
    async fn many_share_one_attempt_and_its_error_and_then_one_value() {
        let cell = Arc::new(SingleFlight::default());
        let attempts = Arc::new(AtomicUsize::new(0));
        for (wanted, made) in [(Err(()), 1), (Ok(7), 2), (Ok(7), 2)] {
            let tasks: Vec<_> = (0..100)
                .map(|_| {
                    let (cell, attempts) = (cell.clone(), attempts.clone());
                    tokio::spawn(async move {
                        cell.get(async {
                            let before = attempts.fetch_add(1, Ordering::SeqCst);
                            tokio::time::sleep(Duration::from_millis(20)).await;
                            match before {
                                0 => Err(Error::setup("first".into())),
                                _ => Ok(7),
                            }
                        })
                        .await
                        .map_err(|_| ())
                    })
                })
                .collect();
            for task in tasks {
                assert_eq!(task.await.unwrap(), wanted);
            }
            assert_eq!(attempts.load(Ordering::SeqCst), made);
            assert_eq!(cell.peek(), wanted.ok());
        }
    }

    #[tokio::test]
    async fn another_goes_on_for_one_who_went_away() {
        let cell = Arc::new(SingleFlight::default());
        let never = {
            let cell = cell.clone();
            tokio::spawn(async move { cell.get(std::future::pending()).await })
        };
        tokio::time::sleep(Duration::from_millis(10)).await;
        let next = {
            let cell = cell.clone();
            tokio::spawn(async move { cell.get(async { Ok(1) }).await })
        };
        tokio::time::sleep(Duration::from_millis(10)).await;
        never.abort();
        assert_eq!(next.await.unwrap().unwrap(), 1);
    }
}
