//! `es streams list`.

use clap::Args;
use es_core::store::StreamsRequest;
use es_core::stream::{Category, StreamName};
use serde::Serialize;
use serde_json::json;

use super::nothing;
use crate::catalog;
use crate::failure::Failure;
use crate::output::{Column, Look, Outcome, Table, Time, grouped, note};
use crate::session::Session;

/// Lists streams, with how many events each has and its last
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  es streams list
  es streams list bank::bank_account --limit 0
  es streams list --after bank::bank_account-0192a7e0 --json")]
pub(crate) struct List {
    /// Only the streams of this category
    #[arg(value_name = "CATEGORY")]
    category: Option<Category>,
    /// Begins behind this stream
    #[arg(long, value_name = "STREAM")]
    after: Option<StreamName>,
    /// Lists at most so many, 100 unless told otherwise; 0 lists all
    #[arg(
        long,
        value_name = "STREAMS",
        default_value_t = 100,
        hide_default_value = true
    )]
    limit: usize,
    /// Ends with 1 where there are none
    #[arg(long)]
    strict: bool,
}

#[derive(Serialize)]
struct Row<'a> {
    stream: &'a str,
    version: u64,
    position: u64,
    time: Time,
    #[serde(rename = "type")]
    event_type: &'a str,
}

/// So many are asked for at a time.
const PAGE: usize = 1_000;

impl List {
    pub(crate) async fn run(self, session: &mut Session) -> Result<Outcome, Failure> {
        let limit = if self.limit == 0 {
            usize::MAX
        } else {
            self.limit
        };
        let store = session.store().await?;
        let out = &mut session.out;
        let mut table = Table::new([
            Column::text("Stream").gives_way(20),
            Column::number("Events"),
            Column::text("Last type").gives_way(12).look(Look::Type),
            Column::text("Last time"),
        ]);
        let mut request = StreamsRequest {
            category: self.category,
            after: self.after,
            max: PAGE,
        };
        let (mut listed, mut more) = (0, false);
        loop {
            // One more than is wanted tells whether there are more.
            request.max = PAGE.min((limit - listed).saturating_add(1));
            let streams = catalog::streams(&*store, &request).await?;
            for entry in &streams {
                if listed == limit {
                    more = true;
                    break;
                }
                if out.json() {
                    out.row(&Row {
                        stream: entry.stream.as_str(),
                        version: entry.version.get(),
                        position: entry.position.get(),
                        time: Time(entry.time),
                        event_type: &entry.event_type,
                    })?;
                } else {
                    let cells = vec![
                        entry.stream.to_string(),
                        grouped(entry.version.get()),
                        entry.event_type.clone(),
                        out.time(entry.time),
                    ];
                    table.row(out, cells)?;
                }
                listed += 1;
                request.after = Some(entry.stream.clone());
            }
            if more || streams.len() < request.max {
                break;
            }
        }
        table.flush(out)?;
        let after = request.after.filter(|_| more);
        let data = json!({ "streams": listed, "next": after.as_ref().map(StreamName::as_str) });
        if listed == 0 {
            let text = match &request.category {
                Some(category) => format!("there are no streams in `{category}`"),
                None => "the store has no streams".to_owned(),
            };
            let outcome = nothing(session, self.strict, &text);
            return Ok(Outcome { data, ..outcome });
        }
        if let (Some(after), false) = (after, session.out.json()) {
            session.out.flush()?;
            note(format!(
                "more follow: `--after {after}`, or `--limit 0` for all"
            ));
        }
        Ok(Outcome::of(data))
    }
}
