//! What requests and answers carry: bytes, or a stream of them.

use std::fmt;
use std::io;
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;
use zeroize::Zeroizing;

use super::file;
use super::progress::Progress;
use crate::transport::BoxError;

pub(super) type Chunks = Pin<Box<dyn Stream<Item = Result<Bytes, BoxError>> + Send>>;

/// The body of a request or of an answer: bytes, or a stream of them that is never in memory as a whole.
///
/// A request may have to be sent more than once: after a token was refused, or a connection failed.
/// Bytes can be, and so can what [`stream_from`](Body::stream_from) and [`file`](Body::file) make. What
/// [`stream`](Body::stream) is given is sent once; clones share it.
///
/// ```
/// use openstack_identity::transport::Body;
///
/// let body = Body::from("hello");
/// assert_eq!((body.length(), body.can_be_sent_again()), (Some(5), true));
/// ```
///
/// Bytes that a body was made from are overwritten when the last clone is dropped, except those that
/// were given as [`Bytes`].
#[derive(Clone)]
pub struct Body {
    source: Source,
    length: Option<u64>,
    progress: Progress,
}

#[derive(Clone)]
enum Source {
    Bytes(Bytes),
    /// Taken out when somebody begins to read.
    Once(Arc<Mutex<Option<Chunks>>>),
    Anew(Arc<dyn Fn() -> Chunks + Send + Sync>),
}

impl Body {
    fn new(source: Source, length: Option<u64>) -> Self {
        Body {
            source,
            length,
            progress: Progress::new(),
        }
    }

    /// No body.
    #[must_use]
    pub fn empty() -> Self {
        Body::from(Bytes::new())
    }

    /// A stream, which can be sent once. If the token is refused meanwhile, the error says so.
    ///
    /// ```no_run
    /// # use futures_core::Stream;
    /// use openstack_identity::transport::Body;
    ///
    /// # async fn example(
    /// #     image: openstack_identity::ServiceClient,
    /// #     download: impl Stream<Item = Result<bytes::Bytes, std::io::Error>> + Send + 'static,
    /// # ) -> Result<(), openstack_identity::Error> {
    /// image
    ///     .put("v2/images/a1b2/file")
    ///     .header("Content-Type", "application/octet-stream")
    ///     .body(Body::stream(download))
    ///     .await?;
    /// # Ok(()) }
    /// ```
    pub fn stream<S, B, E>(chunks: S) -> Self
    where
        S: Stream<Item = Result<B, E>> + Send + 'static,
        B: Into<Bytes>,
        E: Into<BoxError>,
    {
        let chunks: Chunks = Box::pin(Converted(Box::pin(chunks)));
        Body::new(Source::Once(Arc::new(Mutex::new(Some(chunks)))), None)
    }

    /// A stream that `open` makes anew each time that the body is sent, from its beginning.
    pub fn stream_from<F, S, B, E>(open: F) -> Self
    where
        F: Fn() -> S + Send + Sync + 'static,
        S: Stream<Item = Result<B, E>> + Send + 'static,
        B: Into<Bytes>,
        E: Into<BoxError>,
    {
        let open = move || -> Chunks { Box::pin(Converted(Box::pin(open()))) };
        Body::new(Source::Anew(Arc::new(open)), None)
    }

    /// What is in a file, read while it is sent, and again from its beginning if it is sent again. Its
    /// length is that of now: if it changes meanwhile, sending it fails.
    ///
    /// # Errors
    ///
    /// There is no such file, or it can't be read; the error names it.
    pub async fn file(path: impl AsRef<Path>) -> io::Result<Self> {
        let path: Arc<Path> = Arc::from(path.as_ref());
        let length = file::length(&path).await?;
        if length == 0 {
            return Ok(Body::empty());
        }
        let open = move || -> Chunks { Box::pin(file::chunks(Arc::clone(&path))) };
        Ok(Body::new(Source::Anew(Arc::new(open)), Some(length)))
    }

    /// Says how many bytes a stream has, for services that want to know before. If it has another
    /// number, sending it fails. Nothing changes for bytes, whose number is known.
    #[must_use]
    pub fn with_length(mut self, bytes: u64) -> Self {
        if !matches!(self.source, Source::Bytes(_)) {
            self.length = Some(bytes);
        }
        self
    }

    /// How many bytes it has, if that is known.
    #[must_use]
    pub fn length(&self) -> Option<u64> {
        self.length
    }

