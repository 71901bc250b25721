//! Measures the framework beside its peers and beside what the machine can do.

mod growth;
mod limits;
mod ours;
mod peers;
mod places;
mod race;
mod report;
mod waiting;

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::{Args, Parser, Subcommand};
use es_bench_race::{Effort, Scenario, Venue};
use indicatif::{ProgressBar, ProgressStyle};

use crate::peers::Peers;
use crate::places::Places;
use crate::race::Race;
use crate::report::{Machine, Report, growth_table, plot, race_table, waiting_table};

/// Measures the framework beside its peers, and beside the raw drivers doing the same durable work.
///
/// Each round measures every contestant in turn, so that a noisy machine is fair to all; a figure is
/// the median of the rounds. "Of the limit" is the median of the ratios, round by round, to the
/// fastest way of doing the same by the raw driver.
#[derive(Parser)]
#[command(name = "es-bench", after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

const EXAMPLES: &str = "\
Examples:
  cargo run --release -p es-bench -- all
  cargo run --release -p es-bench -- all --quick
  cargo run --release -p es-bench -- race --venue postgres --scenario append-1 --no-peers
  cargo run --release -p es-bench -- all --json results.json --plot docs/performance.svg

PostgreSQL is started in a temporary folder, with the durable settings of a real server, and stopped
at the end. The peers are a workspace of their own in benches/peers, built when first raced.";

#[derive(Subcommand)]
enum Verb {
    /// The race, the wait and the growth, in one table each.
    All(Options),
    /// Every scenario, contestant by contestant.
    Race(Options),
    /// From an append to a waiting reader's hands.
    Waiting(Options),
    /// What a store's size does.
    Growth(Options),
    /// The names of venues and scenarios.
    List,
    #[command(hide = true)]
    Reader { venue: String, way: String },
}

#[derive(Args, Clone)]
struct Options {
    /// Less than a minute: small stores, short samples, fewer scenarios and no growth.
    #[arg(long)]
    quick: bool,
    /// Only here; may be given several times. See `list`.
    #[arg(long, value_name = "NAME")]
    venue: Vec<String>,
    /// Only scenarios of this key, or with this in their text; may be given several times.
    #[arg(long, value_name = "NAME")]
    scenario: Vec<String>,
    /// Only contestants whose name begins so, as ours do with `es`; may be given several times.
    #[arg(long, value_name = "NAME")]
    contestant: Vec<String>,
    /// How many times each contestant is measured [default: 5, with --quick 2].
    #[arg(long, value_name = "N")]
    rounds: Option<usize>,
    /// How long a sample lasts [default: 0.5, with --quick 0.03].
    #[arg(long)]
    seconds: Option<f64>,
    /// Leave the peers out.
    #[arg(long)]
    no_peers: bool,
    /// The largest store whose growth is measured.
    #[arg(long, value_name = "EVENTS", default_value_t = 1_000_000)]
    growth_to: u64,
    /// Write everything that was measured to this file too, each sample of it.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Draw the race.
    #[arg(long, value_name = "FILE.svg")]
    plot: Option<PathBuf>,
}

fn main() -> Result<()> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?
        .block_on(run(Cli::parse().verb))
}

async fn run(verb: Verb) -> Result<()> {
    let parts = |race, waiting, growth| Parts {
        race,
        waiting,
        growth,
    };
    let (parts, options) = match verb {
        Verb::All(options) => (parts(true, true, !options.quick), options),
        Verb::Race(options) => (parts(true, false, false), options),
        Verb::Waiting(options) => (parts(false, true, false), options),
        Verb::Growth(options) => (parts(false, false, true), options),
        Verb::List => {
            list();
            return Ok(());
        }
        Verb::Reader { venue, way } => return waiting::reader(venue_of(&venue)?, &way).await,
    };
    if cfg!(debug_assertions) {
        eprintln!("es-bench: this is no release build, its figures mean nothing: add --release");
    }
    let report = options.measure(&parts).await?;
    options.write(&report)
}

/// What is measured.
struct Parts {
    race: bool,
    waiting: bool,
    growth: bool,
}

impl Options {
    async fn measure(&self, parts: &Parts) -> Result<Report> {
        let rounds = self.rounds.unwrap_or(if self.quick { 2 } else { 5 }).max(1);
        let seconds = self.seconds.unwrap_or(if self.quick { 0.03 } else { 0.5 });
        let quick = self.quick;
        let venues = self.venues()?;
        let mut report = Report {
            machine: Machine::this(rounds, seconds),
            race: Vec::new(),
            waiting: Vec::new(),
            growth: Vec::new(),
        };
        let mut places = Places::new()?;
        let bar = bar();
        if parts.race {
            let peers = match self.no_peers {
                true => None,
                false => Some(Peers::start().await?),
            };
            let race = Race {
                venues: venues.clone(),
                scenarios: self.scenario.clone(),
                contestants: self.contestant.clone(),
                rounds,
                effort: Effort { seconds, quick },
            };
            report.race = race.run(&mut places, peers.as_ref(), &bar).await?;
        }
        if parts.waiting {
            let appends = if quick { 20 } else { 500 };
            bar.reset();
            bar.set_length((2 * appends * venues.len()) as u64);
            for venue in &venues {
                let rows = waiting::waiting(*venue, appends, &mut places, &bar).await?;
                report.waiting.extend(rows);
            }
        }
        if parts.growth {
            bar.reset();
            bar.set_length(self.growth_to * venues.len() as u64);
            for venue in &venues {
                let rows = growth::growth(*venue, self.growth_to, &mut places, &bar).await?;
                report.growth.extend(rows);
            }
        }
        bar.finish_and_clear();
        Ok(report)
    }

    fn venues(&self) -> Result<Vec<Venue>> {
        if self.venue.is_empty() {
            return Ok(Venue::ALL.to_vec());
        }
        self.venue.iter().map(|name| venue_of(name)).collect()
    }

    fn write(&self, report: &Report) -> Result<()> {
        println!("{}", report.machine);
        if !report.race.is_empty() {
            println!("{}", race_table(&report.race));
        }
        if !report.waiting.is_empty() {
            println!("### From an append to a waiting reader's hands\n");
            println!("{}", waiting_table(&report.waiting));
        }
        if !report.growth.is_empty() {
            println!("### What a store's size does\n");
            println!("{}", growth_table(&report.growth));
        }
        if let Some(file) = &self.json {
            let json = serde_json::to_vec_pretty(report)?;
            std::fs::write(file, json).with_context(|| file.display().to_string())?;
        }
        if let Some(file) = &self.plot {
            std::fs::write(file, plot(report)).with_context(|| file.display().to_string())?;
        }
        Ok(())
    }
}

fn venue_of(name: &str) -> Result<Venue> {
    let found = Venue::ALL.into_iter().find(|venue| venue.key() == name);
    found.with_context(|| {
        let names = Venue::ALL.map(Venue::key).join(", ");
        format!("there is no venue `{name}`; there are {names}")
    })
}

fn list() {
    for venue in Venue::ALL {
        println!("{:<16} {venue}", venue.key());
        for scenario in Scenario::of(venue) {
            println!("  {:<24} {scenario} ({})", scenario.key(), scenario.unit());
        }
    }
}

/// On a terminal; nowhere else.
fn bar() -> ProgressBar {
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} {elapsed} {wide_msg}") {
        bar.set_style(style);
    }
    bar
}
