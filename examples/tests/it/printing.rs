//! What the examples print is what the documents show.

use std::path::PathBuf;
use std::process::{Command, Output};

#[test]
fn the_bank_prints_what_the_readme_shows() {
    let folder = tempfile::tempdir().unwrap();

    let printed = run("bank", &[folder.path().to_str().unwrap()]);

    let printed = printed.replace(folder.path().to_str().unwrap(), "/tmp/bank");
    assert_eq!(
        without_ids(&printed),
        shown(include_str!("../../../README.md"), "bank")
    );
}

#[test]
fn the_bank_prints_the_same_in_any_store() {
    let folder = tempfile::tempdir().unwrap();
    let uri = format!(
        "sqlite://{}/bank.db?synchronous=normal",
        folder.path().display()
    );

    let in_a_file = run("bank", &["--store", &uri]);
    let in_memory = run("bank", &["--store", "memory://"]);

    let shown = shown(include_str!("../../../README.md"), "bank");
    let (in_a_file, in_memory) = (without_ids(&in_a_file), without_ids(&in_memory));
    assert!(
        in_a_file.lines().skip(1).eq(shown.lines().skip(1)),
        "{in_a_file}"
    );
    assert!(in_memory.ends_with("Ada has 55.00\n"), "{in_memory}");
}

#[test]
fn the_bank_says_what_to_do_where_the_server_is_not_there() {
    let uri = "postgres://ada:secret@127.0.0.1:1/bank?connect_timeout=5s";

    let refused = output("bank", &["--store", uri]);

    let told = String::from_utf8(refused.stderr).unwrap();
    assert!(!refused.status.success());
    assert!(
        told.starts_with(
            "Error: the store can not be reached; start a server with `docker compose up"
        ),
        "{told}"
    );
    assert!(
        told.contains("could not connect to `postgres://ada@127.0.0.1:1/bank`"),
        "{told}"
    );
    assert!(!told.contains("secret"), "{told}");
}

#[test]
fn the_dogs_print_what_their_readme_shows() {
    let printed = run("dogs", &[]);

    assert_eq!(printed, shown(include_str!("../../README.md"), "dogs"));
}

#[test]
fn the_members_print_what_their_readme_shows() {
    let printed = run("members", &[]);

    assert_eq!(printed, shown(include_str!("../../README.md"), "members"));
}

#[test]
fn cargo_shipping_prints_what_its_readme_shows() {
    let printed = run("cargo-shipping", &[]);

    assert_eq!(
        printed,
        shown(include_str!("../../README.md"), "cargo-shipping")
    );
}

#[test]
fn a_repository_is_imported_once_and_shown_at_a_commit() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("history.db");
    let store = ["--store", store.to_str().unwrap()];

    let first = run("repo-history", &[&store[..], &["--at", "d90f758"]].concat());
    let again = run("repo-history", &[&store[..], &["--at", "d90f758"]].concat());
    let life = run(
        "repo-history",
        &[&store[..], &["--life", "serde/Cargo.toml"]].concat(),
    );

    assert_eq!(first.lines().count(), 3);
    assert!(
        first.lines().all(|line| line.starts_with("100644 blob ")),
        "{first}"
    );
    assert_eq!(again, first);
    assert!(life.starts_with("2014-07-18 13:17:47 UTC  RepoHistory.Added.v1      Cargo.toml\n"));
    assert!(
        life.contains("  RepoHistory.Renamed.v1    serde/Cargo.toml\n"),
        "{life}"
    );
}

#[test]
fn a_repository_is_imported_into_the_store_of_a_uri() {
    let folder = tempfile::tempdir().unwrap();
    let uri = format!("sqlite://{}/history.db", folder.path().display());

    let in_a_file = run("repo-history", &["--store", &uri, "--at", "d90f758"]);
    let in_memory = run("repo-history", &["--store", "memory://", "--at", "d90f758"]);

    assert_eq!(in_a_file.lines().count(), 3);
    assert_eq!(in_memory, in_a_file);
    assert!(folder.path().join("history.db").exists());
}

/// Runs an example that cargo built beside this test and answers what it printed.
fn run(example: &str, arguments: &[&str]) -> String {
    let output = output(example, arguments);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

fn output(example: &str, arguments: &[&str]) -> Output {
    let test = std::env::current_exe().unwrap();
    let profile = test.ancestors().nth(2).map(PathBuf::from).unwrap();
    let file = format!("{example}{}", std::env::consts::EXE_SUFFIX);
    Command::new(profile.join("examples").join(file))
        .args(arguments)
        .env_remove("ES_ENV")
        .env_remove("ES_STORE_URI")
        .output()
        .expect("the example is not built: run `cargo build -p es-examples --examples` first")
}

/// The block of text behind `$ cargo run --example NAME` in a document.
fn shown(document: &str, example: &str) -> String {
    let command = format!("```text\n$ cargo run --example {example}\n");
    let (_, rest) = document.split_once(&command).expect("the command is shown");
    let (block, _) = rest.split_once("```").expect("the block ends");
    block.to_owned()
}

/// Every UUID of version 7 shortened to `01a1…`, as a document can show it: its first letters are
/// the time.
fn without_ids(text: &str) -> String {
    let mut shortened = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("01") {
        let end = start + 36;
        let is_id = rest.get(start..end).is_some_and(|id| {
            id.bytes()
                .all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
                && &id[14..15] == "7"
        });
        let (kept, skipped) = if is_id {
            (start, end)
        } else {
            (start + 2, start + 2)
        };
        shortened.push_str(&rest[..kept]);
        shortened.push_str(if is_id { "01a1…" } else { "" });
        rest = &rest[skipped..];
    }
    shortened + rest
}
