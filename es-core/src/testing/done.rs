//! What was done with a domain, and what stands in its store since.

use std::fmt::Debug;
use std::panic::Location;

use super::decided::{assert_answer, assert_holds, unlike_expected};
use super::difference::{Shown, show, unlike};
use super::expectation::Expectation;
use crate::aggregate::Aggregate;
use crate::domain::Domain;
use crate::store::EventStoreExt;
use crate::stream::Position;

/// Where a test says something.
pub(super) type At = &'static Location<'static>;

/// What came of something done with a domain: from
/// [`Scenario::when_doing`](super::Scenario::when_doing).
///
/// ```
/// use es_core::testing::*;
/// # use es_core::prelude::*;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let bank = fixed_domain("bank").build()?;
///
/// scenario(&bank)
///     .when_doing(async |bank| bank.store().head().await)
///     .await
///     .then_answer(Position::START);
/// scenario(&bank)
///     .when_doing(async |bank| bank.store().read_last("no stream").await)
///     .await
///     .then_failed(|error| error.to_string().contains("no stream"));
/// # Ok(())
/// # }
/// ```
pub struct Done<T, E> {
    after: After,
    outcome: Result<T, E>,
}

impl<T, E> Done<T, E> {
    pub(super) fn new(after: After, outcome: Result<T, E>) -> Self {
        Self { after, outcome }
    }

    /// What was answered, and nothing is checked.
    ///
    /// # Errors
    /// What was answered instead.
    pub fn into_outcome(self) -> Result<T, E> {
        self.outcome
    }

    /// These events of this aggregate were stored since it began, in this order.
    ///
    /// # Panics
    /// Where others were.
    #[track_caller]
    pub fn then_events<A: Aggregate>(
        self,
        id: impl Into<A::Id>,
        expected: Vec<A::Event>,
    ) -> impl Future<Output = Self> {
        let (id, at) = (id.into(), Location::caller());
        async move {
            self.after.assert_events::<A>(&id, &expected, at).await;
            self
        }
    }

    /// The aggregate of this id is now like this.
    ///
    /// # Panics
    /// Where there is none, or `expected` answers `false`.
    #[track_caller]
    pub fn then_state<A: Aggregate, X: Expectation>(
        self,
        id: impl Into<A::Id>,
        expected: impl FnOnce(&A) -> X,
    ) -> impl Future<Output = Self> {
        let (id, at) = (id.into(), Location::caller());
        async move {
            self.after.assert_state(&id, expected, at).await;
            self
        }
    }
}

impl<T, E: Debug> Done<T, E> {
    /// It went well.
    ///
    /// # Panics
    /// Where it did not.
    #[track_caller]
    pub fn then_done(self) -> Self {
        if let Err(error) = &self.outcome {
            panic!("it was to go well, and answered {error:?}");
        }
        self
    }

    /// It answered this.
    ///
    /// # Panics
    /// Where it answered something else.
    #[track_caller]
    pub fn then_answer<U: Debug>(self, expected: U) -> Self
    where
        T: PartialEq<U> + Debug,
    {
        match &self.outcome {
            Ok(answer) => assert_answer("it", answer, &expected),
            Err(error) => panic!("it was to go well, and answered {error:?}"),
        }
        self
    }

    /// It did not go well, as expected.
    ///
    /// # Panics
    /// Where it went well, or `expected` answers `false`.
    #[track_caller]
    pub fn then_failed<X: Expectation>(self, expected: impl FnOnce(&E) -> X) -> Self {
        match &self.outcome {
            Err(error) => assert_holds("it", error, expected),
            Ok(_) => panic!("it went well, and an error was expected"),
        }
        self
    }
}

/// What stands in a store behind the place where something began.
pub(super) struct After {
    domain: Domain,
    /// Where the store ended before.
    before: Position,
}

impl After {
    pub(super) async fn now(domain: Domain, at: At) -> Self {
        match domain.store().head().await {
            Ok(before) => Self { domain, before },
            Err(problem) => panic!("{at}: the store can not be read: {problem}"),
        }
    }

    pub(super) fn domain(&self) -> &Domain {
        &self.domain
    }

    pub(super) async fn assert_events<A: Aggregate>(
        &self,
        id: &A::Id,
        expected: &[A::Event],
        at: At,
    ) {
        let raised = self.raised::<A>(Some(id), at).await;
        if let Some(text) = unlike(A::NAME, &show(expected), &raised) {
            panic!("{at}: {text}");
        }
    }

    pub(super) async fn assert_state<A: Aggregate, X: Expectation>(
        &self,
        id: &A::Id,
        expected: impl FnOnce(&A) -> X,
        at: At,
    ) {
        match self.domain.repository::<A>().get(id).await {
            Ok(aggregate) => {
                if let Some(text) = unlike_expected(&aggregate, expected) {
                    panic!("{at}: {text}");
                }
            }
            Err(problem) => panic!("{at}: {problem}"),
        }
    }

    /// The events of one aggregate, or of all of its kind, that were stored since it began.
    pub(super) async fn raised<A: Aggregate>(&self, id: Option<&A::Id>, at: At) -> Vec<Shown> {
        match raised_since::<A>(&self.domain, id, self.before).await {
            Ok(events) => show(&events),
            Err(problem) => panic!("{at}: what `{}` raised can not be read: {problem}", A::NAME),
        }
    }
}

async fn raised_since<A: Aggregate>(
    domain: &Domain,
    id: Option<&A::Id>,
    before: Position,
) -> Result<Vec<A::Event>, Box<dyn std::error::Error>> {
    let repository = domain.repository::<A>();
    let stream = id.map(|id| repository.stream(id)).transpose()?;
    let category = domain.name().category(A::CATEGORY)?;
    let mut events = Vec::new();
    let mut recorded = domain.store().read_category(category).from(before.next());
    while let Some(event) = recorded.next().await? {
        if stream
            .as_ref()
            .is_none_or(|stream| event.stream == stream.as_str())
        {
            events.extend(repository.decode(&event)?.events);
        }
    }
    Ok(events)
}
