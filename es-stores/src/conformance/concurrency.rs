//! Many writers and readers at once.

use std::sync::Arc;

use es_core::record::{Direction, Page, Source};
use es_core::store::{Append, AppendError, EventStore, EventStoreExt as _, Expected};
use es_core::stream::Position;
use tokio::task::JoinHandle;

use super::Harness;
use super::support::{
    DIRECTIONS, STREAM, append, append_all, at, conflict, events, name, number, numbers, page_of,
    part, poll_once, read, read_all, read_category, request, sources, try_append, visible,
    within_deadline,
};

const WRITERS: u64 = 16;

/// Of two writers that expect the same version exactly one wins, round after round.
pub async fn of_two_writers_with_one_expected_version_one_wins(harness: impl Harness) {
    let store = Arc::new(harness.open().await);

    for version in 0..100 {
        let attempts = [1, 2].map(|writer| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                try_append(&store, STREAM, at(version), events([2 * version + writer])).await
            })
        });
        let mut won = 0;
        for attempt in attempts {
            match attempt.await.expect("the writer is well") {
                Ok(appended) => {
                    assert_eq!(appended.version, version + 1);
                    won += 1;
                }
                Err(AppendError::Conflict(conflict)) => assert_eq!(conflict.actual, version + 1),
                Err(error) => panic!("neither written nor a conflict: {error:?}"),
            }
        }

        assert_eq!(won, 1, "round {version}");
    }
    assert_eq!(read(&store, STREAM).await.len(), 100);
}

/// While sixteen writers append to streams of one category, those who follow the category and
/// those who follow everything see each event once and in order, and miss none. Each writer reads
/// its own stream right after each acknowledgement.
pub async fn followers_miss_nothing_of_many_streams(harness: impl Harness) {
    const ROUNDS: u64 = 25;
    let store = Arc::new(harness.open().await);
    let followers = followers(&store, 2 * WRITERS * ROUNDS);

    let writers = (0..WRITERS).map(|writer| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            let stream = format!("test::thing-{writer}");
            for round in 0..ROUNDS {
                let first = 2 * (writer * ROUNDS + round);
                append(&store, &stream, at(2 * round), events(first..first + 2)).await;
                assert_eq!(read(&store, &stream).await.len() as u64, 2 * (round + 1));
            }
        })
    });

    all_well(writers.collect()).await;
    saw_everything(&store, followers, 2 * WRITERS * ROUNDS).await;
}

/// While sixteen writers contend for one stream, each trying again after a conflict, none of their
/// events is lost or doubled, and followers miss none.
pub async fn followers_miss_nothing_of_one_contended_stream(harness: impl Harness) {
    const ROUNDS: u64 = 10;
    let store = Arc::new(harness.open().await);
    let followers = followers(&store, WRITERS * ROUNDS);

    let writers = (0..WRITERS).map(|writer| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            let mut version = 0;
            for round in 0..ROUNDS {
                let event = writer * ROUNDS + round;
                while let Err(error) =
                    try_append(&store, STREAM, at(version), events([event])).await
                {
                    version = conflict::<()>(Err(error)).actual.get();
                }
                version += 1;
            }
        })
    });

    all_well(writers.collect()).await;
    let stream = read(&store, STREAM).await;
    assert!(
        stream
            .iter()
            .map(|it| it.version.get())
            .eq(1..=WRITERS * ROUNDS)
    );
    saw_everything(&store, followers, WRITERS * ROUNDS).await;
}

/// Writers that expect nothing never conflict, and the stream has no gap.
pub async fn writers_that_expect_nothing_all_succeed(harness: impl Harness) {
    let store = Arc::new(harness.open().await);

    let writers = (0..WRITERS).map(|writer| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            for round in 0..10 {
                let first = 30 * writer + 3 * round;
                append(&store, STREAM, Expected::Any, events(first..first + 3)).await;
            }
        })
    });

    all_well(writers.collect()).await;
    let stream = read(&store, STREAM).await;
    assert!(stream.iter().map(|it| it.version.get()).eq(1..=480));
    for append in numbers(&stream).chunks(3) {
        assert!(
            append.is_sorted_by(|a, b| a + 1 == *b),
            "one append was torn: {append:?}"
        );
    }
}

