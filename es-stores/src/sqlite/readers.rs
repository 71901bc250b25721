//! The threads that read: each with a connection of its own, none in the way of the writer.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use es_core::record::{Page, ReadRequest};
use es_core::store::{Snapshot, StoreError, StoreErrorKind};
use es_core::stream::{Position, StreamName};
use tokio::sync::oneshot;

use super::busy;
use super::file::File;
use super::queries::Queries;
use super::writer::join;

/// A question and whom to answer. Where nobody waits any more, the answer is dropped and the thread
/// goes on: a read that is given up harms nobody else's.
enum Job {
    Read {
        request: ReadRequest,
        page: Page,
        answer: oneshot::Sender<Result<Page, StoreError>>,
    },
    Head(oneshot::Sender<Result<Position, StoreError>>),
    Snapshot(
        StreamName,
        oneshot::Sender<Result<Option<Snapshot>, StoreError>>,
    ),
}

/// The reading threads' handles. Dropping them waits until each has closed its connection.
#[derive(Debug)]
pub(super) struct Readers {
    queue: Arc<Queue>,
    threads: Vec<JoinHandle<()>>,
}

impl Readers {
    pub(super) fn start(file: &Arc<File>, count: usize) -> Result<Self, StoreError> {
        let mut readers = Self {
            queue: Arc::default(),
            threads: Vec::with_capacity(count),
        };
        for _ in 0..count {
            let (queue, file) = (Arc::clone(&readers.queue), Arc::clone(file));
            let thread = thread::Builder::new()
                .name("es-sqlite-reader".into())
                .spawn(move || serve(&queue, &file));
            readers.threads.push(thread.map_err(|error| {
                StoreError::new(StoreErrorKind::Unavailable, "start a reading thread")
                    .because(error)
            })?);
        }
        Ok(readers)
    }

    /// Moves the page to a thread and back.
    pub(super) async fn read(&self, request: ReadRequest, page: Page) -> Result<Page, StoreError> {
        self.ask(|answer| Job::Read {
            request,
            page,
            answer,
        })
        .await
    }

    pub(super) async fn head(&self) -> Result<Position, StoreError> {
        self.ask(Job::Head).await
    }

    pub(super) async fn snapshot(
        &self,
        stream: StreamName,
    ) -> Result<Option<Snapshot>, StoreError> {
        self.ask(|answer| Job::Snapshot(stream, answer)).await
    }

    async fn ask<T>(
        &self,
        job: impl FnOnce(oneshot::Sender<Result<T, StoreError>>) -> Job,
    ) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        self.queue.push(job(answer));
        answered.await.unwrap_or_else(|_| {
            let action = "read: the reading thread has ended; open the store again";
            Err(StoreError::new(StoreErrorKind::Unavailable, action))
        })
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        self.queue.close();
        for thread in self.threads.drain(..) {
            join(Some(thread));
        }
    }
}

/// A connection is opened with the first job: most programs need fewer readers than they have.
fn serve(queue: &Queue, file: &File) {
    busy::wait_at_most(file.lock_wait());
    while let Some(job) = queue.next() {
        let connection = match file.open_to_read() {
            Ok(connection) => connection,
            Err(error) => {
                job.fail(error);
                continue;
            }
        };
        let mut queries = match busy::patiently(|| Queries::prepare(&connection)) {
            Ok(queries) => queries,
            Err(error) => {
                job.fail(file.error("read", error));
                continue;
            }
        };
        job.run(&mut queries, file);
        while let Some(job) = queue.next() {
            job.run(&mut queries, file);
        }
    }
}

impl Job {
    fn run(self, queries: &mut Queries<'_>, file: &File) {
        match self {
            Self::Read {
                request,
                mut page,
                answer,
            } => {
                if answer.is_closed() {
                    return;
                }
                let done = busy::patiently(|| queries.fill(&request, &mut page));
                let done = done
                    .map(|()| page)
                    .map_err(|error| file.error("read", error));
                let _ = answer.send(done);
            }
            Self::Head(answer) => {
                let head = busy::patiently(|| queries.head());
                let _ = answer.send(head.map_err(|error| file.error("read", error)));
            }
            Self::Snapshot(stream, answer) => {
                let snapshot = busy::patiently(|| queries.snapshot(&stream));
                let _ = answer.send(snapshot.map_err(|error| file.error("read", error)));
            }
        }
    }

    fn fail(self, error: StoreError) {
        match self {
            Self::Read { answer, .. } => drop(answer.send(Err(error))),
            Self::Head(answer) => drop(answer.send(Err(error))),
            Self::Snapshot(_, answer) => drop(answer.send(Err(error))),
        }
    }
}

#[derive(Default)]
struct Queue {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Default)]
struct Waiting {
    jobs: VecDeque<Job>,
    closed: bool,
}

impl Queue {
    fn push(&self, job: Job) {
        self.lock().jobs.push_back(job);
        self.changed.notify_one();
    }

    fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    /// The next job, or `None` once the queue is closed.
    fn next(&self) -> Option<Job> {
        let waiting = self.lock();
        let mut waiting = self
            .changed
            .wait_while(waiting, |waiting| {
                waiting.jobs.is_empty() && !waiting.closed
            })
            .unwrap_or_else(PoisonError::into_inner);
        waiting.jobs.pop_front()
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Queue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Queue")
            .field("waiting", &self.lock().jobs.len())
            .finish()
    }
}
