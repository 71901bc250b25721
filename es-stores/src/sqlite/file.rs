//! One database file: opening connections to it, and errors that name it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use es_core::store::{StoreError, StoreErrorKind};
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::busy;
use super::gate::Gate;
use super::options::{SqliteOptions, Synchronous};
use super::schema::{self, Identity};

/// How long a write-ahead log may become before something is done about it.
pub(super) const LOG_BYTES: u64 = 64 << 20;

/// A database file and how long to wait for its locks.
#[derive(Debug)]
pub(super) struct File {
    path: PathBuf,
    lock_wait: Duration,
    /// Inside are those of this process who read a page.
    gate: Gate,
}

impl File {
    /// Nothing is opened yet. The path is made absolute, so that a later change of the working
    /// folder can not lead the readers to another file.
    pub(super) fn at(path: &Path, lock_wait: Duration) -> Result<Self, StoreError> {
        let refused = |why: &str| {
            let action = format!("open `{}`: {why}", path.display());
            StoreError::new(StoreErrorKind::Invalid, action)
        };
        if path.as_os_str().is_empty() {
            return Err(refused("the path is empty"));
        }
        if path == Path::new(":memory:") {
            return Err(refused(
                "it is no file; for events in memory take `MemoryStore`",
            ));
        }
        let path = std::path::absolute(path)
            .map_err(|error| refused("the working folder is unknown").because(error))?;
        Ok(Self {
            path,
            lock_wait,
            gate: Gate::default(),
        })
    }

    /// Its path, for people.
    pub(super) fn shown(&self) -> String {
        self.path.display().to_string()
    }

    pub(super) fn gate(&self) -> &Gate {
        &self.gate
    }

    pub(super) fn lock_wait(&self) -> Duration {
        self.lock_wait
    }

    /// The size of the write-ahead log.
    pub(super) fn log_bytes(&self) -> u64 {
        let mut log = self.path.clone().into_os_string();
        log.push("-wal");
        std::fs::metadata(log).map_or(0, |log| log.len())
    }

    /// The connection that writes; makes the store where the file is new.
    pub(super) fn open_to_write(&self, options: &SqliteOptions) -> Result<Connection, StoreError> {
        self.refuse_foreign_file()?;
        let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE;
        if options.create {
            flags |= OpenFlags::SQLITE_OPEN_CREATE;
        } else if !self.path.exists() {
            let action = format!("open `{}`: there is no such file", self.path.display());
            return Err(StoreError::new(StoreErrorKind::Unavailable, action));
        }
        let connection = self.open(flags)?;
        if connection.is_readonly("main").unwrap_or(false) {
            return Err(self.read_only());
        }
        busy::patiently(|| schema::ensure(&connection, options.create))
            .map_err(|error| self.cannot_write_beside(error))?
            .map_err(|refusal| self.refused(refusal))?;
        let mode =
            configure(&connection, options).map_err(|error| self.cannot_write_beside(error))?;
        if mode != "wal" {
            return Err(self.no_log(&mode));
        }
        Ok(connection)
    }

    /// A connection that reads.
    pub(super) fn open_to_read(&self) -> Result<Connection, StoreError> {
        self.open(OpenFlags::SQLITE_OPEN_READ_ONLY)
    }

    /// An error of `action`, which reads on from "could not", as in `append to`.
    pub(super) fn error(&self, action: &str, error: impl Into<Arc<rusqlite::Error>>) -> StoreError {
        let error = error.into();
        let (kind, why) = self.explain(&error);
        let why = why.map(|why| format!(": {why}")).unwrap_or_default();
        StoreError::new(kind, format!("{action} `{}`{why}", self.path.display())).because(error)
    }

