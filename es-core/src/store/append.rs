//! What is written: one unit, to one stream or atomically to several.

use std::collections::HashSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::ExpectedVersionError;
use crate::record::NewEvents;
use crate::stream::{Position, StreamName, Version};

/// What an append asks of its stream's version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// The stream is at this version; [`Version::EMPTY`] says that it does not exist yet.
    Version(Version),
    /// Anything. Such an append is not idempotent.
    Any,
}

/// Events for one stream.
#[derive(Clone, Debug)]
pub struct StreamAppend {
    /// The stream.
    pub stream: StreamName,
    /// What it must be at.
    pub expected: Expected,
    /// What to append; none only checks the version.
    pub events: NewEvents,
}

/// A write of the one current state that a [`StateStore`](super::StateStore) keeps under a name.
#[derive(Clone, Debug)]
pub struct StateWrite {
    /// The aggregate's own stream, which is the state's name.
    pub stream: StreamName,
    /// The version the state must be at. [`Version::EMPTY`] says that there is none: that there never
    /// was one, or that it was removed.
    pub expected: Version,
    /// Made once and kept over retries: what makes a write idempotent.
    pub id: Uuid,
    /// When it happened, in whole microseconds.
    pub time: DateTime<Utc>,
    /// What is done to it.
    pub change: StateChange,
}

/// What is done to a state.
#[derive(Clone, Debug)]
pub enum StateChange {
    /// Nothing: only the version is checked.
    Check,
    /// This takes its place: JSON, which comes back equal as JSON. Its version is one more.
    Put(Arc<[u8]>),
    /// It goes. Its version is one more, so that nobody takes what comes after it for what was before.
    Remove,
}

/// One unit: appended whole or not at all.
#[derive(Clone, Debug)]
pub struct Append {
    streams: Vec<StreamAppend>,
    states: Vec<StateWrite>,
}

/// One stream stands twice in a unit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an append names the stream `{0}` twice; put its events together")]
pub struct StreamTwice(
    /// The stream.
    pub StreamName,
);

impl Append {
    /// A unit for one stream.
    pub fn to(stream: StreamName, expected: Expected, events: NewEvents) -> Self {
        Self {
            streams: vec![StreamAppend {
                stream,
                expected,
                events,
            }],
            states: Vec::new(),
        }
    }

    /// A unit for several streams.
    ///
    /// # Errors
    /// [`StreamTwice`] where a stream stands twice.
    pub fn all(streams: Vec<StreamAppend>) -> Result<Self, StreamTwice> {
        twice(streams.iter().map(|append| &append.stream))?;
        Ok(Self {
            streams,
            states: Vec::new(),
        })
    }

    /// The same unit with writes of states, for stores that have [`EventStore::states`]: all of it
    /// is written, or nothing. A state and a stream may have one name.
    ///
    /// [`EventStore::states`]: super::EventStore::states
    ///
    /// # Errors
    /// [`StreamTwice`] where a state stands twice.
    pub fn with_states(self, states: Vec<StateWrite>) -> Result<Self, StreamTwice> {
        twice(states.iter().map(|write| &write.stream))?;
        Ok(Self { states, ..self })
    }

    /// The parts, a stream each.
    pub fn streams(&self) -> &[StreamAppend] {
        &self.streams
    }

    /// The states that are written with them.
    pub fn states(&self) -> &[StateWrite] {
        &self.states
    }

    /// The size of all types, payloads, metadata and states.
    pub fn size_bytes(&self) -> usize {
        let events = self.streams.iter().map(|part| part.events.size_bytes());
        let states = self.states.iter().map(|write| match &write.change {
            StateChange::Put(state) => state.len(),
            StateChange::Check | StateChange::Remove => 0,
        });
        events.chain(states).sum()
    }
}

fn twice<'a>(names: impl ExactSizeIterator<Item = &'a StreamName>) -> Result<(), StreamTwice> {
    if names.len() < 2 {
        return Ok(());
    }
    let mut seen = HashSet::with_capacity(names.len());
    for name in names {
        if !seen.insert(name) {
            return Err(StreamTwice(name.clone()));
        }
    }
    Ok(())
}

/// What an append did to one stream, or to one state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// The version after it.
    pub version: Version,
    /// The position of the last event written, or `None` where there were none to write.
    pub position: Option<Position>,
}

/// What a store tells [`Append::decide`] about what stands in it.
pub trait Standing {
    /// The store's own error.
    type Error;

    /// The version `stream` is at.
    ///
    /// # Errors
    /// Where the store can not read.
    fn version(&mut self, stream: &StreamName) -> Result<Version, Self::Error>;

    /// Ids and positions of the first `count` events behind version `after`; fewer where there are
    /// fewer.
    ///
    /// # Errors
    /// Where the store can not read.
    fn behind(
        &mut self,
        stream: &StreamName,
        after: Version,
        count: usize,
    ) -> Result<Vec<(Uuid, Position)>, Self::Error>;

    /// The state of this name. Asked only by units that write states.
    ///
    /// # Errors
    /// Where the store can not read.
    fn state(&mut self, stream: &StreamName) -> Result<StandingState, Self::Error> {
        let _ = stream;
        Ok(StandingState::default())
    }
}

