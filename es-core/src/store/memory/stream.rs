//! One stream in memory.

use std::mem;
use std::sync::Arc;

use crate::record::{Block, Page, PageEvent, ReadRequest};

/// How many events stand in each closed block: as many as the first page of a read asks for.
const BLOCK_EVENTS: usize = ReadRequest::DEFAULT_MAX_EVENTS;

/// A stream's events in blocks. Those that are full never change again, so that readers share them;
/// what is behind them is copied.
#[derive(Debug)]
pub(super) struct Stream {
    pub(super) category: usize,
    full: Vec<Arc<Block>>,
    last: Block,
}

impl Stream {
    /// Without events.
    pub(super) fn in_category(category: usize) -> Self {
        Self {
            category,
            full: Vec::new(),
            last: Block::default(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.full.len() * BLOCK_EVENTS + self.last.len()
    }

    pub(super) fn push(&mut self, event: PageEvent<'_>) {
        self.last.push(event);
        if self.last.len() == BLOCK_EVENTS {
            let mut full = mem::take(&mut self.last);
            full.shrink();
            self.full.push(Arc::new(full));
        }
    }

    /// The event at `index`, from 0.
    pub(super) fn event(&self, index: usize) -> PageEvent<'_> {
        let block = self.full.get(index / BLOCK_EVENTS);
        block
            .map_or(&self.last, |full| full)
            .event(index % BLOCK_EVENTS)
    }

    pub(super) fn last(&self) -> Option<PageEvent<'_>> {
        Some(self.event(self.len().checked_sub(1)?))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = PageEvent<'_>> {
        (0..self.len()).map(|index| self.event(index))
    }

    /// A page from `index` on, no longer than the block that this is in.
    pub(super) fn read(&self, index: usize, request: &ReadRequest, page: &mut Page) {
        match self.full.get(index / BLOCK_EVENTS) {
            Some(full) => page.share(full, index % BLOCK_EVENTS, request),
            None => {
                let before = self.full.len() * BLOCK_EVENTS;
                page.copy(&self.last, index - before, request);
            }
        }
        page.set_has_more(index + page.len() < self.len());
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use uuid::Uuid;

    use super::*;
    use crate::record::{NewEvent, Source};
    use crate::stream::{Position, Version};

    #[test]
    fn pages_hold_what_was_pushed_wherever_they_begin_and_end() {
        for len in [
            0,
            1,
            BLOCK_EVENTS - 1,
            BLOCK_EVENTS,
            BLOCK_EVENTS + 1,
            2 * BLOCK_EVENTS + 7,
        ] {
            let stream = stream(len);
            for from in [
                0,
                1,
                BLOCK_EVENTS - 1,
                BLOCK_EVENTS,
                BLOCK_EVENTS + 3,
                usize::MAX,
            ] {
                for (max_events, max_bytes) in
                    [(1, 1 << 20), (999, 1 << 20), (8_000, 1 << 20), (8_000, 300)]
                {
                    let case =
                        format!("{len} events from {from}, {max_events} or {max_bytes} bytes");
                    let mut request = ReadRequest::new(Source::All { from: None });
                    (request.max_events, request.max_bytes) = (max_events, max_bytes);
                    let (mut index, mut page) = (from, Page::new());
                    loop {
                        stream.read(index, &request, &mut page);
                        assert!(page.len() <= max_events, "{case}");
                        for event in page.iter() {
                            assert_eq!(event.version, index as u64 + 1, "{case}");
                            assert_eq!(*event.data, *index.to_string().as_bytes(), "{case}");
                            index += 1;
                        }
                        if !page.has_more() {
                            break;
                        }
                        assert!(!page.is_empty(), "{case}");
                    }
                    assert_eq!(index, len.max(from), "{case}");
                }
            }
        }
    }

    #[test]
    fn what_a_reader_holds_stays_while_the_stream_grows() {
        let mut stream = stream(BLOCK_EVENTS);
        let mut page = Page::new();
        stream.read(0, &ReadRequest::new(Source::All { from: None }), &mut page);
        let before: Vec<_> = page.iter().map(|event| event.id).collect();

        for index in BLOCK_EVENTS..3 * BLOCK_EVENTS {
            push(&mut stream, index);
        }

        assert!(page.iter().map(|event| event.id).eq(before));
    }

    fn stream(len: usize) -> Stream {
        let mut stream = Stream::in_category(0);
        for index in 0..len {
            push(&mut stream, index);
        }
        stream
    }

    fn push(stream: &mut Stream, index: usize) {
        let data = index.to_string();
        stream.push(PageEvent {
            stream: "bank::account-1",
            version: Version::new(index as u64 + 1),
            position: Position::new(index as u64 + 1),
            event: NewEvent {
                id: Uuid::from_u128(index as u128),
                time: DateTime::UNIX_EPOCH,
                event_type: if index.is_multiple_of(3) { "A" } else { "B" },
                data: data.as_bytes(),
                metadata: &[],
            },
        });
    }
}
