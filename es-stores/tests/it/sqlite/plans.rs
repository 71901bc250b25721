//! That every statement walks along an index.

use std::path::Path;

use super::{append, events, folder};
use es_core::store::EventStore as _;
use es_stores::conformance::Harness as _;

/// The statements that are not looked at, with why.
const EXCEPTED: [(&str, &str); 3] = [
    ("schema.sql", "it makes the tables"),
    ("delete_snapshots.sql", "it is meant to delete all rows"),
    ("list_types.sql", "it is meant to count all rows"),
];

/// Statistics, which a database has once somebody has run `ANALYZE`, must not matter.
#[tokio::test(flavor = "multi_thread")]
async fn every_statement_walks_along_an_index() {
    let folder = folder();
    let store = folder.open().await;
    for (stream, first) in [("test::a-1", 0), ("test::b-1", 10_000)] {
        for version in (0..10_000).step_by(1_000) {
            let events = events(first + u128::from(version), &[b"{}"; 1_000]);
            append(&store, stream, version, events).await.unwrap();
        }
    }
    for nth in 0..200 {
        let events = events(100_000 + nth, &[b"{}"]);
        let stream = format!("test::c-{nth}");
        append(&store, &stream, 0, events).await.unwrap();
    }
    assert_eq!(store.head().await.unwrap(), 20_200);
    let shell = folder.shell();

    for statistics in ["", "ANALYZE"] {
        shell.execute_batch(statistics).unwrap();
        let sql = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/sqlite/sql");
        for file in std::fs::read_dir(sql).unwrap() {
            let file = file.unwrap();
            if EXCEPTED.iter().any(|(name, _)| file.file_name() == *name) {
                continue;
            }
            let sql = std::fs::read_to_string(file.path()).unwrap();
            let explain = format!("EXPLAIN QUERY PLAN {sql}");
            let mut explain = shell.prepare(&explain).unwrap();
            let steps = explain.raw_query().mapped(|row| row.get::<_, String>(3));
            let steps: Vec<_> = steps.collect::<Result<_, _>>().unwrap();

            let along_an_index = |step: &String| {
                step.starts_with("SCALAR SUBQUERY")
                    || step.starts_with("SEARCH")
                        && ["USING INDEX", "USING COVERING INDEX", "USING INTEGER PRIMARY KEY"]
                            .iter()
                            .any(|index| step.contains(index))
                    // The last by its key.
                    || step == "SEARCH events"
                    // What is inserted.
                    || step.starts_with("SCAN") && step.ends_with("-ROW VALUES CLAUSE")
            };
            assert!(steps.iter().all(along_an_index), "{steps:?} in {sql}");
            let inserts = sql.trim_start().starts_with("INSERT");
            assert!(inserts || !steps.is_empty(), "{sql}");
        }
    }
}
