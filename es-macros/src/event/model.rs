//! What an event is, checked.

use proc_macro2::Span;
use syn::ext::IdentExt as _;
use syn::visit::Visit;
use syn::{Fields, ItemStruct, LitStr, Path, TypeReference};

use super::parse::{EventOptions, Upcast};
use crate::diagnostics::Diagnostics;
use crate::krate::Crate;

/// An event.
pub struct Event {
    pub item: ItemStruct,
    pub krate: Crate,
    /// The stored name.
    pub name: LitStr,
    pub version: u32,
    /// The function that leads from version 1 to 2, from 2 to 3, and so on.
    pub upcasts: Vec<Path>,
    /// The other names that it is stored under.
    pub aliases: Vec<LitStr>,
    /// Whether it is raised no more.
    pub retired: bool,
    pub ignores_unknown_fields: bool,
    /// Whether it owns its data and is one type: else it is no event, only a struct.
    pub owned: bool,
}

impl Event {
    pub fn new(item: ItemStruct, options: EventOptions, diagnostics: &mut Diagnostics) -> Self {
        let before = diagnostics.count();
        check_owned(&item, diagnostics);
        let owned = diagnostics.count() == before;
        let name = match options.name {
            Some(name) => {
                check_name(&name, diagnostics);
                name
            }
            None => LitStr::new(&item.ident.unraw().to_string(), item.ident.span()),
        };
        check_aliases(&name, &options.aliases, diagnostics);
        let version = match options.version {
            Some((0, span)) => {
                let message = "versions begin with 1";
                diagnostics.push_error(syn::Error::new(span, message));
                1
            }
            Some((version, _)) => version,
            None => 1,
        };
        let place = options
            .version
            .map_or_else(|| item.ident.span(), |(_, span)| span);
        let upcasts = chain(options.upcasts, version, place, diagnostics);
        Self {
            krate: Crate::new(options.krate.as_ref()),
            item,
            name,
            version,
            upcasts,
            aliases: options.aliases,
            retired: options.retired,
            ignores_unknown_fields: options.ignores_unknown_fields,
            owned,
        }
    }
}

fn check_name(name: &LitStr, diagnostics: &mut Diagnostics) {
    let text = name.value();
    if text.is_empty() || text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        diagnostics.push(
            name,
            "a stored name is not empty and holds no white space, as in `\"account-opened\"`",
        );
    }
}

/// An alias is a name that nothing else of the event is.
fn check_aliases(name: &LitStr, aliases: &[LitStr], diagnostics: &mut Diagnostics) {
    let mut earlier = vec![name.value()];
    for alias in aliases {
        check_name(alias, diagnostics);
        if earlier.contains(&alias.value()) {
            diagnostics.push(
                alias,
                format!(
                    "the event is stored as `{}` already; an alias is a name that it had before",
                    alias.value()
                ),
            );
        }
        earlier.push(alias.value());
    }
}

/// An event outlives what it was made from: it has no lifetimes, and no type parameters either,
/// since one stored name is one shape.
fn check_owned(item: &ItemStruct, diagnostics: &mut Diagnostics) {
    let generics = &item.generics;
    if let Some(lifetime) = generics.lifetimes().next() {
        diagnostics.push(
            lifetime,
            "an event owns its data; write `String` for `&str`, `Vec<T>` for `&[T]`",
        );
    } else if !generics.params.is_empty() {
        diagnostics.push(
            generics,
            "an event is not generic: one stored name is one shape; write a struct for each",
        );
    }
    if let Some(clause) = &generics.where_clause {
        diagnostics.push(clause, "an event is not generic, so it needs no `where`");
    }
    if generics.lifetimes().next().is_none() {
        let mut references = References(diagnostics);
        let fields = match &item.fields {
            Fields::Named(fields) => &fields.named,
            Fields::Unnamed(fields) => &fields.unnamed,
            Fields::Unit => return,
        };
        for field in fields {
            references.visit_type(&field.ty);
        }
    }
}

struct References<'a>(&'a mut Diagnostics);

impl Visit<'_> for References<'_> {
    fn visit_type_reference(&mut self, reference: &TypeReference) {
        self.0.push(
            reference,
            "an event owns its data; write `String` for `&str`, `Vec<T>` for `&[T]`",
        );
    }
}

/// The steps in order, from version 1 to the one before `version`; what is missing is told.
fn chain(
    upcasts: Option<(Span, Vec<Upcast>)>,
    version: u32,
    version_span: Span,
    diagnostics: &mut Diagnostics,
) -> Vec<Path> {
    // Where the list itself is wrong, what is missing in it is not known.
    let readable = upcasts.is_some() || diagnostics.is_empty();
    let before = diagnostics.count();
    let (span, steps) = upcasts.unwrap_or_else(|| (version_span, Vec::new()));
    let mut found: Vec<Option<Path>> = vec![None; (version.max(1) - 1).min(1_000) as usize];
    for Upcast { from, function } in steps {
        let Some(number) = diagnostics.ok(from.base10_parse::<u32>()) else {
            continue;
        };
        if number == 0 || number >= version {
            let message = match version {
                1 => "the event is at version 1, nothing comes before it; write `version = 2` for a new shape".to_owned(),
                2 => "the event is at version 2, so its one step leads from version 1".to_owned(),
                _ => format!("the event is at version {version}, steps lead from versions 1 to {}", version - 1),
            };
            diagnostics.push(&from, message);
            continue;
        }
        match found.get_mut(number as usize - 1) {
            Some(place @ None) => *place = Some(function),
            _ => diagnostics.push(
                &from,
                format!("a step from version {number} stands twice; write it once"),
            ),
        }
    }
    let missing = found.iter().position(Option::is_none);
    if let Some(index) = missing
        && readable
        && diagnostics.count() == before
    {
        let from = index + 1;
        let message = format!(
            "no step leads on from version {from}; add `{from} => a_function` to `upcast(..)`, where \
             the function takes what that version looked like and returns the next one"
        );
        diagnostics.push_error(syn::Error::new(span, message));
    }
    found.into_iter().flatten().collect()
}
