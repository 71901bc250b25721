//! Why a command was not carried out.

use std::error::Error as StdError;
use std::fmt;

use chrono::{DateTime, Utc};

use crate::error::{LoadError, SaveError, UpdateError};
use crate::stream::StreamName;

/// A command was not carried out: nothing was written, unless [`ProcessError::Save`] holds
/// [`SaveError::OutcomeUnknown`]. Then process it again under the same idempotency key; without one,
/// [`retry`](crate::OutcomeUnknown::retry) carries it out at most once.
#[derive(Debug)]
#[non_exhaustive]
pub enum ProcessError<E> {
    /// The domain said no: what the handler returned as its error.
    Rejected(E),
    /// Its deadline had passed before it was decided.
    Expired {
        /// The command.
        command: &'static str,
        /// Its deadline.
        deadline: DateTime<Utc>,
        /// What the domain's clock showed.
        now: DateTime<Utc>,
    },
    /// It creates an aggregate that there is already.
    Exists {
        /// The command.
        command: &'static str,
        /// The aggregate's stream.
        stream: StreamName,
    },
    /// Its handler created another aggregate than its target.
    OtherTarget {
        /// The command.
        command: &'static str,
        /// The id it asked for.
        target: String,
        /// The id of what was created.
        created: String,
    },
    /// The idempotency key can be none.
    Key {
        /// The command.
        command: &'static str,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The idempotency key was used for something else.
    KeyReused {
        /// The key.
        key: String,
        /// The command.
        command: &'static str,
    },
    /// The first answer to this idempotency key does not decode any more.
    Answer {
        /// The stream it is kept in.
        stream: StreamName,
        /// What is wrong with it.
        problem: serde_json::Error,
    },
    /// The command, or its answer, could not be encoded.
    Encode {
        /// The command.
        command: &'static str,
        /// What its `Serialize` said.
        problem: serde_json::Error,
    },
    /// The aggregate could not be loaded.
    Load(LoadError),
    /// What was decided could not be saved.
    Save(SaveError),
}

impl<E> ProcessError<E> {
    /// What the domain said no with, where it did.
    pub fn into_rejection(self) -> Option<E> {
        match self {
            Self::Rejected(rejection) => Some(rejection),
            _ => None,
        }
    }

    /// Whether others were faster until the deadline of conflicts.
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Save(SaveError::Conflict(_)))
    }
}

impl<E: fmt::Display> fmt::Display for ProcessError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rejected(rejection) => fmt::Display::fmt(rejection, f),
            Self::Expired {
                command,
                deadline,
                now,
            } => write!(
                f,
                "`{command}` expired: its deadline was {deadline}, and it is {now}"
            ),
            Self::Exists { command, stream } => {
                write!(f, "`{command}` creates `{stream}`, which there is already")
            }
            Self::OtherTarget {
                command,
                target,
                created,
            } => write!(
                f,
                "the target of `{command}` is `{target}`, and its handler created `{created}`; begin \
                 it with `Self::raise_new_as(command's target, event)`"
            ),
            Self::Key { command, problem } => write!(
                f,
                "the idempotency key of `{command}` can not be kept: {problem}; expected was a text of 1 \
                 to 1,000 bytes without control characters, such as a UUID or the hash of the request"
            ),
            Self::KeyReused { key, command } => write!(
                f,
                "the idempotency key `{key}` was used for another command than this `{command}`; give \
                 each request a key of its own"
            ),
            Self::Answer { stream, problem } => write!(
                f,
                "the first answer, kept in `{stream}`, does not decode: {problem}"
            ),
            Self::Encode { command, problem } => {
                write!(f, "`{command}` could not be encoded: {problem}")
            }
            Self::Load(error) => fmt::Display::fmt(error, f),
            Self::Save(error) => fmt::Display::fmt(error, f),
        }
    }
}

impl<E: fmt::Debug + fmt::Display> StdError for ProcessError<E> {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Load(error) => error.source(),
            Self::Save(error) => error.source(),
            _ => None,
        }
    }
}

impl<E> From<LoadError> for ProcessError<E> {
    fn from(error: LoadError) -> Self {
        Self::Load(error)
    }
}

impl<E> From<SaveError> for ProcessError<E> {
    fn from(error: SaveError) -> Self {
        Self::Save(error)
    }
}

impl<E> From<UpdateError<E>> for ProcessError<E> {
    fn from(error: UpdateError<E>) -> Self {
        match error {
            UpdateError::Rejected(rejection) => Self::Rejected(rejection),
            UpdateError::Load(error) => Self::Load(error),
            UpdateError::Save(error) => Self::Save(error),
        }
    }
}
