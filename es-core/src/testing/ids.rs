//! Ids that count.

use std::cell::RefCell;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicU64, Ordering};

use uuid::Uuid;

/// Event ids that count: `00000000-0000-7000-8000-000000000001`, `…2`, `…3`, for
/// [`DomainBuilder::ids`](crate::DomainBuilder::ids). For one domain on one store: two that count
/// would give the same ids, and the second append would be taken for a repetition of the first.
///
/// ```
/// use es_core::testing::counting_ids;
///
/// let ids = counting_ids();
///
/// assert_eq!(ids().to_string(), "00000000-0000-7000-8000-000000000001");
/// assert_eq!(ids().to_string(), "00000000-0000-7000-8000-000000000002");
/// ```
pub fn counting_ids() -> impl Fn() -> Uuid + Send + Sync + 'static {
    let next = AtomicU64::new(1);
    move || counted(next.fetch_add(1, Ordering::Relaxed))
}

pub(super) fn counted(number: u64) -> Uuid {
    uuid::Builder::from_random_bytes(u128::from(number).to_be_bytes())
        .with_version(uuid::Version::SortRand)
        .into_uuid()
}

thread_local! {
    static AGGREGATE_IDS: RefCell<Option<u64>> = const { RefCell::new(None) };
}

/// Makes the ids that `raise_new` makes up count on this thread, from
/// `00000000-0000-7000-8000-000000000001`, for as long as the answer lives.
///
/// An aggregate is made without a domain, so these ids come from the thread. Under
/// `#[tokio::test]`, which runs on one thread, that is the whole test.
#[must_use = "ids count for as long as this lives"]
pub fn counting_aggregate_ids() -> CountingAggregateIds {
    let outer = AGGREGATE_IDS.replace(Some(1));
    CountingAggregateIds {
        outer,
        not_send: PhantomData,
    }
}

/// While it lives, the ids of new aggregates count on this thread: see [`counting_aggregate_ids`].
#[derive(Debug)]
pub struct CountingAggregateIds {
    outer: Option<u64>,
    not_send: PhantomData<*const ()>,
}

impl Drop for CountingAggregateIds {
    fn drop(&mut self) {
        AGGREGATE_IDS.replace(self.outer);
    }
}

/// The id of a new aggregate: of version 7, or counted in a test.
#[doc(hidden)]
pub fn new_aggregate_uuid() -> Uuid {
    AGGREGATE_IDS.with_borrow_mut(|next| match next {
        Some(number) => {
            *number += 1;
            counted(*number - 1)
        }
        None => Uuid::now_v7(),
    })
}
