//! Several aggregates, of one kind or of several, committed together.

use std::any::Any;
use std::collections::HashSet;
use std::fmt;
use std::marker::PhantomData;
use std::ops::{Index, IndexMut};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::aggregate::{Aggregate, StateStored};
use crate::domain::Domain;
use crate::error::{LoadError, SaveError};
use crate::repository::{Around, Fate, One, Saved, save, stream_of};
use crate::stream::{Position, StreamName};

impl Domain {
    /// Begins a unit of work: aggregates that are changed together, all or nothing.
    ///
    /// ```
    /// use es_core::prelude::*;
    /// # #[event] struct Opened { cents: u64 }
    /// # #[event] struct Withdrawn { cents: u64 }
    /// # #[event] struct Deposited { cents: u64 }
    /// # #[aggregate(event_sourced)] struct Account { cents: u64 }
    /// # #[aggregate] impl Account {
    /// #     fn open(cents: u64) -> Self { Self::raise_new(Opened { cents }) }
    /// #     fn withdraw(&mut self, cents: u64) -> Result<(), String> { self.raise_(Withdrawn { cents }); Ok(()) }
    /// #     fn deposit(&mut self, cents: u64) { self.raise_(Deposited { cents }) }
    /// #     #[apply] fn opened(event: &Opened) -> Self { Self { cents: event.cents } }
    /// #     #[apply] fn withdrawn(&mut self, event: &Withdrawn) { self.cents -= event.cents; }
    /// #     #[apply] fn deposited(&mut self, event: &Deposited) { self.cents += event.cents; }
    /// # }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let domain = Domain::builder("bank").build()?;
    /// # let accounts = domain.repository::<Account>();
    /// # let (mut a, mut b) = (Account::open(10), Account::open(10));
    /// # accounts.add(&mut a).await?;
    /// # accounts.add(&mut b).await?;
    /// # let (a, b) = (*a.id(), *b.id());
    /// let mut unit = domain.unit_of_work();
    /// let from = unit.get::<Account>(&a).await?;
    /// let to = unit.get::<Account>(&b).await?;
    /// unit[from].withdraw(5)?;
    /// unit[to].deposit(5);
    /// unit.commit().await?;
    /// # assert_eq!((accounts.get(&a).await?.cents, accounts.get(&b).await?.cents), (5, 15));
    /// # Ok(())
    /// # }
    /// ```
    pub fn unit_of_work(&self) -> UnitOfWork {
        static UNITS: AtomicU64 = AtomicU64::new(0);
        UnitOfWork {
            domain: self.clone(),
            number: UNITS.fetch_add(1, Ordering::Relaxed),
            held: Vec::new(),
        }
    }
}

/// Aggregates that are changed together: from [`Domain::unit_of_work`].
///
/// It holds each aggregate once, however often it is asked for, and gives out handles that can be
/// copied. [`commit`](Self::commit) writes all of it or nothing, also where the last one conflicts or
/// the process dies. Dropped without a commit it changes nothing.
#[must_use = "nothing is written before `commit`"]
pub struct UnitOfWork {
    domain: Domain,
    /// Tells its handles from those of other units.
    number: u64,
    held: Vec<Box<dyn Held>>,
}

/// Where an aggregate is in its [`UnitOfWork`]: `unit[handle]`.
pub struct InUnit<A> {
    unit: u64,
    index: usize,
    aggregate: PhantomData<fn() -> A>,
}

/// An aggregate of whichever kind.
trait Held: Any + Send + Sync {
    fn stream(&self) -> &StreamName;

    /// Another aggregate may have been put in its place.
    fn follow(&mut self, domain: &Domain) -> Result<(), SaveError>;

    fn saved(&mut self) -> Box<dyn Saved + '_>;
}

struct Member<A> {
    stream: StreamName,
    aggregate: A,
    fate: Fate,
}

impl<A: Aggregate> Held for Member<A> {
    fn stream(&self) -> &StreamName {
        &self.stream
    }

    fn follow(&mut self, domain: &Domain) -> Result<(), SaveError> {
        self.stream = stream_of(domain, &self.aggregate)?;
        Ok(())
    }

