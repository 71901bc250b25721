//! Transactions that take long: positions become visible out of order, and no reader may notice.

use std::sync::Arc;

use es_core::store::{AppendError, Appended, EventStore, EventStoreExt as _, StoreErrorKind};
use es_core::stream::Position;
use tokio::task::JoinHandle;

use super::{
    HELD, Hold, NONE, Place, all, all_of, append, at, head_reaches, number, numbers, range, unit,
};
use crate::servers::{in_time, session, shared};

/// An append that has its positions and is not committed keeps what was appended after it from the
/// readers of everything; once it is written, they see all, in the order of positions.
pub(crate) async fn readers_wait_for_a_held_append_and_see_it_when_it_is_written<P: Place>() {
    let place = P::on(&shared()).await;
    let (store, other) = (Arc::new(place.open().await), Arc::new(place.open().await));
    append(&*store, "test::a-1", 0, 1).await;
    let first = store
        .read_last("test::a-1")
        .await
        .unwrap()
        .unwrap()
        .position;
    head_reaches(&*store, Some(first)).await;
    let hold = Hold::on(&place).await;
    let follower = follow(&store, first, 3);

    let pending = append_held(&other, "test::b-1", [2, 3]);
    hold.holds(1).await;
    append(&*store, "test::a-1", 1, 4).await;

    assert_eq!(numbers(&*store, "test::a-1").await, [1, 4]);
    for store in [&store, &other] {
        for _ in 0..50 {
            assert_eq!(all(&**store).await, [1]);
            assert_eq!(store.head().await.unwrap(), first);
        }
    }
    hold.let_go().await;
    in_time(pending).await.unwrap().unwrap();
    let seen = in_time(follower).await.unwrap();
    assert_eq!(all_of(&*other, 4).await[1..], seen);
    assert_eq!(sorted(seen), [2, 3, 4]);
}

/// Where the held append is rolled back its positions stay empty, and readers go on behind them.
pub(crate) async fn readers_wait_for_a_held_append_and_go_on_when_it_is_rolled_back<P: Place>() {
    let place = P::on(&shared()).await;
    let (store, other) = (Arc::new(place.open().await), Arc::new(place.open().await));
    let hold = Hold::on(&place).await;
    let follower = follow(&store, Position::START, 1);

    let pending = append_held(&other, "test::b-1", [1, 2]);
    hold.holds(1).await;
    append(&*store, "test::a-1", 0, 3).await;

    for _ in 0..50 {
        assert_eq!(all(&*store).await, NONE);
        assert_eq!(store.head().await.unwrap(), Position::START);
    }
    hold.roll_back().await;
    assert_eq!(in_time(follower).await.unwrap(), [3]);
    let outcome = in_time(pending).await.unwrap();
    match outcome {
        Err(AppendError::Store(error)) => {
            assert_ne!(error.kind(), StoreErrorKind::Unavailable, "{error:?}");
        }
        other => panic!("expected was what the trigger said, found was {other:?}"),
    }
    assert_eq!(numbers(&*store, "test::b-1").await, NONE);
    assert_eq!(all_of(&*other, 1).await, [3]);
}

/// A store that is opened while an append is held knows no more than the others.
pub(crate) async fn a_store_that_is_opened_meanwhile_waits_too<P: Place>() {
    let place = P::on(&shared()).await;
    let other = Arc::new(place.open().await);
    let hold = Hold::on(&place).await;
    let pending = append_held(&other, "test::b-1", [1]);
    hold.holds(1).await;
    append(&*other, "test::a-1", 0, 2).await;

    let store = place.open().await;

    for _ in 0..50 {
        assert_eq!(all(&store).await, NONE);
    }
    assert_eq!(numbers(&store, "test::a-1").await, [2]);
    hold.let_go().await;
    in_time(pending).await.unwrap().unwrap();
    assert_eq!(all_of(&store, 2).await, [1, 2]);
}

/// Appends to other categories are acknowledged while one is held, by the same store too, and can be
/// read in their streams.
pub(crate) async fn a_held_append_holds_up_no_other<P: Place>() {
    let place = P::on(&shared()).await;
    let store = Arc::new(place.open().await);
    let hold = Hold::on(&place).await;
    let pending = append_held(&store, "test::b-1", [1]);
    hold.holds(1).await;

    for version in 0..10 {
        in_time(append(&*store, "test::a-1", version, version + 2)).await;
    }

    assert_eq!(numbers(&*store, "test::a-1").await, range(2..12));
    hold.let_go().await;
    in_time(pending).await.unwrap().unwrap();
    assert_eq!(all_of(&*store, 11).await, range(1..12));
}

