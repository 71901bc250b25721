//! What the framework keeps inside an aggregate.

use std::any::Any;
use std::cmp::Ordering;
use std::fmt::{self, Debug};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::aggregate::{Aggregate, AggregateState, Kept};
use crate::event::EventEnum;
use crate::store::Append;
use crate::stream::Version;

/// What the framework keeps inside an aggregate, in a field that `#[aggregate]` adds.
///
/// To a derive on the aggregate it is its id and version: two aggregates are equal when these and
/// their fields are.
///
/// It knows the aggregate's struct, and not the enum of its events: that one comes with the
/// `#[aggregate] impl`, and a struct without one is to compile as well as any other.
pub struct Root<A: AggregateState> {
    pub(crate) id: Option<A::Id>,
    pub(crate) stored: Version,
    /// The latest time among the stored events.
    pub(crate) time: Option<DateTime<Utc>>,
    /// A `Vec<A::Event>`, where anything is or was pending.
    pending: Option<Box<dyn Pending>>,
    /// One for each pending event that was ever on its way into a store.
    pub(crate) stamps: Vec<Stamp>,
    /// The unit that was handed to a store with the stamped events, where what became of it is not
    /// known.
    pub(crate) in_doubt: Option<Arc<Append>>,
    /// Of a state-stored aggregate: its state as it is stored.
    pub(crate) kept: Option<Arc<[u8]>>,
    /// The version of the last snapshot known of.
    pub(crate) snapshot: Version,
    /// The event whose handler runs.
    pub(crate) applying: Option<&'static str>,
}

/// Pending events of whichever enum.
trait Pending: Any + Debug + Send + Sync {
    fn count(&self) -> usize;
    fn copy(&self) -> Box<dyn Pending>;
}

impl<E: EventEnum> Pending for Vec<E> {
    fn count(&self) -> usize {
        self.len()
    }

    fn copy(&self) -> Box<dyn Pending> {
        Box::new(self.clone())
    }
}

/// What an event is given when it is added, once.
#[derive(Clone, Debug)]
pub(crate) struct Stamp {
    pub(crate) id: Uuid,
    pub(crate) time: DateTime<Utc>,
    pub(crate) metadata: Arc<[u8]>,
}

impl<A: Aggregate> Root<A> {
    pub(crate) fn pending(&self) -> &[A::Event] {
        let pending: Option<&dyn Any> = self.pending.as_deref().map(|pending| pending as _);
        pending
            .and_then(<dyn Any>::downcast_ref::<Vec<A::Event>>)
            .map_or(&[], Vec::as_slice)
    }

    pub(crate) fn pending_mut(&mut self) -> &mut Vec<A::Event> {
        let empty = || Box::new(Vec::<A::Event>::new()) as _;
        let pending: &mut dyn Any = self.pending.get_or_insert_with(empty).as_mut();
        pending
            .downcast_mut()
            .expect("an aggregate has one enum of events")
    }
}

impl<A: AggregateState> Root<A> {
    pub(crate) fn set_id(&mut self, id: A::Id) {
        self.id = Some(id);
    }

    pub(crate) fn version(&self) -> Version {
        if A::KEPT == Kept::State {
            return self.stored;
        }
        let pending = self.pending.as_ref().map_or(0, |pending| pending.count());
        Version::new(self.stored.get() + pending as u64)
    }

    /// The same without pending events: what a state is copied with.
    #[doc(hidden)]
    #[must_use]
    pub fn copy(&self) -> Self {
        Self {
            id: self.id.clone(),
            stored: self.stored,
            time: self.time,
            pending: None,
            stamps: Vec::new(),
            in_doubt: None,
            kept: self.kept.clone(),
            snapshot: self.snapshot,
            applying: None,
        }
    }

    /// What stands in its place while a handler runs: what a handler may ask for.
    pub(crate) fn in_a_handler(&self, applying: &'static str) -> Self {
        Self {
            stored: self.version(),
            pending: None,
            applying: Some(applying),
            ..self.copy()
        }
    }

    /// Whether nothing was ever raised or stored.
    pub(crate) fn is_new(&self) -> bool {
        self.pending.is_none() && self.stored == Version::EMPTY
    }

    fn key(&self) -> (Option<&A::Id>, Version) {
        (self.id.as_ref(), self.version())
    }
}

impl<A: AggregateState> Default for Root<A> {
    fn default() -> Self {
        Self {
            id: A::first_id(),
            stored: Version::EMPTY,
            time: None,
            pending: None,
            stamps: Vec::new(),
            in_doubt: None,
            kept: None,
            snapshot: Version::EMPTY,
            applying: None,
        }
    }
}

impl<A: AggregateState> Clone for Root<A> {
    fn clone(&self) -> Self {
        Self {
            pending: self.pending.as_deref().map(Pending::copy),
            stamps: self.stamps.clone(),
            in_doubt: self.in_doubt.clone(),
            ..self.copy()
        }
    }
}

impl<A: AggregateState> Debug for Root<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pending: &dyn Debug = match &self.pending {
            Some(pending) => pending,
            None => &[(); 0],
        };
        f.debug_struct("Root")
            .field("id", &self.id)
            .field("stored", &self.stored.get())
            .field("pending", pending)
            .finish_non_exhaustive()
    }
}

impl<A: AggregateState> PartialEq for Root<A> {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl<A: AggregateState> Eq for Root<A> {}

impl<A: AggregateState> PartialOrd for Root<A> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<A: AggregateState> Ord for Root<A> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

impl<A: AggregateState> Hash for Root<A> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}
