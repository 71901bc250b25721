//! Events as rows of JSON.

use std::borrow::Cow;

use chrono::{DateTime, SecondsFormat, Utc};
use es_core::record::RecordedEvent;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use uuid::Uuid;

use super::compact;

/// An event as `--json` writes it.
#[derive(Serialize)]
pub(crate) struct EventRow<'a> {
    stream: &'a str,
    version: u64,
    position: u64,
    id: Uuid,
    time: Time,
    #[serde(rename = "type")]
    event_type: &'a str,
    data: Payload<'a>,
    #[serde(skip_serializing_if = "Payload::is_empty")]
    metadata: Payload<'a>,
}

impl<'a> EventRow<'a> {
    pub(crate) fn of(event: &'a RecordedEvent<'_>) -> Self {
        Self {
            stream: &event.stream,
            version: event.version.get(),
            position: event.position.get(),
            id: event.id,
            time: Time(event.time),
            event_type: &event.event_type,
            data: Payload(&event.data),
            metadata: Payload(&event.metadata),
        }
    }
}

/// A time in UTC, to the microsecond.
#[derive(Clone, Copy)]
pub(crate) struct Time(pub(crate) DateTime<Utc>);

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.to_rfc3339_opts(SecondsFormat::Micros, true))
    }
}

/// JSON as it is stored, and text of what is none.
struct Payload<'a>(&'a [u8]);

impl Payload<'_> {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for Payload<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // A line holds one row, and stores differ in the blanks between the parts.
        let text = String::from_utf8_lossy(self.0);
        let raw = match text.contains([' ', '\t', '\n', '\r']) {
            true => Cow::Owned(compact(&text)),
            false => text.clone(),
        };
        match serde_json::from_str::<&RawValue>(&raw) {
            Ok(raw) => raw.serialize(serializer),
            Err(_) => serializer.serialize_str(&text),
        }
    }
}
