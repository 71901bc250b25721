//! `es events copy`.

use clap::Args;
use es_core::store::EventStore;

use crate::failure::Failure;
use crate::opening::{self, Making};
use crate::output::{Outcome, Progress};
use crate::session::Session;
use crate::source::Target;
use crate::transfer::{Appender, Compared, Comparison, Stop, Transferred};
use crate::walk::Walk;

/// Copies events into another store, with their ids, times and versions
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  es --store sqlite://bank.db events copy --to postgres://ada@localhost/bank --verify
  es events copy bank::bank_account --to message-db://ada@localhost/bank

A copy that was broken off is run again: what stands there is passed over. A
store that is not there is made. Streams that have other events are refused.
Events are appended in the order of the source, so positions keep their order.")]
pub(crate) struct Copy {
    /// A stream, a category, or '$all', as it is unless told otherwise
    #[arg(
        value_name = "STREAM",
        default_value = "$all",
        hide_default_value = true
    )]
    target: Target,
    /// The store that the events go to
    #[arg(long, value_name = "URI")]
    to: String,
    /// Reads both stores again afterwards and compares them
    #[arg(long)]
    verify: bool,
}

impl Copy {
    pub(crate) async fn run(self, session: &mut Session) -> Result<Outcome, Failure> {
        let source = session.store().await?;
        let store = opening::open_uri(&self.to, Making::WhatIsMissing).await?;
        let head = source.head().await?;
        let stop = Stop::listen();
        let mut appender = Appender::begin(&*store).await?;
        let total = (self.target == Target::All).then_some(head.get());
        let mut progress = Progress::of("copying", total);
        let mut walk = Walk::new(&*source, self.target.source(None));
        let mut events = 0;
        while let Some(page) = walk.next_page().await? {
            appender.append(page).await?;
            events += page.len() as u64;
            progress.advance(page.len() as u64);
            stop.check(events, "run the same command again to go on")?;
        }
        let took = progress.finish();
        let compared = match self.verify {
            true => Some(self.compare(&*source, &*store, events).await?),
            false => None,
        };
        let transferred = Transferred {
            events,
            standing: appender.stood,
            took,
            compared,
        };
        transferred.told(&mut session.out, "copied")
    }

    /// As many events as were copied: what was appended since is not looked at.
    async fn compare(
        &self,
        source: &dyn EventStore,
        store: &dyn EventStore,
        events: u64,
    ) -> Result<Compared, Failure> {
        let mut comparison = Comparison::with(store, source.capabilities().payloads);
        let mut progress = Progress::of("verifying", Some(events));
        let mut walk = Walk::new(source, self.target.source(None));
        let mut left = usize::try_from(events).unwrap_or(usize::MAX);
        while left > 0
            && let Some(page) = walk.next_page().await?
        {
            for event in page.iter().take(left) {
                comparison.look_for(&event).await?;
            }
            progress.advance(page.len() as u64);
            left = left.saturating_sub(page.len());
        }
        progress.finish();
        Ok(comparison.finish())
    }
}
