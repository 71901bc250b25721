//! Snapshots, as messages of their own.
//!
//! Where Protean has its own: `{category}:snapshot-{id}`, type `SNAPSHOT`, the last one counts. Ours
//! are told by `_es` in their metadata, those of others are passed over. The state stands under a
//! key of its own, so that Protean, which makes an aggregate of whatever it finds there, finds what
//! it can not take for one, and replays.

use std::sync::Arc;

use chrono::DateTime;
use es_core::store::{BoxFuture, Fingerprint, Snapshot, SnapshotStore, StoreError, StoreErrorKind};
use es_core::stream::{StreamName, Version};
use futures_util::future;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

use super::batch::BEGIN;
use super::payload;
use super::values::Json;
use crate::pg::{Link, Trouble, number, repeatably};

/// The snapshots in one Message DB.
#[derive(Clone, Debug)]
pub(super) struct Snapshots {
    link: Arc<Link>,
    suffix: Option<Arc<str>>,
}

/// The metadata's part that is ours.
#[derive(Serialize, Deserialize)]
struct Ours {
    /// In hexadecimal: JSON's numbers are not everywhere as wide.
    fingerprint: String,
    version: u64,
    time: i64,
}

#[derive(Serialize)]
struct Marked<T> {
    #[serde(rename = "_es")]
    ours: T,
}

/// The state, and the position of the last event that it has seen, for Protean's `verify`.
#[derive(Serialize)]
struct Data<'a> {
    #[serde(rename = "_version")]
    position: i64,
    #[serde(rename = "_es")]
    state: &'a RawValue,
}

impl Snapshots {
    pub(super) fn new(link: Arc<Link>, suffix: Option<&str>) -> Self {
        Self {
            link,
            suffix: suffix.map(Arc::from),
        }
    }

    pub(super) fn suffix(&self) -> Option<&str> {
        self.suffix.as_deref()
    }

    pub(super) fn stream_of(&self, aggregate: &StreamName) -> String {
        let (category, id) = (aggregate.category_str(), aggregate.id());
        match &self.suffix {
            Some(suffix) => format!("{category}:snapshot-{id}+{suffix}"),
            None => format!("{category}:snapshot-{id}"),
        }
    }

    fn data(&self, snapshot: &Snapshot) -> Result<Vec<u8>, StoreError> {
        let position = match self.suffix {
            // Protean's `verify` takes the suffix for a part of the id, of which it knows no events.
            Some(_) => -1,
            None => snapshot.version.get().cast_signed() - 1,
        };
        let state: Result<&RawValue, _> = serde_json::from_slice(&snapshot.state);
        let data = state.and_then(|state| serde_json::to_vec(&Data { position, state }));
        data.map_err(|error| {
            let action = format!("save a snapshot of `{}`", snapshot.stream);
            StoreError::new(StoreErrorKind::Invalid, action).because(error)
        })
    }

    async fn save(&self, stream: &str, data: &[u8], metadata: &[u8]) -> Result<(), Trouble> {
        let client = self.link.client().await?;
        let lock = client.prepare_cached(include_str!("sql/acquire_locks.sql"));
        let lock = lock.await?;
        let save = client.prepare_cached(include_str!("sql/save_snapshot.sql"));
        let save = save.await?;
        let categories = [stream.split('-').next().unwrap_or_default()];
        // Sent together; each statement begins when the one before has ended.
        let saved = future::try_join4(
            client.batch_execute(BEGIN),
            client.execute(&lock, &[&&categories[..]]),
            client.execute(
                &save,
                &[&Uuid::new_v4(), &stream, &Json(data), &Json(metadata)],
            ),
            client.batch_execute("COMMIT"),
        )
        .await;
        if saved.is_err() {
            // Where even that fails, the connection is found dead when it is next taken.
            let _ = client.batch_execute("ROLLBACK").await;
        }
        saved?;
        Ok(())
    }

