use std::future::Future;
use std::pin::pin;
use std::sync::mpsc;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use super::{Gate, Grant};
use crate::exchange::clock::Now;

type Plain = Gate<&'static str, &'static str>;

const NOW: Now = Now {
    server: 0,
    ticks: 0,
};

/// A waker of an executor that, when it is dropped, drops a task which uses the session.
struct Meddling(Weak<Plain>);

impl Wake for Meddling {
    fn wake(self: Arc<Self>) {}
}

impl Drop for Meddling {
    fn drop(&mut self) {
        if let Some(gate) = self.0.upgrade() {
            gate.with(|machine| assert!(machine.held().is_none()));
        }
    }
}

#[test]
fn a_waker_may_use_the_session_when_it_is_dropped() {
    let (done, outcome) = mpsc::channel();
    // In a thread of its own, as the mistake would be a deadlock.
    std::thread::spawn(move || {
        let gate = Arc::new(Plain::new());
        let waker = || Waker::from(Arc::new(Meddling(Arc::downgrade(&gate))));
        let mut leader = pin!(gate.enter(|| NOW));
        let leads = leader.as_mut().poll(&mut Context::from_waker(&waker()));
        assert!(matches!(leads, Poll::Ready(Grant::LogIn(_))));
        {
            let mut waits = pin!(gate.enter(|| NOW));
            for _ in 0..3 {
                // Each takes the place of the one before.
                let step = waits.as_mut().poll(&mut Context::from_waker(&waker()));
                assert!(step.is_pending());
            }
        }
        let mut waits = pin!(gate.enter(|| NOW));
        assert!(
            waits
                .as_mut()
                .poll(&mut Context::from_waker(&waker()))
                .is_pending()
        );
        drop(leads);
        let step = waits.as_mut().poll(&mut Context::from_waker(&waker()));
        assert!(matches!(step, Poll::Ready(Grant::LogIn(_))));
        done.send(()).unwrap();
    });
    let in_time = outcome.recv_timeout(Duration::from_secs(30));
    assert!(in_time.is_ok(), "it failed, or waits for itself");
}
