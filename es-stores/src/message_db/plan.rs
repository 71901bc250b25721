//! What is to be written of a batch: each unit decided in memory, before anything is written.

use std::collections::HashMap;
use std::convert::Infallible;

use es_core::record::NewEvent;
use es_core::store::{
    Append, Appended, Decision, Expected, ExpectedVersionError, Standing, StreamAppend,
};
use es_core::stream::{Position, StreamName, Version};
use uuid::Uuid;

use super::metadata::{Message, Writer};

/// What a unit came to.
pub(super) type Outcome = Result<Vec<Appended>, ExpectedVersionError>;

/// The streams of a batch as they stand, and what is to be written behind them.
///
/// Positions are given out by the server while it writes, so until then an event that is to be
/// written stands at its place in the batch, counted down from the largest position.
pub(super) struct Plan<'a> {
    streams: HashMap<&'a StreamName, Stream>,
    writes: Vec<Message<'a>>,
    outcomes: Vec<Outcome>,
}

/// One stream, as far as the batch needs it.
#[derive(Default)]
struct Stream {
    stored: Version,
    /// Ids and positions of stored events, by version: all that a unit of the batch may repeat.
    known: HashMap<Version, (Uuid, Position)>,
    /// Where its new events stand among all that is to be written.
    planned: Vec<usize>,
}

/// Events of a stream whose ids must be known before the batch is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Range<'a> {
    pub(super) stream: &'a StreamName,
    /// The version before the first of them.
    pub(super) after: Version,
    /// The version of the last.
    pub(super) last: Version,
}

