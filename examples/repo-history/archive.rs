//! The domain of imported histories, its clock, and its log of commits.

use anyhow::bail;
use es_core::prelude::*;
use es_core::testing::ManualClock;
use es_core::{ConfigError, DomainBuilder};

use super::model::{CommitLog, SourceFile};

/// Imported histories in one store. It may hold any number of repositories: nothing of two that
/// do not begin with the same commit has an id in common.
#[derive(Clone, Debug)]
pub struct Archive {
    /// The files of all histories.
    pub files: Repository<SourceFile>,
    /// The logs, by the hash of the first commit.
    pub logs: Repository<CommitLog>,
    /// Shows the time of the commit that is being imported.
    pub(super) clock: ManualClock,
}

/// What a log says about one commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    /// Its hash.
    pub commit: String,
    /// The time of all events it raised, later than that of the commit before.
    pub time: DateTime<Utc>,
    /// The files it added.
    pub added: Vec<Uuid>,
}

impl Archive {
    /// An archive in `store`.
    ///
    /// # Errors
    /// As [`DomainBuilder::build`].
    pub fn new(store: impl EventStore) -> Result<Self, ConfigError> {
        Self::build(Domain::builder("repo_history").event_store(store))
    }

    /// An archive in the domain that is being built. Its clock becomes the archive's.
    ///
    /// # Errors
    /// As [`DomainBuilder::build`].
    pub fn build(domain: DomainBuilder) -> Result<Self, ConfigError> {
        let clock = ManualClock::at(DateTime::UNIX_EPOCH);
        let domain = domain
            .clock(clock.source())
            .aggregate::<SourceFile>()
            .aggregate::<CommitLog>()
            .build()?;
        Ok(Self {
            files: domain.repository(),
            logs: domain.repository(),
            clock,
        })
    }

    /// The log of the history that begins with the commit `first`, oldest commit first; empty
    /// where nothing of it was imported.
    ///
    /// # Errors
    /// [`LoadError`] where the store can not read it.
    pub async fn log(&self, first: &str) -> Result<Vec<LogEntry>, LoadError> {
        let mut log = Vec::new();
        let mut life = self.logs.history(&first.to_owned());
        loop {
            let entry = match life.next().await {
                Err(LoadError::NotFound { .. }) | Ok(None) => return Ok(log),
                Ok(Some(entry)) => entry,
                Err(error) => return Err(error),
            };
            let time = entry.metadata.time;
            log.extend(entry.events.into_iter().map(|event| {
                let super::model::CommitLogEvent::CommitRecorded(recorded) = event;
                LogEntry {
                    commit: recorded.commit,
                    time,
                    added: recorded.added,
                }
            }));
        }
    }
}

/// The place in `log` of the one commit whose hash begins with `hash`.
///
/// # Errors
/// Where no commit does, or several do.
pub fn find(log: &[LogEntry], hash: &str) -> anyhow::Result<usize> {
    let hash = hash.to_ascii_lowercase();
    let mut found = log
        .iter()
        .enumerate()
        .filter(|(_, entry)| entry.commit.starts_with(&hash));
    match (found.next(), found.next()) {
        (Some((index, _)), None) => Ok(index),
        (None, _) => bail!("no commit of the imported history begins with `{hash}`"),
        (Some((_, first)), Some((_, second))) => bail!(
            "`{hash}` is short of a commit: `{}` and `{}` both begin with it",
            first.commit,
            second.commit
        ),
    }
}
