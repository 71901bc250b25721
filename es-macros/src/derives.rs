//! The derives that our attributes add, unless they are there already.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Attribute, Path, Token, punctuated::Punctuated};

use crate::krate::Crate;

/// A derive that we may add.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Derive {
    Clone,
    Debug,
    PartialEq,
    Serialize,
    Deserialize,
    JsonSchema,
}

impl Derive {
    fn name(self) -> &'static str {
        match self {
            Self::Clone => "Clone",
            Self::Debug => "Debug",
            Self::PartialEq => "PartialEq",
            Self::Serialize => "Serialize",
            Self::Deserialize => "Deserialize",
            Self::JsonSchema => "JsonSchema",
        }
    }

    fn path(self, krate: &Crate) -> TokenStream {
        let private = krate.private();
        match self {
            Self::Clone => quote!(::core::clone::Clone),
            Self::Debug => quote!(::core::fmt::Debug),
            Self::PartialEq => quote!(::core::cmp::PartialEq),
            Self::Serialize => quote!(#private::serde::Serialize),
            Self::Deserialize => quote!(#private::serde::Deserialize),
            Self::JsonSchema => quote!(#private::schemars::JsonSchema),
        }
    }
}

/// The names of all derives that stand below our attribute.
pub struct Present(Vec<String>);

impl Present {
    pub fn new(attrs: &[Attribute]) -> Self {
        let mut names = Vec::new();
        for attr in attrs.iter().filter(|attr| attr.path().is_ident("derive")) {
            let paths = attr.parse_args_with(Punctuated::<Path, Token![,]>::parse_terminated);
            for path in paths.into_iter().flatten() {
                names.extend(path.segments.last().map(|last| last.ident.to_string()));
            }
        }
        Self(names)
    }

    pub fn has(&self, derive: Derive) -> bool {
        self.0.iter().any(|name| name == derive.name())
    }
}

/// The attributes that add those of `wanted` which are not there, and tell serde and schemars
/// where they live.
pub fn missing(attrs: &[Attribute], wanted: &[Derive], krate: &Crate) -> TokenStream {
    let present = Present::new(attrs);
    let added: Vec<Derive> = wanted
        .iter()
        .copied()
        .filter(|d| !present.has(*d))
        .collect();
    if added.is_empty() {
        return TokenStream::new();
    }
    let paths = added.iter().map(|derive| derive.path(krate));
    let mut tokens = quote!(#[derive(#(#paths),*)]);
    let serde = added
        .iter()
        .any(|d| matches!(d, Derive::Serialize | Derive::Deserialize));
    if serde && !names_its_crate(attrs, "serde") {
        let path = krate.private_text("serde");
        tokens.extend(quote!(#[serde(crate = #path)]));
    }
    if added.contains(&Derive::JsonSchema) && !names_its_crate(attrs, "schemars") {
        let path = krate.private_text("schemars");
        tokens.extend(quote!(#[schemars(crate = #path)]));
    }
    tokens
}

fn names_its_crate(attrs: &[Attribute], helper: &str) -> bool {
    attrs
        .iter()
        .filter(|attr| attr.path().is_ident(helper))
        .any(|attr| {
            let mut found = false;
            // What else stands there is the derive's business, also where it is wrong.
            let _ = attr.parse_nested_meta(|meta| {
                found |= meta.path.is_ident("crate");
                if let Ok(value) = meta.value() {
                    value.parse::<syn::Expr>()?;
                }
                Ok(())
            });
            found
        })
}
