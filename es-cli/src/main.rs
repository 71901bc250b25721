//! The command `es`: what happens in a store, seen, searched, explained and moved.
#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    es_cli::main()
}
