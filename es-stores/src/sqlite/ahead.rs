//! Reading ahead: the page behind the last one is read before anybody asks for it.
//!
//! A reading thread that has answered with a page goes on with the next one at once, where it
//! would wait until the answer has arrived and the next question come back. Whoever folds or decodes
//! a page meanwhile finds the next one read.
//!
//! What is handed out is what would be read now: events are only ever added at the end, so a page
//! with more behind it stays as it is, and the last page is handed out only if no event came since.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use es_core::record::{Direction, Page, ReadRequest};
use es_core::store::StoreError;
use es_core::stream::Position;
use tokio::sync::oneshot;

/// A page that nobody asked for is forgotten after this: somebody may delete events by hand.
const KEEP: Duration = Duration::from_secs(1);

/// A question for a page, and whom to answer.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) request: ReadRequest,
    pub(super) page: Page,
    pub(super) answer: oneshot::Sender<Result<Page, StoreError>>,
}

/// A page read ahead.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) page: Page,
    /// The store's last event before the page was read.
    pub(super) head: Position,
}

/// What has become of the page that is asked for.
pub(super) enum Asked {
    /// It is being read ahead: the answer will come from there.
    Underway,
    /// It was read ahead.
    Found(Read, Found),
    /// It is still to be read.
    Unread(Read),
}

/// The pages that are read ahead.
#[derive(Debug)]
pub(super) struct Ahead {
    slots: Mutex<VecDeque<Slot>>,
    most: usize,
}

#[derive(Debug)]
struct Slot {
    request: ReadRequest,
    found: Option<(Found, Instant)>,
    asker: Option<Read>,
}

impl Ahead {
    /// Holds at most so many pages.
    pub(super) fn new(most: usize) -> Self {
        Self {
            slots: Mutex::default(),
            most,
        }
    }

    pub(super) fn ask(&self, read: Read) -> Asked {
        let mut slots = self.lock();
        forget_old(&mut slots);
        let free = |slot: &Slot| slot.asker.is_none() && slot.request == read.request;
        let Some(index) = slots.iter().position(free) else {
            return Asked::Unread(read);
        };
        if slots[index].found.is_none() {
            slots[index].asker = Some(read);
            return Asked::Underway;
        }
        match slots.remove(index).and_then(|slot| slot.found) {
            Some((found, _)) => Asked::Found(read, found),
            None => Asked::Unread(read),
        }
    }

    /// Announces that the page is going to be read ahead; `None` where it must not be: somebody
    /// does already, or too many pages are.
    pub(super) fn begin(self: &Arc<Self>, request: ReadRequest) -> Option<Begun> {
        let mut slots = self.lock();
        forget_old(&mut slots);
        if slots.iter().any(|slot| slot.request == request) {
            return None;
        }
        if slots.len() >= self.most {
            let oldest = slots.iter().position(|slot| slot.found.is_some())?;
            slots.remove(oldest);
        }
        slots.push_back(Slot {
            request: request.clone(),
            found: None,
            asker: None,
        });
        Some(Begun {
            ahead: Arc::clone(self),
            request,
            ended: false,
        })
    }

    /// Keeps what was found, unless somebody has asked for it by now.
    fn end(&self, request: &ReadRequest, found: Option<Found>) -> Option<(Read, Option<Found>)> {
        let mut slots = self.lock();
        let underway = |slot: &Slot| slot.found.is_none() && slot.request == *request;
        let index = slots.iter().position(underway)?;
        match found {
            Some(found) if slots[index].asker.is_none() => {
                slots[index].found = Some((found, Instant::now()));
                None
            }
            found => Some((slots.remove(index)?.asker?, found)),
        }
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Slot>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn forget_old(slots: &mut VecDeque<Slot>) {
    slots.retain(|slot| {
        let found = slot.found.as_ref();
        found.is_none_or(|(_, at)| at.elapsed() < KEEP)
    });
}

/// A page that is being read ahead. Where it is dropped, as by a panic, whoever asked for the page
/// hears that there is no answer.
pub(super) struct Begun {
    ahead: Arc<Ahead>,
    pub(super) request: ReadRequest,
    ended: bool,
}

impl Begun {
    /// Hands over what was found to who has asked for it by now; where nobody has, it is kept.
    pub(super) fn end(mut self, found: Option<Found>) -> Option<(Read, Option<Found>)> {
        self.ended = true;
        self.ahead.end(&self.request, found)
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        if !self.ended {
            self.ahead.end(&self.request, None);
        }
    }
}

/// What to ask for behind `page`, where that is worth reading ahead.
pub(super) fn behind(request: &ReadRequest, page: &Page) -> Option<ReadRequest> {
    if request.direction == Direction::Backwards {
        return None;
    }
    let mut request = request.clone();
    request.advance(page).then_some(request)
}
