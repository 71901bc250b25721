//! Rollbacks, killed connections, and servers that die.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::task::JoinHandle;
use uuid::Uuid;

use super::{Kind, Shared, Stress, connect};
use crate::servers::Cluster;

/// The tasks that make them.
pub(super) struct Disasters {
    undecided: Vec<JoinHandle<()>>,
    killer: JoinHandle<()>,
    restarter: JoinHandle<anyhow::Result<()>>,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    killed: AtomicU64,
    rolled_back: AtomicU64,
}

impl Disasters {
    pub(super) fn start<K: Kind>(
        stress: &Stress,
        kind: K,
        cluster: Arc<Cluster>,
        uri: &str,
        shared: &Arc<Shared>,
    ) -> Self {
        let counts = Arc::new(Counts::default());
        let undecided = (0..stress.undecided).map(|nth| {
            let (uri, shared, counts) = (uri.to_owned(), Arc::clone(shared), Arc::clone(&counts));
            tokio::spawn(waver(kind, uri, nth, shared, counts))
        });
        let undecided = undecided.collect();
        let killer = {
            let (uri, shared, counts) = (uri.to_owned(), Arc::clone(shared), Arc::clone(&counts));
            tokio::spawn(kill(uri, stress.kill_every, shared, counts))
        };
        let restarter = {
            let (restarts, pause) = (stress.restarts, stress.duration / (stress.restarts + 1));
            tokio::spawn(async move {
                for _ in 0..restarts {
                    tokio::time::sleep(pause).await;
                    let cluster = Arc::clone(&cluster);
                    tokio::task::spawn_blocking(move || cluster.restart("immediate")).await??;
                }
                anyhow::Ok(())
            })
        };
        Self {
            undecided,
            killer,
            restarter,
            counts,
        }
    }

    /// Waits for all of them; answers how many connections were killed and how many transactions
    /// rolled back.
    pub(super) async fn end(self) -> anyhow::Result<(u64, u64)> {
        self.restarter.await??;
        for undecided in self.undecided {
            undecided.await?;
        }
        self.killer.await?;
        Ok((
            self.counts.killed.load(Ordering::Relaxed),
            self.counts.rolled_back.load(Ordering::Relaxed),
        ))
    }
}

/// Takes positions, holds them for a while, and then commits or does not.
async fn waver<K: Kind>(
    kind: K,
    uri: String,
    who: usize,
    shared: Arc<Shared>,
    counts: Arc<Counts>,
) {
    let mut random = fastrand::Rng::with_seed(1_000 + who as u64);
    let Ok(mut client) = connect(&uri).await else {
        return;
    };
    while !shared.is_done() {
        if client.is_closed() {
            let Ok(again) = connect(&uri).await else {
                return;
            };
            client = again;
        }
        let stream = kind.undecided_stream(who, random.u64(0..8));
        let write = kind.write_sql(&stream, Uuid::now_v7());
        let begun = client.batch_execute(&format!("BEGIN; {write}")).await;
        tokio::time::sleep(Duration::from_millis(random.u64(0..60))).await;
        let end = if random.bool() { "COMMIT" } else { "ROLLBACK" };
        let ended = client.batch_execute(end).await;
        if begun.is_ok() && ended.is_ok() && end == "ROLLBACK" {
            counts.rolled_back.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Ends connections of the stores and of those who waver, one at a time.
async fn kill(uri: String, every: Duration, shared: Arc<Shared>, counts: Arc<Counts>) {
    let Ok(mut client) = connect(&uri).await else {
        return;
    };
    while !shared.is_done() {
        tokio::time::sleep(every).await;
        if client.is_closed() {
            let Ok(again) = connect(&uri).await else {
                return;
            };
            client = again;
        }
        let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                    WHERE datname = current_database() AND pid <> pg_backend_pid() \
                    ORDER BY random() LIMIT 1";
        if let Ok(rows) = client.query(kill, &[]).await {
            counts
                .killed
                .fetch_add(rows.len() as u64, Ordering::Relaxed);
        }
    }
}
