//! The same words for a whole domain: what was given in its store, a command, and what it caused.

use std::fmt;
use std::panic::Location;

use chrono::{DateTime, Utc};

use super::clock::ManualClock;
use super::done::{After, At, Done};
use super::ids::counting_ids;
use super::processed::Processing;
use crate::aggregate::{Aggregate, EventSourced};
use crate::codec;
use crate::command::{Command, Handle};
use crate::domain::{Domain, DomainBuilder};
use crate::event::EventEnum;
use crate::record::NewEvents;
use crate::store::{Append, BoxFuture, Expected};

type Step = Box<dyn FnOnce(Domain) -> BoxFuture<'static, ()> + Send>;

/// A domain whose time stands still, at the beginning of the year 2000, and whose event ids
/// [count](counting_ids): each run of a test writes the same. The ids of new aggregates that are made up
/// come from the thread, and count as long as
/// [`counting_aggregate_ids()`](super::counting_aggregate_ids) is held.
///
/// In memory, unless [`event_store`](DomainBuilder::event_store) says a new store. For time that
/// moves, give it the [`clock`](DomainBuilder::clock) of a [`ManualClock`].
///
/// ```
/// use es_core::testing::*;
///
/// # fn main() -> Result<(), es_core::ConfigError> {
/// let bank = fixed_domain("bank").build()?;
///
/// assert_eq!(bank.now().to_string(), "2000-01-01 00:00:00 UTC");
/// # Ok(())
/// # }
/// ```
pub fn fixed_domain(name: impl Into<String>) -> DomainBuilder {
    let midnight = DateTime::<Utc>::from_timestamp(946_684_800, 0);
    let clock = ManualClock::at(midnight.expect("the year 2000 has a beginning"));
    Domain::builder(name)
        .clock(clock.source())
        .ids(counting_ids())
}

/// Begins to say what was given in a domain, on whichever store, before a command.
///
/// ```
/// use es_core::prelude::*;
/// use es_core::testing::*;
///
/// # #[event] struct Opened { cents: u64 }
/// # #[event] struct Withdrawn { cents: u64 }
/// # #[command(aggregate = Account)] struct Withdraw { #[target] account: String, cents: u64 }
/// # #[aggregate(event_sourced, id = String)] struct Account { cents: u64 }
/// # #[aggregate] impl Account {
/// #     #[handle] fn withdraw(&mut self, command: &Withdraw) -> Result<u64, &'static str> {
/// #         if command.cents > self.cents { return Err("the account is overdrawn"); }
/// #         self.raise_(Withdrawn { cents: command.cents });
/// #         Ok(self.cents)
/// #     }
/// #     #[apply] fn opened(event: &Opened) -> Self { Self { cents: event.cents } }
/// #     #[apply] fn withdrawn(&mut self, event: &Withdrawn) { self.cents -= event.cents; }
/// # }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let bank = fixed_domain("bank").build()?;
///
/// scenario(&bank)
///     .given::<Account>("ada", events![Opened { cents: 10 }])
///     .when(Withdraw { account: "ada".to_owned(), cents: 7 })
///     .await
///     .then(events![Withdrawn { cents: 7 }])
///     .then_answer(3)
///     .then_state("ada", |account: &Account| account.cents == 3)
///     .await;
///
/// scenario(&bank) // where it goes on
///     .when(Withdraw { account: "ada".to_owned(), cents: 7 })
///     .await
///     .then_rejected(|rejection| *rejection == "the account is overdrawn");
/// # Ok(())
/// # }
/// ```
pub fn scenario(domain: &Domain) -> Scenario {
    Scenario {
        domain: domain.clone(),
        given: Vec::new(),
    }
}

/// What was given in a domain: from [`scenario`].
#[must_use = "nothing is tested before `when` and `then`"]
pub struct Scenario {
    domain: Domain,
    given: Vec<Step>,
}

impl Scenario {
    /// Puts the events of one aggregate into the store, behind those that it has.
    #[track_caller]
    pub fn given<A: EventSourced>(mut self, id: impl Into<A::Id>, events: Vec<A::Event>) -> Self {
        let (id, at) = (id.into(), Location::caller());
        self.given.push(Box::new(move |domain| {
            Box::pin(async move {
                if let Err(problem) = put::<A>(&domain, &id, &events).await {
                    panic!(
                        "{at}: what is given of `{}` can not be stored: {problem}",
                        A::NAME
                    );
                }
            })
        }));
        self
    }

