//! How long things may take, and how large answers may be.

use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use crate::exchange::timer;
use crate::transport::BoxError;
use crate::transport::{Body, BodyChunks, TransportError, TransportErrorKind};

/// What can be set.
#[derive(Clone, Copy)]
pub(crate) struct Timeouts {
    total: Duration,
    /// Whether the program chose the total.
    total_is_set: bool,
    silence: Option<Duration>,
    pub(crate) response_size: usize,
}

impl Default for Timeouts {
    fn default() -> Self {
        Timeouts {
            total: Duration::from_secs(60),
            total_is_set: false,
            silence: None,
            response_size: 8 << 20,
        }
    }
}

impl Timeouts {
    pub(crate) fn set_total(&mut self, total: Duration) {
        self.total = total;
        self.total_is_set = true;
    }

    /// A person may be asked for something while a call waits.
    pub(crate) fn allow_for_people(&mut self) {
        if !self.total_is_set {
            self.total = Duration::from_secs(300);
        }
    }

    pub(crate) fn set_silence(&mut self, silence: Duration) {
        self.silence = Some(silence);
    }

    /// The longest with nothing heard. Who waits longer for a whole call wants to wait for a server that
    /// thinks for long.
    fn silence(&self) -> Duration {
        const USUAL: Duration = Duration::from_secs(30);
        match (self.silence, self.total_is_set) {
            (Some(silence), _) => silence,
            (None, true) => self.total.max(USUAL),
            (None, false) => USUAL,
        }
    }

    /// When a call that begins now must be over.
    pub(crate) fn deadline(&self) -> Instant {
        after(Instant::now(), self.total)
    }

    /// What comes of `work`, by the deadline if there is one, and with no more silence than may be.
    /// `heard` tells when something was heard for the last time.
    pub(crate) async fn watch<T>(
        &self,
        work: impl Future<Output = Result<T, TransportError>>,
        deadline: Option<Instant>,
        heard: impl Fn() -> Instant,
    ) -> Result<T, TransportError> {
        let mut work = pin!(work);
        loop {
            let silent = after(heard(), self.silence());
            let until = deadline.map_or(silent, |deadline| deadline.min(silent));
            match timer::until(until, &mut work).await {
                Ok(done) => return done,
                Err(_) if until == silent && after(heard(), self.silence()) > silent => {}
                Err(_) => return Err(timed_out()),
            }
        }
    }

    /// The whole of an answer's body, if it is not too large.
    pub(crate) async fn collect(
        &self,
        body: Body,
        deadline: Instant,
    ) -> Result<Vec<u8>, TransportError> {
        let mut chunks = body.into_chunks();
        let mut whole = Vec::new();
        while let Some(chunk) = self.next(&mut chunks, Some(deadline)).await? {
            if chunk.len() > self.response_size.saturating_sub(whole.len()) {
                let reason = format!("the answer is larger than {} bytes", self.response_size);
                return Err(TransportError::new(TransportErrorKind::TooLarge, reason));
            }
            whole.extend_from_slice(&chunk);
            // Pieces that are always there leave no time to look at the clock.
            if Instant::now() >= deadline {
                return Err(timed_out());
            }
        }
        Ok(whole)
    }

    /// So many bytes of an answer's body, or fewer if it ends before.
    pub(crate) async fn collect_some(
        &self,
        body: Body,
        deadline: Instant,
        most: usize,
    ) -> Result<Vec<u8>, TransportError> {
        let mut chunks = body.into_chunks();
        let mut some = Vec::new();
        while some.len() < most
            && let Some(chunk) = self.next(&mut chunks, Some(deadline)).await?
        {
            let room = most - some.len();
            some.extend_from_slice(chunk.get(..room).unwrap_or(&chunk));
            if Instant::now() >= deadline {
                return Err(timed_out());
            }
        }
        Ok(some)
    }

    /// The next piece of an answer's body.
    pub(crate) async fn next(
        &self,
        chunks: &mut BodyChunks,
        deadline: Option<Instant>,
    ) -> Result<Option<Bytes>, TransportError> {
        let begun = Instant::now();
        let next = async { chunks.chunk().await.map_err(broken) };
        self.watch(next, deadline, || begun).await
    }
}

pub(crate) fn timed_out() -> TransportError {
    TransportError::new(TransportErrorKind::TimedOut, "no whole answer in time")
}

/// Why an answer's body ended too early.
fn broken(error: BoxError) -> TransportError {
    match error.downcast::<TransportError>() {
        Ok(error) => *error,
        Err(error) => TransportError::new(TransportErrorKind::Broken, error.to_string()),
    }
}

/// A moment; one that nobody lives to see, if clocks don't go so far.
fn after(moment: Instant, wait: Duration) -> Instant {
    const YEARS: Duration = Duration::from_secs(30 * 365 * 24 * 3600);
    moment + wait.min(YEARS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_follows_a_total_that_is_raised() {
        let seconds = Duration::from_secs;
        for (total, silence, expected) in [
            (None, None, seconds(30)),
            (Some(seconds(300)), None, seconds(300)),
            (Some(seconds(5)), None, seconds(30)),
            (Some(seconds(300)), Some(seconds(10)), seconds(10)),
            (None, Some(seconds(90)), seconds(90)),
        ] {
            let mut timeouts = Timeouts::default();
            total
                .into_iter()
                .for_each(|total| timeouts.set_total(total));
            silence
                .into_iter()
                .for_each(|silence| timeouts.set_silence(silence));
            assert_eq!(timeouts.silence(), expected, "{total:?} {silence:?}");
        }
    }

    #[test]
    fn people_get_time_unless_the_program_says_how_much() {
        let mut timeouts = Timeouts::default();
        timeouts.allow_for_people();
        assert_eq!(timeouts.total, Duration::from_secs(300));
        assert_eq!(
            timeouts.silence(),
            Duration::from_secs(30),
            "a server doesn't"
        );
        timeouts.set_total(Duration::from_secs(7));
        timeouts.allow_for_people();
        assert_eq!(timeouts.total, Duration::from_secs(7));
    }

    #[test]
    fn no_duration_is_too_long() {
        let mut timeouts = Timeouts::default();
        timeouts.set_total(Duration::MAX);
        assert!(timeouts.deadline() > Instant::now());
    }
}
