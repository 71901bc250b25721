//! Snapshots by aggregate.

use super::{read, refusal, with};
use es_core::prelude::*;

#[event]
struct Counted;

macro_rules! counter {
    ($name:ident $(, $option:tt = $value:tt)*) => {
        #[aggregate(event_sourced, id = String $(, $option = $value)*)]
        #[derive(Default)]
        struct $name {
            total: u64,
        }

        #[aggregate]
        impl $name {
            fn begin() -> Self {
                Self::raise_new_as("a".to_owned(), Counted)
            }

            #[apply]
            fn counted(&mut self, _: &Counted) {
                self.total += 1;
            }
        }
    };
}

counter!(PlainCounter);
counter!(EagerCounter, snapshot_every = 1);
counter!(UnkeptCounter, snapshots = off);

/// Whether a snapshot is taken of one event, of a plain and of an eager counter.
async fn taken(environment: &str, toml: &str) -> (bool, bool) {
    let config = with(&[("ES_ENV", environment)]).toml(&format!("name = \"bank\"\n{toml}"));
    let domain = config.unwrap().domain().await.unwrap();
    let plain = domain.repository::<PlainCounter>();
    let eager = domain.repository::<EagerCounter>();
    plain.add(&mut PlainCounter::begin()).await.unwrap();
    eager.add(&mut EagerCounter::begin()).await.unwrap();
    let id = "a".to_owned();
    let snapshots = domain.store().snapshots().unwrap();
    let plain = snapshots.load(&plain.stream(&id).unwrap()).await.unwrap();
    let eager = snapshots.load(&eager.stream(&id).unwrap()).await.unwrap();
    (plain.is_some(), eager.is_some())
}

#[tokio::test]
async fn the_more_specific_wins_and_the_file_before_the_code() {
    let one = "snapshot_every = 1";
    let fifty = "snapshot_every = 50";
    for (toml, expected) in [
        ("", (false, true)),
        (one, (true, true)),
        ("snapshot_threshold = 1", (true, true)),
        (fifty, (false, true)),
        (
            "[aggregates.plain_counter]\nsnapshot_every = 1",
            (true, true),
        ),
        (
            "[aggregates.plain_counter]\nsnapshot_threshold = 1",
            (true, true),
        ),
        (
            "[aggregates.eager_counter]\nsnapshot_every = 50",
            (false, false),
        ),
        (
            "[aggregates.eager_counter]\nsnapshots = false",
            (false, false),
        ),
        (
            "[aggregates.eager_counter]\nsnapshots = true",
            (false, true),
        ),
        (
            "snapshot_every = 1\n[aggregates.plain_counter]\nsnapshots = false",
            (false, true),
        ),
    ] {
        assert_eq!(taken("", toml).await, expected, "{toml}");
    }
}

#[tokio::test]
async fn an_overlay_tunes_one_aggregate() {
    let toml = "
        [aggregates.eager_counter]
        snapshots = false
        [production.aggregates.eager_counter]
        snapshot_every = 1
        [quiet]
        snapshot_threshold = 1
        [quiet.aggregates.plain_counter]
        snapshots = false
    ";

    assert_eq!(taken("", toml).await, (false, false));
    assert_eq!(taken("production", toml).await, (false, true));
    assert_eq!(taken("quiet", toml).await, (false, false));
}

#[tokio::test]
async fn an_aggregate_is_told_that_is_almost_one() {
    for wrong in ["plain_conter", "PlainCounter", "plain-counter"] {
        let toml = format!("name = \"bank\"\n[aggregates.{wrong}]\nsnapshot_every = 5");

        assert_eq!(
            refusal(&[], &toml).await,
            format!(
                "line 2: no aggregate of this program has the category `{wrong}`, did you mean \
                 `[aggregates.plain_counter]`?"
            )
        );
    }
    let another = "name = \"bank\"\n[aggregates.invoice]\nsnapshot_every = 5";
    assert!(read(another).unwrap().domain().await.is_ok());
}

#[tokio::test]
async fn one_whose_state_can_not_be_stored_is_told() {
    let toml = "name = \"bank\"\n[aggregates.unkept_counter]\nsnapshot_every = 5";
    let builder = read(toml).unwrap().builder().await.unwrap();

    let refusal = builder
        .aggregate::<UnkeptCounter>()
        .build()
        .unwrap_err()
        .to_string();

    assert!(refusal.contains("`snapshots = off`"), "{refusal}");
    let _ = UnkeptCounter::begin().total;
}
