//! Current states: written with events or not at all, read and listed; refused where the store
//! declares that it has none.

use std::sync::Arc;

use es_core::store::{
    Append, AppendError, Appended, Durability, EventStore, Expected, State, StateChange,
    StateStore, StateWrite, StoreErrorKind, StreamAppend,
};
use es_core::stream::{Category, Version};

use super::Harness;
use super::support::{
    STREAM, at, conflict, events, id, name, numbers, part, read, text, time, within_deadline,
};

/// Nothing is there at first.
pub async fn a_state_that_was_never_written_is_none(harness: impl Harness) {
    let store = harness.open().await;

    let Some(states) = store.states() else {
        return;
    };

    assert_eq!(load(states, STREAM).await, None);
    assert_eq!(list(states, "test::thing", None, 10).await, []);
}

/// A state comes back with its version and time, each time as it was written last.
pub async fn a_state_is_read_as_it_was_written(harness: impl Harness) {
    let store = harness.open().await;
    let Some(first) = append(&store, vec![], vec![put(1, 0, "1")]).await else {
        return;
    };
    assert_eq!(versions(&first.expect("it is new")), [1]);

    let second = append(&store, vec![], vec![put(2, 1, "22")]).await;

    assert_eq!(
        versions(&second.expect("it is declared").expect("the version holds")),
        [2]
    );
    let state = load(states(&store), STREAM).await.expect("it was written");
    assert_eq!(
        (state.stream, state.version),
        (name(STREAM), Version::new(2))
    );
    assert_eq!((state.time, state.data.as_slice()), (time(2), &b"22"[..]));
}

/// States and events are one unit: a conflict in either keeps both from being written.
pub async fn a_state_goes_with_its_events_or_not_at_all(harness: impl Harness) {
    let store = harness.open().await;
    let unit = || vec![part(STREAM, Expected::Any, events(1..=2))];
    let Some(outcome) = append(&store, unit(), vec![put(1, 0, "1")]).await else {
        return;
    };
    let appended = outcome.expect("both are new");
    assert_eq!(versions(&appended), [2, 1], "streams come first");
    assert_eq!(appended[1].position, None);

    let stale_state = vec![part(STREAM, Expected::Any, events(3..=3))];
    let stale_state = append(&store, stale_state, vec![put(3, 0, "3")]).await;
    let stale_stream = vec![part(STREAM, at(1), events(4..=4))];
    let stale_stream = append(&store, stale_stream, vec![put(4, 1, "4")]).await;

    let stale_state = conflict(stale_state.expect("it is declared"));
    assert_eq!(
        (stale_state.expected.get(), stale_state.actual.get()),
        (0, 1)
    );
    assert_eq!(conflict(stale_stream.expect("it is declared")).actual, 2);
    assert_eq!(numbers(&read(&store, STREAM).await), [1, 2]);
    let state = load(states(&store), STREAM).await.expect("it was written");
    assert_eq!(state.data, b"1");
}

/// A version that does not hold writes nothing, whichever state of the unit it is of.
pub async fn a_stale_state_conflicts_and_writes_nothing(harness: impl Harness) {
    let store = harness.open().await;
    let Some(first) = append(&store, vec![], vec![put(1, 0, "1")]).await else {
        return;
    };
    first.expect("it is new");

    for (stale, expected) in [(put(2, 0, "2"), 0), (put(3, 2, "3"), 2)] {
        let other = write(
            "test::thing-2",
            4,
            0,
            StateChange::Put(Arc::from(&b"4"[..])),
        );
        let outcome = append(&store, vec![], vec![other, stale]).await;

        let conflict = conflict(outcome.expect("it is declared"));
        assert_eq!(conflict.stream, name(STREAM));
        assert_eq!(
            (conflict.expected.get(), conflict.actual.get()),
            (expected, 1)
        );
        assert_eq!(load(states(&store), "test::thing-2").await, None);
    }
    let gone = write("test::thing-2", 5, 1, StateChange::Remove);
    let gone = append(&store, vec![], vec![gone])
        .await
        .expect("it is declared");
    assert_eq!(conflict(gone).actual, 0);
}

/// The first part that does not hold is told, and streams come before states.
pub async fn of_a_stream_and_a_state_that_conflict_the_stream_is_told(harness: impl Harness) {
    let store = harness.open().await;
    let unit = vec![part("test::other-1", at(7), events(1..=1))];

    let Some(outcome) = append(&store, unit, vec![put(1, 7, "1")]).await else {
        return;
    };

    assert_eq!(conflict(outcome).stream.as_str(), "test::other-1");
}

