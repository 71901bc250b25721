//! Snapshots: a cache beside the events. A store that has none says so, and nothing else is asked.

use es_core::store::{EventStore, Fingerprint, Snapshot, SnapshotStore};
use es_core::stream::Version;

use super::Harness;
use super::support::{STREAM, append, at, events, name, read, read_all, read_category, time};

/// A stream without a snapshot has none.
pub async fn a_stream_has_no_snapshot_at_first(harness: impl Harness) {
    let store = harness.open().await;
    append(&store, STREAM, at(0), events(1..=1)).await;
    let Some(snapshots) = store.snapshots() else {
        return;
    };

    assert_eq!(load(snapshots, STREAM).await, None);
}

/// What is saved is loaded: version, time, fingerprint and state.
pub async fn a_snapshot_is_loaded_as_it_was_saved(harness: impl Harness) {
    let store = harness.open().await;
    let Some(snapshots) = store.snapshots() else {
        return;
    };
    for (number, fingerprint) in [(1, 0), (2, u64::MAX), (3, 1 << 63)] {
        let saved = Snapshot {
            stream: name(&format!("test::thing-{number}")),
            version: Version::new(number),
            time: time(number),
            fingerprint: Fingerprint::new(fingerprint),
            state: vec![0, 255, b'{', b'"', 7],
        };

        save(snapshots, saved.clone()).await;

        assert_eq!(load(snapshots, saved.stream.as_str()).await, Some(saved));
    }
}

/// A state may be empty, or 8 MiB.
pub async fn a_state_may_be_empty_or_large(harness: impl Harness) {
    let store = harness.open().await;
    let Some(snapshots) = store.snapshots() else {
        return;
    };
    for (version, size) in [(1, 0), (2, 8 << 20)] {
        let saved = Snapshot {
            state: vec![7; size],
            ..snapshot(STREAM, version, 1)
        };

        save(snapshots, saved.clone()).await;

        assert!(load(snapshots, STREAM).await == Some(saved));
    }
}

/// A newer snapshot takes the place of an older one.
pub async fn a_newer_snapshot_replaces_an_older(harness: impl Harness) {
    let store = harness.open().await;
    let Some(snapshots) = store.snapshots() else {
        return;
    };
    save(snapshots, snapshot(STREAM, 10, 1)).await;

    save(snapshots, snapshot(STREAM, 20, 1)).await;

    assert_eq!(load(snapshots, STREAM).await, Some(snapshot(STREAM, 20, 1)));
}

/// A snapshot of the same version takes the place of the one before.
pub async fn a_snapshot_of_the_same_version_replaces_the_one_before(harness: impl Harness) {
    let store = harness.open().await;
    let Some(snapshots) = store.snapshots() else {
        return;
    };
    let other = Snapshot {
        state: b"other".to_vec(),
        ..snapshot(STREAM, 10, 1)
    };
    save(snapshots, snapshot(STREAM, 10, 1)).await;

    save(snapshots, other.clone()).await;

    assert_eq!(load(snapshots, STREAM).await, Some(other));
}

/// A snapshot that comes late does not replace a newer one with the same fingerprint.
pub async fn an_older_snapshot_does_not_replace_a_newer(harness: impl Harness) {
    let store = harness.open().await;
    let Some(snapshots) = store.snapshots() else {
        return;
    };
    save(snapshots, snapshot(STREAM, 20, 1)).await;

    save(snapshots, snapshot(STREAM, 10, 1)).await;

    assert_eq!(load(snapshots, STREAM).await, Some(snapshot(STREAM, 20, 1)));
}

/// A snapshot with another fingerprint replaces the one before, whatever its version: the program
/// that saved it can not read the other.
pub async fn a_snapshot_of_another_program_is_replaced(harness: impl Harness) {
    let store = harness.open().await;
    let Some(snapshots) = store.snapshots() else {
        return;
    };
    save(snapshots, snapshot(STREAM, 20, 1)).await;

    save(snapshots, snapshot(STREAM, 10, 2)).await;

    assert_eq!(load(snapshots, STREAM).await, Some(snapshot(STREAM, 10, 2)));
}

