//! The benchmark measures something everywhere. What it measures is not looked at.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

fn es_bench(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_es-bench"));
    command.args(arguments).env("RUST_BACKTRACE", "0");
    command.output().expect("es-bench starts")
}

#[test]
fn every_contestant_of_every_venue_is_measured_in_every_scenario_of_a_quick_race() {
    let folder = tempfile::tempdir().expect("there is a folder");
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (json, plot) = (path("results.json"), path("plot.svg"));

    let done = es_bench(&[
        "all",
        "--quick",
        "--no-peers",
        "--rounds",
        "1",
        "--seconds",
        "0.005",
        "--json",
        &json,
        "--plot",
        &plot,
    ]);

    let told = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{told}");
    let table = String::from_utf8_lossy(&done.stdout);
    assert!(!table.contains("Failed"), "{table}");
    assert!(table.contains("of the best peer"), "{table}");

    let report: Value = serde_json::from_slice(&read(&json)).expect("it is JSON");
    let rows = report["race"].as_array().expect("there are rows");
    for row in rows {
        let samples = row["samples"].as_array().expect("there are samples");
        assert!(
            matches!(&samples[..], [sample] if sample.as_f64() > Some(0.0)),
            "{row}"
        );
    }
    let venues: BTreeSet<_> = rows.iter().map(|row| row["venue"].to_string()).collect();
    assert_eq!(venues.len(), 5, "{venues:?}");
    let limits = rows.iter().filter(|row| row["role"] == "Limit");
    assert!(limits.count() > 30);
    assert_eq!(report["waiting"].as_array().map(Vec::len), Some(9));
    assert!(String::from_utf8_lossy(&read(&plot)).ends_with("</svg>\n"));
}

#[test]
fn a_name_that_is_none_is_told_with_those_that_are() {
    let venue = es_bench(&["race", "--venue", "oracle", "--no-peers"]);
    let scenario = es_bench(&[
        "race",
        "--venue",
        "memory",
        "--scenario",
        "siesta",
        "--no-peers",
    ]);

    for (done, told) in [(venue, "message-db"), (scenario, "es-bench list")] {
        assert!(!done.status.success());
        let error = String::from_utf8_lossy(&done.stderr);
        assert!(error.contains(told), "{error}");
    }
    assert!(String::from_utf8_lossy(&es_bench(&["list"]).stdout).contains("append-64-categories"));
}

fn read(path: impl AsRef<Path>) -> Vec<u8> {
    std::fs::read(path).expect("the file was written")
}
