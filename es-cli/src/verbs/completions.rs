//! `es completions`.

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;
use serde_json::json;

use crate::arguments::Arguments;
use crate::failure::Failure;
use crate::output::Outcome;
use crate::session::Session;

/// Prints the completion of a shell
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  es completions bash > ~/.local/share/bash-completion/completions/es
  es completions zsh > ~/.zfunc/_es
  es completions fish > ~/.config/fish/completions/es.fish")]
pub(crate) struct Completions {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

impl Completions {
    pub(crate) fn run(self, session: &mut Session) -> Result<Outcome, Failure> {
        let mut script = Vec::new();
        let mut command = Arguments::command();
        clap_complete::generate(self.shell, &mut command, "es", &mut script);
        let text = String::from_utf8_lossy(&script);
        if !session.out.json() {
            session.out.raw(&script)?;
        }
        Ok(Outcome::of(
            json!({ "shell": self.shell.to_string(), "script": text }),
        ))
    }
}
