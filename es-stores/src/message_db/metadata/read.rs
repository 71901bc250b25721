//! From the metadata of any message to ours.

use std::borrow::Cow;
use std::fmt;

use chrono::{DateTime, NaiveDateTime, Utc};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::text::{Number, Object, Text};

/// The metadata of one message as it comes from the server: each part as JSON, but the time.
#[derive(Debug, Default)]
pub(in super::super) struct Stored<'a> {
    /// Of the group `headers`.
    pub(in super::super) time: Option<&'a str>,
    /// Of the group `domain`.
    pub(in super::super) correlation_id: Option<&'a [u8]>,
    /// Of the group `domain`.
    pub(in super::super) causation_id: Option<&'a [u8]>,
    /// The group.
    pub(in super::super) extensions: Option<&'a [u8]>,
    /// The whole, where it is not in Protean's groups.
    pub(in super::super) other: Option<&'a [u8]>,
}

/// Reads the metadata of message after message into a buffer of its own.
#[derive(Debug, Default)]
pub(in super::super) struct Reader {
    context: Vec<u8>,
}

impl Reader {
    /// Reads what stands beside one message, by whomever it was written, and answers the time it
    /// tells, if it does. Whatever makes no sense is passed over.
    pub(in super::super) fn read(&mut self, stored: &Stored<'_>) -> Option<DateTime<Utc>> {
        self.context.clear();
        let found = match stored.other {
            Some(whole) => parse::<Object<Found<'_>>>(whole).0,
            None => Found::of_parts(stored),
        };
        found.write_context(&mut self.context);
        found.time()
    }

    /// The metadata last read as our JSON: empty where it says nothing.
    pub(in super::super) fn context(&self) -> &[u8] {
        &self.context
    }
}

/// The keys that tell something: of ours and of Protean, of older Protean, of Eventide.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Found<'a> {
    #[serde(borrow)]
    headers: Object<Headers<'a>>,
    #[serde(borrow)]
    domain: Object<Domain<'a>>,
    #[serde(borrow)]
    extensions: Object<Extensions<'a>>,
    #[serde(borrow)]
    timestamp: Text<'a>,
    #[serde(borrow, rename = "correlationStreamName")]
    correlation_stream: Text<'a>,
    #[serde(borrow, rename = "causationMessageStreamName")]
    causation_stream: Text<'a>,
    #[serde(rename = "causationMessagePosition")]
    causation_position: Number,
    #[serde(borrow)]
    properties: Object<Extensions<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Headers<'a> {
    #[serde(borrow)]
    time: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Domain<'a> {
    #[serde(borrow)]
    correlation_id: Text<'a>,
    #[serde(borrow)]
    causation_id: Text<'a>,
}

/// What the writing program added, apart from what we did.
#[derive(Default)]
struct Extensions<'a> {
    headers: Vec<(Cow<'a, str>, &'a RawValue)>,
    ours: Ours<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Ours<'a> {
    #[serde(borrow)]
    metadata: Option<&'a RawValue>,
    time: Number,
}

impl<'de: 'a, 'a> Deserialize<'de> for Extensions<'a> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        struct Entries;

        impl<'de> Visitor<'de> for Entries {
            type Value = Extensions<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut found = Extensions::default();
                while let Some(Text(Some(name))) = map.next_key::<Text<'de>>()? {
                    if name == "_es" {
                        found.ours = map.next_value::<Object<Ours<'de>>>()?.0;
                        continue;
                    }
                    let value = map.next_value()?;
                    if !name.starts_with('_') {
                        found.headers.push((name, value));
                    }
                }
                Ok(found)
            }
        }

        json.deserialize_map(Entries)
    }
}

