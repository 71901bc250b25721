//! `es verify`.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher as _, RandomState};

use clap::Args;
use es_core::Domain;
use es_core::record::{RecordedEvent, Source};
use es_core::store::{EventStore, EventStoreExt as _};
use es_core::stream::{Category, Position};
use serde::Serialize;
use serde::de::IgnoredAny;
use serde_json::json;

use crate::failure::{Failure, chain};
use crate::output::{Column, Look, Outcome, Output, Progress, Table, counted};
use crate::session::Session;
use crate::walk::Walk;

/// Walks through the store and tells what ought not to be; ends with 1 where there is any
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  es verify
  es verify --json | jq -c '.row // empty'

Looks for versions that are missing or come twice, positions that go back, ids
that stand twice, payloads and metadata that are no JSON, and snapshots that are
ahead of their stream. A program that knows the types (see `es_cli::run`) also
tells the events that it can not read.")]
pub(crate) struct Verify {
    /// Tells at most so many one by one
    #[arg(long, value_name = "FINDINGS", default_value_t = 100)]
    limit: u64,
}

/// So many streams and ids are remembered at a time: a larger store is walked through several times.
const REMEMBERED: u64 = 500_000;

/// What is told, one by one up to a limit, and counted.
struct Findings<'a> {
    out: &'a mut Output,
    table: Table,
    limit: u64,
    count: u64,
}

#[derive(Serialize)]
struct Row<'a> {
    finding: &'a str,
    stream: &'a str,
    version: u64,
    position: Option<u64>,
    detail: &'a str,
}

impl Findings<'_> {
    fn tell(
        &mut self,
        finding: &str,
        (stream, version, position): (&str, u64, Option<u64>),
        detail: &str,
    ) -> Result<(), Failure> {
        self.count += 1;
        if self.count > self.limit {
            return Ok(());
        }
        if self.out.json() {
            return Ok(self.out.row(&Row {
                finding,
                stream,
                version,
                position,
                detail,
            })?);
        }
        let cells = vec![
            finding.to_owned(),
            stream.to_owned(),
            version.to_string(),
            position
                .map(|position| position.to_string())
                .unwrap_or_default(),
            detail.to_owned(),
        ];
        Ok(self.table.row(self.out, cells)?)
    }

    fn of(
        &mut self,
        finding: &str,
        event: &RecordedEvent<'_>,
        detail: &str,
    ) -> Result<(), Failure> {
        let place = (
            &*event.stream,
            event.version.get(),
            Some(event.position.get()),
        );
        self.tell(finding, place, detail)
    }
}

impl Verify {
    pub(crate) async fn run(self, session: &mut Session) -> Result<Outcome, Failure> {
        let store = session.store().await?;
        let head = store.head().await?;
        let passes = head.get().div_ceil(REMEMBERED).max(1);
        let table = Table::new([
            Column::text("Finding").look(Look::Bad),
            Column::text("Stream").gives_way(16),
            Column::number("Version"),
            Column::number("Position"),
            Column::text("Detail").gives_way(20),
        ]);
        let domain = session.domain().cloned();
        let mut findings = Findings {
            out: &mut session.out,
            table,
            limit: self.limit,
            count: 0,
        };
        let mut progress = Progress::of("verifying", Some(head.get() * passes));
        let mut events = 0;
        for pass in 0..passes {
            let of_pass = Pass::new(pass, passes, domain.as_ref());
            events = of_pass
                .walk(&*store, head, &mut findings, &mut progress)
                .await?;
        }
        progress.finish();
        let snapshots = verify_snapshots(&*store, &mut findings).await?;
        let Findings { table, count, .. } = findings;
        let mut table = table;
        table.flush(&mut session.out)?;
        if !session.out.json() {
            let verdict = match count {
                0 => "nothing is wrong".to_owned(),
                count => counted(count, "finding"),
            };
            let seen = counted(events, "event");
            let snapshots = counted(snapshots, "snapshot");
            session
                .out
                .line(format!("{seen} and {snapshots}: {verdict}"))?;
        }
        Ok(Outcome {
            found: count > 0,
            data: json!({ "events": events, "snapshots": snapshots, "findings": count }),
        })
    }
}

/// One walk through everything: streams and ids are shared out among the passes by chance, what needs
/// no memory is looked at in the first.
struct Pass {
    number: u64,
    of: u64,
    hash: [RandomState; 2],
    versions: HashMap<u128, u64>,
    ids: HashSet<u128>,
    /// Where the program knows types.
    domain: Option<Domain>,
}

impl Pass {
    fn new(number: u64, of: u64, domain: Option<&Domain>) -> Self {
        Self {
            number,
            of,
            hash: [RandomState::new(), RandomState::new()],
            versions: HashMap::new(),
            ids: HashSet::new(),
            domain: domain.cloned(),
        }
    }

