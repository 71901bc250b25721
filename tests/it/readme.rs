//! The documents tell the truth: their tests, links and folders exist. That their code compiles is
//! shown by the doctests of this package's library, what the examples print by the examples' tests.

use std::fs;
use std::path::{Path, PathBuf};

const DOCUMENTS: [&str; 8] = [
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "examples/README.md",
    "benches/peers/README.md",
    "docs/cli.md",
    "docs/performance.md",
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
    let (_, tables) = readme.split_once("## Stores").unwrap();
    let (tables, _) = tables.split_once("\n## Looking inside").unwrap();
    let tests = TESTS
        .iter()
        .flat_map(|folder| sources(&root().join(folder)));
    let tests = tests.collect::<String>();

    let rows = tables.lines().filter(|line| line.starts_with("| "));
    // The last column of each table says what shows it.
    let shown = rows.map(|row| row.trim_end_matches('|').rsplit('|').next().unwrap());
    let named = shown.flat_map(code).collect::<Vec<_>>();
    assert!(named.len() > 35, "{named:?}");
    for test in named {
        assert!(
            tests.contains(&format!("fn {test}(")),
            "no test is named `{test}`"
        );
    }
}

/// What the README and the documentation of the configuration show is read as it stands.
#[test]
fn every_domain_toml_that_is_shown_reads() {
    let module = read("es-stores/src/config/mod.rs")
        .replace("//! ", "")
        .replace("//!", "");
    for text in [read("README.md"), module] {
        let shown = text.split("```toml\n").skip(1);
        let shown = shown.filter(|block| block.starts_with("name = "));
        let blocks = shown.map(|block| block.split("```").next().unwrap());
        let blocks = blocks.collect::<Vec<_>>();
        assert_eq!(blocks.len(), 1);

        for environment in ["", "production"] {
            let variables = move |name: &str| match name {
                "ES_ENV" => Some(environment.to_owned()),
                "DATABASE_URL" => Some("postgres://localhost/bank".to_owned()),
                _ => None,
            };
            let config = es_stores::Config::loader().variables(variables);
            let config = config.toml(blocks[0]).unwrap();

            assert_eq!(config.name(), Some("bank"));
            assert_eq!(config.log_filter(), Some("info"));
        }
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
