//! Where somebody looks at it: colours, widths, and the end of a pipe.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use es_tests::places::Kind;
use rexpect::session::{Options, PtySession, spawn_with_options};

use crate::es::Es;

fn terminal(mut command: Command) -> PtySession {
    command.env("TERM", "xterm-256color");
    let options = Options::default().timeout_ms(Some(30_000));
    spawn_with_options(command, options).unwrap()
}

fn seen(command: Command) -> String {
    let seen = terminal(command).exp_eof().unwrap();
    // It comes a letter a byte.
    let bytes = seen.chars().map(|letter| u8::try_from(letter).unwrap());
    let text = String::from_utf8(bytes.collect()).unwrap();
    text.replace("\r\n", "\n")
}

#[tokio::test]
async fn a_table_fits_the_terminal_and_has_colours() {
    let es = Es::bank(Kind::Sqlite).await;
    let read = || {
        let mut command = es.command(["events", "read", "bank::account", "--trace"]);
        command.env("COLUMNS", "110");
        command
    };

    let coloured = seen(read());
    let mut plain = read();
    plain.env("NO_COLOR", "1");
    let plain = seen(plain);

    assert!(coloured.contains("\u{1b}[36mBank."), "{coloured}");
    assert!(!plain.contains('\u{1b}'), "{plain}");
    assert!(
        plain.lines().all(|line| line.chars().count() <= 110),
        "{plain}"
    );
    insta::assert_snapshot!(plain);
}

#[tokio::test]
async fn colours_can_be_wanted_and_not() {
    let es = Es::bank(Kind::Sqlite).await;

    let piped = es.run(["events", "read", "$all"]).succeeded();
    let wanted = es
        .run(["events", "read", "$all", "--color", "always"])
        .succeeded();
    let unwanted = seen(es.command(["events", "read", "$all", "--color", "never"]));

    assert!(!piped.out.contains('\u{1b}'));
    assert!(wanted.out.contains('\u{1b}'));
    assert!(!unwanted.contains('\u{1b}'));
}

#[tokio::test]
async fn json_is_the_same_on_a_terminal() {
    let es = Es::bank(Kind::Sqlite).await;
    let arguments = ["events", "read", "$all", "--json"];

    let piped = es.run(arguments).succeeded();
    let looked_at = seen(es.command(arguments));

    assert_eq!(looked_at, piped.out);
}

#[tokio::test]
async fn an_error_is_red_on_a_terminal() {
    let es = Es::bank(Kind::Sqlite).await;

    let told = seen(es.command(["events", "history", "bank::account"]));

    assert!(told.contains("\u{1b}[1m\u{1b}[31merror:"), "{told:?}");
}

#[tokio::test]
async fn the_pager_is_used_where_it_is_asked_for() {
    let es = Es::bank(Kind::Sqlite).await;
    let mut command = es.command(["events", "read", "$all", "--pager"]);
    command.env("PAGER", "sed s/^/paged:/");

    let paged = seen(command);

    assert_eq!(
        paged
            .lines()
            .filter(|line| line.starts_with("paged:"))
            .count(),
        10,
        "{paged}"
    );
}

/// `| head -1` is no error.
#[tokio::test]
async fn a_closed_pipe_is_no_error() {
    let es = Es::empty(Kind::Sqlite).await;
    let line = crate::es::BANK.lines().next().unwrap();
    let mut events = String::new();
    for version in 1..=20_000 {
        let line = line
            .replace("\"version\":1", &format!("\"version\":{version}"))
            .replace("-000000000001", &format!("-{version:012}"));
        events.push_str(&line);
        events.push('\n');
    }
    es.run_on(&events, ["events", "import", "-"]).succeeded();
    for arguments in [
        &["events", "read", "$all", "--limit", "0"][..],
        &["events", "read", "$all", "--limit", "0", "--json"],
        &["events", "search", "--type", "open", "--limit", "0"],
        &["events", "export"],
        &["events", "history", "bank::account:command-ada"],
    ] {
        let mut command = es.command(arguments.iter().copied());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut first = String::new();
        out.read_line(&mut first).unwrap();
        drop(out);

        let output = child.wait_with_output().unwrap();

        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {told}");
        assert!(!told.contains("error"), "{arguments:?}: {told}");
    }
}

#[tokio::test]
async fn ctrl_c_ends_a_tail_well() {
    let es = Es::bank(Kind::Sqlite).await;
    let mut tail = terminal(es.command(["events", "tail", "--color", "never"]));
    tail.exp_string("bank::account-ada v4  Bank.Deposited.v1")
        .unwrap();

    tail.send_control('c').unwrap();

    tail.exp_eof().unwrap();
    let status = tail.process().wait().unwrap();
    assert!(format!("{status:?}").contains(", 0)"), "{status:?}");
}
