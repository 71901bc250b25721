//! `#[aggregate(event_sourced)]` on a struct.

mod expand;
mod model;
mod parse;

use proc_macro2::TokenStream;
use syn::ItemStruct;

use crate::diagnostics::Diagnostics;

pub use expand::root_field;

/// `#[aggregate(..)]` on a struct.
pub fn attribute(options: TokenStream, item: ItemStruct) -> TokenStream {
    let mut diagnostics = Diagnostics::default();
    let options = parse::AggregateOptions::parse(options, &mut diagnostics);
    let untouched = item.clone();
    let mut tokens = match model::Aggregate::new(item, options, &mut diagnostics) {
        Some(aggregate) => expand::expand(&aggregate),
        None => quote::quote!(#untouched),
    };
    tokens.extend(diagnostics.into_compile_errors());
    tokens
}
