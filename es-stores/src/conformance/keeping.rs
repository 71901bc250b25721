//! What is given back is what was written: byte for byte, or equal as JSON where a store declares
//! that.

use chrono::{DateTime, Utc};
use es_core::record::{NewEvent, NewEvents};
use es_core::store::{AppendError, EventStore, Expected, Payloads, StoreErrorKind, StreamAppend};
use uuid::Uuid;

use super::Harness;
use super::json::comes_back;
use super::support::{
    STREAM, append, append_all, append_refused, at, event, event_of, events, id, numbers, part,
    read, read_all, read_category, text, time, try_append,
};

/// JSON that stores of JSON tend to change, or not to take: the order of keys, keys that stand
/// twice, large numbers and small ones, escapes and spaces.
const JSON: [&str; 17] = [
    r#"{"b":1,"a":2,"":3}"#,
    r#"{"a":1,"a":2}"#,
    r#"{"n":123456789012345678901234567890}"#,
    r#"{"n":9007199254740993,"m":-9223372036854775809,"u":18446744073709551615}"#,
    r#"{"n":1.0,"m":1e400,"z":-0.0,"d":0.1000000000000000055511151231257827,"e":5e-324}"#,
    r#"{"s":"\u00e9 é \ud83d\ude00 \/ \b\f\n\r\t\"\\"}"#,
    r#"{"s":"\\u0000"}"#,
    " {\n\t\"a\" : [ 1 , 2 ] }\r\n",
    "[[[[[[[[[[[[[[[[[[[[{}]]]]]]]]]]]]]]]]]]]]",
    "{}",
    "[]",
    "null",
    "true",
    "\"text\"",
    "\"\"",
    "0",
    "-1.5E+3",
];

/// What is text but no JSON, is no text at all, or is JSON that a database may not take.
const OTHER: [&[u8]; 13] = [
    b"",
    b"x",
    b"\0",
    b"a\0b",
    b"\xff",
    b"\"\xc3\x28 broken\"",
    b"\xef\xbb\xbf\"with a mark\"",
    "plain text, é".as_bytes(),
    b"{\"a\":1",
    b"{} {}",
    b"01",
    br#"{"s":"a\u0000b"}"#,
    br#"{"s":"\ud83d alone"}"#,
];

/// JSON comes back as declared: as it was written, or equal.
pub async fn json_comes_back(harness: impl Harness) {
    let store = harness.open().await;

    append(&store, STREAM, at(0), batch(&JSON.map(str::as_bytes))).await;

    came_back(&store, &JSON.map(str::as_bytes)).await;
}

/// What is no JSON comes back as it was written, or is refused: text, bytes that are no text, zeros,
/// and nothing at all.
pub async fn what_is_no_json_comes_back_or_is_refused(harness: impl Harness) {
    let store = harness.open().await;
    let every_byte: Vec<u8> = (0..=255).collect();
    let payloads: Vec<&[u8]> = OTHER.into_iter().chain([&every_byte[..]]).collect();

    match store.capabilities().payloads {
        Payloads::Bytes => {
            append(&store, STREAM, at(0), batch(&payloads)).await;
            came_back(&store, &payloads).await;
        }
        Payloads::Json => {
            for payload in payloads {
                refused(&store, vec![part(STREAM, at(0), event_of(payload))]).await;
            }
        }
    }
}

/// One payload that is refused keeps the rest of its unit from being written, before it and behind
/// it, and the next unit is as any other.
pub async fn a_refused_payload_refuses_its_whole_unit(harness: impl Harness) {
    let store = harness.open().await;
    if store.capabilities().payloads == Payloads::Bytes {
        return;
    }

    refused(
        &store,
        vec![part(STREAM, at(0), batch(&[b"1", b"x", b"2"]))],
    )
    .await;
    refused(
        &store,
        vec![part(STREAM, Expected::Any, batch(&[b"1", b"2", b""]))],
    )
    .await;
    if store.capabilities().multi_stream {
        let unit = vec![
            part("test::a-1", at(0), events(1..=2)),
            part("test::b-1", at(0), event(3, b"{")),
            part("test::c-1", at(0), events(4..=4)),
        ];
        refused(&store, unit).await;
    }

    append(&store, STREAM, at(0), events(1..=2)).await;
    assert_eq!(numbers(&read_all(&store, 2).await), [1, 2]);
}

/// Payloads of one byte come back.
pub async fn a_payload_of_one_byte_comes_back(harness: impl Harness) {
    let store = harness.open().await;
    let payloads: [&[u8]; 3] = [b"7", b"0", b"7"];

    append(&store, STREAM, at(0), batch(&payloads)).await;

    came_back(&store, &payloads).await;
}

