//! `es new`: what it makes builds and passes its tests without a network.

use std::path::Path;
use std::process::Command;

use es_tests::places::Kind;

use crate::es::{Es, ran};

#[tokio::test]
async fn a_project_that_is_begun_builds_and_passes_its_tests_offline() {
    let es = Es::empty(Kind::Sqlite).await;
    let made = es.run(["new", "cargo-shipping"]).succeeded();
    let folder = es.path().join("cargo-shipping");
    assert!(
        made.out.contains("made the domain `cargo_shipping`"),
        "{made:?}"
    );

    let cargo = |arguments: &[&str]| {
        let mut cargo = Command::new(env!("CARGO"));
        cargo
            .arg(arguments[0])
            .arg("--offline")
            .args(&arguments[1..]);
        cargo.current_dir(&folder);
        // What is built already of the same crates is not built again.
        let built = Path::new(env!("CARGO_BIN_EXE_es")).parent().unwrap();
        cargo.env("CARGO_TARGET_DIR", built.parent().unwrap());
        cargo
            .env_remove("ES_STORE_URI")
            .env_remove("RUSTFLAGS")
            .env("TZ", "UTC");
        ran(&mut cargo)
    };
    let tested = cargo(&["test"]).succeeded();
    let first = cargo(&["run", "--quiet"]).succeeded();
    let stats = cargo(&["run", "--quiet", "--", "events", "stats", "--json"]).succeeded();

    assert!(tested.out.contains("4 passed"), "{tested:?}");
    assert!(
        first.out.contains("Ada's order comes to 830 cents"),
        "{first:?}"
    );
    assert!(
        stats.out.contains("\"streams\":1,") || stats.out.contains("\"streams\":1}"),
        "{stats:?}"
    );
    es.run(["new", "cargo-shipping"])
        .refused(2, "is there already, and not empty");
}
