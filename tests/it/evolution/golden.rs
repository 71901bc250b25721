//! Golden payloads: one of each type and version decodes for ever.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::Command;

use es_core::prelude::*;
use es_core::schema::{Golden, Schema};

#[value]
struct DepositedV1 {
    cents: u64,
}

#[event(name = "deposited", alias = "PaidIn", version = 2, upcast(1 => in_euros))]
pub struct Deposited {
    cents: u64,
    currency: String,
}

fn in_euros(DepositedV1 { cents }: DepositedV1) -> Deposited {
    Deposited {
        cents,
        currency: "EUR".into(),
    }
}

#[event(retired)]
pub struct Closed;

#[aggregate(event_sourced, domain = "golden_bank")]
#[derive(Default)]
pub struct GoldenAccount {
    cents: u64,
}

#[aggregate]
impl GoldenAccount {
    #[apply]
    fn deposited(&mut self, event: &Deposited) {
        self.cents += event.cents;
    }

    #[apply]
    fn closed(&mut self, _: &Closed) {}
}

fn golden(folder: &Path) -> Golden {
    Schema::of(module_path!()).golden(folder)
}

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

const V1: (&str, &str) = ("GoldenBank.deposited.v1.json", r#"{"cents":5}"#);
const V2: (&str, &str) = (
    "GoldenBank.PaidIn.v2.by-its-old-name.json",
    r#"{"cents":5,"currency":"EUR"}"#,
);
const CLOSED: (&str, &str) = ("Closed.v1.json", "{}\n");

fn problem(files: &[(&str, &str)]) -> String {
    let folder = folder(files);
    let checked = catch_unwind(AssertUnwindSafe(|| golden(folder.path()).check()));
    let panicked = checked.expect_err("it fails");
    panicked
        .downcast_ref::<String>()
        .expect("it is a text")
        .clone()
}

#[test]
fn every_version_decodes_under_every_name_with_a_domain_and_without() {
    let read_me = ("README.md", "what this is");
    let again = ("deposited.v1.json", r#"{"cents":7}"#);

    golden(folder(&[V1, V2, CLOSED, again, read_me]).path()).check();
}

#[test]
fn all_that_is_wrong_is_told_at_once() {
    let text = problem(&[
        ("GoldenBank.deposited.v1.json", r#"{"euros":5}"#),
        ("GoldenBank.deposited.v9.json", "{}"),
        ("GoldenBank.withdrawn.v1.json", "{}"),
        CLOSED,
    ]);

    for expected in [
        "GoldenBank.deposited.v1.json does not decode: missing field `cents`",
        "GoldenBank.deposited.v9.json does not decode: versions 1 to 2 are known",
        "GoldenBank.withdrawn.v1.json is of no event of this program: where it was renamed, give it \
         an `alias`; where it is raised no more, keep it with `#[event(retired)]`",
        "GoldenBank.deposited.v2.json is missing: copy a stored payload there, or give an example, \
         `.example(&Deposited { .. })`",
    ] {
        assert!(text.contains(expected), "{text}");
    }
    assert!(!text.contains("Closed"), "{text}");
    assert!(!text.contains("v1.json is missing"), "{text}");
}

/// What the test below runs as a process of its own, since it reads the environment.
#[test]
fn child() {
    let Ok(folder) = std::env::var("GOLDEN") else {
        return;
    };
    let currency = "SEK".to_owned();
    golden(Path::new(&folder))
        .example(&Deposited { cents: 6, currency })
        .check();
}

#[test]
fn an_example_is_written_on_demand_and_overwrites_nothing() {
    let run = |folder: &Path, update| {
        let test = format!("{}::child", module_path!().split_once("::").unwrap().1);
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", &test, "--nocapture"])
            .env("GOLDEN", folder)
            .env("UPDATE_EVENTS_LOCK", update)
            .output()
            .unwrap()
    };
    let without = folder(&[V1, CLOSED]);
    let written = || std::fs::read_to_string(without.path().join("GoldenBank.deposited.v2.json"));

    let told = run(without.path(), "");
    let text = String::from_utf8_lossy(&told.stderr);
    let expected = "GoldenBank.deposited.v2.json is missing: `UPDATE_EVENTS_LOCK=1 cargo test` \
                    writes the example";
    assert!(text.contains(expected), "{text}");
    assert!(written().is_err());
    assert!(run(without.path(), "1").status.success());
    assert_eq!(written().unwrap(), "{\"cents\":6,\"currency\":\"SEK\"}\n");

    let kept = folder(&[V1, V2, CLOSED]);
    assert!(run(kept.path(), "1").status.success());
    assert_eq!(std::fs::read_dir(kept.path()).unwrap().count(), 3);

    // It was replaced where it did not decode: what was stored once was gone.
    let stored = ("GoldenBank.deposited.v2.json", r#"{"cents":5,"note":"?"}"#);
    let damaged = folder(&[V1, stored, CLOSED]);
    assert!(!run(damaged.path(), "1").status.success());
    let still = std::fs::read_to_string(damaged.path().join(stored.0)).unwrap();
    assert_eq!(still, stored.1);
}
