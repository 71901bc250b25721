//! `es events trace`.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use clap::Args;
use es_core::record::{RecordedEvent, Source};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::nothing;
use crate::failure::Failure;
use crate::output::{Column, Look, Outcome, Output, Table, Time, counted, note};
use crate::session::Session;
use crate::walk::Walk;

/// Shows what one request caused: commands and events, as a tree across streams
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  es events trace request-7
  es events trace request-7 --flat
  es events trace request-7 --json | jq -c '.row // empty'")]
pub(crate) struct Trace {
    /// The correlation id
    #[arg(value_name = "CORRELATION_ID")]
    correlation: String,
    /// A list in the order of positions, not a tree
    #[arg(long)]
    flat: bool,
    /// Begins at this position, for who knows that nothing lies before
    #[arg(long, value_name = "POSITION")]
    from: Option<u64>,
    /// Shows at most so many
    #[arg(long, value_name = "EVENTS", default_value_t = 10_000)]
    limit: usize,
    /// Ends with 1 where there is nothing
    #[arg(long)]
    strict: bool,
}

/// One message, without its payload.
struct Node {
    id: String,
    causation: Option<String>,
    stream: String,
    version: u64,
    position: u64,
    time: DateTime<Utc>,
    event_type: String,
}

/// What of the metadata is looked at.
#[derive(Deserialize)]
struct Causes {
    #[serde(default)]
    correlation_id: Option<String>,
    #[serde(default)]
    causation_id: Option<String>,
}

#[derive(Serialize)]
struct Row<'a> {
    depth: usize,
    kind: &'a str,
    id: &'a str,
    causation_id: Option<&'a str>,
    stream: &'a str,
    version: u64,
    position: u64,
    time: Time,
    #[serde(rename = "type")]
    event_type: &'a str,
}

/// How deep a tree is drawn: deeper ones go on at this depth.
const DRAWN: usize = 24;

impl Trace {
    pub(crate) async fn run(self, session: &mut Session) -> Result<Outcome, Failure> {
        let (nodes, more) = self.collect(session).await?;
        let data = json!({ "events": nodes.len(), "more": more });
        if nodes.is_empty() {
            let text = format!("nothing has the correlation id `{}`", self.correlation);
            let outcome = nothing(session, self.strict, &text);
            return Ok(Outcome { data, ..outcome });
        }
        let out = &mut session.out;
        match (self.flat, out.json()) {
            (false, false) => write_tree(out, &nodes)?,
            (true, false) => write_list(out, &nodes)?,
            (false, true) => {
                for (place, depth, _) in walk(&nodes) {
                    out.row(&nodes[place].row(depth))?;
                }
            }
            (true, true) => {
                for node in &nodes {
                    out.row(&node.row(0))?;
                }
            }
        }
        if !out.json() {
            let events = counted(nodes.len() as u64, "message");
            out.line(format!(
                "\n{events} with the correlation id `{}`",
                self.correlation
            ))?;
            if more {
                out.flush()?;
                note(format!(
                    "there are more: give a `--limit` above {}",
                    self.limit
                ));
            }
        }
        Ok(Outcome::of(data))
    }

    /// Everything is read, and only what belongs to the request is kept.
    async fn collect(&self, session: &Session) -> Result<(Vec<Node>, bool), Failure> {
        let store = session.store().await?;
        let mut nodes = Vec::new();
        let source = Source::All {
            from: self.from.map(es_core::Position::new),
        };
        let mut walk = Walk::new(&*store, source);
        while let Some(page) = walk.next_page().await? {
            for event in page.iter().filter(|event| !event.metadata.is_empty()) {
                let Ok(causes) = serde_json::from_slice::<Causes>(&event.metadata) else {
                    continue;
                };
                if causes.correlation_id.as_deref() != Some(self.correlation.as_str()) {
                    continue;
                }
                if nodes.len() == self.limit {
                    return Ok((nodes, true));
                }
                nodes.push(Node::of(&event, causes.causation_id));
            }
        }
        Ok((nodes, false))
    }
}

impl Node {
    fn of(event: &RecordedEvent<'_>, causation: Option<String>) -> Self {
        Self {
            id: event.id.to_string(),
            causation,
            stream: event.stream.to_string(),
            version: event.version.get(),
            position: event.position.get(),
            time: event.time,
            event_type: event.event_type.to_string(),
        }
    }

    /// Protean names a message by its stream and its place in it, from 0.
    fn name_in_stream(&self) -> String {
        format!("{}-{}", self.stream, self.version - 1)
    }

    fn kind(&self) -> &'static str {
        let category = self.stream.split('-').next().unwrap_or_default();
        let (_, kinds) = category.rsplit_once("::").unwrap_or(("", category));
        let mut kinds = kinds.split(':').skip(1);
        match kinds.next() {
            Some("command") => "command",
            Some("fact") => "fact",
            _ => "event",
        }
    }

    fn row(&self, depth: usize) -> Row<'_> {
        Row {
            depth,
            kind: self.kind(),
            id: &self.id,
            causation_id: self.causation.as_deref(),
            stream: &self.stream,
            version: self.version,
            position: self.position,
            time: Time(self.time),
            event_type: &self.event_type,
        }
    }
}

