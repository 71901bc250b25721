//! That no read looks at more rows than it gives back.

use es_core::record::ConsumerGroup;
use es_core::store::{EventStore as _, EventStoreExt as _};
use es_core::stream::Position;

use super::Schema;
use crate::on_servers::{Limits, PLAIN, Place as _, append, at, head_reaches, unit};
use crate::servers::{session, until};

/// How many rows of a table were looked at, and how often it was read from end to end.
const LOOKED_AT: &str = "SELECT relname::text, seq_scan, coalesce(idx_tup_fetch, 0) + seq_tup_read \
                         FROM pg_stat_user_tables WHERE schemaname = $1 \
                         AND relname = 'events'";

#[tokio::test(flavor = "multi_thread")]
async fn reads_look_at_few_rows_of_many() {
    const EVENTS: u64 = 20_000;
    let place = Schema::new();
    let uri = place.uri().option("application_name", place.name());
    let store = place.open_by(&uri, Limits::default()).await.unwrap();
    for (stream, first) in [("test::a-1", 0), ("test::b-1", EVENTS / 2)] {
        let numbers = first..first + EVENTS / 2;
        let written = store.append(unit(stream, at(0), PLAIN, numbers)).await;
        head_reaches(&store, written.unwrap()[0].position).await;
    }
    for number in 0..100 {
        append(&store, &format!("test::c-{number}"), 0, EVENTS + number).await;
    }
    drop(store);
    let before = looked_at(&place).await;

    let store = place.open_by(&uri, Limits::default()).await.unwrap();
    let head = store.head().await.unwrap();
    let near = Position::new(head.get() - 5);
    let member = ConsumerGroup::new(0, 2).unwrap();
    for round in 0..10 {
        store.read_last("test::a-1").await.unwrap();
        for stream in ["test::a-1", "test::c-7", "test::none-1"] {
            let few = store.read_stream(stream).limit(3);
            few.collect().await.unwrap();
        }
        for category in ["test::a", "test::b", "test::c", "test::none"] {
            let last = store.read_category(category).backwards().limit(1);
            last.collect().await.unwrap();
            let first = store.read_category(category).limit(3);
            first.collect().await.unwrap();
            let later = store.read_category(category).from(near);
            later.collect().await.unwrap();
        }
        let share = store.read_category("test::c").group(member).limit(3);
        share.collect().await.unwrap();
        store.read_all().from(near).collect().await.unwrap();
        store
            .read_all()
            .backwards()
            .limit(3)
            .collect()
            .await
            .unwrap();
        append(&store, "test::a-1", EVENTS / 2 + round, 2 * EVENTS + round).await;
    }
    drop(store);

    let after = looked_at(&place).await;
    for ((table, scans, rows), (_, scans_before, rows_before)) in after.into_iter().zip(before) {
        let (scans, rows) = (scans - scans_before, rows - rows_before);
        assert_eq!(scans, 0, "`{table}` was read from end to end");
        assert!(rows < 4_000, "{rows} rows of `{table}` were looked at");
    }
}

/// Once the store's sessions have ended, since they count for themselves until then.
async fn looked_at(place: &Schema) -> Vec<(String, i64, i64)> {
    let session = session(&place.uri()).await;
    let left = "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1";
    until(async || {
        let row = session.query_one(left, &[&place.name()]).await;
        let count: i64 = row.unwrap().get(0);
        (count == 0).then_some(())
    })
    .await;
    let rows = session.query(LOOKED_AT, &[&place.name()]).await.unwrap();
    rows.iter()
        .map(|row| (row.get(0), row.get(1), row.get(2)))
        .collect()
}
