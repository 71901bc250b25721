//! Messages of other programs among ours.

use chrono::{DateTime, Utc};
use es_core::record::{Direction, Page, ReadRequest, Source};
use es_core::store::{EventStore, EventStoreExt};
use es_core::stream::{Category, Position, Version};
use serde_json::{Value, json};
use tokio_postgres::Client;
use uuid::Uuid;

use super::{Database, stored};
use crate::on_servers::{append, numbers};
use es_stores::conformance::Harness as _;

async fn write(
    session: &Client,
    stream: &str,
    event_type: &str,
    data: &str,
    metadata: Option<&str>,
) {
    let sql = "SELECT write_message($1::varchar, $2::varchar, $3::varchar, $4::text::jsonb, $5::text::jsonb)";
    let id = Uuid::new_v4().to_string();
    session
        .execute(sql, &[&id, &stream, &event_type, &data, &metadata])
        .await
        .unwrap();
}

#[tokio::test]
async fn what_is_written_stands_as_protean_reads_it() {
    let place = Database::new();
    let store = place.open().await;
    let stream = "bank::account-1";

    append(&store, stream, 0, 1).await;
    append(&store, stream, 1, 2).await;

    let rows = stored(&place.session().await, stream).await;
    let (_, metadata) = &rows[1];
    assert_eq!(metadata["headers"]["id"], "bank::account-1-1");
    assert_eq!(metadata["domain"]["sequence_id"], "1");
    assert_eq!(metadata["domain"]["expected_version"], 0);
    assert_eq!(metadata["domain"]["stream_category"], "bank::account");
    let groups: Vec<_> = metadata.as_object().unwrap().keys().collect();
    assert_eq!(groups, ["domain", "envelope", "headers"]);
}

#[tokio::test]
async fn messages_of_others_are_read_whatever_their_metadata() {
    let place = Database::new();
    let store = place.open().await;
    let session = place.session().await;
    let stream = "bank::account-1";
    let protean = json!({
        "headers": {"id": "bank::account-1-0", "time": "2020-02-03T04:05:06.789012+00:00"},
        "domain": {"correlation_id": "request-7", "causation_id": null},
        "extensions": {"tenant": "acme"},
    });
    let eventide = json!({"correlationStreamName": "transfer-1", "properties": {}});
    for metadata in [&protean, &eventide, &json!([1, "x"]), &json!(7)] {
        write(
            &session,
            stream,
            "Opened",
            "{\"a\": 1}",
            Some(&metadata.to_string()),
        )
        .await;
    }
    write(&session, stream, "Opened", "{\"a\": 1}", None).await;

    let before = Utc::now() - chrono::Duration::minutes(5);
    let events = store.read_stream(stream).collect().await.unwrap();

    let context = |index: usize| -> Value {
        let metadata = &events[index].metadata;
        match metadata.is_empty() {
            true => Value::Null,
            false => serde_json::from_slice(metadata).unwrap(),
        }
    };
    let time: DateTime<Utc> = "2020-02-03T04:05:06.789012Z".parse().unwrap();
    assert_eq!(events[0].time, time);
    assert_eq!(
        context(0),
        json!({"correlation_id": "request-7", "headers": {"tenant": "acme"}})
    );
    assert_eq!(context(1), json!({"correlation_id": "transfer-1"}));
    assert!((2..5).all(|index| context(index).is_null()));
    assert!(events[1..].iter().all(|event| event.time > before));
    assert!(events.iter().all(|event| event.metadata().is_ok()));
    assert_eq!(events[4].version, Version::new(5));
}

#[tokio::test]
async fn a_message_without_data_is_null() {
    let place = Database::new();
    let store = place.open().await;
    let session = place.session().await;
    let insert = "INSERT INTO messages (stream_name, position, type) VALUES ('a-1', 0, 'Done')";
    session.batch_execute(insert).await.unwrap();

    let events = store.read_stream("a-1").collect().await.unwrap();

    assert_eq!(&*events[0].data, b"null");
}

#[tokio::test]
async fn streams_are_continued_from_both_sides() {
    let place = Database::new();
    let store = place.open().await;
    let session = place.session().await;
    append(&store, "a-1", 0, 1).await;
    write(&session, "a-1", "Done", "{}", None).await;

    append(&store, "a-1", 2, 3).await;

    let versions: Vec<_> = store.read_stream("a-1").collect().await.unwrap();
    let versions: Vec<_> = versions.iter().map(|event| event.version.get()).collect();
    assert_eq!(versions, [1, 2, 3]);
}

/// A snapshot of another program is no event, though it stands among them.
#[tokio::test]
async fn snapshots_of_others_are_no_events() {
    let place = Database::new();
    let store = place.open().await;
    let session = place.session().await;
    append(&store, "a-1", 0, 1).await;
    write(
        &session,
        "a:snapshot-1",
        "SNAPSHOT",
        "{\"_version\": 0}",
        None,
    )
    .await;
    write(&session, "a:snapshot-1", "Recorded", "{}", None).await;
    write(&session, "a-1", "SNAPSHOT", "{}", None).await;

    let head = store.wait_beyond(Position::new(3)).await.unwrap();
    let mut page = Page::new();
    for direction in [Direction::Forwards, Direction::Backwards] {
        let mut request = ReadRequest::new(Source::All { from: None });
        request.direction = direction;
        store.read(&request, &mut page).await.unwrap();
        assert_eq!(page.len(), 3);
        let name = Category::new("a:snapshot").unwrap();
        request.source = Source::Category {
            name,
            from: None,
            group: None,
        };
        store.read(&request, &mut page).await.unwrap();
        assert_eq!(page.len(), 1);
    }
    assert_eq!(head, 4);
    assert_eq!(numbers(&store, "a-1").await.len(), 2);
}
