//! The command `es` as a library: the verbs of the command line for a program that knows its types.
//!
//! ```no_run
//! # use es_core::prelude::*;
//! # #[event] pub struct Opened {}
//! # #[aggregate(event_sourced)] pub struct Account {}
//! # #[aggregate] impl Account { #[apply] fn opened(_: Opened) -> Self { Self {} } }
//! #[tokio::main]
//! async fn main() -> Result<std::process::ExitCode, Box<dyn std::error::Error>> {
//!     let config = es_stores::Config::load()?.as_it_is();
//!     let domain = config.builder().await?.aggregate::<Account>().build()?;
//!     Ok(es_cli::run(domain).await)
//! }
//! ```
//!
//! Beside what `es` does, such a program shows in `events history` the state after each event, and
//! by `--at` and `--diff` the states themselves; `snapshots create` makes snapshots, and `verify`
//! knows which types of events there are.
//!
//! Standard output is for what was asked for, standard error for everything else. What ends a run
//! is told by its exit code: 0 it is done, 1 something was found or failed, 2 the command line or
//! the configuration is wrong, 3 the store can not be reached.
#![forbid(unsafe_code)]

mod arguments;
mod catalog;
mod changes;
mod failure;
mod filter;
mod opening;
mod output;
mod session;
mod source;
mod times;
mod transfer;
mod verbs;
mod walk;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser as _;
use es_core::Domain;

use arguments::Arguments;
use failure::Failure;
use session::Program;

/// Runs the command line of a program that knows its types, on its `domain`, and answers the exit
/// code.
pub async fn run(domain: Domain) -> ExitCode {
    run_with(domain, std::env::args_os()).await
}

/// As [`run`], with these arguments, of which the first is the program's name.
pub async fn run_with(
    domain: Domain,
    arguments: impl IntoIterator<Item = impl Into<OsString> + Clone>,
) -> ExitCode {
    match Arguments::try_parse_from(arguments) {
        Ok(arguments) => verbs::run(arguments, Program::Knowing(domain)).await,
        Err(error) => failure::of_usage(&error),
    }
}

/// The command `es`, with the arguments of the process.
#[must_use = "it is the exit code of the process"]
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return failure::of_usage(&error),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    match runtime {
        Ok(runtime) => runtime.block_on(verbs::run(arguments, Program::Plain)),
        Err(error) => Failure::failed(format!("no threads can be started: {error}")).told(),
    }
}
