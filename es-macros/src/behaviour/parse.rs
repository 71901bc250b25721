//! Which functions of the block are ours, and what their attributes say.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Attribute, Expr, Ident, ImplItem, ImplItemFn, ItemImpl, Meta, Path};

use crate::diagnostics::Diagnostics;
use crate::event::{self, EventOptions};
use crate::krate::Crate;
use crate::options;

/// A function with one of our attributes, which is taken off.
pub struct Marked {
    /// Where it stands among the items of the block.
    pub index: usize,
    pub mark: Mark,
}

pub enum Mark {
    /// `#[apply]` or `#[apply(Event)]`.
    Apply {
        attribute: Attribute,
        event: Option<Path>,
    },
    /// `#[event(Name, ..)]`.
    Event {
        name: Ident,
        options: EventOptions,
        id: Option<Box<Expr>>,
    },
    /// `#[handle]`.
    Handle { attribute: Attribute },
    /// `#[invariant]`.
    Invariant { attribute: Attribute },
    /// `#[upcast]`.
    Upcast { attribute: Attribute },
    /// Its attribute is wrong: which event it is about is not known.
    Unclear,
}

impl Mark {
    /// Whether it says what an event does to the state, which makes the aggregate event-sourced.
    pub fn is_of_an_event(&self) -> bool {
        matches!(
            self,
            Self::Apply { .. } | Self::Event { .. } | Self::Unclear
        )
    }
}

/// The options of `#[aggregate]` on an `impl`.
pub fn options(tokens: TokenStream, diagnostics: &mut Diagnostics) -> Crate {
    let mut path = None;
    let known = [
        "crate",
        "event_sourced",
        "category",
        "id",
        "snapshot_every",
        "snapshots",
        "snapshot_version",
        "events",
        "fact_events",
        "fact_version",
        "domain",
    ];
    for option in options::parse(tokens, "#[aggregate]", &known, diagnostics) {
        if option.key == "crate" {
            path = diagnostics.ok(option.path());
        } else {
            let message = format!(
                "`{}` belongs to the `#[aggregate(..)]` on the struct; write `#[aggregate]` here",
                option.key
            );
            diagnostics.push(&option.key, message);
        }
    }
    Crate::new(path.as_ref())
}

/// Takes our attributes off the block's items and answers which stood where.
pub fn block(item: &mut ItemImpl, krate: &Crate, diagnostics: &mut Diagnostics) -> Vec<Marked> {
    let mut marked = Vec::new();
    for (index, item) in item.items.iter_mut().enumerate() {
        let Some(attrs) = attributes(item) else {
            continue;
        };
        let ours: Vec<Attribute> = attrs.extract_if(.., |attr| is_ours(attr, krate)).collect();
        let Some((first, more)) = ours.split_first() else {
            continue;
        };
        for attr in more {
            diagnostics.push(
                attr,
                "a function has one task: it applies an event, decides on a command or is an \
                 invariant; write one attribute for it",
            );
        }
        if !matches!(item, ImplItem::Fn(_)) {
            let message = "it belongs on a function of the block";
            diagnostics.push(first, message);
            continue;
        }
        let mark = mark(first, diagnostics).unwrap_or(Mark::Unclear);
        marked.push(Marked { index, mark });
    }
    marked
}

fn attributes(item: &mut ImplItem) -> Option<&mut Vec<Attribute>> {
    match item {
        ImplItem::Fn(ImplItemFn { attrs, .. }) => Some(attrs),
        ImplItem::Const(item) => Some(&mut item.attrs),
        ImplItem::Type(item) => Some(&mut item.attrs),
        ImplItem::Macro(item) => Some(&mut item.attrs),
        _ => None,
    }
}

/// The attributes that are ours in a block.
const ATTRIBUTES: [&str; 5] = ["apply", "event", "handle", "invariant", "upcast"];

/// Whether it is one of ours, also by a path such as `#[es_core::apply]`. An attribute
/// of that name from elsewhere is not.
fn is_ours(attr: &Attribute, krate: &Crate) -> bool {
    let segments = &attr.path().segments;
    let ours = |last: &syn::PathSegment| ATTRIBUTES.iter().any(|name| last.ident == name);
    let from_us =
        segments.len() == 1 || segments.first().is_some_and(|first| krate.is(&first.ident));
    from_us && segments.last().is_some_and(ours)
}

fn mark(attribute: &Attribute, diagnostics: &mut Diagnostics) -> Option<Mark> {
    let name = attribute.path().segments.last()?.ident.to_string();
    let attribute = attribute.clone();
    match name.as_str() {
        "apply" => Some(apply(&attribute, diagnostics)),
        "handle" => Some(Mark::Handle { attribute }),
        "invariant" => Some(Mark::Invariant { attribute }),
        "upcast" => Some(Mark::Upcast { attribute }),
        _ => event_method(&attribute, diagnostics),
    }
}

fn apply(attribute: &Attribute, diagnostics: &mut Diagnostics) -> Mark {
    let event = match &attribute.meta {
        Meta::Path(_) => None,
        Meta::List(list) => match list.parse_args::<Path>() {
            Ok(path) => Some(path),
            Err(_) => {
                diagnostics.push(
                    &list.tokens,
                    "expected was `#[apply]`, or the event as in `#[apply(Deposited)]`",
                );
                None
            }
        },
        Meta::NameValue(_) => {
            diagnostics.push(
                attribute,
                "expected was `#[apply]`, or the event as in `#[apply(Deposited)]`",
            );
            None
        }
    };
    Mark::Apply {
        attribute: attribute.clone(),
        event,
    }
}

fn event_method(attribute: &Attribute, diagnostics: &mut Diagnostics) -> Option<Mark> {
    const EXPECTED: &str =
        "expected was the name of the event to define, as in `#[event(TrickAdded)]`";
    let Meta::List(list) = &attribute.meta else {
        diagnostics.push(attribute, EXPECTED);
        return None;
    };
    let mut tokens = list.tokens.clone().into_iter();
    let first = tokens
        .next()
        .map(|first| syn::parse2::<Ident>(first.to_token_stream()));
    let Some(Ok(name)) = first else {
        diagnostics.push(attribute, EXPECTED);
        return None;
    };
    match tokens.next() {
        None => {}
        Some(proc_macro2::TokenTree::Punct(comma)) if comma.as_char() == ',' => {}
        Some(_) => {
            diagnostics.push(&list.tokens, EXPECTED);
            return None;
        }
    }
    let known: Vec<&str> = event::OPTIONS.iter().copied().chain(["id"]).collect();
    let (mut event, mut id) = (EventOptions::default(), None);
    for option in options::parse(tokens.collect(), "#[event]", &known, diagnostics) {
        if option.key == "id" {
            id = diagnostics.ok(option.expr()).map(Box::new);
        } else {
            event.take(&option, diagnostics);
        }
    }
    Some(Mark::Event {
        name,
        options: event,
        id,
    })
}
