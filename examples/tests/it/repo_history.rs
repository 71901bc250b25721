//! The history of a repository, imported and shown at any commit: against the trees that git
//! itself has.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use es_core::prelude::*;
use es_examples::repo_history::archive::{Archive, find};
use es_examples::repo_history::import::{Imported, import};
use es_examples::repo_history::model::{Content, SourceFile};
use es_examples::repo_history::source::{self, Change, Commit};
use es_examples::repo_history::tree;
use es_tests::places::{Kind, Place};
use flate2::read::GzDecoder;
use serde::Deserialize;

use crate::support::{FailingAfter, Repository};

/// What git says about one commit of the data file.
#[derive(Deserialize)]
struct KnownTree {
    index: usize,
    files: BTreeMap<String, String>,
}

/// What is done with snapshots while the data file is imported.
#[derive(Clone, Copy, PartialEq, Eq)]
enum SnapshotsAre {
    TakenEvery(u64),
    DeletedHalfway,
}

/// So rarely that none is taken.
const NEVER: u64 = u64::MAX;

#[tokio::test]
async fn in_memory_every_tree_is_exact() {
    replay_and_compare_in(Kind::Memory, SnapshotsAre::TakenEvery(10)).await;
}

#[tokio::test]
async fn in_memory_without_snapshots_every_tree_is_exact() {
    replay_and_compare_in(Kind::Memory, SnapshotsAre::TakenEvery(NEVER)).await;
}

#[tokio::test]
async fn in_memory_with_snapshots_deleted_halfway_every_tree_is_exact() {
    replay_and_compare_in(Kind::Memory, SnapshotsAre::DeletedHalfway).await;
}

#[tokio::test]
async fn in_sqlite_every_tree_is_exact() {
    replay_and_compare_in(Kind::Sqlite, SnapshotsAre::TakenEvery(10)).await;
}

#[tokio::test]
async fn in_sqlite_without_snapshots_every_tree_is_exact() {
    replay_and_compare_in(Kind::Sqlite, SnapshotsAre::TakenEvery(NEVER)).await;
}