    /// The bytes; none if it is a stream.
    #[must_use]
    pub fn as_bytes(&self) -> Option<&Bytes> {
        match &self.source {
            Source::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// Whether it can be sent from its beginning: a stream that can be sent once can, until somebody
    /// begins to read it.
    #[must_use]
    pub fn can_be_sent_again(&self) -> bool {
        match &self.source {
            Source::Once(chunks) => lock(chunks).is_some(),
            _ => true,
        }
    }

    /// The body piece by piece.
    #[must_use]
    pub fn into_chunks(self) -> BodyChunks {
        let state = match self.source {
            Source::Bytes(bytes) => State::Bytes(bytes),
            Source::Once(chunks) => State::Shared(chunks),
            Source::Anew(open) => State::Open(open()),
        };
        BodyChunks {
            state,
            remaining: self.length,
            progress: self.progress,
        }
    }

    /// What becomes of the stream while a transport has it.
    pub(crate) fn progress(&self) -> &Progress {
        &self.progress
    }

    /// The same body for another attempt, with nothing said of its progress yet.
    pub(crate) fn for_attempt(&self) -> Self {
        Body {
            progress: Progress::new(),
            ..self.clone()
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Default for Body {
    fn default() -> Self {
        Body::empty()
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        let length = bytes.len() as u64;
        Body::new(Source::Bytes(bytes), Some(length))
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        Bytes::from_owner(Zeroizing::new(bytes)).into()
    }
}

impl From<String> for Body {
    fn from(text: String) -> Self {
        text.into_bytes().into()
    }
}

impl From<&str> for Body {
    fn from(text: &str) -> Self {
        text.as_bytes().into()
    }
}

impl From<&[u8]> for Body {
    fn from(bytes: &[u8]) -> Self {
        bytes.to_vec().into()
    }
}

impl<const N: usize> From<&[u8; N]> for Body {
    fn from(bytes: &[u8; N]) -> Self {
        bytes.as_slice().into()
    }
}

/// Shows nothing of what is in it.
impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.source {
            Source::Bytes(_) => "",
            Source::Once(_) => "stream of ",
            Source::Anew(_) => "repeatable stream of ",
        };
        match self.length {
            Some(length) => write!(f, "[{kind}{length} bytes]"),
            None => write!(f, "[{kind}bytes]"),
        }
    }
}

/// A body piece by piece. After an error nothing more comes.
pub struct BodyChunks {
    state: State,
    /// How much is still to come, if that was said.
    remaining: Option<u64>,
    progress: Progress,
}

enum State {
    Bytes(Bytes),
    Shared(Arc<Mutex<Option<Chunks>>>),
    Open(Chunks),
    Ended,
}

impl BodyChunks {
    /// The next piece; none at the end.
    ///
    /// # Errors
    ///
    /// The stream failed, was read before, or has another length than was said.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, BoxError> {
        std::future::poll_fn(|cx| Pin::new(&mut *self).poll_next(cx))
            .await
            .transpose()
    }

    /// How many bytes are still to come, if that is known.
    #[must_use]
    pub fn remaining(&self) -> Option<u64> {
        self.remaining
    }

    fn poll_state(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BoxError>>> {
        loop {
            match &mut self.state {
                State::Bytes(bytes) => {
                    let bytes = std::mem::take(bytes);
                    self.state = State::Ended;
                    return Poll::Ready(Some(Ok(bytes)).filter(|_| self.remaining != Some(0)));
                }
                State::Shared(chunks) => {
                    let taken = lock(chunks).take();
                    let Some(chunks) = taken else {
                        let why = "the stream was sent before, and can be sent only once";
                        return Poll::Ready(Some(Err(why.into())));
                    };
                    self.state = State::Open(chunks);
                }
                State::Open(chunks) => return chunks.as_mut().poll_next(cx),
                State::Ended => return Poll::Ready(None),
            }
        }
    }

    /// Holds a piece, or the end, against the length that was said.
    fn counted(
        &mut self,
        next: Option<Result<Bytes, BoxError>>,
    ) -> Option<Result<Bytes, BoxError>> {
        let left = self.remaining;
        match (next, &mut self.remaining) {
            (Some(Ok(chunk)), Some(remaining)) => {
                match remaining.checked_sub(chunk.len() as u64) {
                    Some(less) => *remaining = less,
                    None => return Some(Err("the stream is longer than was said".into())),
                }
                Some(Ok(chunk))
            }
            (None, _) if left.is_some_and(|left| left > 0) => {
                Some(Err("the stream is shorter than was said".into()))
            }
            (next, _) => next,
        }
    }
}

impl Stream for BodyChunks {
    type Item = Result<Bytes, BoxError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = std::task::ready!(self.poll_state(cx));
        let next = self.counted(next);
        match &next {
            Some(Ok(_)) => self.progress.went_on(),
            Some(Err(error)) => {
                self.progress.failed(error);
                self.state = State::Ended;
                self.remaining = None;
            }
            None => self.state = State::Ended,
        }
        Poll::Ready(next)
    }
}

impl fmt::Debug for BodyChunks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BodyChunks").finish_non_exhaustive()
    }
}

/// A stream of anything that can be bytes.
struct Converted<S>(Pin<Box<S>>);

impl<S, B, E> Stream for Converted<S>
where
    S: Stream<Item = Result<B, E>>,
    B: Into<Bytes>,
    E: Into<BoxError>,
{
    type Item = Result<Bytes, BoxError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = self.0.as_mut().poll_next(cx);
        next.map(|next| next.map(|chunk| chunk.map(Into::into).map_err(Into::into)))
    }
}
