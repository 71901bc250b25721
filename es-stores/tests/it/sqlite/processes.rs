//! Several processes and one file, and processes that die.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use es_core::store::EventStoreExt;
use es_stores::SqliteStore;
use es_stores::conformance::Harness;

use super::{append, count, events, folder};

const FILE: &str = "ES_TEST_FILE";
const STREAM: &str = "ES_TEST_STREAM";

/// Not a test of its own: the other process. It appends one event after the other and says each
/// time how many have been acknowledged, until it is killed.
#[tokio::test]
async fn the_process_that_appends() {
    let (Ok(file), Ok(stream)) = (std::env::var(FILE), std::env::var(STREAM)) else {
        return;
    };
    let store = SqliteStore::open(file).await.unwrap();
    for version in 0.. {
        append(
            &store,
            &stream,
            version,
            events(version.into(), &[b"{}"; 1]),
        )
        .await
        .unwrap();
        println!("acknowledged {}", version + 1);
    }
}

fn start(file: &Path, stream: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "sqlite::processes::the_process_that_appends",
            "--nocapture",
        ])
        .env(FILE, file)
        .env(STREAM, stream)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Lets `child` go on until it has been acknowledged `least` events, kills it, and tells how many
/// it has been acknowledged.
fn kill_after(child: &mut Child, least: usize) -> usize {
    let mut acknowledged = 0;
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        if let Some((_, number)) = line.split_once("acknowledged ") {
            acknowledged = number.parse().unwrap();
        }
        if acknowledged == least {
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    acknowledged
}

#[tokio::test]
async fn processes_share_a_new_file_and_what_they_were_acknowledged_survives_their_death() {
    let folder = folder();
    let streams = ["a-1", "a-2", "a-3"];
    let mut children = streams.map(|stream| start(&folder.path(), stream));
    let mut children = children.iter_mut();

    let store = folder.open().await;
    for version in 0..100 {
        append(&store, "a-0", version, events(version.into(), &[b"{}"]))
            .await
            .unwrap();
    }
    let acknowledged = [100, 150, 200].map(|least| kill_after(children.next().unwrap(), least));

    for (stream, acknowledged) in streams.into_iter().zip(acknowledged) {
        let stands = count(&store, stream).await;
        assert!(
            acknowledged >= 100 && stands >= acknowledged,
            "{stands} of {acknowledged}"
        );
        append(&store, stream, stands as u64, events(1, &[b"{}"]))
            .await
            .unwrap();
    }
    let all = store.read_category("a").collect().await.unwrap();
    assert!(all.is_sorted_by(|a, b| a.position < b.position));
    assert_eq!(count(&store, "a-0").await, 100);
}
