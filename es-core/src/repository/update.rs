//! Load, decide, append; on a conflict read the tail and decide again.

use std::convert::Infallible;
use std::fmt::Debug;
use std::time::Duration;

use tokio::time::Instant;

use super::cache::{self, Cache};
use super::load;
use super::prepare::One;
use super::save::{self, Around, Committed};
use crate::aggregate::{Aggregate, Kept};
use crate::domain::Domain;
use crate::error::{LoadError, SaveError, UpdateError};
use crate::stream::StreamName;

/// What the closure of [`Repository::update`](crate::Repository::update) may return: `()`, or a
/// `Result` whose error rejects.
#[diagnostic::on_unimplemented(
    message = "a decision returns `()` or `Result<T, E>` with `E: Debug`, not `{Self}`",
    label = "returns `{Self}`",
    note = "end the closure's body with `;` to return `()`, or with `Ok(..)` and `Err(..)`; \
            `.update(id, |a| Ok::<_, Infallible>(a.balance()))` hands out a value that can not be rejected"
)]
pub trait Decision {
    /// What a decision to go ahead carries.
    type Value;
    /// What a decision not to carries.
    type Rejection;

    /// The decision as a `Result`.
    ///
    /// # Errors
    /// The rejection.
    fn decided(self) -> Result<Self::Value, Self::Rejection>;
}

impl Decision for () {
    type Value = ();
    type Rejection = Infallible;

    fn decided(self) -> Result<(), Infallible> {
        Ok(())
    }
}

impl<T, E: Debug> Decision for Result<T, E> {
    type Value = T;
    type Rejection = E;

    fn decided(self) -> Self {
        self
    }
}

pub(super) async fn update<A: Aggregate, D: Decision>(
    domain: &Domain,
    cache: Option<&Cache<A>>,
    stream: &StreamName,
    id: &A::Id,
    mut decide: impl FnMut(&mut A) -> D,
    mut around: impl FnMut(&A, &D::Value) -> Result<Around, SaveError>,
) -> Result<Committed<D::Value>, UpdateError<D::Rejection>> {
    let _turn = domain.turns().wait(stream).await;
    let cached = cache.and_then(|cache| cache.get(stream)?.copy());
    // What is cached may be old, and is decided on nevertheless: an append would conflict.
    let mut is_latest = cached.is_none();
    let mut aggregate = match cached {
        Some(aggregate) => aggregate,
        None => load_existing(domain, cache, stream, id).await?,
    };
    let mut conflicts = Conflicts::new(domain.conflict_deadline());
    loop {
        // With a cache it is what is cached.
        let before = if cache.is_none() && A::KEPT == Kept::Events {
            aggregate.copy()
        } else {
            None
        };
        let decided = decide(&mut aggregate).decided();
        let appends = decided.is_ok() && !aggregate.pending_events().is_empty();
        if is_latest || appends {
            let value = decided.map_err(UpdateError::Rejected)?;
            // `decide` may have put another aggregate in its place.
            let own = match aggregate.root().id.as_ref() == Some(id) {
                true => stream.clone(),
                false => save::stream_of(domain, &aggregate)?,
            };
            let around = around(&aggregate, &value)?;
            match save::save_one(domain, One::stays(&own, &mut aggregate), around).await {
                Ok(committed) => {
                    if let Some(cache) = cache
                        && committed.position().is_some()
                    {
                        cache.put(&own, aggregate);
                    }
                    return Ok(committed.with(value));
                }
                Err(SaveError::Conflict(conflict)) if !is_latest && conflict.stream == own => {
                    tracing::debug!(%stream, expected = %conflict.expected, actual = %conflict.actual, "what was cached is old, decides again");
                }
                Err(SaveError::Conflict(conflict))
                    if conflict.stream == own
                        && conflict.actual > conflict.expected
                        && conflicts.may_go_on() =>
                {
                    tracing::debug!(%stream, expected = %conflict.expected, actual = %conflict.actual, "decides again after a conflict");
                    conflicts.pause().await;
                }
                Err(error) => return Err(error.into()),
            }
        } else {
            // No append tells whether this was the latest state.
            drop(decided);
        }
        aggregate = match before {
            Some(before) => load::catch_up(domain, stream, id, before).await?,
            None => load_existing(domain, cache, stream, id).await?,
        };
        is_latest = true;
    }
}

async fn load_existing<A: Aggregate>(
    domain: &Domain,
    cache: Option<&Cache<A>>,
    stream: &StreamName,
    id: &A::Id,
) -> Result<A, LoadError> {
    let loaded = cache::load_latest(domain, cache, stream, id).await?;
    loaded.ok_or_else(|| LoadError::NotFound {
        stream: stream.clone(),
    })
}

/// How long and how densely to go on after conflicts: until a deadline counted from the first, with
/// a random pause whose bound doubles from 1 ms to 64 ms.
struct Conflicts {
    deadline: Duration,
    first: Option<Instant>,
    count: u32,
}

impl Conflicts {
    fn new(deadline: Duration) -> Self {
        Self {
            deadline,
            first: None,
            count: 0,
        }
    }

    fn may_go_on(&mut self) -> bool {
        let now = Instant::now();
        now.duration_since(*self.first.get_or_insert(now)) < self.deadline
    }

    async fn pause(&mut self) {
        let bound_us = 1_000_u64 << self.count.min(6);
        self.count += 1;
        // The first repetition is free: most conflicts are over by then.
        if self.count > 1 {
            tokio::time::sleep(Duration::from_micros(fastrand::u64(0..bound_us))).await;
        }
    }
}