/// The very same unit again is known by the id of the state's last write.
pub async fn a_repeated_write_answers_its_first_outcome(harness: impl Harness) {
    let store = harness.open().await;
    let unit = || vec![part(STREAM, Expected::Any, events(1..=2))];
    let Some(first) = append(&store, unit(), vec![put(1, 0, "1")]).await else {
        return;
    };
    let first = first.expect("both are new");

    let again = append(&store, unit(), vec![put(1, 0, "1")]).await;

    let again = again.expect("it is declared").expect("it stands there");
    assert_eq!(versions(&again), versions(&first));
    assert_eq!(numbers(&read(&store, STREAM).await), [1, 2]);
    let state = load(states(&store), STREAM).await.expect("it was written");
    assert_eq!(state.version, 1);
}

/// What was written over since is not known any more: it conflicts, and nothing is written twice.
pub async fn a_write_that_was_written_over_conflicts(harness: impl Harness) {
    let store = harness.open().await;
    let Some(first) = append(&store, vec![], vec![put(1, 0, "1")]).await else {
        return;
    };
    first.expect("it is new");
    let second = append(&store, vec![], vec![put(2, 1, "2")]).await;
    second.expect("it is declared").expect("the version holds");

    let again = append(&store, vec![], vec![put(1, 0, "1")]).await;

    assert_eq!(conflict(again.expect("it is declared")).actual, 2);
    let state = load(states(&store), STREAM).await.expect("it was written");
    assert_eq!((state.version.get(), state.data.as_slice()), (2, &b"2"[..]));
}

/// A state that was removed is gone, and what comes after it is never taken for it.
pub async fn a_removed_state_is_none_and_its_version_goes_on(harness: impl Harness) {
    let store = harness.open().await;
    let Some(first) = append(&store, vec![], vec![put(1, 0, "1")]).await else {
        return;
    };
    first.expect("it is new");

    let remove = || vec![write(STREAM, 2, 1, StateChange::Remove)];
    let removed = append(&store, vec![], remove())
        .await
        .expect("it is declared");
    assert_eq!(versions(&removed.expect("the version holds")), [2]);
    assert_eq!(load(states(&store), STREAM).await, None);
    assert_eq!(list(states(&store), "test::thing", None, 10).await, []);
    let again = append(&store, vec![], remove())
        .await
        .expect("it is declared");
    assert_eq!(versions(&again.expect("it stands there")), [2]);

    for stale in [put(3, 1, "3"), put(4, 2, "4")] {
        let stale = append(&store, vec![], vec![stale])
            .await
            .expect("it is declared");
        assert_eq!(conflict(stale).actual, 2);
    }
    let anew = append(&store, vec![], vec![put(5, 0, "5")]).await;
    assert_eq!(
        versions(&anew.expect("it is declared").expect("there is none")),
        [3]
    );
    let state = load(states(&store), STREAM).await.expect("it was written");
    assert_eq!((state.version.get(), state.data.as_slice()), (3, &b"5"[..]));
}

/// A mere check changes nothing, and keeps its unit from being written where it does not hold.
pub async fn a_check_writes_nothing(harness: impl Harness) {
    let store = harness.open().await;
    let Some(first) = append(&store, vec![], vec![put(1, 0, "1")]).await else {
        return;
    };
    first.expect("it is new");
    let check = |expected| vec![write(STREAM, 2, expected, StateChange::Check)];
    let unit = |number| {
        vec![part(
            "test::other-1",
            Expected::Any,
            events(number..=number),
        )]
    };

    let holds = append(&store, unit(1), check(1))
        .await
        .expect("it is declared");
    let fails = append(&store, unit(2), check(2))
        .await
        .expect("it is declared");

    assert_eq!(versions(&holds.expect("the version holds")), [1, 1]);
    assert_eq!(conflict(fails).actual, 1);
    assert_eq!(numbers(&read(&store, "test::other-1").await), [1]);
    let state = load(states(&store), STREAM).await.expect("it was written");
    assert_eq!((state.version.get(), state.time), (1, time(1)));
}