    async fn load(&self, stream: &StreamName) -> Result<Option<Snapshot>, Trouble> {
        let client = self.link.client().await?;
        let load = client.prepare_cached(include_str!("sql/load_snapshot.sql"));
        let name = self.stream_of(stream);
        let Some(row) = client.query_opt(&load.await?, &[&name]).await? else {
            return Ok(None);
        };
        let ours: Json<&[u8]> = row.try_get(0)?;
        let state: Option<Json<&[u8]>> = row.try_get(1)?;
        Ok(state.and_then(|state| read(stream, ours.0, state.0)))
    }

    async fn delete(&self, stream: &StreamName) -> Result<bool, Trouble> {
        let client = self.link.client().await?;
        let delete = client.prepare_cached(include_str!("sql/delete_snapshot.sql"));
        let name = self.stream_of(stream);
        Ok(client.execute(&delete.await?, &[&name]).await? > 0)
    }

    async fn delete_all(&self) -> Result<u64, Trouble> {
        let client = self.link.client().await?;
        let delete = client.prepare_cached(include_str!("sql/delete_snapshots.sql"));
        let row = client.query_one(&delete.await?, &[]).await?;
        Ok(number(row.try_get(0)?))
    }

    /// Deleting is what the user may have no right to.
    fn refused(&self, action: &str, trouble: &Trouble) -> StoreError {
        if trouble.code() != Some(&tokio_postgres::error::SqlState::INSUFFICIENT_PRIVILEGE) {
            return self.link.error(action, trouble);
        }
        let action = format!(
            "{action} `{}`: its user may not, since Message DB lets its role only read and write; \
             connect as the owner of `message_store.messages`, or let the user by `GRANT DELETE ON \
             message_store.messages TO …`",
            self.link.shown()
        );
        StoreError::new(StoreErrorKind::Unsupported, action).because(trouble.message())
    }
}

impl SnapshotStore for Snapshots {
    fn save(&self, snapshot: Snapshot) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move {
            payload::check_state(&snapshot.stream, &snapshot.state)?;
            let data = self.data(&snapshot)?;
            let ours = Ours {
                fingerprint: format!("{:016x}", snapshot.fingerprint.get()),
                version: snapshot.version.get(),
                time: snapshot.time.timestamp_micros(),
            };
            let metadata = serde_json::to_vec(&Marked { ours }).expect("text and numbers encode");
            let stream = self.stream_of(&snapshot.stream);
            let saved = repeatably!(self.link, self.save(&stream, &data, &metadata));
            saved.map_err(|trouble| self.link.error("save a snapshot in", &trouble))
        })
    }

    fn load<'a>(
        &'a self,
        stream: &'a StreamName,
    ) -> BoxFuture<'a, Result<Option<Snapshot>, StoreError>> {
        Box::pin(async move {
            let loaded = repeatably!(self.link, self.load(stream));
            loaded.map_err(|trouble| self.link.error("load a snapshot from", &trouble))
        })
    }

    fn delete<'a>(&'a self, stream: &'a StreamName) -> BoxFuture<'a, Result<bool, StoreError>> {
        Box::pin(async move {
            let deleted = repeatably!(self.link, self.delete(stream));
            deleted.map_err(|trouble| self.refused("delete a snapshot in", &trouble))
        })
    }

    fn delete_all(&self) -> BoxFuture<'_, Result<u64, StoreError>> {
        Box::pin(async move {
            let deleted = repeatably!(self.link, self.delete_all());
            deleted.map_err(|trouble| self.refused("delete the snapshots in", &trouble))
        })
    }
}

/// A snapshot that does not read is none: it is a cache.
fn read(stream: &StreamName, ours: &[u8], state: &[u8]) -> Option<Snapshot> {
    let ours: Ours = serde_json::from_slice(ours).ok()?;
    let fingerprint = u64::from_str_radix(&ours.fingerprint, 16).ok()?;
    Some(Snapshot {
        stream: stream.clone(),
        version: Version::new(ours.version),
        time: DateTime::from_timestamp_micros(ours.time)?,
        fingerprint: Fingerprint::new(fingerprint),
        state: state.to_vec(),
    })
}
