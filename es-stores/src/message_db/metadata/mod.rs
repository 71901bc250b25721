//! Our metadata in the groups that Protean and Eventide read, and theirs in ours.
//!
//! Protean (0.18) refuses a message with any key that it does not know in any group, but for
//! `extensions`, which is the program's own. Eventide's programs look for the keys they know and
//! pass over all others. So this is what an event of ours is stored with, none of them surprised:
//!
//! ```json
//! {"headers":    {"id": "bank::account-7-0", "time": "2026-11-20T23:32:40.801596+00:00",
//!                 "type": "Bank.Deposited.v1", "stream": "bank::account-7"},
//!  "envelope":   {"specversion": "1.0"},
//!  "domain":     {"fqn": "Bank.Deposited", "kind": "EVENT", "stream_category": "bank::account",
//!                 "version": 1, "sequence_id": "0", "asynchronous": true, "expected_version": -1,
//!                 "priority": 0, "correlation_id": "request-7", "causation_id": "command-3"},
//!  "extensions": {"tenant": "acme"}}
//! ```
//!
//! The ids of a [context](es_core::record::Context) are the domain group's, its headers the
//! extensions, both ways. What has no place there stands under `_es` in the extensions, since
//! Protean keeps keys with an underscore from everybody outside: metadata of another shape, whole,
//! as `metadata`, and a time beyond the years 1 to 9999 as `time`, in microseconds since 1970.
//! The checksum is left out: it is over the payload as Python would write it, and a message without
//! one is not checked.

mod read;
mod text;
mod write;

