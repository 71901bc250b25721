//! Real stores behind bad connections: wrappers that lose replies, that stall, and that count what
//! is read.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use es_core::Position;
use es_core::record::{Page, ReadRequest};
use es_core::store::{
    Append, AppendError, Appended, BoxFuture, Capabilities, EventStore, MemoryStore, SnapshotStore,
    StoreError, StoreErrorKind,
};

/// What no wrapper here changes is answered by the store inside.
macro_rules! the_rest_is_inner {
    () => {
        fn head(&self) -> BoxFuture<'_, Result<Position, StoreError>> {
            self.inner.head()
        }

        fn capabilities(&self) -> Capabilities {
            self.inner.capabilities()
        }

        fn snapshots(&self) -> Option<&dyn SnapshotStore> {
            self.inner.snapshots()
        }

        fn states(&self) -> Option<&dyn es_core::store::StateStore> {
            self.inner.states()
        }
    };
}

/// Appends to the store inside and then loses the reply, as a connection that dies after `COMMIT`.
#[derive(Debug)]
pub struct LosesReplies<S> {
    inner: S,
    losses: Losses,
}

/// What happens to the next appends of a [`LosesReplies`] is told from outside.
#[derive(Clone, Debug, Default)]
pub struct Losses {
    replies: Arc<AtomicUsize>,
    connections: Arc<AtomicUsize>,
}

impl Losses {
    /// Loses the next `replies`.
    pub fn lose(&self, replies: usize) {
        self.replies.store(replies, Ordering::SeqCst);
    }

    /// Refuses the next `appends` behind the lost replies: they surely write nothing, as where no
    /// new connection can be made.
    pub fn refuse(&self, appends: usize) {
        self.connections.store(appends, Ordering::SeqCst);
    }
}

/// Whether there was one left to take.
fn take(left: &AtomicUsize) -> bool {
    let one_less = |left: usize| left.checked_sub(1);
    left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less)
        .is_ok()
}

impl<S> LosesReplies<S> {
    /// Wraps a store; nothing is lost before it is told.
    pub fn new(inner: S) -> (Self, Losses) {
        let losses = Losses::default();
        (
            Self {
                inner,
                losses: losses.clone(),
            },
            losses,
        )
    }
}

impl<S: EventStore> EventStore for LosesReplies<S> {
    fn append(&self, append: Arc<Append>) -> BoxFuture<'_, Result<Vec<Appended>, AppendError>> {
        Box::pin(async move {
            if take(&self.losses.replies) {
                let _ = self.inner.append(append).await;
                let error = StoreError::new(StoreErrorKind::Unavailable, "hear the reply");
                return Err(AppendError::OutcomeUnknown(error));
            }
            if take(&self.losses.connections) {
                return Err(StoreError::new(StoreErrorKind::Unavailable, "connect").into());
            }
            self.inner.append(append).await
        })
    }

    fn read<'a>(
        &'a self,
        request: &'a ReadRequest,
        page: &'a mut Page,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        self.inner.read(request, page)
    }

    the_rest_is_inner!();
}

/// Counts the events that are read from the store inside.
#[derive(Debug)]
pub struct CountsReads<S> {
    inner: S,
    read: Arc<AtomicUsize>,
}

impl<S> CountsReads<S> {
    /// Wraps a store; the count is shared.
    pub fn new(inner: S) -> (Self, Arc<AtomicUsize>) {
        let read = Arc::new(AtomicUsize::new(0));
        (
            Self {
                inner,
                read: Arc::clone(&read),
            },
            read,
        )
    }
}

impl<S: EventStore> EventStore for CountsReads<S> {
    fn append(&self, append: Arc<Append>) -> BoxFuture<'_, Result<Vec<Appended>, AppendError>> {
        self.inner.append(append)
    }

    fn read<'a>(
        &'a self,
        request: &'a ReadRequest,
        page: &'a mut Page,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move {
            self.inner.read(request, page).await?;
            self.read.fetch_add(page.len(), Ordering::SeqCst);
            Ok(())
        })
    }

    the_rest_is_inner!();
}

/// Stalls every second read for ever after the page has been filled, as a connection that hangs.
#[derive(Debug)]
pub struct Stalls<S> {
    inner: S,
    next: AtomicBool,
}

impl<S> Stalls<S> {
    /// Wraps a store; the first read is the first to stall.
    pub fn new(inner: S) -> Self {
        Self {
            inner,
            next: AtomicBool::new(true),
        }
    }
}

impl<S: EventStore> EventStore for Stalls<S> {
    fn append(&self, append: Arc<Append>) -> BoxFuture<'_, Result<Vec<Appended>, AppendError>> {
        self.inner.append(append)
    }

    fn read<'a>(
        &'a self,
        request: &'a ReadRequest,
        page: &'a mut Page,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move {
            self.inner.read(request, page).await?;
            if self.next.fetch_not(Ordering::SeqCst) {
                std::future::pending::<()>().await;
            }
            Ok(())
        })
    }

    the_rest_is_inner!();
}

/// Clones share a store that can be exchanged for another while programs use it, as where a backup
/// is restored.
#[derive(Clone, Debug)]
pub struct Exchanged(Arc<RwLock<MemoryStore>>);

impl Exchanged {
    /// Begins with `store`.
    pub fn new(store: MemoryStore) -> Self {
        Self(Arc::new(RwLock::new(store)))
    }

    /// Goes on with `store`.
    pub fn exchange(&self, store: MemoryStore) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = store;
    }

    fn now(&self) -> MemoryStore {
        let store = self.0.read().unwrap_or_else(PoisonError::into_inner);
        store.clone()
    }
}

impl EventStore for Exchanged {
    fn append(&self, append: Arc<Append>) -> BoxFuture<'_, Result<Vec<Appended>, AppendError>> {
        Box::pin(async move { self.now().append(append).await })
    }

    fn read<'a>(
        &'a self,
        request: &'a ReadRequest,
        page: &'a mut Page,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move { self.now().read(request, page).await })
    }

    fn head(&self) -> BoxFuture<'_, Result<Position, StoreError>> {
        Box::pin(async move { self.now().head().await })
    }

    fn capabilities(&self) -> Capabilities {
        self.now().capabilities()
    }
}
