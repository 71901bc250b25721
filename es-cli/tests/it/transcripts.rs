//! What every verb prints, for people and for programs. The same on every store, where stores do not
//! differ themselves.

use es_tests::places::Kind;

use crate::es::{Es, KINDS};

/// Runs the same on each store; what the first prints is looked at, and the others print the same.
async fn on_every_store(name: &str, lines: &[&str]) {
    let mut first = None;
    for kind in KINDS {
        let transcript = Es::bank(kind).await.transcript(lines);
        match &first {
            None => {
                insta::assert_snapshot!(name, transcript);
                first = Some(transcript);
            }
            Some(first) => assert_eq!(transcript, *first, "{kind:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_read() {
    let lines = [
        "events read bank::account-ada",
        "events read bank::account --trace",
        "events read $all --reverse --limit 2 --utc",
        "events read bank::account-ada --from 3 --data",
        "events read bank::account --type deposited --since 2024-06-16",
        "events read bank::account-ada --limit 1 --json",
        "events read bank::account-eve",
        "events read bank::account-eve --strict --json",
        "events read bank::nothing",
        "events read bank::account-ada --from 9",
    ];
    on_every_store("events_are_read", &lines).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_searched() {
    let lines = [
        "events search --type dep",
        "events search --type Bank.Opened.v1 --category bank::account",
        "events search --where 'cents > 100 and cents < 10000' --json",
        "events search --where 'owner = \"Ada\" or metadata.headers.tenant = \"acme\"'",
        "events search --where 'event.stream ~ \"bob\"' --reverse --data",
        "events search --since 2024-06-16 --until 2024-06-17 --limit 1",
        "events search --where 'owner = \"Eve\"' --strict",
    ];
    on_every_store("events_are_searched", &lines).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_life_is_shown() {
    let lines = [
        "events history bank::account-ada",
        "events history bank::account-ada --from 3 --limit 1 --json",
        "events history bank::account-ada --limit 1 --data --trace",
        "events history bank::account-eve",
    ];
    on_every_store("a_life_is_shown", &lines).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn causes_are_traced() {
    let lines = [
        "events trace request-7",
        "events trace request-7 --flat",
        "events trace request-8",
        "events trace request-7 --json",
        "events trace request-7 --limit 2",
        "events trace request-9 --strict",
    ];
    on_every_store("causes_are_traced", &lines).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_is_verified() {
    let lines = ["verify", "verify --json"];
    on_every_store("a_store_is_verified", &lines).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_are_listed() {
    for kind in KINDS {
        let es = Es::bank(kind).await;

        let transcript = es.transcript(&[
            "streams list bank::welcome",
            "streams list bank::welcome --json",
            "streams list bank::nothing",
        ]);

        insta::assert_snapshot!("streams_are_listed", transcript);
        let all = es.run(["streams", "list", "--limit", "0"]).succeeded();
        let mut all = all.out.lines().skip(1).collect::<Vec<_>>();
        all.sort_unstable();
        // Names are as wide as the widest; the order is the store's own.
        insta::assert_snapshot!("all_streams_are_listed", all.join("\n"));
        let three = es.run(["streams", "list", "--limit", "3"]).succeeded();
        assert_eq!(three.out.lines().count(), 4, "{three:?}");
        assert!(
            three.err.contains("more follow: `--after bank::"),
            "{three:?}"
        );
    }
}

/// Bytes are a store's own affair, and so is what it is.
#[tokio::test(flavor = "multi_thread")]
async fn what_there_is_is_counted() {
    let lines = [
        "events stats",
        "events stats --category bank::welcome --json",
        "events stats --category bank::nothing --strict",
    ];
    for kind in KINDS {
        let es = Es::bank(kind).await;

        let transcript = es.transcript(&lines);

        match kind {
            Kind::MessageDb => insta::assert_snapshot!("what_a_message_db_counts", transcript),
            _ => insta::assert_snapshot!("what_there_is_is_counted", transcript),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_tells_what_it_is() {
    for (kind, name) in KINDS.into_iter().zip(["sqlite", "postgres", "message_db"]) {
        let es = Es::bank(kind).await;

        let info = es.run(["store", "info"]).succeeded();
        let json = es.run(["store", "info", "--json"]).succeeded();

        assert!(
            info.out.starts_with(&format!("store            {name} ")),
            "{info:?}"
        );
        for told in [
            "head             position 9\n",
            "survives         the ",
            "several streams  whole or not at all\n",
        ] {
            assert!(info.out.contains(told), "{info:?}");
        }
        assert!(
            json.out.contains(&format!("\"kind\":\"{name}\"")),
            "{json:?}"
        );
        let migrated = es.run(["store", "migrate"]).succeeded();
        assert!(
            migrated.out.starts_with(&format!("{name} ")),
            "{migrated:?}"
        );
    }
}

#[tokio::test]
async fn the_tables_are_printed() {
    let es = Es::empty(Kind::Sqlite).await;

    let sqlite = es.run(["store", "sql", "sqlite"]).succeeded();
    let postgres = es
        .run(["store", "sql", "postgres", "--schema", "bank"])
        .succeeded();

    assert!(sqlite.out.contains("CREATE TABLE events"), "{sqlite:?}");
    assert!(
        postgres.out.contains("CREATE TABLE \"bank\".events"),
        "{postgres:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_store_is_no_error() {
    let lines = [
        "events read $all",
        "events stats",
        "streams list",
        "snapshots list",
        "events trace request-7",
        "verify",
        "snapshots delete --all",
    ];
    for kind in KINDS {
        let transcript = Es::empty(kind).await.transcript(&lines);

        insta::assert_snapshot!("an_empty_store_is_no_error", transcript);
    }
}

#[tokio::test]
async fn completions_and_manuals_are_written() {
    let es = Es::empty(Kind::Sqlite).await;
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = es.run(["completions", shell]).succeeded();
        assert!(script.out.contains("history"), "{shell}");
    }

    let page = es.run(["man"]).succeeded();
    let pages = es.run(["man", "--folder", "man"]).succeeded();

    assert!(page.out.contains(".TH es 1"), "{}", page.out);
    assert!(pages.out.starts_with("wrote "), "{pages:?}");
    let history = std::fs::read_to_string(es.path().join("man/es-events-history.1")).unwrap();
    assert!(history.contains("one aggregate"), "{history}");
}

/// Every verb says how it is used, with examples.
#[tokio::test]
async fn every_verb_has_examples() {
    let es = Es::empty(Kind::Sqlite).await;
    for verb in [
        "",
        "events read",
        "events stats",
        "events search",
        "events history",
        "events trace",
        "events tail",
        "events export",
        "events import",
        "events copy",
        "streams list",
        "snapshots list",
        "snapshots create",
        "snapshots delete",
        "store info",
        "store sql",
        "store migrate",
        "verify",
        "new",
        "completions",
        "man",
    ] {
        let help = es
            .run(verb.split_whitespace().chain(["--help"]))
            .succeeded();
        assert!(help.out.contains("Examples:\n"), "{verb}: {}", help.out);
    }
}