    fn saved(&mut self) -> Box<dyn Saved + '_> {
        Box::new(One {
            stream: &self.stream,
            aggregate: &mut self.aggregate,
            fate: self.fate,
        })
    }
}

impl UnitOfWork {
    /// Loads an aggregate into the unit, unless it is there.
    ///
    /// # Errors
    /// As [`Repository::get`](crate::Repository::get).
    pub async fn get<A: Aggregate>(&mut self, id: &A::Id) -> Result<InUnit<A>, LoadError> {
        match self.find(id).await? {
            Some(handle) => Ok(handle),
            None => Err(LoadError::NotFound {
                stream: self.domain.repository::<A>().stream(id)?,
            }),
        }
    }

    /// Loads an aggregate into the unit, unless it is there, if there is one. That there is none is
    /// not checked when the unit is committed; where it matters, add one.
    ///
    /// # Errors
    /// As [`Repository::find`](crate::Repository::find).
    pub async fn find<A: Aggregate>(&mut self, id: &A::Id) -> Result<Option<InUnit<A>>, LoadError> {
        let repository = self.domain.repository::<A>();
        let stream = repository.stream(id)?;
        if let Some(index) = self.index_of(&stream) {
            return Ok(Some(self.handle(index)));
        }
        let Some(aggregate) = repository.find(id).await? else {
            return Ok(None);
        };
        Ok(Some(self.hold(stream, aggregate)))
    }

    /// Takes an aggregate into the unit: a new one, or one that was loaded before.
    ///
    /// # Errors
    /// [`SaveError::HeldTwice`] where the unit holds it already; [`SaveError`] where it has no id, or
    /// can not be a member of the domain.
    pub fn add<A: Aggregate>(&mut self, aggregate: A) -> Result<InUnit<A>, SaveError> {
        let stream = stream_of(&self.domain, &aggregate)?;
        self.domain.repository::<A>().member()?;
        if self.index_of(&stream).is_some() {
            return Err(SaveError::HeldTwice { stream });
        }
        Ok(self.hold(stream, aggregate))
    }

    /// Borrows two aggregates at once, for a function that takes both.
    ///
    /// ```
    /// # use es_core::prelude::*;
    /// # use es_core::UnitOfWork;
    /// # #[event] struct Opened { cents: u64 }
    /// # #[aggregate(event_sourced)] struct Account { cents: u64 }
    /// # #[aggregate] impl Account {
    /// #     fn open(cents: u64) -> Self { Self::raise_new(Opened { cents }) }
    /// #     #[apply] fn opened(event: &Opened) -> Self { Self { cents: event.cents } }
    /// # }
    /// fn transfer(from: &mut Account, to: &mut Account, cents: u64) {
    ///     // ..
    /// }
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let mut unit = Domain::builder("bank").build()?.unit_of_work();
    /// # let (from, to) = (unit.add(Account::open(5))?, unit.add(Account::open(5))?);
    /// let (from, to) = unit.both(from, to);
    /// transfer(from, to, 5);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Panics
    /// Where both are one aggregate, or a handle is of another unit.
    #[track_caller]
    pub fn both<A: Aggregate, B: Aggregate>(
        &mut self,
        one: InUnit<A>,
        other: InUnit<B>,
    ) -> (&mut A, &mut B) {
        assert_eq!(
            (one.unit, other.unit),
            (self.number, self.number),
            "{FOREIGN}"
        );
        let held = self.held.get_disjoint_mut([one.index, other.index]);
        let Ok([one, other]) = held else {
            panic!("one aggregate can not be borrowed twice");
        };
        (
            &mut downcast::<A>(&mut **one).aggregate,
            &mut downcast::<B>(&mut **other).aggregate,
        )
    }

    /// Removes the state of an aggregate when the unit is committed: see
    /// [`Repository::remove`](crate::Repository::remove). What it has raised until then is appended;
    /// what is done to it afterwards is not written any more.
    ///
    /// # Panics
    /// Where the handle is of another unit.
    #[track_caller]
    pub fn remove<A: StateStored>(&mut self, handle: InUnit<A>) {
        self.member_mut(handle).fate = Fate::IsRemoved;
    }

