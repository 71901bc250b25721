//! An aggregate whose Rust type nobody needs to name: for tools.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use crate::aggregate::{Aggregate, Kept};
use crate::domain::Domain;
use crate::error::LoadError;
use crate::event::EventEnum;
use crate::history::History;
use crate::record::{Metadata, RecordedEvent};
use crate::store::{BoxFuture, StoreError, StoreErrorKind};
use crate::stream::{StreamName, Version};

/// What a tool does with one kind of aggregate, found by
/// [`Domain::aggregate_of`](crate::Domain::aggregate_of).
pub trait AnyAggregate: fmt::Debug + Send + Sync {
    /// The struct's name.
    fn name(&self) -> &'static str;

    /// What is kept of it. Only one whose events are kept has a history, states at versions, and
    /// snapshots.
    fn kept(&self) -> Kept;

    /// Whether this program can read a stored event of the aggregate.
    ///
    /// # Errors
    /// [`LoadError`] that says why not.
    fn check(&self, domain: &Domain, recorded: &RecordedEvent<'_>) -> Result<(), LoadError>;

    /// Walks through the life of the aggregate whose stream this is.
    ///
    /// # Errors
    /// [`LoadError::Id`] where the name's id is none of the aggregate's, [`LoadError::Store`] where
    /// it is state-stored.
    fn history(
        &self,
        domain: &Domain,
        stream: &StreamName,
    ) -> Result<Box<dyn AnyHistory>, LoadError>;

    /// The state at a version, as JSON; `None` where states of this aggregate are never encoded.
    ///
    /// # Errors
    /// As [`Repository::get_at_version`](crate::Repository::get_at_version).
    fn state_at<'a>(
        &'a self,
        domain: &'a Domain,
        stream: &'a StreamName,
        version: Version,
    ) -> BoxFuture<'a, Result<Option<Vec<u8>>, LoadError>>;

    /// Keeps a snapshot of the aggregate as it is now, whatever is configured; answers its version.
    ///
    /// # Errors
    /// [`LoadError`] where the aggregate does not load, its state does not encode, or the store
    /// keeps no snapshots.
    fn snapshot<'a>(
        &'a self,
        domain: &'a Domain,
        stream: &'a StreamName,
    ) -> BoxFuture<'a, Result<Version, LoadError>>;
}

/// A life, event by event.
pub trait AnyHistory: Send {
    /// The next event and the state after it, or `None` behind the last.
    ///
    /// # Errors
    /// As [`History::next`](crate::History::next).
    fn next(&mut self) -> BoxFuture<'_, Result<Option<AnyEntry>, LoadError>>;
}

/// One event in a life.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct AnyEntry {
    /// When, where and under which circumstances.
    pub metadata: Metadata,
    /// The payload in its newest shape, as JSON; a list of them where the stored event became several,
    /// or none.
    pub data: Vec<u8>,
    /// The state after it, as JSON; `None` where states of this aggregate are never encoded.
    pub state: Option<Vec<u8>>,
}

/// The one implementation.
pub(super) struct Typed<A>(PhantomData<fn() -> A>);

impl<A> Typed<A> {
    pub(super) const NEW: Self = Self(PhantomData);
}

impl<A: Aggregate> fmt::Debug for Typed<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(A::NAME)
    }
}

/// # Errors
/// Where events are not what is kept.
fn needs_a_past<A: Aggregate>(stream: &StreamName) -> Result<(), StoreError> {
    match A::KEPT {
        Kept::Events => Ok(()),
        Kept::State => {
            let action = format!("look into the past of `{stream}`: only its state is kept");
            Err(StoreError::new(StoreErrorKind::Unsupported, action))
        }
    }
}

fn id<A: Aggregate>(stream: &StreamName) -> Result<A::Id, LoadError> {
    let id = stream.id().parse();
    id.map_err(|problem: <A::Id as FromStr>::Err| LoadError::Id {
        stream: stream.to_string(),
        expected: std::any::type_name::<A::Id>(),
        problem: problem.to_string(),
    })
}

impl<A: Aggregate> AnyAggregate for Typed<A> {
    fn name(&self) -> &'static str {
        A::NAME
    }

    fn kept(&self) -> Kept {
        A::KEPT
    }

    fn check(&self, domain: &Domain, recorded: &RecordedEvent<'_>) -> Result<(), LoadError> {
        domain.repository::<A>().decode(recorded).map(drop)
    }

    fn history(
        &self,
        domain: &Domain,
        stream: &StreamName,
    ) -> Result<Box<dyn AnyHistory>, LoadError> {
        needs_a_past::<A>(stream)?;
        let (repository, id) = (domain.repository::<A>(), id::<A>(stream)?);
        Ok(Box::new(History::new(repository, id)))
    }

    fn state_at<'a>(
        &'a self,
        domain: &'a Domain,
        stream: &'a StreamName,
        version: Version,
    ) -> BoxFuture<'a, Result<Option<Vec<u8>>, LoadError>> {
        Box::pin(async move {
            needs_a_past::<A>(stream)?;
            let (repository, id) = (domain.repository::<A>(), id::<A>(stream)?);
            let state = repository.at_version(&id, version).await?;
            Ok(state.encode_state().ok())
        })
    }

    fn snapshot<'a>(
        &'a self,
        domain: &'a Domain,
        stream: &'a StreamName,
    ) -> BoxFuture<'a, Result<Version, LoadError>> {
        Box::pin(async move {
            needs_a_past::<A>(stream)?;
            domain.repository::<A>().snapshot(&id::<A>(stream)?).await
        })
    }
}

impl<A: Aggregate> AnyHistory for History<A> {
    fn next(&mut self) -> BoxFuture<'_, Result<Option<AnyEntry>, LoadError>> {
        Box::pin(async move {
            let Some(entry) = History::next(self).await? else {
                return Ok(None);
            };
            Ok(Some(AnyEntry {
                data: payloads(&entry.events),
                state: entry.state.encode_state().ok(),
                metadata: entry.metadata,
            }))
        })
    }
}

fn payloads<E: EventEnum>(events: &[E]) -> Vec<u8> {
    let payload = |event: &E| {
        let mut data = Vec::new();
        match event.encode(&mut data) {
            Ok(()) => data,
            Err(_) => b"null".to_vec(),
        }
    };
    match events {
        [one] => payload(one),
        events => {
            let payloads = events.iter().map(payload).collect::<Vec<_>>();
            [b"[".as_slice(), &payloads.join(&b","[..]), b"]"].concat()
        }
    }
}
