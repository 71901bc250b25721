//! The peers: a program of its own workspace, so that who uses the framework never downloads them.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use es_bench_race::wire::{Answer, Entrance, Request, Wire};
use es_bench_race::{Effort, Role, Scenario};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::sync::Mutex;

/// The program, running.
#[derive(Clone, Debug)]
pub struct Peers {
    inside: Arc<Mutex<Inside>>,
}

#[derive(Debug)]
struct Inside {
    wire: Wire,
    /// Ends with this value.
    _process: Child,
}

impl Peers {
    /// Builds the program, which takes long for the first time, and starts it.
    ///
    /// # Errors
    /// Where it does not build or start.
    pub async fn start() -> Result<Self> {
        let program = build().await?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let process = Command::new(&program)
            .arg("--connect")
            .arg(listener.local_addr()?.port().to_string())
            // One of them prints what it does.
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("could not start {}", program.display()))?;
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let inside = Inside {
            wire: Wire::new(stream),
            _process: process,
        };
        Ok(Self {
            inside: Arc::new(Mutex::new(inside)),
        })
    }

    /// Those of a venue, by name and role.
    ///
    /// # Errors
    /// Where one can not be made.
    pub async fn enter(&self, entrance: Entrance) -> Result<Vec<(String, Role)>> {
        match self.ask(&Request::Enter(entrance)).await? {
            Answer::Entered(names) => Ok(names),
            other => anyhow::bail!("the peers answered {other:?}"),
        }
    }

    /// Gives one what it holds before the race.
    ///
    /// # Errors
    /// Where it fails.
    pub async fn preload(&self, contestant: usize, effort: Effort) -> Result<()> {
        let request = Request::Preload { contestant, effort };
        self.ask(&request).await.map(drop)
    }

    /// Measures one.
    ///
    /// # Errors
    /// Where it fails.
    pub async fn sample(
        &self,
        contestant: usize,
        scenario: Scenario,
        effort: Effort,
    ) -> Result<Option<f64>> {
        let request = Request::Sample {
            contestant,
            scenario,
            effort,
        };
        match self.ask(&request).await? {
            Answer::Sample(sample) => Ok(sample),
            other => anyhow::bail!("the peers answered {other:?}"),
        }
    }

    async fn ask(&self, request: &Request) -> Result<Answer> {
        self.inside.lock().await.wire.ask(request).await
    }
}

async fn build() -> Result<PathBuf> {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/Cargo.toml");
    eprintln!("building the peers: about 10 minutes for the first time, and nothing later");
    let built = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args([
            "build",
            "--release",
            "--locked",
            "--quiet",
            "--message-format=json",
        ])
        .arg("--manifest-path")
        .arg(&manifest)
        .env_remove("CARGO_TARGET_DIR")
        .stderr(Stdio::inherit())
        .output()
        .await?;
    ensure!(
        built.status.success(),
        "the peers do not build; leave them out by --no-peers"
    );
    let messages = String::from_utf8(built.stdout)?;
    let executable = messages.lines().rev().find_map(|line| {
        let message: serde_json::Value = serde_json::from_str(line).ok()?;
        Some(PathBuf::from(message.get("executable")?.as_str()?))
    });
    executable.context("cargo named no program of the peers")
}
