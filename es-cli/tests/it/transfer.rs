//! Events that move: out of one store and into the next, broken off and resumed, and equal at the end.

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use es_core::Domain;
use es_core::record::RecordedEvent;
use es_core::store::{EventStore, EventStoreExt as _, MemoryStore};
use es_examples::repo_history::archive::Archive;
use es_examples::repo_history::import::import;
use es_examples::repo_history::source;
use es_tests::places::Kind;
use std::path::Path;

use crate::es::{Es, KINDS, ran};

async fn all(store: &dyn EventStore) -> Vec<RecordedEvent<'static>> {
    store.read_all().collect().await.unwrap()
}

/// Equal in all but the numbers of positions, whose order is that of the lists.
fn assert_equal(a: &[RecordedEvent<'_>], b: &[RecordedEvent<'_>]) {
    assert_eq!(a.len(), b.len());
    let value = |json: &[u8]| match json {
        b"" => serde_json::Value::Object(serde_json::Map::new()),
        json => serde_json::from_slice(json).unwrap(),
    };
    for (a, b) in a.iter().zip(b) {
        assert_eq!(
            (&a.stream, a.version, a.id, a.time, &a.event_type),
            (&b.stream, b.version, b.id, b.time, &b.event_type)
        );
        assert_eq!(value(&a.data), value(&b.data), "{a:?}");
        assert_eq!(value(&a.metadata), value(&b.metadata), "{a:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn any_store_copies_to_any_other() {
    for from in KINDS {
        for to in KINDS {
            let (source, target) = (Es::bank(from).await, Es::empty(to).await);

            let copied = source.run(["events", "copy", "--to", &target.uri(), "--verify"]);
            let again = source.run(["events", "copy", "--to", &target.uri(), "--json"]);

            let copied = copied.succeeded();
            assert!(
                copied.out.ends_with("verified: 9 events are equal\n"),
                "{copied:?}"
            );
            let again = again.succeeded();
            assert!(
                again.out.contains("\"moved\":0,\"standing\":9"),
                "{again:?}"
            );
            let store = source.place().open().await.unwrap();
            let other = target.place().open().await.unwrap();
            assert_equal(&all(&*store).await, &all(&*other).await);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_and_a_category_are_copied_alone() {
    let (source, target) = (
        Es::bank(Kind::Sqlite).await,
        Es::empty(Kind::Postgres).await,
    );
    let copy = |what| {
        let uri = target.uri();
        let arguments = ["events", "copy", what, "--to", &uri, "--json"];
        source.run(arguments).succeeded().out
    };

    assert!(copy("bank::account-bob").contains("\"events\":2,\"moved\":2"));
    assert!(copy("bank::account").contains("\"events\":6,\"moved\":4"));

    // Bob's came first, so that everything is there, and not in the order of the source.
    let everything = source.run(["events", "copy", "--to", &target.uri(), "--verify"]);
    assert_eq!(everything.code, 1, "{everything:?}");
    assert!(
        everything.out.contains("0 differ, 0 are missing"),
        "{everything:?}"
    );
    assert!(
        everything.out.contains("not in the order of the source"),
        "{everything:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_plain_or_compressed_and_go_on_where_they_were_cut() {
    let es = Es::bank(Kind::Sqlite).await;
    for name in ["out.ndjson", "out.ndjson.gz"] {
        es.run(["events", "export", "-o", name, "--verify"])
            .succeeded();
        let file = es.path().join(name);
        let whole = std::fs::read(&file).unwrap();
        for end in [0, 1, whole.len() / 2, whole.len() - 1, whole.len()] {
            std::fs::write(&file, &whole[..end]).unwrap();

            es.run(["events", "export", "-o", name, "--resume", "--verify"])
                .succeeded();

            let target = Es::empty(Kind::Sqlite).await;
            let path = file.to_str().unwrap();
            target
                .run(["events", "import", path, "--verify"])
                .succeeded();
            let store = es.place().open().await.unwrap();
            let other = target.place().open().await.unwrap();
            assert_equal(&all(&*store).await, &all(&*other).await);
        }
    }
    let piped = es
        .run(["events", "export", "bank::account-ada"])
        .succeeded();
    assert_eq!(piped.out.lines().count(), 4);
}

/// What has no JSON in it comes back byte by byte.
#[tokio::test]
async fn every_payload_comes_through() {
    let line = r#"{"stream":"a::b-1","version":1,"id":"00000000-0000-7000-8000-000000000001","time":"2024-06-15T12:00:00.000001Z","type":"A.B.v1","data_base64":"/wAKew==","metadata_base64":"eyJhIjogMX0g"}"#;
    let (es, other) = (Es::empty(Kind::Sqlite).await, Es::empty(Kind::Sqlite).await);
    es.run_on(line, ["events", "import", "-"]).succeeded();

    es.run(["events", "copy", "--to", &other.uri(), "--verify"])
        .succeeded();

    let exported = other.run(["events", "export"]).succeeded();
    assert_eq!(exported.out.replace("\"position\":1,", "").trim_end(), line);
}

/// So many kills by default, since each costs its time: `ES_TEST_KILLS=20` for all.
fn kills() -> usize {
    let said = std::env::var("ES_TEST_KILLS").ok();
    said.and_then(|kills| kills.parse().ok()).unwrap_or(4)
}

/// Runs a command again and again, killed at random moments, and then to its end.
fn killed_and_resumed(es: &Es, kills: usize, arguments: &[&str]) {
    let mut killed = 0;
    for _ in 0..kills {
        let mut command = es.command(arguments.iter().copied());
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        std::thread::sleep(Duration::from_millis(fastrand::u64(30..700)));
        child.kill().unwrap();
        killed += usize::from(child.wait().unwrap().code().is_none());
    }
    let last = es.run(arguments.iter().copied());
    assert_eq!(last.code, 0, "after {killed} kills: {last:?}");
}

/// Ctrl-C ends a transfer behind what it is at: the next run goes on there.
#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_is_interrupted_says_how_to_go_on() {
    let (source, target) = (Es::empty(Kind::Sqlite).await, Es::empty(Kind::Sqlite).await);
    let line = crate::es::BANK.lines().next().unwrap();
    let events = (1..=6_000).map(|version: u64| {
        // Two streams by turns, so that every append is small.
        let stream = format!("command-{}", version % 2);
        line.replace("command-ada", &stream)
            .replace(
                "\"version\":1",
                &format!("\"version\":{}", version.div_ceil(2)),
            )
            .replace("-000000000001", &format!("-{version:012}"))
    });
    let events = events.collect::<Vec<_>>().join("\n");
    source
        .run_on(&events, ["events", "import", "-"])
        .succeeded();
    let uri = target.uri();
    let mut command = source.command(["events", "copy", "--to", &uri]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    let store = target.place().open().await.unwrap();
    while store.head().await.unwrap() < 200 {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }

    let interrupt = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();

    assert!(interrupt.unwrap().success());
    let output = child.wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("error: stopped after ") && told.contains("run the same command again"));
    let rest = source
        .run(["events", "copy", "--to", &uri, "--verify"])
        .succeeded();
    assert!(rest.out.contains("had been there already"), "{rest:?}");
    assert!(
        rest.out.contains("verified: 6,000 events are equal"),
        "{rest:?}"
    );
}

/// SQLite to PostgreSQL to Message DB, by a file into memory and out of it, and back into SQLite.
#[tokio::test(flavor = "multi_thread")]
async fn a_real_history_comes_through_every_store_however_often_it_is_killed() {
    let first = Es::empty(Kind::Sqlite).await;
    let data = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../examples/repo-history/data/serde-history.jsonl.gz");
    let commits = source::read(&data).unwrap();
    let store: Arc<dyn EventStore> = first.place().open().await.unwrap();
    import(&Archive::new(Arc::clone(&store)).unwrap(), &commits, |_| {})
        .await
        .unwrap();
    let (postgres, message_db) = (
        Es::empty(Kind::Postgres).await,
        Es::empty(Kind::MessageDb).await,
    );
    let last = Es::empty(Kind::Sqlite).await;
    let kills = kills().div_ceil(4);

    killed_and_resumed(
        &first,
        kills,
        &["events", "copy", "--to", &postgres.uri(), "--verify"],
    );
    killed_and_resumed(
        &postgres,
        kills,
        &["events", "copy", "--to", &message_db.uri(), "--verify"],
    );
    let arguments = [
        "events",
        "export",
        "-o",
        "a.ndjson.gz",
        "--resume",
        "--verify",
    ];
    killed_and_resumed(&message_db, kills, &arguments);
    let exported = message_db.path().join("a.ndjson.gz");
    through_memory(exported.to_str().unwrap(), &last.path().join("b.ndjson")).await;
    killed_and_resumed(&last, kills, &["events", "import", "b.ndjson", "--verify"]);

    let other = last.place().open().await.unwrap();
    let (store, other) = (all(&*store).await, all(&*other).await);
    assert!(store.len() > 9_503, "{}", store.len());
    assert_equal(&store, &other);
    assert_eq!(ran(&mut last.command(["verify"])).code, 0);
}

async fn through_memory(from: &str, to: &Path) {
    let domain = Domain::builder("files")
        .event_store(MemoryStore::new())
        .build()
        .unwrap();
    let run = |arguments: Vec<String>| es_cli::run_with(domain.clone(), arguments);
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();

    let imported = run(words(&["es", "--json", "events", "import", from])).await;
    let exported = run(words(&[
        "es",
        "--json",
        "events",
        "export",
        "-o",
        to.to_str().unwrap(),
    ]))
    .await;

    for code in [imported, exported] {
        assert_eq!(
            format!("{code:?}"),
            format!("{:?}", std::process::ExitCode::SUCCESS)
        );
    }
}