    async fn walk(
        mut self,
        store: &dyn EventStore,
        head: Position,
        findings: &mut Findings<'_>,
        progress: &mut Progress,
    ) -> Result<u64, Failure> {
        let (mut events, mut last) = (0, Position::START);
        let mut walk = Walk::new(store, Source::All { from: None });
        while let Some(page) = walk.next_page().await? {
            for event in page.iter().filter(|event| event.position <= head) {
                events += 1;
                if self.number == 0 {
                    if event.position <= last {
                        let detail = format!("it follows position {last}");
                        findings.of("position goes back", &event, &detail)?;
                    }
                    last = event.position;
                    check_bytes(&event, findings)?;
                    if let Some(domain) = &self.domain {
                        check_type(domain, &event, findings)?;
                    }
                }
                self.check_version(&event, findings)?;
                self.check_id(&event, findings)?;
            }
            progress.advance(page.len() as u64);
            if page.last().is_some_and(|last| last.position > head) {
                break;
            }
        }
        Ok(events)
    }

    fn check_version(
        &mut self,
        event: &RecordedEvent<'_>,
        findings: &mut Findings<'_>,
    ) -> Result<(), Failure> {
        let [a, b] = self
            .hash
            .each_ref()
            .map(|hash| hash.hash_one(&*event.stream));
        // The same in every pass: the hashers are not.
        if share(event.stream.as_bytes()) % self.of != self.number {
            return Ok(());
        }
        let key = (u128::from(a) << 64) | u128::from(b);
        let before = self.versions.insert(key, event.version.get()).unwrap_or(0);
        match event.version.get() {
            version if version == before + 1 => Ok(()),
            version if version <= before => {
                let detail = format!("it follows version {before}");
                findings.of("version comes twice", event, &detail)
            }
            _ => {
                let detail = format!("version {} was expected", before + 1);
                findings.of("version is missing", event, &detail)
            }
        }
    }

    fn check_id(
        &mut self,
        event: &RecordedEvent<'_>,
        findings: &mut Findings<'_>,
    ) -> Result<(), Failure> {
        let id = event.id.as_u128();
        if share(event.id.as_bytes()) % self.of != self.number || self.ids.insert(id) {
            return Ok(());
        }
        findings.of("id stands twice", event, &event.id.to_string())
    }
}

/// FNV-1a: by which streams and ids are shared out among passes.
fn share(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    }) >> 16
}

fn check_bytes(event: &RecordedEvent<'_>, findings: &mut Findings<'_>) -> Result<(), Failure> {
    if let Err(error) = serde_json::from_slice::<IgnoredAny>(&event.data) {
        findings.of("payload is no JSON", event, &error.to_string())?;
    }
    if let Err(error) = event.metadata() {
        findings.of("metadata does not read", event, &error.to_string())?;
    }
    Ok(())
}

/// Whether the program can read it. Streams of other domains, and what is kept beside an aggregate's
/// stream (`bank::account:command`), are none of its business.
fn check_type(
    domain: &Domain,
    event: &RecordedEvent<'_>,
    findings: &mut Findings<'_>,
) -> Result<(), Failure> {
    let category = event.stream.split('-').next().unwrap_or_default();
    let of_domain = category.split_once("::");
    let of_domain = of_domain.filter(|(name, _)| *name == domain.name().as_str());
    if of_domain.is_none_or(|(_, category)| category.contains(':')) {
        return Ok(());
    }
    match domain.aggregate_of(&Category::new(category)?) {
        Some(aggregate) => match aggregate.check(domain, event) {
            Ok(()) => Ok(()),
            Err(error) => findings.of("event is not known", event, &chain(&error)),
        },
        None => {
            let detail = format!("no aggregate of this program has the category `{category}`");
            findings.of("event is not known", event, &detail)
        }
    }
}

/// Each snapshot beside its stream; answers how many there are.
async fn verify_snapshots(
    store: &dyn EventStore,
    findings: &mut Findings<'_>,
) -> Result<u64, Failure> {
    const PAGE: usize = 1_000;
    let Some(catalog) = store.catalog() else {
        return Ok(0);
    };
    let (mut count, mut after) = (0, None);
    loop {
        let snapshots = catalog.snapshots(after.as_ref(), PAGE).await?;
        for snapshot in &snapshots {
            count += 1;
            let last = store.read_last(&snapshot.stream).await?;
            let last = last.map_or(es_core::Version::EMPTY, |last| last.version);
            if snapshot.version > last {
                let place = (snapshot.stream.as_str(), snapshot.version.get(), None);
                let detail = format!("the stream is at version {last}");
                findings.tell("snapshot is ahead", place, &detail)?;
            }
        }
        if snapshots.len() < PAGE {
            return Ok(count);
        }
        after = snapshots.last().map(|last| last.stream.clone());
    }
}
