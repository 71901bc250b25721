//! Two programs that write to the same streams at the same time: the first is held in the middle,
//! and the second comes.

use std::sync::Arc;

use es_core::record::NewEvents;
use es_core::store::{Append, AppendError, Appended, EventStore, Expected, StreamAppend};
use es_core::stream::StreamName;
use futures_util::future::join_all;
use tokio::task::JoinHandle;

use super::{HELD, Hold, PLAIN, Place, append, at, events, numbers, range, unit};
use crate::servers::{in_time, shared};

type Outcome = Result<Vec<Appended>, AppendError>;

/// Whoever comes second waits, and then hears who was first.
pub(crate) async fn of_two_who_append_behind_one_version_the_second_conflicts<P: Place>() {
    let place = P::on(&shared()).await;
    let (first, second, hold) = two(&place).await;
    append(&*first, "test::a-1", 0, 1).await;
    let early = begin(&first, unit("test::a-1", at(1), HELD, [2]));
    hold.holds(1).await;

    let late = begin(&second, unit("test::a-1", at(1), PLAIN, [3, 4]));
    hold.keeps_waiting(2).await;
    hold.let_go().await;

    in_time(early).await.unwrap().unwrap();
    conflicts(&in_time(late).await.unwrap());
    assert_eq!(numbers(&*second, "test::a-1").await, [1, 2]);
}

/// Those that share its transaction are written all the same.
pub(crate) async fn whoever_comes_second_with_others_harms_none_of_them<P: Place>() {
    let place = P::on(&shared()).await;
    let (first, second, hold) = two(&place).await;
    let early = begin(&first, unit("test::a-1", at(0), HELD, [1]));
    hold.holds(1).await;

    let late = (0..40).map(|nth| begin(&second, unit(&stream(nth), at(0), PLAIN, [100 + nth])));
    let late: Vec<_> = late.collect();
    hold.keeps_waiting(2).await;
    hold.let_go().await;

    in_time(early).await.unwrap().unwrap();
    for (nth, outcome) in (0..).zip(join_all(late).await) {
        match nth {
            1 => conflicts(&outcome.unwrap()),
            _ => {
                outcome.unwrap().unwrap();
                assert_eq!(numbers(&*first, &stream(nth)).await, [100 + nth]);
            }
        }
    }
    assert_eq!(numbers(&*first, "test::a-1").await, [1]);
}

fn stream(nth: u64) -> String {
    format!("test::a-{nth}")
}

/// It expects nothing, so it goes behind.
pub(crate) async fn an_append_for_any_version_waits_for_the_one_before<P: Place>() {
    let place = P::on(&shared()).await;
    let (first, second, hold) = two(&place).await;
    let early = begin(&first, unit("test::a-1", at(0), HELD, [1, 2]));
    hold.holds(1).await;

    let late = begin(&second, unit("test::a-1", Expected::Any, PLAIN, [3, 4]));
    hold.keeps_waiting(2).await;
    hold.let_go().await;

    in_time(early).await.unwrap().unwrap();
    let appended = in_time(late).await.unwrap().unwrap();
    assert_eq!(appended[0].version, 4);
    assert_eq!(numbers(&*first, "test::a-1").await, range(1..=4));
}

/// As where a program was thought dead, and another has taken over what it did not hear of.
pub(crate) async fn the_same_append_by_two_at_a_time_stands_once<P: Place>() {
    let place = P::on(&shared()).await;
    let (first, second, hold) = two(&place).await;
    let unit = unit("test::a-1", at(0), HELD, [1, 2]);
    let early = begin(&first, Arc::clone(&unit));
    hold.holds(1).await;

    let late = begin(&second, unit);
    hold.keeps_waiting(2).await;
    hold.let_go().await;

    let outcome = in_time(early).await.unwrap().unwrap();
    assert_eq!(in_time(late).await.unwrap().unwrap(), outcome);
    assert_eq!(numbers(&*first, "test::a-1").await, [1, 2]);
}

/// Each would be right if the other had not been: only one can be.
pub(crate) async fn of_two_units_that_check_what_the_other_writes_one_conflicts<P: Place>() {
    let place = P::on(&shared()).await;
    let (first, second, hold) = two(&place).await;
    let checking = |checked: &str, written: &str, event_type: &str, number: u64| {
        let parts = vec![
            part(checked, at(0), events(event_type, [])),
            part(written, at(0), events(event_type, [number])),
        ];
        Arc::new(Append::all(parts).unwrap())
    };
    let early = begin(&first, checking("test::a-1", "test::b-1", HELD, 1));
    hold.holds(1).await;

    let late = begin(&second, checking("test::b-1", "test::a-1", PLAIN, 2));
    hold.keeps_waiting(2).await;
    hold.let_go().await;

    in_time(early).await.unwrap().unwrap();
    conflicts(&in_time(late).await.unwrap());
    assert_eq!(numbers(&*first, "test::b-1").await, [1]);
    assert!(numbers(&*first, "test::a-1").await.is_empty());
}

/// Nobody is chosen to give way, and the events of a unit are in the order of its parts.
pub(crate) async fn units_of_two_who_write_in_opposite_orders_are_written_one_behind_the_other<
    P: Place,
>() {
    let place = P::on(&shared()).await;
    let (first, second, hold) = two(&place).await;
    let over = |names: [&str; 2], event_type: &str, number: u64| {
        let parts = (number..).zip(names).map(|(number, name)| {
            let events = events(event_type, [number]);
            part(name, Expected::Any, events)
        });
        Arc::new(Append::all(parts.collect()).unwrap())
    };
    let early = begin(&first, over(["test::b-1", "test::a-1"], HELD, 1));
    hold.holds(1).await;

    let late = begin(&second, over(["test::a-1", "test::b-1"], PLAIN, 3));
    hold.keeps_waiting(2).await;
    hold.let_go().await;

    let early = in_time(early).await.unwrap().unwrap();
    let late = in_time(late).await.unwrap().unwrap();
    assert!(early[0].position < early[1].position, "{early:?}");
    assert!(early[1].position < late[0].position, "{early:?} {late:?}");
    assert!(late[0].position < late[1].position, "{late:?}");
    assert_eq!(numbers(&*first, "test::a-1").await, [2, 3]);
    assert_eq!(numbers(&*first, "test::b-1").await, [1, 4]);
}

/// Two stores of one place, and what holds the appends of the first.
async fn two<P: Place>(place: &P) -> (Arc<P::Store>, Arc<P::Store>, Hold) {
    let (first, second) = (Arc::new(place.open().await), Arc::new(place.open().await));
    (first, second, Hold::on(place).await)
}

fn begin<S: EventStore>(store: &Arc<S>, unit: Arc<Append>) -> JoinHandle<Outcome> {
    let store = Arc::clone(store);
    tokio::spawn(async move { store.append(unit).await })
}

fn part(stream: &str, expected: Expected, events: NewEvents) -> StreamAppend {
    StreamAppend {
        stream: StreamName::new(stream).expect("a proper name"),
        expected,
        events,
    }
}

fn conflicts(outcome: &Outcome) {
    assert!(
        matches!(outcome, Err(AppendError::Conflict(_))),
        "expected was a conflict, found was {outcome:?}"
    );
}
