//! A runtime of several threads, where callers write and read in their own place.

use std::time::Duration;

use es_core::store::{AppendError, EventStore as _, EventStoreExt as _, StoreErrorKind};
use es_stores::conformance::Harness as _;
use es_stores::{SqliteOptions, SqliteStore};
use futures_util::StreamExt as _;
use futures_util::future::join_all;
use tokio::task::LocalSet;

use super::sharing::{appends_that_are_given_up_are_written, begin, commits};
use super::{append, count, events, folder};

async fn append_one(store: &SqliteStore, stream: String) {
    append(store, &stream, 0, events(1, &[b"{}"]))
        .await
        .unwrap();
}

/// Each future of a `join_all` that found nobody writing would commit alone.
#[tokio::test(flavor = "multi_thread")]
async fn the_appends_of_one_task_share_a_commit() {
    let folder = folder();
    let store = folder.open().await;
    let all = |round: &'static str| {
        let store = &store;
        (0..64).map(move |number| append_one(store, format!("{round}-{number}")))
    };
    let before = commits(&folder);

    join_all(all("joined")).await;
    let joined = commits(&folder);
    let mut unordered = futures_util::stream::iter(all("unordered")).buffer_unordered(64);
    while unordered.next().await.is_some() {}
    let unordered = commits(&folder);

    assert_eq!(joined - before, 1);
    assert!(
        unordered - joined <= 2,
        "{} for 64 appends",
        unordered - joined
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn after_many_appends_alone_those_of_one_task_are_a_handful_of_commits() {
    let folder = folder();
    let store = folder.open().await;
    for number in 0..100 {
        append_one(&store, format!("alone-{number}")).await;
    }
    let before = commits(&folder);

    join_all((0..64).map(|number| append_one(&store, format!("joined-{number}")))).await;

    let joined = commits(&folder) - before;
    assert!(joined <= 9, "{joined} commits for 64 appends");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_appends_of_many_tasks_are_all_written_and_in_order() {
    let folder = folder();
    let store = folder.open().await;
    let writers = (0..16_u32).map(|writer| {
        let store = store.clone();
        tokio::spawn(async move {
            let stream = format!("a-{writer}");
            for version in 0..50 {
                let first_id = u128::from(writer) << 64 | u128::from(version);
                append(&store, &stream, version, events(first_id, &[b"{}"]))
                    .await
                    .unwrap();
                assert_eq!(count(&store, &stream).await as u64, version + 1);
            }
        })
    });

    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }

    let all = store.read_all().collect().await.unwrap();
    let positions: Vec<_> = all.iter().map(|event| event.position.get()).collect();
    assert_eq!(positions, (1..=800).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_handed_over_is_written_though_nobody_waits() {
    appends_that_are_given_up_are_written().await;
}

/// Whoever comes later must not wait for one that is polled no more.
#[tokio::test(flavor = "multi_thread")]
async fn an_append_that_is_not_polled_any_more_holds_nobody_up() {
    let folder = folder();
    let store = folder.open().await;
    let mut left_alone = Box::pin(append_one(&store, "a-1".into()));
    begin(&mut left_alone).await;

    append_one(&store, "a-2".into()).await;

    assert_eq!(count(&store, "a-1").await, 1);
    left_alone.await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_caller_waits_in_place_for_a_lock() {
    let folder = folder();
    let hurried = SqliteOptions::new().lock_wait(Duration::from_millis(50));
    let hurried = SqliteStore::open_with(folder.path(), hurried)
        .await
        .unwrap();
    let patient = folder.open().await;
    for number in 0..3 {
        append_one(&patient, format!("alone-{number}")).await;
    }
    let shell = folder.shell();
    shell.execute_batch("BEGIN IMMEDIATE").unwrap();

    let mut waiting = Box::pin(append_one(&patient, "a-1".into()));
    begin(&mut waiting).await;
    begin(&mut waiting).await;
    let told = append(&hurried, "a-2", 0, events(2, &[b"{}"])).await;
    shell.execute_batch("COMMIT").unwrap();
    waiting.await;

    match told {
        Err(AppendError::Store(error)) => assert_eq!(error.kind(), StoreErrorKind::Busy),
        other => panic!("the lock was held: {other:?}"),
    }
    append_one(&hurried, "a-2".into()).await;
}

/// Whoever is answered at once never waits, and a task that never waits is never put aside.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn who_only_reads_lets_others_run() {
    let folder = folder();
    let store = folder.open().await;
    append_one(&store, "a-1".into()).await;
    let (begun, beginning) = std::sync::mpsc::channel();
    let reads = tokio::spawn({
        let store = store.clone();
        async move {
            begun.send(()).unwrap();
            loop {
                assert_eq!(count(&store, "a-1").await, 1);
                assert_eq!(store.head().await.unwrap(), 1);
            }
        }
    });
    let patience = Duration::from_secs(30);
    beginning.recv_timeout(patience).unwrap();

    let (ran, running) = std::sync::mpsc::channel();
    tokio::spawn(async move { ran.send(()).unwrap() });

    running.recv_timeout(patience).unwrap();
    reads.abort();
}

/// Tasks of a `LocalSet` must not block in place: tokio panics.
#[tokio::test(flavor = "multi_thread")]
async fn a_task_that_may_not_be_kept_is_served_by_the_threads() {
    let folder = folder();
    let store = folder.open().await;
    let local = LocalSet::new();

    let of_task = {
        let store = store.clone();
        local.spawn_local(async move {
            append_one(&store, "a-1".into()).await;
            count(&store, "a-1").await
        })
    };
    let of_root = local.run_until(async {
        append_one(&store, "a-2".into()).await;
        count(&store, "a-2").await
    });

    assert_eq!(of_root.await, 1);
    local.await;
    assert_eq!(of_task.await.unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_append_that_comes_back_where_it_may_not_be_kept_is_written() {
    let folder = folder();
    let store = folder.open().await;
    let mut moved = Box::pin({
        let store = store.clone();
        async move { append_one(&store, "a-1".into()).await }
    });

    begin(&mut moved).await;
    let local = LocalSet::new();
    let moved = local.spawn_local(moved);
    local.await;

    moved.await.unwrap();
    assert_eq!(count(&store, "a-1").await, 1);
}
