//! Counts instructions by callgrind, and compares them with the committed baseline.

mod baseline;
mod callgrind;

use std::process::ExitCode;

use es_bench_instructions::{SCENARIOS, counted_by_callgrind};

use baseline::{Baseline, Row};

const USAGE: &str = "\
Counts the instructions that an event costs in memory, and compares them with the baseline.

Usage: cargo run --release -p es-bench-instructions -- COMMAND

  check          count everything; fail where a count is off the baseline by more than 5 %,
                 in either direction
  bless          count everything, and make that the baseline
  run SCENARIO   run one scenario uncounted, for a look by callgrind itself:
                 valgrind --tool=callgrind --toggle-collect='*counted_by_callgrind*' \\
                     target/release/es-bench-instructions run load";

/// How far a count may be off: another C library or processor copies and allocates by other
/// instructions, and `HashMap` hashes by another seed in each run.
const TOLERANCE_PERCENT: f64 = 5.0;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments[..] {
        ["check"] => check(),
        ["bless"] => bless(),
        ["run", scenario] => run(scenario),
        ["--help" | "-h"] => {
            println!("{USAGE}");
            Ok(())
        }
        _ => Err(USAGE.to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}

fn check() -> Result<(), String> {
    let baseline = Baseline::read()?;
    let rows = count()?;
    println!(
        "{:<14}{:>12}{:>12}{:>9}{:>9}  what happens to an event",
        "scenario", "instructions", "baseline", "change", "of JSON"
    );
    for (row, scenario) in rows.iter().zip(SCENARIOS) {
        let before = baseline.of(row.name);
        let reference = |name| rows.iter().find(|row| row.name == name);
        let of_json = scenario
            .reference
            .and_then(reference)
            .map(|json| row.instructions / json.instructions);
        println!(
            "{:<14}{:>12.1}{:>12}{:>9}{:>9}  {}",
            row.name,
            row.instructions,
            or_dash(before, |before| format!("{before:.1}")),
            or_dash(before, |before| format!(
                "{:+.1} %",
                change_percent(row, before)
            )),
            or_dash(of_json, |ratio| format!("{ratio:.2}")),
            scenario.what,
        );
    }
    verdict(&baseline, &rows)
}

fn verdict(baseline: &Baseline, rows: &[Row]) -> Result<(), String> {
    let mut problems = String::new();
    for row in rows.iter().filter(|row| !is_yardstick(row.name)) {
        let name = row.name;
        let problem = match baseline.of(name).map(|before| change_percent(row, before)) {
            None => format!("`{name}` is new"),
            Some(change) if change > TOLERANCE_PERCENT => {
                format!("`{name}` costs {change:.1} % more")
            }
            Some(change) if change < -TOLERANCE_PERCENT => {
                format!(
                    "`{name}` costs {:.1} % less, which is worth keeping",
                    -change
                )
            }
            Some(_) => continue,
        };
        problems.push_str(&problem);
        problems.push('\n');
    }
    if problems.is_empty() {
        return Ok(());
    }
    Err(format!(
        "\n{problems}where that is meant, write it down and commit it:\n  \
         cargo run --release -p es-bench-instructions -- bless"
    ))
}

/// Whether it only tells what the work costs without us: nothing of ours is in it.
fn is_yardstick(name: &str) -> bool {
    let mut references = SCENARIOS.iter().map(|scenario| scenario.reference);
    references.any(|reference| reference == Some(name))
}

fn bless() -> Result<(), String> {
    let rows = count()?;
    Baseline::write(&rows)
}

fn run(scenario: &str) -> Result<(), String> {
    let found = SCENARIOS.iter().find(|known| known.name == scenario);
    let scenario = found.ok_or_else(|| {
        let names: Vec<_> = SCENARIOS.iter().map(|known| known.name).collect();
        format!(
            "there is no scenario `{scenario}`, only {}",
            names.join(", ")
        )
    })?;
    let mut run = (scenario.prepare)();
    // The first run grows buffers that the next ones reuse.
    run();
    counted_by_callgrind(&mut *run);
    Ok(())
}

fn count() -> Result<Vec<Row>, String> {
    let count = |scenario: &es_bench_instructions::Scenario| {
        let instructions = callgrind::count(scenario.name)?;
        Ok(Row {
            name: scenario.name,
            instructions: instructions / f64::from(scenario.events),
        })
    };
    SCENARIOS.iter().map(count).collect()
}

fn change_percent(row: &Row, before: f64) -> f64 {
    (row.instructions / before - 1.0) * 100.0
}

fn or_dash<T>(value: Option<T>, print: impl Fn(T) -> String) -> String {
    value.map_or_else(|| "-".to_owned(), print)
}
