//! `es events tail`.

use std::time::Duration;

use clap::Args;
use es_core::record::{Direction, RecordedEvent};
use es_core::store::EventStore;
use serde_json::json;

use super::events::{Shown, context};
use crate::failure::{Code, Failure};
use crate::filter::{Filter, FilterArguments};
use crate::output::{EventRow, Outcome, Output, brief, cut, note, pretty};
use crate::session::Session;
use crate::source::Target;
use crate::walk::Walk;

/// Follows a stream, a category or everything, as it happens
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  es events tail                                  everything
  es events tail bank::bank_account --last 0
  es events tail bank::bank_account --where 'cents > 1000' --json

Goes on when the store comes back after it was away, and misses nothing. Ends
with Ctrl-C.")]
pub(crate) struct Tail {
    /// A stream, a category, or '$all', as it is unless told otherwise
    #[arg(
        value_name = "STREAM",
        default_value = "$all",
        hide_default_value = true
    )]
    target: Target,
    /// Begins at this version of the stream, or this position
    #[arg(long, value_name = "NUMBER")]
    from: Option<u64>,
    /// Begins with so many of the last events, 10 unless told otherwise
    #[arg(
        long,
        short = 'n',
        value_name = "EVENTS",
        default_value_t = 10,
        hide_default_value = true,
        conflicts_with = "from"
    )]
    last: u64,
    /// Ends when so many have been shown
    #[arg(long, value_name = "EVENTS")]
    limit: Option<u64>,
    /// Only events for which this holds, as `es events search` has it
    #[arg(long = "where", value_name = "CONDITION")]
    condition: Option<String>,
    #[command(flatten)]
    filter: FilterArguments,
    #[command(flatten)]
    shown: Shown,
}

/// What is known of where the follower is.
struct Following {
    filter: Filter,
    /// The next version or position; the last events come first where it is not known.
    next: Option<u64>,
    shown: u64,
}

impl Tail {
    pub(crate) async fn run(self, session: &mut Session) -> Result<Outcome, Failure> {
        let mut following = Following {
            filter: self.filter.filter(self.condition.as_deref())?,
            next: self.from,
            shown: 0,
        };
        let store = session.store().await?;
        let follow = self.follow(&*store, &mut session.out, &mut following);
        tokio::select! {
            ended = follow => ended?,
            _ = tokio::signal::ctrl_c() => {}
        }
        let shown = following.shown;
        Ok(Outcome::of(
            json!({ "events": shown, "next": following.next }),
        ))
    }

    /// Until the limit: a store that is away is asked again.
    async fn follow(
        &self,
        store: &dyn EventStore,
        out: &mut Output,
        following: &mut Following,
    ) -> Result<(), Failure> {
        const LONGEST: Duration = Duration::from_secs(5);
        let mut wait = Duration::ZERO;
        loop {
            match self.read_and_wait(store, out, following).await {
                Ok(true) => return Ok(()),
                Ok(false) => {
                    if !wait.is_zero() {
                        note("the store is back");
                    }
                    wait = Duration::ZERO;
                }
                Err(Failure::Told(told)) if told.code == Code::Unreachable => {
                    if wait.is_zero() {
                        note(format!("{}; trying again", told.problem));
                    }
                    wait = LONGEST.min(wait * 2).max(Duration::from_millis(100));
                    tokio::time::sleep(wait).await;
                }
                Err(failure) => return Err(failure),
            }
        }
    }

    /// Shows what is there, and waits until there may be more. Answers whether the limit is
    /// reached.
    async fn read_and_wait(
        &self,
        store: &dyn EventStore,
        out: &mut Output,
        following: &mut Following,
    ) -> Result<bool, Failure> {
        if following.next.is_none() {
            following.next = Some(self.begin(store).await?);
        }
        // What is appended behind this look ends the wait below.
        let head = store.head().await?;
        let mut walk = Walk::new(store, self.target.source(following.next));
        while let Some(page) = walk.next_page().await? {
            for event in page.iter() {
                if self.limit.is_some_and(|limit| following.shown >= limit) {
                    return Ok(true);
                }
                following.next = Some(self.number(&event) + 1);
                if following.filter.matches(&event) {
                    self.show(out, &event)?;
                    following.shown += 1;
                }
            }
            out.flush()?;
        }
        if self.limit.is_some_and(|limit| following.shown >= limit) {
            return Ok(true);
        }
        store.wait_beyond(head).await?;
        Ok(false)
    }

    /// Where the last events begin.
    async fn begin(&self, store: &dyn EventStore) -> Result<u64, Failure> {
        let wanted = usize::try_from(self.last.max(1)).unwrap_or(usize::MAX);
        let mut walk = Walk::new(store, self.target.source(None))
            .direction(Direction::Backwards)
            .wanting(Some(wanted));
        let (mut begin, mut left) = (1, wanted);
        while let Some(page) = walk.next_page().await? {
            for event in page.iter().take(left) {
                let number = self.number(&event);
                if self.last == 0 {
                    return Ok(number + 1);
                }
                begin = number;
                left -= 1;
            }
            if left == 0 {
                break;
            }
        }
        Ok(begin)
    }

    fn number(&self, event: &RecordedEvent<'_>) -> u64 {
        match self.target.is_stream() {
            true => event.version.get(),
            false => event.position.get(),
        }
    }

    /// Not in a table: nobody knows how wide what comes will be.
    fn show(&self, out: &mut Output, event: &RecordedEvent<'_>) -> Result<(), Failure> {
        if out.json() {
            return Ok(out.row(&EventRow::of(event))?);
        }
        let paint = out.paint();
        let plain = format!(
            "{}  {} v{}  {}",
            out.time(event.time),
            event.stream,
            event.version,
            event.event_type
        );
        let told = match self.shown.data {
            true => String::new(),
            false => brief(&event.data),
        };
        let told = match out.width() {
            Some(width) => cut(&told, width.saturating_sub(plain.chars().count() + 2)),
            None => told,
        };
        let line = format!(
            "{}  {} v{}  {}  {}",
            paint.quiet(&out.time(event.time)),
            event.stream,
            event.version,
            paint.kind(&event.event_type),
            paint.quiet(&told)
        );
        out.line(line.trim_end())?;
        if self.shown.trace {
            let context = context(event);
            for (name, id) in [
                ("correlation", context.correlation_id),
                ("causation", context.causation_id),
            ] {
                if let Some(id) = id {
                    out.line(format!("    {name} {id}"))?;
                }
            }
        }
        if self.shown.data {
            out.line(pretty(&event.data, 4))?;
        }
        Ok(())
    }
}
