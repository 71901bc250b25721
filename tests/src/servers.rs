//! A PostgreSQL server of one's own, and what to install on it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};
use tempfile::TempDir;

/// A throwaway server, made by `tests/servers/postgres`; it is gone with its value, or with the
/// process.
#[derive(Debug)]
pub struct Cluster {
    folder: TempDir,
}

impl Cluster {
    /// Makes and starts one, with options of the script.
    ///
    /// # Errors
    /// Where there is no PostgreSQL on this machine, or it does not start.
    pub fn start(options: &[&str]) -> anyhow::Result<Self> {
        // The path of a socket is short.
        let folder = tempfile::Builder::new()
            .prefix("es-pg")
            .tempdir_in("/tmp")?;
        let cluster = Self { folder };
        let process = std::process::id().to_string();
        let mut arguments = vec!["--for", &process];
        arguments.extend(options);
        cluster.run("start", &arguments)?;
        Ok(cluster)
    }

    /// The URI of a database on it, for its superuser.
    ///
    /// # Errors
    /// Where the script fails.
    pub fn uri(&self, database: &str) -> anyhow::Result<String> {
        Ok(self.run("uri", &[database])?.trim().to_owned())
    }

    /// Stops and starts it, in a mode of `pg_ctl`: `immediate` is a crash.
    ///
    /// # Errors
    /// Where it does not start again.
    pub fn restart(&self, mode: &str) -> anyhow::Result<()> {
        self.run("restart", &[mode])?;
        Ok(())
    }

    fn run(&self, verb: &str, arguments: &[&str]) -> anyhow::Result<String> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("servers/postgres");
        let mut command = Command::new(script);
        command.arg(verb).arg(self.folder.path()).args(arguments);
        let output = command.output().context("tests/servers/postgres")?;
        let told = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{}", told.trim());
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let _ = self.run("stop", &["immediate"]);
    }
}

/// The unpacked npm package of Message DB, by `tests/servers/message-db`.
///
/// # Errors
/// Where it can not be had.
pub fn message_db_package() -> anyhow::Result<PathBuf> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("servers/message-db");
    let output = Command::new(script).output();
    let output = output.context("tests/servers/message-db")?;
    let told = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{}", told.trim());
    let folder = String::from_utf8(output.stdout)?;
    Ok(folder.trim().into())
}
