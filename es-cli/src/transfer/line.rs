//! An event as a line of JSON: what `export` writes and `import` reads.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, SecondsFormat, Utc};
use es_core::record::{NewEvent, Page, PageEvent, RecordedEvent};
use es_core::stream::{Position, StreamName, Version};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

/// The form of a line. What is no JSON, or JSON over several lines, stands in base64, so that every
/// byte comes back.
#[derive(Debug, Deserialize, Serialize)]
struct Line<'a> {
    #[serde(borrow)]
    stream: Cow<'a, str>,
    version: u64,
    #[serde(default)]
    position: u64,
    id: Uuid,
    time: Cow<'a, str>,
    #[serde(borrow, rename = "type")]
    event_type: Cow<'a, str>,
    #[serde(
        borrow,
        default,
        deserialize_with = "some",
        skip_serializing_if = "Option::is_none"
    )]
    data: Option<&'a RawValue>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    data_base64: Option<Cow<'a, str>>,
    #[serde(
        borrow,
        default,
        deserialize_with = "some",
        skip_serializing_if = "Option::is_none"
    )]
    metadata: Option<&'a RawValue>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    metadata_base64: Option<Cow<'a, str>>,
}

/// `null` is a payload too, and not the same as none.
fn some<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

/// Writes an event and the end of its line.
pub(super) fn write(event: &RecordedEvent<'_>, out: &mut Vec<u8>) {
    let (data, data_base64) = both(&event.data);
    let (metadata, metadata_base64) = match event.metadata.is_empty() {
        true => (None, None),
        false => both(&event.metadata),
    };
    let line = Line {
        stream: Cow::Borrowed(&event.stream),
        version: event.version.get(),
        position: event.position.get(),
        id: event.id,
        time: event
            .time
            .to_rfc3339_opts(SecondsFormat::Micros, true)
            .into(),
        event_type: Cow::Borrowed(&event.event_type),
        data,
        data_base64,
        metadata,
        metadata_base64,
    };
    serde_json::to_writer(&mut *out, &line).expect("text, numbers and JSON encode");
    out.push(b'\n');
}

/// Bytes as JSON where that keeps them, else in base64.
fn both(bytes: &[u8]) -> (Option<&RawValue>, Option<Cow<'static, str>>) {
    let in_one_line = !bytes.contains(&b'\n') && !bytes.contains(&b'\r');
    let raw = match in_one_line && bytes.trim_ascii().len() == bytes.len() {
        true => serde_json::from_slice::<&RawValue>(bytes).ok(),
        false => None,
    };
    match raw {
        Some(raw) => (Some(raw), None),
        None => (None, Some(STANDARD.encode(bytes).into())),
    }
}

/// Reads a line into `page`; says what is wrong with it.
pub(super) fn read(line: &[u8], page: &mut Page) -> Result<(), String> {
    let line = serde_json::from_slice::<Line<'_>>(line).map_err(|error| match error.is_eof() {
        true => "it is cut off".to_owned(),
        false => error.to_string(),
    })?;
    StreamName::new(&line.stream).map_err(|error| error.to_string())?;
    if line.version == 0 {
        return Err("`version` counts from 1, found was 0".to_owned());
    }
    let time = line
        .time
        .parse::<DateTime<Utc>>()
        .map_err(|error| format!("`time` is `{}`: {error}", line.time))?;
    let data = bytes("data", line.data, line.data_base64)?
        .ok_or("`data` is missing, and so is `data_base64`")?;
    let metadata = bytes("metadata", line.metadata, line.metadata_base64)?;
    page.push(PageEvent {
        stream: &line.stream,
        version: Version::new(line.version),
        position: Position::new(line.position),
        event: NewEvent {
            id: line.id,
            time,
            event_type: &line.event_type,
            data: &data,
            metadata: metadata.as_deref().unwrap_or_default(),
        },
    });
    Ok(())
}

fn bytes<'a>(
    name: &str,
    raw: Option<&'a RawValue>,
    base64: Option<Cow<'_, str>>,
) -> Result<Option<Cow<'a, [u8]>>, String> {
    match (raw, base64) {
        (Some(_), Some(_)) => Err(format!("`{name}` and `{name}_base64` exclude each other")),
        (Some(raw), None) => Ok(Some(Cow::Borrowed(raw.get().as_bytes()))),
        (None, Some(text)) => match STANDARD.decode(text.as_bytes()) {
            Ok(bytes) => Ok(Some(Cow::Owned(bytes))),
            Err(error) => Err(format!("`{name}_base64`: {error}")),
        },
        (None, None) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_comes_back() {
        let payloads: [&[u8]; 9] = [
            b"{\"n\":1.50,\"s\":\"\\u00e9\"}",
            b"null",
            b" 1",
            b"{\n}",
            b"",
            b"\xff\x00",
            b"{\"a\":",
            b"\"a\\nb\"",
            b"123456789012345678901234567890",
        ];
        for data in payloads {
            for metadata in payloads {
                let mut page = Page::new();
                page.push(PageEvent {
                    stream: "bank::account-\"1\"",
                    version: Version::new(3),
                    position: Position::new(9),
                    event: NewEvent {
                        id: Uuid::from_u128(7),
                        time: "2024-06-15T12:00:00.123456Z".parse().unwrap(),
                        event_type: "Bank.Déposé.v1",
                        data,
                        metadata,
                    },
                });
                let mut line = Vec::new();

                write(&page.get(0).unwrap(), &mut line);

                assert_eq!(line.split(|byte| *byte == b'\n').count(), 2);
                let mut read_back = Page::new();
                read(line.trim_ascii_end(), &mut read_back).unwrap();
                assert_eq!(read_back.get(0), page.get(0));
            }
        }
    }

    #[test]
    fn what_is_no_event_is_told() {
        let whole = r#"{"stream":"a-1","version":1,"id":"00000000-0000-0000-0000-000000000001","time":"2024-06-15T12:00:00Z","type":"T","data":1}"#;
        assert_eq!(read(whole.as_bytes(), &mut Page::new()), Ok(()));

        for (from, to, told) in [
            ("a-1", "a", "no stream name"),
            (":1,\"id\"", ":0,\"id\"", "counts from 1"),
            ("2024-06-15T", "yesterday", "`time`"),
            (",\"data\":1", "", "`data` is missing"),
            ("\"data\":1", "\"data\":1,\"data_base64\":\"\"", "exclude"),
            ("\"data\":1", "\"data_base64\":\"*\"", "data_base64"),
            ("\"type\":\"T\",", "", "type"),
        ] {
            let line = whole.replace(from, to);
            let problem = read(line.as_bytes(), &mut Page::new()).expect_err(&line);
            assert!(problem.contains(told), "{problem}");
        }
        let cut = &whole.as_bytes()[..whole.len() - 5];
        assert_eq!(read(cut, &mut Page::new()), Err("it is cut off".to_owned()));
    }
}
