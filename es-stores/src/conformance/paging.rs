//! Pages: none loses or repeats an event, whatever its size.

use es_core::record::{ConsumerGroup, Direction, Page, ReadRequest, Source};
use es_core::store::EventStore;

use super::Harness;
use super::support::{
    DIRECTIONS, STREAM, append, append_each, at, event, events, name, number, page_of, request,
    sources, text, visible,
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

/// What belongs to others between the events of a category is on none of its pages, and is nothing
/// more to come behind its last.
pub async fn a_page_of_a_category_skips_what_is_not_its_own(harness: impl Harness) {
    let store = harness.open().await;
    // Of 24 events every third is the category's: 3, 6, … 24, and then come others.
    let stream = |number: u64| match number % 3 {
        0 if number <= 24 => format!("test::thing-{}", number % 2),
        _ => format!("test::other-{}", number % 5),
    };
    let places: Vec<_> = (1..=40).map(|number| (stream(number), number)).collect();
    let places = places
        .iter()
        .map(|(stream, number)| (stream.as_str(), *number));
    append_each(&store, places).await;
    visible(&store, &Source::All { from: None }, 40).await;
    let [_, category, _] = sources();

    skips(&store, &category, &[3, 6, 9, 12, 15, 18, 21, 24]).await;
}

/// What belongs to another member is on none of a member's pages, and is nothing more to come
/// behind its last.
pub async fn a_page_of_a_member_skips_what_is_not_its_own(harness: impl Harness) {
    let store = harness.open().await;
    let places: Vec<_> = (1..=40)
        .map(|number| (format!("test::thing-{}", number % 11), number))
        .collect();
    let each = places
        .iter()
        .map(|(stream, number)| (stream.as_str(), *number));
    append_each(&store, each).await;
    visible(&store, &Source::All { from: None }, 40).await;

    for (member, size) in [(0, 2), (1, 2), (0, 3), (2, 3), (6, 7)] {
        let member = ConsumerGroup::new(member, size).expect("the suite names members that are");
        let share = Source::Category {
            name: name(STREAM).category(),
            from: None,
            group: Some(member),
        };
        let own = places
            .iter()
            .filter(|(stream, _)| member.has_stream(stream));
        let own: Vec<_> = own.map(|(_, number)| *number).collect();

        skips(&store, &share, &own).await;
    }
}

/// `source` holds the events with the numbers `own`, on pages of any size and in either direction,
/// and its pages know where it ends.
async fn skips(store: &impl EventStore, source: &Source, own: &[u64]) {
    for direction in DIRECTIONS {
        let mut own = own.to_vec();
        if direction == Direction::Backwards {
            own.reverse();
        }
        for size in 1..=own.len() + 1 {
            let request = request(source.clone(), direction, size);
            let mut page = Page::new();

            page_of(store, &request, &mut page).await;

            assert_eq!(page.has_more(), size < own.len(), "{request:?}");
            assert_eq!(read_paged(store, request).await, own);
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
    for version in 0..10 {
        append(
            &store,
            STREAM,
            at(version),
            event(version + 1, &text(1_000)),
        )
        .await;
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

/// A page is as small where its payloads are large and of one letter: a store that keeps them
/// compressed measures what they are for a reader.
pub async fn a_page_of_compressible_payloads_stops_at_its_bytes(harness: impl Harness) {
    let store = harness.open().await;
    for version in 0..12 {
        append(
            &store,
            STREAM,
            at(version),
            event(version + 1, &text(1_000_000)),
        )
        .await;
    }

    for source in sources() {
        visible(&store, &source, 12).await;
        for direction in DIRECTIONS {
            let mut request = ReadRequest::new(source.clone());
            request.direction = direction;
            let mut page = Page::new();

            page_of(&store, &request, &mut page).await;

            assert!(
                (1..=2).contains(&page.len()) && page.has_more(),
                "{}",
                page.len()
            );
            assert_eq!(read_paged(&store, request).await, expected(12, direction));
        }
    }
}

/// A page takes one event, however large it is.
pub async fn a_page_takes_one_event_however_large(harness: impl Harness) {
    let store = harness.open().await;
    append(&store, STREAM, at(0), event(1, &text(100_000))).await;
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
