//! Servers that die and come back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use es_core::store::{AppendError, EventStore};
use es_core::stream::Position;

use super::{PLAIN, Place, all_of, append, at, numbers, repeat, tells, unit};
use crate::servers::{Cluster, in_time};
use es_core::store::StoreErrorKind::Unavailable;

/// The server crashes and comes back: the same value of the store reads, appends and wakes again.
pub(crate) async fn a_store_works_again_after_a_crash_of_its_server<P: Place>() {
    let server = Cluster::start(&[]);
    let place = P::on(&server.uri()).await;
    let store = Arc::new(place.open().await);
    append(&*store, "test::a-1", 0, 1).await;
    all_of(&*store, 1).await;
    let unit = unit("test::a-1", at(1), PLAIN, [2]);

    server.crash();
    let head = in_time(store.head()).await;
    let _ = in_time(store.append(Arc::clone(&unit))).await;
    let down = in_time(store.append(Arc::clone(&unit))).await;

    tells(&head.unwrap_err(), Unavailable, &[&place.uri().shown()]);
    match down {
        Err(AppendError::Store(error)) => {
            tells(&error, Unavailable, &[&place.uri().shown()]);
        }
        other => panic!("it was surely not written, and found was {other:?}"),
    }
    server.start_again();
    assert_eq!(repeat(&*store, &unit).await[0].version, 2);
    assert_eq!(all_of(&*store, 2).await, [1, 2]);
    let waiter = {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            let head = store.head().await?;
            store.wait_beyond(head).await
        })
    };
    append(&place.open().await, "test::a-1", 2, 3).await;
    append(&place.open().await, "test::a-1", 3, 4).await;
    let head = in_time(waiter)
        .await
        .unwrap()
        .expect("it is connected anew");
    assert!(head > Position::START);
}

/// Writers go on through three crashes, repeating what is unknown: what was acknowledged is there,
/// each once and in order.
pub(crate) async fn what_was_acknowledged_outlives_crashes<P: Place>() {
    const WRITERS: u64 = 8;
    let server = Cluster::start(&[]);
    let place = P::on(&server.uri()).await;
    let store = Arc::new(place.open().await);
    let stop = Arc::new(AtomicBool::new(false));
    let writers = (0..WRITERS).map(|writer| {
        let (store, stop) = (Arc::clone(&store), Arc::clone(&stop));
        tokio::spawn(async move {
            let stream = format!("test::thing-{writer}");
            let mut written = 0;
            while !stop.load(Ordering::SeqCst) {
                let unit = unit(&stream, at(written), PLAIN, [written * WRITERS + writer]);
                assert_eq!(repeat(&*store, &unit).await[0].version, written + 1);
                written += 1;
            }
            written
        })
    });
    let writers: Vec<_> = writers.collect();

    let mut standing = 0;
    for _ in 0..3 {
        standing = all_of(&*store, standing + 50).await.len();
        server.crash();
        server.start_again();
        // A reader has to be told of a crash as well.
        while store.head().await.is_err() {
            tokio::task::yield_now().await;
        }
    }
    stop.store(true, Ordering::SeqCst);

    let mut total = 0;
    for (writer, task) in (0..).zip(writers) {
        let written = in_time(task).await.expect("the writer is well");
        let own: Vec<_> = (0..written).map(|round| round * WRITERS + writer).collect();
        assert_eq!(
            numbers(&*store, &format!("test::thing-{writer}")).await,
            own
        );
        total += own.len();
    }
    assert_eq!(all_of(&*store, total).await.len(), total);
}