/// What stands under a state's name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StandingState {
    /// How often it was written; [`Version::EMPTY`] where it never was.
    pub version: Version,
    /// Of the last write.
    pub id: Option<Uuid>,
    /// Whether it was removed by it.
    pub removed: bool,
}

/// What is to be done with a unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Write all parts, each behind the version told: first those of the streams, then those of the
    /// states.
    Write(Vec<Version>),
    /// Write nothing: the very same unit was written before, and this was the outcome.
    Stands(Vec<Appended>),
    /// Write nothing: somebody else appended first.
    Conflict(ExpectedVersionError),
}

impl Append {
    /// Decides a unit before anything of it is written: the rule of expected versions and of
    /// repeated appends, the same in every store that decides in Rust.
    ///
    /// Where every expected version holds, all is written. Where one does not, the unit may have
    /// been written before. A part with an explicit version proves it where its events stand behind
    /// that version, in order, or where its write was the last of its state. One such part is enough,
    /// since a unit is written whole, unless another part says that it was not. Anything else is a
    /// conflict.
    ///
    /// # Errors
    /// The store's own, where it can not read.
    pub fn decide<S: Standing>(&self, store: &mut S) -> Result<Decision, S::Error> {
        let mut versions = Vec::with_capacity(self.streams.len() + self.states.len());
        let mut conflict = None;
        for part in &self.streams {
            let actual = store.version(&part.stream)?;
            versions.push(actual);
            if let Expected::Version(expected) = part.expected
                && expected != actual
            {
                conflict.get_or_insert((&part.stream, expected, actual));
            }
        }
        let mut standing = Vec::with_capacity(self.states.len());
        for write in &self.states {
            let state = store.state(&write.stream)?;
            versions.push(state.version);
            if !write.fits(state) {
                conflict.get_or_insert((&write.stream, write.expected, state.version));
            }
            standing.push(state);
        }
        let Some((stream, expected, actual)) = conflict else {
            return Ok(Decision::Write(versions));
        };
        if let Some(appended) = self.outcome_before(store, &versions, &standing)? {
            return Ok(Decision::Stands(appended));
        }
        let stream = stream.clone();
        Ok(Decision::Conflict(ExpectedVersionError {
            stream,
            expected,
            actual,
        }))
    }

    fn outcome_before<S: Standing>(
        &self,
        store: &mut S,
        versions: &[Version],
        states: &[StandingState],
    ) -> Result<Option<Vec<Appended>>, S::Error> {
        let mut outcome = Vec::with_capacity(versions.len());
        let mut proved = false;
        for (part, version) in self.streams.iter().zip(versions) {
            let Some(before) = part.stood(store, *version)? else {
                return Ok(None);
            };
            proved |= before.proves;
            outcome.push(before.appended);
        }
        for (write, state) in self.states.iter().zip(states) {
            let Some(before) = write.stood(*state) else {
                return Ok(None);
            };
            proved |= before.proves;
            outcome.push(before.appended);
        }
        Ok(proved.then_some(outcome))
    }
}

/// What a part may have done before.
struct Stood {
    appended: Appended,
    /// Whether it surely did.
    proves: bool,
}

impl StreamAppend {
    /// `None` where the unit was not written before.
    fn stood<S: Standing>(
        &self,
        store: &mut S,
        actual: Version,
    ) -> Result<Option<Stood>, S::Error> {
        let count = self.events.len();
        let (before, explicit) = match self.expected {
            Expected::Version(expected) => (expected, true),
            // Unless somebody appended since, what it wrote is the last that stands.
            Expected::Any => {
                let before = actual.get().saturating_sub(count as u64);
                (Version::new(before), false)
            }
        };
        if count == 0 {
            // It only checked, and what it checked held when the unit was written.
            let version = if explicit { before } else { actual };
            let appended = Appended {
                version,
                position: None,
            };
            return Ok(Some(Stood {
                appended,
                proves: false,
            }));
        }
        let standing = store.behind(&self.stream, before, count)?;
        let same = standing.len() == count
            && standing
                .iter()
                .zip(self.events.iter())
                .all(|((id, _), new)| *id == new.id);
        Ok(match (same, explicit) {
            (true, _) => Some(Stood {
                appended: Appended {
                    version: Version::new(before.get() + count as u64),
                    position: standing.last().map(|(_, position)| *position),
                },
                proves: explicit,
            }),
            (false, true) => None,
            (false, false) => Some(Stood {
                appended: Appended {
                    version: actual,
                    position: None,
                },
                proves: false,
            }),
        })
    }
}

impl StateWrite {
    /// Whether it may be written over `state`.
    pub fn fits(&self, state: StandingState) -> bool {
        let is_new = state.removed || state.version == Version::EMPTY;
        match self.expected {
            Version::EMPTY => is_new,
            expected => !is_new && expected == state.version,
        }
    }

    /// `None` where the unit was not written before.
    fn stood(&self, state: StandingState) -> Option<Stood> {
        let (version, proves) = match self.change {
            StateChange::Check => (self.expected, false),
            _ if state.id == Some(self.id) => (state.version, true),
            // Somebody else's write stands where this one would.
            _ if state.version <= self.expected.next() => return None,
            // It may have been written over.
            _ => (self.expected.next(), false),
        };
        let appended = Appended {
            version,
            position: None,
        };
        Some(Stood { appended, proves })
    }
}
