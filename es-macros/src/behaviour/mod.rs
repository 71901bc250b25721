//! `#[aggregate]` on an `impl`: the behaviour of an aggregate.

mod calls;
mod command_handler;
mod declared;
mod event_enum;
mod expand;
mod handler;
mod invariant;
mod lenient;
mod literals;
mod method;
mod model;
mod parse;
mod upcast;

use proc_macro2::TokenStream;
use syn::ItemImpl;

use crate::diagnostics::Diagnostics;

pub use declared::declared_events;
pub use lenient::parse as parse_leniently;
pub use model::text;

/// `#[aggregate]` on an `impl`.
///
/// Where there are mistakes, as much as can be is generated all the same, so that none of them
/// brings errors that are not its own and the editor keeps knowing the type.
pub fn attribute(options: TokenStream, mut item: ItemImpl) -> TokenStream {
    let mut diagnostics = Diagnostics::default();
    let krate = parse::options(options, &mut diagnostics);
    let parsed = parse::block(&mut item, &krate, &mut diagnostics);
    let mut tokens = match model::Behaviour::new(item, parsed, krate, &mut diagnostics) {
        Ok(behaviour) => expand::expand(&behaviour),
        Err(untouched) => quote::quote!(#untouched),
    };
    tokens.extend(diagnostics.into_compile_errors());
    tokens
}
