//! The other side: `bank.py`, in a process of its own.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context as _, bail, ensure};
use es_core::serde_json::{self, Value};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::database::variable;

/// Does what it is told, line by line.
pub(crate) struct Protean {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    uri: String,
}

/// An account, as Protean loads it.
#[derive(Deserialize)]
pub(crate) struct Loaded {
    pub(crate) owner: String,
    pub(crate) cents: u64,
    /// Of the first event it is 0.
    pub(crate) version: u64,
}

/// An event, as Protean reads it.
#[derive(Debug, Deserialize)]
pub(crate) struct Told {
    pub(crate) r#type: String,
    pub(crate) data: Value,
    pub(crate) correlation_id: Option<String>,
    pub(crate) causation_id: Option<String>,
}

impl Protean {
    pub(crate) fn start(uri: &str) -> anyhow::Result<Self> {
        let mut process = command("python", uri)?
            .arg("bank.py")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("python")?;
        let input = process.stdin.take().context("its input is a pipe")?;
        let output = process.stdout.take().context("its output is a pipe")?;
        Ok(Self {
            process,
            input,
            output: BufReader::new(output),
            uri: uri.to_owned(),
        })
    }

    pub(crate) fn open(&mut self, id: Uuid, owner: &str, correlation: &str) -> anyhow::Result<()> {
        self.ask::<Value>(&format!("open {id} {owner} {correlation}"))?;
        Ok(())
    }

    pub(crate) fn deposit(
        &mut self,
        id: Uuid,
        cents: u64,
        correlation: &str,
    ) -> anyhow::Result<()> {
        self.ask::<Value>(&format!("deposit {id} {cents} {correlation}"))?;
        Ok(())
    }

    pub(crate) fn load(&mut self, id: Uuid) -> anyhow::Result<Loaded> {
        self.ask(&format!("load {id}"))
    }

    pub(crate) fn history(&mut self, id: Uuid) -> anyhow::Result<Vec<Told>> {
        self.ask(&format!("history {id}"))
    }

    /// What its own check of the store finds.
    pub(crate) fn verify(&mut self) -> anyhow::Result<Value> {
        self.ask("verify")
    }

    /// What its command line prints about a stream.
    pub(crate) fn events_read(&self, stream: &str) -> anyhow::Result<String> {
        let output = command("protean", &self.uri)?
            .args(["events", "read", stream, "--domain=bank.py"])
            .args(["--trace", "--limit=1000"])
            .env("COLUMNS", "250")
            .output()
            .context("protean")?;
        let told = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "protean events read: {told}");
        Ok(String::from_utf8(output.stdout)?)
    }

    fn ask<T: DeserializeOwned>(&mut self, line: &str) -> anyhow::Result<T> {
        writeln!(self.input, "{line}").context("bank.py has ended")?;
        let mut answer = String::new();
        self.output.read_line(&mut answer)?;
        ensure!(!answer.is_empty(), "bank.py has ended, asked to `{line}`");
        let answer: Value = serde_json::from_str(&answer).context(answer)?;
        if let Some(error) = answer.get("error") {
            bail!("asked to `{line}`, Protean says: {error}");
        }
        Ok(serde_json::from_value(answer)?)
    }
}

impl Drop for Protean {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A program of the environment that `tests/interop/protean` has made.
fn command(program: &str, uri: &str) -> anyhow::Result<Command> {
    let environment = variable("ES_INTEROP_PYTHON")?;
    let mut command = Command::new(Path::new(&environment).join("bin").join(program));
    command
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("interop"))
        .env("ES_INTEROP_URI", uri)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("PYTHONUTF8", "1");
    Ok(command)
}
