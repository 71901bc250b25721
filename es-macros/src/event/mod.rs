//! `#[event]` and `#[value]` on structs.

mod expand;
mod model;
mod parse;
pub mod strict;

use proc_macro2::TokenStream;
use syn::ItemStruct;

use crate::derives::{self, Derive};
use crate::diagnostics::Diagnostics;
use crate::krate::Crate;
use crate::options;

pub use expand::expand;
pub use model::Event;
pub use parse::{EventOptions, OPTIONS};

/// `#[event(..)]` on an item of its own.
pub fn attribute(options: TokenStream, item: TokenStream) -> TokenStream {
    let mut diagnostics = Diagnostics::default();
    let item = match parse::item(item, &mut diagnostics) {
        Ok(item) => item,
        Err(untouched) => return with_errors(untouched, diagnostics),
    };
    let options = EventOptions::parse(options, "#[event]", &mut diagnostics);
    let event = Event::new(item, options, &mut diagnostics);
    with_errors(expand(&event).into_iter().collect(), diagnostics)
}

/// `#[value]`: derives for what events and states are made of.
pub fn value(options: TokenStream, item: TokenStream) -> TokenStream {
    let mut diagnostics = Diagnostics::default();
    let options = options::parse(options, "#[value]", &["crate"], &mut diagnostics);
    let path = options
        .first()
        .and_then(|option| diagnostics.ok(option.path()));
    let attrs = match syn::parse2::<syn::Item>(item.clone()) {
        Ok(
            syn::Item::Struct(ItemStruct { attrs, .. })
            | syn::Item::Enum(syn::ItemEnum { attrs, .. }),
        ) => attrs,
        Ok(other) => {
            diagnostics.push(other, "`#[value]` belongs on a struct or an enum");
            return with_errors(item, diagnostics);
        }
        Err(error) => {
            diagnostics.push_error(error);
            return with_errors(item, diagnostics);
        }
    };
    let wanted = [
        Derive::Clone,
        Derive::Debug,
        Derive::PartialEq,
        Derive::Serialize,
        Derive::Deserialize,
        Derive::JsonSchema,
    ];
    let mut tokens = derives::missing(&attrs, &wanted, &Crate::new(path.as_ref()));
    tokens.extend(item);
    with_errors(tokens, diagnostics)
}

fn with_errors(mut tokens: TokenStream, diagnostics: Diagnostics) -> TokenStream {
    tokens.extend(diagnostics.into_compile_errors());
    tokens
}