impl<'a> Plan<'a> {
    /// The streams of a batch, each once, in no order.
    pub(super) fn streams(batch: &[&'a Append]) -> Vec<&'a StreamName> {
        let mut names: Vec<_> = parts(batch).map(|part| &part.stream).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Nothing planned yet for streams at the versions they are told to be at.
    pub(super) fn new(versions: impl IntoIterator<Item = (&'a StreamName, Version)>) -> Self {
        let streams = versions.into_iter().map(|(name, stored)| {
            let stream = Stream {
                stored,
                ..Stream::default()
            };
            (name, stream)
        });
        Self {
            streams: streams.collect(),
            writes: Vec::new(),
            outcomes: Vec::new(),
        }
    }

    /// What [`Plan::decide`] must [know](Plan::know): the events behind versions that do not hold,
    /// since they may be the very ones of the unit.
    pub(super) fn unknown(&self, batch: &[&'a Append]) -> Vec<Range<'a>> {
        let ranges = parts(batch).filter_map(|part| {
            let Expected::Version(after) = part.expected else {
                return None;
            };
            let stored = self.streams[&part.stream].stored;
            let last = after.get().saturating_add(part.events.len() as u64);
            let last = stored.min(Version::new(last));
            (after < last).then_some(Range {
                stream: &part.stream,
                after,
                last,
            })
        });
        ranges.collect()
    }

    /// Takes note of a stored event.
    pub(super) fn know(
        &mut self,
        stream: &StreamName,
        version: Version,
        id: Uuid,
        position: Position,
    ) {
        if let Some(stream) = self.streams.get_mut(stream) {
            stream.known.insert(version, (id, position));
        }
    }

    /// Decides the units in order, each as if the ones before were written.
    pub(super) fn decide(&mut self, batch: &[&'a Append]) {
        for append in batch {
            let Ok(decision) = append.decide(self);
            let outcome = match decision {
                Decision::Conflict(conflict) => Err(conflict),
                Decision::Stands(appended) => Ok(appended),
                Decision::Write(versions) => {
                    let parts = append.streams().iter().zip(versions);
                    Ok(parts
                        .map(|(part, before)| self.write(part, before))
                        .collect())
                }
            };
            self.outcomes.push(outcome);
        }
    }

    /// All that is to be written, in order, each with its metadata as it is stored.
    pub(super) fn writes(&self) -> impl Iterator<Item = (&Message<'a>, Vec<u8>)> {
        let mut metadata = Writer::default();
        self.writes
            .iter()
            .map(move |message| (message, metadata.write(message)))
    }

    /// What the units came to, told the position of each event that was written.
    pub(super) fn outcomes(self, positions: &[Position]) -> Vec<Outcome> {
        let mut outcomes = self.outcomes;
        for appended in outcomes.iter_mut().flatten().flatten() {
            appended.position = appended.position.map(|position| match place(position) {
                Some(place) => positions[place],
                None => position,
            });
        }
        outcomes
    }

    fn write(&mut self, part: &'a StreamAppend, before: Version) -> Appended {
        let stream = self.streams.entry(&part.stream).or_default();
        for (event, position) in part.events.iter().zip(before.get()..) {
            stream.planned.push(self.writes.len());
            self.writes.push(Message {
                stream: &part.stream,
                position: position.cast_signed(),
                event,
            });
        }
        Appended {
            version: Version::new(before.get() + part.events.len() as u64),
            position: (!part.events.is_empty()).then(|| placeholder(self.writes.len() - 1)),
        }
    }
}

fn parts<'a>(batch: &[&'a Append]) -> impl Iterator<Item = &'a StreamAppend> {
    batch.iter().flat_map(|append| append.streams())
}

/// No stored event has such a position: Message DB's are signed.
fn placeholder(place: usize) -> Position {
    Position::new(u64::MAX - place as u64)
}

fn place(position: Position) -> Option<usize> {
    let place = u64::MAX - position.get();
    (position.get() > i64::MAX.cast_unsigned())
        .then(|| usize::try_from(place).expect("a placeholder was made of the place in a vector"))
}

impl Standing for Plan<'_> {
    type Error = Infallible;

    fn version(&mut self, stream: &StreamName) -> Result<Version, Infallible> {
        let stream = &self.streams[stream];
        let version = stream.stored.get() + stream.planned.len() as u64;
        Ok(Version::new(version))
    }

    fn behind(
        &mut self,
        stream: &StreamName,
        after: Version,
        count: usize,
    ) -> Result<Vec<(Uuid, Position)>, Infallible> {
        let stream = &self.streams[stream];
        let at = |version: Version| {
            let stored = stream.known.get(&version).copied();
            stored.or_else(|| {
                let planned = version.get().checked_sub(stream.stored.get() + 1)?;
                let place = *stream.planned.get(usize::try_from(planned).ok()?)?;
                let NewEvent { id, .. } = self.writes[place].event;
                Some((id, placeholder(place)))
            })
        };
        let versions = (1..=count as u64).map_while(|step| after.get().checked_add(step));
        Ok(versions.map(Version::new).map_while(at).collect())
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use es_core::record::NewEvents;

    use super::*;

    fn events(ids: &[u128]) -> NewEvents {
        let mut events = NewEvents::new();
        for id in ids {
            events.push(NewEvent {
                id: Uuid::from_u128(*id),
                time: DateTime::UNIX_EPOCH,
                event_type: "Test.Done.v1",
                data: b"{}",
                metadata: b"",
            });
        }
        events
    }

    fn part(stream: &str, expected: u64, ids: &[u128]) -> StreamAppend {
        StreamAppend {
            stream: StreamName::new(stream).unwrap(),
            expected: Expected::Version(Version::new(expected)),
            events: events(ids),
        }
    }

    fn unit(parts: Vec<StreamAppend>) -> Append {
        Append::all(parts).unwrap()
    }

    /// Of a batch over streams of two stored events, with the ids 1 and 2 at positions 11 and 12.
    fn outcomes(batch: &[Append]) -> (Vec<u128>, Vec<Outcome>) {
        let batch: Vec<&Append> = batch.iter().collect();
        let streams = Plan::streams(&batch);
        let mut plan = Plan::new(streams.iter().map(|name| (*name, Version::new(2))));
        for range in plan.unknown(&batch) {
            for version in range.after.get() + 1..=range.last.get() {
                let id = Uuid::from_u128(version.into());
                plan.know(
                    range.stream,
                    Version::new(version),
                    id,
                    Position::new(10 + version),
                );
            }
        }
        plan.decide(&batch);
        let written: Vec<_> = plan
            .writes()
            .map(|(message, _)| message.event.id.as_u128())
            .collect();
        let positions: Vec<_> = (100..).map(Position::new).take(written.len()).collect();
        (written, plan.outcomes(&positions))
    }

    fn appended(version: u64, position: u64) -> Appended {
        Appended {
            version: Version::new(version),
            position: Some(Position::new(position)),
        }
    }

    #[test]
    fn units_of_one_batch_stand_behind_each_other() {
        let (written, outcomes) = outcomes(&[
            unit(vec![part("a-1", 2, &[3, 4])]),
            unit(vec![part("a-1", 4, &[5]), part("a-2", 2, &[6])]),
        ]);

        assert_eq!(written, [3, 4, 5, 6]);
        assert_eq!(outcomes[0], Ok(vec![appended(4, 101)]));
        assert_eq!(outcomes[1], Ok(vec![appended(5, 102), appended(3, 103)]));
    }

    #[test]
    fn a_conflict_leaves_its_neighbours_alone() {
        let (written, outcomes) = outcomes(&[
            unit(vec![part("a-1", 2, &[3])]),
            unit(vec![part("a-2", 2, &[7]), part("a-1", 2, &[8])]),
            unit(vec![part("a-2", 2, &[4])]),
        ]);

        assert_eq!(written, [3, 4]);
        assert_eq!(outcomes[0], Ok(vec![appended(3, 100)]));
        assert_eq!(outcomes[1].as_ref().unwrap_err().actual, 3);
        assert_eq!(outcomes[2], Ok(vec![appended(3, 101)]));
    }

    #[test]
    fn what_stands_is_answered_whether_stored_or_planned() {
        let (written, outcomes) = outcomes(&[
            unit(vec![part("a-1", 0, &[1, 2])]),
            unit(vec![part("a-1", 2, &[3])]),
            unit(vec![part("a-1", 2, &[3])]),
            unit(vec![part("a-1", 1, &[2, 3])]),
            unit(vec![part("a-1", 1, &[2, 4])]),
            unit(vec![part("a-1", u64::MAX, &[2])]),
        ]);

        assert_eq!(written, [3]);
        assert_eq!(outcomes[0], Ok(vec![appended(2, 12)]));
        assert_eq!(outcomes[1], Ok(vec![appended(3, 100)]));
        assert_eq!(outcomes[2], Ok(vec![appended(3, 100)]));
        assert_eq!(outcomes[3], Ok(vec![appended(3, 100)]));
        assert!(outcomes[4].is_err() && outcomes[5].is_err());
    }
}
