//! A clock in the hands of a test.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

/// A clock that stands still until it is told otherwise. Clones show the same time.
///
/// ```
/// use es_core::prelude::*;
/// use es_core::testing::ManualClock;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let clock = ManualClock::at("2024-06-15T12:00:00Z".parse()?);
/// let domain = Domain::builder("bank").clock(clock.source()).build()?;
///
/// clock.advance(chrono::TimeDelta::minutes(5));
/// assert_eq!(domain.now(), "2024-06-15T12:05:00Z".parse::<DateTime<Utc>>()?);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<Mutex<DateTime<Utc>>>);

impl ManualClock {
    /// A clock that shows `time`.
    pub fn at(time: DateTime<Utc>) -> Self {
        Self(Arc::new(Mutex::new(time)))
    }

    /// What it shows.
    pub fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Shows `time` from now on, also an earlier one.
    pub fn set(&self, time: DateTime<Utc>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = time;
    }

    /// Moves it.
    pub fn advance(&self, by: TimeDelta) {
        self.set(self.now() + by);
    }

    /// For [`DomainBuilder::clock`](crate::DomainBuilder::clock).
    pub fn source(&self) -> impl Fn() -> DateTime<Utc> + Send + Sync + 'static {
        let clock = self.clone();
        move || clock.now()
    }
}
