//! A store that promises no more than it must: the other side of every declared difference.

use std::sync::Arc;

use es_core::record::{Page, ReadRequest};
use es_core::store::{
    Append, AppendError, Appended, BoxFuture, Capabilities, Durability, EventStore, MemoryStore,
    StoreError, StoreErrorKind, no_states,
};
use es_core::stream::Position;

/// Memory without units of several streams, without snapshots and states, and with the waiting that every
/// store has.
#[derive(Debug, Default)]
pub(crate) struct PlainStore(MemoryStore);

impl EventStore for PlainStore {
    fn append(&self, append: Arc<Append>) -> BoxFuture<'_, Result<Vec<Appended>, AppendError>> {
        if append.streams().len() > 1 {
            let action = "append to several streams at once";
            let refusal = StoreError::new(StoreErrorKind::Unsupported, action);
            return Box::pin(async { Err(refusal.into()) });
        }
        Box::pin(async move {
            no_states(&append)?;
            self.0.append(append).await
        })
    }

    fn read<'a>(
        &'a self,
        request: &'a ReadRequest,
        page: &'a mut Page,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        self.0.read(request, page)
    }

    fn head(&self) -> BoxFuture<'_, Result<Position, StoreError>> {
        self.0.head()
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::new(false, Durability::None)
    }
}
