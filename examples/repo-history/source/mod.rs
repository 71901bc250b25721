//! What there is to import: the commits of a history and what each of them changes.

pub mod data_file;
pub mod git;

use std::path::Path;

use es_core::prelude::*;

use super::model::Content;

/// A commit of the first-parent history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// Its hash.
    pub hash: String,
    /// When it was committed, by the committer's clock, which may go back from one to the next.
    pub time: DateTime<Utc>,
    /// What it changes, each path once. Deletions and the sources of renames are taken away first:
    /// a path may be freed and taken in one commit.
    pub changes: Vec<Change>,
}

/// What a commit does to one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A new file.
    Added {
        /// Where it is.
        path: String,
        /// What it holds.
        content: Content,
    },
    /// Other content, or another mode.
    Modified {
        /// Where it is.
        path: String,
        /// What it holds now.
        content: Content,
    },
    /// A file moved.
    Renamed {
        /// Where it was.
        from: String,
        /// Where it is now.
        path: String,
        /// What it holds now.
        content: Content,
    },
    /// A file is gone.
    Deleted {
        /// Where it was.
        path: String,
    },
}

/// Reads the history of a git repository, or of a data file whose name ends in `.jsonl.gz`.
///
/// # Errors
/// Where there is neither at `path`, or it can not be read.
pub fn read(path: &Path) -> anyhow::Result<Vec<Commit>> {
    let commits = if path.is_dir() {
        git::read(path)?
    } else {
        data_file::read(path)?
    };
    anyhow::ensure!(
        !commits.is_empty(),
        "`{}` has no commits yet",
        path.display()
    );
    Ok(commits)
}