    /// Adds an aggregate as it is, whatever made it: event-sourced or state-stored.
    #[track_caller]
    pub fn given_state<A: Aggregate>(mut self, mut aggregate: A) -> Self {
        let at = Location::caller();
        self.given.push(Box::new(move |domain| {
            Box::pin(async move {
                if let Err(problem) = domain.repository().add(&mut aggregate).await {
                    panic!("{at}: the given `{}` can not be stored: {problem}", A::NAME);
                }
            })
        }));
        self
    }

    /// Has the domain process a command, once it is awaited.
    #[track_caller]
    pub fn when<C: Command>(self, command: C) -> Processing<C>
    where
        C::Aggregate: Handle<C>,
    {
        Processing::new(self, command, Location::caller())
    }

    /// Does anything with the domain, such as a unit of work, once it is awaited.
    ///
    /// ```
    /// use es_core::prelude::*;
    /// use es_core::testing::*;
    ///
    /// # #[event] struct Opened { cents: u64 }
    /// # #[event] struct Withdrawn { cents: u64 }
    /// # #[event] struct Deposited { cents: u64 }
    /// # #[aggregate(event_sourced, id = String)] struct Account { cents: u64 }
    /// # #[aggregate] impl Account {
    /// #     fn withdraw(&mut self, cents: u64) { self.raise_(Withdrawn { cents }) }
    /// #     fn deposit(&mut self, cents: u64) { self.raise_(Deposited { cents }) }
    /// #     #[apply] fn opened(event: &Opened) -> Self { Self { cents: event.cents } }
    /// #     #[apply] fn withdrawn(&mut self, event: &Withdrawn) { self.cents -= event.cents; }
    /// #     #[apply] fn deposited(&mut self, event: &Deposited) { self.cents += event.cents; }
    /// # }
    /// async fn transfer(bank: &Domain, from: &str, to: &str, cents: u64) -> Result<(), Box<dyn std::error::Error>> {
    ///     let mut unit = bank.unit_of_work();
    ///     let from = unit.get::<Account>(&from.to_owned()).await?;
    ///     let to = unit.get::<Account>(&to.to_owned()).await?;
    ///     unit[from].withdraw(cents);
    ///     unit[to].deposit(cents);
    ///     unit.commit().await?;
    ///     Ok(())
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// scenario(&fixed_domain("bank").build()?)
    ///     .given::<Account>("ada", events![Opened { cents: 10 }])
    ///     .given::<Account>("bob", events![Opened { cents: 0 }])
    ///     .when_doing(async |bank| transfer(bank, "ada", "bob", 7).await)
    ///     .await
    ///     .then_events::<Account>("ada", events![Withdrawn { cents: 7 }])
    ///     .await
    ///     .then_events::<Account>("bob", events![Deposited { cents: 7 }])
    ///     .await;
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn when_doing<T, E>(
        self,
        act: impl AsyncFnOnce(&Domain) -> Result<T, E>,
    ) -> impl Future<Output = Done<T, E>> {
        let at = Location::caller();
        async move {
            let after = self.stored(at).await;
            let outcome = act(after.domain()).await;
            Done::new(after, outcome)
        }
    }

    /// The domain once all that is given is stored.
    pub(super) async fn stored(self, at: At) -> After {
        for step in self.given {
            step(self.domain.clone()).await;
        }
        After::now(self.domain, at).await
    }
}

impl fmt::Debug for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scenario")
            .field("domain", &self.domain)
            .field("given", &self.given.len())
            .finish()
    }
}

/// Appends events as they are: what happened has happened, whatever the invariants say.
async fn put<A: Aggregate>(
    domain: &Domain,
    id: &A::Id,
    given: &[A::Event],
) -> Result<(), Box<dyn std::error::Error>> {
    let stream = domain.repository::<A>().stream(id)?;
    let mut events = NewEvents::new();
    for event in given {
        events.encode(
            domain.new_event_id(),
            domain.now(),
            domain.context(),
            |types| codec::write_type(domain.name(), event.event_type(), types),
            |bytes| event.encode(bytes),
        )?;
    }
    let append = Append::to(stream, Expected::Any, events);
    domain.store().append(append.into()).await?;
    Ok(())
}