/// The messages in the order of a tree: place, depth, and whether each on the way down to it is the
/// last of its siblings.
fn walk(nodes: &[Node]) -> Vec<(usize, usize, Vec<bool>)> {
    let mut by_name = HashMap::new();
    for (place, node) in nodes.iter().enumerate() {
        by_name.entry(node.id.clone()).or_insert(place);
        by_name.entry(node.name_in_stream()).or_insert(place);
    }
    let parent = |place: usize| {
        let cause = nodes[place].causation.as_ref()?;
        by_name
            .get(cause)
            .copied()
            .filter(|parent| *parent != place)
    };
    let mut children = HashMap::<usize, Vec<usize>>::new();
    let mut roots = Vec::new();
    for place in 0..nodes.len() {
        match parent(place) {
            Some(parent) => children.entry(parent).or_default().push(place),
            None => roots.push(place),
        }
    }
    let mut walked = Vec::with_capacity(nodes.len());
    let mut seen = HashSet::new();
    // Whatever causes itself over others is reached from no root, and begins a tree of its own.
    for root in roots.into_iter().chain(0..nodes.len()) {
        let mut waiting = vec![(root, 0, Vec::new())];
        while let Some((place, depth, lasts)) = waiting.pop() {
            if !seen.insert(place) {
                continue;
            }
            let caused = children.get(&place).map_or(&[][..], Vec::as_slice);
            for (index, child) in caused.iter().enumerate().rev() {
                let mut lasts = lasts.clone();
                if depth < DRAWN {
                    lasts.push(index + 1 == caused.len());
                }
                waiting.push((*child, depth + 1, lasts));
            }
            walked.push((place, depth, lasts));
        }
    }
    walked
}

fn write_tree(out: &mut Output, nodes: &[Node]) -> Result<(), Failure> {
    let names = nodes
        .iter()
        .flat_map(|node| [node.id.clone(), node.name_in_stream()])
        .collect::<HashSet<_>>();
    for (place, depth, lasts) in walk(nodes) {
        let node = &nodes[place];
        let mut branch = String::new();
        if let Some((last, before)) = lasts.split_last() {
            for before in before {
                branch.push_str(if *before { "    " } else { "│   " });
            }
            branch.push_str(if *last { "└── " } else { "├── " });
        }
        let paint = out.paint();
        let kind = match node.kind() {
            "command" => paint.good("command"),
            kind => paint.quiet(kind),
        };
        let unknown = node.causation.as_ref().filter(|_| depth == 0);
        let unknown = unknown.filter(|cause| !names.contains(*cause));
        let because = match unknown {
            Some(cause) => format!("  caused by {cause}, which is not among them"),
            None => String::new(),
        };
        let line = format!(
            "{branch}{kind} {}  {} v{}  {}{because}",
            paint.kind(&node.event_type),
            node.stream,
            node.version,
            paint.quiet(&out.time(node.time)),
        );
        out.line(line)?;
    }
    Ok(())
}

fn write_list(out: &mut Output, nodes: &[Node]) -> Result<(), Failure> {
    let mut table = Table::new([
        Column::number("Position"),
        Column::text("Kind"),
        Column::text("Type").gives_way(12).look(Look::Type),
        Column::text("Stream").gives_way(16),
        Column::number("Version"),
        Column::text("Time"),
        Column::text("Id").gives_way(8),
        Column::text("Causation").gives_way(8),
    ]);
    for node in nodes {
        let cells = vec![
            node.position.to_string(),
            node.kind().to_owned(),
            node.event_type.clone(),
            node.stream.clone(),
            node.version.to_string(),
            out.time(node.time),
            node.id.clone(),
            node.causation.clone().unwrap_or_default(),
        ];
        table.row(out, cells)?;
    }
    table.flush(out)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(number: u64, causation: Option<&str>) -> Node {
        Node {
            id: number.to_string(),
            causation: causation.map(str::to_owned),
            stream: format!("bank::account-{number}"),
            version: 1,
            position: number,
            time: DateTime::UNIX_EPOCH,
            event_type: "Bank.Opened.v1".to_owned(),
        }
    }

    fn places(nodes: &[Node]) -> Vec<(usize, usize)> {
        let walked = walk(nodes).into_iter();
        walked.map(|(place, depth, _)| (place, depth)).collect()
    }

    #[test]
    fn causes_come_before_what_they_caused() {
        let nodes = [
            node(0, Some("elsewhere")),
            node(1, Some("0")),
            node(2, Some("0")),
            node(3, Some("bank::account-1-0")),
        ];

        assert_eq!(places(&nodes), [(0, 0), (1, 1), (3, 2), (2, 1)]);
    }

    #[test]
    fn what_causes_itself_is_shown_once() {
        let nodes = [node(0, Some("0")), node(1, Some("2")), node(2, Some("1"))];

        assert_eq!(places(&nodes), [(0, 0), (1, 0), (2, 1)]);
    }

    #[test]
    fn a_chain_of_thousands_is_walked() {
        let cause = |number: u64| number.checked_sub(1).map(|cause| cause.to_string());
        let nodes = (0..20_000).map(|number| node(number, cause(number).as_deref()));
        let nodes = nodes.collect::<Vec<_>>();

        assert_eq!(places(&nodes).last(), Some(&(19_999, 19_999)));
    }

    #[test]
    fn a_message_is_told_by_its_stream() {
        let of = |stream: &str| {
            let stream = stream.to_owned();
            Node {
                stream,
                ..node(1, None)
            }
            .kind()
        };

        assert_eq!(of("bank::account:command-1"), "command");
        assert_eq!(of("bank::account:fact-1"), "fact");
        assert_eq!(of("bank::account-1"), "event");
    }
}
