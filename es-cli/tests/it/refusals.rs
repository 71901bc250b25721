//! Bad input: told in one line that says what to do.

use es_tests::places::Kind;

use crate::es::{BANK, Es, KINDS};

#[tokio::test]
async fn a_category_is_no_stream() {
    let es = Es::bank(Kind::Sqlite).await;

    let history = es.run(["events", "history", "bank::account"]);

    history.refused(
        2,
        "`events history` needs a stream, as in `bank::account-{id}`",
    );
    es.run(["events", "history", "$all"])
        .refused(2, "needs a stream");
    es.run(["snapshots", "delete", "bank::account"])
        .refused(2, "needs a stream");
}

#[tokio::test]
async fn a_condition_that_does_not_parse_is_pointed_at() {
    let es = Es::empty(Kind::Sqlite).await;

    let ran = es.run(["events", "search", "--where", "cents > > 100"]);

    insta::assert_snapshot!(ran.err);
    ran.refused(2, "`--where` does not parse at letter 9");
}

#[tokio::test]
async fn what_makes_no_sense_is_a_mistake_of_usage() {
    let es = Es::bank(Kind::Sqlite).await;
    for (arguments, told) in [
        (&["events", "search"][..], "nothing is searched for"),
        (&["events", "read", "a-"], "is no stream name"),
        (
            &["events", "read", "bank::account", "--since", "yesterday"],
            "write a time as in",
        ),
        (
            &[
                "events",
                "read",
                "$all",
                "--since",
                "2024-06-02",
                "--until",
                "2024-06-01",
            ],
            "`--since` is not before `--until`",
        ),
        (
            &["events", "history", "bank::account-ada", "--diff", "7..3"],
            "the earlier version",
        ),
        (
            &["events", "history", "bank::account-ada", "--at", "3"],
            "a program that knows the types",
        ),
        (
            &["snapshots", "create", "bank::account-ada"],
            "a program that knows the types",
        ),
        (&["completions", "tcsh"], "invalid value 'tcsh'"),
        (&["events", "nonsense"], "unrecognized subcommand"),
        (&["events", "read"], "STREAM"),
        (
            &["--store", "nonsense://x", "events", "stats"],
            "the scheme `nonsense` is unknown",
        ),
        (
            &["--store", "bank.db", "events", "stats"],
            "the URI has no scheme",
        ),
        (
            &["--config", "nowhere.toml", "events", "stats"],
            "there is no `",
        ),
        (&["events", "import", "nowhere.ndjson"], "can not be opened"),
        (
            &["events", "import", "-", "--verify"],
            "can not be read twice",
        ),
        (&["events", "export", "--json"], "exclude each other"),
        (&["new", "My Shop"], "no name of a project"),
        (&["store", "sql", "message-db"], "brings its own statements"),
    ] {
        let ran = es.run(arguments.iter().copied());
        ran.refused(2, told);
    }
}

#[tokio::test]
async fn without_any_store_the_ways_to_name_one_are_told() {
    let es = Es::empty(Kind::Sqlite).await;
    let mut command = es.command(["events", "stats"]);

    let ran = crate::es::ran(command.env_remove("ES_STORE_URI"));

    ran.refused(2, "there is no `domain.toml`");
}

#[tokio::test]
async fn the_store_of_a_domain_toml_is_found_with_its_overlay() {
    let es = Es::bank(Kind::Sqlite).await;
    let toml = format!(
        "name = \"bank\"\n[event_store]\nprovider = \"memory\"\n[live.event_store]\nprovider = \
         \"sqlite\"\ndatabase_uri = \"{}\"\n",
        es.uri()
    );
    es.file("domain.toml", &toml);
    let count = |environment: &str| {
        let mut command = es.command(["events", "stats", "--json"]);
        command
            .env_remove("ES_STORE_URI")
            .env("ES_ENV", environment);
        crate::es::ran(&mut command)
    };

    let (live, base) = (count("live").succeeded(), count("").succeeded());

    assert!(live.out.contains("\"events\":9"), "{live:?}");
    assert!(base.out.contains("\"events\":0"), "{base:?}");
    count("nonsense").refused(2, "nonsense");
}

