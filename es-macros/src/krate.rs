//! Where es-core is: under its own name, or under the one that the user's `Cargo.toml` gives it.

use proc_macro_crate::FoundCrate;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};
use syn::Path;

/// The path of es-core in generated code.
#[derive(Clone)]
pub struct Crate(TokenStream);

impl Crate {
    /// The path the user gave by `crate = "..."`, or the one found in `Cargo.toml`.
    pub fn new(given: Option<&Path>) -> Self {
        if let Some(path) = given {
            return Self(path.to_token_stream());
        }
        let name = match proc_macro_crate::crate_name("es-core") {
            Ok(FoundCrate::Name(name)) => Ident::new(&name, Span::call_site()),
            // In es-core itself `extern crate self as es_core` makes the same path work.
            Ok(FoundCrate::Itself) | Err(_) => Ident::new("es_core", Span::call_site()),
        };
        Self(quote!(::#name))
    }

    /// Whether a path that begins with `name` leads here.
    pub fn is(&self, name: &Ident) -> bool {
        let last = self.0.clone().into_iter().last();
        name == "es_core" || last.is_some_and(|last| *name == last.to_string())
    }

    /// The module of things that only generated code names.
    pub fn private(&self) -> TokenStream {
        let path = &self.0;
        quote!(#path::__private)
    }

    /// A path below [`Crate::private`] as derives want it in `crate = "..."`.
    pub fn private_text(&self, name: &str) -> String {
        format!("{}::__private::{name}", self.0.to_string().replace(' ', ""))
    }
}

impl ToTokens for Crate {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.0.to_tokens(tokens);
    }
}
