//! A server's troubles in our words.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use deadpool_postgres::{HookError, PoolError, TimeoutType};
use es_core::store::{StoreError, StoreErrorKind};
use tokio_postgres::error::{Severity, SqlState};
use tokio_postgres::{Error, error::DbError};

/// Why a server did not do what it was asked for. Clones share it, since a batch fails for many.
#[derive(Clone, Debug)]
pub(crate) struct Trouble {
    kind: StoreErrorKind,
    /// What a person may do about it.
    hint: Option<&'static str>,
    certainty: Certainty,
    source: Arc<dyn StdError + Send + Sync>,
}

/// What is known of the statement that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Certainty {
    /// It was never sent.
    NotSent,
    /// The server refused it: nothing of it stands.
    Refused,
    /// The connection ended before the answer.
    Unknown,
    /// The answer came, and is none that a store gives.
    Unread,
}

/// Why a batch of appends was not acknowledged.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Nothing of it was written, and no single append is to blame.
    NotReached(Trouble),
    /// Nothing of it was written; one of the appends may be to blame.
    Refused(Trouble),
    /// Nobody can know.
    Unknown(Trouble),
}

impl Failure {
    /// The same where some of the batch was written before.
    #[cfg(feature = "postgres")]
    pub(crate) fn in_doubt(self) -> Self {
        match self {
            Self::NotReached(trouble) | Self::Refused(trouble) | Self::Unknown(trouble) => {
                Self::Unknown(trouble)
            }
        }
    }
}

impl Trouble {
    /// A trouble of our own making: nothing was sent.
    pub(crate) fn new(
        kind: StoreErrorKind,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        Self {
            kind,
            hint: None,
            certainty: Certainty::NotSent,
            source: Arc::from(source.into()),
        }
    }

    /// The connection has ended: the same on a new one may succeed.
    pub(crate) fn is_disconnection(&self) -> bool {
        self.certainty == Certainty::Unknown
    }

    /// What was prepared on the connection is not valid any more: the schema has changed, or a
    /// pooler has forgotten it.
    pub(crate) fn is_stale_statement(&self) -> bool {
        let code = db_error(&*self.source).map(DbError::code);
        matches!(
            code,
            Some(&SqlState::FEATURE_NOT_SUPPORTED | &SqlState::INVALID_SQL_STATEMENT_NAME)
        )
    }

    /// The same before anything was sent.
    #[cfg(feature = "postgres")]
    pub(crate) fn before_sending(mut self) -> Self {
        self.certainty = Certainty::NotSent;
        self
    }

    /// Whether a value of one append may have caused it, rather than the state of the server.
    pub(crate) fn may_blame_one(&self) -> bool {
        let code = db_error(&*self.source).map(DbError::code);
        let class = code.map(|code| &code.code()[..2]);
        class.is_none_or(|class| ["22", "23", "54", "P0", "XX"].contains(&class))
    }

    /// Another transaction came first, or the two waited for each other and the server chose this
    /// one to give way.
    pub(crate) fn gave_way(&self) -> bool {
        let code = db_error(&*self.source).map(DbError::code);
        let chosen = matches!(
            code,
            Some(&SqlState::T_R_DEADLOCK_DETECTED | &SqlState::T_R_SERIALIZATION_FAILURE)
        );
        chosen || self.lost_race()
    }

    /// Somebody appended behind the same version of a stream, and committed while this waited.
    pub(crate) fn lost_race(&self) -> bool {
        let told = db_error(&*self.source);
        told.is_some_and(|it| {
            *it.code() == SqlState::UNIQUE_VIOLATION && it.constraint() == Some("events_by_stream")
        })
    }

    /// What the server calls it, where it said anything.
    #[cfg(feature = "message-db")]
    pub(crate) fn code(&self) -> Option<&SqlState> {
        db_error(&*self.source).map(DbError::code)
    }

    /// The server's own words.
    #[cfg(feature = "message-db")]
    pub(crate) fn message(&self) -> String {
        db_error(&*self.source)
            .map_or_else(|| self.source.to_string(), |it| it.message().to_owned())
    }

    /// What became of a batch that failed by this.
    pub(crate) fn of_batch(self) -> Failure {
        match self.certainty {
            Certainty::NotSent => Failure::NotReached(self),
            Certainty::Refused => Failure::Refused(self),
            Certainty::Unknown | Certainty::Unread => Failure::Unknown(self),
        }
    }

    /// The error of `action`, which reads on from "could not".
    pub(crate) fn while_doing(&self, action: impl fmt::Display) -> StoreError {
        let action = match self.hint {
            Some(hint) => format!("{action}: {hint}"),
            None => action.to_string(),
        };
        StoreError::new(self.kind, action).because(Told(Arc::clone(&self.source)))
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        let (kind, hint, certainty) = match error.as_db_error() {
            Some(told) => {
                let (kind, hint) = kind_of(told.code());
                (kind, hint, certainty_of(told))
            }
            None => {
                let (kind, certainty) = driver_failure(&error);
                (kind, None, certainty)
            }
        };
        Self {
            kind,
            hint,
            certainty,
            source: Arc::new(error),
        }
    }
}

