//! A million events: what it takes to look at them. It takes minutes, so it is run by hand:
//!
//! ```sh
//! cargo test --release -p es-cli --test it scale -- --ignored --nocapture
//! ```

use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use es_core::chrono::{DateTime, TimeDelta};
use es_core::record::{NewEvent, NewEvents};
use es_core::store::{Append, EventStore, Expected};
use es_core::uuid::Uuid;
use es_core::{StreamName, Version};
use es_tests::places::Kind;

use crate::es::Es;

const STREAMS: u64 = 10_000;
const EVENTS_EACH: u64 = 100;
const EVENTS: u64 = STREAMS * EVENTS_EACH;

/// What every verb that reads may take.
const MOST_KIB: u64 = 100 * 1024;

async fn fill(store: &dyn EventStore) {
    let begin = DateTime::from_timestamp(1_718_452_800, 0).unwrap();
    for stream in 0..STREAMS {
        let mut events = NewEvents::new();
        for version in 1..=EVENTS_EACH {
            let number = stream * EVENTS_EACH + version;
            let event_type = match version {
                1 => "Bank.Opened.v1",
                version if version % 10 == 0 => "Bank.Withdrawn.v1",
                _ => "Bank.Deposited.v1",
            };
            let data = format!(
                "{{\"cents\":{},\"note\":\"a payment by Ada\"}}",
                number % 1_000
            );
            let metadata = format!("{{\"correlation_id\":\"request-{}\"}}", number / 4);
            events.push(NewEvent {
                id: Uuid::from_u128((7 << 76) | (8 << 60) | u128::from(number)),
                time: begin + TimeDelta::milliseconds(number.cast_signed()),
                event_type,
                data: data.as_bytes(),
                metadata: metadata.as_bytes(),
            });
        }
        let name = StreamName::new(format!("bank::account-{stream:05}")).unwrap();
        let append = Append::to(name, Expected::Version(Version::EMPTY), events);
        store.append(Arc::new(append)).await.unwrap();
    }
}

/// How long a run takes, and how much memory at its peak, in KiB, by GNU time.
fn measure(command: &Command) -> (Duration, u64) {
    let mut timed = Command::new("/usr/bin/time");
    timed
        .args(["-f", "%M"])
        .arg(command.get_program())
        .args(command.get_args());
    if let Some(folder) = command.get_current_dir() {
        timed.current_dir(folder);
    }
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => timed.env(name, value),
            None => timed.env_remove(name),
        };
    }
    let began = Instant::now();
    let output = timed.output().expect("GNU time is /usr/bin/time");
    let took = began.elapsed();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{told}");
    let peak = told
        .lines()
        .last()
        .and_then(|line| line.trim().parse().ok());
    (took, peak.unwrap_or_else(|| panic!("{told}")))
}

/// The least of several runs: what others do on the machine only adds.
fn best(es: &Es, arguments: &[&str], runs: usize) -> (Duration, u64) {
    let command = es.command(arguments.iter().copied());
    let measured = (0..runs).map(|_| measure(&command));
    measured
        .reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "it takes minutes, and a release build"]
async fn a_million_events_are_looked_at_in_bounded_memory() {
    let es = Es::empty(Kind::Sqlite).await;
    fill(&*es.place().open().await.unwrap()).await;
    let (began, _) = best(&es, &["completions", "fish"], 20);
    println!("the start of the process: {began:?}");

    for (arguments, at_most) in [
        (
            &[
                "events",
                "read",
                "bank::account-05000",
                "--reverse",
                "--limit",
                "10",
            ][..],
            50,
        ),
        (&["events", "history", "bank::account-05000"], 50),
    ] {
        let (took, peak) = best(&es, arguments, 20);
        let beyond = took.saturating_sub(began);
        println!(
            "{}: {beyond:?} beyond the start, {} MiB",
            arguments.join(" "),
            peak / 1024
        );
        assert!(
            beyond < Duration::from_millis(at_most),
            "{arguments:?}: {beyond:?}"
        );
        assert!(peak < MOST_KIB, "{arguments:?}: {peak} KiB");
    }
    for arguments in [
        &["events", "stats"][..],
        &["events", "search", "--type", "withdrawn", "--limit", "0"],
        &[
            "events",
            "search",
            "--type",
            "withdrawn",
            "--limit",
            "0",
            "--json",
        ],
        &["events", "search", "--type", "nothing"],
        &[
            "events",
            "search",
            "--where",
            "cents = 999 and note ~ 'Eve'",
        ],
        &["events", "trace", "request-200000"],
        &["events", "read", "$all", "--limit", "0"],
        &["events", "read", "$all", "--limit", "0", "--json"],
        &["events", "tail", "--from", "1", "--limit", "1000000"],
        &["events", "export", "-o", "all.ndjson", "--force"],
        &["events", "export", "-o", "all.ndjson.gz", "--force"],
        &["streams", "list", "--limit", "0"],
        &["verify"],
    ] {
        let (took, peak) = best(&es, arguments, 2);
        let work = took.saturating_sub(began).as_secs_f64();
        #[expect(clippy::cast_precision_loss, reason = "it is printed in whole numbers")]
        let rate = EVENTS as f64 / work;
        println!(
            "{}: {work:.2} s, {rate:.0} events/s, {} MiB",
            arguments.join(" "),
            peak / 1024
        );
        assert!(peak < MOST_KIB, "{arguments:?}: {peak} KiB");
    }
}
