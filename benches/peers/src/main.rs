//! Other event-sourcing frameworks as contestants of the benchmark. The benchmark starts this
//! program, which connects to it and answers its requests until it has gone.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use es_bench_race::wire::{Entrance, Wire, serve};
use es_bench_race::{Contestant, Venue};
use tokio::net::TcpStream;
use uuid::Uuid;

mod cqrs_es;
mod disintegrate;
mod esrs;
mod eventastic;
mod eventcore;
mod evento;
mod mire;
mod servers;

use servers::Server;

/// The length of the account whose snapshots are loaded: the longest that peers are given.
const SNAPSHOT_AT: u64 = 10_000;

/// The number of the account of that length.
const SNAPSHOT_OF: u64 = 9_001;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [option, port] = &arguments[..] else {
        bail!("expected was `--connect PORT`");
    };
    if option != "--connect" {
        bail!("expected was `--connect PORT`, found was `{option}`");
    }
    let port: u16 = port.parse().context("a port")?;
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    runtime.worker_threads(2).enable_all();
    runtime.build()?.block_on(async {
        let stream = TcpStream::connect(("127.0.0.1", port)).await?;
        stream.set_nodelay(true)?;
        serve(Wire::new(stream), enter).await
    })
}

/// The contestants of a venue.
async fn enter(entrance: &Entrance) -> Result<Vec<Arc<dyn Contestant>>> {
    match entrance.venue {
        Venue::Memory => memory().await,
        Venue::SqliteFull => sqlite(&fresh_folder(entrance)?, true).await,
        Venue::SqliteNormal => sqlite(&fresh_folder(entrance)?, false).await,
        Venue::Postgres => {
            let uri = entrance.server.as_deref().context("no server is named")?;
            postgres(&Server::at(uri)?).await
        }
        // Message DB is a store by itself: no peer writes to it.
        Venue::MessageDb => Ok(Vec::new()),
    }
}

async fn memory() -> Result<Vec<Arc<dyn Contestant>>> {
    Ok(vec![
        Arc::new(cqrs_es::Memory::new()),
        Arc::new(eventastic::Memory::new()),
        Arc::new(eventcore::memory()),
        Arc::new(evento::memory().await.context("evento")?),
    ])
}

async fn sqlite(folder: &Path, full: bool) -> Result<Vec<Arc<dyn Contestant>>> {
    let (of_eventcore, of_evento) = (folder.join("eventcore.db"), folder.join("evento.db"));
    let eventcore = eventcore::sqlite(&of_eventcore, full).await;
    let evento = evento::sqlite(&of_evento, full).await;
    Ok(vec![
        Arc::new(eventcore.context("eventcore")?),
        Arc::new(evento.context("evento")?),
    ])
}

async fn postgres(server: &Server) -> Result<Vec<Arc<dyn Contestant>>> {
    let cqrs_es = cqrs_es::Postgres::new(server).await;
    let disintegrate = disintegrate::Postgres::new(server).await;
    let esrs = esrs::Postgres::new(server).await;
    let eventastic = eventastic::Postgres::new(server).await;
    let eventcore = eventcore::postgres(server).await;
    let evento = evento::postgres(server).await;
    let mire = mire::Postgres::new(server).await;
    Ok(vec![
        Arc::new(cqrs_es.context("cqrs-es")?),
        Arc::new(disintegrate.context("disintegrate")?),
        Arc::new(esrs.context("esrs")?),
        Arc::new(eventastic.context("eventastic")?),
        Arc::new(eventcore.context("eventcore")?),
        Arc::new(evento.context("evento")?),
        Arc::new(mire.context("mire")?),
    ])
}

/// An empty folder for the files of a venue.
fn fresh_folder(entrance: &Entrance) -> Result<PathBuf> {
    let name = format!("peers-{}", entrance.venue.key());
    let folder = entrance.folder.join(name);
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// The id of an account for those who want a UUID: spread like a random one, but told by the number.
fn account_uuid(account: u64) -> Uuid {
    let mut bits = account.wrapping_add(0x9E37_79B9_7F4A_7C15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    Uuid::from_u64_pair(bits ^ (bits >> 31), account)
}