#[tokio::test]
async fn in_sqlite_with_snapshots_deleted_halfway_every_tree_is_exact() {
    replay_and_compare_in(Kind::Sqlite, SnapshotsAre::DeletedHalfway).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_postgres_every_tree_is_exact() {
    replay_and_compare_in(Kind::Postgres, SnapshotsAre::DeletedHalfway).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_message_db_every_tree_is_exact() {
    replay_and_compare_in(Kind::MessageDb, SnapshotsAre::DeletedHalfway).await;
}

#[tokio::test]
async fn a_repository_is_shown_as_git_shows_it_at_every_commit() {
    let repository = eventful_repository();
    let archive = Archive::new(MemoryStore::new()).unwrap();

    let commits = source::read(repository.path()).unwrap();
    import(&archive, &commits, |_| {}).await.unwrap();

    assert_eq!(commits.len(), 10);
    assert_shown_as_git_does(&archive, &commits, &repository).await;
}

#[tokio::test]
async fn an_import_goes_on_where_the_history_has_grown() {
    let repository = eventful_repository();
    let archive = Archive::new(MemoryStore::new()).unwrap();
    let commits = source::read(repository.path()).unwrap();
    import(&archive, &commits, |_| {}).await.unwrap();

    let nothing_new = import(&archive, &commits, |_| {}).await.unwrap();
    repository.write("late.txt", "late");
    repository.commit("20:00");
    let commits = source::read(repository.path()).unwrap();
    let one_more = import(&archive, &commits, |_| {}).await.unwrap();

    assert_eq!((nothing_new.commits_before, nothing_new.commits), (10, 0));
    let expected = Imported {
        commits_before: 10,
        commits: 1,
        changes: 1,
    };
    assert_eq!(one_more, expected);
    assert_shown_as_git_does(&archive, &commits, &repository).await;
}

/// Whatever append an import dies at, the next one completes it and doubles nothing.
#[tokio::test]
async fn an_interrupted_import_is_completed_by_the_next() {
    let repository = eventful_repository();
    let commits = source::read(repository.path()).unwrap();
    let events = commits
        .iter()
        .map(|commit| commit.changes.len() + 1)
        .sum::<usize>();

    for appends in 0..events {
        let store = MemoryStore::new();
        let failing = FailingAfter::new(store.clone(), appends);
        let interrupted = import(&Archive::new(failing).unwrap(), &commits, |_| {}).await;
        assert!(
            interrupted.is_err(),
            "it survived the failure of append {appends}"
        );
        let archive = Archive::new(store.clone()).unwrap();
        import(&archive, &commits, |_| {}).await.unwrap();

        assert_eq!(store.head().await.unwrap(), events as u64);
        assert_shown_as_git_does(&archive, &commits, &repository).await;
    }
}

#[tokio::test]
async fn a_renamed_file_is_the_same_and_a_file_that_comes_back_is_another() {
    let repository = Repository::new();
    repository.write("a.txt", "the same words");
    repository.commit("10:00");
    repository.git(&["mv", "a.txt", "b.txt"]);
    repository.commit("11:00");
    repository.git(&["rm", "--quiet", "b.txt"]);
    repository.commit("12:00");
    repository.write("b.txt", "the same words");
    repository.commit("13:00");
    let archive = Archive::new(MemoryStore::new()).unwrap();

    let commits = source::read(repository.path()).unwrap();
    import(&archive, &commits, |_| {}).await.unwrap();

    let log = archive.log(&commits[0].hash).await.unwrap();
    let born = tree::at(&archive, &log[..1]).await.unwrap()["a.txt"]
        .id()
        .to_owned();
    let moved = tree::at(&archive, &log[..2]).await.unwrap()["b.txt"]
        .id()
        .to_owned();
    let back = tree::at(&archive, &log).await.unwrap()["b.txt"]
        .id()
        .to_owned();
    assert_eq!(born, moved);
    assert_ne!(moved, back);
}

#[tokio::test]
async fn a_path_is_freed_and_taken_in_one_commit() {
    let archive = Archive::new(MemoryStore::new()).unwrap();
    let commits = [
        commit("one", vec![added("a", "1"), added("b", "2")]),
        commit(
            "places",
            vec![renamed("a", "b", "1"), renamed("b", "a", "2")],
        ),
        commit(
            "new",
            vec![
                added("a", "3"),
                deleted("a"),
                renamed("b", "c", "1"),
                added("b", "4"),
            ],
        ),
    ];

    import(&archive, &commits, |_| {}).await.unwrap();

    let log = archive.log("one").await.unwrap();
    let first = tree::at(&archive, &log[..1]).await.unwrap();
    let second = tree::at(&archive, &log[..2]).await.unwrap();
    let third = tree::at(&archive, &log).await.unwrap();
    assert_eq!(blobs(&second), [("a", "2"), ("b", "1")]);
    assert_eq!(blobs(&third), [("a", "3"), ("b", "4"), ("c", "1")]);
    assert_eq!(first["a"].id(), second["b"].id());
    assert_eq!(first["a"].id(), third["c"].id());
    assert_ne!(first["b"].id(), third["a"].id());
}

#[tokio::test]
async fn a_change_of_what_is_not_there_is_refused_in_words() {
    let archive = Archive::new(MemoryStore::new()).unwrap();
    let missing = [commit("one", vec![deleted("a")])];
    let twice = [
        commit("two", vec![added("a", "1")]),
        commit("three", vec![added("a", "2")]),
    ];

    let missing = import(&archive, &missing, |_| {}).await.unwrap_err();
    let twice = import(&archive, &twice, |_| {}).await.unwrap_err();

    let missing = format!("{missing:#}");
    assert_eq!(
        missing,
        "could not import the commit one: it changes `a`, which is not there"
    );
    let twice = format!("{twice:#}");
    assert_eq!(
        twice,
        "could not import the commit three: `a` is there already"
    );
}

#[tokio::test]
async fn another_branch_of_an_imported_history_is_refused() {
    let repository = eventful_repository();
    let archive = Archive::new(MemoryStore::new()).unwrap();
    let commits = source::read(repository.path()).unwrap();
    import(&archive, &commits, |_| {}).await.unwrap();
    repository.git(&["checkout", "--quiet", "-b", "other", "HEAD~2"]);
    repository.commit("21:00");

    let shorter = source::read(repository.path()).unwrap();
    let refused = import(&archive, &shorter, |_| {}).await.unwrap_err();
    repository.commit("22:00");
    let branched = source::read(repository.path()).unwrap();
    let refused_too = import(&archive, &branched, |_| {}).await.unwrap_err();

    assert!(
        refused.to_string().contains("it has only 9 now"),
        "{refused}"
    );
    assert!(
        refused_too.to_string().contains("another branch"),
        "{refused_too}"
    );
}

#[tokio::test]
async fn a_commit_is_found_by_the_beginning_of_its_hash() {
    let archive = Archive::new(MemoryStore::new()).unwrap();
    let commits = source::read(&data("serde-history.jsonl.gz")).unwrap();
    import(&archive, &commits[..500], |_| {}).await.unwrap();
    let log = archive.log(&commits[0].hash).await.unwrap();

    assert_eq!(find(&log, &commits[7].hash).unwrap(), 7);
    assert_eq!(
        find(&log, &commits[7].hash[..10].to_uppercase()).unwrap(),
        7
    );
    assert!(
        find(&log, "")
            .unwrap_err()
            .to_string()
            .contains("short of a commit")
    );
    assert!(
        find(&log, "nothing")
            .unwrap_err()
            .to_string()
            .contains("begins with `nothing`")
    );
}

#[test]
fn what_is_no_history_is_refused_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let empty = Repository::new();

    let nothing = source::read(&folder.path().join("nothing")).unwrap_err();
    let no_repository = source::read(folder.path()).unwrap_err();
    let no_commits = source::read(empty.path()).unwrap_err();

    assert!(
        nothing
            .to_string()
            .contains("neither a git repository nor a data file")
    );
    assert!(
        no_repository.to_string().contains("not a git repository"),
        "{no_repository}"
    );
    assert!(
        no_commits.to_string().contains("has no commits yet"),
        "{no_commits}"
    );
}

/// Imports all 9,503 changes, in two halves, and compares the tree at each commit that is known.
async fn replay_and_compare_in(kind: Kind, snapshots: SnapshotsAre) {
    let place = Place::new(kind).await.unwrap();
    let store = place.open().await.unwrap();
    let every = match snapshots {
        SnapshotsAre::TakenEvery(events) => events,
        SnapshotsAre::DeletedHalfway => 10,
    };
    let domain = Domain::builder("repo_history").event_store(Arc::clone(&store));
    let archive = Archive::build(domain.snapshot_every(every)).unwrap();
    let commits = source::read(&data("serde-history.jsonl.gz")).unwrap();
    let kept = store.snapshots().expect("all stores keep snapshots");

    import(&archive, &commits[..1274], |_| {}).await.unwrap();
    if snapshots == SnapshotsAre::DeletedHalfway {
        assert!(kept.delete_all().await.unwrap() > 0);
    }
    let rest = import(&archive, &commits, |_| {}).await.unwrap();

    assert_eq!((rest.commits_before, rest.commits), (1274, 1274));
    // Not the head: a store may give positions to more than events.
    let mut events = store.read_all();
    let mut stored = 0;
    while events.next().await.unwrap().is_some() {
        stored += 1;
    }
    assert_eq!(stored, 9_503 + 2_548);
    assert_known_trees(&archive, &commits).await;
    let deleted = kept.delete_all().await.unwrap();
    assert_eq!(deleted > 0, every != NEVER, "{deleted} snapshots were kept");
    if deleted > 0 {
        assert_known_trees(&archive, &commits).await;
    }
}

async fn assert_known_trees(archive: &Archive, commits: &[Commit]) {
    let known = GzDecoder::new(File::open(data("serde-trees.json.gz")).unwrap());
    let known: BTreeMap<String, KnownTree> = serde_json::from_reader(known).unwrap();
    assert_eq!(known.len(), 8);
    let log = archive.log(&commits[0].hash).await.unwrap();
    for (commit, expected) in known {
        let index = find(&log, &commit).unwrap();
        let files = tree::at(archive, &log[..=index]).await.unwrap();

        assert_eq!(index, expected.index);
        let files = files
            .iter()
            .map(|(path, file)| (path.clone(), file.content().blob.clone()));
        assert_eq!(
            files.collect::<BTreeMap<_, _>>(),
            expected.files,
            "at {commit}"
        );
    }
}

async fn assert_shown_as_git_does(archive: &Archive, commits: &[Commit], repository: &Repository) {
    let log = archive.log(&commits[0].hash).await.unwrap();
    assert_eq!(log.len(), commits.len());
    for (index, commit) in commits.iter().enumerate() {
        let files = tree::at(archive, &log[..=index]).await.unwrap();

        let shown = files.iter().map(|(path, file)| {
            let content = file.content();
            format!("{} blob {}\t{path}\0", content.mode, content.blob)
        });
        let expected = repository.git(&["ls-tree", "-r", "-z", &commit.hash]);
        assert_eq!(shown.collect::<String>(), expected, "at {}", commit.hash);
    }
}

fn commit(hash: &str, changes: Vec<Change>) -> Commit {
    Commit {
        hash: hash.to_owned(),
        time: DateTime::UNIX_EPOCH,
        changes,
    }
}

fn added(path: &str, blob: &str) -> Change {
    Change::Added {
        path: path.to_owned(),
        content: content(blob),
    }
}

fn renamed(from: &str, path: &str, blob: &str) -> Change {
    Change::Renamed {
        from: from.to_owned(),
        path: path.to_owned(),
        content: content(blob),
    }
}

fn deleted(path: &str) -> Change {
    Change::Deleted {
        path: path.to_owned(),
    }
}

fn content(blob: &str) -> Content {
    Content {
        blob: blob.to_owned(),
        mode: "100644".to_owned(),
    }
}

fn blobs(tree: &BTreeMap<String, Historical<SourceFile>>) -> Vec<(&str, &str)> {
    let files = tree.iter();
    files
        .map(|(path, file)| (path.as_str(), file.content().blob.as_str()))
        .collect()
}

/// Ten commits with everything that can happen to a file, some at the same time or back in it.
fn eventful_repository() -> Repository {
    let repository = Repository::new();
    repository.write("a.txt", "a file that is long enough to be known again\n");
    repository.write("folder/b.txt", "another file that is long enough\n");
    repository.write("folder.txt", "sorted between the folder and its files\n");
    repository.commit("10:00");

    repository.write(
        "a.txt",
        "a file that is long enough to be known again, changed\n",
    );
    repository.write(
        "späte Datei\twith a tab.txt",
        "a name that git would quote\n",
    );
    repository.commit("10:00");

    repository.git(&["mv", "a.txt", "moved.txt"]);
    repository.commit("11:00");

    // Git tells this as a new file and a modified one, and two files that change places as two
    // modified ones: it finds renames to new paths only.
    repository.git(&["mv", "moved.txt", "folder/c.txt"]);
    repository.write(
        "moved.txt",
        "nothing like what was here before: 1 2 3 4 5 6 7\n",
    );
    repository.commit("09:00");

    repository.git(&["mv", "folder/b.txt", "b"]);
    repository.git(&["mv", "folder/c.txt", "folder/b.txt"]);
    repository.git(&["mv", "b", "folder/c.txt"]);
    repository.commit("12:00");

    repository.make_executable("folder.txt");
    repository.commit("12:00");

    repository.git(&["rm", "--quiet", "moved.txt", "folder/b.txt"]);
    repository.commit("13:00");

    repository.write("moved.txt", "back again\n");
    repository.commit("14:00");

    repository.commit("15:00");

    repository.git(&["checkout", "--quiet", "-b", "side"]);
    repository.write("side.txt", "from a branch\n");
    repository.commit("16:00");
    repository.git(&["checkout", "--quiet", "main"]);
    repository.merge("side", "17:00");
    repository
}

fn data(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("repo-history/data")
        .join(file)
}
