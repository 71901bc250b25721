//! SQLite by rusqlite alone, with a write-ahead log as our store has it.

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Result;
use async_trait::async_trait;
use es_bench_race::bank::{self, Account, BankEvent, account_name};
use es_bench_race::{Contestant, Role, Work};
use rusqlite::Connection;

use super::jobs::{self, BATCH, Job};

const SCHEMA: &str = "CREATE TABLE events (
    position INTEGER PRIMARY KEY, stream TEXT NOT NULL, version INTEGER NOT NULL,
    type TEXT NOT NULL, payload BLOB NOT NULL, UNIQUE (stream, version))";
const INSERT: &str = "INSERT INTO events (stream, version, type, payload) VALUES (?1, ?2, ?3, ?4)";
const STREAM: &str = "SELECT type, payload FROM events WHERE stream = ?1 ORDER BY version";
const ALL: &str =
    "SELECT stream, version, position, type, payload FROM events ORDER BY position LIMIT ?1";

fn open(path: &Path, full: bool) -> Result<Connection> {
    let connection = Connection::open(path)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", if full { "FULL" } else { "NORMAL" })?;
    connection.busy_timeout(Duration::from_secs(30))?;
    Ok(connection)
}

fn insert(connection: &Connection, account: u64, version: u64, event: &BankEvent) -> Result<()> {
    let mut insert = connection.prepare_cached(INSERT)?;
    let (version, fields) = (i64::try_from(version)?, event.fields()?);
    insert.execute((account_name(account), version, event.kind(), fields))?;
    Ok(())
}

fn load(connection: &Connection, account: u64) -> Result<Account> {
    let mut select = connection.prepare_cached(STREAM)?;
    let mut rows = select.query([account_name(account)])?;
    let mut account = Account::default();
    while let Some(row) = rows.next()? {
        let (kind, fields) = (row.get_ref(0)?.as_str()?, row.get_ref(1)?.as_blob()?);
        account.apply(&BankEvent::decode(kind, fields)?);
    }
    Ok(account)
}

/// A connection, and for each writer another: one statement a commit.
#[derive(Debug)]
pub struct File {
    connection: Mutex<Connection>,
    path: PathBuf,
    full: bool,
}

impl File {
    /// A new file.
    ///
    /// # Errors
    /// Where it can not be made.
    pub fn new(path: PathBuf, full: bool) -> Result<Self> {
        let connection = open(&path, full)?;
        connection.execute_batch(SCHEMA)?;
        Ok(Self {
            connection: Mutex::new(connection),
            path,
            full,
        })
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        self.connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Does the work of a writer on a thread and a connection of its own.
    async fn on_thread<W>(&self, work: W) -> Result<Option<u64>>
    where
        W: FnOnce(&Connection) -> Result<u64> + Send + 'static,
    {
        let (path, full) = (self.path.clone(), self.full);
        let done = tokio::task::spawn_blocking(move || work(&open(&path, full)?));
        done.await?.map(Some)
    }
}

#[async_trait]
impl Contestant for File {
    fn name(&self) -> String {
        "rusqlite".into()
    }

    fn role(&self) -> Role {
        Role::Limit
    }

    async fn append(&self, account: u64, from: u64, count: u64) -> Result<Option<()>> {
        let mut connection = self.connection();
        let transaction = connection.transaction()?;
        for nth in from..from + count {
            insert(&transaction, account, nth, &bank::event(nth))?;
        }
        transaction.commit()?;
        Ok(Some(()))
    }

    async fn append_each(&self, work: Work) -> Result<Option<u64>> {
        self.on_thread(move |connection| {
            let mut turns = work.turns();
            for (account, events) in &mut turns {
                insert(connection, account, events, &bank::event(events))?;
            }
            Ok(turns.taken())
        })
        .await
    }

    async fn command_each(&self, work: Work) -> Result<Option<u64>> {
        self.on_thread(move |connection| {
            let mut turns = work.turns();
            for (account, events) in &mut turns {
                let state = load(connection, account)?;
                let event = state.decide(bank::command(events))?;
                insert(connection, account, state.events, &event)?;
            }
            Ok(turns.taken())
        })
        .await
    }

    async fn load(&self, account: u64) -> Result<Option<Account>> {
        load(&self.connection(), account).map(Some)
    }

    async fn read_category(&self, at_most: u64) -> Result<Option<u64>> {
        let connection = self.connection();
        let mut select = connection.prepare_cached(ALL)?;
        let mut rows = select.query([i64::try_from(at_most)?])?;
        let mut count = 0;
        while let Some(row) = rows.next()? {
            black_box(row.get_ref(0)?.as_str()?);
            let (kind, fields) = (row.get_ref(3)?.as_str()?, row.get_ref(4)?.as_blob()?);
            black_box(BankEvent::decode(kind, fields)?);
            count += 1;
        }
        Ok(Some(count))
    }

    async fn read_all(&self, at_most: u64) -> Result<Option<u64>> {
        let connection = self.connection();
        let mut select = connection.prepare_cached(ALL)?;
        let mut rows = select.query([i64::try_from(at_most)?])?;
        let mut count = 0;
        while let Some(row) = rows.next()? {
            black_box((row.get_ref(0)?.as_str()?, row.get_ref(1)?.as_i64()?));
            black_box((row.get_ref(3)?.as_str()?, row.get_ref(4)?.as_blob()?));
            count += 1;
        }
        Ok(Some(count))
    }
}

/// One thread that writes what waits in one transaction.
#[derive(Debug)]
pub struct GroupCommit(mpsc::Sender<Job>);

impl GroupCommit {
    /// A new file.
    ///
    /// # Errors
    /// Where it can not be made.
    pub fn new(path: &Path, full: bool) -> Result<Self> {
        let connection = open(path, full)?;
        connection.execute_batch(SCHEMA)?;
        let (jobs, queue) = mpsc::channel();
        std::thread::spawn(move || {
            if let Err(error) = write(&connection, &queue) {
                eprintln!("es-bench: the raw group commit failed: {error:#}");
            }
        });
        Ok(Self(jobs))
    }
}

fn write(connection: &Connection, queue: &mpsc::Receiver<Job>) -> Result<()> {
    while let Ok(first) = queue.recv() {
        let mut batch = vec![first];
        batch.extend(queue.try_iter().take(BATCH - 1));
        connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        for job in &batch {
            insert(connection, job.account, job.version, &job.event)?;
        }
        connection.prepare_cached("COMMIT")?.execute([])?;
        for job in batch {
            let _ = job.done.send(());
        }
    }
    Ok(())
}

#[async_trait]
impl Contestant for GroupCommit {
    fn name(&self) -> String {
        "rusqlite, one thread, group commit".into()
    }

    fn role(&self) -> Role {
        Role::Limit
    }

    async fn append_each(&self, work: Work) -> Result<Option<u64>> {
        jobs::append_each(work, |job| Ok(self.0.send(job)?)).await
    }
}
