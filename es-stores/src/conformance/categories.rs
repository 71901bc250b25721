//! Categories: all streams of one kind, and of no other.

use es_core::record::{ConsumerGroup, RecordedEvent};
use es_core::store::EventStoreExt;

use super::Harness;
use super::support::{CATEGORY, append_each, numbers, read_all, read_category};

/// A category that nobody has written to is empty.
pub async fn an_unknown_category_is_empty(harness: impl Harness) {
    let store = harness.open().await;
    append_each(&store, [("test::thing-1", 1)]).await;
    read_all(&store, 1).await;

    assert!(read_category(&store, "test::other", 0).await.is_empty());
}

/// A category is read in the order of positions, however far its streams have come.
pub async fn a_category_is_in_the_order_of_positions(harness: impl Harness) {
    let store = harness.open().await;
    let places = [1, 1, 1, 2, 1, 3, 2, 1, 3, 2].map(|stream| format!("test::thing-{stream}"));
    append_each(&store, places.iter().map(String::as_str).zip(1..)).await;

    let category = read_category(&store, CATEGORY, 10).await;

    assert_eq!(numbers(&category), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    assert!(category.is_sorted_by(|a, b| a.position < b.position));
    let versions: Vec<_> = category.iter().map(|event| event.version.get()).collect();
    assert_eq!(versions, [1, 2, 3, 1, 4, 1, 2, 5, 2, 3]);
}

/// Categories that begin alike do not leak into each other.
pub async fn categories_that_begin_alike_are_apart(harness: impl Harness) {
    let streams = [
        "bank::account-1",
        "bank::account_old-1",
        "bank::acc-1",
        "bank::account2-1",
        "bank::account:snapshot-1",
        "bank::account:command-1",
        "bank-1",
        "bank::account-account-1",
    ];

    apart(harness, &streams, "bank::account", &[1, 8]).await;
}

/// Compound categories are categories of their own.
pub async fn a_compound_category_is_apart_from_its_parts(harness: impl Harness) {
    let streams = [
        "bank::account-1",
        "bank::account:snapshot-1",
        "bank::account:snap-1",
    ];

    apart(harness, &streams, "bank::account:snapshot", &[2]).await;
}

/// Nothing in a category's name is a pattern.
pub async fn no_letter_of_a_category_is_a_wildcard(harness: impl Harness) {
    let streams = ["a_c-1", "abc-1", "a%-1", "a*-1", "a?c-1", "[a]_c-1"];

    apart(harness, &streams, "a_c", &[1]).await;
}

/// Upper and lower case are different letters.
pub async fn categories_differ_by_case(harness: impl Harness) {
    let streams = ["bank::Account-1", "bank::account-1", "BANK::ACCOUNT-1"];

    apart(harness, &streams, "bank::account", &[2]).await;
}

/// Writes event n to the n-th stream, and reads one category of them, in both directions.
async fn apart(harness: impl Harness, streams: &[&str], category: &str, expected: &[u64]) {
    let store = harness.open().await;
    append_each(&store, streams.iter().copied().zip(1..)).await;
    read_all(&store, streams.len()).await;

    let forwards = read_category(&store, category, expected.len()).await;
    let backwards = store.read_category(category).backwards().collect().await;

    assert_eq!(numbers(&forwards), expected);
    let mut backwards = numbers(&backwards.expect("the category is read"));
    backwards.reverse();
    assert_eq!(backwards, expected);
}

/// A group's members share a category out: every event has one reader, a stream always the same.
pub async fn members_of_a_group_share_a_category_out(harness: impl Harness) {
    let store = harness.open().await;
    let places: Vec<_> = (0..60)
        .map(|place| format!("test::thing-{}", place % 20))
        .collect();
    append_each(&store, places.iter().map(String::as_str).zip(1..)).await;
    let all = read_category(&store, CATEGORY, 60).await;

    for size in [1, 2, 3, 7] {
        let mut shared_out = Vec::new();
        for member in 0..size {
            let member = group(member, size);
            let share = store.read_category(CATEGORY).group(member).page_size(4);
            let share = share.collect().await.expect("the category is read");
            let own = all.iter().filter(|event| member.has_stream(&event.stream));
            assert!(share.iter().eq(own), "{member:?}");
            shared_out.extend(numbers(&share));
        }
        shared_out.sort_unstable();
        assert_eq!(shared_out, (1..=60).collect::<Vec<_>>());
    }
}

/// Streams that differ behind the `+` of their ids have the same reader.
pub async fn compound_ids_stay_with_one_member(harness: impl Harness) {
    let store = harness.open().await;
    let streams: Vec<_> = (0..12)
        .map(|part| format!("test::cart-123+{part}"))
        .collect();
    append_each(&store, streams.iter().map(String::as_str).zip(1..)).await;
    read_category(&store, "test::cart", 12).await;

    for size in [2, 5] {
        for member in 0..size {
            let share = store.read_category("test::cart").group(group(member, size));
            let share = share.collect().await.expect("the category is read");
            let whole = group(member, size).has("123");
            assert_eq!(
                share.len(),
                if whole { 12 } else { 0 },
                "{member} of {size}"
            );
        }
    }
}

/// A member reads its share backwards, from a position and page by page too.
pub async fn a_member_reads_its_share_in_any_way(harness: impl Harness) {
    let store = harness.open().await;
    let places: Vec<_> = (0..40)
        .map(|place| format!("test::thing-{}", place % 10))
        .collect();
    append_each(&store, places.iter().map(String::as_str).zip(1..)).await;
    let all = read_category(&store, CATEGORY, 40).await;
    let member = group(1, 2);
    let own = |event: &&RecordedEvent<'_>| member.has_stream(&event.stream);

    let from = all[20].position;
    let later = store.read_category(CATEGORY).group(member).from(from);
    let later = later.collect().await.expect("the category is read");
    let earlier = store.read_category(CATEGORY).group(member).backwards();
    let earlier = earlier.from(from).page_size(3).limit(5).collect().await;
    let earlier = earlier.expect("the category is read");

    assert!(later.iter().eq(all[20..].iter().filter(own)));
    assert!(
        earlier
            .iter()
            .eq(all[..=20].iter().rev().filter(own).take(5))
    );
}

fn group(member: u32, size: u32) -> ConsumerGroup {
    ConsumerGroup::new(member, size).expect("the suite names members that are")
}
