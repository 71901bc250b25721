//! The documents tell the truth: their tests, links and folders exist. That their code compiles is
//! shown by the doctests of this package's library, what the examples print by the examples' tests.

use std::fs;
use std::path::{Path, PathBuf};

const DOCUMENTS: [&str; 5] = [
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "examples/README.md",
];

/// Where the tests are that the README names.
const TESTS: [&str; 4] = [
    "es-stores/src/conformance",
    "es-stores/tests",
    "examples/tests",
    "tests/it",
];

#[test]
fn every_test_that_the_readme_names_exists() {
    let readme = read("README.md");
    let (_, guarantees) = readme.split_once("## What is guaranteed").unwrap();
    let (guarantees, _) = guarantees.split_once("\n## ").unwrap();
    let tests = TESTS
        .iter()
        .flat_map(|folder| sources(&root().join(folder)));
    let tests = tests.collect::<String>();

    let rows = guarantees
        .lines()
        .filter(|line| line.starts_with("| ") && line.contains('`'));
    let shown = rows.map(|row| row.split('|').nth(2).unwrap());
    let named = shown.flat_map(code).collect::<Vec<_>>();
    assert!(named.len() > 20, "{named:?}");
    for test in named {
        assert!(
            tests.contains(&format!("fn {test}(")),
            "no test is named `{test}`"
        );
    }
}

#[test]
fn every_link_inside_the_workspace_leads_somewhere() {
    for document in DOCUMENTS {
        let text = read(document);
        let folder = root().join(document).parent().unwrap().to_owned();

        let targets = text
            .split("](")
            .skip(1)
            .map(|rest| rest.split(')').next().unwrap());
        for target in targets.filter(|target| !target.contains("://")) {
            let file = target.split('#').next().unwrap();
            assert!(folder.join(file).exists(), "`{target}` in {document}");
        }
    }
}

#[test]
fn the_house_is_as_the_architecture_draws_it() {
    let architecture = read("ARCHITECTURE.md");
    let (_, house) = architecture.split_once("## The house").unwrap();
    let drawing = house.split("```").nth(1).unwrap();

    let mut folders = Vec::<PathBuf>::new();
    for line in drawing.lines().skip(1) {
        let depth = line.chars().take_while(|letter| *letter == ' ').count() / 2;
        folders.truncate(depth);
        let name = line.split_whitespace().next().unwrap();
        let path = folders.last().map_or_else(root, Clone::clone).join(name);
        assert!(path.exists(), "there is no {}", path.display());
        if name.ends_with('/') {
            folders.push(path);
        }
    }
}

/// What stands between backticks.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

fn sources(folder: &Path) -> Vec<String> {
    let mut sources = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources.append(&mut self::sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            sources.push(fs::read_to_string(path).unwrap());
        }
    }
    sources
}

fn read(document: &str) -> String {
    fs::read_to_string(root().join(document)).unwrap()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
