//! Mistakes, collected: a user is told all of them in one run.

use std::fmt::Display;

use proc_macro2::TokenStream;
use quote::ToTokens;

/// The mistakes found so far in one invocation of a macro.
#[derive(Default)]
pub struct Diagnostics {
    errors: Option<syn::Error>,
    count: usize,
}

impl Diagnostics {
    /// Adds a mistake, told on `tokens`.
    pub fn push(&mut self, tokens: impl ToTokens, message: impl Display) {
        self.push_error(syn::Error::new_spanned(tokens, message));
    }

    /// Adds a mistake that has its place already.
    pub fn push_error(&mut self, error: syn::Error) {
        self.count += 1;
        match &mut self.errors {
            Some(errors) => errors.combine(error),
            none => *none = Some(error),
        }
    }

    /// Takes the value, or adds the mistake.
    pub fn ok<T>(&mut self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|error| self.push_error(error)).ok()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// What tells them to the compiler.
    pub fn into_compile_errors(self) -> TokenStream {
        self.errors
            .map(|error| error.to_compile_error())
            .unwrap_or_default()
    }
}
