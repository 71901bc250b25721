//! What is given back is what was written, byte for byte.

use chrono::{DateTime, Utc};
use es_core::record::{NewEvent, NewEvents};
use es_core::store::EventStore;
use uuid::Uuid;

use super::Harness;
use super::support::{STREAM, append, at, event_of, read, read_all, read_category, time};

/// JSON comes back as it was written: the order of keys, keys that stand twice, large numbers,
/// escapes and spaces.
pub async fn json_comes_back_verbatim(harness: impl Harness) {
    let payloads = [
        r#"{"b":1,"a":2}"#,
        r#"{"a":1,"a":2}"#,
        r#"{"n":123456789012345678901234567890}"#,
        r#"{"n":1.0,"m":1e400,"z":-0.0,"d":0.1000000000000000055511151231257827}"#,
        r#"{"s":"\u0000"}"#,
        r#"{"s":"\u00e9 é \ud83d\ude00 \/"}"#,
        " {\n\t\"a\" : [ 1 , 2 ] }\r\n",
        "{}",
        "null",
        "\"text\"",
        "0",
    ];

    come_back(&harness.open().await, &payloads.map(str::as_bytes)).await;
}

/// Payloads that are no JSON come back as well: text, bytes that are no text, and zeros.
pub async fn any_bytes_come_back_verbatim(harness: impl Harness) {
    let all_bytes: Vec<u8> = (0..=255).collect();
    let payloads: [&[u8]; 8] = [
        b"x",
        b"\0",
        b"a\0b",
        b"\xff",
        b"\xc3\x28 broken",
        b"\xef\xbb\xbfwith a mark",
        "plain text, é".as_bytes(),
        &all_bytes,
    ];

    come_back(&harness.open().await, &payloads).await;
}

/// A payload may be empty.
pub async fn an_empty_payload_comes_back_empty(harness: impl Harness) {
    come_back(&harness.open().await, &[b"", b"x", b""]).await;
}

/// A payload of 8 MiB comes back whole, as text and as bytes.
pub async fn a_payload_of_eight_mebibytes_comes_back_whole(harness: impl Harness) {
    let text = vec![b'x'; 8 << 20];
    let bytes: Vec<u8> = (0..8 << 20)
        .map(|index: u32| index.to_le_bytes()[index as usize % 3])
        .collect();

    come_back(&harness.open().await, &[&text, &bytes]).await;
}

/// Metadata comes back as it was written, and empty where there was none.
pub async fn metadata_comes_back_verbatim(harness: impl Harness) {
    let store = harness.open().await;
    let metadata: [&[u8]; 5] = [
        br#"{"correlation_id":"request-7","headers":{"b":"1","a":"\u0000"}}"#,
        b"",
        br#"{ "causation_id" : "command-3" }"#,
        br#"{ "causation_id" : "command-3" }"#,
        b"",
    ];
    let mut events = NewEvents::new();
    for (id, metadata) in (1..).zip(metadata) {
        let id = super::support::id(id);
        events.push(NewEvent {
            id,
            metadata,
            ..event_of(b"{}").get(0)
        });
    }

    append(&store, STREAM, at(0), events).await;

    let stored = read(&store, STREAM).await;
    assert!(
        stored.iter().map(|event| &*event.metadata).eq(metadata),
        "{stored:?}"
    );
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
    for (id, time) in (1..).zip(&times) {
        let (id, time) = (super::support::id(id), *time);
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

/// Types are kept, letters of any script among them.
pub async fn types_are_kept(harness: impl Harness) {
    let store = harness.open().await;
    let types = [
        "Bank.Deposited.v1",
        "Bank.Deposited.v2",
        "Bank.account-opened.v12",
        "Größe.日本.v1",
        "x",
        "It's",
    ];
    let mut events = NewEvents::new();
    for (id, event_type) in (1..).zip(types) {
        let id = super::support::id(id);
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
    let mut events = NewEvents::new();
    for number in 1..=3 {
        events.push(NewEvent {
            id: super::support::id(number),
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
        let stored = NewEvent {
            id: stored.id,
            time: stored.time,
            event_type: &stored.event_type,
            data: &stored.data,
            metadata: &stored.metadata,
        };
        assert_eq!(stored, event);
    }
    assert_eq!(category, stream);
    assert_eq!(all, stream);
}

async fn come_back(store: &impl EventStore, payloads: &[&[u8]]) {
    let mut events = NewEvents::new();
    for (id, data) in (1..).zip(payloads) {
        let id = super::support::id(id);
        events.push(NewEvent {
            id,
            data,
            ..event_of(b"").get(0)
        });
    }

    append(store, STREAM, at(0), events).await;

    let stored = read(store, STREAM).await;
    assert_eq!(stored.len(), payloads.len());
    for (event, payload) in stored.iter().zip(payloads) {
        // Without `assert_eq!`, which would print mebibytes.
        let shown = String::from_utf8_lossy(&payload[..payload.len().min(100)]);
        assert!(*event.data == **payload, "changed was {shown}");
    }
}
