//! `es snapshots list`, `create` and `delete`.

use clap::Args;
use es_core::store::StreamsRequest;
use es_core::stream::StreamName;
use serde::Serialize;
use serde_json::json;

use super::{life, nothing};
use crate::catalog;
use crate::failure::Failure;
use crate::output::{Column, Outcome, Progress, Table, Time, bytes, counted, grouped};
use crate::session::Session;
use crate::source::Target;

/// Lists snapshots: of which stream, at which version, and of which size
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  es snapshots list
  es snapshots list --json")]
pub(crate) struct List {
    /// Ends with 1 where there are none
    #[arg(long)]
    strict: bool,
}

/// Makes snapshots of one aggregate, or of all of a category
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  bank snapshots create bank::bank_account-0192a7e0
  bank snapshots create bank::bank_account

A snapshot is a state, so this needs a program that knows the types: one that
calls `es_cli::run`.")]
pub(crate) struct Create {
    /// An aggregate's stream, or a category
    #[arg(value_name = "STREAM")]
    target: Target,
}

/// Deletes the snapshot of a stream, or all: they are a cache, so no result changes
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  es snapshots delete bank::bank_account-0192a7e0
  es snapshots delete --all")]
pub(crate) struct Delete {
    /// The aggregate's stream
    #[arg(
        value_name = "STREAM",
        required_unless_present = "all",
        conflicts_with = "all"
    )]
    target: Option<Target>,
    /// All snapshots of the store
    #[arg(long)]
    all: bool,
    /// Ends with 1 where there was none
    #[arg(long)]
    strict: bool,
}

#[derive(Serialize)]
struct Row<'a> {
    stream: &'a str,
    version: u64,
    time: Time,
    fingerprint: String,
    bytes: u64,
}

/// So many are asked for at a time.
const PAGE: usize = 1_000;

impl List {
    pub(crate) async fn run(self, session: &mut Session) -> Result<Outcome, Failure> {
        let store = session.store().await?;
        let Some(catalog) = store.catalog() else {
            return Err(Failure::failed("this store can not list its snapshots"));
        };
        let out = &mut session.out;
        let mut table = Table::new([
            Column::text("Stream").gives_way(20),
            Column::number("Version"),
            Column::text("Time"),
            Column::text("Made by"),
            Column::number("Bytes"),
        ]);
        let (mut count, mut after) = (0, None::<StreamName>);
        loop {
            let snapshots = catalog.snapshots(after.as_ref(), PAGE).await?;
            for snapshot in &snapshots {
                count += 1;
                let fingerprint = format!("{:016x}", snapshot.fingerprint.get());
                if out.json() {
                    out.row(&Row {
                        stream: snapshot.stream.as_str(),
                        version: snapshot.version.get(),
                        time: Time(snapshot.time),
                        fingerprint,
                        bytes: snapshot.bytes,
                    })?;
                } else {
                    let cells = vec![
                        snapshot.stream.to_string(),
                        grouped(snapshot.version.get()),
                        out.time(snapshot.time),
                        fingerprint,
                        bytes(snapshot.bytes),
                    ];
                    table.row(out, cells)?;
                }
            }
            if snapshots.len() < PAGE {
                break;
            }
            after = snapshots.last().map(|last| last.stream.clone());
        }
        table.flush(out)?;
        let data = json!({ "snapshots": count });
        if count == 0 {
            let outcome = nothing(session, self.strict, "the store has no snapshots");
            return Ok(Outcome { data, ..outcome });
        }
        Ok(Outcome::of(data))
    }
}

impl Create {
    pub(crate) async fn run(self, session: &mut Session) -> Result<Outcome, Failure> {
        let (category, one) = match &self.target {
            Target::Stream(stream) => (stream.category(), Some(stream.clone())),
            Target::Category(category) => (category.clone(), None),
            Target::All => {
                return Err(Failure::usage("snapshots are made category by category")
                    .help("name a stream or a category, as in `bank::bank_account`"));
            }
        };
        let known = session.domain().cloned();
        let known = known.and_then(|domain| Some((domain.aggregate_of(&category)?, domain)));
        let Some((aggregate, domain)) = known else {
            let target = self.target.to_string();
            return Err(life::unknown(session, "snapshots create", &target));
        };
        let store = session.store().await?;
        let mut request = StreamsRequest {
            category: Some(category),
            after: None,
            max: PAGE,
        };
        let (mut count, mut last) = (0, None);
        let mut progress = Progress::of("snapshots of", None);
        loop {
            let streams = match &one {
                Some(stream) => vec![stream.clone()],
                None => {
                    let streams = catalog::streams(&*store, &request).await?;
                    streams.into_iter().map(|entry| entry.stream).collect()
                }
            };
            for stream in &streams {
                last = Some(aggregate.snapshot(&domain, stream).await?);
                count += 1;
            }
            progress.advance(streams.len() as u64);
            if one.is_some() || streams.len() < PAGE {
                break;
            }
            request.after = streams.last().cloned();
        }
        progress.finish();
        if !session.out.json() {
            let at = match (&one, last) {
                (Some(stream), Some(version)) => format!(" of `{stream}` at version {version}"),
                _ => format!(" of `{}`", self.target),
            };
            session
                .out
                .line(format!("made {}{at}", counted(count, "snapshot")))?;
        }
        Ok(Outcome::of(json!({ "created": count })))
    }
}

impl Delete {
    pub(crate) async fn run(self, session: &mut Session) -> Result<Outcome, Failure> {
        let store = session.store().await?;
        let Some(snapshots) = store.snapshots() else {
            return Err(Failure::failed("this store keeps no snapshots"));
        };
        let (deleted, of) = match self.target {
            Some(target) => {
                let stream = target.stream("snapshots delete")?;
                let deleted = snapshots.delete(&stream).await?;
                (u64::from(deleted), format!(" of `{stream}`"))
            }
            None => (snapshots.delete_all().await?, String::new()),
        };
        let data = json!({ "deleted": deleted });
        if deleted == 0 {
            let outcome = nothing(session, self.strict, &format!("there is no snapshot{of}"));
            return Ok(Outcome { data, ..outcome });
        }
        if !session.out.json() {
            session
                .out
                .line(format!("deleted {}{of}", counted(deleted, "snapshot")))?;
        }
        Ok(Outcome::of(data))
    }
}