/// A payload of 8 MiB comes back whole, as text and, where they are taken, as bytes.
pub async fn a_payload_of_eight_mebibytes_comes_back_whole(harness: impl Harness) {
    let store = harness.open().await;
    let text = text(8 << 20);
    let bytes: Vec<u8> = (0..8 << 20)
        .map(|index: u32| index.to_le_bytes()[index as usize % 3])
        .collect();
    let payloads: &[&[u8]] = match store.capabilities().payloads {
        Payloads::Bytes => &[&text, &bytes],
        Payloads::Json => &[&text, b"{}"],
    };

    append(&store, STREAM, at(0), batch(payloads)).await;

    came_back(&store, payloads).await;
}

/// Metadata comes back as declared, and empty where there was none.
pub async fn metadata_comes_back(harness: impl Harness) {
    let metadata: [&[u8]; 6] = [
        br#"{"correlation_id":"request-7","headers":{"b":"1","a":"\\u0000"}}"#,
        b"",
        br#"{ "causation_id" : "command-3" }"#,
        br#"{ "causation_id" : "command-3" }"#,
        b"",
        br#"{"headers":{"n":123456789012345678901234567890,"s":"\u00e9"}}"#,
    ];

    metadata_came_back(&harness.open().await, &metadata).await;
}

/// No key of the metadata means anything to a store, whatever it keeps beside it.
pub async fn no_key_of_the_metadata_is_special(harness: impl Harness) {
    let metadata: [&[u8]; 5] = [
        br#"{"correlation_id":"a","causation_id":null,"headers":{"id":"b","type":"c","time":"d"}}"#,
        br#"{"headers":"text","domain":{"version":7,"kind":"COMMAND"},"envelope":[],"extensions":1}"#,
        br#"{"id":"e","time":0,"type":"f","stream":"g","stream_name":"h","position":-1,"version":9}"#,
        br#"{"correlationStreamName":"other-1","es":{"time":"i","es":{}},"metadata":{},"data":{}}"#,
        br#"{"":1,"$schema":"j","__proto__":{},"a.b":2,"a b":3}"#,
    ];

    metadata_came_back(&harness.open().await, &metadata).await;
}

/// Metadata that is no object comes back as it was written, or is refused.
pub async fn metadata_that_is_no_object_comes_back_or_is_refused(harness: impl Harness) {
    let store = harness.open().await;
    let metadata: [&[u8]; 8] = [
        b"x",
        b"\xff\0",
        b"null",
        b"[]",
        b"\"text\"",
        b"7",
        b"{\"a\":1",
        br#"{"a":"\u0000"}"#,
    ];

    match store.capabilities().payloads {
        Payloads::Bytes => {
            for (metadata, nth) in metadata.into_iter().zip(1..) {
                let events = with_metadata([2 * nth, 2 * nth + 1], metadata);
                let stream = format!("test::thing-{nth}");
                match try_append(&store, &stream, at(0), events).await {
                    Ok(_) => assert_eq!(&*read(&store, &stream).await[1].metadata, metadata),
                    Err(refusal) => {
                        assert!(
                            matches!(&refusal, AppendError::Store(error) if error.kind() == StoreErrorKind::Invalid),
                            "{refusal:?}"
                        );
                        assert!(read(&store, &stream).await.is_empty());
                    }
                }
            }
        }
        Payloads::Json => {
            for metadata in metadata {
                let events = with_metadata([1, 2], metadata);
                refused(&store, vec![part(STREAM, at(0), events)]).await;
            }
        }
    }
}

/// Two events, of which the second has metadata.
fn with_metadata([first, second]: [u64; 2], metadata: &[u8]) -> NewEvents {
    let mut events = events([first]);
    events.push(NewEvent {
        id: id(second),
        metadata,
        ..event_of(b"{}").get(0)
    });
    events
}

/// Times are kept to the microsecond, before 1970 and in the year 9999 too, and need not grow.
pub async fn times_are_kept_to_the_microsecond(harness: impl Harness) {
    let store = harness.open().await;
    let times: Vec<DateTime<Utc>> = [
        "2024-06-15T12:00:00.123456Z",
        "1970-01-01T00:00:00Z",
        "1969-12-31T23:59:59.999999Z",
        "1815-12-10T06:30:00.000001Z",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59.999999Z",
    ]
    .iter()
    .map(|text| text.parse().expect("the suite writes proper times"))
    .collect();
    let mut events = NewEvents::new();
    for (number, time) in (1..).zip(&times) {
        let (id, time) = (id(number), *time);
        events.push(NewEvent {
            id,
            time,
            ..event_of(b"{}").get(0)
        });
    }

    append(&store, STREAM, at(0), events).await;

    assert!(
        read(&store, STREAM)
            .await
            .iter()
            .map(|event| event.time)
            .eq(times)
    );
}

/// Event ids of every version are kept, the smallest and the largest among them.
pub async fn ids_are_kept(harness: impl Harness) {
    let store = harness.open().await;
    let ids = [
        Uuid::nil(),
        Uuid::max(),
        Uuid::from_u128(0x1192_9a4e_5f6a_7c3e_8a51_3f1d_2c4b_5a69),
        Uuid::from_u128(0xf47a_c10b_58cc_4372_a567_0e02_b2c3_d479),
    ];
    let mut events = NewEvents::new();
    for id in ids {
        events.push(NewEvent {
            id,
            ..event_of(b"{}").get(0)
        });
    }

    append(&store, STREAM, at(0), events).await;

    assert!(
        read(&store, STREAM)
            .await
            .iter()
            .map(|event| event.id)
            .eq(ids)
    );
}

