//! Names: whatever a stream may be called, it is itself and no other.

use es_core::store::EventStore;
use es_core::stream::MAX_NAME_BYTES;

use super::Harness;
use super::support::{
    append, at, conflict, events, numbers, read, read_all, read_category, try_append,
};

/// Ids may hold dashes, plus signs, quotes, spaces, wildcards and letters of any script.
pub async fn ids_of_any_letters_are_streams_of_their_own(harness: impl Harness) {
    let ids = [
        "1",
        "-1",
        "1-",
        "1-2",
        "1+2",
        "a b",
        " a b",
        "a b ",
        "'",
        "\"",
        "`",
        "''",
        "%",
        "_",
        "*",
        "\\",
        "/",
        "..",
        ";--",
        "$1",
        "?1",
        ":",
        "::",
        "#",
        "é",
        "e\u{301}",
        "日本語",
        "🐈",
        "null",
        "NULL",
        "{}",
        "A",
        "a",
        "0",
        "00",
        "١",
    ];

    each_is_itself(
        &harness.open().await,
        &ids.map(|id| format!("test::thing-{id}")),
    )
    .await;
}

/// Ids of 1,500 bytes differ in their last.
pub async fn long_ids_differ_in_their_last_letter(harness: impl Harness) {
    let ids = ["a", "b", ""].map(|last| format!("test::thing-{}{last}", "x".repeat(1_499)));

    each_is_itself(&harness.open().await, &ids).await;
}

/// Streams and categories may be as long as [`MAX_NAME_BYTES`], of letters that nothing compresses
/// well, and are read, continued and checked like others.
pub async fn names_may_be_as_long_as_the_longest(harness: impl Harness) {
    let store = harness.open().await;
    let letters = |bytes: usize| -> String {
        let mut state = 1_u32;
        let letter = |_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            char::from(b'a' + u8::try_from((state >> 24) % 26).expect("it is below 26"))
        };
        (0..bytes).map(letter).collect()
    };
    let category = letters(MAX_NAME_BYTES - 2);
    let streams = [
        format!("{category}-1"),
        format!("{category}-2"),
        format!("test::thing-{}", letters(MAX_NAME_BYTES - 12)),
    ];
    assert!(streams.iter().all(|name| name.len() == MAX_NAME_BYTES));

    for (stream, number) in streams.iter().zip([1, 3, 5]) {
        append(&store, stream, at(0), events([number])).await;
        append(&store, stream, at(1), events([number + 1])).await;
        let stale = try_append(&store, stream, at(1), events([9])).await;

        assert_eq!(conflict(stale).actual, 2);
        assert_eq!(numbers(&read(&store, stream).await), [number, number + 1]);
    }
    assert_eq!(
        numbers(&read_category(&store, &category, 4).await),
        [1, 2, 3, 4]
    );
    assert_eq!(
        numbers(&read_category(&store, "test::thing", 2).await),
        [5, 6]
    );
}

/// The category ends at the first dash, whatever stands behind it.
pub async fn the_category_ends_at_the_first_dash(harness: impl Harness) {
    let store = harness.open().await;
    append(&store, "test::thing-other-1", at(0), events(1..=1)).await;
    append(&store, "test::thing:other-1-2", at(0), events(2..=2)).await;

    let thing = read_category(&store, "test::thing", 1).await;
    let compound = read_category(&store, "test::thing:other", 1).await;

    assert_eq!(numbers(&thing), [1]);
    assert_eq!(numbers(&compound), [2]);
}

/// Categories may hold letters of any script too.
pub async fn categories_may_hold_any_letter(harness: impl Harness) {
    let store = harness.open().await;
    let categories = ["größe", "a b", "日本::語", "it's", "\"a\"", "x%y"];
    for (category, number) in categories.iter().zip(1..) {
        append(&store, &format!("{category}-1"), at(0), events([number])).await;
    }

    for (category, number) in categories.iter().zip(1..) {
        assert_eq!(
            numbers(&read_category(&store, category, 1).await),
            [number],
            "{category}"
        );
    }
}

async fn each_is_itself(store: &impl EventStore, streams: &[String]) {
    for (stream, number) in streams.iter().zip(1..) {
        append(store, stream, at(0), events([number])).await;
    }

    for (stream, number) in streams.iter().zip(1..) {
        let read = read(store, stream).await;
        assert_eq!(numbers(&read), [number], "{stream:?}");
        assert_eq!(read[0].stream, *stream);
    }
    let all = read_all(store, streams.len()).await;
    assert!(all.iter().map(|event| &*event.stream).eq(streams));
    assert_eq!(
        read_category(store, "test::thing", streams.len()).await,
        all
    );
}
