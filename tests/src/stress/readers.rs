//! Those who follow.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::ensure;
use es_core::record::{ConsumerGroup, Page, ReadRequest, Source};
use es_core::store::EventStore;
use es_core::stream::{Category, Position};
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::Stands;

/// What a reader follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    All,
    Category,
    Share,
}

const CATEGORY: &str = "stress::kind1";

/// What a reader has seen.
#[derive(Default)]
struct Seen {
    /// In its order.
    events: Mutex<Vec<(Uuid, i64)>>,
    /// How often it has found nothing new.
    ends: AtomicU64,
}

/// A task that reads from the beginning, and goes on for ever.
pub(super) struct Reader {
    what: What,
    seen: Arc<Seen>,
    task: JoinHandle<()>,
}

impl What {
    fn group(self) -> Option<ConsumerGroup> {
        let member = ConsumerGroup::new(1, 3).expect("below the size");
        (self == Self::Share).then_some(member)
    }

    fn source(self) -> Source {
        match self {
            Self::All => Source::All { from: None },
            Self::Category | Self::Share => Source::Category {
                name: Category::new(CATEGORY).expect("a proper name"),
                from: None,
                group: self.group(),
            },
        }
    }

    fn has(self, stream: &str) -> bool {
        let of_category = stream.split('-').next() == Some(CATEGORY);
        match self {
            Self::All => true,
            Self::Category => of_category,
            Self::Share => of_category && self.group().is_some_and(|it| it.has_stream(stream)),
        }
    }
}

impl Reader {
    pub(super) fn start(store: impl EventStore, what: What) -> Self {
        let seen = Arc::<Seen>::default();
        let task = tokio::spawn(follow(store, what, Arc::clone(&seen)));
        Self { what, seen, task }
    }

    /// Waits until the reader has seen as much as stands there, and compares.
    pub(super) async fn check(self, standing: &[Stands]) -> anyhow::Result<()> {
        let expected: Vec<(Uuid, i64)> = standing
            .iter()
            .filter(|event| self.what.has(&event.stream))
            .map(|event| (event.id, event.position))
            .collect();
        // The second end that is reached from now on is one of a read that began from now on: what
        // is seen too often or too late has been seen by then.
        let ends = self.seen.ends.load(Ordering::Acquire);
        let is_through = || {
            self.seen.count() >= expected.len()
                && self.seen.ends.load(Ordering::Acquire) >= ends + 2
        };
        let begun = Instant::now();
        while !is_through() && begun.elapsed() < Duration::from_mins(1) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        self.task.abort();
        let seen = self.seen.events.lock().expect("the reader did not panic");
        let same = expected.iter().zip(seen.iter()).take_while(|(a, b)| a == b);
        let same = same.count();
        ensure!(
            same == expected.len() && same == seen.len(),
            "a reader of {:?} saw {} events, {} stand there; they differ at place {same}: it saw \
             {:?} where {:?} stands",
            self.what,
            seen.len(),
            expected.len(),
            seen.get(same),
            expected.get(same),
        );
        Ok(())
    }
}

impl Seen {
    fn count(&self) -> usize {
        self.events.lock().map_or(0, |events| events.len())
    }
}

async fn follow(store: impl EventStore, what: What, seen: Arc<Seen>) {
    let mut request = ReadRequest::new(what.source());
    let mut page = Page::new();
    let mut last = Position::START;
    loop {
        if let Source::Category { from, .. } | Source::All { from } = &mut request.source {
            *from = Some(last.next());
        }
        if store.read(&request, &mut page).await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        }
        for event in page.iter() {
            let position = i64::try_from(event.position.get()).expect("positions are small");
            let mut events = seen.events.lock().expect("nobody panics while holding it");
            events.push((event.id, position));
            last = event.position;
        }
        if page.is_empty() {
            seen.ends.fetch_add(1, Ordering::Release);
            // A reader of a category is woken by other categories too.
            let wait = store.wait_beyond(last);
            let _ = tokio::time::timeout(Duration::from_millis(50), wait).await;
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}