/// Types are kept, letters of any script among them, and a type as long as a name.
pub async fn types_are_kept(harness: impl Harness) {
    let store = harness.open().await;
    let long = "Long".repeat(500);
    let types = [
        "Bank.Deposited.v1",
        "Bank.Deposited.v2",
        "Bank.account-opened.v12",
        "Größe.日本.v1",
        "x",
        "It's",
        "\"quoted\" \\ {}",
        &long,
    ];
    let mut events = NewEvents::new();
    for (number, event_type) in (1..).zip(types) {
        let id = id(number);
        events.push(NewEvent {
            id,
            event_type,
            ..event_of(b"{}").get(0)
        });
    }

    append(&store, STREAM, at(0), events).await;

    assert!(
        read(&store, STREAM)
            .await
            .iter()
            .map(|event| &*event.event_type)
            .eq(types)
    );
}

/// Every read gives the same event back: by stream, by category and by position.
pub async fn every_read_gives_the_same_event_back(harness: impl Harness) {
    let store = harness.open().await;
    let payloads = store.capabilities().payloads;
    let mut events = NewEvents::new();
    for number in 1..=3 {
        events.push(NewEvent {
            id: id(number),
            time: time(number),
            event_type: &format!("Test.Happened{number}.v1"),
            data: format!("{{\"n\":{number}}}").as_bytes(),
            metadata: format!("{{\"causation_id\":\"{number}\"}}").as_bytes(),
        });
    }
    append(&store, STREAM, at(0), events.clone()).await;

    let stream = read(&store, STREAM).await;
    let category = read_category(&store, super::support::CATEGORY, 3).await;
    let all = read_all(&store, 3).await;

    for (stored, event) in stream.iter().zip(events.iter()) {
        assert!(comes_back(payloads, event.data, &stored.data));
        assert!(comes_back(payloads, event.metadata, &stored.metadata));
        let stored = NewEvent {
            id: stored.id,
            time: stored.time,
            event_type: &stored.event_type,
            ..event
        };
        assert_eq!(stored, event);
    }
    assert_eq!(category, stream);
    assert_eq!(all, stream);
}

/// The payloads of units of several streams come back too.
pub async fn the_payloads_of_a_unit_come_back(harness: impl Harness) {
    let store = harness.open().await;
    let payloads = store.capabilities().payloads;
    let unit = vec![
        part("test::a-1", at(0), event(1, JSON[2].as_bytes())),
        part("test::b-1", at(0), event(2, JSON[4].as_bytes())),
    ];

    let Some(outcome) = append_all(&store, unit).await else {
        return;
    };

    outcome.expect("the versions hold");
    for (stream, json) in [("test::a-1", JSON[2]), ("test::b-1", JSON[4])] {
        let stored = read(&store, stream).await;
        assert!(
            comes_back(payloads, json.as_bytes(), &stored[0].data),
            "{stored:?}"
        );
    }
}

async fn refused(store: &impl EventStore, parts: Vec<StreamAppend>) {
    append_refused(store, parts, StoreErrorKind::Invalid).await;
}

/// Events 1, 2, 3 and so on with these payloads.
fn batch(payloads: &[&[u8]]) -> NewEvents {
    let mut events = NewEvents::new();
    for (number, data) in (1..).zip(payloads) {
        events.push(event(number, data).get(0));
    }
    events
}

async fn came_back(store: &impl EventStore, payloads: &[&[u8]]) {
    let declared = store.capabilities().payloads;
    let stored = read(store, STREAM).await;
    assert_eq!(stored.len(), payloads.len());
    for (event, payload) in stored.iter().zip(payloads) {
        assert!(
            comes_back(declared, payload, &event.data),
            "{} came back as {}",
            shown(payload),
            shown(&event.data)
        );
    }
}

/// Without `assert_eq!`, which would print mebibytes.
fn shown(payload: &[u8]) -> String {
    String::from_utf8_lossy(&payload[..payload.len().min(100)]).into_owned()
}

async fn metadata_came_back(store: &impl EventStore, metadata: &[&[u8]]) {
    let mut events = NewEvents::new();
    for (number, metadata) in (1..).zip(metadata) {
        let id = id(number);
        events.push(NewEvent {
            id,
            metadata,
            ..event_of(b"{}").get(0)
        });
    }

    append(store, STREAM, at(0), events).await;

    let declared = store.capabilities().payloads;
    let stored = read(store, STREAM).await;
    assert_eq!(stored.len(), metadata.len());
    for (event, metadata) in stored.iter().zip(metadata) {
        assert!(
            comes_back(declared, metadata, &event.metadata),
            "{} came back as {}",
            shown(metadata),
            shown(&event.metadata)
        );
    }
}
