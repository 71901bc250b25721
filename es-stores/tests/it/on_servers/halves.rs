//! Long reads, of whose pages two connections read a half each.

use std::collections::BTreeMap;

use es_core::record::{ConsumerGroup, Page, ReadRequest, Source};
use es_core::store::EventStore;
use es_core::stream::{Category, Position, StreamName, Version};
use uuid::Uuid;

use super::{Limits, PLAIN, Place, at, head_reaches, unit};
use crate::servers::{session, shared};

/// The type of events that are deleted by hand.
const HOLE: &str = "Test.Hole.v1";

/// What is told of an event: its stream, version, position and id.
type Told = (String, Version, Position, Uuid);

/// With sparse categories, bursts, holes in positions, and pages of any size.
pub(crate) async fn long_reads_are_what_short_ones_are_together<P: Place>() {
    let place = P::on(&shared()).await;
    let mut log = Log::default();
    let store = place.open().await;
    for step in 0..90 {
        let (category, most) = match step % 10 {
            1 | 4 | 7 => ("mid", 60),
            2 => ("holes", 300),
            5 if step > 40 => ("few", 20),
            _ => ("long", 400),
        };
        log.append(&store, category, fastrand::u64(1..=most)).await;
    }
    head_reaches(&store, log.last).await;
    drop(store);
    let delete = format!("DELETE FROM {} WHERE type = '{HOLE}'", place.events());
    let admin = session(&place.uri()).await;
    admin.batch_execute(&delete).await.unwrap();
    let uri = place.uri().option("application_name", place.name());
    let store = place.open_by(&uri, Limits::default()).await.unwrap();
    store.head().await.unwrap();

    for source in sources() {
        let all = read(&store, &short(&source)).await;
        for _ in 0..4 {
            let told = read(&store, &long(&source)).await;

            assert!(told == all, "{source:?}: {} of {}", told.len(), all.len());
        }
    }
    let readers = "SELECT count(*) FROM pg_stat_activity \
                   WHERE application_name = $1 AND query LIKE '%LIMIT%'";
    let row = admin.query_one(readers, &[&place.name()]).await.unwrap();
    assert!(row.get::<_, i64>(0) >= 2);
}

/// What is read is what was there at a moment, up to the end of some commit.
pub(crate) async fn long_reads_lose_nothing_while_others_append<P: Place>() {
    let place = P::on(&shared()).await;
    let store = place.open().await;
    let mut log = Log::default();
    for _ in 0..20 {
        log.append(&store, "long", 200).await;
        log.append(&store, "mid", 50).await;
    }
    let appending = place.open().await;
    let appending = tokio::spawn(async move {
        for _ in 0..150 {
            let events = fastrand::u64(1..=60);
            log.append(&appending, "long", events).await;
            log.append(&appending, "mid", 1 + events / 8).await;
        }
        log
    });

    let mut reads = Vec::new();
    while !appending.is_finished() {
        for source in sources() {
            let told = read(&store, &long(&source)).await;
            reads.push((source, told));
        }
    }

    let log = appending.await.unwrap();
    head_reaches(&store, log.last).await;
    let mut all = Vec::new();
    for source in sources() {
        all.push((source.clone(), read(&store, &short(&source)).await));
    }
    for (source, told) in reads {
        let (_, all) = all.iter().find(|(of, _)| *of == source).unwrap();
        assert!(all.starts_with(&told), "{source:?}");
        if let Source::Stream { .. } = source {
            let last = told.last().expect("there were events before").1;
            assert!(log.commits.contains(&last.get()), "{last}");
        }
    }
}