pub(super) use read::{Reader, Stored};
pub(super) use write::{Message, Writer};

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};
    use es_core::record::NewEvent;
    use es_core::stream::StreamName;
    use serde_json::{Value, json};
    use uuid::Uuid;

    use super::*;

    const TIME: &str = "2026-11-20T23:32:40.801596+00:00";

    fn time(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn written(metadata: &str, time: DateTime<Utc>) -> Value {
        let stream = StreamName::new("bank::account-7").unwrap();
        let message = Message {
            stream: &stream,
            position: 4,
            event: NewEvent {
                id: Uuid::nil(),
                time,
                event_type: "Bank.Deposited.v2",
                data: b"{}",
                metadata: metadata.as_bytes(),
            },
        };
        serde_json::from_slice(&Writer::default().write(&message)).unwrap()
    }

    fn read(metadata: &Value) -> (Option<DateTime<Utc>>, String) {
        let text = serde_json::to_vec(metadata).unwrap();
        let whole = Stored {
            other: Some(&text),
            ..Stored::default()
        };
        let read = told(&whole);
        if metadata.get("headers").is_some() && metadata.get("domain").is_some() {
            assert_eq!(
                told_in_parts(metadata),
                read,
                "in parts, and whole: {metadata}"
            );
        }
        read
    }

    /// As the statements take what is in Protean's groups apart.
    fn told_in_parts(metadata: &Value) -> (Option<DateTime<Utc>>, String) {
        let part = |group: &str, key: &str| Some(metadata.get(group)?.get(key)?.to_string());
        let time = metadata["headers"]["time"].as_str();
        let correlation_id = part("domain", "correlation_id");
        let causation_id = part("domain", "causation_id");
        let extensions = metadata.get("extensions").map(Value::to_string);
        told(&Stored {
            time,
            correlation_id: correlation_id.as_ref().map(String::as_bytes),
            causation_id: causation_id.as_ref().map(String::as_bytes),
            extensions: extensions.as_ref().map(String::as_bytes),
            other: None,
        })
    }

    fn told(stored: &Stored<'_>) -> (Option<DateTime<Utc>>, String) {
        let mut reader = Reader::default();
        let time = reader.read(stored);
        (time, String::from_utf8(reader.context().to_vec()).unwrap())
    }

    #[test]
    fn an_event_of_ours_has_the_groups_of_protean() {
        let context =
            r#"{"correlation_id":"request-7","causation_id":"c-3","headers":{"tenant":"acme"}}"#;

        let stored = written(context, time(TIME));

        let expected = json!({
            "headers": {"id": "bank::account-7-4", "time": TIME,
                        "type": "Bank.Deposited.v2", "stream": "bank::account-7"},
            "envelope": {"specversion": "1.0"},
            "domain": {"fqn": "Bank.Deposited", "kind": "EVENT",
                       "stream_category": "bank::account", "version": 2, "sequence_id": "4",
                       "asynchronous": true, "expected_version": 3, "priority": 0,
                       "correlation_id": "request-7", "causation_id": "c-3"},
            "extensions": {"tenant": "acme"},
        });
        assert_eq!(stored, expected);
        assert_eq!(read(&stored), (Some(time(TIME)), context.to_owned()));
    }

    #[test]
    fn any_metadata_comes_back_equal_as_json() {
        for metadata in [
            "",
            "{}",
            r#"{"correlation_id":"a \"b\" \u00e9"}"#,
            r#"{"correlation_id":null}"#,
            r#"{"correlation_id":7,"causation_id":"c"}"#,
            r#"{"headers":{}}"#,
            r#"{"headers":{"_es":"x"}}"#,
            r#"{"headers":{"a":1}}"#,
            r#"{"headers":{"a\"":"\n"}}"#,
            r#"{"correlation_id":"a","more":[1,2.5,{"deep":1e300}]}"#,
        ] {
            let (_, back) = read(&written(metadata, time(TIME)));

            let same = match metadata {
                "" => back.is_empty(),
                _ => {
                    serde_json::from_str::<Value>(&back).unwrap()
                        == serde_json::from_str::<Value>(metadata).unwrap()
                }
            };
            assert!(same, "{metadata} came back as {back}");
        }
    }

    #[test]
    fn the_ids_are_where_protean_looks_whatever_else_there_is() {
        let stored = written(r#"{"correlation_id":"a","other":{}}"#, time(TIME));

        assert_eq!(stored["domain"]["correlation_id"], "a");
        assert_eq!(stored["extensions"]["_es"]["metadata"]["other"], json!({}));
    }

    #[test]
    fn a_time_that_python_can_not_read_is_kept_apart() {
        for (text, header) in [
            ("0001-01-01T00:00:00.000001Z", true),
            ("9999-12-31T23:59:59.999999Z", true),
            ("+10000-01-01T00:00:00Z", false),
            ("-0001-01-01T00:00:00.000001Z", false),
        ] {
            let stored = written("", time(text));

            assert_eq!(stored["headers"].get("time").is_some(), header, "{text}");
            assert_eq!(read(&stored).0, Some(time(text)), "{text}");
        }
    }

    #[test]
    fn an_event_of_protean_tells_its_circumstances() {
        let stored = json!({
            "headers": {"id": "bank::account-acc-001-1", "time": TIME,
                        "type": "Bank.Deposited.v1", "stream": "bank::account-acc-001",
                        "traceparent": null, "idempotency_key": null, "deadline": null},
            "envelope": {"specversion": "1.0", "checksum": "1f"},
            "domain": {"fqn": "bank.Deposited", "kind": "EVENT", "origin_stream": null,
                       "stream_category": "bank::account", "version": 1, "sequence_id": "1",
                       "asynchronous": false, "expected_version": 0, "priority": 0,
                       "correlation_id": "corr-dep", "causation_id": null},
            "event_store": null,
            "extensions": {"user": 7, "tenant": "acme", "no": null, "_dropped_fields": ["x"]},
        });

        let (at, context) = read(&stored);

        assert_eq!(at, Some(time(TIME)));
        let context: Value = serde_json::from_str(&context).unwrap();
        let expected = json!({
            "correlation_id": "corr-dep", "headers": {"user": "7", "tenant": "acme"},
        });
        assert_eq!(context, expected);
    }

    #[test]
    fn an_event_of_an_old_protean_tells_its_time() {
        let stored = json!({
            "id": "bank::account-1-1", "fqn": "bank.Deposited", "kind": "EVENT",
            "type": "Bank.Deposited.v1", "stream": "bank::account-1", "version": "v1",
            "timestamp": "2026-11-20 23:32:40.801596+00:00", "sequence_id": "1",
            "payload_hash": -7, "asynchronous": true, "origin_stream": null,
        });

        assert_eq!(read(&stored), (Some(time(TIME)), String::new()));
    }

    #[test]
    fn an_event_of_eventide_tells_its_circumstances() {
        let stored = json!({
            "correlationStreamName": "transfer-1", "causationMessageStreamName": "account-7",
            "causationMessagePosition": 3, "causationMessageGlobalPosition": 11,
            "properties": {"tenant": "acme"}, "schemaVersion": "1",
        });

        let (at, context) = read(&stored);

        assert_eq!(at, None);
        let expected = r#"{"correlation_id":"transfer-1","causation_id":"account-7/3","headers":{"tenant":"acme"}}"#;
        assert_eq!(context, expected);
    }

    #[test]
    fn a_time_without_a_zone_is_utc_and_one_with_a_zone_is_its_instant() {
        for (text, is) in [
            ("2026-11-20T23:32:40.801596", TIME),
            ("2026-11-20 23:32:40.801596", TIME),
            ("2026-11-21T01:32:40.801596+02:00", TIME),
            ("2026-11-20T23:32:40.801596Z", TIME),
        ] {
            let stored = json!({"headers": {"time": text}});

            assert_eq!(read(&stored).0, Some(time(is)), "{text}");
        }
    }

    #[test]
    fn no_metadata_of_others_fails_a_read() {
        for text in [
            "null",
            "7",
            "\"text\"",
            "[1, {\"headers\": 1}]",
            "{}",
            "{\"headers\": 1, \"domain\": [], \"extensions\": \"x\", \"timestamp\": {}}",
            "{\"headers\": {\"time\": 7, \"id\": {}}, \"domain\": {\"correlation_id\": [\"a\"]}}",
            "{\"headers\": {\"time\": \"yesterday\"}, \"extensions\": {\"_es\": 7}}",
            "{\"extensions\": {\"_es\": {\"metadata\": 7, \"time\": \"x\"}}}",
            "{\"correlationStreamName\": 1e400, \"properties\": [1]}",
        ] {
            let metadata: serde_json::Result<Value> = serde_json::from_str(text);
            let whole = Stored {
                other: Some(text.as_bytes()),
                ..Stored::default()
            };

            assert_eq!(told(&whole), (None, String::new()), "{text}");
            if let Ok(metadata) = metadata {
                assert_eq!(told_in_parts(&metadata), (None, String::new()), "{text}");
            }
        }
        assert_eq!(told(&Stored::default()), (None, String::new()));
    }
}
