//! Events in a row: what pages and the store in memory are made of.

use std::ops::Range;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{NewEvent, PageEvent, ReadRequest, Replayed};
use crate::stream::{Position, Version};

/// Events in a row, in few buffers whatever their number.
#[derive(Clone, Debug, Default)]
pub(crate) struct Block {
    /// Streams and types, apart from the bytes so that nobody needs to look whether they are text.
    names: String,
    bytes: Vec<u8>,
    heads: Vec<Head>,
    entries: Vec<Entry>,
}

/// What events that follow each other have in common more often than not, and is then kept once.
#[derive(Clone, Debug)]
struct Head {
    stream: Range<usize>,
    event_type: Range<usize>,
    metadata: Range<usize>,
}

/// What each event has for itself, in one line of the processor's cache.
#[derive(Clone, Debug)]
struct Entry {
    data: Range<usize>,
    id: Uuid,
    version: Version,
    position: Position,
    time: DateTime<Utc>,
    head: u32,
}

impl Block {
    pub(crate) fn clear(&mut self) {
        self.names.clear();
        self.bytes.clear();
        self.heads.clear();
        self.entries.clear();
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The size of everything in it.
    pub(crate) fn size_bytes(&self) -> usize {
        self.names.len() + self.bytes.len()
    }

    /// The size it has grown to, which clearing keeps.
    pub(crate) fn room_bytes(&self) -> usize {
        self.names.capacity()
            + self.bytes.capacity()
            + self.heads.capacity() * size_of::<Head>()
            + self.entries.capacity() * size_of::<Entry>()
    }

    /// Gives back the room that nothing stands in.
    pub(crate) fn shrink(&mut self) {
        self.names.shrink_to_fit();
        self.bytes.shrink_to_fit();
        self.heads.shrink_to_fit();
        self.entries.shrink_to_fit();
    }

    /// Adds an event, copying its bytes. Names and metadata that repeat from one event to the next
    /// are kept once.
    pub(crate) fn push(&mut self, event: PageEvent<'_>) {
        let head = self.head_of(&event);
        let NewEvent { id, time, data, .. } = event.event;
        let data = append_bytes(&mut self.bytes, data);
        self.entries.push(Entry {
            data,
            id,
            version: event.version,
            position: event.position,
            time,
            head,
        });
    }

    /// Adds all events of another block.
    pub(crate) fn append(&mut self, block: &Block) {
        let (names, bytes) = (self.names.len(), self.bytes.len());
        let heads = u32::try_from(self.heads.len()).expect("a page holds fewer events than 2^32");
        self.names.push_str(&block.names);
        self.bytes.extend_from_slice(&block.bytes);
        self.heads.extend(block.heads.iter().map(|head| Head {
            stream: behind(&head.stream, names),
            event_type: behind(&head.event_type, names),
            metadata: behind(&head.metadata, bytes),
        }));
        self.entries.extend(block.entries.iter().map(|entry| Entry {
            data: behind(&entry.data, bytes),
            head: heads + entry.head,
            ..*entry
        }));
    }

    /// Adds the events of another block from `index` on, as many as `request` leaves room for.
    ///
    /// Events of one head follow each other in the bytes as well, and are copied together.
    pub(crate) fn fill_from(&mut self, block: &Block, index: usize, request: &ReadRequest) {
        let mut rest = block.entries.get(index..).unwrap_or_default();
        while let Some(first) = rest.first() {
            if request.is_filled(self.len(), self.size_bytes()) {
                return;
            }
            let head = self.head_of(&block.event_of(first));
            let before = |entry: &Entry| entry.data.start - first.data.start;
            let max_events = request.max_events.max(1) - self.len();
            let max_bytes = request.max_bytes.saturating_sub(self.size_bytes());
            let behind_first = rest[1..].iter().take(max_events - 1);
            let run = 1 + behind_first
                .take_while(|entry| entry.head == first.head && before(entry) < max_bytes)
                .count();
            let start = self.bytes.len();
            let end = rest[run - 1].data.end;
            self.bytes
                .extend_from_slice(&block.bytes[first.data.start..end]);
            self.entries.extend(rest[..run].iter().map(|entry| {
                let start = start + before(entry);
                let data = start..start + entry.data.len();
                Entry {
                    data,
                    head,
                    ..*entry
                }
            }));
            rest = &rest[run..];
        }
    }

    /// The events from `index` on that a page of `request` takes, and the size of their bytes.
    pub(crate) fn page_from(&self, index: usize, request: &ReadRequest) -> (Range<usize>, usize) {
        let rest = self.entries.get(index..).unwrap_or_default();
        let most = &rest[..rest.len().min(request.max_events.max(1))];
        let Some(first) = most.first() else {
            return (index..index, 0);
        };
        let before = |entry: &Entry| entry.data.start - first.data.start;
        let fitting = most.partition_point(|entry| before(entry) < request.max_bytes);
        let count = fitting.max(1);
        let bytes = most[count - 1].data.end - first.data.start;
        (index..index + count, bytes)
    }

    /// The last head where all of it is this event's too, and otherwise a new one.
    fn head_of(&mut self, event: &PageEvent<'_>) -> u32 {
        let PageEvent { stream, event, .. } = event;
        let kept = self.heads.last().map(|last| {
            let stream = self.kept_name(&last.stream, stream);
            let event_type = self.kept_name(&last.event_type, event.event_type);
            let same_metadata = self.bytes[last.metadata.clone()] == *event.metadata;
            let metadata = same_metadata.then(|| last.metadata.clone());
            (stream, event_type, metadata)
        });
        let (kept_stream, kept_type, kept_metadata) = kept.unwrap_or_default();
        if kept_stream.is_none() || kept_type.is_none() || kept_metadata.is_none() {
            self.heads.push(Head {
                stream: kept_stream.unwrap_or_else(|| append_name(&mut self.names, stream)),
                event_type: kept_type
                    .unwrap_or_else(|| append_name(&mut self.names, event.event_type)),
                metadata: kept_metadata
                    .unwrap_or_else(|| append_bytes(&mut self.bytes, event.metadata)),
            });
        }
        self.last_head()
    }

    fn kept_name(&self, kept: &Range<usize>, name: &str) -> Option<Range<usize>> {
        (self.names[kept.clone()] == *name).then(|| kept.clone())
    }

    fn last_head(&self) -> u32 {
        u32::try_from(self.heads.len() - 1).expect("a page holds fewer events than 2^32")
    }

    /// The event at `index`, as it was pushed.
    #[inline]
    pub(crate) fn event(&self, index: usize) -> PageEvent<'_> {
        self.event_of(&self.entries[index])
    }

