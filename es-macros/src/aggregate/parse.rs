//! What stands in `#[aggregate(..)]` on a struct.

use proc_macro2::{Span, TokenStream};
use syn::parse::Parser as _;
use syn::punctuated::Punctuated;
use syn::{Ident, LitStr, Path, Token, Type};

use crate::diagnostics::Diagnostics;
use crate::options;

const OPTIONS: &[&str] = &[
    "event_sourced",
    "events",
    "category",
    "id",
    "snapshot_every",
    "snapshots",
    "snapshot_version",
    "fact_events",
    "fact_version",
    "domain",
    "crate",
];

/// The options as they were written.
#[derive(Default)]
pub struct AggregateOptions {
    pub event_sourced: Option<Span>,
    /// Those that a state-stored aggregate records.
    pub events: Option<(Span, Vec<Path>)>,
    pub category: Option<LitStr>,
    pub id: Option<Type>,
    pub snapshot_every: Option<(u64, Span)>,
    pub snapshots: Option<Ident>,
    pub snapshot_version: Option<(u64, Span)>,
    pub fact_events: Option<Span>,
    pub fact_version: Option<(u32, Span)>,
    pub domain: Option<LitStr>,
    pub krate: Option<Path>,
}

impl AggregateOptions {
    pub fn parse(tokens: TokenStream, diagnostics: &mut Diagnostics) -> Self {
        let mut parsed = Self::default();
        for option in options::parse(tokens, "#[aggregate]", OPTIONS, diagnostics) {
            match option.key.to_string().as_str() {
                "event_sourced" => {
                    diagnostics.ok(option.flag());
                    parsed.event_sourced = Some(option.key.span());
                }
                "events" => {
                    let paths = option.list("events(Registered, Renamed)");
                    let parser = Punctuated::<Path, Token![,]>::parse_terminated;
                    let paths = paths.and_then(|tokens| parser.parse2(tokens.clone()));
                    parsed.events = diagnostics
                        .ok(paths)
                        .map(|paths| (option.key.span(), paths.into_iter().collect()));
                }
                "fact_events" => {
                    diagnostics.ok(option.flag());
                    parsed.fact_events = Some(option.key.span());
                }
                "fact_version" => parsed.fact_version = diagnostics.ok(option.number()),
                "category" => parsed.category = diagnostics.ok(option.string()),
                "id" => parsed.id = diagnostics.ok(option.ty()),
                "snapshot_every" => parsed.snapshot_every = diagnostics.ok(option.number()),
                "snapshots" => parsed.snapshots = diagnostics.ok(option.word("`snapshots = off`")),
                "snapshot_version" => parsed.snapshot_version = diagnostics.ok(option.number()),
                "domain" => parsed.domain = diagnostics.ok(option.string()),
                "crate" => parsed.krate = diagnostics.ok(option.path()),
                other => unreachable!("`{other}` is none of the options of an aggregate"),
            }
        }
        parsed
    }
}
