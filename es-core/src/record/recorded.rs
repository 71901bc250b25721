//! Events as a store gives them back.

use std::borrow::Cow;
use std::fmt;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Context, Metadata, Replayed};
use crate::stream::{Position, Version};

/// An event as a store gives it back.
///
/// Borrowed from a [`Page`](super::Page) while reading; [`RecordedEvent::into_owned`] keeps one for longer.
#[derive(Clone, PartialEq, Eq)]
pub struct RecordedEvent<'a> {
    /// The stream it belongs to.
    pub stream: Cow<'a, str>,
    /// Its number in the stream, from 1.
    pub version: Version,
    /// Its place in the whole store.
    pub position: Position,
    /// Made by the writer, kept over retries.
    pub id: Uuid,
    /// When it happened, by the writer's clock.
    pub time: DateTime<Utc>,
    /// `{Domain}.{Event}.v{version}`.
    pub event_type: Cow<'a, str>,
    /// The payload as it was written.
    pub data: Cow<'a, [u8]>,
    /// The metadata as JSON; empty where there is none.
    pub metadata: Cow<'a, [u8]>,
}

impl RecordedEvent<'_> {
    /// A copy that borrows nothing.
    pub fn into_owned(self) -> RecordedEvent<'static> {
        RecordedEvent {
            stream: Cow::Owned(self.stream.into_owned()),
            version: self.version,
            position: self.position,
            id: self.id,
            time: self.time,
            event_type: Cow::Owned(self.event_type.into_owned()),
            data: Cow::Owned(self.data.into_owned()),
            metadata: Cow::Owned(self.metadata.into_owned()),
        }
    }

    pub(crate) fn replayed(&self) -> Replayed<'_> {
        Replayed {
            version: self.version,
            time: self.time,
            event_type: &self.event_type,
            data: &self.data,
        }
    }

    /// Everything that travels beside the payload, decoded.
    ///
    /// # Errors
    /// Where the stored metadata is not the JSON object it should be.
    pub fn metadata(&self) -> Result<Metadata, serde_json::Error> {
        let context = if self.metadata.is_empty() {
            Context::default()
        } else {
            serde_json::from_slice(&self.metadata)?
        };
        Ok(Metadata {
            event_id: self.id,
            event_type: self.event_type.clone().into_owned(),
            version: self.version,
            position: self.position,
            time: self.time,
            context,
        })
    }

    /// The payload as text, where it is UTF-8 (JSON is).
    pub fn data_text(&self) -> Option<&str> {
        std::str::from_utf8(&self.data).ok()
    }
}

impl fmt::Debug for RecordedEvent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordedEvent")
            .field("stream", &self.stream)
            .field("version", &self.version.get())
            .field("position", &self.position.get())
            .field("id", &self.id)
            .field("time", &self.time)
            .field("event_type", &self.event_type)
            .field("data", &String::from_utf8_lossy(&self.data))
            .field("metadata", &String::from_utf8_lossy(&self.metadata))
            .finish()
    }
}
