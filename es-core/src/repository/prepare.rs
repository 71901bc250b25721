//! One aggregate as a part of a unit: what changed is stamped and encoded, once, and taken off when
//! it was written.

use std::sync::Arc;

use super::save::{Parts, Saved};
use super::snapshot;
use crate::aggregate::{Aggregate, Kept, Stamp};
use crate::codec;
use crate::domain::Domain;
use crate::error::SaveError;
use crate::event::EventEnum;
use crate::invariant::Violations;
use crate::record::NewEvents;
use crate::store::{Append, Appended, BoxFuture, Expected, StateChange, StateWrite, StreamAppend};
use crate::stream::{StreamName, Version};

/// One aggregate on its way into a store.
pub(crate) struct One<'a, A> {
    pub(crate) stream: &'a StreamName,
    pub(crate) aggregate: &'a mut A,
    /// Whether the state goes, and only then.
    pub(crate) fate: Fate,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Stays,
    IsRemoved,
}

impl<'a, A: Aggregate> One<'a, A> {
    pub(crate) fn stays(stream: &'a StreamName, aggregate: &'a mut A) -> Self {
        Self {
            stream,
            aggregate,
            fate: Fate::Stays,
        }
    }
}

/// The version that an aggregate will have once it is saved.
pub(crate) fn version_after<A: Aggregate>(aggregate: &A) -> Version {
    let root = aggregate.root();
    if A::KEPT == Kept::Events {
        return root.version();
    }
    let state = aggregate.encode_state();
    let is_kept = state.is_ok_and(|state| root.kept.as_deref() == Some(&*state));
    match is_kept && root.pending().is_empty() {
        true => root.stored,
        false => root.stored.next(),
    }
}

impl<A: Aggregate> Saved for One<'_, A> {
    fn in_doubt(&self) -> Option<Arc<Append>> {
        self.aggregate.root().in_doubt.clone()
    }

    fn set_in_doubt(&mut self, unit: Option<Arc<Append>>) {
        self.aggregate.root_mut().in_doubt = unit;
    }

    fn prepare(&mut self, domain: &Domain, unit: &mut Parts) -> Result<(), SaveError> {
        match A::KEPT {
            Kept::Events => self.prepare_events(domain, unit),
            Kept::State => self.prepare_state(domain, unit),
        }
    }

    fn settle(&mut self, unit: &Append, appended: &[Appended]) {
        let root = self.aggregate.root_mut();
        let (of_streams, of_states) = appended.split_at(unit.streams().len());
        let parts = unit.streams().iter().zip(of_streams);
        if let Some((part, appended)) = parts
            .into_iter()
            .find(|(part, _)| part.stream == *self.stream)
        {
            if A::KEPT == Kept::Events {
                root.stored = appended.version;
            }
            let written = part.events.len().min(root.stamps.len());
            if let Some(last) = root.stamps[..written].last() {
                root.time = Some(last.time);
            }
            root.stamps.drain(..written);
            root.pending_mut().drain(..written);
        }
        let writes = unit.states().iter().zip(of_states);
        if let Some((write, appended)) = writes
            .into_iter()
            .find(|(write, _)| write.stream == *self.stream)
        {
            match &write.change {
                StateChange::Check => {}
                StateChange::Put(state) => {
                    root.stored = appended.version;
                    root.kept = Some(Arc::clone(state));
                    root.time = Some(write.time);
                }
                StateChange::Remove => {
                    root.stored = Version::EMPTY;
                    root.kept = None;
                    root.time = Some(write.time);
                }
            }
        }
    }

    fn snapshot<'a>(&'a mut self, domain: &'a Domain) -> Option<BoxFuture<'a, ()>> {
        snapshot::is_due(domain, self.aggregate).then(|| -> BoxFuture<'a, ()> {
            Box::pin(snapshot::take(domain, self.stream, self.aggregate))
        })
    }
}

