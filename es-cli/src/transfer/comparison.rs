//! Whether two logs are equal, event by event.

use es_core::record::RecordedEvent;
use es_core::store::{EventStore, EventStoreExt as _, Payloads};
use serde_json::{Value, json};

use super::standing::{Standing, is};
use crate::failure::Failure;
use crate::output::counted;

/// At most so many differences are told one by one.
const TOLD: usize = 20;

/// Looks for each event of a source in a target.
pub(crate) struct Comparison<'a> {
    store: &'a dyn EventStore,
    standing: Standing<'a>,
    as_json: bool,
    compared: Compared,
}

/// What a comparison found.
#[derive(Debug, Default)]
pub(crate) struct Compared {
    events: u64,
    different: u64,
    missing: u64,
    /// There, but not in the order of the source.
    out_of_order: u64,
    told: Vec<String>,
}

impl<'a> Comparison<'a> {
    /// Payloads are compared as bytes, or as JSON where one of the two keeps no more.
    pub(crate) fn with(store: &'a dyn EventStore, source: Payloads) -> Self {
        let target = store.capabilities().payloads;
        Self {
            store,
            standing: Standing::new(store),
            as_json: source == Payloads::Json || target == Payloads::Json,
            compared: Compared::default(),
        }
    }

    pub(crate) async fn look_for(&mut self, event: &RecordedEvent<'_>) -> Result<(), Failure> {
        let Self {
            store,
            standing,
            as_json,
            compared,
        } = self;
        compared.events += 1;
        if let Some(found) = standing.find(event).await? {
            compared.compare(event, &found, *as_json);
            return Ok(());
        }
        let mut by_version = store
            .read_stream(&event.stream)
            .from(event.version)
            .limit(1);
        match by_version.next().await?.filter(|found| is(found, event)) {
            Some(found) => {
                compared.out_of_order += 1;
                compared.tell(event, "is there, but not in the order of the source");
                compared.compare(event, &found, *as_json);
            }
            None => {
                compared.missing += 1;
                compared.tell(event, "is not there");
            }
        }
        // The walk ends behind what is missing, and begins anew behind it.
        *standing = Standing::new(*store);
        Ok(())
    }

    pub(crate) fn finish(self) -> Compared {
        self.compared
    }
}

impl Compared {
    fn compare(&mut self, source: &RecordedEvent<'_>, target: &RecordedEvent<'_>, as_json: bool) {
        let equal = |a: &[u8], b: &[u8]| a == b || (as_json && equal_as_json(a, b));
        let different = [
            ("time", source.time != target.time),
            ("type", source.event_type != target.event_type),
            ("payload", !equal(&source.data, &target.data)),
            ("metadata", !equal(&source.metadata, &target.metadata)),
        ];
        let different = different.into_iter().filter(|(_, is)| *is);
        let names = different.map(|(name, _)| name).collect::<Vec<_>>();
        if !names.is_empty() {
            self.different += 1;
            self.tell(source, &format!("has another {}", names.join(" and ")));
        }
    }

    fn tell(&mut self, event: &RecordedEvent<'_>, what: &str) {
        if self.told.len() < TOLD {
            self.told.push(format!(
                "version {} of `{}` ({}) {what}",
                event.version, event.stream, event.id
            ));
        }
    }

    pub(crate) fn is_equal(&self) -> bool {
        self.different + self.missing + self.out_of_order == 0
    }

    pub(super) fn lines(&self) -> Vec<String> {
        if self.is_equal() {
            return vec![format!(
                "verified: {} are equal",
                counted(self.events, "event")
            )];
        }
        let mut lines = self.told.clone();
        lines.push(format!(
            "verified: of {} {} differ, {} are missing, {} are out of order",
            counted(self.events, "event"),
            self.different,
            self.missing,
            self.out_of_order
        ));
        lines
    }

    pub(super) fn in_json(&self) -> Value {
        json!({
            "equal": self.is_equal(),
            "events": self.events,
            "different": self.different,
            "missing": self.missing,
            "out_of_order": self.out_of_order,
            "differences": self.told,
        })
    }
}

fn equal_as_json(a: &[u8], b: &[u8]) -> bool {
    let value = |bytes: &[u8]| match bytes.is_empty() {
        true => Ok(Value::Object(serde_json::Map::new())),
        false => serde_json::from_slice::<Value>(bytes),
    };
    matches!((value(a), value(b)), (Ok(a), Ok(b)) if equal_values(&a, &b))
}

/// 1 and 1.0 are one number to some stores.
fn equal_values(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal_values(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(name, a)| b.get(name).is_some_and(|b| equal_values(a, b)))
        }
        (a, b) => a == b,
    }
}