    /// The events of a range, as far as replaying looks at them.
    pub(crate) fn replayed(&self, range: Range<usize>) -> impl Iterator<Item = Replayed<'_>> {
        self.entries[range].iter().map(|entry| Replayed {
            version: entry.version,
            time: entry.time,
            event_type: &self.names[self.head(entry).event_type.clone()],
            data: &self.bytes[entry.data.clone()],
        })
    }

    #[inline]
    fn event_of(&self, entry: &Entry) -> PageEvent<'_> {
        let head = self.head(entry);
        PageEvent {
            stream: &self.names[head.stream.clone()],
            version: entry.version,
            position: entry.position,
            event: NewEvent {
                id: entry.id,
                time: entry.time,
                event_type: &self.names[head.event_type.clone()],
                data: &self.bytes[entry.data.clone()],
                metadata: &self.bytes[head.metadata.clone()],
            },
        }
    }

    #[inline]
    fn head(&self, entry: &Entry) -> &Head {
        &self.heads[entry.head as usize]
    }
}

fn append_name(names: &mut String, name: &str) -> Range<usize> {
    let start = names.len();
    names.push_str(name);
    start..names.len()
}

fn append_bytes(bytes: &mut Vec<u8>, more: &[u8]) -> Range<usize> {
    let start = bytes.len();
    bytes.extend_from_slice(more);
    start..bytes.len()
}

