//! The events of one kind of aggregate, decoded, without loading any.

use std::fmt;

use super::Repository;
use super::load::{self, decode_metadata};
use super::states;
use crate::aggregate::Aggregate;
use crate::became::Became;
use crate::codec::Types;
use crate::error::LoadError;
use crate::record::{Metadata, RecordedEvent};
use crate::store::{EventStore, EventStoreExt, Events};
use crate::stream::{Position, StreamName};

/// A stored event of an aggregate, read and decoded.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Decoded<A: Aggregate> {
    /// The aggregate it belongs to.
    pub id: A::Id,
    /// What happened: one event, unless an [`#[upcast]`](macro@crate::upcast) says otherwise. They
    /// share their place in the store, so whoever notes how far it got has seen all of them.
    pub events: Became<A::Event>,
    /// What travels beside it.
    pub metadata: Metadata,
}

impl<A: Aggregate> Repository<A> {
    /// Reads the events of all aggregates of this kind, in the order of their positions.
    ///
    /// ```
    /// # use es_core::prelude::*;
    /// # async fn show<A: Aggregate>(accounts: Repository<A>) -> Result<(), LoadError> {
    /// let mut events = accounts.events().from(Position::new(1_000));
    /// while let Some(decoded) = events.next().await? {
    ///     println!("{}: {:?}", decoded.id, decoded.events);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn events(&self) -> AggregateEvents<'_, A> {
        let category = format!("{}::{}", self.domain.name(), A::CATEGORY);
        AggregateEvents {
            repository: self,
            events: self.domain.store().read_category(category),
        }
    }

    /// Decodes an event read from the store, with the id of the aggregate it belongs to.
    ///
    /// ```
    /// # use es_core::prelude::*;
    /// # async fn show<A: Aggregate>(domain: Domain) -> Result<(), Box<dyn std::error::Error>> {
    /// let accounts = domain.repository::<A>();
    /// let mut events = domain.store().read_category("bank::bank_account");
    /// while let Some(recorded) = events.next().await? {
    ///     let decoded = accounts.decode(&recorded)?;
    ///     println!("{}: {:?}", decoded.id, decoded.events);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`LoadError::Event`] where it is no event of the aggregate, [`LoadError::Id`] where its
    /// stream's id does not parse.
    pub fn decode(&self, recorded: &RecordedEvent<'_>) -> Result<Decoded<A>, LoadError> {
        let stream = StreamName::new(&recorded.stream)?;
        let id = states::parse_id::<A>(&stream)?;
        let events = load::decode_event::<A>(
            &self.domain,
            &mut Types::of(self.domain.name()),
            &stream,
            recorded.replayed(),
        )?;
        let metadata = decode_metadata(&stream, recorded)?;
        Ok(Decoded {
            id,
            events,
            metadata,
        })
    }
}

/// Decoded events being read: from [`Repository::events`].
#[must_use = "nothing is read before `next` is awaited"]
pub struct AggregateEvents<'a, A> {
    repository: &'a Repository<A>,
    events: Events<'a, dyn EventStore, Position>,
}

impl<A: Aggregate> AggregateEvents<'_, A> {
    /// Begins at `position`, which is read too.
    pub fn from(self, position: Position) -> Self {
        Self {
            events: self.events.from(position),
            ..self
        }
    }

    /// Reads at most `events`.
    pub fn limit(self, events: usize) -> Self {
        Self {
            events: self.events.limit(events),
            ..self
        }
    }

    /// Reads from new to old.
    pub fn backwards(self) -> Self {
        Self {
            events: self.events.backwards(),
            ..self
        }
    }

    /// The next event, or `None` behind the last.
    ///
    /// # Errors
    /// [`LoadError`] where the store can not read, and as [`Repository::decode`]: the call after
    /// goes on behind an event that does not decode.
    pub async fn next(&mut self) -> Result<Option<Decoded<A>>, LoadError> {
        self.repository.member.clone()?;
        match self.events.next().await? {
            Some(recorded) => self.repository.decode(&recorded).map(Some),
            None => Ok(None),
        }
    }
}

impl<A: Aggregate> fmt::Debug for AggregateEvents<'_, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AggregateEvents")
            .field("events", &self.events)
            .finish_non_exhaustive()
    }
}
