//! What is written, and how: for people in lines and tables, for programs in JSON.

mod brief;
mod json;
mod pager;
mod paint;
mod progress;
mod table;

use std::io::{self, BufWriter, IsTerminal as _, Write};

use chrono::{DateTime, Local, Utc};
use serde::Serialize;
use serde_json::Value;

pub(crate) use brief::{brief, compact, pretty, short};
pub(crate) use json::{EventRow, Time};
pub(crate) use paint::Paint;
pub(crate) use progress::{Progress, rate};
pub(crate) use table::{Column, Look, Table, cut};

use crate::arguments::{ColorChoice, Common};
use crate::failure::{Failure, Told};
use pager::Pager;

/// The form of what `--json` writes; it changes where programs would have to.
const FORMAT: u32 = 1;

/// What a verb did.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// Whether something was found that ought not to be.
    pub(crate) found: bool,
    /// What it tells as a whole.
    pub(crate) data: Value,
}

impl Outcome {
    /// All is well.
    pub(crate) fn of(data: Value) -> Self {
        Self { found: false, data }
    }
}

/// Standard output or a pager, and what is known of whoever reads it.
pub(crate) struct Output {
    sink: BufWriter<Box<dyn Write + Send>>,
    pager: Option<Pager>,
    json: bool,
    paint: Paint,
    width: Option<usize>,
    utc: bool,
}

impl Output {
    pub(crate) fn new(common: &Common) -> Result<Self, Failure> {
        let terminal = io::stdout().is_terminal();
        let paint = match common.color {
            ColorChoice::Always => Paint::new(true),
            ColorChoice::Never => Paint::new(false),
            ColorChoice::Auto => Paint::of_standard_output(),
        };
        let mut pager = match common.pager && terminal && !common.json {
            true => Some(Pager::start()?),
            false => None,
        };
        let sink: Box<dyn Write + Send> = match pager.as_mut().and_then(Pager::input) {
            Some(input) => Box::new(input),
            None => Box::new(io::stdout()),
        };
        Ok(Self {
            sink: BufWriter::with_capacity(1 << 16, sink),
            pager,
            json: common.json,
            paint: match common.json {
                true => Paint::new(false),
                false => paint,
            },
            width: terminal.then(terminal_width).flatten(),
            utc: common.utc,
        })
    }

    pub(crate) fn json(&self) -> bool {
        self.json
    }

    pub(crate) fn paint(&self) -> Paint {
        self.paint
    }

    /// How many letters fit into a line, where somebody looks at it.
    pub(crate) fn width(&self) -> Option<usize> {
        self.width
    }

    /// One line for people.
    pub(crate) fn line(&mut self, text: impl AsRef<str>) -> io::Result<()> {
        self.sink.write_all(text.as_ref().as_bytes())?;
        self.sink.write_all(b"\n")
    }

    /// One of many, for programs.
    pub(crate) fn row(&mut self, row: &impl Serialize) -> io::Result<()> {
        #[derive(Serialize)]
        struct Row<'a, R> {
            row: &'a R,
        }
        serde_json::to_writer(&mut self.sink, &Row { row }).map_err(io::Error::from)?;
        self.sink.write_all(b"\n")
    }

    /// Bytes as they are.
    pub(crate) fn raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.sink.write_all(bytes)
    }

    /// Hands on what is written so far.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.sink.flush()
    }

    /// A time, for people.
    pub(crate) fn time(&self, time: DateTime<Utc>) -> String {
        match self.utc {
            true => time.format("%Y-%m-%d %H:%M:%SZ").to_string(),
            false => {
                let local = time.with_timezone(&Local);
                local.format("%Y-%m-%d %H:%M:%S").to_string()
            }
        }
    }

    /// Writes the envelope, for programs, and waits for the pager.
    pub(crate) fn finish(
        &mut self,
        command: &str,
        result: &Result<Outcome, Failure>,
    ) -> io::Result<()> {
        if self.json {
            let envelope = Envelope::of(command, result);
            if let Some(envelope) = envelope {
                serde_json::to_writer(&mut self.sink, &envelope).map_err(io::Error::from)?;
                self.sink.write_all(b"\n")?;
            }
        }
        self.sink.flush()?;
        if let Some(pager) = self.pager.take() {
            // Its input ends with the sink.
            self.sink = BufWriter::new(Box::new(io::sink()));
            pager.wait();
        }
        Ok(())
    }
}

/// The last line of what `--json` writes.
#[derive(Serialize)]
struct Envelope<'a> {
    es: u32,
    command: &'a str,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorTold<'a>>,
}

#[derive(Serialize)]
struct ErrorTold<'a> {
    code: u8,
    problem: &'a str,
    help: Option<&'a str>,
}

impl<'a> Envelope<'a> {
    /// Nobody reads one where the output is closed.
    fn of(command: &'a str, result: &'a Result<Outcome, Failure>) -> Option<Self> {
        let (status, data, error) = match result {
            Ok(outcome) if outcome.found => ("found", Some(&outcome.data), None),
            Ok(outcome) => ("ok", Some(&outcome.data), None),
            Err(Failure::Told(told)) => ("error", None, Some(ErrorTold::of(told))),
            Err(Failure::Closed) => return None,
        };
        Some(Self {
            es: FORMAT,
            command,
            status,
            data,
            error,
        })
    }
}

impl<'a> ErrorTold<'a> {
    fn of(told: &'a Told) -> Self {
        Self {
            code: told.code as u8,
            problem: &told.problem,
            help: told.help.as_deref(),
        }
    }
}

fn terminal_width() -> Option<usize> {
    let said = std::env::var("COLUMNS").ok();
    let said = said.and_then(|columns| columns.parse().ok());
    said.or_else(|| {
        let (width, _) = terminal_size::terminal_size()?;
        Some(usize::from(width.0)).filter(|width| *width > 0)
    })
}

/// A line on standard error, for people: what is good to know and was not asked for.
pub(crate) fn note(text: impl AsRef<str>) {
    let _ = writeln!(io::stderr().lock(), "{}", text.as_ref());
}

/// `1 event`, `2 events`.
pub(crate) fn counted(count: u64, one: &str) -> String {
    match count {
        1 => format!("1 {one}"),
        count => format!("{} {one}s", grouped(count)),
    }
}

/// `12,345`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1.2 MiB`.
#[expect(
    clippy::cast_precision_loss,
    reason = "one digit behind the point is shown"
)]
pub(crate) fn bytes(bytes: u64) -> String {
    let mut size = bytes as f64;
    let mut unit = "B";
    for next in ["KiB", "MiB", "GiB", "TiB"] {
        if size < 1024.0 {
            break;
        }
        size /= 1024.0;
        unit = next;
    }
    match unit {
        "B" => format!("{bytes} B"),
        unit => format!("{size:.1} {unit}"),
    }
}
