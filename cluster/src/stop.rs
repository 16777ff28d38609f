//! Being asked to stop: Ctrl-C, or the signal TERM.

use crate::failure::Failure;

/// Waits to be asked. From the moment that it is made, a signal does not end the program by itself, so that
/// what must be removed can be.
pub(crate) struct Stop {
    #[cfg(unix)]
    signals: [tokio::signal::unix::Signal; 2],
}

impl Stop {
    /// Must be called where tokio runs.
    #[cfg(unix)]
    pub(crate) fn new() -> Result<Self, Failure> {
        use tokio::signal::unix::{SignalKind, signal};
        let of = |kind| signal(kind).map_err(|e| Failure::of("cannot wait for signals", &e));
        Ok(Self { signals: [of(SignalKind::terminate())?, of(SignalKind::interrupt())?] })
    }

    #[cfg(not(unix))]
    pub(crate) fn new() -> Result<Self, Failure> {
        Ok(Self {})
    }

    /// Ends when the program was asked to stop, also if that was before.
    #[cfg(unix)]
    pub(crate) async fn asked(&mut self) {
        let [term, interrupt] = &mut self.signals;
        tokio::select! { _ = term.recv() => {}, _ = interrupt.recv() => {} }
    }

    #[cfg(not(unix))]
    pub(crate) async fn asked(&mut self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}
