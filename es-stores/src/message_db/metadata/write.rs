//! From an event's metadata to the groups it is stored in.

use std::borrow::Cow;
use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, SecondsFormat, Utc};
use es_core::record::NewEvent;
use es_core::stream::StreamName;
use serde::de::{Deserialize, Deserializer};
use serde::{Deserialize as FromJson, Serialize};
use serde_json::value::RawValue;

use super::text::Text;

/// An event and the place it is written to.
pub(in super::super) struct Message<'a> {
    pub(in super::super) stream: &'a StreamName,
    /// In its stream, as Message DB counts: from 0.
    pub(in super::super) position: i64,
    pub(in super::super) event: NewEvent<'a>,
}

/// Writes metadata of event after event, which nearly always have the same circumstances.
#[derive(Default)]
pub(in super::super) struct Writer<'a> {
    last: &'a [u8],
    circumstances: Circumstances<'a>,
}

/// What the metadata of an event says, by where it is stored.
#[derive(Default)]
struct Circumstances<'a> {
    correlation_id: Option<Cow<'a, str>>,
    causation_id: Option<Cow<'a, str>>,
    headers: BTreeMap<Cow<'a, str>, Cow<'a, str>>,
    /// The metadata whole, where it says more than the above.
    whole: Option<&'a RawValue>,
}

impl<'a> Writer<'a> {
    /// The metadata to be stored, as JSON.
    pub(in super::super) fn write(&mut self, message: &Message<'a>) -> Vec<u8> {
        let metadata = message.event.metadata;
        if self.last != metadata {
            self.last = metadata;
            self.circumstances = Circumstances::of(metadata);
        }
        let stored = Groups::of(message, &self.circumstances);
        serde_json::to_vec(&stored).expect("strings, numbers and maps of strings always encode")
    }
}

/// What our own [`Context`](es_core::record::Context) writes, to the letter: anything else would
/// not come back as it was.
#[derive(FromJson)]
#[serde(deny_unknown_fields)]
struct Plain<'a> {
    #[serde(borrow, default, deserialize_with = "string")]
    correlation_id: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "string")]
    causation_id: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    headers: Option<BTreeMap<Cow<'a, str>, Cow<'a, str>>>,
}

#[derive(Default, FromJson)]
#[serde(default)]
struct Ids<'a> {
    #[serde(borrow)]
    correlation_id: Text<'a>,
    #[serde(borrow)]
    causation_id: Text<'a>,
}

/// `null` is no string here, though it is for an `Option`.
fn string<'de: 'a, 'a, D: Deserializer<'de>>(json: D) -> Result<Option<Cow<'a, str>>, D::Error> {
    #[derive(FromJson)]
    #[serde(transparent)]
    struct Borrowed<'a>(#[serde(borrow)] Cow<'a, str>);

    Borrowed::deserialize(json).map(|text| Some(text.0))
}

impl<'a> Circumstances<'a> {
    /// Metadata that is no JSON object has been refused before.
    fn of(metadata: &'a [u8]) -> Self {
        if metadata.is_empty() {
            return Self::default();
        }
        match serde_json::from_slice::<Plain<'a>>(metadata) {
            Ok(plain) if plain.comes_back() => Self {
                correlation_id: plain.correlation_id,
                causation_id: plain.causation_id,
                headers: plain.headers.unwrap_or_default(),
                whole: None,
            },
            _ => {
                let ids: Ids<'a> = serde_json::from_slice(metadata).unwrap_or_default();
                Self {
                    correlation_id: ids.correlation_id.0,
                    causation_id: ids.causation_id.0,
                    headers: BTreeMap::new(),
                    whole: serde_json::from_slice(metadata).ok(),
                }
            }
        }
    }
}

impl Plain<'_> {
    /// Whether the groups tell it from what says nothing, and its headers from keys of Protean's.
    fn comes_back(&self) -> bool {
        let says_something =
            self.correlation_id.is_some() || self.causation_id.is_some() || self.headers.is_some();
        says_something
            && self.headers.as_ref().is_none_or(|headers| {
                !headers.is_empty() && headers.keys().all(|name| !name.starts_with('_'))
            })
    }
}

#[derive(Serialize)]
struct Groups<'a> {
    headers: Headers<'a>,
    envelope: Envelope,
    domain: Domain<'a>,
    #[serde(skip_serializing_if = "Extensions::is_empty")]
    extensions: Extensions<'a>,
}

#[derive(Serialize)]
struct Headers<'a> {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<String>,
    r#type: &'a str,
    stream: &'a str,
}

#[derive(Serialize)]
struct Envelope {
    specversion: &'static str,
}

#[derive(Serialize)]
struct Domain<'a> {
    fqn: &'a str,
    kind: &'static str,
    stream_category: &'a str,
    version: u32,
    sequence_id: String,
    asynchronous: bool,
    expected_version: i64,
    priority: i32,
    #[serde(skip_serializing_if = "Option::is_none")]
    correlation_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    causation_id: Option<&'a str>,
}

#[derive(Serialize)]
struct Extensions<'a> {
    #[serde(flatten)]
    headers: &'a BTreeMap<Cow<'a, str>, Cow<'a, str>>,
    #[serde(rename = "_es", skip_serializing_if = "Ours::is_empty")]
    ours: Ours<'a>,
}

#[derive(Serialize)]
struct Ours<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<i64>,
}

impl<'a> Groups<'a> {
    fn of(message: &Message<'a>, circumstances: &'a Circumstances<'_>) -> Self {
        let Message {
            stream,
            position,
            event,
        } = message;
        let (fqn, version) = split_type(event.event_type);
        let time = python_time(event.time);
        let time_us = time.is_none().then(|| event.time.timestamp_micros());
        Self {
            headers: Headers {
                id: format!("{stream}-{position}"),
                time,
                r#type: event.event_type,
                stream: stream.as_str(),
            },
            envelope: Envelope { specversion: "1.0" },
            domain: Domain {
                fqn,
                kind: "EVENT",
                stream_category: stream.category_str(),
                version,
                sequence_id: position.to_string(),
                // Protean passes over what is not, taking it for handled where it was raised.
                asynchronous: true,
                expected_version: position - 1,
                priority: 0,
                correlation_id: circumstances.correlation_id.as_deref(),
                causation_id: circumstances.causation_id.as_deref(),
            },
            extensions: Extensions {
                headers: &circumstances.headers,
                ours: Ours {
                    metadata: circumstances.whole,
                    time: time_us,
                },
            },
        }
    }
}

impl Extensions<'_> {
    fn is_empty(&self) -> bool {
        self.headers.is_empty() && self.ours.is_empty()
    }
}

impl Ours<'_> {
    fn is_empty(&self) -> bool {
        self.metadata.is_none() && self.time.is_none()
    }
}

/// `Bank.Deposited.v2` is version 2 of `Bank.Deposited`; what has no version is its first.
fn split_type(event_type: &str) -> (&str, u32) {
    let split = event_type.rsplit_once(".v");
    let versioned = split.and_then(|(name, version)| Some((name, version.parse().ok()?)));
    versioned.unwrap_or((event_type, 1))
}

/// In whole microseconds, where Python has the year.
fn python_time(time: DateTime<Utc>) -> Option<String> {
    let time = DateTime::from_timestamp_micros(time.timestamp_micros())?;
    (1..=9999)
        .contains(&time.year())
        .then(|| time.to_rfc3339_opts(SecondsFormat::Micros, false))
}
