//! That every statement of a store walks along an index, as the server tells of each that it ran.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use chrono::DateTime;
use es_core::record::{ConsumerGroup, Detail, Direction, Page, ReadRequest, Source};
use es_core::store::{
    Append, AppendError, Appended, EventStore, Expected, Fingerprint, Snapshot, SnapshotStore,
    StateChange, StateWrite, StreamAppend,
};
use es_core::stream::{Category, Position, StreamName, Version};
use serde_json::Value;
use tokio_postgres::Client;
use uuid::Uuid;

use super::{Limits, PLAIN, Place, at, events, head_reaches, repeat, unit};
use crate::servers::{Cluster, session, until};

/// How many events the two long streams have, each with a category of its own.
const LONG: u64 = 12_000;
/// How many streams there are of one event each.
const SHORT: u64 = 3_000;
/// How many of those have a snapshot.
const SNAPSHOTS: u64 = 1_000;
/// How many events a page of the test has.
const FEW: usize = 10;

/// No statement looks at more rows, pages and entries of an index than are needed for a few events.
/// A share of a category is found by looking at the others as well.
const MOST_ROWS: f64 = 200.0;
const MOST_BLOCKS: f64 = 400.0;
/// What is sorted came with the statement, or stands for it: a sort of what a table holds would
/// have thousands of rows here.
const MOST_SORTED: f64 = 16.0;

/// What the server logs of each statement of the sessions called [`STORE`], and of those that its
/// functions run.
const SETTINGS: [&str; 9] = [
    "shared_preload_libraries=auto_explain",
    "auto_explain.log_min_duration=0",
    "auto_explain.log_analyze=on",
    "auto_explain.log_buffers=on",
    "auto_explain.log_timing=off",
    "auto_explain.log_nested_statements=on",
    "auto_explain.log_format=json",
    "log_line_prefix='%a|'",
    "autovacuum=off",
];
const STORE: &str = "store_under_test";

/// The statements of a store, by the files they are in, as the server is sent them; those that are
/// not looked at, with why.
pub(crate) struct Statements {
    pub(crate) sent: BTreeMap<String, String>,
    pub(crate) excepted: &'static [(&'static str, &'static str)],
}

impl Statements {
    /// Of the folders below `src`, completed by `complete`.
    pub(crate) fn of(
        folders: &[&str],
        complete: impl Fn(&str) -> String,
        excepted: &'static [(&'static str, &'static str)],
    ) -> Self {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut sent = BTreeMap::new();
        for folder in folders {
            for entry in std::fs::read_dir(source.join(folder)).expect("the folder is read") {
                let path = entry.expect("the folder is read").path();
                let name = path.file_name().expect("it has one").to_string_lossy();
                let sql = std::fs::read_to_string(&path).expect("the file is read");
                sent.insert(name.into_owned(), complete(&sql));
            }
        }
        Self { sent, excepted }
    }
}

/// Each statement of the store is run on tables of many rows: by plans for any parameters that are
/// made before anything is known of the tables, by such plans made later, by plans for the very
/// parameters, and by those that the server chooses.
pub(crate) async fn every_statement_walks_along_an_index<P: Place>() {
    let settings: Vec<_> = SETTINGS.iter().flat_map(|it| ["--set", *it]).collect();
    let server = Cluster::start(&settings);
    let place = P::on(&server.uri()).await;
    let statements = place.statements();
    fill(&place.open().await).await;
    let admin = session(&place.uri()).await;

    let modes = ["force_generic_plan", "force_custom_plan", "auto"];
    for (round, mode) in ["force_generic_plan"].into_iter().chain(modes).enumerate() {
        if round == 1 {
            admin.batch_execute("ANALYZE").await.unwrap();
        }
        plan_by(&admin, mode).await;
        let uri = place.uri().option("application_name", STORE);
        let store = place.open_by(&uri, Limits::default()).await.unwrap();
        let opened = server.log().len();

        exercise(&store, round as u64).await;

        drop(store);
        have_ended(&admin).await;
        let ran = ran(&server.log()[opened..]);
        statements.all_ran(&ran);
        let faults: Vec<_> = ran.iter().flat_map(Ran::faults).collect();
        assert!(
            faults.is_empty(),
            "round {round}, {mode}: {}",
            faults.join("\n\n")
        );
    }
}