impl<A: Aggregate> One<'_, A> {
    fn prepare_events(&mut self, domain: &Domain, unit: &mut Parts) -> Result<(), SaveError> {
        let stored = self.aggregate.stored_version();
        let mut events = NewEvents::new();
        if !self.aggregate.pending_events().is_empty() {
            self.check_invariants()?;
            self.stamp(domain);
            events = self.encode_events(domain)?;
        }
        let changed = !events.is_empty();
        unit.streams.push(StreamAppend {
            stream: self.stream.clone(),
            expected: Expected::Version(stored),
            events,
        });
        if changed && let Some(version) = A::FACTS {
            unit.streams.push(self.fact(domain, version)?);
        }
        Ok(())
    }

    fn prepare_state(&mut self, domain: &Domain, unit: &mut Parts) -> Result<(), SaveError> {
        let expected = self.aggregate.stored_version();
        if self.fate == Fate::IsRemoved && expected == Version::EMPTY {
            // It was never stored, so nothing goes.
            return Ok(());
        }
        let has_events = !self.aggregate.pending_events().is_empty();
        let change = match self.fate {
            Fate::IsRemoved => StateChange::Remove,
            Fate::Stays => self.change_of_state(has_events)?,
        };
        self.stamp(domain);
        let root = self.aggregate.root();
        let stamped = root.stamps.last().map(|stamp| stamp.time);
        let before = root.time.max(stamped);
        let now = domain.now();
        unit.states.push(StateWrite {
            stream: self.stream.clone(),
            expected,
            id: domain.new_event_id(),
            time: before.map_or(now, |before| before.max(now)),
            change,
        });
        if has_events {
            // The state's version keeps others out.
            unit.streams.push(StreamAppend {
                stream: self.stream.clone(),
                expected: Expected::Any,
                events: self.encode_events(domain)?,
            });
        }
        Ok(())
    }

    /// What events belong to is written anew, so that its version keeps others out.
    fn change_of_state(&self, has_events: bool) -> Result<StateChange, SaveError> {
        let state = self.encode_state()?;
        if !has_events && self.aggregate.root().kept.as_deref() == Some(&*state) {
            return Ok(StateChange::Check);
        }
        self.check_invariants()?;
        Ok(StateChange::Put(state.into()))
    }

    fn check_invariants(&self) -> Result<(), SaveError> {
        let violations = self.aggregate.violations();
        if violations.is_empty() {
            return Ok(());
        }
        let stream = self.stream.clone();
        Err(SaveError::Violated(Violations::of(stream, violations)))
    }

    /// Gives each pending event its id, time and context, unless it has them from an earlier
    /// attempt. A time is the clock's, or that of the event before where the clock went back.
    fn stamp(&mut self, domain: &Domain) {
        let now = domain.now();
        let root = self.aggregate.root_mut();
        let before = root.stamps.last().map(|stamp| stamp.time).or(root.time);
        let time = before.map_or(now, |before| before.max(now));
        let pending = root.pending().len();
        root.stamps
            .reserve_exact(pending.saturating_sub(root.stamps.len()));
        while root.stamps.len() < pending {
            let metadata = Arc::clone(domain.context());
            root.stamps.push(Stamp {
                id: domain.new_event_id(),
                time,
                metadata,
            });
        }
    }

    /// Encodes what is pending and stamped into one buffer.
    fn encode_events(&self, domain: &Domain) -> Result<NewEvents, SaveError> {
        let root = self.aggregate.root();
        let mut events = NewEvents::with_room_for(root.stamps.len());
        for (event, stamp) in root.pending().iter().zip(&root.stamps) {
            let encoded = events.encode(
                stamp.id,
                stamp.time,
                &stamp.metadata,
                |types| codec::write_type(domain.name(), event.event_type(), types),
                |bytes| {
                    let start = bytes.len();
                    event.encode(bytes)?;
                    codec::check_reads_back(event, &bytes[start..])
                },
            );
            encoded.map_err(|problem| SaveError::Encode {
                stream: self.stream.clone(),
                event: event.event_type().name,
                problem,
            })?;
        }
        Ok(events)
    }

    fn encode_state(&self) -> Result<Vec<u8>, SaveError> {
        let encoded = self.aggregate.encode_state().and_then(|state| {
            if codec::may_not_read_back(&state) {
                A::decode_state(&state)?;
            }
            Ok(state)
        });
        encoded.map_err(|problem| SaveError::EncodeState {
            stream: self.stream.clone(),
            problem,
        })
    }

    /// The whole state after what is pending, for consumers outside.
    fn fact(&self, domain: &Domain, version: u32) -> Result<StreamAppend, SaveError> {
        // Nobody reads it back into an aggregate.
        let state = self
            .aggregate
            .encode_state()
            .map_err(|problem| SaveError::EncodeState {
                stream: self.stream.clone(),
                problem,
            })?;
        let root = self.aggregate.root();
        let last = root.stamps.last().expect("a fact goes with events");
        let name = format!("{}Fact", A::NAME);
        let mut events = NewEvents::with_room_for(1);
        let written: Result<(), SaveError> = events.encode(
            domain.new_event_id(),
            last.time,
            &last.metadata,
            |types| codec::write_named_type(domain.name(), &name, version, types),
            |bytes| {
                bytes.extend_from_slice(&state);
                Ok(())
            },
        );
        written?;
        let category = self.stream.category_str();
        Ok(StreamAppend {
            stream: StreamName::new(format!("{category}:fact-{}", self.stream.id()))?,
            expected: Expected::Any,
            events,
        })
    }
}
