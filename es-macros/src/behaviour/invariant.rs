//! A function with `#[invariant]`, checked.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::spanned::Spanned as _;
use syn::{Attribute, ImplItemFn, ReceiverKind, ReturnType};

use super::expand::Names;
use super::handler::is_result;
use super::model::cfgs;
use crate::diagnostics::Diagnostics;
use crate::span::located;

/// What must hold whenever the aggregate is saved.
pub struct Invariant {
    cfgs: Vec<Attribute>,
    function: Ident,
    /// Where it says what it returns.
    output: Span,
}

impl Invariant {
    /// `None` where it is not one; what is wrong is told.
    pub fn new(
        function: &ImplItemFn,
        attribute: &Attribute,
        diagnostics: &mut Diagnostics,
    ) -> Option<Self> {
        let before = diagnostics.count();
        let sig = &function.sig;
        if !matches!(attribute.meta, syn::Meta::Path(_)) {
            diagnostics.push(attribute, "`#[invariant]` takes no options");
        }
        if let Some(token) = &sig.asyncness {
            diagnostics.push(
                token,
                "an invariant is not `async`: it looks at the state and waits for nothing",
            );
        }
        if !sig.generics.params.is_empty() {
            diagnostics.push(
                &sig.generics,
                "an invariant is not generic: it looks at the state alone",
            );
        }
        match sig.receiver() {
            None => diagnostics.push(&sig.ident, "an invariant looks at the state; take `&self`"),
            Some(receiver) => match &receiver.kind {
                ReceiverKind::Reference(_, _, None) => {}
                _ => diagnostics.push(
                    receiver,
                    "an invariant changes nothing: it looks at the state; take `&self`",
                ),
            },
        }
        if let Some(more) = sig
            .inputs
            .iter()
            .find(|it| matches!(it, syn::FnArg::Typed(_)))
        {
            diagnostics.push(more, "an invariant looks at the state and at nothing else");
        }
        match &sig.output {
            ReturnType::Type(_, ty) if is_result(ty) => {}
            ReturnType::Type(_, ty) => diagnostics.push(ty, RETURNS),
            ReturnType::Default => diagnostics.push(&sig.ident, RETURNS),
        }
        (diagnostics.count() == before).then(|| Self {
            cfgs: cfgs(&function.attrs),
            function: sig.ident.clone(),
            output: sig.output.span(),
        })
    }
}

const RETURNS: &str = "an invariant says what is wrong; it returns `Result<(), Violation>`";

impl Names<'_> {
    /// Asks all of them; the trait's own answer where there are none.
    pub(super) fn violations(&self) -> TokenStream {
        let private = &self.private;
        if self.behaviour.invariants.is_empty() {
            return TokenStream::new();
        }
        let asked = self.behaviour.invariants.iter().map(|invariant| {
            let Invariant {
                cfgs,
                function,
                output,
            } = invariant;
            let name = function.to_string();
            let ask = quote!(#private::ask(&mut __found, #name, Self::#function(self)));
            let ask = located(ask, *output);
            quote!(#(#cfgs)* #ask;)
        });
        quote! {
            fn violations(&self) -> #private::Vec<#private::Violation> {
                let mut __found = #private::Vec::new();
                #(#asked)*
                __found
            }
        }
    }
}