/// Versions that somebody deleted by hand are missing, and no others.
pub(crate) async fn a_gap_in_a_long_stream_is_read_as_it_is<P: Place>() {
    let place = P::on(&shared()).await;
    let store = place.open().await;
    let mut log = Log::default();
    for (category, events) in [("long", 2_345), ("long", 3_000)] {
        log.append(&store, category, events).await;
    }
    let stream = &sources()[4];
    let before = read(&store, &short(stream)).await;
    assert_eq!(before.len(), 5_345);
    for version in [1_500, 2_999, 3_001, 5_344] {
        let position = before[version].2;
        let admin = session(&place.uri()).await;
        let events = place.events();
        let delete = format!("DELETE FROM {events} WHERE id = '{}'", before[version].3);
        admin.batch_execute(&delete).await.unwrap();
        let left: Vec<Told> = read(&store, &short(stream)).await;
        assert!(left.iter().all(|event| event.2 != position));

        for max_events in [1_001, 2_000, 3_000, 4_000] {
            let mut request = long(stream);
            (request.max_events, request.max_bytes) = (max_events, usize::MAX);
            assert!(read(&store, &request).await == left, "{max_events}");
        }
    }
}

/// What is left is for those who append.
pub(crate) async fn a_small_pool_is_not_used_up_by_one_reader<P: Place>() {
    let place = P::on(&shared()).await;
    let store = place.open().await;
    let mut log = Log::default();
    log.append(&store, "long", 9_000).await;
    let pool_size = Some(2);
    let limits = Limits {
        pool_size,
        ..Limits::default()
    };
    let uri = place.uri().option("application_name", place.name());
    let store = place.open_by(&uri, limits).await.unwrap();

    for _ in 0..3 {
        read(&store, &long(&sources()[4])).await;
    }

    let admin = session(&place.uri()).await;
    let sessions = "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1";
    let row = admin.query_one(sessions, &[&place.name()]).await.unwrap();
    assert_eq!(row.get::<_, i64>(0), 1);
}

/// What was appended: a stream a category.
#[derive(Default)]
struct Log {
    versions: BTreeMap<String, u64>,
    events: u64,
    last: Option<Position>,
    /// At which versions of the long stream a commit ended.
    commits: Vec<u64>,
}

impl Log {
    async fn append(&mut self, store: &impl EventStore, category: &str, events: u64) {
        let stream = format!("test::{category}-1");
        let version = self.versions.entry(stream.clone()).or_default();
        let event_type = if category == "holes" { HOLE } else { PLAIN };
        let numbers = self.events..self.events + events;
        let unit = unit(&stream, at(*version), event_type, numbers);
        let appended = store.append(unit).await.unwrap();
        *version += events;
        self.events += events;
        self.last = appended[0].position;
        if category == "long" {
            self.commits.push(*version);
        }
    }
}

fn sources() -> Vec<Source> {
    let category = |name: &str, group| Source::Category {
        name: Category::new(name).expect("a proper name"),
        from: None,
        group,
    };
    let name = StreamName::new("test::long-1").expect("a proper name");
    vec![
        Source::All { from: None },
        category("test::long", None),
        category("test::mid", None),
        category(
            "test::long",
            Some(ConsumerGroup::new(0, 1).expect("the only member")),
        ),
        Source::Stream { name, from: None },
    ]
}

fn short(source: &Source) -> ReadRequest {
    let mut request = ReadRequest::new(source.clone());
    (request.max_events, request.grows) = (700, false);
    request
}

/// In pages that begin large and grow.
fn long(source: &Source) -> ReadRequest {
    let mut request = ReadRequest::new(source.clone());
    request.max_events = fastrand::usize(1_001..=5_000);
    request.max_bytes = fastrand::usize(300_000..=2_000_000);
    request
}

async fn read(store: &impl EventStore, request: &ReadRequest) -> Vec<Told> {
    let (mut request, mut page, mut told) = (request.clone(), Page::new(), Vec::new());
    loop {
        store.read(&request, &mut page).await.unwrap();
        assert!(page.len() <= request.max_events);
        assert!(!page.is_empty() || !page.has_more(), "{request:?}");
        told.extend(page.iter().map(|event| {
            (
                event.stream.to_string(),
                event.version,
                event.position,
                event.id,
            )
        }));
        if !request.advance(&page) {
            return told;
        }
    }
}
