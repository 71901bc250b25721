//! What travels beside an event's payload.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::stream::{Position, Version};

/// What travels beside an event's payload.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Metadata {
    /// The event's id.
    pub event_id: Uuid,
    /// The stored type, `{Domain}.{Event}.v{version}`.
    pub event_type: String,
    /// Its number in the stream, from 1.
    pub version: Version,
    /// Its place in the whole store.
    pub position: Position,
    /// When it happened.
    pub time: DateTime<Utc>,
    /// What the writer said about the circumstances.
    pub context: Context,
}

impl Metadata {
    /// The id shared by everything that one request caused.
    pub fn correlation_id(&self) -> Option<&str> {
        self.context.correlation_id.as_deref()
    }

    /// The id of the command or event that caused this one.
    pub fn causation_id(&self) -> Option<&str> {
        self.context.causation_id.as_deref()
    }

    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.context.headers.get(name).map(String::as_str)
    }
}

/// The circumstances under which events are raised: stored with each of them.
///
/// ```
/// use es_core::prelude::*;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let domain = Domain::builder("bank").build()?;
/// let in_request = domain.with_context(
///     Context::new().correlation_id("request-7").causation_id("command-3").header("tenant", "acme"),
/// );
/// # let _ = in_request;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Context {
    /// The id shared by everything that one request caused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation_id: Option<String>,
    /// The id of the command or event that caused what follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub causation_id: Option<String>,
    /// Whatever else the program wants beside its events.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
}

impl Context {
    /// Says nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the id shared by everything that one request caused.
    #[must_use]
    pub fn correlation_id(mut self, id: impl fmt::Display) -> Self {
        self.correlation_id = Some(id.to_string());
        self
    }

    /// Sets the id of the command or event that caused what follows.
    #[must_use]
    pub fn causation_id(mut self, id: impl fmt::Display) -> Self {
        self.causation_id = Some(id.to_string());
        self
    }

    /// Adds a header; a later value of one name replaces the earlier.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.insert(name.into(), value.into());
        self
    }

    /// What [`encode`](Self::encode) wrote.
    pub(crate) fn decode(encoded: &[u8]) -> Self {
        match encoded {
            [] => Self::default(),
            encoded => serde_json::from_slice(encoded).expect("a context reads what it wrote"),
        }
    }

    /// The stored form: JSON, empty where nothing is said.
    pub(crate) fn encode(&self) -> Vec<u8> {
        if *self == Self::default() {
            return Vec::new();
        }
        serde_json::to_vec(self).expect("strings and maps of strings always encode")
    }
}