/// A state and the stream of the same name have versions of their own.
pub async fn states_and_streams_of_one_name_count_apart(harness: impl Harness) {
    let store = harness.open().await;
    let unit = vec![part(STREAM, at(0), events(1..=5))];
    let Some(first) = append(&store, unit, vec![]).await else {
        return;
    };
    first.expect("it is new");

    let Some(state) = append(&store, vec![], vec![put(6, 0, "6")]).await else {
        return;
    };
    let stream = append(&store, vec![part(STREAM, at(5), events(7..=7))], vec![]).await;

    assert_eq!(versions(&state.expect("there is none")), [1]);
    assert_eq!(
        versions(&stream.expect("it is declared").expect("it holds")),
        [6]
    );
}

/// All states of a category, each once, in the order of their names.
pub async fn states_are_listed_page_by_page_in_order(harness: impl Harness) {
    let store = harness.open().await;
    let streams = [
        "test::thing-a",
        "test::thing-b",
        "test::thing-b-1",
        "test::thing-é",
    ];
    let others = [
        "test::thin-a",
        "test::thing2-a",
        "test::thing:x-a",
        "test-thing-a",
    ];
    for (stream, number) in streams.iter().chain(&others).rev().zip(1..) {
        let put = StateChange::Put(format!("{number}").into_bytes().into());
        let written = append(&store, vec![], vec![write(stream, number, 0, put)]).await;
        let Some(written) = written else { return };
        written.expect("it is new");
    }

    for limit in [1, 2, 4, 100] {
        let mut listed: Vec<State> = Vec::new();
        loop {
            let after = listed.last().map(|last| last.stream.as_str().to_owned());
            let page = list(states(&store), "test::thing", after.as_deref(), limit).await;
            assert!(page.len() <= limit);
            if page.is_empty() {
                break;
            }
            listed.extend(page);
        }
        let names: Vec<_> = listed.iter().map(|state| state.stream.as_str()).collect();
        assert_eq!(names, streams, "in pages of {limit}");
        assert_eq!(listed[0].data, b"8");
    }
}

/// A state of a mebibyte comes back whole.
pub async fn a_large_state_comes_back(harness: impl Harness) {
    let store = harness.open().await;
    let large = text(1 << 20);

    let put = StateChange::Put(large.clone().into());
    let Some(written) = append(&store, vec![], vec![write(STREAM, 1, 0, put)]).await else {
        return;
    };

    written.expect("it is new");
    let state = load(states(&store), STREAM).await.expect("it was written");
    assert!(state.data == large);
}

/// Each of many writers reads and writes until it wins: nobody's write is lost.
pub async fn of_many_writers_of_one_state_one_wins_each_version(harness: impl Harness) {
    const WRITERS: u64 = 8;
    const EACH: u64 = 10;
    let store = Arc::new(harness.open().await);
    if store.states().is_none() {
        return;
    }

    let writers = (0..WRITERS).map(|writer| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            for nth in 0..EACH {
                let mut attempt = 0;
                loop {
                    let state = load(states(&*store), STREAM).await;
                    let (version, count) = state.map_or((0, 0), |state| {
                        let count = String::from_utf8(state.data).expect("a number is text");
                        (
                            state.version.get(),
                            count.parse::<u64>().expect("it is one"),
                        )
                    });
                    let number = 1 + attempt + 1_000 * (nth + EACH * writer);
                    let count = (count + 1).to_string();
                    let outcome = append(&*store, vec![], vec![put(number, version, &count)]);
                    match outcome.await.expect("it is declared") {
                        Ok(_) => break,
                        Err(AppendError::Conflict(_)) => attempt += 1,
                        Err(error) => panic!("could not write: {error:?}"),
                    }
                }
            }
        })
    });
    let writers: Vec<_> = writers.collect();
    for writer in writers {
        within_deadline(writer).await.expect("no writer panics");
    }

    let state = load(states(&*store), STREAM).await.expect("it was written");
    let all = WRITERS * EACH;
    assert_eq!(state.version, all);
    assert_eq!(state.data, all.to_string().into_bytes());
}

/// Whoever sees a state sees the events of its unit too.
pub async fn a_unit_of_states_and_streams_is_seen_whole(harness: impl Harness) {
    const UNITS: u64 = 50;
    let store = Arc::new(harness.open().await);
    if store.states().is_none() {
        return;
    }
    let writer = tokio::spawn({
        let store = Arc::clone(&store);
        async move {
            for number in 1..=UNITS {
                let unit = vec![part(STREAM, at(number - 1), events([number]))];
                let state = vec![put(number, number - 1, &number.to_string())];
                let outcome = append(&*store, unit, state).await;
                outcome
                    .expect("it is declared")
                    .expect("nobody else writes");
            }
        }
    });

    within_deadline(async {
        let mut seen = 0;
        while seen < UNITS {
            let state = load(states(&*store), STREAM).await;
            seen = state.map_or(0, |state| state.version.get());
            let read = read(&*store, STREAM).await.len() as u64;
            assert!(
                read >= seen,
                "the state of unit {seen} came with {read} events"
            );
            tokio::task::yield_now().await;
        }
    })
    .await;

    writer.await.expect("the writer does not panic");
}

