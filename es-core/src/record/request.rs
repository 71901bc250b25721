//! What a read asks for.

use super::{ConsumerGroup, Page};
use crate::stream::{Category, Position, StreamName, Version};

/// Where a read looks and where it begins. `from` is inclusive; `None` is the beginning, or the end
/// when reading backwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// One stream, by version.
    Stream {
        /// The stream.
        name: StreamName,
        /// The first version to read.
        from: Option<Version>,
    },
    /// All streams of a category, by position.
    Category {
        /// The category.
        name: Category,
        /// The first position to read.
        from: Option<Position>,
        /// Only the streams of one member of a group; `None` are all.
        group: Option<ConsumerGroup>,
    },
    /// The whole store, by position.
    All {
        /// The first position to read.
        from: Option<Position>,
    },
}

/// Which way a read goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    /// From old to new.
    #[default]
    Forwards,
    /// From new to old.
    Backwards,
}

/// What is wanted of each event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Detail {
    /// All of it.
    #[default]
    Full,
    /// What a replay looks at: version, time, type and payload. A store may leave out the rest where
    /// that spares it work: then the id is nil, the position [`Position::START`], the metadata empty.
    Replay,
}

/// What one page of a read should hold.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReadRequest {
    /// Where to read.
    pub source: Source,
    /// Which way.
    pub direction: Direction,
    /// The most events in the page, at least 1.
    pub max_events: usize,
    /// Whether the pages behind the first may hold more events: twice as many each time, up to 8,000.
    /// So who reads on and on is served by fewer pages, bounded by their bytes all the same.
    pub grows: bool,
    /// The size after which a page takes no further event; it always takes one.
    pub max_bytes: usize,
    /// What is wanted of each event.
    pub detail: Detail,
}

impl ReadRequest {
    /// The events of a page unless another number is asked for; who reads on gets larger ones.
    pub const DEFAULT_MAX_EVENTS: usize = 1_000;
    /// The bytes of a page unless another number is asked for: 1 MiB.
    pub const DEFAULT_MAX_BYTES: usize = 1 << 20;

    /// A read of `source` from old to new in pages of the default size.
    pub fn new(source: Source) -> Self {
        Self {
            source,
            direction: Direction::Forwards,
            max_events: Self::DEFAULT_MAX_EVENTS,
            grows: true,
            max_bytes: Self::DEFAULT_MAX_BYTES,
            detail: Detail::Full,
        }
    }

    /// Whether it is the read of a load, for which a store may have a way that spares it work: a
    /// stream from old to new, with [`Detail::Replay`].
    pub fn is_replay(&self) -> bool {
        matches!(self.source, Source::Stream { .. })
            && self.direction == Direction::Forwards
            && self.detail == Detail::Replay
    }

    /// Asks for what is behind the last event of `page`; answers whether anything can be there.
    pub fn advance(&mut self, page: &Page) -> bool {
        const MOST_EVENTS: usize = 8_000;
        let Some(last) = page.last() else {
            return false;
        };
        if !page.has_more() {
            return false;
        }
        if self.grows && self.max_events < MOST_EVENTS {
            self.max_events = MOST_EVENTS.min(2 * self.max_events);
        }
        match (&mut self.source, self.direction) {
            (Source::Stream { from, .. }, Direction::Forwards) => *from = Some(last.version.next()),
            (Source::Stream { from, .. }, Direction::Backwards) => {
                *from = last.version.previous();
                return last.version > 1;
            }
            (Source::Category { from, .. } | Source::All { from }, Direction::Forwards) => {
                *from = Some(last.position.next());
            }
            (Source::Category { from, .. } | Source::All { from }, Direction::Backwards) => {
                *from = last.position.previous();
                return last.position > 1;
            }
        }
        true
    }

    /// Whether `page` has taken all it should: the check a store makes before each push.
    pub fn is_filled_by(&self, page: &Page) -> bool {
        self.is_filled(page.len(), page.size_bytes())
    }

    /// Whether so many events of so many bytes are all that a page should take.
    pub(crate) fn is_filled(&self, events: usize, bytes: usize) -> bool {
        events >= self.max_events.max(1) || (events > 0 && bytes >= self.max_bytes)
    }
}
