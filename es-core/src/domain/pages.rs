//! Pages that reads share.

use std::sync::{Mutex, PoisonError};

use crate::record::{Page, ReadRequest};

/// Pages that wait for the next read, so that loading does not allocate them anew.
#[derive(Default)]
pub(super) struct Pages(Mutex<Vec<Page>>);

impl Pages {
    /// More would be held than concurrent loads are likely to need.
    const MAX: usize = 32;
    /// A page that one huge payload grew is given back to the allocator.
    const MAX_BYTES: usize = 4 * ReadRequest::DEFAULT_MAX_BYTES;

    /// A page from those that earlier reads grew.
    pub(super) fn page(&self) -> PageGuard<'_> {
        PageGuard {
            page: self.take(),
            pages: self,
        }
    }

    fn take(&self) -> Page {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop()
            .unwrap_or_default()
    }

    fn put(&self, mut page: Page) {
        if page.room_bytes() > Self::MAX_BYTES {
            return;
        }
        page.clear();
        let mut pages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if pages.len() < Self::MAX {
            pages.push(page);
        }
    }
}

pub(crate) struct PageGuard<'a> {
    page: Page,
    pages: &'a Pages,
}

impl std::ops::Deref for PageGuard<'_> {
    type Target = Page;

    fn deref(&self) -> &Page {
        &self.page
    }
}

impl std::ops::DerefMut for PageGuard<'_> {
    fn deref_mut(&mut self) -> &mut Page {
        &mut self.page
    }
}

impl Drop for PageGuard<'_> {
    fn drop(&mut self) {
        self.pages.put(std::mem::take(&mut self.page));
    }
}