/// Each stream has its own snapshot.
pub async fn streams_have_snapshots_apart(harness: impl Harness) {
    let store = harness.open().await;
    let Some(snapshots) = store.snapshots() else {
        return;
    };
    save(snapshots, snapshot("test::thing-1", 1, 1)).await;
    save(snapshots, snapshot("test::thing-2", 2, 1)).await;

    let deleted = snapshots.delete(&name("test::thing-1")).await;

    assert!(deleted.expect("a snapshot is deleted"));
    assert_eq!(load(snapshots, "test::thing-1").await, None);
    assert_eq!(
        load(snapshots, "test::thing-2").await,
        Some(snapshot("test::thing-2", 2, 1))
    );
}

/// Deleting tells whether there was one.
pub async fn deleting_tells_whether_there_was_one(harness: impl Harness) {
    let store = harness.open().await;
    let Some(snapshots) = store.snapshots() else {
        return;
    };
    save(snapshots, snapshot(STREAM, 1, 1)).await;

    let first = snapshots.delete(&name(STREAM)).await;
    let second = snapshots.delete(&name(STREAM)).await;

    assert!(first.expect("a snapshot is deleted"));
    assert!(!second.expect("nothing is deleted"));
}

/// Deleting all tells how many there were, and new ones can be saved.
pub async fn deleting_all_tells_how_many_there_were(harness: impl Harness) {
    let store = harness.open().await;
    let Some(snapshots) = store.snapshots() else {
        return;
    };
    for number in 1..=3 {
        save(snapshots, snapshot(&format!("test::thing-{number}"), 1, 1)).await;
    }

    let first = snapshots.delete_all().await;
    let second = snapshots.delete_all().await;

    assert_eq!(first.expect("snapshots are deleted"), 3);
    assert_eq!(second.expect("nothing is deleted"), 0);
    assert_eq!(load(snapshots, STREAM).await, None);
    save(snapshots, snapshot(STREAM, 1, 1)).await;
    assert_eq!(load(snapshots, STREAM).await, Some(snapshot(STREAM, 1, 1)));
}

/// Snapshots are no events: no read shows them, no version and no head counts them, and deleting
/// them deletes no event.
pub async fn snapshots_are_apart_from_the_events(harness: impl Harness) {
    let store = harness.open().await;
    let Some(snapshots) = store.snapshots() else {
        return;
    };
    append(&store, STREAM, at(0), events(1..=2)).await;
    let before = read_all(&store, 2).await;

    save(snapshots, snapshot(STREAM, 2, 1)).await;
    save(snapshots, snapshot("test::thing-2", 2, 1)).await;

    assert_eq!(read_all(&store, 2).await, before);
    assert_eq!(read_category(&store, "test::thing", 2).await, before);
    assert!(
        read_category(&store, "test::thing:snapshot", 0)
            .await
            .is_empty()
    );
    assert_eq!(
        store.head().await.expect("the head is read"),
        before[1].position
    );
    snapshots.delete_all().await.expect("snapshots are deleted");
    assert_eq!(read(&store, STREAM).await, before);
    append(&store, "test::thing-2", at(0), events(3..=3)).await;
}

fn snapshot(stream: &str, version: u64, fingerprint: u64) -> Snapshot {
    Snapshot {
        stream: name(stream),
        version: Version::new(version),
        time: time(version),
        fingerprint: Fingerprint::new(fingerprint),
        state: format!("{{\"version\":{version},\"by\":{fingerprint}}}").into_bytes(),
    }
}

async fn save(snapshots: &dyn SnapshotStore, snapshot: Snapshot) {
    snapshots.save(snapshot).await.expect("a snapshot is saved");
}

async fn load(snapshots: &dyn SnapshotStore, stream: &str) -> Option<Snapshot> {
    snapshots
        .load(&name(stream))
        .await
        .expect("snapshots are loaded")
}
