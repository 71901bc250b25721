//! `es events tail`.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdout, Stdio};

use es_tests::places::Kind;
use es_tests::servers::Cluster;

use crate::es::{BANK, Es, KINDS};

fn follow(es: &Es, arguments: &[&str]) -> (Child, BufReader<ChildStdout>) {
    let mut command = es.command(["events", "tail"].iter().chain(arguments).copied());
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let out = BufReader::new(child.stdout.take().unwrap());
    (child, out)
}

fn line(out: &mut BufReader<ChildStdout>) -> String {
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    line.trim_end().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_appended_is_shown_as_it_happens() {
    for kind in KINDS {
        let es = Es::empty(kind).await;
        let lines = BANK.lines().collect::<Vec<_>>();
        es.run_on(&lines[..4].join("\n"), ["events", "import", "-"])
            .succeeded();
        let (mut all, mut out_all) = follow(&es, &["--last", "1", "--limit", "4"]);
        let arguments = ["bank::account", "--from", "1", "--limit", "4", "--json"];
        let (mut category, mut out_category) = follow(&es, &arguments);
        let arguments = ["bank::account-bob", "--type", "opened", "--limit", "1"];
        let (mut stream, mut out_stream) = follow(&es, &arguments);
        assert_eq!(
            line(&mut out_all),
            "2024-06-15 12:00:01  bank::account-ada v2  Bank.Deposited.v1  cents 10000",
            "{kind:?}"
        );

        for next in &lines[4..7] {
            es.run_on(next, ["events", "import", "-"]).succeeded();
        }

        let letter = "2024-06-15 12:00:02  bank::welcome-ada v1  Bank.LetterSent.v1  to \"Ada\"";
        let bob = "2024-06-16 09:30:00  bank::account-bob v1  Bank.Opened.v1  owner \"Bob\"";
        assert_eq!(line(&mut out_all), letter);
        assert_eq!(line(&mut out_all), bob);
        assert_eq!(line(&mut out_stream), bob);
        for stream in ["ada", "ada", "bob", "bob"] {
            let row = line(&mut out_category);
            assert!(row.starts_with(&format!(
                "{{\"row\":{{\"stream\":\"bank::account-{stream}\""
            )));
        }
        for child in [&mut all, &mut category, &mut stream] {
            assert!(child.wait().unwrap().success());
        }
    }
}

/// The server goes away in the midst of it, by which every connection dies, and comes back.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_restarted_is_followed_on() {
    let cluster = Cluster::start(&[]).unwrap();
    let es = Es::bank_at(&cluster.uri("postgres").unwrap());
    let (mut tail, mut out) = follow(&es, &["bank::account-ada", "--last", "1", "--limit", "3"]);
    assert!(line(&mut out).contains("bank::account-ada v4"));
    let last = BANK.lines().last().unwrap();

    for version in [5, 6] {
        cluster.restart("immediate").unwrap();
        let next = last
            .replace("\"version\":4", &format!("\"version\":{version}"))
            .replace("000009", &format!("00001{version}"));
        es.run_on(&next, ["events", "import", "-"]).succeeded();

        assert!(line(&mut out).contains(&format!("bank::account-ada v{version}")));
    }
    assert!(tail.wait().unwrap().success());
}

#[tokio::test]
async fn nothing_is_shown_of_what_was_before_where_that_is_asked_for() {
    let es = Es::bank(Kind::Sqlite).await;
    let (mut tail, mut out) = follow(&es, &["--last", "0", "--limit", "1"]);
    let next = BANK
        .lines()
        .last()
        .unwrap()
        .replace(":4,", ":5,")
        .replace("09\"", "10\"");
    // It may not follow yet: what comes is the first that it sees.
    std::thread::sleep(std::time::Duration::from_millis(300));

    es.run_on(&next, ["events", "import", "-"]).succeeded();

    assert!(line(&mut out).contains("bank::account-ada v5"));
    assert!(tail.wait().unwrap().success());
}
