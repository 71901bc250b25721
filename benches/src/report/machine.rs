//! Where and when it was measured.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::Serialize;

/// The machine, the day and how busy it was.
#[derive(Clone, Debug, Serialize)]
pub struct Machine {
    /// When the run began.
    pub began: DateTime<Utc>,
    /// The processor's name.
    pub processor: String,
    /// How many of them this process may use.
    pub cores: usize,
    /// How much memory there is.
    pub memory_gib: u64,
    /// The load average of a minute when the run began.
    pub load: f64,
    /// How many rounds each figure is the median of.
    pub rounds: usize,
    /// How long a sample lasted.
    pub seconds: f64,
}

impl Machine {
    /// This one, as far as it tells.
    pub fn this(rounds: usize, seconds: f64) -> Self {
        let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        let field = |text: &str, key: &str| {
            let line = text.lines().find(|line| line.starts_with(key));
            line.and_then(|line| line.split_once(':'))
                .map(|(_, value)| value.trim().to_owned())
        };
        let memory = field(&read("/proc/meminfo"), "MemTotal").unwrap_or_default();
        let memory_kib: u64 = memory
            .split_whitespace()
            .next()
            .and_then(|number| number.parse().ok())
            .unwrap_or_default();
        let load = read("/proc/loadavg");
        Self {
            began: Utc::now(),
            processor: field(&read("/proc/cpuinfo"), "model name")
                .unwrap_or_else(|| std::env::consts::ARCH.into()),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            memory_gib: (memory_kib + (1 << 19)) >> 20,
            load: load
                .split_whitespace()
                .next()
                .and_then(|load| load.parse().ok())
                .unwrap_or(f64::NAN),
            rounds,
            seconds,
        }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}, {} × {}, {} GiB, load {:.2} at the beginning; {} rounds, {} s a sample",
            self.began.format("%Y-%m-%d %H:%M UTC"),
            self.cores,
            self.processor,
            self.memory_gib,
            self.load,
            self.rounds,
            self.seconds
        )
    }
}
