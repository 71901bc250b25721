//! Reading on: who asks for page after page has the next one read while it goes through the last.
//!
//! Large pages are read by tasks of their own, so that the server, the network and whoever folds or
//! decodes events are busy at the same time. What is handed out is what would be read now: a page
//! with more behind it stays as it is, since events are only ever added at the end, and one without
//! is read again.

use std::collections::VecDeque;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use es_core::record::{Page, ReadRequest};
use es_core::store::{StoreError, StoreErrorKind};
use tokio::task::JoinHandle;

use super::halves::{Density, goes_on};

/// How many pages that nobody has asked for yet are held.
const MOST: usize = 4;
/// A page that nobody asked for is forgotten after this: somebody may delete events by hand.
const KEEP: Duration = Duration::from_secs(1);

/// What a page is read from.
pub(crate) trait Fill: Send + Sync + 'static {
    /// Fills the page. `density` is that of the page before it, where that is known.
    fn fill(
        &self,
        request: &ReadRequest,
        density: Option<Density>,
        page: &mut Page,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// The pages that are read before somebody asks for them.
#[derive(Debug, Default)]
pub(crate) struct Ahead {
    begun: Mutex<VecDeque<Begun>>,
}

#[derive(Debug)]
struct Begun {
    request: ReadRequest,
    at: Instant,
    reading: Reading,
}

type Reading = JoinHandle<Result<Page, StoreError>>;

impl Ahead {
    /// Fills the page.
    pub(crate) async fn read<F: Fill>(
        &self,
        store: &Arc<F>,
        request: &ReadRequest,
        page: &mut Page,
    ) -> Result<(), StoreError> {
        if !goes_on(request) {
            return store.fill(request, None, page).await;
        }
        let mut room = mem::take(page);
        *page = match self.found(request).await {
            Some(found) => found,
            None => {
                let reading = begin(store, request.clone(), None, mem::take(&mut room));
                reading.await.unwrap_or_else(|_| Err(ended()))?
            }
        };
        let mut next = request.clone();
        // A load asks for the next page by itself before it folds this one.
        if !request.is_replay() && next.advance(page) {
            let density = Density::of(page);
            self.keep(next.clone(), begin(store, next, density, room));
        }
        Ok(())
    }

    async fn found(&self, request: &ReadRequest) -> Option<Page> {
        let reading = self.take(request)?;
        let found = reading.await.ok()?.ok()?;
        found.has_more().then_some(found)
    }

    fn take(&self, request: &ReadRequest) -> Option<Reading> {
        let mut begun = self.lock();
        let index = begun.iter().position(|it| it.request == *request)?;
        Some(begun.remove(index)?.reading)
    }

    fn keep(&self, request: ReadRequest, reading: Reading) {
        let mut begun = self.lock();
        if begun.len() >= MOST {
            begun.pop_front();
        }
        begun.push_back(Begun {
            request,
            at: Instant::now(),
            reading,
        });
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Begun>> {
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        begun.retain(|it| it.at.elapsed() < KEEP);
        begun
    }
}

fn begin<F: Fill>(
    store: &Arc<F>,
    request: ReadRequest,
    density: Option<Density>,
    mut page: Page,
) -> Reading {
    let store = Arc::clone(store);
    tokio::spawn(async move {
        store.fill(&request, density, &mut page).await?;
        Ok(page)
    })
}

fn ended() -> StoreError {
    let action = "read: the runtime that should have read has ended";
    StoreError::new(StoreErrorKind::Unavailable, action)
}
