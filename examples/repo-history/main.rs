//! Imports the history of a git repository as events, and shows its tree at any commit.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use clap::Parser;
use es_core::Aggregate as _;
use es_examples::repo_history::archive::{Archive, LogEntry, find};
use es_examples::repo_history::import::{Imported, import};
use es_examples::repo_history::model::Content;
use es_examples::repo_history::source::{self, Commit};
use es_examples::repo_history::tree;
use es_stores::{SqliteOptions, SqliteStore, Synchronous};
use indicatif::{ProgressBar, ProgressStyle};

/// The history beside this file, which is imported unless another is named.
const SHIPPED: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/repo-history/data/serde-history.jsonl.gz"
);

/// Imports the history of a git repository as events and shows its tree at any commit.
///
/// Every file is an aggregate with the events Added, Modified, Renamed and Deleted, and keeps its
/// identity over renames. A second run goes on where the history has grown.
#[derive(Parser)]
#[command(name = "repo-history", after_help = EXAMPLES)]
struct Options {
    /// A git repository, or a data file whose name ends in `.jsonl.gz`; without it, the history of
    /// serde that comes with this example
    source: Option<PathBuf>,

    /// The SQLite file to import into, or the URI of any store; may hold several histories
    #[arg(long, value_name = "FILE or URI", default_value = "repo-history.db")]
    store: String,

    /// Show the tree at this commit, by its hash or the beginning of it; the last one by default
    #[arg(long, value_name = "COMMIT")]
    at: Option<String>,

    /// Show the life of the file at this path instead of the tree
    #[arg(long, value_name = "PATH")]
    life: Option<String>,
}

const EXAMPLES: &str = "\
Examples:
  cargo run --release --example repo-history
  cargo run --release --example repo-history -- --at 1023d07
  cargo run --release --example repo-history -- --life serde/Cargo.toml
  cargo run --release --example repo-history -- path/to/repository --store /tmp/history.db
  cargo run --release --example repo-history -- --store postgres://es:es@localhost:5432/bank

The tree is printed as `git ls-tree -r COMMIT` prints it; everything else goes to standard error.";

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let source = options.source.as_deref().unwrap_or(Path::new(SHIPPED));
    let commits = source::read(source)?;
    let archive = open(&options.store).await?;

    let started = Instant::now();
    let bar = progress_bar(commits.len());
    let imported = import(&archive, &commits, |_| bar.inc(1)).await;
    bar.finish_and_clear();
    tell(&imported?, source, started.elapsed());

    let log = log_until(&archive, &commits, options.at.as_deref()).await?;
    match &options.life {
        Some(path) => show_life(&archive, &log, path).await,
        None => show_tree(&archive, &log).await,
    }
}

/// A commit of SQLite need not wait for the disk here: what the loss of power takes away is
/// imported again.
async fn open(store: &str) -> anyhow::Result<Archive> {
    if store.contains("://") {
        return Ok(Archive::new(es_stores::connect(store).await?)?);
    }
    let options = SqliteOptions::new().synchronous(Synchronous::Normal);
    Ok(Archive::new(SqliteStore::open_with(store, options).await?)?)
}

/// Hidden by itself where standard error is no terminal.
fn progress_bar(commits: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {human_pos} of {human_len} commits, {eta}");
    let style = style.expect("the template is well-formed");
    ProgressBar::new(commits as u64).with_style(style)
}

fn tell(imported: &Imported, source: &Path, took: Duration) {
    let path = source.canonicalize().unwrap_or_default();
    let name = path.file_name().unwrap_or(source.as_os_str()).display();
    let Imported {
        commits_before,
        commits,
        changes,
    } = imported;
    if *commits == 0 {
        eprintln!("{name}: all {commits_before} commits were imported before");
    } else {
        let seconds = took.as_secs_f64();
        eprintln!("{name}: imported {commits} commits with {changes} changes in {seconds:.1} s");
    }
}

/// The log up to the commit asked for, or to the last commit of the history.
async fn log_until(
    archive: &Archive,
    commits: &[Commit],
    at: Option<&str>,
) -> anyhow::Result<Vec<LogEntry>> {
    let mut log = archive.log(&commits[0].hash).await?;
    if let Some(hash) = at {
        log.truncate(find(&log, hash)? + 1);
    }
    Ok(log)
}

async fn show_tree(archive: &Archive, log: &[LogEntry]) -> anyhow::Result<()> {
    let files = tree::at(archive, log).await?;
    if let Some(last) = log.last() {
        let (number, count) = (log.len(), files.len());
        eprintln!("commit {} (number {number}): {count} files", last.commit);
    }
    print(files.iter().map(|(path, file)| {
        let Content { mode, blob } = file.content();
        let kind = if mode == "160000" { "commit" } else { "blob" };
        format!("{mode} {kind} {blob}\t{path}\n")
    }))
}

async fn show_life(archive: &Archive, log: &[LogEntry], path: &str) -> anyhow::Result<()> {
    let files = tree::at(archive, log).await?;
    let file = files
        .get(path)
        .with_context(|| format!("there is no `{path}` at this commit"))?;
    let mut lines = Vec::new();
    let mut life = archive.files.history(file.id());
    while let Some(entry) = life.next().await? {
        let (time, event) = (entry.metadata.time, &entry.metadata.event_type);
        lines.push(format!("{time}  {event:<24}  {}\n", entry.state.path()));
    }
    print(lines)
}

/// Prints until the reader has seen enough, as `head` has after ten lines.
fn print(lines: impl IntoIterator<Item = String>) -> anyhow::Result<()> {
    let text = lines.into_iter().collect::<String>();
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}
