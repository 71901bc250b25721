//! The threads that read: each with a connection of its own, none in the way of the writer. What is
//! short is read in the place of whoever asks, where that is possible.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use es_core::record::{Page, ReadRequest};
use es_core::store::{Snapshot, State, StoreError, StoreErrorKind};
use es_core::stream::{Position, StreamName};
use rusqlite::Connection;
use tokio::sync::oneshot;
use tokio::task::coop::consume_budget;

use super::ahead::{Ahead, Asked, Begun, Found, Read, behind};
use super::busy;
use super::file::File;
use super::nearby::Nearby;
use super::queries::Queries;
use super::states::List;
use super::writer::{Desk, join};

/// A question and whom to answer. Where nobody waits any more, the answer is dropped and the thread
/// goes on: a read that is given up harms nobody else's.
enum Job {
    /// With the page, where it was read ahead.
    Read(Read, Option<Found>),
    /// Reads ahead, into a page.
    ReadAhead(Begun, Page),
    Head(oneshot::Sender<Result<Position, StoreError>>),
    Snapshot(
        StreamName,
        oneshot::Sender<Result<Option<Snapshot>, StoreError>>,
    ),
    State(
        StreamName,
        oneshot::Sender<Result<Option<State>, StoreError>>,
    ),
    States(List, oneshot::Sender<Result<Vec<State>, StoreError>>),
    /// What is asked so seldom that nothing is prepared for it.
    Look(Look),
}

/// Looks at the connection, and answers whom it knows; where there is none, it is told why.
type Look = Box<dyn FnOnce(Result<(&Connection, &File), StoreError>) + Send>;

/// The reading threads' handles. What may be answered at once takes part in the runtime's budget: who
/// reads and reads lets others run, and can be aborted. Dropping them waits until each has closed its connection.
#[derive(Debug)]
pub(super) struct Readers {
    queue: Arc<Queue>,
    ahead: Arc<Ahead>,
    nearby: Nearby,
    file: Arc<File>,
    threads: Vec<JoinHandle<()>>,
}

impl Readers {
    pub(super) fn start(
        file: &Arc<File>,
        desk: &Arc<Desk>,
        count: usize,
    ) -> Result<Self, StoreError> {
        let mut readers = Self {
            queue: Arc::default(),
            ahead: Arc::new(Ahead::new(count)),
            nearby: Nearby::new(Arc::clone(file), Arc::clone(desk), count),
            file: Arc::clone(file),
            threads: Vec::with_capacity(count),
        };
        for _ in 0..count {
            let (queue, file) = (Arc::clone(&readers.queue), Arc::clone(file));
            let ahead = Arc::clone(&readers.ahead);
            let thread = thread::Builder::new()
                .name("es-sqlite-reader".into())
                .spawn(move || serve(&queue, &ahead, &file));
            readers.threads.push(thread.map_err(|error| {
                StoreError::new(StoreErrorKind::Unavailable, "start a reading thread")
                    .because(error)
            })?);
        }
        Ok(readers)
    }

    /// Fills the page here where that is short, moves it to a thread and back, or takes another that
    /// was read ahead.
    pub(super) async fn read(&self, request: ReadRequest, page: Page) -> Result<Page, StoreError> {
        consume_budget().await;
        let (answer, answered) = oneshot::channel();
        let read = Read {
            request,
            page,
            answer,
        };
        match self.ahead.ask(read) {
            Asked::Underway => {}
            Asked::Found(read, found) if found.page.has_more() => {
                self.read_ahead_of(&read.request, &found.page, || read.page);
                return Ok(found.page);
            }
            Asked::Found(read, found) => self.queue.push(Job::Read(read, Some(found))),
            Asked::Unread(mut read) => {
                if self.nearby.try_fill(&read.request, &mut read.page) {
                    self.read_ahead_of(&read.request, &read.page, Page::new);
                    return Ok(read.page);
                }
                self.queue.push(Job::Read(read, None));
            }
        }
        answered.await.unwrap_or_else(|_| Err(thread_ended()))
    }

    /// Lets a thread read what is behind `page`.
    fn read_ahead_of(&self, request: &ReadRequest, page: &Page, spare: impl FnOnce() -> Page) {
        if let Some(next) = behind(request, page)
            && let Some(begun) = self.ahead.begin(next)
        {
            self.queue.push(Job::ReadAhead(begun, spare()));
        }
    }

    pub(super) async fn head(&self) -> Result<Position, StoreError> {
        consume_budget().await;
        #[expect(
            clippy::redundant_closure_for_method_calls,
            reason = "the method is of one lifetime, the closure of any"
        )]
        let found = self.nearby.try_read(|queries| queries.head());
        match found {
            Some(head) => Ok(head),
            None => self.ask(Job::Head).await,
        }
    }

    pub(super) async fn snapshot(
        &self,
        stream: StreamName,
    ) -> Result<Option<Snapshot>, StoreError> {
        consume_budget().await;
        match self.nearby.try_read(|queries| queries.snapshot(&stream)) {
            Some(snapshot) => Ok(snapshot),
            None => self.ask(|answer| Job::Snapshot(stream, answer)).await,
        }
    }

    pub(super) async fn state(&self, stream: StreamName) -> Result<Option<State>, StoreError> {
        consume_budget().await;
        match self.nearby.try_read(|queries| queries.states.load(&stream)) {
            Some(state) => Ok(state),
            None => self.ask(|answer| Job::State(stream, answer)).await,
        }
    }

    pub(super) async fn states(&self, list: List) -> Result<Vec<State>, StoreError> {
        self.ask(|answer| Job::States(list, answer)).await
    }

    /// The file, for people.
    pub(super) fn path(&self) -> String {
        self.file.shown()
    }

    /// What `look` finds, all at one moment.
    pub(super) async fn look<T: Send + 'static>(
        &self,
        look: impl Fn(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.ask(|answer| {
            Job::Look(Box::new(move |reader| {
                let found = reader.and_then(|(connection, file)| {
                    let found = busy::patiently(|| {
                        let _inside = file.gate().enter();
                        look(connection)
                    });
                    found.map_err(|error| file.error("look into", error))
                });
                let _ = answer.send(found);
            }))
        })
        .await
    }

    async fn ask<T>(
        &self,
        job: impl FnOnce(oneshot::Sender<Result<T, StoreError>>) -> Job,
    ) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        self.queue.push(job(answer));
        answered.await.unwrap_or_else(|_| Err(thread_ended()))
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

