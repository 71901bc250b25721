//! A history from a data file: gzip, a commit a line as JSON, oldest first.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use anyhow::{Context as _, bail};
use es_core::prelude::*;
use flate2::read::GzDecoder;
use serde::Deserialize;

use super::{Change, Commit};
use crate::repo_history::model::Content;

#[derive(Deserialize)]
struct Line {
    commit: String,
    time: DateTime<Utc>,
    changes: Vec<LineChange>,
}

#[derive(Deserialize)]
struct LineChange {
    status: String,
    path: String,
    from: Option<String>,
    blob: Option<String>,
    mode: Option<String>,
}

/// Reads all commits of the file at `path`.
///
/// # Errors
/// Where it can not be read or a line is not as it should be.
pub fn read(path: &Path) -> anyhow::Result<Vec<Commit>> {
    let file = File::open(path).with_context(|| {
        format!(
            "there is neither a git repository nor a data file at `{}`",
            path.display()
        )
    })?;
    let lines = BufReader::new(GzDecoder::new(file)).lines();
    let commits = lines.enumerate().map(|(index, line)| {
        let commit = line.map_err(Into::into).and_then(|line| parse(&line));
        commit.with_context(|| format!("could not read line {} of `{}`", index + 1, path.display()))
    });
    commits.collect()
}

fn parse(line: &str) -> anyhow::Result<Commit> {
    let line: Line = serde_json::from_str(line)?;
    let changes = line.changes.into_iter().map(change);
    Ok(Commit {
        hash: line.commit,
        time: line.time,
        changes: changes.collect::<anyhow::Result<_>>()?,
    })
}

fn change(change: LineChange) -> anyhow::Result<Change> {
    let LineChange {
        status,
        path,
        from,
        blob,
        mode,
    } = change;
    let content = blob.zip(mode).map(|(blob, mode)| Content { blob, mode });
    Ok(match (status.as_str(), content, from) {
        ("A", Some(content), None) => Change::Added { path, content },
        ("M" | "T", Some(content), None) => Change::Modified { path, content },
        ("R", Some(content), Some(from)) => Change::Renamed {
            from,
            path,
            content,
        },
        ("D", None, None) => Change::Deleted { path },
        _ => bail!("the change `{status}` of `{path}` lacks a field or has one too many"),
    })
}
