//! Connections that can be taken away from the HTTP server, to answer with any bytes at any pace.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Sleep;

/// Bytes to send in place of what the HTTP server says, before the connection ends.
pub(crate) struct Script {
    pub(crate) bytes: Bytes,
    /// `Some`: one byte at a time, with this pause after each.
    pub(crate) pause: Option<Duration>,
}

/// Hands a script to the connection that a request came on.
#[derive(Clone, Default)]
pub(crate) struct Hijack(Arc<Mutex<Option<Script>>>);

impl Hijack {
    /// From now on the connection follows `script`.
    pub(crate) fn play(&self, script: Script) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(script);
    }

    fn take(&self) -> Option<Script> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Accepts connections that can be hijacked.
pub(crate) struct HijackListener(pub(crate) TcpListener);

impl Listener for HijackListener {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        loop {
            match self.0.accept().await {
                Ok((stream, address)) => return (Connection::new(stream), address),
                // Out of file handles, mostly: it passes.
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

impl Connected<IncomingStream<'_, HijackListener>> for Hijack {
    fn connect_info(stream: IncomingStream<'_, HijackListener>) -> Self {
        stream.io().hijack.clone()
    }
}

/// A TCP connection that forwards, until a script takes it over: then it swallows what it is told to write and plays
/// the script.
pub(crate) struct Connection {
    stream: TcpStream,
    hijack: Hijack,
    script: Option<Script>,
    pause: Option<Pin<Box<Sleep>>>,
}

impl Connection {
    fn new(stream: TcpStream) -> Self {
        // Small writes should leave at once; if that can't be, they leave later.
        let _ = stream.set_nodelay(true);
        Self {
            stream,
            hijack: Hijack::default(),
            script: None,
            pause: None,
        }
    }

    fn poll_script(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some(script) = &mut self.script {
            if let Some(pause) = &mut self.pause {
                ready!(pause.as_mut().poll(cx));
                self.pause = None;
            }
            if script.bytes.is_empty() {
                break;
            }
            let chunk = if script.pause.is_some() {
                &script.bytes[..1]
            } else {
                &script.bytes[..]
            };
            let written = ready!(Pin::new(&mut self.stream).poll_write(cx, chunk))?;
            script.bytes.advance(written);
            self.pause = script
                .pause
                .map(|pause| Box::pin(tokio::time::sleep(pause)));
        }
        ready!(Pin::new(&mut self.stream).poll_shutdown(cx))?;
        Poll::Ready(Err(io::Error::new(
            io::ErrorKind::ConnectionAborted,
            "the script has ended",
        )))
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        if let Some(script) = self.hijack.take() {
            self.script = Some(script);
        }
        if self.script.is_some() {
            return Poll::Ready(Ok(buf.len()));
        }
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.script.is_some() {
            return self.poll_script(cx);
        }
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
