//! What is appended at once: as much as keeps the order of the source.

use es_core::record::{NewEvent, NewEvents, Page, RecordedEvent};
use es_core::store::{Expected, StreamAppend};
use es_core::stream::StreamName;

use crate::failure::Failure;

/// A unit holds at most so many events.
const MOST_EVENTS: usize = 1_000;

/// The parts of a unit that begins at `index`, and the index behind it. The events of a unit are
/// written part by part, so it ends before a stream would come a second time.
pub(super) fn cut(
    page: &Page,
    index: usize,
    several_streams: bool,
) -> Result<(Vec<StreamAppend>, usize), Failure> {
    let mut parts = Vec::<StreamAppend>::new();
    let mut last_version = 0;
    let mut next = index;
    while let Some(event) = page.get(next) {
        if next - index == MOST_EVENTS {
            break;
        }
        let version = event.version.get();
        let goes_on = parts
            .last()
            .is_some_and(|part| part.stream.as_str() == event.stream);
        if goes_on {
            if version != last_version + 1 {
                break;
            }
        } else {
            let again = parts
                .iter()
                .any(|part| part.stream.as_str() == event.stream);
            if again || (!several_streams && !parts.is_empty()) {
                break;
            }
            parts.push(StreamAppend {
                stream: StreamName::new(&event.stream)?,
                expected: Expected::Version(es_core::Version::new(version - 1)),
                events: NewEvents::new(),
            });
        }
        if let Some(part) = parts.last_mut() {
            part.events.push(new_event(&event));
        }
        last_version = version;
        next += 1;
    }
    Ok((parts, next))
}

/// The same event, on its way into another store.
fn new_event<'a>(event: &'a RecordedEvent<'_>) -> NewEvent<'a> {
    NewEvent {
        id: event.id,
        time: event.time,
        event_type: &event.event_type,
        data: &event.data,
        metadata: &event.metadata,
    }
}