impl Statements {
    /// That they are all among what ran, so that none is forgotten here.
    fn all_ran(&self, ran: &[Ran]) {
        let ran: BTreeSet<&str> = ran.iter().map(|it| it.query.trim()).collect();
        for (file, sql) in &self.sent {
            let excepted = self.excepted.iter().find(|(name, _)| name == file);
            assert_eq!(
                ran.contains(sql.trim()),
                excepted.is_none(),
                "whether `{file}` was run, of which is said: {excepted:?}"
            );
        }
    }
}

/// Two long streams, one behind the other, and many short ones of one category behind them.
async fn fill(store: &impl EventStore) {
    let mut number = 0;
    for (stream, snapshots_behind) in [("test::a-1", SNAPSHOTS), ("test::b-1", 0)] {
        for version in (0..LONG).step_by(1_000) {
            let unit = unit(stream, at(version), PLAIN, number..number + 1_000);
            store.append(unit).await.unwrap();
            number += 1_000;
        }
        // Where they are messages, they lie between the two.
        for nth in 0..snapshots_behind {
            let saved = snapshots(store).save(snapshot(&format!("test::c-{nth}"), 1));
            saved.await.unwrap();
        }
    }
    let mut last = None;
    for first in (0..SHORT).step_by(500) {
        let streams = (first..first + 500).map(|nth| StreamAppend {
            stream: name(&format!("test::c-{nth}")),
            expected: at(0),
            events: events(PLAIN, [number + nth]),
        });
        let unit = Append::all(streams.collect()).unwrap();
        last = store.append(Arc::new(unit)).await.unwrap()[499].position;
    }
    head_reaches(store, last).await;
    for first in (0..SHORT).step_by(500) {
        let written = (first..first + 500).map(|nth| state(&format!("test::s-{nth}"), 0, nth));
        append_states(store, Vec::new(), written.collect()).await;
    }
}

/// Where the store keeps states.
async fn append_states(
    store: &impl EventStore,
    streams: Vec<StreamAppend>,
    states: Vec<StateWrite>,
) -> Option<Result<Vec<Appended>, AppendError>> {
    store.states()?;
    let unit = Append::all(streams).unwrap().with_states(states).unwrap();
    Some(store.append(Arc::new(unit)).await)
}

fn state(stream: &str, expected: u64, number: u64) -> StateWrite {
    StateWrite {
        stream: name(stream),
        expected: Version::new(expected),
        id: Uuid::from_u128(u128::from(number)),
        time: DateTime::UNIX_EPOCH,
        change: StateChange::Put(Arc::from(&b"{}"[..])),
    }
}

/// Old and new ones, with a stream and in vain; read from the middle.
async fn write_states(store: &impl EventStore, round: u64) {
    let number = (round + 1) * 1_000_000;
    let new = format!("test::s-new-{round}");
    let stream = StreamAppend {
        stream: name("test::b-1"),
        expected: Expected::Any,
        events: events(PLAIN, [number + 100]),
    };
    let states = vec![
        state("test::s-7", round + 1, number),
        state(&new, 0, number),
    ];
    let Some(written) = append_states(store, vec![stream], states).await else {
        return;
    };
    written.unwrap();
    let stale = state("test::s-7", round + 1, number + 1);
    let stale = append_states(store, Vec::new(), vec![stale]).await;
    assert!(matches!(stale, Some(Err(AppendError::Conflict(_)))));
    let states = store.states().unwrap();
    let category = Category::new("test::s").unwrap();
    let listed = states.list(&category, Some(&name("test::s-500")), 10).await;
    assert_eq!(listed.unwrap().len(), 10);
    assert!(states.load(&name("test::s-7")).await.unwrap().is_some());
}

