//! Connections that end at the worst moments: nothing is torn, doubled or lost.

use std::sync::Arc;

use es_core::store::{
    Append, AppendError, Appended, EventStore, Expected, StoreErrorKind, StreamAppend,
};
use es_core::stream::{Position, StreamName};

use super::{
    HELD, Hold, Limits, PLAIN, Place, all_of, append, at, events, mark, numbers, range, repeat,
    tells, unit,
};
use crate::servers::{Proxy, in_time, session, shared, until};

/// Half of an append arrives: it is not written by that, and once by repeating it.
pub(crate) async fn an_append_that_is_cut_in_the_middle_can_be_repeated<P: Place>() {
    let place = P::on(&shared()).await;
    let (proxy, store) = through_proxy(&place).await;
    append(&store, "test::a-1", 0, 1).await;
    let unit = unit("test::a-1", at(1), PLAIN, [2, 3, 4]);

    proxy.cut_inside(&mark(3));
    let outcome = in_time(store.append(Arc::clone(&unit))).await;

    assert_eq!(proxy.cuts(), 1);
    unknown_or(outcome, 4);
    let seen = numbers(&place.open().await, "test::a-1").await;
    assert!(seen == [1] || seen == [1, 2, 3, 4], "torn: {seen:?}");
    assert_eq!(repeat(&store, &unit).await[0].version, 4);
    assert_eq!(all_of(&store, 4).await, [1, 2, 3, 4]);
}

/// An append is committed and its answer is lost: its outcome is unknown, or the store has found out;
/// repeating it answers what became of it.
pub(crate) async fn an_append_that_is_cut_behind_its_commit_stands_once<P: Place>() {
    let place = P::on(&shared()).await;
    let (proxy, store) = through_proxy(&place).await;
    append(&store, "test::a-1", 0, 1).await;
    for round in 0..3 {
        let numbers = [2 * round + 2, 2 * round + 3];
        let unit = unit("test::a-1", at(2 * round + 1), PLAIN, numbers);

        proxy.cut_behind_commit(&mark(numbers[0]));
        let outcome = in_time(store.append(Arc::clone(&unit))).await;

        assert_eq!(proxy.cuts() as u64, round + 1);
        unknown_or(outcome, 2 * round + 3);
        let again = repeat(&store, &unit).await;
        assert_eq!(again[0].version, 2 * round + 3);
    }
    assert_eq!(numbers(&store, "test::a-1").await, range(1..=7));
    assert_eq!(all_of(&store, 7).await, range(1..=7));
}

/// An append that expects nothing is not known again, so no store may repeat it by itself.
pub(crate) async fn an_append_for_any_version_that_is_cut_behind_its_commit_stands_once<
    P: Place,
>() {
    let place = P::on(&shared()).await;
    let (proxy, store) = through_proxy(&place).await;
    append(&store, "test::a-1", 0, 1).await;

    proxy.cut_behind_commit(&mark(2));
    let outcome = store.append(unit("test::a-1", Expected::Any, PLAIN, [2]));
    let outcome = in_time(outcome).await;

    assert_eq!(proxy.cuts(), 1);
    match outcome {
        Err(AppendError::OutcomeUnknown(error)) => {
            tells(&error, StoreErrorKind::Unavailable, &["append"]);
        }
        other => panic!("nobody can know, and found was {other:?}"),
    }
    append(&store, "test::a-1", 2, 3).await;
    assert_eq!(all_of(&store, 3).await, [1, 2, 3]);
}

