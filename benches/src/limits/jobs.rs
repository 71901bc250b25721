//! Events that wait to be written together, by whom they are handed to.

use anyhow::{Context as _, Result};
use es_bench_race::Work;
use es_bench_race::bank::{self, BankEvent};
use tokio::sync::oneshot;

/// A batch takes no more than this many.
pub(super) const BATCH: usize = 256;

/// An event that waits.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) account: u64,
    pub(super) version: u64,
    pub(super) event: BankEvent,
    pub(super) done: oneshot::Sender<()>,
}

/// Hands over the events of `work` one by one, each once the one before was written.
pub(super) async fn append_each(
    work: Work,
    hand_over: impl Fn(Job) -> Result<()> + Send,
) -> Result<Option<u64>> {
    let mut turns = work.turns();
    for (account, version) in &mut turns {
        let event = bank::event(version);
        let (done, written) = oneshot::channel();
        hand_over(Job {
            account,
            version,
            event,
            done,
        })?;
        written.await.context("who writes has ended")?;
    }
    Ok(Some(turns.taken()))
}