/// Everything that a store is there for, with few events each.
async fn exercise(store: &impl EventStore, round: u64) {
    read(store).await;
    write(store, round).await;
    write_states(store, round).await;
    store.head().await.unwrap();
    for version in [1, 2] {
        let saved = snapshots(store).save(snapshot("test::c-7", version)).await;
        saved.unwrap();
    }
    assert!(
        snapshots(store)
            .load(&name("test::c-7"))
            .await
            .unwrap()
            .is_some()
    );
    assert!(snapshots(store).delete(&name("test::c-7")).await.unwrap());
    assert!(
        snapshots(store)
            .load(&name("test::none-7"))
            .await
            .unwrap()
            .is_none()
    );
}

/// From the ends and from the middle.
async fn read(store: &impl EventStore) {
    let mut page = Page::new();
    for source in sources() {
        for (direction, detail) in [
            (Direction::Forwards, Detail::Full),
            (Direction::Forwards, Detail::Replay),
            (Direction::Backwards, Detail::Full),
        ] {
            let mut request = ReadRequest::new(source.clone());
            (request.direction, request.detail) = (direction, detail);
            request.max_events = FEW;
            store.read(&request, &mut page).await.unwrap();
            let is_none = match &source {
                Source::Stream { name, .. } => name.as_str().contains("none"),
                Source::Category { name, .. } => name.as_str().contains("none"),
                Source::All { .. } => false,
            };
            assert_eq!(page.len(), if is_none { 0 } else { FEW }, "{request:?}");
        }
    }
}

fn sources() -> Vec<Source> {
    let mut sources = Vec::new();
    for from in [None, Some(LONG / 2)] {
        for stream in ["test::a-1", "test::b-1", "test::none-1"] {
            sources.push(Source::Stream {
                name: name(stream),
                from: from.map(Version::new),
            });
        }
        sources.push(Source::All {
            from: from.map(Position::new),
        });
    }
    // The categories lie one behind the other.
    for (category, from) in [
        ("test::a", LONG / 2),
        ("test::b", LONG + LONG / 2),
        ("test::c", 2 * LONG + SHORT / 2),
        ("test::none", LONG),
    ] {
        for from in [None, Some(from)] {
            for group in [None, Some(ConsumerGroup::new(0, 2).unwrap())] {
                // All of one stream is one member's.
                if group.is_none() || ["test::c", "test::none"].contains(&category) {
                    sources.push(Source::Category {
                        name: Category::new(category).unwrap(),
                        from: from.map(Position::new),
                        group,
                    });
                }
            }
        }
    }
    sources
}

/// To streams that are and that are not there, to several at once, again, and in vain.
async fn write(store: &impl EventStore, round: u64) {
    let number = (round + 1) * 1_000_000;
    let new = format!("test::c-new-{round}");
    let alone = format!("test::c-alone-{round}");
    for (stream, expected, first, count) in [
        ("test::a-1", at(LONG + 3 * round), 10, 3),
        (new.as_str(), at(0), 20, 3),
        ("test::b-1", Expected::Any, 30, 3),
        (alone.as_str(), at(0), 60, 1),
        (alone.as_str(), at(1), 61, 1),
    ] {
        let first = number + first;
        let unit = unit(stream, expected, PLAIN, first..first + count);
        let written = repeat(store, &unit).await;
        if expected != Expected::Any {
            assert_eq!(repeat(store, &unit).await, written);
        }
    }
    let stale = unit("test::a-1", at(LONG / 2), PLAIN, [number + 40]);
    let conflict = store.append(stale).await;
    assert!(
        matches!(conflict, Err(AppendError::Conflict(_))),
        "{conflict:?}"
    );
    let several = (0..4).map(|nth| StreamAppend {
        stream: name(&format!("test::c-several-{round}-{nth}")),
        expected: at(0),
        events: events(PLAIN, [number + 50 + nth]),
    });
    let several = Append::all(several.collect()).unwrap();
    store.append(Arc::new(several)).await.unwrap();
    let checking = [
        ("test::a-1", at(LONG + 3 * (round + 1)), 0),
        ("test::b-1", Expected::Any, 1),
    ];
    let checking = checking.map(|(stream, expected, count)| StreamAppend {
        stream: name(stream),
        expected,
        events: events(PLAIN, (0..count).map(|nth| number + 70 + nth)),
    });
    let checking = Append::all(checking.into()).unwrap();
    store.append(Arc::new(checking)).await.unwrap();
    // Those that come while the first ones are written go together.
    let together = (0..16).map(|nth| {
        let stream = format!("test::c-together-{round}-{nth}");
        store.append(unit(&stream, at(0), PLAIN, [number + 80 + nth]))
    });
    for written in futures_util::future::join_all(together).await {
        written.unwrap();
    }
}

