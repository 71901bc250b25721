//! Every peer is asked everything, in every venue, for a moment: nobody fails, and what a peer says
//! it can not do is what is known of it.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use es_bench_race::wire::{Answer, Entrance, Request, Wire};
use es_bench_race::{Effort, Role, Scenario, Venue};
use tokio::net::TcpListener;

const EFFORT: Effort = Effort {
    seconds: 0.05,
    quick: true,
};

/// The program, ended with the test.
struct Peers(Child);

impl Drop for Peers {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

async fn start() -> (Peers, Wire) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let child = Command::new(env!("CARGO_BIN_EXE_es-bench-peers"))
        .args(["--connect", &port.to_string()])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let peers = Peers(child);
    let (stream, _) = listener.accept().await.unwrap();
    (peers, Wire::new(stream))
}

/// Asks all of all, and answers who there was, with what they have no operation for.
async fn race(venue: Venue, server: Option<String>) -> Vec<(String, Vec<String>)> {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(venue.key());
    std::fs::create_dir_all(&folder).unwrap();
    let (_peers, mut wire) = start().await;
    let entrance = Entrance {
        venue,
        server,
        folder,
    };
    let entered = wire.ask(&Request::Enter(entrance)).await.unwrap();
    let Answer::Entered(names) = entered else {
        panic!("{entered:?}");
    };

    let (mut missing, mut failures) = (Vec::new(), Vec::new());
    for (contestant, (name, role)) in names.into_iter().enumerate() {
        assert_eq!(role, Role::Peer);
        let effort = EFFORT;
        let preload = Request::Preload { contestant, effort };
        if let Err(error) = wire.ask(&preload).await {
            failures.push(format!("{name}, preload: {error:#}"));
            continue;
        }
        let mut none = Vec::new();
        for scenario in Scenario::of(venue) {
            let request = Request::Sample {
                contestant,
                scenario,
                effort,
            };
            let key = scenario.key();
            match wire.ask(&request).await {
                Ok(Answer::Sample(Some(figure))) => {
                    println!("{:14} {name:12} {key:22} {figure:.0}", venue.key());
                }
                Ok(Answer::Sample(None)) => none.push(key),
                Ok(other) => failures.push(format!("{name}, {key}: {other:?}")),
                Err(error) => failures.push(format!("{name}, {key}: {error:#}")),
            }
        }
        missing.push((name, none));
    }

    assert_eq!(failures, Vec::<String>::new());
    missing
}

/// What no peer does: read a stream as of a time, hold a million events in one (they are given
/// 10,000 at most).
const NOBODY: [&str; 2] = ["load-1000000", "as-of-10000"];

fn check(found: &[(String, Vec<String>)], expected: &[(&str, &[&str])]) {
    let found: Vec<_> = found
        .iter()
        .map(|(name, none)| {
            let none = none.iter().map(String::as_str);
            let none: Vec<_> = none.filter(|key| !NOBODY.contains(key)).collect();
            (name.as_str(), none)
        })
        .collect();
    let expected: Vec<_> = expected
        .iter()
        .map(|(name, none)| (*name, none.to_vec()))
        .collect();
    assert_eq!(found, expected);
}

#[tokio::test]
async fn every_peer_runs_in_memory() {
    let found = race(Venue::Memory, None).await;

    let appends = [
        "append-1",
        "append-16",
        "append-16-categories",
        "append-64",
        "append-64-categories",
    ];
    let reads = ["read-category", "read-all"];
    let loads = ["load-10", "load-1000", "load-10000"];
    let cqrs_es = [&appends[..], &["snapshot-10000"], &reads].concat();
    let eventastic = [&CATEGORIES[..], &loads, &reads].concat();
    let eventcore = [&CATEGORIES[..], &["snapshot-10000"]].concat();
    let expected: [(&str, &[&str]); 4] = [
        ("cqrs-es", &cqrs_es),
        ("eventastic", &eventastic),
        ("eventcore", &eventcore),
        ("evento", &eventcore),
    ];
    check(&found, &expected);
}

/// No peer writes to several categories: they have one for each type of aggregate.
const CATEGORIES: [&str; 2] = ["append-16-categories", "append-64-categories"];

#[tokio::test]
async fn every_peer_runs_on_sqlite() {
    for venue in [Venue::SqliteFull, Venue::SqliteNormal] {
        let found = race(venue, None).await;

        let eventcore = [&CATEGORIES[..], &["snapshot-10000"]].concat();
        let expected: [(&str, &[&str]); 2] = [("eventcore", &eventcore), ("evento", &eventcore)];
        check(&found, &expected);
    }
}

/// Wants a superuser's URI in `ES_TEST_POSTGRES`: PostgreSQL is no part of this workspace's tests
/// otherwise.
#[tokio::test]
async fn every_peer_runs_on_postgres() {
    let Ok(server) = std::env::var("ES_TEST_POSTGRES") else {
        println!("ES_TEST_POSTGRES is not set: PostgreSQL is left out");
        return;
    };

    let found = race(Venue::Postgres, Some(server)).await;

    let one = |more: &[&'static str]| [&CATEGORIES[..], more].concat();
    let expected: [(&str, &[&str]); 7] = [
        ("cqrs-es", &one(&["read-all"])),
        ("disintegrate", &one(&[])),
        ("esrs", &one(&["snapshot-10000", "read-all"])),
        ("eventastic", &one(&["read-category", "read-all"])),
        ("eventcore", &one(&["snapshot-10000"])),
        ("evento", &one(&["snapshot-10000"])),
        ("mire", &one(&[])),
    ];
    check(&found, &expected);
}

#[tokio::test]
async fn no_peer_enters_message_db() {
    let found = race(Venue::MessageDb, None).await;

    assert_eq!(found, []);
}
