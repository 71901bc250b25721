//! Current states: what is kept of aggregates that are not event-sourced.

use chrono::{DateTime, Utc};

use super::{Append, AppendError, BoxFuture, StoreError, StoreErrorKind};
use crate::stream::{Category, StreamName, Version};

/// The current state of one aggregate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// The aggregate's own stream, which is the state's name.
    pub stream: StreamName,
    /// How often it was written.
    pub version: Version,
    /// When it was written last.
    pub time: DateTime<Utc>,
    /// The encoded state.
    pub data: Vec<u8>,
}

/// Reads the current states that a store keeps; they are written together with events, by
/// [`EventStore::append`](super::EventStore::append).
pub trait StateStore: Send + Sync {
    /// The state of `stream`; none where it was never written or was removed.
    ///
    /// # Errors
    /// [`StoreError`] where the store can not read.
    fn load<'a>(
        &'a self,
        stream: &'a StreamName,
    ) -> BoxFuture<'a, Result<Option<State>, StoreError>>;

    /// The next states of `category` in the order of their names' bytes: at most `limit`, behind
    /// `after` where it is given.
    ///
    /// # Errors
    /// [`StoreError`] where the store can not read.
    fn list<'a>(
        &'a self,
        category: &'a Category,
        after: Option<&'a StreamName>,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<State>, StoreError>>;
}

/// What a store without states answers to an append that writes some.
///
/// # Errors
/// [`AppendError::Store`] where `append` writes a state.
pub fn no_states(append: &Append) -> Result<(), AppendError> {
    match append.states().first() {
        None => Ok(()),
        Some(write) => {
            let action = format!(
                "keep the state of `{}`: it keeps events alone; take a store that keeps states, such \
                 as SQLite, PostgreSQL or the one in memory, or make the aggregate event-sourced",
                write.stream
            );
            Err(StoreError::new(StoreErrorKind::Unsupported, action).into())
        }
    }
}