/// A server that ends the connection may have ended it behind the commit; one that only refuses the
/// statement has not committed it. A pooler may say the first in words of the second.
fn certainty_of(told: &DbError) -> Certainty {
    let code = told.code().code();
    let lost = code.starts_with("08") || ["57P01", "57P02", "40003"].contains(&code);
    match told.parsed_severity() {
        Some(Severity::Error) if !lost => Certainty::Refused,
        _ => Certainty::Unknown,
    }
}

/// The driver tells its kinds of errors apart in words alone.
fn driver_failure(error: &Error) -> (StoreErrorKind, Certainty) {
    let told = error.to_string();
    let begins = |begins: &[&str]| begins.iter().any(|it| told.starts_with(it));
    if begins(&["error serializing", "error encoding", "expected "]) {
        (StoreErrorKind::Invalid, Certainty::NotSent)
    } else if begins(&["error deserializing", "invalid column", "query returned"]) {
        (StoreErrorKind::Corrupt, Certainty::Unread)
    } else {
        (StoreErrorKind::Unavailable, Certainty::Unknown)
    }
}

impl From<PoolError> for Trouble {
    fn from(error: PoolError) -> Self {
        let error = match error {
            PoolError::Backend(error) | PoolError::PostCreateHook(HookError::Backend(error)) => {
                return Self {
                    certainty: Certainty::NotSent,
                    ..error.into()
                };
            }
            error => error,
        };
        let (kind, hint) = match &error {
            PoolError::Timeout(TimeoutType::Wait) => (
                StoreErrorKind::Busy,
                Some(
                    "all connections of the pool are in use; raise `pool_size` or the wait for one",
                ),
            ),
            PoolError::Timeout(_) => (
                StoreErrorKind::Unavailable,
                Some("the server does not answer"),
            ),
            _ => (StoreErrorKind::Unavailable, None),
        };
        Self {
            kind,
            hint,
            certainty: Certainty::NotSent,
            source: Arc::new(error),
        }
    }
}

fn db_error<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a DbError> {
    error.downcast_ref::<Error>()?.as_db_error()
}

type Hint = Option<&'static str>;

fn kind_of(code: &SqlState) -> (StoreErrorKind, Hint) {
    use StoreErrorKind::{
        Busy, Corrupt, Denied, Full, Invalid, NotAStore, Other, ReadOnly, Unavailable,
    };
    match *code {
        SqlState::INVALID_PASSWORD => (Denied, Some("the user or the password is wrong")),
        SqlState::INVALID_AUTHORIZATION_SPECIFICATION => {
            (Denied, Some("the server does not let this user in"))
        }
        SqlState::INSUFFICIENT_PRIVILEGE => (
            Denied,
            Some("the user may not do this; grant what the store's documentation lists"),
        ),
        SqlState::INVALID_CATALOG_NAME => (
            Unavailable,
            Some("there is no such database; make it by `createdb`"),
        ),
        SqlState::READ_ONLY_SQL_TRANSACTION => (
            ReadOnly,
            Some("the server only lets read, as a standby does; connect to the primary"),
        ),
        SqlState::DISK_FULL => (Full, None),
        SqlState::TOO_MANY_CONNECTIONS => (Busy, Some("the server has no connection left")),
        SqlState::QUERY_CANCELED => (Busy, Some("it took longer than the statement timeout")),
        SqlState::LOCK_NOT_AVAILABLE => (Busy, Some("somebody holds its lock for too long")),
        SqlState::UNDEFINED_TABLE
        | SqlState::UNDEFINED_FUNCTION
        | SqlState::UNDEFINED_COLUMN
        | SqlState::INVALID_SCHEMA_NAME => (NotAStore, None),
        SqlState::DATA_CORRUPTED | SqlState::INDEX_CORRUPTED => (Corrupt, None),
        _ => match code.code().get(..2) {
            Some("08" | "57") => (Unavailable, None),
            Some("22" | "23" | "54") => (Invalid, None),
            Some("53") => (Busy, None),
            _ => (Other, None),
        },
    }
}

/// What the server said, or the driver with all its causes, in one line: neither reads well as a
/// chain, since each repeats what stands below it.
#[derive(Debug)]
struct Told(Arc<dyn StdError + Send + Sync>);

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(told) = db_error(&*self.0) {
            write!(f, "{} ({})", told.message(), told.code().code())?;
            return match told.detail() {
                Some(detail) => write!(f, ": {detail}"),
                None => Ok(()),
            };
        }
        let mut last = self.0.to_string();
        f.write_str(&last)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            let told = error.to_string();
            if !last.contains(&told) {
                write!(f, ": {told}")?;
                last = told;
            }
            cause = error.source();
        }
        Ok(())
    }
}

impl StdError for Told {}
