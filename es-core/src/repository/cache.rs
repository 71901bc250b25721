//! States at hand, to go on from.

use std::mem;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::load::{self, Until};
use super::states;
use crate::aggregate::{Aggregate, EventSourced, Kept};
use crate::domain::Domain;
use crate::error::LoadError;
use crate::stream::{ByName, StreamName};

/// An aggregate of which a repository can hold copies: one that is `Clone`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can not be cached",
    label = "not both event-sourced and `Clone`",
    note = "what is cached is copied: write `#[derive(Clone)]` below `#[aggregate(event_sourced)]`"
)]
pub trait Cacheable: EventSourced + Clone {}

#[diagnostic::do_not_recommend]
impl<A: EventSourced + Clone> Cacheable for A {}

/// Loads an aggregate as it is now, from what is cached where anything is.
pub(super) async fn load_latest<A: Aggregate>(
    domain: &Domain,
    cache: Option<&Cache<A>>,
    stream: &StreamName,
    id: &A::Id,
) -> Result<Option<A>, LoadError> {
    match (A::KEPT, cache) {
        (Kept::State, _) => states::load(domain, stream, id).await,
        (Kept::Events, Some(cache)) => cache.load(domain, stream, id).await,
        (Kept::Events, None) => load::load(domain, stream, id, Until::Head).await,
    }
}

/// The states that a repository used last.
///
/// Each is a snapshot in memory: what the store confirmed once, with nothing pending. It may be old
/// by now, since others append too, so whoever goes on from it finds out: by reading on from its
/// last event, or by an append that expects its version.
#[derive(Debug)]
pub(super) struct Cache<A>(Mutex<Held<A>>);

impl<A: Aggregate> Cache<A> {
    pub(super) fn new(bound: NonZeroUsize) -> Self {
        Self(Mutex::new(Held::new(bound)))
    }

    pub(super) fn get(&self, stream: &StreamName) -> Option<Arc<A>> {
        self.held().get(stream)
    }

    /// Holds a state that the store confirmed just now.
    pub(super) fn put(&self, stream: &StreamName, state: A) {
        let gone = self.held().put(stream, Arc::new(state));
        // It may be large: it is dropped while nobody waits for the lock.
        drop(gone);
    }

    /// What is at hand, and what was appended since.
    async fn load(
        &self,
        domain: &Domain,
        stream: &StreamName,
        id: &A::Id,
    ) -> Result<Option<A>, LoadError> {
        let held = self.get(stream);
        let loaded = match held.as_ref().and_then(|held| held.copy()) {
            Some(state) => load::go_on(domain, stream, id, state).await?,
            None => load::load(domain, stream, id, Until::Head).await?,
        };
        if let Some(now) = &loaded
            && held.is_none_or(|held| held.stored_version() != now.stored_version())
            && let Some(copy) = now.copy()
        {
            self.put(stream, copy);
        }
        Ok(loaded)
    }

    fn held(&self) -> MutexGuard<'_, Held<A>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A bounded number of states; where a new one needs a place, one goes that was not used of late.
///
/// The algorithm is Clock (Corbató, 1968): a hand goes round the places, and takes the first whose
/// state was not used since the hand came by last.
#[derive(Debug)]
struct Held<A> {
    bound: NonZeroUsize,
    places: Vec<Place<A>>,
    by_stream: ByName<StreamName, usize>,
    hand: usize,
}

#[derive(Debug)]
struct Place<A> {
    stream: StreamName,
    state: Arc<A>,
    used: bool,
}

impl<A> Held<A> {
    /// After so many places the hand takes whichever it is at: no put walks through all of them.
    const MAX_STEPS: usize = 16;

    fn new(bound: NonZeroUsize) -> Self {
        Self {
            bound,
            places: Vec::new(),
            by_stream: ByName::default(),
            hand: 0,
        }
    }

    fn get(&mut self, stream: &StreamName) -> Option<Arc<A>> {
        let place = &mut self.places[*self.by_stream.get(stream)?];
        place.used = true;
        Some(Arc::clone(&place.state))
    }

    /// Answers the state that had to go.
    fn put(&mut self, stream: &StreamName, state: Arc<A>) -> Option<Arc<A>> {
        if let Some(index) = self.by_stream.get(stream) {
            return Some(mem::replace(&mut self.places[*index].state, state));
        }
        let place = Place {
            stream: stream.clone(),
            state,
            used: false,
        };
        if self.places.len() < self.bound.get() {
            self.by_stream.insert(stream.clone(), self.places.len());
            self.places.push(place);
            return None;
        }
        let index = self.free();
        self.by_stream.insert(stream.clone(), index);
        let gone = mem::replace(&mut self.places[index], place);
        self.by_stream.remove(&gone.stream);
        Some(gone.state)
    }

    fn free(&mut self) -> usize {
        for _ in 0..Self::MAX_STEPS {
            if !mem::take(&mut self.places[self.hand].used) {
                break;
            }
            self.step();
        }
        let free = self.hand;
        self.step();
        free
    }

    fn step(&mut self) {
        self.hand = (self.hand + 1) % self.places.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(id: usize) -> StreamName {
        StreamName::new(format!("bank::account-{id}")).unwrap()
    }

    fn held(bound: usize) -> Held<usize> {
        Held::new(NonZeroUsize::new(bound).unwrap())
    }

    #[test]
    fn no_more_are_held_than_the_bound_says() {
        let mut held = held(10);

        for id in 0..1_000 {
            held.put(&stream(id), Arc::new(id));
            assert_eq!(held.get(&stream(id)).as_deref(), Some(&id));
        }

        assert_eq!((held.places.len(), held.by_stream.len()), (10, 10));
        for (stream, index) in &held.by_stream {
            assert_eq!(&held.places[*index].stream, stream);
        }
    }

    #[test]
    fn what_is_used_stays() {
        let mut held = held(10);

        for id in 0..1_000 {
            held.put(&stream(id), Arc::new(id));
            assert_eq!(held.get(&stream(0)).as_deref(), Some(&0));
        }
    }

    #[test]
    fn where_all_are_used_one_goes_nevertheless() {
        let mut held = held(100);
        for id in 0..100 {
            held.put(&stream(id), Arc::new(id));
            held.get(&stream(id));
        }

        let gone = held.put(&stream(100), Arc::new(100));

        assert!(gone.is_some());
        assert_eq!(held.get(&stream(100)).as_deref(), Some(&100));
    }
}
