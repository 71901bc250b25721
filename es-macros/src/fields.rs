//! Fields that can not be stored, told once and in our words before every derive tells it in its own.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Field, Ident};

use crate::krate::Crate;
use crate::span::located;

/// Asks of each field's type whether it is `bound`, a trait of `es_core::__private`.
///
/// A field that says by an attribute how it is stored is the derives' business, and so is a type
/// that names `Self`.
pub fn check<'a>(
    fields: impl Iterator<Item = &'a Field>,
    bound: &str,
    krate: &Crate,
) -> Option<TokenStream> {
    let private = krate.private();
    let bound = Ident::new(bound, proc_macro2::Span::call_site());
    let checks: Vec<TokenStream> = fields
        .filter(|field| field.attrs.iter().all(|attr| attr.path().is_ident("doc")))
        .filter(|field| !names_self(field.ty.to_token_stream()))
        .map(|field| {
            let ty = &field.ty;
            located(
                quote!(can_be_stored::<#ty>();),
                syn::spanned::Spanned::span(ty),
            )
        })
        .collect();
    (!checks.is_empty()).then(|| {
        quote! {
            const _: () = {
                const fn can_be_stored<__T: #private::#bound>() {}
                #(#checks)*
            };
        }
    })
}

fn names_self(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|tree| match tree {
        proc_macro2::TokenTree::Group(group) => names_self(group.stream()),
        proc_macro2::TokenTree::Ident(ident) => ident == "Self",
        _ => false,
    })
}