/// Units over the same streams in opposite orders do not lock each other out, and none is written
/// by halves.
pub async fn units_over_the_same_streams_do_not_lock_each_other_out(harness: impl Harness) {
    let store = Arc::new(harness.open().await);

    let writers = (0..8).map(|writer: u64| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            for round in 0..10 {
                let first = 2 * (10 * writer + round);
                let mut unit = vec![
                    part("test::a-1", Expected::Any, events([first])),
                    part("test::b-1", Expected::Any, events([first + 1])),
                ];
                if writer.is_multiple_of(2) {
                    unit.reverse();
                }
                if let Some(outcome) = append_all(&store, unit).await {
                    outcome.expect("no version was expected");
                }
            }
        })
    });

    all_well(writers.collect()).await;
    let (a, b) = (
        read(&store, "test::a-1").await,
        read(&store, "test::b-1").await,
    );
    let of_a: Vec<_> = numbers(&a).iter().map(|number| number + 1).collect();
    assert_eq!(
        of_a,
        numbers(&b),
        "units were written in different orders, or torn"
    );
    let units = if store.capabilities().multi_stream {
        80
    } else {
        0
    };
    assert_eq!(a.len(), units);
}

/// Who reads a long stream while it grows gets a beginning of it without gaps.
pub async fn a_growing_stream_is_read_without_gaps(harness: impl Harness) {
    let store = Arc::new(harness.open().await);
    append(&store, STREAM, at(0), events(1..=2_000)).await;
    let writer = {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            for version in 2_000..2_200 {
                append(&store, STREAM, at(version), events([version + 1])).await;
            }
        })
    };

    loop {
        let finished = writer.is_finished();
        let read = read(&store, STREAM).await;
        assert!(read.len() >= 2_000);
        assert!(numbers(&read).into_iter().eq(1..=read.len() as u64));
        if finished {
            assert_eq!(read.len(), 2_200);
            break;
        }
    }
    writer.await.expect("the writer is well");
}

/// A category where nothing happens is read to its end while others grow without a pause.
pub async fn a_quiet_category_is_read_however_busy_others_are(harness: impl Harness) {
    let store = Arc::new(harness.open().await);
    append(&store, STREAM, at(0), events(1..=10)).await;
    let quiet = name(STREAM).category();
    read_category(&store, quiet.as_str(), 10).await;
    let writers = (1..=8).map(|writer| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            let stream = format!("test::busy-{writer}");
            for version in 0.. {
                let next = events([1_000_000 * writer + version]);
                append(&store, &stream, at(version), next).await;
                // A store may never have to wait; the reader is to have its turn.
                tokio::task::yield_now().await;
            }
        })
    });
    let writers: Vec<_> = writers.collect();

    for _ in 0..20 {
        let read = store.read_category(quiet.as_str()).collect();
        let read = within_deadline(read).await.expect("the category is read");
        assert_eq!(read.len(), 10);
    }

    for writer in writers {
        writer.abort();
        assert!(writer.await.is_err_and(|end| end.is_cancelled()));
    }
}

/// Who reads a stream in one page sees none of an append or all of it, and so from either end.
pub async fn an_append_is_seen_whole_or_not_at_all(harness: impl Harness) {
    let store = Arc::new(harness.open().await);
    let writer = {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            for round in 0..100 {
                let first = 10 * round;
                append(&store, STREAM, at(first), events(first + 1..=first + 10)).await;
            }
        })
    };

    let [stream, ..] = sources();
    let mut page = Page::new();
    while !writer.is_finished() {
        for direction in DIRECTIONS {
            let whole = request(stream.clone(), direction, 2_000);
            page_of(&store, &whole, &mut page).await;
            assert!(page.len().is_multiple_of(10), "{} were seen", page.len());
        }
        tokio::task::yield_now().await;
    }
    writer.await.expect("the writer is well");
}