fn thread_ended() -> StoreError {
    let action = "read: the reading thread has ended; open the store again";
    StoreError::new(StoreErrorKind::Unavailable, action)
}

/// A connection is opened with the first job: most programs need fewer readers than they have.
fn serve(queue: &Queue, ahead: &Arc<Ahead>, file: &File) {
    busy::wait_at_most(file.lock_wait());
    while let Some(job) = queue.next() {
        let connection = match file.open_to_read() {
            Ok(connection) => connection,
            Err(error) => {
                job.fail(error);
                continue;
            }
        };
        let mut reader = Reader {
            connection: &connection,
            queries: Queries::new(&connection),
            queue,
            ahead,
            file,
        };
        reader.run(job);
        while let Some(job) = queue.next() {
            reader.run(job);
        }
    }
}

/// One thread's, once its connection is open.
struct Reader<'a> {
    connection: &'a Connection,
    queries: Queries<'a>,
    queue: &'a Queue,
    ahead: &'a Arc<Ahead>,
    file: &'a File,
}

impl Reader<'_> {
    fn run(&mut self, job: Job) {
        let Self { queries, file, .. } = self;
        match job {
            Job::Read(read, found) => self.read(read, found),
            Job::ReadAhead(begun, page) => {
                if let Some((read, found)) = self.read_ahead(begun, page) {
                    self.read(read, found);
                }
            }
            Job::Head(answer) => {
                let head = busy::patiently(|| queries.head());
                let _ = answer.send(head.map_err(|error| file.error("read", error)));
            }
            Job::Snapshot(stream, answer) => {
                let snapshot = busy::patiently(|| queries.snapshot(&stream));
                let _ = answer.send(snapshot.map_err(|error| file.error("read", error)));
            }
            Job::State(stream, answer) => {
                let state = busy::patiently(|| queries.states.load(&stream));
                let _ = answer.send(state.map_err(|error| file.error("read", error)));
            }
            Job::States(list, answer) => {
                let states = busy::patiently(|| queries.states.list(&list));
                let _ = answer.send(states.map_err(|error| file.error("read", error)));
            }
            Job::Look(look) => look(Ok((self.connection, self.file))),
        }
    }

    /// Answers, and goes on to the next page as long as nobody else waits for a reader.
    fn read(&mut self, mut read: Read, mut found: Option<Found>) {
        loop {
            if read.answer.is_closed() {
                return;
            }
            let (page, spare) = match self.page(&read.request, read.page, found) {
                Ok(pages) => pages,
                Err(error) => {
                    let _ = read.answer.send(Err(self.file.error("read", error)));
                    return;
                }
            };
            let next = behind(&read.request, &page).filter(|_| self.queue.is_empty());
            let begun = next.and_then(|next| self.ahead.begin(next));
            let _ = read.answer.send(Ok(page));
            let Some(begun) = begun else {
                return;
            };
            match self.read_ahead(begun, spare) {
                Some(asked) => (read, found) = asked,
                None => return,
            }
        }
    }

    /// The page asked for, and another that is free.
    fn page(
        &mut self,
        request: &ReadRequest,
        mut page: Page,
        found: Option<Found>,
    ) -> rusqlite::Result<(Page, Page)> {
        let Self { queries, file, .. } = self;
        if let Some(found) = found
            && (found.page.has_more() || busy::patiently(|| queries.head())? == found.head)
        {
            return Ok((found.page, page));
        }
        busy::patiently(|| {
            let _inside = file.gate().enter();
            queries.fill(request, &mut page)
        })?;
        Ok((page, Page::new()))
    }

    fn read_ahead(&mut self, begun: Begun, mut page: Page) -> Option<(Read, Option<Found>)> {
        let Self { queries, file, .. } = self;
        let found = busy::patiently(|| {
            let _inside = file.gate().enter();
            let head = queries.head()?;
            queries.fill(&begun.request, &mut page)?;
            Ok(head)
        });
        // Where it failed, whoever asks is told so by a read of his own.
        begun.end(found.ok().map(|head| Found { page, head }))
    }
}

impl Job {
    fn fail(self, error: StoreError) {
        match self {
            Self::Read(Read { answer, .. }, _) => drop(answer.send(Err(error))),
            Self::ReadAhead(begun, _) => {
                if let Some((Read { answer, .. }, _)) = begun.end(None) {
                    drop(answer.send(Err(error)));
                }
            }
            Self::Head(answer) => drop(answer.send(Err(error))),
            Self::Snapshot(_, answer) => drop(answer.send(Err(error))),
            Self::State(_, answer) => drop(answer.send(Err(error))),
            Self::States(_, answer) => drop(answer.send(Err(error))),
            Self::Look(look) => look(Err(error)),
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

    fn is_empty(&self) -> bool {
        self.lock().jobs.is_empty()
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
