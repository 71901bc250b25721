//! The domain: files that keep their identity over renames, and the log of commits.

use es_core::prelude::*;

/// What a file holds: the hash of its bytes, and what kind of file it is.
#[value]
#[derive(Eq)]
pub struct Content {
    /// The object's hash, in hexadecimal.
    pub blob: String,
    /// The mode as git writes it, such as `100644`.
    pub mode: String,
}

/// A file came to be.
#[event]
pub struct Added {
    /// The commit that did it.
    pub commit: String,
    /// Where it is.
    pub path: String,
    /// What it holds.
    pub content: Content,
}

/// A file has other content.
#[event]
pub struct Modified {
    /// The commit that did it.
    pub commit: String,
    /// What it holds now.
    pub content: Content,
}

/// A file moved, and may have other content.
#[event]
pub struct Renamed {
    /// The commit that did it.
    pub commit: String,
    /// Where it is now.
    pub path: String,
    /// What it holds now.
    pub content: Content,
}

/// A file is gone. One that comes back to its path is another file.
#[event]
pub struct Deleted {
    /// The commit that did it.
    pub commit: String,
}

/// One file, from its first commit to its last.
///
/// A commit changes a file at most once. Saying so a second time raises nothing: that makes an
/// interrupted import repeatable.
#[aggregate(event_sourced)]
pub struct SourceFile {
    path: String,
    content: Content,
    /// The last commit that changed it.
    commit: String,
    deleted: bool,
}

#[aggregate]
impl SourceFile {
    /// The file that `commit` adds at `path`.
    pub fn add(commit: &str, path: String, content: Content) -> Self {
        let id = Self::id_of(commit, &path);
        let commit = commit.to_owned();
        Self::raise_new_as(
            id,
            Added {
                commit,
                path,
                content,
            },
        )
    }

    /// The id of the file that `commit` adds at `path`: the same in every import.
    pub fn id_of(commit: &str, path: &str) -> Uuid {
        Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("{commit} {path}").as_bytes())
    }

    /// `commit` changes what it holds.
    pub fn modify(&mut self, commit: &str, content: Content) {
        if self.commit != commit {
            let commit = commit.to_owned();
            self.raise_(Modified { commit, content });
        }
    }

    /// `commit` moves it to `path`.
    pub fn rename(&mut self, commit: &str, path: String, content: Content) {
        if self.commit != commit {
            let commit = commit.to_owned();
            self.raise_(Renamed {
                commit,
                path,
                content,
            });
        }
    }

    /// `commit` takes it away.
    pub fn delete(&mut self, commit: &str) {
        if self.commit != commit {
            let commit = commit.to_owned();
            self.raise_(Deleted { commit });
        }
    }

    /// Where it is, or was last.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What it holds, or held last.
    pub fn content(&self) -> &Content {
        &self.content
    }

    /// Whether it is gone.
    pub fn is_deleted(&self) -> bool {
        self.deleted
    }

    #[apply]
    fn added(event: Added) -> Self {
        Self {
            path: event.path,
            content: event.content,
            commit: event.commit,
            deleted: false,
        }
    }

    #[apply]
    fn modified(&mut self, event: Modified) {
        self.content = event.content;
        self.commit = event.commit;
    }

    #[apply]
    fn renamed(&mut self, event: Renamed) {
        self.path = event.path;
        self.content = event.content;
        self.commit = event.commit;
    }

    #[apply]
    fn deleted(&mut self, event: Deleted) {
        self.deleted = true;
        self.commit = event.commit;
    }
}

/// All changes of a commit are stored.
#[event]
pub struct CommitRecorded {
    /// The commit.
    pub commit: String,
    /// The files it added.
    pub added: Vec<Uuid>,
}

/// The commits whose changes are stored, in order; its id is the first commit's hash. Version n is
/// the n-th commit, and its time is what `get_as_of` is asked for to see the tree of that commit.
#[aggregate(event_sourced, id = String, snapshots = off)]
#[derive(Default)]
pub struct CommitLog {
    last: String,
}

#[aggregate]
impl CommitLog {
    /// Begins a log with the first commit.
    pub fn begin(commit: &str, added: Vec<Uuid>) -> Self {
        let (id, commit) = (commit.to_owned(), commit.to_owned());
        Self::raise_new_as(id, CommitRecorded { commit, added })
    }

    /// Adds the next commit.
    pub fn record(&mut self, commit: &str, added: Vec<Uuid>) {
        let commit = commit.to_owned();
        self.raise_(CommitRecorded { commit, added });
    }

    /// The last commit recorded.
    pub fn last(&self) -> &str {
        &self.last
    }

    #[apply]
    fn recorded(&mut self, event: CommitRecorded) {
        self.last = event.commit;
    }
}
