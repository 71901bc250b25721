//! What the behaviour of an aggregate is, checked: handlers, and the events that methods define.

use std::mem;

use proc_macro2::Ident;
use quote::{ToTokens, quote};
use syn::{Attribute, ImplItem, ImplItemFn, ItemImpl, Path, Type, parse_quote};

use super::calls;
use super::command_handler::{self, CommandHandler};
use super::handler;
use super::invariant::Invariant;
use super::literals;
use super::method::EventMethod;
use super::parse::{Mark, Marked};
use super::upcast::Upcast;
use crate::diagnostics::Diagnostics;
use crate::event::Event;
use crate::hash::TokenHash;
use crate::krate::Crate;

/// The behaviour of an aggregate.
pub struct Behaviour {
    /// The block as it is generated: our attributes gone, literals completed, methods that define
    /// events split into the raising and the applying half.
    pub item: ItemImpl,
    pub krate: Crate,
    /// The aggregate's name, without its path.
    pub ident: Ident,
    pub handlers: Vec<Handler>,
    pub commands: Vec<CommandHandler>,
    pub invariants: Vec<Invariant>,
    pub upcasts: Vec<Upcast>,
    /// The structs that `#[event(..)]` methods define.
    pub events: Vec<(Vec<Attribute>, Event)>,
    /// A hash of all handlers and upcasts.
    pub hash: u64,
    /// Whether no mistake was found.
    pub sound: bool,
    /// Whether anything in it is about applying events; otherwise the state is what is stored.
    pub event_sourced: bool,
    /// Whether no mistake hides an event.
    pub knows_its_events: bool,
}

/// What applies one event.
pub struct Handler {
    pub cfgs: Vec<Attribute>,
    /// The variant of the event enum.
    pub variant: Ident,
    /// The event's type, as written.
    pub event: Path,
    pub creates: bool,
    pub by_value: bool,
    /// The function that applies it.
    pub function: Ident,
    /// The name of the function that the user wrote.
    pub written: Ident,
    /// Something is wrong with it: it is never called, so that no further errors follow.
    pub broken: bool,
}

impl Behaviour {
    /// The item untouched where no behaviour can be made of it; what is wrong is told either way.
    pub fn new(
        mut item: ItemImpl,
        marked: Vec<Marked>,
        krate: Crate,
        diagnostics: &mut Diagnostics,
    ) -> Result<Self, Box<ItemImpl>> {
        let Some((path, ident)) = aggregate(&item, diagnostics) else {
            return Err(Box::new(item));
        };
        for item in &mut item.items {
            if let ImplItem::Fn(function) = item {
                literals::complete(&mut function.block, &path);
            }
        }
        let named = |of: fn(&Mark) -> bool| -> Vec<Ident> {
            let marked = marked.iter().filter(|marked| of(&marked.mark));
            let functions = marked.filter_map(|marked| function(&item.items[marked.index]));
            functions
                .map(|function| function.sig.ident.clone())
                .collect()
        };
        let event_methods = named(|mark| matches!(mark, Mark::Event { .. }));
        let handlers = named(|mark| matches!(mark, Mark::Apply { .. }));
        for (index, item) in item.items.iter().enumerate() {
            if let Some(method) = function(item)
                && marked.iter().all(|marked| marked.index != index)
            {
                calls::check_method(method, &ident, &handlers, diagnostics);
            }
        }

        let event_sourced = marked.iter().any(|marked| marked.mark.is_of_an_event());
        let mut behaviour = Self {
            event_sourced,
            knows_its_events: true,
            ..Self::empty(item, krate, ident)
        };
        let mut hash = TokenHash::new();
        for Marked { index, mark } in marked {
            let index = match mark {
                Mark::Handle { .. } | Mark::Invariant { .. } => {
                    behaviour.take_plain(index, &mark, diagnostics);
                    continue;
                }
                _ => index,
            };
            if let Some(function) = function(&behaviour.item.items[index]) {
                if !matches!(mark, Mark::Upcast { .. }) {
                    calls::check_handler(function, &behaviour.ident, &event_methods, diagnostics);
                }
                hash.add(&function.sig).add(&function.block);
                let function = behaviour.take(function.clone(), mark, diagnostics);
                behaviour.item.items[index] = ImplItem::Fn(function);
            }
        }
        for upcast in mem::take(&mut behaviour.upcasts) {
            if !event_sourced {
                upcast.refuse_without_handlers(diagnostics);
            } else if upcast.is_alone(&behaviour.upcasts, &behaviour.handlers, diagnostics) {
                behaviour.upcasts.push(upcast);
            }
        }
        behaviour.hash = hash.finish();
        behaviour.sound = diagnostics.is_empty();
        Ok(behaviour)
    }

    /// Nothing in it yet.
    pub fn empty(item: ItemImpl, krate: Crate, ident: Ident) -> Self {
        Self {
            item,
            krate,
            ident,
            handlers: Vec::new(),
            upcasts: Vec::new(),
            commands: Vec::new(),
            invariants: Vec::new(),
            events: Vec::new(),
            hash: 0,
            sound: false,
            event_sourced: false,
            knows_its_events: false,
        }
    }