impl<'a> Found<'a> {
    fn of_parts(stored: &Stored<'a>) -> Self {
        let text = |json: Option<&'a [u8]>| json.map(parse::<Text<'a>>).unwrap_or_default();
        // What nearly all have, and nothing to be read.
        let extensions = stored.extensions.filter(|json| *json != b"{}");
        Self {
            headers: Object(Headers {
                time: Text(stored.time.map(Cow::Borrowed)),
            }),
            domain: Object(Domain {
                correlation_id: text(stored.correlation_id),
                causation_id: text(stored.causation_id),
            }),
            extensions: extensions.map(parse).unwrap_or_default(),
            ..Self::default()
        }
    }

    fn time(&self) -> Option<DateTime<Utc>> {
        let ours = self.extensions.0.ours.time.0;
        ours.and_then(DateTime::from_timestamp_micros)
            .or_else(|| parse_time(self.headers.0.time.0.as_deref()?))
            .or_else(|| parse_time(self.timestamp.0.as_deref()?))
    }

    fn write_context(&self, into: &mut Vec<u8>) {
        let whole = self.extensions.0.ours.metadata;
        if let Some(whole) = whole.filter(|whole| whole.get().starts_with('{')) {
            into.extend_from_slice(whole.get().as_bytes());
            return;
        }
        let mut object = ObjectWriter::into(into);
        let correlation = &self.domain.0.correlation_id.0;
        if let Some(id) = correlation.as_ref().or(self.correlation_stream.0.as_ref()) {
            object.string("correlation_id", id);
        }
        if let Some(id) = &self.domain.0.causation_id.0 {
            object.string("causation_id", id);
        } else if let (Some(stream), Some(position)) =
            (&self.causation_stream.0, self.causation_position.0)
        {
            object.string("causation_id", &format!("{stream}/{position}"));
        }
        let headers = [&self.extensions, &self.properties].map(|group| &group.0.headers);
        let headers = headers.into_iter().flatten();
        object.headers(headers.map(|(name, value)| (&**name, value.get())));
        object.end();
    }
}

/// The default, where it is something else.
fn parse<'a, T: Deserialize<'a> + Default>(json: &'a [u8]) -> T {
    serde_json::from_slice(json).unwrap_or_default()
}

/// RFC 3339, or without a zone, as Python writes what it takes for UTC.
fn parse_time(text: &str) -> Option<DateTime<Utc>> {
    let zoned = DateTime::parse_from_rfc3339(text).map(|time| time.to_utc());
    let unzoned = || {
        ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f"]
            .iter()
            .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
    };
    let time = zoned
        .ok()
        .or_else(|| unzoned().map(|time| time.and_utc()))?;
    DateTime::from_timestamp_micros(time.timestamp_micros())
}

/// Writes one JSON object, or nothing where it would have no keys.
struct ObjectWriter<'b> {
    bytes: &'b mut Vec<u8>,
    begun: bool,
}

impl<'b> ObjectWriter<'b> {
    fn into(bytes: &'b mut Vec<u8>) -> Self {
        Self {
            bytes,
            begun: false,
        }
    }

    fn key(&mut self, name: &str) {
        self.bytes.push(if self.begun { b',' } else { b'{' });
        self.begun = true;
        write_string(self.bytes, name);
        self.bytes.push(b':');
    }

    fn string(&mut self, name: &str, value: &str) {
        self.key(name);
        write_string(self.bytes, value);
    }

    /// Strings as they are, other values as the text of their JSON, `null` not at all.
    fn headers<'h>(&mut self, headers: impl Iterator<Item = (&'h str, &'h str)>) {
        let mut headers = headers.filter(|(_, value)| *value != "null").peekable();
        if headers.peek().is_none() {
            return;
        }
        self.key("headers");
        let mut object = ObjectWriter::into(self.bytes);
        for (name, value) in headers {
            object.key(name);
            if value.starts_with('"') {
                object.bytes.extend_from_slice(value.as_bytes());
            } else {
                write_string(object.bytes, value);
            }
        }
        object.end();
    }

    fn end(self) {
        if self.begun {
            self.bytes.push(b'}');
        }
    }
}

fn write_string(bytes: &mut Vec<u8>, text: &str) {
    serde_json::to_writer(bytes, text).expect("a string always encodes, and a buffer takes it");
}
