//! What is written: one unit, to one stream or atomically to several.

use std::collections::HashSet;

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

/// One unit: appended whole or not at all.
#[derive(Clone, Debug)]
pub struct Append {
    streams: Vec<StreamAppend>,
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
        }
    }

    /// A unit for several streams.
    ///
    /// # Errors
    /// [`StreamTwice`] where a stream stands twice.
    pub fn all(streams: Vec<StreamAppend>) -> Result<Self, StreamTwice> {
        let mut names = HashSet::new();
        match streams.iter().find(|append| !names.insert(&append.stream)) {
            Some(twice) => Err(StreamTwice(twice.stream.clone())),
            None => Ok(Self { streams }),
        }
    }

    /// The parts, a stream each.
    pub fn streams(&self) -> &[StreamAppend] {
        &self.streams
    }
}

/// What an append did to one stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// The stream's version after it.
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
}

/// What is to be done with a unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Write all parts, each behind the version told.
    Write(Vec<Version>),
    /// Write nothing: the very same events stand there, and this was the outcome.
    Stands(Vec<Appended>),
    /// Write nothing: somebody else appended first.
    Conflict(ExpectedVersionError),
}

impl Append {
    /// Decides a unit before anything of it is written: the rule of expected versions and of
    /// repeated appends, the same in every store that decides in Rust.
    ///
    /// Where every expected version holds, all is written. Where one does not, the unit may have
    /// been written before: if all its events stand behind the versions it expected, in order, it
    /// has been. Anything else is a conflict.
    ///
    /// # Errors
    /// The store's own, where it can not read.
    pub fn decide<S: Standing>(&self, store: &mut S) -> Result<Decision, S::Error> {
        let mut versions = Vec::with_capacity(self.streams.len());
        let mut conflict = None;
        for part in &self.streams {
            let actual = store.version(&part.stream)?;
            versions.push(actual);
            match part.expected {
                Expected::Version(expected) if expected != actual && conflict.is_none() => {
                    let stream = part.stream.clone();
                    conflict = Some(ExpectedVersionError {
                        stream,
                        expected,
                        actual,
                    });
                }
                _ => {}
            }
        }
        let Some(conflict) = conflict else {
            return Ok(Decision::Write(versions));
        };
        Ok(match self.outcome_before(store, &versions)? {
            Some(appended) => Decision::Stands(appended),
            None => Decision::Conflict(conflict),
        })
    }

    fn outcome_before<S: Standing>(
        &self,
        store: &mut S,
        versions: &[Version],
    ) -> Result<Option<Vec<Appended>>, S::Error> {
        if self.streams.iter().all(|part| part.events.is_empty()) {
            return Ok(None);
        }
        let mut outcome = Vec::with_capacity(self.streams.len());
        for (part, version) in self.streams.iter().zip(versions) {
            let expected = match part.expected {
                Expected::Version(expected) => expected,
                Expected::Any if part.events.is_empty() => *version,
                Expected::Any => return Ok(None),
            };
            if part.events.is_empty() {
                // It only checked, and what it checked held when the unit was written.
                outcome.push(Appended {
                    version: expected,
                    position: None,
                });
                continue;
            }
            let standing = store.behind(&part.stream, expected, part.events.len())?;
            let same = standing.len() == part.events.len()
                && standing
                    .iter()
                    .zip(part.events.iter())
                    .all(|((id, _), new)| *id == new.id);
            if !same {
                return Ok(None);
            }
            let version = Version::new(expected.get() + standing.len() as u64);
            let position = standing.last().map(|(_, position)| *position);
            outcome.push(Appended { version, position });
        }
        Ok(Some(outcome))
    }
}
