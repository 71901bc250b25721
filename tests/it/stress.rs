//! The stress of `es-stress` on servers, shortly.

use std::time::Duration;

use es_tests::stress::{Kind, MessageDb, Postgres, Stress};

async fn nothing_goes_wrong(kind: impl Kind) -> anyhow::Result<()> {
    let stress = Stress {
        duration: Duration::from_secs(12),
        writers: 16,
        undecided: 2,
        restarts: 1,
        kill_every: Duration::from_millis(200),
    };

    let report = stress.run(kind).await?;

    // Only where all of it happened has anything been shown.
    assert!(report.acknowledged > 0, "{report:?}");
    assert!(report.rolled_back > 0 && report.holes > 0, "{report:?}");
    assert!(report.killed > 0 && report.repeated > 0, "{report:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn in_postgres_nothing_is_missed_doubled_out_of_order_or_lost() -> anyhow::Result<()> {
    nothing_goes_wrong(Postgres).await
}

#[tokio::test(flavor = "multi_thread")]
async fn in_message_db_nothing_is_missed_doubled_out_of_order_or_lost() -> anyhow::Result<()> {
    nothing_goes_wrong(MessageDb).await
}
