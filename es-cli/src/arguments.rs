//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::verbs;

/// What happens in a store of events: seen, searched, explained and moved.
#[derive(Debug, Parser)]
#[command(
    name = "es",
    version,
    about,
    max_term_width = 100,
    subcommand_required = true,
    arg_required_else_help = true,
    after_help = "\
Examples:
  es events read bank::bank_account-0192a7e0      one aggregate's events
  es --store sqlite://bank.db events stats        what there is
  es events trace request-7                       what one request caused

The store is the one of `--store`, of the variable ES_STORE_URI, or of the
`domain.toml` in the working folder or up to two parents, with the overlay that
ES_ENV names.

Exit codes: 0 done, 1 something was found or failed, 2 the command line or the
configuration is wrong, 3 the store can not be reached."
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

/// What every verb takes.
#[derive(Args, Clone, Debug)]
pub(crate) struct Common {
    /// The store: `sqlite://bank.db`, `postgres://…`, `message-db://…`
    #[arg(long, global = true, value_name = "URI", help_heading = "Store")]
    pub(crate) store: Option<String>,
    /// The `domain.toml` that names the store
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        conflicts_with = "store",
        help_heading = "Store"
    )]
    pub(crate) config: Option<PathBuf>,
    /// Writes JSON: a row a line, and an envelope at the end
    #[arg(long, global = true, help_heading = "Output")]
    pub(crate) json: bool,
    /// Shows times in UTC; they are local otherwise
    #[arg(long, global = true, help_heading = "Output")]
    pub(crate) utc: bool,
    /// Whether to use colours
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        hide_default_value = true,
        help_heading = "Output"
    )]
    pub(crate) color: ColorChoice,
    /// Shows the output page by page, by the program that PAGER names
    #[arg(long, global = true, help_heading = "Output")]
    pub(crate) pager: bool,
}

impl Common {
    pub(crate) fn names_a_store(&self) -> bool {
        self.store.is_some() || self.config.is_some()
    }
}

/// When colours are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorChoice {
    /// On a terminal, unless `NO_COLOR` is set
    Auto,
    /// Also in a pipe
    Always,
    /// Never
    Never,
}

/// What can be done.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Reads, searches, explains and moves events
    #[command(subcommand)]
    Events(Events),
    /// Lists streams
    #[command(subcommand)]
    Streams(Streams),
    /// Lists, makes and deletes snapshots
    #[command(subcommand)]
    Snapshots(Snapshots),
    /// Tells about the store, and makes its tables
    #[command(subcommand)]
    Store(Store),
    Verify(verbs::verify::Verify),
    New(verbs::new::New),
    Completions(verbs::completions::Completions),
    Man(verbs::man::Man),
}

/// What can be done with events.
#[derive(Debug, Subcommand)]
pub(crate) enum Events {
    Read(verbs::read::Read),
    Stats(verbs::stats::Stats),
    Search(verbs::search::Search),
    History(verbs::history::History),
    Trace(verbs::trace::Trace),
    Tail(verbs::tail::Tail),
    Export(verbs::export::Export),
    Import(verbs::import::Import),
    Copy(verbs::copy::Copy),
}

/// What can be done with streams.
#[derive(Debug, Subcommand)]
pub(crate) enum Streams {
    List(verbs::streams::List),
}

/// What can be done with snapshots.
#[derive(Debug, Subcommand)]
pub(crate) enum Snapshots {
    List(verbs::snapshots::List),
    Create(verbs::snapshots::Create),
    Delete(verbs::snapshots::Delete),
}

/// What can be done with a store.
#[derive(Debug, Subcommand)]
pub(crate) enum Store {
    Info(verbs::store::Info),
    Sql(verbs::store::Sql),
    Migrate(verbs::store::Migrate),
}

impl Verb {
    /// Its name, as it is written.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Events(events) => match events {
                Events::Read(_) => "events read",
                Events::Stats(_) => "events stats",
                Events::Search(_) => "events search",
                Events::History(_) => "events history",
                Events::Trace(_) => "events trace",
                Events::Tail(_) => "events tail",
                Events::Export(_) => "events export",
                Events::Import(_) => "events import",
                Events::Copy(_) => "events copy",
            },
            Self::Streams(Streams::List(_)) => "streams list",
            Self::Snapshots(snapshots) => match snapshots {
                Snapshots::List(_) => "snapshots list",
                Snapshots::Create(_) => "snapshots create",
                Snapshots::Delete(_) => "snapshots delete",
            },
            Self::Store(store) => match store {
                Store::Info(_) => "store info",
                Store::Sql(_) => "store sql",
                Store::Migrate(_) => "store migrate",
            },
            Self::Verify(_) => "verify",
            Self::New(_) => "new",
            Self::Completions(_) => "completions",
            Self::Man(_) => "man",
        }
    }
}
