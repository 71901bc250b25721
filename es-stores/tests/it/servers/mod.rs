//! PostgreSQL servers for the tests: the one that all share, servers of a test's own, and bad
//! connections to them.

mod cluster;
mod proxy;
mod uri;

use std::time::Duration;

pub(crate) use cluster::Cluster;
pub(crate) use proxy::Proxy;
use tokio_postgres::{Client, NoTls};
pub(crate) use uri::Uri;

/// Long enough for a slow machine; nothing waits for it unless something is wrong.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

/// The server that all tests share, by a superuser's URI.
pub(crate) fn shared() -> Uri {
    let uri = std::env::var("ES_TEST_POSTGRES").unwrap_or_else(|_| {
        panic!(
            "this test needs a PostgreSQL server: run it by `./tests/run -p es-stores`, or start \
             one by `./tests/run --serve` and set in this shell what that prints"
        )
    });
    Uri::parse(&uri)
}

/// A session of the test's own, beside those of the store.
pub(crate) async fn session(uri: &Uri) -> Client {
    let connected = tokio_postgres::connect(uri.as_str(), NoTls).await;
    let (client, connection) =
        connected.unwrap_or_else(|error| panic!("{uri} can not be reached: {error:?}"));
    tokio::spawn(connection);
    client
}

/// Does `statements` on `uri`, from a place that can not wait, such as a drop.
pub(crate) fn run_blocking(uri: &Uri, statements: Vec<String>) {
    let uri = uri.clone();
    let run = move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(async {
            let (client, connection) = tokio_postgres::connect(uri.as_str(), NoTls).await?;
            let connection = tokio::spawn(connection);
            for statement in statements {
                client.batch_execute(&statement).await?;
            }
            drop(client);
            let _ = connection.await;
            Ok::<_, Box<dyn std::error::Error + Send + Sync>>(())
        })
    };
    // A panic in a drop would hide why the test failed.
    if let Ok(Err(error)) = std::thread::spawn(run).join() {
        eprintln!("could not clear away: {error}");
    }
}

/// A name that no other test has, in this process or another.
pub(crate) fn fresh_name() -> String {
    format!("es_test_{:016x}", fastrand::u64(..))
}

/// What `work` answers, which must come in time.
pub(crate) async fn in_time<T>(work: impl Future<Output = T>) -> T {
    let done = tokio::time::timeout(DEADLINE, work).await;
    done.unwrap_or_else(|_| panic!("nothing happened for {DEADLINE:?}"))
}

/// Waits until `condition` answers something.
pub(crate) async fn until<T, F>(mut condition: impl FnMut() -> F) -> T
where
    F: Future<Output = Option<T>>,
{
    in_time(async {
        loop {
            if let Some(answer) = condition().await {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    })
    .await
}