/// Several are held; some are written and some are not, and readers see in order what is.
pub(crate) async fn readers_wait_for_each_of_several_held_appends<P: Place>() {
    let place = P::on(&shared()).await;
    let (store, other) = (Arc::new(place.open().await), Arc::new(place.open().await));
    let (first, second) = (Arc::new(place.open().await), Arc::new(place.open().await));
    let hold = Hold::on(&place).await;
    let follower = follow(&store, Position::START, 7);

    let held_first = append_held(&first, "test::b-1", [1]);
    hold.holds(1).await;
    append(&*store, "test::a-1", 0, 2).await;
    let held_second = append_held(&second, "test::c-1", [3, 4]);
    hold.holds(2).await;
    append(&*other, "test::d-1", 0, 5).await;
    append(&*store, "test::a-1", 1, 6).await;

    for _ in 0..20 {
        assert_eq!(all(&*other).await, NONE);
    }
    hold.let_go().await;
    in_time(held_first).await.unwrap().unwrap();
    in_time(held_second).await.unwrap().unwrap();
    append(&*other, "test::d-1", 1, 7).await;
    let seen = in_time(follower).await.unwrap();
    assert_eq!(all_of(&*other, 7).await, seen);
    assert_eq!(sorted(seen), [1, 2, 3, 4, 5, 6, 7]);
}

/// A backup, or a person in a shell, reads the tables in one long transaction: nobody waits for it,
/// not even behind positions that were rolled back.
pub(crate) async fn a_reader_of_the_tables_holds_up_nobody<P: Place>() {
    let place = P::on(&shared()).await;
    let store = Arc::new(place.open().await);
    append(&*store, "test::a-1", 0, 1).await;
    let backup = session(&place.uri()).await;
    let begin = format!(
        "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM {}",
        place.events()
    );
    backup.batch_execute(&begin).await.unwrap();

    goes_on_behind_a_hole(&place, &store).await;

    backup.batch_execute("COMMIT").await.unwrap();
}

/// A transaction that writes to other tables of the same server, and takes long, holds up nobody
/// where no position is missing.
pub(crate) async fn a_transaction_elsewhere_holds_up_nobody<P: Place>() {
    let place = P::on(&shared()).await;
    let store = Arc::new(place.open().await);
    let elsewhere = session(&place.uri()).await;
    let begin = format!(
        "CREATE TABLE {}.es_test_other (n int); BEGIN; INSERT INTO {0}.es_test_other VALUES (1)",
        place.schema()
    );
    elsewhere.batch_execute(&begin).await.unwrap();

    for number in 1..=10 {
        append(&*store, "test::a-1", number - 1, number).await;
    }

    assert_eq!(all_of(&*store, 10).await, range(1..=10));
    elsewhere.batch_execute("COMMIT").await.unwrap();
}

/// Rolls an append back that has taken positions, and follows what comes behind it.
async fn goes_on_behind_a_hole<P: Place>(place: &P, store: &Arc<P::Store>) {
    let hold = Hold::on(place).await;
    let pending = append_held(store, "test::b-1", [101, 102]);
    hold.holds(1).await;
    hold.roll_back().await;
    in_time(pending)
        .await
        .unwrap()
        .expect_err("it is rolled back");

    append(&**store, "test::a-1", 1, 2).await;

    assert_eq!(all_of(&**store, 2).await, [1, 2]);
}

type Held = JoinHandle<Result<Vec<Appended>, AppendError>>;

fn append_held<S: EventStore>(
    store: &Arc<S>,
    stream: &str,
    numbers: impl IntoIterator<Item = u64>,
) -> Held {
    let unit = unit(stream, at(0), HELD, numbers);
    let store = Arc::clone(store);
    tokio::spawn(async move { store.append(unit).await })
}

/// Positions of appends that are held may lie between those of others.
fn sorted(mut numbers: Vec<u64>) -> Vec<u64> {
    numbers.sort_unstable();
    numbers
}

/// The numbers of the first `count` events behind `position`, as they come.
fn follow<S: EventStore>(store: &Arc<S>, position: Position, count: usize) -> JoinHandle<Vec<u64>> {
    let store = Arc::clone(store);
    tokio::spawn(async move {
        let (mut seen, mut last) = (Vec::new(), position);
        while seen.len() < count {
            store.wait_beyond(last).await.expect("the head is read");
            let events = store.read_all().from(last.next()).collect().await;
            for event in events.expect("everything is read") {
                seen.push(number(event.id));
                last = event.position;
            }
        }
        seen
    })
}