/// A unit of several streams is one commit, and answers its first outcome as a whole.
pub(crate) async fn a_unit_that_is_cut_behind_its_commit_stands_once<P: Place>() {
    let place = P::on(&shared()).await;
    let (proxy, store) = through_proxy(&place).await;
    let part = |stream: &str, numbers: [u64; 2]| StreamAppend {
        stream: StreamName::new(stream).unwrap(),
        expected: at(0),
        events: events(PLAIN, numbers),
    };
    let unit = vec![part("test::b-1", [1, 2]), part("test::a-1", [3, 4])];
    let unit = Arc::new(Append::all(unit).unwrap());

    proxy.cut_behind_commit(&mark(1));
    let outcome = in_time(store.append(Arc::clone(&unit))).await;

    assert_eq!(proxy.cuts(), 1);
    unknown_or(outcome, 2);
    let again = repeat(&store, &unit).await;
    assert_eq!(again.len(), 2);
    assert!(
        again
            .iter()
            .all(|part| part.version == 2 && part.position.is_some())
    );
    assert_eq!(numbers(&store, "test::b-1").await, [1, 2]);
    assert_eq!(numbers(&store, "test::a-1").await, [3, 4]);
    assert_eq!(all_of(&store, 4).await.len(), 4);
}

/// Appends that wait together may share a commit, and then they share its loss too.
pub(crate) async fn appends_that_share_a_lost_commit_stand_once_each<P: Place>() {
    const WRITERS: u64 = 24;
    let place = P::on(&shared()).await;
    let (proxy, store) = through_proxy(&place).await;
    let store = Arc::new(store);
    proxy.cut_behind_commit(&mark(WRITERS + 7));

    let writers = (0..WRITERS).map(|writer| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            let stream = format!("test::thing-{writer}");
            for round in 0..3 {
                let unit = unit(&stream, at(round), PLAIN, [round * WRITERS + writer]);
                assert_eq!(repeat(&*store, &unit).await[0].version, round + 1);
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        in_time(writer).await.expect("the writer is well");
    }

    assert_eq!(proxy.cuts(), 1);
    let mut all = all_of(&*store, 72).await;
    all.sort_unstable();
    assert_eq!(all, range(0..3 * WRITERS));
    for writer in 0..WRITERS {
        let own: Vec<_> = (0..3).map(|round| round * WRITERS + writer).collect();
        assert_eq!(
            numbers(&*store, &format!("test::thing-{writer}")).await,
            own
        );
    }
}

/// All connections end while nobody uses them: the next reads and appends make new ones.
pub(crate) async fn a_store_whose_connections_were_cut_works_again<P: Place>() {
    let place = P::on(&shared()).await;
    let (proxy, store) = through_proxy(&place).await;
    for round in 0..5 {
        append(&store, "test::a-1", round, round + 1).await;
        let appended = all_of(&store, usize::try_from(round + 1).unwrap()).await;

        proxy.cut_all();

        // A read can be done twice, so nobody needs to hear of the first.
        assert_eq!(numbers(&store, "test::a-1").await, appended);
    }
    assert_eq!(all_of(&store, 5).await, [1, 2, 3, 4, 5]);
}

/// An administrator ends all sessions: the next reads and appends make new ones.
pub(crate) async fn a_store_whose_sessions_were_terminated_works_again<P: Place>() {
    let place = P::on(&shared()).await;
    let (_proxy, store) = through_proxy(&place).await;
    for round in 0..5 {
        let unit = unit("test::a-1", at(round), PLAIN, [round + 1]);
        assert_eq!(repeat(&store, &unit).await[0].version, round + 1);

        assert!(terminate(&place, "true").await > 0, "there were none");

        assert_eq!(numbers(&store, "test::a-1").await.len() as u64, round + 1);
    }
    assert_eq!(all_of(&store, 5).await, [1, 2, 3, 4, 5]);
}

/// An append's session is ended in the middle of its transaction: nothing of it stands, and it can be
/// repeated.
pub(crate) async fn an_append_whose_session_is_terminated_can_be_repeated<P: Place>() {
    let place = P::on(&shared()).await;
    let (_proxy, store) = through_proxy(&place).await;
    let store = Arc::new(store);
    append(&*store, "test::b-1", 0, 1).await;
    let hold = Hold::on(&place).await;
    let unit = unit("test::a-1", at(0), HELD, [2, 3]);
    let pending = {
        let (store, unit) = (Arc::clone(&store), Arc::clone(&unit));
        tokio::spawn(async move { store.append(unit).await })
    };
    hold.holds(1).await;

    let terminated = terminate(&place, "wait_event = 'advisory'").await;

    assert_eq!(terminated, 1);
    // A store that repeats it by itself is held again.
    hold.let_go().await;
    unknown_or(in_time(pending).await.unwrap(), 2);
    assert_eq!(repeat(&*store, &unit).await[0].version, 2);
    assert_eq!(all_of(&*store, 3).await, [1, 2, 3]);
}

/// Whoever waits needs no connection of before.
pub(crate) async fn whoever_waits_is_woken_though_the_connections_were_cut<P: Place>() {
    let place = P::on(&shared()).await;
    let (proxy, store) = through_proxy(&place).await;
    let (store, other) = (Arc::new(store), place.open().await);
    append(&*store, "test::a-1", 0, 1).await;
    let mut last = until(async || {
        let head = store.head().await.expect("the head is read");
        Some(head).filter(|head| *head > Position::START)
    })
    .await;
    for round in 1..=3 {
        let waiter = {
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.wait_beyond(last).await })
        };

        proxy.cut_all();
        append(&other, "test::a-1", round, round + 1).await;

        let head = in_time(waiter).await.unwrap();
        last = head.expect("it is connected anew");
    }
    assert_eq!(all_of(&*store, 4).await, [1, 2, 3, 4]);
}

