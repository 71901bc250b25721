//! One file and many who want it: appends that share a commit, stores that share a file, locks.

use std::time::Duration;

use es_core::store::{AppendError, EventStore, EventStoreExt, StoreErrorKind};
use es_core::stream::Position;
use es_stores::conformance::Harness;
use es_stores::{SqliteOptions, SqliteStore, Synchronous};
use futures_util::future::join_all;

use super::{Folder, append, count, events, folder};

/// Polls once: what was to be handed over has been.
pub(super) async fn begin<T: std::fmt::Debug>(work: &mut (impl Future<Output = T> + Unpin)) {
    tokio::select! {
        biased;
        done = work => panic!("a lock was in the way, yet it is done: {done:?}"),
        () = std::future::ready(()) => {}
    }
}

/// How many commits the write-ahead log holds: a frame ends one where it tells the size of the
/// database (<https://sqlite.org/fileformat.html#the_write_ahead_log>).
pub(super) fn commits(folder: &Folder) -> usize {
    let log = std::fs::read(folder.path().with_extension("db-wal")).unwrap();
    let frames = log.get(32..).unwrap_or_default().chunks_exact(24 + 4_096);
    frames.filter(|frame| frame[4..8] != [0; 4]).count()
}

#[tokio::test]
async fn appends_that_wait_at_the_same_time_share_a_commit() {
    let folder = folder();
    let store = folder.open().await;
    let shell = folder.shell();
    shell.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut appends = join_all((0..64).map(|number| {
        let store = store.clone();
        async move { append(&store, &format!("a-{number}"), 0, events(number, &[b"{}"])).await }
    }));

    begin(&mut appends).await;
    shell.execute_batch("COMMIT").unwrap();
    for outcome in appends.await {
        outcome.unwrap();
    }

    // The writer had taken at least one when the others came.
    let commits = commits(&folder);
    assert!(
        (1..=2).contains(&commits),
        "{commits} commits for 64 appends"
    );
}

#[tokio::test]
async fn in_a_shared_commit_a_conflict_fails_alone() {
    let folder = folder();
    let store = folder.open().await;
    let shell = folder.shell();
    shell.execute_batch("BEGIN IMMEDIATE").unwrap();
    // Two for each stream, both taking it for a new one.
    let mut appends = join_all((0..32).map(|number| {
        let store = store.clone();
        async move {
            append(
                &store,
                &format!("a-{}", number / 2),
                0,
                events(number, &[b"{}"; 2]),
            )
            .await
        }
    }));

    begin(&mut appends).await;
    shell.execute_batch("COMMIT").unwrap();

    for (number, outcome) in appends.await.into_iter().enumerate() {
        match outcome {
            Ok(()) => assert_eq!(number % 2, 0),
            Err(AppendError::Conflict(conflict)) => {
                assert_eq!((number % 2, conflict.actual.get()), (1, 2));
            }
            Err(error) => panic!("{error:?}"),
        }
    }
    assert_eq!(count(&store, "a-7").await, 2);
}

#[tokio::test]
async fn an_append_that_checks_only_does_not_commit() {
    let folder = folder();
    let store = folder.open().await;
    append(&store, "a-1", 0, events(1, &[b"{}"])).await.unwrap();
    let before = commits(&folder);

    append(&store, "a-1", 1, events(1, &[b""; 0]))
        .await
        .unwrap();
    append(&store, "a-1", 0, events(1, &[b"{}"])).await.unwrap();
    append(&store, "a-1", 0, events(9, &[b"{}"]))
        .await
        .unwrap_err();

    assert_eq!(commits(&folder), before);
}

#[tokio::test]
async fn what_was_handed_over_is_written_though_nobody_waits() {
    appends_that_are_given_up_are_written().await;
}

/// In whatever runtime this is.
pub(super) async fn appends_that_are_given_up_are_written() {
    let folder = folder();
    let store = folder.open().await;
    for number in 0..500 {
        let work = append(&store, "a-1", number, events(number.into(), &[b"{}"]));
        tokio::select! {
            biased;
            done = work => done.unwrap(),
            () = std::future::ready(()) => {}
        }
    }

    drop(store);

    assert_eq!(count(&folder.open().await, "a-1").await, 500);
}

/// While the file was locked, each append that was given up stayed in the queue with its events: a
/// program that tried again and again filled its memory.
#[tokio::test]
async fn appends_that_are_given_up_while_nothing_can_be_written_do_not_pile_up() {
    let folder = folder();
    let store = folder.open().await;
    let shell = folder.shell();
    shell.execute_batch("BEGIN IMMEDIATE").unwrap();
    let unit = |number| events(number, &[b"{}"]);

    for number in 0..5_000 {
        let stream = format!("a-{number}");
        begin(&mut Box::pin(append(&store, &stream, 0, unit(number)))).await;
    }
    shell.execute_batch("COMMIT").unwrap();
    append(&store, "b-1", 0, unit(1)).await.unwrap();

    let written = store.read_category("a").collect().await.unwrap().len();
    assert!((1..=2_048).contains(&written), "{written} were queued");
}

