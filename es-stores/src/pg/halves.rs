//! Reading a large page by two connections at a time.
//!
//! A server works on one statement of a connection at a time, and in a long read it is what is busy.
//! So a large page is read in two halves, each by a connection of its own. The second begins where
//! the first should end: behind as many versions, or as many positions as should hold so many events
//! by how dense they were in the page before.
//!
//! What two connections see is not of one moment. What is settled is the same at all of them; of a
//! stream the halves are put together only where nothing can lie between them.

use es_core::record::{Direction, Page, ReadRequest, Source};
use futures_util::future;

use super::reads::{Range, Reads, Rows, next};
use super::{Link, Trouble};

/// A half of fewer events is not worth a statement.
const LEAST: usize = 1_000;

/// How dense events were in a page: so many within so many positions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Density {
    events: u64,
    positions: u64,
}

impl Density {
    pub(crate) fn of(page: &Page) -> Option<Self> {
        let (first, last) = (page.get(0)?.position, page.last()?.position);
        Some(Self {
            events: page.len() as u64,
            positions: last.get().checked_sub(first.get())? + 1,
        })
    }

    /// How many positions should hold so many events.
    fn positions_of(self, events: usize) -> u64 {
        let positions = u128::from(self.positions) * events as u128 / u128::from(self.events);
        u64::try_from(positions).unwrap_or(u64::MAX).max(1)
    }
}

/// Whether it is not the first page that is asked for, of several whose size is up to the store.
pub(super) fn goes_on(request: &ReadRequest) -> bool {
    request.grows
        && request.max_events > ReadRequest::DEFAULT_MAX_EVENTS
        && request.direction == Direction::Forwards
}

/// A page in two halves.
#[derive(Debug)]
pub(super) struct Halves {
    /// Where the second begins.
    pub(super) middle: u64,
    /// What each holds at the most.
    half: ReadRequest,
}

impl Halves {
    /// `None` where the page is read in one. An event is of about `event_bytes`.
    pub(super) fn of(
        request: &ReadRequest,
        from: u64,
        density: Option<Density>,
        event_bytes: usize,
    ) -> Option<Self> {
        if !goes_on(request) {
            return None;
        }
        // Where both are as full as they may be, the page should not be over its size.
        let by_size = request.max_bytes / event_bytes / 8 * 7;
        let events = request.max_events.min(by_size) / 2;
        let width = match request.source {
            Source::Stream { .. } => events as u64,
            // Now and then they are a little denser.
            Source::Category { .. } | Source::All { .. } => {
                density?.positions_of(events - events / 16)
            }
        };
        let mut half = request.clone();
        half.max_events = events;
        (events >= LEAST).then_some(Self {
            middle: from.checked_add(width)?,
            half,
        })
    }

    /// Whether everything before the middle is in the first half.
    fn is_complete(&self, first: &Page) -> bool {
        match self.half.source {
            Source::Stream { .. } => {
                let last = first.last().map(|last| last.version.get());
                last.is_some_and(|last| last + 1 == self.middle)
            }
            Source::Category { .. } | Source::All { .. } => !first.has_more(),
        }
    }
}

impl<R: Rows> Reads<R> {
    /// Fills an empty page with what lies in the range, by two connections. Answers where to go on,
    /// if the page may take more.
    pub(super) async fn walk_halves(
        &self,
        link: &Link,
        halves: &Halves,
        range: Range,
        page: &mut Page,
    ) -> Result<Option<u64>, Trouble> {
        let Range { from, upto } = range;
        let client = link.client().await?;
        let Some(other) = link.spare().await else {
            return Ok(Some(from));
        };
        let (first, second) = (
            Range {
                from,
                upto: halves.middle - 1,
            },
            Range {
                from: halves.middle,
                upto,
            },
        );
        let (half, limit) = (&halves.half, halves.half.max_events + 1);
        let mut rest = Page::new();
        future::try_join(
            self.take(client, half, first, limit, page),
            self.take(other, half, second, limit, &mut rest),
        )
        .await?;
        Ok(halves.join(range, page, &rest))
    }
}