/// While no connection can be made, reads and appends say so, and nothing was written; then all is
/// as before.
pub(crate) async fn no_new_connection_is_unavailable_until_there_is_one<P: Place>() {
    let place = P::on(&shared()).await;
    let (proxy, store) = through_proxy(&place).await;
    append(&store, "test::a-1", 0, 1).await;
    let first = unit("test::a-1", at(1), PLAIN, [2]);

    proxy.refuse(true);
    proxy.cut_all();
    let outcome = in_time(store.append(Arc::clone(&first))).await;
    let head = in_time(store.head()).await;

    // It may have been on its way over a connection that was not known to be dead.
    match outcome {
        Err(AppendError::OutcomeUnknown(error) | AppendError::Store(error)) => {
            tells(&error, StoreErrorKind::Unavailable, &[&proxy.uri().shown()]);
        }
        other => panic!("nothing could be written, and found was {other:?}"),
    }
    tells(
        &head.unwrap_err(),
        StoreErrorKind::Unavailable,
        &[&proxy.uri().shown()],
    );
    match in_time(store.append(Arc::clone(&first))).await {
        Err(AppendError::Store(error)) => {
            tells(&error, StoreErrorKind::Unavailable, &[&proxy.uri().shown()]);
        }
        other => panic!("it was surely not written, and found was {other:?}"),
    }
    proxy.refuse(false);
    assert_eq!(repeat(&store, &first).await[0].version, 2);
    assert_eq!(all_of(&store, 2).await, [1, 2]);
}

async fn through_proxy<P: Place>(place: &P) -> (Proxy, P::Store) {
    let proxy = Proxy::to(&place.uri()).await;
    // Who is told apart from other sessions can be terminated.
    let uri = proxy.uri().option("application_name", application(place));
    let store = place.open_by(&uri, Limits::default()).await;
    (proxy, store.expect("the store opens"))
}

fn application(place: &impl Place) -> String {
    format!("of_{}", place.name())
}

/// Ends the sessions of the place's store; answers how many.
async fn terminate(place: &impl Place, which: &str) -> i64 {
    let terminate = format!(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
         WHERE application_name = '{}' AND {which}",
        application(place)
    );
    let row = session(&place.uri()).await.query_one(&terminate, &[]).await;
    row.expect("a superuser may do this").get(0)
}

/// Whoever lost the connection can not know; a store that has found out may tell the outcome.
fn unknown_or(outcome: Result<Vec<Appended>, AppendError>, version: u64) {
    match outcome {
        Ok(appended) => assert_eq!(appended[0].version, version),
        Err(AppendError::OutcomeUnknown(error)) => {
            tells(&error, StoreErrorKind::Unavailable, &["append"]);
        }
        Err(error) => panic!("expected was an unknown outcome, found was {error:?}"),
    }
}
