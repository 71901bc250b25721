//! `es events read`.

use clap::Args;
use serde_json::json;

use super::events::{EventList, Extent, Shown};
use super::nothing;
use crate::failure::Failure;
use crate::filter::FilterArguments;
use crate::output::{Outcome, note};
use crate::session::Session;
use crate::source::Target;
use crate::walk::Walk;

/// Reads a stream, a category or everything
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  es events read bank::bank_account-0192a7e0      one stream, by version
  es events read bank::bank_account --limit 50    a category, by position
  es events read '$all' --reverse --limit 10      the last ten of everything
  es events read bank::bank_account-1 --from 5 --data
  es events read bank::bank_account --type deposited --since 2h --json")]
pub(crate) struct Read {
    /// A stream (`bank::bank_account-1`), a category (`bank::bank_account`), or '$all'
    #[arg(value_name = "STREAM", allow_hyphen_values = false)]
    target: Target,
    /// Ends with 1 where there is nothing
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    extent: Extent,
    #[command(flatten)]
    shown: Shown,
    #[command(flatten)]
    filter: FilterArguments,
}

impl Read {
    pub(crate) async fn run(self, session: &mut Session) -> Result<Outcome, Failure> {
        let filter = self.filter.filter(None)?;
        let limit = self.extent.limit();
        let store = session.store().await?;
        let mut list = EventList::new(self.shown, !self.target.is_stream());
        // Where all are wanted, no more are read than are shown, and one to know of more.
        let wanting = usize::try_from(limit.saturating_add(1)).ok();
        let mut walk = Walk::new(&*store, self.target.source(self.extent.from))
            .direction(self.extent.direction());
        walk = walk.wanting(wanting.filter(|_| filter.is_open()));
        let (mut shown, mut next) = (0, None);
        'pages: while let Some(page) = walk.next_page().await? {
            for event in page.iter().filter(|event| filter.matches(event)) {
                if shown == limit {
                    next = Some(match self.target.is_stream() {
                        true => event.version.get(),
                        false => event.position.get(),
                    });
                    break 'pages;
                }
                list.push(&mut session.out, &event)?;
                shown += 1;
            }
        }
        list.flush(&mut session.out)?;
        if shown == 0 {
            let nothing_there = self.nothing_there(filter.is_open());
            let mut outcome = nothing(session, self.strict, &nothing_there);
            outcome.data = json!({ "events": 0, "next": null });
            return Ok(outcome);
        }
        if let (Some(next), false) = (next, session.out.json()) {
            session.out.flush()?;
            note(format!(
                "more follow: `--from {next}`, or `--limit 0` for all"
            ));
        }
        Ok(Outcome::of(json!({ "events": shown, "next": next })))
    }

    fn nothing_there(&self, all_wanted: bool) -> String {
        let target = &self.target;
        match (self.extent.from, all_wanted) {
            (None, true) if target.is_stream() => format!("there is no stream `{target}`"),
            (None, true) if *target == Target::All => "the store has no events".to_owned(),
            (None, true) => format!("there are no events in `{target}`"),
            (Some(from), true) => format!("there are no events in `{target}` from {from} on"),
            (_, false) => format!("no event in `{target}` is as asked for"),
        }
    }
}