    /// Writes what was raised and changed in all aggregates of the unit, or nothing of it.
    ///
    /// All of them are checked to be at the versions they were loaded at, also those that were only
    /// looked at: what the unit was decided on holds when it is written. Answers the position of the
    /// last event written.
    ///
    /// # Errors
    /// [`SaveError::Conflict`] where somebody else was faster with one of them: nothing was written;
    /// begin a new unit and decide again. [`SaveError::Violated`] tells what the invariants of all of
    /// them say. After [`SaveError::OutcomeUnknown`] another `commit` finds out what became of it, and
    /// writes it at most once; where it was written over meanwhile nobody can, and it stays unknown:
    /// load again and look. A store that can not do it atomically refuses it by
    /// [`SaveError::Store`].
    pub async fn commit(&mut self) -> Result<Option<Position>, SaveError> {
        for held in &mut self.held {
            held.follow(&self.domain)?;
        }
        if let Some(twice) = self.held_twice() {
            let stream = twice.clone();
            return Err(SaveError::HeldTwice { stream });
        }
        let mut saved: Vec<_> = self.held.iter_mut().map(|held| held.saved()).collect();
        let mut members: Vec<&mut (dyn Saved + '_)> =
            saved.iter_mut().map(|saved| &mut **saved).collect();
        save(&self.domain, &mut members, Around::default()).await
    }

    fn hold<A: Aggregate>(&mut self, stream: StreamName, aggregate: A) -> InUnit<A> {
        let fate = Fate::Stays;
        self.held.push(Box::new(Member {
            stream,
            aggregate,
            fate,
        }));
        self.handle(self.held.len() - 1)
    }

    fn held_twice(&self) -> Option<&StreamName> {
        let streams = self.held.iter().map(|held| held.stream());
        let mut seen = HashSet::new();
        streams.into_iter().find(|stream| !seen.insert(*stream))
    }

    fn index_of(&self, stream: &StreamName) -> Option<usize> {
        self.held.iter().position(|held| held.stream() == stream)
    }

    fn handle<A>(&self, index: usize) -> InUnit<A> {
        InUnit {
            unit: self.number,
            index,
            aggregate: PhantomData,
        }
    }

    #[track_caller]
    fn member<A: Aggregate>(&self, handle: InUnit<A>) -> &Member<A> {
        assert_eq!(handle.unit, self.number, "{FOREIGN}");
        let held: &dyn Any = &*self.held[handle.index];
        held.downcast_ref().expect(ONE_TYPE)
    }

    #[track_caller]
    fn member_mut<A: Aggregate>(&mut self, handle: InUnit<A>) -> &mut Member<A> {
        assert_eq!(handle.unit, self.number, "{FOREIGN}");
        downcast(&mut *self.held[handle.index])
    }
}

fn downcast<A: Aggregate>(held: &mut dyn Held) -> &mut Member<A> {
    let held: &mut dyn Any = held;
    held.downcast_mut().expect(ONE_TYPE)
}

const FOREIGN: &str = "the handle is of another unit of work; get one from this unit";
const ONE_TYPE: &str = "a category has one type in a domain";

impl<A: Aggregate> Index<InUnit<A>> for UnitOfWork {
    type Output = A;

    #[track_caller]
    fn index(&self, handle: InUnit<A>) -> &A {
        &self.member(handle).aggregate
    }
}

impl<A: Aggregate> IndexMut<InUnit<A>> for UnitOfWork {
    #[track_caller]
    fn index_mut(&mut self, handle: InUnit<A>) -> &mut A {
        &mut self.member_mut(handle).aggregate
    }
}

impl<A> Clone for InUnit<A> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<A> Copy for InUnit<A> {}

impl<A> PartialEq for InUnit<A> {
    fn eq(&self, other: &Self) -> bool {
        (self.unit, self.index) == (other.unit, other.index)
    }
}

impl<A> Eq for InUnit<A> {}

impl<A> fmt::Debug for InUnit<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "InUnit({})", self.index)
    }
}

impl fmt::Debug for UnitOfWork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let streams = self.held.iter().map(|held| held.stream());
        f.debug_list().entries(streams).finish()
    }
}
