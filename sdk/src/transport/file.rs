//! A file, read while it is sent.

use std::io;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_core::Stream;
use tokio::fs::File;
use tokio::io::{AsyncRead, ReadBuf};

use crate::transport::BoxError;
use crate::transport::BoxFuture;

/// How much is read at a time.
const PIECE: usize = 64 << 10;

/// The length of a file that can be read.
pub(super) async fn length(path: &Path) -> io::Result<u64> {
    let metadata = async { File::open(path).await?.metadata().await };
    let metadata = metadata.await.map_err(|error| named(path, &error))?;
    if metadata.is_dir() {
        return Err(named(path, &io::ErrorKind::IsADirectory.into()));
    }
    Ok(metadata.len())
}

/// What is in the file, from its beginning.
pub(super) fn chunks(path: Arc<Path>) -> FileChunks {
    let opened = Arc::clone(&path);
    FileChunks {
        path,
        state: State::Opening(Box::pin(async move { File::open(&*opened).await })),
        piece: vec![0; PIECE].into(),
    }
}

pub(super) struct FileChunks {
    path: Arc<Path>,
    state: State,
    piece: Box<[u8]>,
}

enum State {
    Opening(BoxFuture<'static, io::Result<File>>),
    Open(File),
}

impl FileChunks {
    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Option<Bytes>>> {
        loop {
            match &mut self.state {
                State::Opening(opening) => {
                    self.state = State::Open(ready!(opening.as_mut().poll(cx))?);
                }
                State::Open(file) => {
                    let mut piece = ReadBuf::new(&mut self.piece);
                    ready!(Pin::new(file).poll_read(cx, &mut piece))?;
                    let read = piece.filled();
                    let read = (!read.is_empty()).then(|| Bytes::copy_from_slice(read));
                    return Poll::Ready(Ok(read));
                }
            }
        }
    }
}

impl Stream for FileChunks {
    type Item = Result<Bytes, BoxError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let piece = ready!(self.poll_piece(cx)).map_err(|error| named(&self.path, &error).into());
        Poll::Ready(piece.transpose())
    }
}

fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}
