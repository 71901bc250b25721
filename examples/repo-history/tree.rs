//! The tree at a commit: every file as it was then.

use std::collections::BTreeMap;

use es_core::prelude::*;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};

use super::archive::{Archive, LogEntry};
use super::model::SourceFile;

/// How many files are loaded at the same time.
const CONCURRENT_LOADS: usize = 64;

/// The files at the last commit of `log`, by path; `log` may be cut anywhere.
///
/// # Errors
/// [`LoadError`] where the store can not read one.
pub async fn at(
    archive: &Archive,
    log: &[LogEntry],
) -> Result<BTreeMap<String, Historical<SourceFile>>, LoadError> {
    let Some(last) = log.last() else {
        return Ok(BTreeMap::new());
    };
    let ids = log.iter().flat_map(|entry| &entry.added);
    stream::iter(ids)
        .map(|id| archive.files.get_as_of(id, last.time))
        .buffer_unordered(CONCURRENT_LOADS)
        .try_filter(|file| std::future::ready(!file.is_deleted()))
        .map_ok(|file| (file.path().to_owned(), file))
        .try_collect()
        .await
}