/// An append that is given up is written whole or not at all, and can be repeated.
pub async fn an_append_that_is_given_up_can_be_repeated(harness: impl Harness) {
    let store = harness.open().await;

    for round in 0..50 {
        let version = 3 * round;
        let unit = Append::to(name(STREAM), at(version), events(version + 1..=version + 3));
        let unit = Arc::new(unit);
        let _ = poll_once(store.append(Arc::clone(&unit))).await;
        let given_up = read(&store, STREAM).await.len() as u64;
        assert!(
            given_up == version || given_up == version + 3,
            "torn: {given_up}"
        );

        let appended = within_deadline(store.append(unit)).await;

        assert_eq!(
            appended.expect("it is written by now")[0].version,
            version + 3
        );
    }
    assert!(
        numbers(&read_all(&store, 150).await)
            .into_iter()
            .eq(1..=150)
    );
}

/// Reads that are given up harm no later read, nor the page.
pub async fn a_read_that_is_given_up_harms_nobody(harness: impl Harness) {
    let store = harness.open().await;
    append(&store, STREAM, at(0), events(1..=100)).await;
    let mut page = Page::new();

    for source in sources() {
        visible(&store, &source, 100).await;
        let request = request(source, Direction::Forwards, 100);
        for _ in 0..50 {
            let _ = poll_once(store.read(&request, &mut page)).await;
        }

        within_deadline(page_of(&store, &request, &mut page)).await;

        assert_eq!(page.len(), 100);
    }
}

type Follower = JoinHandle<Vec<(Position, u64)>>;

/// Follows the category and everything, each twice, until `count` events have come.
fn followers<S: EventStore>(store: &Arc<S>, count: u64) -> Vec<(Source, Follower)> {
    let [_, category, all] = sources();
    let follow = |source: &Source| {
        let following = follow(Arc::clone(store), source.clone(), count);
        (source.clone(), tokio::spawn(within_deadline(following)))
    };
    [&category, &all, &category, &all].map(follow).into()
}

async fn follow(store: Arc<impl EventStore>, source: Source, count: u64) -> Vec<(Position, u64)> {
    let mut request = request(source, Direction::Forwards, 7);
    let mut page = Page::new();
    let mut seen: Vec<(Position, u64)> = Vec::new();
    while (seen.len() as u64) < count {
        page_of(&store, &request, &mut page).await;
        seen.extend(page.iter().map(|event| (event.position, number(event.id))));
        let last = seen
            .last()
            .map_or(Position::START, |(position, _)| *position);
        if let Source::Category { from, .. } | Source::All { from } = &mut request.source {
            *from = Some(last.next());
        }
        if page.is_empty() {
            store.wait_beyond(last).await.expect("the head is read");
        }
    }
    seen
}

/// What was followed is what stands there in the end: nothing came at or below what had been seen.
async fn saw_everything(store: &impl EventStore, followers: Vec<(Source, Follower)>, count: u64) {
    for (source, follower) in followers {
        let seen = follower.await.expect("the follower is well");

        let mut ids: Vec<_> = seen.iter().map(|(_, number)| *number).collect();
        ids.sort_unstable();
        assert!(
            ids.into_iter().eq(0..count),
            "{source:?} missed or doubled events"
        );
        assert!(
            seen.is_sorted_by(|(a, _), (b, _)| a < b),
            "{source:?} went back"
        );
        let mut page = Page::new();
        let whole = request(source, Direction::Forwards, usize::MAX);
        page_of(store, &whole, &mut page).await;
        let stands = page.iter().map(|event| (event.position, number(event.id)));
        assert!(stands.eq(seen), "something came late");
    }
}

async fn all_well(tasks: Vec<JoinHandle<()>>) {
    for task in tasks {
        within_deadline(task).await.expect("the writer is well");
    }
}
