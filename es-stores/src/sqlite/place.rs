//! Working where the caller is, instead of on a thread of ours.
//!
//! Handing work to a thread and the answer back costs two wake-ups, which take longer than a short
//! read and a good part of a commit. Where a caller may be kept for as long as the work takes, it is
//! done right there.

use tokio::runtime::{Handle, RuntimeFlavor, worker_index};
use tokio::task;

/// A caller that may be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// In a task, on a worker of a runtime with several threads: others take over what it has to do.
    Worker,
    /// In `block_on` of such a runtime: nothing but the caller's own future waits.
    Root,
}

impl Place {
    /// `None` in a runtime of one thread, in a task of a `LocalSet`, and outside of any runtime.
    pub(super) fn here() -> Option<Self> {
        let runtime = Handle::try_current().ok()?;
        if runtime.runtime_flavor() != RuntimeFlavor::MultiThread {
            return None;
        }
        match (task::try_id(), worker_index()) {
            (None, _) => Some(Self::Root),
            (Some(_), Some(_)) => Some(Self::Worker),
            (Some(_), None) => None,
        }
    }

    /// Does what waits for the disk.
    pub(super) fn block<T>(self, work: impl FnOnce() -> T) -> T {
        match self {
            Self::Worker => task::block_in_place(work),
            Self::Root => work(),
        }
    }
}