impl Halves {
    /// Puts the halves together where they belong together. Answers where to go on, if the page may
    /// take more.
    fn join(&self, range: Range, page: &mut Page, rest: &Page) -> Option<u64> {
        if !self.is_complete(page) {
            // It was denser than thought, or it is the end of a stream: as it was when this half was
            // read, since nothing had been there behind the middle before.
            let is_end = page.has_more() || rest.is_empty();
            return match is_end {
                true => None,
                // The stream has grown meanwhile, or somebody deleted events by hand.
                false => Some(next(&self.half, page).unwrap_or(range.from)),
            };
        }
        if rest.is_empty() {
            // A stream may have grown beyond its middle since the second half was read.
            page.set_has_more(false);
            return Some(self.middle);
        }
        if page.size_bytes() + rest.size_bytes() > self.half.max_bytes {
            page.set_has_more(true);
            return None;
        }
        page.append(rest);
        page.set_has_more(rest.has_more());
        None
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use es_core::record::{NewEvent, PageEvent};
    use es_core::stream::{Category, Position, StreamName, Version};
    use uuid::Uuid;

    use super::*;

    const FROM: u64 = 2_001;
    const MIDDLE: u64 = FROM + 2_000;

    fn stream() -> ReadRequest {
        let name = StreamName::new("test::a-1").expect("a proper name");
        let from = Some(Version::new(FROM));
        going_on(Source::Stream { name, from })
    }

    fn category() -> ReadRequest {
        let name = Category::new("test::a").expect("a proper name");
        let (from, group) = (Some(Position::new(FROM)), None);
        going_on(Source::Category { name, from, group })
    }

    fn going_on(source: Source) -> ReadRequest {
        let mut request = ReadRequest::new(source);
        request.max_events = 4_000;
        request
    }

    fn halves(request: &ReadRequest) -> Halves {
        let density = Density {
            events: 15,
            positions: 16,
        };
        let halves = Halves::of(request, FROM, Some(density), 100);
        let halves = halves.expect("it is large enough");
        assert_eq!(halves.middle, MIDDLE);
        halves
    }

    /// Events whose version and position are these.
    fn page(numbers: impl IntoIterator<Item = u64>, has_more: bool) -> Page {
        let mut page = Page::new();
        for number in numbers {
            page.push(PageEvent {
                stream: "test::a-1",
                version: Version::new(number),
                position: Position::new(number),
                event: NewEvent {
                    id: Uuid::nil(),
                    time: DateTime::UNIX_EPOCH,
                    event_type: "Test.Happened.v1",
                    metadata: b"",
                    data: b"{}",
                },
            });
        }
        page.set_has_more(has_more);
        page
    }

    /// What becomes of two halves: the page's numbers, whether it has more, and where to go on.
    fn joined(
        request: &ReadRequest,
        mut first: Page,
        rest: &Page,
    ) -> (Vec<u64>, bool, Option<u64>) {
        let range = Range {
            from: FROM,
            upto: u64::MAX,
        };
        let next = halves(request).join(range, &mut first, rest);
        let numbers = first.iter().map(|event| event.version.get()).collect();
        (numbers, first.has_more(), next)
    }

    fn numbers(numbers: impl IntoIterator<Item = u64>) -> Vec<u64> {
        numbers.into_iter().collect()
    }

    #[test]
    fn halves_that_meet_are_one_page() {
        for (request, more) in [(stream(), true), (category(), false)] {
            for (last, has_more) in [(MIDDLE, false), (MIDDLE + 1_999, true)] {
                let rest = page(MIDDLE..=last, has_more);

                let joined = joined(&request, page(FROM..MIDDLE, more), &rest);

                assert_eq!(joined, (numbers(FROM..=last), has_more, None));
            }
        }
    }

    #[test]
    fn a_stream_that_ended_before_the_middle_ends_there() {
        let joined = joined(&stream(), page(FROM..MIDDLE - 1, false), &page([], false));

        assert_eq!(joined, (numbers(FROM..MIDDLE - 1), false, None));
    }

    /// The second half was read later than the first, or somebody deleted what lies between.
    #[test]
    fn a_stream_whose_halves_do_not_meet_is_read_on_behind_the_first() {
        let rest = page(MIDDLE..MIDDLE + 5, false);

        let short = joined(&stream(), page(FROM..MIDDLE - 7, false), &rest);
        let empty = joined(&stream(), page([], false), &rest);

        let next = Some(MIDDLE - 7);
        assert_eq!(short, (numbers(FROM..MIDDLE - 7), false, next));
        assert_eq!(empty, (numbers([]), false, Some(FROM)));
    }

    /// Events that come before the middle were deleted by hand: the first half reaches beyond it.
    #[test]
    fn what_is_in_both_halves_of_a_stream_is_there_once() {
        let rest = page(MIDDLE..MIDDLE + 2_000, true);
        let first = || (FROM..FROM + 2_001).filter(|number| *number != FROM + 7);

        let joined = joined(&stream(), page(first(), true), &rest);

        assert_eq!(joined, (numbers(first()), true, None));
    }

    /// The second half was read first: what came behind the middle meanwhile may belong to the same
    /// commit as what came before it.
    #[test]
    fn a_stream_that_seems_to_end_at_the_middle_is_read_on() {
        for more in [false, true] {
            let joined = joined(&stream(), page(FROM..MIDDLE, more), &page([], false));

            assert_eq!(joined, (numbers(FROM..MIDDLE), false, Some(MIDDLE)));
        }
    }

    #[test]
    fn a_category_denser_than_it_was_is_read_as_far_as_the_first_half_came() {
        let first = page(FROM..FROM + 2_000, true);

        let joined = joined(&category(), first, &page(MIDDLE..MIDDLE + 9, false));

        assert_eq!(joined, (numbers(FROM..FROM + 2_000), true, None));
    }

    #[test]
    fn halves_that_are_too_large_together_are_not_put_together() {
        let mut request = category();
        let rest = page(MIDDLE..MIDDLE + 1_000, false);
        let first = page(FROM..MIDDLE, false);
        request.max_bytes = first.size_bytes() + rest.size_bytes() - 1;
        let density = Density {
            events: 15,
            positions: 16,
        };
        let halves = Halves::of(&request, FROM, Some(density), 1).expect("it is large enough");
        let (range, mut page) = (
            Range {
                from: FROM,
                upto: 9_999,
            },
            first,
        );

        let next = halves.join(range, &mut page, &rest);

        assert_eq!((page.len(), page.has_more(), next), (2_000, true, None));
    }

    #[test]
    fn few_events_are_read_in_one() {
        let of = |request: &ReadRequest, event_bytes| {
            let density = Density::of(&page(FROM..FROM + 100, true));
            Halves::of(request, FROM, density, event_bytes).map(|halves| halves.half.max_events)
        };
        let first = ReadRequest::new(stream().source);
        let mut backwards = category();
        backwards.direction = Direction::Backwards;

        assert_eq!(of(&stream(), 100), Some(2_000));
        assert_eq!(of(&category(), 400), Some(1_144));
        assert_eq!(of(&category(), 1_000), None);
        assert_eq!(of(&first, 100), None);
        assert_eq!(of(&backwards, 100), None);
        assert!(Halves::of(&category(), FROM, None, 100).is_none());
    }
}
