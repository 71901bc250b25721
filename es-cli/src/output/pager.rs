//! The pager, for who asks for it.

use std::process::{Child, ChildStdin, Command, Stdio};

use crate::failure::Failure;

/// A program that shows text page by page.
#[derive(Debug)]
pub(super) struct Pager {
    child: Child,
}

impl Pager {
    /// What `PAGER` says, else `less`, which keeps colours and leaves one screen alone.
    pub(super) fn start() -> Result<Self, Failure> {
        let said = std::env::var("PAGER").ok().filter(|said| !said.is_empty());
        let said = said.unwrap_or_else(|| "less -FRX".to_owned());
        let mut words = said.split_whitespace();
        let program = words.next().unwrap_or("less");
        let child = Command::new(program)
            .args(words)
            .stdin(Stdio::piped())
            .spawn();
        match child {
            Ok(child) => Ok(Self { child }),
            Err(error) => Err(Failure::usage(format!(
                "the pager `{program}` can not be started: {error}"
            ))
            .help("set `PAGER` to one that is there, or leave `--pager` out")),
        }
    }

    pub(super) fn input(&mut self) -> Option<ChildStdin> {
        self.child.stdin.take()
    }

    /// Until whoever reads has enough.
    pub(super) fn wait(mut self) {
        let _ = self.child.wait();
    }
}
