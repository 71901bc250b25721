//! `#[command(..)]` on a struct.

mod expand;
mod model;

use proc_macro2::TokenStream;

use crate::diagnostics::Diagnostics;

/// `#[command(aggregate = BankAccount)]` on a struct.
pub fn attribute(options: TokenStream, item: TokenStream) -> TokenStream {
    let mut diagnostics = Diagnostics::default();
    let mut tokens = match model::Command::new(options, item, &mut diagnostics) {
        Ok(command) => expand::expand(&command),
        Err(untouched) => untouched,
    };
    tokens.extend(diagnostics.into_compile_errors());
    tokens
}
