//! Stress on a real server: `cargo run --release -p es-tests --bin es-stress -- --help`.

use std::time::Duration;

use clap::{Parser, ValueEnum};
use es_tests::stress::{MessageDb, Postgres, Stress};

/// Writes, reads, rolls back, kills connections and restarts the server as in a crash, and then
/// checks that nothing was missed, doubled, out of order or lost.
///
/// Example: es-stress --minutes 10 --store postgres
#[derive(Parser)]
struct Options {
    /// The store.
    #[arg(long, value_enum, default_value_t = Store::Postgres)]
    store: Store,
    /// How long writers write.
    #[arg(long, default_value_t = 10.0)]
    minutes: f64,
    /// How many write at a time.
    #[arg(long, default_value_t = 16)]
    writers: usize,
    /// How often the server is restarted.
    #[arg(long, default_value_t = 3)]
    restarts: u32,
}

#[derive(Clone, Copy, ValueEnum)]
enum Store {
    Postgres,
    /// Needs Message DB's SQL: the npm package that `ES_MESSAGE_DB_SQL` names
    MessageDb,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let stress = Stress {
        duration: Duration::from_secs_f64(options.minutes * 60.0),
        writers: options.writers,
        undecided: 2,
        restarts: options.restarts,
        kill_every: Duration::from_millis(200),
    };
    let report = match options.store {
        Store::Postgres => stress.run(Postgres).await?,
        Store::MessageDb => stress.run(MessageDb).await?,
    };
    println!("nothing missed, doubled, out of order or lost");
    println!("{report:#?}");
    Ok(())
}
