//! What the struct of an aggregate is, checked.

use syn::ext::IdentExt as _;
use syn::{Fields, FieldsNamed, Ident, ItemStruct, LitStr, Path, Type};

use super::parse::AggregateOptions;
use crate::behaviour::text;
use crate::diagnostics::Diagnostics;
use crate::hash::TokenHash;
use crate::krate::Crate;

/// The struct of an aggregate.
pub struct Aggregate {
    pub item: ItemStruct,
    pub fields: FieldsNamed,
    pub krate: Crate,
    pub kept: Kept,
    pub category: String,
    /// `Uuid` where none is given.
    pub id: Option<Type>,
    pub snapshots: Snapshots,
    /// The version of its fact events, where it has any.
    pub facts: Option<u32>,
    pub domain: Option<LitStr>,
    /// A hash of the fields and of `snapshot_version`.
    pub shape: u64,
}

/// What is kept of it.
pub enum Kept {
    Events,
    /// Its state; these are the events that it records.
    State(Vec<Path>),
}

/// When snapshots are taken.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Snapshots {
    AsTheDomainSays,
    Every(u64),
    Off,
}

impl Aggregate {
    /// `None` where no aggregate can be made of the struct; what is wrong is told either way.
    pub fn new(
        item: ItemStruct,
        options: AggregateOptions,
        diagnostics: &mut Diagnostics,
    ) -> Option<Self> {
        if !item.generics.params.is_empty() {
            diagnostics.push(
                &item.generics,
                "an aggregate is not generic: its category names one type; write a struct for each",
            );
            return None;
        }
        let ident = &item.ident;
        let Fields::Named(fields) = &item.fields else {
            let message = format!("an aggregate has named fields; write `struct {ident} {{ .. }}`");
            diagnostics.push(ident, message);
            return None;
        };
        let category = category(&item, options.category.as_ref(), diagnostics);
        let kept = kept(&options, diagnostics);
        let snapshots = match kept {
            Kept::Events => snapshots(&options, diagnostics),
            Kept::State(_) => Snapshots::Off,
        };
        let facts = facts(&options, diagnostics);
        if let Some(domain) = &options.domain {
            check_domain(domain, diagnostics);
        }
        let stored = match (&kept, facts, snapshots) {
            (Kept::State(_), ..) => Some(
                "a field that is skipped is missing in every state that is loaded; keep it, or make it \
                 a part of something that is not stored",
            ),
            (Kept::Events, _, Snapshots::AsTheDomainSays | Snapshots::Every(_)) => Some(
                "a field that is skipped is missing in every state that is loaded from a snapshot; keep \
                 it, or turn snapshots off: `#[aggregate(event_sourced, snapshots = off)]`",
            ),
            // What a fact leaves out is the user's choice.
            (Kept::Events, _, Snapshots::Off) => None,
        };
        if let Some(message) = stored {
            check_nothing_is_skipped(fields, message, diagnostics);
        }
        let mut shape = TokenHash::new();
        for field in &fields.named {
            let attrs = field
                .attrs
                .iter()
                .filter(|attr| !attr.path().is_ident("doc"));
            attrs.for_each(|attr| {
                shape.add(attr);
            });
            shape.add(&field.ident).add(&field.ty);
        }
        shape.add(options.snapshot_version.map_or(0, |(version, _)| version));
        Some(Self {
            fields: fields.clone(),
            krate: Crate::new(options.krate.as_ref()),
            kept,
            category,
            id: options.id,
            snapshots,
            facts,
            domain: options.domain,
            shape: shape.finish(),
            item,
        })
    }

    /// Whether its state is encoded: as what is kept, in snapshots or in facts.
    pub fn encodes_its_state(&self) -> bool {
        self.decodes_its_state() || self.facts.is_some()
    }

    /// Whether its state is decoded.
    pub fn decodes_its_state(&self) -> bool {
        self.snapshots != Snapshots::Off || matches!(self.kept, Kept::State(_))
    }
}

fn category(item: &ItemStruct, given: Option<&LitStr>, diagnostics: &mut Diagnostics) -> String {
    let Some(given) = given else {
        return snake_case(&item.ident.unraw().to_string());
    };
    let text = given.value();
    let problem = if text.is_empty() {
        Some("a category is not empty, as in `\"bank_account\"`".to_owned())
    } else if text.contains('-') {
        let better = text.replace('-', "_");
        Some(format!(
            "a category ends at the first `-` of a stream's name, so it cannot hold one; write `\"{better}\"`"
        ))
    } else if text.contains(':') {
        Some("a category holds no `:`, which sets domain and purpose apart; write its own name alone".to_owned())
    } else if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        Some("a category holds no white space, as in `\"bank_account\"`".to_owned())
    } else {
        None
    };
    if let Some(problem) = problem {
        diagnostics.push(given, problem);
    }
    text
}