fn behind(range: &Range<usize>, more: usize) -> Range<usize> {
    range.start + more..range.end + more
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Source;

    #[test]
    fn a_block_appended_to_another_holds_what_pushing_event_by_event_would() {
        let log = log();
        for middle in 0..=log.len() {
            let (mut block, mut rest) = (Block::default(), Block::default());
            (0..middle).for_each(|index| block.push(log.event(index)));
            (middle..log.len()).for_each(|index| rest.push(log.event(index)));

            block.append(&rest);
            block.push(log.event(0));

            let appended = events(&block, 0..log.len() + 1);
            let (last, before) = appended.split_last().expect("there are some");
            assert_eq!(before, events(&log, 0..log.len()), "{middle}");
            assert_eq!(*last, log.event(0), "{middle}");
        }
    }

    /// Filling from a block is `push` by the run: the two must not differ in what is taken.
    #[test]
    fn a_block_filled_from_another_holds_what_pushing_event_by_event_would() {
        let log = log();
        for (from, max_events, max_bytes) in limits(log.len()) {
            let mut request = ReadRequest::new(Source::All { from: None });
            (request.max_events, request.max_bytes) = (max_events, max_bytes);

            let mut filled = Block::default();
            filled.fill_from(&log, from, &request);

            let pushed = pushed(&log, from, &request);
            let case = format!("from {from}, {max_events} events, {max_bytes} bytes");
            assert_eq!(
                events(&filled, 0..filled.len()),
                events(&pushed, 0..pushed.len()),
                "{case}"
            );
            assert_eq!(filled.size_bytes(), pushed.size_bytes(), "{case}");
        }
    }

    #[test]
    fn a_page_of_a_block_ends_where_it_is_full_and_is_never_empty_before_the_end() {
        let log = log();
        for (from, max_events, max_bytes) in limits(log.len()) {
            let mut request = ReadRequest::new(Source::All { from: None });
            (request.max_events, request.max_bytes) = (max_events, max_bytes);

            let (page, bytes) = log.page_from(from, &request);

            let case = format!("from {from}, {max_events} events, {max_bytes} bytes");
            let behind = log.len().saturating_sub(from);
            assert!(page.len() <= max_events.max(1).min(behind), "{case}");
            assert_eq!(page.is_empty(), behind == 0, "{case}");
            let ends_by_itself = page.len() < max_events.max(1).min(behind);
            assert!(!ends_by_itself || bytes >= max_bytes, "{case}");
            let payloads = events(&log, page)
                .iter()
                .map(|event| event.event.data.len())
                .sum();
            assert!(bytes >= payloads, "{case}");
        }
    }

    fn events(block: &Block, range: Range<usize>) -> Vec<PageEvent<'_>> {
        range.map(|index| block.event(index)).collect()
    }

    fn limits(len: usize) -> impl Iterator<Item = (usize, usize, usize)> {
        let all_events = move |from| (0..=len + 1).map(move |events| (from, events));
        let all = (0..=len + 1).flat_map(all_events);
        all.flat_map(|(from, events)| [0, 1, 20, 40, 75, 1_000].map(|bytes| (from, events, bytes)))
    }

    fn pushed(log: &Block, from: usize, request: &ReadRequest) -> Block {
        let mut block = Block::default();
        for index in from..log.len() {
            if request.is_filled(block.len(), block.size_bytes()) {
                break;
            }
            block.push(log.event(index));
        }
        block
    }

    /// Runs of one, two and three events, with and without metadata, with and without data.
    fn log() -> Block {
        let runs = [
            ("A", "", &["1", "22", ""][..]),
            ("B", "", &["333"]),
            ("A", "", &["", "1"]),
            ("A", "{}", &["1", "1"]),
            ("B", "{}", &["4444", "", "1"]),
        ];
        let mut block = Block::default();
        for (event_type, metadata, payloads) in runs {
            for data in payloads {
                let number = block.len() as u64 + 1;
                block.push(PageEvent {
                    stream: "bank::account-1",
                    version: Version::new(number),
                    position: Position::new(number * 3),
                    event: NewEvent {
                        id: Uuid::from_u128(number.into()),
                        time: DateTime::UNIX_EPOCH,
                        event_type,
                        data: data.as_bytes(),
                        metadata: metadata.as_bytes(),
                    },
                });
            }
        }
        block
    }
}