#[tokio::test]
async fn two_stores_on_one_file_see_each_other() {
    let folder = folder();
    let (one, two) = (folder.open().await, folder.open().await);

    for version in 0..50 {
        let (writer, reader) = if version % 2 == 0 {
            (&one, &two)
        } else {
            (&two, &one)
        };
        append(writer, "a-1", version, events(version.into(), &[b"{}"]))
            .await
            .unwrap();

        assert_eq!(count(reader, "a-1").await as u64, version + 1);
    }
    drop(one);
    append(&two, "a-1", 50, events(50, &[b"{}"])).await.unwrap();
    let third = folder.open().await;
    assert_eq!(count(&third, "a-1").await, 51);
}

#[tokio::test]
async fn an_append_of_another_store_wakes_whoever_waits() {
    let folder = folder();
    let (one, two) = (folder.open().await, folder.open().await);
    let waiting = tokio::spawn(async move { two.wait_beyond(Position::START).await });

    append(&one, "a-1", 0, events(1, &[b"{}"])).await.unwrap();

    let head = tokio::time::timeout(Duration::from_secs(30), waiting).await;
    assert_eq!(head.unwrap().unwrap().unwrap(), 1);
}

#[tokio::test]
async fn a_lock_held_for_too_long_is_told() {
    let folder = folder();
    let options = SqliteOptions::new().lock_wait(Duration::from_millis(50));
    let store = SqliteStore::open_with(folder.path(), options)
        .await
        .unwrap();
    let shell = folder.shell();
    shell.execute_batch("BEGIN IMMEDIATE").unwrap();

    let outcome = append(&store, "a-1", 0, events(1, &[b"{}"])).await;

    match outcome {
        Err(AppendError::Store(error)) => {
            assert_eq!(error.kind(), StoreErrorKind::Busy);
            let words = "another connection held its lock for longer than 50ms";
            assert!(error.to_string().ends_with(words), "{error}");
        }
        other => panic!("the lock was held: {other:?}"),
    }
    assert_eq!(store.read_all().collect().await.unwrap(), []);
    shell.execute_batch("COMMIT").unwrap();
    append(&store, "a-1", 0, events(1, &[b"{}"])).await.unwrap();
}

#[tokio::test]
async fn a_lock_held_for_a_while_is_waited_for() {
    let folder = folder();
    let patient = folder.open().await;
    let hurried = SqliteOptions::new().lock_wait(Duration::from_millis(100));
    let hurried = SqliteStore::open_with(folder.path(), hurried)
        .await
        .unwrap();
    let shell = folder.shell();
    shell.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut waiting = Box::pin(append(&patient, "a-1", 0, events(1, &[b"{}"])));

    begin(&mut waiting).await;
    append(&hurried, "a-2", 0, events(1, &[b"{}"]))
        .await
        .unwrap_err();
    begin(&mut waiting).await;
    shell.execute_batch("COMMIT").unwrap();

    waiting.await.unwrap();
}

#[tokio::test]
async fn a_file_locked_while_it_is_opened_is_waited_for() {
    let folder = folder();
    drop(folder.open().await);
    let shell = folder.shell();
    shell
        .pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(()))
        .unwrap();
    shell.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let hurried = SqliteOptions::new().lock_wait(Duration::from_millis(50));
    let hurried = SqliteStore::open_with(folder.path(), hurried).await;
    let patient = SqliteStore::open(folder.path());
    let mut patient = Box::pin(patient);

    begin(&mut patient).await;
    shell.execute_batch("COMMIT").unwrap();
    drop(shell);

    assert_eq!(hurried.unwrap_err().kind(), StoreErrorKind::Busy);
    append(&patient.await.unwrap(), "a-1", 0, events(1, &[b"{}"]))
        .await
        .unwrap();
}

/// While somebody was reading at every moment, SQLite never began its log anew: it grew to twice the
/// size of the database in seconds.
#[tokio::test(flavor = "multi_thread")]
async fn the_log_stays_bounded_while_somebody_always_reads() {
    const MIB: usize = 1 << 20;
    let folder = Folder::new(Synchronous::Normal);
    let store = folder.open().await;
    append(&store, "a-1", 0, events(1, &vec![[b'x'; 100]; 5_000]))
        .await
        .unwrap();
    let readers: Vec<_> = (0..8)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move {
                loop {
                    count(&store, "a-1").await;
                }
            })
        })
        .collect();

    let payload = vec![b'x'; MIB];
    let mut longest = 0;
    for version in 0..256 {
        append(&store, "b-1", version, events(version.into(), &[&payload]))
            .await
            .unwrap();
        let log = folder.path().with_extension("db-wal");
        longest = longest.max(std::fs::metadata(log).unwrap().len());
    }

    for reader in readers {
        reader.abort();
    }
    let longest = longest / MIB as u64;
    assert!(longest < 200, "the log grew to {longest} MiB of 256");
}
