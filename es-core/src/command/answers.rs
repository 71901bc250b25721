//! First answers by idempotency key: one stream a key, written in one unit with what was decided.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::error::ProcessError;
use crate::codec;
use crate::domain::Domain;
use crate::error::LoadError;
use crate::record::NewEvents;
use crate::repository::Committed;
use crate::store::{EventStoreExt, Expected, StreamAppend};
use crate::stream::{InvalidName, Position, StreamName, Version};

/// The stored name of the events that hold answers.
const ANSWERED: &str = "CommandAnswered";

/// What is kept of a command that was accepted under a key.
#[derive(Serialize, Deserialize)]
pub(super) struct Answer {
    /// The recorded type of the command.
    command: String,
    /// The command, so that a key that is used for another is noticed.
    request: Value,
    /// The aggregate's version after it.
    version: u64,
    /// What was answered.
    #[serde(rename = "answer")]
    value: Value,
}

/// Where the answer to one key is kept.
pub(super) struct Slot {
    pub(super) stream: StreamName,
    pub(super) expected: Version,
}

/// What is known of a key.
pub(super) enum Known {
    /// It was never used, or so long ago that it counts as never used.
    Free(Slot),
    Answered(Answer, Position),
}

/// What keys can not be, in words.
pub(super) fn problem_of(key: &str) -> Option<&'static str> {
    const MAX_BYTES: usize = 1_000;
    if key.is_empty() {
        Some("it is empty")
    } else if key.len() > MAX_BYTES {
        Some("it is longer than 1,000 bytes")
    } else if key.chars().any(char::is_control) {
        Some("it holds a control character")
    } else {
        None
    }
}

pub(super) fn stream(
    domain: &Domain,
    category: &str,
    key: &str,
) -> Result<StreamName, InvalidName> {
    StreamName::new(format!("{}::{category}:answer-{key}", domain.name()))
}

pub(super) async fn find(domain: &Domain, stream: &StreamName) -> Result<Known, FindError> {
    let slot = |expected| {
        let stream = stream.clone();
        Known::Free(Slot { stream, expected })
    };
    let last = domain
        .store()
        .read_last(stream)
        .await
        .map_err(LoadError::from)?;
    let Some(last) = last else {
        return Ok(slot(Version::EMPTY));
    };
    let age = domain.now().signed_duration_since(last.time);
    if age
        .to_std()
        .is_ok_and(|age| age >= domain.idempotency_window())
    {
        return Ok(slot(last.version));
    }
    let answer = serde_json::from_slice(&last.data).map_err(FindError::Answer)?;
    Ok(Known::Answered(answer, last.position))
}

/// Why a key could not be looked up.
pub(super) enum FindError {
    Load(LoadError),
    Answer(serde_json::Error),
}

impl From<LoadError> for FindError {
    fn from(error: LoadError) -> Self {
        Self::Load(error)
    }
}

impl FindError {
    pub(super) fn of<E>(self, stream: &StreamName) -> ProcessError<E> {
        match self {
            Self::Load(error) => error.into(),
            Self::Answer(problem) => ProcessError::Answer {
                stream: stream.clone(),
                problem,
            },
        }
    }
}

impl Answer {
    pub(super) fn new(command: &str, request: Value, version: Version, answer: Value) -> Self {
        Self {
            command: command.to_owned(),
            request,
            version: version.get(),
            value: answer,
        }
    }

    /// Whether it answers this very command.
    pub(super) fn answers(&self, command: &str, request: &Value) -> bool {
        self.command == command && self.request == *request
    }

    pub(super) fn committed<T>(
        self,
        position: Position,
        decode: impl FnOnce(Value) -> serde_json::Result<T>,
    ) -> serde_json::Result<Committed<T>> {
        let value = decode(self.value)?;
        let version = Version::new(self.version);
        Ok(Committed::new(value, version, Some(position)))
    }

    /// What writes it, under the circumstances of `domain`.
    pub(super) fn append(
        &self,
        domain: &Domain,
        time: DateTime<Utc>,
        slot: &Slot,
    ) -> serde_json::Result<StreamAppend> {
        let mut events = NewEvents::new();
        events.encode(
            domain.new_event_id(),
            time,
            domain.context(),
            |types| codec::write_named_type(domain.name(), ANSWERED, 1, types),
            |bytes| serde_json::to_writer(bytes, self),
        )?;
        Ok(StreamAppend {
            stream: slot.stream.clone(),
            expected: Expected::Version(slot.expected),
            events,
        })
    }
}
