//! How the server walks.

use super::Database;

/// Message DB's tables have three indexes. A read that scans or sorts would read all of a long stream
/// or category for each of its pages; statistics, which a new table has none of, must not matter.
#[tokio::test]
async fn no_read_sorts_or_scans() {
    let place = Database::new();
    let session = place.session().await;
    let settings = "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; \
                    SET enable_bitmapscan = off; \
                    INSERT INTO messages (stream_name, position, type, data) \
                    SELECT 'cat' || n % 3 || '-' || n % 10, n / 10, 'Done', '{}' \
                    FROM generate_series(0, 999) n";
    session.batch_execute(settings).await.unwrap();

    for (sql, arguments) in [
        (
            include_str!("../../../src/message_db/sql/read_stream_forwards.sql"),
            "0, 9, 9, 'cat0-0'",
        ),
        (
            include_str!("../../../src/message_db/sql/read_stream_backwards.sql"),
            "9, 9, 9, 'cat0-0'",
        ),
        (
            include_str!("../../../src/message_db/sql/read_category_forwards.sql"),
            "0, 9, 9, 'cat0'",
        ),
        (
            include_str!("../../../src/message_db/sql/read_category_backwards.sql"),
            "9, 9, 9, 'cat0'",
        ),
        (
            include_str!("../../../src/message_db/sql/read_share_forwards.sql"),
            "0, 9, 9, 'cat0', 0, 2",
        ),
        (
            include_str!("../../../src/message_db/sql/read_share_backwards.sql"),
            "9, 9, 9, 'cat0', 0, 2",
        ),
        (
            include_str!("../../../src/message_db/sql/read_all_forwards.sql"),
            "0, 9, 9, 99",
        ),
        (
            include_str!("../../../src/message_db/sql/read_all_backwards.sql"),
            "9, 9, 9, 99",
        ),
        (
            include_str!("../../../src/message_db/sql/load_snapshot.sql"),
            "'cat0:snapshot-0'",
        ),
        (include_str!("../../../src/message_db/sql/head.sql"), "99"),
        (
            include_str!("../../../src/message_db/sql/stream_positions.sql"),
            "'{cat0-0,cat1-1}'",
        ),
        (
            &include_str!("../../../src/pg/sql/settled_behind.sql")
                .replace("{events}", "message_store.messages")
                .replace("{position}", "global_position"),
            "9, 9",
        ),
    ] {
        let explain =
            format!("PREPARE walk AS {sql}; EXPLAIN (COSTS OFF) EXECUTE walk({arguments})");
        let rows = session.simple_query(&explain).await.unwrap();
        let plan: Vec<String> = rows
            .iter()
            .filter_map(|message| match message {
                tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
                _ => None,
            })
            .collect();
        session.batch_execute("DEALLOCATE walk").await.unwrap();

        let is_bad = |step: &&String| {
            ["Sort", "Seq Scan", "Bitmap"]
                .iter()
                .any(|bad| step.contains(bad))
        };
        assert_eq!(plan.iter().find(is_bad), None, "{sql}\n{}", plan.join("\n"));
        assert!(plan.iter().any(|step| step.contains("Index")), "{plan:?}");
    }
}
