//! `es events export`.

use std::path::{Path, PathBuf};

use clap::Args;
use es_core::record::Page;
use es_core::store::{EventStore, Payloads};
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::output::{Outcome, Progress, note, rate};
use crate::session::Session;
use crate::source::Target;
use crate::transfer::{Reader, Stop, Writer};
use crate::walk::{Cursor, Walk};

/// Writes events to a file, a line of JSON each
#[derive(Args, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an option of its own"
)]
#[command(after_help = "\
Examples:
  es events export -o bank.ndjson                  everything
  es events export -o bank.ndjson.gz --verify      compressed, and read back
  es events export bank::bank_account | gzip > accounts.ndjson.gz
  es events export -o bank.ndjson --resume         goes on where it was cut off

A line holds stream, version, position, id, time, type, data and metadata; what
is no JSON stands in base64 as `data_base64`. `es events import` reads it.")]
pub(crate) struct Export {
    /// A stream, a category, or '$all', as it is unless told otherwise
    #[arg(
        value_name = "STREAM",
        default_value = "$all",
        hide_default_value = true
    )]
    target: Target,
    /// The file, standard output unless told otherwise; compressed where it ends with `.gz`
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Compresses standard output too
    #[arg(long, conflicts_with = "output")]
    gzip: bool,
    /// Begins at this version of the stream, or this position
    #[arg(long, value_name = "NUMBER")]
    from: Option<u64>,
    /// Goes on at the end of the file
    #[arg(long, requires = "output", conflicts_with_all = ["from", "force"])]
    resume: bool,
    /// Replaces a file that is there
    #[arg(long, requires = "output")]
    force: bool,
    /// Reads the file back and compares it with the store
    #[arg(long, requires = "output")]
    verify: bool,
}

impl Export {
    pub(crate) async fn run(self, session: &mut Session) -> Result<Outcome, Failure> {
        let output = self
            .output
            .as_deref()
            .filter(|path| *path != Path::new("-"));
        if output.is_none() && session.out.json() {
            return Err(Failure::usage(
                "`--json` and an export to standard output exclude each other",
            )
            .help("an export is JSON, a line an event; name a file by `-o`"));
        }
        let store = session.store().await?;
        let (mut writer, written) = match (output, self.resume) {
            (None, _) => (Writer::standard_output(self.gzip), None),
            (Some(path), true) => {
                let (writer, written) = Writer::resume(path)?;
                (writer, Some(written))
            }
            (Some(path), false) => (Writer::create(path, self.force)?, None),
        };
        let last = written.as_ref().and_then(|written| written.last);
        let from = match last {
            Some((version, _)) if self.target.is_stream() => Some(version + 1),
            Some((_, position)) => Some(position + 1),
            None => self.from,
        };
        let stop = Stop::listen();
        let total = match self.target {
            Target::All if output.is_some() => Some(store.head().await?.get()),
            _ => None,
        };
        let total = total.map(|head| head.saturating_sub(from.unwrap_or(1).saturating_sub(1)));
        let mut progress = Progress::of("exporting", total);
        let mut walk = Walk::new(&*store, self.target.source(from));
        let mut events = 0;
        while let Some(page) = walk.next_page().await? {
            writer.write(page, &mut session.out)?;
            events += page.len() as u64;
            progress.advance(page.len() as u64);
            stop.check(events, "go on by the same command with `--resume`")?;
        }
        writer.finish()?;
        let took = progress.finish();
        let before = written.map_or(0, |written| written.events);
        let verified = match output {
            Some(path) if self.verify => Some(self.compare(&*store, path).await?),
            _ => None,
        };
        if let Some(path) = output
            && !session.out.json()
        {
            let before = match before {
                0 => String::new(),
                before => format!(", behind {before} that were there"),
            };
            let path = path.display();
            session
                .out
                .line(format!("exported {}{before} to {path}", rate(events, took)))?;
            if let Some(verified) = verified {
                session
                    .out
                    .line(format!("verified: {verified} events are equal"))?;
            }
        } else if output.is_none() {
            session.out.flush()?;
            note(format!("exported {}", rate(events, took)));
        }
        if events + before == 0 && self.target != Target::All {
            let target = &self.target;
            note(format!(
                "there is nothing in `{target}`; a file to write to is named by `-o FILE`"
            ));
        }
        Ok(Outcome::of(json!({
            "events": events,
            "before": before,
            "verified": verified.map_or(Value::Null, |events| json!({ "equal": true, "events": events })),
        })))
    }

    /// The file beside the store, event by event. What was appended since is not looked at.
    async fn compare(&self, store: &dyn EventStore, path: &Path) -> Result<u64, Failure> {
        let mut reader = Reader::open(path)?;
        let mut page = Page::new();
        let from = self.from.filter(|_| !self.resume);
        let mut cursor = Cursor::new(store, self.target.source(from));
        let mut progress = Progress::of("verifying", None);
        let mut events = 0;
        while reader.next_page(&mut page)? {
            for event in page.iter() {
                let stands = cursor.peek().await?;
                if !stands.is_some_and(|stands| stands == event) {
                    return Err(Failure::failed(format!(
                        "the file and the store differ at version {} of `{}`",
                        event.version, event.stream
                    ))
                    .help("export again, into another file"));
                }
                cursor.pass();
                events += 1;
            }
            progress.advance(page.len() as u64);
        }
        progress.finish();
        Ok(events)
    }
}

/// Files keep every byte.
pub(super) const OF_FILES: Payloads = Payloads::Bytes;
