//! `#[aggregate(event_sourced)]` on a struct.

mod expand;
mod model;
mod parse;

use proc_macro2::TokenStream;
use syn::ItemStruct;

use crate::diagnostics::Diagnostics;

pub use expand::root_field;

/// `#[aggregate(..)]` on an enum: refused.
pub fn refuse_enum(options: TokenStream, item: &syn::ItemEnum) -> TokenStream {
    let mut diagnostics = Diagnostics::default();
    let options = parse::AggregateOptions::parse(options, &mut diagnostics);
    let ident = &item.ident;
    let message = format!(
        "an aggregate is a struct; put the enum into a field, as in `struct {ident}State {{ state: {ident} }}`"
    );
    diagnostics.push(ident, message);
    let stub = expand::refused(ident, options.id.as_ref(), options.krate.as_ref());
    let errors = diagnostics.into_compile_errors();
    quote::quote!(#item #stub #errors)
}

/// `#[aggregate(..)]` on a struct.
pub fn attribute(options: TokenStream, item: ItemStruct) -> TokenStream {
    let mut diagnostics = Diagnostics::default();
    let options = parse::AggregateOptions::parse(options, &mut diagnostics);
    let untouched = item.clone();
    let (id, krate) = (options.id.clone(), options.krate.clone());
    let mut tokens = match model::Aggregate::new(item, options, &mut diagnostics) {
        Some(aggregate) => expand::expand(&aggregate),
        None if untouched.generics.params.is_empty() => {
            let stub = expand::refused(&untouched.ident, id.as_ref(), krate.as_ref());
            quote::quote!(#untouched #stub)
        }
        None => quote::quote!(#untouched),
    };
    tokens.extend(diagnostics.into_compile_errors());
    tokens
}
