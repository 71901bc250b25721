//! Repositories made on the fly, and a store that fails when it is told to.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use es_core::record::{Page, ReadRequest};
use es_core::store::{
    Append, AppendError, Appended, BoxFuture, Capabilities, EventStore, SnapshotStore, StoreError,
    StoreErrorKind,
};
use es_core::stream::Position;
use tempfile::TempDir;

/// A git repository in a temporary folder.
pub(crate) struct Repository(TempDir);

impl Repository {
    pub(crate) fn new() -> Self {
        let repository = Self(tempfile::tempdir().unwrap());
        repository.git(&["init", "--quiet", "--initial-branch=main"]);
        repository
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let file = self.path().join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }

    /// `git add` would undo a mode that only the index has.
    pub(crate) fn make_executable(&self, path: &str) {
        self.git(&["config", "core.fileMode", "false"]);
        self.git(&["update-index", "--chmod=+x", path]);
    }

    /// Commits everything at a time of the day.
    pub(crate) fn commit(&self, time: &str) {
        self.git(&["add", "--all"]);
        self.dated(
            time,
            &["commit", "--quiet", "--allow-empty", "--message", time],
        );
    }

    /// Merges a branch at a time of the day.
    pub(crate) fn merge(&self, branch: &str, time: &str) {
        self.dated(time, &["merge", "--quiet", "--no-ff", "--no-edit", branch]);
    }

    fn dated(&self, time: &str, arguments: &[&str]) {
        let date = format!("2024-06-15T{time}:00Z");
        let mut git = self.command(arguments);
        git.env("GIT_COMMITTER_DATE", &date)
            .env("GIT_AUTHOR_DATE", &date);
        finish(git);
    }

    /// Runs git and answers what it printed.
    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        finish(self.command(arguments))
    }

    /// Nobody's configuration but this one's.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut git = Command::new("git");
        git.arg("-C").arg(self.path());
        git.args(["-c", "user.name=test", "-c", "user.email=test@test.example"]);
        git.args(arguments);
        git.env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_SYSTEM", "/dev/null");
        git
    }
}

fn finish(mut git: Command) -> String {
    let output = git.output().expect("the tests need `git`");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

/// A store that refuses every append after the first so many.
#[derive(Clone, Debug)]
pub(crate) struct FailingAfter<S> {
    store: S,
    appends_left: Arc<AtomicUsize>,
}

impl<S> FailingAfter<S> {
    pub(crate) fn new(store: S, appends: usize) -> Self {
        let appends_left = Arc::new(AtomicUsize::new(appends));
        Self {
            store,
            appends_left,
        }
    }
}

impl<S: EventStore> EventStore for FailingAfter<S> {
    fn append(&self, append: Arc<Append>) -> BoxFuture<'_, Result<Vec<Appended>, AppendError>> {
        let left = self
            .appends_left
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                left.checked_sub(1)
            });
        match left {
            Ok(_) => self.store.append(append),
            Err(_) => Box::pin(async {
                Err(StoreError::new(StoreErrorKind::Full, "append: told to fail").into())
            }),
        }
    }

    fn read<'a>(
        &'a self,
        request: &'a ReadRequest,
        page: &'a mut Page,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        self.store.read(request, page)
    }

    fn head(&self) -> BoxFuture<'_, Result<Position, StoreError>> {
        self.store.head()
    }

    fn capabilities(&self) -> Capabilities {
        self.store.capabilities()
    }

    fn snapshots(&self) -> Option<&dyn SnapshotStore> {
        self.store.snapshots()
    }
}
