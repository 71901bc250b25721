//! A history from a git repository, read by `git log`.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, bail, ensure};
use es_core::prelude::*;

use super::{Change, Commit};
use crate::repo_history::model::Content;

/// What a user's configuration may say otherwise.
const CONFIGURATION: [&str; 4] = [
    "diff.relative=false",
    "log.diffMerges=first-parent",
    "log.showRoot=true",
    "log.showSignature=false",
];

/// Reads the first-parent history of `HEAD` in the repository at `path`, oldest commit first.
///
/// # Errors
/// Where `git` can not be run, `path` is in no repository, or a path in it is not UTF-8.
pub fn read(path: &Path) -> anyhow::Result<Vec<Commit>> {
    if !has_commits(path)? {
        return Ok(Vec::new());
    }
    let output = git(path)
        .args(CONFIGURATION.iter().flat_map(|value| ["-c", *value]))
        .args(["log", "--first-parent", "--reverse", "-m", "--raw", "-M"])
        .args(["--no-abbrev", "-z", "--ignore-submodules=none"])
        .args(["--format=%H %ct", "HEAD"])
        .output()?;
    ensure!(output.status.success(), "{}", words(&output.stderr, path));
    parse(&output.stdout).with_context(|| format!("could not read the log of `{}`", path.display()))
}

fn has_commits(path: &Path) -> anyhow::Result<bool> {
    let found = git(path).args(["rev-parse", "--git-dir"]).output();
    let found = found.context("could not run `git`; is it installed?")?;
    ensure!(found.status.success(), "{}", words(&found.stderr, path));
    let head = git(path)
        .args(["rev-parse", "--verify", "--quiet", "HEAD"])
        .output()?;
    Ok(head.status.success())
}

fn git(path: &Path) -> Command {
    let mut git = Command::new("git");
    git.arg("-C").arg(path);
    git
}

fn words(stderr: &[u8], path: &Path) -> String {
    let said = String::from_utf8_lossy(stderr);
    format!("git can not read `{}`: {}", path.display(), said.trim())
}

/// Reads `HASH TIME` for each commit, then for each of its changes a header that begins with a
/// colon, and one path or two: all of them ended by NUL. A line break stands between a commit and
/// its first change.
fn parse(log: &[u8]) -> anyhow::Result<Vec<Commit>> {
    let mut commits = Vec::<Commit>::new();
    let mut fields = log.split(|byte| *byte == 0).map(text);
    while let Some(field) = fields.next() {
        let field = field?;
        let field = field.trim_start_matches('\n');
        if let Some(header) = field.strip_prefix(':') {
            let commit = commits
                .last_mut()
                .context("a change stands before any commit")?;
            let mut path = || fields.next().context("a path is missing")?;
            commit.changes.push(change(header, &mut path)?);
        } else if !field.is_empty() {
            commits.push(commit(field)?);
        }
    }
    Ok(commits)
}

fn text(bytes: &[u8]) -> anyhow::Result<&str> {
    std::str::from_utf8(bytes)
        .with_context(|| format!("`{}` is not UTF-8", String::from_utf8_lossy(bytes)))
}

fn commit(field: &str) -> anyhow::Result<Commit> {
    let parsed = field.split_once(' ').and_then(|(hash, seconds)| {
        let time = DateTime::from_timestamp(seconds.parse().ok()?, 0)?;
        Some((hash.to_owned(), time))
    });
    let (hash, time) = parsed.with_context(|| format!("`{field}` is no commit and its time"))?;
    Ok(Commit {
        hash,
        time,
        changes: Vec::new(),
    })
}

/// `header` is `old-mode new-mode old-blob new-blob status`, where a rename's status has a score
/// behind it.
fn change<'a>(
    header: &str,
    path: &mut dyn FnMut() -> anyhow::Result<&'a str>,
) -> anyhow::Result<Change> {
    let fields = header.split(' ').collect::<Vec<_>>();
    let &[_, mode, _, blob, status] = fields.as_slice() else {
        bail!("`{header}` is no change");
    };
    let content = Content {
        blob: blob.to_owned(),
        mode: mode.to_owned(),
    };
    let first = path()?.to_owned();
    Ok(match status.as_bytes() {
        b"A" => Change::Added {
            path: first,
            content,
        },
        b"M" | b"T" => Change::Modified {
            path: first,
            content,
        },
        b"D" => Change::Deleted { path: first },
        [b'R', ..] => Change::Renamed {
            from: first,
            path: path()?.to_owned(),
            content,
        },
        _ => bail!("`{status}` of `{first}` is no change that is known"),
    })
}
