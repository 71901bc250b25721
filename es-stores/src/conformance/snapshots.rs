//! Snapshots: a cache beside the events. A store that has none says so, and nothing else is asked.

use std::sync::Arc;

use es_core::record::{Direction, Page};
use es_core::store::{
    EventStore, Fingerprint, Payloads, Snapshot, SnapshotStore, StoreError, StoreErrorKind,
};
use es_core::stream::{MAX_NAME_BYTES, Version};

use super::Harness;
use super::json::comes_back;
use super::support::{
    DIRECTIONS, STREAM, append, at, events, name, number, page_of, read, read_all, read_category,
    request, sources, text, time, visible,
};

/// A stream without a snapshot has none.
pub async fn a_stream_has_no_snapshot_at_first(harness: impl Harness) {
    let store = harness.open().await;
    append(&store, STREAM, at(0), events(1..=1)).await;
    let Some(kept) = Kept::of(&store) else {
        return;
    };

    kept.is(STREAM, None).await;
}

/// What is saved is loaded: version, time, fingerprint and state.
pub async fn a_snapshot_is_loaded_as_it_was_saved(harness: impl Harness) {
    let store = harness.open().await;
    let Some(kept) = Kept::of(&store) else {
        return;
    };
    for (number, fingerprint) in [(1, 0), (2, u64::MAX), (3, 1 << 63)] {
        let saved = Snapshot {
            stream: name(&format!("test::thing-{number}")),
            version: Version::new(number),
            time: time(number),
            fingerprint: Fingerprint::new(fingerprint),
            state: br#"{"n":123456789012345678901234567890,"s":"\u00e9","a":[1.50,null]}"#.to_vec(),
        };

        kept.save(saved.clone()).await;

        kept.is(saved.stream.as_str(), Some(&saved)).await;
    }
}

/// A state may be of one byte, or of 8 MiB.
pub async fn a_state_may_be_small_or_large(harness: impl Harness) {
    let store = harness.open().await;
    let Some(kept) = Kept::of(&store) else {
        return;
    };
    for (version, state) in [(1, b"0".to_vec()), (2, text(8 << 20))] {
        let saved = Snapshot {
            state,
            ..snapshot(STREAM, version, 1)
        };

        kept.save(saved.clone()).await;

        kept.is(STREAM, Some(&saved)).await;
    }
}

/// A state that is no JSON is loaded as it was saved, or is refused and the one before stays.
pub async fn a_state_that_is_no_json_is_kept_or_refused(harness: impl Harness) {
    let store = harness.open().await;
    let Some(kept) = Kept::of(&store) else {
        return;
    };
    let first = snapshot(STREAM, 1, 1);
    kept.save(first.clone()).await;
    let states: [&[u8]; 6] = [
        b"",
        b"\0",
        &[0, 255, b'{', b'"', 7],
        b"{\"a\":",
        b"text",
        br#""\u0000""#,
    ];

    for (version, state) in (2..).zip(states) {
        let saved = Snapshot {
            state: state.to_vec(),
            ..snapshot(STREAM, version, 1)
        };
        match kept.payloads {
            Payloads::Bytes => {
                kept.save(saved.clone()).await;
                kept.is(STREAM, Some(&saved)).await;
            }
            Payloads::Json => {
                let refusal = kept.try_save(saved).await.expect_err("it is no JSON");
                assert_eq!(refusal.kind(), StoreErrorKind::Invalid, "{refusal:?}");
                kept.is(STREAM, Some(&first)).await;
            }
        }
    }
}

/// A newer snapshot takes the place of an older one.
pub async fn a_newer_snapshot_replaces_an_older(harness: impl Harness) {
    let store = harness.open().await;
    let Some(kept) = Kept::of(&store) else {
        return;
    };
    kept.save(snapshot(STREAM, 10, 1)).await;

    kept.save(snapshot(STREAM, 20, 1)).await;

    kept.is(STREAM, Some(&snapshot(STREAM, 20, 1))).await;
}

/// A snapshot of the same version takes the place of the one before.
pub async fn a_snapshot_of_the_same_version_replaces_the_one_before(harness: impl Harness) {
    let store = harness.open().await;
    let Some(kept) = Kept::of(&store) else {
        return;
    };
    let other = Snapshot {
        state: b"\"other\"".to_vec(),
        ..snapshot(STREAM, 10, 1)
    };
    kept.save(snapshot(STREAM, 10, 1)).await;

    kept.save(other.clone()).await;

    kept.is(STREAM, Some(&other)).await;
}

