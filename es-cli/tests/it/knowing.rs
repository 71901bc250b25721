//! A program that knows its types.

use crate::es::{Es, KINDS};

#[tokio::test(flavor = "multi_thread")]
async fn states_are_shown_beside_events() {
    let lines = [
        "events history bank::account-ada",
        "events history bank::account-ada --from 4 --json",
        "events history bank::account-ada --at 2",
        "events history bank::account-ada --diff 2..4",
        "events history bank::account-ada --diff 1..2 --json",
        "events history bank::account-ada --at 9",
        "events history bank::welcome-ada --at 1",
        "events history bank::account-eve",
        "verify",
        "snapshots create bank::account-ada",
        "snapshots create bank::account --json",
        "snapshots create bank::account-eve",
        "snapshots delete bank::account-bob",
        "events history bank::account-ada --limit 1",
        "--store sqlite://x.db events stats",
    ];
    for kind in KINDS {
        let es = Es::bank(kind).await.knowing();

        let transcript = es.transcript(&lines);

        insta::assert_snapshot!("states_are_shown_beside_events", transcript);
        let list = es.run(["snapshots", "list"]).succeeded();
        let listed = list
            .out
            .lines()
            .skip(1)
            .map(|line| line.split_whitespace().next());
        assert_eq!(listed.collect::<Vec<_>>(), [Some("bank::account-ada")]);
    }
}
