//! Several processes on one file, some of them killed.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use es_core::prelude::*;
use es_stores::SqliteStore;
use es_tests::bank::{Counter, Tally};

fn child(verb: &str, file: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_es-child"));
    command.arg(verb).arg(file).args(arguments);
    command
}

async fn counters(file: &Path) -> anyhow::Result<(Domain, Repository<Counter>)> {
    let store = SqliteStore::open(file).await?;
    let domain = Domain::builder("test").event_store(store).build()?;
    let counters = domain.repository();
    Ok((domain, counters))
}

#[tokio::test]
async fn a_killed_process_leaves_every_acknowledged_event_once_and_nothing_half()
-> anyhow::Result<()> {
    const KILLS: u64 = 50;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("killed.db");
    let mut acknowledged = 0;

    for kill in 0..KILLS {
        let mut child = child("append", &file, &[]).stdout(Stdio::piped()).spawn()?;
        let out = BufReader::new(child.stdout.take().expect("it is piped"));
        let reader = std::thread::spawn(move || {
            out.lines()
                .map_while(Result::ok)
                .filter_map(|line| line.parse::<u64>().ok())
                .last()
        });
        // Random, and sometimes too short to get anything done.
        let lives = Duration::from_micros(fastrand::u64(5_000..120_000));
        tokio::time::sleep(lives).await;
        child.kill()?;
        child.wait()?;
        let reported = reader.join().expect("it only reads");

        let (domain, counters) = counters(&file).await?;
        acknowledged = reported.unwrap_or(acknowledged).max(acknowledged);
        let events = domain
            .store()
            .read_stream("test::counter-a")
            .collect()
            .await?;
        assert!(
            events.len() as u64 >= acknowledged,
            "kill {kill}: {acknowledged} of {}",
            events.len()
        );
        for (event, version) in events.iter().zip(1..) {
            assert_eq!(
                (event.version, event.position),
                (Version::new(version), Position::new(version))
            );
        }
        let mut ids: Vec<_> = events.iter().map(|event| event.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), events.len());
        if let Some(counter) = counters.find(&"a".to_owned()).await? {
            assert_eq!(counter.total(), events.len() as u64);
            assert!(
                whole(counter.version().get()),
                "a commit was cut at {}",
                counter.version()
            );
        }
    }

    assert!(
        acknowledged > KILLS,
        "the child got something done: {acknowledged}"
    );
    Ok(())
}

/// Whether a commit of the child ends at this version.
fn whole(version: u64) -> bool {
    let mut end = 0;
    while end < version {
        // The first commit also holds the event that begins the counter.
        let before = end.max(1);
        end = before + before % 3 + 1;
    }
    end == version
}

#[tokio::test]
async fn sixteen_tasks_in_two_processes_all_succeed_on_one_aggregate() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("counted.db");
    let (domain, _) = counters(&file).await?;
    domain.repository().add(&mut Tally::begin("a")).await?;
    drop(domain);

    let first = child("count", &file, &["16", "1000"]).spawn()?;
    let second = child("count", &file, &["16", "1000"]).spawn()?;
    for mut child in [first, second] {
        assert!(child.wait()?.success());
    }

    let (domain, _) = counters(&file).await?;
    let counter = domain.repository::<Tally>().get(&"a".to_owned()).await?;
    assert_eq!(
        (counter.total(), counter.version()),
        (32_000, Version::new(32_001))
    );
    Ok(())
}

#[tokio::test]
async fn a_stream_of_a_million_events_loads_in_bounded_memory() -> anyhow::Result<()> {
    const EVENTS: u64 = 1_000_000;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("long.db");
    assert!(
        child("fill", &file, &[&EVENTS.to_string()])
            .status()?
            .success()
    );

    let output = child("load", &file, &[]).output()?;

    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let output = String::from_utf8(output.stdout)?;
    println!("{output}");
    let said = |name: &str| -> Option<u64> {
        let line = output.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim().parse().ok()
    };
    assert_eq!(
        (said("version"), said("total")),
        (Some(EVENTS), Some(EVENTS))
    );
    let peak_kib = said("peak_kib").expect("Linux tells it");
    assert!(peak_kib < 64 << 10, "the peak was {peak_kib} KiB");
    Ok(())
}
