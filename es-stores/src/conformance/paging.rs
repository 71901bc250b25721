//! Pages: none loses or repeats an event, whatever its size.

use es_core::record::{Direction, Page, ReadRequest};
use es_core::store::EventStore;

use super::Harness;
use super::support::{
    DIRECTIONS, STREAM, append, at, event_of, events, number, page_of, request, sources, visible,
};

/// Pages of every size, those that divide the number of events among them, give all events once
/// and in order.
pub async fn pages_of_any_size_give_all_events_once(harness: impl Harness) {
    let store = harness.open().await;
    append(&store, STREAM, at(0), events(1..=12)).await;

    for source in sources() {
        visible(&store, &source, 12).await;
        for direction in DIRECTIONS {
            for size in [1, 2, 3, 4, 5, 6, 7, 11, 12, 13, 1_000] {
                let request = request(source.clone(), direction, size);

                let read = read_paged(&store, request.clone()).await;

                assert_eq!(read, expected(12, direction), "{request:?}");
            }
        }
    }
}

/// A page tells whether there is more: not where it took the last event, and surely where it did
/// not.
pub async fn a_page_tells_exactly_whether_there_is_more(harness: impl Harness) {
    let store = harness.open().await;
    append(&store, STREAM, at(0), events(1..=4)).await;

    let mut page = Page::new();
    for source in sources() {
        visible(&store, &source, 4).await;
        for direction in DIRECTIONS {
            for (size, more) in [(1, true), (3, true), (4, false), (5, false)] {
                let request = request(source.clone(), direction, size);

                page_of(&store, &request, &mut page).await;

                assert_eq!(
                    (page.len(), page.has_more()),
                    (size.min(4), more),
                    "{request:?}"
                );
            }
        }
    }
}

/// A page that found nothing has nothing more.
pub async fn an_empty_page_has_no_more(harness: impl Harness) {
    let store = harness.open().await;

    let mut page = Page::new();
    for source in sources() {
        for direction in DIRECTIONS {
            page_of(&store, &request(source.clone(), direction, 1), &mut page).await;

            assert!(page.is_empty() && !page.has_more());
        }
    }
}

/// A page is cleared before it is filled.
pub async fn a_page_forgets_what_was_in_it(harness: impl Harness) {
    let store = harness.open().await;
    append(&store, STREAM, at(0), events(1..=3)).await;
    let [stream, ..] = sources();
    let mut page = Page::new();

    page_of(
        &store,
        &request(stream.clone(), Direction::Forwards, 2),
        &mut page,
    )
    .await;
    page_of(&store, &request(stream, Direction::Backwards, 1), &mut page).await;

    assert_eq!(numbers_of(&page), [3]);
}

/// A page takes no further event once it holds as many bytes as asked for.
pub async fn a_page_stops_at_its_bytes(harness: impl Harness) {
    let store = harness.open().await;
    let payload = vec![b'x'; 1_000];
    for version in 0..10 {
        let mut batch = events([]);
        batch.push(es_core::record::NewEvent {
            id: super::support::id(version + 1),
            data: &payload,
            ..event_of(b"").get(0)
        });
        append(&store, STREAM, at(version), batch).await;
    }

    for source in sources() {
        visible(&store, &source, 10).await;
        for direction in DIRECTIONS {
            let mut request = request(source.clone(), direction, 1_000);
            request.max_bytes = 3_500;
            let mut page = Page::new();

            page_of(&store, &request, &mut page).await;

            assert!(
                (3..=4).contains(&page.len()) && page.has_more(),
                "{}",
                page.len()
            );
            assert_eq!(read_paged(&store, request).await, expected(10, direction));
        }
    }
}

/// A page takes one event, however large it is.
pub async fn a_page_takes_one_event_however_large(harness: impl Harness) {
    let store = harness.open().await;
    append(&store, STREAM, at(0), event_of(&vec![b'x'; 100_000])).await;
    append(&store, STREAM, at(1), events(2..=2)).await;
    let [stream, ..] = sources();
    let mut request = request(stream, Direction::Forwards, 1_000);
    request.max_bytes = 1;
    let mut page = Page::new();

    page_of(&store, &request, &mut page).await;

    assert_eq!(numbers_of(&page), [1]);
    assert!(page.has_more());
    assert_eq!(read_paged(&store, request).await, [1, 2]);
}

/// A request for no events gets one, so that a reader always comes forward.
pub async fn a_page_of_no_events_takes_one(harness: impl Harness) {
    let store = harness.open().await;
    append(&store, STREAM, at(0), events(1..=2)).await;
    let [stream, ..] = sources();
    let mut page = Page::new();

    page_of(&store, &request(stream, Direction::Forwards, 0), &mut page).await;

    assert_eq!(numbers_of(&page), [1]);
}

/// The whole of a long stream is read, in pages of the default size.
pub async fn nothing_truncates_a_long_stream(harness: impl Harness) {
    let store = harness.open().await;
    for round in 0..5 {
        let first = round * 500;
        append(&store, STREAM, at(first), events(first + 1..=first + 500)).await;
    }

    for source in sources() {
        visible(&store, &source, 2_500).await;
        for direction in DIRECTIONS {
            let mut request = ReadRequest::new(source.clone());
            request.direction = direction;

            assert_eq!(
                read_paged(&store, request).await,
                expected(2_500, direction)
            );
        }
    }
}

async fn read_paged(store: &impl EventStore, mut request: ReadRequest) -> Vec<u64> {
    let mut page = Page::new();
    let mut read = Vec::new();
    loop {
        page_of(store, &request, &mut page).await;
        read.extend(numbers_of(&page));
        if !request.advance(&page) {
            return read;
        }
    }
}

fn numbers_of(page: &Page) -> Vec<u64> {
    page.iter().map(|event| number(event.id)).collect()
}

fn expected(count: u64, direction: Direction) -> Vec<u64> {
    match direction {
        Direction::Forwards => (1..=count).collect(),
        Direction::Backwards => (1..=count).rev().collect(),
    }
}