/// A snapshot that comes late does not replace a newer one with the same fingerprint.
pub async fn an_older_snapshot_does_not_replace_a_newer(harness: impl Harness) {
    let store = harness.open().await;
    let Some(kept) = Kept::of(&store) else {
        return;
    };
    kept.save(snapshot(STREAM, 20, 1)).await;

    kept.save(snapshot(STREAM, 10, 1)).await;

    kept.is(STREAM, Some(&snapshot(STREAM, 20, 1))).await;
}

/// A snapshot with another fingerprint replaces the one before, whatever its version: the program
/// that saved it can not read the other.
pub async fn a_snapshot_of_another_program_is_replaced(harness: impl Harness) {
    let store = harness.open().await;
    let Some(kept) = Kept::of(&store) else {
        return;
    };
    kept.save(snapshot(STREAM, 20, 1)).await;

    kept.save(snapshot(STREAM, 10, 2)).await;

    kept.is(STREAM, Some(&snapshot(STREAM, 10, 2))).await;
}

/// Of snapshots that are saved at the same time the newest stays.
pub async fn of_snapshots_saved_at_once_the_newest_stays(harness: impl Harness) {
    let store = Arc::new(harness.open().await);
    if store.snapshots().is_none() {
        return;
    }

    let savers = (1..=16).map(|version| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            let kept = Kept::of(&*store).expect("it has snapshots");
            kept.save(snapshot(STREAM, version, 1)).await;
            kept.save(snapshot(STREAM, version + 16, 1)).await;
        })
    });
    for saver in savers.collect::<Vec<_>>() {
        saver.await.expect("the saver is well");
    }

    let kept = Kept::of(&*store).expect("it has snapshots");
    kept.is(STREAM, Some(&snapshot(STREAM, 32, 1))).await;
}

/// Each stream has its own snapshot.
pub async fn streams_have_snapshots_apart(harness: impl Harness) {
    let store = harness.open().await;
    let Some(kept) = Kept::of(&store) else {
        return;
    };
    kept.save(snapshot("test::thing-1", 1, 1)).await;
    kept.save(snapshot("test::thing-2", 2, 1)).await;
    kept.save(snapshot("test::thing-1-2", 3, 1)).await;
    kept.save(snapshot("test::thing-1+2", 4, 1)).await;
    kept.save(snapshot("test::other-1", 5, 1)).await;

    let deleted = kept.snapshots.delete(&name("test::thing-1")).await;

    assert!(deleted.expect("a snapshot is deleted"));
    kept.is("test::thing-1", None).await;
    for (stream, version) in [
        ("test::thing-2", 2),
        ("test::thing-1-2", 3),
        ("test::thing-1+2", 4),
        ("test::other-1", 5),
    ] {
        kept.is(stream, Some(&snapshot(stream, version, 1))).await;
    }
}

/// A stream with a name as long as any has a snapshot too.
pub async fn a_stream_with_the_longest_name_has_a_snapshot(harness: impl Harness) {
    let store = harness.open().await;
    let Some(kept) = Kept::of(&store) else {
        return;
    };
    let stream = format!("test::thing-{}", "é".repeat(MAX_NAME_BYTES / 2 - 6));
    assert_eq!(stream.len(), MAX_NAME_BYTES);
    let saved = snapshot(&stream, 7, 1);

    kept.save(saved.clone()).await;

    kept.is(&stream, Some(&saved)).await;
    assert!(read_all(&store, 0).await.is_empty());
}

/// Deleting tells whether there was one.
pub async fn deleting_tells_whether_there_was_one(harness: impl Harness) {
    let store = harness.open().await;
    let Some(kept) = Kept::of(&store) else {
        return;
    };
    kept.save(snapshot(STREAM, 1, 1)).await;
    kept.save(snapshot(STREAM, 2, 1)).await;

    let first = kept.snapshots.delete(&name(STREAM)).await;
    let second = kept.snapshots.delete(&name(STREAM)).await;

    assert!(first.expect("a snapshot is deleted"));
    assert!(!second.expect("nothing is deleted"));
    kept.is(STREAM, None).await;
}

/// Deleting all tells how many there were, and new ones can be saved.
pub async fn deleting_all_tells_how_many_there_were(harness: impl Harness) {
    let store = harness.open().await;
    let Some(kept) = Kept::of(&store) else {
        return;
    };
    for number in 1..=3 {
        let stream = format!("test::thing-{number}");
        kept.save(snapshot(&stream, 1, 1)).await;
        kept.save(snapshot(&stream, 2, 1)).await;
    }

    let first = kept.snapshots.delete_all().await;
    let second = kept.snapshots.delete_all().await;

    assert_eq!(first.expect("snapshots are deleted"), 3);
    assert_eq!(second.expect("nothing is deleted"), 0);
    kept.is(STREAM, None).await;
    kept.save(snapshot(STREAM, 1, 1)).await;
    kept.is(STREAM, Some(&snapshot(STREAM, 1, 1))).await;
}