#[tokio::test]
async fn a_store_that_is_not_there_is_not_made_by_looking() {
    let es = Es::empty(Kind::Sqlite).await;

    let ran = es.run(["--store", "sqlite://nowhere.db", "events", "stats"]);

    ran.refused(3, "there is no such file");
    assert!(!es.path().join("nowhere.db").exists());
    es.run([
        "--store",
        "postgres://nobody@127.0.0.1:1/x",
        "events",
        "stats",
    ])
    .refused(3, "could not connect");
    es.run([
        "--store",
        "message-db://nobody@127.0.0.1:1/x",
        "events",
        "stats",
    ])
    .refused(3, "could not");
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_that_are_not_there_are_not_made_by_looking() {
    let es = Es::empty(Kind::Postgres).await;
    let joint = es.uri().replace("schema=es_test", "schema=es_none");

    let looked = es.run(["--store", &joint, "events", "stats"]);

    looked.refused(1, "es store migrate");
}

#[tokio::test]
async fn a_store_of_a_newer_schema_is_refused() {
    let es = Es::empty(Kind::Sqlite).await;
    let newer = es.sqlite();
    newer.pragma_update(None, "user_version", 99).unwrap();
    drop(newer);

    es.run(["events", "stats"])
        .refused(1, "its schema has version 99");
}

#[tokio::test]
async fn a_file_that_is_no_store_is_refused() {
    let es = Es::empty(Kind::Sqlite).await;
    es.file(
        "letter.txt",
        "Dear Ada, this is no store of events, however long it may become.",
    );

    es.run(["--store", "sqlite://letter.txt", "events", "stats"])
        .refused(1, "no SQLite database");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_half_written_line_is_told_and_what_came_before_is_kept() {
    for kind in KINDS {
        let es = Es::empty(kind).await;
        es.file("cut.ndjson", &BANK[..BANK.len() - 40]);

        let ran = es.run(["events", "import", "cut.ndjson"]);

        ran.refused(1, "line 9 of `cut.ndjson` is no event: it is cut off");
        let read = es.run(["events", "read", "$all", "--json"]).succeeded();
        assert!(read.out.contains("\"events\":8"), "{read:?}");
        // Mended, it goes on.
        es.file("cut.ndjson", BANK);
        let ran = es
            .run(["events", "import", "cut.ndjson", "--verify", "--json"])
            .succeeded();
        assert!(ran.out.contains("\"moved\":1,\"standing\":8"), "{ran:?}");
        assert!(ran.out.contains("\"equal\":true"), "{ran:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_with_other_events_is_not_written_to() {
    for kind in KINDS {
        let es = Es::bank(kind).await;
        // The same versions, other ids.
        let other = BANK.replace("-00000000000", "-10000000000");

        let ran = es.run_on(&other, ["events", "import", "-"]);

        ran.refused(1, "has another event at version 1");
        let missing = BANK
            .lines()
            .last()
            .unwrap()
            .replace("\"version\":4", "\"version\":7");
        let ran = es.run_on(&missing, ["events", "import", "-"]);
        ran.refused(
            1,
            "`bank::account-ada` is at version 4, and the source goes on with version 7",
        );
        let read = es.run(["events", "read", "$all", "--json"]).succeeded();
        assert!(read.out.contains("\"events\":9"), "{read:?}");
    }
}

#[tokio::test]
async fn an_export_replaces_nothing_unasked() {
    let es = Es::bank(Kind::Sqlite).await;
    es.run(["events", "export", "-o", "bank.ndjson"])
        .refused(2, "is there already");

    es.run(["events", "export", "-o", "bank.ndjson", "--force"])
        .succeeded();
    es.file("letter.txt", "Dear Ada,\n");
    es.run(["events", "export", "-o", "letter.txt", "--resume"])
        .refused(1, "is no export");
    let letter = std::fs::read_to_string(es.path().join("letter.txt")).unwrap();
    assert_eq!(letter, "Dear Ada,\n");
}

/// What `es verify` is for: stores that somebody changed by hand.
#[tokio::test]
async fn what_is_wrong_in_a_store_is_found() {
    let es = Es::bank(Kind::Sqlite).await;
    let file = es.sqlite();
    file.execute_batch(
        "UPDATE events SET version = 7 WHERE position = 9;
         UPDATE events SET id = (SELECT id FROM events WHERE position = 1) WHERE position = 2;
         UPDATE events SET data = '{\"cents\":' WHERE position = 4;
         UPDATE events SET metadata = '[1]' WHERE position = 6;
         INSERT INTO snapshots VALUES ('bank::account-bob', 5, 0, 0, x'7b7d');",
    )
    .unwrap();
    drop(file);

    let transcript = es.transcript(&["verify", "verify --json", "verify --limit 1"]);

    insta::assert_snapshot!(transcript);
}
