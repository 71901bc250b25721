//! The counts that were committed.

use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

use crate::USAGE;

/// What one scenario costs an event.
pub struct Row {
    pub name: &'static str,
    pub instructions: f64,
}

/// A line a scenario: its name and its instructions an event.
pub struct Baseline {
    rows: Vec<(String, f64)>,
}

const HEAD: &str = "\
# Instructions an event, on x86-64 Linux with the toolchain of rust-toolchain.toml.
# Written by: cargo run --release -p es-bench-instructions -- bless
";

impl Baseline {
    pub fn read() -> Result<Self, String> {
        let text = fs::read_to_string(path())
            .map_err(|problem| format!("{}: {problem}\n\n{USAGE}", path().display()))?;
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let rows = lines.map(|line| {
            row(line).ok_or_else(|| format!("`{line}` is no line of {}", path().display()))
        });
        let rows = rows.collect::<Result<_, _>>()?;
        Ok(Self { rows })
    }

    pub fn write(rows: &[Row]) -> Result<(), String> {
        let mut text = HEAD.to_owned();
        for Row { name, instructions } in rows {
            writeln!(text, "{name:<14}{instructions:>10.1}").expect("a `String` takes all text");
        }
        print!("{text}");
        fs::write(path(), text).map_err(|problem| format!("{}: {problem}", path().display()))
    }

    pub fn of(&self, name: &str) -> Option<f64> {
        let row = self.rows.iter().find(|(known, _)| known == name);
        row.map(|(_, instructions)| *instructions)
    }
}

fn row(line: &str) -> Option<(String, f64)> {
    let (name, instructions) = line.split_once(' ')?;
    Some((name.to_owned(), instructions.trim().parse().ok()?))
}

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("baseline.txt")
}
