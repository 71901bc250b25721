//! A server of a test's own: to be restarted, to ask for passwords, to offer TLS, to follow another.

use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use super::Uri;

/// A throwaway server, by `tests/servers/postgres`. It is gone with its value, or with the process.
pub(crate) struct Cluster {
    folder: TempDir,
    uri: Uri,
}

impl Cluster {
    /// Makes and starts one, with options of the script.
    pub(crate) fn start(options: &[&str]) -> Self {
        // Short, since a socket's path must be.
        let folder = tempfile::Builder::new().prefix("es-pg").tempdir_in("/tmp");
        let folder = folder.expect("there is room");
        let process = std::process::id().to_string();
        let watched = ["--for", &process];
        let arguments = watched.iter().chain(options).copied();
        let uri = run("start", &folder, arguments).expect("the server starts");
        let uri = Uri::parse(uri.trim());
        Self { folder, uri }
    }

    /// As its superuser.
    pub(crate) fn uri(&self) -> Uri {
        self.uri.clone()
    }

    /// As if its machine had lost power.
    pub(crate) fn crash(&self) {
        run("stop", &self.folder, ["immediate"]).expect("the server stops");
    }

    /// On the same port.
    pub(crate) fn start_again(&self) {
        run("start", &self.folder, []).expect("the server starts");
    }

    /// What it has logged.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).expect("the log is read")
    }

    /// The certificate of who signed the server's own.
    pub(crate) fn authority(&self) -> PathBuf {
        self.folder.path().join("tls/ca.crt")
    }

    /// Where it lies.
    pub(crate) fn folder(&self) -> &str {
        self.folder.path().to_str().expect("it is text")
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // It may have been stopped by the test.
        let _ = run("stop", &self.folder, ["immediate"]);
    }
}

fn run<'a>(
    verb: &str,
    folder: &TempDir,
    arguments: impl IntoIterator<Item = &'a str>,
) -> Result<String, String> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/servers/postgres");
    let mut command = Command::new(script);
    command.arg(verb).arg(folder.path()).args(arguments);
    let output = command.output().map_err(|error| error.to_string())?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}
