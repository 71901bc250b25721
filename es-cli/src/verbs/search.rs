//! `es events search`.

use std::time::{Duration, Instant};

use clap::Args;
use es_core::stream::Category;
use serde_json::json;

use super::events::{EventList, Extent, Shown};
use super::nothing;
use crate::failure::Failure;
use crate::filter::FilterArguments;
use crate::output::{Outcome, note};
use crate::session::Session;
use crate::source::Target;
use crate::walk::Walk;

/// Searches events by type, time, payload and metadata
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  es events search --type deposited
  es events search --type Bank.Deposited.v1 --category bank::bank_account
  es events search --where 'cents > 100 and owner = \"Ada\"'
  es events search --where 'metadata.headers.tenant = \"acme\"' --since 7d --json

Conditions compare a field of the payload (`cents`, `address.city`, `tags[0]`),
of the metadata (`metadata.correlation_id`, `metadata.headers.tenant`) or of the
event itself (`event.stream`, `.version`, `.position`, `.id`, `.time`, `.type`)
by =, !=, <, <=, >, >= or ~ (contains), or ask whether it `exists`; they are
joined by `and`, `or`, `not` and parentheses.")]
pub(crate) struct Search {
    /// Only events of this category
    #[arg(long, value_name = "CATEGORY")]
    category: Option<Category>,
    /// Only events for which this holds
    #[arg(long = "where", value_name = "CONDITION")]
    condition: Option<String>,
    #[command(flatten)]
    extent: Extent,
    #[command(flatten)]
    shown: Shown,
    #[command(flatten)]
    filter: FilterArguments,
    /// Ends with 1 where nothing is found
    #[arg(long)]
    strict: bool,
}

/// So long nothing may be seen of what is found.
const PATIENCE: Duration = Duration::from_millis(500);

impl Search {
    pub(crate) async fn run(self, session: &mut Session) -> Result<Outcome, Failure> {
        let filter = self.filter.filter(self.condition.as_deref())?;
        if filter.is_open() {
            return Err(Failure::usage("nothing is searched for").help(
                "give `--type`, `--where`, `--since` or `--until`; `es events read` shows all",
            ));
        }
        let limit = self.extent.limit();
        let target = self.category.map_or(Target::All, Target::Category);
        let store = session.store().await?;
        let mut list = EventList::new(self.shown, true);
        let mut walk =
            Walk::new(&*store, target.source(self.extent.from)).direction(self.extent.direction());
        let (mut shown, mut searched, mut next) = (0, 0_u64, None);
        let begun = Instant::now();
        'pages: while let Some(page) = walk.next_page().await? {
            for event in page.iter() {
                searched += 1;
                if !filter.matches(&event) {
                    continue;
                }
                if shown == limit {
                    next = Some(event.position.get());
                    break 'pages;
                }
                list.push(&mut session.out, &event)?;
                shown += 1;
            }
            // Whoever waits for more sees what is found already.
            if begun.elapsed() > PATIENCE {
                list.flush(&mut session.out)?;
                session.out.flush()?;
            }
        }
        list.flush(&mut session.out)?;
        let data = json!({ "events": shown, "searched": searched, "next": next });
        if shown == 0 {
            let text = format!("no event of {searched} searched is as asked for");
            let outcome = nothing(session, self.strict, &text);
            return Ok(Outcome { data, ..outcome });
        }
        if let (Some(next), false) = (next, session.out.json()) {
            session.out.flush()?;
            note(format!(
                "more follow: `--from {next}`, or `--limit 0` for all"
            ));
        }
        Ok(Outcome::of(data))
    }
}