/// Snapshots are no events: no read shows them, no version and no head counts them, and deleting
/// them deletes no event.
pub async fn snapshots_are_apart_from_the_events(harness: impl Harness) {
    let store = harness.open().await;
    let Some(kept) = Kept::of(&store) else {
        return;
    };
    append(&store, STREAM, at(0), events(1..=2)).await;
    let before = read_all(&store, 2).await;

    kept.save(snapshot(STREAM, 2, 1)).await;
    kept.save(snapshot("test::thing-2", 2, 1)).await;

    assert_eq!(read_all(&store, 2).await, before);
    assert_eq!(read_category(&store, "test::thing", 2).await, before);
    assert!(
        read_category(&store, "test::thing:snapshot", 0)
            .await
            .is_empty()
    );
    assert!(read(&store, "test::thing:snapshot-1").await.is_empty());
    assert_eq!(
        store.head().await.expect("the head is read"),
        before[1].position
    );
    let deleted = kept.snapshots.delete_all().await;
    assert_eq!(deleted.expect("snapshots are deleted"), 2);
    assert_eq!(read(&store, STREAM).await, before);
    append(&store, "test::thing-2", at(0), events(3..=3)).await;
}

/// Snapshots between the events end no page early, and are nothing more to come behind the last
/// event.
pub async fn snapshots_between_events_are_on_no_page(harness: impl Harness) {
    let store = harness.open().await;
    let Some(kept) = Kept::of(&store) else {
        return;
    };
    let mut version = 0;
    for snapshots in [3, 0, 1, 7, 0, 2] {
        append(&store, STREAM, at(version), events([version + 1])).await;
        version += 1;
        for other in 0..snapshots {
            kept.save(snapshot(
                &format!("test::thing-{other}"),
                10 * version + other,
                1,
            ))
            .await;
        }
    }

    for source in sources() {
        visible(&store, &source, 6).await;
        for direction in DIRECTIONS {
            for size in 1..=7 {
                let mut request = request(source.clone(), direction, size);
                let mut page = Page::new();
                let mut seen = Vec::new();
                loop {
                    page_of(&store, &request, &mut page).await;
                    seen.extend(page.iter().map(|event| number(event.id)));
                    let more = seen.len() < 6;
                    assert_eq!(page.has_more(), more, "{request:?}");
                    assert!(page.len() == size || !more, "{request:?}");
                    if !request.advance(&page) {
                        break;
                    }
                }
                if direction == Direction::Backwards {
                    seen.reverse();
                }
                assert_eq!(seen, [1, 2, 3, 4, 5, 6], "{request:?}");
            }
        }
    }
}

/// A store's snapshots, and how their states come back.
struct Kept<'a> {
    snapshots: &'a dyn SnapshotStore,
    payloads: Payloads,
}

impl<'a> Kept<'a> {
    fn of(store: &'a impl EventStore) -> Option<Self> {
        let payloads = store.capabilities().payloads;
        store.snapshots().map(|snapshots| Self {
            snapshots,
            payloads,
        })
    }

    async fn try_save(&self, snapshot: Snapshot) -> Result<(), StoreError> {
        self.snapshots.save(snapshot).await
    }

    async fn save(&self, snapshot: Snapshot) {
        self.try_save(snapshot).await.expect("a snapshot is saved");
    }

    /// What is loaded for `stream` must be `expected`.
    async fn is(&self, stream: &str, expected: Option<&Snapshot>) {
        let loaded = self.snapshots.load(&name(stream)).await;
        let loaded = loaded.expect("snapshots are loaded");
        let (Some(expected), Some(loaded)) = (expected, &loaded) else {
            assert_eq!(
                expected.map(|it| it.version),
                loaded.map(|it| it.version),
                "of `{stream}`"
            );
            return;
        };
        // Not all at once: states of mebibytes would be printed.
        let whole = |it: &Snapshot| (it.stream.clone(), it.version, it.time, it.fingerprint);
        assert_eq!(whole(loaded), whole(expected));
        assert!(
            comes_back(self.payloads, &expected.state, &loaded.state),
            "the state of `{stream}` is another"
        );
    }
}

pub(super) fn snapshot(stream: &str, version: u64, fingerprint: u64) -> Snapshot {
    Snapshot {
        stream: name(stream),
        version: Version::new(version),
        time: time(version),
        fingerprint: Fingerprint::new(fingerprint),
        state: format!("{{\"version\":{version},\"by\":{fingerprint}}}").into_bytes(),
    }
}
