//! Snapshots: taken after commits, used where they serve, never able to fail anything.

use super::load::Until;
use crate::aggregate::Aggregate;
use crate::domain::Domain;
use crate::store::{Snapshot, StoreError, StoreErrorKind};
use crate::stream::{StreamName, Version};

/// The state of the latest snapshot, where it is not stale and not later than what is asked for.
pub(super) async fn load<A: Aggregate>(
    domain: &Domain,
    stream: &StreamName,
    until: Until,
) -> Option<A> {
    domain.snapshot_every::<A>()?;
    let snapshot = match domain.store().snapshots()?.load(stream).await {
        Ok(snapshot) => snapshot?,
        Err(error) => {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(%stream, error, "a snapshot could not be read, the stream is replayed");
            return None;
        }
    };
    if snapshot.fingerprint != A::FINGERPRINT {
        let (found, expected) = (snapshot.fingerprint, A::FINGERPRINT);
        tracing::info!(%stream, ?found, ?expected, "a snapshot of another program is discarded, the stream is replayed");
        return None;
    }
    let serves = match until {
        Until::Head => true,
        Until::Version(version) => snapshot.version <= version,
        Until::Time(time) => snapshot.time <= time,
    };
    if !serves || snapshot.version == 0 {
        return None;
    }
    match A::decode_state(&snapshot.state) {
        Ok(mut aggregate) => {
            let root = aggregate.root_mut();
            root.stored = snapshot.version;
            root.snapshot = snapshot.version;
            root.time = Some(snapshot.time);
            Some(aggregate)
        }
        Err(error) => {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(%stream, version = %snapshot.version, error, "a snapshot does not decode, the stream is replayed");
            None
        }
    }
}

pub(super) fn warn_ahead(stream: &StreamName) {
    tracing::warn!(%stream, "a snapshot is ahead of its stream, the stream is replayed");
}

/// Keeps a snapshot of a stored aggregate; answers its version.
pub(super) async fn make<A: Aggregate>(
    domain: &Domain,
    stream: &StreamName,
    aggregate: &A,
) -> Result<Version, StoreError> {
    let refused = |kind| StoreError::new(kind, format!("take a snapshot of `{stream}`"));
    let Some(snapshots) = domain.store().snapshots() else {
        return Err(refused(StoreErrorKind::Unsupported).because("the store keeps none"));
    };
    let state = aggregate.encode_state();
    let state = state.map_err(|error| refused(StoreErrorKind::Invalid).because(error))?;
    let root = aggregate.root();
    let (version, time) = (root.stored, root.time.unwrap_or_default());
    let (stream, fingerprint) = (stream.clone(), A::FINGERPRINT);
    let snapshot = Snapshot {
        stream,
        version,
        time,
        fingerprint,
        state,
    };
    snapshots.save(snapshot).await?;
    Ok(version)
}

/// Whether enough events came since the last snapshot, and the state holds none but those that are
/// stored.
pub(super) fn is_due<A: Aggregate>(domain: &Domain, aggregate: &A) -> bool {
    let Some(every) = domain.snapshot_every::<A>() else {
        return false;
    };
    let root = aggregate.root();
    root.stored.get() - root.snapshot.get() >= every
        && root.pending().is_empty()
        && domain.store().snapshots().is_some()
}

/// Takes a snapshot. What goes wrong is logged.
pub(super) async fn take<A: Aggregate>(domain: &Domain, stream: &StreamName, aggregate: &mut A) {
    let root = aggregate.root();
    let (Some(snapshots), Some(time)) = (domain.store().snapshots(), root.time) else {
        return;
    };
    let version = root.stored;
    let saved = match aggregate.encode_state() {
        Ok(state) => {
            let (stream, fingerprint) = (stream.clone(), A::FINGERPRINT);
            let snapshot = Snapshot {
                stream,
                version,
                time,
                fingerprint,
                state,
            };
            snapshots.save(snapshot).await.map_err(Into::into)
        }
        Err(error) => Err(Box::<dyn std::error::Error + Send + Sync>::from(error)),
    };
    match saved {
        Ok(()) => aggregate.root_mut().snapshot = version,
        Err(error) => {
            tracing::warn!(%stream, %version, error = &*error as &dyn std::error::Error, "a snapshot could not be kept");
        }
    }
}