fn name(name: &str) -> StreamName {
    StreamName::new(name).expect("a proper name")
}

fn snapshots(store: &impl EventStore) -> &dyn SnapshotStore {
    store.snapshots().expect("the store keeps snapshots")
}

fn snapshot(stream: &str, version: u64) -> Snapshot {
    Snapshot {
        stream: name(stream),
        version: Version::new(version),
        time: DateTime::UNIX_EPOCH,
        fingerprint: Fingerprint::new(7),
        state: b"{}".to_vec(),
    }
}

/// For the sessions that are begun from now on.
async fn plan_by(admin: &Client, mode: &str) {
    let set = format!(
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET plan_cache_mode = {mode}', \
         current_database()); END $$"
    );
    admin.batch_execute(&set).await.unwrap();
}

/// The sessions of the store: what they ran is in the log then.
async fn have_ended(admin: &Client) {
    let left = "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1";
    until(async || {
        let row = admin.query_one(left, &[&STORE]).await.unwrap();
        (row.get::<_, i64>(0) == 0).then_some(())
    })
    .await;
}

/// A statement that was run, and how.
struct Ran {
    query: String,
    plan: Value,
}

/// What the sessions of the store ran, by what the server has logged: a line, and the plan in lines
/// that begin with a tab.
fn ran(log: &str) -> Vec<Ran> {
    let mut lines = log.lines().peekable();
    let mut ran = Vec::new();
    while let Some(line) = lines.next() {
        let Some(line) = line.strip_prefix(STORE) else {
            continue;
        };
        if !(line.starts_with("|LOG:  duration:") && line.ends_with("plan:")) {
            continue;
        }
        let mut json = String::new();
        while let Some(line) = lines.next_if(|line| line.starts_with('\t')) {
            json.push_str(line);
        }
        let logged: Value = serde_json::from_str(&json).expect("the log holds plans as JSON");
        ran.push(Ran {
            query: logged["Query Text"].as_str().unwrap_or_default().to_owned(),
            plan: logged["Plan"].clone(),
        });
    }
    ran
}

impl Ran {
    /// What is wrong with the plan, each with all of the plan.
    fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        look(&self.plan, &mut faults);
        let told = |fault| format!("{fault}:\n{}\n{}", self.query, self.plan);
        faults.into_iter().map(told).collect()
    }
}

fn look(step: &Value, faults: &mut Vec<String>) {
    let number = |name: &str| step[name].as_f64().unwrap_or_default();
    let kind = step["Node Type"].as_str().unwrap_or_default();
    let steps = step["Plans"].as_array().map_or(&[][..], Vec::as_slice);
    let rows = |step: &Value| {
        let number = |name: &str| step[name].as_f64().unwrap_or_default();
        (number("Actual Rows") + number("Rows Removed by Filter")) * number("Actual Loops")
    };
    if let Some(table) = step["Relation Name"]
        .as_str()
        .filter(|_| kind != "ModifyTable")
    {
        if !kind.starts_with("Index") {
            faults.push(format!("`{table}` is read by a {kind}"));
        }
        if rows(step) > MOST_ROWS {
            faults.push(format!("{} rows of `{table}` are looked at", rows(step)));
        }
        let blocks = number("Shared Hit Blocks") + number("Shared Read Blocks");
        if blocks > MOST_BLOCKS {
            faults.push(format!("{blocks} blocks of `{table}` are looked at"));
        }
    }
    if kind.contains("Sort") && steps.iter().map(rows).sum::<f64>() > MOST_SORTED {
        faults.push("there is a sort".to_owned());
    }
    for step in steps {
        look(step, faults);
    }
}
