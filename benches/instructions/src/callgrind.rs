//! One run of this program under callgrind.

use std::process::Command;

/// How many instructions the scenario's run takes.
pub fn count(scenario: &str) -> Result<f64, String> {
    let program = std::env::current_exe().map_err(|problem| problem.to_string())?;
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg("--toggle-collect=*counted_by_callgrind*")
        .arg(program)
        .args(["run", scenario])
        .output()
        .map_err(|problem| {
            format!("valgrind does not start ({problem}): Debian has it as `valgrind`")
        })?;
    let told = String::from_utf8_lossy(&output.stderr);
    let collected = told
        .lines()
        .find_map(|line| line.split_once("Collected : "));
    let instructions = collected.and_then(|(_, count)| count.trim().parse().ok());
    match instructions {
        Some(instructions) if output.status.success() && instructions > 0.0 => Ok(instructions),
        _ => Err(format!(
            "callgrind counted nothing of `{scenario}`:\n{told}"
        )),
    }
}
