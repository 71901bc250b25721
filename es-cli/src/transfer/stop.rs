//! Ctrl-C: a transfer ends behind what it is at, with nothing half done.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::failure::Failure;

/// Whether somebody wants it to stop.
pub(crate) struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Listens from now on. A second Ctrl-C ends the process at once.
    pub(crate) fn listen() -> Self {
        let wanted = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&wanted);
        tokio::spawn(async move {
            if tokio::signal::ctrl_c().await.is_ok() {
                told.store(true, Ordering::Relaxed);
            }
            if tokio::signal::ctrl_c().await.is_ok() {
                std::process::exit(130);
            }
        });
        Self(wanted)
    }

    /// # Errors
    /// Where it is wanted.
    pub(crate) fn check(&self, done: u64, how_to_go_on: &str) -> Result<(), Failure> {
        match self.0.load(Ordering::Relaxed) {
            true => Err(Failure::failed(format!("stopped after {done} events")).help(how_to_go_on)),
            false => Ok(()),
        }
    }
}
