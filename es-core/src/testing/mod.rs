//! The language of tests: what was given, what is done, and what comes of it.
//!
//! ```
//! use es_core::prelude::*;
//! use es_core::testing::*;
//!
//! # #[event] pub struct Opened { owner: String }
//! # #[event] pub struct Deposited { cents: u64 }
//! # #[event] pub struct Withdrawn { cents: u64 }
//! # #[derive(Debug)] pub struct Overdrawn { there: u64 }
//! # #[aggregate(event_sourced)] pub struct Account { cents: u64 }
//! # #[aggregate] impl Account {
//! #     pub fn open(owner: &str) -> Self { Self::raise_new(Opened { owner: owner.to_owned() }) }
//! #     pub fn withdraw(&mut self, cents: u64) -> Result<(), Overdrawn> {
//! #         if cents > self.cents { return Err(Overdrawn { there: self.cents }); }
//! #         self.raise_(Withdrawn { cents });
//! #         Ok(())
//! #     }
//! #     #[apply] fn opened(_: &Opened) -> Self { Self { cents: 0 } }
//! #     #[apply] fn deposited(&mut self, event: &Deposited) { self.cents += event.cents; }
//! #     #[apply] fn withdrawn(&mut self, event: &Withdrawn) { self.cents -= event.cents; }
//! # }
//! # fn opened() -> Opened { Opened { owner: "Ada".to_owned() } }
//! given_nothing()
//!     .when(|| Account::open("Ada"))
//!     .then(events![Opened { owner: "Ada".to_owned() }]);
//!
//! given::<Account>(events![opened(), Deposited { cents: 10 }])
//!     .when(|account| account.withdraw(7))
//!     .then(events![Withdrawn { cents: 7 }])
//!     .then_state(|account| account.cents == 3);
//!
//! given::<Account>(events![opened(), Deposited { cents: 5 }])
//!     .when(|account| account.withdraw(7))
//!     .then_rejected(|overdrawn| overdrawn.there == 5);
//! ```
//!
//! Events are compared by name and as JSON, so they need not be `PartialEq`. What fails panics with
//! the difference, line by line, at the line of the test that expected something else. No store, no
//! clock and no `async` is needed for it.
//!
//! [`scenario`] says the same of a whole [`Domain`](crate::Domain) and its commands, on any store.
//! [`ManualClock`], [`counting_ids`] and [`fixed_domain`] put time and ids into the hands of a test.

#![expect(
    clippy::return_self_not_must_use,
    reason = "each step of a test checks by itself"
)]

mod clock;
mod decided;
mod difference;
mod done;
mod expectation;
mod given;
mod ids;
mod processed;
mod scenario;

pub use clock::ManualClock;
pub use decided::Decided;
pub use done::Done;
pub use expectation::Expectation;
pub use given::{Creation, Given, GivenNothing, given, given_nothing, given_state};
pub use ids::{CountingAggregateIds, counting_aggregate_ids, counting_ids};
pub use processed::{Processed, Processing};
pub use scenario::{Scenario, fixed_domain, scenario};

#[doc(hidden)]
pub use ids::new_aggregate_uuid;

/// A `Vec` of an aggregate's events, each by itself: `events![Opened { .. }, Deposited { .. }]`.
///
/// Each is turned into the enum of the aggregate's events, so it goes wherever these are expected.
///
/// ```
/// use es_core::testing::*;
/// # use es_core::prelude::*;
/// # #[event] pub struct Opened {}
/// # #[event] pub struct Deposited { cents: u64 }
/// # #[aggregate(event_sourced)] #[derive(Default)] pub struct Account { cents: u64 }
/// # #[aggregate] impl Account {
/// #     #[apply] fn opened(&mut self, _: &Opened) {}
/// #     #[apply] fn deposited(&mut self, event: &Deposited) { self.cents += event.cents; }
/// # }
///
/// let life: Vec<AccountEvent> = events![Opened {}, Deposited { cents: 5 }];
///
/// assert!(matches!(life[1], AccountEvent::Deposited(Deposited { cents: 5 })));
/// ```
#[macro_export]
#[doc(hidden)]
macro_rules! __events {
    ($($event:expr),* $(,)?) => {
        ::std::vec![$(::core::convert::Into::into($event)),*]
    };
}

#[doc(inline)]
pub use crate::__events as events;