/// States outlive the store's value where it declares that something does.
pub async fn states_are_there_after_reopening(harness: impl Harness) {
    let store = harness.open().await;
    let durable = store.capabilities().durability != Durability::None;
    if !durable || store.states().is_none() {
        return;
    }
    let written = append(&store, vec![], vec![put(1, 0, "1")]).await;
    written.expect("it is declared").expect("it is new");
    let removed = vec![write(
        "test::thing-2",
        2,
        0,
        StateChange::Put(Arc::from(&b"2"[..])),
    )];
    let removed = append(&store, vec![], removed).await;
    removed.expect("it is declared").expect("it is new");
    let gone = vec![write("test::thing-2", 3, 1, StateChange::Remove)];
    let gone = append(&store, vec![], gone).await;
    gone.expect("it is declared").expect("the version holds");
    drop(store);

    let store = harness.open().await;

    let listed = list(states(&store), "test::thing", None, 10).await;
    assert_eq!(listed.len(), 1);
    assert_eq!(
        (listed[0].version.get(), listed[0].data.as_slice()),
        (1, &b"1"[..])
    );
    let again = append(&store, vec![], vec![put(1, 0, "1")]).await;
    assert_eq!(
        versions(&again.expect("it is declared").expect("it stands there")),
        [1]
    );
}

fn write(stream: &str, number: u64, expected: u64, change: StateChange) -> StateWrite {
    StateWrite {
        stream: name(stream),
        expected: Version::new(expected),
        id: id(number),
        time: time(number),
        change,
    }
}

/// Writes a number, which is JSON, as the state of [`STREAM`].
fn put(number: u64, expected: u64, state: &str) -> StateWrite {
    let state = StateChange::Put(state.as_bytes().into());
    write(STREAM, number, expected, state)
}

/// Appends a unit of streams and states. A store without states must refuse it and write nothing:
/// then there is no outcome.
async fn append(
    store: &impl EventStore,
    streams: Vec<StreamAppend>,
    states: Vec<StateWrite>,
) -> Option<Result<Vec<Appended>, AppendError>> {
    let unit = Append::all(streams).expect("the suite names no stream twice");
    let unit = unit.with_states(states).expect("nor a state");
    let unit = Arc::new(unit);
    let outcome = store.append(Arc::clone(&unit)).await;
    if store.states().is_some() || unit.states().is_empty() {
        return Some(outcome);
    }
    match outcome {
        Err(AppendError::Store(error)) => {
            assert_eq!(error.kind(), StoreErrorKind::Unsupported, "{error:?}");
        }
        other => panic!("a store without states has to refuse one, found was {other:?}"),
    }
    for part in unit.streams() {
        let found = numbers(&read(store, part.stream.as_str()).await);
        let refused = numbers_of(part);
        assert!(found.iter().all(|number| !refused.contains(number)));
    }
    None
}

fn numbers_of(part: &StreamAppend) -> Vec<u64> {
    let ids = part.events.iter().map(|event| event.id);
    ids.map(super::support::number).collect()
}

fn states(store: &impl EventStore) -> &dyn StateStore {
    store.states().expect("it has declared them")
}

async fn load(states: &dyn StateStore, stream: &str) -> Option<State> {
    let state = states.load(&name(stream)).await;
    state.unwrap_or_else(|error| panic!("could not load `{stream}`: {error:?}"))
}

async fn list(
    states: &dyn StateStore,
    category: &str,
    after: Option<&str>,
    limit: usize,
) -> Vec<State> {
    let category = Category::new(category).expect("the suite writes proper names");
    let after = after.map(name);
    let listed = states.list(&category, after.as_ref(), limit).await;
    listed.unwrap_or_else(|error| panic!("could not list `{category}`: {error:?}"))
}

fn versions(appended: &[Appended]) -> Vec<u64> {
    appended.iter().map(|it| it.version.get()).collect()
}
