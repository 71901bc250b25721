//! Writing a batch: one transaction, and an outcome for each job.

use std::sync::Arc;

use es_core::stream::Position;
use rusqlite::{Connection, ErrorCode};
use tokio::sync::watch;

use super::busy;
use super::file::File;
use super::kept::Kept;
use super::queue::{Batch, Done, Failure, Job, Outcome, Task};
use super::units::Units;

/// What came of a batch: who is answered once whoever writes has let the next one write.
#[must_use]
pub(super) struct Written {
    answers: Vec<(Job, Outcome)>,
    /// What was not begun, because somebody else wrote for longer than this thread may wait.
    pub(super) locked: Option<Locked>,
}

/// What was not begun.
pub(super) struct Locked {
    pub(super) jobs: Batch,
    error: rusqlite::Error,
}

/// The connection that writes, for a batch.
pub(super) struct Session<'c> {
    file: &'c File,
    connection: &'c Connection,
    begin: Kept<'c>,
    commit: Kept<'c>,
    units: Units<'c>,
    head: &'c watch::Sender<Position>,
}

/// Where a batch failed.
enum Failed {
    /// The transaction did not even begin: it is nobody's fault.
    Begin(rusqlite::Error),
    /// A unit, or a commit that surely did not happen.
    Write(rusqlite::Error),
    /// A commit that may have happened.
    Commit(rusqlite::Error),
}

impl Written {
    pub(super) fn answer(self) {
        for (job, outcome) in self.answers {
            // Nobody may be waiting any more.
            let _ = job.answer.send(outcome);
        }
    }
}

impl<'c> Session<'c> {
    pub(super) fn new(
        file: &'c File,
        connection: &'c Connection,
        head: &'c watch::Sender<Position>,
    ) -> Self {
        Self {
            file,
            connection,
            begin: Kept::new(connection, "BEGIN IMMEDIATE"),
            commit: Kept::new(connection, "COMMIT"),
            units: Units::new(connection),
            head,
        }
    }

    /// Writes a batch in one transaction; where that fails each job in its own, so that only the
    /// guilty one fails.
    pub(super) fn write(&mut self, batch: Batch) -> Written {
        let mut written = Written {
            answers: Vec::with_capacity(batch.len()),
            locked: None,
        };
        self.write_into(batch, &mut written);
        written
    }

    /// As [`Session::write`], where nobody else is going to wait for the lock.
    pub(super) fn write_or_fail(&mut self, batch: Batch) -> Written {
        let mut written = self.write(batch);
        if let Some(Locked { jobs, error }) = written.locked.take() {
            let failure = self.explain(Failed::Begin(error));
            let failed = jobs.into_iter().map(|job| (job, Err(failure())));
            written.answers.extend(failed);
        }
        written
    }

    fn write_into(&mut self, mut batch: Batch, written: &mut Written) {
        match self.transact(&batch) {
            Ok(outcomes) => {
                let outcomes = outcomes.into_iter().map(Ok);
                written.answers.extend(batch.into_iter().zip(outcomes));
            }
            Err(Failed::Begin(error)) if busy::is_lock(&error) => {
                written.locked = Some(Locked { jobs: batch, error });
            }
            Err(Failed::Write(_)) if batch.len() > 1 => {
                while let Some(job) = batch.pop_front() {
                    self.write_into(Batch::from([job]), written);
                    if let Some(locked) = &mut written.locked {
                        locked.jobs.append(&mut batch);
                    }
                }
            }
            Err(failed) => {
                let failure = self.explain(failed);
                let failed = batch.into_iter().map(|job| (job, Err(failure())));
                written.answers.extend(failed);
            }
        }
    }

    fn transact(&mut self, batch: &Batch) -> Result<Vec<Done>, Failed> {
        // Whoever wrote before may have panicked.
        self.roll_back();
        let begin = self.begin.get().map_err(Failed::Begin)?;
        busy::patiently(|| begin.execute([])).map_err(Failed::Begin)?;
        let written: rusqlite::Result<Vec<Done>> =
            batch.iter().map(|job| self.run(&job.task)).collect();
        let done = written
            .map_err(Failed::Write)
            .and_then(|done| self.commit().map(|()| done));
        match done {
            Ok(done) => {
                self.announce(&done);
                Ok(done)
            }
            Err(failed) => {
                self.roll_back();
                Err(failed)
            }
        }
    }

    fn commit(&mut self) -> Result<(), Failed> {
        let commit = self.commit.get().map_err(Failed::Write)?;
        match commit.execute([]) {
            Ok(_) => Ok(()),
            Err(error)
                if busy::is_lock(&error)
                    || error.sqlite_error_code() == Some(ErrorCode::DiskFull) =>
            {
                Err(Failed::Write(error))
            }
            Err(error) => Err(Failed::Commit(error)),
        }
    }

    fn run(&mut self, task: &Task) -> rusqlite::Result<Done> {
        match task {
            Task::Append(append) => Ok(match self.units.append(append)? {
                Ok(appended) => Done::Appended(appended),
                Err(conflict) => Done::Conflict(conflict),
            }),
            Task::SaveSnapshot(it) => self.units.save_snapshot(it).map(Done::Snapshots),
            Task::DeleteSnapshot(it) => self.units.delete_snapshot(it).map(Done::Snapshots),
            Task::DeleteSnapshots => self.units.delete_snapshots().map(Done::Snapshots),
        }
    }

    fn announce(&self, done: &[Done]) {
        let positions = done.iter().filter_map(|done| match done {
            Done::Appended(appended) => appended.iter().filter_map(|it| it.position).max(),
            _ => None,
        });
        if let Some(last) = positions.max() {
            raise_head(self.head, last);
        }
    }

    /// Some failures have rolled the transaction back already.
    fn roll_back(&self) {
        if !self.connection.is_autocommit()
            && let Err(error) = self.connection.execute_batch("ROLLBACK")
        {
            tracing::error!(%error, "could not roll back a transaction");
        }
    }

    /// The failure of each job of a batch that failed for all alike.
    fn explain(&self, failed: Failed) -> impl Fn() -> Failure {
        let (error, unknown) = match failed {
            Failed::Begin(error) | Failed::Write(error) => (Arc::new(error), false),
            Failed::Commit(error) => (Arc::new(error), true),
        };
        move || {
            let error = self.file.error("write to", Arc::clone(&error));
            if unknown {
                Failure::Unknown(error)
            } else {
                Failure::NotWritten(error)
            }
        }
    }
}

/// Says that events up to `position` can be read.
pub(super) fn raise_head(head: &watch::Sender<Position>, position: Position) {
    head.send_if_modified(|head| {
        let higher = position > *head;
        if higher {
            *head = position;
        }
        higher
    });
}