/// How it is kept, and that nothing was said that goes with the other way alone.
fn kept(options: &AggregateOptions, diagnostics: &mut Diagnostics) -> Kept {
    if options.event_sourced.is_some() {
        if let Some((span, _)) = options.events {
            let message = "the events of an event-sourced aggregate are those that its `#[apply]` \
                           handlers take; leave `events(..)` out, or leave `event_sourced` out to keep \
                           the state instead";
            diagnostics.push_error(syn::Error::new(span, message));
        }
        return Kept::Events;
    }
    let of_events_alone = [
        (
            "snapshot_every",
            options.snapshot_every.map(|(_, span)| span),
        ),
        ("snapshots", options.snapshots.as_ref().map(Ident::span)),
        (
            "snapshot_version",
            options.snapshot_version.map(|(_, span)| span),
        ),
        ("fact_events", options.fact_events),
        ("fact_version", options.fact_version.map(|(_, span)| span)),
    ];
    for (option, span) in of_events_alone {
        if let Some(span) = span {
            let message = format!(
                "`{option}` is for aggregates whose events are kept; write \
                 `#[aggregate(event_sourced, ..)]`, or leave it out: this one keeps its state"
            );
            diagnostics.push_error(syn::Error::new(span, message));
        }
    }
    let events = options
        .events
        .as_ref()
        .map_or(&[][..], |(_, events)| events);
    let last = |path: &Path| path.segments.last().map(|last| last.ident.clone());
    let mut declared: Vec<Path> = Vec::new();
    for event in events {
        if declared.iter().any(|first| last(first) == last(event)) {
            let message = format!("`{}` is declared twice; write it once", text(event));
            diagnostics.push(event, message);
        } else {
            declared.push(event.clone());
        }
    }
    Kept::State(declared)
}

fn facts(options: &AggregateOptions, diagnostics: &mut Diagnostics) -> Option<u32> {
    options.event_sourced?;
    match (options.fact_events, options.fact_version) {
        (None, Some((_, span))) => {
            let message = "`fact_version` is the version of fact events; write `fact_events` too";
            diagnostics.push_error(syn::Error::new(span, message));
            None
        }
        (Some(_), Some((0, span))) => {
            let message = "versions count from 1";
            diagnostics.push_error(syn::Error::new(span, message));
            None
        }
        (Some(_), version) => Some(version.map_or(1, |(version, _)| version)),
        (None, None) => None,
    }
}

/// What serde skips is missing in every state that was stored.
fn check_nothing_is_skipped(fields: &FieldsNamed, message: &str, diagnostics: &mut Diagnostics) {
    let attrs = fields.named.iter().flat_map(|field| &field.attrs);
    for attr in attrs.filter(|attr| attr.path().is_ident("serde")) {
        // What else stands there is serde's business, also where it is wrong.
        let _ = attr.parse_nested_meta(|meta| {
            let skips = ["skip", "skip_serializing", "skip_deserializing"];
            if skips.iter().any(|skip| meta.path.is_ident(skip)) {
                diagnostics.push(&meta.path, message);
            }
            if let Ok(value) = meta.value() {
                value.parse::<syn::Expr>()?;
            }
            Ok(())
        });
    }
}

fn check_domain(domain: &LitStr, diagnostics: &mut Diagnostics) {
    let text = domain.value();
    let snake = text.starts_with(|c: char| c.is_ascii_lowercase())
        && text
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && !text.ends_with('_')
        && !text.contains("__");
    if !snake {
        diagnostics.push(
            domain,
            "a domain's name is `snake_case`, as in `\"cargo_shipping\"`",
        );
    }
}

fn snapshots(options: &AggregateOptions, diagnostics: &mut Diagnostics) -> Snapshots {
    let off = match &options.snapshots {
        Some(word) if word == "off" => true,
        Some(word) => {
            diagnostics.push(word, "expected was `snapshots = off`; how often they are taken says `snapshot_every = 100`");
            false
        }
        None => false,
    };
    match options.snapshot_every {
        Some((_, span)) if off => {
            let message = "`snapshots = off` and `snapshot_every` contradict each other; write one";
            diagnostics.push_error(syn::Error::new(span, message));
            Snapshots::Off
        }
        Some((0, span)) => {
            let message =
                "snapshots are taken after 1 or more events; `snapshots = off` turns them off";
            diagnostics.push_error(syn::Error::new(span, message));
            Snapshots::AsTheDomainSays
        }
        Some((events, _)) => Snapshots::Every(events),
        None if off => Snapshots::Off,
        None => Snapshots::AsTheDomainSays,
    }
}

/// `BankAccount` as `bank_account`, `HTTPServer2` as `http_server2`.
fn snake_case(camel: &str) -> String {
    let letters: Vec<char> = camel.chars().collect();
    let mut snake = String::new();
    for (index, letter) in letters.iter().enumerate() {
        if letter.is_uppercase() && index > 0 {
            let before = letters[index - 1];
            let next_is_lower = letters
                .get(index + 1)
                .is_some_and(|next| next.is_lowercase());
            if before != '_' && (!before.is_uppercase() || next_is_lower) {
                snake.push('_');
            }
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::snake_case;

    #[test]
    fn a_category_is_the_name_in_snake_case() {
        let cases = [
            ("BankAccount", "bank_account"),
            ("Dog", "dog"),
            ("HTTPServer2", "http_server2"),
            ("ABTest", "ab_test"),
            ("already_snake", "already_snake"),
            ("Snake_Camel", "snake_camel"),
        ];
        for (camel, snake) in cases {
            assert_eq!(snake_case(camel), snake);
        }
    }
}
