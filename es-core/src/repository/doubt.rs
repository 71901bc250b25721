//! What became of a unit that may have been written, by what stands in the store.

use crate::store::{
    Append, Appended, EventStore, EventStoreExt, Expected, StateChange, StateWrite, StoreError,
    StreamAppend,
};
use crate::stream::{Position, Version};

/// What is found of a unit that may have been written.
pub(super) enum Found {
    Written(Vec<Appended>),
    NotWritten,
    /// Neither the one nor the other.
    Nothing,
}

/// Whether a store that appends it again finds out by itself that it was written: by the ids of
/// events behind an explicit version, or of a state's last write.
pub(super) fn proves_itself(unit: &Append) -> bool {
    unit.streams().iter().any(explicit) || unit.states().iter().any(changes)
}

fn explicit(part: &StreamAppend) -> bool {
    matches!(part.expected, Expected::Version(_)) && !part.events.is_empty()
}

fn for_any(part: &StreamAppend) -> bool {
    part.expected == Expected::Any && !part.events.is_empty()
}

fn changes(write: &StateWrite) -> bool {
    !matches!(write.change, StateChange::Check)
}

/// Looks for the events that were appended for any version: a unit is written whole, so where some
/// of it stand all of it was.
pub(super) async fn find(
    store: &dyn EventStore,
    unit: &Append,
) -> Result<Option<Vec<Appended>>, StoreError> {
    // Nearly always among the last: others append behind it only while the outcome is in doubt.
    const LOOKED_AT: usize = 10_000;
    for part in unit.streams().iter().filter(|part| for_any(part)) {
        let last = part.events.iter().last().map(|event| event.id);
        let mut events = store.read_stream(&part.stream).backwards().limit(LOOKED_AT);
        while let Some(event) = events.next().await? {
            if Some(event.id) == last {
                return Ok(Some(outcome(unit, part, event.version, event.position)));
            }
        }
    }
    Ok(None)
}

/// What a unit came to whose `found` part ends at this version.
fn outcome(
    unit: &Append,
    found: &StreamAppend,
    version: Version,
    position: Position,
) -> Vec<Appended> {
    let of_streams = unit.streams().iter().map(|part| {
        let count = part.events.len() as u64;
        let (version, position) = match part.expected {
            _ if part.stream == found.stream => (version, Some(position)),
            Expected::Version(expected) => (Version::new(expected.get() + count), None),
            Expected::Any => (Version::EMPTY, None),
        };
        Appended { version, position }
    });
    let of_states = unit.states().iter().map(|write| Appended {
        version: match write.change {
            StateChange::Check => write.expected,
            StateChange::Put(_) | StateChange::Remove => write.expected.next(),
        },
        position: None,
    });
    of_streams.chain(of_states).collect()
}

/// After a conflict of a unit that may have been written. Where events stand behind an explicit
/// version the conflict tells that it was not; a state that was written over since tells nothing.
pub(super) async fn after_conflict(
    store: &dyn EventStore,
    unit: &Append,
) -> Result<Found, StoreError> {
    if unit.streams().iter().any(explicit) {
        return Ok(Found::NotWritten);
    }
    if let Some(appended) = find(store, unit).await? {
        return Ok(Found::Written(appended));
    }
    if unit.streams().iter().any(for_any) {
        return Ok(Found::NotWritten);
    }
    let Some(states) = store.states() else {
        return Ok(Found::NotWritten);
    };
    for write in unit.states().iter().filter(|write| changes(write)) {
        let state = states.load(&write.stream).await?;
        // The last write is not this one, or it would stand; and there was none behind this one.
        if state.is_some_and(|state| state.version <= write.expected.next()) {
            return Ok(Found::NotWritten);
        }
    }
    let changes = unit.states().iter().any(changes);
    Ok(if changes {
        Found::Nothing
    } else {
        Found::NotWritten
    })
}
