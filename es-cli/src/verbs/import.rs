//! `es events import`.

use std::path::{Path, PathBuf};

use clap::Args;
use es_core::record::Page;
use es_core::store::EventStore;

use super::export::OF_FILES;
use crate::failure::Failure;
use crate::opening::Making;
use crate::output::{Outcome, Progress};
use crate::session::Session;
use crate::transfer::{Appender, Compared, Comparison, Reader, Stop, Transferred};

/// Appends the events of a file, with their ids, times and versions
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  es --store sqlite://new.db events import bank.ndjson.gz --verify
  zcat bank.ndjson.gz | es events import -

An import that was broken off is run again: what stands there is passed over. A
store that is not there is made. Streams that have other events are refused.")]
pub(crate) struct Import {
    /// What `es events export` wrote, plain or compressed by gzip; `-` is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Reads everything again afterwards and compares it with the file
    #[arg(long)]
    verify: bool,
}

impl Import {
    pub(crate) async fn run(self, session: &mut Session) -> Result<Outcome, Failure> {
        if self.verify && self.file == Path::new("-") {
            return Err(
                Failure::usage("standard input can not be read twice to verify it")
                    .help("name a file"),
            );
        }
        let mut reader = Reader::open(&self.file)?;
        let store = session.open(Making::WhatIsMissing).await?;
        let stop = Stop::listen();
        let mut appender = Appender::begin(&*store).await?;
        let mut progress = Progress::of("importing", None);
        let mut page = Page::new();
        let mut events = 0;
        while reader.next_page(&mut page)? {
            appender.append(&page).await?;
            events += page.len() as u64;
            progress.advance(page.len() as u64);
            stop.check(events, "run the same command again to go on")?;
        }
        let took = progress.finish();
        let compared = match self.verify {
            true => Some(self.compare(&*store).await?),
            false => None,
        };
        let transferred = Transferred {
            events,
            standing: appender.stood,
            took,
            compared,
        };
        transferred.told(&mut session.out, "imported")
    }

    async fn compare(&self, store: &dyn EventStore) -> Result<Compared, Failure> {
        let mut reader = Reader::open(&self.file)?;
        let mut comparison = Comparison::with(store, OF_FILES);
        let mut progress = Progress::of("verifying", None);
        let mut page = Page::new();
        while reader.next_page(&mut page)? {
            for event in page.iter() {
                comparison.look_for(&event).await?;
            }
            progress.advance(page.len() as u64);
        }
        progress.finish();
        Ok(comparison.finish())
    }
}
