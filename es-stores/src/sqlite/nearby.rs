//! Short reads in the place of whoever asks.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use es_core::record::{Page, ReadRequest, Source};
use rusqlite::Connection;

use super::file::File;
use super::place::Place;
use super::queries::Queries;
use super::writer::Desk;

/// A page holds at most this many events where it is read in place ...
const MOST_EVENTS: usize = 128;
/// ... or takes no further one after so much; the next page is a thread's.
const MOST_BYTES: usize = 128 << 10;

/// A read that takes longer than this has waited for the disk: most take a hundredth ...
const SLOW: Duration = Duration::from_millis(5);
/// ... and the threads read for so long, so that a cold disk does not hold up the runtime.
const PAUSE: Duration = Duration::from_millis(50);

/// Connections that read where somebody asks. What is not answered here is asked of a thread: it
/// waits for locks, for the gate, and knows what to say of an error.
#[derive(Debug)]
pub(super) struct Nearby {
    file: Arc<File>,
    desk: Arc<Desk>,
    idle: Mutex<Idle>,
    /// So many connections are kept.
    most: usize,
}

#[derive(Debug, Default)]
struct Idle {
    connections: Vec<Connection>,
    not_before: Option<Instant>,
}

impl Nearby {
    pub(super) fn new(file: Arc<File>, desk: Arc<Desk>, most: usize) -> Self {
        Self {
            file,
            desk,
            idle: Mutex::default(),
            most,
        }
    }

    /// What `read` finds; `None` where it can not be read here and now.
    pub(super) fn try_read<T>(
        &self,
        mut read: impl FnMut(&mut Queries<'_>) -> rusqlite::Result<T>,
    ) -> Option<T> {
        Place::here()?;
        let begun = Instant::now();
        if self.idle().not_before.is_some_and(|at| begun < at) {
            return None;
        }
        let found = match self.desk.try_read(&mut read) {
            Some(found) => Some(found),
            None => self.try_read_beside(&mut read),
        };
        if begun.elapsed() > SLOW {
            self.idle().not_before = Some(Instant::now() + PAUSE);
        }
        found
    }

    /// As [`Nearby::try_read`], by a connection of its own.
    fn try_read_beside<T>(
        &self,
        read: &mut impl FnMut(&mut Queries<'_>) -> rusqlite::Result<T>,
    ) -> Option<T> {
        let _inside = self.file.gate().try_enter()?;
        let kept = self.idle().connections.pop();
        let connection = kept.or_else(|| self.file.open_to_read().ok())?;
        let found = read(&mut Queries::new(&connection));
        let mut idle = self.idle();
        if idle.connections.len() < self.most {
            idle.connections.push(connection);
        }
        found.ok()
    }

    /// Whether the page could be filled here, which may hold less than was asked for. Only what is
    /// short is: few events, of which none is searched for, and streams' first pages.
    pub(super) fn try_fill(&self, request: &ReadRequest, page: &mut Page) -> bool {
        let is_short = match request.source {
            Source::Stream { .. } => request.max_events <= ReadRequest::DEFAULT_MAX_EVENTS,
            Source::Category { group: None, .. } | Source::All { .. } => {
                request.max_events <= MOST_EVENTS
            }
            // Others' events are passed over, however many they are.
            Source::Category { group: Some(_), .. } => false,
        };
        if !is_short {
            return false;
        }
        let mut short = request.clone();
        short.max_events = short.max_events.min(MOST_EVENTS);
        short.max_bytes = short.max_bytes.min(MOST_BYTES);
        self.try_read(|queries| queries.fill(&short, page))
            .is_some()
    }

    fn idle(&self) -> MutexGuard<'_, Idle> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