    /// Takes in a function that stays as it is.
    fn take_plain(&mut self, index: usize, mark: &Mark, diagnostics: &mut Diagnostics) {
        let ImplItem::Fn(function) = &mut self.item.items[index] else {
            return;
        };
        let before = diagnostics.count();
        match mark {
            Mark::Handle { attribute } => {
                // It may be called by the framework alone, which hands the command over.
                function.attrs.push(parse_quote!(#[allow(
                    clippy::needless_pass_by_value,
                    clippy::unnecessary_wraps
                )]));
                let handler = CommandHandler::new(function, attribute, &self.ident, diagnostics);
                if let Some(handler) = handler {
                    command_handler::add(&mut self.commands, handler, diagnostics);
                }
            }
            Mark::Invariant { attribute } => {
                let invariant = Invariant::new(function, attribute, diagnostics);
                self.invariants.extend(invariant);
            }
            _ => unreachable!("whatever is about events is taken in by `take`"),
        }
        if diagnostics.count() > before {
            function.attrs.push(parse_quote!(#[allow(unused)]));
        }
    }

    /// Takes a marked function in, and answers what stands in its place.
    fn take(
        &mut self,
        mut function: ImplItemFn,
        mark: Mark,
        diagnostics: &mut Diagnostics,
    ) -> ImplItemFn {
        let handler = match mark {
            Mark::Apply { attribute, event } => {
                let allow = quote!(clippy::needless_pass_by_value, clippy::unused_self);
                function.attrs.push(parse_quote!(#[allow(#allow)]));
                handler::apply(&function, &attribute, event, &self.ident, diagnostics)
            }
            Mark::Event { name, options, id } => {
                let method = EventMethod::new(&function, &name, id, &self.ident, diagnostics);
                let event = method.event(options, &self.krate, diagnostics);
                let halves = (!method.handler.broken).then(|| method.halves(&event));
                self.events.push((method.event_attrs(), event));
                let handler = method.handler;
                if let Some((raising, applying)) = halves {
                    function = raising;
                    self.item.items.push(ImplItem::Fn(applying));
                }
                Some(handler)
            }
            Mark::Handle { .. } | Mark::Invariant { .. } | Mark::Unclear => None,
            Mark::Upcast { attribute } => {
                let upcast = Upcast::new(&function, &attribute, &self.ident, diagnostics);
                let lints = match upcast {
                    Some(_) => quote!(clippy::needless_pass_by_value, clippy::unnecessary_wraps),
                    None => quote!(unused),
                };
                function.attrs.push(parse_quote!(#[allow(#lints)]));
                self.upcasts.extend(upcast);
                return function;
            }
        };
        if handler.as_ref().is_none_or(|handler| handler.broken) {
            // What it does not use is not what is wrong with it.
            function.attrs.push(parse_quote!(#[allow(unused)]));
        }
        match handler {
            Some(handler) => add_handler(&mut self.handlers, handler, diagnostics),
            None => self.knows_its_events = false,
        }
        function
    }
}

fn function(item: &ImplItem) -> Option<&ImplItemFn> {
    match item {
        ImplItem::Fn(function) => Some(function),
        _ => None,
    }
}

/// The aggregate whose inherent `impl` this is, as written and without its path.
fn aggregate(item: &ItemImpl, diagnostics: &mut Diagnostics) -> Option<(Path, Ident)> {
    if let Some((path, _)) = &item.trait_ {
        diagnostics.push(
            path,
            "the behaviour of an aggregate is its own `impl`, not that of a trait",
        );
        return None;
    }
    if !item.generics.params.is_empty() {
        let message = "an aggregate is not generic: its category names one type";
        diagnostics.push(&item.generics, message);
        return None;
    }
    match &*item.self_ty {
        Type::Path(path) if path.qself.is_none() => {
            let last = path.path.segments.last()?;
            Some((path.path.clone(), last.ident.clone()))
        }
        other => {
            diagnostics.push(
                other,
                "the behaviour of an aggregate stands in the `impl` of a struct",
            );
            None
        }
    }
}

fn add_handler(handlers: &mut Vec<Handler>, handler: Handler, diagnostics: &mut Diagnostics) {
    let Some(first) = handlers
        .iter()
        .find(|first| first.variant == handler.variant)
    else {
        handlers.push(handler);
        return;
    };
    // Two that exclude each other by `cfg` are the compiler's to tell apart.
    if !first.cfgs.is_empty() && !handler.cfgs.is_empty() {
        handlers.push(handler);
        return;
    }
    let (event, written, other) = (&handler.variant, &handler.written, &first.written);
    let message = if text(&first.event) != text(&handler.event) {
        format!(
            "`{}` and `{}` would both be the variant `{event}`; import one of them under another \
             name, as in `use {} as Other{event}`",
            text(&first.event),
            text(&handler.event),
            text(&handler.event),
        )
    } else if first.creates == handler.creates {
        format!(
            "`{event}` is applied twice, by `{other}` and by `{written}`; an event has one handler"
        )
    } else {
        let (creating, changing) = if first.creates {
            (other, written)
        } else {
            (written, other)
        };
        format!(
            "`{event}` can not both create, in `{creating}`, and change, in `{changing}`; make two \
             events of it"
        )
    };
    diagnostics.push(&handler.event, message);
}

pub fn text(tokens: impl ToTokens) -> String {
    tokens.to_token_stream().to_string().replace(' ', "")
}

pub fn cfgs(attrs: &[Attribute]) -> Vec<Attribute> {
    attrs
        .iter()
        .filter(|attr| attr.path().is_ident("cfg"))
        .cloned()
        .collect()
}