    fn explain(&self, error: &rusqlite::Error) -> (StoreErrorKind, Option<String>) {
        use StoreErrorKind as Kind;

        if busy::is_lock(error) {
            let why = format!(
                "another connection held its lock for longer than {:?}",
                self.lock_wait
            );
            return (Kind::Busy, Some(why));
        }
        if let rusqlite::Error::FromSqlConversionFailure(_, _, problem) = error {
            return (Kind::Corrupt, Some(problem.to_string()));
        }
        let (kind, why) = match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => (
                Kind::Full,
                "no room is left on the disk, or within the size it may have",
            ),
            Some(ErrorCode::DatabaseCorrupt) => (Kind::Corrupt, "the file is damaged"),
            Some(ErrorCode::NotADatabase) => (Kind::NotAStore, "it is no SQLite database"),
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
                (Kind::ReadOnly, "it may not be written to")
            }
            Some(ErrorCode::CannotOpen) => (Kind::Unavailable, "it could not be opened"),
            None if is_bad_value(error) => (Kind::Corrupt, "it holds a value that no store writes"),
            Some(ErrorCode::Unknown) if is_missing_part(error) => (
                Kind::Corrupt,
                "a table or an index of the schema is missing; restore it from a backup",
            ),
            _ => return (Kind::Other, None),
        };
        (kind, Some(why.to_owned()))
    }

    fn open(&self, flags: OpenFlags) -> Result<Connection, StoreError> {
        let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = busy::patiently(|| {
            let connection = Connection::open_with_flags(&self.path, flags)?;
            // Room for all there are.
            connection.set_prepared_statement_cache_capacity(64);
            busy::install(&connection)?;
            Ok(connection)
        });
        connection.map_err(|error| self.cannot_open(error))
    }

    /// Looks at a file that may be somebody else's, in a way that neither locks it nor leaves
    /// anything beside it.
    ///
    /// It is SQLite that looks, because a program that opens and closes such a file by itself drops
    /// the locks of all its connections to it (<https://sqlite.org/howtocorrupt.html>, 2.2). What
    /// it sees may be half of a change just being made, so only a clear answer counts.
    fn refuse_foreign_file(&self) -> Result<(), StoreError> {
        let uri = format!("file:{}?immutable=1", escape(&self.path));
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
            | OpenFlags::SQLITE_OPEN_NO_MUTEX
            | OpenFlags::SQLITE_OPEN_URI;
        let seen = Connection::open_with_flags(uri, flags)
            .and_then(|connection| schema::identify(&connection));
        match seen {
            Ok(Identity::Foreign { application_id }) => {
                Err(self.refused(schema::Refusal::Foreign { application_id }))
            }
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::NotADatabase) => {
                Err(self.error("open", error))
            }
            _ => Ok(()),
        }
    }

    fn refused(&self, refusal: schema::Refusal) -> StoreError {
        let action = format!("open `{}`: {refusal}", self.path.display());
        StoreError::new(refusal.kind(), action)
    }

    fn read_only(&self) -> StoreError {
        let action = format!(
            "open `{}`: the file may not be written to; change its permissions",
            self.path.display()
        );
        StoreError::new(StoreErrorKind::ReadOnly, action)
    }

    /// The file is open, and what can still not be opened are SQLite's own files beside it.
    fn cannot_write_beside(&self, error: rusqlite::Error) -> StoreError {
        match (error.sqlite_error_code(), self.path.parent()) {
            (Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly), Some(folder)) => {
                let why = cannot_make_files_in(folder);
                let action = format!("open `{}`: {why}", self.path.display());
                StoreError::new(StoreErrorKind::ReadOnly, action).because(error)
            }
            _ => self.error("open", error),
        }
    }

    fn no_log(&self, mode: &str) -> StoreError {
        let action = format!(
            "open `{}`: its journal is in the mode `{mode}`, expected was `wal`; choose a local \
             file system, where processes can share memory",
            self.path.display()
        );
        StoreError::new(StoreErrorKind::Unavailable, action)
    }

    /// SQLite says no more than that it could not: what is in the way is found out here.
    fn cannot_open(&self, error: rusqlite::Error) -> StoreError {
        if error.sqlite_error_code() != Some(ErrorCode::CannotOpen) {
            return self.error("open", error);
        }
        let folder = self.path.parent().unwrap_or(&self.path);
        let (kind, why) = if self.path.is_dir() {
            let why = "it is a directory; name a file".to_owned();
            (StoreErrorKind::Unavailable, why)
        } else if !folder.exists() {
            let why = format!(
                "there is no directory `{}`; create it first",
                folder.display()
            );
            (StoreErrorKind::Unavailable, why)
        } else if self.path.exists() {
            let why = "the file may not be opened; change its permissions".to_owned();
            (StoreErrorKind::Unavailable, why)
        } else {
            (StoreErrorKind::ReadOnly, cannot_make_files_in(folder))
        };
        StoreError::new(kind, format!("open `{}`: {why}", self.path.display())).because(error)
    }
}

fn cannot_make_files_in(folder: &Path) -> String {
    let folder = folder.display();
    format!(
        "no file can be made in the directory `{folder}`; change its permissions or choose another"
    )
}

/// Sets what a connection does not keep, and the log's mode, which the file does. Answers the mode.
fn configure(connection: &Connection, options: &SqliteOptions) -> rusqlite::Result<String> {
    let mode = busy::patiently(|| {
        connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))
    })?;
    let synchronous = match options.synchronous {
        Synchronous::Full => "FULL",
        Synchronous::Normal => "NORMAL",
    };
    connection.pragma_update(None, "synchronous", synchronous)?;
    // Apple's systems leave data in the disk's cache unless asked in another way.
    connection.pragma_update(None, "fullfsync", options.synchronous == Synchronous::Full)?;
    // The references in the schema are for people; the writer's own statements keep them.
    connection.pragma_update(None, "foreign_keys", false)?;
    // A burst must not leave a log of gigabytes behind.
    connection.pragma_update(None, "journal_size_limit", LOG_BYTES.cast_signed())?;
    if let Some(bytes) = options.max_size_bytes {
        let page: u32 = connection.pragma_query_value(None, "page_size", |row| row.get(0))?;
        let pages = i64::try_from((bytes / u64::from(page)).max(1)).unwrap_or(i64::MAX);
        connection.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))?;
    }
    Ok(mode)
}

/// Whether somebody dropped what the statements need: SQLite has no code of its own for that.
fn is_missing_part(error: &rusqlite::Error) -> bool {
    let text = error.to_string();
    text.contains("no such table")
        || text.contains("no such index")
        || text.contains("no such column")
}

fn is_bad_value(error: &rusqlite::Error) -> bool {
    matches!(
        error,
        rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::Utf8Error(..)
    )
}

/// The path of a `file:` URI.
fn escape(path: &Path) -> String {
    use std::fmt::Write as _;

    let mut escaped = String::new();
    if cfg!(windows) {
        escaped.push('/');
    }
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'\\' if cfg!(windows) => escaped.push('/'),
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' => {
                escaped.push(char::from(*byte));
            }
            b':' if cfg!(windows) => escaped.push(':'),
            _ => {
                let _ = write!(escaped, "%{byte:02X}");
            }
        }
    }
    escaped
}
