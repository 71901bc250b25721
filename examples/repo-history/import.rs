//! The import: commit after commit, the files of one commit side by side.

use std::collections::HashMap;

use anyhow::{Context as _, bail, ensure};
use es_core::chrono::TimeDelta;
use es_core::prelude::*;
use futures_util::future::try_join_all;

use super::archive::{Archive, LogEntry};
use super::model::{CommitLog, SourceFile};
use super::source::{Change, Commit};
use super::tree;

/// What an import did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// How many commits were there already.
    pub commits_before: usize,
    /// How many were imported.
    pub commits: usize,
    /// How many changes they made.
    pub changes: usize,
}

/// Imports what is not there yet of a history, and calls `progress` after each commit.
///
/// A commit is recorded in the log when all its changes are stored. An import that is interrupted
/// goes on at the first commit that is not recorded: files which have seen it already raise nothing.
///
/// # Errors
/// Where a commit changes what is not there, the history is not the one that was imported before,
/// or the store fails.
pub async fn import(
    archive: &Archive,
    commits: &[Commit],
    mut progress: impl FnMut(&Commit),
) -> anyhow::Result<Imported> {
    let Some(first) = commits.first() else {
        return Ok(Imported::default());
    };
    let log = archive.log(&first.hash).await?;
    ensure_continues(&log, commits)?;
    let mut import = Import::resume(archive, &first.hash, &log).await?;
    let mut imported = Imported {
        commits_before: log.len(),
        ..Imported::default()
    };
    for commit in &commits[log.len()..] {
        import
            .commit(commit)
            .await
            .with_context(|| format!("could not import the commit {}", commit.hash))?;
        imported.commits += 1;
        imported.changes += commit.changes.len();
        progress(commit);
    }
    Ok(imported)
}

/// The log must be the beginning of the history.
fn ensure_continues(log: &[LogEntry], commits: &[Commit]) -> anyhow::Result<()> {
    ensure!(
        log.len() <= commits.len(),
        "{} commits of this history were imported before, it has only {} now",
        log.len(),
        commits.len()
    );
    for (number, (entry, commit)) in (1..).zip(log.iter().zip(commits)) {
        ensure!(
            entry.commit == commit.hash,
            "another branch of this history was imported before: its commit number {number} is {}, \
             here it is {}",
            entry.commit,
            commit.hash
        );
    }
    Ok(())
}

/// An import under way.
struct Import<'a> {
    archive: &'a Archive,
    log: Option<CommitLog>,
    /// The time of the last commit.
    time: Option<DateTime<Utc>>,
    /// The files at the last commit, by path.
    files: HashMap<String, SourceFile>,
}

impl<'a> Import<'a> {
    /// Goes on behind the last entry of `log`.
    async fn resume(archive: &'a Archive, first: &str, log: &[LogEntry]) -> anyhow::Result<Self> {
        let mut files = HashMap::new();
        for (path, file) in tree::at(archive, log).await? {
            // The file may have seen more than the log has: it is used as it is now.
            files.insert(path, archive.files.get(file.id()).await?);
        }
        Ok(Self {
            archive,
            log: archive.logs.find(&first.to_owned()).await?,
            time: log.last().map(|entry| entry.time),
            files,
        })
    }

    async fn commit(&mut self, commit: &Commit) -> anyhow::Result<()> {
        let time = self.tick(commit.time);
        self.archive.clock.set(time);

        let (mut added, mut changed) = self.change(commit)?;
        let added_ids = added.iter().map(|file| *file.id()).collect();
        for file in &mut added {
            if let Some(stored) = self.archive.files.find(file.id()).await? {
                *file = stored;
            }
        }
        changed.append(&mut added);
        // They are independent of each other, and share the store's transactions.
        try_join_all(changed.iter_mut().map(|file| self.archive.files.add(file))).await?;
        self.record(commit, added_ids).await?;

        let remaining = changed.into_iter().filter(|file| !file.is_deleted());
        self.files
            .extend(remaining.map(|file| (file.path().to_owned(), file)));
        Ok(())
    }

    /// The time of a commit's events: its own, or just behind the commit before, so that
    /// `get_as_of` tells any two commits apart.
    fn tick(&mut self, committed: DateTime<Utc>) -> DateTime<Utc> {
        let earliest = self.time.map(|time| time + TimeDelta::microseconds(1));
        let time = earliest.map_or(committed, |earliest| committed.max(earliest));
        self.time = Some(time);
        time
    }

    /// Takes what the commit changes out of the files and changes it: what is added, and the rest.
    fn change(&mut self, commit: &Commit) -> anyhow::Result<(Vec<SourceFile>, Vec<SourceFile>)> {
        let mut leaving = HashMap::new();
        for change in &commit.changes {
            if let Change::Deleted { path } | Change::Renamed { from: path, .. } = change {
                leaving.insert(path, self.take(path)?);
            }
        }
        let (mut added, mut changed) = (Vec::new(), Vec::new());
        for change in commit.changes.iter().cloned() {
            if let Change::Added { path, .. } | Change::Renamed { path, .. } = &change {
                ensure!(!self.files.contains_key(path), "`{path}` is there already");
            }
            let mut leave = |path: &String| {
                let file = leaving.remove(path);
                file.with_context(|| format!("`{path}` leaves twice"))
            };
            let file = match change {
                Change::Added { path, content } => {
                    added.push(SourceFile::add(&commit.hash, path, content));
                    continue;
                }
                Change::Modified { path, content } => {
                    let mut file = self.take(&path)?;
                    file.modify(&commit.hash, content);
                    file
                }
                Change::Renamed {
                    from,
                    path,
                    content,
                } => {
                    let mut file = leave(&from)?;
                    file.rename(&commit.hash, path, content);
                    file
                }
                Change::Deleted { path } => {
                    let mut file = leave(&path)?;
                    file.delete(&commit.hash);
                    file
                }
            };
            changed.push(file);
        }
        Ok((added, changed))
    }

    fn take(&mut self, path: &str) -> anyhow::Result<SourceFile> {
        match self.files.remove(path) {
            Some(file) => Ok(file),
            None => bail!("it changes `{path}`, which is not there"),
        }
    }

    async fn record(&mut self, commit: &Commit, added: Vec<Uuid>) -> Result<(), SaveError> {
        let log = match &mut self.log {
            Some(log) => {
                log.record(&commit.hash, added);
                log
            }
            None => self.log.insert(CommitLog::begin(&commit.hash, added)),
        };
        self.archive.logs.add(log).await?;
        Ok(())
    }
}
